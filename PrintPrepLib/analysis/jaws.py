"""Where the jaws of a caliper come to rest: broad places give the same figure twice, points do not."""

from __future__ import annotations

from enum import Enum

import numpy as np

from ..mesh import FloatArray, Mesh
from ..spatial import index_of

REACH_MM = 3.0
"""How far from the touching point a jaw still finds something to rest on: half the width of a usual caliper's jaw."""
DEPTH_MM = 0.2
"""Surface so little below the touching point still carries the jaw: as much as a print of fine layers may be off."""
BROAD_MM2 = 4.0
"""From so much surface a jaw rests without marking or bending the print. Ours: the tip of a ball of 6 mm."""
POINT_MM2 = 1.0
"""Less surface than this is a point or an edge: the jaw slips, or the tip gives way. Ours."""
FEELERS = 120
"""Rays, even over the jaw's disc, that feel for the surface: one stands for a quarter of a square millimeter."""


class Landing(Enum):
    """What a caliper jaw finds where it touches."""

    BROAD = "broad"
    SMALL = "small"
    POINT = "point"


def landing_mm2(mesh: Mesh, at_mm: FloatArray, outward: FloatArray) -> float:
    """Surface on which a jaw rests that touches at a place, mm2 seen along the jaw's way.

    Parameters
    ----------
    mesh : Mesh
        LPS mm.
    at_mm : (3,) float64
        Where it touches.
    outward : (3,) float64
        Unit vector against the way of the jaw.
    """
    outward = np.asarray(outward, np.float64)
    first = np.eye(3)[int(np.abs(outward).argmin())]
    first = np.cross(outward, first) / np.linalg.norm(np.cross(outward, first))
    second = np.cross(outward, first)
    turn = np.arange(FEELERS) * np.pi * (3.0 - np.sqrt(5.0))
    radius = REACH_MM * np.sqrt((np.arange(FEELERS) + 0.5) / FEELERS)
    disc = np.outer(radius * np.cos(turn), first) + np.outer(radius * np.sin(turn), second)
    origins = np.asarray(at_mm, np.float64) + disc + DEPTH_MM * outward
    depth, _ = index_of(mesh).first_hit(origins, np.broadcast_to(-outward, origins.shape).copy(), 2.0 * DEPTH_MM)
    return float(np.isfinite(depth).mean()) * np.pi * REACH_MM**2


def landing_of(area_mm2: float) -> Landing:
    """Say what so much surface is for a jaw."""
    if area_mm2 >= BROAD_MM2:
        return Landing.BROAD
    return Landing.SMALL if area_mm2 >= POINT_MM2 else Landing.POINT
