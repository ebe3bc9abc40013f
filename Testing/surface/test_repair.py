"""The repair ladder on shapes whose truth is known."""

from __future__ import annotations

import itertools
import shutil
import struct
import subprocess
from pathlib import Path

import numpy as np
import pytest

from PrintPrepLib.errors import GeometryError
from PrintPrepLib.mesh import Mesh, concatenate
from PrintPrepLib.spatial import Rule
from PrintPrepLib.surface.defects import crossing_faces, find_defects
from PrintPrepLib.surface.rebuild import rebuild
from PrintPrepLib.surface.repair import Rung, repair
from PrintPrepLib.surface.winding import orient
from Testing.support import shapes


def check_clean(mesh: Mesh) -> None:
    found = find_defects(mesh)
    assert found.clean, found


def without(mesh: Mesh, *faces: int) -> Mesh:
    keep = np.ones(len(mesh.faces), bool)
    keep[list(faces)] = False
    return Mesh(mesh.vertices, mesh.faces[keep], mesh.name)


def with_flipped(mesh: Mesh, share: float = 0.3, seed: int = 0) -> Mesh:
    faces = mesh.faces.copy()
    chosen = np.random.default_rng(seed).random(len(faces)) < share
    faces[chosen] = faces[chosen][:, ::-1]
    return Mesh(mesh.vertices, faces, mesh.name)


@pytest.mark.parametrize("shape", [shapes.sphere(), shapes.torus(), shapes.shell(), shapes.tube()])
def test_clean_mesh_comes_back_as_it_is(shape: Mesh) -> None:
    out, receipt = repair(shape)
    assert out is shape
    assert receipt.details["rungs"] == []
    assert "unchanged" in receipt.notes[0]


def oblique_plate() -> Mesh:
    """A plate whose two sides are grids of 64 x 48 cells, turned so that rounding makes no side exactly flat."""
    columns, rows = 64, 48
    x, y = np.meshgrid(np.linspace(-32.0, 32.0, columns + 1), np.linspace(-24.0, 24.0, rows + 1))
    side = np.stack([x.ravel(), y.ravel(), np.full(x.size, 1.0)], axis=1)
    corner = (np.arange(rows)[:, None] * (columns + 1) + np.arange(columns)).ravel()
    a, b, c, d = corner, corner + 1, corner + columns + 2, corner + columns + 1
    top = np.concatenate([np.stack([a, b, c], 1), np.stack([a, c, d], 1)])
    number = np.arange(len(side)).reshape(rows + 1, columns + 1)
    ring = np.concatenate([number[0], number[1:, -1], number[-1, -2::-1], number[-2:0:-1, 0]])
    after, below = np.roll(ring, -1), len(side)
    walls = [np.stack([ring, ring + below, after + below], 1), np.stack([ring, after + below, after], 1)]
    faces = np.concatenate([top, top[:, ::-1] + below, *walls])
    return shapes.rotated(Mesh(np.concatenate([side, side * (1.0, 1.0, -1.0)]), faces.astype(np.int32)), 37.3)


@pytest.mark.parametrize("shape", [oblique_plate(), shapes.rotated(shapes.box(subdivisions=4), 21.7)])
def test_clean_oblique_flat_faces_are_not_touched(shape: Mesh) -> None:
    assert shape.volume_mm3 > 0
    vertices, faces = shape.vertices.tobytes(), shape.faces.tobytes()
    out, receipt = repair(shape)
    assert out is shape
    assert (out.vertices.tobytes(), out.faces.tobytes()) == (vertices, faces)
    assert receipt.details["rung"] is None


def test_flat_faces_beside_a_hole_are_left_and_their_contacts_told() -> None:
    plate = oblique_plate()
    out, receipt = repair(without(plate, 3000))
    check_clean(out)
    assert receipt.details["rung"] == "holes"
    kept = {row.tobytes() for row in out.vertices}
    stored = plate.vertices.astype(np.float32).astype(np.float64)
    assert all(row.tobytes() in kept for row in stored)
    contacts = crossing_faces(out, Rule.MESHLAB)
    assert any("MeshLab" in text for text in receipt.warnings) == (contacts > 0)


def test_rebuilt_surface_is_simplified_within_a_share_of_the_cell() -> None:
    # A vertex drawn through the other side of a ball: nothing local undoes that.
    ball = shapes.sphere(10.0, subdivisions=3)
    vertices = ball.vertices.copy()
    cap = vertices[:, 2] > 8.0
    vertices[cap, 2] -= 21.0
    out, receipt = repair(Mesh(vertices, ball.faces), cell_mm=0.5)
    check_clean(out)
    assert receipt.details["rung"] == "rebuild"
    last = receipt.details["rungs"][-1]
    assert last["cell_mm"] == 0.5
    assert len(out.faces) < 0.7 * last["triangles_of_grid"]


def test_triangles_of_a_file_are_welded() -> None:
    out, receipt = repair(shapes.soup(shapes.sphere()))
    check_clean(out)
    assert receipt.details["rung"] == "weld"
    assert len(out.faces) == len(shapes.sphere().faces)


def test_inverted_mesh_is_turned_as_a_whole() -> None:
    out, receipt = repair(shapes.sphere().flipped())
    assert receipt.details["rung"] == "winding"
    assert out.volume_mm3 == pytest.approx(shapes.sphere().volume_mm3, rel=1e-6)


def test_flipped_triangles_are_counted_and_turned_back() -> None:
    whole = shapes.torus()
    broken = with_flipped(whole)
    turned = int((broken.faces != whole.faces).any(axis=1).sum())
    out, receipt = repair(broken)
    check_clean(out)
    winding = receipt.details["rungs"][-1]
    assert winding["rung"] == "winding"
    assert winding["triangles_turned"] == turned
    assert winding["places_total"] == turned
    assert len(winding["places_mm"]) <= 200
    assert out.volume_mm3 == pytest.approx(whole.volume_mm3, rel=1e-6)


def test_cavity_stays_a_cavity_however_it_was_wound() -> None:
    truth = shapes.shell().volume_mm3
    for broken in (
        with_flipped(shapes.shell(), 0.4),
        concatenate([shapes.sphere(10.0), shapes.sphere(8.0)]),
        shapes.shell().flipped(),
    ):
        out, _ = repair(broken)
        check_clean(out)
        assert out.volume_mm3 == pytest.approx(truth, rel=1e-6)
        assert find_defects(out).parts == 2


def test_island_in_a_cavity_looks_outward() -> None:
    ball = [shapes.sphere(r, subdivisions=3) for r in (10.0, 8.0, 5.0, 3.0)]
    truth = ball[0].volume_mm3 - ball[1].volume_mm3 + ball[2].volume_mm3 - ball[3].volume_mm3
    for seed in range(4):
        out, _ = repair(with_flipped(concatenate(ball), 0.5, seed))
        assert out.volume_mm3 == pytest.approx(truth, rel=1e-6)


def test_side_by_side_parts_are_both_outward() -> None:
    parts = concatenate([shapes.sphere(5.0), shapes.sphere(3.0, (20.0, 0.0, 0.0)).flipped()])
    assert orient(parts).mesh.volume_mm3 == pytest.approx(shapes.sphere(5.0).volume_mm3 + shapes.sphere(3.0).volume_mm3)


def test_missing_triangles_are_filled_and_listed() -> None:
    out, receipt = repair(without(shapes.sphere(), 5, 900, 2000))
    check_clean(out)
    assert receipt.details["rung"] == "holes"
    listed = receipt.details["rungs"][-1]["closed"]
    assert len(listed) == 3
    assert {hole["vertices"] for hole in listed} == {3}
    assert out.volume_mm3 == pytest.approx(shapes.sphere().volume_mm3, rel=1e-6)


def test_missing_lid_of_a_box_is_flat() -> None:
    out, _ = repair(shapes.open_box())
    check_clean(out)
    assert out.volume_mm3 == pytest.approx(1000.0)


def test_holes_over_the_limit_stay_open() -> None:
    with pytest.raises(GeometryError, match="open edges"):
        repair(shapes.open_box(), max_hole_mm=2.0)
    out, receipt = repair(shapes.open_box(), max_hole_mm=2.0, rung=Rung.HOLES)
    assert find_defects(out).open_edges == 4
    assert any("left open" in text for text in receipt.warnings)


def test_duplicate_and_degenerate_triangles_go() -> None:
    ball = shapes.sphere(subdivisions=3)
    faces = np.concatenate([ball.faces, ball.faces[:7], ball.faces[10:12][:, [1, 2, 0]], ball.faces[20:21][:, ::-1]])
    faces = np.concatenate([faces, [[0, 0, 1]]])
    out, receipt = repair(Mesh(ball.vertices, faces))
    check_clean(out)
    doubles = next(r for r in receipt.details["rungs"] if r["rung"] == "doubles")
    assert (doubles["duplicate"], doubles["degenerate"]) == (10, 1)
    assert out.volume_mm3 == pytest.approx(ball.volume_mm3, rel=1e-6)


def test_overlapping_spheres_become_their_union() -> None:
    radius, distance = 5.0, 6.0
    out, receipt = repair(shapes.two_spheres(radius, distance, 5))
    check_clean(out)
    assert receipt.details["rung"] == "crossings"
    lens = np.pi * (4 * radius + distance) * (2 * radius - distance) ** 2 / 12
    assert out.volume_mm3 == pytest.approx(2 * 4 / 3 * np.pi * radius**3 - lens, rel=2e-3)
    assert find_defects(out).parts == 1


def test_overlap_keeps_the_cavity_beside_it() -> None:
    other = shapes.sphere(3.0, (10.5, 0.0, 0.0))
    body = concatenate([shapes.shell(6.0, 10.0), other])
    out, _ = repair(body)
    check_clean(out)
    assert find_defects(out).parts == 2
    assert out.volume_mm3 > shapes.shell(6.0, 10.0).volume_mm3


def test_crack_with_a_vertex_on_an_edge_is_stitched() -> None:
    # A box whose lid has a vertex in the middle of one of its edges, which the wall does not have.
    lid_free = shapes.open_box()
    top = np.array([[-5, -5, 5], [5, -5, 5], [5, 5, 5], [-5, 5, 5], [0, -5, 5]], float)
    lid = Mesh(top, np.array([[0, 4, 3], [4, 2, 3], [4, 1, 2]], np.int32))
    out, receipt = repair(concatenate([lid_free, lid]))
    check_clean(out)
    assert receipt.details["rungs"][0]["vertices_set_into_edges"] == 1
    assert out.volume_mm3 == pytest.approx(1000.0)


def test_narrow_crack_is_welded_within_tolerance() -> None:
    ball = shapes.sphere(subdivisions=3)
    upper = ball.triangles.mean(axis=1)[:, 2] > 0
    shifted = ball.submesh(~upper)
    out, receipt = repair(concatenate([ball.submesh(upper), shapes.moved(shifted, (0, 0, -1e-5))]))
    check_clean(out)
    assert receipt.details["rung"] == "weld"
    assert receipt.details["rungs"][0]["tolerance_mm"] < 1e-3


def test_cubes_that_share_an_edge_come_apart() -> None:
    cubes = concatenate([shapes.box(), shapes.box(center=(10.0, 10.0, 0.0))])
    out, receipt = repair(cubes)
    check_clean(out)
    pinches = next(r for r in receipt.details["rungs"] if r["rung"] == "pinches")
    assert pinches["edges"] == 1
    assert pinches["drawn_back_mm"] <= 0.1
    assert find_defects(out).parts == 2
    assert out.volume_mm3 == pytest.approx(2000.0, rel=0.02)


def test_cubes_that_share_a_corner_come_apart() -> None:
    out, receipt = repair(concatenate([shapes.box(), shapes.box(center=(10.0, 10.0, 10.0))]))
    check_clean(out)
    assert receipt.details["rung"] == "pinches"
    assert find_defects(out).parts == 2


def test_membrane_inside_a_box_is_dropped_with_a_warning() -> None:
    halves = concatenate([shapes.box((10, 10, 10), (-5, 0, 0)), shapes.box((10, 10, 10), (5, 0, 0))])
    out, _ = repair(halves)
    check_clean(out)
    assert out.volume_mm3 == pytest.approx(2000.0, rel=0.02)


@pytest.mark.parametrize(
    ("mesh", "word"),
    [
        (shapes.grid_sheet(), "sheet"),
        (shapes.random_triangles(60), "soup"),
        (concatenate([shapes.sphere(), shapes.sphere().flipped()]), "twice"),
        (Mesh(np.empty((0, 3)), np.empty((0, 3), np.int32)), "no triangles"),
    ],
)
def test_what_has_no_inside_is_refused(mesh: Mesh, word: str) -> None:
    with pytest.raises(GeometryError, match=word):
        repair(mesh)


def test_rebuild_keeps_cavities_and_says_its_cell() -> None:
    made = rebuild(shapes.shell(6.0, 10.0), cell_mm=0.25)
    assert made.cell_mm == 0.25
    check_clean(made.mesh)
    assert find_defects(made.mesh).parts == 2
    assert made.mesh.volume_mm3 == pytest.approx(shapes.shell(6.0, 10.0).volume_mm3, rel=2e-3)
    radius = np.linalg.norm(made.mesh.vertices, axis=1)
    assert np.minimum(np.abs(radius - 6.0), np.abs(radius - 10.0)).max() < 0.1


def test_rebuild_of_overlapping_spheres_is_their_union() -> None:
    made = rebuild(shapes.two_spheres(5.0, 6.0, 4), cell_mm=0.2)
    check_clean(made.mesh)
    union, _ = repair(shapes.two_spheres(5.0, 6.0, 4))
    assert made.mesh.volume_mm3 == pytest.approx(union.volume_mm3, rel=3e-3)


def test_each_rung_is_measured() -> None:
    _, receipt = repair(without(with_flipped(shapes.soup(shapes.sphere())), 3))
    rungs = receipt.details["rungs"]
    assert [r["rung"] for r in rungs] == ["weld", "doubles", "winding", "pinches", "holes"]
    for before, after in itertools.pairwise(rungs):
        assert before["after"] == after["before"]
    assert all(r["seconds"] >= 0 for r in rungs)
    assert rungs[0]["after"]["open_edges"] == 3
    assert rungs[2]["before"]["misoriented_edges"] > 0
    assert rungs[2]["after"]["misoriented_edges"] == 0
    assert receipt.change is not None
    receipt.to_dict()


def test_repair_twice_changes_nothing() -> None:
    once, _ = repair(shapes.two_spheres(5.0, 6.0, 3))
    again, _ = repair(once)
    assert again is once


def test_admesh_agrees(tmp_path: Path) -> None:
    if shutil.which("admesh") is None:
        pytest.skip("admesh is not installed")
    out, _ = repair(without(with_flipped(shapes.two_spheres(5.0, 6.0, 3)), 100))
    path = tmp_path / "out.stl"
    record = np.zeros(len(out.faces), [("n", "<f4", 3), ("t", "<f4", (3, 3)), ("a", "<u2")])
    record["t"] = out.triangles
    path.write_bytes(bytes(80) + struct.pack("<I", len(out.faces)) + record.tobytes())
    text = subprocess.run(["admesh", str(path)], capture_output=True, text=True, check=True).stdout
    line = next(t for t in text.splitlines() if t.startswith("Total disconnected facets"))
    assert line.split(":")[1].split()[0] == "0"
