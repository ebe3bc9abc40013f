"""Separate pieces of a surface: list them, and keep those that are wanted."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import Enum
from typing import Annotated

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from ..errors import GeometryError, InputError
from ..mesh import Mesh
from ..parameters import Param
from ..progress import Progress, silent
from ..receipt import Change, Receipt, Stopwatch, measure_mesh
from ..spatial import SurfaceIndex, index_of
from ..topology import face_parts
from ..triangle_sums import six_fold_volumes

BEHIND_WALL_MM = 1e-4
"""A point this far behind a wall is in the material: far below any wall, far above rounding."""

LISTED_FRAGMENTS = 100
"""Receipts list this many pieces, largest first, and count the rest."""


class Keep(Enum):
    """Which pieces stay."""

    LARGEST = "largest"
    ALL = "all"


@dataclass(frozen=True)
class Fragment:
    """One solid piece with the cavities inside it.

    ``volume_mm3`` is what the piece encloses less its cavities; ``distance_mm`` is the shortest distance between its
    vertices and those of the largest piece; ``center_mm`` is the middle of its box, which may lie in another piece, and
    ``at_mm`` is one of its corners; LPS.
    """

    number: int
    volume_mm3: float
    triangles: int
    cavities: int
    size_mm: tuple[float, float, float]
    center_mm: tuple[float, float, float]
    distance_mm: float
    at_mm: tuple[float, float, float]


@dataclass(frozen=True, eq=False)
class FragmentList:
    """The pieces of a mesh, largest first, and the piece (number) of every triangle."""

    fragments: tuple[Fragment, ...]
    of_face: npt.NDArray[np.int64]


def list_fragments(mesh: Mesh) -> FragmentList:
    """List the solid pieces of a mesh, largest first.

    A shell that looks inward lies in a piece as its cavity and stays with it: it is never a piece of its own, because
    dropping it would fill a real cavity.

    Raises
    ------
    GeometryError
        The mesh is empty, or no piece has an inside.
    """
    if mesh.is_empty:
        raise GeometryError("There are no pieces: the mesh is empty.")
    count, shell = face_parts(mesh)
    volumes = _shell_volumes(mesh, shell, count)
    owner = np.arange(count)
    cavity = np.flatnonzero(volumes < 0)
    solid = np.flatnonzero(volumes >= 0)
    if len(solid) == 0:
        raise GeometryError("The mesh is inside out: no piece has a positive volume. Repair it first.")
    if len(cavity):
        owner[cavity] = _owners(mesh, shell, volumes, cavity, solid)
    piece = owner[shell]
    piece_volume = np.asarray(np.bincount(owner, weights=volumes, minlength=count), np.float64)
    order = solid[np.argsort(-piece_volume[solid], kind="stable")]
    rank = np.full(count, -1, np.int64)
    rank[order] = np.arange(len(order))
    of_face = rank[piece]
    return FragmentList(_describe(mesh, of_face, piece_volume[order], np.bincount(owner)[order] - 1), of_face)


def fragments(
    mesh: Mesh,
    *,
    keep: Annotated[Keep, Param("Keep the largest piece, or all of them.")] = Keep.LARGEST,
    keep_count: Annotated[int | None, Param("Keep this many pieces, largest first.", low=1)] = None,
    min_volume_mm3: Annotated[float | None, Param("Keep pieces of at least this volume.", unit="mm3", low=0)] = None,
    point_mm: Annotated[
        tuple[float, float, float] | None, Param("Keep the piece nearest to this point (LPS).", unit="mm", length=3)
    ] = None,
    points_mm: Annotated[
        tuple[float, ...] | None,
        Param("Keep the pieces nearest to these points: x,y,z (LPS) for each.", unit="mm"),
    ] = None,
    progress: Progress = silent,
) -> tuple[Mesh, Receipt]:
    """Keep the wanted pieces of a mesh, and list all of them in the receipt before anything is dropped.

    ``keep_count``, ``min_volume_mm3``, ``point_mm`` and ``points_mm`` each replace ``keep``; at most one of them may be
    given. ``at_mm`` of a listed piece is a point that means it.

    Raises
    ------
    InputError
        More than one rule was given, or not three numbers for each point.
    GeometryError
        Nothing would be left, or the mesh has no inside.
    """
    rules = [r for r in (keep_count, min_volume_mm3, point_mm, points_mm) if r is not None]
    if len(rules) > 1:
        raise InputError("Give only one of: how many pieces, the smallest volume, or points.")
    if points_mm is not None and (not points_mm or len(points_mm) % 3):
        raise InputError(f"points_mm needs three numbers x, y, z for each piece that shall stay; got {len(points_mm)}.")
    watch = Stopwatch()
    progress(0.0, "Listing the pieces")
    found = list_fragments(mesh)
    progress(0.6, f"{len(found.fragments)} pieces found")
    wanted = _wanted(mesh, found, keep, keep_count, min_volume_mm3, points_mm if point_mm is None else point_mm)
    if not wanted.any():
        largest = found.fragments[0].volume_mm3
        raise GeometryError(f"No piece is as large as {min_volume_mm3:g} mm3; the largest has {largest:.3g} mm3.")
    result = mesh if wanted.all() else mesh.submesh(wanted[found.of_face])
    dropped = [f for f, w in zip(found.fragments, wanted, strict=True) if not w]
    before = measure_mesh(mesh)
    after = before if result is mesh else measure_mesh(result)
    notes = [
        f"{len(found.fragments)} pieces found, {int(wanted.sum())} kept, {len(dropped)} dropped "
        f"({sum(f.volume_mm3 for f in dropped) / 1000:.3f} ml)."
    ]
    progress(1.0, notes[0])
    return result, Receipt(
        operation="fragments",
        parameters={
            "keep": keep,
            "keep_count": keep_count,
            "min_volume_mm3": min_volume_mm3,
            "point_mm": point_mm,
            "points_mm": points_mm,
        },
        seconds=watch.seconds,
        before=before,
        after=after,
        change=_change(before.volume_mm3, after.volume_mm3, dropped),
        notes=tuple(notes),
        details={
            "fragments": [
                {**asdict(f), "kept": bool(w)}
                for f, w in list(zip(found.fragments, wanted, strict=True))[:LISTED_FRAGMENTS]
            ],
            "fragments_total": len(found.fragments),
            "dropped_mm3": sum(f.volume_mm3 for f in dropped),
        },
    )


def _wanted(
    mesh: Mesh,
    found: FragmentList,
    keep: Keep,
    keep_count: int | None,
    min_volume_mm3: float | None,
    points_mm: tuple[float, ...] | None,
) -> npt.NDArray[np.bool_]:
    number = np.arange(len(found.fragments))
    if keep_count is not None:
        return np.asarray(number < keep_count)
    if min_volume_mm3 is not None:
        return np.array([f.volume_mm3 >= min_volume_mm3 for f in found.fragments])
    if points_mm is not None:
        corners = mesh.vertices[mesh.faces[:, 0]]
        points = np.asarray(points_mm).reshape(-1, 3)
        nearest = [int(np.linalg.norm(corners - point, axis=1).argmin()) for point in points]
        return np.isin(number, found.of_face[nearest])
    return np.ones(len(number), bool) if keep is Keep.ALL else np.asarray(number == 0)


def _change(before_mm3: float, after_mm3: float, dropped: list[Fragment]) -> Change:
    """What stays is untouched; what was dropped is as far away as its distance from the main piece says."""
    percent = 100.0 * (after_mm3 - before_mm3) / before_mm3 if before_mm3 > 0 else None
    far = max(dropped, key=lambda f: f.distance_mm, default=None)
    return Change(
        signed_mean_mm=0.0,
        mean_mm=0.0,
        p95_mm=0.0,
        max_mm=0.0 if far is None else far.distance_mm,
        max_at_mm=None if far is None else far.center_mm,
        volume_percent=percent,
        samples=0,
    )


def _shell_volumes(mesh: Mesh, shell: npt.NDArray[np.int64], count: int) -> npt.NDArray[np.float64]:
    six_fold = np.bincount(shell, weights=six_fold_volumes(mesh.vertices, mesh.faces), minlength=count)
    return np.asarray(six_fold / 6.0, np.float64)


def _owners(
    mesh: Mesh,
    shell: npt.NDArray[np.int64],
    volumes: npt.NDArray[np.float64],
    cavities: npt.NDArray[np.int64],
    solids: npt.NDArray[np.int64],
) -> npt.NDArray[np.int64]:
    """Smallest solid shell that holds each cavity."""
    order = np.argsort(shell, kind="stable")
    start = np.searchsorted(shell[order], np.arange(len(volumes) + 1))
    first_face = order[start[cavities]]
    owner = np.full(len(cavities), -1, np.int64)
    if len(solids) == 1:
        # The whole mesh can answer: just behind a cavity's wall there is material, unless the shell lies in the open.
        corners = mesh.vertices[mesh.faces[first_face]]
        normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), np.finfo(float).tiny)
        held = index_of(mesh).contains(corners.mean(axis=1) - BEHIND_WALL_MM * normal)
        owner[held] = solids[0]
        return _all_owned(owner)
    probes = mesh.vertices[mesh.faces[first_face, 0]]
    smallest_first = solids[np.argsort(volumes[solids], kind="stable")]
    for candidate in smallest_first:
        open_cavities = np.flatnonzero((owner < 0) & (np.abs(volumes[cavities]) <= volumes[candidate]))
        if len(open_cavities) == 0:
            continue
        corners = mesh.vertices[mesh.faces[order[start[candidate] : start[candidate + 1]]].ravel()]
        low, high = corners.min(axis=0), corners.max(axis=0)
        inside_box = ((probes[open_cavities] >= low) & (probes[open_cavities] <= high)).all(axis=1)
        chosen = open_cavities[inside_box]
        if len(chosen) == 0:
            continue
        solid = mesh.submesh(shell == candidate)
        owner[chosen[SurfaceIndex(solid).contains(probes[chosen])]] = candidate
    return _all_owned(owner)


def _all_owned(owner: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    lost = owner < 0
    if lost.any():
        raise GeometryError(
            f"{int(lost.sum())} pieces of the mesh are inside out and lie in no other piece. Repair the mesh first."
        )
    return owner


def _describe(
    mesh: Mesh, of_face: npt.NDArray[np.int64], volumes: npt.NDArray[np.float64], cavities: npt.NDArray[np.int64]
) -> tuple[Fragment, ...]:
    count = len(volumes)
    of_vertex = np.zeros(len(mesh.vertices), np.int64)
    of_vertex[mesh.faces.ravel()] = np.repeat(of_face, 3)
    used = np.zeros(len(mesh.vertices), bool)
    used[mesh.faces.ravel()] = True
    points, label = mesh.vertices[used], of_vertex[used]
    by_piece = np.argsort(label, kind="stable")
    begin = np.searchsorted(label[by_piece], np.arange(count))
    low = np.minimum.reduceat(points[by_piece], begin, axis=0)
    high = np.maximum.reduceat(points[by_piece], begin, axis=0)
    distance = np.zeros(count)
    if count > 1:
        others = label != 0
        nearest, _ = cKDTree(points[~others]).query(points[others])
        distance[1:] = np.inf
        np.minimum.at(distance, label[others], nearest)
    triangles = np.bincount(of_face, minlength=count)
    pieces, first = np.unique(of_face, return_index=True)
    at = np.empty((count, 3))
    at[pieces] = mesh.vertices[mesh.faces[first, 0]]
    return tuple(
        Fragment(
            number=index + 1,
            volume_mm3=float(volumes[index]),
            triangles=int(triangles[index]),
            cavities=int(cavities[index]),
            size_mm=_triple(high[index] - low[index]),
            center_mm=_triple((high[index] + low[index]) / 2.0),
            distance_mm=float(distance[index]),
            at_mm=_triple(at[index]),
        )
        for index in range(count)
    )


def _triple(values: npt.NDArray[np.float64]) -> tuple[float, float, float]:
    x, y, z = values.tolist()
    return x, y, z
