"""What a caliper would find on a model with landing blocks: the levels of faces, and lengths between them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from ...analysis.jaws import REACH_MM
from ...mesh import FloatArray, Mesh
from ...spatial import index_of
from .block import JAW_ROOM_MM, axes_of

EXACT_MM = 0.01
"""A face is flat, and a length is what was planned, to within this: calipers show no less."""
FACE_SHARE = 0.9
"""Share of the side over which a face is felt: at its very edge a ray may pass by."""
FACE_LINES = 7
"""Rays along each side of a face."""
RIM = 180
"""Places on the rim of a jaw's disc, and as many inside it, where the surface is felt beside its vertices."""


def face_level(mesh: Mesh, middle_mm: FloatArray, outward: FloatArray, side_mm: float) -> tuple[float, float]:
    """Lowest and highest of a face over where its middle was planned, mm; NaN where there is nothing."""
    steps = np.linspace(-0.5, 0.5, FACE_LINES) * FACE_SHARE * side_mm
    places = np.stack(np.meshgrid(steps, steps), axis=-1).reshape(-1, 2) @ axes_of(outward)[:2] + middle_mm
    level = _felt(mesh, places, outward)
    return float(level.min()), float(level.max())


def rest_level(mesh: Mesh, at_mm: FloatArray, outward: FloatArray) -> float:
    """Highest of the surface that a jaw meets at a place, over the place, mm."""
    axes = axes_of(outward)
    local = (mesh.vertices[mesh.used_vertices] - at_mm) @ axes.T
    under = (np.linalg.norm(local[:, :2], axis=1) <= REACH_MM) & (local[:, 2] > -REACH_MM) & (local[:, 2] < JAW_ROOM_MM)
    number = np.arange(RIM)
    rim = REACH_MM * _circle(number * (2.0 * np.pi / RIM))
    inner = REACH_MM * _circle(number * np.pi * (3.0 - np.sqrt(5.0))) * np.sqrt((number[:, None] + 0.5) / RIM)
    felt = _felt(mesh, np.concatenate([rim, inner]) @ axes[:2] + at_mm, outward)
    felt = felt[np.isfinite(felt)]
    return float(max(local[under, 2].max(initial=-np.inf), felt.max(initial=-np.inf)))


def measured_length(mesh: Mesh, length: Mapping[str, Any], blocks: Mapping[int, Mapping[str, Any]]) -> float:
    """Length between both jaws on a model, as a receipt names it; NaN where a face is gone or not flat.

    Parameters
    ----------
    mesh : Mesh
        The model, LPS mm.
    length, blocks
        Of ``details["lengths"]`` and, by their numbers, of ``details["blocks"]``.
    """
    ends = [np.array(length[key], np.float64) for key in ("from_mm", "to_mm")]
    along = np.array(length["along"], np.float64)
    planned = float((ends[1] - ends[0]) @ along)
    off = 0.0
    for end, outward, number in zip(ends, (-along, along), length["blocks"], strict=True):
        if number is None:
            level = 0.0 if length["flat"] else rest_level(mesh, end, outward)
        else:
            low, level = face_level(mesh, end, outward, blocks[number]["side_mm"])
            if not level - low <= EXACT_MM:
                return float("nan")
        off += level
    return planned + off if np.isfinite(off) else float("nan")


def _circle(turn: npt.NDArray[Any]) -> FloatArray:
    return np.column_stack([np.cos(turn), np.sin(turn)])


def _felt(mesh: Mesh, places: FloatArray, outward: FloatArray) -> FloatArray:
    """Height of the first surface that is met from outside, over each place; NaN where there is none near."""
    origins = places + JAW_ROOM_MM * outward
    down = np.broadcast_to(-outward, origins.shape).copy()
    depth, _ = index_of(mesh).first_hit(origins, down, JAW_ROOM_MM + REACH_MM)
    return np.where(np.isfinite(depth), JAW_ROOM_MM - depth, np.nan)
