"""Color scales for values on a surface."""

from __future__ import annotations

from enum import Enum

import numpy as np
import numpy.typing as npt


class ColorScale(Enum):
    """``DIVERGING`` for signed deviation (blue: lost, red: added), ``SEQUENTIAL`` for amounts (dark: little), ``LIMIT``
    for what must not be below a limit (red and orange below it, blue above, with a break between).
    """

    DIVERGING = "diverging"
    SEQUENTIAL = "sequential"
    LIMIT = "limit"


UNKNOWN = (0.62, 0.62, 0.62)
"""Gray where nothing was measured."""

_STOPS = {
    # Moreland's smooth cool-to-warm map, lightened in the middle so that "no change" reads as white plastic.
    ColorScale.DIVERGING: (
        (0.085, 0.287, 0.706), (0.337, 0.541, 0.894), (0.647, 0.776, 0.957), (0.945, 0.945, 0.945),
        (0.965, 0.722, 0.620), (0.894, 0.420, 0.322), (0.706, 0.016, 0.150),
    ),
    # Viridis (CC0), nine of its stops: even in brightness, readable with any color vision.
    ColorScale.SEQUENTIAL: (
        (0.267, 0.005, 0.329), (0.279, 0.175, 0.483), (0.230, 0.322, 0.546), (0.173, 0.449, 0.558),
        (0.128, 0.567, 0.551), (0.158, 0.684, 0.502), (0.369, 0.789, 0.383), (0.678, 0.864, 0.190),
        (0.993, 0.906, 0.144),
    ),
    # Red to orange below the limit, pale to dark blue above: after ColorBrewer's RdYlBu, its yellow middle left out.
    ColorScale.LIMIT: (
        (0.48, 0.00, 0.10), (0.80, 0.15, 0.12), (0.98, 0.60, 0.28),
        (0.82, 0.90, 0.94), (0.50, 0.70, 0.84), (0.16, 0.36, 0.60),
    ),
}  # fmt: skip


def color_of(
    values: npt.NDArray[np.float64], low: float, high: float, scale: ColorScale, limit: float | None = None
) -> npt.NDArray[np.float64]:
    """Map values (n,) to colors (n, 3) in 0..1; values beyond the range take its end, NaN is gray.

    ``limit`` is where the ``LIMIT`` scale breaks, the middle of the range without it: strictly below it is red.
    """
    stops = np.array(_STOPS[scale])
    last = len(stops) - 1
    known = ~np.isnan(values)
    values = np.where(known, np.clip(values, low, high), low)
    if scale is ColorScale.LIMIT:
        at = 0.5 * (low + high) if limit is None else min(max(limit, low), high)
        half = last // 2
        below = (values - low) / max(at - low, 1e-12) * half
        above = half + 1 + (values - at) / max(high - at, 1e-12) * (last - half - 1)
        position = np.where(values < at, np.clip(below, 0.0, half), np.clip(above, half + 1, last))
    else:
        position = (values - low) / max(high - low, 1e-12) * last
    colors = np.stack([np.interp(position, np.arange(len(stops)), stops[:, k]) for k in range(3)], axis=-1)
    colors[~known] = UNKNOWN
    return colors


def round_range(values: npt.NDArray[np.float64], scale: ColorScale) -> tuple[float, float]:
    """Choose a range of round numbers: the 98 % core; symmetric about 0 for a diverging scale."""
    known = values[np.isfinite(values)]
    if len(known) == 0:
        return (-1.0, 1.0) if scale is ColorScale.DIVERGING else (0.0, 1.0)
    if scale is ColorScale.DIVERGING:
        reach = _round_up(float(np.percentile(np.abs(known), 98)))
        return -reach, reach
    return 0.0, _round_up(float(np.percentile(known, 98)))


def ticks(low: float, high: float) -> list[float]:
    """Round values between the ends, four to nine of them."""
    step = _round_up((high - low) / 8.0)
    first = np.ceil(low / step - 1e-9)
    last = np.floor(high / step + 1e-9)
    return [round(float(k * step), 10) + 0.0 for k in np.arange(first, last + 1)]


def _round_up(value: float) -> float:
    """Next number of the series 1, 2, 2.5, 5, 10 at any power of ten."""
    if value <= 0:
        return 1.0
    power = 10.0 ** np.floor(np.log10(value))
    return float(next(f * power for f in (1.0, 2.0, 2.5, 5.0, 10.0) if f * power >= value * (1 - 1e-9)))
