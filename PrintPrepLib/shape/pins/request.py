"""What is asked of the pins of a seam, the sizes that are tried, and a pin in its place."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...mesh import FloatArray
from ..cut.assembly import Seam
from .envelope import envelope
from .kinds import Clearance, Pin, PinShape, PinType, Point
from .room import Cylinder, Needs

SIZES_MM = (10.0, 8.0, 6.0, 5.0, 4.0, 3.0, 2.5, 2.0, 1.5)
"""Diameters of pins that are tried, largest first: round figures that a caliper or a drill can check."""
LENGTHS = (1.5, 1.0)
"""Lengths of pins in diameters, the wanted one first: shorter than its width a pin guides no more."""
MAGNETS_MM = ((10.0, 3.0), (8.0, 3.0), (6.0, 3.0), (6.0, 2.0), (5.0, 2.0), (4.0, 2.0), (3.0, 2.0), (3.0, 1.0))
"""Diameter and thickness of disc magnets that are sold everywhere, largest first."""
SECTION_SHARE = 0.5
"""A pin takes at most this share of the widest circle in its section: what stands round it holds it."""
OBLIQUE_DEG = 25.0
"""A D's flat is turned by this from the line between pins, so that no mirroring brings it onto itself."""


@dataclass(frozen=True)
class PinRequest:
    """What was asked for; None leaves the choice to the program.

    ``least_mm`` is the thinnest pin that the process prints, ``wall_mm`` the least wall round a hole, ``places_mm``
    are places given by hand. ``count`` 0 asks for no pins.
    """

    kind: PinType
    clearance: Clearance
    wall_mm: float
    least_mm: float
    count: int | None = None
    shape: PinShape | None = None
    diameter_mm: float | None = None
    length_mm: float | None = None
    taper_deg: float = 0.0
    places_mm: tuple[Point, ...] = ()


@dataclass(frozen=True)
class Size:
    """Diameter and length of a pin, mm."""

    diameter_mm: float
    length_mm: float


def sizes_for(asked: PinRequest, widest_mm: float) -> tuple[Size, ...]:
    """Sizes to try, the largest first; always at least one.

    Parameters
    ----------
    asked : PinRequest
    widest_mm : float
        Diameter of the widest circle that the section may hold.
    """
    if asked.kind is PinType.MAGNET and asked.diameter_mm is None:
        fit = tuple(Size(d, asked.length_mm or h) for d, h in MAGNETS_MM if d <= SECTION_SHARE * widest_mm)
        return fit or (Size(MAGNETS_MM[-1][0], asked.length_mm or MAGNETS_MM[-1][1]),)
    if asked.diameter_mm is not None:
        diameters: tuple[float, ...] = (asked.diameter_mm,)
    else:
        least = max(asked.least_mm, SIZES_MM[-1])
        diameters = tuple(d for d in SIZES_MM if least <= d <= SECTION_SHARE * widest_mm) or (least,)
    if asked.length_mm is not None:
        return tuple(Size(d, asked.length_mm) for d in diameters)
    return tuple(Size(d, share * d) for d in diameters for share in LENGTHS)


def pin_at(
    seam: Seam,
    asked: PinRequest,
    size: Size,
    place: FloatArray,
    *,
    foot_below: bool = True,
    shape: PinShape | None = None,
    turn_deg: float = OBLIQUE_DEG,
) -> Pin:
    """Build a pin at a place (2,) in the local coordinates of the seam's plane.

    ``turn_deg`` is where a flat or a corner looks, from the plane's first axis.
    """
    sign = 1.0 if foot_below else -1.0
    at = seam.plane.to_world(np.array([[*place, -sign * seam.kerf_mm / 2.0]]))[0]
    axis = sign * np.array(seam.plane.normal)
    angle = np.radians(turn_deg)
    turn = np.cos(angle) * seam.plane.axes[0] + np.sin(angle) * seam.plane.axes[1]
    return Pin(
        kind=asked.kind,
        shape=PinShape.ROUND if asked.kind is PinType.MAGNET else shape or asked.shape or PinShape.ROUND,
        diameter_mm=size.diameter_mm,
        length_mm=size.length_mm,
        at_mm=(float(at[0]), float(at[1]), float(at[2])),
        axis=(float(axis[0]), float(axis[1]), float(axis[2])),
        turn=(float(turn[0]), float(turn[1]), float(turn[2])),
        clearance=asked.clearance,
        kerf_mm=seam.kerf_mm,
        taper_deg=0.0 if asked.kind is PinType.MAGNET else asked.taper_deg,
    )


def needs_of(pin: Pin, wall_mm: float, *, foot_below: bool = True) -> Needs:
    """Free room that a pin needs below and above its seam.

    Below the root of a plug there must be a wall as well, so that it stands on something.
    """
    need = envelope(pin, wall_mm)
    root = need.foot_depth_mm if pin.kind is PinType.PLUG else need.foot_depth_mm - wall_mm
    foot = Cylinder(need.foot_radius_mm - wall_mm, root, wall_mm)
    hole = Cylinder(need.other_radius_mm - wall_mm, need.other_depth_mm - wall_mm, wall_mm)
    needs = Needs(foot, hole)
    return needs if foot_below else needs.flipped()
