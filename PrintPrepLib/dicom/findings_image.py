"""Findings about what the images are: kind, values, blocks of one series, pixels, compression."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..finding import Finding, Severity
from .frame import Frame
from .pixels import missing_package

SQUARE_TOLERANCE = 0.01
"""Pixels whose sides differ by less than this share are square."""

_VOLUME_MODALITIES = ("CT", "MR")
_PROJECTION_WORDS = ("PROJECTION IMAGE", "MIP", "MINIP", "VOLUME RENDERING", "VRT", "3D_RENDERING", "3D")


def image_findings(
    frames: Sequence[Frame],
    modality: str,
    facts: Mapping[str, Any],
    *,
    siblings: int,
    label: str,
    set_aside: Sequence[Frame],
) -> list[Finding]:
    """Judge what the images are.

    Parameters
    ----------
    frames : sequence of Frame
        The slices of one stack.
    modality : str
        DICOM modality.
    facts : mapping
        Technical facts of the first file.
    siblings : int
        Stacks in the same series UID, this one included.
    label : str
        What tells this stack from them.
    set_aside : sequence of Frame
        Images of the same series UID in no stack.
    """
    return [
        *_blocks(siblings, label, set_aside),
        *_kind(frames, modality),
        *_values(frames, modality),
        *_pixels(frames, facts),
        *_repeated_identifiers(frames),
    ]


def _blocks(siblings: int, label: str, set_aside: Sequence[Frame]) -> list[Finding]:
    findings = []
    if siblings > 1:
        which = f" This one: {label}." if label else ""
        findings.append(
            Finding(
                "several-blocks",
                Severity.INFO,
                f"The series holds {siblings} stacks (time points, echoes, orientations or fields of view), listed as "
                f"separate series.{which}",
                measured=siblings,
                limit=1,
                unit="stacks",
                advice="Check in a viewer that this is the one you want.",
            )
        )
    if set_aside:
        count = len(set_aside)
        findings.append(
            Finding(
                "set-aside",
                Severity.INFO,
                f"{count} other {'image' if count == 1 else 'images'} in the series (scouts, captures, other "
                "orientations or without position) set aside.",
                measured=count,
                unit="images",
            )
        )
    return findings


def _kind(frames: Sequence[Frame], modality: str) -> list[Finding]:
    findings = []
    if any(frame.is_localizer for frame in frames):
        findings.append(
            Finding(
                "localizer",
                Severity.FAIL,
                "The scanner marks these images as a scout (localizer): they plan the scan and are too coarse to "
                "print.",
                advice="Choose the scan itself.",
            )
        )
    if any(word in _PROJECTION_WORDS for word in frames[0].image_type):
        findings.append(
            Finding(
                "projection",
                Severity.FAIL,
                "These are projections or renderings (for example MIP), not slices: depth is not in them.",
                advice="Choose the original slices.",
            )
        )
    if modality not in _VOLUME_MODALITIES:
        findings.append(
            Finding(
                "modality",
                Severity.WARN,
                f"The images are neither CT nor MR ({modality or 'no modality is given'}): thresholds and presets are "
                "not made for them.",
                measured=modality,
                advice="Choose thresholds by eye and check the model against the images.",
            )
        )
    if frames[0].count > 1:
        findings.append(
            Finding(
                "multi-frame",
                Severity.INFO,
                f"The slices come as {'an enhanced' if frames[0].enhanced else 'a'} multi-frame object; each frame was "
                "placed by its own position.",
                measured=frames[0].count,
                unit="frames",
            )
        )
    return findings


def _values(frames: Sequence[Frame], modality: str) -> list[Finding]:
    findings = []
    rescales = {(frame.slope, frame.intercept) for frame in frames}
    if len(rescales) > 1:
        findings.append(
            Finding(
                "per-slice-rescale",
                Severity.INFO,
                f"The slices have {len(rescales)} different value scales; each is read with its own.",
                measured=len(rescales),
                limit=1,
                unit="scales",
            )
        )
    if modality == "CT" and any(frame.slope is None or frame.intercept is None for frame in frames):
        findings.append(
            Finding(
                "no-rescale",
                Severity.WARN,
                "The header does not say how stored values become Hounsfield units; stored values are used as "
                "they are.",
                advice="Do not trust presets in HU here; check that air reads about -1000 and water about 0.",
            )
        )
    bits = frames[0].bits_stored
    if bits <= 8:
        findings.append(
            Finding(
                "eight-bit",
                Severity.WARN,
                f"Only {bits} bits are stored per pixel: the full range of values was lost before it came here.",
                measured=bits,
                limit=12,
                unit="bits",
                advice="Export the original images; thresholds in HU mean nothing on these.",
            )
        )
    if any(frame.photometric == "MONOCHROME1" for frame in frames):
        findings.append(
            Finding(
                "inverted-gray",
                Severity.INFO,
                "The images are to be shown inverted (MONOCHROME1); the values are read as they are stored.",
            )
        )
    return findings


def _pixels(frames: Sequence[Frame], facts: Mapping[str, Any]) -> list[Finding]:
    findings = []
    x, y = frames[0].spacing or (1.0, 1.0)
    if abs(x - y) > SQUARE_TOLERANCE * min(x, y):
        findings.append(
            Finding(
                "non-square-pixels",
                Severity.INFO,
                f"The pixels are not square: {x:.3f} mm along rows, {y:.3f} mm along columns. Both are used as they "
                "are.",
                measured=round(max(x, y) / min(x, y), 4),
                limit=1 + SQUARE_TOLERANCE,
            )
        )
    missing = missing_package(frames[0].transfer_syntax)
    if missing:
        findings.append(Finding("missing-package", Severity.FAIL, missing))
    if facts.get("lossy"):
        findings.append(
            Finding(
                "lossy-compression",
                Severity.WARN,
                "The images were compressed with loss: fine detail and exact values may have changed.",
                advice="Use the original, losslessly stored images where you can.",
            )
        )
    return findings


def _repeated_identifiers(frames: Sequence[Frame]) -> list[Finding]:
    seen = {(frame.sop_uid, frame.index) for frame in frames if frame.sop_uid}
    named = sum(bool(frame.sop_uid) for frame in frames)
    if len(seen) == named:
        return []
    return [
        Finding(
            "repeated-identifiers",
            Severity.INFO,
            f"{named - len(seen) + 1} slices carry the same instance identifier although they lie in different places "
            "(an anonymizer did that); they were told apart by position.",
            measured=named - len(seen) + 1,
            limit=1,
        )
    ]
