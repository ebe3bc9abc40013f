"""The one spatial index: closest points, signed distance, rays, crossings of triangles."""

from __future__ import annotations

from .crossings import Crossings, crossings_between, self_crossings
from .index import ClosestPoints, Engine, SurfaceIndex
from .weld import exact_weld

__all__ = ["ClosestPoints", "Crossings", "Engine", "SurfaceIndex", "crossings_between", "exact_weld", "self_crossings"]
