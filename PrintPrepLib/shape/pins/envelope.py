"""The room that a pin needs inside both parts, for whoever looks for a place."""

from __future__ import annotations

import math
from dataclasses import dataclass

from .kinds import Pin, PinType
from .sections import hole_levels, pin_levels, segments_of
from .solids import MARK_DEPTH_MM, root_mm


@dataclass(frozen=True)
class Envelope:
    """Cylinders round the pin's axis that must be full of material, from each part's face inward, mm.

    ``foot_*`` in the part that carries the foot, ``other_*`` in the other one.
    """

    foot_radius_mm: float
    foot_depth_mm: float
    other_radius_mm: float
    other_depth_mm: float


def envelope(pin: Pin, wall_mm: float) -> Envelope:
    """Room that the pin needs so that ``wall_mm`` of material is left round every hole and below its bottom.

    A plug's foot needs that wall beside it as well, so that it stands on material and not on an edge, but nothing below
    its root. Round a hole the mouth, lead-in and corners with it, decides; below a magnet its pole mark.

    Raises
    ------
    InputError
        The pin cannot be made.
    """
    segments = segments_of(pin)
    to_corner = 1.0 / math.cos(math.pi / segments)
    hole = hole_levels(pin)
    radius = max(level.apothem_mm for level in hole) * to_corner
    depth = hole[-1].height_mm - hole[0].height_mm
    if pin.kind is PinType.MAGNET:
        depth += MARK_DEPTH_MM
    if pin.kind is PinType.PLUG:
        foot = pin_levels(pin)[0].apothem_mm * to_corner
        return Envelope(foot + wall_mm, root_mm(pin), radius + wall_mm, depth + wall_mm)
    return Envelope(radius + wall_mm, depth + wall_mm, radius + wall_mm, depth + wall_mm)
