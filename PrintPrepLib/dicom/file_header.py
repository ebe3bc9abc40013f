"""What the header of a volume file says about its geometry, where it contradicts itself, and names of segments."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk

from ..finding import Finding, Severity

FORMS_TOLERANCE = 0.1
"""The two geometries of a NIfTI file agree when no corner differs by more than this share of a voxel; both are stored
in single precision."""

PLAUSIBLE_SPACING_MM = (0.005, 20.0)
"""Finer than any clinical or micro CT, or coarser than anything that can be printed."""

_HEADER_BYTES = 16384
"""Text headers of MetaImage and NRRD end well before this."""

Affine = npt.NDArray[np.float64]


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
        findings += _nifti(metadata, image)
        stated = int(metadata.get("qform_code", "0")) > 0 or int(metadata.get("sform_code", "0")) > 0
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


def _nifti(metadata: Mapping[str, str], image: sitk.Image) -> list[Finding]:
    qcode, scode = int(metadata.get("qform_code", "0")), int(metadata.get("sform_code", "0"))
    if qcode <= 0 and scode <= 0:
        return [_no_space("Neither of the two geometries of the NIfTI header is filled in")]
    if qcode <= 0 or scode <= 0:
        return []
    qform, sform = _qform(metadata), _sform(metadata)
    if qform is None or sform is None:
        return []
    corners = np.array(np.meshgrid(*[(0, n - 1) for n in image.GetSize()])).reshape(3, -1)
    apart = np.linalg.norm(
        qform[:3, :3] @ corners + qform[:3, 3:] - sform[:3, :3] @ corners - sform[:3, 3:], axis=0
    ).max()
    limit = FORMS_TOLERANCE * float(min(image.GetSpacing()))
    if apart <= limit:
        return []
    mirrored = bool(np.linalg.det(qform[:3, :3]) * np.linalg.det(sform[:3, :3]) < 0)
    used = _used(image, qform, sform)
    return [
        Finding(
            "two-geometries",
            Severity.FAIL if mirrored else Severity.WARN,
            f"The NIfTI header holds two geometries that differ by up to {apart:.2f} mm"
            + (", one the mirror image of the other" if mirrored else "")
            + f"; the {used} was used.",
            measured=round(float(apart), 4),
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


def _used(image: sitk.Image, qform: Affine, sform: Affine) -> str:
    lps = np.diag([-1.0, -1.0, 1.0])
    own = np.array(image.GetDirection()).reshape(3, 3) * np.array(image.GetSpacing())
    origin = np.array(image.GetOrigin())

    def distance(form: Affine) -> float:
        return float(np.abs(lps @ form[:3, :3] - own).sum() + np.abs(lps @ form[:3, 3] - origin).sum())

    return "qform" if distance(qform) <= distance(sform) else "sform"


def _sform(metadata: Mapping[str, str]) -> Affine | None:
    try:
        rows = [[float(word) for word in metadata[f"srow_{axis}"].split()] for axis in "xyz"]
    except (KeyError, ValueError):
        return None
    return np.array([*rows, [0.0, 0.0, 0.0, 1.0]]) * _unit(metadata) if all(len(row) == 4 for row in rows) else None


def _qform(metadata: Mapping[str, str]) -> Affine | None:
    """Turn the quaternion of the NIfTI header into a matrix (nifti1.h, method 2)."""
    try:
        b, c, d = (float(metadata[f"quatern_{axis}"]) for axis in "bcd")
        offset = [float(metadata[f"qoffset_{axis}"]) for axis in "xyz"]
        size = [float(metadata[f"pixdim[{axis}]"]) for axis in (1, 2, 3)]
        sign = -1.0 if float(metadata["pixdim[0]"]) < 0 else 1.0
    except (KeyError, ValueError):
        return None
    a = float(np.sqrt(max(0.0, 1.0 - b * b - c * c - d * d)))
    rotation = np.array(
        [
            [a * a + b * b - c * c - d * d, 2 * (b * c - a * d), 2 * (b * d + a * c)],
            [2 * (b * c + a * d), a * a + c * c - b * b - d * d, 2 * (c * d - a * b)],
            [2 * (b * d - a * c), 2 * (c * d + a * b), a * a + d * d - b * b - c * c],
        ]
    )
    matrix = np.eye(4)
    matrix[:3, :3] = rotation * (np.array(size) * [1.0, 1.0, sign])
    matrix[:3, 3] = offset
    return matrix * _unit(metadata)


def _unit(metadata: Mapping[str, str]) -> float:
    """Millimeters per unit of the NIfTI header: 1 meters, 2 millimeters, 3 micrometers."""
    return {1: 1000.0, 3: 0.001}.get(int(metadata.get("xyzt_units", "0")) & 7, 1.0)


def _start_of(path: Path) -> bytes:
    with path.open("rb") as stream:
        return stream.read(_HEADER_BYTES)
