"""Anatomy that the field of view of the scan cuts off."""

from __future__ import annotations

from ..finding import Finding, Severity
from .subject import Subject, not_run, place


def check_clipped(subject: Subject) -> list[Finding]:
    """Say where the model ends because the scan ended; one finding for each face of the field of view."""
    if subject.clipped is not None:
        faces = tuple(subject.clipped)
    elif subject.segmentation is not None:
        faces = subject.segmentation.clipped
    else:
        reason = "it is not known where the scan ended."
        return [not_run("clipped-anatomy", reason, "Check against the segmentation.")]
    if not faces:
        message = "The structure ends inside the field of view of the scan."
        return [Finding("clipped-anatomy", Severity.PASS, message, 0.0, 0.0, "mm2")]
    return [
        Finding(
            "clipped-anatomy",
            Severity.WARN,
            f"The structure is cut off at {face.name} of the scan: {face.area_mm2:.0f} mm2 of the model's surface "
            "there is a flat cap, not anatomy.",
            face.area_mm2,
            0.0,
            "mm2",
            place(face.center_mm),
            "Say so on the model, or scan a larger field of view.",
        )
        for face in faces
    ]
