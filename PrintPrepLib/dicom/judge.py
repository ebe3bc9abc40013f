"""Turns a stack of slices into a series with a verdict: every deviation is measured, said, and weighed."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from ..finding import Finding, Severity, worst
from .findings_geometry import geometry_findings
from .findings_image import image_findings
from .frame import Frame
from .geometry import StackGeometry, measure_stack
from .grouping import Stack
from .series import Series, Verdict

_ID_LENGTH = 10
"""Hexadecimal digits of a series id: 40 bits, short enough to type, unique in any archive a person points at."""


def judge_stack(
    key: str,
    stack: Stack,
    modality: str,
    facts: Mapping[str, Any],
    *,
    siblings: int = 1,
    set_aside: Sequence[Frame] = (),
    lost_files: int = 0,
) -> Series:
    """Judge one stack.

    Parameters
    ----------
    key : str
        Identifies series and block; only its hash goes into the result.
    stack : Stack
        At least two slices.
    modality : str
        DICOM modality.
    facts : mapping
        Technical facts of its first file.
    siblings : int
        Stacks in the same series UID, this one included.
    set_aside : sequence of Frame
        Images of the same series UID that belong to no stack.
    lost_files : int
        Files beside these slices of which not even the header can be read.
    """
    frames = stack.frames
    known = measure_stack(frames)
    readable = tuple(frame for frame in frames if frame.complete)
    geometry = measure_stack(readable, known.step) if 2 <= len(readable) < len(frames) else known
    lost = min(lost_files, known.missing)
    findings = (
        *geometry_findings(geometry, stack, lost),
        *image_findings(frames, modality, facts, siblings=siblings, label=stack.label, set_aside=set_aside),
    )
    first = frames[0]
    assert first.spacing is not None
    return Series(
        id=series_id(key),
        modality=modality,
        slices=len(frames) + lost,
        rows=first.rows,
        columns=first.columns,
        spacing_mm=(first.spacing[0], first.spacing[1], geometry.grid_step),
        step_min_mm=float(geometry.steps.min()),
        step_max_mm=float(geometry.steps.max()),
        tilt_deg=geometry.tilt_deg,
        height_mm=geometry.height_mm,
        verdict=Verdict.NOT_A_VOLUME if len(readable) < 2 else _verdict(findings),
        findings=findings,
        facts=MappingProxyType({**facts, **_stack_facts(frames, geometry, stack)}),
        stack=stack,
        geometry=geometry,
    )


def judge_pictures(key: str, frames: Sequence[Frame], modality: str, facts: Mapping[str, Any]) -> Series:
    """Describe images of one series UID that make no volume: scouts, captures, single slices, no geometry."""
    first = max(frames, key=lambda frame: (frame.has_geometry, frame.rows * frame.columns))
    reasons = picture_reasons(frames)
    finding = Finding(
        "not-a-volume",
        Severity.FAIL,
        f"This series of {_count(len(frames), 'image')} is not a volume: {'; '.join(reasons)}.",
        measured=len(frames),
        advice="Choose another series: the thin axial slices that the scanner or archive sends as 'thin', "
        "'bone' or 'volume'.",
    )
    return Series(
        id=series_id(key),
        modality=modality,
        slices=len(frames),
        rows=first.rows,
        columns=first.columns,
        spacing_mm=None,
        step_min_mm=None,
        step_max_mm=None,
        tilt_deg=None,
        height_mm=None,
        verdict=Verdict.NOT_A_VOLUME,
        findings=(finding, *(_specific(frames))),
        facts=facts,
    )


def picture_reasons(frames: Sequence[Frame]) -> list[str]:
    """Say in words why images are in no stack, with counts."""
    left = list(frames)
    reasons = []
    for matches, words in (
        (lambda f: not f.is_gray, "{} in color (a screen capture or report page)"),
        (lambda f: f.is_mosaic, "{} a mosaic of many slices in one picture"),
        (lambda f: f.is_localizer, "{} a scout"),
        (lambda f: not f.has_geometry, "{} without position, orientation or pixel size"),
    ):
        hit = [frame for frame in left if matches(frame)]
        left = [frame for frame in left if not matches(frame)]
        if hit:
            reasons.append(words.format(f"{len(hit)}"))
    if left:
        directions = {tuple(round(value, 1) + 0.0 for value in frame.orientation or ()) for frame in left}
        if len(directions) > 1:
            reasons.append(f"{len(left)} in {len(directions)} different orientations")
        elif len(left) == 1:
            reasons.append("1 single slice")
        else:
            reasons.append(f"{len(left)} that share a position or differ in size")
    return reasons


def series_id(key: str) -> str:
    """Hash what identifies a series; the UID itself is never shown."""
    return hashlib.sha256(key.encode()).hexdigest()[:_ID_LENGTH]


def _specific(frames: Sequence[Frame]) -> list[Finding]:
    """One finding for each kind of picture, so that scripts need not read the sentence."""
    found = []
    for code, message, advice, matches in (
        ("color", "{} in color: captures or report pages, not a scan.", "", lambda f: not f.is_gray),
        (
            "mosaic",
            "{} with many slices tiled into one picture; their positions are only in private tags.",
            "Export the series as single slices or as an enhanced object.",
            lambda f: f.is_mosaic,
        ),
        ("localizer", "{} marked as scout by the scanner.", "", lambda f: f.is_localizer),
        (
            "missing-geometry",
            "{} without a valid position, orientation or pixel size, so nothing says how large anything is.",
            "Export the original images, not captures or converted copies.",
            lambda f: not f.has_geometry and not f.is_mosaic,
        ),
        ("unreadable-slices", "{} cut off: part of the pixels is missing.", "Copy the files again.", _cut_off),
    ):
        count = sum(bool(matches(frame)) for frame in frames)
        if count:
            text = message.format(_count(count, "image"))
            found.append(Finding(code, Severity.FAIL, text, measured=count, limit=0, unit="images", advice=advice))
    directions = {tuple(round(value, 1) + 0.0 for value in f.orientation or ()) for f in frames if f.has_geometry}
    if len(directions) > 1:
        message = f"The images lie in {len(directions)} different orientations, as scouts do."
        found.append(Finding("mixed-orientation", Severity.FAIL, message, measured=len(directions), limit=1))
    return found


def _cut_off(frame: Frame) -> bool:
    return not frame.complete


def _verdict(findings: Sequence[Finding]) -> Verdict:
    grave = worst(findings)
    if grave is Severity.FAIL:
        return Verdict.POOR
    return Verdict.USABLE if grave is Severity.WARN else Verdict.GOOD


def _stack_facts(frames: Sequence[Frame], geometry: StackGeometry, stack: Stack) -> dict[str, Any]:
    thickness = sorted({frame.thickness for frame in frames if frame.thickness is not None})
    return {
        "image_type": "/".join(frames[0].image_type),
        "multi_frame": frames[0].count > 1,
        "bits_stored": frames[0].bits_stored,
        "slice_thickness_tag_mm": thickness,
        "readable_slices": sum(frame.complete for frame in frames),
        "missing_slices": geometry.missing,
        "height_along_normal_mm": float(geometry.depths[-1]),
        "resampling_needed": not geometry.regular,
        "block": stack.label,
        "rescale_slopes": len({frame.slope for frame in frames}),
    }


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
