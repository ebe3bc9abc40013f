"""Proof that parts fit: interference, play, walls round the holes, the way in, and wrong seats; all measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ...mesh import FloatArray, Mesh
from ...receipt import plain
from ...spatial import SurfaceIndex
from ..cut.plane import CutPlane
from .kinds import Pin, PinType
from .room import Around
from .solids import PinSolids

if TYPE_CHECKING:
    import manifold3d

NO_VOLUME_MM3 = 1e-6
"""Common volume below this is rounding of coordinates, not interference: a cube of a hundredth of a millimeter."""
WAY_SHARES = (0.05, 0.15, 0.3, 0.5, 0.7, 0.9, 1.0)
"""Stations on the way out, as shares of the pin's length, at which the parts must not meet."""
SEATS = (
    ("turned by half", ((-1.0, 0.0), (0.0, -1.0))),
    ("mirrored", ((-1.0, 0.0), (0.0, 1.0))),
    ("mirrored the other way", ((1.0, 0.0), (0.0, -1.0))),
)
"""Wrong ways to put a part on, as moves within the plane."""
SEAT_HEIGHTS = (0.15, 0.5, 0.85)
"""Heights of a pin, as shares, at which a wrong seat is looked at."""
SAMPLES_ACROSS = 48
"""Directions round a pin in which its play is measured,"""
SAMPLES_ALONG = 9
"""and heights."""
WALL_SAMPLE_MM = 0.25
"""Surface of a hole is asked at points no farther apart than this."""
WALL_REACHES = (0.5, 1.0, 2.0, 4.0)
"""Walls are sought so many diameters away, farther only where nothing was found; thicker ones are told as the last."""
LOCAL_SHARE = 0.25
"""What is measured round a hole lies within this share of its size beside it."""
CROP_MM = 0.1
"""Solids are cropped so far beside what is looked at, so that no two faces coincide."""
FLAT_MM = 1e-6
"""A hole's surface within this of the cut face belongs to the face."""


@dataclass(frozen=True)
class PinFit:
    """What was measured of one pin.

    Attributes
    ----------
    interference_mm3 : float
        Common volume of the pin and the parts that it goes into.
    gap_min_mm, gap_max_mm : float or None
        Smallest and largest play between the pin's sides and its hole; None for a magnet, which is not printed.
    gap_end_mm : float or None
        Play beyond the pin's end.
    wall_mm : float
        Thinnest wall that remains round the hole (for a plug: also round its foot's place).
    wall_at_mm : (3,)
        Where, LPS.
    way_is_free : bool
        Whether the part comes off along the pin's axis without touching it.
    """

    interference_mm3: float
    gap_min_mm: float | None
    gap_max_mm: float | None
    gap_end_mm: float | None
    wall_mm: float
    wall_at_mm: tuple[float, float, float]
    way_is_free: bool

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        out: dict[str, Any] = plain(asdict(self))
        return out


def measure_fit(
    pin: Pin, solids: PinSolids, foot: manifold3d.Manifold, other: manifold3d.Manifold, around: Around
) -> PinFit:
    """Measure one pin against both finished parts.

    Parameters
    ----------
    pin, solids
        The pin, and what was made of it.
    foot, other : Manifold
        Finished parts: the one that carries the foot, and the one with the hole.
    around : Around
        Surfaces that the walls round the holes end at, with the foot below.
    """
    rod = solids.add if solids.add is not None else solids.loose
    parts = [(other, solids.cut_other, 1.0)]
    if solids.cut_foot is not None:
        parts.append((foot, solids.cut_foot, -1.0))
    interference, free = 0.0, True
    gaps: list[FloatArray] = []
    ends: list[float] = []
    walls: list[tuple[float, FloatArray]] = []
    for body, tool, sign in parts:
        if tool is None:
            continue
        hole = _local(body, tool)
        if rod is not None:
            interference += (hole ^ rod).volume()
            free &= _way_is_free(pin, rod, hole, sign)
            across, end = _play(pin, rod, hole, sign)
            gaps.append(across)
            ends.append(end)
        walls.append(_wall(hole, tool, pin, sign, around))
    thinnest, where = min(walls, key=lambda wall: wall[0])
    x, y, z = where.tolist()
    every = np.concatenate(gaps) if gaps else np.empty(0)
    return PinFit(
        interference_mm3=interference,
        gap_min_mm=float(every.min()) if len(every) else None,
        gap_max_mm=float(every.max()) if len(every) else None,
        gap_end_mm=min(ends) if ends else None,
        wall_mm=thinnest,
        wall_at_mm=(x, y, z),
        way_is_free=free,
    )


def seat_interference(
    rods: Sequence[manifold3d.Manifold], other: manifold3d.Manifold, plane: CutPlane, center: FloatArray
) -> dict[str, float]:
    """Common volume when the part with the holes is put on wrongly: turned by half, or mirrored.

    The pins are turned instead of the part, which is the same. ``center`` (3,) is what it is turned about. The volume
    is summed from sections at several heights of the pins: it tells whether they meet, and about how much.
    """
    to_plane = np.concatenate([plane.axes, (-plane.axes @ np.array(plane.point_mm))[:, None]], axis=1)
    flat = other.transform(to_plane)
    low, high = np.array(flat.bounding_box()).reshape(2, 3)[:, 2]
    upward = abs(high) > abs(low)
    middle = plane.to_local(center[None])[0, :2]
    out = dict.fromkeys((name for name, _ in SEATS), 0.0)
    for rod in rods:
        placed = rod.transform(to_plane)
        below, above = np.array(placed.bounding_box()).reshape(2, 3)[:, 2]
        begin, end = (max(below, low), above) if upward else (min(above, high), below)
        for share in SEAT_HEIGHTS:
            height = begin + share * (end - begin)
            section, material = placed.slice(height), flat.slice(height)
            for name, turn in SEATS:
                matrix = np.array(turn)
                moved = section.transform(np.concatenate([matrix, (middle - matrix @ middle)[:, None]], axis=1))
                out[name] += float((moved ^ material).area()) * abs(end - begin) / len(SEAT_HEIGHTS)
    return out


def near_holes(
    body: manifold3d.Manifold,
    tools: Sequence[manifold3d.Manifold],
    rods: Sequence[manifold3d.Manifold] = (),
    plane: CutPlane | None = None,
    center: FloatArray | None = None,
) -> manifold3d.Manifold:
    """Return as much of a finished part as the measures of its pins look at.

    Parameters
    ----------
    body, tools
        The part, and what cut its holes.
    rods, plane, center
        As :func:`seat_interference` takes them, where it is to be asked as well.
    """
    boxes = [_box(tool, LOCAL_SHARE) for tool in tools]
    if plane is not None and center is not None:
        boxes += [_box(rod.transform(move)) for move in _wrong_moves(plane, center) for rod in rods]
    if not boxes:
        return body
    low, high = np.min([box[0] for box in boxes], axis=0), np.max([box[1] for box in boxes], axis=0)
    return _within(body, low - CROP_MM, high + CROP_MM)


def _wrong_moves(plane: CutPlane, center: FloatArray) -> list[FloatArray]:
    """Moves (3, 4) of the wrong seats, LPS."""
    moves = []
    for _, turn in SEATS:
        local = np.eye(3)
        local[:2, :2] = turn
        matrix = plane.axes.T @ local @ plane.axes
        moves.append(np.concatenate([matrix, (center - matrix @ center)[:, None]], axis=1))
    return moves


def _local(body: manifold3d.Manifold, tool: manifold3d.Manifold) -> manifold3d.Manifold:
    """Return the part near a hole: everything after is done on a small solid."""
    return _within(body, *_box(tool, LOCAL_SHARE))


def _box(solid: manifold3d.Manifold, margin_share: float = 0.0) -> tuple[FloatArray, FloatArray]:
    low, high = np.array(solid.bounding_box()).reshape(2, 3)
    margin = margin_share * float(np.linalg.norm(high - low))
    return low - margin, high + margin


def _within(body: manifold3d.Manifold, low: FloatArray, high: FloatArray) -> manifold3d.Manifold:
    import manifold3d

    return body ^ manifold3d.Manifold.cube(tuple((high - low).tolist())).translate(tuple(low.tolist()))


def _way_is_free(pin: Pin, rod: manifold3d.Manifold, hole: manifold3d.Manifold, sign: float) -> bool:
    back = -sign * np.array(pin.axis)
    # The piece round the hole ends beside it, so that nothing is met on the way out but the hole itself.
    return all(
        (rod.translate(tuple((share * pin.hole_depth_mm * back).tolist())) ^ hole).volume() <= NO_VOLUME_MM3
        for share in WAY_SHARES
    )


def _play(pin: Pin, rod: manifold3d.Manifold, hole: manifold3d.Manifold, sign: float) -> tuple[FloatArray, float]:
    """Play at the sides (k,) and beyond the end, from the pin's surface to the hole's."""
    matrix = pin.matrix
    surface = SurfaceIndex(Mesh.from_manifold(hole))
    shaft = SurfaceIndex(Mesh.from_manifold(rod))
    start = pin.kerf_mm if sign > 0.0 else 0.0
    # Between the lead-in at the mouth and the chamfer at the end the sides are what guides.
    heights = start * (sign > 0.0) + sign * pin.length_mm * np.linspace(0.3, 0.75, SAMPLES_ALONG)
    angles = np.linspace(0.0, 2.0 * np.pi, SAMPLES_ACROSS, endpoint=False)
    outward = np.stack([np.cos(angles), np.sin(angles), np.zeros(len(angles))], axis=1)
    far = pin.diameter_mm
    origin = (outward * far)[None] + np.array([0.0, 0.0, 1.0]) * heights[:, None, None]
    origin = origin.reshape(-1, 3) @ matrix[:, :3].T + matrix[:, 3]
    towards = np.tile(-outward, (len(heights), 1)) @ matrix[:, :3].T
    hit, _ = shaft.first_hit(origin, towards, 2.0 * far)
    on_pin = (origin + hit[:, None] * towards)[np.isfinite(hit)]
    across = surface.closest(on_pin).distance_mm
    tip = start + sign * pin.length_mm
    end = np.array([[0.0, 0.0, tip]]) @ matrix[:, :3].T + matrix[:, 3]
    inner = end - sign * 1e-3 * np.array(pin.axis)
    below, _ = shaft.first_hit(end + sign * 2.0 * far * np.array(pin.axis), -sign * np.array(pin.axis)[None], 4.0 * far)
    floor, _ = surface.first_hit(inner, sign * np.array(pin.axis)[None], 4.0 * far)
    reached = 2.0 * far - float(below[0])  # how far the pin's real end stands beyond where it should
    return across, float(floor[0]) - 1e-3 - reached


def _wall(
    hole: manifold3d.Manifold, tool: manifold3d.Manifold, pin: Pin, sign: float, around: Around
) -> tuple[float, FloatArray]:
    """Thinnest wall between a hole's surface and the surfaces round the part, and where."""
    low, high = _box(tool)
    close = _within(hole, low - CROP_MM, high + CROP_MM)
    fine = Mesh.from_manifold(close.refine_to_length(WALL_SAMPLE_MM))
    face = np.array(pin.at_mm) + (pin.kerf_mm if sign > 0.0 else 0.0) * np.array(pin.axis)
    depth = sign * (fine.vertices - face) @ np.array(pin.axis)
    on_tool = SurfaceIndex(Mesh.from_manifold(tool)).closest(fine.vertices, 1e-4).faces >= 0
    points = fine.vertices[on_tool & (depth > FLAT_MM)]
    if not len(points):
        return np.inf, face
    for share in WALL_REACHES:
        reach = share * pin.diameter_mm
        thinnest, row = around.side(sign).least_distance(points, reach)
        if thinnest < reach:
            break
    return thinnest, points[row]


def is_printed(pin: Pin) -> bool:
    """Whether the pin itself is printed; a magnet is bought."""
    return pin.kind is not PinType.MAGNET
