"""How far each vertex of a thin wall has to move, and where the air holds it back."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np
import numpy.typing as npt

from ..mesh import FloatArray, Mesh
from ..progress import Progress, part, silent
from .air import Air
from .held import held_back, sloped
from .miter import mitered
from .outer import is_across, outer_directions
from .struts import struts_of
from .walls import Walls
from .ways import TRUE_SIDE, carried_on, faded, made_room, offset_corners, smoothed

LEAST_GROWTH = 1e-3
"""Ways below this share of the limit are none: what need not move keeps its place to the bit."""
TANGENT = 1.05
"""A ball touches its vertex: one whose center is farther away than this many radii stands at a corner."""
POINT_SHARE = 1e-3
"""A wall thinner than this share of the limit is a blade's edge, which has no middle."""
FACING = (0.5, 0.1)
"""Cosine between a vertex's normal and its way off the middle above which it is part of a wall's side: where
edges stay, and where they may grow."""

Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]


class Direction(Enum):
    """Which side of a thin wall moves; the other stays true."""

    BOTH = "both"
    OUTWARD = "outward"
    INWARD = "inward"


@dataclass(frozen=True, eq=False)
class Growth:
    """What thickening asks of the vertices of a patch.

    Attributes
    ----------
    move : (n, 3) float64
        Where each vertex should go, from where it stands.
    beside : (n,) bool
        Vertices on no thin wall, that move because one beside them does.
    held_at : (h, 3) float64
        Vertices that may not go as far as wanted, because a neighbor is near.
    equal : (k,) bool
        For the vertices of thin walls: neither side is the outer one.
    struts_at : (s, 3) float64
        Vertices of bars and lattices, which are thin all round.
    """

    move: FloatArray
    beside: Bools
    held_at: FloatArray
    equal: Bools
    struts_at: FloatArray


def grow(
    walls: Walls,
    whole: Mesh,
    radius_mm: float,
    direction: Direction,
    transition_mm: float,
    air: Air | None,
    progress: Progress = silent,
    *,
    keep_openings: bool = True,
    struts_near: FloatArray | None = None,
) -> Growth:
    """Plan how the vertices of thin walls move away from the middle, so that the wanted ball fits between them.

    A vertex across from the other side of its wall moves along the line to the middle of the ball that was measured
    there. At the edge of a wall, where balls are smaller and stand askew, the wall is taken to go on as it is beside
    the edge: it is stretched across and not lengthened, so that openings keep their width.

    Parameters
    ----------
    walls : Walls
        The measured walls.
    whole : Mesh
        The whole model, for the view of the sky.
    radius_mm : float
        Wanted radius.
    direction : Direction
        Which side moves.
    transition_mm : float
        Growth fades out, and where it is held back it returns, over this length.
    air : Air, optional
        What must stay free.
    keep_openings : bool
        Stretch the edges of walls across only. Otherwise they grow to where the wanted ball ends, like all else.
    struts_near : (k, 3) float64, optional
        Where bars were found in the first round.
    """
    mesh = walls.mesh
    vertices = np.flatnonzero(walls.thickness_mm < 2.0 * radius_mm)
    own = np.minimum(walls.thickness_mm[vertices] / 2.0, radius_mm)
    middle = walls.centers[vertices]
    arm = mesh.vertices[vertices] - middle
    size = np.linalg.norm(arm, axis=1)
    across = arm / np.maximum(size, np.finfo(float).tiny)[:, None]
    clean = ~walls.at_edge[vertices] & (own > POINT_SHARE * walls.limit_mm) & (size <= TANGENT * own)
    rows = np.flatnonzero(clean)
    clean[rows] = is_across(whole, middle[rows], across[rows], size[rows])
    straight = clean
    if not keep_openings:
        clean = own > POINT_SHARE * walls.limit_mm
    centers = middle.copy()
    towards = np.zeros_like(middle)
    equal: Bools = np.zeros(len(vertices), bool)
    if direction is not Direction.BOTH:
        out = outer_directions(whole, middle, across, size, straight, part(progress, 0.0, 0.6))
        towards = out if direction is Direction.OUTWARD else -out
        equal = np.asarray(~towards.any(axis=1), bool)
        centers += towards * (radius_mm - own)[:, None]
    radius = np.full(len(vertices), radius_mm)
    held = np.zeros(len(vertices), bool)
    if air is not None:
        centers, radius, held = held_back(centers, middle, own, radius, towards, air)
        radius = sloped(centers, radius, held, 0.5 * walls.limit_mm / max(transition_mm, 1e-9))
    progress(0.8, "Planning the growth")
    shift = np.einsum("ij,ij->i", centers - middle, across)
    offset = shift[:, None] * across
    known, wanted = np.zeros(len(mesh.vertices), bool), np.zeros(len(mesh.vertices), bool)
    wanted[vertices] = True
    known[vertices[clean]] = True
    values = np.zeros((len(mesh.vertices), 11))
    values[vertices] = np.concatenate([middle, across, offset, radius[:, None], own[:, None]], axis=1)
    move = np.zeros_like(mesh.vertices)
    move[vertices[clean]] = (across * np.maximum(shift + radius - np.maximum(own, size), 0.0)[:, None])[clean]
    move, known = carried_on(walls, values, move, known, wanted)
    alone = ~known[vertices] & (own > POINT_SHARE * walls.limit_mm)
    move = offset_corners(walls, move, vertices[alone], middle[alone] + offset[alone], radius[alone])
    wanted = wanted | known
    move = smoothed(walls, move, wanted)
    balls = clean & (radius > own)
    side = ~walls.at_edge if keep_openings else np.ones(len(mesh.vertices), bool)
    side[vertices[~clean]] = False
    facing = FACING[0] if keep_openings else FACING[1]
    move = made_room(mesh, side, move, middle[balls], offset[balls], radius[balls], facing)
    wanted = wanted | move.any(axis=1)
    true = np.zeros(len(mesh.vertices), bool)
    true[vertices[np.einsum("ij,ij->i", across, towards) < -TRUE_SIDE]] = True
    move[true | (np.linalg.norm(move, axis=1) < LEAST_GROWTH * walls.limit_mm)] = 0.0
    held_at = mesh.vertices[vertices[held]]
    struts_at = np.empty((0, 3))
    if struts_near is None or len(struts_near):
        struts = struts_of(walls, whole, radius_mm, air, struts_near)
        struts.vertices[vertices[towards.any(axis=1)]] = False
        struts_at = mesh.vertices[struts.vertices]
        if len(struts_at):
            mitre, ways = mitered(walls, struts)
            move[mitre] = ways[mitre]
            wanted = wanted | mitre
            held_at = np.concatenate([held_at, struts.held_at])
    move = faded(walls, move, wanted, transition_mm)
    return Growth(move, move.any(axis=1) & ~wanted, held_at, equal, struts_at)
