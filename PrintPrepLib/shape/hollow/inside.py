"""What stays inside a hollow model: nothing, ribs along the wall, or a coarse lattice of bars. As signed functions."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np

from ...field import InsideDistance
from ...mesh import FloatArray

SLOT_SHARE = 0.4
"""Share of the spacing that stays open between two ribs in a row: what drains, drains through there."""
DIAGONAL = 2.0**0.5
RIB_SHARE = 0.25
"""Height of ribs over the wall as a share of their spacing: four such heights leave half of a hollow free."""


class Inside(Enum):
    """What stands in the hollow."""

    NONE = "none"
    RIBS = "ribs"
    LATTICE = "lattice"


def frame_of(up: FloatArray) -> FloatArray:
    """Return a rotation, (3, 3), whose last row is a direction; its rows are the axes of the print."""
    up = up / np.linalg.norm(up)
    side = np.zeros(3)
    side[int(np.abs(up).argmin())] = 1.0
    first = np.cross(side, up)
    first /= np.linalg.norm(first)
    return np.array([first, np.cross(up, first), up])


@dataclass(frozen=True, eq=False)
class Hollow:
    """Positive where the model becomes hollow: deeper than the wall, and outside of ribs and bars.

    Attributes
    ----------
    depth : InsideDistance
        Depth under the outer surface, mm.
    wall_mm : float
    inside : Inside
    spacing_mm, bar_mm : float
        From one rib or bar to the next, and how thick they are.
    cell_mm : float
        Edge of a cell of the grid on which the hollow is made: bars are thicker by what its triangles cut off.
    frame : (3, 3)
        Axes of the print; bars rise at 45 degrees to the last, ribs stand along it: neither needs support.
    origin : (3,)
        A place where bars meet.
    """

    depth: InsideDistance
    wall_mm: float
    inside: Inside
    spacing_mm: float
    bar_mm: float
    cell_mm: float
    frame: FloatArray
    origin: FloatArray

    def __call__(self, points: FloatArray) -> FloatArray:
        """Values (k,) at points (k, 3); 1-Lipschitz."""
        out = self.depth(points) - self.wall_mm
        if self.inside is Inside.NONE:
            return out
        near = np.flatnonzero(out > -2.0 * self.bar_mm)
        out[near] = np.minimum(out[near], -self.material(points[near], out[near]))
        return out

    def material(self, points: FloatArray, beyond_wall: FloatArray) -> FloatArray:
        """How deep each point lies in a rib or bar, (k,) mm, negative outside; minus infinity without any."""
        if self.inside is Inside.NONE:
            return np.full(len(points), -np.inf)
        local = (points - self.origin) @ self.frame.T
        return self._bars(local) if self.inside is Inside.LATTICE else self._ribs(local, beyond_wall)

    def _bars(self, local: FloatArray) -> FloatArray:
        """Four families of bars at 45 degrees that meet in the points of a cubic grid."""
        s = self.spacing_mm
        x, y, z = local.T
        nearest = np.full(len(local), np.inf)
        for across, along in ((y, x), (x, y)):
            side = _off(across, s) ** 2
            for slope in (along - z, along + z):
                np.minimum(nearest, side + _off(slope / DIAGONAL, s / DIAGONAL) ** 2, out=nearest)
        radius = 0.5 * self.bar_mm
        cut_off = 2.0 * self.cell_mm**2 / (8.0 * radius)  # of a circle by a chord as long as a cell's diagonal
        return np.asarray(radius + cut_off - np.sqrt(nearest))

    def _ribs(self, local: FloatArray, beyond_wall: FloatArray) -> FloatArray:
        """Upright ribs in two directions, interrupted halfway between two crossings, of limited height."""
        s = self.spacing_mm
        low = RIB_SHARE * s - beyond_wall
        x, y = local[:, 0], local[:, 1]
        out = np.full(len(local), -np.inf)
        for across, along in ((x, y), (y, x)):
            sheet = 0.5 * self.bar_mm - np.abs(_off(across, s))
            open_at = np.abs(_off(along - 0.5 * s, s)) - 0.5 * SLOT_SHARE * s
            np.maximum(out, np.minimum(np.minimum(sheet, open_at), low), out=out)
        return out


def _off(values: FloatArray, spacing: float) -> FloatArray:
    """Distance, with sign, from the nearest multiple of a spacing."""
    return np.asarray(values - spacing * np.rint(values / spacing))
