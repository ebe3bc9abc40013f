"""Two bodies beside each other: how near, where, and over what area they touch or overlap."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ...mesh import FloatArray, Mesh
from ...progress import Progress, silent
from ...receipt import plain
from ...spatial import index_of
from ...spatial.sampling import area_samples_and_faces, some_vertices

Point = tuple[float, float, float]

TOUCH_MM = 1e-4
"""Faces nearer than this touch: a twentieth of what the finest printer resolves, twenty times what an STL file rounds
on a model of 60 mm."""
OPPOSED = 0.5
"""Faces touch that look at each other within 60 degrees: cosine. Flush faces that look the same way do not."""
LEAST_MM3 = 1e-6
"""Less volume than this is rounding."""
NEAR_MM = 2.0
"""Parts farther apart than this are not listed as a pair."""
SAMPLES = 20_000
"""Vertices of a body, at most, that are measured against another."""
AREA_SAMPLES = 5_000
"""Places spread over the faces near another body that are measured against it."""
LOOK_MM = 0.5
"""Faces within so much of another body are measured against it."""
_ALTERNATIONS = 40
"""Steps from one surface to the other and back that settle the nearest points, from several starts."""
_STARTS = 16
_PLACES_EVERY = 0.5
"""Triangles are tested against the other body at one place in each square of this share of the reach, and at their
corners and middle."""
_MOST_PLACES = 100_000


@dataclass(frozen=True)
class Nearest:
    """Smallest distance between two surfaces and the point on each, LPS."""

    distance_mm: float
    on_first: Point
    on_second: Point


@dataclass(frozen=True)
class ContactPair:
    """Two parts that are near each other.

    Attributes
    ----------
    first, second : int
        Numbers of the parts, from 0.
    overlap_mm3 : float
        Volume that both claim.
    overlap_depth_mm : float
        How deep one reaches into the other, at most (at measured places of both).
    touching_mm2 : float
        Area over which faces look at each other at less than ``TOUCH_MM``, or lie in the other part.
    gap_mm : float
        Smallest distance between them; 0 where they touch or overlap.
    at_mm : (3,)
        Place of the smallest gap, or of the deepest overlap.
    """

    first: int
    second: int
    overlap_mm3: float
    overlap_depth_mm: float
    touching_mm2: float
    gap_mm: float
    at_mm: Point

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        out: dict[str, Any] = plain(asdict(self))
        return out


def contact_report(parts: Sequence[Mesh], progress: Progress = silent) -> list[ContactPair]:
    """Measure every pair of closed parts that are near each other: overlap, contact, smallest gap and where.

    Parameters
    ----------
    parts : sequence of Mesh
        Closed, outward.
    progress : Progress
        May cancel.
    """
    solids = [part.to_manifold() for part in parts]
    pairs = [(i, j) for i in range(len(parts)) for j in range(i + 1, len(parts)) if _boxes_near(parts[i], parts[j])]
    out = []
    for number, (i, j) in enumerate(pairs):
        progress(number / len(pairs), "Measuring where parts touch")
        nearest = nearest_points(parts[i], parts[j])
        overlap = max(float((solids[i] ^ solids[j]).volume()), 0.0)
        touch = touching(parts[i], parts[j])
        overlap = overlap if overlap > LEAST_MM3 else 0.0
        deepest = touch
        if overlap > 0.0:
            back = touching(parts[j], parts[i])
            deepest = back if back.depth_mm > touch.depth_mm else touch
        overlaps = overlap > 0.0 and deepest.depth_mm > 0.0
        if nearest.distance_mm > NEAR_MM and not overlaps:
            continue
        gap = 0.0 if overlaps else nearest.distance_mm
        at = deepest.deepest_mm if overlaps and deepest.deepest_mm is not None else nearest.on_first
        out.append(ContactPair(i, j, overlap, deepest.depth_mm, touch.area_mm2, gap, at))
    progress(1.0, "Measuring where parts touch")
    return out


@dataclass(frozen=True, eq=False)
class Touching:
    """Where a body touches another.

    ``area_mm2`` is the area of the first that touches or lies in the second; ``center_mm`` is its middle; ``depth_mm``
    how deep the first reaches into the second and ``deepest_mm`` where. ``faces_on`` (k, 3) are places where faces lie
    on each other.
    """

    area_mm2: float
    center_mm: Point | None
    depth_mm: float
    deepest_mm: Point | None
    faces_on: FloatArray


def touching(first: Mesh, second: Mesh, within_mm: float = TOUCH_MM) -> Touching:
    """Find where the faces of one body lie on or in another."""
    close = faces_near(first, second, max(within_mm, LOOK_MM))
    if not close.any():
        return Touching(0.0, None, 0.0, None, np.empty((0, 3)))
    piece = Mesh(first.vertices, first.faces[close], first.name)
    points, faces = area_samples_and_faces(piece, AREA_SAMPLES)
    if not len(points):
        return Touching(0.0, None, 0.0, None, np.empty((0, 3)))
    signed, normal = signed_and_normal(second, points, within_mm)
    own = piece.face_normals()[faces]
    opposed = np.einsum("ij,ij->i", own, normal) < -OPPOSED
    on_face = (np.abs(signed) <= within_mm) & opposed
    on = (signed < -within_mm) | on_face
    vertices = some_vertices(piece, SAMPLES)
    deep = np.concatenate([signed, signed_and_normal(second, vertices, within_mm)[0]])
    every = np.concatenate([points, vertices])
    worst = int(deep.argmin())
    depth = max(-float(deep[worst]), 0.0)
    area = piece.area_mm2 * float(np.count_nonzero(on)) / len(points)
    center = place(points[on].mean(axis=0)) if on.any() else None
    deepest = place(every[worst]) if depth > within_mm else None
    return Touching(area, center, depth if deepest else 0.0, deepest, points[on_face])


def signed_and_normal(mesh: Mesh, points: FloatArray, within_mm: float) -> tuple[FloatArray, FloatArray]:
    """Signed distance (k,) and the normal (k, 3) of the nearest triangle; outside farther than the limit: infinite."""
    index = index_of(mesh)
    signed = np.full(len(points), np.inf)
    normal = np.zeros((len(points), 3))
    found = index.closest(points, np.inf)
    near = np.flatnonzero(found.faces >= 0)
    signed[near] = index.with_sign(points, found)[near]
    normal[near] = mesh.face_normals()[found.faces[near]]
    signed[signed > within_mm] = np.inf
    return signed, normal


def facing_faces(mesh: Mesh, other: Mesh, within_mm: float) -> npt.NDArray[np.bool_]:
    """Triangles (m,) of which a place looks at another body less than a distance away, or lies in it."""
    rows = np.flatnonzero(faces_near(mesh, other, within_mm))
    out = np.zeros(len(mesh.faces), bool)
    if len(rows):
        piece = Mesh(mesh.vertices, mesh.faces[rows], mesh.name)
        points, owner = _places_on(piece, within_mm)
        signed, normal = signed_and_normal(other, points, within_mm)
        opposed = np.einsum("ij,ij->i", piece.face_normals()[owner], normal) < -OPPOSED
        out[rows[owner[np.isfinite(signed) & opposed]]] = True
    return out


def faces_near(mesh: Mesh, other: Mesh, reach_mm: float) -> npt.NDArray[np.bool_]:
    """Triangles (m,) that come within reach of another body, or lie in it."""
    low, high = other.bounds
    corners = mesh.triangles
    chosen = ((corners.max(axis=1) >= low - reach_mm) & (corners.min(axis=1) <= high + reach_mm)).all(axis=1)
    rows = np.flatnonzero(chosen)
    near = np.zeros(len(mesh.faces), bool)
    if not len(rows):
        return near
    piece = Mesh(mesh.vertices, mesh.faces[rows], mesh.name)
    points, owner = _places_on(piece, reach_mm)
    index = index_of(other)
    found = index.closest(points, reach_mm)
    hit = found.faces >= 0
    hit[~hit] = index.contains(points[~hit])
    near[rows[owner[hit]]] = True
    return near


def nearest_points(first: Mesh, second: Mesh) -> Nearest:
    """Find the nearest points of two surfaces: from many places of both, then back and forth until they settle."""
    starts = []
    for one, other in ((first, second), (second, first)):
        points = np.concatenate([some_vertices(one, SAMPLES), area_samples_and_faces(one, AREA_SAMPLES)[0]])
        found = index_of(other).closest(points)
        best = np.argsort(found.distance_mm)[:_STARTS]
        starts.append(points[best] if one is first else found.points[best])
    at = np.concatenate(starts)
    there = at
    distance = np.full(len(at), np.inf)
    for _ in range(_ALTERNATIONS):
        on_second = index_of(second).closest(at)
        there = on_second.points
        back = index_of(first).closest(there)
        at, before, distance = back.points, distance, back.distance_mm
        if not (distance < before - TOUCH_MM * 1e-3).any():
            break
    best_row = int(distance.argmin())
    return Nearest(float(distance[best_row]), place(at[best_row]), place(there[best_row]))


def _places_on(piece: Mesh, reach_mm: float) -> tuple[FloatArray, npt.NDArray[np.int64]]:
    """Places (k, 3) on triangles, close together beside the reach, and the triangle of each."""
    count = int(min(piece.area_mm2 / (_PLACES_EVERY * reach_mm) ** 2 + 1.0, _MOST_PLACES))
    spread, of_spread = area_samples_and_faces(piece, count)
    number = np.arange(len(piece.faces))
    points = np.concatenate([spread, piece.triangles.reshape(-1, 3), piece.triangles.mean(axis=1)])
    return points, np.concatenate([of_spread, np.repeat(number, 3), number])


def place(point: npt.NDArray[np.float64]) -> Point:
    """A point as a tuple."""
    x, y, z = (float(value) for value in point)
    return x, y, z


def in_words(point: Point) -> str:
    """A place as people read it."""
    return "({:.1f}, {:.1f}, {:.1f})".format(*point)


def _boxes_near(first: Mesh, second: Mesh) -> bool:
    (low, high), (low2, high2) = first.bounds, second.bounds
    return bool(((low <= high2 + NEAR_MM) & (low2 <= high + NEAR_MM)).all())
