"""Places for several pins that stand far from each other and have room."""

from __future__ import annotations

import numpy as np

from ...mesh import FloatArray
from .room import Room

SPREAD_KEPT = 0.7
"""More room round pins is worth it where they still stand at least this share as far apart as they could."""
KEY_MM = 2.0
"""Sides of the triangle of pins differ by at least this much, so that a wrong turn is felt at once."""


def spread_places(room: Room, spare: FloatArray, wanted: int, apart_mm: float) -> list[int]:
    """Choose places with room that stand far apart, at most as many as wanted; those with more room come first."""
    usable = np.flatnonzero(spare >= 0.0)
    if not len(usable):
        return []
    if wanted == 1:
        return [int(usable[spare[usable].argmax()])]
    best: list[int] = []
    # Among the places with the most room first, as long as that costs little of the distance between pins.
    for quantile in (0.0, 0.25, 0.5):
        rows = usable[spare[usable] >= np.quantile(spare[usable], quantile)]
        chosen = _farthest(room.places[rows], wanted, apart_mm)
        found = [int(rows[k]) for k in chosen]
        if not best or (
            len(found) == len(best) and spread_mm(room.places[found]) >= SPREAD_KEPT * spread_mm(room.places[best])
        ):
            best = found
    return best


def _farthest(at: FloatArray, wanted: int, apart_mm: float) -> list[int]:
    """Places (k, 2) far from each other, one after the other; distances between three differ where they can."""
    start = int(_away(at, at.mean(axis=0)).argmax())
    first = int(_away(at, at[start]).argmax())
    chosen = [first]
    away = [_away(at, at[first])]
    while len(chosen) < wanted:
        nearest = np.minimum.reduce(away)
        score = nearest.copy()
        if len(chosen) == 2:
            base = away[0][chosen[1]]
            low, high = np.minimum(away[0], away[1]), np.maximum(away[0], away[1])
            differ = np.minimum(high - low, np.minimum(np.abs(low - base), np.abs(high - base)))
            score[differ < KEY_MM] = -1.0
            if score.max() < apart_mm:
                score = nearest
        pick = int(score.argmax())
        if nearest[pick] < apart_mm:
            break
        chosen.append(pick)
        away.append(_away(at, at[pick]))
    if len(chosen) == 1:
        # Where there is room for one only, it stands where the model is widest round it: the caller's first choice.
        return [int(_away(at, at.mean(axis=0)).argmin())]
    return chosen


def _away(at: FloatArray, place: FloatArray) -> FloatArray:
    """Distance (k,) of places (k, 2) from one."""
    x, y = at[:, 0] - place[0], at[:, 1] - place[1]
    return np.asarray(np.sqrt(x * x + y * y))


def spread_mm(at: FloatArray) -> float:
    """Least distance between places (k, 2); 0 for a single one."""
    if len(at) < 2:
        return 0.0
    between = np.linalg.norm(at[:, None] - at[None], axis=2)
    return float(between[np.triu_indices(len(at), 1)].min())
