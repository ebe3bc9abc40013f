"""Bars, pins and lattices: places that are thin all round, not only from one side to the other."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from ..mesh import FloatArray, Mesh
from ..spatial import index_of
from .outer import even_directions
from .walls import Walls

DIRECTIONS = 24
"""Rays from the middle of a ball, in pairs that look opposite ways."""
FACING = 0.7
"""Cosine between a ray and the face that it meets above which it runs across the solid, not along its surface."""
ALL_ROUND = 0.13
"""A place is thin all round where the second eigenvalue of the directions in which it is thin is above this. It is 0.24
for a square or round bar, 0.04 for a plate."""
NEAR_STRUT = 1.0
"""What is thin within so many limits of such a place is treated in the same way: the junctions of a lattice."""
SKIN = 1e-4
"""Rays start so many limits below the surface."""

Bools = npt.NDArray[np.bool_]


def thin_all_round(whole: Mesh, centers: FloatArray, radius_mm: float) -> Bools:
    """Tell where a solid is thinner than wanted in directions of a whole section, not only across a plate, (k,).

    Parameters
    ----------
    whole : Mesh
        The model.
    centers : (k, 3) float64
        Middle of the wall.
    radius_mm : float
        Half the wanted thickness.
    """
    if not len(centers):
        return np.zeros(0, bool)
    sky = even_directions(DIRECTIONS)
    start = np.repeat(centers, DIRECTIONS, axis=0)
    towards = np.tile(sky, (len(centers), 1))
    distance, face = index_of(whole).first_hit(start, towards, 2.0 * radius_mm)
    facing = np.einsum("ij,ij->i", whole.face_normals()[np.maximum(face, 0)], towards) > FACING
    chord = np.where(facing & np.isfinite(distance), distance, np.inf).reshape(len(centers), 2, -1)
    short = chord.sum(axis=1) < 2.0 * radius_mm
    pair = sky[: DIRECTIONS // 2]
    spread = np.einsum("ku,ui,uj->kij", short.astype(np.float64), pair, pair) / len(pair)
    return np.asarray(np.linalg.eigvalsh(spread)[:, 1] > ALL_ROUND)


def strut_vertices(walls: Walls, whole: Mesh, radius_mm: float, least_mm: float) -> Bools:
    """Vertices (n,) of walls that are thin all round, and of what is thin beside them.

    Parameters
    ----------
    walls : Walls
        The measured walls.
    whole : Mesh
        The model.
    radius_mm : float
        Half the wanted thickness.
    least_mm : float
        Walls thinner than this have no middle.
    """
    thin = np.flatnonzero((walls.thickness_mm < 2.0 * radius_mm) & (walls.thickness_mm > least_mm))
    out = np.zeros(len(walls.mesh.vertices), bool)
    seeds = thin[thin_all_round(whole, walls.centers[thin], radius_mm)]
    if len(seeds):
        at = walls.mesh.vertices
        distance, _ = cKDTree(at[seeds]).query(at[thin], distance_upper_bound=NEAR_STRUT * walls.limit_mm)
        out[thin[np.isfinite(distance)]] = True
    return out
