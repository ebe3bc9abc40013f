"""Sets of pins that fit one way only: changed in shape or size where their places alone do not see to it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ...mesh import FloatArray
from ..cut.assembly import Seam
from .kinds import Pin, PinShape, PinType
from .oneway import wrong_seats
from .request import LENGTHS, OBLIQUE_DEG, PinRequest, Size, pin_at


def keyed(
    seam: Seam, asked: PinRequest, pins: tuple[Pin, ...], at: FloatArray, sizes: tuple[Size, ...], *, foot_below: bool
) -> tuple[tuple[Pin, ...], tuple[str, ...]]:
    """Return pins that fit one way only, as far as what was asked for leaves a choice, and what is to be told.

    Parameters
    ----------
    seam, asked, pins
        The set as it was placed.
    at : (k, 2) float64
        Its places in the plane's local coordinates.
    sizes : tuple of Size
        Sizes that may be taken instead; smaller ones fit wherever larger do.
    """
    for option in (pins, *_options(seam, asked, pins, at, sizes, foot_below=foot_below)):
        if not wrong_seats(option, seam.plane.axes):
            note = () if len(option) > 1 else ("A single pin does not tell a mirrored part from the right one.",)
            return option, note
    wrong = wrong_seats(pins, seam.plane.axes)
    return pins, (f"By these pins alone the parts also fit {wrong[0].words()}: mark them, or ask for D-shaped pins.",)


def _options(
    seam: Seam, asked: PinRequest, pins: tuple[Pin, ...], at: FloatArray, sizes: tuple[Size, ...], *, foot_below: bool
) -> Iterator[tuple[Pin, ...]]:
    """Offer sets at the same places with another shape or size of one pin."""
    lean = _lean(at) + OBLIQUE_DEG

    def same(pin: Pin, place: FloatArray, shape: PinShape) -> Pin:
        size = Size(pin.diameter_mm, pin.length_mm)
        return pin_at(seam, asked, size, place, foot_below=foot_below, shape=shape, turn_deg=lean)

    if asked.shape is None and asked.kind is not PinType.MAGNET:
        yield (same(pins[0], at[0], PinShape.D), *pins[1:])
    if asked.diameter_mm is not None:
        return
    for number in range(len(pins) - 1, -1, -1):
        pin = pins[number]
        below = [s for s in sizes if s.diameter_mm < pin.diameter_mm - 2.0 * asked.clearance.across_mm]
        if below:
            length = min(pin.length_mm, LENGTHS[0] * below[0].diameter_mm)
            length = below[0].length_mm if asked.kind is PinType.MAGNET else length
            thinner = pin_at(seam, asked, Size(below[0].diameter_mm, length), at[number], foot_below=foot_below)
            yield (*pins[:number], thinner, *pins[number + 1 :])


def _lean(at: FloatArray) -> float:
    """Direction in degrees of the line through the two pins that stand farthest apart; 0 for a single one."""
    if len(at) < 2:
        return 0.0
    between = np.linalg.norm(at[:, None] - at[None], axis=2)
    a, b = np.unravel_index(int(between.argmax()), between.shape)
    way = at[b] - at[a]
    return float(np.degrees(np.arctan2(way[1], way[0])))
