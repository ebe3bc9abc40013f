"""The piece of surface under a label, unrolled: millimeters along the line and up become places on the model.

From the middle a straight line (a geodesic) is walked along the smooth surface, and from each of its points another
one across. On planes and cylinders lengths are kept; on a sphere of radius R letters at height t beside the line are
narrower by t**2 / (2 R**2).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.interpolate import RectBivariateSpline

from ...mesh import FloatArray
from .smooth import SmoothSurface

STEP_MM = 1.0
"""Steps in which the surface is walked. Ours: a step on a radius of 10 mm is 0.3 % too long."""
FLAT_MM = 2e-4
"""A patch that leaves its plane by less is that plane, so that flat faces get exact letters."""
SEES_FRONT = 0.17
"""A label ends where its surface turns more than 80 degrees from the middle (cosine): from there one reads nothing."""


@dataclass(frozen=True, eq=False)
class Patch:
    """A grid of places on the smooth surface.

    Attributes
    ----------
    s, t : (a,), (b,)
        Millimeters along the line and up, 0 in the middle.
    points : (a, b, 3)
        LPS.
    plane : (4, 3) or None
        Right, up, outward and middle, where the patch is flat.
    """

    s: FloatArray
    t: FloatArray
    points: FloatArray
    plane: FloatArray | None

    @cached_property
    def _splines(self) -> list[RectBivariateSpline]:
        kx, ky = min(3, len(self.s) - 1), min(3, len(self.t) - 1)
        return [RectBivariateSpline(self.s, self.t, self.points[..., axis], kx=kx, ky=ky) for axis in range(3)]

    def at(self, s: FloatArray, t: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Places (k, 3) and outward unit normals (k, 3) at millimeters along and up (k,)."""
        if self.plane is not None:
            right, up, outward, middle = self.plane
            return middle + s[:, None] * right + t[:, None] * up, np.tile(outward, (len(s), 1))
        place = np.stack([one.ev(s, t) for one in self._splines], axis=1)
        along = np.stack([one.ev(s, t, dx=1) for one in self._splines], axis=1)
        across = np.stack([one.ev(s, t, dy=1) for one in self._splines], axis=1)
        normal = np.cross(along, across)
        return place, normal / np.linalg.norm(normal, axis=1, keepdims=True)

    def lift(self, points: FloatArray) -> FloatArray:
        """Carry a label's own points (k, 3), x along, y up, z outward, onto the model."""
        place, normal = self.at(points[:, 0], points[:, 1])
        return np.asarray(place + points[:, 2:3] * normal)

    def grid(self, width: float, height: float, spacing: float) -> tuple[FloatArray, FloatArray]:
        """Even grid (k,), (k,) over a box of the patch, its border included."""
        s = np.linspace(-0.5 * width, 0.5 * width, max(3, int(np.ceil(width / spacing)) + 1))
        t = np.linspace(-0.5 * height, 0.5 * height, max(3, int(np.ceil(height / spacing)) + 1))
        ss, tt = np.meshgrid(s, t, indexing="ij")
        return ss.ravel(), tt.ravel()

    @cached_property
    def frame(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Right, up and outward in the middle."""
        if self.plane is not None:
            return self.plane[0], self.plane[1], self.plane[2]
        zero = np.zeros(1)
        right = np.array([one.ev(zero, zero, dx=1)[0] for one in self._splines])
        outward = self.at(zero, zero)[1][0]
        right -= (right @ outward) * outward
        right /= np.linalg.norm(right)
        return right, np.cross(outward, right), outward

    @property
    def turn_deg(self) -> float:
        """Largest angle between the outward direction of the middle and that of any place."""
        s, t = np.meshgrid(self.s, self.t, indexing="ij")
        _, normals = self.at(s.ravel(), t.ravel())
        return float(np.degrees(np.arccos(np.clip((normals @ self.frame[2]).min(), -1.0, 1.0))))

    @cached_property
    def sharpest(self) -> tuple[float, float]:
        """Strongest curvature, 1/mm: outward bulging (positive) and inward (positive as well)."""
        if self.plane is not None:
            return 0.0, 0.0
        s, t = (value.ravel() for value in np.meshgrid(self.s, self.t, indexing="ij"))
        h = 1.0
        bulge, hollow = 0.0, 0.0
        place, normal = self.at(s, t)
        for ds, dt in ((h, 0.0), (0.0, h), (0.7 * h, 0.7 * h), (0.7 * h, -0.7 * h)):
            keep = (np.abs(s + ds) <= self.s[-1]) & (np.abs(t + dt) <= self.t[-1])
            if not keep.any():
                continue
            other, turned = self.at(s[keep] + ds, t[keep] + dt)
            along = other - place[keep]
            bend = np.einsum("ij,ij->i", turned - normal[keep], along) / np.einsum("ij,ij->i", along, along)
            bulge, hollow = max(bulge, float(bend.max())), max(hollow, float(-bend.min()))
        return bulge, hollow


def walk(
    surface: SmoothSurface, at: FloatArray, outward: FloatArray, up: FloatArray, width: float, height: float
) -> Patch | None:
    """Unroll a box of the surface round a place; None where the surface ends or turns away.

    Parameters
    ----------
    surface : SmoothSurface
    at, outward : (3,)
        Near the middle, and about the normal there.
    up : (3,)
        Direction that the letters' tops point to, as far as the surface allows; not along the normal.
    width, height : float
        Of the box, mm.
    """
    middle, normal, found = surface.project(at[None], outward[None])
    if not found.all():
        return None
    front = normal[0]
    tall = up - (up @ front) * front
    size = float(np.linalg.norm(tall))
    if size < 1e-3:
        return None
    right = np.cross(tall / size, front)
    s = _stations(width)
    line = _strip(surface, middle, normal, right[None], s, front)
    if line is None:
        return None
    points, normals, directions = (part[:, 0] for part in line)
    t = _stations(height)
    columns = _strip(surface, points, normals, np.cross(normals, directions), t, front)
    if columns is None:
        return None
    grid = columns[0].transpose(1, 0, 2)
    return Patch(s, t, grid, _plane_of(grid, s, t))


def _stations(length: float) -> FloatArray:
    count = max(2, int(np.ceil(0.5 * length / STEP_MM)))
    return np.linspace(-0.5 * length, 0.5 * length, 2 * count + 1)


def _strip(
    surface: SmoothSurface, at: FloatArray, normals: FloatArray, along: FloatArray, stations: FloatArray,
    front: FloatArray,
) -> tuple[FloatArray, FloatArray, FloatArray] | None:  # fmt: skip
    """Walk both ways from places (k, 3): places, normals and directions at every station, (a, k, 3) each."""
    half = len(stations) // 2
    step = float(stations[1] - stations[0])
    rows: dict[int, tuple[FloatArray, FloatArray, FloatArray]] = {half: (at, normals, along)}
    for sign in (1, -1):
        here, normal, ahead = at, normals, along
        for number in range(1, half + 1):
            there, turned, found = surface.project(here + sign * step * ahead, normal)
            if not found.all() or (turned @ front).min() < SEES_FRONT:
                return None
            # The step is laid off along the arc, not along its tangent.
            length = np.linalg.norm(there - here, axis=1, keepdims=True)
            there, turned, found = surface.project(here + (there - here) * (step / length), turned)
            ahead = ahead - np.einsum("ij,ij->i", ahead, turned)[:, None] * turned
            ahead /= np.linalg.norm(ahead, axis=1, keepdims=True)
            here, normal = there, turned
            rows[half + sign * number] = (here, normal, ahead)
    ordered = [rows[number] for number in range(len(stations))]
    return tuple(np.stack([row[part] for row in ordered]) for part in range(3))  # type: ignore[return-value]


def _plane_of(grid: FloatArray, s: FloatArray, t: FloatArray) -> FloatArray | None:
    """Frame of a flat patch, from all its points."""
    ss, tt = np.meshgrid(s, t, indexing="ij")
    terms = np.stack([ss.ravel(), tt.ravel(), np.ones(ss.size)], axis=1)
    fit, *_ = np.linalg.lstsq(terms, grid.reshape(-1, 3), rcond=None)
    if float(np.abs(terms @ fit - grid.reshape(-1, 3)).max()) > FLAT_MM:
        return None
    right = fit[0] / np.linalg.norm(fit[0])
    up = fit[1] - (fit[1] @ right) * right
    up /= np.linalg.norm(up)
    return np.stack([right, up, np.cross(right, up), fit[2]])
