"""Angle-weighted normals of triangles, edges and corners, which tell the side of a closed surface."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..engine import is_compiled
from ..mesh import FloatArray, IntArray, Mesh
from ..topology import EdgeTable, edge_table
from ..triangle_sums import WORTH_COMPILING
from .tree import Int64Array


@dataclass(frozen=True, eq=False)
class Pseudonormals:
    """Normals by feature (Baerentzen and Aanaes 2005, doi:10.1109/TVCG.2005.49).

    ``of_face`` (m, 3) and ``of_edge`` (e, 3) and ``of_vertex`` (n, 3) are not of unit length; ``edges`` (m, 3) and
    ``vertices`` (m, 3) say which edge and vertex belong to each side and corner of each triangle.
    """

    of_face: FloatArray
    of_edge: FloatArray
    of_vertex: FloatArray
    edges: Int64Array
    vertices: IntArray

    def at(self, faces: Int64Array, features: npt.NDArray[np.int8]) -> FloatArray:
        """Normal of a feature (0-2 corner, 3-5 side, 6 inside) of each triangle, (k, 3); zero for face -1."""
        out = np.zeros((len(faces), 3))
        inside = features == 6
        out[inside] = self.of_face[faces[inside]]
        side = (features >= 3) & (features <= 5)
        out[side] = self.of_edge[self.edges[faces[side], features[side] - 3]]
        corner = (features >= 0) & (features <= 2)
        out[corner] = self.of_vertex[self.vertices[faces[corner], features[corner]]]
        return out


def pseudonormals(welded: Mesh) -> Pseudonormals:
    """Compute the normals of all features of a mesh whose vertices at the same place are one."""
    faces = welded.faces
    table: EdgeTable = welded.derived("edges", edge_table)
    of_edge, of_vertex = np.zeros((len(table.face_count), 3)), np.zeros((len(welded.vertices), 3))
    if len(faces) >= WORTH_COMPILING and is_compiled():
        from .._kernels_mesh import pseudonormals as add_up

        normal = np.zeros(faces.shape)
        add_up(welded.vertices, faces, table.of_face, normal, of_edge, of_vertex)
        return Pseudonormals(normal, of_edge, of_vertex, table.of_face, faces)
    corners = welded.triangles
    normal = welded.face_normals()
    sides = np.stack([corners[:, (k + 1) % 3] - corners[:, k] for k in range(3)], axis=1)
    length = np.sqrt(np.einsum("ijk,ijk->ij", sides, sides))
    double_area = np.einsum("ij,ij->i", normal, np.cross(sides[:, 0], sides[:, 1]))
    angle = np.empty(faces.shape)
    for k in range(3):
        # The cross product of any two sides is twice the area, so one serves all three corners.
        angle[:, k] = np.arctan2(double_area, -np.einsum("ij,ij->i", sides[:, k], sides[:, k - 1]))
    angle[length.min(axis=1) == 0.0] = 0.0
    for axis in range(3):
        per_side = np.repeat(normal[:, axis], 3)
        of_edge[:, axis] = np.bincount(table.of_face.ravel(), per_side, minlength=len(of_edge))
        of_vertex[:, axis] = np.bincount(faces.ravel(), per_side * angle.ravel(), minlength=len(of_vertex))
    return Pseudonormals(normal, of_edge, of_vertex, table.of_face, faces)


def normals_near(welded: Mesh, faces: Int64Array, features: npt.NDArray[np.int8]) -> FloatArray:
    """Normals of single features, (k, 3), from the triangles around them alone: for few queries on a large mesh."""
    out = np.zeros((len(faces), 3))
    inside = features == 6
    corner = welded.vertices[welded.faces[faces[inside]]]
    out[inside] = np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0])
    rest = np.flatnonzero((features >= 0) & ~inside)
    wanted = np.zeros(len(welded.vertices), bool)
    wanted[welded.faces[faces[rest]]] = True
    around = wanted[welded.faces[:, 0]] | wanted[welded.faces[:, 1]] | wanted[welded.faces[:, 2]]
    number = np.cumsum(around) - 1
    local = pseudonormals(welded.submesh(around))
    out[rest] = local.at(number[faces[rest]], features[rest])
    return out
