"""Cross-sections of pins and holes at every height, and their exact volumes.

Every face of a pin is flat: a circle is a polygon of many sides. A hole has the faces of its pin, each moved outward
by the clearance at right angles to itself, corners mitered: so the gap is the clearance at every face, however the pin
tapers. Heights are those of the pin's own frame: 0 is the face of the part with the foot, ``kerf_mm`` the other face.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from ...errors import InputError
from ...mesh import FloatArray
from .kinds import Pin, PinShape, PinType

FLAT_SHARE = 0.6
"""Distance of a D's flat from the axis, as a share of the radius: 14 % of the disc is cut off, and the corners, 0.8 of
the radius to the side, leave little to turn."""
LEAD_IN_SHARE = 0.1
"""Chamfer of 45 degrees at a pin's end and a hole's mouth, as a share of the diameter: 0.5 mm at 5 mm, twice the play
of a usual FDM fit, so that it catches."""
LEAD_IN_OF_LENGTH = 0.2
"""The same as a share of the length at most: the rest of the pin guides."""
SMALLEST_END = 0.3
"""A pin's end may narrow to this share of its foot, no further: a thinner tip breaks first."""
STRONGEST_TAPER_DEG = 20.0
"""Half angle beyond which a pin no longer guides (machine tapers that are meant to come apart have 8 degrees)."""
SAG_SHARE = 0.02
"""A polygon may leave its circle by this share of the clearance."""
FEWEST_SEGMENTS, MOST_SEGMENTS, SEGMENTS_STEP = 48, 256, 8
"""Sides of the polygon for a circle; above 256 the chord of a 10 mm pin is 0.12 mm, finer than any process."""

PASSED = 1e-9
"""A corner that the flat passes this near to a level, as a share of the slab, is passed at the level: rounding alone
parts them."""


@dataclass(frozen=True)
class Level:
    """A cross-section: a regular polygon, cut off by a flat where ``flat_mm`` is less than its reach.

    Attributes
    ----------
    height_mm : float
        Along the axis.
    apothem_mm : float
        Distance of the polygon's sides from the axis.
    flat_mm : float
        Distance of the flat from the axis, along ``turn``; infinite where there is none.
    """

    height_mm: float
    apothem_mm: float
    flat_mm: float = math.inf

    def grown(self, by_mm: float) -> Level:
        """Return the section with every side moved outward."""
        return Level(self.height_mm, self.apothem_mm + by_mm, self.flat_mm + by_mm)

    def at(self, height_mm: float) -> Level:
        """Return the same section at another height."""
        return Level(height_mm, self.apothem_mm, self.flat_mm)


def lead_in_mm(pin: Pin) -> float:
    """Chamfer of the pin's end and of the hole's mouth; a magnet's pocket has none."""
    if pin.kind is PinType.MAGNET:
        return 0.0
    return min(LEAD_IN_SHARE * pin.diameter_mm, LEAD_IN_OF_LENGTH * pin.length_mm)


def segments_of(pin: Pin) -> int:
    """Sides of the polygon that stands for the pin's section, the same for pin and hole."""
    if pin.shape is PinShape.HEXAGON:
        return 6
    sag = SAG_SHARE * pin.clearance.across_mm
    radius = pin.hole_radius_mm
    wanted = math.pi / math.acos(1.0 - sag / radius) if 0.0 < sag < radius else MOST_SEGMENTS
    return int(np.clip(SEGMENTS_STEP * math.ceil(wanted / SEGMENTS_STEP), FEWEST_SEGMENTS, MOST_SEGMENTS))


def pin_levels(pin: Pin) -> tuple[Level, ...]:
    """Sections of what is printed as pin, from low to high: of a plug from its foot's face up; of a whole dowel.

    Raises
    ------
    InputError
        Taper and chamfer leave no pin, or the shape is not one of its type.
    """
    check_pin(pin)
    top = pin.kerf_mm + pin.length_mm
    neck = top - lead_in_mm(pin)
    body = _side(pin, neck)
    upper = (_side(pin, pin.kerf_mm), body, body.grown(-lead_in_mm(pin)).at(top))
    if pin.kind is PinType.DOWEL:
        lower = tuple(level.at(pin.kerf_mm - level.height_mm) for level in reversed(upper))
        return _distinct((*lower, *upper))
    return _distinct((_side(pin, 0.0), *upper))


def hole_levels(pin: Pin) -> tuple[Level, ...]:
    """Sections of the hole in the other part, from its face up to its bottom; of a dowel's or magnet's foot mirrored.

    Raises
    ------
    InputError
        As for :func:`pin_levels`.
    """
    check_pin(pin)
    wider = pin.clearance.across_mm / math.cos(math.radians(pin.taper_deg))
    lead = lead_in_mm(pin)
    inner = _side(pin, pin.kerf_mm + lead).grown(wider)
    bottom = _side(pin, pin.kerf_mm + pin.hole_depth_mm).grown(wider)
    return _distinct((inner.grown(lead).at(pin.kerf_mm), inner, bottom))


def check_pin(pin: Pin) -> None:
    """Refuse a pin that cannot be made.

    Raises
    ------
    InputError
        The message says what is impossible.
    """
    if pin.kind in {PinType.TONGUE, PinType.DOVETAIL}:
        raise InputError(f"A {pin.kind.value} is a rail, not a pin: it needs a start, an end and a width.")
    if not 0.0 <= pin.kerf_mm < math.inf:
        raise InputError(f"The width of the cut must not be negative, got {pin.kerf_mm:g} mm.")
    if pin.kind is PinType.MAGNET:
        if pin.shape is not PinShape.ROUND or pin.taper_deg:
            raise InputError("A magnet is a straight round disc. Choose a round shape without taper.")
        return
    if not 0.0 <= pin.taper_deg <= STRONGEST_TAPER_DEG:
        raise InputError(f"The taper of a pin must lie between 0 and {STRONGEST_TAPER_DEG:g} degrees, got "
                         f"{pin.taper_deg:g}: beyond, the pin no longer guides.")  # fmt: skip
    foot = 0.5 * pin.diameter_mm
    end = _side(pin, pin.kerf_mm + pin.length_mm - lead_in_mm(pin)).grown(-lead_in_mm(pin))
    smallest = SMALLEST_END * foot
    narrowest = min(end.apothem_mm, end.flat_mm / FLAT_SHARE)
    if narrowest < smallest:
        raise InputError(f"A taper of {pin.taper_deg:g} degrees over {pin.length_mm:g} mm would leave "
                         f"{max(0.0, 2.0 * narrowest):.2f} mm at the end of a pin of {pin.diameter_mm:g} mm; it needs "
                         f"{2.0 * smallest:.2f} mm. Taper it less, or make it shorter or thicker.")  # fmt: skip


def sides_of(level: Level, segments: int) -> list[int]:
    """Sides that a section has, counter-clockwise: ``segments`` is the flat, others count from ``turn``."""
    corners = _corners(level, segments)
    if not level.flat_mm < corners[0, 0]:
        return list(range(segments))
    inside = corners[:, 0] < level.flat_mm
    return [segments, *np.flatnonzero(inside | np.roll(inside, -1)).tolist()]


def side_corners(level: Level, sides: list[int], segments: int) -> FloatArray:
    """Where each of the sides meets the one before it, (k, 2) mm."""
    corners = _corners(level, segments)
    if sides[0] != segments:
        return corners
    angle = 2.0 * math.pi * (np.array([sides[-1], sides[1]]) + 0.5) / segments
    across = (level.apothem_mm - level.flat_mm * np.cos(angle)) / np.sin(angle)
    ends = np.stack([np.full(2, level.flat_mm), across], axis=1)
    return np.concatenate([ends, corners[sides[2:]]])


def outline(level: Level, segments: int) -> FloatArray:
    """Corners of a section, counter-clockwise, (k, 2) mm."""
    return side_corners(level, sides_of(level, segments), segments)


def between(low: Level, high: Level, share: float) -> Level:
    """Section part of the way from one level to another."""
    if share in {0.0, 1.0}:
        return high if share else low
    flat = low.flat_mm + share * (high.flat_mm - low.flat_mm) if math.isfinite(low.flat_mm) else math.inf
    return Level(
        low.height_mm + share * (high.height_mm - low.height_mm),
        low.apothem_mm + share * (high.apothem_mm - low.apothem_mm),
        flat,
    )


def divided(levels: tuple[Level, ...], segments: int) -> tuple[Level, ...]:
    """Return the levels with those put in at which the flat passes a corner: none is passed between two of these."""
    out = [levels[0]]
    for low, high in pairwise(levels):
        out += [between(low, high, share) for share in (*_passes(low, high, segments), 1.0)]
    return tuple(out)


def volume_mm3(levels: tuple[Level, ...], segments: int) -> float:
    """Exact volume of the solid with these sections, straight faces between them.

    Between two levels the area is a polynomial of second degree in the height as long as the flat passes no corner,
    and Simpson's rule is exact for it.
    """
    total = 0.0
    stations = divided(levels, segments)
    for low, high in pairwise(stations):
        areas = [area_mm2(outline(level, segments)) for level in (low, between(low, high, 0.5), high)]
        total += (areas[0] + 4.0 * areas[1] + areas[2]) / 6.0 * (high.height_mm - low.height_mm)
    return total


def area_mm2(corners: FloatArray) -> float:
    """Area of a polygon, corners (k, 2) counter-clockwise."""
    after = np.roll(corners, -1, axis=0)
    return float(0.5 * (corners[:, 0] * after[:, 1] - corners[:, 1] * after[:, 0]).sum())


def _side(pin: Pin, height_mm: float) -> Level:
    """Section of the pin's flank at a height, also beyond its end; a dowel narrows from the other part's face on."""
    start = pin.kerf_mm if pin.kind is PinType.DOWEL else 0.0
    less = math.tan(math.radians(pin.taper_deg)) * max(0.0, height_mm - start)
    radius = 0.5 * pin.diameter_mm
    apothem = radius * math.cos(math.pi / segments_of(pin))
    flat = FLAT_SHARE * radius if pin.shape is PinShape.D else math.inf
    return Level(height_mm, apothem, flat).grown(-less)


def _corners(level: Level, segments: int) -> FloatArray:
    angle = 2.0 * math.pi * np.arange(segments) / segments
    reach = level.apothem_mm / math.cos(math.pi / segments)
    return np.asarray(reach * np.stack([np.cos(angle), np.sin(angle)], axis=1))


def _passes(low: Level, high: Level, segments: int) -> list[float]:
    """Shares of the way from low to high at which the flat passes a corner of the polygon, ascending."""
    if not math.isfinite(low.flat_mm):
        return []
    half = np.arange(segments // 2 + 1)  # the other half is its mirror image
    cosine = np.cos(2.0 * math.pi * half / segments) / math.cos(math.pi / segments)
    rate = (high.apothem_mm - low.apothem_mm) * cosine - (high.flat_mm - low.flat_mm)
    moving = rate != 0.0
    share = (low.flat_mm - low.apothem_mm * cosine[moving]) / rate[moving]
    return sorted(float(value) for value in share if PASSED < value < 1.0 - PASSED)


def _distinct(levels: tuple[Level, ...]) -> tuple[Level, ...]:
    """Levels without those at the height of the one before (no kerf, no chamfer)."""
    kept = [levels[0]]
    kept += [level for level in levels[1:] if level.height_mm > kept[-1].height_mm]
    return tuple(kept)
