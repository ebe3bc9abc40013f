"""Local cure of a few triangles that cross others: move, smooth or replace only what lies around each crossing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import GeometryError
from ..mesh import Mesh
from ..progress import Progress, part, silent
from ..receipt import Stopwatch
from ..spatial import Crossings, Rule
from ..spatial.index import SurfaceIndex
from .crop import Crop, triples
from .cures import Cure, Shop
from .known import crossings_of, edges_of
from .nearby import Faces, triangles_near

_MAX_ROUNDS = 3
"""Passes over the whole mesh. The second finds nothing on clean input; it is there because it must be measured."""
_FEW_FACES = 4000
"""More crossing triangles than this are not a few local defects; they are left to other means at once."""

_MOST_OF_ONE = 100
"""A crossing of more triangles than this is not local: no means here has been seen to cure one."""


@dataclass(frozen=True)
class UntangleReport:
    """Account of one run.

    ``faces_before`` and ``faces_after`` count triangles that cross another one; ``max_mm`` is the largest distance
    between the old and the new surface, both ways, on corners, edge middles and centers of the replaced triangles.
    """

    faces_before: int
    faces_after: int
    cures: tuple[Cure, ...]
    max_mm: float
    max_at_mm: tuple[float, float, float] | None
    seconds: float

    def to_dict(self) -> dict[str, Any]:
        """Return the report as plain values."""
        return {
            "crossing_faces_before": self.faces_before,
            "crossing_faces_after": self.faces_after,
            "max_mm": self.max_mm,
            "max_at_mm": self.max_at_mm,
            "seconds": self.seconds,
            "cures": [vars(cure) for cure in self.cures[:200]],
            "cures_total": len(self.cures),
        }


def untangle(
    mesh: Mesh,
    *,
    reference: Mesh | None = None,
    bound_mm: float,
    patience: int | None = None,
    rule: Rule = Rule.CROSSING,
    progress: Progress = silent,
) -> tuple[Mesh, UntangleReport]:
    """Remove self-intersections by changing the surface only around them.

    Around each crossing, in this order and taking the first that works: the two sheets are pushed apart; the corners
    are relaxed; a patch of 1 to 4 rings is faired with its triangles kept; a patch of 0 to 5 rings is cut out and
    refilled. What does not end free of crossings, manifold and within the bound is put back as it was.
    All vertices and triangles elsewhere stay bit for bit; where every vertex is exact in single precision (as in an
    STL file), the new ones are too.

    Parameters
    ----------
    mesh : Mesh
        Manifold edges. Open borders are left alone.
    reference : Mesh, optional
        Surface from which the deviation is measured, e.g. before simplifying; else the mesh itself.
    bound_mm : float
        The new surface lies nowhere further than this from the old one; with a reference, nowhere further from the
        reference than this or than the old surface there did already.
    patience : int, optional
        Give up after so many crossings that no means cured, and at once where one is too large to be local; without it,
        try all.
    rule : Rule
        What counts as crossing, before and after.
    progress : Progress
        Receiver of progress.

    Returns
    -------
    mesh : Mesh
        The same object when nothing crosses.
    report : UntangleReport
        ``faces_after`` is 0 when all were cured.

    Raises
    ------
    GeometryError
        An edge has more than two triangles.
    """
    if not bound_mm > 0:
        raise ValueError(f"bound_mm must be above 0, got {bound_mm}")
    watch = Stopwatch()
    progress(0.0, "Looking for triangles that cross")
    found = crossings_of(mesh, rule)
    before = left = len(found.faces)
    cures: list[Cure] = []
    failed: set[bytes] = set()
    for turn in range(_MAX_ROUNDS):
        if left == 0 or left > _FEW_FACES:
            break
        share = part(progress, 0.2 * turn + 0.2, 0.2 * turn + 0.4)
        mesh, done = _one_round(
            mesh, found, reference, bound_mm=bound_mm, patience=patience, rule=rule, failed=failed, progress=share
        )
        changed = any(cure.method != "left" for cure in done)
        if changed:
            found = crossings_of(mesh, rule)
            left = len(found.faces)
        last = not changed or left == 0 or turn == _MAX_ROUNDS - 1
        cures += [cure for cure in done if last or cure.method != "left"]
        if last:
            break
    worst = max((c for c in cures if c.method != "left"), key=lambda c: c.moved_mm, default=None)
    progress(1.0, "Crossings looked at")
    return mesh, UntangleReport(
        faces_before=before,
        faces_after=left,
        cures=tuple(cures),
        max_mm=worst.moved_mm if worst else 0.0,
        max_at_mm=worst.at_mm if worst else None,
        seconds=watch.seconds,
    )


def _one_round(
    mesh: Mesh,
    found: Crossings,
    reference: Mesh | None,
    *,
    bound_mm: float,
    patience: int | None,
    rule: Rule,
    failed: set[bytes],
    progress: Progress,
) -> tuple[Mesh, list[Cure]]:
    """Look once at every crossing; return the mesh with those that could be cured.

    Surroundings in which nothing helped are added to those that ``failed``, and are not tried again as they were.
    """
    single = bool(np.array_equal(mesh.vertices, mesh.vertices.astype(np.float32)))
    every = Crop(mesh, np.asarray(found.faces, np.int64), bound_mm, None)
    if edges_of(every.local).non_manifold_edges:
        raise GeometryError("The mesh has edges with more than two triangles. Repair them before crossings.")
    truth = None
    if reference is not None:
        near = triangles_near(reference, every.low - bound_mm, every.high + bound_mm)
        truth = SurfaceIndex(reference.submesh(near) if near.any() else reference)
    groups = [np.sort(every.local.faces[members], axis=1) for members in every.clusters(found)]
    cures: list[Cure] = []
    large = [group for group in groups if len(group) > _MOST_OF_ONE]
    if patience is not None and large:
        for group in large:
            x, y, z = every.local.vertices[group].mean(axis=(0, 1)).tolist()
            cures.append(Cure((x, y, z), len(group), "left", 0, 0.0))
        return mesh, cures
    # Triangles are followed by their vertices, because the numbers of triangles change under way.
    for number, group in enumerate(groups):
        progress(number / len(groups), f"Crossing {number + 1} of {len(groups)}")
        members = np.flatnonzero(np.isin(triples(every.local.faces), triples(group)))
        if len(members) == 0:
            continue
        if patience is not None and sum(cure.method == "left" for cure in cures) >= patience:
            break
        crop = Crop(every.local, members, bound_mm, every.locked)
        shop = Shop(crop, bound_mm, truth, single=single, rule=rule)
        own = np.flatnonzero(np.isin(np.flatnonzero(crop.taken), members))
        print_of = _fingerprint(crop, own)
        cure = shop.left(own) if print_of in failed else shop.cure(own)
        if cure.method == "left":
            failed.add(print_of)
        else:
            every.replace(crop.put_back(shop.vertices, shop.faces))
        cures.append(cure)
    return every.put_back(every.local.vertices, every.local.faces.astype(np.int64)).without_unused_vertices(), cures


def _fingerprint(crop: Crop, members: Faces) -> bytes:
    """What the means against one crossing see: their result depends on nothing else."""
    corners = np.concatenate([crop.local.triangles.reshape(-1, 9), crop.locked[crop.local.faces]], axis=1)
    mine = np.zeros((len(corners), 1))
    mine[members] = 1.0
    rows = np.concatenate([corners, mine], axis=1)
    return rows[np.lexsort(rows.T)].tobytes()
