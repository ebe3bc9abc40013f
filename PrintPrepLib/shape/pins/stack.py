"""Solids from cross-sections stacked along an axis."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from ...mesh import FloatArray, Mesh
from .sections import Level, between, divided, side_corners, sides_of

if TYPE_CHECKING:
    import manifold3d

MERGED = 1e-9
"""Corners this near to each other, as a share of the width, are one: where the flat passes a corner, rounding alone
parts them."""


def rings_solid(rings: FloatArray) -> manifold3d.Manifold:
    """Solid between convex rings of as many corners each.

    Parameters
    ----------
    rings : (m, k, 3) float64
        Corners of each ring, counter-clockwise seen from the last ring; neighbors keep their sides parallel.
    """
    count, corners = rings.shape[:2]
    here = np.arange(corners)
    there = np.roll(here, -1)
    faces = []
    for ring in range(count - 1):
        low, high = ring * corners, (ring + 1) * corners
        faces.append(np.stack([low + here, low + there, high + there], axis=1))
        faces.append(np.stack([low + here, high + there, high + here], axis=1))
    fan = np.stack([np.zeros(corners - 2, np.int64), here[1:-1], here[2:]], axis=1)
    faces += [fan[:, ::-1], fan + (count - 1) * corners]
    return Mesh(rings.reshape(-1, 3), np.concatenate(faces).astype(np.int32), "pin").to_manifold()


def levels_solid(levels: tuple[Level, ...], segments: int) -> manifold3d.Manifold:
    """Solid with the given sections along z, in the pin's own frame."""
    if math.isfinite(levels[0].flat_mm):
        return _with_flat(levels, segments)
    angle = 2.0 * math.pi * np.arange(segments) / segments
    unit = np.stack([np.cos(angle), np.sin(angle)], axis=1) / math.cos(math.pi / segments)
    rings = np.empty((len(levels), segments, 3))
    for ring, level in zip(rings, levels, strict=True):
        ring[:, :2] = level.apothem_mm * unit
        ring[:, 2] = level.height_mm
    return rings_solid(rings)


def _with_flat(levels: tuple[Level, ...], segments: int) -> manifold3d.Manifold:
    """Solid whose sections have a flat: where it passes a corner, one of the narrow faces beside it begins or ends."""
    stations = divided(levels, segments)
    points: list[list[float]] = []
    rings: list[list[int]] = [[] for _ in stations]
    near = MERGED * max(level.apothem_mm for level in levels)

    def numbers(station: int, sides: list[int]) -> list[int]:
        """Vertex numbers of the corners before each side; corners that meet here have one number."""
        level, known = stations[station], rings[station]
        corners = side_corners(level, sides, segments)
        out = []
        for corner in corners:
            there = np.array([points[k][:2] for k in known]).reshape(-1, 2)
            apart = np.abs(there - corner).max(axis=1)
            if not len(apart) or apart.min() > near:
                known.append(len(points))
                points.append([*corner.tolist(), level.height_mm])
                out.append(known[-1])
            else:
                out.append(known[int(apart.argmin())])
        return out

    faces: list[tuple[int, int, int]] = []
    for station in range(len(stations) - 1):
        sides = sides_of(between(stations[station], stations[station + 1], 0.5), segments)
        low, high = numbers(station, sides), numbers(station + 1, sides)
        if station == 0:
            faces += [face[::-1] for face in _fan(low)]
        if station == len(stations) - 2:
            faces += _fan(high)
        for here in range(len(sides)):
            there = (here + 1) % len(sides)
            faces += [(low[here], low[there], high[there]), (low[here], high[there], high[here])]
    kept = [face for face in faces if len(set(face)) == 3]
    return Mesh(np.array(points), np.array(kept, np.int32), "pin").to_manifold()


def _fan(numbers: list[int]) -> list[tuple[int, int, int]]:
    return [(numbers[0], a, b) for a, b in pairwise(numbers[1:])]
