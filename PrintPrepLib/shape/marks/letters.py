"""Text as flat outlines and as solids, with strokes no thinner than the process can print."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from ...errors import InputError
from ...mesh import FloatArray
from .strokes import CHARACTERS, pen_lines, pen_width

if TYPE_CHECKING:
    import manifold3d

LEAST_STROKES = 6.0
"""Height of the smallest text, in stroke widths. Ours: at this height the gaps between strokes are as wide as they
are, save in sharp corners, so that neither the strokes nor the walls between them are too thin to print."""
LETTER_GAP = 0.2
"""Clear distance between letters, as a share of their height. Ours: 1.2 stroke widths in the smallest text."""
UNDERLINE_GAP = 1.1
"""Clear distance between text and underline, in stroke widths; ours, as above."""
PEN_CORNERS = 24
"""Corners of the round pen. Ours: its edge lies 0.9 % of its radius off the circle; straight strokes are exact."""
OVERREACH_MM = 0.5
"""How far a mark's solid passes the face that it is cut into or stands on, so that no two faces coincide. Ours: far
above any rounding, and less than anything else that lies before a flat face."""

_TURNED = {
    "6": "9", "9": "6", "M": "W", "W": "M", "L": "7", "7": "L", "(": ")", ")": "(", ".": "'", "'": ".",
    **{same: same for same in "012358HINOSXZ-+=#/: "},
}  # fmt: skip
"""What a character reads as when it stands on its head. Left out are those that read as nothing then (A, 4, ...)."""


class Style(Enum):
    """How a mark shows."""

    ENGRAVED = "engraved"
    RAISED = "raised"


@dataclass(frozen=True)
class TextBox:
    """Room that a text takes: width = ``width_per_height`` x height + ``width_mm``, and as much for the height."""

    width_per_height: float
    width_mm: float
    height_mm: float

    def size(self, height_mm: float) -> tuple[float, float]:
        """Width and height of the box in mm, an underline included, at a letter height."""
        return self.width_per_height * height_mm + self.width_mm, height_mm + self.height_mm


def cleaned(text: str) -> str:
    """Return the text as it will be written: capitals, no blanks at its ends.

    Raises
    ------
    InputError
        Nothing to write, or a character that the font lacks; the message names it.
    """
    out = text.strip().upper()
    if not out:
        raise InputError("The mark has no text. Give letters or digits.")
    lacking = sorted({character for character in out if character not in CHARACTERS})
    if lacking:
        raise InputError(
            f"The mark '{text}' has characters that cannot be written in plastic: {' '.join(lacking)}. "
            f"Use capitals, digits and {' '.join(c for c in CHARACTERS if not c.isalnum() and c != ' ')}"
        )
    return out


def reads_otherwise_turned(text: str) -> bool:
    """True when the text, standing on its head, reads as another text (6 and 9, 16 and 91)."""
    text = cleaned(text)
    if not all(character in _TURNED for character in text):
        return False
    return "".join(_TURNED[character] for character in reversed(text)) != text


def text_box(text: str, stroke_mm: float) -> TextBox:
    """Room that a text takes at any letter height."""
    text = cleaned(text)
    shares = sum(pen_width(character) for character in text)
    under = (UNDERLINE_GAP + 1.0) * stroke_mm if reads_otherwise_turned(text) else 0.0
    return TextBox(shares + LETTER_GAP * (len(text) - 1), (len(text) - shares) * stroke_mm, under)


def text_outline(text: str, *, height_mm: float, stroke_mm: float) -> manifold3d.CrossSection:
    """Outline of a text, readable with x to the right and y up, its box centered on the origin.

    A text that would read as another one upside down (6 and 9) is underlined.

    Parameters
    ----------
    text : str
        One line; small letters become capitals.
    height_mm : float
        Height of the capitals, strokes included.
    stroke_mm : float
        Width of every stroke.

    Raises
    ------
    InputError
        Nothing to write, a character that the font lacks, or strokes too wide for the height.
    """
    text = cleaned(text)
    _check_height(text, height_mm, stroke_mm)
    import manifold3d

    tall = height_mm - stroke_mm
    pieces: list[manifold3d.CrossSection] = []
    left = 0.0
    for character in text:
        for line in pen_lines(character):
            pieces.extend(_swept(line * tall + (left + 0.5 * stroke_mm, 0.5 * stroke_mm), stroke_mm))
        left += pen_width(character) * tall + stroke_mm + LETTER_GAP * height_mm
    width, height = text_box(text, stroke_mm).size(height_mm)
    if reads_otherwise_turned(text):
        y = -(UNDERLINE_GAP + 0.5) * stroke_mm
        ends = np.array([[0.5 * stroke_mm, y], [width - 0.5 * stroke_mm, y]])
        pieces.extend(_swept(ends, stroke_mm))
    whole = manifold3d.CrossSection.batch_boolean(pieces, manifold3d.OpType.Add)
    return whole.translate((-0.5 * width, -0.5 * height + (height - height_mm)))


def text_solid(
    text: str, *, height_mm: float, depth_mm: float, stroke_mm: float, style: Style = Style.ENGRAVED
) -> manifold3d.Manifold:
    """Solid of a text in its own frame: x along the line, y up, z out of the face at z = 0.

    It reads the right way round for who looks at the face, engraved or raised alike. To be subtracted (engraved: from
    ``-depth_mm`` to a little above the face) or added (raised: from a little below the face to ``depth_mm``).
    """
    outline = text_outline(text, height_mm=height_mm, stroke_mm=stroke_mm)
    return solid_of(outline, depth_mm, style)


def solid_of(outline: manifold3d.CrossSection, depth_mm: float, style: Style) -> manifold3d.Manifold:
    """Solid of an outline, as :func:`text_solid` makes it.

    Raises
    ------
    InputError
        The depth is not above zero.
    """
    if not 0.0 < depth_mm < np.inf:
        raise InputError(f"The depth of a mark must be above zero, got {depth_mm:g} mm.")
    import manifold3d

    low = -depth_mm if style is Style.ENGRAVED else -OVERREACH_MM
    return manifold3d.Manifold.extrude(outline, depth_mm + OVERREACH_MM).translate((0.0, 0.0, low))


def _check_height(text: str, height_mm: float, stroke_mm: float) -> None:
    if not (0.0 < stroke_mm < np.inf and 0.0 < height_mm < np.inf):
        raise InputError(f"Height and stroke of a mark must be above zero, got {height_mm:g} and {stroke_mm:g} mm.")
    if height_mm < LEAST_STROKES * stroke_mm * (1.0 - 1e-9):  # rounding of the product
        raise InputError(
            f"The mark '{text}' is too small: strokes of {stroke_mm:g} mm, as the process needs them, run together at "
            f"{height_mm:g} mm height. Use {LEAST_STROKES * stroke_mm:g} mm or more."
        )


def _swept(line: FloatArray, width_mm: float) -> list[manifold3d.CrossSection]:
    """Everything that a round pen covers along a line (k, 2): one capsule for each step."""
    import manifold3d

    out = []
    for start, stop in pairwise(line):
        x, y = stop - start
        angle = float(np.arctan2(y, x))
        corners = [_half_turn(stop, angle, width_mm), _half_turn(start, angle + np.pi, width_mm)]
        out.append(manifold3d.CrossSection([np.concatenate(corners)]))
    return out


def _half_turn(center: FloatArray, angle: float, width_mm: float) -> FloatArray:
    """Front half of the pen's edge, counter-clockwise, for a pen that moves in a direction."""
    turn = angle - 0.5 * np.pi + np.arange(PEN_CORNERS // 2 + 1) * (2.0 * np.pi / PEN_CORNERS)
    return np.asarray(center + 0.5 * width_mm * np.stack([np.cos(turn), np.sin(turn)], axis=1))
