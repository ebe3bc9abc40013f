"""What keeps a surface from being a printable solid, counted on the coordinates that an STL file can hold."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..mesh import Mesh
from ..spatial import Rule, exact_weld
from ..topology import edge_counts, face_parts
from .known import crossings_of, edges_of, pinches_of
from .winding import wrong_side_shells

PACKED = 1 << 21
"""Up to so many vertices, the three numbers of a triangle fit into one of 64 bits."""


@dataclass(frozen=True)
class Defects:
    """Counts of defects. ``crossing_faces`` and ``wrong_side_parts`` are None where they were not looked for.

    ``wrong_side_parts`` counts closed shells that look inward though they are an outer surface, or outward though
    they are the wall of a cavity. ``degenerate_faces`` have two corners at one place. ``flat_faces`` have three corners
    on a line: they are counted, but a solid may have them, as slicers and crossings do not see them.
    ``crossing_faces`` truly pass through each other or are there twice; surfaces that touch are not counted.
    """

    open_edges: int
    non_manifold_edges: int
    non_manifold_vertices: int
    misoriented_edges: int
    degenerate_faces: int
    flat_faces: int
    duplicate_faces: int
    wrong_side_parts: int | None
    crossing_faces: int | None
    parts: int
    triangles: int
    volume_mm3: float

    @property
    def manifold(self) -> bool:
        """Closed, every edge with two triangles that agree, every vertex with one fan, nothing double."""
        return not (
            self.open_edges
            or self.non_manifold_edges
            or self.non_manifold_vertices
            or self.misoriented_edges
            or self.degenerate_faces
            or self.duplicate_faces
        )

    @property
    def clean(self) -> bool:
        """A solid: manifold, looking outward, crossing nothing. What was not looked for is not clean."""
        return self.manifold and self.wrong_side_parts == 0 and self.crossing_faces == 0 and self.volume_mm3 > 0

    def to_dict(self) -> dict[str, Any]:
        """Return the counts as plain values."""
        return asdict(self)


def as_stored(mesh: Mesh) -> Mesh:
    """Return the mesh with coordinates that single precision holds exactly, as in STL; the same object if they are."""
    # None stands for the mesh itself, which would otherwise hold on to itself.
    other: Mesh | None = mesh.derived("as_stored", _as_stored)
    return mesh if other is None else other


def _as_stored(mesh: Mesh) -> Mesh | None:
    rounded = mesh.vertices.astype(np.float32).astype(np.float64)
    return None if np.array_equal(rounded, mesh.vertices) else Mesh(rounded, mesh.faces, mesh.name)


def flat_faces(mesh: Mesh) -> npt.NDArray[np.bool_]:
    """Mark triangles with exactly no area, (m,) bool."""
    a, b, c = (mesh.vertices[mesh.faces[:, k]] for k in range(3))
    return np.asarray((np.cross(b - a, c - a) == 0).all(axis=1))


def find_defects(mesh: Mesh, *, crossings: bool = True) -> Defects:
    """Count the defects that the mesh will have once its triangles stand in an STL file.

    Coordinates are rounded to single precision and vertices at one place are one, since that is all a file of
    triangles says. Where the mesh itself, by its indices, has more open edges than that, those count.

    Parameters
    ----------
    crossings : bool
        Also look for triangles that cross; the slowest count.
    """
    found: Defects = mesh.derived(f"defects, crossings {crossings}", lambda m: _find_defects(m, crossings))
    return found


def is_clean(mesh: Mesh, *, crossings: bool = True) -> bool:
    """Whether :func:`find_defects` would find a clean solid; at the first thing that is not, the answer is no.

    Parameters
    ----------
    crossings : bool
        False where it is known that no triangles cross.
    """
    key = f"is clean, crossings {crossings}"
    clean: bool = mesh.derived(key, lambda m: _is_clean(m, crossings))
    return clean


def _is_clean(mesh: Mesh, crossings: bool) -> bool:
    stored = exact_weld(as_stored(mesh))
    repeated = (stored.faces == stored.faces[:, (1, 2, 0)]).any()
    edges = edge_counts(stored)
    if repeated or edges.open_edges or edges.non_manifold_edges or edges.misoriented_edges:
        return False
    if edge_counts(mesh).open_edges:
        return False
    if _duplicates(stored) or len(pinches_of(stored)) or stored.volume_mm3 <= 0:
        return False
    if crossings and len(crossings_of(stored).faces):
        return False
    return not len(wrong_side_shells(stored))


def _find_defects(mesh: Mesh, crossings: bool) -> Defects:
    stored = exact_weld(as_stored(mesh))
    table = edges_of(stored)
    open_edges = table.open_edges if stored is mesh else max(table.open_edges, edge_counts(mesh).open_edges)
    repeated = (stored.faces == np.roll(stored.faces, 1, axis=1)).any(axis=1)
    sound = open_edges == 0 and table.non_manifold_edges == 0 and table.misoriented_edges == 0
    return Defects(
        open_edges=open_edges,
        non_manifold_edges=table.non_manifold_edges,
        non_manifold_vertices=len(pinches_of(stored)),
        misoriented_edges=table.misoriented_edges,
        degenerate_faces=int(np.count_nonzero(repeated)),
        flat_faces=int(np.count_nonzero(flat_faces(stored) & ~repeated)),
        duplicate_faces=_duplicates(stored),
        wrong_side_parts=len(wrong_side_shells(stored)) if sound else None,
        crossing_faces=len(crossings_of(stored).faces) if crossings else None,
        parts=face_parts(stored)[0],
        triangles=len(stored.faces),
        volume_mm3=stored.volume_mm3,
    )


def _duplicates(mesh: Mesh) -> int:
    """How many triangles stand on the three vertices of another one."""
    triples = np.sort(mesh.faces, axis=1)
    if len(mesh.vertices) > PACKED:
        return len(triples) - len(np.unique(triples.view([("", triples.dtype)] * 3)))
    low, middle, high = (triples[:, k].astype(np.int64) for k in range(3))
    key = (low * PACKED + middle) * PACKED + high  # sorting one number is many times faster than sorting three
    key.sort()
    return int(np.count_nonzero(key[1:] == key[:-1]))


def crossing_faces(mesh: Mesh, rule: Rule = Rule.CROSSING) -> int:
    """Count the triangles that cross others once they stand in an STL file."""
    return len(crossings_of(exact_weld(as_stored(mesh)), rule).faces)
