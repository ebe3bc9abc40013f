"""The last micrometers of an orientation: the turn at which no corner of the hull can give more room."""

from __future__ import annotations

import numpy as np
from scipy.optimize import linprog

from ...mesh import FloatArray

ROUNDS = 6
"""Linear programs solved at most; they settle in three or four."""
REACH_RAD = np.radians(2.0)
"""Turn that the first linear program may ask for; halved each time it does not hold."""
GAIN_MM = 1e-7
"""Less than this is not a gain."""


def settle(rotation: FloatArray, corners: FloatArray, usable: FloatArray) -> FloatArray:
    """Turn a pose a little so that its greatest excess over the usable sides is least.

    The extents of a hull are maxima of smooth functions of the turn; where several sides are equally tight, steps in
    single directions stop short. A linear program over the small turn finds the way out (sequential linear
    programming with a trust region).

    Parameters
    ----------
    rotation : (3, 3) float64
        Rows are the directions of width, depth and height.
    corners : (h, 3) float64
        Corners of the hull, mm.
    usable : (3,) float64
        Sides that they should keep within.
    """
    points = corners - corners.mean(axis=0)
    size = float(np.linalg.norm(points, axis=1).max())
    best = _excess(rotation, points, usable)
    reach = REACH_RAD
    for _ in range(ROUNDS):
        turn = _program(rotation, points, usable, reach, size)
        if turn is None:
            break
        trial = rotation @ _turn(turn)
        found = _excess(trial, points, usable)
        if found < best - GAIN_MM:
            rotation, best = trial, found
        else:
            reach *= 0.25
    return rotation


def _excess(rotation: FloatArray, points: FloatArray, usable: FloatArray) -> float:
    placed = points @ rotation.T
    return float((placed.max(axis=0) - placed.min(axis=0) - usable).max())


def _program(
    rotation: FloatArray, points: FloatArray, usable: FloatArray, reach: float, size: float
) -> FloatArray | None:
    """Small turn (3,), radians; unknowns are the turn, the highest and lowest end of each side, and the excess."""
    rows, limits = [], []
    for side in range(3):
        along = points @ rotation[side]
        lever = np.cross(points, rotation[side])
        near = 2.0 * reach * size * np.sqrt(3.0)
        for sign, column in ((1.0, 3 + side), (-1.0, 6 + side)):
            value = sign * along
            chosen = value > value.max() - near
            block = np.zeros((int(chosen.sum()), 10))
            block[:, :3] = sign * lever[chosen]
            block[:, column] = -sign
            rows.append(block)
            limits.append(-value[chosen])
        last = np.zeros((1, 10))
        last[0, 3 + side], last[0, 6 + side], last[0, 9] = 1.0, -1.0, -1.0
        rows.append(last)
        limits.append(usable[side : side + 1])
    goal = np.zeros(10)
    goal[9] = 1.0
    bounds = [(-reach, reach)] * 3 + [(None, None)] * 7
    found = linprog(goal, np.concatenate(rows), np.concatenate(limits), bounds=bounds, method="highs")
    return None if found.x is None else np.asarray(found.x[:3])


def _turn(vector: FloatArray) -> FloatArray:
    from .frames import turned

    return np.asarray(turned(vector[None])[0])
