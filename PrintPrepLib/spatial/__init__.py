"""The one spatial index: closest points, signed distance, rays, crossings of triangles."""

from __future__ import annotations

from .index import ClosestPoints, Engine, SurfaceIndex

__all__ = ["ClosestPoints", "Engine", "SurfaceIndex"]
