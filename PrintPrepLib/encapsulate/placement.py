"""Does the model lie where the scan is? A wrong case or swapped axes must not reach the archive."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..errors import InputError
from ..finding import Finding, Severity
from ..mesh import Mesh
from .source import SourceSeries

MARGIN_MM = 3.0
"""How far a model may stand out of the scan: thickened walls and caps at the border do by a millimeter or two; a base,
a connector or another patient by more."""

_RAS_LPS = np.array([-1.0, -1.0, 1.0])


def placement_finding(mesh: Mesh, source: SourceSeries) -> Finding:
    """Measure how far the model stands out of the scan's box.

    Lying inside proves little (another head fits, too); lying outside proves that something is wrong or was added.
    """
    outside = source.outside_mm(mesh.vertices[mesh.used_vertices])
    farthest = float(outside.max())
    share = float((outside > MARGIN_MM).mean())
    if farthest <= MARGIN_MM:
        message = (
            "The model lies within the scan."
            if farthest == 0
            else (f"The model stands out of the scan by at most {farthest:.2f} mm, which a cap or a wall can explain.")
        )
        return Finding("within-scan", Severity.PASS, message, round(farthest, 3), MARGIN_MM, "mm")
    turned = source.outside_mm(mesh.vertices[mesh.used_vertices] * _RAS_LPS)
    hint = ""
    if float(turned.max()) <= MARGIN_MM:
        hint = " With left and right, front and back swapped it would lie inside: its axes are RAS, not LPS."
    at = mesh.vertices[mesh.used_vertices][int(outside.argmax())]
    return Finding(
        "within-scan",
        Severity.FAIL,
        f"{100 * share:.1f} % of the model's corners lie outside the scan, by up to {farthest:.1f} mm.{hint}",
        round(farthest, 3),
        MARGIN_MM,
        "mm",
        (float(at[0]), float(at[1]), float(at[2])),
        "Take the series that the model was made from, and the mesh in its place in the patient. Where something was "
        "added that must stand out (a base, a connector), say so with --outside-reason.",
    )


def accepted(finding: Finding, reason: str) -> Finding:
    """Return the finding; a failed one is refused unless there is a reason, and is then a warning that names it.

    Raises
    ------
    InputError
        Failed, and no reason.
    """
    if finding.severity is not Severity.FAIL:
        return finding
    if not reason.strip():
        raise InputError(f"{finding.message} {finding.advice} Nothing was written.")
    message = f"{finding.message} Written all the same, for the reason given: {reason.strip()}"
    advice = "Let someone who knows the case confirm this reason."
    return replace(finding, severity=Severity.WARN, message=message, advice=advice)
