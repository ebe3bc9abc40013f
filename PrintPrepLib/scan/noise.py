"""Noise, measured on the scan itself.

The standard deviation is taken in small windows everywhere; the most frequent value among windows of one tissue is the
noise, since edges only give larger values. Christianson et al. 2015, "Automated technique to measure noise in clinical
CT examinations", AJR 205:W93, doi:10.2214/AJR.14.13613.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from ..finding import Finding, Severity
from ..volume import Volume
from .units import AIR_WINDOW, TISSUE_WINDOW, UnitVerdict

WINDOW = 5
"""Pixels along the edge of a window: 25 values, small enough to lie inside one tissue."""

MODE_OF_SD = float(np.sqrt((WINDOW**2 - 2) / (WINDOW**2 - 1)))
"""The most frequent standard deviation of so many normal values, as a share of the true one."""

SLICES = 20
"""Slices looked at, evenly through the scan."""

LEAST_WINDOWS = 500
"""Fewer windows of a tissue do not give a mode."""

NOISY_HU = 55.0
"""A third of the way from muscle (60 HU) to the bone threshold (226 HU): with more noise, over one in a thousand voxels
of muscle passes for bone, and the model fills with specks."""


@dataclass(frozen=True)
class Noise:
    """Standard deviation of the noise, in image units, and in what it was measured."""

    sigma: float
    tissue: str
    windows: int


def local_mean_and_sd(
    slices: npt.NDArray[Any], window: int = WINDOW
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Return mean and standard deviation in square windows of each slice, for slices (n, rows, columns)."""
    values = slices.astype(np.float32)
    size = (1, window, window)
    mean = ndimage.uniform_filter(values, size, mode="nearest")
    values -= mean  # windows overlap: the square of what is left has little rounding error
    square = ndimage.uniform_filter(values**2, size, mode="nearest")
    drift = ndimage.uniform_filter(values, size, mode="nearest")
    variance = np.maximum(square - drift**2, 0.0) * (window**2 / (window**2 - 1))
    return mean, np.sqrt(variance)


def measure_noise(volume: Volume, verdict: UnitVerdict) -> Noise | None:
    """Measure the noise in soft tissue, else in air; on scans without HU in whatever gives signal. None: cannot."""
    array = volume.array
    step = max(1, array.shape[0] // SLICES)
    mean, sd = local_mean_and_sd(array[step // 2 :: step])
    if verdict.is_hounsfield:
        tissues: tuple[tuple[str, float, float], ...] = (("soft tissue", *TISSUE_WINDOW), ("air", *AIR_WINDOW))
    else:
        middle = (verdict.lowest + verdict.highest) / 2.0
        tissues = (("bright tissue", (verdict.lowest + middle) / 2.0, verdict.highest),)
    for name, low, high in tissues:
        chosen = sd[(mean >= low) & (mean <= high) & (sd > 0)]
        if len(chosen) >= LEAST_WINDOWS:
            return Noise(_mode(chosen) / MODE_OF_SD, name, len(chosen))
    return None


def noise_finding(noise: Noise | None, verdict: UnitVerdict) -> Finding:
    """Judge the noise by itself; against the structure it is judged by the contrast."""
    if noise is None:
        return Finding(
            "noise",
            Severity.NOT_RUN,
            "The noise was not measured: no even region of soft tissue or air is large enough.",
            advice="Look for specks in the segmentation.",
        )
    if not verdict.is_hounsfield:
        return Finding(
            "noise", Severity.INFO, f"Noise in {noise.tissue}: {noise.sigma:.3g} (image units).", noise.sigma
        )
    good = noise.sigma <= NOISY_HU
    return Finding(
        "noise",
        Severity.PASS if good else Severity.WARN,
        f"Noise in {noise.tissue}: {noise.sigma:.1f} HU.",
        noise.sigma,
        NOISY_HU,
        "HU",
        advice="" if good else "Expect specks and holes in thin bone. A smoother kernel or thicker averaging helps.",
    )


def _mode(values: npt.NDArray[np.float32]) -> float:
    top = float(np.percentile(values, 95))
    counts, edges = np.histogram(values, bins=200, range=(0.0, max(top, 1e-6)))
    smooth = ndimage.gaussian_filter1d(counts.astype(float), 4.0)
    at = int(np.argmax(smooth))
    return float((edges[at] + edges[at + 1]) / 2.0)
