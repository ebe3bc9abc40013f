"""Balls that grow inside a solid from its surface until walls hold them: the ground of every wall thickness.

A ball starts at each vertex, tangent to the surface there, and grows inward. Where it first meets a face that looks the
other way (100 degrees or more apart, seen from its center), two sides of a wall hold it: its diameter is the wall's
thickness. This is the largest inscribed ball that is tangent at the vertex.

Where it first meets a face beside it, the vertex lies near a convex edge or corner, sharp or rounded. The inscribed
ball there is small, down to nothing on the edge itself, and says nothing about a wall. So the ball goes on: it stays
tangent to the planes that it has met, and grows along the gradient of the distance from the surface, until it
meets a face across, or until its contacts surround it. That is the flow of the distance function (Lieutier 2004,
doi:10.1016/j.cad.2004.01.011) followed from the surface to the medial axis, stopped at a separation angle as in the
theta-simplified medial axis (Foskey, Lin and Manocha 2003, doi:10.1145/781606.781623) or at a small gradient as in
Chazal, Cohen-Steiner and Lieutier 2009, doi:10.1007/s00454-009-9144-8. Faces within 60 degrees of a contact count as
the same side, so that neither the rounding of an edge nor the chords of a tessellated curve hold the ball.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..mesh import FloatArray, Mesh
from ..progress import Progress, silent
from .bounds import node_bounds, row_bounds
from .cached import index_of
from .constants import CONTACTS
from .threads import run_chunks
from .tree import Int64Array, morton_order

CHUNK = 4096
SHARP_COSINE = 0.8660254037844387
"""A vertex is sharp where a triangle leans 30 degrees or more from its normal."""
STARTS = 3
"""Directions that a sharp vertex starts with at most."""


@dataclass(frozen=True, eq=False)
class Balls:
    """A ball for each vertex of a mesh.

    Attributes
    ----------
    radius_mm : (n,) float64
        Infinite where it outgrew the largest that was asked for; NaN at vertices that no triangle uses.
    centers : (n, 3) float64
        Where it came to rest, LPS mm.
    faces : (n,) int64
        Triangle that it met last; -1 where none.
    steps : (n,) int8
        How many contacts it met: 1 where the face across held it at once, 0 where the surface's own edge does.
    """

    radius_mm: FloatArray
    centers: FloatArray
    faces: Int64Array
    steps: npt.NDArray[np.int8]


def grow_balls(mesh: Mesh, largest_mm: float, progress: Progress = silent) -> Balls:
    """Grow a ball inward from every vertex of a welded mesh.

    Parameters
    ----------
    mesh : Mesh
        Outward faces. Vertices in the same place must be one.
    largest_mm : float
        Radius beyond which a ball is given up.
    """
    from . import _kernels_balls as kernels

    index = index_of(mesh)
    tree = index.tree
    normals = mesh.face_normals()
    first, count = starts(mesh, normals)
    n = len(mesh.vertices)
    radius, center = np.full(n, np.nan), np.full((n, 3), np.nan)
    contact, steps = np.full(n, -1, np.int64), np.zeros(n, np.int8)
    ids = np.ascontiguousarray(mesh.faces[tree.faces])
    by_row = np.ascontiguousarray(normals[tree.faces])
    rows = row_bounds(tree, by_row)
    nodes = node_bounds(tree, by_row)

    def work(chosen: Int64Array) -> None:
        kernels.grow(
            mesh.vertices, first, count, chosen, largest_mm, ids, tree.corners, by_row, tree.faces, tree.starts,
            rows, nodes, radius, center, contact, steps,
        )  # fmt: skip

    used = np.flatnonzero(count > 0)
    order = used[morton_order(mesh.vertices[used], compiled=True)]
    run_chunks(work, order, CHUNK, progress, "Measuring walls")
    return Balls(radius, center, contact, steps)


def starts(mesh: Mesh, normals: FloatArray) -> tuple[FloatArray, npt.NDArray[np.int8]]:
    """Directions (n, CONTACTS, 3) in which the surface looks at each vertex, and how many of them count, (n,).

    One, the vertex normal, where the surface is smooth or hollow; the normals of up to three faces at a convex edge or
    corner; none where no triangle with area meets.
    """
    faces, vertices = mesh.faces, mesh.vertices
    n = len(vertices)
    normal = mesh.vertex_normals()
    out = np.zeros((n, CONTACTS, 3))
    out[:, 0] = normal
    count = (np.einsum("ij,ij->i", normal, normal) > 0.5).astype(np.int8)
    lean = np.einsum("fkx,fx->fk", normal[faces], normals)
    has_area = np.einsum("ij,ij->i", normals, normals) > 0.5
    sharp = np.zeros(n, bool)
    sharp[faces[(lean < SHARP_COSINE) & has_area[:, None]]] = True
    sharp &= count > 0
    if not sharp.any():
        return out, count
    face, corner = np.nonzero(sharp[faces] & has_area[:, None])
    vertex = faces[face, corner].astype(np.int64)
    order = np.lexsort((face, vertex))
    face, corner, vertex = face[order], corner[order], vertex[order]
    owner, begin = np.unique(vertex, return_index=True)
    at = np.repeat(np.arange(len(owner)), np.diff(np.append(begin, len(vertex))))
    along = normals[face]
    # Convex: the triangles round the vertex lie behind it, seen along its normal.
    middle = vertices[faces[face]].mean(axis=1) - vertices[vertex]
    behind = np.add.reduceat(np.einsum("ij,ij->i", middle, normal[vertex]), begin) < 0.0

    def farthest(closeness: FloatArray) -> tuple[Int64Array, FloatArray]:
        lowest = np.minimum.reduceat(closeness, begin)
        candidates = np.where(closeness == lowest[at], np.arange(len(at)), len(at))
        return np.minimum.reduceat(candidates, begin), lowest

    one, _ = farthest(np.einsum("ij,ij->i", along, normal[vertex]))
    to_one = np.einsum("ij,ij->i", along, along[one][at])
    two, nearness_two = farthest(to_one)
    to_both = np.maximum(to_one, np.einsum("ij,ij->i", along, along[two][at]))
    three, nearness_three = farthest(to_both)
    many = 1 + (nearness_two < SHARP_COSINE).astype(np.int8) + (nearness_three < SHARP_COSINE)
    for slot, chosen in enumerate((one, two, three)):
        use = behind & (many > slot) & (many > 1)
        out[owner[use], slot] = along[chosen[use]]
        count[owner[use]] = slot + 1
    return out, count
