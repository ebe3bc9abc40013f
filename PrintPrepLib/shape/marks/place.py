"""Where a text fits on a flat face: whole, clear of edges and pins, with enough material beneath."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from ...mesh import FloatArray
from ...progress import Progress, silent
from .gauge import Gauge
from .letters import LEAST_STROKES, cleaned, text_box, text_outline
from .room import Room, best_place, room_of
from .sizes import PEN_SHARE, MarkSize

if TYPE_CHECKING:
    import manifold3d

DepthAvailable = float | Callable[[FloatArray], FloatArray]
"""Material beneath a face, mm: one figure, or a function of places (k, 2) in the face's plane."""

TURNS_DEG = (0.0, 15.0, -15.0, 30.0, -30.0, 45.0, -45.0, 60.0, -60.0, 75.0, -75.0, 90.0)
"""Directions of the line that are tried; the best is then turned further in finer steps. Ours."""
DEPTH_SAMPLES = 24
"""Places along the longer side of a mark at which the material beneath is measured. Ours: closer than any stroke."""
DEPTH_ROUNDS = 8
"""How often the search starts again when thin material shows up beneath the best place. Ours: three are common."""
ROOMY = 1.5
"""A place with room for a text so many times higher than wanted is not improved further. Ours."""
SHRINK = 1.0 - 1e-7
"""Share of the height that is used where an edge is touched, so that rounding does not push the mark over it."""


@dataclass(frozen=True)
class Spot:
    """Where a text stands in the plane of a face.

    Attributes
    ----------
    text : str
        As it is written.
    at_mm : (2,)
        Middle of its box, in the plane's coordinates.
    turn_deg : float
        Direction of the line, counter-clockwise from the first axis.
    height_mm, stroke_mm, depth_mm : float
        Height of the capitals, width of the strokes, and how deep it may go.
    """

    text: str
    at_mm: tuple[float, float]
    turn_deg: float
    height_mm: float
    stroke_mm: float
    depth_mm: float

    def outline(self) -> manifold3d.CrossSection:
        """Outline of the text where it stands."""
        flat = text_outline(self.text, height_mm=self.height_mm, stroke_mm=self.stroke_mm)
        return flat.rotate(self.turn_deg).translate(self.at_mm)

    def box(self, margin_mm: float = 0.0) -> FloatArray:
        """Corners (4, 2) of the text's box, grown by a margin, counter-clockwise."""
        half = 0.5 * np.array(text_box(self.text, self.stroke_mm).size(self.height_mm)) + margin_mm
        turn = np.radians(self.turn_deg)
        axes = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
        return np.asarray(np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * half @ axes + np.array(self.at_mm))


@dataclass(frozen=True)
class NoSpot:
    """Why a text fits nowhere, and how near it came.

    Attributes
    ----------
    reason : str
        For the user.
    largest_height_mm : float
        Letter height for which there would be room; 0 where there is none at all.
    least_height_mm : float
        Letter height that is needed.
    at_mm : (2,) or None
        Where that room is.
    """

    text: str
    reason: str
    largest_height_mm: float
    least_height_mm: float
    at_mm: tuple[float, float] | None


def place_text(
    text: str,
    outline: manifold3d.CrossSection,
    *,
    size: MarkSize,
    keep_out: manifold3d.CrossSection | None = None,
    depth_available_mm: DepthAvailable = np.inf,
    progress: Progress = silent,
) -> Spot | NoSpot:
    """Find where a text fits whole on a flat face, as high as wanted or as high as it can be.

    The box of the text keeps the margin from every edge, hole and kept-out place. It stands level (along the first
    axis) where it reaches the wanted height so, else turned. The wanted depth is tried before the least one, and
    strokes of the usual width before thin ones.

    Parameters
    ----------
    text : str
        One line.
    outline : CrossSection
        The face in its plane, holes left out.
    size : MarkSize
        Limits.
    keep_out : CrossSection, optional
        Pins, holes and other marks, with the wall round them.
    depth_available_mm : float or function
        Material beneath the face. It must be the wanted depth and the wall beneath, all over the mark and its margin.
    progress : Progress
        Receiver.

    Returns
    -------
    Spot or NoSpot
    """
    text = cleaned(text)
    free = outline if keep_out is None else outline - keep_out
    if free.is_empty():
        return NoSpot(text, f"The mark '{text}' fits nowhere: pins and holes take the whole face.", 0.0,
                      size.least_height_mm, None)  # fmt: skip
    room = room_of(free)
    beneath = _measured(depth_available_mm, room.grid)
    nearest: NoSpot | None = None
    tries = _tries(size)
    for index, (stroke, depth) in enumerate(tries):
        progress(index / len(tries), f"Looking for a place for the mark '{text}'")
        found = _place(text, room, replace(size, depth_mm=depth), stroke, beneath, depth_available_mm)
        if isinstance(found, Spot):
            return found
        if nearest is None or found.largest_height_mm >= nearest.largest_height_mm:
            nearest = found
    assert nearest is not None  # there is at least one try
    return nearest


def _tries(size: MarkSize) -> list[tuple[float, float]]:
    """Stroke and depth to try, the best first."""
    wide = min(max(size.stroke_mm, PEN_SHARE * size.height_mm), size.height_mm / LEAST_STROKES)
    tries = [(wide, size.depth_mm), (size.stroke_mm, size.depth_mm), (size.stroke_mm, size.least_depth_mm)]
    return list(dict.fromkeys(tries))


def _place(
    text: str, room: Room, size: MarkSize, stroke_mm: float, beneath: FloatArray, depth_available_mm: DepthAvailable
) -> Spot | NoSpot:
    gauge = Gauge(text_box(text, stroke_mm), size.margin_mm)
    least = max(size.least_height_mm, LEAST_STROKES * stroke_mm)
    needed = size.depth_mm + size.wall_mm
    room = room.without(beneath < needed)
    if not len(room.starts):
        thickest = float(beneath.max()) if len(beneath) else 0.0
        return NoSpot(
            text,
            f"The mark '{text}' fits nowhere: the material beneath the face is {thickest:.1f} mm thick at most, and "
            f"the mark needs {size.depth_mm:g} mm and a wall of {size.wall_mm:g} mm beneath.",
            0.0, least, None,
        )  # fmt: skip
    height, place, turn = 0.0, room.starts[0], 0.0
    for _ in range(DEPTH_ROUNDS):
        height, place, turn = _highest(gauge, room, size.height_mm)
        if height < least:
            break
        turn_deg = float(np.degrees(turn))
        spot = Spot(text, (float(place[0]), float(place[1])), turn_deg, min(height * SHRINK, size.height_mm),
                    stroke_mm, size.depth_mm)  # fmt: skip
        under = _under(spot, size.margin_mm)
        thin = under[_measured(depth_available_mm, under) < needed]
        if not len(thin):
            return spot
        room = room.with_obstacles(thin)
    else:
        height = min(height, np.nextafter(least, 0.0))
    height = max(height, 0.0)
    return NoSpot(
        text,
        f"The mark '{text}' fits nowhere on the face: it must be {least:.1f} mm high to be printed and read, and there "
        f"is room for {height:.1f} mm, with {size.margin_mm:g} mm left to edges, pins and holes and "
        f"{size.wall_mm:g} mm of material beneath.",
        height, least, (float(place[0]), float(place[1])),
    )  # fmt: skip


def _highest(gauge: Gauge, room: Room, wanted_mm: float) -> tuple[float, FloatArray, float]:
    """Greatest height, where, and the turn in radians; level where that reaches what is wanted."""
    enough = ROOMY * wanted_mm
    level = best_place(gauge, room, (0.0,), may_turn=False, enough_mm=enough)
    if level[0] >= wanted_mm:
        return level
    turned = best_place(gauge, room, tuple(np.radians(TURNS_DEG).tolist()), may_turn=True, enough_mm=enough)
    return turned if turned[0] > level[0] else level


def _under(spot: Spot, margin_mm: float) -> FloatArray:
    """Places (k, 2) all over a mark and its margin."""
    corners = spot.box(margin_mm)
    along, up = corners[1] - corners[0], corners[3] - corners[0]
    step = max(np.linalg.norm(along), np.linalg.norm(up)) / DEPTH_SAMPLES
    counts = [max(int(np.ceil(np.linalg.norm(side) / step)), 1) + 1 for side in (along, up)]
    a, b = np.meshgrid(np.linspace(0.0, 1.0, counts[0]), np.linspace(0.0, 1.0, counts[1]))
    return np.asarray(corners[0] + a.reshape(-1, 1) * along + b.reshape(-1, 1) * up)


def _measured(depth_available_mm: DepthAvailable, points: FloatArray) -> FloatArray:
    if not callable(depth_available_mm):
        return np.full(len(points), float(depth_available_mm))
    depth = np.asarray(depth_available_mm(points), np.float64)
    if depth.shape != (len(points),):
        raise ValueError(f"depth_available_mm must give one depth per place ({len(points)}), got {depth.shape}")
    return depth


def boxes(spots: Sequence[Spot], margin_mm: float) -> manifold3d.CrossSection:
    """Boxes of texts that others must keep clear of."""
    import manifold3d

    return manifold3d.CrossSection([spot.box(margin_mm) for spot in spots], manifold3d.FillRule.NonZero)
