"""Thicken: walls reach the limit, what must stay true stays bit for bit, neighbors stay apart."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

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
    assert out.size_mm[2] == pytest.approx(1.02, abs=0.03)


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
        true_radius + 1.02 if direction is Direction.OUTWARD else -(true_radius - 1.02), abs=0.05
    )


def test_neighbors_do_not_fuse() -> None:
    lower = shapes.plate((8.0, 6.0), 0.5, 0)
    out, receipt = thicken(concatenate([lower, shapes.moved(lower, (0.0, 0.0, 1.1))]), limit_mm=1.0)
    sound(out, receipt)
    z = out.vertices[:, 2]
    gap = z[z > 0.55].min() - z[z < 0.55].max()
    assert gap >= 0.28


def test_fin_prints_and_body_stays(tmp_path: Path) -> None:
    model = finned()
    out, receipt = thicken(model, limit_mm=1.0)
    sound(out, receipt)
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
