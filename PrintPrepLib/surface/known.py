"""What several rungs ask of the same mesh, worked out once as long as the mesh lives."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ..mesh import Mesh
from ..spatial import Crossings, Rule, self_crossings
from ..topology import EdgeTable, edge_table, non_manifold_vertices


def edges_of(mesh: Mesh) -> EdgeTable:
    """Return the edge table of a mesh."""
    table: EdgeTable = mesh.derived("edges", edge_table)
    return table


def pinches_of(mesh: Mesh) -> npt.NDArray[np.int64]:
    """Return the vertices where fans of triangles touch in a point only."""
    found: npt.NDArray[np.int64] = mesh.derived("pinches", lambda m: non_manifold_vertices(m, edges_of(m)))
    return found


def crossings_of(mesh: Mesh, rule: Rule = Rule.CROSSING) -> Crossings:
    """Return the triangles of a mesh that cross others."""
    found: Crossings = mesh.derived(f"crossings by {rule.value}", lambda m: self_crossings(m, rule=rule))
    return found
