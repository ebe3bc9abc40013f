"""Can parts be put together at all? Where a cut was bounded, they may hook into each other beside its plane."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ...progress import Progress, silent
from ..join.bridge import blocked_at
from .assembly import Seam

if TYPE_CHECKING:
    import manifold3d


def blocked_ways(
    seams: Sequence[Seam], solids: Sequence[manifold3d.Manifold], progress: Progress = silent
) -> list[dict[str, Any]]:
    """Try to take the parts of every bounded seam apart along its normal, in steps, and tell those that meet.

    Nothing beside an infinite plane can be in the way: one part lies below it and the other above.
    """
    told: list[dict[str, Any]] = []
    for number, seam in enumerate(seams):
        if seam.plane.bound is None:
            continue
        found = blocked_at(solids[seam.below], solids[seam.above], np.array(seam.plane.normal), progress)
        if found is not None:
            way, volume = found
            told.append(
                {"seam": number, "below": seam.below, "above": seam.above, "after_mm": way, "common_mm3": volume}
            )
    return told
