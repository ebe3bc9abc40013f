"""Struts: lengths and directions by hand, only through air, one body, the rest untouched, refusals with reasons."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from PrintPrepLib.errors import GeometryError, InputError
from PrintPrepLib.export import write_mesh
from PrintPrepLib.mesh import Mesh, concatenate
from PrintPrepLib.phantom.shape import BoneShape
from PrintPrepLib.receipt import measure_mesh
from PrintPrepLib.shape.identical import is_among
from PrintPrepLib.shape.strut.column import Column
from PrintPrepLib.shape.strut.measure import volume_mm3
from PrintPrepLib.shape.strut.pieces import pieces_of
from PrintPrepLib.shape.strut.step import strut
from PrintPrepLib.spatial import Rule, index_of, self_crossings
from Testing.support import shapes
from Testing.support.judges import admesh_facts, prusa_info


def plates(gap: float = 20.0) -> Mesh:
    """Two plates of 40 x 40 x 6 mm above each other."""
    half = 0.5 * gap + 3.0
    low, high = (shapes.box((40.0, 40.0, 6.0), (0.0, 0.0, z), 3) for z in (-half, half))
    return concatenate([low, high], "plates")


def test_two_spheres_are_joined_along_the_line_of_their_centers() -> None:
    mesh = shapes.two_spheres(5.0, 20.0)
    out, receipt = strut(mesh)
    (one,) = receipt.details["struts"]
    assert one["length_mm"] == pytest.approx(
        10.0, abs=1e-6
    )  # 20 between centers less two radii: both have a vertex there
    assert np.allclose(one["from_mm"], (-5.0, 0.0, 0.0), atol=1e-6)
    assert np.allclose(one["to_mm"], (5.0, 0.0, 0.0), atol=1e-6)
    assert one["diameter_mm"] == 3.0  # 1.5 times the thinnest pin of filament
    assert 3.0 - 1e-6 <= one["thinnest_mm"] <= 3.0 / np.cos(np.pi / 32) ** 2
    assert one["feet_mm"] == [6.0, 6.0]
    assert measure_mesh(out).parts == 1
    assert measure_mesh(out).genus == 0
    assert receipt.details["bodies"] == 1
    assert not self_crossings(out, rule=Rule.CROSSING).faces.size


def test_volume_of_a_column_by_hand() -> None:
    plain = Column((0.0, 0.0, 0.0), (0.0, 0.0, 10.0), 4.0, (0.0, 0.0))
    assert volume_mm3(plain) == pytest.approx(np.pi * 4.0 * 10.0)
    assert plain.solid().volume() == pytest.approx(40.0 * 32 * np.tan(np.pi / 32), rel=1e-7)  # circumscribed
    # One fillet of radius 1: profile 2 + 1 - sqrt(1 - (1 - z)^2), squared and summed over its height.
    z = np.linspace(0.0, 1.0, 200_001)
    extra = np.trapezoid(np.pi * (3.0 - np.sqrt(1.0 - (1.0 - z) ** 2)) ** 2, z) - np.pi * 4.0
    assert volume_mm3(Column((0.0, 0.0, 0.0), (0.0, 0.0, 10.0), 4.0, (1.0, 0.0))) == pytest.approx(
        np.pi * 40.0 + extra, rel=1e-3
    )


def test_the_rest_of_the_surface_is_untouched_bit_for_bit() -> None:
    mesh = shapes.moved(shapes.two_spheres(8.0, 30.0, 4), (113.3, -71.7, 940.1))
    out, receipt = strut(mesh)
    kept = is_among(mesh, out)
    (one,) = receipt.details["struts"]
    axis = np.subtract(one["to_mm"], one["from_mm"]) / one["length_mm"]
    arm = mesh.vertices - one["from_mm"]
    off = np.linalg.norm(arm - (arm @ axis)[:, None] * axis, axis=1)
    assert kept[off > 3.1].all()
    assert not kept.all()
    assert receipt.details["vertices_moved_outside_struts"] == 0


def test_the_shortest_tree_is_taken() -> None:
    places = ((0.0, 0.0, 0.0), (20.0, 0.0, 0.0), (20.0, 25.0, 0.0), (60.0, 0.0, 0.0))
    mesh = concatenate([shapes.sphere(5.0, place, 3) for place in places])
    _, receipt = strut(mesh)
    lengths = sorted(one["length_mm"] for one in receipt.details["struts"])
    assert np.allclose(lengths, (10.0, 15.0, 30.0), atol=0.3)  # by hand: 20, 25 and 40 between centers


def test_a_strut_goes_round_what_is_protected() -> None:
    mesh = plates()
    _, free = strut(mesh)
    guard = shapes.sphere(6.0, tuple(np.mean([free.details["struts"][0][k] for k in ("from_mm", "to_mm")], axis=0)))
    out, receipt = strut(mesh, protect=guard, protect_mm=1.0)
    (one,) = receipt.details["struts"]
    added = out.vertices[~is_among(out, mesh)]
    assert index_of(guard).closest(added).distance_mm.min() >= 1.0
    assert one["room_to_protected_mm"] >= 0.0
    assert one["length_mm"] > free.details["struts"][0]["length_mm"] - 1e-6


def test_no_safe_way_is_refused_with_the_reason_for_the_pair() -> None:
    mesh = plates()
    wall = (-30.0, -30.0, -1.0, 30.0, 30.0, 1.0)
    with pytest.raises(GeometryError, match=r"parts 1 and 2 \d+ ways were tried: .*pass through what is protected"):
        strut(mesh, protect_box=wall)
    thin = concatenate([plates(), shapes.box((60.0, 60.0, 0.15), (0.0, 0.0, 0.0), 2)])
    with pytest.raises(GeometryError, match="find no seat"):  # a sheet of 0.15 mm holds no strut, and bars the way
        strut(thin)


def test_a_strut_keeps_clear_of_other_parts() -> None:
    bar = shapes.box((6.0, 60.0, 6.0), (0.0, 0.0, 0.0), 3)
    mesh = concatenate([shapes.sphere(6.0, (-18.0, 0.0, 3.0), 4), shapes.sphere(6.0, (18.0, 0.0, 3.0), 4), bar])
    _, receipt = strut(mesh, clearance_mm=2.0)
    for one in receipt.details["struts"]:
        assert one["air_to_others_mm"] is None or one["air_to_others_mm"] >= 2.0


def test_several_struts_for_each_pair_stand_apart() -> None:
    out, receipt = strut(plates(), each=4)
    rows = receipt.details["struts"]
    assert len(rows) == 4
    middles = np.array([np.mean([one["from_mm"], one["to_mm"]], axis=0) for one in rows])
    apart = np.linalg.norm(middles[:, None] - middles[None], axis=2)
    assert apart[np.triu_indices(4, 1)].min() >= 6.0
    assert measure_mesh(out).genus == 3  # four columns between two bodies leave three openings


def test_picked_points() -> None:
    mesh = plates()
    out, receipt = strut(mesh, from_mm=(10.0, 5.0, -9.5), to_mm=(10.0, 5.0, 10.4), diameter_mm=4.0)
    (one,) = receipt.details["struts"]
    assert one["set"] == "by hand"
    assert np.allclose(one["from_mm"], (10.0, 5.0, -10.0), atol=1e-9)
    assert measure_mesh(out).parts == 1
    with pytest.raises(InputError, match="more than 5 mm"):
        strut(mesh, from_mm=(10.0, 5.0, 0.0), to_mm=(10.0, 5.0, 10.0))
    with pytest.raises(GeometryError, match="is not safe"):
        strut(mesh, from_mm=(19.9, 0.0, -10.0), to_mm=(19.9, 0.0, 10.0))  # the foot would hang over the edge
    with pytest.raises(InputError, match="both ends"):
        strut(mesh, from_mm=(10.0, 5.0, -10.0))


def test_a_diameter_that_cannot_be_printed_is_refused_with_the_source() -> None:
    with pytest.raises(InputError, match=r"thinner than fdm prints free: 2 mm .*Fathom"):
        strut(plates(), diameter_mm=1.0)
    assert strut(plates(), diameter_mm=1.0, process="sla")[1].details["struts"][0]["diameter_mm"] == 1.0


def test_one_body_and_open_surfaces() -> None:
    ball = shapes.sphere()
    out, receipt = strut(ball)
    assert out is ball
    assert receipt.details["struts"] == []
    with pytest.raises(GeometryError, match="Repair it first"):
        strut(shapes.open_box())


def test_cavities_belong_to_the_body_round_them() -> None:
    hollow = shapes.shell(8.0, 10.0, 3)
    inner = shapes.sphere(3.0, subdivisions=3)
    pieces = pieces_of(concatenate([hollow, inner]))
    assert [round(p.volume_mm3) for p in pieces] == [round(hollow.volume_mm3), round(inner.volume_mm3)]
    out, receipt = strut(concatenate([hollow, inner]), process="sla")  # a ball in a cavity is held from its wall
    assert len(pieces_of(out)) == 1
    assert receipt.details["struts"][0]["length_mm"] == pytest.approx(5.0, abs=0.15)


def test_phantom_crumbs_become_one_body_that_outside_programs_call_one(tmp_path: Path) -> None:
    mesh = BoneShape().truth_mesh(1.0, crumbs=True)
    assert measure_mesh(mesh).parts == 5
    out, receipt = strut(mesh)
    assert measure_mesh(out).parts == 1
    assert len(receipt.details["struts"]) == 4
    assert min(one["thinnest_mm"] for one in receipt.details["struts"]) >= 2.0 - 1e-6
    loose, whole = tmp_path / "loose.stl", tmp_path / "whole.stl"
    write_mesh(mesh, loose)
    write_mesh(out, whole)
    assert admesh_facts(loose).parts == 5  # the judge sees loose parts where there are some
    facts = admesh_facts(whole)
    assert (facts.parts, facts.disconnected, facts.degenerate) == (1, 0, 0)
    assert prusa_info(whole).manifold
