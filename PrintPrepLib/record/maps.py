"""Maps of a model: wall thickness or gaps with their thin places, deviation; each with its histogram."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ..analysis.deviation import Deviation
from ..analysis.thickness import Side, Thickness
from ..analysis.thin import ThinPlaces
from ..export.write import WrittenFile
from ..mesh import Mesh
from ..progress import Progress, silent
from . import canvas
from .calipers import Caliper
from .colors import ColorScale
from .histogram import histogram_strip
from .pictures import Mark, View, picture_of_mesh

SIZE = (1600, 1100)
SIX_VIEWS = (View.FRONT, View.LEFT, View.TOP, View.BACK, View.RIGHT, View.BOTTOM)
"""A thin place may lie on any side."""
MARKED = 30
"""Places that get their number: the largest."""
RANGE_LIMITS = 4.0
"""The color scale ends at so many limits: what is far above the limit need not be told apart."""
LEAST_COLOR_RANGE_MM = 0.02
"""Deviations below this all look the same: coloring them would show noise as change."""


def render_thickness(
    mesh: Mesh,
    thickness: Thickness,
    path: Path | str,
    *,
    places: ThinPlaces | None = None,
    progress: Progress = silent,
) -> WrittenFile:
    """Draw a thickness map with its thin places numbered as in the list, and the histogram below; writes PNG.

    Raises
    ------
    GeometryError
        The mesh is empty.
    ExportError
        The file cannot be written.
    """
    limit = None if places is None else places.limit_mm
    high = thickness.max_mm if limit is None else min(thickness.max_mm, RANGE_LIMITS * limit)
    scale = ColorScale.SEQUENTIAL if limit is None else ColorScale.LIMIT
    what = "Wall thickness" if thickness.side is Side.WALL else "Gap width"
    picture = picture_of_mesh(
        mesh,
        views=SIX_VIEWS,
        scalars=np.minimum(thickness.thickness_mm, thickness.max_mm),
        value_range=(0.0, high),
        scale=scale,
        limit=limit,
        label="Wall" if thickness.side is Side.WALL else "Gap",
        title=what if limit is None else f"{what}: red is below {limit:g} mm",
        size=SIZE,
        marks=[] if places is None else [Mark(str(r.number), r.center_mm) for r in places.regions[:MARKED]],
        progress=progress,
    )
    summary = thickness.summary(mesh, limit)
    share = "" if summary.percent_below is None else f": {summary.percent_below:.2f} % of the area is below the limit"
    strip = histogram_strip(
        SIZE[0], summary.histogram_edges_mm, summary.histogram_area_percent,
        title=f"{what} by area{share}, {summary.percent_beyond:.1f} % is beyond {summary.max_mm:g} mm",
        scale=scale, span=(0.0, high), limit=limit,
    )  # fmt: skip
    return canvas.write_png(np.concatenate([picture, strip]), path)


def deviation_span(deviation: Deviation) -> float:
    """End of the color scale of a deviation, mm: twice what 95 % of the area keeps."""
    return max(2.0 * deviation.forward.p95_mm, LEAST_COLOR_RANGE_MM)


def render_deviation(mesh: Mesh, deviation: Deviation, path: Path | str, *, progress: Progress = silent) -> WrittenFile:
    """Draw where a model lies off another surface, with the histogram below; writes PNG."""
    span = deviation_span(deviation)
    picture = picture_of_mesh(
        mesh,
        views=SIX_VIEWS,
        scalars=deviation.at_vertices_mm,
        value_range=(-span, span),
        label="Deviation",
        title="Deviation: blue lies inside, red outside",
        size=SIZE,
        marks=[Mark("max", deviation.forward.max_at_mm)],
        progress=progress,
    )
    strip = histogram_strip(
        SIZE[0], deviation.histogram.edges_mm, deviation.histogram.area_percent,
        title=f"Deviation by area: 95 % within {deviation.forward.p95_mm:.3f} mm, "
        f"largest {deviation.forward.max_mm:.3f} mm",
        scale=ColorScale.DIVERGING, span=(-span, span),
    )  # fmt: skip
    return canvas.write_png(np.concatenate([picture, strip]), path)


def render_calipers(
    mesh: Mesh, rows: Sequence[Caliper], path: Path | str, *, progress: Progress = silent
) -> WrittenFile:
    """Draw where the lengths of the caliper table begin (a) and end (b); writes PNG."""
    marks = [
        Mark(f"{row.id[1:]}{letter}", place) for row in rows for letter, place in (("a", row.from_mm), ("b", row.to_mm))
    ]
    picture = picture_of_mesh(
        mesh, views=SIX_VIEWS, title="Where to measure", facts="1a to 1b is length M1", size=SIZE, marks=marks,
        progress=progress,
    )  # fmt: skip
    return canvas.write_png(picture, path)
