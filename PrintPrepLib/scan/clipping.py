"""Does the field of view cut through the structure?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..finding import Finding, Severity
from ..volume import Volume
from .units import PADDING_BELOW, UnitVerdict

if TYPE_CHECKING:
    from ..segment.segmentation import Segmentation

_ADVICE = (
    "The model is cut flat there, and the cut is not anatomy. If that part matters, look for a series that covers it."
)


def clipping_findings(seg: Segmentation | None, verdict: UnitVerdict) -> tuple[Finding, ...]:
    """Name the ends of the scan that cut the structure, with place and area; also the round field of view."""
    if seg is None:
        return (
            Finding(
                "clipped",
                Severity.NOT_RUN,
                "Whether the field of view cuts the structure was not looked at: nothing is segmented yet.",
                advice="Segment first, then review again.",
            ),
        )
    found = [
        Finding(
            "clipped",
            Severity.WARN,
            f"The scan ends inside the structure at {face.name}: {face.area_mm2 / 100:.2f} cm2 are cut.",
            face.area_mm2,
            0.0,
            "mm2",
            face.center_mm,
            _ADVICE,
        )
        for face in seg.clipped
    ]
    if verdict.is_hounsfield and verdict.lowest < PADDING_BELOW and seg.unit == "HU" and seg.grey is not None:
        found += _padding(seg.mask, seg.grey)
    if found:
        return tuple(found)
    return (Finding("clipped", Severity.PASS, "The structure lies wholly inside the field of view.", 0.0, 0.0, "mm2"),)


def _padding(mask: np.ndarray, grey: Volume) -> list[Finding]:
    """Structure that touches the filling outside the round field of view."""
    outside = grey.array < PADDING_BELOW
    if not outside.any():
        return []
    spacing = grey.spacing_mm[::-1]
    area, total, place = 0.0, 0, np.zeros(3)
    for axis in range(3):
        face = float(np.prod(np.delete(np.array(spacing), axis)))
        a = [slice(None)] * 3
        b = [slice(None)] * 3
        a[axis], b[axis] = slice(1, None), slice(None, -1)
        for first, second in ((tuple(a), tuple(b)), (tuple(b), tuple(a))):
            hit = np.argwhere(mask[first] & outside[second])
            area += face * len(hit)
            total += len(hit)
            place += hit.sum(axis=0)
    if not total:
        return []
    x, y, z = grey.to_lps((place / total)[None, ::-1])[0].tolist()
    return [
        Finding(
            "clipped",
            Severity.WARN,
            f"The structure runs out of the round field of view: {area / 100:.2f} cm2 are cut.",
            area,
            0.0,
            "mm2",
            (x, y, z),
            _ADVICE,
        )
    ]
