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


def test_lattice_is_never_made_worse() -> None:
    solid = None
    for x in (0.0, 4.0, 8.0):
        for size, place in (((0.6, 10.0, 0.6), (x, 4.0, 0.0)), ((10.0, 0.6, 0.6), (4.0, x, 0.0))):
            strut = shapes.box(size, place).to_manifold()
            solid = strut if solid is None else solid + strut
    assert solid is not None
    model = Mesh.from_manifold(solid, "lattice")
    out, receipt = thicken(model, limit_mm=1.0)
    sound(out, receipt)
    # Never worse than before, and what is left is named.
    assert receipt.details["thin_percent_after"] <= receipt.details["thin_percent_before"]
    assert receipt.details["thinnest_after_mm"] >= 0.54
    if receipt.details["thin_percent_after"] > 0.0:
        assert receipt.details["left_total"] > 0
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
