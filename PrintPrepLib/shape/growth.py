"""Balls that a thin wall needs: where they stand, how large they are, and where the air holds them back."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from ..mesh import FloatArray, Mesh
from ..progress import Progress, part, silent
from ..spatial import index_of
from .air import Air
from .outer import outer_directions
from .sheet import Sheet, sheet_of
from .walls import Walls

TRUE_SIDE = (0.1, 0.4)
"""Where the way off the surface leans towards the side that must stay true by a cosine above the second nothing is
added, below the first nothing is cut, and between them one passes into the other."""
LEAST_GROWTH = 1e-3
"""Growth below this share of the limit is none."""
SLOPE_NEIGHBORS = 8
EDGE_MARGIN = 1.02
"""Balls at the edges of walls are larger by this: the chords of a rounded rim cost up to four percent."""
EDGE_REACH = 1.0
"""The edge of a wall reaches as far as this share of the radius from the centers that belong to it."""
ROUND_SHARE = 0.5
"""Balls cover the corners of a wall whose half thickness is below this share of the radius (the square root of a third
for three faces)."""

Bools = npt.NDArray[np.bool_]


class Direction(Enum):
    """Which side of a thin wall moves; the other stays true."""

    BOTH = "both"
    OUTWARD = "outward"
    INWARD = "inward"


@dataclass(frozen=True, eq=False)
class Growth:
    """What is swept to thicken the thin walls.

    Attributes
    ----------
    sheet : Sheet
        Centers and radii of the balls.
    vertices : (k,) int64
        Vertex of the measured mesh that each center belongs to.
    true_side : (k, 3) float64
        Direction towards the side that must stay true; zero where both may move.
    depth_mm : (k,) float64
        How far below the true side the added material ends.
    missing_mm : (k,) float64
        Wanted radius less the wall's own.
    at_edge : (k,) float64
        1 at the edge of a wall, 0 elsewhere.
    held_at : (h, 3) float64
        Vertices whose ball is smaller than wanted, or none at all, because a neighbor is near.
    equal : (k,) bool
        Neither side is the outer one.
    """

    sheet: Sheet
    vertices: npt.NDArray[np.int64]
    true_side: FloatArray
    depth_mm: FloatArray
    missing_mm: FloatArray
    at_edge: FloatArray
    held_at: FloatArray
    equal: Bools


def grow(
    walls: Walls,
    whole: Mesh,
    radius_mm: float,
    direction: Direction,
    transition_mm: float,
    air: Air | None,
    chosen: Bools,
    progress: Progress = silent,
) -> Growth:
    """Place a ball for every chosen vertex.

    Parameters
    ----------
    walls : Walls
        The measured walls, all of the model or those near thin places.
    whole : Mesh
        The whole model, for the view of the sky.
    radius_mm : float
        Wanted radius.
    transition_mm : float
        Where a ball is held back, those around it reach the wanted radius again over this length.
    air : Air, optional
        What must stay free.
    chosen : (n,) bool
        Vertices of thin walls.
    """
    vertices = np.flatnonzero(chosen)
    own = np.minimum(walls.thickness_mm[vertices] / 2.0, radius_mm)
    middle = walls.centers[vertices]
    centers = middle.copy()
    towards = np.zeros_like(middle)
    equal: Bools = np.zeros(len(vertices), bool)
    if direction is not Direction.BOTH:
        out = outer_directions(walls.mesh, vertices, middle, ~walls.at_edge[vertices], part(progress, 0.0, 0.6), whole)
        towards = out if direction is Direction.OUTWARD else -out
        equal = np.asarray(~towards.any(axis=1), bool)
        centers += towards * (radius_mm - own)[:, None]
    edge = _near_edges(walls.at_edge[vertices], middle, EDGE_REACH * radius_mm)
    radius = np.where(edge, EDGE_MARGIN * radius_mm, radius_mm)
    held = np.zeros(len(vertices), bool)
    if air is not None:
        centers, radius, held = _held_back(centers, middle, own, radius, towards, air)
        radius = _sloped(centers, radius, held, 0.5 * walls.limit_mm / max(transition_mm, 1e-9))
    progress(1.0, "Planning the growth")
    grows = radius - own > LEAST_GROWTH * walls.limit_mm
    every_center = np.zeros((len(chosen), 3))
    every_radius = np.zeros(len(chosen))
    every_center[vertices], every_radius[vertices] = centers, radius
    taken = np.zeros(len(chosen), bool)
    taken[vertices[grows]] = True
    sheet = sheet_of(walls.mesh, taken, every_center, every_radius, 2.0 * radius_mm)
    return Growth(
        sheet=sheet,
        vertices=vertices[grows],
        true_side=-towards[grows],
        depth_mm=0.5 * own[grows],
        missing_mm=(radius - own)[grows],
        at_edge=(edge & (own > ROUND_SHARE * radius_mm))[grows].astype(np.float64),
        held_at=walls.mesh.vertices[vertices[held]],
        equal=equal[grows],
    )


def solid_value(
    growth: Growth, whole: Mesh, step_mm: float, points: FloatArray, progress: Progress = silent
) -> FloatArray:
    """Distance of points (k, 3) from the added solid, (k,), negative inside.

    The solid is the swept balls. At the edges of walls that are nearly thick enough the balls do not reach into the
    corners; there it is the wall itself, moved and dilated by what is missing, as well. Where a side must stay true,
    the solid ends a little below it.
    """
    sheet = growth.sheet
    swept = sheet.distance(points, float(sheet.radius.max()) + 3.0 * step_mm, part(progress, 0.0, 0.5))
    value = swept.value
    index = index_of(whole)
    missing = swept.of(growth.missing_mm)
    edge = np.flatnonzero(swept.near & (swept.of(growth.at_edge) > 0.0) & (value > -step_mm))
    if len(edge):
        shift = -swept.of(growth.true_side)[edge] * missing[edge, None]
        signed = index.signed_distance(points[edge] - shift, part(progress, 0.5, 0.7))
        value[edge] = np.minimum(value[edge], signed - missing[edge])
    if growth.true_side.any():
        ask = np.flatnonzero(swept.near & (value < 2.0 * step_mm))
        side = swept.of(growth.true_side)
        ask = ask[side[ask].any(axis=1)]
        found = index.closest(points[ask], progress=part(progress, 0.7, 1.0))
        signed = index.with_sign(points[ask], found)
        # The way off the surface, not the face's normal: beyond a sharp rim either face may be the nearest.
        away = (points[ask] - found.points) / np.where(signed == 0.0, 1.0, signed)[:, None]
        lean = np.einsum("ij,ij->i", away, side[ask])
        share = np.clip((lean - TRUE_SIDE[0]) / (TRUE_SIDE[1] - TRUE_SIDE[0]), 0.0, 1.0)
        depth = np.minimum(swept.of(growth.depth_mm)[ask], 0.5 * step_mm)
        value[ask] = np.maximum(value[ask], share * (signed + depth) - (1.0 - share) * float(sheet.radius.max()))
    return value


def _near_edges(edge: Bools, centers: FloatArray, reach: float) -> Bools:
    """Edges, and what stands so near them that it shares their centers."""
    if not edge.any() or edge.all():
        return edge
    distance, _ = cKDTree(centers[edge]).query(centers, distance_upper_bound=reach)
    return np.asarray(np.isfinite(distance))


def _held_back(
    centers: FloatArray, middle: FloatArray, own: FloatArray, wanted: FloatArray, towards: FloatArray, air: Air
) -> tuple[FloatArray, FloatArray, Bools]:
    """Move balls off the air that must stay free where both sides may move; shrink them where that does not help."""
    room, away = air.room(centers)
    short = np.flatnonzero(room < wanted)
    centers, radius = centers.copy(), wanted.copy()
    held = np.zeros(len(centers), bool)
    if not len(short):
        return centers, radius, held
    free = ~towards[short].any(axis=1)
    step = np.where(free, np.minimum(wanted[short] - room[short], wanted[short] - own[short]), 0.0)
    moved = centers[short] + away[short] * step[:, None]
    room_there, _ = air.room(moved)
    better = free & (room_there > room[short])
    centers[short[better]] = moved[better]
    room[short[better]] = room_there[better]
    # A ball that must be smaller steps back towards the wall's own middle, which it has to cover.
    small = short[room[short] < wanted[short] * (1.0 - 1e-6)]
    least, missing = own[small], np.maximum(wanted[small] - own[small], 1e-12)
    share = np.clip((room[small] - least) / missing, 0.0, 1.0)
    for _ in range(3):
        fits, _ = air.room(middle[small] + (centers[small] - middle[small]) * share[:, None])
        short_of = fits < least + missing * share
        share = np.where(short_of, np.clip((fits - least) / missing, 0.0, share), share)
    centers[small] = middle[small] + (centers[small] - middle[small]) * share[:, None]
    radius[small] = least + missing * share
    held[small] = True
    return centers, radius, held


def _sloped(centers: FloatArray, radius: FloatArray, held: Bools, slope: float) -> FloatArray:
    """Let the radius rise from held places no steeper than the slope."""
    if not held.any() or held.all():
        return radius
    low = np.flatnonzero(held)
    rise = float(radius.max() - radius[low].min())
    distance, near = cKDTree(centers[low]).query(
        centers, k=min(SLOPE_NEIGHBORS, len(low)), distance_upper_bound=max(rise / slope, 1e-9)
    )
    distance, near = np.asarray(distance).reshape(len(centers), -1), np.asarray(near).reshape(len(centers), -1)
    known = np.isfinite(distance)
    bound = np.where(known, radius[low][np.where(known, near, 0)] + slope * np.where(known, distance, 0.0), np.inf)
    return np.asarray(np.minimum(radius, bound.min(axis=1)))
