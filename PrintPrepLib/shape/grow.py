"""The step ``offset``: grows or shrinks a model by a signed distance, and measures what came out."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np

from ..errors import GeometryError, InputError
from ..field import distance_inside, grown, zero_surface
from ..mesh import FloatArray, Mesh
from ..parameters import Param
from ..progress import Progress, part, silent
from ..receipt import Receipt, Stopwatch, measure_mesh
from ..spatial import index_of
from ..spatial.change import change_between
from ..spatial.sampling import area_samples
from .cut.solid import solid_of

CELLS_PER_OFFSET = 4.0
"""Cells of the grid in the distance asked for: edges are beveled by half a cell, an eighth of it."""
FINEST_MM, COARSEST_MM = 0.2, 1.0
"""Bounds of the cell where none is asked for: finer is below what printers make, coarser is seen on the model."""
MOST_CELLS_ALONG = 400
"""Cells along the longest side where none is asked for; a head at 0.5 mm, two to three million triangles."""
SAMPLES = 20_000
"""Points by area of the result at which its distance from the model is measured."""
NEAR_SHARE = 0.25
"""Off by less than this share of a cell is as asked: the grid's own error on a smooth surface is far less."""


def offset(
    mesh: Mesh,
    *,
    by_mm: Annotated[float, Param("Outward, or inward where it is negative.", unit="mm", low=-100.0, high=100.0)],
    cell_mm: Annotated[
        float | None,
        Param("Resolution; a quarter of the distance, from 0.2 to 1 mm.", unit="mm", low=0.01, high=10.0),
    ] = None,
    progress: Progress = silent,
) -> tuple[Mesh, Receipt]:
    """Grow or shrink a model by a distance, the same everywhere: the new surface is that far from the old one.

    Made anew from the exact distance of the surface (see :mod:`~PrintPrepLib.field`), so it never crosses itself:
    grown over a gap it closes it, shrunk through a thin wall it opens it, and both are counted. Outer edges are
    rounded by the distance. Then the distance of the new surface from the old one is measured.

    Raises
    ------
    InputError
        A distance of 0.
    GeometryError
        The model is no solid, or nothing is left of it.
    """
    watch = Stopwatch()
    if by_mm == 0.0:
        raise InputError("An offset of 0 changes nothing. Give a distance in mm: outward, or inward with a minus.")
    solid = solid_of(mesh, part(progress, 0.0, 0.2)).mesh
    longest = float(solid.size_mm.max()) + 2.0 * max(by_mm, 0.0)
    cell = float(cell_mm) if cell_mm is not None else _cell(by_mm, longest)
    room = max(by_mm, 0.0) + 2.0 * cell
    low, high = solid.bounds
    out = zero_surface(
        grown(distance_inside(solid), by_mm), low - room, high + room, cell, name=mesh.name,
        progress=part(progress, 0.2, 0.8),
    )  # fmt: skip
    if out.is_empty:
        raise GeometryError(
            f"Nothing is left: no place of the model is {-by_mm:g} mm from its surface. Shrink it by less."
        )
    away = index_of(solid).signed_distance(area_samples(out, SAMPLES))
    before, after = measure_mesh(mesh), measure_mesh(out)
    change = change_between(mesh, out, part(progress, 0.8, 1.0))
    asked: dict[str, Any] = {"by_mm": by_mm, "cell_mm": cell}
    notes, warnings = _words(away, by_mm, cell)
    if after.parts != before.parts:
        warnings.append(f"Pieces and cavities: {before.parts} before, {after.parts} after.")
    if after.genus != before.genus and before.genus is not None:
        notes.append(f"Tunnels: {before.genus} before, {after.genus} after.")
    details = {
        "measured_mm": {
            "mean": float(away.mean()),
            "p05": float(np.percentile(away, 5)),
            "median": float(np.median(away)),
            "p95": float(np.percentile(away, 95)),
            "min": float(away.min()),
            "max": float(away.max()),
        },
        "as_asked_percent": 100.0 * float((np.abs(away - by_mm) <= NEAR_SHARE * cell).mean()),
        "bevel_mm": 0.5 * cell,
    }
    return out, Receipt("offset", asked, watch.seconds, before, after, change, tuple(notes), tuple(warnings), details)


def _cell(by_mm: float, longest: float) -> float:
    fine = float(np.clip(abs(by_mm) / CELLS_PER_OFFSET, FINEST_MM, COARSEST_MM))
    return max(fine, longest / MOST_CELLS_ALONG)


def _words(away: FloatArray, by_mm: float, cell: float) -> tuple[list[str], list[str]]:
    low, high = np.percentile(away, [2.5, 97.5])
    notes = [
        f"Asked for {by_mm:+g} mm at a resolution of {cell:g} mm; measured: half of the new surface lies "
        f"{np.median(away):+.3f} mm from the old one or less, 95 % from {low:+.3f} to {high:+.3f} mm."
    ]
    warnings = []
    off = float(np.abs(away - by_mm).max())
    if off > cell:
        warnings.append(f"In places the new surface is {off:.2f} mm off the distance asked for: choose a finer cell.")
    return notes, warnings
