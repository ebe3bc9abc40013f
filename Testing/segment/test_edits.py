"""Closing, opening, filling and ready label maps: what is changed is measured and listed."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from PrintPrepLib.errors import Cancelled, GeometryError, InputError
from PrintPrepLib.segment.cavities import fill_cavities
from PrintPrepLib.segment.distance import within
from PrintPrepLib.segment.islands import islands
from PrintPrepLib.segment.morphology import close_gaps, open_bridges
from PrintPrepLib.segment.ready_labels import from_label_map
from PrintPrepLib.segment.segmentation import Segmentation
from PrintPrepLib.segment.threshold import threshold
from PrintPrepLib.volume import LabelMap, image_from_array
from Testing.support.volumes import air, brain, volume_of

SPACING = (0.5, 0.5, 2.0)


def block(shape: tuple[int, int, int] = (20, 40, 40)) -> np.ndarray:
    array = air(shape)
    array[4:-4, 8:-8, 8:-8] = 500
    return array


def seg_of(array: np.ndarray) -> Segmentation:
    return threshold(volume_of(array, SPACING, modality="MR"), lower=300)[0]


@pytest.mark.parametrize(("axis", "width"), [(0, 1), (1, 3), (2, 4)])
def test_gap_width_means_millimetres_along_every_axis(axis: int, width: int) -> None:
    array = block()
    cut = [slice(None)] * 3
    cut[axis] = slice(10, 10 + width)
    array[tuple(cut)] = -1000
    seg = seg_of(array)
    width_mm = width * (2.0, 0.5, 0.5)[axis]
    gap = (array < 0) & (block() > 0)
    core = ndimage.binary_erosion(np.pad(block() > 0, 0), np.ones((1, 9, 9))) & gap  # away from the open rim
    core[:6] = core[-6:] = False
    filled, _ = close_gaps(seg, gap_mm=width_mm)
    center = np.argwhere(core)
    assert len(center) > 20
    assert at_points(filled, seg_of(block()), center).all()
    if width_mm > 1.2:
        left, _ = close_gaps(seg, gap_mm=width_mm - 0.6)
        assert not at_points(left, seg_of(block()), center).all()


def at_points(seg: Segmentation, frame: Segmentation, index: np.ndarray) -> np.ndarray:
    """The mask at indices (k, j, i) of the whole array, whose block begins at (4, 8, 8)."""
    assert seg.labels.same_grid(frame.labels)
    return seg.mask[tuple((index - (2, 6, 6)).T)]


def test_closing_a_convex_block_adds_nothing_and_a_hole_is_listed() -> None:
    assert close_gaps(seg_of(block()), gap_mm=4.0)[1].details["added_ml"] == 0
    array = block()
    array[:, 20:22, 20:22] = -1000
    closed, receipt = close_gaps(seg_of(array), gap_mm=1.5)
    (place,) = receipt.details["added"]["listed"]
    assert place["volume_mm3"] == pytest.approx(2 * 2 * 12 * 0.5, rel=0.2)
    np.testing.assert_allclose(place["center_mm"], (10.25, 10.25, 19.0), atol=0.3)
    assert closed.edited is not None
    assert closed.edited.sum() == receipt.details["added_ml"] * 1000 / 0.5


def test_bridge_is_cut_and_pieces_come_apart() -> None:
    array = air((20, 40, 60))
    array[4:16, 8:32, 6:26] = 500
    array[4:16, 8:32, 34:54] = 500
    array[10, 20:22, 20:40] = 500
    opened, receipt = open_bridges(seg_of(array), width_mm=1.0)
    assert receipt.details["removed_ml"] * 1000 == pytest.approx(16 * 0.5, rel=0.1)
    assert receipt.details["removed"]["count"] == 1
    assert islands(opened)[1].details["pieces"]["count"] == 2
    field = opened.field().array
    assert np.array_equal(field > 0, opened.mask)
    assert np.abs(field).min() > 0


def test_field_is_the_image_away_from_edits() -> None:
    rng = np.random.default_rng(0)
    array = (ndimage.gaussian_filter(block().astype(float), 1.0) + rng.normal(0, 5, (20, 40, 40))).astype(np.int16)
    array[8:12, 19:21, :] = -1000
    seg = seg_of(array)
    closed, _ = close_gaps(seg, gap_mm=1.0)
    field, mask = closed.field().array, closed.mask
    assert np.array_equal(field > 0, mask)
    assert closed.edited is not None
    untouched = ~closed.edited
    assert closed.grey is not None
    np.testing.assert_allclose(field[untouched], (closed.grey.array - 299.5)[untouched], atol=1.0)


def test_widths_that_make_no_sense() -> None:
    with pytest.raises(InputError, match=r"finest voxel is 0\.5 mm"):
        close_gaps(seg_of(block()), gap_mm=0.3)
    with pytest.raises(GeometryError, match="smaller width"):
        open_bridges(seg_of(block()), width_mm=40.0)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from([0.5, 0.8, 1.3, 2.0]))
def test_distance_against_brute_force(seed: int, limit: float) -> None:
    rng = np.random.default_rng(seed)
    mask = rng.random((6, 7, 8)) < 0.02
    mask[rng.integers(6), rng.integers(7), rng.integers(8)] = True
    spacing = (1.1, 0.5, 0.37)
    points = np.argwhere(np.ones_like(mask))
    offset = np.abs(points[:, None] - np.argwhere(mask)[None])
    box = np.maximum(offset - 0.5, 0.0) * (offset > 0) * spacing
    expected = (np.linalg.norm(box, axis=2).min(axis=1) <= limit * (1 + 5e-5)).reshape(mask.shape)
    assert np.array_equal(within(mask, limit, spacing), expected)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_closing_adds_opening_removes_and_twice_is_once(seed: int) -> None:
    rng = np.random.default_rng(seed)
    array = np.where(ndimage.gaussian_filter(rng.random((10, 12, 14)), 1.0) > 0.5, 500, -1000).astype(np.int16)
    array[5, 6, 7] = 500
    seg = seg_of(array)
    closed, receipt = close_gaps(seg, gap_mm=1.0)
    assert closed.volume_ml == pytest.approx(seg.volume_ml + receipt.details["added_ml"])
    assert close_gaps(closed, gap_mm=1.0)[1].details["added_ml"] == 0


def test_cavities_are_listed_and_filled_up_to_a_size() -> None:
    array = block()
    array[6, 12, 12] = -1000
    array[8:11, 15:18, 15:18] = -1000
    array[:9, 25, 25] = -1000  # a bore that opens to the outside
    seg = seg_of(array)
    filled, receipt = fill_cavities(seg)
    assert [row["volume_mm3"] for row in receipt.details["cavities"]["listed"]] == pytest.approx([13.5, 0.5])
    assert filled.volume_ml == pytest.approx(seg.volume_ml + 0.014)
    filled, receipt = fill_cavities(seg, max_volume_mm3=1.0)
    assert receipt.details["filled_count"] == 1
    assert [row["filled"] for row in receipt.details["cavities"]["listed"]] == [False, True]
    assert np.array_equal(filled.field().array > 0, filled.mask)


def test_void_at_the_border_of_the_scan_is_outside() -> None:
    array = np.full((6, 6, 6), 500, np.int16)
    array[0, 2, 2] = -1000
    assert fill_cavities(seg_of(array))[1].details["cavities"]["count"] == 0


def test_voids_that_share_an_edge_are_one() -> None:
    array = block()
    array[8, 15, 15] = array[8, 16, 16] = -1000
    assert fill_cavities(seg_of(array))[1].details["cavities"]["count"] == 1


def labels_like(array: np.ndarray) -> LabelMap:
    volume = volume_of(array, SPACING)
    voxels = (array > 0).astype(np.uint8) * 2
    voxels[5, 10, 10] = 7
    return LabelMap(image_from_array(voxels, volume.image), names={2: "Bone", 3: "empty", 7: "Dot"})


def test_label_by_name_number_or_all() -> None:
    labels = labels_like(block())
    assert from_label_map(labels, label="dot")[0].volume_ml == pytest.approx(0.0005)
    assert from_label_map(labels, label="2")[0].mask.sum() == 12 * 24 * 24 - 1
    seg, receipt = from_label_map(labels, grey=volume_of(block(), SPACING))
    assert seg.mask.sum() == 12 * 24 * 24
    assert seg.grey is not None
    assert not seg.has_iso
    assert set(np.unique(seg.field().array)) == {-0.5, 0.5}
    assert receipt.after is not None


def test_label_map_on_another_grid_keeps_its_own() -> None:
    seg, receipt = from_label_map(labels_like(block()), grey=volume_of(block(), (0.6, 0.5, 2.0)))
    assert seg.grey is None
    assert "another grid" in receipt.notes[0]


def test_missing_and_empty_labels_name_what_there_is() -> None:
    labels = labels_like(block())
    with pytest.raises(InputError, match=r"no label 'liver'.*2 \(Bone\), 7 \(Dot\)"):
        from_label_map(labels, label="liver")
    with pytest.raises(GeometryError, match="holds no voxel"):
        from_label_map(labels, label="empty")
    empty = LabelMap(image_from_array(np.zeros((4, 4, 4), np.uint8), labels.image))
    with pytest.raises(GeometryError, match="empty altogether"):
        from_label_map(empty)


def test_edits_can_be_cancelled() -> None:
    def stop(fraction: float, text: str) -> None:
        if fraction > 0.3:
            raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        close_gaps(seg_of(block()), gap_mm=2.0, progress=stop)


def test_real_label_map() -> None:
    import SimpleITK as sitk

    from Testing.support.data import data_path

    labels = LabelMap(sitk.ReadImage(str(data_path("ct/mr_brain_colin27_1mm_aal_labels.nii.gz"))))
    seg, _ = from_label_map(labels, grey=brain())
    assert seg.grey is not None
    assert seg.volume_ml == pytest.approx(labels.volume_ml())
