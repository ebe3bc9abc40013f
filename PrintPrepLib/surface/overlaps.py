"""Bodies that overlap, made one body."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ..errors import GeometryError, MissingPackageError
from ..mesh import FloatArray, Mesh, concatenate
from .known import crossings_of
from .winding import containers, shells

if TYPE_CHECKING:
    import manifold3d

_STORED_STEPS = 2.4e-7
"""Shortest edge that is kept after a union, as a share of the largest coordinate: four steps of single precision."""

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Union:
    """What was united: number of bodies that took part, and their centers."""

    mesh: Mesh
    bodies: int
    places: FloatArray


def unite_overlaps(mesh: Mesh) -> Union:
    """Unite the bodies that cross each other; bodies that cross nothing keep their triangles bit for bit.

    A body is an outer shell with the cavities directly in it, so that cavities stay cavities. The union is
    manifold3d's. A shell that crosses only itself is left as it is.

    Parameters
    ----------
    mesh : Mesh
        Closed, oriented, manifold by index.

    Raises
    ------
    GeometryError
        manifold3d does not take one of the bodies.
    MissingPackageError
        manifold3d is not installed.
    """
    try:
        import manifold3d
    except ImportError as error:
        raise MissingPackageError("Uniting overlapping bodies needs the Python package 'manifold3d'.") from error
    count, shell = shells(mesh)
    body = _bodies(mesh, shell, count)
    of_face = body[shell]
    pairs = of_face[np.asarray(crossings_of(mesh).pairs, np.int64).reshape(-1, 2)]
    crossing = np.unique(pairs[pairs[:, 0] != pairs[:, 1]])
    if len(crossing) == 0:
        return Union(mesh, 0, np.empty((0, 3)))
    solids = [mesh.submesh(of_face == number).to_manifold() for number in crossing]
    united = manifold3d.Manifold.batch_boolean(solids, manifold3d.OpType.Add)
    # The cuts leave edges that single precision would make points; they are collapsed where that stays manifold.
    united = united.simplify(_STORED_STEPS * float(np.abs(mesh.vertices).max()))
    joined = _checked(united, mesh.name)
    places = np.array([mesh.triangles[of_face == number].mean(axis=(0, 1)) for number in crossing])
    rest = mesh.submesh(~np.isin(of_face, crossing))
    out = joined if rest.is_empty else concatenate([rest, joined], mesh.name)
    return Union(out, len(crossing), places)


def _checked(solid: manifold3d.Manifold, name: str) -> Mesh:
    out = Mesh.from_manifold(solid, name)
    if out.is_empty:
        raise GeometryError("The union of overlapping bodies came out empty.")
    return out


def _bodies(mesh: Mesh, shell: Ints, count: int) -> Ints:
    """The outer shell that each shell belongs to: itself, or for a cavity the innermost shell around it."""
    body = np.arange(count)
    around = containers(mesh, shell, count)
    depth = np.array([len(found) for found in around])
    for number in np.flatnonzero(depth % 2 == 1):
        found = around[number]
        body[number] = found[np.argmax(depth[found])]
    return body
