"""Angle-weighted normals of triangles, edges and corners, which tell the side of a closed surface."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..mesh import FloatArray, IntArray, Mesh
from ..topology import edge_table
from .tree import Int64Array
from .weld import exact_weld


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

    def at(self, faces: Int64Array, features: np.ndarray[tuple[int, ...], np.dtype[np.int8]]) -> FloatArray:
        """Normal of a feature (0-2 corner, 3-5 side, 6 inside) of each triangle, (k, 3); zero for face -1."""
        out = np.zeros((len(faces), 3))
        inside = features == 6
        out[inside] = self.of_face[faces[inside]]
        side = (features >= 3) & (features <= 5)
        out[side] = self.of_edge[self.edges[faces[side], features[side] - 3]]
        corner = (features >= 0) & (features <= 2)
        out[corner] = self.of_vertex[self.vertices[faces[corner], features[corner]]]
        return out


def pseudonormals(mesh: Mesh) -> Pseudonormals:
    """Compute the normals of all features; vertices at exactly the same place count as one."""
    welded = exact_weld(mesh)
    faces = welded.faces
    normal = welded.face_normals()
    table = edge_table(welded)
    of_edge, of_vertex = np.empty((len(table.face_count), 3)), np.empty((len(welded.vertices), 3))
    corners = welded.triangles
    angle = np.empty(faces.shape)
    for k in range(3):
        one = corners[:, (k + 1) % 3] - corners[:, k]
        two = corners[:, (k + 2) % 3] - corners[:, k]
        cross = np.cross(one, two)
        angle[:, k] = np.arctan2(np.sqrt(np.einsum("ij,ij->i", cross, cross)), np.einsum("ij,ij->i", one, two))
    for axis in range(3):
        per_side = np.repeat(normal[:, axis], 3)
        of_edge[:, axis] = np.bincount(table.of_face.ravel(), per_side, minlength=len(of_edge))
        of_vertex[:, axis] = np.bincount(faces.ravel(), per_side * angle.ravel(), minlength=len(of_vertex))
    return Pseudonormals(normal, of_edge, of_vertex, table.of_face, faces)
