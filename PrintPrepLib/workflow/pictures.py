"""The pictures of a run: the model, its outline over the scan, and where it was changed."""

from __future__ import annotations

from ..analysis.deviation import Deviation
from ..errors import MissingPackageError
from ..export import OutputFolder, WrittenFile, describe_file
from ..finding import Finding, Severity
from ..mesh import Mesh
from ..record.pictures import render_mesh
from ..record.slices import render_slice_overlay
from ..volume import Volume

LEAST_COLOR_RANGE_MM = 0.02
"""Deviations below this all look the same: coloring them would show noise as change."""


def write_pictures(
    out: OutputFolder, volume: Volume, mesh: Mesh, deviation: Deviation | None
) -> tuple[list[WrittenFile], tuple[Finding, ...]]:
    """Write the pictures, or say in a finding why there are none."""
    try:
        render_mesh(mesh, out.file("model.png"))
        render_slice_overlay(volume, mesh, out.file("overlay.png"))
        names = ["model.png", "overlay.png"]
        if deviation is not None:
            span = max(deviation.forward.p95_mm * 2.0, LEAST_COLOR_RANGE_MM)
            render_mesh(
                deviation.colored(mesh),
                out.file("deviation.png"),
                scalars="deviation_mm",
                value_range=(-span, span),
                label="Deviation from the scan's surface (mm)",
            )
            names.append("deviation.png")
    except MissingPackageError as error:
        finding = Finding("pictures", Severity.NOT_RUN, f"No pictures were made: {error}")
        return [], (finding,)
    return [describe_file(out.file(name), "picture") for name in names], ()
