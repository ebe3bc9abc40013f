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

from ..engine import Engine, is_compiled
from ..mesh import FloatArray, IntArray, Mesh
from ..progress import Progress, silent
from .balls_numpy import NUMPY_CHUNK, Walls, grow
from .bounds import node_bounds, row_bounds
from .cached import index_of
from .threads import in_threads, run_chunks
from .tree import Int64Array, Tree, morton_order

CHUNK = 4096
SHARP_COSINE = 0.8660254037844387
"""A vertex is sharp where a triangle leans 30 degrees or more from its normal."""
STARTS = 3
"""Directions that a sharp vertex starts with at most."""
_TEXT = "Measuring walls"


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


def grow_balls(mesh: Mesh, largest_mm: float, progress: Progress = silent, engine: Engine = Engine.AUTO) -> Balls:
    """Grow a ball inward from every vertex of a welded mesh.

    Parameters
    ----------
    mesh : Mesh
        Outward faces. Vertices in the same place must be one.
    largest_mm : float
        Radius beyond which a ball is given up.
    engine : Engine
        What does the arithmetic; the numbers are the same.

    Raises
    ------
    ValueError
        ``largest_mm`` is not positive or not finite.
    GeometryError
        The mesh has no triangles.
    """
    if not 0.0 < largest_mm < np.inf:
        raise ValueError(f"largest_mm must be above zero and finite, got {largest_mm}")
    compiled = is_compiled(engine)
    tree = index_of(mesh).tree
    normals = mesh.face_normals()
    first, count = starts(mesh, normals, compiled=compiled)
    n = len(mesh.vertices)
    found = Balls(np.full(n, np.nan), np.full((n, 3), np.nan), np.full(n, -1, np.int64), np.zeros(n, np.int8))
    ids, by_row = _in_rows(mesh, normals, tree, compiled)
    rows = row_bounds(tree, by_row, compiled=compiled)
    nodes = node_bounds(tree, by_row, compiled=compiled)
    used = np.flatnonzero(count > 0)
    if not len(used):
        return found
    order = used[morton_order(mesh.vertices[used], compiled=compiled)]
    if not compiled:
        walls = Walls(mesh.vertices, first, count, ids, by_row, tree, rows, nodes)
        run_chunks(lambda chosen: grow(walls, chosen, largest_mm, found), order, NUMPY_CHUNK, progress, _TEXT)
        return found
    from . import _kernels_balls as kernels

    def work(chosen: Int64Array) -> None:
        kernels.grow(
            mesh.vertices, first, count, chosen, largest_mm, ids, tree.corners, by_row, tree.faces, tree.starts,
            rows, nodes, found.radius_mm, found.centers, found.faces, found.steps,
        )  # fmt: skip

    if not kernels.is_ready():
        progress(0.0, "Loading the measure of walls (compiled the very first time: some 20 s)")
        work(order[:0])
    run_chunks(work, order, CHUNK, progress, _TEXT)
    return found


def _in_rows(mesh: Mesh, normals: FloatArray, tree: Tree, compiled: bool) -> tuple[IntArray, FloatArray]:
    """Vertices (m, 3) and normals (m, 3) of the triangles in the order of the tree's rows."""
    if not compiled:
        return mesh.faces[tree.faces], normals[tree.faces]
    from . import _kernels_bounds as kernels

    ids, by_row = np.empty(mesh.faces.shape, np.int32), np.empty(normals.shape)
    in_threads(
        lambda begin, end: kernels.gather(mesh.faces, normals, tree.faces, begin, end, ids, by_row), len(mesh.faces)
    )
    return ids, by_row


def starts(mesh: Mesh, normals: FloatArray, *, compiled: bool = False) -> tuple[FloatArray, npt.NDArray[np.int8]]:
    """Directions (n, STARTS, 3) in which the surface looks at each vertex, and how many of them count, (n,).

    One, the vertex normal, where the surface is smooth or hollow; the normals of up to three faces at a convex edge or
    corner; none where no triangle with area meets.
    """
    normal, out, count = _first_directions(mesh, compiled)
    vertex, face = _fans_of_sharp(mesh.faces, normals, normal, count > 0, compiled)
    if not len(vertex):
        return out, count
    begin = np.flatnonzero(np.append(True, vertex[1:] != vertex[:-1]))
    owner = vertex[begin]
    at = np.repeat(np.arange(len(owner)), np.diff(np.append(begin, len(vertex))))
    along = normals[face]
    # Convex: the triangles round the vertex lie behind it, seen along its normal.
    corners = mesh.vertices[mesh.faces[face]]
    middle = (corners[:, 0] + corners[:, 1] + corners[:, 2]) / 3.0 - mesh.vertices[vertex]
    behind = np.bincount(at, _dot(middle, normal[vertex]), len(owner)) < 0.0

    def farthest(closeness: FloatArray) -> tuple[Int64Array, FloatArray]:
        lowest = np.minimum.reduceat(closeness, begin)
        candidates = np.where(closeness == lowest[at], np.arange(len(at)), len(at))
        return np.minimum.reduceat(candidates, begin), lowest

    one, _ = farthest(_dot(along, normal[vertex]))
    to_one = _dot(along, along[one][at])
    two, nearness_two = farthest(to_one)
    to_both = np.maximum(to_one, _dot(along, along[two][at]))
    three, nearness_three = farthest(to_both)
    many = 1 + (nearness_two < SHARP_COSINE).astype(np.int8) + (nearness_three < SHARP_COSINE)
    for slot, chosen in enumerate((one, two, three)):
        use = behind & (many > slot) & (many > 1)
        out[owner[use], slot] = along[chosen[use]]
        count[owner[use]] = slot + 1
    return out, count


def _first_directions(mesh: Mesh, compiled: bool) -> tuple[FloatArray, FloatArray, npt.NDArray[np.int8]]:
    """Vertex normals (n, 3), the same as first of all directions (n, STARTS, 3), and how many there are, (n,)."""
    n = len(mesh.vertices)
    if not compiled:
        normal = mesh.vertex_normals()
        out = np.zeros((n, STARTS, 3))
        out[:, 0] = normal
        return normal, out, (_dot(normal, normal) > 0.5).astype(np.int8)
    from . import _kernels_bounds as kernels

    sums, normal, out, count = np.zeros((n, 3)), np.empty((n, 3)), np.empty((n, STARTS, 3)), np.empty(n, np.int8)
    kernels.sum_normals(mesh.vertices, mesh.faces, sums)
    in_threads(lambda begin, end: kernels.fill_first(sums, begin, end, normal, out, count), n)
    return normal, out, count


def _fans_of_sharp(
    faces: IntArray, normals: FloatArray, vertex_normals: FloatArray, used: npt.NDArray[np.bool_], compiled: bool
) -> tuple[Int64Array, Int64Array]:
    """Pairs (vertex, triangle with area) of the sharp vertices, by vertex and then by triangle."""
    sharp = np.zeros(len(vertex_normals), bool)
    if compiled:
        from . import _kernels_bounds as kernels

        in_threads(
            lambda begin, end: kernels.mark_sharp(faces, normals, vertex_normals, SHARP_COSINE, begin, end, sharp),
            len(faces),
        )
        vertex, face = kernels.fans(faces, normals, sharp & used)
        return vertex, face
    has_area = _dot(normals, normals) > 0.5
    for corner in range(3):
        column = faces[:, corner]
        sharp[column[(_dot(vertex_normals[column], normals) < SHARP_COSINE) & has_area]] = True
    sharp &= used
    at, corner_of = np.nonzero(sharp[faces] & has_area[:, None])
    vertex = faces[at, corner_of].astype(np.int64)
    order = np.lexsort((at, vertex))
    return vertex[order], at[order]


def _dot(a: FloatArray, b: FloatArray) -> FloatArray:
    """Scalar products of rows, summed in the order of the axes."""
    return np.asarray(a[:, 0] * b[:, 0] + a[:, 1] * b[:, 1] + a[:, 2] * b[:, 2])
