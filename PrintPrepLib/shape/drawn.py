"""Drawn bars and lattices moved as they are, before any triangle is split.

Where every face of a bar has to go out by one way, the corners of the model alone tell where it ends: the edges between
them stay straight. Splitting first would cut the needles between two joints of round bars into tens of thousands, each
of which may turn over on the way.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from ..mesh import FloatArray, Mesh
from ..spatial import index_of
from ..topology import edge_table
from .air import Air
from .growth import Growth
from .miter import CREASE, mitered
from .patch import Patch, taken_out
from .push import pushed_out
from .struts import Struts
from .walls import Walls

UNEVEN = 0.05
"""What the pieces of a facet lack may differ by this share of the wanted radius; else it is no drawn bar."""
ROUND_COSINE = 0.7
"""Facets of round bars differ by less than this (45.6 degrees: eight sides). Square bars are split well as they are."""
REACH_SHARE = 3.0
"""Triangles within so many limits are looked at for crossings."""

Bools = npt.NDArray[np.bool_]


def drawn_bars(walls: Walls, struts: Struts, mesh: Mesh, radius_mm: float) -> tuple[Bools, FloatArray] | None:
    """Vertices (n,) of the model that are bars, and what its faces lack, (m,).

    None where not all bars are drawn and free of other surface.

    Parameters
    ----------
    walls, struts
        Of the patch with more vertices.
    mesh : Mesh
        The model.
    radius_mm : float
        Wanted radius.
    """
    number = walls.patch.number
    bars = np.zeros(len(mesh.vertices), bool)
    bars[number[struts.vertices[: len(number)]]] = True
    touched = bars[mesh.faces].any(axis=1)
    if not touched.any() or not bars[mesh.faces[touched]].all():
        return None
    pieces = np.flatnonzero(struts.vertices[walls.mesh.faces].any(axis=1))
    middle = walls.mesh.triangles[pieces].mean(axis=1)
    owner = index_of(mesh).closest(middle).faces
    area, lack = walls.mesh.face_areas_mm2()[pieces], struts.lacks[pieces]
    facet, is_round = _facets(mesh)
    if not is_round[touched].any():
        return None
    owner = facet[owner]
    order = np.lexsort((lack, owner))
    owner, area, lack = owner[order], area[order], lack[order]
    count = int(facet.max()) + 1
    whole = np.bincount(owner, area, count)
    begin = np.searchsorted(owner, np.arange(count))
    before = np.append(0.0, np.cumsum(area))
    before = before[:-1] - before[begin[owner]]
    median = np.zeros(count)
    low = before <= 0.5 * whole[owner]  # ascending: the last one below half of the area stays
    median[owner[low]] = lack[low]
    uneven = np.bincount(owner, area * np.abs(lack - median[owner]), count)
    asked = np.unique(facet[touched])
    if (uneven[asked] > UNEVEN * radius_mm * whole[asked]).any() or not (whole[asked] > 0.0).all():
        return None
    return bars, np.where(touched, median[facet], 0.0)


def _facets(mesh: Mesh) -> tuple[npt.NDArray[np.int64], Bools]:
    """Number of the flat facet that each triangle (m,) is part of, and whether it has a neighbor as on a round bar."""
    table, normal = edge_table(mesh), mesh.face_normals()
    sides = np.argsort(table.of_face.ravel(), kind="stable").reshape(-1, 2) // 3  # closed: two sides at each edge
    facing = np.einsum("ij,ij->i", normal[sides[:, 0]], normal[sides[:, 1]])
    flat = sides[facing > CREASE]
    count = len(mesh.faces)
    graph = coo_array((np.ones(len(flat), bool), tuple(flat.T)), shape=(count, count))
    is_round = np.zeros(count, bool)
    is_round[sides[(facing > ROUND_COSINE) & (facing <= CREASE)]] = True
    return np.asarray(connected_components(graph, directed=False)[1], np.int64), is_round


def moved_whole(
    mesh: Mesh, bars: Bools, lacks: FloatArray, air: Air | None, limit_mm: float
) -> tuple[Patch, FloatArray] | None:
    """Move drawn bars; None where a vertex could not go all the way.

    Returns
    -------
    patch : Patch
        Moved.
    places : (k, 3) float64
        Where the bars' vertices were.
    """
    patch = taken_out(mesh, np.asarray(bars[mesh.faces].any(axis=1), bool), REACH_SHARE * limit_mm)
    piece = Mesh(patch.vertices, patch.faces, mesh.name)
    unknown = np.full(len(piece.vertices), np.inf)
    walls = Walls(patch, piece, unknown, patch.vertices, np.zeros(len(unknown), bool), limit_mm)
    own = bars[patch.number]
    chosen, move = mitered(walls, Struts(own, lacks[patch.taken], np.empty((0, 3))))
    growth = Growth(move, ~chosen & move.any(axis=1), np.empty((0, 3)), np.empty(0, bool), piece.vertices[own])
    moved, stuck = pushed_out(patch, growth, air, limit_mm)
    if len(stuck):
        return None
    return moved, piece.vertices[own]
