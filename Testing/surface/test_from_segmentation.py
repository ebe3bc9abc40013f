"""The surface step: from gray values where they are at hand, else from the label, and a receipt that says so."""

from __future__ import annotations

import numpy as np
import pytest

from PrintPrepLib.segment.segmentation import from_mask
from PrintPrepLib.surface.from_segmentation import make_surface
from PrintPrepLib.topology import is_closed_manifold
from Testing.support.fields import blurred_ball, grid, half_value_radius, label_segmentation, radii, volume_like

SIGMA = 0.5
RADIUS = half_value_radius(7.0, SIGMA)
TRUTH = 4.0 / 3.0 * np.pi * RADIUS**3


def _scan() -> tuple:
    volume = grid(22)
    grey = np.rint(1000 * blurred_ball(radii(volume), 7.0, SIGMA)).astype(np.int16)
    return volume_like(volume, grey), grey >= 500


def test_gray_values_place_the_surface() -> None:
    scan, mask = _scan()
    mesh, receipt = make_surface(from_mask(mask, scan, name="ball", lower=500.0))
    assert mesh.name == "ball"
    assert is_closed_manifold(mesh)
    assert np.abs(np.linalg.norm(mesh.vertices, axis=1) - RADIUS).mean() < 0.02
    assert receipt.details["from_gray_values"] is True
    assert receipt.details["clipped"] == []
    assert receipt.warnings == ()
    assert receipt.operation == "surface"
    assert receipt.before is not None
    assert receipt.before.volume_mm3 == pytest.approx(mask.sum())
    assert receipt.after is not None
    assert receipt.after.volume_mm3 == pytest.approx(TRUTH, rel=0.015)  # triangles are chords of the ball


def test_label_alone_gives_the_half_way_surface_and_says_so() -> None:
    scan, mask = _scan()
    mesh, receipt = make_surface(label_segmentation(scan, mask))
    assert receipt.details["from_gray_values"] is False
    assert "no gray values" in receipt.notes[0]
    off = np.abs(scan.to_ijk(mesh.vertices) * 2.0 % 1.0)
    assert np.minimum(off, 1.0 - off).max() < 1e-4  # every vertex half way between two voxels


def test_subvoxel_can_be_turned_off() -> None:
    scan, mask = _scan()
    segmentation = from_mask(mask, scan, lower=500.0)
    fine, _ = make_surface(segmentation)
    plain, receipt = make_surface(segmentation, subvoxel=False)
    assert receipt.parameters == {"subvoxel": False}
    assert receipt.details["from_gray_values"] is False
    assert not np.array_equal(fine.vertices, plain.vertices)


def test_clipped_structure_is_closed_and_reported_with_its_area() -> None:
    scan, mask = _scan()
    cut = volume_like(scan, np.array(scan.array[11:]))
    mesh, receipt = make_surface(from_mask(mask[11:], cut, lower=500.0))
    assert is_closed_manifold(mesh)
    assert len(receipt.warnings) == 1
    assert "bottom (inferior) end" in receipt.warnings[0]
    assert "not anatomy" in receipt.warnings[0]
    (face,) = receipt.details["clipped"]
    assert face["area_mm2"] == pytest.approx(mask[11].sum(), rel=0.01)


def test_walls_of_one_voxel_are_warned_of() -> None:
    volume = grid(16)
    mask = np.zeros((16, 16, 16), bool)
    mask[4:12, 4:12, 4:12:2] = True
    mask[8, 8, 4:12] = True
    values = np.where(mask, 505, -3000).astype(np.int16)
    _, receipt = make_surface(from_mask(mask, volume_like(volume, values), lower=500.0))
    assert any("one voxel" in warning for warning in receipt.warnings)
