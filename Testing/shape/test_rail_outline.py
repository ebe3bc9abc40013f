"""Places of rails in outlines whose longest rail is known."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from PrintPrepLib.errors import InputError
from PrintPrepLib.shape.pins.kinds import PinType
from PrintPrepLib.shape.pins.rail_outline import rail_in_outline


def rectangle(width: float, height: float, degrees: float = 0.0, at: tuple[float, float] = (0.0, 0.0)):  # type: ignore[no-untyped-def]
    c, s = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    corners = 0.5 * np.array([[-width, -height], [width, -height], [width, height], [-width, height]])
    return corners @ np.array([[c, s], [-s, c]]) + at


def circle(radius: float, at: tuple[float, float] = (0.0, 0.0), count: int = 256):  # type: ignore[no-untyped-def]
    angle = 2.0 * np.pi * np.arange(count) / count
    return radius * np.stack([np.cos(angle), np.sin(angle)], axis=1) + at


def edge_distance(outline: list[npt.NDArray[np.float64]], points: npt.NDArray[np.float64]) -> float:
    """Distance of points from an outline, by plain sampling of neither: segment by segment."""
    nearest = np.inf
    for ring in outline:
        for a, b in zip(ring, np.roll(ring, -1, axis=0), strict=True):
            share = np.clip(((points - a) @ (b - a)) / ((b - a) @ (b - a)), 0.0, 1.0)
            nearest = min(nearest, float(np.linalg.norm(points - a - share[:, None] * (b - a), axis=1).min()))
    return nearest


@pytest.mark.parametrize("degrees", [0.0, 17.0, 90.0, 141.5])
def test_longest_tongue_of_a_rectangle(degrees: float) -> None:
    found = rail_in_outline([rectangle(60.0, 10.0, degrees, (5.0, -8.0))], 4.0)
    assert found.place is not None
    # The room is 52 x 2 mm; its diagonal is the longest line.
    assert math.hypot(52.0, 2.0) - 0.3 < found.place.length_mm <= math.hypot(52.0, 2.0)
    assert 4.0 <= found.place.room_mm < 4.01
    assert math.isclose(found.widest_mm, 5.0, abs_tol=0.01)


def test_a_dovetail_runs_out_of_a_rectangle() -> None:
    found = rail_in_outline([rectangle(60.0, 10.0)], 4.0, kind=PinType.DOVETAIL)
    assert found.place is not None
    # One end keeps 4 mm, the other lies at the edge; the room is 2 mm wide, so the rail may lean a little.
    assert 55.9 < found.place.length_mm < 56.3
    assert math.isclose(abs(found.place.end_mm[0]), 30.0, abs_tol=0.5)
    assert found.place.run_out_mm < 0.5


def test_a_ring_leaves_room_beside_its_hole_only() -> None:
    outline = [circle(15.0), circle(7.0)[::-1]]
    tongue = rail_in_outline(outline, 3.0)
    assert tongue.place is not None
    # Middle lines run between circles of 10 and 12 mm: the longest chord is 2 sqrt(12^2 - 10^2) = 13.27 mm.
    assert 13.0 < tongue.place.length_mm <= 13.27
    both = np.array([tongue.place.start_mm, tongue.place.end_mm])
    assert edge_distance(outline, np.linspace(both[0], both[1], 200)) >= 3.0 - 1e-9
    slot = rail_in_outline(outline, 3.0, kind=PinType.DOVETAIL)
    assert slot.place is not None
    start, end = np.array(slot.place.start_mm), np.array(slot.place.end_mm)
    along = (end - start) / slot.place.length_mm
    side = np.array([-along[1], along[0]])
    # Nothing of the hole lies in the groove's way, from the start until the outline is left.
    way = start + np.linspace(0.0, slot.place.length_mm + slot.place.run_out_mm, 200)[:, None] * along
    for shift in (-2.99, 0.0, 2.99):
        assert np.linalg.norm(way + shift * side, axis=1).min() > 7.0
    out = end + (slot.place.run_out_mm + 1e-6) * along
    assert all(np.linalg.norm(out + shift * side) > 15.0 - 1e-3 for shift in (-3.0, 0.0, 3.0))


def test_a_groove_never_crosses_a_second_piece() -> None:
    # A bar whose right end looks at another piece: the groove must leave by the left end.
    outline = [rectangle(60.0, 10.0), rectangle(10.0, 40.0, at=(45.0, 0.0))]
    found = rail_in_outline(outline, 4.5, kind=PinType.DOVETAIL)
    assert found.place is not None
    assert found.place.end_mm[0] < -29.0
    # With pieces at both ends no groove leaves the long way; what is left is too short.
    outline.append(rectangle(10.0, 40.0, at=(-45.0, 0.0)))
    none = rail_in_outline(outline, 4.5, kind=PinType.DOVETAIL, shortest_mm=40.0)
    assert none.place is None
    assert "No rail fits" in none.reason


def test_a_groove_never_leaves_through_a_small_hole() -> None:
    outline = [rectangle(60.0, 10.0), rectangle(10.0, 40.0, at=(-45.0, 0.0))]
    right = rail_in_outline(outline, 4.5, kind=PinType.DOVETAIL, shortest_mm=40.0)
    assert right.place is not None
    assert right.place.end_mm[0] > 29.0
    outline.append(circle(0.5, (27.0, 0.0), 24)[::-1])
    assert rail_in_outline(outline, 4.5, kind=PinType.DOVETAIL, shortest_mm=40.0).place is None


def test_where_none_fits_it_says_how_near_it_came() -> None:
    found = rail_in_outline([rectangle(60.0, 6.0, 30.0, (10.0, 0.0))], 3.5)
    assert found.place is None
    assert math.isclose(found.widest_mm, 3.0, abs_tol=0.01)
    assert "3.50 mm" in found.reason
    assert "3.00 mm" in found.reason
    assert edge_distance([rectangle(60.0, 6.0, 30.0, (10.0, 0.0))], np.array([found.widest_at_mm])) > 2.9
    short = rail_in_outline([rectangle(20.0, 10.0)], 4.0, shortest_mm=15.0)
    assert short.place is None
    assert "the longest has 12." in short.reason
    with pytest.raises(InputError, match="empty"):
        rail_in_outline([np.empty((0, 2))], 3.0)
    with pytest.raises(InputError, match="not a rail"):
        rail_in_outline([rectangle(20.0, 10.0)], 3.0, kind=PinType.PLUG)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**20), half=st.floats(1.0, 4.0), kind=st.sampled_from([PinType.TONGUE, PinType.DOVETAIL]))
def test_any_place_keeps_its_distance(seed: int, half: float, kind: PinType) -> None:
    rng = np.random.default_rng(seed)
    angle = np.linspace(0.0, 2.0 * np.pi, 72, endpoint=False)
    radius = 14.0 + sum(rng.normal(0.0, 1.5) * np.cos(k * angle + rng.uniform(0.0, 6.0)) for k in range(1, 5))
    stretched = np.maximum(radius, 3.0)[:, None] * np.stack([1.8 * np.cos(angle), np.sin(angle)], axis=1)
    outline = [stretched, circle(1.5, (3.0, 1.0), 24)]
    found = rail_in_outline(outline, half, kind=kind, spacing_mm=2.0)
    if found.place is None:
        assert found.reason
        return
    start, end = np.array(found.place.start_mm), np.array(found.place.end_mm)
    share = 1.0 if kind is PinType.TONGUE else max(0.0, 1.0 - half / found.place.length_mm)
    middle = start + np.linspace(0.0, share, 300)[:, None] * (end - start)
    assert edge_distance(outline, middle) >= half * (1.0 - 1e-6)
