"""What is written on pictures: headings, scale bars, color bars and the patient's directions."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ..analysis.lengths import directions
from . import canvas
from .canvas import Pixels
from .colors import ColorScale, color_of, ticks

INK = (0.13, 0.16, 0.20)
PALE = (0.45, 0.49, 0.55)
FOOT = 64
"""Pixels below a picture, for the scale bar."""
HEAD = 56
"""Pixels above a picture, for title and facts."""


def bar_length(mm_available: float) -> float:
    """Longest length of the series 1, 2, 5, 10, ... that fits."""
    power = 10.0 ** np.floor(np.log10(mm_available))
    return float(max(f * power for f in (1.0, 2.0, 5.0) if f * power <= mm_available))


def write_directions(image: Pixels, axes: npt.NDArray[np.float64]) -> None:
    """Write the patient's directions at the sides of a panel, in place; rows of the axes: right, down, away."""
    across, down, _ = axes
    high, wide = image.shape[:2]
    for text, x, y, anchor in (
        (directions(across), wide - 14, high / 2.0, (1.0, 0.5)),
        (directions(-across), 14, high / 2.0, (0.0, 0.5)),
        (directions(-down), wide / 2.0, 10, (0.5, 0.0)),
        (directions(down), wide / 2.0, high - 10, (0.5, 1.0)),
    ):
        canvas.draw_text(image, text, x, y, size=24, color=PALE, anchor=anchor, bold=True)


def write_heading(picture: Pixels, title: str, facts: str) -> None:
    """Write title and facts above a picture, in place."""
    canvas.draw_text(picture, title, 16, 14, size=27, color=INK, bold=True)
    canvas.draw_text(picture, facts, picture.shape[1] - 16, 18, size=20, color=PALE, anchor=(1.0, 0.0))
    canvas.draw_box(picture, 16, HEAD - 5, picture.shape[1] - 16, HEAD - 4, (0.85, 0.87, 0.89))


def write_scale_bar(picture: Pixels, zoom: float, height: int) -> None:
    """Draw a bar of round length at the foot of a picture, in place; zoom is pixels per millimeter."""
    length = bar_length(0.22 * picture.shape[1] / zoom)
    end = 16 + length * zoom
    y = height - 26
    canvas.draw_box(picture, 16, y - 2, end, y + 2, INK)
    for x in (16, end - 2):
        canvas.draw_box(picture, x, y - 8, x + 2, y + 8, INK)
    canvas.draw_text(picture, f"{length:g} mm", end + 12, y, size=20, color=INK, anchor=(0.0, 0.5))


def write_color_bar(
    picture: Pixels, left: int, span: tuple[float, float], scale: ColorScale, label: str, limit: float | None
) -> None:
    """Draw a bar of the colors of values, with ticks and the limit where there is one, in place."""
    low, high = span
    top, bottom = HEAD + 90, picture.shape[0] - FOOT - 40
    values = np.linspace(high, low, bottom - top)
    picture[top:bottom, left + 14 : left + 44] = color_of(values, low, high, scale, limit)[:, None]
    canvas.draw_text(picture, label, left + 14, top - 62, size=20, color=INK, bold=True)
    canvas.draw_text(picture, "mm", left + 14, top - 34, size=18, color=PALE)
    if limit is not None and low < limit < high:
        y = top + (high - limit) / (high - low) * (bottom - top - 1)
        canvas.draw_box(picture, left + 8, y - 1, left + 50, y + 1, INK)
        canvas.draw_text(picture, f"limit {limit:g}", left + 14, bottom + 8, size=17, color=INK)
    for value in ticks(low, high):
        y = top + (high - value) / (high - low) * (bottom - top - 1)
        canvas.draw_box(picture, left + 44, y, left + 52, y + 1, INK)
        sign = "+" if scale is ColorScale.DIVERGING and value > 0 else ""
        canvas.draw_text(picture, f"{sign}{value:g}", left + 58, y, size=19, color=INK, anchor=(0.0, 0.5))
