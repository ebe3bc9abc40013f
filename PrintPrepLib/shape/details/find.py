"""Spikes, slits and holes that are too small to print: found with the measures of wall thickness."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from enum import Enum

import numpy as np
import numpy.typing as npt

from ...analysis.thickness import Side, Thickness, wall_thickness
from ...analysis.thin import Form, ThinRegion, thin_places
from ...mesh import FloatArray, Mesh
from ...progress import Progress, silent
from ..patch import taken_out
from ..refine import close_behind

LONG_SHARE = 2.0
"""Triangles longer than so many limits that have something close behind are split"""
EDGE_SHARE = 0.5
"""until their edges are shorter than this share of the limit."""
REACH_SHARE = 1.0
LOOK_BEYOND = 1.1
"""Walls and gaps are measured up to so many limits, so that one of just the limit is not lost by rounding."""
LINE_SHARE = 0.6
"""Balls of a hole rest along a line: across it they spread by less than this share of their radius."""
LEAST_AREA = 0.5
"""A slit or hole with less surface than this times its limit squared is the roughness of the surface."""
STUB_SHARE = 1.5
"""What is not longer than this times its width is a bump: it prints as well as the surface round it."""
SPACING = 0.2
"""Middles of a feature are at most this share of the limit apart."""

Int64Array = npt.NDArray[np.int64]


class Kind(Enum):
    """What a small feature is."""

    SPIKE = "spike"
    SLIT = "slit"
    HOLE = "hole"


@dataclass(frozen=True, eq=False)
class Feature:
    """One small feature.

    Attributes
    ----------
    kind : Kind
        A spike or whisker of the solid; a slit or a hole of the air.
    at_mm : (3,) float64
        A vertex in the middle of it, LPS.
    size_mm, least_mm : float
        Typical and smallest diameter or width.
    length_mm : float
        Its largest extent.
    area_mm2 : float
        Its surface.
    limit_mm : float
        What the printer can make.
    middles : (k, 3) float64
        Where the balls rest that measured it, close together.
    surface : (k, 3) float64
        Places on its surface.
    """

    kind: Kind
    at_mm: FloatArray
    size_mm: float
    least_mm: float
    length_mm: float
    area_mm2: float
    limit_mm: float
    location: str
    middles: FloatArray
    surface: FloatArray


def find_features(
    mesh: Mesh, feature_mm: float, gap_mm: float, hole_mm: float, progress: Progress = silent
) -> list[Feature]:
    """List the spikes below a diameter, and the slits and holes below a width, the largest first.

    Parameters
    ----------
    mesh : Mesh
        Closed, outward, no two vertices in one place.
    feature_mm, gap_mm, hole_mm : float
        What the printer can make: free pins, slits, holes. 0 for a kind that is not looked for.
    """
    widest = max(gap_mm, hole_mm)
    # Both sides at once: what is not in threads by itself leaves the second core idle. Only one of them tells how far
    # it is, and stops when asked to: that must happen in the caller's thread.
    with ThreadPoolExecutor(1) as pool:
        gaps = pool.submit(_of_side, mesh, widest, Side.GAP, silent) if widest > 0.0 else None
        found = _of_side(mesh, feature_mm, Side.WALL, progress) if feature_mm > 0.0 else []
        limits = {Kind.SLIT: gap_mm, Kind.HOLE: hole_mm}
        for one in gaps.result() if gaps else ():
            if one.size_mm < limits[one.kind]:
                found.append(replace(one, limit_mm=limits[one.kind]))
    return sorted(found, key=lambda one: -one.area_mm2)


def _of_side(mesh: Mesh, limit: float, side: Side, progress: Progress) -> list[Feature]:
    fine = _refined(mesh, limit, side)
    measured = wall_thickness(fine, max_mm=LOOK_BEYOND * limit, side=side, progress=progress)
    places = thin_places(fine, measured, limit)
    count = len(places.regions)
    corners = places.of_vertex[fine.faces]
    whole = (corners[:, 0] == corners[:, 1]) & (corners[:, 0] == corners[:, 2])
    of_face = np.where(whole, corners[:, 0], 0)
    # A region is there where whole triangles are narrow, and enough of them: not only the corners of a crease.
    area = np.bincount(of_face, weights=fine.face_areas_mm2(), minlength=count + 1)
    vertices, faces = _by_number(places.of_vertex, count), _by_number(of_face, count)
    out = []
    for region in places.regions:
        if side is Side.WALL and region.form is not Form.PIN:
            continue
        if side is Side.GAP and area[region.number] < LEAST_AREA * limit * limit:
            continue
        number = region.number
        one = _feature(fine, measured, region, vertices[number], fine.faces[faces[number]], limit, side)
        if side is Side.GAP or one.length_mm > STUB_SHARE * one.size_mm:
            out.append(one)
    return out


def _by_number(numbers: Int64Array, count: int) -> list[Int64Array]:
    """Where each number from 0 to the count stands; nothing for 0."""
    some = np.flatnonzero(numbers)
    order = some[np.argsort(numbers[some], kind="stable")]
    return np.split(order, np.searchsorted(numbers[order], np.arange(1, count + 1)))


def _refined(mesh: Mesh, limit: float, side: Side) -> Mesh:
    """The same surface with more vertices on long triangles that have another wall, or another side, close by."""
    marked = close_behind(mesh, limit, LONG_SHARE * limit, before=side is Side.GAP)
    if not marked.any():
        return mesh
    patch = taken_out(mesh, marked, REACH_SHARE * limit)
    return patch.refined(patch.marked, EDGE_SHARE * limit).put_back(mesh)


def _feature(
    mesh: Mesh, measured: Thickness, region: ThinRegion, vertices: Int64Array, faces: npt.NDArray[np.int32],
    limit: float, side: Side,
) -> Feature:  # fmt: skip
    centers = np.where(np.isfinite(measured.centers_mm), measured.centers_mm, mesh.vertices)
    middles, surface = centers[vertices], mesh.vertices[vertices]
    if len(faces):
        weights = _weights(mesh.vertices[faces], SPACING * limit)
        middles = np.concatenate([middles, np.einsum("wk,fkx->fwx", weights, centers[faces]).reshape(-1, 3)])
        surface = np.concatenate([surface, np.einsum("wk,fkx->fwx", weights, mesh.vertices[faces]).reshape(-1, 3)])
    kind = Kind.SPIKE if side is Side.WALL else _kind_of_gap(centers[vertices], 0.5 * region.typical_mm)
    return Feature(
        kind, np.array(region.center_mm), region.typical_mm, region.min_mm, _extent(surface), region.area_mm2, limit,
        region.location, _thinned(middles, SPACING * limit), _thinned(surface, SPACING * limit),
    )  # fmt: skip


def _kind_of_gap(centers: FloatArray, radius: float) -> Kind:
    """Balls that rest along a line, not over a sheet, are those of a hole."""
    if len(centers) < 3:
        return Kind.HOLE
    spread = np.sqrt(np.maximum(np.linalg.eigvalsh(np.cov(centers.T))[1], 0.0))
    return Kind.HOLE if spread < LINE_SHARE * radius else Kind.SLIT


def _weights(corners: FloatArray, spacing: float) -> FloatArray:
    sides = np.linalg.norm(corners - corners[:, (1, 2, 0)], axis=2)
    number = int(np.clip(np.ceil(np.percentile(sides, 95) / spacing), 1, 12))
    i, j = np.meshgrid(np.arange(number + 1), np.arange(number + 1), indexing="ij")
    keep = i + j <= number
    pair = np.stack([i[keep], j[keep]], axis=1) / number
    return np.concatenate([pair, 1.0 - pair.sum(axis=1, keepdims=True)], axis=1)


def _thinned(points: FloatArray, spacing: float) -> FloatArray:
    """One point of each cube of half the spacing."""
    cube = np.floor(points / (0.5 * spacing)).astype(np.int64)
    cube -= cube.min(axis=0)
    size = cube.max(axis=0) + 1
    _, first = np.unique((cube[:, 0] * size[1] + cube[:, 1]) * size[2] + cube[:, 2], return_index=True)
    return np.asarray(points[np.sort(first)])


def _extent(points: FloatArray) -> float:
    middle = points - points.mean(axis=0)
    axis = np.linalg.svd(middle, full_matrices=False)[2][0] if len(points) > 1 else np.array([1.0, 0.0, 0.0])
    along = middle @ axis
    return float(along.max() - along.min())
