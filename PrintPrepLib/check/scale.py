"""Is there anything, and is its size that of anatomy in millimeters?"""

from __future__ import annotations

import numpy as np

from ..finding import Finding, Severity
from ..mesh import Mesh
from .subject import Subject

SMALLEST_MM = 2.0
"""The stapes, the smallest bone of the body, is about 3 mm long: what is smaller is in other units."""

SMALL_MM = 20.0
"""Below this a whole organ may have been saved in inches (a skull is 8 inches long) or centimeters; single teeth, ear
bones and aneurysms are as small in truth."""

LARGE_MM = 1000.0
"""A leg is shorter than a meter, and so is the scan range of nearly every examination."""

LARGEST_MM = 3000.0
"""No patient is larger."""

UNIT_FACTORS = ((25.4, "inches"), (10.0, "centimeters"), (1000.0, "meters"))
"""Factors between the units that are mixed up."""

FACTOR_TOLERANCE = 0.1
"""How near the ratio of two sizes must be to a unit's factor to name it: edits change a size by less."""


def check_empty(subject: Subject) -> list[Finding]:
    """Judge whether there is any triangle with area."""
    if subject.mesh.is_empty:
        message = "The model is empty: it has no triangles."
    elif subject.seen.is_empty:
        message = "The model is empty: none of its triangles has any area."
    else:
        return [Finding("empty", Severity.PASS, f"The model has {len(subject.mesh.faces)} triangles.")]
    return [
        Finding(
            "empty",
            Severity.FAIL,
            message,
            measured=0,
            limit=1,
            unit="triangles",
            advice="Was the segmentation applied, and is the threshold right? Go back to the segmentation.",
        )
    ]


def check_scale(subject: Subject) -> list[Finding]:
    """Judge the longest side, against what the model was made from where that is at hand."""
    size = subject.mesh.size_mm
    longest = float(size.max())
    sizes = " x ".join(f"{side:.1f}" for side in size)
    reference = _reference_mm(subject)
    if reference is not None:
        ratio = longest / reference
        unit = _unit_of(ratio)
        if unit is not None:
            return [
                Finding(
                    "scale",
                    Severity.FAIL,
                    f"The model is {ratio:.4g} times as large as what it was made from ({longest:.4g} mm against "
                    f"{reference:.4g} mm): its numbers look like {unit}.",
                    measured=longest,
                    limit=reference,
                    unit="mm",
                    advice="Read the file again with the right units.",
                )
            ]
    severity, text, limit, advice = _plausible(longest)
    return [Finding("scale", severity, f"The model measures {sizes} mm. {text}", longest, limit, "mm", advice=advice)]


def _plausible(longest: float) -> tuple[Severity, str, float | None, str]:
    units = "Check the size against a length in the scan; if it is wrong, read the file again with the right units."
    if not longest >= SMALLEST_MM:
        return Severity.FAIL, "No body part is that small: the numbers look like meters.", SMALLEST_MM, units
    if longest > LARGEST_MM:
        return Severity.FAIL, "No patient is that large: the numbers are not millimeters.", LARGEST_MM, units
    if longest < SMALL_MM:
        text = (
            "That is small for anatomy: right for a tooth or an ear bone, else the numbers are inches or centimeters."
        )
        return Severity.WARN, text, SMALL_MM, units
    if longest > LARGE_MM:
        return Severity.WARN, "That is larger than most scans are long.", LARGE_MM, units
    return Severity.PASS, "That is a plausible size for anatomy.", None, ""


def _unit_of(ratio: float) -> str | None:
    for factor, name in UNIT_FACTORS:
        if abs(ratio * factor - 1.0) < FACTOR_TOLERANCE:
            return name
        if abs(ratio / factor - 1.0) < FACTOR_TOLERANCE:
            return f"{name} that were converted to millimeters once too often"
    return None


def _reference_mm(subject: Subject) -> float | None:
    """Longest side of what the model can be held against."""
    reference: Mesh | None = subject.against
    if reference is not None and not reference.is_empty:
        return float(reference.size_mm.max()) or None
    if subject.segmentation is None:
        return None
    mask = subject.segmentation.mask
    ends = []
    for axis in (2, 1, 0):
        hit = np.flatnonzero(mask.any(axis=tuple(a for a in range(3) if a != axis)))
        if not len(hit):
            return None
        ends.append((hit[0] - 0.5, hit[-1] + 0.5))
    corners = subject.segmentation.labels.to_lps(np.array(np.meshgrid(*ends)).reshape(3, -1).T)
    return float(np.ptp(corners, axis=0).max())
