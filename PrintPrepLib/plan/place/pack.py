"""Several parts beside one another: rectangles in rows on as few beds as that takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...errors import InputError

OPEN_BED = 1.3
"""Without a printer the bed is a square of this many times the parts' own area."""


@dataclass(frozen=True)
class Spot:
    """Where a part lies: its bed, the middle of its rectangle, whether it is turned by a quarter."""

    bed: int
    x_mm: float
    y_mm: float
    turned: bool


def packed(
    sizes: Sequence[tuple[float, float]], gap_mm: float, bed: tuple[float, float] | None = None
) -> tuple[Spot, ...]:
    """Put rectangles in rows, the deepest first, on beds whose middle is the origin.

    Parameters
    ----------
    sizes : sequence of (width, depth)
        Of the parts as they lie, mm.
    gap_mm : float
        Between two parts.
    bed : (width, depth), optional
        That may be used; without one a bed is as large as it needs.

    Raises
    ------
    InputError
        A part is larger than the bed.
    """
    if bed is None:
        area = sum((w + gap_mm) * (d + gap_mm) for w, d in sizes)
        side = max(float(np.sqrt(OPEN_BED * area)), *(max(size) for size in sizes))
        bed = side, float("inf")
    order = sorted(range(len(sizes)), key=lambda k: -min(sizes[k]))
    rows: list[_Row] = []
    spots: dict[int, tuple[_Row, float, float, bool]] = {}
    used: list[float] = []
    for k in order:
        width, depth, turned = _lying(sizes[k], bed, k)
        row = next((one for one in rows if one.takes(width, depth, bed[0], gap_mm)), None)
        if row is None:
            row = _new_row(rows, used, depth, bed[1], gap_mm)
        spots[k] = row, row.filled + width / 2.0, width, turned
        row.filled += width + gap_mm
    return tuple(_spot(*spots[k], used=used, rows=rows, gap=gap_mm) for k in range(len(sizes)))


@dataclass(eq=False)
class _Row:
    bed: int
    y_mm: float
    depth: float
    filled: float = 0.0

    def takes(self, width: float, depth: float, most: float, gap: float) -> bool:
        return depth <= self.depth + 1e-9 and self.filled + width <= most + 1e-9


def _lying(size: tuple[float, float], bed: tuple[float, float], number: int) -> tuple[float, float, bool]:
    width, depth = max(size), min(size)
    if width <= bed[0] and depth <= bed[1]:
        return width, depth, size[0] < size[1]
    if depth <= bed[0] and width <= bed[1]:
        return depth, width, size[0] >= size[1]
    raise InputError(
        f"Part {number + 1} takes {width:.0f} x {depth:.0f} mm of the bed, which has {bed[0]:.0f} x {bed[1]:.0f} mm. "
        "Split it, or choose a larger printer."
    )


def _new_row(rows: list[_Row], used: list[float], depth: float, most: float, gap: float) -> _Row:
    for number, filled in enumerate(used):
        if filled + depth <= most + 1e-9:
            row = _Row(number, filled, depth)
            used[number] = filled + depth + gap
            break
    else:
        row = _Row(len(used), 0.0, depth)
        used.append(depth + gap)
    rows.append(row)
    return row


def _spot(row: _Row, x: float, width: float, turned: bool, *, used: list[float], rows: list[_Row], gap: float) -> Spot:
    """Coordinates from the middle of what lies on the bed."""
    widest = max(one.filled for one in rows if one.bed == row.bed) - gap
    deep = used[row.bed] - gap
    return Spot(row.bed, x - widest / 2.0, row.y_mm + row.depth / 2.0 - deep / 2.0, turned)
