"""How large a mark is: height, depth, stroke and what must stay round it."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from enum import Enum
from functools import cache
from importlib.resources import files

import numpy as np

from ...errors import InputError
from ...profiles.processes import Figure, process_of
from .letters import LEAST_STROKES

LABEL_HEIGHT_MM = 7.5
LABEL_DEPTH_MM = 3.0
"""A label that everyone must read: at least 7.5 mm high and 3 mm deep, J Stomatol 2020 (PubMed 31676423)."""
HIDDEN_HEIGHT_MM = 5.0
"""Wanted height of a mark on a hidden face. Ours: twice the least; it is read once, close by, by who assembles."""
HIDDEN_LEAST_HEIGHT_MM = 2.5
"""Least height of a mark on a hidden face: Materialise design guidelines (page on TPU)."""
HIDDEN_DEPTH_MM = 1.0
"""Wanted depth on a hidden face: Materialise design guidelines (page on TPU); PrusaSlicer's default as well."""
LEAST_LAYERS = 2
"""Least depth on a hidden face, in layers of the process. Ours: one layer is easily taken for a flaw of the print."""
PEN_SHARE = 0.1
"""Width of strokes as a share of the height, where it is above the least: ISO 3098-1, lettering type B."""


class Purpose(Enum):
    """Who reads a mark."""

    LABEL = "label"
    HIDDEN = "hidden"


@dataclass(frozen=True)
class MarkSize:
    """Limits of a mark, mm.

    Attributes
    ----------
    height_mm, least_height_mm : float
        Wanted height of the capitals, and the least.
    depth_mm, least_depth_mm : float
        Wanted depth, and the least.
    stroke_mm : float
        Least width of a stroke.
    margin_mm : float
        Distance that a mark keeps from edges, pins and holes.
    wall_mm : float
        Material that must stay beneath a mark.

    Raises
    ------
    InputError
        A figure is not above zero, or a least is above what is wanted.
    """

    height_mm: float
    least_height_mm: float
    depth_mm: float
    least_depth_mm: float
    stroke_mm: float
    margin_mm: float
    wall_mm: float

    def __post_init__(self) -> None:
        positive = (self.least_height_mm, self.least_depth_mm, self.stroke_mm)
        if not all(0.0 < value < np.inf for value in positive) or not (
            0.0 <= self.margin_mm < np.inf and 0.0 <= self.wall_mm < np.inf
        ):
            raise InputError("Height, depth and stroke of a mark must be above zero, margin and wall not below it.")
        if not (self.least_height_mm <= self.height_mm < np.inf and self.least_depth_mm <= self.depth_mm < np.inf):
            raise InputError(
                f"The wanted size of a mark ({self.height_mm:g} mm high, {self.depth_mm:g} mm deep) is below the least "
                f"({self.least_height_mm:g} and {self.least_depth_mm:g} mm)."
            )
        if self.least_height_mm < LEAST_STROKES * self.stroke_mm * (1.0 - 1e-9):  # rounding of the product
            raise InputError(
                f"Strokes of {self.stroke_mm:g} mm run together below {LEAST_STROKES * self.stroke_mm:g} mm height; "
                f"the least height given is {self.least_height_mm:g} mm."
            )


def mark_size(process: str, purpose: Purpose = Purpose.HIDDEN) -> MarkSize:
    """Size of a mark for a printing process: margin and wall are its thinnest held wall.

    Raises
    ------
    InputError
        The process is not known.
    """
    figures = process_of(process)
    stroke = stroke_of(process).value_mm
    wall = figures.wall.value_mm
    if purpose is Purpose.LABEL:
        least = max(LABEL_HEIGHT_MM, LEAST_STROKES * stroke)
        return MarkSize(least, least, LABEL_DEPTH_MM, LABEL_DEPTH_MM, stroke, wall, wall)
    least = max(HIDDEN_LEAST_HEIGHT_MM, LEAST_STROKES * stroke)
    depth = LEAST_LAYERS * figures.layer_mm
    return MarkSize(
        max(HIDDEN_HEIGHT_MM, least), least, max(HIDDEN_DEPTH_MM, depth), depth, stroke, wall, wall
    )  # fmt: skip


def stroke_of(process: str) -> Figure:
    """Thinnest line of an engraved text, with its source.

    Raises
    ------
    InputError
        The process is not known.
    """
    return _strokes()[process_of(process).name]


@cache
def _strokes() -> dict[str, Figure]:
    table = tomllib.loads((files(__package__) / "sizes.toml").read_text("utf-8"))
    return {name: Figure(float(row["stroke"]["value_mm"]), str(row["stroke"]["source"])) for name, row in table.items()}
