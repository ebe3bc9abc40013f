"""What kind of scan it is, and what that means for a model."""

from __future__ import annotations

from ..finding import Finding, Severity
from ..volume import Volume
from .units import Calibration, UnitVerdict


def modality_finding(volume: Volume, verdict: UnitVerdict) -> Finding:
    """Say what the modality allows."""
    modality = volume.source.modality.upper()
    if verdict.calibration is Calibration.CONE_BEAM:
        return Finding(
            "modality",
            Severity.WARN,
            "Cone-beam CT: sharp, but its grey values are not calibrated and soft tissue is poor.",
            "CBCT",
            advice="Good for teeth and jaw. Set thresholds by eye.",
        )
    if modality == "CT":
        return Finding("modality", Severity.PASS, "The scan is a CT.", modality)
    if modality == "MR":
        return Finding(
            "modality",
            Severity.INFO,
            "The scan is an MR: grey values have no unit, and bone and air are both dark.",
            modality,
            advice="Bone cannot be taken by a threshold. Use an MR preset or a ready label map, on a 3D sequence.",
        )
    if modality:
        return Finding(
            "modality",
            Severity.WARN,
            f"The scan is of modality {modality}; PrintPrep is made for CT and MR.",
            modality,
            advice="Bring a ready label map, and compare a known length on the model.",
        )
    guess = "look like CT" if verdict.is_hounsfield else "do not look like CT"
    return Finding(
        "modality",
        Severity.INFO,
        f"The file does not say what kind of scan it is; its values {guess}.",
        None,
        advice="Prefer the DICOM series to a converted file: it names the modality, the device and the kernel.",
    )
