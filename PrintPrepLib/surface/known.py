"""What several rungs ask of the same mesh, worked out once as long as the mesh lives."""

from __future__ import annotations

from ..mesh import Mesh
from ..spatial import Crossings, Rule, exact_weld, self_crossings
from ..topology import EdgeTable, edge_table


def edges_of(mesh: Mesh) -> EdgeTable:
    """Return the edge table of a mesh."""
    table: EdgeTable = mesh.derived("edges", edge_table)
    return table


def welded(mesh: Mesh) -> Mesh:
    """Return the mesh with vertices at exactly one place made one; the same object where all stand apart."""
    # None stands for the mesh itself, which would otherwise hold on to itself.
    other: Mesh | None = mesh.derived("welded", _welded)
    return mesh if other is None else other


def crossings_of(mesh: Mesh, rule: Rule = Rule.CROSSING) -> Crossings:
    """Return the triangles of a mesh that cross others."""
    found: Crossings = mesh.derived(f"crossings by {rule.value}", lambda m: self_crossings(m, rule=rule))
    return found


def _welded(mesh: Mesh) -> Mesh | None:
    out = exact_weld(mesh)
    return None if out is mesh else out
