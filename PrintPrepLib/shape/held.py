"""Balls that the air holds back: moved off it, made smaller, and those beside them in proportion."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from ..mesh import FloatArray
from .air import Air

SLOPE_NEIGHBORS = 8
"""Held vertices that a vertex looks at: the nearest."""

Bools = npt.NDArray[np.bool_]


def held_back(
    centers: FloatArray, middle: FloatArray, own: FloatArray, wanted: FloatArray, towards: FloatArray, air: Air
) -> tuple[FloatArray, FloatArray, Bools]:
    """Move balls off the air that must stay free where both sides may move; shrink them where that does not help."""
    room, away = air.room(centers)
    short = np.flatnonzero(room < wanted)
    centers, radius = centers.copy(), wanted.copy()
    held = np.zeros(len(centers), bool)
    if not len(short):
        return centers, radius, held
    free = ~towards[short].any(axis=1)
    step = np.where(free, np.minimum(wanted[short] - room[short], wanted[short] - own[short]), 0.0)
    moved = centers[short] + away[short] * step[:, None]
    room_there, _ = air.room(moved)
    better = free & (room_there > room[short])
    centers[short[better]] = moved[better]
    room[short[better]] = room_there[better]
    # A ball that must be smaller steps back towards the wall's own middle, which it has to cover.
    small = short[room[short] < wanted[short] * (1.0 - 1e-6)]
    least, missing = own[small], np.maximum(wanted[small] - own[small], 1e-12)
    share = np.clip((room[small] - least) / missing, 0.0, 1.0)
    for _ in range(3):
        fits, _ = air.room(middle[small] + (centers[small] - middle[small]) * share[:, None])
        short_of = fits < least + missing * share
        share = np.where(short_of, np.clip((fits - least) / missing, 0.0, share), share)
    centers[small] = middle[small] + (centers[small] - middle[small]) * share[:, None]
    radius[small] = least + missing * share
    held[small] = True
    return centers, radius, held


def sloped(centers: FloatArray, radius: FloatArray, held: Bools, slope: float) -> FloatArray:
    """Let the radius rise from held places no steeper than the slope."""
    if not held.any() or held.all():
        return radius
    low = np.flatnonzero(held)
    rise = float(radius.max() - radius[low].min())
    distance, near = cKDTree(centers[low]).query(
        centers, k=min(SLOPE_NEIGHBORS, len(low)), distance_upper_bound=max(rise / slope, 1e-9)
    )
    distance, near = np.asarray(distance).reshape(len(centers), -1), np.asarray(near).reshape(len(centers), -1)
    known = np.isfinite(distance)
    bound = np.where(known, radius[low][np.where(known, near, 0)] + slope * np.where(known, distance, 0.0), np.inf)
    return np.asarray(np.minimum(radius, bound.min(axis=1)))
