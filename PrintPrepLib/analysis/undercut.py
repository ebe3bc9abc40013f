"""Can a rigid part leave its mould along a straight line? Where it cannot, and where walls have no draft.

From points of the part's surface, a hair inside it, rays follow the way out. A ray that meets the mould says that the
part would have to pass through it there (visibility along a direction; Chen, Chou and Woo 1993).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import InputError
from ..mesh import FloatArray, Mesh
from ..progress import Progress, silent
from ..spatial import index_of
from ..spatial.sampling import area_samples_and_faces

SAMPLES = 40_000
"""Points by area: a share is 3 mm2 on a skull."""
SKIN_MM = 0.05
"""Rays begin this far inside the part, so that walls along the way out do not stop them: a part in a printed mould has
as much play."""
NEAR_MM = 0.5
"""A place of the part nearer to the mould than this is held by it; printed cavities are wider by less."""
DRAFT_DEG = 1.0
"""Walls steeper than this to the way out rub: the least draft that makers of molds ask for polished walls; printed ones
with layers ask for more."""
GROUP_MM = 5.0
"""Blocked places in the same cube of this size are one."""
LISTED = 8
FREE_SHARE = 0.002
"""Less than this share of the held surface is the edge of the parting plane, where sampling decides."""


@dataclass(frozen=True)
class Undercut:
    """How a part leaves a mould along a direction.

    ``held_mm2`` of its surface lie against the mould; from ``blocked_mm2`` of it the way out is barred by up to
    ``depth_mm`` of mould. ``places`` are the largest, as (x, y, z, area mm2).
    """

    pull: tuple[float, float, float]
    held_mm2: float
    blocked_mm2: float
    depth_mm: float
    steep_mm2: float
    places: tuple[tuple[float, float, float, float], ...]

    @property
    def free(self) -> bool:
        """Whether the part can leave."""
        return self.blocked_mm2 <= FREE_SHARE * max(self.held_mm2, 1e-9)

    @property
    def blocked_percent(self) -> float:
        """Share of the held surface that bars the way."""
        return 100.0 * self.blocked_mm2 / self.held_mm2 if self.held_mm2 else 0.0

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {
            "pull": list(self.pull),
            "free": self.free,
            "held_cm2": self.held_mm2 / 100.0,
            "blocked_cm2": self.blocked_mm2 / 100.0,
            "blocked_percent": self.blocked_percent,
            "depth_mm": self.depth_mm,
            "without_draft_cm2": self.steep_mm2 / 100.0,
            "draft_deg": DRAFT_DEG,
            "places": [{"at_mm": list(row[:3]), "area_mm2": row[3]} for row in self.places],
        }


def undercut(mould: Mesh, part: Mesh, pull: tuple[float, ...], *, progress: Progress = silent) -> Undercut:
    """Measure whether a part can leave a mould straight along a direction.

    Parameters
    ----------
    mould : Mesh
        One part of the mould, closed, with the cavity in its place round the part.
    part : Mesh
        What was or will be cast, or the anatomy.
    pull : (3,) float
        The way in which the part leaves this mould.

    Raises
    ------
    InputError
        The direction has no length, or the part does not touch this mould.
    """
    way = np.asarray(pull, np.float64)
    length = float(np.linalg.norm(way))
    if not length > 0.0:
        raise InputError("The direction in which the part leaves has no length.")
    way = way / length
    points, faces = area_samples_and_faces(part, SAMPLES)
    normals = part.face_normals()[faces]
    share = part.area_mm2 / max(len(points), 1)
    index = index_of(mould)
    progress(0.2, "Looking where the mould holds the part")
    held = index.closest(points, NEAR_MM).faces >= 0
    if not held.any():
        raise InputError("The part does not lie in this mould: give both in their places, in the same coordinates.")
    start = points[held] - SKIN_MM * normals[held]
    distance, _ = index.first_hit(start, np.broadcast_to(way, start.shape))
    blocked = np.isfinite(distance)
    # What looks along the way out is what bars it; what lies behind in its shadow would be free without it.
    bars = blocked & (normals[held] @ way > 0.0)
    if bars.any():
        blocked = bars
    progress(0.8, "Measuring how far it is barred")
    depth = _depth(index_of(mould), start[blocked], way)
    steep = np.abs(normals[held] @ way) < np.sin(np.radians(DRAFT_DEG))
    progress(1.0, "Measured")
    x, y, z = way.tolist()
    return Undercut(
        pull=(x, y, z),
        held_mm2=float(held.sum()) * share,
        blocked_mm2=float(blocked.sum()) * share,
        depth_mm=depth,
        steep_mm2=float((steep & ~blocked).sum()) * share,
        places=_places(points[held][blocked], share),
    )


def words_of(found: Undercut, who: str) -> str:
    """Say in a sentence how the part leaves."""
    if found.free:
        rub = f" {found.steep_mm2 / 100.0:.1f} cm2 of its walls have less than {DRAFT_DEG:g} degree of draft."
        return f"A rigid part leaves {who} straight.{rub if found.steep_mm2 > 0.0 else ''}"
    x, y, z, area = found.places[0]
    return (
        f"A rigid part cannot leave {who}: {found.blocked_mm2 / 100.0:.1f} cm2 ({found.blocked_percent:.0f} %) of what "
        f"it holds bar the way, by up to {found.depth_mm:.1f} mm; most at ({x:.1f}, {y:.1f}, {z:.1f}), {area:.0f} mm2."
    )


def _depth(index: Any, start: FloatArray, way: FloatArray) -> float:
    """Longest piece of mould in the way of a point, from where its ray enters to where it leaves."""
    if not len(start):
        return 0.0
    along = np.broadcast_to(way, start.shape)
    first, _ = index.first_hit(start, along)
    inside = index.contains(start)
    enter = np.where(inside, 0.0, first)
    after = start + (enter + 1e-4)[:, None] * way
    leave, _ = index.first_hit(after, along)
    leave = leave[np.isfinite(leave)]
    return float(leave.max(initial=0.0))


def _places(points: FloatArray, share: float) -> tuple[tuple[float, float, float, float], ...]:
    if not len(points):
        return ()
    _, of_point, count = np.unique(np.floor(points / GROUP_MM), axis=0, return_inverse=True, return_counts=True)
    out = []
    for cube in np.argsort(-count, kind="stable")[:LISTED]:
        x, y, z = points[of_point.reshape(-1) == cube].mean(axis=0).tolist()
        out.append((x, y, z, float(count[cube]) * share))
    return tuple(out)
