"""Landing blocks on shapes with known lengths: where they stand, how long it is between, and when there are none."""

from __future__ import annotations

from typing import Any

import manifold3d
import numpy as np
import pytest
import trimesh

from PrintPrepLib.analysis.jaws import BROAD_MM2
from PrintPrepLib.analysis.lengths import CaliperPair
from PrintPrepLib.errors import GeometryError, InputError
from PrintPrepLib.mesh import Mesh
from PrintPrepLib.profiles.accuracy import accuracy_of
from PrintPrepLib.profiles.printers import printers
from PrintPrepLib.record.calipers import caliper_table
from PrintPrepLib.record.landed import landed_rows
from PrintPrepLib.shape.landing.block import axes_of
from PrintPrepLib.shape.landing.measured import EXACT_MM, face_level, rest_level
from PrintPrepLib.shape.landing.sizes import block_size
from PrintPrepLib.shape.landing.step import landing
from PrintPrepLib.workflow.chain import ChainState, run_chain
from PrintPrepLib.workflow.recipe import parse_recipe
from Testing.support import shapes

UP = np.array([0.0, 0.0, 1.0])


def solid(*shapes_: manifold3d.Manifold) -> Mesh:
    return Mesh.from_manifold(manifold3d.Manifold.batch_boolean(list(shapes_), manifold3d.OpType.Add))


def cube(size: tuple[float, float, float], at: tuple[float, float, float]) -> manifold3d.Manifold:
    return manifold3d.Manifold.cube(size, True).translate(at)


def thorn(height: float, radius: float, at: tuple[float, float, float]) -> manifold3d.Manifold:
    return manifold3d.Manifold.cylinder(height, radius, 0.0, 48).translate(at)


def peak(side: float) -> manifold3d.Manifold:
    half = side / 2.0
    return manifold3d.Manifold.hull_points(
        [(-half, -half, 0), (half, -half, 0), (half, half, 0), (-half, half, 0), (0, 0, 2)]
    )


def thorny() -> Mesh:
    """A plate of 40 x 40 x 10 mm with a thorn of 12 mm on each broad side: 34 mm from tip to tip."""
    below = thorn(12.0, 6.0, (0.0, 0.0, 0.0)).mirror((0, 0, 1)).translate((0.0, 0.0, -5.0))
    return solid(cube((40.0, 40.0, 10.0), (0.0, 0.0, 0.0)), thorn(12.0, 6.0, (0.0, 0.0, 5.0)), below)


TIPS = CaliperPair("tip to tip", (0.0, 0.0, -17.0), (0.0, 0.0, 17.0))


def measured_outside(mesh: Mesh, along: Any, start: Any) -> float:
    """Length of the model along a line through a place, by trimesh's rays from both sides."""
    judge = trimesh.Trimesh(mesh.vertices, mesh.faces, process=False)
    along, start = np.asarray(along, float), np.asarray(start, float)
    origins = np.array([start - 500.0 * along, start + 500.0 * along])
    hits, rays, _ = judge.ray.intersects_location(origins, np.array([along, -along]), multiple_hits=True)
    ends = [np.abs((hits[rays == k] - origins[k]) @ along).min() for k in (0, 1)]
    return float(1000.0 - sum(ends))


@pytest.mark.parametrize("turn", [0.0, 37.0])
def test_length_between_faces_is_what_was_planned(turn: float) -> None:
    turned = shapes.rotated(thorny(), turn)
    ends = shapes.rotated(Mesh(np.array([TIPS.from_mm, TIPS.to_mm, (1.0, 0.0, 0.0)]), np.array([[0, 1, 2]])), turn)
    a, b = (tuple(float(x) for x in end) for end in ends.vertices[:2])
    out, receipt = landing(turned, pairs=[CaliperPair("tips", (a[0], a[1], a[2]), (b[0], b[1], b[2]))])
    (row,) = receipt.details["lengths"]
    blocks = receipt.details["blocks"]
    assert row["blocks"] == [1, 2]
    assert row["anatomy_mm"] == pytest.approx(34.0, abs=1e-6)
    size = block_size("fdm")
    assert row["planned_mm"] == pytest.approx(np.ceil(10 * (34.0 + 2 * size.rise_mm)) / 10, abs=1e-6)
    assert row["measured_mm"] == pytest.approx(row["planned_mm"], abs=1e-4)
    along = np.array(row["along"])
    for block in blocks:
        assert measured_outside(out, along, block["face_at_mm"]) == pytest.approx(row["planned_mm"], abs=1e-3)
        assert block["landing_mm2"] > BROAD_MM2
        assert block["side_mm"] == 5.0
        assert block["joint_mm2"] >= size.joint_of(5.0)
    added = out.volume_mm3 - turned.volume_mm3
    assert sum(block["added_ml"] for block in blocks) * 1000.0 == pytest.approx(added, rel=1e-6)
    assert receipt.change is not None
    assert "not anatomy" in receipt.notes[0]


def test_what_is_far_from_a_block_stays_as_it_was() -> None:
    mesh = thorny()
    out, receipt = landing(mesh, pairs=[TIPS])
    far = np.linalg.norm(mesh.vertices[:, :2], axis=1) > 6.5
    there = {tuple(vertex) for vertex in out.vertices}
    assert all(tuple(vertex) in there for vertex in mesh.vertices[far])
    assert receipt.after is not None
    assert (receipt.after.parts, receipt.after.genus, receipt.after.open_edges) == (1, 0, 0)


def test_surface_hidden_by_a_block_on_a_ridge() -> None:
    ridge = manifold3d.Manifold.extrude(manifold3d.CrossSection([[(-10, 0), (10, 0), (0, 10)]]), 40.0)
    ridge = ridge.rotate((90.0, 0.0, 0.0)).translate((0.0, 20.0, 0.0))  # the edge lies along y, 10 mm high
    pair = CaliperPair("edge to foot", (0.0, 0.0, 0.0), (0.0, 0.0, 10.0))
    _, receipt = landing(Mesh.from_manifold(ridge), pairs=[pair])
    (block,) = receipt.details["blocks"]  # the foot is broad
    depth = min(block["sunk_mm"], 2.5)  # slopes of 45 degrees leave the block at its sides, 2.5 mm down
    assert block["covered_mm2"] == pytest.approx(2.0 * np.sqrt(2.0) * depth * 5.0, rel=1e-6)
    inside = 5.0 * depth**2 + 5.0 * 5.0 * (block["sunk_mm"] - depth)
    assert block["added_ml"] * 1000 == pytest.approx(25.0 * (block["height_mm"] + block["sunk_mm"]) - inside, rel=1e-6)


def test_broad_ends_get_nothing() -> None:
    mesh = shapes.sphere(30.0)
    out, receipt = landing(mesh)
    assert out is mesh
    assert receipt.details["blocks"] == []
    assert "nothing was added" in receipt.notes[0]


def test_a_jaw_finds_room_above_all_that_it_could_meet() -> None:
    wall = cube((2.0, 12.0, 10.0), (3.4, 0.0, 13.0))  # 8 mm high, its side 2.4 mm from the axis of a thorn of 6 mm
    mesh = solid(cube((40.0, 40.0, 20.0), (0, 0, 0)), thorn(6.0, 3.0, (0.0, 0.0, 10.0)), wall)
    pair = CaliperPair("beside a wall", (0.0, 0.0, -10.0), (0.0, 0.0, 16.0))
    assert rest_level(mesh, np.array([0.0, 0.0, 16.0]), UP) == pytest.approx(2.0)
    with pytest.raises(GeometryError, match="fill a groove"):
        landing(mesh, pairs=[pair], side_mm=5.0)
    out, receipt = landing(mesh, pairs=[pair], process="sla", side_mm=3.5)
    (block,) = receipt.details["blocks"]
    assert block["height_mm"] >= 2.0 + block_size("sla").rise_mm
    low, high = face_level(out, np.array(block["face_at_mm"]), UP, 3.5)
    assert high - low < 1e-6


def test_nothing_is_bridged() -> None:
    posts = [cube((3.2, 3.2, 10.0), (at, 0.0, 10.0)) + peak(3.2).translate((at, 0.0, 15.0)) for at in (-2.0, 2.0)]
    mesh = solid(cube((40.0, 40.0, 10.0), (0.0, 0.0, 0.0)), *posts)  # 0.8 mm between the posts
    pair = CaliperPair("twins", (-2.0, 0.0, -5.0), (-2.0, 0.0, 17.0))
    with pytest.raises(GeometryError, match=r"'twins' gets no block at \(-2.0, 0.0, 17.0\).*bridge a gap between 2"):
        landing(mesh, pairs=[pair], side_mm=5.0)
    with pytest.raises(GeometryError, match=r"other anatomy lies nearer than 0\.5 mm to a block of 4 mm"):
        landing(mesh, pairs=[pair], side_mm=4.0)
    _, receipt = landing(mesh, pairs=[pair])
    assert receipt.details["blocks"][0]["side_mm"] == 4.0 * 0.75 + 0.0
    assert receipt.after is not None
    assert receipt.after.genus == 0


def test_a_groove_is_not_filled() -> None:
    mesh = solid(
        cube((40.0, 40.0, 10.0), (0.0, 0.0, 0.0)), thorn(12.0, 4.0, (-1.6, 0.0, 5.0)), thorn(12.0, 4.0, (1.6, 0.0, 5.0))
    )  # two thorns that meet 4.8 mm below their tips
    place = CaliperPair("one of two", (-1.6, 0.0, -5.0), (-1.6, 0.0, 17.0))
    with pytest.raises(GeometryError, match="fill a groove"):
        landing(mesh, pairs=[place], side_mm=7.0)


def test_no_hole_is_closed() -> None:
    cone = manifold3d.Manifold.cylinder(20.0, 9.0, 1.0, 48) - manifold3d.Manifold.cylinder(25.0, 1.0, 1.0, 48)
    mesh = solid(cone, cube((40.0, 40.0, 5.0), (0.0, 0.0, -2.0)))  # a blind hole with a sharp rim
    place = CaliperPair("rim", (0.0, 1.0, -4.5), (0.0, 1.0, 20.0))
    with pytest.raises(GeometryError, match="close a hole or lie across a tunnel"):
        landing(mesh, pairs=[place], side_mm=5.0)


def test_protected_places_and_earlier_blocks_are_kept_clear() -> None:
    with pytest.raises(GeometryError, match=r"protected place 1 .* nothing may be added within 4 mm"):
        landing(thorny(), pairs=[TIPS], protect_at=(0.0, 0.0, 14.0, 4.0))
    guarded = shapes.box((2.0, 2.0, 2.0), (3.4, 0.0, 17.0))
    with pytest.raises(GeometryError, match="protected mesh"):
        landing(thorny(), pairs=[TIPS], protect=guarded, side_mm=5.0)
    smaller = landing(thorny(), pairs=[TIPS], protect=guarded)[1].details["blocks"]
    assert [block["side_mm"] for block in smaller] == [5.0, 3.0]
    again = CaliperPair("again", TIPS.from_mm, (10.0, 0.0, 5.0))
    _, receipt = landing(thorny(), pairs=[TIPS, again])
    assert [row["name"] for row in receipt.details["lengths"]] == ["tip to tip"]
    assert "block 1 stands there already" in receipt.warnings[0]


def test_refusals() -> None:
    with pytest.raises(InputError, match=r"at least 2\.5 mm"):
        landing(thorny(), pairs=[TIPS], side_mm=1.0)
    with pytest.raises(InputError, match="three numbers each"):
        landing(thorny(), from_mm=(0.0, 0.0, -17.0), to_mm=(1.0,))
    with pytest.raises(InputError, match="off the model"):
        landing(thorny(), from_mm=(0.0, 0.0, -17.0), to_mm=(0.0, 0.0, 90.0))
    with pytest.raises(InputError, match="four numbers"):
        landing(thorny(), protect_at=(1.0, 2.0))
    needle = solid(cube((20.0, 20.0, 5.0), (0, 0, 0)), manifold3d.Manifold.cylinder(20.0, 0.4, 0.4, 16))
    with pytest.raises(GeometryError, match="too thin to hold a block"):
        landing(needle, from_mm=(0.0, 0.0, -2.5), to_mm=(0.0, 0.0, 20.0))


def test_no_process_has_a_face_that_a_jaw_slips_from() -> None:
    for process in ("fdm", "sla", "sls", "mjf", "polyjet", "binder-jetting", "cjp", "dmls"):
        size = block_size(process)
        assert min(size.sides_mm) ** 2 > BROAD_MM2
        assert size.rise_mm >= 1.0
        assert size.gap_mm > 0.0
    frame = axes_of(np.array([0.6, 0.0, 0.8]))
    assert frame @ frame.T == pytest.approx(np.eye(3), abs=1e-12)
    assert np.linalg.det(frame) == pytest.approx(1.0)


def test_the_table_lies_between_the_faces_and_a_changed_face_is_told() -> None:
    out, receipt = landing(thorny(), pairs=[TIPS])
    accuracy = accuracy_of("fdm")
    landed = landed_rows(out, [receipt], accuracy)
    table = caliper_table(out, accuracy, [TIPS], landed=landed)
    assert table[0].name == "tip to tip"
    assert table[0].planned_mm == pytest.approx(receipt.details["lengths"][0]["planned_mm"], abs=1e-3)
    assert table[0].landing.value == "broad"
    assert "no anatomy" in table[0].note
    assert not any(landed.on_block(row) for row in table[1:])
    assert [finding.code for finding in landed.findings] == ["landing-blocks"]
    higher = out.with_vertices(out.vertices * (1.0, 1.0, 1.0 + 3 * EXACT_MM / 34.0))
    changed = landed_rows(higher, [receipt], accuracy)
    assert changed.rows == ()
    assert changed.findings[0].code == "landing-changed"


def test_a_recipe_gives_its_lengths_and_its_process_to_the_step() -> None:
    text = """schema = "printprep-recipe/1"
[printer]
name = "NAME"
[[step]]
do = "landing"
[[caliper]]
name = "tip to tip"
from_mm = [0, 0, -17]
to_mm = [0, 0, 17]
"""
    sla = next(printer.name for printer in printers() if printer.process == "sla")
    recipe = parse_recipe(text.replace("NAME", sla))
    state = run_chain(recipe, ChainState(mesh=thorny()))
    (receipt,) = state.receipts
    assert receipt.parameters["process"] == "sla"
    assert receipt.details["lengths"][0]["name"] == "tip to tip"
