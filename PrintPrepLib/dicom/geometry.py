"""Measures a stack of slices: steps along the true normal, tilt, gaps, and the regular grid it can be read on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .frame import Frame, Vector, axes_of

EVEN_TOLERANCE = 0.05
"""A stack is even when no slice lies further than this share of a step from its place on a regular grid."""

EVEN_FLOOR_MM = 0.01
"""... or this far, for headers that round positions to 0.01 mm."""

TILT_DRIFT_PIXELS = 0.25
"""A stack is upright when, over its whole height, slices drift sideways by less than this many pixels."""

WANDER_PIXELS = 0.5
"""Slices that lie further than this from the straight line of the stack were moved one by one."""

SAME_STEP = 0.08
"""Steps that differ by less than this share are one step."""

COMMON_STEP_SHARE = 0.1
"""The grid takes the finest step that at least this share of the steps has: finer ones are accidents."""

GAP_RATIO = 2.5
"""A lone step longer than this many common steps is a gap, whole multiple or not."""

PROTOCOL_RUN = 3
"""This many equal long steps in a row are a change of protocol (5 mm, then 10 mm), not missing slices."""

GAP_AGAINST_KNOWN = 1.5
"""When every other slice is unreadable the rest is even again, at a step this much longer than it was."""

FEW_STEPS = 10
"""With fewer steps than this a share says nothing: the finest step that is at least half the median is the step."""

MAX_BRIDGED = 1
"""One missing interior slice can be bridged by interpolation; more would be invented anatomy."""


@dataclass(frozen=True)
class Gap:
    """A place where slices are missing: after slice number ``after`` (from 0), ``count`` of them."""

    after: int
    count: int
    where: tuple[float, float, float]


@dataclass(frozen=True, eq=False)
class StackGeometry:
    """What was measured on the slices of a stack, in order.

    Attributes
    ----------
    x, y, normal : array (3,)
        Directions of rows, of columns, and their cross product.
    origin : array (3,)
        Center of the first pixel of the first slice, LPS mm.
    depths : array (n,)
        Distance of each slice from the first along the normal, mm, ascending.
    shifts : array (n, 2)
        Sideways distance of each slice from the first along x and y, mm.
    steps : array (n - 1,)
        Distances of neighbors along the normal, mm.
    step : float
        The common step, mm.
    even : bool
        No gap, no uneven step beyond tolerance.
    tilt_deg : float
        Angle between the way the slices are stacked and the normal; 0 when below tolerance.
    height_mm : float
        Distance between the first and the last slice, the way they are stacked.
    wander_mm : float
        Largest sideways distance of a slice from the straight line of the stack.
    gaps : tuple of Gap
        Missing slices.
    """

    x: Vector
    y: Vector
    normal: Vector
    origin: Vector
    depths: Vector
    shifts: Vector
    steps: Vector
    step: float
    even: bool
    tilted: bool
    tilt_deg: float
    height_mm: float
    wander_mm: float
    gaps: tuple[Gap, ...]

    @property
    def missing(self) -> int:
        """Number of missing interior slices."""
        return sum(gap.count for gap in self.gaps)

    @property
    def intervals(self) -> int:
        """Number of steps of the grid that the stack is read on."""
        return max(1, round(float(self.depths[-1]) / self.step))

    @property
    def grid_step(self) -> float:
        """Step of that grid, mm: its first and last plane lie on the first and last slice."""
        return float(self.depths[-1]) / self.intervals

    @property
    def regular(self) -> bool:
        """True when the slices are a regular upright grid as they are."""
        return self.even and not self.tilted


def measure_stack(frames: Sequence[Frame], known_step: float | None = None) -> StackGeometry:
    """Measure slices that are in order along their normal, at least two.

    Parameters
    ----------
    frames : sequence of Frame
        With geometry, parallel, no two at one position.
    known_step : float, optional
        Step of the stack as it was before unreadable slices were taken out, mm.
    """
    if len(frames) < 2:
        raise ValueError(f"frames must be at least two, got {len(frames)}")
    x, y, normal = axes_of(tuple(np.mean([frame.orientation or () for frame in frames], axis=0)))
    positions = np.array([frame.position for frame in frames], np.float64)
    relative = positions - positions[0]
    depths = relative @ normal
    shifts = np.stack([relative @ x, relative @ y], axis=1)
    steps = np.diff(depths)
    mean = float(depths[-1] / (len(depths) - 1))
    even = _is_even(depths) and (known_step is None or mean < GAP_AGAINST_KNOWN * known_step)
    step = mean if even else known_step or _common_step(steps)
    gaps = () if even else _gaps(steps, step, positions)
    pixel = min(frames[0].spacing or (1.0, 1.0))
    slope = depths @ shifts / float(depths @ depths)
    wander = float(np.linalg.norm(shifts - np.outer(depths, slope), axis=1).max())
    drift = float(np.linalg.norm(shifts, axis=1).max())
    tilted = drift > TILT_DRIFT_PIXELS * pixel
    return StackGeometry(
        x=x,
        y=y,
        normal=normal,
        origin=positions[0],
        depths=depths,
        shifts=shifts,
        steps=steps,
        step=step,
        even=even,
        tilted=tilted,
        tilt_deg=float(np.degrees(np.arctan(np.linalg.norm(slope)))) if tilted else 0.0,
        height_mm=float(np.linalg.norm(relative[-1])) if tilted else float(depths[-1]),
        wander_mm=wander if wander > WANDER_PIXELS * pixel else 0.0,
        gaps=gaps,
    )


def _is_even(depths: Vector) -> bool:
    mean = depths[-1] / (len(depths) - 1)
    off = np.abs(depths - mean * np.arange(len(depths))).max()
    # Positions rounded to 0.1 mm make single steps jitter while every slice stays near its place.
    return bool(off <= max(EVEN_TOLERANCE * mean, EVEN_FLOOR_MM))


def _common_step(steps: Vector) -> float:
    ordered = np.sort(steps)
    usual = ordered[ordered >= float(np.median(ordered)) / 2]
    if len(ordered) < FEW_STEPS:
        return float(np.mean(usual[usual <= usual[0] * (1 + SAME_STEP)]))
    need = max(2, int(np.ceil(COMMON_STEP_SHARE * len(ordered))))
    at = 0
    while at < len(ordered):
        same = ordered[at:][ordered[at:] <= ordered[at] * (1 + SAME_STEP)]
        if len(same) >= need:
            return float(np.mean(same))
        at += len(same) if len(same) > 1 else 1
    return float(usual[0])  # no step is common: the finest one that is not an accident


def _gaps(steps: Vector, step: float, positions: Vector) -> tuple[Gap, ...]:
    gaps = []
    for index, length in enumerate(steps):
        ratio = length / step
        count = round(ratio)
        lone = ratio > GAP_RATIO or (count >= 2 and abs(ratio - count) <= SAME_STEP * count)
        if lone and _run_length(steps, index) < PROTOCOL_RUN:
            middle = (positions[index] + positions[index + 1]) / 2
            gaps.append(Gap(index, count - 1, (float(middle[0]), float(middle[1]), float(middle[2]))))
    return tuple(gaps)


def _run_length(steps: Vector, index: int) -> int:
    alike = np.abs(steps - steps[index]) <= SAME_STEP * steps[index]
    first = last = index
    while first > 0 and alike[first - 1]:
        first -= 1
    while last < len(steps) - 1 and alike[last + 1]:
        last += 1
    return last - first + 1
