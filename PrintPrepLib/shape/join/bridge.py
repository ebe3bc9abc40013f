"""Pins made across a gap: solids, with holes that begin at the lowest point of a curved surface, and their proof."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ...mesh import FloatArray, Mesh
from ...progress import Progress, silent
from ...spatial import SurfaceIndex
from ..pins.envelope import envelope
from ..pins.fit import NO_VOLUME_MM3, PinFit, measure_fit
from ..pins.kinds import Pin
from ..pins.room import Around, Surroundings
from ..pins.solids import REACH_MM, PinSolids, pin_solids
from .facing import FacingPin, FacingPlan

if TYPE_CHECKING:
    import manifold3d

WAY_STEPS_MM = (0.1, 0.3, 1.0, 2.0, 4.0, 7.0, 11.0, 16.0, 22.0, 30.0, 45.0, 70.0, 110.0)
"""Stations on the way apart at which the bodies must not meet, until their boxes are clear of each other."""
EASE_MM = 0.01
"""Where a hole goes on to the lowest point of the surface it is this much wider, so that no side lies in a side."""
ENTRY_LEAN = 0.2
"""Faces within a pin's envelope whose normal leans towards the other body by more than this (cosine, 78 degrees) are
the surface that it enters, not a wall beside it."""


@dataclass(frozen=True, eq=False)
class Bridge:
    """Both finished bodies, loose dowels, and each pin with what was measured."""

    first: manifold3d.Manifold
    second: manifold3d.Manifold
    loose: tuple[manifold3d.Manifold, ...]
    fits: tuple[PinFit, ...]
    interference_mm3: float


def solids_across(item: FacingPin) -> PinSolids:
    """Solids of a pin whose holes go on straight to the lowest point of the curved surfaces that they enter."""
    solids, pin = pin_solids(item.pin), item.pin
    foot, other = solids.cut_foot, solids.cut_other
    if other is not None:
        other = _longer(other, pin, pin.kerf_mm, item.other_drop_mm, 1.0)
    if foot is not None:
        foot = _longer(foot, pin, 0.0, item.foot_drop_mm, -1.0)
    return PinSolids(solids.add, foot, other, solids.loose)


def build(
    plan: FacingPlan, first: Mesh, second: Mesh, solids: tuple[manifold3d.Manifold, manifold3d.Manifold],
    wall_mm: float, progress: Progress = silent,
) -> Bridge:  # fmt: skip
    """Make the pins of a plan and measure them in the finished bodies."""
    import manifold3d

    made = [solids_across(item) for item in plan.pins]
    foot, other = solids if plan.foot_first else solids[::-1]
    add = [each.add for each in made if each.add is not None]
    less = [each.cut_foot for each in made if each.cut_foot is not None]
    holes = [each.cut_other for each in made if each.cut_other is not None]
    if add:
        foot = manifold3d.Manifold.batch_boolean([foot, *add], manifold3d.OpType.Add)
    if less:
        foot = manifold3d.Manifold.batch_boolean([foot, *less], manifold3d.OpType.Subtract)
    if holes:
        other = manifold3d.Manifold.batch_boolean([other, *holes], manifold3d.OpType.Subtract)
    fits = []
    for number, (item, each) in enumerate(zip(plan.pins, made, strict=True)):
        progress(number / max(len(made), 1), "Measuring the fit of the pins")
        around = _around(item, plan, first, second, wall_mm)
        fits.append(measure_fit(item.pin, each, foot, other, around))
    loose = tuple(each.loose for each in made if each.loose is not None)
    interference = max(float((foot ^ other).volume()), 0.0)
    for rod in loose:
        interference += max(float((rod ^ foot).volume()), 0.0) + max(float((rod ^ other).volume()), 0.0)
    first_done, second_done = (foot, other) if plan.foot_first else (other, foot)
    return Bridge(first_done, second_done, loose, tuple(fits), interference)


def blocked_at(
    first: manifold3d.Manifold, second: manifold3d.Manifold, axis: FloatArray, progress: Progress = silent
) -> tuple[float, float] | None:
    """First station on the way of the second body along the axis where it meets the first: way and common volume, mm.

    None where the way is free at every station.
    """
    low, high = np.array(first.bounding_box()).reshape(2, 3)
    for number, way in enumerate(WAY_STEPS_MM):
        progress(number / len(WAY_STEPS_MM), "Taking the bodies apart")
        moved = second.translate(tuple((way * axis).tolist()))
        low2, high2 = np.array(moved.bounding_box()).reshape(2, 3)
        if (low > high2).any() or (low2 > high).any():
            return None
        volume = float((first ^ moved).volume())
        if volume > NO_VOLUME_MM3:
            return way, volume
    return None


def proof_of(bridge: Bridge, blocked: tuple[float, float] | None) -> dict[str, Any]:
    """Sum up what was measured, as a cut does."""
    fits = bridge.fits
    return {
        "interference_mm3": bridge.interference_mm3,
        "gap_min_mm": min((fit.gap_min_mm for fit in fits if fit.gap_min_mm is not None), default=None),
        "gap_max_mm": max((fit.gap_max_mm for fit in fits if fit.gap_max_mm is not None), default=None),
        "gap_end_min_mm": min((fit.gap_end_mm for fit in fits if fit.gap_end_mm is not None), default=None),
        "wall_min_mm": min((fit.wall_mm for fit in fits), default=None),
        "way_is_free": blocked is None and all(fit.way_is_free for fit in fits),
    }


def _longer(tool: manifold3d.Manifold, pin: Pin, face_mm: float, drop_mm: float, sign: float) -> manifold3d.Manifold:
    """A hole's tool carried on, with its section just before the face, over the drop of the surface and a little more.

    Heights are along the pin's axis; ``sign`` is 1 where the part lies beyond the face, -1 where it lies before it.
    """
    import manifold3d

    matrix = pin.matrix
    inverse = np.concatenate([matrix[:, :3].T, -matrix[:, :3].T @ matrix[:, 3:]], axis=1)
    start = face_mm - sign * 0.5 * REACH_MM
    section = tool.transform(np.ascontiguousarray(inverse)).slice(start)
    section = section.offset(EASE_MM, manifold3d.JoinType.Miter)
    length = drop_mm + REACH_MM
    low = start - length if sign > 0.0 else start
    shaft = manifold3d.Manifold.extrude(section, length).translate((0.0, 0.0, low))
    return tool + shaft.transform(np.ascontiguousarray(matrix))


def _around(item: FacingPin, plan: FacingPlan, first: Mesh, second: Mesh, wall_mm: float) -> Around:
    """Surfaces that the walls round a pin's holes end at: each body without the faces that the pin enters."""
    axis = np.array(plan.plane.normal)
    need = envelope(item.pin, wall_mm)
    radius = max(need.foot_radius_mm, need.other_radius_mm)
    out = []
    drops = (item.foot_drop_mm, item.other_drop_mm) if plan.foot_first else (item.other_drop_mm, item.foot_drop_mm)
    for body, toward, drop in ((first, axis, drops[0]), (second, -axis, drops[1])):
        level = np.array(item.pin.at_mm)
        if (body is first) != plan.foot_first:
            level = level + item.pin.kerf_mm * np.array(item.pin.axis)
        corners = body.triangles - level
        height = corners @ toward  # from the deepest entry outward
        middle = corners.mean(axis=1)
        aside = np.linalg.norm(middle - (middle @ toward)[:, None] * toward, axis=1)
        size = np.linalg.norm(corners - middle[:, None], axis=2).max(axis=1)
        enters = (body.face_normals() @ toward > ENTRY_LEAN) & (aside <= radius + size)
        enters &= (height.max(axis=1) >= -REACH_MM) & (height.min(axis=1) <= drop + size)
        kept = body.submesh(~enters)
        out.append(Surroundings(() if kept.is_empty else (SurfaceIndex(kept),)))
    return Around(*(out if plan.foot_first else out[::-1]))
