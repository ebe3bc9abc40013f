"""What the header of a volume file says about its geometry, where it contradicts itself, and names of segments."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import SimpleITK as sitk

from ..finding import Finding, Severity
from .nifti import Forms, read_forms

FORMS_TOLERANCE = 0.1
"""The two geometries of a NIfTI file agree when no corner differs by more than this share of a voxel; both are stored
in single precision."""

PLAUSIBLE_SPACING_MM = (0.005, 20.0)
"""Finer than any clinical or micro CT, or coarser than anything that can be printed."""

_HEADER_BYTES = 16384
"""Text headers of MetaImage and NRRD end well before this."""


def header_findings(path: Path, metadata: Mapping[str, str], image: sitk.Image) -> list[Finding]:
    """Judge the geometry that a file states.

    Parameters
    ----------
    path : Path
        The file.
    metadata : mapping
        Header fields as SimpleITK gives them.
    image : SimpleITK.Image
        The image read from it.
    """
    name = path.name.lower()
    findings: list[Finding] = []
    if name.endswith((".nii", ".nii.gz")):
        forms = read_forms(path)
        findings += _nifti(forms, image)
        stated = forms.qform is not None or forms.sform is not None
    elif name.endswith((".nrrd", ".nhdr")):
        stated = "NRRD_space" in metadata
        if not stated:
            findings.append(_no_space("The header names no patient space"))
    else:
        stated = b"ElementSpacing" in _start_of(path) or b"ElementSize" in _start_of(path)
    findings += _spacing(image, stated)
    direction = np.array(image.GetDirection()).reshape(3, 3)
    if np.linalg.det(direction) < 0:
        findings.append(
            Finding(
                "left-handed",
                Severity.INFO,
                "The axes of the image are left-handed; places are computed accordingly, nothing is mirrored.",
            )
        )
    return findings


def header_names(metadata: Mapping[str, str]) -> dict[int, str]:
    """Return the names of a Slicer segmentation by label value."""
    names = {}
    for key, value in metadata.items():
        match = re.fullmatch(r"Segment(\d+)_LabelValue", key)
        if match and value.strip().isdigit():
            names[int(value)] = metadata.get(f"Segment{match.group(1)}_Name", "").strip() or f"label {value.strip()}"
    return names


def _spacing(image: sitk.Image, stated: bool) -> list[Finding]:
    spacing = [float(value) for value in image.GetSpacing()]
    words = " x ".join(f"{value:g}" for value in spacing)
    low, high = PLAUSIBLE_SPACING_MM
    if min(spacing) < low or max(spacing) > high:
        return [
            Finding(
                "implausible-spacing",
                Severity.FAIL,
                f"The voxels are said to be {words} mm; that is not a scan of a person in millimeters.",
                measured=min(spacing) if min(spacing) < low else max(spacing),
                limit=low if min(spacing) < low else high,
                unit="mm",
                advice="Check the unit of the file, or start from the DICOM files.",
            )
        ]
    if spacing != [1.0, 1.0, 1.0]:
        return []
    return [
        Finding(
            "spacing-one",
            Severity.INFO if stated else Severity.WARN,
            "The voxels are said to be exactly 1 x 1 x 1 mm"
            + ("." if stated else ", and the header does not show that anybody measured that."),
            measured=1.0,
            unit="mm",
            advice="Programs write 1 x 1 x 1 when they lost the true size: measure something known before printing.",
        )
    ]


def _nifti(forms: Forms, image: sitk.Image) -> list[Finding]:
    if forms.qform is None and forms.sform is None:
        return [_no_space("Neither of the two geometries of the NIfTI header is filled in")]
    if forms.qform is None or forms.sform is None:
        return []
    apart, used = forms.compare(image)
    limit = FORMS_TOLERANCE * float(min(image.GetSpacing()))
    if apart <= limit:
        return []
    mirrored = bool(np.linalg.det(forms.qform[:3, :3]) * np.linalg.det(forms.sform[:3, :3]) < 0)
    return [
        Finding(
            "two-geometries",
            Severity.FAIL if mirrored else Severity.WARN,
            f"The NIfTI header holds two geometries that differ by up to {apart:.2f} mm"
            + (", one the mirror image of the other" if mirrored else "")
            + f"; the {used} was used.",
            measured=round(apart, 4),
            limit=round(limit, 4),
            unit="mm",
            advice="Check size and left and right against the original scan, or start from the DICOM files.",
        )
    ]


def _no_space(what: str) -> Finding:
    return Finding(
        "no-patient-space",
        Severity.WARN,
        f"{what}: left and right, head and feet are guessed.",
        advice="Check left and right against the original scan before printing: the model may be mirrored.",
    )


def _start_of(path: Path) -> bytes:
    with path.open("rb") as stream:
        return stream.read(_HEADER_BYTES)
