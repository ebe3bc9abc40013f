"""What each plug added, measured on the surfaces before and after: volume, distance from the source, standing out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from ...engine import is_compiled
from ...mesh import FloatArray, IntArray, Mesh, concatenate, six_fold_volumes
from ...spatial import exact_weld, index_of
from ...triangle_sums import WORTH_COMPILING
from ..outer import even_directions
from .openings import Bools, Opening

ON_SOURCE_MM = 1e-6
"""A vertex so near to the source surface lies on it: a boolean's new vertices are off by rounding."""
LOOKS = 256
"""Directions in which standing out is looked for: the farthest of them is within two percent of the true one."""
SAMPLES = 9
"""Points along each side of the box of a plug that count how much of it was air, where plugs share a change."""

Int64Array = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Added:
    """What one plug added: mm3, and mm from the source and beyond its rim."""

    volume_mm3: float
    farthest_mm: float
    stands_out_mm: float


@dataclass(frozen=True, eq=False)
class Difference:
    """Triangles that only one of two surfaces has, on common vertices, and which of them hang together.

    Attributes
    ----------
    vertices : (n, 3) float64
    gone, new : (g, 3), (k, 3) int32
        Triangles of the first and of the second surface alone.
    same : (s, 3) int32
        Triangles of both.
    gone_label, new_label : (g,), (k,) int64
        Places of change, numbered from 0. The triangles of each bound what was added there, or taken away.
    volume_mm3 : (c,) float64
        What was added at each place.
    """

    vertices: FloatArray
    gone: IntArray
    new: IntArray
    same: IntArray
    gone_label: Int64Array
    new_label: Int64Array
    volume_mm3: FloatArray

    def chosen(self, places: Bools, name: str) -> Mesh:
        """Make the surface that is the second one at some places (c,) and the first one at the others."""
        faces = [self.same, self.new[places[self.new_label]], self.gone[~places[self.gone_label]]]
        return Mesh(self.vertices, np.concatenate(faces), name).without_unused_vertices()

    def largest(self, values: FloatArray) -> FloatArray:
        """Largest of the values (n,) of vertices at each place (c,)."""
        out = np.full(len(self.volume_mm3), -np.inf)
        np.maximum.at(out, np.repeat(self.gone_label, 3), values[self.gone].reshape(-1))
        np.maximum.at(out, np.repeat(self.new_label, 3), values[self.new].reshape(-1))
        return out

    def middles(self) -> FloatArray:
        """Middle (c, 3) of the corners at each place."""
        label = np.repeat(np.concatenate([self.gone_label, self.new_label]), 3)
        corner = self.vertices[np.concatenate([self.gone, self.new]).reshape(-1)]
        count = len(self.volume_mm3)
        size = np.bincount(label, minlength=count)
        return np.stack([np.bincount(label, corner[:, k], count) / size for k in range(3)], axis=1)


def difference(before: Mesh, after: Mesh) -> Difference:
    """Find where two closed surfaces differ, by exactly equal triangles, and how much was added at each place.

    Where two closed surfaces share triangles, the others bound what was added: its volume follows from them alone.
    """
    both = exact_weld(concatenate([before, after]))
    alone = ~_there_twice(both.faces)
    gone = both.faces[: len(before.faces)][alone[: len(before.faces)]]
    now, is_new = both.faces[len(before.faces) :], alone[len(before.faces) :]
    new, same = now[is_new], now[~is_new]
    faces = np.concatenate([gone, new])
    if not len(faces):
        nothing = np.empty(0, np.int64)
        return Difference(both.vertices, gone, new, same, nothing, nothing, np.empty(0))
    ends = np.concatenate([faces[:, :2], faces[:, 1:]])
    graph = coo_array((np.ones(len(ends), bool), ends.T), shape=(len(both.vertices),) * 2)
    label = connected_components(graph, directed=False)[1][faces[:, 0]]
    label = np.unique(label, return_inverse=True)[1].reshape(-1)
    count = int(label.max()) + 1
    corner = np.zeros((count, 3))
    corner[label] = both.vertices[faces[:, 0]]  # volumes from a place near by lose no digits
    places = both.vertices[faces] - corner[label][:, None]
    sign = np.where(np.arange(len(faces)) < len(gone), -1.0, 1.0)
    own = np.arange(3 * len(faces), dtype=np.int32).reshape(-1, 3)
    volume = np.bincount(label, sign * six_fold_volumes(places.reshape(-1, 3), own), count) / 6.0
    return Difference(both.vertices, gone, new, same, label[: len(gone)], label[len(gone) :], volume)


def _there_twice(faces: IntArray) -> Bools:
    """Which triangles (m,) are there twice, with the same corners in the same order of rotation."""
    if len(faces) >= WORTH_COMPILING and is_compiled():
        from . import _kernels_same as kernels

        return np.asarray(kernels.there_twice(faces))
    a, b, c = faces.T
    begins, middle = (a < b) & (a < c), (b < a) & (b < c)
    low = np.where(begins, a, np.where(middle, b, c))
    second = np.where(begins, b, np.where(middle, c, a))
    third = np.where(begins, c, np.where(middle, a, b))
    order = np.lexsort((third, second, low))
    one, other = order[1:], order[:-1]
    equal = (low[one] == low[other]) & (second[one] == second[other]) & (third[one] == third[other])
    out = np.zeros(len(faces), bool)
    out[one[equal]] = out[other[equal]] = True
    return out


def added_by(source: Mesh, after: Mesh, openings: Sequence[Opening], bodies: Sequence[Mesh]) -> list[Added]:
    """Tell what each plug added to the source: volume, distance from it, and how far it stands out of its rim.

    A surface that only goes on from the rim of an opening, as a soap film does, stays within the convex hull of the
    rim. How far a plug's own surface leaves that hull is how far it stands out.

    Parameters
    ----------
    source, after : Mesh
        The model before and after plugs were united with it.
    openings, bodies : sequence of Opening, sequence of Mesh
        The opening and the body of each plug.
    """
    changed = difference(source, after)
    used = np.unique(changed.new)
    distance = np.zeros(len(changed.vertices))
    distance[used] = index_of(source).closest(changed.vertices[used]).distance_mm if len(used) else 0.0
    off = distance > ON_SOURCE_MM
    membranes = [one.membrane.points for one in openings]
    owner = np.repeat(np.arange(len(openings)), [len(points) for points in membranes])
    nearest = np.full(len(changed.vertices), -1)
    rows = np.flatnonzero(off)
    if len(rows):
        nearest[rows] = owner[cKDTree(np.concatenate(membranes)).query(changed.vertices[rows])[1]]
    farthest = np.zeros(len(openings))
    np.maximum.at(farthest, nearest[rows], distance[rows])
    volume = _volumes(source, changed, nearest, bodies)
    free = off[changed.new].any(axis=1)
    standing = _standing(changed, changed.new[free], off, nearest, len(openings))
    return [Added(*(float(v) for v in row)) for row in zip(volume, farthest, standing, strict=True)]


def _volumes(source: Mesh, changed: Difference, nearest: Int64Array, bodies: Sequence[Mesh]) -> FloatArray:
    """Volume (k,) that each plug added; where several changed one place, in proportion to what each had to fill."""
    out = np.zeros(len(bodies))
    label = np.repeat(changed.new_label, 3)
    own = nearest[changed.new.reshape(-1)]
    pairs = np.unique(np.stack([label[own >= 0], own[own >= 0]], axis=1), axis=0)
    shared = pairs[:, 0][1:][pairs[1:, 0] == pairs[:-1, 0]]
    air = _air(source, bodies, np.unique(pairs[np.isin(pairs[:, 0], shared), 1]))
    for number in np.unique(pairs[:, 0]):
        plugs = pairs[pairs[:, 0] == number, 1]
        share = np.ones(1)
        if len(plugs) > 1:
            share = air[plugs]
            share = share / share.sum() if share.sum() > 0.0 else np.full(len(plugs), 1.0 / len(plugs))
        out[plugs] += share * changed.volume_mm3[number]
    return out


def _air(source: Mesh, bodies: Sequence[Mesh], chosen: Int64Array) -> FloatArray:
    """Volume (k,) of the chosen ones of some bodies outside the source, counted on a grid; 0 of the others."""
    out = np.zeros(len(bodies))
    if not len(chosen):
        return out
    steps = (np.arange(SAMPLES) + 0.5) / SAMPLES
    grid = np.stack(np.meshgrid(steps, steps, steps), axis=-1).reshape(-1, 3)
    points = [bodies[k].bounds[0] + bodies[k].size_mm * grid for k in chosen]
    inside = [lot[index_of(bodies[k]).contains(lot)] for k, lot in zip(chosen, points, strict=True)]
    free = ~index_of(source).contains(np.concatenate(inside))
    count = np.bincount(np.repeat(chosen, [len(lot) for lot in inside])[free], minlength=len(bodies))
    for k in chosen:
        out[k] = bodies[k].size_mm.prod() * count[k] / SAMPLES**3
    return out


def _standing(changed: Difference, free: IntArray, off: Bools, nearest: Int64Array, count: int) -> FloatArray:
    """How far (count,) the surface of each plug, by patches of free triangles, leaves the convex hull of its rim."""
    out = np.zeros(count)
    if not len(free):
        return out
    ends = np.concatenate([free[:, :2], free[:, 1:]])
    graph = coo_array((np.ones(len(ends), bool), ends.T), shape=(len(off),) * 2)
    label = connected_components(graph, directed=False)[1]
    vertices = np.unique(free)
    vertices = vertices[np.argsort(label[vertices], kind="stable")]
    looks = even_directions(LOOKS)
    for patch in np.split(vertices, np.flatnonzero(np.diff(label[vertices])) + 1):
        rim, own = patch[~off[patch]], patch[off[patch]]
        if not len(rim):
            continue  # a cavity that a plug closed inside: it has no rim
        places = changed.vertices[own]
        beyond = places @ looks.T - (changed.vertices[rim] @ looks.T).max(axis=0)
        height = beyond.max(axis=1)
        np.maximum.at(out, nearest[own], height)
    return out
