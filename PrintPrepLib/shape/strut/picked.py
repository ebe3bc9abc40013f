"""Struts between picked points."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...errors import GeometryError, InputError
from ...mesh import FloatArray
from ...spatial import index_of
from .safe import Site, Strut, judge
from .size import StrutSize

FAR_MM = 5.0
"""A picked point farther from any surface than this was not picked on this model."""


def picked_struts(
    site: Site, size: StrutSize, from_mm: Sequence[float] | None, to_mm: Sequence[float] | None
) -> list[Strut]:
    """Make the struts between picked points; each point goes to the nearest surface.

    Raises
    ------
    InputError
        Not as many ends as beginnings, or a point that is not on the model.
    GeometryError
        A strut is not safe; the message says why and what to do.
    """
    starts, ends = _rows(from_mm, "from"), _rows(to_mm, "to")
    if len(starts) != len(ends):
        raise InputError(f"Each strut needs both ends: there are {len(starts)} points 'from' and {len(ends)} 'to'.")
    out = []
    for number, (start, end) in enumerate(zip(starts, ends, strict=True), 1):
        first, at = _on_surface(site, start, f"strut {number}, 'from'")
        second, to = _on_surface(site, end, f"strut {number}, 'to'")
        found = judge(site, first, second, at, to, size.diameter_mm, size.fillet_mm)
        if not isinstance(found, Strut):
            raise GeometryError(
                f"The strut {number} that was picked, from part {site.pieces[first].number} to part "
                f"{site.pieces[second].number}, is not safe: all ways between these points {found.value}. Pick other "
                "points, a smaller diameter or fillet, or leave it to the search."
            )
        out.append(found)
    return out


def _rows(numbers: Sequence[float] | None, word: str) -> FloatArray:
    given = np.asarray(numbers or (), np.float64)
    if len(given) % 3:
        raise InputError(f"A point needs three numbers, x,y,z; '{word}' has {len(given)} in all.")
    return given.reshape(-1, 3)


def _on_surface(site: Site, point: FloatArray, what: str) -> tuple[int, FloatArray]:
    best, at, distance = 0, point, np.inf
    for k, piece in enumerate(site.pieces):
        found = index_of(piece.mesh).closest(point[None, :], min(distance, FAR_MM))
        if found.distance_mm[0] < distance:
            best, at, distance = k, found.points[0], float(found.distance_mm[0])
    if not np.isfinite(distance):
        raise InputError(
            f"The point of {what}, at ({point[0]:.1f}, {point[1]:.1f}, {point[2]:.1f}), is more than {FAR_MM:g} mm "
            "from the model. Pick it on the surface; coordinates are LPS, so x and y are the negatives of Slicer's RAS."
        )
    return best, at
