"""The dead ends of a tree of vessels: where the way along its surface goes no farther.

The distance along the surface from one dead end grows to all others, and has a peak at each. The surface is divided
into slabs of about equal distance; connected pieces of slabs are the nodes of a small graph (a Reeb graph, Shinagawa
and Kunii 1991), and a peak counts when the distance falls far enough before it meets a higher peak (its persistence,
Edelsbrunner, Letscher and Zomorodian 2002).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components, dijkstra

from ...mesh import FloatArray, Mesh
from ...topology import edge_table

SLAB_EDGES = 2.0
"""Height of a slab in median edges: few enough for a vessel a few edges thick, enough to hang together."""
TIP_REACH = 2.0
"""A front at so many of its own radii from the tip has left the cap: half a sphere ends at pi / 2 of them."""
STEP = 1.25
"""Growth of the front from one trial to the next."""
LEAST_LENGTH = 1.0
"""A dead end shorter than so many diameters of its own is a bulge, not an end."""
LEAST_WHOLE = 4.5
"""A piece whose surface is shorter than so many radii from end to end is a ball (3.1 to 3.5 of them along edges) or a
lump, without ends."""

Int64Array = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Tip:
    """A dead end.

    Attributes
    ----------
    vertex : int
        The farthest vertex of it.
    place_mm : (3,) float64
        Where that is, LPS.
    center_mm : (3,) float64
        A point of the middle line, about one radius and more inside.
    radius_mm : float
        Of the vessel there.
    """

    vertex: int
    place_mm: FloatArray
    center_mm: FloatArray
    radius_mm: float


class SurfaceGraph:
    """Edges of a welded mesh as ways along its surface."""

    def __init__(self, mesh: Mesh) -> None:
        table = edge_table(mesh)
        a, b = table.vertices.T.astype(np.int64)
        length = np.linalg.norm(mesh.vertices[a] - mesh.vertices[b], axis=1)
        n = len(mesh.vertices)
        self.mesh, self.edges, self.length = mesh, np.stack([a, b], axis=1), length
        self.ways = csr_array(coo_array((np.concatenate([length, length]), (np.r_[a, b], np.r_[b, a])), shape=(n, n)))

    def distance(self, start: Int64Array, limit_mm: float = np.inf) -> FloatArray:
        """Way (n,) from the nearest of some vertices to each; infinite beyond the limit."""
        return np.asarray(dijkstra(self.ways, indices=start, min_only=True, limit=limit_mm))


def tips_of(graph: SurfaceGraph) -> list[Tip]:
    """Find the dead ends of every piece of the surface, the most distant first."""
    mesh = graph.mesh
    if mesh.is_empty:
        return []
    count, piece = connected_components(graph.ways, directed=False)
    used = mesh.used_vertices
    _, first = np.unique(piece[used], return_index=True)
    starts = _farthest(graph.distance(used[first]), piece, count, used)
    distance = graph.distance(starts)
    whole = np.zeros(count)
    np.maximum.at(whole, piece[used], distance[used])
    found = [(int(vertex), np.inf) for vertex in starts] + _peaks(graph, distance)
    out: list[Tip] = []
    for vertex, length in found:
        tip = _tip(graph, vertex)
        if tip is None or length < LEAST_LENGTH * 2.0 * tip.radius_mm:
            continue
        if whole[piece[vertex]] >= LEAST_WHOLE * tip.radius_mm:
            out.append(tip)
    return out


def _farthest(distance: FloatArray, piece: npt.NDArray[np.integer], count: int, used: Int64Array) -> Int64Array:
    order = used[np.lexsort((distance[used], piece[used]))]
    last = np.flatnonzero(np.append(piece[order][1:] != piece[order][:-1], True))
    return order[last]


def _peaks(graph: SurfaceGraph, distance: FloatArray) -> list[tuple[int, float]]:
    """Peaks of the distance with the fall to where each meets a higher one, the highest first."""
    used = graph.mesh.used_vertices
    slab = np.zeros(len(distance), np.int64)
    slab[used] = np.floor(distance[used] / (SLAB_EDGES * float(np.median(graph.length)))).astype(np.int64)
    a, b = graph.edges.T
    level = slab[a] == slab[b]
    n = len(distance)
    _, node = connected_components(coo_array((np.ones(level.sum(), bool), (a[level], b[level])), shape=(n, n)), False)
    by_height = used[np.lexsort((distance[used], node[used]))]
    last = np.append(node[by_height][1:] != node[by_height][:-1], True)
    top = np.full(int(node.max()) + 1, -1, np.int64)
    top[node[by_height[last]]] = by_height[last]
    links = np.unique(np.stack([node[a[~level]], node[b[~level]]], axis=1), axis=0)
    return _persistent(top, distance, slab, links)


def _persistent(top: Int64Array, distance: FloatArray, slab: Int64Array, links: Int64Array) -> list[tuple[int, float]]:
    nodes = np.flatnonzero(top >= 0)
    height = {int(k): float(distance[top[k]]) for k in nodes}
    beside: dict[int, list[int]] = {int(k): [] for k in nodes}
    for a, b in links.tolist():
        beside[a].append(b)
        beside[b].append(a)
    order = sorted(height, key=lambda k: (-slab[top[k]], -height[k], k))
    owner: dict[int, int] = {}
    peak: dict[int, int] = {}
    out: list[tuple[int, float]] = []

    def root(k: int) -> int:
        while owner[k] != k:
            owner[k] = owner[owner[k]]
            k = owner[k]
        return k

    for k in order:
        owner[k], peak[k] = k, k
        for other in beside[k]:
            if other not in owner:
                continue
            one, two = root(k), root(other)
            if one == two:
                continue
            high, low = (one, two) if height[peak[one]] >= height[peak[two]] else (two, one)
            if peak[low] != k:
                out.append((int(top[peak[low]]), height[peak[low]] - height[k]))
            owner[low] = high
    out += [(int(top[peak[k]]), np.inf) for k in order if owner[k] == k]
    return sorted(out, key=lambda item: -distance[item[0]])


def _tip(graph: SurfaceGraph, vertex: int) -> Tip | None:
    """Let a front run from the tip until it has left the cap; None where it never becomes a ring."""
    mesh = graph.mesh
    place = mesh.vertices[vertex]
    limit = 4.0 * float(np.median(graph.length))
    largest = float(np.linalg.norm(mesh.size_mm))
    while limit < largest:
        distance = graph.distance(np.array([vertex]), limit)
        a, b = graph.edges[np.isfinite(distance[graph.edges]).any(axis=1)].T
        out = np.where(np.isfinite(distance[a]), b, a)
        crossing = np.isfinite(distance[a]) != np.isfinite(distance[b])
        ring = mesh.vertices[np.unique(out[crossing])]
        if not len(ring):
            return None  # a small piece that has no far side
        center = ring.mean(axis=0)
        radius = float(np.linalg.norm(ring - center, axis=1).mean())
        if limit >= TIP_REACH * radius:
            return Tip(vertex, place, center, radius)
        limit *= STEP
    return None
