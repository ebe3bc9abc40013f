"""The simulated scanner: its half-maximum surface is the true one, and its mishaps are as stated."""

from __future__ import annotations

import numpy as np
import pytest
from vtkmodules.util.numpy_support import numpy_to_vtk
from vtkmodules.vtkCommonDataModel import vtkImageData
from vtkmodules.vtkFiltersCore import vtkFlyingEdges3D

from PrintPrepLib.errors import Cancelled, InputError
from PrintPrepLib.mesh import Mesh
from PrintPrepLib.phantom import THRESHOLD_HU, BoneShape, Scan, Variant, scan_shape
from PrintPrepLib.phantom.shape import PLACE_MM

SHAPE = BoneShape()
SMALL = (24, 64, 64)
TINY = (12, 48, 48)


def half_maximum_surface(scan: Scan) -> Mesh:
    volume = scan.volume()
    image = vtkImageData()
    image.SetDimensions(*volume.shape_ijk)
    image.GetPointData().SetScalars(numpy_to_vtk(volume.array.astype(np.float32).ravel(), deep=True))
    contour = vtkFlyingEdges3D()
    contour.SetInputData(image)
    contour.SetValue(0, THRESHOLD_HU)
    contour.Update()
    mesh = Mesh.from_vtk(contour.GetOutput())
    return mesh.with_vertices(volume.to_lps(mesh.vertices))


def test_half_maximum_of_a_noise_free_scan_is_the_true_surface() -> None:
    scan = scan_shape(SHAPE, size=(80, 160, 160), noise_hu=0.0)
    mesh = half_maximum_surface(scan)
    away = np.abs(SHAPE.signed_distance(mesh.vertices, crumbs=True)) / scan.pixel_mm
    assert away.mean() < 0.04
    assert np.percentile(away, 95) < 0.12
    truth = SHAPE.true_volume_mm3 + sum(crumb.volume_mm3 for crumb in SHAPE.crumbs)
    assert abs(mesh.volume_mm3) == pytest.approx(truth, rel=0.004)


def test_head_lies_within_hundredths_of_a_millimetre() -> None:
    # The head is a ball of 22 mm: nothing there but the blur's own small shift (half of sigma squared times the
    # mean curvature's double, about 0.008 mm), inward.
    scan = scan_shape(SHAPE, size=(80, 160, 160), noise_hu=0.0)
    vertices = half_maximum_surface(scan).vertices
    local = vertices - np.asarray(PLACE_MM)
    head = vertices[(local[:, 1] < -21.0) & (local[:, 0] < -12.0) & (local[:, 2] > 0.0)]
    away = SHAPE.signed_distance(head)
    assert abs(away.mean() + 0.008) < 0.01
    assert away.std() < 0.045


def test_noise_has_the_stated_size_and_depends_on_the_seed() -> None:
    quiet = scan_shape(SHAPE, size=TINY, noise_hu=0.0).volume().array
    noisy = scan_shape(SHAPE, size=TINY, noise_hu=15.0, seed=1).volume().array
    again = scan_shape(SHAPE, size=TINY, noise_hu=15.0, seed=1).volume().array
    other = scan_shape(SHAPE, size=TINY, noise_hu=15.0, seed=2).volume().array
    unclipped = quiet > -500
    assert (noisy - quiet)[unclipped].std() == pytest.approx(15.0, rel=0.02)
    assert np.array_equal(noisy, again)
    assert not np.array_equal(noisy, other)


def test_tissues_have_their_values() -> None:
    volume = scan_shape(SHAPE, size=SMALL, noise_hu=0.0).volume()
    head, marrow = np.add(PLACE_MM, (-22.0, -7.0, 26.0)), np.add(PLACE_MM, (11.0, 2.6, -10.0))
    for place, expected in ((head, 450), (marrow, 50), (np.add(PLACE_MM, (0.0, 60.0, 0.0)), 50)):
        i, j, k = np.rint(volume.to_ijk(place[None])[0]).astype(int)
        assert volume.array[k, j, i] == expected
    assert volume.array[0, 0, 0] == -1000


def test_metal_is_clipped_and_streaks() -> None:
    plain = scan_shape(SHAPE, size=SMALL, noise_hu=0.0).volume().array.astype(int)
    metal = scan_shape(SHAPE, size=SMALL, noise_hu=0.0, variant=Variant.METAL).volume().array.astype(int)
    assert metal.max() == 3071
    assert np.count_nonzero(metal == 3071) > 20
    soft = plain == 50
    assert np.abs(metal - plain)[soft].max() > 100


def test_variants_have_their_steps() -> None:
    def steps(variant: Variant) -> np.ndarray:
        scan = scan_shape(SHAPE, size=(24, 32, 32), variant=variant)
        return np.diff([one.position_mm[2] for one in scan.slices])

    plain = steps(Variant.PLAIN)
    assert len(plain) == 23
    np.testing.assert_allclose(plain, plain[0])
    assert len(np.unique(steps(Variant.UNEVEN).round(6))) == 3
    assert steps(Variant.THICK)[0] > 3.5 * plain[0]
    missing = steps(Variant.MISSING)
    assert len(missing) == 22
    assert np.count_nonzero(np.isclose(missing, 2 * plain[0])) == 1
    assert np.count_nonzero(steps(Variant.DUPLICATE) == 0.0) == 1


def test_tilted_stack_is_sheared_and_no_grid() -> None:
    scan = scan_shape(SHAPE, size=SMALL, variant=Variant.TILT)
    normal = np.cross(scan.row_direction, scan.column_direction)
    assert np.rad2deg(np.arccos(normal[2])) == pytest.approx(15.0)
    steps = np.diff([one.position_mm for one in scan.slices], axis=0)
    np.testing.assert_allclose(steps[:, :2], 0.0)  # the table moves along z only
    with pytest.raises(InputError, match="regular grid"):
        scan.volume()


def test_tilted_pixels_show_the_same_shape() -> None:
    scan = scan_shape(SHAPE, size=SMALL, variant=Variant.TILT, noise_hu=0.0)
    one = scan.slices[len(scan.slices) // 2]
    v, u = np.mgrid[:64, :64]
    places = one.position_mm + scan.pixel_mm * (
        u.reshape(-1, 1) * scan.row_direction + v.reshape(-1, 1) * scan.column_direction
    )
    distance = SHAPE.signed_distance(places, crumbs=True)
    values = one.pixels.ravel()
    assert (values[distance < -3.0] > 400).all()
    assert (values[distance > 3.0] < 100).all()


@pytest.mark.parametrize("size", [(48, 64, 32), (4, 64, 64), (48, 16, 16)])
def test_unusable_sizes_are_refused(size: tuple[int, int, int]) -> None:
    with pytest.raises(InputError, match="slices"):
        scan_shape(SHAPE, size=size)


def test_scan_can_be_cancelled() -> None:
    def stop(fraction: float, text: str) -> None:
        if fraction > 0.2:
            raise Cancelled("Stopped.")

    with pytest.raises(Cancelled):
        scan_shape(SHAPE, size=SMALL, progress=stop)
