"""How large a landing block is, by what the printing process can hold."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...errors import InputError
from ...profiles.processes import process_of

SIDE_MM = 5.0
"""Side of a block's square face. Ours: a usual jaw is 3 to 6 mm wide and finds more than four times the surface that
it needs (``BROAD_MM2`` in :mod:`~PrintPrepLib.analysis.jaws`)."""
SMALLER = (1.0, 0.8, 0.6)
"""Shares of the side that are tried one after the other where there is no room for the whole. Ours."""
LEAST_SIDE_MM = 2.5
"""A face of less is no better than what it takes the place of: its square holds little more than ``BROAD_MM2``."""
RISE_LAYERS = 5
"""A face lies at least so many layers above all that a jaw could meet there, so that it shows as a step. Ours."""
LEAST_RISE_MM = 1.0
"""And at least so much: a finger must find it, and a file must be able to take it off. Ours."""
LEAST_JOINT_MM2 = 1.0
"""Least section by which a block holds to the anatomy; the process's own thinnest pin where that is more. A neck of
less breaks when supports are taken off (see :mod:`~PrintPrepLib.shape.join.union`)."""
JOINT_SHARE = 0.4
"""And at least this share of the face: a block on a stalk leans under the jaw and hangs in the air in print. Ours."""


@dataclass(frozen=True)
class BlockSize:
    """Sizes of a block.

    Attributes
    ----------
    sides_mm : tuple of float
        Sides of the face to try, the wanted one first.
    rise_mm : float
        Height above the highest anatomy that a jaw could meet.
    joint_mm2 : float
        Section of anatomy that must be in a block of any side.
    gap_mm : float
        Other anatomy stays so far away, or it would fuse in the print.
    """

    sides_mm: tuple[float, ...]
    rise_mm: float
    joint_mm2: float
    gap_mm: float

    def joint_of(self, side_mm: float) -> float:
        """Section of anatomy that a block of this side needs, mm2."""
        return max(self.joint_mm2, JOINT_SHARE * side_mm**2)


def block_size(process: str, side_mm: float | None = None, rise_mm: float | None = None) -> BlockSize:
    """Sizes for a printing process; what is given takes the place of what is usual.

    Raises
    ------
    InputError
        The process is not known, or a size is out of range.
    """
    figures = process_of(process)
    pin = figures.feature.value_mm
    if side_mm is None:
        usual = max(SIDE_MM, 2.0 * pin)
        sides = tuple(dict.fromkeys(max(usual * share, LEAST_SIDE_MM, pin) for share in SMALLER))
    elif side_mm < LEAST_SIDE_MM:
        raise InputError(f"A landing block needs a side of at least {LEAST_SIDE_MM:g} mm, got {side_mm:g} mm.")
    else:
        sides = (side_mm,)
    rise = max(LEAST_RISE_MM, RISE_LAYERS * figures.layer_mm) if rise_mm is None else rise_mm
    return BlockSize(sides, rise, max(LEAST_JOINT_MM2, np.pi * pin**2 / 4.0), figures.gap.value_mm)
