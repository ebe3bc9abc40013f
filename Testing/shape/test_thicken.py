"""Thicken: walls reach the limit, what must stay true stays bit for bit, neighbors stay apart."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from PrintPrepLib.analysis.thickness import wall_thickness
from PrintPrepLib.errors import GeometryError, InputError
from PrintPrepLib.export import stl
from PrintPrepLib.export.single import rounded_to_single
from PrintPrepLib.mesh import Mesh, concatenate
from PrintPrepLib.receipt import Receipt
from PrintPrepLib.shape.thicken import Direction, thicken
from PrintPrepLib.spatial import crossings_and_contacts
from Testing.support import judges, shapes


def sound(out: Mesh, receipt: Receipt) -> None:
    after, before = receipt.after, receipt.before
    assert (after.open_edges, after.non_manifold_edges, after.misoriented_edges) == (0, 0, 0)
    assert (after.parts, after.genus) == (before.parts, before.genus)
    exact, as_meshlab = crossings_and_contacts(rounded_to_single(out)[0])
    assert not len(exact.faces)
    assert not len(as_meshlab.faces)


def finned() -> Mesh:
    body = shapes.box((20.0, 12.0, 4.0), (0.0, 0.0, 2.0)).to_manifold()
    return Mesh.from_manifold(body + shapes.box((12.0, 0.08, 8.0), (0.0, 0.0, 6.0)).to_manifold(), "finned")


@pytest.mark.parametrize("wall", [0.3, 0.8])
def test_plate_reaches_limit(wall: float) -> None:
    out, receipt = thicken(shapes.plate((12.0, 9.0), wall, 0), limit_mm=1.0)
    sound(out, receipt)
    assert receipt.details["thin_percent_before"] == pytest.approx(100.0)
    assert receipt.details["thin_percent_after"] == 0.0
    assert receipt.details["thinnest_after_mm"] >= 1.0
    # Stretched across, not lengthened: the sides stay where they are.
    np.testing.assert_allclose(out.size_mm, (12.0, 9.0, 1.04), atol=2e-3)
    thin = wall_thickness(out, max_mm=1.5).summary(out, 1.0)
    assert (thin.percent_below, thin.min_mm) == (0.0, pytest.approx(1.04, abs=2e-3))


@pytest.mark.parametrize(("direction", "true_radius"), [(Direction.OUTWARD, 5.7), (Direction.INWARD, 6.0)])
def test_shell_keeps_its_true_side(direction: Direction, true_radius: float) -> None:
    shell = shapes.shell(5.7, 6.0, 4)
    out, receipt = thicken(shell, limit_mm=1.0, direction=direction)
    sound(out, receipt)
    assert receipt.details["thin_percent_after"] == 0.0
    kept = shell.vertices[np.abs(np.linalg.norm(shell.vertices, axis=1) - true_radius) < 1e-6]
    assert {tuple(point) for point in kept.tolist()} <= {tuple(point) for point in out.vertices.tolist()}
    other = np.linalg.norm(out.vertices, axis=1)
    assert (other.max() if direction is Direction.OUTWARD else -other.min()) == pytest.approx(
        true_radius + 1.04 if direction is Direction.OUTWARD else -(true_radius - 1.04), abs=0.01
    )


def test_neighbors_do_not_fuse() -> None:
    lower = shapes.plate((8.0, 6.0), 0.5, 0)
    out, receipt = thicken(concatenate([lower, shapes.moved(lower, (0.0, 0.0, 1.1))]), limit_mm=1.0)
    sound(out, receipt)
    z = out.vertices[:, 2]
    gap = z[z > 0.55].min() - z[z < 0.55].max()
    assert gap >= 0.299
    assert receipt.details["thin_percent_after"] == 0.0


def test_fin_prints_and_body_stays(tmp_path: Path) -> None:
    model = finned()
    out, receipt = thicken(model, limit_mm=1.0)
    sound(out, receipt)
    np.testing.assert_allclose(out.size_mm, model.size_mm, atol=1e-6)
    assert receipt.details["thin_percent_after"] == 0.0
    far = model.vertices[np.abs(model.vertices[:, 0]) > 9.0]
    assert {tuple(point) for point in far.tolist()} <= {tuple(point) for point in out.vertices.tolist()}
    before, after = tmp_path / "before.stl", tmp_path / "after.stl"
    for mesh, path in ((model, before), (out, after)):
        with path.open("wb") as file:
            stl.write(rounded_to_single(mesh)[0], file)
    assert judges.prusa_slice(before).top_z_mm < 5.0
    assert judges.prusa_slice(after).top_z_mm > 9.5
    facts = judges.meshlab_facts(after)
    assert (facts.self_intersecting_faces, facts.boundary_edges) == (0, 0)


def test_free_plate_has_no_outer_side() -> None:
    out, receipt = thicken(shapes.plate((12.0, 9.0), 0.3, 0), limit_mm=1.0, direction=Direction.OUTWARD)
    sound(out, receipt)
    np.testing.assert_allclose(out.bounds[:, 2], (-0.52, 0.52), atol=2e-3)
    assert any("equally open" in note for note in receipt.notes)


def test_openings_keep_their_width() -> None:
    drill = shapes.cylinder(1.0, 4.0, sections=48).to_manifold()
    plate = Mesh.from_manifold(shapes.plate((12.0, 9.0), 0.3, 0).to_manifold() - drill, "plate with a foramen")
    out, receipt = thicken(plate, limit_mm=1.0)
    sound(out, receipt)
    assert receipt.details["thin_percent_after"] == 0.0
    inside = np.linalg.norm(out.vertices[:, :2], axis=1)
    assert inside.min() >= 0.99


def joined(parts: list[Mesh], name: str) -> Mesh:
    solids = [part.to_manifold() for part in parts]
    return Mesh.from_manifold(sum(solids[1:], solids[0]), name)


def test_lattice_reaches_limit_and_stays_open() -> None:
    bars = [
        shapes.box(size, place)
        for x in (0.0, 4.0, 8.0)
        for size, place in (((0.6, 10.0, 0.6), (x, 4.0, 0.0)), ((10.0, 0.6, 0.6), (4.0, x, 0.0)))
    ]
    out, receipt = thicken(joined(bars, "lattice"), limit_mm=1.0)
    sound(out, receipt)
    assert receipt.after.genus == 4
    assert receipt.details["thin_percent_after"] == 0.0
    assert receipt.details["thinnest_after_mm"] >= 1.0
    # Free ends stay where they are, and of the openings of 3.4 mm no more is taken than the bars grow.
    np.testing.assert_allclose(out.size_mm, (10.0, 10.0, 1.04), atol=2e-3)
    x, y, _ = out.vertices.T
    inside = (x > 0.0) & (x < 4.0) & (y > 0.6) & (y < 3.4)
    side = x[inside & (np.abs(out.vertices[:, 2]) < 0.1)]
    assert side.min() == pytest.approx(0.52, abs=2e-3)
    assert side.max() == pytest.approx(3.48, abs=2e-3)


@pytest.mark.parametrize("degrees", [0.0, 37.0])
def test_lattice_in_space_reaches_limit(degrees: float) -> None:
    bars = []
    for axis in range(3):
        for first in (0.0, 4.0):
            for second in (0.0, 4.0):
                size, place = [0.6, 0.6, 0.6], [first, first, first]
                size[axis], place[axis], place[(axis + 1) % 3] = 6.0, 2.0, second
                bars.append(shapes.box((size[0], size[1], size[2]), (place[0], place[1], place[2])))
    model = joined(bars, "lattice")
    out, receipt = thicken(shapes.rotated(model, degrees), limit_mm=1.0)
    sound(out, receipt)
    assert receipt.after.genus == 5
    assert receipt.details["thin_percent_after"] == 0.0
    np.testing.assert_allclose(shapes.rotated(out, -degrees).size_mm, (6.0, 6.0, 6.0), atol=2e-3)


@pytest.mark.parametrize(("sections", "degrees"), [(8, 0.0), (12, 37.0), (32, 0.0)])
def test_round_bar_keeps_its_length(sections: int, degrees: float) -> None:
    bar = shapes.cylinder(0.3, 6.0, sections=sections)
    out, receipt = thicken(shapes.rotated(bar, degrees), limit_mm=1.0)
    sound(out, receipt)
    assert receipt.details["thin_percent_after"] == 0.0
    upright = shapes.rotated(out, -degrees)
    assert upright.size_mm[2] == pytest.approx(6.0, abs=2e-3)
    assert np.linalg.norm(upright.vertices[:, :2], axis=1).max() < 0.61


@given(st.floats(0.4, 0.9), st.floats(0.0, 80.0))
@settings(max_examples=8, deadline=None)
def test_turned_bars_reach_the_limit(width: float, degrees: float) -> None:
    out, receipt = thicken(shapes.rotated(shapes.box((6.0, width, 0.6)), degrees), limit_mm=1.0)
    sound(out, receipt)
    assert receipt.details["thin_percent_after"] == 0.0
    assert receipt.after.volume_mm3 == pytest.approx(6.0 * 1.04 * 1.04, rel=0.02)


def turned_lattice(sections: int) -> Mesh:
    """Plane lattice of round bars, each turned about its axis: their facets cross in general position."""
    bars = []
    for number, place in enumerate((0.0, 4.0, 8.0)):
        for along, at in ((1, (place, 4.0, 0.0)), (0, (4.0, place, 0.0))):
            bar = shapes.cylinder(0.3, 10.0, sections=sections)
            bar = shapes.rotated(bar, 17.0 * number + 31.0 * along, (0, 0, 1))
            bar = shapes.rotated(bar, 90.0, (1, 0, 0) if along else (0, 1, 0))
            bars.append(shapes.moved(bar, at))
    return joined(bars, "round lattice")


@pytest.mark.slow
@pytest.mark.parametrize("sections", [24])
def test_lattice_of_round_bars_is_moved_whole(sections: int) -> None:
    model = turned_lattice(sections)
    out, receipt = thicken(model, limit_mm=1.0)
    sound(out, receipt)
    assert receipt.after.genus == 4
    assert len(out.faces) == len(model.faces)
    assert receipt.details["thin_area_after_cm2"] <= 0.005 * receipt.details["thin_area_before_cm2"]
    np.testing.assert_allclose(out.size_mm[:2], (10.0, 10.0), atol=2e-3)
    assert out.size_mm[2] < 1.12


def test_joint_of_round_bars_is_named_where_it_stays_thin() -> None:
    upright = shapes.cylinder(0.3, 6.0, sections=8)
    lying = [
        Mesh(np.roll(shapes.rotated(upright, 20.0 * turn, (0, 0, 1)).vertices, turn, axis=1), upright.faces, "bar")
        for turn in (1, 2)
    ]
    out, receipt = thicken(joined([upright, *lying], "joint"), limit_mm=1.0)
    sound(out, receipt)
    assert receipt.details["thin_percent_after"] < 1.0
    if receipt.details["thin_percent_after"] > 0.0:
        assert any("stay below" in warning for warning in receipt.warnings)


@given(st.floats(0.1, 0.9), st.floats(0.0, 80.0))
@settings(max_examples=12, deadline=None)
def test_turned_plates_reach_the_limit(wall: float, degrees: float) -> None:
    plate = shapes.rotated(shapes.plate((6.0, 5.0), wall, 0), degrees)
    out, receipt = thicken(plate, limit_mm=1.0)
    sound(out, receipt)
    assert receipt.details["thin_percent_after"] == 0.0
    assert receipt.after.volume_mm3 == pytest.approx(6.0 * 5.0 * 1.04, rel=0.01)


def test_thick_model_is_returned_unchanged() -> None:
    box = shapes.box()
    out, receipt = thicken(box, limit_mm=1.0)
    assert out is box
    assert receipt.details["thin_places_before"] == 0


def test_refuses_what_it_cannot_do() -> None:
    with pytest.raises(InputError):
        thicken(shapes.box(), limit_mm=0.0)
    with pytest.raises(InputError):
        thicken(shapes.box(), limit_mm=9.0)
    with pytest.raises(GeometryError):
        thicken(shapes.open_box(), limit_mm=1.0)


def test_says_what_the_scan_cannot_show() -> None:
    _, receipt = thicken(shapes.plate((8.0, 6.0), 0.3, 0), limit_mm=1.0, voxel_mm=0.4)
    assert any("two voxels" in note for note in receipt.notes)
