"""A solid divided by planes, infinite or bounded, with or without a kerf; both sides are kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from ...errors import GeometryError
from ...mesh import Mesh
from ...progress import Progress, silent
from .bounded import divide_within
from .plane import CutPlane
from .section import faces_in_plane, outline_of
from .solid import LEAST_VOLUME_MM3

if TYPE_CHECKING:
    import manifold3d

SLIVER_SHARE = 1e-6
"""A side below this share of the piece's volume is a graze of the surface, not a part."""


@dataclass(frozen=True, eq=False)
class Piece:
    """A piece on its way through the cuts.

    ``sides`` tells for each plane that cut it on which side it lies: +1 above, -1 below; planes that missed it are
    not in it.
    """

    manifold: manifold3d.Manifold
    sides: dict[int, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Facing:
    """Faces of two pieces that look at each other across a cut."""

    plane: int
    below: int
    above: int
    outline: manifold3d.CrossSection


def divide(
    solid: manifold3d.Manifold,
    planes: Sequence[CutPlane],
    kerf_mm: float = 0.0,
    progress: Progress = silent,
) -> tuple[list[Piece], float]:
    """Cut a solid by several planes, one after the other; every piece that a plane meets is cut.

    Parameters
    ----------
    solid : Manifold
        Closed.
    planes : sequence of CutPlane
        Infinite or bounded.
    kerf_mm : float
        Width that each cut takes away, half on each side of its plane.

    Returns
    -------
    pieces : list of Piece
        Below before above, in the order of the planes.
    kerf_volume_mm3 : float
        What the kerfs took, measured piece by piece as a difference of volumes.

    Raises
    ------
    GeometryError
        A plane meets nothing, or a bounded one ends inside the material or opens a ring without parting it.
    """
    pieces, lost = [Piece(solid)], 0.0
    for number, plane in enumerate(planes):
        progress(number / len(planes), f"Cutting {number + 1} of {len(planes)}")
        after: list[Piece] = []
        for piece in pieces:
            whole = piece.manifold.volume()
            sides = (
                _divide_all(piece.manifold, plane, kerf_mm)
                if plane.bound is None
                else divide_within(piece.manifold, plane, kerf_mm)
            )
            if sides is None:
                after.append(piece)
                continue
            after += [Piece(side, {**piece.sides, number: sign}) for side, sign in sides]
            lost += whole - sum(side.volume() for side, _ in sides)
        if len(after) == len(pieces) and not any(number in piece.sides for piece in after):
            raise GeometryError(_missed(solid, plane, number, len(planes)))
        pieces = after
    return pieces, max(lost, 0.0) if kerf_mm > 0.0 else 0.0


def facings(
    meshes: Sequence[Mesh], pieces: Sequence[Piece], planes: Sequence[CutPlane], kerf_mm: float
) -> list[Facing]:
    """Find the faces that look at each other across each cut.

    Parameters
    ----------
    meshes : sequence of Mesh
        Surface of each piece.
    pieces, planes, kerf_mm
        As :func:`divide` gave and took them.
    """
    found = []
    for number, plane in enumerate(planes):
        low, high = plane.moved(-kerf_mm / 2.0), plane.moved(kerf_mm / 2.0)
        touched = [k for k, piece in enumerate(pieces) if number in piece.sides]
        below = [(k, _cap(meshes[k], low, looking_up=True)) for k in touched if pieces[k].sides[number] <= 0]
        above = [(k, _cap(meshes[k], high, looking_up=False)) for k in touched if pieces[k].sides[number] >= 0]
        for lower, lower_face in below:
            for upper, upper_face in above:
                if lower == upper or lower_face.is_empty() or upper_face.is_empty():
                    continue
                common = lower_face ^ upper_face
                if common.area() > SLIVER_SHARE * max(lower_face.area(), upper_face.area()):
                    found.append(Facing(number, lower, upper, common))
    return found


def _cap(mesh: Mesh, plane: CutPlane, *, looking_up: bool) -> manifold3d.CrossSection:
    return outline_of(mesh, faces_in_plane(mesh, plane, looking_up=looking_up), plane)


def _divide_all(
    solid: manifold3d.Manifold, plane: CutPlane, kerf_mm: float
) -> list[tuple[manifold3d.Manifold, int]] | None:
    """Both sides of an infinite plane, below first; None where it misses the solid or only grazes it."""
    offset = float(np.dot(plane.point_mm, plane.normal))
    if kerf_mm > 0.0:
        x, y, z = plane.normal
        above = solid.trim_by_plane((x, y, z), offset + kerf_mm / 2.0)
        below = solid.trim_by_plane((-x, -y, -z), -(offset - kerf_mm / 2.0))
    else:
        above, below = solid.split_by_plane(plane.normal, offset)
    least = max(LEAST_VOLUME_MM3, SLIVER_SHARE * solid.volume())
    if above.volume() < least or below.volume() < least:
        return None
    return [(below, -1), (above, 1)]


def _missed(solid: manifold3d.Manifold, plane: CutPlane, number: int, count: int) -> str:
    low, high = np.array(solid.bounding_box()).reshape(2, 3)
    corners = np.array(np.meshgrid(*zip(low, high, strict=True))).reshape(3, -1).T
    distance = plane.distance(corners)
    which = f"Cut {number + 1}" if count > 1 else "The cut"
    if distance.min() > 0.0 or distance.max() < 0.0:
        way = float(distance.min() if distance.min() > 0.0 else distance.max())
        return (
            f"{which} misses the model: the model's box lies {abs(way):.1f} mm beside the plane. Move the plane by "
            f"{way:+.1f} mm or more along its normal."
        )
    bound = "its bound" if plane.bound is not None else "the plane"
    return (
        f"{which} parts nothing: {bound} meets no material, or only grazes the surface. Look at the plane's point, "
        "normal and size."
    )
