"""A piece of the model during the search: its solid, its hull, whether it fits, and what a plane makes of it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ...mesh import FloatArray
from ..cut.plane import CutPlane
from .bed import ROUNDING_MM, best_rotation, cannot_fit, excess, hull
from .protect import Protect, Zone
from .section import Surface, surface_of

if TYPE_CHECKING:
    import manifold3d

CRUMB_SHARE = 1e-5
"""A body below this share of the model is a crumb that simplifying left; it goes with its neighbor."""


@dataclass(frozen=True, eq=False)
class Setting:
    """What the whole search keeps to.

    ``usable_mm`` (3,) is what a part may take; ``keep_mm`` is added to every protected distance.
    """

    usable_mm: FloatArray
    model_mm3: float
    pin_room_mm: float
    protect: Protect | None
    keep_mm: float


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
    """Bodies as one piece where they fit together, else each by itself; crumbs are left out."""
    bodies = [body for body in solid.decompose() if body.volume() > CRUMB_SHARE * setting.model_mm3]
    if not bodies:
        return ()
    whole = Piece(solid, len(bodies), zone, setting)
    if len(bodies) == 1 or whole.fits:
        return (whole,)
    return tuple(Piece(body, 1, zone, setting) for body in bodies)


def divided(piece: Piece, plane: CutPlane) -> tuple[tuple[Piece, ...], tuple[Piece, ...]]:
    """Pieces below and above a plane."""
    normal = np.array(plane.normal)
    above, below = piece.solid.split_by_plane(plane.normal, float(normal @ np.array(plane.point_mm)))
    return (
        pieces_of(below, piece.zone.side(plane, False), piece.setting),
        pieces_of(above, piece.zone.side(plane, True), piece.setting),
    )
