"""Solids of pins, dowels and magnet pockets: what is added to a part, what is cut from it, what lies loose."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .kinds import Pin, PinType
from .sections import Level, check_pin, hole_levels, pin_levels, segments_of, volume_mm3
from .stack import levels_solid

if TYPE_CHECKING:
    import manifold3d

ROOT_SHARE = 0.1
"""How deep a plug is rooted in its own part, as a share of its diameter: the union only needs both to overlap."""
REACH_MM = 0.05
"""How far a cutting tool stands out before the face that it cuts, so that no two faces coincide."""
MARK_STROKE_MM = 0.8
"""Width of the lines of a pole mark: the coarsest detail that guides state for sintered nylon (3DP Design Rules EN)."""
MARK_ARM_MM = 2.4
"""Length of these lines: three widths, so that plus and minus are told apart."""
MARK_DEPTH_MM = 0.6
"""Depth of a pole mark: two usual FDM layers and more; resin shows engraving from 0.4 mm (Formlabs limits)."""
MARK_SHARE = 0.8
"""Lines are no longer than this share of the magnet's diameter: they lie whole in its pocket's floor."""


@dataclass(frozen=True, eq=False)
class PinSolids:
    """Solids of one pin in LPS mm, None where there is none.

    Attributes
    ----------
    add : Manifold or None
        Joined with the part that carries the foot.
    cut_foot, cut_other : Manifold or None
        Taken from the part with the foot, and from the other one; both reach a little out of the part's face.
    loose : Manifold or None
        A part of its own.
    """

    add: manifold3d.Manifold | None
    cut_foot: manifold3d.Manifold | None
    cut_other: manifold3d.Manifold | None
    loose: manifold3d.Manifold | None


def pin_solids(pin: Pin) -> PinSolids:
    """Build the solids of a pin in its place.

    A plug is one with its part; a dowel lies loose in two holes and is as far from the bottom of both; of a magnet
    only the pockets are made, with a plus engraved beside the one in the foot's part and a minus in the other: a
    magnet shows the pole that the mark names, so the two attract.

    Raises
    ------
    InputError
        Taper and chamfer leave no pin, or the shape is not one of its type.
    """
    check_pin(pin)
    segments = segments_of(pin)
    hole = levels_solid(_from_before_the_face(hole_levels(pin)), segments)
    if pin.kind is PinType.PLUG:
        pegs = pin_levels(pin)
        root = pegs[0].at(-root_mm(pin))
        return PinSolids(_placed(levels_solid((root, *pegs), segments), pin), None, _placed(hole, pin), None)
    foot = _on_the_foot(hole, pin)
    if pin.kind is PinType.DOWEL:
        loose = levels_solid(pin_levels(pin), segments)
        return PinSolids(None, _placed(foot, pin), _placed(hole, pin), _placed(loose, pin))
    plus, minus = _on_the_foot(_mark(pin, plus=True), pin), _mark(pin, plus=False)
    return PinSolids(None, _placed(foot + plus, pin), _placed(hole + minus, pin), None)


def root_mm(pin: Pin) -> float:
    """How deep the pin is rooted in the part that carries it; 0 for those that lie loose."""
    return ROOT_SHARE * pin.diameter_mm if pin.kind is PinType.PLUG else 0.0


def pin_volume_mm3(pin: Pin) -> float:
    """Exact volume of a plug above its foot's face, or of a whole dowel; 0 for a magnet, which is not printed."""
    return 0.0 if pin.kind is PinType.MAGNET else volume_mm3(pin_levels(pin), segments_of(pin))


def hole_volume_mm3(pin: Pin) -> float:
    """Exact volume that the hole takes from the other part, a magnet's pole mark with it, where its face is whole."""
    mark = mark_area_mm2(pin, plus=False) * MARK_DEPTH_MM if pin.kind is PinType.MAGNET else 0.0
    return volume_mm3(hole_levels(pin), segments_of(pin)) + mark


def foot_hole_volume_mm3(pin: Pin) -> float:
    """Exact volume that is taken from the part with the foot: 0 for a plug."""
    if pin.kind is PinType.PLUG:
        return 0.0
    mark = mark_area_mm2(pin, plus=True) * MARK_DEPTH_MM if pin.kind is PinType.MAGNET else 0.0
    return volume_mm3(hole_levels(pin), segments_of(pin)) + mark


def mark_area_mm2(pin: Pin, *, plus: bool) -> float:
    """Area of a pole mark on the floor of its pocket."""
    arm = mark_arm_mm(pin)
    bar = arm * MARK_STROKE_MM
    return 2.0 * bar - MARK_STROKE_MM**2 if plus else bar


def mark_arm_mm(pin: Pin) -> float:
    """Length of the lines of a pole mark."""
    return min(MARK_ARM_MM, MARK_SHARE * pin.diameter_mm)


def _from_before_the_face(levels: tuple[Level, ...]) -> tuple[Level, ...]:
    """Sections with the first slope carried on before the face."""
    first, second = levels[:2]
    slope = (first.apothem_mm - second.apothem_mm) / (second.height_mm - first.height_mm)
    return (first.grown(slope * REACH_MM).at(first.height_mm - REACH_MM), *levels)


def _mark(pin: Pin, *, plus: bool) -> manifold3d.Manifold:
    """Pole mark in the floor of the other part's pocket; both lines of a plus are as long."""
    import manifold3d

    def bar(along: float, across: float) -> manifold3d.CrossSection:
        return manifold3d.CrossSection.square((along, across), center=True)

    arm = mark_arm_mm(pin)
    shape = bar(arm, MARK_STROKE_MM)
    if plus:
        shape = shape + bar(MARK_STROKE_MM, arm)
    floor = pin.kerf_mm + pin.hole_depth_mm
    solid = manifold3d.Manifold.extrude(shape, MARK_DEPTH_MM + REACH_MM)
    return solid.translate((0.0, 0.0, floor - REACH_MM))


def _on_the_foot(solid: manifold3d.Manifold, pin: Pin) -> manifold3d.Manifold:
    """Mirror what is cut from the other part onto the part with the foot."""
    return solid.mirror((0.0, 0.0, 1.0)).translate((0.0, 0.0, pin.kerf_mm))


def _placed(solid: manifold3d.Manifold, pin: Pin) -> manifold3d.Manifold:
    return solid.transform(np.ascontiguousarray(pin.matrix))
