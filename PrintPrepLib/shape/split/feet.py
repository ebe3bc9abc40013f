"""Which side of each cut carries the plugs: the one whose parts have more room left in the build volume."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ...mesh import FloatArray, Mesh
from ..cut.divide import Piece
from ..cut.pieces import Pieces
from ..cut.section import faces_in_plane
from ..pins.kinds import PinType
from ..pins.request import LENGTHS, SECTION_SHARE, SIZES_MM, PinRequest
from .bed import fit, in_pose
from .plan import CutNode, Node, PlannedCut, SplitPlan

USUAL_MM = 4.0
"""Diameter of a plug before the sections are known: one that fits most bones."""


def plug_length_mm(pins: PinRequest | None, inscribed_mm: float | None = None) -> float:
    """How far plugs may stick out of their part; 0 where nothing does.

    ``inscribed_mm`` is the radius of the greatest circle in the section, None where it is not known yet.
    """
    if pins is None or pins.count == 0 or pins.kind in (PinType.DOWEL, PinType.MAGNET):
        return 0.0
    if pins.length_mm is not None:
        return pins.length_mm
    if pins.diameter_mm is not None:
        return LENGTHS[0] * pins.diameter_mm
    widest = USUAL_MM if inscribed_mm is None else min(SIZES_MM[0], 2.0 * SECTION_SHARE * inscribed_mm)
    return LENGTHS[0] * max(widest, pins.least_mm)


def footed(plan: SplitPlan, pieces: Pieces, kerf_mm: float, pins: PinRequest | None) -> tuple[SplitPlan, Pieces]:
    """Turn each cut so that the side below, which carries the plugs, is the one with room for them."""
    points = [mesh.vertices for mesh in pieces.meshes]
    turned: set[int] = set()
    for cut in plan.cuts:
        length = plug_length_mm(pins, cut.score.inscribed_radius_mm)
        if not length > 0.0:
            continue
        sides = []
        for numbers, sign in ((cut.below, 1.0), (cut.above, -1.0)):
            grown = {
                number: np.concatenate(
                    [points[number - 1], _tips(pieces.meshes[number - 1], cut, sign, length, kerf_mm)]
                )
                for number in numbers
            }
            sides.append((min(_slack(plan, number, at) for number, at in grown.items()), grown))
        chosen = 0 if sides[0][0] >= sides[1][0] else 1
        if chosen:
            turned.add(cut.number)
        for number, at in sides[chosen][1].items():
            points[number - 1] = at
    if not turned:
        return plan, pieces
    cuts = tuple(
        replace(cut, plane=cut.plane.flipped(), below=cut.above, above=cut.below) if cut.number in turned else cut
        for cut in plan.cuts
    )
    made = [
        Piece(piece.manifold, {number: -s if number + 1 in turned else s for number, s in piece.sides.items()})
        for piece in pieces.pieces
    ]
    return (
        replace(plan, cuts=cuts, roots=tuple(_turned(root, turned) for root in plan.roots)),
        replace(pieces, pieces=made),
    )


def _tips(mesh: Mesh, cut: PlannedCut, sign: float, length_mm: float, kerf_mm: float) -> FloatArray:
    """Corners of a part's face at a cut, moved as far as plugs reach, (k, 3)."""
    face = cut.plane.moved(-0.5 * sign * kerf_mm)
    own = faces_in_plane(mesh, face, looking_up=sign > 0.0)
    corners = mesh.vertices[np.unique(mesh.faces[own])]
    return np.asarray(corners + sign * (kerf_mm + length_mm) * np.array(cut.plane.normal))


def _slack(plan: SplitPlan, number: int, points: FloatArray) -> float:
    """What a part with its plugs leaves free in its planned pose, or in a better one where it is too long there."""
    planned = in_pose(points, plan.parts[number - 1].fit.rotation, plan.volume_mm, plan.margin_mm)
    return -(planned if planned.fits else fit(points, plan.volume_mm, plan.margin_mm)).excess_mm


def _turned(node: Node, numbers: set[int]) -> Node:
    if not isinstance(node, CutNode):
        return node
    below, above = (tuple(_turned(child, numbers) for child in side) for side in (node.below, node.above))
    if node.cut in numbers:
        return CutNode(node.cut, node.plane.flipped(), above, below, node.landmarks_mm)
    return CutNode(node.cut, node.plane, below, above, node.landmarks_mm)
