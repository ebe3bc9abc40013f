"""Pins across the nearest facing areas of two bodies: one axis for all, places where the whole pin and its wall fit."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from ...errors import GeometryError
from ...mesh import FloatArray, Mesh
from ...progress import Progress, silent
from ...receipt import plain
from ..cut.plane import CutPlane
from ..pins.kinds import Pin, PinType
from ..pins.request import PinRequest, Size, sizes_for
from .facing_area import FacingArea, facing_area
from .far_apart import far_apart, least_distance
from .near import Point, in_words, nearest_points, place
from .seats import Seat, Seats, bare_seam, key_seats, pin_on

MAX_GAP_MM = 15.0
"""Faces farther apart are not joined unless asked for. No guide states a figure: this bridges a joint or a disc, and
the usual pins stay shorter than a few diameters."""

FEW_AREA_MM2, SOME_AREA_MM2 = 60.0, 400.0
"""Facing areas below the first get one pin, below the second two, larger ones three, as the seams of a cut."""
APART_DIAMETERS = 2.5
"""Pins stand at least so many diameters apart, center to center; where they cannot, fewer are set."""
SPREAD_KEPT = 0.7
"""A larger size is worth it where its pins still stand at least this share as far apart as smaller ones could."""
SURE_STEPS = 0.75
"""A place that has room for an envelope wider by this share of the grid is proven there, too: half a diagonal."""
MOST_PROOFS = 12
"""Sets of places that are tried for one size."""


@dataclass(frozen=True)
class FacingPin:
    """A pin with where it enters both bodies.

    Attributes
    ----------
    pin : Pin
    on_first, on_second : (3,)
        Where its axis meets the surfaces, LPS.
    gap_mm : float
        Between these.
    spare_mm : float
        How much deeper than needed both bodies are round it, proven with rays.
    foot_drop_mm, other_drop_mm : float
        How far the surface rises above the level from which the foot and the hole count, within their envelope.
    """

    pin: Pin
    on_first: Point
    on_second: Point
    gap_mm: float
    spare_mm: float
    foot_drop_mm: float
    other_drop_mm: float

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        values = {key: value for key, value in asdict(self).items() if key != "pin"}
        out: dict[str, Any] = plain(self.pin.to_dict() | values)
        return out


@dataclass(frozen=True, eq=False)
class FacingPlan:
    """Where two bodies face each other, and the pins that join them there.

    ``plane`` lies in the gap, its normal is the common axis, from the first body to the second. ``foot_first`` tells
    whether the first body carries the feet.
    """

    plane: CutPlane
    area_mm2: float
    gap_min_mm: float
    gap_median_mm: float
    pins: tuple[FacingPin, ...]
    foot_first: bool
    notes: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {
            "axis": list(self.plane.normal),
            "point_mm": list(self.plane.point_mm),
            "area_mm2": self.area_mm2,
            "gap_min_mm": self.gap_min_mm,
            "gap_median_mm": self.gap_median_mm,
            "foot_in": "first" if self.foot_first else "second",
            "pins": [item.to_dict() for item in self.pins],
            "notes": list(self.notes),
        }


def facing_places(
    first: Mesh,
    second: Mesh,
    asked: PinRequest,
    *,
    max_gap_mm: float = MAX_GAP_MM,
    progress: Progress = silent,
) -> list[FacingPlan]:
    """Choose pins between two bodies that are separate, for each axis that may do; the best plan comes first.

    All pins of a plan stand along one axis, so that the parts go together along it. A place is taken where columns
    parallel to the axis, close together over the whole envelope (hole and wall), enter both bodies once and stay in
    them along the whole depth, counted from the deepest entry, and meet nothing else in the gap. The largest size is
    taken that still leaves the pins far apart.

    Parameters
    ----------
    first, second : Mesh
        Closed, outward, not overlapping.
    asked : PinRequest
        What the pins are to be; ``places_mm`` are checked like chosen ones.
    max_gap_mm : float
        Widest gap that is bridged.
    progress : Progress
        May cancel.

    Returns
    -------
    list of FacingPlan
        Most pins first; the pins of a plan are empty where none fits, and its notes say how near it came.

    Raises
    ------
    GeometryError
        The bodies do not face each other, or a place given by hand has no room.
    """
    area = facing_area(first, second, max_gap_mm)
    if area is None:
        nearest = nearest_points(first, second)
        raise GeometryError(
            f"'{first.name}' and '{second.name}' have no faces that look at each other across less than {max_gap_mm:g} "
            f"mm. They come nearest at {in_words(nearest.on_first)}, {nearest.distance_mm:.3g} mm apart: "
            "move them, or allow a wider gap."
        )
    plans = []
    axes = area.axes()
    for number, axis in enumerate(axes):
        progress(number / len(axes), "Looking for places for pins")
        plans.append(_plan(first, second, area, axis, asked, max_gap_mm))
    progress(1.0, "Looking for places for pins")
    return sorted(plans, key=lambda plan: -len(plan.pins))


def _plan(
    first: Mesh, second: Mesh, area: FacingArea, axis: FloatArray, asked: PinRequest, max_gap: float
) -> FacingPlan:
    middle = 0.5 * (area.on_first + area.on_second)
    plane = CutPlane(place(middle.mean(axis=0)), place(axis))
    wanted = asked.count if asked.count is not None else _count(area.area_mm2)
    sizes = sizes_for(asked, 2.0 * float(np.sqrt(area.area_mm2 / np.pi)))
    seats = Seats(first, second, plane, area, max_gap, _least_radius(asked, plane, sizes))
    feet = (True, False) if asked.kind is PinType.PLUG else (True,)
    options = {foot: _choose(seats, asked, sizes, wanted, foot_first=foot) for foot in feet}
    foot_first = max(feet, key=lambda foot: len(options[foot]))
    chosen = options[foot_first]
    notes = []
    pins: tuple[FacingPin, ...] = ()
    if chosen:
        pins, told = _keyed(seats, asked, chosen, sizes, foot_first=foot_first)
        notes += told
        if len(chosen) < wanted:
            notes.append(
                f"Only {len(chosen)} of {wanted} pins fit at least {APART_DIAMETERS:g} diameters apart. "
                + seats.near_miss(asked, sizes[-1], first.name, second.name, other_than=chosen)
            )
    elif wanted:
        notes.append(seats.near_miss(asked, sizes[-1], first.name, second.name))
    return FacingPlan(
        plane, area.area_mm2, float(area.gap_mm.min()), float(np.median(area.gap_mm)), pins, foot_first, tuple(notes)
    )


def _choose(seats: Seats, asked: PinRequest, sizes: tuple[Size, ...], wanted: int, *, foot_first: bool) -> list[Seat]:
    """Seats of the largest size that stand nearly as far apart as the smallest ones could."""
    if asked.places_mm:
        return seats.by_hand(asked, sizes, foot_first=foot_first)
    options: list[tuple[Size, list[Seat], float]] = []
    for size in sizes if wanted else ():
        found = _spread(seats, asked, size, wanted, foot_first=foot_first)
        if found:
            options.append((size, found, least_distance(np.array([seat.at for seat in found]))))
    most = max((len(found) for _, found, _ in options), default=0)
    widest = max((spread for _, found, spread in options if len(found) == most), default=0.0)
    good = [found for _, found, spread in options if len(found) == most and spread >= SPREAD_KEPT * widest]
    return good[0] if good else []


def _spread(seats: Seats, asked: PinRequest, size: Size, wanted: int, *, foot_first: bool) -> list[Seat]:
    """Proven seats of one size, far apart; those that the grid alone promised are tried where it is sure of none."""
    apart = APART_DIAMETERS * size.diameter_mm
    best: list[Seat] = []
    for wider in (SURE_STEPS * seats.grid, 0.0):
        spare = seats.spare(asked, size, foot_first=foot_first, wider_mm=wider)
        for _ in range(MOST_PROOFS):
            rows = far_apart(seats.places, spare, wanted, apart)
            proven = [seats.proven(asked, size, seats.places[row], foot_first=foot_first) for row in rows]
            good = [seat for seat in proven if seat.spare_mm >= 0.0]
            if len(good) > len(best):
                best = good
            if len(good) == len(rows):
                break
            for row, seat in zip(rows, proven, strict=True):
                if seat.spare_mm < 0.0:
                    near = np.linalg.norm(seats.places - seats.places[row], axis=1) <= seats.grid
                    spare[near] = np.minimum(spare[near], -1e-6)
        if len(best) == wanted:
            break
    return best


def _keyed(
    seats: Seats, asked: PinRequest, chosen: list[Seat], sizes: tuple[Size, ...], *, foot_first: bool
) -> tuple[tuple[FacingPin, ...], list[str]]:
    """Pins at the seats, made to fit one way only where that is possible; each proven again as it became."""
    pins, told = key_seats(seats, asked, chosen, sizes, foot_first=foot_first)
    out = []
    for pin, seat in zip(pins, chosen, strict=True):
        again = seats.proven(
            replace(asked, shape=pin.shape), Size(pin.diameter_mm, pin.length_mm), seat.at, foot_first=foot_first
        )
        kept = again if again.spare_mm >= 0.0 else seat
        levels = seats.plane.to_world(np.array([[*kept.at, kept.top_mm], [*kept.at, kept.entry_mm]]))
        foot_drop, other_drop = (
            (kept.first_drop_mm, kept.second_drop_mm) if foot_first else (kept.second_drop_mm, kept.first_drop_mm)
        )
        out.append(
            FacingPin(
                pin_on(seats.plane, pin, kept, foot_first=foot_first),
                place(levels[0]),
                place(levels[1]),
                kept.entry_mm - kept.top_mm,
                kept.spare_mm,
                foot_drop,
                other_drop,
            )
        )
    return tuple(out), list(told)


def _least_radius(asked: PinRequest, plane: CutPlane, sizes: tuple[Size, ...]) -> float:
    from ..pins.envelope import envelope
    from ..pins.request import pin_at

    need = envelope(pin_at(bare_seam(plane), asked, sizes[-1], np.zeros(2)), asked.wall_mm)
    return min(need.foot_radius_mm, need.other_radius_mm)


def _count(area_mm2: float) -> int:
    return 1 if area_mm2 < FEW_AREA_MM2 else 2 if area_mm2 < SOME_AREA_MM2 else 3
