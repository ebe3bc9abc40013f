"""How both sides of every plane of a direction would fit, looked up in a bank of orientations."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...mesh import FloatArray
from .frames import covering, face_frames, principal_frame
from .piece import Piece
from .section import Surface

BANK_FRAMES = 120
"""Orientations in the even covering, some 17 degrees apart; those of the hull's faces are added."""
BANK_FACES = 3
"""Faces of the hull whose orientations are added."""
BANK_POINTS = 600
"""Points of the surface that stand for it; the limits of the planes that are chosen are found on all of it."""
PLANES = 32
"""Planes looked at along each direction."""
EDGE_SAMPLES = 4000
"""Points spread along edges, so that long ones are seen between their ends."""
BEST_FRAMES = 6
"""Orientations that are looked at again when a limit is found on the whole surface."""
HALVINGS = 14
"""Halvings of a limit: to a ten-thousandth of the piece."""


@dataclass(frozen=True, eq=False)
class Side:
    """One side of the planes of a direction, arrays (k,).

    ``excess_mm``: by how much it is too long in the best orientation of the bank. ``load``: how many volumes it would
    fill, sides counted apart and not rounded. ``needs``: cuts by which a grid in its best orientation would divide it.
    ``frame``: that best orientation's number.
    """

    excess_mm: FloatArray
    load: FloatArray
    needs: FloatArray
    frame: np.ndarray


class Bank:
    """Extents of a piece's surface points in many orientations."""

    def __init__(self, piece: Piece) -> None:
        corners, triangles = piece.hull
        extra = [principal_frame(corners)[None]]
        if len(triangles):
            extra.append(face_frames(corners, triangles, BANK_FACES))
        self.frames = np.concatenate([covering(BANK_FRAMES), *extra])
        self.usable = np.sort(piece.setting.usable_mm)
        self.surface = piece.surface
        self.points = _thinned(piece.surface, corners)
        # Columns by side, then frame, so that each side of all frames lies together.
        self.placed = (self.points @ self.frames.transpose(1, 0, 2).reshape(-1, 3).T).astype(np.float32)

    def whole(self) -> tuple[int, FloatArray]:
        """Cuts by which a grid divides the whole piece, and the frame (3, 3) of that grid."""
        width = _sorted((self.placed.max(axis=0) - self.placed.min(axis=0))[None])
        side = self._judge(width)
        need = np.ceil(width[:, 0].T / self.usable - 1e-4).prod(axis=1)
        return int(side.needs[0]), self.frames[int(need.argmin())]

    def offsets(self, direction: FloatArray) -> FloatArray:
        """Evenly spaced planes that cut the piece, (PLANES,)."""
        height = self.surface.vertices @ direction
        low, high = float(height.min()), float(height.max())
        return np.asarray(low + (high - low) * (np.arange(PLANES) + 0.5) / PLANES)

    def sides(self, direction: FloatArray, offsets: FloatArray) -> tuple[Side, Side]:
        """Judge what lies below and above each plane."""
        height = self.points @ direction
        order = np.argsort(height, kind="stable")
        starts = np.concatenate([[0], np.searchsorted(height[order], offsets)])
        rows = self.placed[order]
        stops = np.append(starts[1:], len(rows))
        high = np.full((len(starts), rows.shape[1]), -np.inf, np.float32)
        low = -high
        for slab, (start, stop) in enumerate(zip(starts.tolist(), stops.tolist(), strict=True)):
            if start < stop:
                rows[start:stop].max(axis=0, out=high[slab])
                rows[start:stop].min(axis=0, out=low[slab])
        below = np.maximum.accumulate(high[:-1]) - np.minimum.accumulate(low[:-1])
        above = (np.maximum.accumulate(high[:0:-1]) - np.minimum.accumulate(low[:0:-1]))[::-1]
        return self._judge(_sorted(below)), self._judge(_sorted(above))

    def limit(self, direction: FloatArray, frames: FloatArray, *, below: bool, start: float, stop: float) -> float:
        """Outermost offset at which one side still fits in one of some frames, on the whole surface.

        ``start`` is where it fits (or the piece ends), ``stop`` where it does not.
        """
        vertices = self.surface.vertices
        height = vertices @ direction
        placed = vertices @ frames.reshape(-1, 3).T
        pairs, _ = self.surface.edges
        one, two = pairs.T
        low, high = np.minimum(height[one], height[two]), np.maximum(height[one], height[two])
        for _ in range(HALVINGS):
            middle = 0.5 * (start + stop)
            cut = np.flatnonzero((low < middle) & (high >= middle))
            share = ((middle - height[one[cut]]) / (height[two[cut]] - height[one[cut]]))[:, None]
            ring = placed[one[cut]] + share * (placed[two[cut]] - placed[one[cut]])
            kept = np.concatenate([placed[height <= middle if below else height >= middle], ring])
            fits = True
            if len(kept):
                size = np.sort((kept.max(axis=0) - kept.min(axis=0)).reshape(-1, 3), axis=1)
                fits = bool((size - self.usable).max(axis=1).min() <= 0.0)
            start, stop = (middle, stop) if fits else (start, middle)
        return start

    def _judge(self, width: FloatArray) -> Side:
        """Judge the sorted widths (3, k, frames)."""
        usable = self.usable.astype(np.float32)[:, None, None]
        over = (width - usable).max(axis=0)
        share = width / usable
        filled = np.maximum(share, 1.0)
        grid = np.maximum(np.ceil(share - 1e-4), 1.0)
        load = (filled[0] * filled[1] * filled[2]).min(axis=1)
        needs = (grid[0] * grid[1] * grid[2]).min(axis=1) - 1.0
        return Side(over.min(axis=1), load, needs, over.argmin(axis=1))


def _sorted(width: FloatArray) -> FloatArray:
    """Widths (k, 3 frames), side by side, as the least, the middle and the greatest, (3, k, frames)."""
    one, two, three = np.maximum(width, 0.0).reshape(len(width), 3, -1).transpose(1, 0, 2)
    low, high = np.minimum(one, two), np.maximum(one, two)
    return np.stack([np.minimum(low, three), np.maximum(low, np.minimum(high, three)), np.maximum(high, three)])


def _thinned(surface: Surface, corners: FloatArray) -> FloatArray:
    """Vertices and points along edges, one for each cell of a grid, and the corners of the hull, (k, 3)."""
    pairs, _ = surface.edges
    a, b = surface.vertices[pairs[:, 0]], surface.vertices[pairs[:, 1]]
    length = np.linalg.norm(b - a, axis=1)
    step = max(float(length.sum()) / EDGE_SAMPLES, float(np.ptp(corners, axis=0).max()) / PLANES)
    count = np.maximum(np.ceil(length / step).astype(np.int64) - 1, 0)
    edge = np.repeat(np.arange(len(count)), count)
    place = np.arange(len(edge)) - np.repeat(np.cumsum(count) - count, count) + 1
    along = a[edge] + (place / (count[edge] + 1))[:, None] * (b[edge] - a[edge])
    points = np.concatenate([surface.vertices, along])
    cell = float(np.ptp(corners, axis=0).max()) / 64.0
    while len(points) > BANK_POINTS:
        key = np.floor((points - points.min(axis=0)) / cell).astype(np.int64)
        _, first = np.unique(key @ np.array([1, 1 << 20, 1 << 40]), return_index=True)
        points = points[np.sort(first)]
        cell *= 1.3
    return np.concatenate([points, corners[:: max(1, len(corners) // BANK_POINTS)]])
