"""Places given by hand, each to the seam that it lies on."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...errors import GeometryError
from ..cut.assembly import Seam
from ..cut.section import contains_2d, edge_distance_2d
from .kinds import Point


def assigned(seams: Sequence[Seam], places_mm: Sequence[Point]) -> list[tuple[Point, ...]]:
    """Give each place to the seam whose face it lies on, seen along the seam's normal; of several, to the nearest.

    Raises
    ------
    GeometryError
        A place lies beside every face; the message says how far.
    """
    out: list[list[Point]] = [[] for _ in seams]
    for place in places_mm:
        local = [seam.plane.to_local(np.array([place]))[0] for seam in seams]
        on = [number for number, seam in enumerate(seams) if contains_2d(seam.outline, local[number][None, :2])[0]]
        if not on:
            beside = min(
                float(edge_distance_2d(seam.outline, at[None, :2])[0]) for seam, at in zip(seams, local, strict=True)
            )
            x, y, z = place
            raise GeometryError(
                f"The place ({x:.1f}, {y:.1f}, {z:.1f}) for a pin lies on no cut face: the nearest edge of one is "
                f"{beside:.1f} mm away, seen along the cut's normal. Give a place on the face."
            )
        out[min(on, key=lambda number: abs(float(local[number][2])))].append(place)
    return [tuple(places) for places in out]
