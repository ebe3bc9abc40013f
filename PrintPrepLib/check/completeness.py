"""Is all that was segmented in the model, and is there nothing in the model that was not segmented?

Against a label map both are sets of voxels. A surface between the voxels, smoothed by a part of a voxel, differs from
the label by single voxels nearly everywhere; that is no loss. What counts is farther away than the tolerance of one
voxel: a voxel of the label whose 26 neighbors hold nothing of the model and that lies more than a voxel from its
surface, and a voxel of the model (or a place on its surface: a web may be thinner than a voxel) that touches nothing of
the label. Round such cores the voxels that differ are added again, so that a lost plate is counted whole. Gaps and
walls that close or open by less than three voxels cannot be told this way; volumes of both are reported beside.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import ndimage

from ..finding import Finding, Severity
from ..mesh import FloatArray, Mesh
from ..spatial import SurfaceIndex
from ..spatial.sampling import area_samples
from .completeness_mesh import completeness_against_mesh
from .places import LISTED, LostPlace, describe, group_voxels, severity_of
from .subject import Subject, not_run, place
from .voxel_grid import Mask, VoxelGrid

TOLERANCE_VOXELS = 1.0
"""Smoothing is bounded to a part of a voxel and a label is uncertain by half of one."""

MOST_SAMPLES = 300_000
"""Places on the surface that are looked up, besides its vertices; one per voxel face on all but the largest models."""

WORTH_NAMING_VOXELS = 27
"""3 x 3 x 3 voxels: smoothing rounds off thorns of a few voxels, which are reported but fail nothing."""

WORTH_NAMING_FACES = 9
"""The same for a sheet thinner than a voxel: 3 x 3 faces of a voxel."""

DROPPED_SHARE = 0.5
"""Whole pieces are left out on purpose all the time (debris, the other bone), but hardly more than half of all."""

_CODES = ("completeness-missing", "completeness-extra")


def check_completeness(subject: Subject) -> list[Finding]:
    """Judge what is missing and what is extra, against the segmentation where there is one, else against a mesh."""
    if subject.segmentation is None and subject.against is None:
        advice = "Check against the segmentation, or against the surface before it was edited."
        return [not_run(code, "there is nothing to compare the model with.", advice) for code in _CODES]
    if subject.segmentation is None:
        return completeness_against_mesh(subject)
    if not subject.is_closed:
        reason = "the model has open edges, so it has no inside."
        return [not_run(code, reason, "Close the holes first.") for code in _CODES]
    grid = subject.grid
    if grid is None or not grid.label.any():
        return [not_run(code, "the segmentation is empty.") for code in _CODES]
    inside = grid.inside(subject.seen)
    volumes = (
        f"The label map holds {subject.segmentation.volume_ml:.3f} ml, the model "
        f"{subject.mesh.volume_mm3 / 1000:.3f} ml."
    )
    return _missing(subject, grid, inside, volumes) + _extra(subject, grid, inside, volumes)


def _missing(subject: Subject, grid: VoxelGrid, inside: Mask, volumes: str) -> list[Finding]:
    differ = np.flatnonzero(grid.label & ~inside)
    core = differ[~grid.any_near(inside, differ)]
    if len(core):
        # Distances in voxels: a thin wall of the model may pass between the centers.
        surface = SurfaceIndex(Mesh(grid.to_ijk(subject.seen.vertices), subject.seen.faces))
        kji = np.stack(np.unravel_index(core, grid.shape), axis=1)
        near = surface.closest(kji[:, ::-1].astype(np.float64), TOLERANCE_VOXELS)
        core = core[near.faces < 0]
    places: Sequence[LostPlace] = group_voxels(grid, core, differ)
    findings = []
    dropped: list[LostPlace] = []
    if places:
        pieces, _ = ndimage.label(grid.label)
        kept = np.zeros(pieces.max() + 1, bool)
        kept[pieces[grid.label & inside]] = True
        kept[pieces.ravel()[np.setdiff1d(differ, core)]] = True
        dropped = [lost for lost in places if not kept[pieces.ravel()[lost.voxel]]]
        places = [lost for lost in places if kept[pieces.ravel()[lost.voxel]]]
    if dropped:
        findings.append(_dropped(grid, dropped, volumes))
    findings.append(
        _finding(
            "completeness-missing", grid, places, volumes, "of the label map are missing in the model",
            "All that is in the label map is in the model" if not dropped else "Of the other pieces nothing is missing",
            "Look at the places: a thin wall or a small part was lost on the way. Smooth or simplify less.",
        )
    )  # fmt: skip
    return findings


def _dropped(grid: VoxelGrid, dropped: Sequence[LostPlace], volumes: str) -> Finding:
    ml = sum(lost.voxels for lost in dropped) * grid.voxel_mm3 / 1000.0
    share = ml * 1000.0 / (float(np.count_nonzero(grid.label)) * grid.voxel_mm3)
    large = any(lost.voxels >= WORTH_NAMING_VOXELS for lost in dropped)
    severity = Severity.FAIL if share > DROPPED_SHARE else Severity.WARN if large else Severity.INFO
    return Finding(
        "completeness-missing",
        severity,
        f"{len(dropped)} whole pieces of the label map are not in the model, {ml:.3f} ml together: "
        f"{describe(dropped)}. {volumes}",
        ml,
        0.0,
        "ml",
        place(dropped[0].center_mm),
        "Right if they were left out on purpose; if not, keep more pieces.",
    )


def _extra(subject: Subject, grid: VoxelGrid, inside: Mask, volumes: str) -> list[Finding]:
    differ = np.flatnonzero(inside & ~grid.label)
    core = differ[~grid.any_near(grid.label, differ)]
    count = int(np.clip(float(subject.area_mm2.sum()) / grid.face_mm2, 1, MOST_SAMPLES))
    samples = area_samples(subject.seen, count)
    points = np.concatenate([samples, subject.seen.vertices[subject.seen.used_vertices]])
    voxel = grid.nearest(points)
    outside = np.flatnonzero(voxel < 0)
    held = np.flatnonzero(voxel >= 0)
    held = held[~grid.label.ravel()[voxel[held]]]
    far = held[~grid.any_near(grid.label, voxel[held])]
    sheet = np.unique(voxel[far])
    area_mm2 = float(subject.area_mm2.sum()) / len(samples) if len(samples) else 0.0
    sheet_area = np.bincount(
        np.searchsorted(sheet, voxel[far]), weights=np.where(far < len(samples), area_mm2, 0.0), minlength=len(sheet)
    )
    places = group_voxels(grid, np.union1d(core, sheet), differ, sheet, np.asarray(sheet_area, np.float64))
    findings = []
    if len(outside):
        findings.append(_beyond(subject, grid, inside, points[outside], volumes))
    findings.append(
        _finding(
            "completeness-extra", grid, places, volumes, "of the model are not in the label map",
            "All of the model is in the label map" if not len(outside) else "Inside the box nothing else is extra",
            "Look at the places: a hole or a gap was closed that the scan shows open, or something was added.",
        )
    )  # fmt: skip
    return findings


def _beyond(subject: Subject, grid: VoxelGrid, inside: Mask, points: FloatArray, volumes: str) -> Finding:
    ml = max(0.0, abs(subject.seen.volume_mm3) - float(np.count_nonzero(inside)) * grid.voxel_mm3) / 1000.0
    middle = np.array(grid.shape) / 2.0
    worst = int(np.linalg.norm(grid.to_ijk(points)[:, ::-1] - middle, axis=1).argmax())
    return Finding(
        "completeness-extra",
        Severity.FAIL,
        f"The model reaches beyond the box of the segmentation; about {ml:.3f} ml of it lie outside. {volumes}",
        ml,
        0.0,
        "ml",
        place(points[worst]),
        "Was something added, or is the model scaled, moved or mirrored?",
    )


def _finding(
    code: str, grid: VoxelGrid, places: Sequence[LostPlace], volumes: str, what: str, nothing: str, advice: str
) -> Finding:
    tolerance = f"Differences of up to {TOLERANCE_VOXELS:g} voxel do not count."
    if not places:
        return Finding(code, Severity.PASS, f"{nothing}. {volumes} {tolerance}", 0.0, 0.0, "ml")
    severity = severity_of(places, WORTH_NAMING_VOXELS, WORTH_NAMING_FACES * grid.face_mm2)
    ml = sum(lost.volume_mm3 for lost in places) / 1000.0
    more = f" (the largest {LISTED} of {len(places)} places)" if len(places) > LISTED else ""
    return Finding(
        code,
        severity,
        f"{ml:.4g} ml {what}: {describe(places)}{more}. {volumes} {tolerance}",
        ml,
        0.0,
        "ml",
        place(places[0].center_mm),
        advice,
    )
