"""What a strut is in the finished body: its thinnest diameter, the air round it, how much it bends."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...mesh import FloatArray, Mesh
from ...receipt import plain
from ...spatial import SurfaceIndex, index_of
from .build import near
from .column import ARC_STEPS, Column, across
from .pieces import Piece
from .safe import Site, Strut

DIRECTIONS = 64
"""Rays that measure a section: 32 diameters, across the flats of a column among them."""
SECTIONS = 24
LOOK_MM = 10.0
"""Other parts farther away than this are not told."""
PLASTIC_MPA = 2000.0
"""Stiffness of printing plastics, to estimate bending: data sheets of PLA, resins and PA 12 state 1600 to 3500."""


def told(strut: Strut, site: Site, result: Mesh, origin: str) -> dict[str, Any]:
    """Describe a strut with what was measured on the finished body, as plain JSON values."""
    column = strut.column
    first, second = site.pieces[strut.first], site.pieces[strut.second]
    points, _ = column.points(-column.sunk_mm[0], column.length_mm + column.sunk_mm[1], 0.1 * column.diameter_mm, 48)
    room = site.keepout.room_mm(points).min() if not site.keepout.is_empty else None
    out: dict[str, Any] = plain(
        {
            "from_part": first.number,
            "to_part": second.number,
            "from_mm": column.start_mm,
            "to_mm": column.end_mm,
            "length_mm": column.length_mm,
            "diameter_mm": column.diameter_mm,
            "thinnest_mm": thinnest_mm(column, result),
            "feet_mm": [2.0 * radius for radius in column.feet_mm],
            "fillets_mm": column.fillets_mm,
            "sunk_mm": column.sunk_mm,
            "bite_mm": strut.bites_mm,
            "volume_ml": volume_mm3(column) / 1000.0,
            "air_to_others_mm": _air(strut, site, points),
            "room_to_protected_mm": room,
            "bends_mm_per_newton": bending_mm(column),
            "set": origin,
        }
    )
    return out


def thinnest_mm(column: Column, result: Mesh) -> float:
    """Smallest width of the waist in the finished body, from surface to surface through the axis."""
    piece = result.submesh(near(result, column, 0.5))
    low, high = column.fillets_mm[0], column.length_mm - column.fillets_mm[1]
    along = np.linspace(low, high, SECTIONS + 2)[1:-1]
    middle = np.asarray(column.start_mm) + along[:, None] * column.axis
    u, v = across(column.axis)
    angle = np.arange(DIRECTIONS) * (2.0 * np.pi / DIRECTIONS)
    ray = np.cos(angle)[:, None] * u + np.sin(angle)[:, None] * v
    starts = np.repeat(middle, DIRECTIONS, axis=0)
    distance, _ = SurfaceIndex(piece).first_hit(starts, np.tile(ray, (len(middle), 1)))
    distance = distance.reshape(len(middle), DIRECTIONS)
    half = DIRECTIONS // 2
    return float((distance[:, :half] + distance[:, half:]).min())


def volume_mm3(column: Column) -> float:
    """Volume between the two surfaces' points, feet included: what is there in air, but for the surfaces' curvature."""
    along = np.linspace(0.0, column.length_mm, 40 * ARC_STEPS + 1)
    return float(np.trapezoid(np.pi * column.radius_at(along) ** 2, along))


def bending_mm(column: Column) -> float:
    """Shift of one part against the other, across the strut, by one newton: a bar held at both ends (L3 / 12 E I)."""
    moment = np.pi * column.diameter_mm**4 / 64.0
    return float(column.length_mm**3 / (12.0 * PLASTIC_MPA * moment))


def _air(strut: Strut, site: Site, points: FloatArray) -> float | None:
    """Smallest distance to a part that the strut does not join; None beyond ``LOOK_MM``."""
    low, high = points.min(axis=0) - LOOK_MM, points.max(axis=0) + LOOK_MM
    others: list[Piece] = [
        piece
        for k, piece in enumerate(site.pieces)
        if k not in (strut.first, strut.second)
        and not ((piece.mesh.bounds[0] > high).any() or (piece.mesh.bounds[1] < low).any())
    ]
    nearest = min((float(index_of(o.mesh).closest(points, LOOK_MM).distance_mm.min()) for o in others), default=np.inf)
    return nearest if np.isfinite(nearest) else None
