"""The work in hand of a repair: the mesh on its way up the ladder, and what a rung says about it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Any

import numpy as np

from ..mesh import FloatArray, Mesh

LISTED = 200
"""Places that a receipt lists for each rung; the total is always counted."""


class Rung(Enum):
    """The rungs of the ladder, lightest first."""

    WELD = "weld"
    DOUBLES = "doubles"
    WINDING = "winding"
    PINCHES = "pinches"
    HOLES = "holes"
    CROSSINGS = "crossings"
    REBUILD = "rebuild"


@dataclass
class Work:
    """A mesh on its way up the ladder.

    ``closed`` is the mesh once it was closed and before it was united; ``moved`` is set to False by a rung that moves,
    adds and removes no triangle, so that what crosses is the same.
    """

    mesh: Mesh
    max_hole_mm: float | None
    cell_mm: float | None
    diagonal_mm: float
    area_mm2: float
    closed: Mesh | None = None
    moved: bool = True
    changed: dict[str, Any] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)


def places(points: FloatArray) -> dict[str, Any]:
    """Return places for a receipt: the first of them, and how many there are."""
    return {"places_mm": np.round(points[:LISTED], 4).tolist(), "places_total": len(points)}
