"""One figure for an orientation, so that they can be ranked. The weights are this project's, and said with a reason."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from ...profiles.processes import Process
from .measure import Measures
from .surface import Surface

FIRM_DEG = 15.0
"""A model that may be tipped by this angle stands firmly; more is no better."""
PROTECTED_GRACE = 2.0
"""Samples by which a protected surface may be touched and still count as free: its rim is known no better."""


@dataclass(frozen=True)
class Weights:
    """What counts, by process. Each term is between 0 (nothing lost) and about 1."""

    support: float
    touched: float
    height: float
    tipping: float
    why: str


_BY_SUPPORTS = {
    "same": Weights(1.0, 1.5, 0.4, 0.4, "Struts of the same material cost material and leave marks: both weigh most."),
    "soluble": Weights(
        0.6, 0.4, 1.2, 0.1, "Support is washed off; jetting is slow in height, so lying low weighs most."
    ),
    "powder": Weights(
        0.0, 0.0, 1.0, 0.0, "Powder carries everything; the time and cost of the chamber grow with height."
    ),
    "metal": Weights(1.5, 2.0, 0.4, 0.2, "Supports are welded on and milled off: they weigh most."),
}


@dataclass(frozen=True)
class Score:
    """The terms of one orientation and their weighted sum; less is better.

    ``support``: support material against the model's. ``touched``: touched surface against the whole. ``height``:
    height against the longest extent. ``tipping``: how far it is from standing firmly.
    """

    total: float
    support: float
    touched: float
    height: float
    tipping: float

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {key: round(float(value), 4) for key, value in asdict(self).items()}


def weights_of(process: Process) -> Weights:
    """What counts for a process."""
    return _BY_SUPPORTS[process.supports]


def support_mm3(process: Process, measured: Measures) -> float:
    """Support material of an orientation.

    The space under overhangs by the density of supports; where the process also states a pad, the space is widened to
    the grid on which slicers build, and the pad lies beneath every overhang.
    """
    if process.support_density is None:
        return 0.0
    share = process.support_density.value / 100.0
    if process.support_pad is None:
        return share * measured.support_mm3
    return share * measured.built_mm3 + process.support_pad.value_mm * measured.overhang_mm2


def score(surface: Surface, measured: Measures, process: Process) -> Score:
    """Score an orientation for a process."""
    weights = weights_of(process)
    extent = max(float(np.ptp(surface.corners, axis=0).max()), *measured.size_mm)
    support = support_mm3(process, measured) / max(surface.volume_mm3, 1e-9)
    touched = measured.touched_mm2 / surface.area_mm2
    height = measured.size_mm[2] / extent
    tipping = float(np.clip(1.0 - measured.tip_deg / FIRM_DEG, 0.0, 1.0))
    total = weights.support * support + weights.touched * touched + weights.height * height + weights.tipping * tipping
    return Score(total, support, touched, height, tipping)
