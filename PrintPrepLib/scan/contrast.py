"""Contrast of the structure against what surrounds it, held against the noise."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from ..finding import Finding, Severity
from .noise import Noise

if TYPE_CHECKING:
    from ..segment.segmentation import Segmentation

ROSE_LIMIT = 5.0
"""Contrast over noise from which an object is seen reliably (Rose 1948, J. Opt. Soc. Am. 38:196)."""

NEAR, FAR = 1, 3
"""Pixels from the border between which both sides are sampled: the pixel at the border itself is mixed."""

SLICES = 16
"""Slices looked at, evenly through the structure."""

LEAST_VOXELS = 200
"""Fewer voxels on a side give no median worth telling."""


def contrast_finding(seg: Segmentation | None, noise: Noise | None) -> Finding:
    """Compare the medians 2 to 3 pixels inside and outside the structure's border with the noise."""
    if seg is None:
        return _not_run("nothing is segmented yet", "Segment first, then review again.")
    if seg.grey is None:
        return _not_run("there is no image on the grid of the label map", "Give the scan the labels were drawn on.")
    if seg.unit == "mm":
        return _not_run("the segmentation is already interpolated", "Review the segmentation before that step.")
    if noise is None:
        return _not_run("the noise could not be measured", "Look at the border of the structure by eye.")
    inside, outside = _sides(seg.mask, seg.grey.array)
    if min(len(inside), len(outside)) < LEAST_VOXELS:
        return _not_run("too few voxels lie beside the border", "Look at the border of the structure by eye.")
    within, beside = float(np.median(inside)), float(np.median(outside))
    ratio = abs(within - beside) / max(noise.sigma, 1e-6)
    unit = f" {seg.unit}" if seg.unit else ""
    good = ratio >= ROSE_LIMIT
    return Finding(
        "contrast",
        Severity.PASS if good else Severity.WARN,
        f"The structure ({within:.0f}{unit}) and its surroundings ({beside:.0f}{unit}) differ by {ratio:.1f} times the "
        "noise.",
        ratio,
        ROSE_LIMIT,
        advice="" if good else "The border is uncertain: expect a rough surface, and check it against the scan.",
    )


def _not_run(why: str, advice: str) -> Finding:
    return Finding("contrast", Severity.NOT_RUN, f"The contrast was not measured: {why}.", advice=advice)


def _sides(mask: npt.NDArray[np.bool_], grey: npt.NDArray[Any]) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    filled = np.flatnonzero(mask.any(axis=(1, 2)))
    chosen = filled[:: max(1, len(filled) // SLICES)]
    plane = ndimage.generate_binary_structure(3, 1)
    plane[0] = plane[2] = False
    label = mask[chosen]

    def shell(side: npt.NDArray[np.bool_]) -> npt.NDArray[Any]:
        thin = ndimage.binary_erosion(side, plane, iterations=NEAR, border_value=1)
        deep = ndimage.binary_erosion(side, plane, iterations=FAR, border_value=1)
        return np.asarray(grey[chosen][thin & ~deep])

    return shell(label), shell(~label)
