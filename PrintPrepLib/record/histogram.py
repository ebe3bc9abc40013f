"""A histogram by area, drawn below a picture."""

from __future__ import annotations

import numpy as np

from . import canvas
from .canvas import Pixels
from .colors import ColorScale, color_of, ticks

HEIGHT = 230
_INK = (0.13, 0.16, 0.20)
_PALE = (0.45, 0.48, 0.52)


def histogram_strip(
    width: int,
    edges_mm: tuple[float, ...],
    area_percent: tuple[float, ...],
    *,
    title: str,
    scale: ColorScale,
    span: tuple[float, float],
    limit: float | None = None,
) -> Pixels:
    """Draw shares of area over a length in mm, in the colors of the picture above.

    Parameters
    ----------
    width : int
        Pixels.
    edges_mm, area_percent : tuple of float
        One edge more than shares.
    span : (low, high)
        Ends of the color scale.
    limit : float, optional
        Drawn as a line.
    """
    strip = canvas.blank(width, HEIGHT)
    left, right, top, bottom = 90, width - 70, 48, HEIGHT - 44
    edges, shares = np.asarray(edges_mm), np.asarray(area_percent)
    low, high = float(edges[0]), float(edges[-1])
    highest = max(float(shares.max(initial=0.0)), 1e-9)
    colors = color_of((edges[:-1] + edges[1:]) / 2.0, *span, scale, limit)

    def x(value: float) -> float:
        return left + (value - low) / (high - low) * (right - left)

    for begin, end, share, color in zip(edges[:-1], edges[1:], shares, colors, strict=True):
        if share > 0.0:
            y = bottom - max(share / highest * (bottom - top), 1.0)
            canvas.draw_box(strip, x(begin) + 1, y, x(end) - 1, bottom, (color[0], color[1], color[2]))
    canvas.draw_box(strip, left, bottom, right, bottom + 1, _INK)
    canvas.draw_text(strip, title, 16, 8, size=20, color=_INK, bold=True)
    canvas.draw_text(strip, f"{highest:.3g} %", left - 10, top, size=17, color=_PALE, anchor=(1.0, 0.5))
    canvas.draw_text(strip, "of area", left - 10, top + 20, size=15, color=_PALE, anchor=(1.0, 0.5))
    for value in ticks(low, high):
        canvas.draw_box(strip, x(value), bottom, x(value) + 1, bottom + 7, _INK)
        canvas.draw_text(strip, f"{value:g}", x(value), bottom + 10, size=17, color=_INK, anchor=(0.5, 0.0))
    canvas.draw_text(strip, "mm", right + 14, bottom + 10, size=17, color=_PALE)
    if limit is not None and low < limit < high:
        canvas.draw_box(strip, x(limit) - 1, top - 8, x(limit) + 1, bottom, _INK)
        canvas.draw_text(strip, f"limit {limit:g} mm", x(limit) + 6, top - 12, size=17, color=_INK)
    return strip
