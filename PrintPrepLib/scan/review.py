"""Review a scan for printing: everything that can be known before a surface is made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..finding import Finding
from ..progress import Progress, silent
from ..volume import Volume
from .clipping import clipping_findings
from .contrast import contrast_finding
from .kernel import kernel_finding
from .metal import metal_findings
from .modality import modality_finding
from .noise import measure_noise, noise_finding
from .spacing import spacing_findings
from .units import judge_units, units_finding

if TYPE_CHECKING:
    from ..segment.segmentation import Segmentation


def review(
    volume: Volume,
    *,
    segmentation: Segmentation | None = None,
    detail_mm: float | None = None,
    progress: Progress = silent,
) -> tuple[Finding, ...]:
    """Judge a scan for printing. What was not measured is reported as not run, never as passed.

    Parameters
    ----------
    volume : Volume
        The scan.
    segmentation : Segmentation or None
        The structure, on the scan's own voxels; without it, clipping and contrast are not judged.
    detail_mm : float or None
        Smallest detail that must be seen, in mm.
    progress : Progress
        Receiver.

    Raises
    ------
    ValueError
        ``detail_mm`` is not positive.
    """
    if detail_mm is not None and not detail_mm > 0:
        raise ValueError(f"detail_mm must be positive, got {detail_mm}")
    progress(0.0, "looking at the grey values")
    verdict = judge_units(volume)
    findings = [
        modality_finding(volume, verdict),
        units_finding(verdict),
        *spacing_findings(volume, detail_mm),
        kernel_finding(volume),
    ]
    progress(0.2, "measuring noise")
    noise = measure_noise(volume, verdict)
    findings.append(noise_finding(noise, verdict))
    progress(0.5, "looking for metal")
    findings += metal_findings(volume, verdict)
    progress(0.7, "looking at the structure's border")
    findings.append(contrast_finding(segmentation, noise))
    progress(0.9, "looking at the field of view")
    findings += clipping_findings(segmentation, verdict)
    progress(1.0, "scan reviewed")
    return tuple(findings)
