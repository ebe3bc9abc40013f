"""Thresholds, presets, and the box of the structure."""

from __future__ import annotations

import tomllib

import numpy as np
import pytest

from PrintPrepLib.errors import Cancelled, GeometryError, InputError
from PrintPrepLib.segment import presets
from PrintPrepLib.segment.otsu import otsu_bounds
from PrintPrepLib.segment.presets import Method, Tissue, preset_of
from PrintPrepLib.segment.threshold import threshold
from Testing.support.volumes import air, brain, cranium, skull_phantom, volume_of


def test_bounds_are_inclusive_and_counted_by_hand() -> None:
    array = air((6, 7, 8))
    array[2, 3, 4:7] = (299, 300, 301)
    seg, receipt = threshold(volume_of(array, (0.5, 1.0, 2.0)), lower=300)
    assert receipt.after is not None
    assert receipt.after.volume_mm3 == pytest.approx(2.0)
    seg, _ = threshold(volume_of(array, (0.5, 1.0, 2.0)), lower=299, upper=300)
    assert seg.volume_ml == pytest.approx(0.002)


def test_box_keeps_two_voxels_and_the_place() -> None:
    array = air((20, 20, 20))
    array[10, 11, 12] = 500
    array[10, 11, 13] = 600
    direction = (-1, 0, 0, 0, 0, 1, 0, 1, 0)
    volume = volume_of(array, (0.5, 1.0, 2.0), (7.0, -3.0, 11.0), direction)
    seg, _ = threshold(volume, lower=300)
    assert seg.labels.shape_ijk == (6, 5, 5)
    place = seg.labels.to_lps(np.argwhere(seg.mask)[:, ::-1])
    np.testing.assert_allclose(place, volume.to_lps([(12, 11, 10), (13, 11, 10)]))
    assert seg.grey is not None
    assert seg.grey.same_grid(seg.labels)
    assert seg.clipped == ()


@pytest.mark.parametrize(
    ("axis", "index", "name"),
    [
        (0, 0, "the bottom (inferior) end"),
        (0, -1, "the top (superior) end"),
        (1, 0, "the front (anterior) side"),
        (1, -1, "the back (posterior) side"),
        (2, 0, "the patient's right side"),
        (2, -1, "the patient's left side"),
    ],
)
def test_clipped_face_is_named_and_measured(axis: int, index: int, name: str) -> None:
    array = air((20, 20, 20))
    array[8:11, 8:12, 8:13] = 500
    edge = [slice(8, 11), slice(8, 12), slice(8, 13)]
    edge[axis] = slice(0, 9) if index == 0 else slice(8, 20)
    array[tuple(edge)] = 500
    volume = volume_of(array, (0.5, 1.0, 2.0))
    seg, receipt = threshold(volume, lower=300)
    (face,) = seg.clipped
    size = {0: 4 * 5 * 0.5 * 1.0, 1: 3 * 5 * 0.5 * 2.0, 2: 3 * 4 * 1.0 * 2.0}[axis]
    assert (face.name, face.area_mm2) == (name, pytest.approx(size))
    assert name in receipt.warnings[0]
    back = volume_of(array[::-1, ::-1, ::-1].copy(), (0.5, 1.0, 2.0), (9.5, 19.0, 38.0), (-1, 0, 0, 0, -1, 0, 0, 0, -1))
    (face,) = threshold(back, lower=300)[0].clipped
    assert face.name == name
    np.testing.assert_allclose(face.center_mm, seg.clipped[0].center_mm)


def test_nothing_found_tells_the_range() -> None:
    array = air((5, 5, 5))
    array[2, 2, 2] = 250
    with pytest.raises(GeometryError, match="holds -1000 to 250 HU"):
        threshold(volume_of(array), lower=300)


def test_no_bound_and_wrong_order_are_refused() -> None:
    with pytest.raises(InputError, match="Say what to look for"):
        threshold(volume_of(air((5, 5, 5))))
    with pytest.raises(InputError, match="exchange"):
        threshold(volume_of(air((5, 5, 5))), lower=5, upper=4)


@pytest.mark.parametrize("tissue", [t for t in Tissue if preset_of(t).method is Method.HOUNSFIELD])
def test_hu_preset_is_refused_where_values_are_not_hu(tissue: Tissue) -> None:
    ramp = np.arange(8 * 9 * 10).reshape(8, 9, 10)
    for volume in (
        volume_of((ramp % 256).astype(np.uint8)),
        volume_of((ramp * 3).astype(np.int16)),
        volume_of((ramp * 6 - 1000).astype(np.int16), modality="MR"),
        volume_of((ramp * 2 - 500).astype(np.int16), modality=""),
        volume_of((ramp / 100.0 - 3).astype(np.float32), modality=""),
    ):
        with pytest.raises(InputError, match="mr-outer"):
            threshold(volume, preset=tissue)


def test_bone_preset_keeps_what_is_brighter_than_the_scale() -> None:
    array = air((9, 9, 9))
    array[3:6, 3:6, 3:6] = 1000
    array[4, 4, 4] = 8000
    seg, receipt = threshold(volume_of(array), preset=Tissue.BONE)
    assert seg.volume_ml == pytest.approx(0.027)
    assert seg.upper is None
    assert "12-bit" in receipt.notes[0]
    assert (seg.field().array > 0).sum() == 27


def test_own_bound_replaces_that_of_the_preset() -> None:
    array = air((9, 9, 9))
    array[4, 4, 4] = 300
    with pytest.raises(GeometryError):
        threshold(volume_of(array), preset=Tissue.BONE, lower=301)


def test_every_preset_has_figures_and_a_source() -> None:
    rows = tomllib.loads(presets.files("PrintPrepLib.segment").joinpath("presets.toml").read_text("utf-8"))
    assert set(rows) == {tissue.value for tissue in Tissue}
    for tissue in Tissue:
        preset = preset_of(tissue)
        assert len(preset.source) > 20
        assert preset.help
        assert preset.method is Method.OTSU or preset.lower is not None


def test_otsu_finds_the_valleys() -> None:
    rng = np.random.default_rng(1)
    dark, middle, bright = (rng.normal(center, 5, 20000) for center in (0, 100, 200))
    (bound,) = otsu_bounds(np.concatenate([dark, middle]), 2)
    assert 30 < bound < 70
    low, high = otsu_bounds(np.concatenate([dark, middle, bright]), 3)
    assert 30 < low < 70
    assert 130 < high < 170
    with pytest.raises(GeometryError, match="nothing to tell apart"):
        otsu_bounds(np.full(10, 3.0), 2)


def test_cancel_leaves_at_the_next_report() -> None:
    def stop(fraction: float, text: str) -> None:
        raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        threshold(volume_of(air((5, 5, 5))), lower=-2000, progress=stop)


def test_real_cranium_and_phantom_volumes() -> None:
    seg, _ = threshold(cranium(), preset=Tissue.BONE)
    assert seg.volume_ml == pytest.approx(653.6, rel=0.001)
    assert "the bottom (inferior) end" in [face.name for face in seg.clipped]
    seg, receipt = threshold(skull_phantom(), lower=300)
    assert seg.volume_ml == pytest.approx(511.4, rel=0.001)
    assert receipt.seconds < 5


def test_real_brain_by_otsu() -> None:
    with pytest.raises(InputError, match="8 bits"):
        threshold(brain(), preset=Tissue.BONE)
    seg, _ = threshold(brain(), preset=Tissue.MR_OUTER)
    assert 1200 < seg.volume_ml < 2000
