"""What stands on a label: lines of text, a code, a scale bar or a ruler, one under the other as a flat shape."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ...errors import InputError
from ...mesh import FloatArray
from ..marks.letters import reads_otherwise_turned
from ..marks.strokes import CHARACTERS
from .code import CODE_NAMES, QUIET, CodeKind, code_modules, code_section, least_module_mm
from .font import check_characters, glyph
from .strokes import slit_share, stroke_share

if TYPE_CHECKING:
    import manifold3d

LINE_PITCH = 1.6
"""From baseline to baseline, in heights of a capital: room for accents above and tails below."""
BLOCK_GAP = 0.5
"""Between text, code and bar, in heights of a capital."""
BAR_SHARE = 0.2
"""Thickness of a scale bar, in heights of a capital: about a stroke of the font."""
TICK_SHARES = (0.35, 0.55, 0.8)
"""Length of the ticks of a ruler (each step, each fifth millimeter, each tenth), in heights of a capital."""
TICK_STEPS_MM = (1.0, 2.0, 5.0, 10.0)
TICK_ROOM = 1.25
"""A tick and the gap beside it take this many times their least widths. Ours: room for the print's own growth."""
_GAP_ROUNDS = 4


@dataclass(frozen=True)
class Content:
    """What a label says. Lines of the text are divided by line breaks; lengths in mm, 0 for none."""

    text: str = ""
    code: str = ""
    bar_mm: float = 0.0
    ruler: bool = False
    code_kind: CodeKind = CodeKind.QR

    @property
    def lines(self) -> tuple[str, ...]:
        """Lines of the text without blanks at their ends; empty lines at the ends are left out."""
        return tuple(line.strip() for line in self.text.strip().splitlines())

    @property
    def is_empty(self) -> bool:
        """Nothing to write."""
        return not (self.text.strip() or self.code or self.bar_mm)

    def check(self) -> None:
        """Refuse what cannot be written.

        Raises
        ------
        InputError
            Nothing to write, or a character that the font lacks.
        """
        if self.is_empty:
            raise InputError("The label is empty. Give a text, a code, or the length of a scale bar.")
        check_characters("".join(self.lines))


@dataclass(frozen=True, eq=False)
class Outline:
    """A label as a flat shape, x along the lines, y up, its box centered on the origin.

    Attributes
    ----------
    section : manifold3d.CrossSection
    width_mm, height_mm : float
        Its box, the quiet zone of a code included.
    letter_mm : float
        Height of the capitals.
    stroke_mm, slit_mm : float
        Narrowest stroke and narrowest slit or gap.
    items : tuple of dict
        What stands where in it, as plain values.
    """

    section: manifold3d.CrossSection
    width_mm: float
    height_mm: float
    letter_mm: float
    stroke_mm: float
    slit_mm: float
    items: tuple[dict[str, Any], ...]


def outline(content: Content, *, letter_mm: float, stroke_mm: float, gap_mm: float) -> Outline:
    """Lay a label out.

    Parameters
    ----------
    content : Content
    letter_mm : float
        Height of the capitals.
    stroke_mm, gap_mm : float
        Thinnest stroke and narrowest gap of the process: for the distance of letters, ticks and modules. Whether the
        strokes of the letters are that thick is for the caller to ask of ``stroke_mm`` of the result.
    """
    import manifold3d

    content.check()
    blocks: list[tuple[manifold3d.CrossSection, float, float, dict[str, Any]]] = []
    strokes, slits = [np.inf], [np.inf]
    for line in content.lines:
        blocks.append(_line(line, letter_mm, gap_mm))
        strokes += [stroke_share(character) * letter_mm for character in line]
        slits += [slit_share(character) * letter_mm for character in line]
    if content.code:
        module = least_module_mm(stroke_mm)
        modules, quiet = code_modules(content.code, content.code_kind), QUIET[content.code_kind]
        side = (len(modules) + 2 * quiet) * module
        name = CODE_NAMES[content.code_kind]
        told = {"kind": name, "modules": len(modules), "module_mm": module, "quiet_zone_modules": quiet}
        blocks.append((code_section(modules, module), side, side, told))
        strokes.append(module)
    if content.bar_mm:
        blocks.append(_bar(content, letter_mm, stroke_mm, gap_mm))
        strokes.append(float(blocks[-1][3]["stroke_mm"]))
        strokes += [stroke_share(character) * letter_mm for character in bar_words(content.bar_mm)]
    gap = BLOCK_GAP * letter_mm
    width = max(block[1] for block in blocks)
    height = sum(block[2] for block in blocks) + gap * (len(blocks) - 1)
    top, pieces, items = 0.5 * height, [], []
    for section, wide, high, told in blocks:
        pieces.append(section.translate((0.0, top - 0.5 * high)))
        items.append(told | {"width_mm": wide, "height_mm": high, "middle_mm": [0.0, top - 0.5 * high]})
        top -= high + gap
    whole = manifold3d.CrossSection.batch_boolean(pieces, manifold3d.OpType.Add)
    return Outline(whole, width, height, letter_mm, float(min(strokes)), float(min(slits)), tuple(items))


def least_letter_mm(content: Content, stroke_mm: float) -> float:
    """Least height of the capitals at which no stroke of the text is thinner than this."""
    shares = [stroke_share(character) for line in content.lines for character in line]
    if content.bar_mm:
        shares += [stroke_share(character) for character in bar_words(content.bar_mm)]
    return stroke_mm / min(shares, default=1.0)


def bar_words(length_mm: float) -> str:
    """What stands beside a scale bar."""
    return f"{length_mm:g} mm"


def _line(line: str, letter: float, gap: float) -> tuple[manifold3d.CrossSection, float, float, dict[str, Any]]:
    """One line of text, centered, its box from the lowest to the highest ink (a capital at the least)."""
    import manifold3d

    if not line:
        return manifold3d.CrossSection(), 0.0, 0.5 * letter, {"kind": "blank line"}
    starts = _starts(line, gap / letter)
    pieces = [
        glyph(character).section().translate((start, 0.0))
        for character, start in zip(line, starts, strict=True)
        if glyph(character).contours
    ]
    told: dict[str, Any] = {"kind": "text", "text": line}
    if not any(character.isalpha() for character in line) and _reads_otherwise_turned(line):
        left, right = starts[0], starts[-1] + glyph(line[-1]).advance
        pieces.append(manifold3d.CrossSection.square((right - left, BAR_SHARE)).translate((left, -2.0 * BAR_SHARE)))
        told["underlined"] = "it reads as another text upside down"
    whole = manifold3d.CrossSection.batch_boolean(pieces, manifold3d.OpType.Add).scale((letter, letter))
    x0, y0, x1, y1 = whole.bounds()
    low, high = min(y0, 0.0), max(y1, letter)
    return whole.translate((-0.5 * (x0 + x1), -0.5 * (low + high))), x1 - x0, high - low, told


def _reads_otherwise_turned(line: str) -> bool:
    """Whether digits read as others upside down (6 and 9, 16 and 91); letters tell which way up they are."""
    return set(line) <= set(CHARACTERS) and reads_otherwise_turned(line)


def _starts(line: str, gap: float) -> list[float]:
    """Where each character begins, in heights of a capital: farther apart where ink would be nearer than the gap."""
    starts: list[float] = []
    at = 0.0
    for number, character in enumerate(line):
        if number and glyph(line[number - 1]).contours and glyph(character).contours:
            before, after = glyph(line[number - 1]), glyph(character)
            for _ in range(_GAP_ROUNDS):
                lacking = gap - _distance(before.contours, after.contours, at - starts[-1])
                if lacking <= 1e-6:
                    break
                at += lacking
        starts.append(at)
        at += glyph(character).advance
    return starts


def _distance(first: tuple[FloatArray, ...], second: tuple[FloatArray, ...], shift: float) -> float:
    """Distance of two shapes that do not cross, the second one moved to the right."""
    moved = [np.add(line, (shift, 0.0)) for line in second]
    return min(_one_way(first, moved), _one_way(moved, first))


def _one_way(lines: Any, others: Any) -> float:
    points = np.concatenate(list(lines))[:, None]
    start = np.concatenate(list(others))[None]
    along = np.concatenate([np.roll(line, -1, axis=0) for line in others])[None] - start
    share = np.clip(((points - start) * along).sum(-1) / np.maximum((along**2).sum(-1), 1e-18), 0.0, 1.0)
    return float(np.linalg.norm(points - start - share[..., None] * along, axis=-1).min())


def _bar(
    content: Content, letter: float, stroke: float, gap: float
) -> tuple[manifold3d.CrossSection, float, float, dict[str, Any]]:
    """A bar whose outer edges are its length apart, or a ruler, with its length in words beneath."""
    import manifold3d

    length = content.bar_mm
    thick = max(stroke, BAR_SHARE * letter)
    told: dict[str, Any] = {"kind": "ruler" if content.ruler else "scale bar", "length_mm": length, "stroke_mm": thick}
    wide = length
    if content.ruler:
        step = next((one for one in TICK_STEPS_MM if one >= TICK_ROOM * (stroke + gap)), TICK_STEPS_MM[-1])
        tick = min(max(stroke, 0.4 * step), step - gap)
        wide = length + tick
        pieces = [manifold3d.CrossSection.square((wide, thick))]
        for number in range(int(np.floor(length / step + 1e-9)) + 1):
            at = number * step
            long = TICK_SHARES[2 if at % 10.0 == 0.0 else 1 if at % 5.0 == 0.0 else 0]
            pieces.append(manifold3d.CrossSection.square((tick, thick + long * letter)).translate((at, 0.0)))
        told |= {
            "step_mm": step,
            "stroke_mm": min(thick, tick),
            "measure": "left edge of a tick to left edge of another",
        }
        high = thick + TICK_SHARES[2] * letter
    else:
        end = manifold3d.CrossSection.square((thick, 0.6 * letter))
        pieces = [manifold3d.CrossSection.square((length, thick)), end, end.translate((length - thick, 0.0))]
        told |= {"measure": "outer edge to outer edge"}
        high = 0.6 * letter
    words, words_wide, words_high, _ = _line(bar_words(length), letter, gap)
    space = 0.4 * letter
    whole = manifold3d.CrossSection.batch_boolean(pieces, manifold3d.OpType.Add).translate((-0.5 * wide, 0.0))
    total = high + space + words_high
    whole = whole.translate((0.0, 0.5 * total - high)) + words.translate((0.0, -0.5 * total + 0.5 * words_high))
    return whole, max(wide, words_wide), total, told
