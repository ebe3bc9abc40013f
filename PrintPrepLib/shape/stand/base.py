"""A flat base: the model cut flat by a plane, and a plinth under it where one is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.spatial import ConvexHull, QhullError

from ...errors import GeometryError
from ...mesh import FloatArray, Mesh
from .fillet import edge_of, fillet_solid, rounded_plate
from .frame import Frame
from .stability import STEADY_DEG

if TYPE_CHECKING:
    import manifold3d

CUT_SHARES = (0.005, 0.01, 0.02, 0.03, 0.05, 0.08, 0.12)
"""Heights of the plane that are tried where none is given, as shares of the model's height: the lowest that makes it
steady is taken, since what lies below is lost."""
MOST_SHARE = 0.5
"""A cut above this share of the height is a cut through the model, not a base."""
LEAST_HELD = 0.04
"""A plinth or plate holds the model firmly where the hull of the cut face has this share of the area of its box:
a fifth of its width each way. With less, it hangs on a tip such as the nose."""
SUNK_SHARE = 0.5
"""Share of a plinth's thickness that the model goes on into it: no two faces lie in one plane."""
FLAT_MM = 1.0
"""Between fillet and rounded edge so much of the plinth's upper face stays flat."""
SURE = 1.2
"""The footprint of a plinth reaches so much farther than a steady stand needs."""


@dataclass(frozen=True, eq=False)
class Base:
    """A model on its base. ``at`` is the height of the plane in the frame, ``cut_mm`` above the lowest point;
    ``narrow`` says that the model is held over a small part of its width only.
    """

    solid: manifold3d.Manifold
    at: float
    cut_mm: float
    outline: manifold3d.CrossSection
    section_mm2: float
    narrow: bool = False


def base_of(
    model: manifold3d.Manifold,
    mesh: Mesh,
    frame: Frame,
    center: FloatArray,
    cut_mm: float | None,
    plinth_mm: float,
    margin_mm: float,
    *,
    steady: bool = True,
    also: manifold3d.CrossSection | None = None,
    fillet_mm: float = 0.0,
) -> Base:
    """Cut a model flat from below and set it on a plinth.

    Parameters
    ----------
    model : Manifold
        In LPS.
    mesh : Mesh
        The same.
    frame : Frame
        Which way is up.
    center : (3,) float64
        Center of mass in the frame.
    cut_mm : float or None
        Height of the plane above the lowest point; None for the lowest that makes it steady.
    plinth_mm, margin_mm : float
        Thickness of the plinth, and by how much it is wider than the hull of the cut face.
    steady : bool
        Whether the plinth is made so wide that the model stands steady on it.
    also : CrossSection, optional
        What the plinth has to cover besides.
    fillet_mm : float
        Radius of the fillet between model and plinth, and of the plinth's upper edge; 0 for none.

    Raises
    ------
    GeometryError
        The plane meets nothing, or takes half of the model.
    """
    import manifold3d

    heights = frame.to_local(mesh.vertices[mesh.used_vertices])[:, 2]
    low, tall = float(heights.min()), float(np.ptp(heights))
    turned = frame.local(model)
    shares = CUT_SHARES if cut_mm is None else (cut_mm / tall,)
    if shares[-1] > MOST_SHARE:
        raise GeometryError(
            f"A cut {cut_mm:g} mm above the lowest point takes more than half of the model, which is {tall:.1f} mm "
            "high in this direction. Give a smaller cut, or cut the model first (printprep cut)."
        )
    edge = edge_of(fillet_mm, plinth_mm)
    if fillet_mm > 0.0:
        margin_mm = max(margin_mm, fillet_mm + edge + FLAT_MM)
    low2, high2 = np.asarray(turned.bounding_box()).reshape(2, 3)
    wide = float(np.prod((high2 - low2)[:2]))
    at, outline, area, narrow = low, None, 0.0, True
    for share in shares:
        at = low + share * tall
        section = turned.slice(at)
        area = float(section.area())
        if section.is_empty() or not area > 0.0:
            continue
        outline = section.hull()
        narrow = float(outline.area()) < LEAST_HELD * wide
        if margin_mm > 0.0 and plinth_mm > 0.0:
            outline = _rounded(outline, margin_mm)
        if (plinth_mm > 0.0 and not narrow) or (not plinth_mm > 0.0 and _tip_deg(outline, center, at) >= STEADY_DEG):
            break
    if outline is None:
        raise GeometryError("The plane of the base meets no material. Give a larger cut, or another direction up.")
    if not plinth_mm > 0.0:
        return Base(model.trim_by_plane(tuple(frame.up), at), at, at - low, outline, area)
    if steady:
        reach = np.tan(np.radians(STEADY_DEG)) * SURE * (center[2] - at + plinth_mm)
        outline = _with_disc(outline, center[:2], float(reach))
    if also is not None:
        outline = manifold3d.CrossSection.batch_hull([outline, also])
    sunk = SUNK_SHARE * plinth_mm
    above = model.trim_by_plane(tuple(frame.up), at - sunk)
    if fillet_mm > 0.0:
        added = rounded_plate(outline, at - plinth_mm, plinth_mm, edge)
        added += fillet_solid(turned.slice(at), at, fillet_mm, sunk)
    else:
        added = plate(outline, at - plinth_mm, plinth_mm)
    solid = above + frame.placed(added)
    return Base(solid, at, at - low, outline, area, narrow)


def plate(outline: manifold3d.CrossSection, bottom: float, thickness: float) -> manifold3d.Manifold:
    """A flat plate in the frame's coordinates."""
    import manifold3d

    return manifold3d.Manifold.extrude(outline, thickness).translate((0.0, 0.0, bottom))


def _rounded(outline: manifold3d.CrossSection, margin: float) -> manifold3d.CrossSection:
    import manifold3d

    return outline.offset(margin, manifold3d.JoinType.Round, 2.0, 64)


def _with_disc(outline: manifold3d.CrossSection, center: FloatArray, radius: float) -> manifold3d.CrossSection:
    """Hull of an outline and a disc: the center of mass is at least so far inside."""
    import manifold3d

    disc = manifold3d.CrossSection.circle(radius, 64).translate((float(center[0]), float(center[1])))
    return manifold3d.CrossSection.batch_hull([outline, disc])


def _tip_deg(outline: manifold3d.CrossSection, center: FloatArray, at: float) -> float:
    points = np.concatenate([np.asarray(ring)[:, :2] for ring in outline.to_polygons()])
    try:
        hull = ConvexHull(points)
    except (QhullError, ValueError):
        return -90.0
    inside = -float((hull.equations[:, :2] @ center[:2] + hull.equations[:, 2]).max())
    return float(np.degrees(np.arctan2(inside, center[2] - at)))
