"""A piece of a surface that is changed by itself and put back: its border stays, so the rest never knows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from ..mesh import FloatArray, Mesh
from ..topology import EdgeTable, edge_table
from .flips import flipped
from .refine import split_edges
from .rows import any_in_row

MOST_PASSES = 24
"""An edge is halved at most so often."""
FLAT_SHARE = 2.5e-4
"""Edges are turned where the surface is flat to this share of the longest edge."""

SIZE_CLASSES = (50.0, 80.0, 95.0, 99.0)
"""Percentiles of the size of triangles: what is near is sought for those of about one size at once."""

Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Patch:
    """Triangles of a mesh, with where their vertices came from.

    Attributes
    ----------
    vertices, original : (n, 3) float64
        Where they stand, and their place on the surface as it was.
    faces : (m, 3) int32
    number : (k,) int64
        Vertices of the whole mesh that the first k are.
    taken : (t,) bool
        Triangles of the whole mesh that the patch replaces.
    marked : (m,) bool
        Triangles that are looked at; their pieces stay marked when they are split.
    """

    vertices: FloatArray
    original: FloatArray
    faces: npt.NDArray[np.int32]
    number: Ints
    taken: Bools
    marked: Bools

    @cached_property
    def table(self) -> EdgeTable:
        """Its edges."""
        return edge_table(Mesh(self.vertices, self.faces, ""))

    @property
    def edges(self) -> Ints:
        """Ends of its edges, (e, 2)."""
        return self.table.vertices

    @cached_property
    def sides(self) -> tuple[Ints, Ints]:
        """Both triangles at each edge, (e,) and (e,); at the border twice the same."""
        flat = self.table.of_face.ravel()
        order = np.argsort(flat, kind="stable")
        begin = np.searchsorted(flat[order], np.arange(len(self.edges)))
        last = np.append(begin[1:], len(flat)) - 1
        return order[begin] // 3, order[last] // 3

    @cached_property
    def fixed(self) -> Bools:
        """Vertices on the border."""
        out = np.zeros(len(self.vertices), bool)
        out[self.edges[self.table.face_count != 2]] = True
        return out

    def moved_to(self, vertices: FloatArray) -> Patch:
        """The same triangles elsewhere."""
        out = replace(self, vertices=vertices)
        for name in ("table", "sides", "fixed"):
            if name in self.__dict__:
                out.__dict__[name] = self.__dict__[name]
        return out

    def refined(self, chosen: Bools, edge_mm: float) -> Patch:
        """Split the chosen triangles (m,) until none of their edges is longer; the border stays as it is.

        The longest edge of each is halved: halving all edges of a long thin triangle makes thinner ones (Rivara 1984,
        doi:10.1002/nme.1620200412). Where the surface is flat the pieces are then joined better.
        """
        if not chosen.any():
            return self
        near = np.zeros(len(self.vertices), bool)
        near[self.faces[chosen]] = True
        taken = any_in_row(near[self.faces])
        used = np.unique(self.faces[taken])
        own = np.full(len(self.vertices), -1, np.int32)
        own[used] = np.arange(len(used))
        both = np.concatenate([self.vertices[used], self.original[used]], axis=1)
        flags = np.stack([chosen[taken], self.marked[taken], np.zeros(np.count_nonzero(taken), bool)], axis=1)
        both, faces, flags = _all_split(both, own[self.faces[taken]], flags, edge_mm)
        if len(both) == len(used):
            return self
        at, was = np.ascontiguousarray(both[:, :3]), np.ascontiguousarray(both[:, 3:])
        number = np.concatenate([used, len(self.vertices) + np.arange(len(both) - len(used))])
        return Patch(
            np.concatenate([self.vertices, at[len(used) :]]),
            np.concatenate([self.original, was[len(used) :]]),
            np.concatenate([self.faces[~taken], number[faces]]).astype(np.int32),
            self.number,
            self.taken,
            np.concatenate([self.marked[~taken], flags[:, 1]]),
        )

    def put_back(self, mesh: Mesh) -> Mesh:
        """The whole mesh with this patch in its place."""
        vertices = np.concatenate([mesh.vertices, self.vertices[len(self.number) :].astype(np.float32)])
        moved = (self.vertices[: len(self.number)] != self.original[: len(self.number)]).any(axis=1)
        rows = np.flatnonzero(moved)
        vertices[self.number[rows]] = self.vertices[rows].astype(np.float32)
        number = np.concatenate([self.number, len(mesh.vertices) + np.arange(len(self.vertices) - len(self.number))])
        faces = np.concatenate([mesh.faces[~self.taken], number[self.faces]]).astype(np.int32)
        return Mesh(vertices, faces, mesh.name)


def _all_split(
    both: FloatArray, faces: npt.NDArray[np.int32], flags: Bools, edge_mm: float
) -> tuple[FloatArray, npt.NDArray[np.int32], Bools]:
    """Split edges of triangles with the first flag; pieces get the third one."""
    at, was = np.ascontiguousarray(both[:, :3]), np.ascontiguousarray(both[:, 3:])
    alike = flags[:, 0] + 2 * flags[:, 1].astype(np.int64)
    # Slivers that are there already would only be cut into more of them.
    faces = flipped(at, was, faces, np.flatnonzero(flags[:, 0]), alike, FLAT_SHARE * edge_mm)
    for _ in range(MOST_PASSES):
        table = edge_table(Mesh(np.ascontiguousarray(both[:, :3]), faces, ""))
        ends = both[table.vertices, :3]
        length = np.linalg.norm(ends[:, 0] - ends[:, 1], axis=1)
        length[(length <= edge_mm) | (table.face_count != 2)] = 0.0
        sides = table.of_face[flags[:, 0]]
        split = np.zeros(len(length), bool)
        split[sides[np.arange(len(sides)), length[sides].argmax(axis=1)]] = True
        split &= length > 0.0
        if not split.any():
            break
        flags[:, 2] |= any_in_row(split[table.of_face])
        both, faces, flags = split_edges(both, faces, flags, table.of_face, table.vertices, split)
        at, was = np.ascontiguousarray(both[:, :3]), np.ascontiguousarray(both[:, 3:])
        alike = flags[:, 0] + 2 * flags[:, 1].astype(np.int64)
        faces = flipped(at, was, faces, np.flatnonzero(flags[:, 2]), alike, FLAT_SHARE * edge_mm)
    return both, faces, flags


def taken_out(mesh: Mesh, marked: Bools, reach_mm: float) -> Patch:
    """Take the marked triangles (m,) of a mesh out, with all within reach of them."""
    taken = marked.copy()
    if marked.any():
        middle = mesh.triangles[marked].mean(axis=1)
        near = np.concatenate([mesh.vertices[np.unique(mesh.faces[marked])], middle])
        others = np.flatnonzero(~marked)
        taken[others] = within(mesh.vertices[mesh.faces[others]], near, reach_mm)
    used = np.unique(mesh.faces[taken])
    number = np.full(len(mesh.vertices), -1, np.int32)
    number[used] = np.arange(len(used))
    at = np.asarray(mesh.vertices)[used]
    return Patch(at, at, number[mesh.faces[taken]], used.astype(np.int64), taken, marked[taken])


def crop(mesh: Mesh, near: FloatArray, reach_mm: float) -> Bools:
    """Triangles (m,) within reach of places (k, 3), and some more."""
    return within(mesh.triangles, near, reach_mm)


def within(triangles: FloatArray, near: FloatArray, reach_mm: float) -> Bools:
    """Tell which spheres round triangles (m, 3, 3) come within reach of places (k, 3)."""
    return spheres_within(*spheres(triangles), near, reach_mm)


def spheres_within(middle: FloatArray, size: FloatArray, near: FloatArray, reach_mm: float) -> Bools:
    """Tell which spheres with middles (m, 3) and radii (m,) come within reach of places (k, 3)."""
    mask = np.zeros(len(middle), bool)
    if not len(middle) or not len(near):
        return mask
    tree = cKDTree(near)
    # A few long triangles must not make the search wide for all others.
    largest = np.percentile(size, SIZE_CLASSES)
    kind = np.searchsorted(largest, size)
    for number, most in enumerate([*largest, np.inf]):
        rows = np.flatnonzero(kind == number)
        if len(rows):
            distance, _ = tree.query(middle[rows], distance_upper_bound=reach_mm + most, workers=-1)
            mask[rows] = distance <= reach_mm + size[rows]
    return mask


def spheres(triangles: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Middle (m, 3) of triangles (m, 3, 3), and how far the farthest corner is from there, (m,)."""
    a, b, c = triangles[:, 0], triangles[:, 1], triangles[:, 2]
    middle = (a + b + c) / 3.0
    arms = (a - middle, b - middle, c - middle)
    farthest = np.maximum.reduce([np.einsum("fx,fx->f", arm, arm) for arm in arms])
    return middle, np.sqrt(farthest)
