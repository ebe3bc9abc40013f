"""Places that stand far from each other, chosen from those that have room."""

from __future__ import annotations

import numpy as np

from ...mesh import FloatArray

KEY_MM = 2.0
"""Sides of the triangle of three pins differ by at least this much where they can, so that a wrong turn is felt."""


def far_apart(places: FloatArray, spare: FloatArray, wanted: int, apart_mm: float) -> list[int]:
    """Choose places (k, 2) whose spare (k,) is not negative, far from each other; fewer than wanted where need be.

    A single one stands in the middle of those with room.
    """
    rows = np.flatnonzero(spare >= 0.0)
    if not len(rows) or wanted < 1:
        return []
    at = places[rows]
    middle = int(np.linalg.norm(at - at.mean(axis=0), axis=1).argmin())
    if wanted == 1:
        return [int(rows[middle])]
    start = int(np.linalg.norm(at - at.mean(axis=0), axis=1).argmax())
    chosen = [int(np.linalg.norm(at - at[start], axis=1).argmax())]
    while len(chosen) < wanted:
        away = np.linalg.norm(at[:, None] - at[None, chosen], axis=2)
        nearest = away.min(axis=1)
        score = nearest.copy()
        if len(chosen) == 2:
            base = np.linalg.norm(at[chosen[0]] - at[chosen[1]])
            sides = np.sort(np.stack([np.full(len(at), base), away[:, 0], away[:, 1]], axis=1), axis=1)
            score[np.diff(sides, axis=1).min(axis=1) < KEY_MM] = -1.0
            if score.max() < apart_mm:
                score = nearest
        pick = int(score.argmax())
        if nearest[pick] < apart_mm:
            break
        chosen.append(pick)
    return [int(rows[k]) for k in chosen] if len(chosen) > 1 else [int(rows[middle])]


def least_distance(places: FloatArray) -> float:
    """Least distance between places (k, 2); 0 for a single one."""
    if len(places) < 2:
        return 0.0
    between = np.linalg.norm(places[:, None] - places[None], axis=2)
    return float(between[np.triu_indices(len(places), 1)].min())
