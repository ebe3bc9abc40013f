"""Whether a label fits at a place, and how deep it may be there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...mesh import FloatArray, Mesh
from .ground import Ground, NoRoom, ground_of
from .layout import Outline
from .patch import Patch, walk
from .rules import Rules
from .smooth import smooth_surface

SMOOTH_SHARE = 0.4
SMOOTH_MM = (1.5, 4.0)
"""The surface under a label is smoothed over this share of the letters' height, within these bounds. Ours: a stroke is
a fifth of the height; bumps as wide as two strokes stay, what is finer does not bend a letter."""
ROUGH_SHARE = 0.25
ROUGH_MM = 0.2
"""The surface may leave the smooth one by this share of the depth, or by this if that is more: then three quarters of
the depth are there at the worst place."""
TURN_WARN_DEG = 70.0
BEND = 0.7
"""Depth times curvature stays below this: beyond it, walls of letters that lean towards each other would meet."""
SINK_MM = 0.3
"""Raised letters reach this far below the deepest place of the surface that they stand on, engraving tools above the
highest. Ours: far above any rounding."""
LEAST_UNDER_MM = 0.1
"""A raised letter's foot stays this far from the far side of a thin wall."""
CLEAR_MM = 1.5
"""Height over an engraved label that must be free: else one cannot see into it."""
_STEPS = 12


@dataclass(frozen=True, eq=False)
class Fitted:
    """A label in its place.

    Attributes
    ----------
    patch, ground, outline
        Where, on what, and what.
    depth_mm : float
        What fits of the wanted depth.
    low_mm, high_mm : float
        From where to where its tool reaches along the outward direction, 0 on the smooth surface.
    engraved : bool
    why_shallower : str
        Empty where the wanted depth fits.
    """

    patch: Patch
    ground: Ground
    outline: Outline
    depth_mm: float
    low_mm: float
    high_mm: float
    engraved: bool
    why_shallower: str


def fit_label(
    mesh: Mesh, at: FloatArray, outward: FloatArray, up: FloatArray, outline: Outline, *, depth_mm: float,
    engraved: bool, rules: Rules,
) -> Fitted:  # fmt: skip
    """Lay a label on the surface of a model and find how deep it may be.

    Parameters
    ----------
    mesh : Mesh
        Closed and outward.
    at, outward : (3,)
        A place on the surface and about its normal.
    up : (3,)
        Where the tops of the letters point, as far as the surface allows.
    outline : Outline
    depth_mm : float
        Wanted depth or relief.

    Raises
    ------
    NoRoom
        It does not fit.
    """
    width, height = outline.width_mm + 2.0 * rules.margin_mm, outline.height_mm + 2.0 * rules.margin_mm
    radius = float(np.clip(SMOOTH_SHARE * outline.letter_mm, *SMOOTH_MM))
    reach = 0.5 * float(np.hypot(width, height)) + 2.0 * radius
    surface = smooth_surface(mesh, at, reach, radius)
    patch = None if surface is None else walk(surface, at, outward, up, width, height)
    if patch is None:
        raise NoRoom("the surface ends there or turns away")
    bulge, hollow = patch.sharpest
    bend = bulge if engraved else hollow
    deepest = depth_mm if bend * depth_mm <= BEND else BEND / bend
    why = "" if deepest == depth_mm else "the surface is strongly curved there"
    most_rough = max(ROUGH_MM, ROUGH_SHARE * deepest)
    above = CLEAR_MM if engraved else deepest + rules.gap_mm
    ground = ground_of(mesh, patch, (width, height), above, reach + depth_mm + rules.wall_mm)
    if ground.rough_mm > most_rough:
        raise NoRoom(f"the surface is uneven there, by {ground.rough_mm:.2f} mm")
    if engraved:
        fits = _deepest(deepest, lambda depth: ground.wall_at(depth) >= rules.wall_mm)
        if fits < deepest:
            why = f"a wall of {rules.wall_mm:g} mm must be left beneath"
        low, high = -fits, float(ground.offsets_mm.max()) + SINK_MM
    else:
        fits = _deepest(deepest, lambda depth: ground.clear_at(depth) >= rules.gap_mm)
        if fits < deepest:
            why = f"a gap of {rules.gap_mm:g} mm must stay to what stands over it"
        low, high = float(ground.offsets_mm.min()) - SINK_MM, fits
        if ground.wall_at(-low) < LEAST_UNDER_MM:
            raise NoRoom("the wall is too thin there to carry letters")
    if fits < rules.depth_mm:
        raise NoRoom(f"only {fits:.2f} mm of depth fit, and less than {rules.depth_mm:g} mm does not show: {why}")
    return Fitted(patch, ground, outline, fits, low, high, engraved, why)


def _deepest(wanted: float, fits: object) -> float:
    """Largest depth up to the wanted one that fits."""
    assert callable(fits)
    if fits(wanted):
        return wanted
    low, high = 0.0, wanted
    for _ in range(_STEPS):
        middle = 0.5 * (low + high)
        if fits(middle):
            low = middle
        else:
            high = middle
    return low
