"""Which parts go onto one bed together: their boxes in rows, largest first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

APART_MM = 5.0
"""Parts stand so far from each other on a bed. Ours: room for skirt, supports and a scraper."""


@dataclass(frozen=True)
class Plate:
    """What is printed together: numbers of parts from 0, in the order in which they were placed."""

    parts: tuple[int, ...]


@dataclass
class _Shelf:
    depth: float
    used: float


@dataclass
class _Bed:
    parts: list[int] = field(default_factory=list)
    shelves: list[_Shelf] = field(default_factory=list)


def plates_of(boxes: Sequence[tuple[float, float]], room: tuple[float, float], apart: float = APART_MM) -> list[Plate]:
    """Put boxes onto as few beds as rows of boxes allow (first fit, deepest first).

    A simple rule that a slicer betters: parts are not turned nor nested. A box that fits no bed gets one for itself.

    Parameters
    ----------
    boxes : sequence of (width, depth)
        Of the parts as they lie, mm.
    room : (width, depth)
        Of the bed, margins left out.
    apart : float
        Distance between parts.
    """
    beds: list[_Bed] = []
    alone: list[Plate] = []
    for number in sorted(range(len(boxes)), key=lambda k: (-boxes[k][1], -boxes[k][0], k)):
        if boxes[number][0] > room[0] or boxes[number][1] > room[1]:
            alone.append(Plate((number,)))
        elif not any(_placed(bed, number, boxes[number], room, apart) for bed in beds):
            width, depth = boxes[number]
            beds.append(_Bed([number], [_Shelf(depth, width)]))
    return [*(Plate(tuple(bed.parts)) for bed in beds), *alone]


def _placed(bed: _Bed, number: int, box: tuple[float, float], room: tuple[float, float], apart: float) -> bool:
    width, depth = box
    for shelf in bed.shelves:
        if depth <= shelf.depth and shelf.used + apart + width <= room[0]:
            shelf.used += apart + width
            bed.parts.append(number)
            return True
    behind = sum(shelf.depth + apart for shelf in bed.shelves)
    if width <= room[0] and behind + depth <= room[1]:
        bed.shelves.append(_Shelf(depth, width))
        bed.parts.append(number)
        return True
    return False
