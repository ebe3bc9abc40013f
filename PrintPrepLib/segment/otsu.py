"""Otsu's bounds on a histogram, for two or three classes."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import GeometryError

BINS = 256
"""Bins of the histogram; the usual number for Otsu's method, and the number of values of an 8-bit image."""

TOP_PERCENTILE = 99.9
"""The histogram ends here: a few very bright voxels must not squeeze all tissue into a few bins."""

PLATEAU = 1e-9
"""Scores this close, relatively, are the same: rounding of sums."""


def otsu_bounds(values: npt.NDArray[Any], classes: int) -> tuple[float, ...]:
    """Return the bounds between ``classes`` classes (2 or 3) that maximize the variance between them.

    Raises
    ------
    GeometryError
        All voxels have one value.
    """
    if classes not in (2, 3):
        raise ValueError(f"classes must be 2 or 3, got {classes}")
    low, high = float(values.min()), float(np.percentile(values, TOP_PERCENTILE))
    if not high > low:
        high = float(values.max())
    if not high > low:
        raise GeometryError(f"Every voxel has the value {low:g}: nothing to tell apart. Is it the right series?")
    counts, edges = np.histogram(np.clip(values, low, high), bins=BINS, range=(low, high))
    weight = np.concatenate([[0.0], np.cumsum(counts / counts.sum())])
    moment = np.concatenate([[0.0], np.cumsum(counts / counts.sum() * (edges[:-1] + edges[1:]) / 2)])
    inner = np.arange(1, BINS)
    if classes == 2:
        score = _between(weight, moment, 0, inner) + _between(weight, moment, inner, BINS)
        return (float(edges[inner[_middle_of_best(score)[0]]]),)
    first, second = np.meshgrid(inner, inner, indexing="ij")
    score = (
        _between(weight, moment, 0, first)
        + _between(weight, moment, first, second)
        + _between(weight, moment, second, BINS)
    )
    score[first >= second] = -np.inf
    at = _middle_of_best(score)
    return float(edges[inner[at[0]]]), float(edges[inner[at[1]]])


def _middle_of_best(score: Any) -> tuple[int, ...]:
    """Middle of the plateau of best bounds: over empty bins between two classes all bounds are equally good."""
    best = np.argwhere(score >= score.max() * (1.0 - PLATEAU))
    return tuple(int(x) for x in np.round(best.mean(axis=0)))


def _between(weight: Any, moment: Any, start: Any, stop: Any) -> Any:
    """Share of the between-class variance that the bins start..stop contribute."""
    mass = weight[stop] - weight[start]
    return (moment[stop] - moment[start]) ** 2 / np.where(mass > 0, mass, 1.0)
