"""Are the triangles as fine as the scan and the print are, and no finer?

A large triangle on a flat place is no fault. What the eye sees on a print is a facet: a triangle that is wide across an
edge where a curved surface bends. So a triangle's width is taken across its bent edges only; edges that are nearly
flat, and edges so sharp that they are edges of the thing itself, do not count.
"""

from __future__ import annotations

import numpy as np

from ..finding import Finding, Severity
from ..mesh import FloatArray
from .subject import Subject, not_run, place

BENT_DEG = (10.0, 50.0)
"""Bend of an edge that shows a facet of a curved surface: below it is shading, above it is a ridge."""

FACET_VOXELS = 3.0
"""A facet wider than this many voxels hides detail that the scan has."""

FACET_LAYERS = 3.0
"""A facet wider than this many layers is coarser than the printer's own steps."""

VISIBLE_SHARE = 0.05
"""Share of the surface in such facets from which the model looks faceted."""

FINE_SHARE = 0.25
"""Triangles of a quarter of the voxel, or of the layer, carry no detail."""

FINE_TRIANGLES = 1_000_000
"""Fewer triangles than this trouble no program, however fine they are."""


def check_triangle_size(subject: Subject) -> list[Finding]:
    """Judge the width of the facets, and the typical side, against voxel and layer."""
    voxel, layer = subject.voxel_size_mm, subject.layer_mm
    if voxel is None and layer is None:
        reason = "neither the voxel size nor the layer height is known."
        return [not_run("triangle-size", reason, "Check against the segmentation, or give the layer height.")]
    median = float(np.median(subject.side_mm))
    coarse_limit = max([FACET_VOXELS * max(voxel)] if voxel else [FACET_LAYERS * (layer or 0.0)])
    fine_limit = FINE_SHARE * min([*(voxel or ()), *([] if layer is None else [layer])])
    width = _facet_width(subject)
    area = subject.area_mm2
    wide = width > coarse_limit
    share = float(area[wide].sum() / area.sum()) if area.sum() > 0 else 0.0
    text = (
        f"Half of all triangle sides are shorter than {median:.2f} mm; {100 * share:.1f} % of the surface is in facets"
    )
    text = f"{text} wider than {coarse_limit:.2f} mm"
    if share > VISIBLE_SHARE:
        worst = int(np.where(wide, width * area, 0.0).argmax())
        return [
            Finding(
                "triangle-size", Severity.WARN, f"{text}: the model will look faceted.",
                100 * share, 100 * VISIBLE_SHARE, "%", place(subject.seen.triangles[worst].mean(axis=0)),
                "Simplify less.",
            )
        ]  # fmt: skip
    if median < fine_limit and len(subject.seen.faces) > FINE_TRIANGLES:
        return [
            Finding(
                "triangle-size", Severity.WARN,
                f"{text}. The triangles are far smaller than what was scanned and what can be printed "
                f"({len(subject.seen.faces)} of them).",
                median, fine_limit, "mm", None, "Simplify the model: the file gets smaller and nothing is lost.",
            )
        ]  # fmt: skip
    return [Finding("triangle-size", Severity.PASS, f"{text}.", 100 * share, 100 * VISIBLE_SHARE, "%")]


def _facet_width(subject: Subject) -> FloatArray:
    """Widest extent of each triangle across one of its bent edges, 0 where it has none, (m,)."""
    mesh, of_face = subject.seen, subject.edges.of_face
    normal = mesh.face_normals()
    regular = subject.edges.face_count == 2
    total = np.zeros((len(regular), 3))
    for side in range(3):  # an edge's two unit normals add up to twice the cosine of half the bend
        for axis in range(3):
            total[:, axis] += np.bincount(of_face[:, side], weights=normal[:, axis], minlength=len(regular))
    low, high = (2.0 * np.cos(np.radians(bend) / 2.0) for bend in BENT_DEG)
    size = np.linalg.norm(total, axis=1)
    bent = regular & (size < low) & (size > high)
    across = (bent / np.maximum(subject.side_mm, 1e-12))[of_face].max(axis=1)
    return np.asarray(2.0 * across * subject.area_mm2)
