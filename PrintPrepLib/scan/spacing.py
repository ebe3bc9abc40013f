"""Is the scan fine enough: slice spacing, anisotropy, and the detail wanted."""

from __future__ import annotations

from ..finding import Finding, Severity
from ..volume import Volume

FINE_MM = 1.0
"""Slices up to this are good for printing: 3D protocols for bone use 0.5 to 1.5 mm, thin bone needs 0.5 to 1."""

COARSE_MM = 3.0
"""From here on a model is hard to make: anatomy between the slices is guessed."""

EVEN_RATIO = 2.0
"""Voxels up to this ratio of longest to shortest edge show no visible steps after mild smoothing."""

VOXELS_PER_DETAIL = 2.0
"""A detail must span two voxels to be sampled at all (Nyquist); walls need two to three."""


def spacing_findings(volume: Volume, detail_mm: float | None) -> tuple[Finding, ...]:
    """Judge the voxel size; with ``detail_mm`` also against the smallest detail that shall be seen."""
    spacing = volume.spacing_mm
    return (_step(max(spacing)), _ratio(max(spacing) / min(spacing)), _detail(max(spacing), detail_mm))


def _step(step: float) -> Finding:
    if step <= FINE_MM * 1.001:
        severity, word, advice = Severity.PASS, "fine enough for printing", ""
    elif step < COARSE_MM:
        severity, word = Severity.WARN, "coarser than good for printing"
        advice = (
            "Walls and holes of about this size may be lost. A thin-slice reconstruction of the same scan often exists."
        )
    else:
        severity, word = Severity.FAIL, "too coarse for a true model"
        advice = (
            "Ask for the thin-slice reconstruction (1 mm or less) of the same scan. If there is none, use shape-based "
            "interpolation and treat everything between the slices as a guess."
        )
    return Finding(
        "slice-spacing", severity, f"The slices lie {step:.2f} mm apart: {word}.", step, FINE_MM, "mm", advice=advice
    )


def _ratio(ratio: float) -> Finding:
    good = ratio <= EVEN_RATIO * 1.001
    return Finding(
        "anisotropy",
        Severity.PASS if good else Severity.WARN,
        f"Voxels are {ratio:.2f} times as long as they are wide.",
        ratio,
        EVEN_RATIO,
        advice="" if good else "The surface will show steps: use shape-based interpolation along the slices.",
    )


def _detail(step: float, detail_mm: float | None) -> Finding:
    if detail_mm is None:
        return Finding(
            "detail",
            Severity.NOT_RUN,
            "The smallest detail wanted was not given, so the scan was not held against it.",
            advice="Give the smallest wall or vessel that must be seen, in mm.",
        )
    smallest = step * VOXELS_PER_DETAIL
    good = detail_mm >= smallest * 0.999
    return Finding(
        "detail",
        Severity.PASS if good else Severity.FAIL,
        f"A detail of {detail_mm:g} mm is wanted; this scan shows {smallest:.2f} mm and more in every direction.",
        smallest,
        detail_mm,
        "mm",
        advice="" if good else "Details below that size may be missing or fused. A finer reconstruction is needed.",
    )
