"""A stroke font: each character as the lines that a pen's middle follows.

Strokes are better than a type font's outlines here: swept with a round pen, every stroke is as wide as the process
needs, at every height. Capitals and digits only: they stay apart at a few millimeters.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from ...mesh import FloatArray

ARC_STEP_DEG = 15.0
"""Curves are followed in such steps: at 10 mm height the chord lies 0.02 mm off the curve, below any layer."""

Arc = tuple[float, float, float, float, float, float]
"""Center x, y, radius x, y, first and last angle in degrees (counter-clockwise when rising)."""
Stroke = tuple[tuple[float, float] | Arc, ...]

SPACE_WIDTH = 0.35
"""Of a blank, as a share of the height of the strokes' middles."""

_DOT: tuple[tuple[float, float], ...] = ((0, 0), (0.02, 0), (0.02, 0.02), (0, 0.02), (0, 0))
"""A little wider than the pen, as printers make dots, so that it is no narrower than a stroke anywhere."""
_BOWL: Stroke = ((0.0, 1.0), (0.33, 0.73, 0.27, 0.27, 90.0, -90.0), (0.0, 0.46))
_RING: Stroke = ((0.38, 0.62, 0.38, 0.38, 0.0, 180.0), (0.38, 0.38, 0.38, 0.38, 180.0, 360.0), (0.76, 0.62))
_SIX: tuple[Stroke, ...] = (((0.5, 0.3, 0.5, 0.7, 95.0, 180.0),), ((0.29, 0.3, 0.29, 0.3, 180.0, -180.0),))

_GLYPHS: dict[str, tuple[Stroke, ...]] = {
    "A": (((0, 0), (0, 0.62), (0.2, 1), (0.4, 1), (0.6, 0.62), (0.6, 0)), ((0, 0.42), (0.6, 0.42))),
    "B": (
        ((0, 0.5), (0, 1), (0.3, 0.75, 0.25, 0.25, 90, -90), (0, 0.5)),
        ((0, 0.5), (0.35, 0.25, 0.25, 0.25, 90, -90), (0, 0), (0, 0.5)),
    ),
    "C": (((0.3, 0.7, 0.3, 0.3, 25, 180), (0.3, 0.3, 0.3, 0.3, 180, 335)),),
    "D": (((0, 0), (0, 1), (0.25, 0.65, 0.35, 0.35, 90, 0), (0.25, 0.35, 0.35, 0.35, 0, -90), (0, 0)),),
    "E": (((0.55, 1), (0, 1), (0, 0), (0.55, 0)), ((0, 0.5), (0.45, 0.5))),
    "F": (((0.55, 1), (0, 1), (0, 0)), ((0, 0.5), (0.45, 0.5))),
    "G": (((0.3, 0.7, 0.3, 0.3, 35, 180), (0.3, 0.3, 0.3, 0.3, 180, 360), (0.6, 0.43), (0.36, 0.43)),),
    "H": (((0, 0), (0, 1)), ((0.6, 0), (0.6, 1)), ((0, 0.5), (0.6, 0.5))),
    "I": (((0, 0), (0.44, 0)), ((0.22, 0), (0.22, 1)), ((0, 1), (0.44, 1))),
    "J": (((0.14, 1), (0.52, 1), (0.26, 0.26, 0.26, 0.26, 0, -180)),),
    "K": (((0, 0), (0, 1)), ((0.58, 1), (0, 0.42)), ((0.19, 0.61), (0.6, 0))),
    "L": (((0, 1), (0, 0), (0.55, 0)),),
    "M": (((0, 0), (0, 1), (0.42, 0.42), (0.84, 1), (0.84, 0)),),
    "N": (((0, 0), (0, 1), (0.64, 0), (0.64, 1)),),
    "O": (_RING,),
    "P": (((0, 0), *_BOWL),),
    "Q": (_RING, ((0.46, 0.3), (0.78, 0.0))),
    "R": (((0, 0), *_BOWL), ((0.3, 0.46), (0.6, 0))),
    "S": (((0.3, 0.75, 0.3, 0.25, 25, 270), (0.3, 0.25, 0.3, 0.25, 90, -155)),),
    "T": (((0, 1), (0.7, 1)), ((0.35, 1), (0.35, 0))),
    "U": (((0, 1), (0.3, 0.3, 0.3, 0.3, 180, 360), (0.6, 1)),),
    "V": (((0, 1), (0.36, 0), (0.72, 1)),),
    "W": (((0, 1), (0.22, 0), (0.49, 0.7), (0.76, 0), (0.98, 1)),),
    "X": (((0, 0), (0.64, 1)), ((0, 1), (0.64, 0))),
    "Y": (((0, 1), (0.34, 0.46), (0.68, 1)), ((0.34, 0.46), (0.34, 0))),
    "Z": (((0, 1), (0.6, 1), (0, 0), (0.6, 0)),),
    "0": (((0.26, 0.7, 0.26, 0.3, 0, 180), (0.26, 0.3, 0.26, 0.3, 180, 360), (0.52, 0.7)),),
    "1": (((0.0, 0.74), (0.25, 1), (0.25, 0)), ((0, 0), (0.5, 0))),
    "2": (((0.29, 0.71, 0.29, 0.29, 160, -35), (0, 0), (0.58, 0)),),
    "3": (((0.28, 0.76, 0.27, 0.24, 150, -90), (0.28, 0.26, 0.3, 0.26, 90, -150)),),
    "4": (((0.08, 1), (0, 0.38), (0.62, 0.38)), ((0.46, 0.68), (0.46, 0))),
    "5": (((0.52, 1), (0.06, 1), (0.02, 0.53), (0.26, 0.31, 0.3, 0.31, 128, -150)),),
    "6": _SIX,
    "7": (((0, 1), (0.58, 1), (0.2, 0)),),
    "8": (((0.29, 0.76, 0.25, 0.24, 270, -90),), ((0.29, 0.26, 0.29, 0.26, 90, 450),)),
    "9": (),
    "+": (((0, 0.45), (0.6, 0.45)), ((0.3, 0.15), (0.3, 0.75))),
    "-": (((0, 0.45), (0.42, 0.45)),),
    "=": (((0, 0.25), (0.5, 0.25)), ((0, 0.67), (0.5, 0.67))),
    ".": (_DOT,),
    ",": (((0.1, 0.16), (0, 0)),),
    ":": (tuple((x, y + 0.15) for x, y in _DOT), tuple((x, y + 0.65) for x, y in _DOT)),
    "!": (((0.01, 1), (0.01, 0.44)), _DOT),
    "?": (((0.27, 0.73, 0.27, 0.27, 160, -90), (0.27, 0.42)), tuple((x + 0.26, y) for x, y in _DOT)),
    "/": (((0, 0), (0.46, 1)),),
    "_": (((0, 0), (0.6, 0)),),
    "#": (((0.2, 0), (0.2, 1)), ((0.62, 0), (0.62, 1)), ((0, 0.29), (0.82, 0.29)), ((0, 0.71), (0.82, 0.71))),
    "(": (((0.6, 0.5, 0.6, 0.65, 130, 230),),),
    ")": (((0.0, 0.5, 0.6, 0.65, 50, -50),),),
    "'": (((0, 1), (0, 0.76)),),
    " ": (),
}

CHARACTERS = "".join(sorted(_GLYPHS))
"""What can be written."""


@cache
def pen_lines(character: str) -> tuple[FloatArray, ...]:
    """Paths of the pen's middle, each (k, 2), in a box from x = 0 with y from 0 (foot) to 1 (head).

    Raises
    ------
    KeyError
        The font lacks the character.
    """
    strokes = _GLYPHS["6"] if character == "9" else _GLYPHS[character]
    lines = [_followed(stroke) for stroke in strokes]
    if not lines:
        return ()
    points = np.concatenate(lines)
    left, right = float(points[:, 0].min()), float(points[:, 0].max())
    if character == "9":  # exactly the turned six
        return tuple(np.stack([right - line[:, 0], 1.0 - line[:, 1]], axis=1) for line in lines)
    return tuple(line - (left, 0.0) for line in lines)


def pen_width(character: str) -> float:
    """Width of the box of a character's pen lines, as a share of their full height."""
    lines = pen_lines(character)
    return float(np.concatenate(lines)[:, 0].max()) if lines else SPACE_WIDTH


def _followed(stroke: Stroke) -> FloatArray:
    """Points along a stroke, its arcs in steps."""
    out: list[FloatArray] = []
    for piece in stroke:
        if len(piece) == 2:
            out.append(np.array([piece], np.float64))
            continue
        x, y, radius_x, radius_y, first, last = piece
        steps = int(np.ceil(abs(last - first) / ARC_STEP_DEG))
        angle = np.radians(np.linspace(first, last, steps + 1))
        out.append(np.stack([x + radius_x * np.cos(angle), y + radius_y * np.sin(angle)], axis=1))
    return np.concatenate(out)
