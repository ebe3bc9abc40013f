"""Parts of a model in a picture, each with its word written where it is seen best."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.ndimage import distance_transform_edt

from . import canvas
from .canvas import Color, Pixels
from .raster import Seen

WORD_SIZE = 26
"""Pixels."""
_INK: Color = (0.13, 0.16, 0.20)
_WHITE: Color = (1.0, 1.0, 1.0)
_COARSE = 2
"""Every second pixel of the finished picture is enough to find the middle of a patch."""


@dataclass(frozen=True, eq=False)
class Groups:
    """Which part every triangle belongs to.

    Attributes
    ----------
    of_face : (m,) int
        Number of the part.
    words : tuple of str
        Word of each part; empty for none.
    """

    of_face: npt.NDArray[np.int64]
    words: tuple[str, ...]


def write_group_words(image: Pixels, seen: Seen, groups: Groups, fine: int) -> None:
    """Write each part's word in the middle of the widest place where it is seen, in place.

    A part that is hidden altogether gets no word.
    """
    step = _COARSE * fine
    face = seen.face[::step, ::step]
    number = np.where(face >= 0, groups.of_face[face], -1)
    for group, word in enumerate(groups.words):
        patch = number == group
        if not word or not patch.any():
            continue
        inside = distance_transform_edt(np.pad(patch, 1))[1:-1, 1:-1]
        row, column = np.unravel_index(int(inside.argmax()), inside.shape)
        write_with_rim(image, word, (column + 0.5) * _COARSE, (row + 0.5) * _COARSE, anchor=(0.5, 0.5), size=WORD_SIZE)


def write_with_rim(
    image: Pixels, word: str, x: float, y: float, *, anchor: tuple[float, float], size: int, bold: bool = True
) -> None:
    """Write a word with a light rim, in place, so that it is readable on any color."""
    for dx, dy in ((-2, 0), (2, 0), (0, -2), (0, 2), (-1, -1), (1, 1), (-1, 1), (1, -1)):
        canvas.draw_text(image, word, x + dx, y + dy, size=size, color=_WHITE, anchor=anchor, bold=bold)
    canvas.draw_text(image, word, x, y, size=size, color=_INK, anchor=anchor, bold=bold)
