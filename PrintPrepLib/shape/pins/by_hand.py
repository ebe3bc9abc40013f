"""Pins at places given by hand, checked as strictly as those that the program chooses."""

from __future__ import annotations

import numpy as np

from ...errors import GeometryError
from ..cut.assembly import Seam
from .key import keyed
from .kinds import Pin
from .request import PinRequest, Size, needs_of, pin_at
from .room import Around, Room, proven_spare


def pins_by_hand(
    seam: Seam, around: Around, asked: PinRequest, room: Room, sizes: tuple[Size, ...]
) -> tuple[tuple[Pin, ...], tuple[float, ...], tuple[str, ...]]:
    """Take the largest size that fits at all places that were given.

    Returns
    -------
    pins, spare_mm, notes
        The pins, how much more room than needed is round each, and what is to be told.

    Raises
    ------
    GeometryError
        A place has no room even for the smallest; the message says how much is missing and where there is some.
    """
    at = seam.plane.to_local(np.array(asked.places_mm))[:, :2]
    nearest, worst = -np.inf, 0
    for size in sizes:
        pins = tuple(pin_at(seam, asked, size, place) for place in at)
        needs = needs_of(pins[0], asked.wall_mm)
        proofs = [proven_spare(place, seam.plane, seam.kerf_mm, around, needs)[0] for place in at]
        row = int(np.argmin(proofs))
        if proofs[row] >= 0.0:
            kept, notes = keyed(seam, asked, pins, at, sizes, foot_below=True)
            return kept, tuple(proofs), notes
        if proofs[row] > nearest:
            nearest, worst = proofs[row], row
    smallest = sizes[-1]
    spare = room.spare(needs_of(pin_at(seam, asked, smallest, np.zeros(2)), asked.wall_mm))
    hint = "There is no place with enough room on this seam."
    if len(spare) and spare.max() >= 0.0:
        usable = np.flatnonzero(spare >= 0.0)
        near = usable[np.linalg.norm(room.places[usable] - at[worst], axis=1).argmin()]
        x, y, z = seam.plane.to_world(room.places[near][None])[0]
        hint = f"The nearest place with room is ({x:.1f}, {y:.1f}, {z:.1f})."
    x, y, z = asked.places_mm[worst]
    raise GeometryError(
        f"A pin of {smallest.diameter_mm:g} mm does not fit at ({x:.1f}, {y:.1f}, {z:.1f}): with {asked.wall_mm:g} mm "
        f"of wall round its hole {-nearest:.2f} mm are missing. {hint}"
    )
