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
from .wall import hole_surface, thinnest_walls

if TYPE_CHECKING:
    import manifold3d

NO_VOLUME_MM3 = 1e-6
"""Common volume below this is rounding of coordinates, not interference: a cube of a hundredth of a millimeter."""
WAY_SHARES = (0.05, 0.15, 0.3, 0.5, 0.7, 0.9, 1.0)
"""Stations on the way out, as shares of the pin's length, looked at where the hull of the whole way meets the part."""
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
LOCAL_SHARE = 0.25
"""What is measured round several holes lies within this share of their size beside them."""
MOST_OF_IT = 0.3
"""A part of which more than this share is looked at is not cropped first: that would cost more than it spares."""
LOCAL_DIAMETERS = 0.5
"""What is measured round one pin lies within this many diameters beside its hole."""
CROP_MM = 0.1
"""Solids are cropped so far beside what is looked at, so that no two faces coincide."""


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
    """Measure one pin against both finished parts; see :func:`measure_fits`."""
    return measure_fits([pin], [solids], foot, other, around)[0]


def measure_fits(
    pins: Sequence[Pin],
    solids: Sequence[PinSolids],
    foot: manifold3d.Manifold,
    other: manifold3d.Manifold,
    around: Around,
) -> tuple[PinFit, ...]:
    """Measure the pins of one seam against both finished parts.

    Parameters
    ----------
    pins, solids
        Each pin, and what was made of it.
    foot, other : Manifold
        Finished parts: the one that carries the feet, and the one with the holes.
    around : Around
        Surfaces that the walls round the holes end at, with the foot below.
    """
    foot = _near_pins(foot, [made.cut_foot for made in solids], pins)
    other = _near_pins(other, [made.cut_other for made in solids], pins)
    plays = [_plays(pin, made, foot, other) for pin, made in zip(pins, solids, strict=True)]
    walls = _walls(pins, [play.holes for play in plays], around)
    out = []
    for row, play in enumerate(plays):
        thinnest, where = walls[row]
        x, y, z = where.tolist()
        out.append(
            PinFit(
                interference_mm3=play.interference_mm3,
                gap_min_mm=float(play.gaps.min()) if len(play.gaps) else None,
                gap_max_mm=float(play.gaps.max()) if len(play.gaps) else None,
                gap_end_mm=min(play.ends) if play.ends else None,
                wall_mm=thinnest,
                wall_at_mm=(x, y, z),
                way_is_free=play.way_is_free,
            )
        )
    return tuple(out)


@dataclass(frozen=True, eq=False)
class _Hole:
    """One hole of a pin: its triangles, its face's sign along the axis."""

    triangles: FloatArray
    sign: float


@dataclass(frozen=True, eq=False)
class _Plays:
    interference_mm3: float
    gaps: FloatArray
    ends: tuple[float, ...]
    way_is_free: bool
    holes: tuple[_Hole, ...]


def _plays(pin: Pin, solids: PinSolids, foot: manifold3d.Manifold, other: manifold3d.Manifold) -> _Plays:
    """Measure what one pin and its holes do to each other."""
    rod = solids.add if solids.add is not None else solids.loose
    parts = [(other, solids.cut_other, 1.0)]
    if solids.cut_foot is not None:
        parts.append((foot, solids.cut_foot, -1.0))
    interference, free = 0.0, True
    gaps: list[FloatArray] = [np.empty(0)]
    ends: list[float] = []
    holes: list[_Hole] = []
    for body, tool, sign in parts:
        if tool is None:
            continue
        hole = _local(body, tool, pin)
        if rod is not None:
            met, way = _way_is_free(pin, rod, hole, sign)
            interference += met
            free &= way
            across, end = _play(pin, rod, hole, sign)
            gaps.append(across)
            ends.append(end)
        own = hole_surface(
            Mesh.from_manifold(hole), Mesh.from_manifold(tool), _face(pin, sign), sign * np.array(pin.axis)
        )
        holes.append(_Hole(own, sign))
    return _Plays(interference, np.concatenate(gaps), tuple(ends), free, tuple(holes))


def _face(pin: Pin, sign: float) -> FloatArray:
    """Middle of the hole's mouth, (3,), LPS."""
    return np.asarray(np.array(pin.at_mm) + (pin.kerf_mm if sign > 0.0 else 0.0) * np.array(pin.axis))


def _walls(pins: Sequence[Pin], holes: Sequence[tuple[_Hole, ...]], around: Around) -> list[tuple[float, FloatArray]]:
    """Thinnest wall round the holes of each pin, and where; infinite where there is no hole."""
    out = [(float("inf"), _face(pin, 1.0)) for pin in pins]
    for sign in (1.0, -1.0):
        there = [(row, hole.triangles) for row, own in enumerate(holes) for hole in own
                 if hole.sign == sign and len(hole.triangles)]  # fmt: skip
        if not there:
            continue
        diameters = [pins[row].diameter_mm for row, _ in there]
        found = thinnest_walls([triangles for _, triangles in there], around.side(sign), diameters)
        for (row, _), wall in zip(there, found, strict=True):
            out[row] = min(out[row], wall, key=lambda one: one[0])
    return out


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
    whole_low, whole_high = _box(body)
    looked_at = np.minimum(high, whole_high) - np.maximum(low, whole_low)
    if np.prod(np.maximum(looked_at, 0.0)) > MOST_OF_IT * np.prod(whole_high - whole_low):
        return body
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


def _near_pins(
    body: manifold3d.Manifold, tools: Sequence[manifold3d.Manifold | None], pins: Sequence[Pin]
) -> manifold3d.Manifold:
    """Return the part near its holes, cropped from the large solid once for all of them."""
    import manifold3d

    blocks = [_local_block(tool, pin, CROP_MM) for tool, pin in zip(tools, pins, strict=True) if tool is not None]
    if len(blocks) < 2:
        return body
    return body ^ manifold3d.Manifold.batch_boolean(blocks, manifold3d.OpType.Add)


def _local(body: manifold3d.Manifold, tool: manifold3d.Manifold, pin: Pin) -> manifold3d.Manifold:
    """Return the part near a hole, in a box along the pin: everything after is done on a small solid."""
    return body ^ _local_block(tool, pin)


def _local_block(tool: manifold3d.Manifold, pin: Pin, more_mm: float = 0.0) -> manifold3d.Manifold:
    matrix = pin.matrix
    inverse = np.column_stack([matrix[:, :3].T, -matrix[:, :3].T @ matrix[:, 3]])
    low, high = _box(tool.transform(inverse))
    margin = LOCAL_DIAMETERS * pin.diameter_mm + more_mm
    return _block(low - margin, high + margin).transform(matrix)


def _box(solid: manifold3d.Manifold, margin_share: float = 0.0) -> tuple[FloatArray, FloatArray]:
    low, high = np.array(solid.bounding_box()).reshape(2, 3)
    margin = margin_share * float(np.linalg.norm(high - low))
    return low - margin, high + margin


def _within(body: manifold3d.Manifold, low: FloatArray, high: FloatArray) -> manifold3d.Manifold:
    return body ^ _block(low, high)


def _block(low: FloatArray, high: FloatArray) -> manifold3d.Manifold:
    import manifold3d

    return manifold3d.Manifold.cube(tuple((high - low).tolist())).translate(tuple(low.tolist()))


def _way_is_free(pin: Pin, rod: manifold3d.Manifold, hole: manifold3d.Manifold, sign: float) -> tuple[float, bool]:
    """Volume (mm3) that a pin in its seat shares with the part, and whether it comes out without meeting it."""
    import manifold3d

    back = -sign * pin.hole_depth_mm * np.array(pin.axis)
    # The piece round the hole ends beside it, so that nothing is met on the way out but the hole itself. All that the
    # pin passes through, and its seat, lie within the hull of both its ends.
    swept = manifold3d.Manifold.batch_hull([rod, rod.translate(tuple(back.tolist()))])
    if (swept ^ hole).volume() <= 0.0:
        return 0.0, True
    free = all((rod.translate(tuple((share * back).tolist())) ^ hole).volume() <= NO_VOLUME_MM3 for share in WAY_SHARES)
    return (hole ^ rod).volume(), free


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


def is_printed(pin: Pin) -> bool:
    """Whether the pin itself is printed; a magnet is bought."""
    return pin.kind is not PinType.MAGNET
