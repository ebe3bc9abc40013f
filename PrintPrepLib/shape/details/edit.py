"""Small features taken away, filled, thickened or widened: a local body for each, united with the model or cut off."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.spatial import cKDTree

from ...errors import MissingPackageError
from ...field import Function, distance_inside, zero_surface
from ...mesh import FloatArray, Mesh
from ...progress import Progress, silent
from ...topology import face_parts
from .find import Feature, Kind

if TYPE_CHECKING:
    import manifold3d

CELLS_ACROSS = 6.0
"""Cells across what the printer can make."""
ROOM_SHARE = 0.6
"""A body reaches this share of the limit from the feature."""
BOX_LIMITS = 2.5
"""It is made in a box that reaches so many limits beyond."""
HAIR_SHARE = 0.03
"""Where a spike is cut off or a slit is filled, this share of the limit is left above or below the surface beside."""
FIRMER = 1.02
"""What is thickened or widened is made so much wider than asked: chords of the made surface take a little away."""
CLEARLY_SHARE = 0.9
"""Where a feature has this share of the limit, a ball of the limit reaches it but for the grid of the made body."""
NEAR_LIMITS = 1.5
"""Of the solid (the air) round a feature, bodies this near belong to it."""


class Way(Enum):
    """What is done to a feature."""

    LIST = "list"
    REMOVE = "remove"
    THICKEN = "thicken"
    CLOSE = "close"
    WIDEN = "widen"


@dataclass(eq=False)
class Edited:
    """A feature, what was to be done, and what came of it."""

    feature: Feature
    way: Way
    done: bool = False
    reason: str = ""
    size_after_mm: float | None = None
    gone_share: float | None = None
    small: FloatArray | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        one = self.feature
        return {
            "at_mm": np.round(one.at_mm, 2).tolist(),
            "kind": one.kind.value,
            "size_mm": round(one.size_mm, 3),
            "least_mm": round(one.least_mm, 3),
            "length_mm": round(one.length_mm, 2),
            "area_mm2": round(one.area_mm2, 3),
            "limit_mm": one.limit_mm,
            "location": one.location,
            "way": self.way.value,
            "done": self.done,
            "reason": self.reason,
            "size_after_mm": None if self.size_after_mm is None else round(self.size_after_mm, 3),
            "gone_share": None if self.gone_share is None else round(self.gone_share, 4),
        }


def edit(mesh: Mesh, edits: Sequence[Edited], progress: Progress = silent) -> Mesh:
    """Do what each feature asks for; what cannot be done keeps its reason. The surface elsewhere is not touched.

    A spike is what balls of the limit do not reach inside the solid, a slit or hole what they do not reach in the air
    (the opening and the closing of mathematical morphology, by exact distances); to thicken or widen, such balls are
    put where the measuring balls rest.

    Parameters
    ----------
    mesh : Mesh
        Closed, outward, manifold.
    """
    try:
        import manifold3d as m3
    except ImportError as error:
        raise MissingPackageError(
            "Changing small features needs the Python package 'manifold3d'. Install it and try again."
        ) from error
    adding: list[manifold3d.Manifold] = []
    cutting: list[manifold3d.Manifold] = []
    wanted = [one for one in edits if one.way is not Way.LIST]
    for number, one in enumerate(wanted):
        progress(number / len(wanted), "Changing small features")
        body = _body(mesh, one)
        if body is None or body.is_empty:
            continue
        (adding if one.way in (Way.THICKEN, Way.CLOSE) else cutting).append(body.to_manifold())
        one.done = True
    if not adding and not cutting:
        return mesh
    inside = distance_inside(mesh)
    for one in wanted:
        one.small = _too_small(inside, one.feature)
    solid = mesh.to_manifold()
    # What is cut comes first: a spike that is cut off beside one that is thickened must not take from it.
    if cutting:
        solid = solid - m3.Manifold.batch_boolean(cutting, m3.OpType.Add)
    if adding:
        solid = solid + m3.Manifold.batch_boolean(adding, m3.OpType.Add)
    return Mesh.from_manifold(solid, mesh.name)


def _body(mesh: Mesh, one: Edited) -> Mesh | None:
    feature = one.feature
    limit = feature.limit_mm
    cell = limit / CELLS_ACROSS
    points = np.concatenate([feature.middles, feature.surface])
    low, high = points.min(axis=0) - BOX_LIMITS * limit, points.max(axis=0) + BOX_LIMITS * limit
    if one.way in (Way.THICKEN, Way.WIDEN):
        tree, radius = cKDTree(feature.middles), 0.5 * FIRMER * limit
        return zero_surface(lambda p: np.asarray(radius - tree.query(p)[0]), low, high, cell)
    sign = 1.0 if feature.kind is Kind.SPIKE else -1.0
    inside = distance_inside(mesh)
    radius = 0.5 * limit
    reached = zero_surface(lambda p: sign * inside(p) - radius, low, high, cell)
    tree, room = cKDTree(points), ROOM_SHARE * limit
    if feature.kind is Kind.SPIKE:
        near = _bodies_near(reached, tree, NEAR_LIMITS * limit)
        if near == 0:
            one.reason = "it hangs on nothing thicker: a loose piece, or thin as a whole"
            return None
        if near > 1:
            one.reason = "it holds pieces together"
            return None
    if reached.is_empty:
        return zero_surface(lambda p: np.asarray(room - tree.query(p)[0]), low, high, cell)
    balls = distance_inside(reached)
    hair = HAIR_SHARE * limit
    return zero_surface(lambda p: np.minimum(room - tree.query(p)[0], -balls(p) - radius - hair), low, high, cell)


def _bodies_near(mesh: Mesh, tree: cKDTree, reach: float) -> int:
    """How many bodies come within reach of a feature."""
    if mesh.is_empty:
        return 0
    count, label = face_parts(mesh)
    near = np.asarray(tree.query(mesh.triangles.mean(axis=1))[0] <= reach)
    return len(np.unique(label[near])) if count > 1 else int(near.any())


def _too_small(inside: Function, feature: Feature) -> FloatArray:
    """Those middles of a feature where it is below the limit: between them it may be wide enough."""
    sign = 1.0 if feature.kind is Kind.SPIKE else -1.0
    size = 2.0 * sign * inside(feature.middles)
    small: FloatArray = feature.middles[(size > 0.0) & (size < CLEARLY_SHARE * feature.limit_mm)]
    return small if len(small) else feature.middles


def measure_after(mesh: Mesh, edits: Sequence[Edited]) -> None:
    """Measure at the middles of each treated feature what is there now."""
    inside = distance_inside(mesh)
    for one in edits:
        if not one.done:
            continue
        sign = 1.0 if one.feature.kind is Kind.SPIKE else -1.0
        value: FloatArray = sign * inside(one.feature.middles if one.small is None else one.small)
        one.gone_share = float((value <= 0.0).mean())
        if one.way in (Way.THICKEN, Way.WIDEN):
            one.size_after_mm = float(2.0 * np.median(value))
