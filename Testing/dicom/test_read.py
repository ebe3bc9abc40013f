"""The volume read holds the values of a known plane in LPS space where they truly are."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydicom.uid import DeflatedExplicitVRLittleEndian, ExplicitVRBigEndian, ImplicitVRLittleEndian, RLELossless

from PrintPrepLib.dicom import read_series, scan_folder
from PrintPrepLib.errors import Cancelled, InputError
from PrintPrepLib.volume import Volume
from Testing.support.dicom_writer import (
    AXIAL,
    CORONAL,
    PATIENT_ID,
    PATIENT_NAME,
    SAGITTAL,
    SliceSpec,
    dataset,
    enhanced,
    ramp,
    stack,
    write_slices,
)

ROUNDING = 0.51
"""Stored values are whole: half a unit, and a little for the arithmetic."""

EVEN = np.arange(12) * 1.25


def read(folder: Path) -> Volume:
    result = scan_folder(folder)
    assert len(result.series) == 1
    return read_series(result.series[0])


def places(volume: Volume) -> np.ndarray:
    """LPS place of every voxel in the order of the array."""
    i, j, k = volume.shape_ijk
    kk, jj, ii = np.meshgrid(np.arange(k), np.arange(j), np.arange(i), indexing="ij")
    return volume.to_lps(np.stack([ii, jj, kk], axis=-1).reshape(-1, 3)).reshape(k, j, i, 3)


def assert_ramp(volume: Volume, tolerance: float, needed: float = 0.99) -> None:
    """Every voxel inside the field holds the value of its place; ``needed`` is the least share inside."""
    truth = ramp(places(volume))
    outside = volume.source.facts.get("outside_field_value")
    array = volume.array.astype(np.float64)
    inside = np.ones(array.shape, bool) if outside is None else array != outside
    assert np.count_nonzero(inside) >= needed * array.size
    assert np.abs(array - truth)[inside].max() <= tolerance


def oblique(angles: tuple[float, float, float]) -> tuple[float, ...]:
    a, b, c = np.radians(angles)
    rz = np.array([[np.cos(a), -np.sin(a), 0], [np.sin(a), np.cos(a), 0], [0, 0, 1]])
    ry = np.array([[np.cos(b), 0, np.sin(b)], [0, 1, 0], [-np.sin(b), 0, np.cos(b)]])
    rx = np.array([[1, 0, 0], [0, np.cos(c), -np.sin(c)], [0, np.sin(c), np.cos(c)]])
    matrix = rz @ ry @ rx
    return (*matrix[:, 0].tolist(), *matrix[:, 1].tolist())


@pytest.mark.parametrize(
    "orientation",
    [
        AXIAL,
        SAGITTAL,
        CORONAL,
        (-1.0, 0, 0, 0, -1.0, 0),  # prone
        (-1.0, 0, 0, 0, 1.0, 0),  # seen from the head: the normal points to the feet
        (0, -1.0, 0, 1.0, 0, 0),
    ],
)
@pytest.mark.parametrize("backwards", [False, True])
def test_upright_stacks_are_exact(tmp_path: Path, orientation: tuple[float, ...], backwards: bool) -> None:
    write_slices(tmp_path, stack(EVEN[::-1] if backwards else EVEN, orientation=orientation))
    volume = read(tmp_path)
    assert volume.shape_ijk == (10, 12, 12)
    assert volume.array.dtype == np.int16
    assert np.linalg.det(volume.index_to_lps[:3, :3]) > 0
    assert_ramp(volume, ROUNDING)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    angles=st.tuples(*[st.floats(-179, 179)] * 3),
    step=st.floats(0.4, 6.0),
    seed=st.integers(0, 1000),
    tilt=st.sampled_from([0.0, -20.0, 7.0]),
    gap=st.sampled_from([None, 0, 4, 11]),
)
def test_any_orientation_tilt_and_order(
    tmp_path_factory: pytest.TempPathFactory,
    angles: tuple[float, float, float],
    step: float,
    seed: int,
    tilt: float,
    gap: int | None,
) -> None:
    orientation = oblique(angles)
    x, y = np.array(orientation[:3]), np.array(orientation[3:])
    normal = np.cross(x, y)
    direction = normal * np.cos(np.radians(tilt)) + y * np.sin(np.radians(tilt))
    depths = np.arange(12) * step if gap is None else np.delete(np.arange(12) * step, gap)
    slices = stack(depths, orientation=orientation, direction=direction, rows=40, columns=16)
    order = np.random.default_rng(seed).permutation(len(slices))
    folder = tmp_path_factory.mktemp("any")
    write_slices(folder, [slices[i] for i in order])
    volume = read(folder)
    # Interpolating rounded values cannot leave their range; the interpolation of a plane is exact.
    assert_ramp(volume, 2 * ROUNDING, needed=0.3)
    first = volume.to_lps([[0, 0, 0], [0, 0, volume.shape_ijk[2] - 1]])
    assert np.linalg.norm(first[1] - first[0]) == pytest.approx((depths[-1] - depths[0]) * np.cos(np.radians(tilt)))


def test_a_tilted_stack_loses_its_shear(tmp_path: Path) -> None:
    # A rod along z: in the sheared stack it wanders across the pictures, in the upright volume it does not move.
    angle = np.radians(18.5)
    orientation = (1, 0, 0, 0, np.cos(angle), -np.sin(angle))

    def rod(points: np.ndarray) -> np.ndarray:
        distance = np.hypot(points[..., 0] + 12.0, points[..., 1] + 10.0)
        return np.where(distance < 4.0, 1000.0, -1000.0)

    slices = stack(
        np.arange(20) * 2.0, orientation=orientation, direction=(0, 0, 1), rows=80, columns=32, spacing_xy=(0.5, 0.5)
    )
    for spec in slices:
        spec.values = rod
    write_slices(tmp_path, slices)
    volume = read(tmp_path)
    points = places(volume)[volume.array > 0]
    assert len(points) > 1000
    assert np.abs(np.hypot(points[:, 0] + 12.0, points[:, 1] + 10.0)).max() < 4.0 + 0.75
    # Reading the slices as if upright moves the rod by 12 mm from end to end.
    for low in range(36, 68, 4):
        part = points[(points[:, 2] >= low) & (points[:, 2] < low + 4)]
        assert part[:, :2].mean(axis=0) == pytest.approx([-12.0, -10.0], abs=0.5)


def test_uneven_steps_are_read_from_their_true_positions(tmp_path: Path) -> None:
    depths = np.concatenate([np.arange(14) * 4.0, 52.0 + 1.08 + np.arange(14) * 7.0])
    write_slices(tmp_path, stack(depths))
    volume = read(tmp_path)
    assert (volume.shape_ijk[2] - 1) * volume.spacing_mm[2] == pytest.approx(depths[-1])
    assert volume.spacing_mm[2] == pytest.approx(4.0, rel=0.02)
    assert_ramp(volume, 2 * ROUNDING)
    assert volume.source.facts["resampled"] is True


def test_slices_moved_sideways_one_by_one_are_put_where_they_are(tmp_path: Path) -> None:
    slices = stack(EVEN, rows=40, columns=40)
    rng = np.random.default_rng(3)
    for spec in slices[1:]:
        spec.position = spec.position + np.array([*rng.uniform(-3, 3, 2), 0.0])
    write_slices(tmp_path, slices)
    volume = read(tmp_path)
    assert "shifted-slices" in {finding.code for finding in volume.source.findings}
    assert_ramp(volume, 2 * ROUNDING, needed=0.5)


def test_each_slice_has_its_own_rescale(tmp_path: Path) -> None:
    slices = stack(EVEN)
    for number, spec in enumerate(slices):
        spec.slope, spec.intercept = 0.25 + 0.01 * number, 3.5 * number
    write_slices(tmp_path, slices)
    volume = read(tmp_path)
    assert volume.array.dtype == np.float32
    assert_ramp(volume, 0.25)


def test_values_beyond_16_bits_become_float(tmp_path: Path) -> None:
    slices = stack(EVEN, slope=100.0, intercept=0.0)
    for spec in slices:
        spec.values = lambda points: ramp(points) * 1000
    write_slices(tmp_path, slices)
    volume = read(tmp_path)
    assert volume.array.dtype == np.float32
    assert np.abs(volume.array - 1000 * ramp(places(volume))).max() <= 51


@pytest.mark.parametrize("shared", [True, False])
def test_enhanced_frames_are_read_with_their_own_place_and_scale(tmp_path: Path, shared: bool) -> None:
    slices = stack(EVEN, orientation=SAGITTAL)
    for number, spec in enumerate(slices):
        spec.intercept = -1024.0 + number
    order = np.random.default_rng(5).permutation(len(slices))
    enhanced([slices[i] for i in order], shared).save_as(tmp_path / "x", enforce_file_format=True)
    assert_ramp(read(tmp_path), ROUNDING)


@pytest.mark.parametrize(
    "syntax", [ImplicitVRLittleEndian, ExplicitVRBigEndian, DeflatedExplicitVRLittleEndian, RLELossless]
)
def test_transfer_syntaxes(tmp_path: Path, syntax: str) -> None:
    for number, spec in enumerate(stack(EVEN)):
        data = dataset(spec)
        if syntax == RLELossless:
            data.compress(RLELossless, generate_instance_uid=False)
        else:
            if syntax == ExplicitVRBigEndian:
                data["PixelData"].VR = "OW"
                data.PixelData = spec.stored().astype(">i2").tobytes()
            data.file_meta.TransferSyntaxUID = syntax
        data.save_as(tmp_path / str(number), enforce_file_format=True)
    assert_ramp(read(tmp_path), ROUNDING)


def test_big_endian_without_file_meta(tmp_path: Path) -> None:
    for number, spec in enumerate(stack(EVEN)):
        data = dataset(spec)
        data.PixelData = spec.stored().astype(">i2").tobytes()
        data["PixelData"].VR = "OW"
        del data.file_meta
        data.save_as(tmp_path / str(number), implicit_vr=False, little_endian=False)
    assert_ramp(read(tmp_path), ROUNDING)


def test_unsigned_twelve_bits_and_padding(tmp_path: Path) -> None:
    slices = stack(EVEN)
    for spec in slices:
        spec.extra = {"PixelPaddingValue": -2000}
        spec.values = lambda points: np.where(points[..., 0] < -17.9, -3024.0, ramp(points))
    write_slices(tmp_path, slices)
    volume = read(tmp_path)
    padded = places(volume)[..., 0] < -17.9
    assert padded.any()
    assert np.all(volume.array[padded] == -1024)
    assert volume.source.facts["padding_voxels_set_to_air"] == np.count_nonzero(padded)
    assert np.abs(volume.array - ramp(places(volume)))[~padded].max() <= ROUNDING


def test_signed_values_that_do_not_fill_their_word(tmp_path: Path) -> None:
    slices = stack(EVEN, intercept=0.0)
    for spec in slices:
        spec.values = lambda points: ramp(points) - 400.0
    for number, spec in enumerate(slices):
        data = dataset(spec)
        data.BitsStored, data.HighBit = 12, 11
        data.PixelData = (spec.stored() & 0x0FFF).astype(np.uint16).tobytes()
        data.save_as(tmp_path / str(number), enforce_file_format=True)
    volume = read(tmp_path)
    assert volume.array.min() < 0
    assert np.abs(volume.array - (ramp(places(volume)) - 400.0)).max() <= ROUNDING


def test_what_cannot_be_bridged_is_refused(tmp_path: Path) -> None:
    write_slices(tmp_path / "gaps", stack(np.delete(EVEN, [3, 7])))
    with pytest.raises(InputError, match="2 slices inside the stack"):
        read(tmp_path / "gaps")
    write_slices(tmp_path / "one", stack([0.0]))
    with pytest.raises(InputError, match="not a volume"):
        read(tmp_path / "one")


def test_a_slice_that_breaks_in_the_decoder_is_bridged_and_said(tmp_path: Path) -> None:
    for number, spec in enumerate(stack(EVEN)):
        data = dataset(spec)
        data.compress(RLELossless, generate_instance_uid=False)
        if number in (4,):
            data.PixelData = data.PixelData[:40] + b"\xff" * (len(data.PixelData) - 40)
        data.save_as(tmp_path / str(number), enforce_file_format=True)
    result = scan_folder(tmp_path)
    volume = read_series(result.series[0])
    said = {finding.code for finding in volume.source.findings}
    assert {"undecodable-slices"} & said or {"unreadable-slices"} & said
    assert volume.source.facts["slices_read"] == 11
    assert_ramp(volume, 2 * ROUNDING)


def test_no_identity_leaves_the_reader(tmp_path: Path) -> None:
    write_slices(tmp_path / PATIENT_NAME, stack(np.delete(EVEN, 5)))
    source = read(tmp_path).source
    text = repr(source) + json.dumps(dict(source.facts)) + json.dumps([f.to_dict() for f in source.findings])
    for secret in (PATIENT_NAME, PATIENT_ID, "19640812", str(tmp_path)):
        assert secret not in text
    assert source.kind == "dicom"
    assert source.modality == "CT"


def test_cancel_is_felt_while_reading(tmp_path: Path) -> None:
    write_slices(tmp_path, stack(EVEN))
    series = scan_folder(tmp_path).series[0]

    def stop(fraction: float, text: str) -> None:
        raise Cancelled("stop")

    with pytest.raises(Cancelled):
        read_series(series, stop)


def test_the_ramp_tells_a_wrong_place(tmp_path: Path) -> None:
    """The truth used above does fail on a mirrored volume: guard against a test that cannot fail."""
    write_slices(tmp_path, stack(EVEN))
    volume = read(tmp_path)
    mirrored = volume.array[:, :, ::-1].astype(np.float64)
    assert np.abs(mirrored - ramp(places(volume))).max() > 5
    assert isinstance(stack(EVEN)[0], SliceSpec)
