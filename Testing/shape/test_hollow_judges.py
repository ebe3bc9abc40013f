"""Outside programs on hollowed models: volume by PrusaSlicer's resin slices, closed voids by a flood fill of them."""

from __future__ import annotations

from pathlib import Path

import pytest
import SimpleITK as sitk

from PrintPrepLib.export import write_mesh
from PrintPrepLib.mesh import Mesh
from PrintPrepLib.shape.hollow.step import Inside, hollow
from PrintPrepLib.surface.extract import closed_surface
from PrintPrepLib.surface.fragments import Keep, fragments
from PrintPrepLib.volume import Volume
from Testing.support import judges, shapes
from Testing.support.data import data_path
from Testing.support.sla import prusa_sla

SPECK_MM3 = 2.0
"""Pixels that touch by corners only close off specks of air in narrow clefts of the scan itself."""


def brain() -> Mesh:
    image = sitk.ReadImage(str(data_path("ct/mr_brain_colin27_1mm.nii.gz")))
    smooth = sitk.SmoothingRecursiveGaussian(sitk.Cast(image > 0, sitk.sitkFloat32), 2.0)
    return fragments(closed_surface(Volume(smooth - 0.5)), keep=Keep.LARGEST)[0]


def stored(mesh: Mesh, folder: Path) -> Path:
    path = folder / "judged.stl"
    write_mesh(mesh, path)
    return path


def test_slices_of_a_hollow_cube_have_its_volume_and_no_closed_void(tmp_path: Path) -> None:
    out, _ = hollow(shapes.box((16.0, 14.0, 12.0)), wall_mm=2.0, drains=1, drain_diameter_mm=3.0)
    path = stored(out, tmp_path)
    slices = prusa_sla(path, side_mm=20.0, pixels=400, layer_mm=0.2)
    assert slices.volume_mm3 == pytest.approx(out.volume_mm3, rel=2e-3)
    assert not slices.voids_mm3
    facts = judges.admesh_facts(path)
    assert (facts.disconnected, facts.degenerate, facts.parts) == (0, 0, 1)


def test_the_judge_sees_a_closed_void(tmp_path: Path) -> None:
    out, receipt = hollow(shapes.box((16.0, 14.0, 12.0)), wall_mm=2.0, drains=0)
    slices = prusa_sla(stored(out, tmp_path), side_mm=20.0, pixels=400, layer_mm=0.2)
    (void,) = slices.voids_mm3
    assert void == pytest.approx(12.0 * 10.0 * 8.0, rel=0.05)
    assert receipt.details["closed_voids_total"] == 1


@pytest.mark.slow
@pytest.mark.parametrize("inside", [Inside.RIBS, Inside.LATTICE])
def test_pockets_beside_ribs_that_slices_close_off_are_told(inside: Inside, tmp_path: Path) -> None:
    out, receipt = hollow(brain(), wall_mm=2.0, inside=inside, bar_mm=2.0)  # pixels tell thinner ones too thick
    slices = prusa_sla(stored(out, tmp_path), side_mm=220.0, pixels=1100, layer_mm=0.4)
    assert slices.volume_mm3 == pytest.approx(out.volume_mm3, rel=2e-3)
    told = sum(pocket["volume_mm3"] for pocket in receipt.details["traps"]["voids_on_voxels"])
    assert sum(volume for volume in slices.voids_mm3 if volume > SPECK_MM3) <= told
    assert receipt.details["closed_voids_total"] == 0


@pytest.mark.slow
def test_a_hollow_brain_agrees_with_its_slices(tmp_path: Path) -> None:
    out, receipt = hollow(brain(), wall_mm=2.0)
    slices = prusa_sla(stored(out, tmp_path), side_mm=220.0, pixels=1100, layer_mm=0.4)
    assert slices.volume_mm3 == pytest.approx(out.volume_mm3, rel=2e-3)
    assert all(volume < SPECK_MM3 for volume in slices.voids_mm3)
    assert receipt.details["achieved"]["min_mm"] > 2.0 * 0.975
    assert receipt.details["closed_voids_total"] == 0
