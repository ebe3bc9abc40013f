"""Whether the foot of a strut finds room in a part: all round in the material, and not out on the other side."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...mesh import FloatArray
from ...spatial import SurfaceIndex
from .column import across

BITES_MM = (0.6, 0.4, 0.25, 0.12)
"""How far the foot goes on below the lowest point of the surface under it, the first that the part has room for: a few
layers, so that both become one in any process."""
COVER_MM = 0.05
"""Material that is left at least between the end of a foot and any surface of its part: the part keeps its face."""
SLOPE = 1.2
"""Deepest fall of the surface under a foot, in radii of the foot (50 degrees): beyond, it hangs over an edge."""
AROUND = 16


@dataclass(frozen=True)
class Seat:
    """``sunk_mm``: how far the foot must go in; ``bite_mm``: of that, below the lowest point of the surface."""

    sunk_mm: float
    bite_mm: float


def seat_of(
    index: SurfaceIndex, at_mm: FloatArray, inward: FloatArray, radius_mm: float, stand_mm: float
) -> Seat | None:
    """Find how deep a round foot has to go into a part.

    Parameters
    ----------
    index : SurfaceIndex
        Of the part, closed and outward.
    at_mm : (3,) float64
        Middle of the foot, on the surface.
    inward : (3,) float64
        Unit vector along the strut into the part.
    radius_mm : float
        Of the foot.
    stand_mm : float
        Height above ``at_mm`` from which the surface is looked for.

    Returns
    -------
    Seat or None
        None where the foot would hang over an edge, come out behind, or break into a cavity.
    """
    u, v = across(inward)
    angle = np.arange(AROUND) * (2.0 * np.pi / AROUND)
    circle = np.cos(angle)[:, None] * u + np.sin(angle)[:, None] * v
    ring = radius_mm * np.concatenate([np.zeros((1, 3)), 0.5 * circle[::2], circle])
    start = at_mm + ring - stand_mm * inward
    buried = index.contains(start)
    deepest = SLOPE * radius_mm
    distance, _ = index.first_hit(start, np.broadcast_to(inward, start.shape), stand_mm + deepest + 1e-9)
    fall = np.where(buried, -stand_mm, distance - stand_mm)
    if not np.isfinite(fall).all():
        return None
    need = max(float(fall.max()), 0.0)
    for bite in BITES_MM:
        below = [at_mm + ring + inward * depth for depth in (need + bite, need + 0.5 * bite)]
        inside = -index.signed_distance(np.concatenate(below))
        if (
            (inside[: len(ring)] >= COVER_MM).all()
            and (inside >= 0.0).all()
            and _whole(index, at_mm + ring, inward, fall, need)
        ):
            return Seat(need + bite, bite)
    return None


def _whole(index: SurfaceIndex, foot: FloatArray, inward: FloatArray, fall: FloatArray, need: float) -> bool:
    """Whether there is material from where each line enters the part down to the depth of the lowest of them."""
    shares = np.array([0.25, 0.5, 0.75])
    depth = fall[:, None] + shares * (need - fall)[:, None]
    points = foot[:, None, :] + depth[:, :, None] * inward
    return bool((index.signed_distance(points.reshape(-1, 3)) <= 1e-6).all())
