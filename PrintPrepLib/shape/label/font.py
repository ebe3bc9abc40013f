"""The shipped type font: outlines of its characters, in heights of its capitals.

DejaVu Sans Bold (free license, beside the file): Latin, Greek, Cyrillic. Its strokes are a fifth of the height of the
capitals and more, so that small letters can be printed, too.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import numpy as np

from ...errors import InputError, MissingPackageError
from ...mesh import FloatArray

if TYPE_CHECKING:
    import manifold3d

FONT_FILE = "DejaVuSans-Bold-subset.ttf"
"""DejaVu Sans Bold 2.37 with fewer characters; its license lies beside it."""
CHORD_SHARE = 0.0015
"""Curves are followed to this share of the height of a capital: 0.011 mm at 7.5 mm, below any layer."""
_INVISIBLE = ("Cc", "Cf", "Cn", "Co", "Cs")
"""Unicode's categories of what shows nothing."""


@dataclass(frozen=True, eq=False)
class Glyph:
    """One character in heights of a capital, its baseline at y = 0.

    Attributes
    ----------
    contours : tuple of (k, 2)
        Closed lines; what they wind round is ink.
    advance : float
        From its origin to the next character's.
    """

    contours: tuple[FloatArray, ...]
    advance: float

    def section(self) -> manifold3d.CrossSection:
        """The ink as a flat shape."""
        import manifold3d

        return manifold3d.CrossSection(list(self.contours), manifold3d.FillRule.NonZero)


def missing_characters(text: str) -> list[str]:
    """Characters of a text that the font lacks, each once, in their order."""
    known = _font().getBestCmap()
    return list(dict.fromkeys(character for character in text if ord(character) not in known))


def check_characters(text: str) -> None:
    """Refuse a text that cannot be written.

    Raises
    ------
    InputError
        It holds characters that the font lacks; the message names each.
    """
    lacking = missing_characters(text)
    if lacking:
        names = ", ".join(_named(character) for character in lacking)
        raise InputError(
            f"The label cannot be written: the font has no {names}. It has Latin, Greek and Cyrillic letters, digits "
            "and common signs. Write it in these."
        )


@lru_cache(maxsize=512)
def glyph(character: str) -> Glyph:
    """Outline of one character.

    Raises
    ------
    InputError
        The font lacks it.
    """
    check_characters(character)
    font = _font()
    name = font.getBestCmap()[ord(character)]
    pen = _flattening_pen(1.0 / capital_units())
    glyphs = font.getGlyphSet()
    glyphs[name].draw(pen)
    return Glyph(tuple(pen.lines), float(glyphs[name].width) / capital_units())


@cache
def capital_units() -> float:
    """Height of a capital in the font's own units."""
    font = _font()
    return float(font["glyf"][font.getBestCmap()[ord("H")]].yMax)


@cache
def _font() -> Any:
    try:
        from fontTools.ttLib import TTFont
    except ImportError as error:
        raise MissingPackageError("Labels need the Python package 'fonttools'. Install it and try again.") from error
    with (files(__package__) / "fonts" / FONT_FILE).open("rb") as stream:
        font = TTFont(stream, lazy=False)
        font.ensureDecompiled()
    return font


def _flattening_pen(scale: float) -> Any:
    from fontTools.pens.basePen import DecomposingPen, decomposeQuadraticSegment

    class Pen(DecomposingPen):  # type: ignore[misc]
        """Collects closed lines; quadratic curves become chords."""

        def __init__(self) -> None:
            super().__init__(_font().getGlyphSet())
            self.lines: list[FloatArray] = []
            self._points: list[FloatArray] = []

        def moveTo(self, point: Any) -> None:  # noqa: N802
            self._points = [np.array(point, float) * scale]

        def lineTo(self, point: Any) -> None:  # noqa: N802
            self._points.append(np.array(point, float) * scale)

        def qCurveTo(self, *points: Any) -> None:  # noqa: N802
            if points[-1] is None:  # closed curve without a point on it: it begins in the middle of two
                middle = tuple(0.5 * (np.array(points[-2], float) + np.array(points[0], float)))
                self.moveTo(middle)
                points = (*points[:-1], middle)
            for control, end in decomposeQuadraticSegment(points):
                start, bend, stop = self._points[-1], np.array(control) * scale, np.array(end) * scale
                away = float(np.linalg.norm(start - 2.0 * bend + stop))
                count = max(1, int(np.ceil(np.sqrt(away / (4.0 * CHORD_SHARE)))))
                t = np.linspace(0.0, 1.0, count + 1)[1:, None]
                self._points.extend((1 - t) ** 2 * start + 2 * t * (1 - t) * bend + t**2 * stop)

        def closePath(self) -> None:  # noqa: N802
            line = np.array(self._points)
            if len(line) > 1 and np.allclose(line[0], line[-1], atol=1e-12):
                line = line[:-1]
            if len(line) > 2:
                self.lines.append(line)

    return Pen()


def _named(character: str) -> str:
    category = unicodedata.category(character)
    shown = "" if category in _INVISIBLE else f"'{character}' "
    return f"{shown}({unicodedata.name(character, f'character {ord(character):#06x}').lower()})"
