"""Separate pieces: listed, measured, kept or dropped."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from PrintPrepLib.errors import GeometryError, InputError
from PrintPrepLib.segment.islands import Keep, islands
from PrintPrepLib.segment.segmentation import Segmentation
from PrintPrepLib.segment.threshold import threshold
from Testing.support.volumes import air, cranium, skull_phantom, volume_of


def three_pieces() -> Segmentation:
    """Blocks of 27, 8 and 1 voxels of 2 mm3 each; the second is 5 voxels off along i, the third 4 along k."""
    array = air((20, 20, 30))
    array[5:8, 5:8, 5:8] = 500
    array[5:7, 5:7, 12:14] = 500
    array[11, 7, 7] = 500
    return threshold(volume_of(array, (1.0, 1.0, 2.0)), lower=300)[0]


def test_list_before_dropping() -> None:
    seg, receipt = islands(three_pieces())
    assert seg.volume_ml == pytest.approx(0.054)
    pieces = receipt.details["pieces"]
    assert pieces["count"] == 3
    assert pieces["total_ml"] == pytest.approx(0.072)
    assert [row["volume_mm3"] for row in pieces["listed"]] == pytest.approx([54, 16, 2])
    assert [row["distance_to_main_mm"] for row in pieces["listed"]] == pytest.approx([0, 5, 8])
    assert [row["kept"] for row in pieces["listed"]] == [True, False, False]
    np.testing.assert_allclose(pieces["listed"][1]["center_mm"], (12.5, 5.5, 11.0))
    assert receipt.details["dropped_ml"] == pytest.approx(0.018)
    assert receipt.before is not None
    assert receipt.after is not None
    assert (receipt.before.parts, receipt.after.parts) == (3, 1)


@pytest.mark.parametrize(
    ("options", "voxels"),
    [
        ({"keep": Keep.ALL}, 36),
        ({"keep_count": 2}, 35),
        ({"min_volume_mm3": 16.0}, 35),
        ({"min_volume_mm3": 16.1}, 27),
        ({"seed_mm": (7.0, 7.0, 22.0)}, 1),
        ({"seed_mm": (7.0, 7.0, 26.0)}, 1),
        ({"keep": Keep.LARGEST, "min_volume_mm3": 1.0}, 27),
        ({"seeds_mm": (7.0, 7.0, 22.0)}, 1),
        ({"seeds_mm": (7.0, 7.0, 22.0, 6.0, 6.0, 12.0)}, 28),
        ({"seeds_mm": (7.0, 7.0, 22.0, 12.0, 5.0, 10.0), "min_volume_mm3": 16.0}, 8),
    ],
)
def test_rules(options: dict, voxels: int) -> None:
    assert islands(three_pieces(), **options)[0].mask.sum() == voxels


def test_rules_that_cannot_be_met() -> None:
    with pytest.raises(GeometryError, match="largest of 3 has 54 mm3"):
        islands(three_pieces(), min_volume_mm3=100)
    with pytest.raises(GeometryError, match="off the structure"):
        islands(three_pieces(), seed_mm=(500.0, 0.0, 0.0))
    with pytest.raises(InputError):
        islands(three_pieces(), keep=Keep.LARGEST, keep_count=2)
    for seeds in ((), (1.0, 2.0), (1.0, 2.0, 3.0, 4.0)):
        with pytest.raises(InputError, match="three numbers"):
            islands(three_pieces(), seeds_mm=seeds)
    with pytest.raises(GeometryError, match="off the structure"):
        islands(three_pieces(), seeds_mm=(6.0, 6.0, 12.0, 500.0, 0.0, 0.0))


def test_every_piece_is_meant_by_its_place_though_its_center_lies_outside() -> None:
    array = air((12, 40, 40))
    array[3:9, 5:35, 5:35] = 500
    array[3:9, 8:32, 8:32] = -1000  # a ring; its center is where the second piece lies
    array[5:7, 19:21, 19:21] = 500
    array[5:7, 19:21, 25:26] = 500
    seg = threshold(volume_of(array, (0.5, 0.5, 2.0)), lower=300)[0]
    listed = islands(seg, keep=Keep.ALL)[1].details["pieces"]["listed"]
    assert len(listed) == 3
    np.testing.assert_allclose(listed[0]["center_mm"], listed[1]["center_mm"], atol=1.0)
    for number, row in enumerate(listed):
        kept = islands(seg, seeds_mm=tuple(row["at_mm"]))[1].details["pieces"]["listed"]
        assert [one["kept"] for one in kept] == [other == number for other in range(3)]


def test_more_pieces_than_are_listed() -> None:
    array = air((30, 30, 30))
    array[::3, ::3, ::3] = 500
    array[10, 10, 10:13] = 500
    _, receipt = islands(threshold(volume_of(array), lower=300)[0])
    pieces = receipt.details["pieces"]
    assert (pieces["count"], len(pieces["listed"]), pieces["not_listed_count"]) == (1001, 100, 901)
    assert pieces["not_listed_ml"] == pytest.approx(0.901)


def test_voxels_that_share_an_edge_are_two_pieces() -> None:
    array = air((8, 8, 8))
    array[3, 3, 3] = array[3, 4, 4] = 500
    assert islands(threshold(volume_of(array), lower=300)[0])[1].details["pieces"]["count"] == 2


def test_dropping_leaves_the_field_of_the_rest_alone() -> None:
    rng = np.random.default_rng(3)
    array = rng.normal(0, 100, (24, 24, 24)).astype(np.int16)
    array[6:18, 6:18, 6:18] += 400
    whole = threshold(volume_of(array, modality="MR"), lower=100)[0]
    kept = islands(whole)[0]
    field = kept.field().array
    assert np.array_equal(field > 0, kept.mask)
    assert kept.grey is not None
    plain = kept.grey.array - 99.5
    for axis in range(3):
        a = np.moveaxis(kept.mask, axis, 0)
        crossing = a[1:] != a[:-1]
        f, g = np.moveaxis(field, axis, 0), np.moveaxis(plain, axis, 0)
        np.testing.assert_allclose(f[1:][crossing], g[1:][crossing], atol=1e-3)
        np.testing.assert_allclose(f[:-1][crossing], g[:-1][crossing], atol=1e-3)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(0.05, 0.6))
def test_sum_of_pieces_is_the_whole(seed: int, share: float) -> None:
    rng = np.random.default_rng(seed)
    array = np.where(rng.random((7, 8, 9)) < share, 500, -1000).astype(np.int16)
    if not (array > 0).any():
        return
    seg = threshold(volume_of(array, modality="MR"), lower=300)[0]
    kept, receipt = islands(seg)
    assert kept.volume_ml + receipt.details["dropped_ml"] == pytest.approx(seg.volume_ml)
    assert islands(kept)[1].details["pieces"]["count"] == 1
    assert receipt.details["pieces"]["total_ml"] == pytest.approx(seg.volume_ml)


def test_real_largest_pieces() -> None:
    seg, receipt = islands(threshold(cranium(), lower=226)[0])
    assert receipt.details["pieces"]["count"] == 126
    assert seg.volume_ml == pytest.approx(594.3, rel=0.001)
    seg, receipt = islands(threshold(skull_phantom(), lower=300)[0])
    assert seg.volume_ml == pytest.approx(391.2, rel=0.001)
    assert receipt.seconds < 10
