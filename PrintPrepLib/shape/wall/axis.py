"""The middle line of a vessel near its end: where to cut so that the end is flat, square and open to its full width.

Sections of the lumen are laid across the vessel at equal steps; the middles of their areas are the middle line. A
parabola through them gives its direction at the cut, the sections are laid again across that direction, and so on
until it stays. The cut is made as near to the end as the vessel has its full width.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...mesh import FloatArray, Mesh
from ..cut.plane import CutPlane
from ..cut.quick_section import Slicer3D, signed_area
from .tips import Tip

ROUNDS = 6
"""Times that sections are laid anew; the direction stays within hundredths of a degree after three."""
SETTLED_DEG = 0.01
STEPS_PER_RADIUS = 8
FEWEST_SECTIONS = 5
CAP_RADII = 0.3
"""The direction is taken from sections at least so many radii inside the cut."""
ALIKE = 8.0
"""So many sections beside each other are off to the same side, since the bumps of a rough surface are longer than the
steps between sections."""
BEND = 0.1
"""Usual bend of a middle line, as the coefficient of its parabola in radii: a bend of five radii of the vessel."""
INNER_RADII = 2.5
"""The line is taken from so many radii of vessel inside the cut."""
OUTER_STEPS_PER_RADIUS = 20
OUTER_RADII = 3.0
FULL = 0.92
"""The vessel has its full width where a section has this share of the area of the one a quarter of the radius farther
in: there the wall of a round end leans by about 15 degrees."""
FULL_STEPS = 5
LEAST_AREA = 0.4
"""And this share of the middle area farther in: a knob on the end is no vessel."""
JUMP = 1.5
"""A section larger or smaller than its neighbor by this factor belongs to a fork, or to the cap."""
LOCAL_RADII = 6.0
WALL_RADII = 0.7
"""Length of a stretch of wall whose normals are asked: long enough for a voxel-born surface, short for a bend."""


@dataclass(frozen=True, eq=False)
class EndAxis:
    """Where a vessel's end is cut.

    Attributes
    ----------
    tip : Tip
    point_mm : (3,) float64
        On the middle line in the plane of the cut.
    direction : (3,) float64
        Unit vector along the middle line, out of the vessel.
    radius_mm : float
        Of a circle with the area of the lumen there.
    depth_mm : float
        How far inside the tip the cut lies.
    """

    tip: Tip
    point_mm: FloatArray
    direction: FloatArray
    radius_mm: float
    depth_mm: float


def axis_at(lumen: Mesh, tip: Tip) -> EndAxis | None:
    """Find the plane that opens an end; None where no run of whole sections is found."""
    near = np.linalg.norm(lumen.vertices - tip.place_mm, axis=1) <= LOCAL_RADII * tip.radius_mm
    slicer = Slicer3D(lumen.submesh(near[lumen.faces].any(axis=1)))
    point, direction, radius = tip.center_mm, _unit(tip.place_mm - tip.center_mm), tip.radius_mm
    reach, bend = np.empty((0, 3)), np.zeros(3)
    for _ in range(ROUNDS):
        middle, area = _sections(slicer, point, direction, radius, -1.0 / STEPS_PER_RADIUS, INNER_RADII, bend)
        if len(middle) < FEWEST_SECTIONS:
            return None
        radius = float(np.sqrt(np.median(area) / np.pi))
        outer, outer_area = _sections(slicer, point, direction, radius, 1.0 / OUTER_STEPS_PER_RADIUS, OUTER_RADII)
        last = _last_full(area, outer_area) if len(outer_area) else 0
        reach = outer[: last + 1] if len(outer) else middle[:1]
        # Sections beside the cap may cut a corner of it: they would turn the direction further and further.
        safe = reach[: max(1, len(reach) - round(CAP_RADII * OUTER_STEPS_PER_RADIUS))]
        line = np.concatenate([middle[::-1], safe[1 :: OUTER_STEPS_PER_RADIUS // STEPS_PER_RADIUS]])
        turned, bend = _tangent(line, reach[-1], direction, radius)
        settled = angle_deg(direction, turned) < SETTLED_DEG
        # The next round begins where this one's middle line is sure, not at the cap.
        direction, point = turned, safe[-1]
        if settled:
            break
    found = _loop_near(slicer, CutPlane(tuple(reach[-1]), tuple(direction)), radius)
    if found is None:
        return None
    center, area_there = found
    cap = float(((_local_tip(lumen, tip, near) - center) @ direction).max())
    return EndAxis(tip, center, direction, float(np.sqrt(area_there / np.pi)), cap)


def _local_tip(lumen: Mesh, tip: Tip, near: np.ndarray) -> FloatArray:
    points = lumen.vertices[near]
    return np.asarray(points[np.linalg.norm(points - tip.place_mm, axis=1) <= 2.0 * tip.radius_mm])


def _sections(
    slicer: Slicer3D,
    point: FloatArray,
    direction: FloatArray,
    radius: float,
    step: float,
    radii: float,
    bend: FloatArray | None = None,
) -> tuple[FloatArray, FloatArray]:
    """Middles (k, 3) and areas (k,) of sections from a point on, as long as the vessel goes on as it began.

    ``bend`` (3,) is by how much the direction of the sections changes for each radius of way.
    """
    middles: list[FloatArray] = []
    areas: list[float] = []
    for number in range(int(radii / abs(step)) + 1):
        turned = direction if bend is None else _unit(direction + number * step * bend)
        at = middles[-1] + step * radius * turned if middles else point
        found = _loop_near(slicer, CutPlane(tuple(at), tuple(turned)), radius)
        if found is None or (areas and not areas[-1] / JUMP <= found[1] <= areas[-1] * JUMP):
            break
        middles.append(found[0])
        areas.append(found[1])
    return np.array(middles).reshape(-1, 3), np.array(areas)


def _loop_near(slicer: Slicer3D, plane: CutPlane, radius: float) -> tuple[FloatArray, float] | None:
    """Middle (3,) and area of the lumen's section round, or nearest to, the point of the plane."""
    loops, _ = slicer.loops(plane)
    best: tuple[float, FloatArray, float] | None = None
    for loop in loops:
        area = signed_area(loop)
        if area <= 0.0:
            continue
        middle = _centroid(loop)
        off = float(np.hypot(*middle))
        if off <= 1.5 * radius and (best is None or off < best[0]):
            best = off, middle, area
    if best is None:
        return None
    return plane.to_world(best[1][None])[0], best[2]


def _centroid(loop: FloatArray) -> FloatArray:
    origin = loop[0]
    x, y = (loop - origin).T
    x2, y2 = np.roll(x, -1), np.roll(y, -1)
    cross = x * y2 - x2 * y
    area = cross.sum() / 2.0
    return np.asarray(origin + np.array([((x + x2) * cross).sum(), ((y + y2) * cross).sum()]) / (6.0 * area))


def _last_full(inner: FloatArray, outer: FloatArray) -> int:
    """Number of the outermost section at which the vessel has its full width."""
    before = np.concatenate([np.full(FULL_STEPS, outer[0]), outer[:-FULL_STEPS]])[: len(outer)]
    full = np.flatnonzero((outer >= FULL * before) & (outer >= LEAST_AREA * np.median(inner)))
    return int(full[-1]) if len(full) else 0


def _tangent(line: FloatArray, at: FloatArray, direction: FloatArray, radius: float) -> tuple[FloatArray, FloatArray]:
    """Direction at a point, and how it changes for each radius of way.

    By the parabola that fits a line (k, 3) of middles best. Its bend is held back as far as the middles scatter about a
    free cubic: vessels bend by radii of some diameters, and a rough surface must not bend them more (ridge regression).
    """
    along = (line - at) @ direction / radius
    if len(line) < FEWEST_SECTIONS or np.ptp(along) == 0.0:
        return direction, np.zeros(3)
    powers = np.stack([np.ones(len(line)), along, along**2, along**3], axis=1)
    free, *_ = np.linalg.lstsq(powers, line, rcond=None)
    scatter = float(((line - powers @ free) ** 2).sum(axis=1).mean())
    powers = powers[:, :3]
    held = np.diag([0.0, 0.0, ALIKE * scatter / (BEND * radius) ** 2])
    fit = np.linalg.solve(powers.T @ powers + held, powers.T @ line)
    length = float(np.linalg.norm(fit[1]))
    out, bend = fit[1] / length, 2.0 * fit[2] / length
    return (out, bend) if out @ direction > 0.0 else (-out, bend)


def _unit(vector: FloatArray) -> FloatArray:
    return np.asarray(vector / np.linalg.norm(vector))


def wall_direction(lumen: Mesh, axis: EndAxis) -> FloatArray | None:
    """Direction of the middle line at the cut by the vessel's wall: it stands across all directions of the wall.

    The direction to which the normals of a short stretch of wall lean least is found for two stretches, and carried on
    to the cut. None where there is too little wall.
    """
    middle = lumen.triangles.mean(axis=1) - axis.point_mm
    along = middle @ axis.direction
    beside = np.linalg.norm(middle - along[:, None] * axis.direction, axis=1) <= 2.0 * axis.radius_mm
    normals, area = lumen.face_normals(), lumen.face_areas_mm2()
    found = []
    for number in range(2):
        near, far = -number * WALL_RADII * axis.radius_mm, -(number + 1) * WALL_RADII * axis.radius_mm
        own = np.flatnonzero(beside & (along <= near) & (along > far))
        if len(own) < 12:
            return None
        spread = normals[own] - np.average(normals[own], axis=0, weights=area[own])  # a taper leans all of them alike
        _, vectors = np.linalg.eigh((spread * area[own, None]).T @ spread)
        found.append(vectors[:, 0] * (1.0 if vectors[:, 0] @ axis.direction > 0.0 else -1.0))
    return _unit(1.5 * found[0] - 0.5 * found[1])


def angle_deg(a: FloatArray, b: FloatArray) -> float:
    """Angle between two directions."""
    return float(np.degrees(np.arctan2(np.linalg.norm(np.cross(a, b)), a @ b)))
