"""Does a part fit into a build volume in some orientation, which one, and by how much."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.spatial import ConvexHull, QhullError

from ...errors import GeometryError, InputError
from ...mesh import FloatArray, Mesh
from .frames import covering, face_frames, half_sphere, principal_frame, turned
from .settle import settle

MARGIN_MM = 2.0
"""Kept free on every side of the build volume: room for a brim of a few lines of 0.45 mm (PrusaSlicer's default brim
is wider, 5 mm, and may be asked for) and for the first layer's spread."""
FRAMES = 1000
"""Orientations tried in the even covering: neighbors lie some 8 degrees apart, within reach of the refinement."""
STARTS = 10
"""Best orientations that are refined."""
FIRST_STEP_RAD = np.radians(6.0)
"""First turn of the refinement: the covering's spacing."""
LAST_STEP_RAD = np.radians(0.5)
"""Turn below which the rest is left to the linear programs of ``settle``."""
LEAST_GAIN = 0.1
"""A turn counts as a gain when the excess shrinks by this share of what the turn moves the farthest corner: smaller
gains in a row creep along a ridge, and a smaller turn gets on faster."""
SETTLED = 3
"""Refined orientations whose last micrometers are solved for, where none fits yet."""
SETTLE_SHARE = 0.1
"""A miss beyond this share of the longest side is reported as the refinement left it, within half a degree."""
QUICK_SHARE = 0.02
"""The same while cuts are sought, where only whether it fits counts."""
ALIKE_MM = 0.2
"""Among orientations with as much room within this, the one in which the part's box is smallest is the tidiest."""
FEW_CORNERS = 160
"""Directions whose extreme corners stand for the hull while orientations are tried; the result is measured on all."""
ROUNDING_MM = 1e-6
"""Sizes are compared with this much grace: a part of exactly the usable size fits."""
ROUNDS_ON_ALL = 6
"""Times that corners which stick out are added to the few."""
LENGTH_DIRECTIONS = 400
"""Directions along which the longest distance is sought: within a thousandth of it."""
WORDS = ("width", "depth", "height")

_SIDES = np.array([(i, j, k) for i in (-1, 0, 1) for j in (-1, 0, 1) for k in (-1, 0, 1) if (i, j, k) != (0, 0, 0)])
_TURNS = _SIDES / np.linalg.norm(_SIDES, axis=1)[:, None]


@dataclass(frozen=True, eq=False)
class Fit:
    """How a part lies best in a build volume.

    Attributes
    ----------
    fits : bool
        It fits in this pose, with the margin.
    rotation : (3, 3) float64
        Proper rotation: ``points @ rotation.T`` are in the printer's width, depth and height.
    size_mm : (3,)
        Width, depth and height of the part in this pose.
    slack_mm : (3,)
        What is left of width, depth and height besides the margin; negative where the part sticks out.
    volume_mm : (3,)
        The printer's width, depth and height.
    margin_mm : float
        Kept free on each side.
    """

    fits: bool
    rotation: FloatArray
    size_mm: tuple[float, float, float]
    slack_mm: tuple[float, float, float]
    volume_mm: tuple[float, float, float]
    margin_mm: float

    @property
    def excess_mm(self) -> float:
        """By how much the part is too long in the best pose found; negative when there is room."""
        return -min(self.slack_mm)

    @property
    def side(self) -> str:
        """Side of the build volume that is tightest: width, depth or height."""
        return WORDS[int(np.argmin(self.slack_mm))]

    def words(self) -> str:
        """Say it to a person."""
        size = " x ".join(f"{value:.1f}" for value in self.size_mm)
        room = " x ".join(f"{value:g}" for value in self.volume_mm)
        margin = f"with {self.margin_mm:g} mm free on each side"
        if self.fits:
            return f"{size} mm fits into {room} mm {margin}; {min(self.slack_mm):.1f} mm to spare in its {self.side}."
        return (
            f"{size} mm does not fit into {room} mm {margin}: in the best orientation found it is "
            f"{self.excess_mm:.1f} mm too long for the {self.side}."
        )

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {
            "fits": self.fits,
            "rotation": self.rotation.tolist(),
            "size_mm": list(self.size_mm),
            "slack_mm": list(self.slack_mm),
            "volume_mm": list(self.volume_mm),
            "margin_mm": self.margin_mm,
        }


def usable_mm(volume_mm: Sequence[float], margin_mm: float = MARGIN_MM) -> FloatArray:
    """Width, depth and height that a part may take, (3,).

    Raises
    ------
    InputError
        The build volume is not three lengths above zero, the margin is negative or leaves no room.
    """
    volume = np.asarray(volume_mm, np.float64)
    if volume.shape != (3,) or not np.isfinite(volume).all() or not (volume > 0.0).all():
        raise InputError(f"A build volume needs a width, a depth and a height above zero, got {tuple(volume_mm)}.")
    if not 0.0 <= margin_mm < np.inf:
        raise InputError(f"The margin round a part must not be negative, got {margin_mm:g} mm.")
    usable = volume - 2.0 * margin_mm
    if not (usable > 0.0).all():
        raise InputError(f"A margin of {margin_mm:g} mm on each side leaves nothing of a build volume of "
                         f"{volume[0]:g} x {volume[1]:g} x {volume[2]:g} mm.")  # fmt: skip
    return np.asarray(usable)


def fit(part: FloatArray | Mesh, volume_mm: Sequence[float], margin_mm: float = MARGIN_MM) -> Fit:
    """Find an orientation in which a part fits into a build volume.

    A part that fits as it lies, or turned by right angles, is left so. Otherwise the orientation with the most room is
    sought: an even covering of all orientations, those of the hull's faces and the principal axes, refined.
    What is returned as fitting is measured on every corner of the hull. That none fits is a finding of this search,
    certain only where :func:`cannot_fit` says so.

    Parameters
    ----------
    part : (n, 3) float64 or Mesh
        Points of the part, mm; only their convex hull counts.
    volume_mm : three floats
        Width, depth and height of the build volume.
    margin_mm : float
        Kept free on each side.

    Raises
    ------
    GeometryError
        There are no points.
    InputError
        The build volume or the margin is not usable.
    """
    usable = usable_mm(volume_mm, margin_mm)
    corners, triangles = hull(part.vertices[part.used_vertices] if isinstance(part, Mesh) else part)
    rotation = best_rotation(corners, triangles, usable)
    return in_pose(corners, rotation, volume_mm, margin_mm)


def in_pose(points: FloatArray, rotation: FloatArray, volume_mm: Sequence[float], margin_mm: float) -> Fit:
    """Measure points in a given pose."""
    placed = np.asarray(points) @ rotation.T
    size = placed.max(axis=0) - placed.min(axis=0)
    width, depth, height = (float(side) for side in volume_mm)
    slack = usable_mm(volume_mm, margin_mm) - size
    fits = bool(slack.min() >= -ROUNDING_MM)
    return Fit(fits, rotation, _three(size), _three(slack), (width, depth, height), float(margin_mm))


def cannot_fit(corners: FloatArray, hull_volume_mm3: float, usable: FloatArray) -> str | None:
    """Give a certain reason why a part cannot fit in any orientation, or None: volume, or longest distance."""
    room = float(np.prod(usable))
    if hull_volume_mm3 > room:
        return (
            f"its convex hull of {hull_volume_mm3 / 1000.0:.0f} ml is larger than the volume of {room / 1000.0:.0f} ml"
        )
    longest, diagonal = longest_mm(corners), float(np.linalg.norm(usable))
    if longest > diagonal + ROUNDING_MM:
        return f"it is {longest:.1f} mm long, and the diagonal of the volume has {diagonal:.1f} mm"
    return None


def longest_mm(corners: FloatArray) -> float:
    """Longest distance between two points, from below: between the extremes along many directions."""
    placed = corners @ half_sphere(LENGTH_DIRECTIONS).T
    ends = corners[placed.argmax(axis=0)] - corners[placed.argmin(axis=0)]
    return float(np.sqrt((ends**2).sum(axis=1).max()))


def hull(points: FloatArray) -> tuple[FloatArray, np.ndarray]:
    """Corners (h, 3) of the convex hull and its triangles (t, 3); all points and no triangles where they are flat."""
    points = np.asarray(points, np.float64)
    if points.ndim != 2 or points.shape[1:] != (3,) or not len(points):
        raise GeometryError("There are no points to lay into the build volume.")
    try:
        found = ConvexHull(points)
    except (QhullError, ValueError):
        return np.unique(points, axis=0), np.empty((0, 3), np.int32)
    number = np.zeros(len(points), np.int32)
    number[found.vertices] = np.arange(len(found.vertices))
    return points[found.vertices], number[found.simplices]


def excess(frames: FloatArray, corners: FloatArray, usable: FloatArray) -> FloatArray:
    """By how much points are too long in each frame (k, 3, 3), its sides laid to those of the volume in order, (k,)."""
    placed = frames.reshape(-1, 3) @ corners.T
    size = (placed.max(axis=1) - placed.min(axis=1)).reshape(-1, 3)
    size.sort(axis=1)
    return np.asarray((size - np.sort(usable)).max(axis=1))


def best_rotation(
    corners: FloatArray, triangles: np.ndarray, usable: FloatArray, enough_mm: float = np.inf
) -> FloatArray:
    """Rotation (3, 3) in which the corners of a hull fit best; the search ends once ``enough_mm`` of room is found."""
    as_it_lies = np.eye(3)[None]
    if excess(as_it_lies, corners, usable)[0] <= ROUNDING_MM:
        return assigned(as_it_lies[0], corners, usable)
    few = _extreme(corners)
    rotation = _search(few, corners, triangles, usable, enough_mm)
    for _ in range(ROUNDS_ON_ALL):
        missed = float(excess(rotation[None], corners, usable)[0])
        if missed <= 0.0 or missed <= excess(rotation[None], few, usable)[0] + ROUNDING_MM:
            break
        placed = corners @ rotation.T
        few = np.concatenate([few, corners[placed.argmax(axis=0)], corners[placed.argmin(axis=0)]])
        rotation = settle(rotation, few, usable)
    return assigned(rotation, corners, usable)


def _search(
    few: FloatArray, corners: FloatArray, triangles: np.ndarray, usable: FloatArray, enough_mm: float
) -> FloatArray:
    frames = [covering(FRAMES), principal_frame(corners)[None]]
    if len(triangles):
        frames.append(face_frames(corners, triangles))
    tried = np.concatenate(frames)
    misses = excess(tried, few, usable)
    order = np.argsort(misses, kind="stable")[:STARTS]
    if misses[order[0]] <= -enough_mm:
        return assigned(tried[order[0]], few, usable)
    refined, misses = _refine(tried[order], few, usable, enough_mm)
    order = np.argsort(misses, kind="stable")
    near = SETTLE_SHARE if enough_mm == np.inf else QUICK_SHARE
    if 0.0 < misses[order[0]] < near * usable.max():
        for row in order[: SETTLED if enough_mm == np.inf else 1]:
            refined[row] = settle(assigned(refined[row], few, usable), few, usable)
    tried = np.concatenate([tried, refined])
    misses = excess(tried, few, usable)
    least = float(misses.min())
    alike = tried[misses <= (least if least > 0.0 else min(least + ALIKE_MM, 0.0))]
    return assigned(alike[_boxes(alike, few).argmin()], few, usable)


def _boxes(frames: FloatArray, corners: FloatArray) -> FloatArray:
    """Volume of the box round points in each frame, (k,)."""
    placed = frames.reshape(-1, 3) @ corners.T
    return np.asarray((placed.max(axis=1) - placed.min(axis=1)).reshape(-1, 3).prod(axis=1))


def assigned(frame: FloatArray, corners: FloatArray, usable: FloatArray) -> FloatArray:
    """Proper rotation (3, 3) with the frame's axes given to the sides of the volume: longest to longest."""
    placed = corners @ frame.T
    size = placed.max(axis=0) - placed.min(axis=0)
    if (size <= usable + ROUNDING_MM).all():
        order = np.arange(3)
    else:
        order = np.empty(3, np.int64)
        order[np.argsort(usable, kind="stable")] = np.argsort(size, kind="stable")
    out = frame[order].copy()
    if np.linalg.det(out) < 0.0:
        out[0] = -out[0]
    return np.asarray(out)


def _extreme(corners: FloatArray) -> FloatArray:
    if len(corners) <= FEW_CORNERS:
        return corners
    placed = corners @ half_sphere(FEW_CORNERS).T
    return np.asarray(corners[np.unique(np.concatenate([placed.argmax(axis=0), placed.argmin(axis=0)]))])


def _refine(
    frames: FloatArray, corners: FloatArray, usable: FloatArray, enough_mm: float
) -> tuple[FloatArray, FloatArray]:
    """Turn frames by ever smaller steps as long as the excess shrinks."""
    frames = frames.copy()
    best = excess(frames, corners, usable)
    step = np.full(len(frames), FIRST_STEP_RAD)
    reach = float(np.linalg.norm(corners - corners.mean(axis=0), axis=1).max())
    while step.max() > LAST_STEP_RAD and best.min() > -enough_mm:
        live = np.flatnonzero(step > LAST_STEP_RAD)
        turns = turned((step[live, None, None] * _TURNS).reshape(-1, 3)).reshape(len(live), -1, 3, 3)
        trial = frames[live, None] @ turns
        misses = excess(trial.reshape(-1, 3, 3), corners, usable).reshape(len(live), -1)
        choice = misses.argmin(axis=1)
        found = misses[np.arange(len(live)), choice]
        better = found < best[live] - LEAST_GAIN * step[live] * reach
        chosen = live[better]
        frames[chosen] = trial[np.flatnonzero(better), choice[better]]
        best[chosen] = found[better]
        step[live[~better]] *= 0.5
    return frames, best


def _three(values: FloatArray) -> tuple[float, float, float]:
    x, y, z = (float(value) for value in values)
    return x, y, z
