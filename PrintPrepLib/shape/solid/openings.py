"""The openings of a model, measured: how wide, how long, round or a gap, and along which axis one looks through."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np
import numpy.typing as npt

from ...mesh import FloatArray, Mesh
from ...progress import Progress, part, silent
from ...spatial import index_of
from ...spatial.index import SurfaceIndex
from ..rows import all_in_row
from .flood import Membrane, membranes

DIRECTIONS = 48
"""Rays in the plane of an opening: its outline is the polygon of their ends."""
AXES = 40
"""Directions that are tried as axis, with"""
FEW = 16
"""rays each, and how they are turned then, twice:"""
TURNS_DEG = (9.0, 3.0)
FAR = 4.0
"""Rays end after so many of the widest openings that are looked for: there an opening has no rim."""
OPEN_SHARE = 0.1
"""More rays than this without a rim: not a hole in a wall, but a gap between bodies or open to a side."""
LEAST_MM = 1e-6
MIDWAY_CELLS = 1.5
"""The middle of an opening is at most so many cells from the cell with most room: farther on is another room."""
ON_MEMBRANE_CELLS = 2.5
"""The middle of an outline farther than so many cells from the membrane is that of the room behind it."""
LONG = 2.5
"""An opening longer than so many times its width is a gap: a suture, a fracture, a fissure."""
LONG_AREA = 3.0
"""A membrane of more area than so many squares of its width is a gap, too, however it winds."""

FOREIGN_AREA = 6.0
"""An outline of so many times the membrane's area is that of a room, not of this opening. Of a single cell across a
round hole it is up to four times."""

Bools = npt.NDArray[np.bool_]


class Kind(Enum):
    """What an opening is."""

    HOLE = "hole"
    GAP = "gap"


@dataclass(frozen=True, eq=False)
class Opening:
    """One opening at its narrowest place.

    Attributes
    ----------
    membrane : Membrane
        The cells across it.
    center_mm : (3,) float64
        Middle of its outline, LPS.
    frame : (3, 3) float64
        Rows: two directions across, and the axis.
    radii_mm : (DIRECTIONS,) float64
        From the middle to the rim, round the axis; the longest ray where there is no rim.
    passes_mm : float
        Diameter of the largest ball that was found to pass.
    """

    membrane: Membrane
    center_mm: FloatArray
    frame: FloatArray
    radii_mm: FloatArray
    passes_mm: float
    area_mm2: float
    width_mm: float
    length_mm: float
    kind: Kind

    def directions(self) -> FloatArray:
        """Unit vectors (DIRECTIONS, 3) of the rays across the opening."""
        return _circle() @ self.frame[:2]

    def polar(self, points: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Distance from the axis, height along it, and angle round it of points (k, 3): (k,) each."""
        x, y, z = self.frame @ (points - self.center_mm).T
        return np.hypot(x, y), np.asarray(z), np.asarray(np.arctan2(y, x) % (2.0 * np.pi))

    def holds(self, points: FloatArray) -> Bools:
        """Which points (k, 3) lie within the outline, seen along the axis."""
        rho, _, angle = self.polar(points)
        return np.asarray(rho <= around(self.radii_mm, angle))


def around(values: FloatArray, angle: FloatArray) -> FloatArray:
    """Values (k,) at angles, from those (DIRECTIONS,) at the rays across an opening."""
    turns = np.arange(DIRECTIONS + 1) * (2.0 * np.pi / DIRECTIONS)
    return np.asarray(np.interp(angle, turns, np.append(values, values[0])))


def find_openings(mesh: Mesh, widest_mm: float, progress: Progress = silent) -> list[Opening]:
    """Find and measure every opening that a ball of a diameter does not pass, the widest first.

    The axis is the direction across which the outline has the least area; the outline is where rays from the middle
    meet the model itself, so that no grid limits the figures.
    """
    found = membranes(mesh, widest_mm, part(progress, 0.0, 0.8))
    if not found:
        return []
    index = index_of(mesh)
    every = np.concatenate([one.points for one in found])
    distance = index.closest(every).distance_mm
    count = np.array([len(one.points) for one in found])
    begin = np.cumsum(count) - count
    widest = [begin[k] + int(np.argmax(distance[begin[k] : begin[k] + count[k]])) for k in range(len(found))]
    centers, far = _midway(index, every[widest], MIDWAY_CELLS * found[0].cell_mm), FAR * widest_mm
    rays = _Rays(mesh, far)
    frames = _axes(rays, centers)
    progress(0.9, "Measuring openings")
    for _ in range(2):
        radii = rays.cast(centers, frames)
        rimmed = all_in_row(radii < far)
        moved = centers + np.einsum("ki,kij->kj", _centroids(radii), frames[:, :2])
        centers = np.where((rimmed & _are_near(found, moved))[:, None], moved, centers)
    radii = rays.cast(centers, frames)
    at_center = index.closest(centers).distance_mm
    out = []
    for k, membrane in enumerate(found):
        ball = max(float(distance[widest[k]]), float(at_center[k]))
        out.append(_opening(membrane, centers[k], frames[k], radii[k], 2.0 * ball, far))
    progress(1.0, "Openings measured")
    return sorted(out, key=lambda one: -one.passes_mm)


def _are_near(found: list[Membrane], centers: FloatArray) -> Bools:
    """Which places (k, 3) are still on the membrane that they belong to."""
    apart = [np.linalg.norm(one.points - center, axis=1).min() for one, center in zip(found, centers, strict=True)]
    return np.asarray(np.array(apart) <= ON_MEMBRANE_CELLS * found[0].cell_mm)


def _midway(index: SurfaceIndex, places: FloatArray, most: float) -> FloatArray:
    """Places moved to the middle between the nearest wall and the one across, where they are about there already."""
    for _ in range(2):
        found = index.closest(places)
        room = np.maximum(found.distance_mm, LEAST_MM)[:, None]
        away = (places - found.points) / room
        away[found.distance_mm < LEAST_MM] = (0.0, 0.0, 1.0)
        across = index.first_hit(places, away)[0]
        step = np.where(np.isfinite(across), 0.5 * (across - found.distance_mm), 0.0)
        moved = places + np.where(np.abs(step) <= most, step, 0.0)[:, None] * away
        better = index.closest(moved).distance_mm > found.distance_mm
        places = np.where(better[:, None], moved, places)
    return places


def _opening(
    membrane: Membrane, center: FloatArray, frame: FloatArray, radii: FloatArray, passes: float, far: float
) -> Opening:
    across = radii + np.roll(radii, DIRECTIONS // 2)
    width, length = float(across.min()), float(across.max())
    area = float(_areas(radii[None])[0])
    covered = len(membrane.points) * membrane.cell_mm**2
    gap = (
        float((radii >= far).mean()) > OPEN_SHARE
        or length > LONG * max(width, passes)
        or covered > LONG_AREA * max(passes, membrane.cell_mm) ** 2
        or area > FOREIGN_AREA * covered
    )
    if gap:
        area = covered
        length = max(min(length, far), covered / max(passes, membrane.cell_mm))
    return Opening(membrane, center, frame, radii, passes, area, width, length, Kind.GAP if gap else Kind.HOLE)


def _circle(count: int = DIRECTIONS) -> FloatArray:
    angle = np.arange(count) * (2.0 * np.pi / count)
    return np.stack([np.cos(angle), np.sin(angle)], axis=1)


class _Rays:
    def __init__(self, mesh: Mesh, far: float) -> None:
        self.index, self.far = index_of(mesh), far

    def cast(self, centers: FloatArray, frames: FloatArray, count: int = DIRECTIONS) -> FloatArray:
        """Distances (k, count) from middles (k, 3) to the model across the axes of frames (k, 3, 3)."""
        directions = _circle(count) @ frames[:, :2]
        origins = np.repeat(centers, count, axis=0)
        hit, _ = self.index.first_hit(origins, directions.reshape(-1, 3), self.far)
        return np.minimum(hit, self.far).reshape(len(centers), count)


def _axes(rays: _Rays, centers: FloatArray) -> FloatArray:
    """Frames (k, 3, 3) across which the outline has the least area."""
    number = np.arange(AXES)
    height = 1.0 - (number + 0.5) / AXES  # a half sphere: an axis has no front
    turn = number * np.pi * (3.0 - 5.0**0.5)
    flat = np.sqrt(1.0 - height**2)
    tried = np.stack([flat * np.cos(turn), flat * np.sin(turn), height], axis=1)
    best = _best(rays, centers, np.broadcast_to(frames_of(tried), (len(centers), AXES, 3, 3)))
    for degrees in TURNS_DEG:
        tilt = np.tan(np.radians(degrees)) * np.concatenate([[[0.0, 0.0]], _circle(8)])
        axes = best[:, None, 2] + tilt @ best[:, :2]
        best = _best(rays, centers, frames_of(axes))
    return best


def _best(rays: _Rays, centers: FloatArray, frames: FloatArray) -> FloatArray:
    count = frames.shape[1]
    radii = rays.cast(np.repeat(centers, count, axis=0), np.ascontiguousarray(frames).reshape(-1, 3, 3), FEW)
    least = _areas(radii).reshape(len(centers), count).argmin(axis=1)
    return np.asarray(frames[np.arange(len(centers)), least])


def frames_of(axes: FloatArray) -> FloatArray:
    """Right-handed frames (..., 3, 3) whose last row is the direction (..., 3)."""
    third = axes / np.linalg.norm(axes, axis=-1, keepdims=True)
    helper = np.where(np.abs(third[..., :1]) < 0.6, [1.0, 0.0, 0.0], [0.0, 1.0, 0.0])
    first = np.cross(helper, third)
    first /= np.linalg.norm(first, axis=-1, keepdims=True)
    return np.stack([first, np.cross(third, first), third], axis=-2)


def _areas(radii: FloatArray) -> FloatArray:
    """Area (k,) of the polygons."""
    return np.asarray(0.5 * np.sin(2.0 * np.pi / radii.shape[1]) * (radii * np.roll(radii, -1, axis=1)).sum(axis=1))


def _centroids(radii: FloatArray) -> FloatArray:
    """Middle (k, 2) of the polygons, of their areas."""
    corner = radii[:, :, None] * _circle()
    following = np.roll(corner, -1, axis=1)
    weight = radii * np.roll(radii, -1, axis=1)
    return np.asarray(((corner + following) * weight[:, :, None]).sum(axis=1) / (3.0 * weight.sum(axis=1)[:, None]))
