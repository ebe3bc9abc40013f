"""How thin a flat shape is: its narrowest stroke and its narrowest slit."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from .font import glyph

if TYPE_CHECKING:
    import manifold3d

LOST_SHARE = 0.25
"""A place counts as narrower than a width when opening by it takes a piece of more than this share of the width
squared. Ours: the sharp corners of letters, which every tool rounds, lose less than that."""
MITER = 6.0
"""Corners down to 20 degrees are given back sharp when a shape is grown again."""
LADDER_START = 0.02
LADDER = 1.2
"""Widths are tried from this share of the widest on, each wider than the last by this factor."""
_HALVINGS = 8


def narrowest(section: manifold3d.CrossSection, most: float) -> float:
    """Width of the narrowest stroke of a flat shape; ``most`` where none is narrower."""
    return _narrowest(section, most, grow_first=False)


def narrowest_slit(section: manifold3d.CrossSection, most: float) -> float:
    """Width of the narrowest slit in and between the pieces of a flat shape; ``most`` where none is narrower."""
    return _narrowest(section, most, grow_first=True)


@lru_cache(maxsize=512)
def stroke_share(character: str) -> float:
    """Narrowest stroke of a character of the font, in heights of a capital; 1 for a blank."""
    section = glyph(character).section()
    return 1.0 if section.is_empty() else narrowest(section, 0.5)


@lru_cache(maxsize=512)
def slit_share(character: str) -> float:
    """Narrowest slit or eye of a character of the font, in heights of a capital; 1 for a blank."""
    section = glyph(character).section()
    return 1.0 if section.is_empty() else narrowest_slit(section, 0.5)


def _narrowest(section: manifold3d.CrossSection, most: float, *, grow_first: bool) -> float:
    # From narrow to wide: a narrow place is a small piece beside the square of a large width.
    low, high = 0.0, LADDER_START * most
    while not _loses(section, high, grow_first=grow_first):
        if high >= most:
            return most
        low, high = high, min(LADDER * high, most)
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        if _loses(section, middle, grow_first=grow_first):
            high = middle
        else:
            low = middle
    return low


def _loses(section: manifold3d.CrossSection, width: float, *, grow_first: bool) -> bool:
    """Whether shrinking by half the width and growing again loses a piece (or the other way round fills one)."""
    import manifold3d

    miter = manifold3d.JoinType.Miter
    half = 0.5 * width if grow_first else -0.5 * width
    back = section.offset(half, miter, MITER).offset(-half, miter, MITER)
    lost = back - section if grow_first else section - back
    return any(piece.area() > LOST_SHARE * width * width for piece in lost.decompose())
