"""Counts that say whether a surface is closed, and what it consists of. Numpy, or numba on large meshes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from .engine import is_compiled
from .mesh import Mesh
from .triangle_sums import WORTH_COMPILING


@dataclass(frozen=True)
class EdgeTable:
    """Every undirected edge of a mesh once.

    Attributes
    ----------
    vertices : (e, 2) int64
        Lower and higher vertex index.
    face_count : (e,) int64
        How many triangles use it: 1 open, 2 regular, more non-manifold.
    winding : (e,) int64
        Uses in the direction low to high minus uses the other way; 0 where two neighbors agree.
    of_face : (m, 3) int64
        Edge number of each triangle's sides 0-1, 1-2, 2-0.
    """

    vertices: npt.NDArray[np.int64]
    face_count: npt.NDArray[np.int64]
    winding: npt.NDArray[np.int64]
    of_face: npt.NDArray[np.int64]

    @property
    def open_edges(self) -> int:
        """Edges with one triangle."""
        return int(np.count_nonzero(self.face_count == 1))

    @property
    def non_manifold_edges(self) -> int:
        """Edges with more than two triangles."""
        return int(np.count_nonzero(self.face_count > 2))

    @property
    def misoriented_edges(self) -> int:
        """Edges whose two triangles look in opposite directions."""
        return int(np.count_nonzero((self.face_count == 2) & (self.winding != 0)))


def edge_table(mesh: Mesh) -> EdgeTable:
    """List the edges of a mesh with how often and in which direction triangles use them."""
    if len(mesh.faces) >= WORTH_COMPILING and is_compiled():
        from ._kernels_mesh import edges

        of_face = np.empty(mesh.faces.shape, np.int64)
        ends, uses, backward = edges(mesh.faces, len(mesh.vertices), of_face)
        if len(ends):
            return EdgeTable(ends, uses, uses - 2 * backward, of_face)
    key = _half_edge_keys(mesh)
    order = np.argsort(key)
    sorted_key = key[order]
    backward = sorted_key & 1
    sorted_key >>= 1
    first = np.ones(len(key), bool)
    np.not_equal(sorted_key[1:], sorted_key[:-1], out=first[1:])
    begin = np.flatnonzero(first)
    of_half_edge = np.empty(len(key), np.int64)
    of_half_edge[order] = np.cumsum(first) - 1
    unique = sorted_key[begin]
    face_count = np.diff(np.append(begin, len(key)))
    backward_uses = np.add.reduceat(backward, begin) if len(begin) else backward
    count = max(len(mesh.vertices), 1)
    low = unique // count
    return EdgeTable(
        vertices=np.stack([low, unique - low * count], axis=1),
        face_count=face_count,
        winding=face_count - 2 * backward_uses,
        of_face=of_half_edge.reshape(-1, 3),
    )


@dataclass(frozen=True)
class EdgeCounts:
    """How many edges a mesh has, and how many of them are open, non-manifold, or wound against each other."""

    edges: int
    open_edges: int
    non_manifold_edges: int
    misoriented_edges: int


def edge_counts(mesh: Mesh) -> EdgeCounts:
    """Count the kinds of edges without listing them, at most once as long as the mesh lives."""
    counts: EdgeCounts = mesh.derived("edge_counts", _edge_counts)
    return counts


def _edge_counts(mesh: Mesh) -> EdgeCounts:
    if len(mesh.faces) >= WORTH_COMPILING and len(mesh.faces) % 2 == 0 and is_compiled():
        from ._kernels_mesh import is_regular

        if is_regular(mesh.faces, len(mesh.vertices)):
            return EdgeCounts(3 * len(mesh.faces) // 2, 0, 0, 0)
    else:
        # One sort of one number per side.
        key = _half_edge_keys(mesh)
        key.sort()
        if len(key) % 2 == 0 and bool((key[0::2] & 1 == 0).all()) and bool((key[0::2] + 1 == key[1::2]).all()):
            undirected = key[0::2] >> 1
            if bool((undirected[1:] != undirected[:-1]).all()):
                return EdgeCounts(len(undirected), 0, 0, 0)
    table: EdgeTable = mesh.derived("edges", edge_table)  # whoever wants to know where will ask for it
    return EdgeCounts(len(table.face_count), table.open_edges, table.non_manifold_edges, table.misoriented_edges)


def _half_edge_keys(mesh: Mesh) -> npt.NDArray[np.int64]:
    """One number (3m,) per side of a triangle: the edge, doubled, plus the direction."""
    faces = mesh.faces
    start = faces.astype(np.int64)
    stop = start[:, (1, 2, 0)]
    low, high = np.minimum(start, stop), np.maximum(start, stop)
    return ((low * max(len(mesh.vertices), 1) + high) * 2 + (start > stop)).ravel()


def face_parts(mesh: Mesh) -> tuple[int, npt.NDArray[np.int64]]:
    """Split the triangles into parts that share vertices.

    Returns
    -------
    count : int
        Number of parts.
    label : (m,) int64
        Part of each triangle.
    """
    parts: tuple[int, npt.NDArray[np.int64]] = mesh.derived("parts", _face_parts)
    return parts


def _face_parts(mesh: Mesh) -> tuple[int, npt.NDArray[np.int64]]:
    if mesh.is_empty:
        return 0, np.empty(0, np.int64)
    faces = mesh.faces
    if len(faces) >= WORTH_COMPILING and is_compiled():
        from . import _kernels_mesh as kernels

        count, label = kernels.parts(faces, len(mesh.vertices))
        return int(count), label
    size = len(mesh.vertices)
    rows = np.concatenate([faces[:, 0], faces[:, 1]])
    columns = np.concatenate([faces[:, 1], faces[:, 2]])
    graph = coo_array((np.ones(len(rows), np.bool_), (rows, columns)), shape=(size, size))
    _, label = connected_components(graph, directed=False)
    of_face = label[faces[:, 0]]
    used = np.zeros(int(of_face.max()) + 1, bool)
    used[of_face] = True
    number = np.cumsum(used) - 1
    return int(used.sum()), number[of_face]


def non_manifold_vertices(mesh: Mesh, edges: EdgeTable | None = None) -> npt.NDArray[np.int64]:
    """Vertices where two fans of triangles touch in a point only, ascending.

    A vertex is regular when its triangles form one fan: joined pairwise through edges at the vertex. Edges with more
    than two triangles join all of them, so that a pinch along an edge is counted there and not twice.
    """
    if mesh.is_empty:
        return np.empty(0, np.int64)
    table = edge_table(mesh) if edges is None else edges
    irregular = (table.face_count != 2) | (table.winding != 0)
    odd = np.zeros(len(mesh.vertices), bool)
    odd[table.vertices[irregular]] = True
    regular = _several_fans(mesh, table, odd)
    if not irregular.any():
        return regular
    near = Mesh(mesh.vertices, mesh.faces[odd[mesh.faces].any(axis=1)])
    others = _several_groups(near, edge_table(near))
    return np.union1d(regular, others[odd[others]])


def _several_groups(mesh: Mesh, table: EdgeTable) -> npt.NDArray[np.int64]:
    """Vertices whose corners do not all hang together, with any edges."""
    corners = 3 * len(mesh.faces)
    # Two corners at one vertex are joined when their triangles share an edge at that vertex. Side s of a triangle
    # runs from corner s to corner s+1, so each side speaks for two corners.
    corner = np.arange(corners).reshape(-1, 3)
    side_edge = np.concatenate([table.of_face.ravel(), table.of_face.ravel()])
    side_corner = np.concatenate([corner.ravel(), np.roll(corner, -1, axis=1).ravel()])
    side_vertex = mesh.faces.ravel()[side_corner].astype(np.int64)
    group = side_edge * 2 + (side_vertex == table.vertices[side_edge, 1])
    order = np.argsort(group, kind="stable")
    same = group[order][1:] == group[order][:-1]
    left, right = side_corner[order][:-1][same], side_corner[order][1:][same]
    graph = coo_array((np.ones(len(left), np.bool_), (left, right)), shape=(corners, corners))
    _, fan = connected_components(graph, directed=False)
    fan_vertex = np.empty(fan.max() + 1, np.int64)
    fan_vertex[fan] = mesh.faces.ravel()
    fans_at = np.bincount(fan_vertex, minlength=len(mesh.vertices))
    return np.flatnonzero(fans_at > 1)


def _several_fans(mesh: Mesh, table: EdgeTable, odd: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    """Vertices with more than one fan, but odd ones, which have edges that are not regular.

    Walks round each from triangle to triangle and counts the corners met.
    """
    if len(mesh.faces) >= WORTH_COMPILING and is_compiled():
        from . import _kernels_mesh as kernels

        return np.flatnonzero(kernels.several_fans(mesh.faces, table.of_face, len(table.face_count), odd))
    sides = np.argsort(table.of_face.ravel(), kind="stable")
    sides = sides[(table.face_count == 2)[table.of_face.ravel()[sides]]]  # the two of an edge stand next to each other
    twin = np.full(3 * len(mesh.faces), -1, np.int64)
    twin[sides[0::2]] = sides[1::2]
    twin[sides[1::2]] = sides[0::2]
    # Side s of a triangle starts at corner s. Its twin starts at the other end, so the corner after the twin's is the
    # same vertex in the next triangle.
    following = twin - twin % 3 + (twin % 3 + 1) % 3
    of_corner = mesh.faces.ravel()
    valence = np.bincount(of_corner, minlength=len(mesh.vertices))
    first = np.full(len(mesh.vertices), -1, np.int64)
    first[of_corner] = np.arange(len(of_corner))
    walking = np.flatnonzero((first >= 0) & ~odd)
    corner = following[first[walking]]
    met = np.ones(len(mesh.vertices), np.int64)
    while len(walking):
        on = corner != first[walking]
        walking, corner = walking[on], corner[on]
        met[walking] += 1
        corner = following[corner]
    return np.flatnonzero((valence > 0) & ~odd & (met != valence))


def is_closed_manifold(mesh: Mesh) -> bool:
    """True when every edge has two triangles that agree in direction and every vertex has one fan."""
    if mesh.is_empty:
        return False
    table = edge_table(mesh)
    regular = (table.face_count == 2) & (table.winding == 0)
    return bool(regular.all()) and len(non_manifold_vertices(mesh, table)) == 0


def boundary_loops(mesh: Mesh, edges: EdgeTable | None = None) -> list[npt.NDArray[np.int64]]:
    """Chain the open edges into loops of vertices.

    A loop runs so that a patch with this order of vertices agrees in direction with the triangles around it. Where
    several holes meet in one vertex the loops are told apart by walking round the fan of triangles.
    """
    table = edge_table(mesh) if edges is None else edges
    open_side = table.face_count[table.of_face] == 1
    face_index, side = np.nonzero(open_side)
    start = mesh.faces[face_index, side].astype(np.int64)
    stop = mesh.faces[face_index, (side + 1) % 3].astype(np.int64)
    # The patch runs against the neighboring triangle's own direction.
    following: dict[int, list[int]] = {}
    for a, b in zip(stop.tolist(), start.tolist(), strict=True):
        following.setdefault(a, []).append(b)
    loops = []
    while following:
        first = next(iter(following))
        path, position = [first], {first: 0}
        while path:
            here = path[-1]
            targets = following.get(here)
            if not targets:
                path.pop()  # a chain that ends in the open: only at misoriented edges
                position.pop(here, None)
                continue
            there = targets.pop()
            if not targets:
                del following[here]
            if there in position:
                cut = position[there]
                loop = path[cut:]
                for vertex in loop[1:]:
                    position.pop(vertex, None)
                del path[cut + 1 :]
                loops.append(np.array(loop, np.int64))
                if len(path) == 1 and path[0] not in following:
                    break
            else:
                position[there] = len(path)
                path.append(there)
    return [loop for loop in loops if len(loop) >= 2]
