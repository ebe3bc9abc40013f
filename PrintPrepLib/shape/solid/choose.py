"""Which openings are closed and which stay open, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from ...errors import InputError
from ...mesh import FloatArray, Mesh
from .close import Closed
from .openings import Kind, Opening
from .plugs import walls_round

SLACK = 1.01
"""An opening is not wider than asked while it is so by less than one percent: what rays and chords do not tell."""
POINT_REACH = 1.0
"""A marked point means the openings within its reach: this, in their own widths,"""
LEAST_REACH_MM = 1.0
"""and never less than this."""

MARKED, LEFT_OUT = "marked", "left out by hand"
BY_HAND = (MARKED, LEFT_OUT)
"""Reasons to stay open that somebody gave."""


@dataclass(frozen=True, eq=False)
class Choice:
    """The openings to close, those that stay open with the reason, and what became of the former."""

    to_close: list[Opening]
    open: list[tuple[Opening, str]]
    plugs: tuple[Closed, ...] = ()
    smallest_seen_mm: float = 0.0

    def to_keep(self, mesh: Mesh, ball_mm: float) -> list[tuple[Opening, float]]:
        """The openings that stay open, with the thickness of the wall round them; 0 where a ball passes.

        Nobody asks for it there.
        """
        openings = [one for one, _ in self.open]
        narrow = [k for k, one in enumerate(openings) if one.passes_mm <= ball_mm]
        walls = np.zeros(len(openings))
        walls[narrow] = walls_round(mesh, [openings[k] for k in narrow])
        return list(zip(openings, walls.tolist(), strict=True))


def choose(
    openings: Sequence[Opening], limit_mm: float, keep: FloatArray, leave: FloatArray, *, close_gaps: bool
) -> Choice:
    """Decide for each opening.

    Parameters
    ----------
    openings : sequence of Opening
        What was found.
    limit_mm : float
        Wider ones stay open.
    keep, leave : (k, 3) float64
        Points of openings that stay open.
    close_gaps : bool
        Whether long ones are closed, too.

    Raises
    ------
    InputError
        A point in ``leave`` or ``keep`` near which there is no opening that would have been closed or kept.
    """
    kept: dict[int, str] = {}
    for points, word, name in ((keep, MARKED, "keep_at_mm"), (leave, LEFT_OUT, "leave_at_mm")):
        for point in points:
            near = _near(openings, point)
            if not near and name == "leave_at_mm":
                x, y, z = point
                raise InputError(
                    f"{name}: there is no opening at ({x:g}, {y:g}, {z:g}). Take a place from the receipt's list."
                )
            kept |= dict.fromkeys(near, word)
    to_close, stay = [], []
    for number, one in enumerate(openings):
        if number in kept:
            stay.append((one, kept[number]))
        elif one.passes_mm > SLACK * limit_mm:
            stay.append((one, "wider than asked"))
        elif one.kind is Kind.GAP and not close_gaps:
            stay.append((one, "long and narrow, between two bodies, or without a rim of its own: a gap"))
        else:
            to_close.append(one)
    cell = openings[0].membrane.cell_mm if openings else 0.0
    return Choice(to_close, stay, smallest_seen_mm=cell)


def _near(openings: Sequence[Opening], point: FloatArray) -> list[int]:
    """Openings that a point means: those within reach, or none."""
    found = []
    for number, one in enumerate(openings):
        distance = float(cKDTree(one.membrane.points).query(point)[0])
        distance = min(distance, float(np.linalg.norm(one.center_mm - point)))
        if distance <= max(POINT_REACH * one.passes_mm, LEAST_REACH_MM):
            found.append(number)
    return found
