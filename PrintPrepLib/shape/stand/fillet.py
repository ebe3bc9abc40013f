"""Rounded edges of plinths and feet, and the fillet where a model stands on its plinth."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import manifold3d

STEP_MM = 0.1
"""A fillet is built of slices of this height: no usual printer has thinner layers, so that none shows more."""
PLAIN_MM = 0.02
"""The outline is drawn as plainly as this allows: far below what a printer makes."""
ARC_STEPS = 8
"""Straight steps of a rounded edge."""
EDGE_SHARE = 0.5
"""An edge is rounded by this share of the plate's thickness at the most."""


def edge_of(radius_mm: float, thick_mm: float) -> float:
    """Radius to which the upper edge of a plate is rounded."""
    return min(radius_mm, EDGE_SHARE * thick_mm)


def rounded_plate(
    outline: manifold3d.CrossSection, bottom: float, thickness: float, radius: float
) -> manifold3d.Manifold:
    """A plate of a convex outline whose upper edge is round, in the frame's coordinates."""
    import manifold3d

    points = [(x, y, bottom) for x, y in _corners(outline)]
    for turn in np.linspace(0.0, 0.5 * np.pi, ARC_STEPS + 1):
        inset, height = radius * (1.0 - np.cos(turn)), bottom + thickness - radius * (1.0 - np.sin(turn))
        ring = outline.offset(-float(inset), manifold3d.JoinType.Round, 2.0, 64)
        points += [(x, y, float(height)) for x, y in _corners(ring)]
    return manifold3d.Manifold.hull_points(points)


def round_edge(radius: float, thick: float, edge: float) -> list[tuple[float, float]]:
    """Outline (radius, height) of a round foot from its lower edge to its upper face, whose height is 0."""
    turns = np.linspace(0.0, 0.5 * np.pi, ARC_STEPS + 1)
    arc = [(float(radius - edge * (1.0 - np.cos(t))), float(edge * (np.sin(t) - 1.0))) for t in turns]
    return [(0.0, -thick), (radius, -thick), *arc, (0.0, 0.0)]


def fillet_solid(section: manifold3d.CrossSection, at: float, radius: float, sunk: float) -> manifold3d.Manifold:
    """What fills the corner between a plate and what stands on it: a quarter circle, in slices.

    Parameters
    ----------
    section : CrossSection
        What stands on the plate, where it meets it.
    at : float
        Height of the plate's upper face, in the frame's coordinates.
    radius : float
        Of the fillet, mm.
    sunk : float
        How far the solid goes on into the plate.
    """
    import manifold3d

    plain = section.simplify(PLAIN_MM)
    count = max(int(np.ceil(radius / STEP_MM)), 2)
    slices = []
    for number in range(1, count + 1):
        top = radius * number / count
        reach = radius - float(np.sqrt(max(radius**2 - (radius - top + radius / count) ** 2, 0.0)))
        grown = plain.offset(reach, manifold3d.JoinType.Round, 2.0, 32)
        if reach > PLAIN_MM and not grown.is_empty():
            slices.append(manifold3d.Manifold.extrude(grown, top + sunk).translate((0.0, 0.0, at - sunk)))
    return manifold3d.Manifold.batch_boolean(slices, manifold3d.OpType.Add)


def _corners(outline: manifold3d.CrossSection) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for ring in outline.to_polygons() for x, y in np.asarray(ring)[:, :2]]
