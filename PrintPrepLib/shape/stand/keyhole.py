"""A mount for the wall: a plate at the flat back of the model with a keyhole for the head of a screw."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ...errors import GeometryError
from ...mesh import FloatArray
from .base import plate
from .frame import Frame

if TYPE_CHECKING:
    import manifold3d

HEAD_SHARE, HEAD_HIGH_SHARE = 2.0, 0.65
"""Diameter and height of a pan head in diameters of its screw (ISO 7045: M4 has a head of 8.0 x 3.1 mm)."""
PLAY_MM = 0.6
"""Play round head and shaft, in all: a printed hole comes out smaller than drawn by up to half of that."""
TRAVEL_SHARE = 1.0
"""Way of the shaft up the slot, in diameters of the head's hole: the head is behind the lip all round."""


@dataclass(frozen=True)
class Keyhole:
    """Sizes in mm: ``opening`` and ``slot`` let head and shaft through, ``chamber`` is the depth behind the lip."""

    screw_mm: float
    opening_mm: float
    slot_mm: float
    travel_mm: float
    lip_mm: float
    chamber_mm: float
    skin_mm: float

    @property
    def plate_mm(self) -> float:
        """Thickness of the plate that holds it."""
        return self.lip_mm + self.chamber_mm + self.skin_mm


def keyhole_for(screw_mm: float, wall_mm: float) -> Keyhole:
    """Sizes for a screw of a diameter, with walls by process."""
    opening = HEAD_SHARE * screw_mm + PLAY_MM
    chamber = HEAD_HIGH_SHARE * screw_mm + PLAY_MM
    return Keyhole(screw_mm, opening, screw_mm + PLAY_MM, TRAVEL_SHARE * opening, wall_mm, chamber, wall_mm)


def pill(hole: Keyhole, at: FloatArray, upward: FloatArray, width: float) -> manifold3d.CrossSection:
    """The slot's outline at a width: from where the head enters up to where the shaft hangs."""
    import manifold3d

    ends = [at, at - hole.travel_mm * upward]
    circle = manifold3d.CrossSection.circle(0.5 * width, 48)
    return manifold3d.CrossSection.batch_hull([circle.translate((float(x), float(y))) for x, y in ends])


def keyhole_tool(hole: Keyhole, at: FloatArray, upward: FloatArray, bottom: float) -> manifold3d.Manifold:
    """What is taken out of the plate, in the frame's coordinates.

    Parameters
    ----------
    at : (2,) float64
        Where the shaft hangs: the upper end of the slot.
    upward : (2,) float64
        Up along the wall.
    bottom : float
        Height of the plate's outer face.
    """
    import manifold3d

    x, y = (float(value) for value in at - hole.travel_mm * upward)
    entry = manifold3d.CrossSection.circle(0.5 * hole.opening_mm, 48).translate((x, y))
    opening = pill(hole, at, upward, hole.slot_mm) + entry
    lip = plate(opening, bottom - 1.0, hole.lip_mm + 1.0 + 0.5 * hole.chamber_mm)
    return lip + plate(pill(hole, at, upward, hole.opening_mm), bottom + hole.lip_mm, hole.chamber_mm)


def keyhole_place(
    outline: manifold3d.CrossSection, hole: Keyhole, center: FloatArray, upward: FloatArray, wall_mm: float
) -> FloatArray | None:
    """Highest place straight above the center of mass where the keyhole fits into the plate with a wall round it."""
    import manifold3d

    room = outline.offset(-(0.5 * hole.opening_mm + wall_mm), manifold3d.JoinType.Round, 2.0, 48)
    low, high = np.asarray(outline.bounds()).reshape(2, 2)
    reach = float(np.linalg.norm(high - low))
    for up in np.arange(reach, 0.0, -0.5):
        at = center[:2] + up * upward
        if _holds(room, at) and _holds(room, at - hole.travel_mm * upward):
            return np.asarray(at)
    return None


def place_above(hole: Keyhole, center: FloatArray, upward: FloatArray) -> FloatArray:
    """Where the shaft hangs when the plate is made wider for the keyhole: its opening just above the center of mass."""
    return np.asarray(center[:2] + (hole.travel_mm + 0.5 * hole.opening_mm) * upward)


def _holds(section: manifold3d.CrossSection, at: FloatArray) -> bool:
    from ..cut.section import contains_2d

    return not section.is_empty() and bool(contains_2d(section, at[None, :])[0])


def upward_in(frame: Frame, up: FloatArray) -> FloatArray:
    """Direction up along the wall in the frame's two coordinates.

    Raises
    ------
    GeometryError
        Up and the back are the same direction.
    """
    local = frame.to_local(np.asarray(up, np.float64)[None, :])[0, :2]
    size = float(np.linalg.norm(local))
    if not size > 1e-3:
        raise GeometryError("The back points straight up or down: give another back or up.")
    return np.asarray(local / size)
