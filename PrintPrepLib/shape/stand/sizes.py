"""What a stand is asked for, and sizes by process."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from ...mesh import Mesh
from ...profiles.processes import Process
from ..strut.size import thinnest_of

PLATE_WALLS = 2.0
"""A plate is as thick as so many of the thinnest free walls: it must stay flat when it is pulled off the bed."""
LEAST_PLATE_MM = 3.0
"""And not below this: thinner plates of 50 mm and more warp (usual advice of makers of filament printers)."""
POST_SHARE = 0.08
"""Diameter of a post as a share of the model's longest side: 12 mm for a skull of 150 mm, which carries half a kilogram
with room to spare, and does not sway when it is touched."""
POST_PINS = 3.0
"""And not below so many of the thinnest free pins or walls of the process."""
HEIGHT_SHARE = 0.15
"""Free height below the model on a pedestal, as a share of its own height."""
LEAST_HEIGHT_MM = 10.0
SEAT_SHARE = 0.15
"""How much of the model's height sits in a cradle: enough that it does not roll, and most of it is seen."""
GAP_MM = 0.5
"""Gap of a cradle where no process states one."""


class StandKind(Enum):
    """What carries the model."""

    BASE = "base"
    PEDESTAL = "pedestal"
    CRADLE = "cradle"
    WALL_MOUNT = "wall-mount"


@dataclass(frozen=True)
class StandSize:
    """Sizes in mm by process: ``wall`` the thinnest, ``plate`` of plinths and feet, ``post``, ``gap`` of a cradle."""

    wall: float
    plate: float
    post: float
    gap: float


def sizes_for(chosen: Process, mesh: Mesh) -> StandSize:
    """Sizes of a stand for a model."""
    thinnest, _ = thinnest_of(chosen)
    longest = float(mesh.size_mm.max())
    return StandSize(
        wall=max(thinnest, chosen.wall_free.value_mm),
        plate=max(PLATE_WALLS * thinnest, LEAST_PLATE_MM),
        post=max(POST_PINS * thinnest, POST_SHARE * longest),
        gap=max(chosen.gap.value_mm, GAP_MM),
    )
