"""A piece of the model during the search: its solid, its hull, whether it fits, and what a plane makes of it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from ...mesh import FloatArray
from ..cut.plane import CutPlane
from .bed import ROUNDING_MM, best_rotation, cannot_fit, excess, hull
from .protect import Protect, Zone
from .section import Surface, surface_of

if TYPE_CHECKING:
    import manifold3d

OWN_PART_SHARE = 0.02
"""A body of this share of the model may become a part of its own; smaller ones go with the nearest such body."""
NEARNESS_POINTS = 500
"""Points of each body from which the nearest one is told."""


@dataclass(frozen=True, eq=False)
class Setting:
    """What the whole search keeps to.

    ``usable_mm`` (3,) is what a part may take; ``keep_mm`` is added to every protected distance; ``spare_mm`` is how
    much of its usable length a part should leave free, for the pins that will stand on it.
    """

    usable_mm: FloatArray
    model_mm3: float
    pin_room_mm: float
    protect: Protect | None
    keep_mm: float
    spare_mm: float = 0.0


@dataclass(frozen=True, eq=False)
class Piece:
    """One or more bodies that are printed together unless they are divided."""

    solid: manifold3d.Manifold
    bodies: int
    zone: Zone
    setting: Setting

    @cached_property
    def surface(self) -> Surface:
        """Its surface."""
        return surface_of(self.solid)

    @cached_property
    def hull(self) -> tuple[FloatArray, npt.NDArray[np.int32]]:
        """Corners and triangles of its convex hull."""
        return hull(self.surface.vertices)

    @cached_property
    def volume_mm3(self) -> float:
        """Its volume."""
        return float(self.solid.volume())

    @cached_property
    def excess_mm(self) -> float:
        """By how much it is too long in the best pose found; not above zero when it fits."""
        corners, triangles = self.hull
        usable = self.setting.usable_mm
        if cannot_fit(corners, float(self.solid.hull().volume()), usable) is not None:
            return float(excess(np.eye(3)[None], corners, usable)[0])
        rotation = best_rotation(corners, triangles, usable, enough_mm=0.0)
        return float(excess(rotation[None], corners, usable)[0])

    @cached_property
    def slack_mm(self) -> float:
        """What it leaves free on its tightest side, as far as up to ``setting.spare_mm`` is sought."""
        wanted, usable = self.setting.spare_mm, self.setting.usable_mm
        if not self.fits or self.excess_mm <= -wanted:
            return -self.excess_mm
        corners, triangles = self.hull
        rotation = best_rotation(corners, triangles, usable, enough_mm=wanted)
        return -float(excess(rotation[None], corners, usable)[0])

    @property
    def fits(self) -> bool:
        """It fits in some orientation."""
        return self.excess_mm <= ROUNDING_MM

    @cached_property
    def least_cuts(self) -> int:
        """Cuts that no plan can do without: none if it fits, else one, or what the volume asks for."""
        if self.fits:
            return 0
        return max(1, int(np.ceil(self.volume_mm3 / float(np.prod(self.setting.usable_mm)) - 1e-9)) - 1)


def pieces_of(solid: manifold3d.Manifold, zone: Zone, setting: Setting) -> tuple[Piece, ...]:
    """Bodies as one piece where they fit together; else those that fit together, the large ones apart."""
    bodies = sorted(solid.decompose(), key=lambda body: -body.volume())
    if not bodies:
        return ()
    whole = Piece(solid, _count(bodies), zone, setting)
    large = [body for body in bodies if body.volume() >= OWN_PART_SHARE * setting.model_mm3]
    if len(large) < 2 or whole.fits:
        return (whole,)
    pieces = [_joined(group, zone, setting) for group in _gathered(bodies, len(large))]
    merged: list[Piece] = []
    for piece in pieces:
        for number, other in enumerate(merged):
            both = _joined([other.solid, piece.solid], zone, setting)
            if piece.fits and other.fits and both.fits:
                merged[number] = both
                break
        else:
            merged.append(piece)
    return tuple(merged)


def _joined(solids: list[manifold3d.Manifold], zone: Zone, setting: Setting) -> Piece:
    import manifold3d

    solid = solids[0] if len(solids) == 1 else manifold3d.Manifold.compose(solids)
    return Piece(solid, _count(solid.decompose()), zone, setting)


def _count(shells: list[manifold3d.Manifold]) -> int:
    """Bodies among shells: a cavity is a shell of negative volume, and none."""
    return sum(shell.volume() > 0.0 for shell in shells)


def _gathered(bodies: list[manifold3d.Manifold], large: int) -> list[list[manifold3d.Manifold]]:
    """Each of the first ``large`` bodies with the small ones that lie nearest to it."""
    groups = [[body] for body in bodies[:large]]
    trees = [cKDTree(surface_of(body).vertices) for body in bodies[:large]]
    for body in bodies[large:]:
        points = surface_of(body).vertices
        points = points[:: max(1, len(points) // NEARNESS_POINTS)]
        groups[int(np.argmin([np.min(tree.query(points)[0]) for tree in trees]))].append(body)
    return groups


def divided(piece: Piece, plane: CutPlane) -> tuple[tuple[Piece, ...], tuple[Piece, ...]]:
    """Pieces below and above a plane."""
    normal = np.array(plane.normal)
    above, below = piece.solid.split_by_plane(plane.normal, float(normal @ np.array(plane.point_mm)))
    return (
        pieces_of(below, piece.zone.side(plane, False), piece.setting),
        pieces_of(above, piece.zone.side(plane, True), piece.setting),
    )
