"""Thick slices: steps go, contours and volume stay. Scenario S10, on a sphere and a cone at 3 mm slices."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from vtkmodules.util.numpy_support import numpy_to_vtk, vtk_to_numpy
from vtkmodules.vtkCommonDataModel import vtkImageData
from vtkmodules.vtkFiltersCore import vtkFlyingEdges3D

from PrintPrepLib.errors import Cancelled, InputError
from PrintPrepLib.segment.interpolate import needs_interpolation, shape_interpolation
from PrintPrepLib.segment.segmentation import Segmentation
from PrintPrepLib.segment.slices import cap_distance, contour_distance
from PrintPrepLib.segment.threshold import threshold
from PrintPrepLib.volume import Volume
from Testing.support.volumes import air, volume_of

PIXEL, SLICE, RADIUS = 0.5, 3.0, 20.0
TRUE_ML = {"sphere": 4 / 3 * np.pi * RADIUS**3 / 1000, "cone": np.pi * RADIUS**2 * 40 / 3 / 1000}


def true_radius(kind: str, z: float) -> float:
    """Radius of the cut at height z; the cone has its base of 20 mm at -20 and its tip at +20."""
    if kind == "sphere":
        return float(np.sqrt(max(RADIUS**2 - z**2, 0)))
    return (RADIUS - z) / 2 if -RADIUS <= z <= RADIUS else 0.0


def phantom(kind: str, thick_slab: bool) -> Volume:
    """In-plane partial volume; along z either point samples or the mean over the slab."""
    x, y = (np.arange(112) - 56 + 0.27) * PIXEL, (np.arange(112) - 56 + 0.11) * PIXEL
    z = (np.arange(19) - 9.5 + 0.3) * SLICE
    sub = (np.arange(3) / 3 - 1 / 3) * PIXEL
    slabs = ((np.arange(10) + 0.5) / 10 - 0.5) * SLICE if thick_slab else np.zeros(1)
    array = np.zeros((len(z), len(y), len(x)))
    for k, height in enumerate(z):
        for dy in sub:
            for dx in sub:
                rho = np.hypot((y + dy)[:, None], x + dx)
                array[k] += sum((rho < true_radius(kind, height + dz)) / len(slabs) / 9 for dz in slabs)
    origin = (float(x[0]), float(y[0]), float(z[0]))
    return volume_of(np.round(array * 1000).astype(np.int16), (PIXEL, PIXEL, SLICE), origin, modality="MR")


@cache
def thick_and_fine(kind: str, thick_slab: bool) -> tuple[Segmentation, Segmentation]:
    seg, _ = threshold(phantom(kind, thick_slab), lower=500)
    fine, _ = shape_interpolation(seg)
    return seg, fine


def surface(seg: Segmentation) -> tuple[np.ndarray, np.ndarray]:
    field = seg.field()
    array = np.pad(field.array, 1, constant_values=-1.0)
    image = vtkImageData()
    image.SetDimensions(*array.shape[::-1])
    image.GetPointData().SetScalars(numpy_to_vtk(array.ravel(), deep=True))
    edges = vtkFlyingEdges3D()
    edges.SetInputData(image)
    edges.SetValue(0, 0.0)
    edges.Update()
    points = vtk_to_numpy(edges.GetOutput().GetPoints().GetData()).astype(float) - 1
    triangles = vtk_to_numpy(edges.GetOutput().GetPolys().GetConnectivityArray()).reshape(-1, 3)
    return field.to_lps(points), points[triangles] * field.spacing_mm + field.to_lps([(0, 0, 0)])[0]


def step_index(kind: str, seg: Segmentation) -> float:
    """Area-weighted mean angle between the surface's normals and the true ones, in degrees; without the cone's ends."""
    _, corners = surface(seg)
    normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    area = np.linalg.norm(normal, axis=1)
    center = corners.mean(axis=1)
    truth = center.copy()
    use = area > 1e-9
    if kind == "cone":
        truth[:, 2] = 0.5 * np.hypot(center[:, 0], center[:, 1])
        use &= np.abs(center[:, 2]) < 17
    cosine = np.abs((normal * truth).sum(axis=1)) / np.maximum(area * np.linalg.norm(truth, axis=1), 1e-12)
    return float(np.average(np.degrees(np.arccos(np.clip(cosine[use], 0, 1))), weights=area[use]))


@pytest.mark.parametrize("kind", ["sphere", "cone"])
def test_steps_fall_by_four_fifths(kind: str) -> None:
    thick, fine = thick_and_fine(kind, thick_slab=False)
    assert step_index(kind, fine) < 0.2 * step_index(kind, thick)


@pytest.mark.parametrize(("kind", "share"), [("sphere", 0.4), ("cone", 0.2)])
def test_steps_fall_even_where_partial_volume_has_blurred_them(kind: str, share: float) -> None:
    thick, fine = thick_and_fine(kind, thick_slab=True)
    assert step_index(kind, fine) < share * step_index(kind, thick)


@pytest.mark.parametrize("thick_slab", [False, True])
@pytest.mark.parametrize("kind", ["sphere", "cone"])
def test_contours_stay_at_the_slices_of_the_scan(kind: str, thick_slab: bool) -> None:
    thick, fine = thick_and_fine(kind, thick_slab)
    points, _ = surface(fine)
    seen = 0
    for z in thick.labels.to_lps(np.array([(0, 0, k) for k in range(thick.labels.shape_ijk[2])]))[:, 2]:
        ring = points[np.abs(points[:, 2] - z) < 1e-3]
        if len(ring) and true_radius(kind, z) > 2:
            seen += 1
            assert np.abs(np.hypot(ring[:, 0], ring[:, 1]) - true_radius(kind, z)).max() < 0.25
    assert seen > 10


@pytest.mark.parametrize("thick_slab", [False, True])
@pytest.mark.parametrize("kind", ["sphere", "cone"])
def test_volume_within_one_percent(kind: str, thick_slab: bool) -> None:
    _, corners = surface(thick_and_fine(kind, thick_slab)[1])
    volume = abs(np.einsum("ij,ij->", corners[:, 0], np.cross(corners[:, 1], corners[:, 2]))) / 6000
    assert volume == pytest.approx(TRUE_ML[kind], rel=0.01)


def test_receipt_says_what_is_unknown() -> None:
    seg, receipt = shape_interpolation(threshold(phantom("sphere", True), lower=500)[0], spacing_mm=1.0)
    assert seg.labels.spacing_mm == pytest.approx((0.5, 0.5, 1.0))
    assert any("unknown" in note for note in receipt.notes)
    assert abs(receipt.details["volume_change_percent"]) < 5
    assert seg.unit == "mm"
    assert np.array_equal(seg.field().array > 0, seg.mask)


def test_axis_and_orientation_are_followed() -> None:
    array = air((30, 30, 30))
    array[8:20, 9:21, 10:22] = 500
    volume = volume_of(array, (2.0, 0.5, 0.5), (5.0, 6.0, 7.0), (0, 1, 0, 0, 0, 1, 1, 0, 0))
    seg = threshold(volume, lower=0)[0]
    fine, receipt = shape_interpolation(seg)
    assert receipt.details["axis"] == "i"
    assert fine.labels.spacing_mm == pytest.approx((0.5, 0.5, 0.5))
    old, new = (s.labels.to_lps(np.argwhere(s.mask)[:, ::-1]).mean(axis=0) for s in (seg, fine))
    np.testing.assert_allclose(old, new, atol=0.05)


def test_clipped_end_stays_clipped() -> None:
    array = air((12, 30, 30))
    array[:6, 8:20, 8:20] = 500
    seg = threshold(volume_of(array, (0.5, 0.5, 3.0)), lower=0)[0]
    fine, _ = shape_interpolation(seg)
    assert [(f.name, f.area_mm2) for f in fine.clipped] == [(f.name, f.area_mm2) for f in seg.clipped]


def test_a_branch_that_ends_is_closed_near_its_end() -> None:
    array = air((12, 40, 60))
    array[2:10, 10:30, 5:25] = 500
    array[2:6, 15:25, 40:50] = 500  # ends while the other goes on
    fine, _ = shape_interpolation(threshold(volume_of(array, (0.5, 0.5, 3.0)), lower=-250)[0])
    branch = np.argwhere(fine.mask)
    place = fine.labels.to_lps(branch[:, ::-1])
    branch_top = place[place[:, 0] > 17][:, 2].max()
    assert 15.0 <= branch_top <= 18.0


def test_thin_slices_are_left_alone() -> None:
    array = air((9, 9, 9))
    array[3:6, 3:6, 3:6] = 500
    seg = threshold(volume_of(array, (1.0, 1.0, 1.2)), lower=0)[0]
    same, receipt = shape_interpolation(seg)
    assert same is seg
    assert "nothing was done" in receipt.notes[0]
    assert not needs_interpolation(seg.labels)
    assert needs_interpolation(volume_of(array, (0.5, 0.5, 1.6)))
    assert not needs_interpolation(volume_of(array, (1.5, 1.5, 1.5)))


def test_single_slice_and_too_fine_a_grid_are_refused() -> None:
    with pytest.raises(InputError, match="single slice"):
        shape_interpolation(threshold(volume_of(np.full((1, 9, 9), 500, np.int16), (1, 1, 5)), lower=0)[0])
    seg = threshold(phantom("sphere", False), lower=500)[0]
    with pytest.raises(InputError, match="million voxels"):
        shape_interpolation(seg, spacing_mm=0.0005)


def test_distance_of_a_circle_and_of_an_oblique_edge() -> None:
    rows, columns = np.indices((60, 80)) * np.array([0.5, 0.4])[:, None, None]
    circle = 9.0 - np.hypot(rows - 14.1, columns - 15.2)
    found = contour_distance(circle.astype(np.float32) * 70, (0.5, 0.4))
    close = np.abs(circle) < 1.2
    np.testing.assert_allclose(found[close], circle[close], atol=0.02)
    np.testing.assert_allclose(found, circle, atol=0.4)
    edge = 0.6 * rows + 0.8 * columns - 20.0
    inner = contour_distance(edge.astype(np.float32), (0.5, 0.4))
    near = np.abs(edge) < 3
    np.testing.assert_allclose(inner[near][200:-200], edge[near][200:-200], atol=0.5)
    assert np.array_equal(inner > 0, edge > 0)


def test_nothing_ends_where_all_goes_on() -> None:
    inner = np.full((5, 5), -1.0, np.float32)
    inner[2, 2] = 1.0
    assert not cap_distance(inner, inner, inner, inner)[1].any()


def test_interpolation_can_be_cancelled() -> None:
    def stop(fraction: float, text: str) -> None:
        if fraction > 0.4:
            raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        shape_interpolation(threshold(phantom("cone", False), lower=500)[0], progress=stop)
