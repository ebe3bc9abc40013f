"""Width of openings that stay open, before and after."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...mesh import Mesh
from ...spatial import index_of
from .openings import Opening

WIDE_SHARE = 0.5
"""Cells of a membrane where it is this share as wide as at its widest count: the others lie in its corners."""


def gap_widths(before: Mesh, after: Mesh, openings: Sequence[Opening]) -> list[dict[str, Any]]:
    """Measure each opening on both surfaces at the same places: twice the distance of the cells across it.

    Where a place lies inside the new solid, the width there is 0.
    """
    if not openings:
        return []
    points = np.concatenate([one.membrane.points for one in openings])
    old = 2.0 * index_of(before).closest(points).distance_mm
    if after.faces is before.faces:
        new = old
    else:
        new = 2.0 * np.maximum(index_of(after).signed_distance(points), 0.0)
    out = []
    ends = np.cumsum([len(one.membrane.points) for one in openings])[:-1]
    for one, was, now in zip(openings, np.split(old, ends), np.split(new, ends), strict=True):
        middle = was >= WIDE_SHARE * was.max()
        out.append(
            {
                "at_mm": np.round(one.center_mm, 2).tolist(),
                "kind": one.kind.value,
                "length_mm": round(one.length_mm, 2),
                "width_before_mm": round(float(was.max()), 3),
                "width_after_mm": round(float(now.max()), 3),
                "open_share": round(float((now[middle] > 0.0).mean()), 4),
                "most_narrowed_mm": round(float((was - now)[middle].max()), 4),
            }
        )
    return out
