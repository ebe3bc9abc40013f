"""A cradle: a block whose top follows the model's underside with a gap, so that the model can be lifted straight out.

The top is a field of heights over a grid: over each point the material ends below everything that the model, grown by
the gap, and leaned outward by the taper, has there or above. Nothing of the cradle can therefore lie above any part of
the model, however far it is lifted: the way out is free by construction, and measured all the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ...errors import GeometryError
from ...mesh import FloatArray, Mesh
from ...progress import Progress, silent
from ...spatial import index_of
from ...spatial.sampling import area_samples, some_vertices
from .envelope import Heights, disc, kept_clear, leaned, underside, without_ridges
from .frame import Frame
from .lean import Lean, cells_of, made_lean, without_wisps
from .stability import STEADY_DEG

if TYPE_CHECKING:
    import manifold3d

FINEST_MM, MOST_POINTS = 0.35, 350
"""Step of the grid: fine enough for a gap of half a millimeter, and no more points along a side than this."""
SAMPLES = 60_000
"""Places on both bodies at which the gap is measured, besides as many corners."""
ROUNDS = 4
"""Times that a cradle is made again, with more slack, where the measured gap falls short."""
EASE_MM = 0.02
"""Slack that is added beyond what the last round fell short."""
JOIN_MM = 0.3
"""How far a joined cradle reaches into the model: a layer or two."""
STATIONS = (0.05, 0.2, 0.5, 1.0)
"""Places on the way out, in depths of the seat, at which the distance is measured."""
SURE = 1.2
"""The footprint reaches so much farther than a steady stand needs."""
LONGEST_REACH = 1.5
"""A footprint that would have to be so many times wider than the model is refused: the model is too tall for it."""


@dataclass(frozen=True, eq=False)
class Cradle:
    """A cradle in LPS.

    Attributes
    ----------
    mesh : Mesh
    gap_mm : float
        Smallest measured distance to the model at rest; 0 where it is joined.
    gap_median_mm : float
        Of the faces that look at the model.
    way_mm : float
        Smallest measured distance on the way out, beyond rest.
    depth_mm : float
        How deep the model sits.
    floor_mm : float
        Material below the model's lowest point.
    slack_mm : float
        What was added to the gap so that it is kept between the points of the grid.
    lean : Lean or None
        What was taken out of it, where it is not solid.
    """

    mesh: Mesh
    gap_mm: float
    gap_median_mm: float
    way_mm: float
    depth_mm: float
    floor_mm: float
    slack_mm: float
    lean: Lean | None = None


@dataclass(frozen=True)
class CradleSize:
    """What is asked for, mm and degrees; ``cell_mm`` None for the process's own."""

    gap_mm: float
    taper_deg: float
    depth_mm: float
    floor_mm: float
    wall_mm: float
    lean: bool = False
    cell_mm: float | None = None


def cradle_of(mesh: Mesh, frame: Frame, center: FloatArray, size: CradleSize, progress: Progress = silent) -> Cradle:
    """Make a separate cradle and measure its gap; with more slack where it falls short.

    Raises
    ------
    GeometryError
        The model is too tall for any steady footprint, or the gap cannot be kept.
    """
    step = _step(mesh, frame)
    progress(0.0, "Looking at the underside")
    bare = underside(mesh, frame, step, size.gap_mm + 4.0 * step)
    slack = 0.25 * step
    for number in range(ROUNDS):
        progress(0.2 + 0.2 * number, "Making the cradle")
        low = float(bare.values[np.isfinite(bare.values)].min())
        top = kept_clear(bare, size.gap_mm + slack)
        top = leaned(top, step, size.taper_deg, size.depth_mm)
        rim = low + size.depth_mm
        top = without_ridges(np.minimum(top, rim), step, size.wall_mm)
        made, lean = _block(bare.with_values(top), low, rim, frame, center, size, mesh.name)
        gap, median = _gap(mesh, made, size.gap_mm)
        if gap >= size.gap_mm:
            way = min(_distance(mesh, made, share * size.depth_mm * frame.up) for share in STATIONS)
            if not way > 0.0:
                raise GeometryError("The model could not be lifted out of the cradle. Choose another direction up.")
            return Cradle(made, gap, median, way, size.depth_mm, size.floor_mm, slack, lean)
        slack += size.gap_mm - gap + EASE_MM
    raise GeometryError(
        f"A gap of {size.gap_mm:g} mm could not be kept everywhere (measured {gap:.3f} mm). Ask for a larger gap, or "
        "repair the model first."
    )


def joined_block(mesh: Mesh, frame: Frame, center: FloatArray, size: CradleSize) -> tuple[Mesh, Lean | None]:
    """The block of a joined cradle: its top follows the underside and reaches a little into the model."""
    step = _step(mesh, frame)
    bare = underside(mesh, frame, step, 4.0 * step)
    low = float(bare.values[np.isfinite(bare.values)].min())
    rim = low + size.depth_mm
    from scipy.ndimage import grey_dilation

    values = np.minimum(bare.values, rim)
    into = grey_dilation(values, footprint=disc(JOIN_MM + 1.5 * step, step), mode="nearest") + JOIN_MM
    return _block(bare.with_values(np.minimum(into, rim)), low, rim, frame, center, size, mesh.name)


def _step(mesh: Mesh, frame: Frame) -> float:
    wide = np.ptp(frame.to_local(mesh.vertices[mesh.used_vertices])[:, :2], axis=0)
    return max(FINEST_MM, float(wide.max()) / MOST_POINTS)


def _block(
    top: Heights, low: float, rim: float, frame: Frame, center: FloatArray, size: CradleSize, name: str
) -> tuple[Mesh, Lean | None]:
    """Material below a field of heights, within the rounded hull of the seat and a wall round it."""
    import manifold3d

    sunk = top.points[top.values < rim - 1e-9]
    if len(sunk) < 3:
        raise GeometryError("The model does not reach into the cradle. Ask for more depth.")
    bottom = low - size.floor_mm
    steady = float(np.tan(np.radians(STEADY_DEG)) * SURE * (center[2] - bottom))
    if steady > LONGEST_REACH * float(np.ptp(top.points.reshape(-1, 2), axis=0).max()):
        raise GeometryError("The model is too tall for a cradle in this direction. Turn it (up), or use a pedestal.")
    seat = manifold3d.CrossSection.hull_points([(float(x), float(y)) for x, y in sunk])
    foot = manifold3d.CrossSection.circle(steady, 64).translate((float(center[0]), float(center[1])))
    outline = manifold3d.CrossSection.batch_hull([seat, foot]).offset(size.wall_mm, manifold3d.JoinType.Round, 2.0, 48)
    wide = _widened(top, np.asarray(outline.bounds()), rim)
    cells = cells_of(outline, center, size.wall_mm, size.cell_mm) if size.lean else None
    if cells is not None:
        wide = without_wisps(wide, cells, size.wall_mm, bottom)
    field = _solid_below(wide, bottom - 1.0)
    block = field ^ manifold3d.Manifold.extrude(outline, rim - bottom + 1.0).translate((0.0, 0.0, bottom))
    lean = None
    if cells is not None:
        block, lean = made_lean(block, cells, size.wall_mm, size.cell_mm, size.floor_mm)
    return Mesh.from_manifold(frame.placed(block), f"{name} cradle"), lean


def _widened(top: Heights, bounds: FloatArray, rim: float) -> Heights:
    """The same heights on a grid that covers an outline; beyond the old one they are those of the rim."""
    step, (rows, columns) = top.step_mm, top.values.shape
    before = np.maximum(np.ceil((top.origin - bounds[:2]) / step).astype(int) + 2, 0)
    last = top.origin + step * np.array([columns - 1, rows - 1])
    after = np.maximum(np.ceil((bounds[2:] - last) / step).astype(int) + 2, 0)
    around = ((before[1], after[1]), (before[0], after[0]))
    values = np.pad(np.minimum(top.values, rim), around, constant_values=rim)
    return Heights(top.origin - step * before, step, values)


def _solid_below(top: Heights, bottom: float) -> manifold3d.Manifold:
    """Closed solid between a field of heights and a level: the grid twice, and its four sides."""
    rows, columns = top.values.shape
    flat = top.points.reshape(-1, 2)
    upper = np.column_stack([flat, top.values.ravel()])
    number = np.arange(rows * columns).reshape(rows, columns)
    a, b = number[:-1, :-1].ravel(), number[:-1, 1:].ravel()
    c, d = number[1:, 1:].ravel(), number[1:, :-1].ravel()
    faces = np.concatenate([np.stack([a, b, c], axis=1), np.stack([a, c, d], axis=1)])
    border = np.concatenate([number[0, :], number[1:, -1], number[-1, -2::-1], number[-2:0:-1, 0]])
    count, low = len(upper), np.arange(len(border))
    lower = np.column_stack([flat[border], np.full(len(border), bottom)])
    middle = np.array([[*flat.mean(axis=0), bottom]])
    here, there = border, np.roll(border, -1)
    low_here, low_there = count + low, count + np.roll(low, -1)
    sides = [np.stack([here, low_here, low_there], axis=1), np.stack([here, low_there, there], axis=1)]
    floor = np.stack([np.full(len(border), count + len(border)), low_there, low_here], axis=1)
    whole = Mesh(np.concatenate([upper, lower, middle]), np.concatenate([faces, *sides, floor]), "heights")
    return whole.to_manifold()


def _gap(mesh: Mesh, made: Mesh, gap_mm: float) -> tuple[float, float]:
    """Smallest distance of both bodies, and the median over the faces of the cradle that look at the model closely."""
    distance = index_of(mesh).closest(_places(made)).distance_mm
    smallest = min(float(distance.min()), _distance(mesh, made, np.zeros(3)))
    close = distance[distance < 4.0 * gap_mm + 1.0]
    return smallest, float(np.median(close)) if len(close) else smallest


def _distance(mesh: Mesh, made: Mesh, shift: FloatArray) -> float:
    """Smallest signed distance of places on the shifted model from the cradle; negative inside it."""
    low, high = made.bounds
    points = _places(mesh) + shift
    points = points[((points >= low - 2.0) & (points <= high + 2.0)).all(axis=1)]
    if not len(points):
        return 2.0
    return float(index_of(made).signed_distance(points).min())


def _places(mesh: Mesh) -> FloatArray:
    return np.concatenate([area_samples(mesh, SAMPLES), some_vertices(mesh, SAMPLES)])
