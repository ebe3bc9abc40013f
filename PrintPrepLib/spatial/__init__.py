"""The one spatial index: closest points, signed distance, rays, crossings of triangles."""

from __future__ import annotations

from ..engine import Engine
from .cached import index_of
from .crossings import Crossings, Rule, crossings_and_contacts, crossings_between, self_crossings
from .index import ClosestPoints, SurfaceIndex
from .weld import exact_weld

__all__ = [
    "ClosestPoints",
    "Crossings",
    "Engine",
    "Rule",
    "SurfaceIndex",
    "crossings_and_contacts",
    "crossings_between",
    "exact_weld",
    "index_of",
    "self_crossings",
]
