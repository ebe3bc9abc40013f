"""Which pins, how many, how large and where: chosen from the room that a seam offers."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ...progress import Progress, part, silent
from ..cut.assembly import Seam
from .by_hand import pins_by_hand
from .key import keyed
from .kinds import Pin
from .request import SECTION_SHARE, PinRequest, Size, needs_of, pin_at, sizes_for
from .room import CLOSE_LOOK, FIRST_LOOK, Around, Room, proven_spare, room_of, surely_narrow
from .spread import SPREAD_KEPT, spread_mm, spread_places

FEW_AREA_MM2 = 60.0
"""Sections below this area get one pin,"""
SOME_AREA_MM2 = 400.0
"""and those below this one two; larger ones get three, which hold a plane against tilting every way."""
APART_DIAMETERS = 2.5
"""Pins stand at least so many diameters apart, center to center; where they cannot, fewer are set."""
PROMISE_MM = 0.3
"""What the axis promises is worth this much less when the whole hole is proven: such places are tried first."""
NEAR_MISSES = 8
"""Best places that are measured exactly to tell how near it came where no pin fits."""


@dataclass(frozen=True)
class Placement:
    """Pins of one seam.

    Attributes
    ----------
    pins : tuple of Pin
        Empty where none fits.
    foot_below : bool
        Whether the part below carries the feet.
    spare_mm : tuple of float
        How much more room than needed there is round each pin, proven.
    notes : tuple of str
        Why there are fewer than wanted, how near it came, which way they still could be put together wrongly.
    """

    pins: tuple[Pin, ...]
    foot_below: bool = True
    spare_mm: tuple[float, ...] = ()
    notes: tuple[str, ...] = ()


def place_pins(seam: Seam, around: Around, asked: PinRequest, progress: Progress = silent) -> Placement:
    """Choose the pins of a seam, or check those that were placed by hand.

    A pin stands only where it, its hole and the least wall round both are free of every surface along their whole
    depth, in both parts, measured in space and not in the section alone. The largest size is taken that still leaves
    the pins far apart. Sets are made to fit one way only: by unequal distances, by unequal sizes, or by a D.

    Raises
    ------
    GeometryError
        A place given by hand has no room; the message says how much is missing and where there would be some.
    """
    wanted = asked.count if asked.count is not None else _count(seam.area_mm2)
    if wanted == 0:
        return Placement(())
    sizes = sizes_for(asked, 2.0 * float(np.sqrt(seam.area_mm2 / np.pi)))  # no circle in the section is wider
    every = [needs_of(pin_at(seam, asked, size, np.zeros(2)), asked.wall_mm) for size in sizes]
    best, room = Placement(()), None
    # A wide section shows its pins on a wide grid; only where that leaves something to wish for, a fine one is laid.
    for number, look in enumerate((FIRST_LOOK, CLOSE_LOOK)):
        share = part(progress, 0.5 * number, 0.5 + 0.5 * number)
        room = room_of(seam.outline, seam.plane, seam.kerf_mm, around, every, look, share)
        if asked.places_mm:
            return Placement(*_reordered(pins_by_hand(seam, around, asked, room, sizes)))
        best, content = _best(seam, around, asked, room, sizes, wanted)
        if content:
            break
    assert room is not None
    notes = list(best.notes)
    if not best.pins:
        notes.append(_near_miss(seam, around, room, asked, sizes[-1]))
    elif len(best.pins) < wanted:
        notes.append(
            f"Only {len(best.pins)} of {wanted} pins fit on this seam at least {APART_DIAMETERS:g} diameters apart."
        )
    return replace(best, notes=tuple(notes))


def _reordered(
    found: tuple[tuple[Pin, ...], tuple[float, ...], tuple[str, ...]],
) -> tuple[tuple[Pin, ...], bool, tuple[float, ...], tuple[str, ...]]:
    pins, spare, notes = found
    return pins, True, spare, notes


def _count(area_mm2: float) -> int:
    return 1 if area_mm2 < FEW_AREA_MM2 else 2 if area_mm2 < SOME_AREA_MM2 else 3


def _best(
    seam: Seam, around: Around, asked: PinRequest, room: Room, sizes: tuple[Size, ...], wanted: int
) -> tuple[Placement, bool]:
    """Choose with the foot below, or above where that holds more pins; tell whether a finer grid could do no better."""
    best = Placement(())
    for below in (True, False):
        found = _choose(seam, around, asked, room, sizes, wanted, foot_below=below)
        best = max(best, found, key=lambda placed: len(placed.pins))
        if len(best.pins) == wanted:
            break
    largest = max((pin.diameter_mm for pin in best.pins), default=0.0)
    return best, len(best.pins) == wanted and largest >= _usable(asked, room, sizes)[0].diameter_mm


def _usable(asked: PinRequest, room: Room, sizes: tuple[Size, ...]) -> tuple[Size, ...]:
    """Sizes that leave the section enough round them; what was asked for by the user is tried in any case."""
    if asked.diameter_mm is not None:
        return sizes
    circle = 2.0 * float(room.edge_mm.max(initial=0.0))
    return tuple(size for size in sizes if size.diameter_mm <= SECTION_SHARE * circle) or sizes[-1:]


def _choose(
    seam: Seam,
    around: Around,
    asked: PinRequest,
    room: Room,
    sizes: tuple[Size, ...],
    wanted: int,
    *,
    foot_below: bool,
) -> Placement:
    """Take the largest size whose pins stand nearly as far apart as the smallest ones could."""
    options: list[tuple[Size, list[int]]] = []
    for size in _usable(asked, room, sizes):
        needs = needs_of(pin_at(seam, asked, size, np.zeros(2)), asked.wall_mm, foot_below=foot_below)
        places = spread_places(room, room.spare(needs), wanted, APART_DIAMETERS * size.diameter_mm)
        if places:
            options.append((size, places))
    most = max((len(places) for _, places in options), default=0)
    widest = max((spread_mm(room.places[places]) for _, places in options if len(places) == most), default=0.0)
    good = [
        size for size, places in options
        if len(places) == most and spread_mm(room.places[places]) >= SPREAD_KEPT * widest
    ]  # fmt: skip
    fallback = Placement((), foot_below)
    # What the levels promised may not hold when it is proven: then another size, or fewer pins.
    for size in [*good, *(size for size, _ in options if size not in good)]:
        placed = _proven(seam, around, asked, room, size, most, foot_below=foot_below, sizes=sizes)
        if len(placed.pins) == most:
            return placed
        if len(placed.pins) > len(fallback.pins):
            fallback = placed
    return fallback


def _proven(
    seam: Seam,
    around: Around,
    asked: PinRequest,
    room: Room,
    size: Size,
    wanted: int,
    *,
    foot_below: bool,
    sizes: tuple[Size, ...],
) -> Placement:
    """Place pins of one size and prove each; a place that does not hold is struck, and the choice made anew."""
    needs = needs_of(pin_at(seam, asked, size, np.zeros(2)), asked.wall_mm, foot_below=foot_below)
    promised = room.spare(needs)
    spare, careful = promised - PROMISE_MM, True  # places that will surely hold first
    known: dict[int, float] = {}
    for _ in range(2 * len(spare)):
        places = spread_places(room, spare, wanted, APART_DIAMETERS * size.diameter_mm)
        if len(places) < wanted and careful:
            careful = False
            spare = promised.copy()
            spare[[place for place, proof in known.items() if proof < 0.0]] = -1.0
            continue
        if not places:
            break
        new = [k for k in places if k not in known]
        narrow = surely_narrow(room.places[new], seam.plane, seam.kerf_mm, around, needs) if new else ()
        for k, fails in zip(new, narrow, strict=True):
            place = room.places[k]
            known[k] = -np.inf if fails else proven_spare(place, seam.plane, seam.kerf_mm, around, needs)[0]
        proofs = [known[k] for k in places]
        failed = [k for k in places if known[k] < 0.0]
        if not failed:
            at = room.places[places]
            pins = tuple(pin_at(seam, asked, size, place, foot_below=foot_below) for place in at)
            pins, notes = keyed(seam, asked, pins, at, sizes, foot_below=foot_below)
            return Placement(pins, foot_below, tuple(proofs), notes)
        for k in failed:
            near = np.linalg.norm(room.places - room.places[k], axis=1) <= room.grid_mm
            spare[near] = np.minimum(spare[near], -1e-6)
    return Placement((), foot_below)


def _near_miss(seam: Seam, around: Around, room: Room, asked: PinRequest, smallest: Size) -> str:
    """Say how near it came where no pin fits."""
    pin = pin_at(seam, asked, smallest, np.zeros(2))
    needs = needs_of(pin, asked.wall_mm)
    order = np.argsort(-room.spare(needs), kind="stable")[:NEAR_MISSES]
    if not len(order):
        return "No pin fits: the section is too small to look for a place."
    exact = [proven_spare(room.places[k], seam.plane, seam.kerf_mm, around, needs) for k in order]
    missing, where = max(exact, key=lambda found: found[0])
    x, y, z = where.tolist()
    return (
        f"No pin fits on this seam: the smallest, {smallest.diameter_mm:g} mm with {asked.clearance.across_mm:g} mm of "
        f"play and {asked.wall_mm:g} mm of wall, lacks {max(-missing, 0.0):.2f} mm of radius near "
        f"({x:.1f}, {y:.1f}, {z:.1f}), where it comes nearest. Glue the parts, cut elsewhere, or thicken the wall."
    )
