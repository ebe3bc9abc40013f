"""Cross-sections of a surface by many parallel planes at once, and the exact outline of one."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from ...errors import GeometryError
from ...mesh import FloatArray, Mesh
from ..cut.plane import CutPlane

if TYPE_CHECKING:
    import manifold3d

SEARCH_TRIANGLES = 8_000
"""Triangles of the copy that the search works on: sections of a skull keep their area within some percent, and a table
of all its directions takes a fraction of a second. What is handed back is measured on the full model."""
GRAZING_COS = np.cos(np.radians(20.0))
"""A surface that meets the plane at less than 20 degrees leaves an edge like a blade."""
ISLET_SHARE = 0.002
"""Outlines below this share of the section's area are not counted: they come from simplifying."""
INSCRIBED_SHARE = 0.01
"""The radius of the inscribed circle is found to within this share."""
OUTLINE_SHARE = 1e-3
"""Outlines are thinned within this share of the circle sought before they are shrunk."""

Int64Array = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Surface:
    """A closed surface prepared for slicing: vertices (n, 3), faces (m, 3)."""

    vertices: FloatArray
    faces: Int64Array

    @cached_property
    def edges(self) -> tuple[Int64Array, Int64Array]:
        """Vertex pairs (e, 2), and for each face its three edges 0-1, 1-2, 2-0, (m, 3)."""
        ends = np.stack([self.faces, np.roll(self.faces, -1, axis=1)], axis=2).reshape(-1, 2)
        key = ends.min(axis=1) * len(self.vertices) + ends.max(axis=1)
        unique, row = np.unique(key, return_inverse=True)
        pairs = np.stack([unique // len(self.vertices), unique % len(self.vertices)], axis=1)
        return pairs, row.reshape(-1, 3)

    @cached_property
    def normals(self) -> FloatArray:
        """Unit normals of the faces, (m, 3); zero where a face has no area."""
        a, b, c = (self.vertices[self.faces[:, i]] for i in range(3))
        cross = np.cross(b - a, c - a)
        return np.asarray(cross / np.maximum(np.linalg.norm(cross, axis=1), np.finfo(float).tiny)[:, None])


@dataclass(frozen=True, eq=False)
class Sections:
    """What parallel planes cut out of a surface; each array has one value per plane, (k,).

    ``thickness_mm`` is twice the area over the perimeter: the wall of a ring or a slab, the radius of a disc. The
    greatest inscribed circle has a radius between half of it and the whole. ``outlines`` counts separate filled
    outlines. ``grazing`` is the share of the perimeter where the surface meets the plane at a flat angle.
    """

    area_mm2: FloatArray
    perimeter_mm: FloatArray
    outlines: Int64Array
    grazing: FloatArray

    @property
    def thickness_mm(self) -> FloatArray:
        """Twice the area over the perimeter, zero where nothing is cut."""
        return np.asarray(2.0 * self.area_mm2 / np.maximum(self.perimeter_mm, np.finfo(float).tiny))


def surface_of(solid: manifold3d.Manifold) -> Surface:
    """Copy the surface out of a Manifold."""
    out = solid.to_mesh64()
    return Surface(np.array(out.vert_properties[:, :3], np.float64), np.asarray(out.tri_verts).astype(np.int64))


def simpler(mesh: Mesh, solid: manifold3d.Manifold, triangles: int = SEARCH_TRIANGLES) -> manifold3d.Manifold:
    """Closed copy of a solid with about so many triangles; the solid itself where it has no more than that."""
    import fast_simplification
    import manifold3d

    if solid.num_tri() <= triangles:
        return solid
    wanted = triangles
    while wanted < solid.num_tri():
        points, faces = fast_simplification.simplify(mesh.vertices.copy(), mesh.faces.copy(), target_count=wanted)
        made = manifold3d.Manifold(
            manifold3d.Mesh64(vert_properties=np.asarray(points, np.float64), tri_verts=faces.astype(np.uint64))
        )
        if made.status() == manifold3d.Error.NoError and made.num_tri():
            return made
        wanted *= 4  # it tore: try with more
    return solid


def sections(surface: Surface, direction: FloatArray, offsets: FloatArray) -> Sections:
    """Measure the sections by the planes ``direction . x = offset``.

    One pass over the triangles: each is paired with the planes between its lowest and its highest corner.

    Parameters
    ----------
    surface : Surface
        Closed and outward.
    direction : (3,) float64
        Unit vector.
    offsets : (k,) float64
        Ascending, mm.
    """
    if not len(surface.faces):
        raise GeometryError("There is no surface to cut.")
    height = surface.vertices @ direction
    corners = height[surface.faces]
    first = np.searchsorted(offsets, corners.min(axis=1), side="right")
    count = np.searchsorted(offsets, corners.max(axis=1), side="right") - first
    face = np.repeat(np.arange(len(count)), count)
    plane = np.arange(len(face)) - np.repeat(np.cumsum(count) - count - first, count)
    level = offsets[plane]
    above = corners[face] >= level[:, None]
    odd = np.where(above.sum(axis=1) == 1, above.argmax(axis=1), (~above).argmax(axis=1))
    row = np.arange(len(face))
    apex = surface.faces[face, odd]
    one, two = surface.faces[face, (odd + 1) % 3], surface.faces[face, (odd + 2) % 3]
    flat = surface.vertices @ _axes(direction).T
    start = _crossing(flat, height, apex, one, level)
    stop = _crossing(flat, height, apex, two, level)
    turn = 0.5 * np.where(above[row, odd], 1.0, -1.0) * (start[:, 0] * stop[:, 1] - start[:, 1] * stop[:, 0])
    length = np.sqrt(((stop - start) ** 2).sum(axis=1))
    number = len(offsets)
    area = np.asarray(np.bincount(plane, turn, number), np.float64)
    perimeter = np.asarray(np.bincount(plane, length, number), np.float64)
    flat_angle = np.abs(surface.normals[face] @ direction) > GRAZING_COS
    grazing = np.bincount(plane, length * flat_angle, number) / np.maximum(perimeter, np.finfo(float).tiny)
    pairs, edge_of = surface.edges
    ends = np.stack([edge_of[face, odd], edge_of[face, (odd + 2) % 3]], axis=1) + (plane * len(pairs))[:, None]
    return Sections(np.maximum(area, 0.0), perimeter, _outlines(ends, plane, turn, area), grazing)


def outline(solid: manifold3d.Manifold, plane: CutPlane) -> manifold3d.CrossSection:
    """Exact outline of a solid in a plane, in the plane's local coordinates."""
    axes = plane.axes
    matrix = np.concatenate([axes, -(axes @ np.array(plane.point_mm))[:, None]], axis=1)
    return solid.transform(matrix).slice(0.0)


def inscribed_radius(shape: manifold3d.CrossSection) -> float:
    """Radius of the greatest circle inside an outline, mm, from below."""
    area = float(shape.area())
    if not area > 0.0:
        return 0.0
    low, high = 0.0, float(np.sqrt(area / np.pi)) * (1.0 + INSCRIBED_SHARE)
    thinned = shape
    while high - low > INSCRIBED_SHARE * high:
        middle = 0.5 * (low + high)
        thinned = shape.simplify(OUTLINE_SHARE * middle)
        if shrunk(thinned, middle).area() > 0.0:
            low = middle
        else:
            high = middle
    return low


def shrunk(shape: manifold3d.CrossSection, by_mm: float) -> manifold3d.CrossSection:
    """Points of an outline that lie at least so far from its edges."""
    import manifold3d

    return shape.offset(-by_mm, manifold3d.JoinType.Round, circular_segments=32)


def span_mm(shape: manifold3d.CrossSection) -> float:
    """Longest distance between two points of an outline; zero where it is empty."""
    loops = shape.to_polygons()
    if not loops:
        return 0.0
    points = np.concatenate([np.asarray(loop) for loop in loops])
    turn = np.arange(64) * (np.pi / 64)
    along = points @ np.stack([np.cos(turn), np.sin(turn)])
    return float((along.max(axis=0) - along.min(axis=0)).max())


def _axes(direction: FloatArray) -> FloatArray:
    x, y, z = (float(value) for value in direction)
    return CutPlane((0.0, 0.0, 0.0), (x, y, z)).axes[:2]


def _crossing(flat: FloatArray, height: FloatArray, one: Int64Array, two: Int64Array, level: FloatArray) -> FloatArray:
    share = ((level - height[one]) / (height[two] - height[one]))[:, None]
    return np.asarray(flat[one] + share * (flat[two] - flat[one]))


def _outlines(ends: Int64Array, plane: Int64Array, turn: FloatArray, area: FloatArray) -> Int64Array:
    """Filled outlines on each plane: connected loops that enclose a positive area worth counting."""
    nodes, row = np.unique(ends.ravel(), return_inverse=True)
    row = row.reshape(-1, 2)
    graph = coo_matrix((np.ones(len(row), bool), (row[:, 0], row[:, 1])), shape=(len(nodes), len(nodes)))
    loops, label = connected_components(graph, directed=False)
    of_pair = label[row[:, 0]]
    loop_area = np.bincount(of_pair, turn, loops)
    of_plane = np.zeros(loops, np.int64)
    of_plane[of_pair] = plane
    filled = loop_area > np.maximum(ISLET_SHARE * area[of_plane], 0.0)
    return np.bincount(of_plane[filled], minlength=len(area))
