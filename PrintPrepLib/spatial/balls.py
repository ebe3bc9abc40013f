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
from ..mesh import FloatArray, Mesh
from ..progress import Progress, silent
from .balls_numpy import NUMPY_CHUNK, grow
from .threads import run_chunks
from .tree import Int64Array, morton_order
from .walls import Walls, walls_of

CHUNK = 4096
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
    cut : (n,) bool or None
        Where a face comes nearer to the center than a given share of the radius; None where this was not asked for.
        A ball that met nothing is the largest, below its vertex.
    """

    radius_mm: FloatArray
    centers: FloatArray
    faces: Int64Array
    steps: npt.NDArray[np.int8]
    cut: npt.NDArray[np.bool_] | None = None


def grow_balls(
    mesh: Mesh,
    largest_mm: float,
    progress: Progress = silent,
    engine: Engine = Engine.AUTO,
    *,
    walls: Walls | None = None,
    proven_share: float | None = None,
    only: npt.NDArray[np.bool_] | None = None,
) -> Balls:
    """Grow a ball inward from every vertex of a welded mesh.

    Parameters
    ----------
    mesh : Mesh
        Outward faces. Vertices in the same place must be one.
    largest_mm : float
        Radius beyond which a ball is given up.
    engine : Engine
        What does the arithmetic; the numbers are the same.
    walls : Walls, optional
        Of the mesh, for the same engine, where they are at hand.
    proven_share : float, optional
        Also tell which balls are cut: see ``Balls.cut``. numba does this on the way; numpy leaves it to others.

    only : (n,) bool, optional
        Vertices that are asked for; the others read NaN.

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
    walls = walls_of(mesh, engine) if walls is None else walls
    n = len(mesh.vertices)
    found = Balls(
        np.full(n, np.nan),
        np.full((n, 3), np.nan),
        np.full(n, -1, np.int64),
        np.zeros(n, np.int8),
        np.zeros(n, bool) if compiled and proven_share else None,
    )
    if not compiled:
        used = np.flatnonzero((walls.count > 0) & (True if only is None else only))
        order = used[morton_order(mesh.vertices[used])] if len(used) else used
        run_chunks(lambda chosen: grow(walls, chosen, largest_mm, found), order, NUMPY_CHUNK, progress, _TEXT)
        return found
    from . import _kernels_balls as kernels
    from ._kernels_starts import order_of_vertices

    tree, cut = walls.tree, np.empty(0, bool) if found.cut is None else found.cut

    def work(chosen: Int64Array) -> None:
        kernels.grow(
            walls.vertices, walls.outward, walls.first, walls.count, chosen, largest_mm, proven_share or 0.0, walls.ids,
            tree.corners, walls.normals, tree.faces, tree.starts, walls.rows, walls.nodes, walls.slabs,
            found.radius_mm, found.centers, found.faces, found.steps, cut,
        )  # fmt: skip

    order = order_of_vertices(walls.ids, walls.count)
    order = order if only is None else order[only[order]]
    if not kernels.is_ready():
        progress(0.0, "Loading the measure of walls (compiled the very first time: some 20 s)")
        work(order[:0])
    run_chunks(work, order, CHUNK, progress, _TEXT)
    return found
