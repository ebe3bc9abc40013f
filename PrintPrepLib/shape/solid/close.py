"""Closing chosen openings: plugs united with the model, and what each of them added, measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any

import numpy as np

from ...errors import MissingPackageError
from ...mesh import FloatArray, Mesh, concatenate
from ...progress import Progress, silent
from ...spatial import index_of
from ...spatial.index import SurfaceIndex
from ...spatial.threads import at_once
from .added import added_by
from .openings import Bools, Opening
from .plugs import Plug, drums, membrane_plug

if TYPE_CHECKING:
    import manifold3d

PROBES = (0.3, 0.6, 0.9, 0.97)
"""Shares of the way from the middle to the rim at which, as in the middle, the plane of a closed opening is solid."""


class Way(Enum):
    """How an opening was closed, from the best to the last resort.

    A plug continues both surfaces of the wall. A membrane follows the opening's narrowest place, for outlines that no
    plug fits, between the same surfaces; a free one is not held between them, and may stand out.
    """

    PLUG = "plug"
    MEMBRANE = "membrane"
    FREE = "free membrane"


@dataclass(eq=False)
class Closed:
    """An opening that was to be closed, and what came of it."""

    opening: Opening
    wall_mm: float
    closed: bool = False
    added_mm3: float = 0.0
    farthest_mm: float = 0.0
    stands_out_mm: float = 0.0
    way: Way = Way.PLUG

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {
            **opening_dict(self.opening),
            "closed": self.closed,
            "wall_mm": round(self.wall_mm, 3),
            "added_ml": round(self.added_mm3 / 1000.0, 6),
            "farthest_from_source_mm": round(self.farthest_mm, 3),
            "stands_out_mm": round(self.stands_out_mm, 3),
            "way": self.way.value,
        }


@dataclass(frozen=True, eq=False)
class Closing:
    """The model with its plugs, and the list of them."""

    mesh: Mesh
    plugs: tuple[Closed, ...] = field(default_factory=tuple)
    body: manifold3d.Manifold | None = None

    def to_manifold(self) -> manifold3d.Manifold:
        """Return the mesh as a Manifold: the one that it came from, if it did."""
        return self.mesh.to_manifold() if self.body is None else self.body


def opening_dict(one: Opening) -> dict[str, Any]:
    """Place and size of an opening as plain JSON values."""
    return {
        "at_mm": np.round(one.center_mm, 2).tolist(),
        "kind": one.kind.value,
        "diameter_mm": round(one.passes_mm, 3),
        "width_mm": round(one.width_mm, 3),
        "length_mm": round(one.length_mm, 3),
        "area_mm2": round(one.area_mm2, 3),
        "axis": np.round(one.frame[2], 4).tolist(),
    }


def close_openings(mesh: Mesh, openings: Sequence[Opening], progress: Progress = silent) -> Closing:
    """Unite the model with a plug for each opening, and prove that each is closed.

    The surface elsewhere keeps its vertices to the bit, since the boolean only cuts triangles that plugs meet.

    Parameters
    ----------
    mesh : Mesh
        Closed, outward, manifold.

    Raises
    ------
    GeometryError
        The model is not manifold.
    """
    if not openings:
        return Closing(mesh)
    m3 = _manifold3d()
    progress(0.0, "Making plugs")
    made = drums(mesh, openings)
    plugs = [Closed(one, plug.wall_mm) for one, plug in zip(openings, made, strict=True)]
    bodies = [plug.mesh for plug in made]
    # What a union will hold is what one of its bodies holds: no boolean is needed to see which plugs do not fit.
    fits = _are_closed([index_of(concatenate(bodies)), index_of(mesh)], plugs, made)
    for way in (Way.MEMBRANE, Way.FREE):
        for k in np.flatnonzero(~fits):
            plugs[k].way = way
            bodies[k] = membrane_plug(plugs[k].opening, made[k], clipped=way is Way.MEMBRANE)
        again = [k for k in np.flatnonzero(~fits) if not bodies[k].is_empty]
        if again:
            every = [index_of(concatenate([body for body in bodies if not body.is_empty])), index_of(mesh)]
            fits[again] = _are_closed(every, [plugs[k] for k in again], [made[k] for k in again])
    used = [k for k in range(len(plugs)) if fits[k]]
    if not used:
        return Closing(mesh, tuple(plugs))
    progress(0.2, "Closing openings")
    filling = m3.Manifold.batch_boolean([bodies[k].to_manifold() for k in used], m3.OpType.Add)
    body = mesh.to_manifold() + filling
    out = Mesh.from_manifold(body, mesh.name)
    progress(0.7, "Measuring plugs")
    closing = [plugs[k] for k in used]
    whole, got = at_once(
        lambda: _are_closed([index_of(out)], closing, [made[k] for k in used]),
        lambda: added_by(mesh, out, [plug.opening for plug in closing], [bodies[k] for k in used]),
    )
    for plug, closed, added in zip(closing, whole, got, strict=True):
        plug.closed = bool(closed)
        plug.added_mm3, plug.farthest_mm = added.volume_mm3, added.farthest_mm
        plug.stands_out_mm = max(0.0, added.stands_out_mm)
    return Closing(out, tuple(plugs), body)


def _manifold3d() -> Any:
    try:
        import manifold3d
    except ImportError as error:
        raise MissingPackageError(
            "Closing openings needs the Python package 'manifold3d'. Install it and try again."
        ) from error
    return manifold3d


def _probes(opening: Opening, shares: FloatArray) -> FloatArray:
    """Points (k, 3) in the plane of an opening: its middle, and some on each ray (shares (s, 1, 1) of its length)."""
    away = shares * opening.radii_mm[:, None] * opening.directions()
    return np.concatenate([opening.center_mm[None], (opening.center_mm + away).reshape(-1, 3)])


def _are_closed(solids: Sequence[SurfaceIndex], plugs: Sequence[Closed], made: Sequence[Plug]) -> Bools:
    """Whether the outline of each opening is solid all over, and no part of its membrane is left beside it, (k,).

    ``solids`` overlap; what one of them holds is solid. The smallest is asked first, the others for what is left.
    """
    shares = np.array(PROBES)[:, None, None]
    probes = np.array([_probes(plug.opening, shares) for plug in plugs])
    cells = np.concatenate([plug.opening.membrane.points for plug in plugs])
    points = np.concatenate([probes.reshape(-1, 3), cells])
    solid = np.zeros(len(points), bool)
    for index in solids:
        rest = np.flatnonzero(~solid)
        solid[rest] = index.contains(points[rest])
    whole = np.asarray(solid[: len(points) - len(cells)].reshape(len(plugs), -1).all(axis=1))
    ends = np.cumsum([len(plug.opening.membrane.points) for plug in plugs])[:-1]
    for k, (plug, body, inside) in enumerate(
        zip(plugs, made, np.split(solid[len(points) - len(cells) :], ends), strict=True)
    ):
        left = plug.opening.membrane.points[~inside]
        whole[k] = whole[k] and bool((plug.opening.holds(left) | body.is_beyond(plug.opening, left)).all())
    return np.asarray(whole)
