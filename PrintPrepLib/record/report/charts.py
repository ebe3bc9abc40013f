"""Color bars and histograms as drawings in the page: sharp in print, readable on a phone, in the colors of the maps."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..colors import ColorScale, color_of, ticks
from .html import Markup, join, tag

WIDTH, HEIGHT = 380, 168
_LEFT, _RIGHT, _TOP, _BOTTOM = 40, 12, 22, 52
_BAR = 10


def histogram(
    edges_mm: Sequence[float],
    area_percent: Sequence[float],
    *,
    scale: ColorScale,
    span: tuple[float, float],
    words: str,
    limit: float | None = None,
) -> Markup:
    """Draw shares of area over a length in mm, with the color bar of the map below.

    Parameters
    ----------
    edges_mm, area_percent : sequence of float
        One edge more than shares.
    scale, span, limit
        As in the map.
    words : str
        What it shows, for those who do not see it.
    """
    edges, shares = np.asarray(edges_mm, np.float64), np.asarray(area_percent, np.float64)
    low, high = float(edges[0]), float(edges[-1])
    highest = max(float(shares.max(initial=0.0)), 1e-9)
    right, bottom = WIDTH - _RIGHT, HEIGHT - _BOTTOM

    def x(value: float) -> float:
        return round(_LEFT + (value - low) / (high - low) * (right - _LEFT), 2)

    parts: list[Markup] = []
    colors = color_of((edges[:-1] + edges[1:]) / 2.0, *span, scale, limit)
    for begin, end, share, color in zip(edges[:-1], edges[1:], shares, colors, strict=True):
        if share > 0.0:
            tall = round(max(float(share) / highest * (bottom - _TOP), 0.8), 2)
            wide = round(x(float(end)) - x(float(begin)), 2)
            parts.append(
                tag("rect", x=x(float(begin)), y=round(bottom - tall, 2), width=wide, height=tall, fill=_hex(color),
                    stroke="#333", stroke_width="0.4")
            )  # fmt: skip
    bar = np.linspace(low, high, 61)
    for begin, end, color in zip(
        bar[:-1], bar[1:], color_of((bar[:-1] + bar[1:]) / 2.0, *span, scale, limit), strict=True
    ):
        wide = round(x(float(end)) - x(float(begin)) + 0.3, 2)
        parts.append(tag("rect", x=x(float(begin)), y=bottom + 5, width=wide, height=_BAR, fill=_hex(color)))
    parts.append(tag("line", x1=_LEFT, y1=bottom, x2=right, y2=bottom, stroke="#222"))
    parts.append(_text(_LEFT - 5, _TOP + 4, f"{highest:.2g} %", "end"))
    parts.append(_text(_LEFT - 5, _TOP + 16, "of area", "end"))
    for value in ticks(low, high):
        parts.append(tag("line", x1=x(value), y1=bottom, x2=x(value), y2=bottom + _BAR + 9, stroke="#222"))
        sign = "+" if scale is ColorScale.DIVERGING and value > 0 else ""
        parts.append(_text(x(value), bottom + _BAR + 21, f"{sign}{value:g}", "middle"))
    parts.append(_text((_LEFT + right) / 2, HEIGHT - 4, "mm", "middle"))
    if limit is not None and low < limit < high:
        parts.append(
            tag("line", x1=x(limit), y1=_TOP - 8, x2=x(limit), y2=bottom, stroke="#000", stroke_dasharray="4 2")
        )
        parts.append(_text(x(limit) + 4, _TOP, f"limit {limit:g} mm", "start"))
    return tag("svg", tag("title", words), *parts, viewBox=f"0 0 {WIDTH} {HEIGHT}", role="img", class_="chart")


def badge(kind: str) -> Markup:
    """A sign that is told by its form as well as by its color: tick, exclamation mark, cross, dash."""
    forms = {
        "pass": ('circle', 'M6 10.5 L9 13.5 L14.5 6.5'),
        "warn": ('triangle', 'M10 7 L10 12 M10 14.2 L10 15.2'),
        "fail": ('square', 'M6 6 L14 14 M14 6 L6 14'),
        "not run": ('dotted', 'M6 10 L14 10'),
        "info": ('dotted', 'M10 9 L10 14.5 M10 5.6 L10 6.6'),
    }  # fmt: skip
    shape, line = forms[kind]
    class_ = kind.replace(" ", "-")
    outer = {
        "circle": tag("circle", cx=10, cy=10, r=9, class_="shape"),
        "triangle": tag("path", d="M10 1.5 L19.2 18.2 L0.8 18.2 Z", class_="shape"),
        "square": tag("rect", x=1, y=1, width=18, height=18, class_="shape"),
        "dotted": tag("circle", cx=10, cy=10, r=8.6, class_="shape", stroke_dasharray="2.2 2"),
    }[shape]
    words = {"pass": "passed", "warn": "attention", "fail": "failed", "not run": "not checked", "info": "note"}[kind]
    return tag("svg", tag("title", words), outer, tag("path", d=line, class_="line"), viewBox="0 0 20 20",
               class_=f"badge {class_}", role="img")  # fmt: skip


def swatch(color: Sequence[int]) -> Markup:
    """A square of a part's color."""
    box = tag("rect", x=0.5, y=0.5, width=19, height=19, fill=_hex(np.array(color) / 255.0), stroke="#333")
    return join(tag("svg", box, viewBox="0 0 20 20", class_="badge"))


def _text(x: float, y: float, words: str, anchor: str) -> Markup:
    return tag("text", words, x=round(x, 2), y=round(y, 2), text_anchor=anchor)


def _hex(color: Sequence[float] | np.ndarray[tuple[int], np.dtype[np.float64]]) -> str:
    return "#" + "".join(f"{round(float(np.clip(value, 0, 1)) * 255):02x}" for value in color)
