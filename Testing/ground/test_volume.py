"""Volumes and label maps: places in space, and refusal of what is no volume."""

from __future__ import annotations

import gc

import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import given
from hypothesis import strategies as st

from PrintPrepLib.errors import InputError
from PrintPrepLib.volume import LabelMap, Source, Volume, image_from_array
from Testing.support.volumes import volume_of

OBLIQUE = (0.8, -0.6, 0.0, 0.6, 0.8, 0.0, 0.0, 0.0, 1.0)
LEFT_HANDED = (1, 0, 0, 0, -1, 0, 0, 0, 1)


def test_geometry_by_hand() -> None:
    volume = volume_of(np.zeros((4, 3, 2), np.int16), (0.5, 2.0, 3.0), (10.0, 20.0, 30.0))
    assert volume.shape_ijk == (2, 3, 4)
    assert volume.spacing_mm == (0.5, 2.0, 3.0)
    assert volume.voxel_volume_mm3 == 3.0
    np.testing.assert_allclose(volume.to_lps([[1, 1, 1]]), [[10.5, 22.0, 33.0]])


@given(st.tuples(*[st.floats(-50, 50)] * 3))
def test_to_index_and_back(point: tuple[float, float, float]) -> None:
    for direction in (OBLIQUE, LEFT_HANDED):
        volume = volume_of(np.zeros((4, 4, 4), np.int16), (0.5, 0.7, 3.0), (1.0, -2.0, 3.0), direction)
        np.testing.assert_allclose(volume.to_ijk(volume.to_lps([point])), [point], atol=1e-9)
        np.testing.assert_allclose(
            volume.to_lps([point])[0], volume.image.TransformContinuousIndexToPhysicalPoint(point), atol=1e-9
        )


def test_voxels_are_read_only_and_outlive_the_volume() -> None:
    array = volume_of(np.arange(8, dtype=np.int16).reshape(2, 2, 2)).array
    gc.collect()
    assert array.tolist() == [[[0, 1], [2, 3]], [[4, 5], [6, 7]]]
    with pytest.raises(ValueError, match="read-only"):
        array[0, 0, 0] = 1


def test_what_is_no_scalar_volume_is_refused() -> None:
    with pytest.raises(TypeError, match="SimpleITK"):
        Volume(np.zeros((2, 2, 2)))  # type: ignore[arg-type]
    with pytest.raises(InputError, match="2 dimensions"):
        Volume(sitk.Image(3, 3, sitk.sitkInt16))
    with pytest.raises(InputError, match="color"):
        Volume(sitk.Image([3, 3, 3], sitk.sitkVectorUInt8, 3))


def test_same_grid_sees_a_shift_of_a_tenth_of_a_millimeter() -> None:
    array = np.zeros((3, 3, 3), np.int16)
    volume = volume_of(array)
    assert volume.same_grid(volume_of(array, origin=(5e-4, 0, 0)))
    assert not volume.same_grid(volume_of(array, origin=(0.1, 0, 0)))
    assert not volume.same_grid(volume_of(array, spacing=(1.0, 1.0, 1.1)))
    assert not volume.same_grid(volume_of(array, direction=LEFT_HANDED))
    assert not volume.same_grid(volume_of(np.zeros((3, 3, 4), np.int16)))


def test_label_map_counts_and_names() -> None:
    array = np.zeros((3, 3, 3), np.uint8)
    array[0, 0, :2] = 1
    array[2, 2, 2] = 4
    labels = LabelMap(volume_of(array, (1.0, 2.0, 5.0)).image, Source(), {4: "plate"})
    assert labels.mask().sum() == 3
    assert labels.mask(4).sum() == 1
    assert labels.volume_ml() == pytest.approx(0.03)
    assert labels.volume_ml(1) == pytest.approx(0.02)
    assert labels.names[4] == "plate"


def test_fractions_are_no_label_map() -> None:
    with pytest.raises(InputError, match="whole numbers"):
        LabelMap(sitk.Image([3, 3, 3], sitk.sitkFloat32))


def test_cropped_array_keeps_its_place() -> None:
    volume = volume_of(np.zeros((9, 9, 9), np.int16), (0.5, 0.7, 3.0), (1.0, -2.0, 3.0), OBLIQUE)
    crop = volume.with_image(image_from_array(np.ones((2, 2, 2), np.int16), volume.image, (3, 4, 5)))
    np.testing.assert_allclose(crop.to_lps([[0, 0, 0]]), volume.to_lps([[3, 4, 5]]))
