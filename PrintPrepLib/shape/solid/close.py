"""Closing chosen openings: plugs united with the model, and what each of them added, measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.spatial import cKDTree

from ...errors import MissingPackageError
from ...mesh import Mesh
from ...progress import Progress, part, silent
from ...spatial import index_of
from .openings import Opening
from .plugs import beads, drums

if TYPE_CHECKING:
    import manifold3d

PROBES = (0.0, 0.3, 0.6, 0.9, 0.97)
"""Shares of the way to the rim at which the plane of an opening must be solid once it is closed."""


@dataclass(eq=False)
class Closed:
    """An opening that was to be closed, and what came of it."""

    opening: Opening
    wall_mm: float
    closed: bool = False
    added_mm3: float = 0.0
    farthest_mm: float = 0.0
    way: str = "plug"

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {
            **opening_dict(self.opening),
            "closed": self.closed,
            "wall_mm": round(self.wall_mm, 3),
            "added_ml": round(self.added_mm3 / 1000.0, 6),
            "farthest_from_source_mm": round(self.farthest_mm, 3),
            "way": self.way,
        }


@dataclass(frozen=True, eq=False)
class Closing:
    """The model with its plugs, and the list of them."""

    mesh: Mesh
    plugs: tuple[Closed, ...] = field(default_factory=tuple)


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
    solid = mesh.to_manifold()
    made = drums(mesh, openings)
    plugs = [Closed(one, plug.wall_mm) for one, plug in zip(openings, made, strict=True)]
    bodies = [plug.mesh.to_manifold() for plug in made]
    progress(0.2, "Closing openings")
    filling = m3.Manifold.batch_boolean(bodies, m3.OpType.Add)
    united = solid + filling
    out = Mesh.from_manifold(united)
    closed = _are_closed(out, plugs)
    again = [k for k, whole in enumerate(closed) if not whole]
    if again:
        progress(0.6, "Closing openings of another form")
        for k in again:
            plugs[k].way = "membrane"
        more = [beads(plugs[k].opening, plugs[k].wall_mm).to_manifold() for k in again]
        rest = m3.Manifold.batch_boolean(more, m3.OpType.Add)
        filling, united = filling + rest, united + rest
        out = Mesh.from_manifold(united)
        closed = _are_closed(out, plugs)
    for plug, whole in zip(plugs, closed, strict=True):
        plug.closed = whole
    _account(mesh, filling - solid, plugs, part(progress, 0.8, 1.0))
    return Closing(out.with_name(mesh.name), tuple(plugs))


def _manifold3d() -> Any:
    try:
        import manifold3d
    except ImportError as error:
        raise MissingPackageError(
            "Closing openings needs the Python package 'manifold3d'. Install it and try again."
        ) from error
    return manifold3d


def _are_closed(out: Mesh, plugs: list[Closed]) -> list[bool]:
    """Whether the outline of each opening is solid all over, and no part of its membrane is left beside it."""
    index = index_of(out)
    shares = np.array(PROBES)[:, None, None]
    probes = np.array(
        [plug.opening.center_mm + shares * plug.opening.radii_mm[:, None] * plug.opening.directions() for plug in plugs]
    )
    whole = [bool(lot.all()) for lot in index.contains(probes.reshape(-1, 3)).reshape(len(plugs), -1)]
    cells = np.concatenate([plug.opening.membrane.points for plug in plugs])
    inside = index.contains(cells)
    begin = 0
    for k, plug in enumerate(plugs):
        points = plug.opening.membrane.points
        left = points[~inside[begin : begin + len(points)]]
        begin += len(points)
        whole[k] = whole[k] and bool(plug.opening.holds(left).all())
    return whole


def _account(mesh: Mesh, added: manifold3d.Manifold, plugs: list[Closed], progress: Progress) -> None:
    """Give each plug the volume that it added and the largest distance of its surface from the source."""
    progress(0.0, "Measuring plugs")
    tree = cKDTree(np.concatenate([plug.opening.membrane.points for plug in plugs]))
    owner = np.repeat(np.arange(len(plugs)), [len(plug.opening.membrane.points) for plug in plugs])
    index = index_of(mesh)
    for piece in added.decompose():
        body = Mesh.from_manifold(piece)
        if body.is_empty:
            continue
        nearest = np.asarray(tree.query(body.vertices)[1])
        distance = float(index.closest(body.vertices).distance_mm.max())
        share = np.bincount(owner[nearest], minlength=len(plugs)) / len(nearest)
        for number in np.flatnonzero(share):  # more than one where plugs grew together: shared by vertices
            plugs[number].added_mm3 += float(piece.volume() * share[number])
            plugs[number].farthest_mm = max(plugs[number].farthest_mm, distance)
