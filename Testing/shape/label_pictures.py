"""What an eye outside the model sees of a label, as gray pictures for judges that know nothing of us.

The camera is made by hand: it looks against the outward direction; right in the picture is ``up x outward``, as for
anybody who stands there with his head along ``up``.
"""

from __future__ import annotations

import numpy as np

from PrintPrepLib.mesh import Mesh
from PrintPrepLib.spatial.index import SurfaceIndex

FAR_MM = 60.0


def heights(mesh: Mesh, middle, outward, up, size_mm: tuple[float, float], pixel_mm: float = 0.15) -> np.ndarray:
    """Height of the first surface over the plane through the middle, row 0 on top; NaN where nothing is hit."""
    start, _, _, ahead = _rays(middle, outward, up, size_mm, pixel_mm)
    distance, _ = SurfaceIndex(mesh).first_hit(start.reshape(-1, 3), np.broadcast_to(ahead, (start.size // 3, 3)))
    out = (FAR_MM - distance).reshape(start.shape[:2])
    out[~np.isfinite(out)] = np.nan
    return out


def colored(height: np.ndarray, low: float, high: float, *, raised_dark: bool) -> np.ndarray:
    """Gray picture (uint8) by height, as of tops in another color: dark where raised, or where deep."""
    share = np.clip((np.nan_to_num(height, nan=low) - low) / (high - low), 0.0, 1.0)
    return (255 * (1.0 - share if raised_dark else share)).astype(np.uint8)


def lit(mesh: Mesh, middle, outward, up, size_mm, pixel_mm: float = 0.15, elevation_deg: float = 35.0, lamps: int = 8):
    """Gray picture of a model in one color under a ring of lamps at the side, shadows and slopes included."""
    start, right, tall, ahead = _rays(middle, outward, up, size_mm, pixel_mm)
    index = SurfaceIndex(mesh)
    flat = start.reshape(-1, 3)
    distance, faces = index.first_hit(flat, np.broadcast_to(ahead, flat.shape))
    seen = np.isfinite(distance)
    normals = mesh.face_normals()[faces[seen]]
    at = flat[seen] + distance[seen, None] * ahead + 1e-3 * normals
    light = np.full(len(at), 0.0)
    for number in range(lamps):
        angle = 2.0 * np.pi * number / lamps
        flatwise = np.cos(angle) * right + np.sin(angle) * tall
        lamp = np.cos(np.radians(elevation_deg)) * flatwise - np.sin(np.radians(elevation_deg)) * ahead
        slope = normals @ lamp
        free = ~np.isfinite(index.first_hit(at, np.broadcast_to(lamp, at.shape))[0])
        light += np.where(free, np.maximum(slope, 0.0), 0.0) / lamps
    out = np.full(len(flat), np.nan)
    out[seen] = light
    most = np.nanpercentile(out, 95)
    return (255 * np.clip(np.nan_to_num(out) / most, 0.0, 1.0)).astype(np.uint8).reshape(start.shape[:2])


def _rays(middle, outward, up, size_mm, pixel_mm):
    outward, up = np.asarray(outward, float), np.asarray(up, float)
    right = np.cross(up, outward)
    x = np.arange(-0.5 * size_mm[0], 0.5 * size_mm[0], pixel_mm)
    y = np.arange(0.5 * size_mm[1], -0.5 * size_mm[1], -pixel_mm)
    start = np.asarray(middle) + FAR_MM * outward + x[None, :, None] * right + y[:, None, None] * up
    return start, right, up, -outward
