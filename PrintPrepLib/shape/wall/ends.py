"""Which ends of the vessels are opened, and the opening itself."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

import numpy as np

from ...errors import GeometryError, InputError
from ...mesh import FloatArray, IntArray, Mesh
from ..cut.plane import CutPlane
from .axis import EndAxis, axis_at
from .opening import SNAP_MM, CutSurface, Int64Array, cut_off, ring_of
from .tips import SurfaceGraph, Tip, tips_of

FARTHEST_PICK = 3.0
"""A picked place may be so many radii of the vessel, and as many walls, away from its end."""
TRIES = 12
"""Times that a cut is tried, a tenth of the radius deeper each time, until both surfaces are cut in one ring."""
DEEPER_SHARE = 0.1
REACH_RADII = 4.0
"""What hangs together beyond the cut farther than this from the middle of the end is more than its cap."""


class OpenEnds(Enum):
    """Which ends are opened where none are named."""

    NONE = "none"
    AUTO = "auto"


@dataclass(frozen=True, eq=False)
class OpenedEnd:
    """An open end as it came out.

    Attributes
    ----------
    axis : EndAxis
    plane : CutPlane
    rings : two (k,) int64 arrays
        Edge of the outer surface and of the lumen.
    """

    axis: EndAxis
    plane: CutPlane
    outer_loop: Int64Array
    lumen_loop: Int64Array


def chosen_ends(graph: SurfaceGraph, picks: tuple[FloatArray, ...], which: OpenEnds, wall_mm: float) -> list[EndAxis]:
    """Find the ends that shall be opened.

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
        return []
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
    out = []
    for tip in chosen:
        axis = axis_at(graph.mesh, tips[tip])
        if axis is None:
            raise GeometryError(
                f"The middle line of the vessel near its end at {_words(tips[tip].place_mm)} cannot be told: it is "
                "shorter than it is wide there, or a branch leaves too near. Lengthen it in the segmentation, or leave "
                "this end closed."
            )
        out.append(axis)
    return out


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
    outer: Mesh, lumen: Mesh, axes: list[EndAxis], beyond_mm: float
) -> tuple[tuple[FloatArray, IntArray], tuple[FloatArray, IntArray], list[OpenedEnd]]:
    """Cut all ends open: the outer surface, the lumen (vertices, triangles), and the ends.

    Raises
    ------
    GeometryError
        No plane near an end cuts lumen and outer surface in one ring each.
    """
    around = (np.asarray(outer.vertices), outer.faces)
    within = (np.asarray(lumen.vertices), lumen.faces)
    ends: list[OpenedEnd] = []
    for axis in axes:
        found = _open_one(around, within, axis, beyond_mm)
        if found is None:
            raise GeometryError(
                f"The end of the vessel at {_words(axis.tip.place_mm)} cannot be opened by a flat cut: another vessel "
                "or its wall is in the way there. Keep the walls apart (keep_apart_mm), make the wall thinner, cut the "
                "lumen farther back, or leave this end closed."
            )
        cut_outer, cut_lumen, plane = found
        around, within = (cut_outer.vertices, cut_outer.faces), (cut_lumen.vertices, cut_lumen.faces)
        depth = axis.depth_mm + float((axis.point_mm - np.array(plane.point_mm)) @ axis.direction)
        moved = replace(axis, point_mm=np.array(plane.point_mm), depth_mm=depth)
        ends.append(OpenedEnd(moved, plane, cut_outer.loop, cut_lumen.loop))
    return around, within, ends


def _open_one(
    outer: tuple[FloatArray, IntArray], lumen: tuple[FloatArray, IntArray], axis: EndAxis, beyond_mm: float
) -> tuple[CutSurface, CutSurface, CutPlane] | None:
    point = axis.point_mm
    for _ in range(TRIES):
        plane = CutPlane(tuple(point), tuple(axis.direction))
        reach = REACH_RADII * axis.radius_mm
        inner = cut_off(*lumen, plane, axis.tip.place_mm, reach, SNAP_MM)
        around = None
        if inner is not None:
            around = cut_off(
                *outer, plane, axis.tip.place_mm + beyond_mm * axis.direction, reach + 2.0 * beyond_mm, SNAP_MM
            )
        if inner is not None and around is not None:
            return around, inner, plane
        point = point - DEEPER_SHARE * axis.radius_mm * axis.direction
    return None


def rings_of(
    outer: tuple[FloatArray, IntArray], lumen: tuple[FloatArray, IntArray], ends: list[OpenedEnd]
) -> list[IntArray]:
    """Triangles of the flat ring at each end, numbered through the outer surface's vertices and then the lumen's."""
    return [ring_of(outer, end.outer_loop, lumen, end.lumen_loop, end.plane) for end in ends]


def facts_of(end: OpenedEnd, wall: Mesh, ring: IntArray) -> dict[str, Any]:
    """What a receipt says of an open end, measured on the finished wall."""
    corners = np.unique(ring)
    off = end.plane.distance(wall.vertices[corners])
    normals = np.cross(
        wall.vertices[ring[:, 1]] - wall.vertices[ring[:, 0]], wall.vertices[ring[:, 2]] - wall.vertices[ring[:, 0]]
    ).sum(axis=0)
    normal = normals / np.linalg.norm(normals)
    lean = float(np.degrees(np.arctan2(np.linalg.norm(np.cross(normal, end.axis.direction)),
                                       normal @ end.axis.direction)))  # fmt: skip
    return {
        "at_mm": np.round(end.axis.point_mm, 3).tolist(),
        "direction": np.round(end.axis.direction, 5).tolist(),
        "lumen_diameter_mm": round(2.0 * end.axis.radius_mm, 3),
        "lumen_cut_back_mm": round(end.axis.depth_mm, 3),
        "flat_within_mm": float(np.abs(off).max()),
        "off_square_deg": round(lean, 4),
        "middle_line_doubt_deg": round(end.axis.doubt_deg, 2),
        "ring_area_mm2": round(float(np.linalg.norm(normals)) / 2.0, 3),
    }


def _words(place: FloatArray) -> str:
    return "(" + ", ".join(f"{value:.1f}" for value in place) + ")"
