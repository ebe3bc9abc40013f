"""What a fitted contact measures: the gap or overlap over its whole area, and thin places behind it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ...mesh import FloatArray, Mesh
from ...receipt import plain
from ...spatial import index_of
from ...spatial.sampling import area_samples_and_faces
from .near import OPPOSED, TOUCH_MM, faces_near, place, signed_and_normal

CHANGED_MM = 1e-5
"""A face that lies off the old surface by more than this is new: booleans and single precision move less."""
PLACES = 20_000
"""Places over the contact at which it is measured."""
LISTED = 20
"""Places off what was wanted that are listed, worst first, none within two widths of another."""
START_MM = 1e-6
"""Rays start this far below the surface, so as not to meet the triangle they leave."""


@dataclass(frozen=True)
class Between:
    """Width of a gap or overlap over its area.

    ``places`` are (x, y, z, width) of those off by more than the share allowed, which cover ``off_mm2``.
    """

    min_mm: float
    median_mm: float
    max_mm: float
    area_mm2: float
    within_share: float
    off_mm2: float
    places: tuple[tuple[float, float, float, float], ...]

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        out: dict[str, Any] = plain(asdict(self))
        return out


def measured_gap(first: Mesh, before: Mesh, after: Mesh, wanted: float, share: float) -> Between | None:
    """Distance from the faces that the second body got to the first one."""
    points, _, area = _new_places(before, after)
    if not len(points):
        return None
    return _between(points, index_of(first).closest(points).distance_mm, area, wanted, share)


def measured_overlap(before: Mesh, after: Mesh, second: Mesh, wanted: float, share: float) -> Between | None:
    """Depth below the contact of the faces that the first body got inside the second one.

    Depth is measured from the old surface of the first, less the gap that was there. Faces along the depth, which are
    the side of the overlap and not its end, are left out.
    """
    points, normal, area = _new_places(before, after)
    if not len(points):
        return None
    old = index_of(before).closest(points)
    way = points - old.points
    end = np.einsum("ij,ij->i", way, normal) > OPPOSED * old.distance_mm
    signed, _ = signed_and_normal(second, points, np.inf)
    chosen = (signed < -TOUCH_MM) & end
    if not chosen.any():
        return None
    gap, _ = signed_and_normal(second, old.points[chosen], np.inf)
    depth = old.distance_mm[chosen] - np.maximum(gap, 0.0)
    return _between(points[chosen], depth, area * float(chosen.mean()), wanted, share)


def thinnest_across(first: Mesh, second: Mesh, amount: float) -> dict[str, Any] | None:
    """Thinnest place of the second body behind its contact, along its inward normal, and the area thinner than that."""
    near = faces_near(second, first, TOUCH_MM + amount)
    if not near.any():
        return None
    piece = Mesh(second.vertices, second.faces[near], second.name)
    points, faces = area_samples_and_faces(piece, PLACES)
    normal = piece.face_normals()[faces]
    signed, toward = signed_and_normal(first, points, amount)
    on = np.isfinite(signed) & (np.einsum("ij,ij->i", normal, toward) < -OPPOSED)
    if not on.any():
        return None
    inward = -normal[on]
    thickness, _ = index_of(second).first_hit(points[on] + START_MM * inward, inward)
    row = int(thickness.argmin())
    if not np.isfinite(thickness[row]):
        return None
    thin = float(np.count_nonzero(thickness <= amount)) / len(points) * piece.area_mm2
    return {"thickness_mm": float(thickness[row]), "at_mm": list(place(points[on][row])), "area_mm2": thin}


def _new_places(before: Mesh, after: Mesh) -> tuple[FloatArray, FloatArray, float]:
    """Places and normals (k, 3) spread over the faces of a body that were not there before, and their area."""
    nothing = np.empty((0, 3))
    if after is before:
        return nothing, nothing, 0.0
    middle = after.triangles.mean(axis=1)
    new = index_of(before).closest(middle, CHANGED_MM).faces < 0
    if not new.any():
        return nothing, nothing, 0.0
    piece = Mesh(after.vertices, after.faces[new], after.name)
    points, faces = area_samples_and_faces(piece, PLACES)
    return points, piece.face_normals()[faces], piece.area_mm2


def _between(points: FloatArray, width: FloatArray, area: float, wanted: float, share: float) -> Between:
    off = np.abs(width - wanted) > share * wanted
    return Between(
        min_mm=float(width.min()),
        median_mm=float(np.median(width)),
        max_mm=float(width.max()),
        area_mm2=area,
        within_share=1.0 - float(off.mean()),
        off_mm2=area * float(off.mean()),
        places=_worst(points[off], width[off], np.abs(width[off] - wanted), 2.0 * wanted),
    )


def _worst(
    points: FloatArray, width: FloatArray, error: npt.NDArray[np.float64], apart: float
) -> tuple[tuple[float, float, float, float], ...]:
    order = np.argsort(-error)
    points, width = points[order], width[order]
    out: list[tuple[float, float, float, float]] = []
    left = np.ones(len(points), bool)
    while left.any() and len(out) < LISTED:
        row = int(left.argmax())
        out.append((*place(points[row]), float(width[row])))
        left &= np.linalg.norm(points - points[row], axis=1) > apart
    return tuple(out)
