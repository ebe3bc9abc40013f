"""Width of openings that stay open, before and after."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...mesh import FloatArray, Mesh
from ...spatial import index_of
from .openings import Opening

WIDE_SHARE = 0.5
"""Cells of a membrane where it is this share as wide as at its widest count: the others lie in its corners."""

LONGEST = 1.2
"""A line counts for no more than so many widths of the opening: what lies beyond is not the opening, but a room."""
LEAST_MM = 1e-6


def gap_widths(before: Mesh, after: Mesh, openings: Sequence[Opening]) -> list[dict[str, Any]]:
    """Measure each opening on both surfaces along the same lines.

    A line runs through the middle of each cell across the opening, from the wall that is nearest before to the one
    opposite. Where the middle of the line lies inside the new solid, the width there is 0.
    """
    if not openings:
        return []
    points = np.concatenate([one.membrane.points for one in openings])
    found = index_of(before).closest(points)
    radius = found.distance_mm
    away = (points - found.points) / np.maximum(radius, LEAST_MM)[:, None]
    away[radius < LEAST_MM] = (0.0, 0.0, 1.0)
    count = [len(one.membrane.points) for one in openings]
    far = np.repeat([LONGEST * one.passes_mm for one in openings], count)
    old = _chords(before, points, away, far)
    new = old
    if after.faces is not before.faces:
        new = np.where(index_of(after).contains(points), 0.0, _chords(after, points, away, far))
    out = []
    ends = np.cumsum(count)[:-1]
    lots = (np.split(values, ends) for values in (radius, old, new))
    for one, near, was, now in zip(openings, *lots, strict=True):
        middle = near >= WIDE_SHARE * near.max()
        out.append(
            {
                "at_mm": np.round(one.center_mm, 2).tolist(),
                "kind": one.kind.value,
                "length_mm": round(one.length_mm, 2),
                "width_before_mm": round(float(np.median(was[middle])), 3),
                "width_after_mm": round(float(np.median(now[middle])), 3),
                "open_share": round(float((now[middle] > 0.0).mean()), 4),
                "most_narrowed_mm": round(float(np.maximum(was - now, 0.0)[middle].max()), 4),
            }
        )
    return out


def _chords(mesh: Mesh, points: FloatArray, away: FloatArray, far: FloatArray) -> FloatArray:
    """Length (k,) of the lines through points from wall to wall, no longer than ``far`` (k,)."""
    index = index_of(mesh)
    both = [index.first_hit(points, sign * away, float(far.max()))[0] for sign in (1.0, -1.0)]
    return np.asarray(np.minimum(both[0] + both[1], far))
