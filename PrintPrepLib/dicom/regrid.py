"""Places slices on a regular upright grid from their true positions.

Between two neighboring slices values are interpolated linearly along the slice normal. Slices of a tilted stack are
first moved sideways to where they truly lie, by linear interpolation within the slice.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..progress import Progress, silent
from .geometry import StackGeometry

Stack3 = npt.NDArray[np.number]
Plane = npt.NDArray[np.float32]

WHOLE_SHIFT = 1e-3
"""A sideways shift this close to whole pixels is taken as whole: a thousandth of a pixel cannot be seen."""

ON_SLICE = 1e-6
"""A grid plane this close to a slice, as a share of the distance to the next, is the slice."""


@dataclass(frozen=True)
class Grid:
    """The regular grid that covers all slices.

    Attributes
    ----------
    planes, rows, columns : int
        Size.
    step : float
        Distance of planes along the normal, mm; the first and last plane lie on the first and last slice.
    column_offset, row_offset : int
        Where the first pixel of the first slice lies in the grid.
    """

    planes: int
    rows: int
    columns: int
    step: float
    column_offset: int
    row_offset: int


def grid_for(geometry: StackGeometry, rows: int, columns: int, spacing: tuple[float, float]) -> Grid:
    """Choose the grid for a stack: all of every slice, first and last plane on the first and last slice."""
    planes, step = geometry.intervals + 1, geometry.grid_step
    if not geometry.tilted and geometry.wander_mm == 0:
        return Grid(planes, rows, columns, step, 0, 0)
    moved = geometry.shifts / np.array(spacing)
    low = np.floor(moved.min(axis=0) + WHOLE_SHIFT).astype(int)
    high = np.ceil(moved.max(axis=0) - WHOLE_SHIFT).astype(int)
    return Grid(
        planes=planes,
        rows=rows + int(high[1] - low[1]),
        columns=columns + int(high[0] - low[0]),
        step=step,
        column_offset=int(-low[0]),
        row_offset=int(-low[1]),
    )


def regrid(
    slices: Stack3,
    geometry: StackGeometry,
    grid: Grid,
    spacing: tuple[float, float],
    *,
    outside: float,
    whole: bool = False,
    progress: Progress = silent,
) -> tuple[Stack3, int]:
    """Resample slices onto a grid.

    Parameters
    ----------
    slices : array (n, rows, columns)
        True values.
    geometry : StackGeometry
        Of these n slices.
    grid : Grid
        From :func:`grid_for`.
    spacing : tuple of float
        Pixel size along x and y, mm.
    outside : float
        Value where no slice reaches.
    whole : bool
        Round to whole numbers and return int16, which the values must fit.
    progress : Progress
        Called for every plane.

    Returns
    -------
    array (planes, rows, columns), int
        Values, and how many voxels lie outside the scanned field.
    """
    out: Stack3 = np.empty((grid.planes, grid.rows, grid.columns), np.int16 if whole else np.float32)
    canvas = np.empty((grid.rows, grid.columns), np.float32)
    moved = geometry.shifts / np.array(spacing)
    if not geometry.tilted and geometry.wander_mm == 0:
        moved = np.zeros_like(moved)
    cache: dict[int, tuple[Plane, tuple[slice, slice]]] = {}

    def placed(index: int) -> tuple[Plane, tuple[slice, slice]]:
        if index not in cache:
            for old in [key for key in cache if key < index - 1]:
                del cache[old]
            cache[index] = _place(slices[index], moved[index], grid)
        return cache[index]

    covered = 0
    last = len(slices) - 1
    for plane in range(grid.planes):
        height = plane * grid.step
        below = int(np.clip(np.searchsorted(geometry.depths, height, side="right") - 1, 0, last - 1))
        weight = float((height - geometry.depths[below]) / geometry.steps[below])
        weight = 0.0 if weight < ON_SLICE else 1.0 if weight > 1 - ON_SLICE else weight
        canvas.fill(outside)
        if weight in (0.0, 1.0):
            values, window = placed(below + int(weight))
            canvas[window] = values
            covered += values.size
        else:
            covered += _blend(canvas, placed(below), placed(below + 1), weight)
        out[plane] = np.rint(canvas) if whole else canvas
        progress((plane + 1) / grid.planes, f"Placed {plane + 1} of {grid.planes} planes")
    return out, int(out.size - covered)


def _place(
    pixels: npt.NDArray[np.number], moved: npt.NDArray[np.float64], grid: Grid
) -> tuple[Plane, tuple[slice, slice]]:
    """Return the slice on grid pixels and the window of the grid that it fills."""
    plane = np.asarray(pixels, np.float32)
    starts = []
    for axis, shift, offset in ((1, moved[0], grid.column_offset), (0, moved[1], grid.row_offset)):
        whole = int(np.floor(shift + WHOLE_SHIFT))
        fraction = float(shift - whole)
        if fraction > WHOLE_SHIFT:
            # Grid pixel i holds the slice at i - shift, between pixels i - whole - 1 and i - whole: one fewer in all.
            first = plane[:, :-1] if axis == 1 else plane[:-1]
            second = plane[:, 1:] if axis == 1 else plane[1:]
            plane = second + np.float32(fraction) * (first - second)
            whole += 1
        starts.append(whole + offset)
    column, row = starts
    return plane, (slice(row, row + plane.shape[0]), slice(column, column + plane.shape[1]))


def _blend(
    out: Plane, low: tuple[Plane, tuple[slice, slice]], high: tuple[Plane, tuple[slice, slice]], weight: float
) -> int:
    """Mix two placed slices where both reach; return how many pixels that is."""
    window = tuple(slice(max(a.start, b.start), min(a.stop, b.stop)) for a, b in zip(low[1], high[1], strict=True))
    if any(part.stop <= part.start for part in window):
        return 0
    first, second = (
        plane[tuple(slice(w.start - o.start, w.stop - o.start) for w, o in zip(window, own, strict=True))]
        for plane, own in (low, high)
    )
    mixed = first + np.float32(weight) * (second - first)
    out[window] = mixed
    return int(mixed.size)
