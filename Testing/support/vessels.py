"""Lumens whose middle line, diameter and ends are known by hand; closed, outward, millimetres."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from PrintPrepLib.field import Function, union, zero_surface
from PrintPrepLib.mesh import Mesh

BEND_MM = 40.0
"""Radius of the middle line of the bent tube."""


def bent_tube(
    wide: float = 12.0, narrow: float = 6.0, turn_deg: float = 90.0, *, rings: int = 200, around: int = 64
) -> Mesh:
    """Quarter of a ring in the plane y = 0 with flat ends: from (40, 0, 0), along +z there, to (0, 0, 40).

    The diameter falls evenly along the way. ``rings`` and ``around`` say how finely it is made.
    """
    turn = np.linspace(0.0, np.radians(turn_deg), rings)
    middle = BEND_MM * np.stack([np.cos(turn), np.zeros(rings), np.sin(turn)], axis=1)
    out = np.stack([np.cos(turn), np.zeros(rings), np.sin(turn)], axis=1)
    radius = np.linspace(wide, narrow, rings) / 2.0
    return _tube(middle, out, np.broadcast_to([0.0, -1.0, 0.0], out.shape), radius, around).with_name("bent tube")


def straight_tube(
    radius: float = 3.0, length: float = 30.0, at: npt.ArrayLike = (0.0, 0.0, 0.0), *, rings: int = 60, around: int = 48
) -> Mesh:
    """Tube along z with flat ends from a point on."""
    middle = np.asarray(at, float) + np.linspace(0.0, length, rings)[:, None] * np.array([0.0, 0.0, 1.0])
    x, y = (np.broadcast_to(axis, middle.shape) for axis in ([1.0, 0.0, 0.0], [0.0, 1.0, 0.0]))
    return _tube(middle, -x, y, np.full(rings, radius), around).with_name("straight tube")


def fork(
    radius: float = 3.0, arm: float = 25.0, half_deg: float = 35.0, cell: float = 0.4, branch: float = 2.5
) -> Mesh:
    """Y in the plane y = 0 with round ends: a trunk down to (0, 0, -arm) and two arms upward from the origin."""
    lean = np.radians(half_deg)
    ends = [(0.0, 0.0, -arm), (arm * np.sin(lean), 0.0, arm * np.cos(lean)),
            (-arm * np.sin(lean), 0.0, arm * np.cos(lean))]  # fmt: skip
    radii = (radius, branch, branch)
    parts = [capsule((0.0, 0.0, 0.0), end, r) for end, r in zip(ends, radii, strict=True)]
    low, high = np.min(ends, axis=0) - radius - 1.0, np.max(ends, axis=0) + radius + 1.0
    return zero_surface(union(*parts), low, high, cell, name="fork")


def capsule(start: npt.ArrayLike, stop: npt.ArrayLike, radius: float) -> Function:
    """Everything within a radius of a straight line: positive inside."""
    a, b = np.asarray(start, float), np.asarray(stop, float)
    way = b - a

    def value(points: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        share = np.clip((points - a) @ way / (way @ way), 0.0, 1.0)
        return np.asarray(radius - np.linalg.norm(points - a - share[:, None] * way, axis=1))

    return value


def _tube(
    middle: npt.NDArray[np.float64], first: npt.NDArray[np.float64], second: npt.NDArray[np.float64],
    radius: npt.NDArray[np.float64], around: int,
) -> Mesh:  # fmt: skip
    """Rings of points closed by flat fans; seen along the way, first turns to second clockwise."""
    rings = len(middle)
    angle = 2.0 * np.pi * np.arange(around) / around
    spokes = np.cos(angle)[None, :, None] * first[:, None] + np.sin(angle)[None, :, None] * second[:, None]
    points = (middle[:, None] + radius[:, None, None] * spokes).reshape(-1, 3)
    here = np.arange((rings - 1) * around).reshape(rings - 1, around)
    side = np.roll(here, -1, axis=1)
    faces = np.concatenate([
        np.stack([here, here + around, side], axis=-1).reshape(-1, 3),
        np.stack([side, here + around, side + around], axis=-1).reshape(-1, 3),
    ])  # fmt: skip
    bottom, top, start = len(points), len(points) + 1, (rings - 1) * around
    ring = np.arange(around)
    nextone = np.roll(ring, -1)
    caps = np.concatenate([
        np.stack([ring, nextone, np.full(around, bottom)], axis=1),
        np.stack([start + nextone, start + ring, np.full(around, top)], axis=1),
    ])  # fmt: skip
    return Mesh(np.concatenate([points, middle[:1], middle[-1:]]), np.concatenate([faces, caps]), "tube")
