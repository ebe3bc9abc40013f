"""Places that no cut may come near: what of the model lies there, and how far a section stays away."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ...errors import InputError
from ...mesh import FloatArray, Mesh
from ...spatial.index import SurfaceIndex
from ...spatial.sampling import area_samples
from ..cut.plane import CutPlane, Point
from ..cut.section import contains_2d, edge_distance_2d

if TYPE_CHECKING:
    import manifold3d

STEPS_PER_RADIUS = 10
"""Grid steps per radius of a protected ball."""
MOST_SAMPLES = 60_000
"""Grid points per protected place at most; a finer grid would not change which planes are free."""
SURFACE_SAMPLES = 60_000
"""Points on the model's surface, so that walls thinner than the grid are seen."""
SECTION_SAMPLES = 4_000
"""Points on a section from which the distance to a protected mesh is measured, besides all its corners."""


@dataclass(frozen=True, eq=False)
class Protect:
    """What must not be cut.

    Attributes
    ----------
    points : tuple of (point, radius_mm)
        No section comes nearer to a point (LPS mm) than its radius.
    mesh : Mesh or None
        Closed surface of the anatomy: no section comes into it, or nearer to it than ``distance_mm``.
    distance_mm : float
        For the mesh.
    """

    points: tuple[tuple[Point, float], ...] = ()
    mesh: Mesh | None = None
    distance_mm: float = 0.0

    def __post_init__(self) -> None:
        for point, radius in self.points:
            if len(point) != 3 or not np.isfinite(point).all() or not 0.0 < radius < np.inf:
                raise InputError(f"A protected place needs a point and a radius above zero, got {point}, {radius:g}.")
        if not 0.0 <= self.distance_mm < np.inf:
            raise InputError(f"The distance to keep must not be negative, got {self.distance_mm:g} mm.")

    @property
    def names(self) -> tuple[str, ...]:
        """The places as a person would name them."""
        names = tuple(
            f"the protected place {number} at ({point[0]:.1f}, {point[1]:.1f}, {point[2]:.1f}) mm, radius {radius:g} mm"
            for number, (point, radius) in enumerate(self.points, 1)
        )
        return names if self.mesh is None else (*names, f"the protected mesh '{self.mesh.name}'")


@dataclass(frozen=True, eq=False)
class Zone:
    """Samples of the model that lie in protected places: a plane between two of them would cut there.

    ``samples`` (s, 3), ``place`` (s,) the number of the place, ``reach_mm`` (s,) how far the next sample may be.
    """

    samples: FloatArray
    place: npt.NDArray[np.int64]
    reach_mm: FloatArray

    def side(self, plane: CutPlane, above: bool) -> Zone:
        """Keep the samples on one side of a plane."""
        chosen = (plane.distance(self.samples) > 0.0) == above
        return Zone(self.samples[chosen], self.place[chosen], self.reach_mm[chosen])

    def blocked(self, direction: FloatArray, offsets: FloatArray) -> npt.NDArray[np.int64]:
        """Place that each plane would cut, the lowest number where several; -1 where it is free, (k,)."""
        out = np.full(len(offsets), -1)
        height = self.samples @ direction
        for place in np.unique(self.place)[::-1]:
            of = self.place == place
            order = np.argsort(height[of])
            sorted_height, reach = height[of][order], float(self.reach_mm[of].max())
            low = np.searchsorted(sorted_height, offsets - reach)
            high = np.searchsorted(sorted_height, offsets + reach, side="right")
            out[high > low] = place
        return out


NOTHING = Zone(np.empty((0, 3)), np.empty(0, np.int64), np.empty(0))
"""No protected place."""


def zone_of(protect: Protect, mesh: Mesh) -> Zone:
    """Sample what of a model lies in its protected places."""
    inside = SurfaceIndex(mesh)
    surface = np.concatenate([mesh.vertices[mesh.used_vertices], area_samples(mesh, SURFACE_SAMPLES)])
    samples, places, reaches = [], [], []

    def add(number: int, found: FloatArray, reach: float) -> None:
        samples.append(found)
        places.append(np.full(len(found), number))
        reaches.append(np.full(len(found), reach))

    for number, (point, radius) in enumerate(protect.points):
        center = np.array(point)
        line = np.linspace(-radius, radius, 2 * STEPS_PER_RADIUS + 1)
        grid = center + np.stack(np.meshgrid(line, line, line), axis=-1).reshape(-1, 3)
        grid = grid[np.linalg.norm(grid - center, axis=1) <= radius]
        near = surface[np.linalg.norm(surface - center, axis=1) <= radius]
        add(number, np.concatenate([grid[inside.contains(grid)], near]), 0.5 * radius / STEPS_PER_RADIUS)
    if protect.mesh is not None:
        step, grid = _grid(protect.mesh, protect.distance_mm)
        index = _index(protect.mesh)
        grid = grid[inside.contains(grid)]
        add(len(protect.points), grid[_near(index, grid, protect.distance_mm)], 0.5 * step)
        add(len(protect.points), surface[_near(index, surface, protect.distance_mm)], 0.5 * step)
    if not samples:
        return NOTHING
    return Zone(np.concatenate(samples), np.concatenate(places), np.concatenate(reaches))


def distances_mm(protect: Protect, plane: CutPlane, shape: manifold3d.CrossSection) -> FloatArray:
    """Distance of a section from each protected place beyond what must be kept, (places,); below zero is too near."""
    out = []
    for point, radius in protect.points:
        local = plane.to_local(np.array([point]))
        across = 0.0 if contains_2d(shape, local[:, :2])[0] else float(edge_distance_2d(shape, local[:, :2])[0])
        out.append(float(np.hypot(across, local[0, 2])) - radius)
    if protect.mesh is not None:
        points = _section_points(plane, shape)
        index = _index(protect.mesh)
        distance = index.closest(points).distance_mm
        distance = np.where(index.contains(points), 0.0, distance)
        out.append(float(distance.min(initial=np.inf)) - protect.distance_mm)
    return np.array(out)


def _index(mesh: Mesh) -> SurfaceIndex:
    index: SurfaceIndex = mesh.derived("split_index", SurfaceIndex)
    return index


def _near(index: SurfaceIndex, points: FloatArray, distance_mm: float) -> npt.NDArray[np.bool_]:
    low, high = index.mesh.bounds
    near: npt.NDArray[np.bool_] = np.asarray(
        ((points >= low - distance_mm) & (points <= high + distance_mm)).all(axis=1)
    )
    rows = np.flatnonzero(near)
    at = points[rows]
    near[rows] = np.isfinite(index.closest(at, distance_mm).distance_mm) | index.contains(at)
    return near


def _grid(mesh: Mesh, distance_mm: float) -> tuple[float, FloatArray]:
    low, high = mesh.bounds
    low, high = low - distance_mm, high + distance_mm
    step = float((np.prod(high - low) / MOST_SAMPLES) ** (1.0 / 3.0))
    lines = [np.arange(start, stop + step, step) for start, stop in zip(low, high, strict=True)]
    return step, np.stack(np.meshgrid(*lines), axis=-1).reshape(-1, 3)


def _section_points(plane: CutPlane, shape: manifold3d.CrossSection) -> FloatArray:
    """Corners of a section's outline and points spread over it, LPS, (k, 3)."""
    import manifold3d

    slab = manifold3d.Manifold.extrude(shape, 1.0)
    flat = Mesh.from_manifold(slab, "section")
    height = flat.vertices[flat.faces][:, :, 2]
    lid = flat.submesh(np.asarray((height < 0.5).all(axis=1)))
    local = np.concatenate([lid.vertices, area_samples(lid, SECTION_SAMPLES)])
    return plane.to_world(local[:, :2])
