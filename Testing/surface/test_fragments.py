"""Pieces: what belongs to what, which stay, and that all are listed before anything is dropped."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from PrintPrepLib.errors import GeometryError, InputError
from PrintPrepLib.mesh import Mesh, concatenate
from PrintPrepLib.surface.fragments import LISTED_FRAGMENTS, Keep, fragments, list_fragments
from Testing.support import shapes


def _three_boxes() -> Mesh:
    """Boxes of 1, 1000 and 8 mm3; the small one lies 4.5 mm, the middle one 14 mm beside the large one."""
    return concatenate(
        [
            shapes.box((1, 1, 1), (10.0, 5.0, 5.0)),
            shapes.box((10, 10, 10)),
            shapes.box((2, 2, 2), (-20.0, 0.0, 0.0)),
        ]
    )


def _nest() -> Mesh:
    """A ball of 10 with a cavity of 8, in it an island of 5 with a cavity of 3; and a solid ball of 4 outside."""
    return concatenate(
        [
            shapes.sphere(3.0, subdivisions=3).flipped(),
            shapes.sphere(4.0, (30.0, 0, 0), 3),
            shapes.sphere(5.0, subdivisions=3),
            shapes.sphere(8.0, subdivisions=3).flipped(),
            shapes.sphere(10.0, subdivisions=3),
        ]
    )


def test_list_is_largest_first_with_volume_size_place_and_distance() -> None:
    found = list_fragments(_three_boxes())
    assert [f.number for f in found.fragments] == [1, 2, 3]
    assert [f.volume_mm3 for f in found.fragments] == pytest.approx([1000.0, 8.0, 1.0])
    assert [f.triangles for f in found.fragments] == [12, 12, 12]
    assert found.fragments[1].size_mm == pytest.approx((2.0, 2.0, 2.0))
    assert found.fragments[1].center_mm == pytest.approx((-20.0, 0.0, 0.0))
    # Vertex to vertex: (9.5, 4.5, 4.5) to (5, 5, 5), and (-19, 1, 1) to (-5, 5, 5).
    assert [f.distance_mm for f in found.fragments] == pytest.approx(
        [0.0, np.sqrt(14**2 + 4**2 + 4**2), np.sqrt(4.5**2 + 0.5**2 + 0.5**2)]
    )
    assert np.bincount(found.of_face).tolist() == [12, 12, 12]
    assert (found.of_face[12:24] == 0).all()


def test_cavities_belong_to_the_smallest_solid_around_them() -> None:
    found = list_fragments(_nest())
    unit = shapes.sphere(1.0, subdivisions=3).volume_mm3
    assert [f.volume_mm3 for f in found.fragments] == pytest.approx([(1000 - 512) * unit, (125 - 27) * unit, 64 * unit])
    assert [f.cavities for f in found.fragments] == [1, 1, 0]


def test_largest_keeps_its_cavity_and_loses_the_island_in_it() -> None:
    mesh, receipt = fragments(_nest())
    unit = shapes.sphere(1.0, subdivisions=3).volume_mm3
    assert mesh.volume_mm3 == pytest.approx((1000 - 512) * unit)
    assert receipt.after is not None
    assert receipt.after.parts == 2  # its outside and its cavity
    assert [f["kept"] for f in receipt.details["fragments"]] == [True, False, False]


@pytest.mark.parametrize(
    ("rule", "volume"),
    [
        ({}, 1000.0),
        ({"keep": Keep.LARGEST}, 1000.0),
        ({"keep": Keep.ALL}, 1009.0),
        ({"keep_count": 1}, 1000.0),
        ({"keep_count": 2}, 1008.0),
        ({"keep_count": 99}, 1009.0),
        ({"min_volume_mm3": 8.0 - 1e-9}, 1008.0),
        ({"min_volume_mm3": 8.1}, 1000.0),
        ({"min_volume_mm3": 0.0}, 1009.0),
        ({"point_mm": (9.0, 5.0, 5.0)}, 1.0),
        ({"point_mm": (-100.0, 0.0, 0.0)}, 8.0),
        ({"points_mm": (-100.0, 0.0, 0.0)}, 8.0),
        ({"points_mm": (-100.0, 0.0, 0.0, 9.0, 5.0, 5.0)}, 9.0),
    ],
)
def test_rules(rule: dict, volume: float) -> None:
    before = _three_boxes()
    mesh, receipt = fragments(before, **rule)
    assert mesh.volume_mm3 == pytest.approx(volume)
    assert len(receipt.details["fragments"]) == 3
    assert receipt.details["fragments_total"] == 3
    assert receipt.details["dropped_mm3"] == pytest.approx(1009.0 - volume)
    assert sum(f["volume_mm3"] for f in receipt.details["fragments"] if f["kept"]) == pytest.approx(volume)
    assert receipt.change is not None
    assert receipt.change.volume_percent == pytest.approx(100.0 * (volume / 1009.0 - 1.0))


def test_every_piece_is_meant_by_its_place_also_inside_another() -> None:
    for mesh in (_three_boxes(), _nest()):
        listed = fragments(mesh, keep=Keep.ALL)[1].details["fragments"]
        for number, one in enumerate(listed):
            kept = fragments(mesh, points_mm=tuple(one["at_mm"]))[1].details["fragments"]
            assert [row["kept"] for row in kept] == [other == number for other in range(len(listed))]
    with pytest.raises(InputError, match="three numbers"):
        fragments(_three_boxes(), points_mm=(1.0, 2.0))


def test_what_stays_is_untouched() -> None:
    before = _three_boxes()
    mesh, receipt = fragments(before)
    np.testing.assert_array_equal(mesh.vertices, before.vertices[8:16])
    assert receipt.change is not None
    assert receipt.change.mean_mm == 0.0
    assert receipt.change.max_at_mm == pytest.approx((-20.0, 0.0, 0.0))
    kept_all, _ = fragments(before, keep=Keep.ALL)
    np.testing.assert_array_equal(kept_all.vertices, before.vertices)


def test_long_lists_are_cut_but_counted() -> None:
    count = LISTED_FRAGMENTS + 20
    mesh = concatenate([shapes.box((1, 1, 1), (3.0 * n, 0.0, 0.0)) for n in range(count)])
    _, receipt = fragments(mesh)
    assert len(receipt.details["fragments"]) == LISTED_FRAGMENTS
    assert receipt.details["fragments_total"] == count
    assert receipt.details["dropped_mm3"] == pytest.approx(count - 1.0)


def test_nothing_left_is_an_error_that_names_the_largest() -> None:
    with pytest.raises(GeometryError, match="the largest has 1e\\+03 mm3"):
        fragments(_three_boxes(), min_volume_mm3=2000.0)


def test_two_rules_are_an_error() -> None:
    with pytest.raises(InputError, match="only one of"):
        fragments(_three_boxes(), keep_count=2, min_volume_mm3=1.0)


def test_empty_and_inside_out_are_errors() -> None:
    with pytest.raises(GeometryError, match="empty"):
        fragments(Mesh(np.empty((0, 3)), np.empty((0, 3))))
    with pytest.raises(GeometryError, match="inside out"):
        fragments(shapes.sphere().flipped())
    lost = concatenate([shapes.sphere(5.0), shapes.sphere(3.0, (50.0, 0, 0)).flipped()])
    with pytest.raises(GeometryError, match="lie in no other piece"):
        fragments(lost)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.floats(0.1, 2.0), min_size=1, max_size=6), st.integers(1, 6))
def test_count_rule_keeps_the_largest_ones(sizes: list[float], count: int) -> None:
    mesh = concatenate([shapes.box((s, s, s), (5.0 * n, 0.0, 0.0)) for n, s in enumerate(sizes)])
    kept, _ = fragments(mesh, keep_count=count)
    assert kept.volume_mm3 == pytest.approx(sum(sorted((s**3 for s in sizes), reverse=True)[:count]))
