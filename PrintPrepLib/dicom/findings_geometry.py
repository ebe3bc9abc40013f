"""Findings about where the slices lie: gaps, repeats, uneven steps, tilt, unreadable slices, too few."""

from __future__ import annotations

import numpy as np

from ..finding import Finding, Severity
from .frame import Vector
from .geometry import EVEN_TOLERANCE, MAX_BRIDGED, TILT_DRIFT_PIXELS, StackGeometry
from .grouping import Stack

FEWEST_SLICES = 10
"""Below this there is no body to print, whatever the spacing."""

FEW_SLICES = 40
"""Users found series of 26 to 33 slices too few for a model of an organ or skull."""

THICK_STEP_MM = 3.0
"""Bone protocols for models use 0.5 to 1.5 mm; from about 3 mm users could not get a smooth model."""

SLICE_GAP_SHARE = 0.1
"""Space between slices, as a share of their thickness, above which anatomy was not imaged at all."""


def geometry_findings(geometry: StackGeometry, stack: Stack, lost_files: int) -> list[Finding]:
    """Judge the measured geometry of a stack.

    Parameters
    ----------
    geometry : StackGeometry
        Of the readable slices.
    stack : Stack
        The slices, unreadable ones included.
    lost_files : int
        Files beside the slices whose header cannot be read and that a gap speaks for.
    """
    findings = [_spacing(geometry)]
    findings += _unreadable(stack, lost_files)
    findings += _gaps(geometry)
    findings += _tilt(geometry)
    findings += _repeats(stack)
    findings += _amount(geometry, len(stack.frames) + lost_files)
    findings += _thickness(geometry, stack)
    if stack.jump_mm > 0:
        findings.append(
            Finding(
                "gap-between-regions",
                Severity.WARN,
                f"The series stops and goes on {stack.jump_mm:.0f} mm further; the regions are listed as "
                "separate series.",
                measured=round(stack.jump_mm, 2),
                unit="mm",
                advice="If one continuous region was scanned, many slices are missing: copy the series again.",
            )
        )
    return findings


def _spacing(geometry: StackGeometry) -> Finding:
    low, high = float(geometry.steps.min()), float(geometry.steps.max())
    usual = _usual_steps(geometry)
    if geometry.even or float(np.ptp(usual)) <= EVEN_TOLERANCE * geometry.step:
        which = "The slices are" if geometry.even else "Apart from what is missing, the slices are"
        return Finding(
            "even-steps",
            Severity.PASS,
            f"{which} evenly spaced, {geometry.step:.3f} mm apart.",
            measured=round(geometry.step, 4),
            unit="mm",
        )
    along = geometry.height_mm / float(geometry.depths[-1])
    table = f" ({low * along:.2f} to {high * along:.2f} mm along the table)" if geometry.tilted else ""
    return Finding(
        "uneven-steps",
        Severity.WARN,
        f"The slices are unevenly spaced: {low:.2f} to {high:.2f} mm apart{table}. They are read onto a regular grid "
        f"of {geometry.step:.2f} mm from their true positions; between slices further apart, values are interpolated.",
        measured=round(high - low, 4),
        limit=round(EVEN_TOLERANCE * geometry.step, 4),
        unit="mm",
        advice="If an evenly spaced reconstruction of this scan exists, use that one.",
    )


def _usual_steps(geometry: StackGeometry) -> Vector:
    """Return the steps without those over a gap; all of them where nothing else is left."""
    gaps = {gap.after for gap in geometry.gaps}
    usual = [step for index, step in enumerate(geometry.steps) if index not in gaps]
    return np.array(usual) if usual else geometry.steps


def _unreadable(stack: Stack, lost_files: int) -> list[Finding]:
    broken = [number for number, frame in enumerate(stack.frames, start=1) if not frame.complete]
    count = len(broken) + lost_files
    if count == 0:
        return []
    total = len(stack.frames) + lost_files
    at_end = sum(number in (1, len(stack.frames)) for number in broken)
    tail = f" {at_end} of them at an end of the stack, which makes it shorter." if at_end else ""
    return [
        Finding(
            "unreadable-slices",
            Severity.WARN if count <= MAX_BRIDGED else Severity.FAIL,
            f"{count} of {total} slices cannot be read because their files are cut off.{tail}",
            measured=count,
            limit=0,
            unit="slices",
            advice="Copy the series again from the disc or archive.",
        )
    ]


def _gaps(geometry: StackGeometry) -> list[Finding]:
    if not geometry.gaps:
        return []
    places = ", ".join(
        f"{gap.count} after slice {gap.after + 1} ({geometry.steps[gap.after]:.2f} mm to the next)"
        for gap in geometry.gaps[:5]
    )
    more = "" if len(geometry.gaps) <= 5 else f" and in {len(geometry.gaps) - 5} more places"
    if geometry.missing <= MAX_BRIDGED:
        return [
            Finding(
                "missing-slice",
                Severity.WARN,
                f"One slice is missing inside the stack: {places}, where {geometry.step:.2f} mm is usual. It is "
                "bridged by interpolating its two neighbors: what lies there was not seen by the scanner.",
                measured=1,
                limit=0,
                unit="slices",
                where=geometry.gaps[0].where,
                advice="Look for the missing file, or check the model at this height against the scan.",
            )
        ]
    return [
        Finding(
            "missing-slices",
            Severity.FAIL,
            f"{geometry.missing} slices are missing inside the stack: {places}{more}, where {geometry.step:.2f} mm is "
            "usual. That is too much to bridge truthfully.",
            measured=geometry.missing,
            limit=MAX_BRIDGED,
            unit="slices",
            where=geometry.gaps[0].where,
            advice="Copy or export the complete series again.",
        )
    ]


def _tilt(geometry: StackGeometry) -> list[Finding]:
    findings = []
    if geometry.tilted:
        drift = float(np.linalg.norm(geometry.shifts, axis=1).max())
        findings.append(
            Finding(
                "gantry-tilt",
                Severity.WARN,
                f"The slices are tilted by {geometry.tilt_deg:.1f} degrees against the direction they are stacked in "
                f"(gantry tilt): each is shifted sideways, {drift:.1f} mm over the stack. They are read onto an "
                "upright grid from their true positions, which removes the shear; neighbors are "
                f"{geometry.step:.2f} mm apart at right angles.",
                measured=round(geometry.tilt_deg, 3),
                limit=TILT_DRIFT_PIXELS,
                unit="degrees (limit: pixels of sideways drift)",
                advice="Nothing to do; an untilted scan gives finer detail.",
            )
        )
    if geometry.wander_mm > 0:
        findings.append(
            Finding(
                "shifted-slices",
                Severity.WARN,
                f"Single slices lie up to {geometry.wander_mm:.2f} mm beside the line of the stack. They are read from "
                "their true positions.",
                measured=round(geometry.wander_mm, 3),
                unit="mm",
                advice="Check the model for sideways steps: the table or the center of the picture was moved.",
            )
        )
    return findings


def _repeats(stack: Stack) -> list[Finding]:
    findings = []
    for code, count, severity, words, advice in (
        ("duplicate-instance", stack.same_instance, Severity.INFO, "the same instance as another file", ""),
        ("duplicate-pixels", stack.same_pixels, Severity.INFO, "the same picture at the same position as another", ""),
        (
            "duplicate-position",
            stack.same_position,
            Severity.WARN,
            "at the same position as another slice, but with different pixels; the one with the lower number was kept",
            "Check in a viewer which of the two belongs to this scan.",
        ),
    ):
        if count:
            what = "1 image is" if count == 1 else f"{count} images are"
            message = f"{what} {words}; dropped, {len(stack.frames)} slices are left."
            findings.append(Finding(code, severity, message, measured=count, limit=0, unit="images", advice=advice))
    return findings


def _amount(geometry: StackGeometry, count: int) -> list[Finding]:
    findings = []
    if count < FEW_SLICES:
        grave = count < FEWEST_SLICES
        findings.append(
            Finding(
                "too-few-slices",
                Severity.FAIL if grave else Severity.WARN,
                f"There are only {count} slices ({geometry.height_mm:.1f} mm from the first to the last).",
                measured=count,
                limit=FEWEST_SLICES if grave else FEW_SLICES,
                unit="slices",
                advice="Look for the thin-slice series of the same scan, or for files that were left behind.",
            )
        )
    thick = float(_usual_steps(geometry).max())
    if thick > THICK_STEP_MM:
        findings.append(
            Finding(
                "thick-slices",
                Severity.WARN,
                f"The slices are up to {thick:.2f} mm apart; details smaller than that between slices "
                "are not in the scan, and the model will show steps or guessed shapes.",
                measured=round(thick, 3),
                limit=THICK_STEP_MM,
                unit="mm",
                advice="For bone ask for slices of 0.5 to 1.5 mm; the scanner can often rebuild them from raw data.",
            )
        )
    return findings


def _thickness(geometry: StackGeometry, stack: Stack) -> list[Finding]:
    values = [frame.thickness for frame in stack.frames if frame.thickness]
    if not values or not geometry.even:
        return []
    thickness = float(np.median(values))
    space = geometry.step - thickness
    if abs(space) <= SLICE_GAP_SHARE * thickness:
        return []
    apart = f"{geometry.step:.2f} mm apart while the header calls them {thickness:.2f} mm thick"
    if space > 0:
        return [
            Finding(
                "space-between-slices",
                Severity.WARN,
                f"The slices are {apart}: {space:.2f} mm between them were not imaged. The measured distance is used.",
                measured=round(space, 3),
                limit=round(SLICE_GAP_SHARE * thickness, 3),
                unit="mm",
                advice="Use a series without space between slices where detail matters.",
            )
        ]
    return [
        Finding(
            "overlapping-slices",
            Severity.INFO,
            f"The slices are {apart}: they overlap. The measured distance is used.",
            measured=round(-space, 3),
            unit="mm",
        )
    ]
