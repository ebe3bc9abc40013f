"""Which ends of the vessels are opened, and the opening itself."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

import numpy as np

from ...errors import GeometryError, InputError
from ...mesh import FloatArray, IntArray, Mesh
from ..cut.plane import CutPlane
from ..cut.quick_section import Slicer3D, inside_loops
from .axis import EndAxis, angle_deg, axis_at, wall_direction
from .opening import SNAP_MM, CutSurface, Int64Array, Surface, cut_off, ring_of
from .tips import SurfaceGraph, Tip, tips_of

FARTHEST_PICK = 3.0
"""A picked place may be so many radii of the vessel, and as many walls, away from its end."""
TRIES = 12
"""Times that a cut is tried, a tenth of the radius deeper each time, until both surfaces are cut in one ring."""
DEEPER_SHARE = 0.1
NO_LINE = "it is shorter than it is wide there, or a branch leaves too near"
IN_THE_WAY = "another vessel or its wall is in the way of a flat cut there"
MOST_LEAN_DEG = 3.0
"""Ends are cut in one plane where they lean by no more: each is square within half of it."""
LEVEL_SHARE = 0.5
"""And where they end at the same height within this share of the radius."""
REACH_RADII = 4.0
"""What hangs together beyond the cut farther than this from the middle of the end is more than its cap."""


class OpenEnds(Enum):
    """Which ends are opened where none are named."""

    NONE = "none"
    AUTO = "auto"


@dataclass(frozen=True, eq=False)
class OpenedEnd:
    """An open end as it came out; several where walls that are one end in one plane.

    Attributes
    ----------
    axes : tuple of EndAxis
        One for each lumen.
    plane : CutPlane
    outer_loop : (k,) int64
        Edge of the outer surface.
    lumen_loops : tuple of (k,) int64
        Edges of the lumens.
    """

    axes: tuple[EndAxis, ...]
    plane: CutPlane
    outer_loop: Int64Array
    lumen_loops: tuple[Int64Array, ...]


@dataclass(frozen=True)
class LeftClosed:
    """An end that was found, was not named by anyone, and cannot be opened."""

    at_mm: tuple[float, float, float]
    radius_mm: float
    reason: str


def chosen_ends(
    graph: SurfaceGraph, picks: tuple[FloatArray, ...], which: OpenEnds, wall_mm: float
) -> tuple[list[EndAxis], list[LeftClosed]]:
    """Find the ends that shall be opened, and those that ``AUTO`` leaves closed.

    Raises
    ------
    InputError
        A pick is far from every end, two picks mean the same one, or both ways of choosing are used.
    GeometryError
        No end is found, or the middle line near one cannot be told.
    """
    if picks and which is not OpenEnds.NONE:
        raise InputError("Name the ends to open, or let all be opened (auto): not both.")
    if not picks and which is OpenEnds.NONE:
        return [], []
    tips = tips_of(graph)
    if not tips:
        raise GeometryError("No end of a vessel was found: the lumen has no part that is longer than it is wide.")
    chosen = [_nearest(tips, pick, wall_mm) for pick in picks] if picks else list(range(len(tips)))
    for number, tip in enumerate(chosen):
        if tip in chosen[:number]:
            first = chosen.index(tip)
            raise InputError(
                f"The places {_words(picks[first])} and {_words(picks[number])} are both nearest to the same end of "
                f"the vessels, at {_words(tips[tip].place_mm)}. Name each end once."
            )
    out, left = [], []
    for tip in chosen:
        axis = axis_at(graph.mesh, tips[tip])
        if axis is not None:
            out.append(axis)
        elif picks:
            raise GeometryError(
                f"The middle line of the vessel near its end at {_words(tips[tip].place_mm)} cannot be told: "
                f"{NO_LINE}. Lengthen it in the segmentation, or leave this end closed."
            )
        else:
            left.append(left_closed(tips[tip], NO_LINE))
    return out, left


def left_closed(tip: Tip, reason: str) -> LeftClosed:
    """Say of an end why it stays closed."""
    x, y, z = np.round(tip.place_mm, 2).tolist()
    return LeftClosed((x, y, z), round(tip.radius_mm, 3), reason)


def _nearest(tips: list[Tip], pick: FloatArray, wall_mm: float) -> int:
    off = [min(np.linalg.norm(tip.place_mm - pick), np.linalg.norm(tip.center_mm - pick)) for tip in tips]
    best = int(np.argmin(off))
    if off[best] > FARTHEST_PICK * (tips[best].radius_mm + wall_mm):
        known = "; ".join(_words(tip.place_mm) for tip in tips)
        raise InputError(
            f"No end of a vessel lies near {_words(pick)}: the nearest, at {_words(tips[best].place_mm)}, is "
            f"{off[best]:.1f} mm away. Ends that were found: {known}."
        )
    return best


def opened(
    outer: Mesh, lumen: Mesh, axes: list[EndAxis], beyond_mm: float, *, named: bool
) -> tuple[Surface, Surface, list[OpenedEnd], list[LeftClosed]]:
    """Cut all ends open: the outer surface, the lumen (vertices, triangles), the ends, and those that stay closed.

    Raises
    ------
    GeometryError
        No plane near an end that was named cuts lumen and outer surface in one ring each.
    """
    around: Surface = (np.asarray(outer.vertices), outer.faces)
    within: Surface = (np.asarray(lumen.vertices), lumen.faces)
    ends: list[OpenedEnd] = []
    left: list[LeftClosed] = []
    waiting = _together(axes, beyond_mm)
    while waiting:
        group = waiting.pop(0)
        found = _open_one(around, within, group, beyond_mm)
        if found is None and len(group) > 1:  # their walls are not one
            waiting = [[axis] for axis in group] + waiting
            continue
        if found is None and named:
            raise GeometryError(
                f"The end of the vessel at {_words(group[0].tip.place_mm)} cannot be opened: {IN_THE_WAY}. Keep the "
                "walls apart (keep_apart_mm), make the wall thinner, cut the lumen farther back, or leave this end "
                "closed."
            )
        if found is None:
            left.append(left_closed(group[0].tip, IN_THE_WAY))
            continue
        around, within, end = found
        ends.append(end)
    return around, within, ends, left


def _together(axes: list[EndAxis], beyond_mm: float) -> list[list[EndAxis]]:
    """Group ends whose walls may be one and that end in nearly the same plane: they are cut together."""
    groups: list[list[EndAxis]] = []
    for axis in axes:
        for group in groups:
            first = group[0]
            apart = axis.point_mm - first.point_mm
            limit = axis.radius_mm + first.radius_mm + 2.0 * beyond_mm
            aligned = float(axis.direction @ first.direction) >= np.cos(np.radians(MOST_LEAN_DEG))
            level = abs(float(apart @ first.direction)) <= LEVEL_SHARE * min(axis.radius_mm, first.radius_mm)
            if aligned and level and np.linalg.norm(apart) <= limit:
                group.append(axis)
                break
        else:
            groups.append([axis])
    return groups


def _open_one(
    outer: Surface, lumen: Surface, group: list[EndAxis], beyond_mm: float
) -> tuple[Surface, Surface, OpenedEnd] | None:
    direction = np.sum([axis.direction for axis in group], axis=0)
    direction /= np.linalg.norm(direction)
    first = min(group, key=lambda axis: float(axis.point_mm @ direction))  # the deepest
    radius = max(axis.radius_mm for axis in group)
    for attempt in range(TRIES):
        at = [
            axis.point_mm + float((first.point_mm - axis.point_mm) @ direction) * direction
            - attempt * DEEPER_SHARE * first.radius_mm * direction
            for axis in group
        ]  # fmt: skip
        plane = CutPlane(tuple(at[0]), tuple(direction))
        found = _cut_both(outer, lumen, group, at, plane, REACH_RADII * radius, beyond_mm)
        if found is not None:
            return found
    return None


def _cut_both(
    outer: Surface,
    lumen: Surface,
    group: list[EndAxis],
    at: list[FloatArray],
    plane: CutPlane,
    reach: float,
    beyond_mm: float,
) -> tuple[Surface, Surface, OpenedEnd] | None:
    normal = np.array(plane.normal)
    loops, axes = [], []
    for axis, point in zip(group, at, strict=True):
        own = CutPlane(tuple(point), plane.normal)
        inner = cut_off(*lumen, own, axis.tip.place_mm, reach, SNAP_MM)
        if inner is None:
            return None
        lumen = inner.vertices, inner.faces
        loops.append(inner.loop)
        depth = axis.depth_mm + float((axis.point_mm - point) @ axis.direction)
        axes.append(replace(axis, point_mm=point, depth_mm=depth))
    spread = max(float(np.linalg.norm(point - at[0])) for point in at)
    around = cut_off(
        *outer, plane, group[0].tip.place_mm + beyond_mm * normal, reach + 2.0 * beyond_mm + spread, SNAP_MM
    )
    if around is None or not _holds_exactly(around, lumen, loops, plane):
        return None
    return (around.vertices, around.faces), lumen, OpenedEnd(tuple(axes), plane, around.loop, tuple(loops))


def _holds_exactly(outer: CutSurface, lumen: Surface, loops: list[Int64Array], plane: CutPlane) -> bool:
    """Whether the cut of the outer surface goes round these edges of lumens, and round no other lumen in its plane."""
    edge = plane.to_local(outer.vertices[outer.loop])[:, :2]
    own = [plane.to_local(lumen[0][loop])[:, :2] for loop in loops]
    if not all(inside_loops([edge], loop[:1])[0] for loop in own):
        return False
    lower = plane.moved(-2.0 * SNAP_MM)
    off = np.linalg.norm(lumen[0] - np.array(plane.point_mm), axis=1)
    near = (off <= REACH_RADII * np.hypot(edge[:, 0], edge[:, 1]).max())[lumen[1]].any(axis=1)
    sections, _ = Slicer3D(Mesh(lumen[0], lumen[1][near])).loops(lower)
    return sum(bool(inside_loops([edge], section[:1])[0]) for section in sections) == len(loops)


def rings_of(outer: Surface, lumen: Surface, ends: list[OpenedEnd]) -> list[IntArray]:
    """Triangles of the flat ring at each end, numbered through the outer surface's vertices and then the lumen's."""
    return [ring_of(outer, end.outer_loop, lumen, end.lumen_loops, end.plane) for end in ends]


def facts_of(end: OpenedEnd, points: FloatArray, ring: IntArray, lumen: Mesh) -> list[dict[str, Any]]:
    """What a receipt says of an open end, measured on the finished wall: one entry for each lumen.

    Squareness is measured against the directions of the lumen's own wall, which had no part in choosing the cut.
    """
    sides = points[ring[:, 1]] - points[ring[:, 0]], points[ring[:, 2]] - points[ring[:, 0]]
    normal = np.cross(*sides).sum(axis=0)
    area = float(np.linalg.norm(normal)) / 2.0
    normal /= np.linalg.norm(normal)
    corners = points[np.unique(ring)]
    flat = float(np.abs((corners - corners.mean(axis=0)) @ normal).max())
    out = []
    for axis in end.axes:
        along = wall_direction(lumen, axis)
        lean = None if along is None else round(angle_deg(normal, along), 2)
        out.append({
            "at_mm": np.round(axis.point_mm, 3).tolist(),
            "direction": np.round(normal, 7).tolist(),
            "lumen_diameter_mm": round(2.0 * axis.radius_mm, 3),
            "lumen_cut_back_mm": round(axis.depth_mm, 3),
            "flat_within_mm": flat,
            "off_square_deg": lean,
            "ring_area_mm2": round(area, 3),
        })  # fmt: skip
    return out


def _words(place: FloatArray) -> str:
    return "(" + ", ".join(f"{value:.1f}" for value in place) + ")"
