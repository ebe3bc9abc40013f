"""What balls start from and what they may meet, gathered once for all that they are asked for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..engine import Engine, is_compiled
from ..mesh import FloatArray, IntArray, Mesh
from .bounds import leaf_slabs, node_bounds, row_bounds
from .cached import index_of
from .starts import compiled_starts, starts
from .threads import in_threads
from .tree import Tree


@dataclass(frozen=True, eq=False)
class Walls:
    """n vertices with their first contacts, and m triangles in the order of a tree's rows.

    Attributes
    ----------
    vertices, outward : (n, 3) float64
        Places, and unit normals.
    first : (n, 3, 3) float64
        Directions of the first contacts; ``count`` (n,) of them are in use.
    ids : (m, 3) int
        Vertices of the triangles.
    normals : (m, 3) float64
    rows, nodes : float32
        Bounds of triangles and of nodes, see ``bounds``.
    slabs : (leaves, 2) float64 or None
        Bounds of leaves, see ``bounds``; None where numpy does the work.
    """

    vertices: FloatArray
    outward: FloatArray
    first: FloatArray
    count: npt.NDArray[np.int8]
    ids: IntArray
    normals: FloatArray
    tree: Tree
    rows: npt.NDArray[np.float32]
    nodes: npt.NDArray[np.float32]
    slabs: FloatArray | None


def walls_of(mesh: Mesh, engine: Engine = Engine.AUTO) -> Walls:
    """Gather the walls of a welded mesh.

    Raises
    ------
    GeometryError
        The mesh has no triangles.
    """
    tree, outward = index_of(mesh).tree, mesh.vertex_normals()
    if not is_compiled(engine):
        of_face = mesh.face_normals()
        first, count = starts(mesh, of_face, outward)
        normals = of_face[tree.faces]
        rows, nodes = row_bounds(tree, normals), node_bounds(tree, normals)
        return Walls(
            mesh.vertices, outward, first, count, mesh.faces[tree.faces], normals, tree, rows, nodes, slabs=None
        )
    from . import _kernels_bounds as kernels

    ids, normals = np.empty(mesh.faces.shape, np.int32), np.empty(mesh.faces.shape)
    in_threads(
        lambda begin, end: kernels.gather(mesh.faces, tree.corners, tree.faces, begin, end, ids, normals), len(ids)
    )
    first, count = compiled_starts(mesh.vertices, outward, tree, ids, normals)
    rows, nodes = row_bounds(tree, normals, compiled=True), node_bounds(tree, normals, compiled=True)
    return Walls(mesh.vertices, outward, first, count, ids, normals, tree, rows, nodes, leaf_slabs(tree, nodes))
