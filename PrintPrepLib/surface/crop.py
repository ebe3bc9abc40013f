"""A part of a mesh around some triangles: cut out, changed, put back with everything else bit for bit."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from ..mesh import FloatArray, Mesh
from ..spatial import Crossings
from .nearby import Faces, Mask, grow, triangles_near

_REACH_RINGS = 8
"""Rings of triangles around a crossing that may be looked at; the largest patch (5 rings) and its border fit in."""


class Crop:
    """The neighborhood of some triangles, cut out of a mesh so that it can be put back."""

    def __init__(self, mesh: Mesh, crossing: Faces, bound_mm: float, locked: Mask | None) -> None:
        self.mesh, self.crossing = mesh, crossing
        groups = _clusters(crossing, np.empty((0, 2), np.int64), mesh.faces[crossing].astype(np.int64), local=True)
        corners = mesh.vertices[mesh.faces[crossing]]
        low = np.array([corners[group].min(axis=(0, 1)) for group in groups])
        high = np.array([corners[group].max(axis=(0, 1)) for group in groups])
        reach = np.maximum(bound_mm, (high - low).max(axis=1, keepdims=True))
        self.low, self.high = low - reach, high + reach
        marked = np.zeros(len(mesh.faces), bool)
        marked[crossing] = True
        self.taken = grow(marked, mesh.faces, len(mesh.vertices), _REACH_RINGS)
        self.taken |= triangles_near(mesh, self.low, self.high)
        chosen = mesh.faces[self.taken]
        used = np.zeros(len(mesh.vertices), bool)
        used[chosen] = True
        self.index = np.flatnonzero(used)
        number = np.cumsum(used) - 1
        self.local = Mesh(mesh.vertices[self.index], number[chosen])
        inside = np.bincount(chosen.ravel(), minlength=len(mesh.vertices))[self.index]
        shared = np.bincount(mesh.faces.ravel(), minlength=len(mesh.vertices))[self.index] != inside
        self.locked = shared if locked is None else shared | locked[self.index]

    def clusters(self, found: Crossings) -> list[Faces]:
        """Group the crossing triangles; members are numbers in the crop."""
        number = np.cumsum(self.taken) - 1
        pairs = np.asarray(found.pairs, np.int64).reshape(-1, 2)
        return _clusters(number[self.crossing], number[pairs], self.local.faces.astype(np.int64))

    def replace(self, local: Mesh) -> None:
        """Take a new state of the neighborhood; its first vertices are the old ones."""
        self.locked = np.concatenate([self.locked, np.zeros(len(local.vertices) - len(self.locked), bool)])
        self.local = local

    def put_back(self, vertices: FloatArray, faces: Faces) -> Mesh:
        """Return the whole mesh with a new state of the neighborhood; new vertices stand at the end."""
        count = len(self.index)
        whole = self.mesh.vertices.copy()
        whole[self.index] = vertices[:count]
        number = np.concatenate([self.index, len(whole) + np.arange(len(vertices) - count)])
        local = number[faces].astype(self.mesh.faces.dtype)
        if len(faces) == np.count_nonzero(self.taken):
            out = self.mesh.faces.copy()
            out[self.taken] = local
        else:
            out = np.concatenate([self.mesh.faces[~self.taken], local])
        return Mesh(np.concatenate([whole, vertices[count:]]), out, self.mesh.name)


def triples(faces: npt.NDArray[np.integer]) -> Faces:
    """One number for the three vertices of each triangle, whatever their order."""
    ordered = np.sort(faces.astype(np.int64), axis=1)
    return np.asarray((ordered[:, 0] << 42) + (ordered[:, 1] << 21) + ordered[:, 2])


def _clusters(crossing: Faces, pairs: Faces, faces: Faces, *, local: bool = False) -> list[Faces]:
    """Group crossing triangles that cross each other or share a vertex; members are triangle numbers."""
    corners = faces if local else faces[crossing]
    row = np.arange(len(crossing))
    nodes, vertex = np.unique(corners, return_inverse=True)
    vertex = vertex.reshape(-1, 3) + len(row)
    left, right = [np.repeat(row, 3)], [vertex.ravel()]
    if len(pairs):
        number = np.full(int(max(crossing.max(), pairs.max())) + 1, -1)
        number[crossing] = row
        left.append(number[pairs[:, 0]])
        right.append(number[pairs[:, 1]])
    rows, columns = np.concatenate(left), np.concatenate(right)
    size = len(row) + len(nodes)
    _, label = connected_components(coo_array((np.ones(len(rows)), (rows, columns)), shape=(size, size)), False)
    label = label[: len(row)]
    order = np.argsort(label, kind="stable")
    groups = np.split(order, np.flatnonzero(np.diff(label[order])) + 1)
    return groups if local else [crossing[group] for group in groups]
