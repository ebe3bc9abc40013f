"""Vertices at exactly the same place made one, so that sharing can be told by index."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ..engine import Engine, is_compiled
from ..mesh import FloatArray, IntArray, Mesh

WORTH_COMPILING = 20_000
"""Vertices from which on loading compiled code pays."""


def exact_weld(mesh: Mesh, engine: Engine = Engine.AUTO) -> Mesh:
    """Merge vertices whose coordinates are exactly equal (0.0 and -0.0 are); every triangle stays, in its place.

    The vertices keep the order in which their places first appear. A mesh without such vertices is returned itself.
    """
    if engine is not Engine.AUTO:
        return _welded(mesh, engine) or mesh
    out: Mesh = mesh.derived("exact_weld", _welded) or mesh  # nothing where it is the mesh itself: no circle
    out.derived("exact_weld", lambda _: None)
    return out


def places(points: FloatArray, engine: Engine = Engine.AUTO) -> tuple[npt.NDArray[np.integer], IntArray]:
    """Find points at exactly the same place; nothing is rounded, 0.0 equals -0.0.

    Parameters
    ----------
    points : (n, 3) float64
        Finite.

    Returns
    -------
    first : (k,) int
        The first point of each place, ascending: places keep the order in which they appear.
    group : (n,) int32
        Place of each point.
    """
    points = points + 0.0  # -0.0 becomes 0.0
    if len(points) >= WORTH_COMPILING and is_compiled(engine):
        from . import _kernels_weld as kernels

        number, found = np.empty(len(points), np.int32), np.empty(len(points), np.int32)
        return found[: kernels.number_places(points.view(np.uint64), number, found)], number
    number, first = _number_places(points)
    return first, number


def _welded(mesh: Mesh, engine: Engine = Engine.AUTO) -> Mesh | None:
    first, number = places(mesh.vertices, engine)
    return None if len(first) == len(mesh.vertices) else Mesh(mesh.vertices[first], number[mesh.faces], mesh.name)


def _number_places(points: FloatArray) -> tuple[IntArray, npt.NDArray[np.integer]]:
    """Place (n,) of each point, numbered as they first appear, and the first point of each place."""
    key = _keys(points.view(np.uint64))
    order = np.argsort(key, kind="stable")
    ordered = key[order]
    same_key = ordered[1:] == ordered[:-1]
    if not same_key.any():
        return np.arange(len(points), dtype=np.int32), np.arange(len(points))
    same_place = (points[order[1:]] == points[order[:-1]]).all(axis=1)
    if (same_key & ~same_place).any():  # two places with one key: take the slow and certain way
        _, first, group = np.unique(points, axis=0, return_index=True, return_inverse=True)
        group = group.reshape(-1)
    else:
        begins = np.concatenate([[True], ~same_key])
        first = order[begins]  # the sort is stable: the lowest of its group
        group = np.empty(len(points), np.int64)
        group[order] = np.cumsum(begins) - 1
    by_first = np.argsort(first)
    place = np.empty(len(first), np.int32)
    place[by_first] = np.arange(len(first), dtype=np.int32)
    return place[group], first[by_first]


def _keys(bits: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """A scattered 64-bit key of each point, since sorting one number is much faster than sorting three."""
    key = bits[:, 0] * np.uint64(0x9E3779B97F4A7C15)
    key = (key ^ (key >> np.uint64(29))) + bits[:, 1]
    key = (key ^ (key >> np.uint64(32))) * np.uint64(0xBF58476D1CE4E5B9) + bits[:, 2]
    return np.asarray((key ^ (key >> np.uint64(30))) * np.uint64(0x94D049BB133111EB))
