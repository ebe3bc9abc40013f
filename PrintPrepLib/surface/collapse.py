"""A simplified surface as groups of original vertices, so that any place can get its full detail back.

The edge collapses of a quadric simplification (Garland and Heckbert 1997) merge vertices into groups. The simplified
mesh is the original with each group drawn together in one point. Opening a group restores the original vertices there
bit for bit. So where simplifying would pinch a neck, lose a piece, cross a wall or go beyond the tolerance, that place
keeps its full resolution, and the topology of the whole is that of the original.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..errors import GeometryError
from ..mesh import FloatArray, Mesh
from ..topology import edge_table, face_parts, non_manifold_vertices

AGGRESSIVENESS = 7
"""fast-simplification's own default: lower values stall half way, measured on skulls."""

LEAST_PART_TRIANGLES = 4
"""A closed piece needs a tetrahedron."""

Int64Array = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Collapse:
    """Groups of vertices of an original mesh.

    Attributes
    ----------
    original : Mesh
        What was simplified.
    group : (n,) int64
        Vertex that stands for each original vertex; itself where nothing was merged.
    place : (n, 3) float64
        Where the vertex that stands for a group lies.
    """

    original: Mesh
    group: Int64Array
    place: FloatArray

    def mesh(self) -> tuple[Mesh, Int64Array, Int64Array]:
        """Return the simplified mesh, the group of each of its vertices, and the original face of each of its faces."""
        faces = self.group[self.original.faces]
        kept = (faces[:, 0] != faces[:, 1]) & (faces[:, 1] != faces[:, 2]) & (faces[:, 2] != faces[:, 0])
        faces = faces[kept]
        used = np.zeros(len(self.group), bool)
        used[faces.ravel()] = True
        number = np.cumsum(used) - 1
        groups = np.flatnonzero(used)
        return Mesh(self.place[groups], number[faces], self.original.name), groups, np.flatnonzero(kept)

    def opened(self, groups: Int64Array) -> Collapse:
        """Return the collapse with these groups given back their original vertices."""
        chosen = np.zeros(len(self.group), bool)
        chosen[groups] = True
        restored = chosen[self.group]
        group, place = self.group.copy(), self.place.copy()
        group[restored] = np.flatnonzero(restored)
        place[restored] = self.original.vertices[restored]
        return Collapse(self.original, group, place)


def collapse(mesh: Mesh, triangles: int) -> Collapse:
    """Collapse edges until about this many triangles are left.

    Parameters
    ----------
    mesh : Mesh
        Closed or open.
    triangles : int
        Wanted number.
    """
    import fast_simplification

    points, faces, collapses = fast_simplification.simplify(
        mesh.vertices.copy(),  # it takes no read-only arrays
        mesh.faces.copy(),
        target_reduction=max(0.0, 1.0 - triangles / len(mesh.faces)),
        agg=AGGRESSIVENESS,
        return_collapses=True,
    )
    group = _follow(len(mesh.vertices), np.asarray(collapses, np.int64))
    place = mesh.vertices.copy()
    merged = group[mesh.faces]
    kept = (merged[:, 0] != merged[:, 1]) & (merged[:, 1] != merged[:, 2]) & (merged[:, 2] != merged[:, 0])
    used = np.zeros(len(group), bool)
    used[merged[kept].ravel()] = True
    if int(kept.sum()) != len(faces) or int(used.sum()) != len(points):
        raise GeometryError("The simplifier's account of its own steps does not match its result.")
    place[used] = points
    return Collapse(mesh, group, place)


def broken_topology(state: Collapse, simplified: Mesh, groups: Int64Array, part_of_vertex: Int64Array) -> Int64Array:
    """Groups where the simplified mesh is not the same kind of surface as the original, ascending.

    These are: corners of edges that are not shared by exactly two agreeing triangles, vertices with several fans,
    groups whose own vertices do not form a disk in the original (a ring or a whole piece drawn into a point), and the
    groups of pieces with too few triangles left.

    Parameters
    ----------
    state : Collapse
        The state.
    simplified, groups
        What ``state.mesh()`` gave.
    part_of_vertex : (n,) int64
        Piece of each original vertex.
    """
    table = edge_table(simplified)
    irregular = (table.face_count != 2) | (table.winding != 0)
    bad = [groups[np.unique(table.vertices[irregular])]]
    if not irregular.any():
        bad.append(groups[non_manifold_vertices(simplified, table)])
    bad.append(_groups_that_are_no_disk(state))
    part_count = int(part_of_vertex.max()) + 1
    left = np.bincount(part_of_vertex[groups[simplified.faces[:, 0]]], minlength=part_count)
    starved = left < LEAST_PART_TRIANGLES
    if starved.any():
        bad.append(np.unique(state.group[starved[part_of_vertex]]))
    return np.unique(np.concatenate(bad))


def with_neighbors(simplified: Mesh, vertices: Int64Array) -> Int64Array:
    """Vertices of a mesh together with all that share a triangle with them, ascending."""
    chosen = np.zeros(len(simplified.vertices), bool)
    chosen[vertices] = True
    return np.unique(simplified.faces[chosen[simplified.faces].any(axis=1)]).astype(np.int64)


def part_of_vertices(mesh: Mesh) -> Int64Array:
    """Piece of each vertex, (n,); vertices that no triangle uses count with the first."""
    _, of_face = face_parts(mesh)
    out = np.zeros(len(mesh.vertices), np.int64)
    out[mesh.faces.ravel()] = np.repeat(of_face, 3)
    return out


def _follow(count: int, collapses: Int64Array) -> Int64Array:
    """Vertex that stands for each one, from pairs (kept, removed)."""
    group = np.arange(count)
    if len(collapses):
        group[collapses[:, 1]] = collapses[:, 0]
    while True:
        further = group[group]
        if np.array_equal(further, group):
            return group
        group = further


def _groups_that_are_no_disk(state: Collapse) -> Int64Array:
    """Groups whose vertices, with the edges and faces among them, have an Euler number other than 1."""
    faces = state.original.faces
    group = state.group
    merged = group[faces]
    same = merged == merged[:, (1, 2, 0)]
    whole = same.all(axis=1)
    size = len(group)
    vertices = np.bincount(group, minlength=size)
    # Every inner edge of a closed surface is a side of two triangles.
    twice_edges = np.bincount(merged[same], minlength=size)
    inside = np.bincount(merged[whole, 0], minlength=size)
    euler_twice = 2 * (vertices + inside) - twice_edges
    leaders = group == np.arange(size)
    used = np.zeros(size, bool)
    used[faces.ravel()] = True
    return np.flatnonzero(leaders & used & (euler_twice != 2))
