"""What a plan needs to know of a model: all of it measured."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..analysis.thickness import Thickness, wall_thickness
from ..errors import GeometryError
from ..mesh import FloatArray, Mesh
from ..progress import Progress, part, silent
from ..spatial import exact_weld
from ..spatial.index import SurfaceIndex
from ..topology import edge_counts, face_parts

WALLS_UP_TO_MM = 10.0
"""Thicker walls are thick enough for every process."""
DEPTH_SAMPLES = 40_000
"""Points in the box round the model; those inside tell how deep it is: of a skull one in eight, which is a sampling
error of about one percent of its volume."""
FEWEST_INSIDE = 4_000
"""As many points are sought inside before it is given up."""
MOST_ROUNDS = 8

# Roberts 2018: reciprocals of the powers of the root of x**4 = x + 1, for even points in a box.
_ROOT = 1.2207440846057596
_STEPS = np.array([1.0 / _ROOT, 1.0 / _ROOT**2, 1.0 / _ROOT**3])


@dataclass(frozen=True, eq=False)
class ModelFacts:
    """A model in figures.

    Attributes
    ----------
    size_mm : (3,)
        Along x, y, z as it lies.
    volume_ml, area_cm2 : float
        As measured.
    parts, cavities : int
        Solid pieces; closed hollows inside them. Of an open surface: its pieces, and 0.
    cavity_ml : float
        What the hollows enclose.
    closed : bool
        Whether it has an inside.
    walls : Thickness or None
        Wall thickness at every vertex; None where the surface is not closed.
    depth_mm : (k,) float64
        Distance from the surface of points spread evenly inside, ascending; empty where there is no inside.
    depth_normal : (k, 3) float64
        Normal of the surface nearest to each.
    """

    size_mm: tuple[float, float, float]
    volume_ml: float
    area_cm2: float
    triangles: int
    parts: int
    cavities: int
    cavity_ml: float
    closed: bool
    walls: Thickness | None
    depth_mm: FloatArray
    depth_normal: FloatArray
    mesh: Mesh

    @property
    def longest_mm(self) -> float:
        """Longest side as it lies."""
        return max(self.size_mm)

    @property
    def thickest_mm(self) -> float:
        """Diameter of the largest ball found inside; 0 where there is no inside."""
        return 2.0 * float(self.depth_mm[-1]) if len(self.depth_mm) else 0.0

    def deeper_ml(self, depth_mm: float) -> float:
        """Volume that lies deeper below the surface than a depth: what hollowing to that wall would save."""
        if not len(self.depth_mm):
            return 0.0
        return self.volume_ml * float(np.mean(self.depth_mm > depth_mm))

    def below_percent(self, limit_mm: float) -> float | None:
        """Share of the surface whose wall is thinner than a limit."""
        return None if self.walls is None else self.walls.summary(self.mesh, limit_mm).percent_below

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        walls = None if self.walls is None else self.walls.summary(self.mesh).to_dict()
        kept = ("min_mm", "p01_mm", "p05_mm", "median_mm", "percent_beyond", "max_mm")
        return {
            "size_mm": list(self.size_mm),
            "volume_ml": self.volume_ml,
            "area_cm2": self.area_cm2,
            "triangles": self.triangles,
            "parts": self.parts,
            "cavities": self.cavities,
            "cavity_ml": self.cavity_ml,
            "closed": self.closed,
            "thickest_mm": self.thickest_mm,
            "walls": None if walls is None else {key: walls[key] for key in kept},
        }


def facts_of(mesh: Mesh, progress: Progress = silent) -> ModelFacts:
    """Measure a model.

    Raises
    ------
    GeometryError
        It is empty or inside out.
    """
    if mesh.is_empty:
        raise GeometryError(f"The model '{mesh.name}' is empty: there is nothing to plan.")
    welded = exact_weld(mesh)
    closed = edge_counts(welded).open_edges == 0
    if closed and welded.volume_mm3 < 0.0:
        raise GeometryError("The model is inside out: its volume is negative. Repair it first: printprep repair.")
    count, of_face = face_parts(welded)
    volumes = _volumes(welded, of_face, count) if closed else np.zeros(count)
    hollow = volumes < 0.0
    walls, depth, normal = None, np.empty(0), np.empty((0, 3))
    if closed:
        walls = wall_thickness(welded, max_mm=WALLS_UP_TO_MM, progress=part(progress, 0.0, 0.7))
        depth, normal = _depths(welded, part(progress, 0.7, 1.0))
    x, y, z = (float(side) for side in welded.size_mm)
    return ModelFacts(
        size_mm=(x, y, z),
        volume_ml=welded.volume_mm3 / 1000.0,
        area_cm2=welded.area_mm2 / 100.0,
        triangles=len(welded.faces),
        parts=int(count - hollow.sum()),
        cavities=int(hollow.sum()),
        cavity_ml=float(-volumes[hollow].sum()) / 1000.0,
        closed=closed,
        walls=walls,
        depth_mm=depth,
        depth_normal=normal,
        mesh=welded,
    )


def _volumes(mesh: Mesh, of_face: np.ndarray, count: int) -> FloatArray:
    """Signed volume of each connected surface; a hollow looks inward and is negative."""
    corner = mesh.triangles
    first = np.full(count, len(of_face))
    np.minimum.at(first, of_face, np.arange(len(of_face)))
    shift = corner[first, 0][of_face]
    six = np.einsum("ij,ij->i", corner[:, 0] - shift, np.cross(corner[:, 1] - shift, corner[:, 2] - shift))
    return np.asarray(np.bincount(of_face, weights=six, minlength=count) / 6.0)


def _depths(mesh: Mesh, progress: Progress) -> tuple[FloatArray, FloatArray]:
    index = SurfaceIndex(mesh)
    low, high = mesh.bounds
    found: list[FloatArray] = []
    for turn in range(MOST_ROUNDS):
        progress(turn / MOST_ROUNDS, "Measuring the inside")
        number = np.arange(turn * DEPTH_SAMPLES, (turn + 1) * DEPTH_SAMPLES)[:, None]
        points = low + (0.5 + number * _STEPS) % 1.0 * (high - low)
        found.append(points[index.contains(points)])
        if sum(map(len, found)) >= FEWEST_INSIDE:
            break
    inside = np.concatenate(found)
    if not len(inside):
        return np.empty(0), np.empty((0, 3))
    near = index.closest(inside)
    order = np.argsort(near.distance_mm, kind="stable")
    return near.distance_mm[order], mesh.face_normals()[near.faces[order]]
