"""The model before and after smoothing and simplifying: whole, and near where it changed most."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..export.write import WrittenFile
from ..mesh import FloatArray, Mesh
from ..progress import Progress, part, silent
from . import canvas
from .canvas import Pixels
from .pictures import Mark, View, camera_axes, picture_of_mesh
from .shade import MODEL_COLOR

PANEL = (800, 640)
"""Pixels of each of the four pictures."""
NEAR_SHARE = 0.09
"""Half the side of the box that is looked at closely, as a share of the model's diagonal: a tenth of the model shows
single voxels."""
NEAR_LEAST_MM = 8.0
TITLES = ("Before smoothing and simplifying", "As it will be printed")


def render_before_after(
    before: Mesh, after: Mesh, at_mm: FloatArray, path: Path | str, *, progress: Progress = silent
) -> WrittenFile:
    """Draw two rows, before on the left and after on the right, and write them as PNG.

    Parameters
    ----------
    before, after : Mesh
        LPS mm.
    at_mm : (3,) float64
        Where the change is largest: the lower row looks at that place.
    """
    return canvas.write_png(picture_before_after(before, after, at_mm, progress=progress), path)


def picture_before_after(before: Mesh, after: Mesh, at_mm: FloatArray, *, progress: Progress = silent) -> Pixels:
    """Draw what :func:`render_before_after` writes, (2 * height, 2 * width, 3)."""
    at = np.asarray(at_mm, np.float64)
    half = max(NEAR_SHARE * float(np.linalg.norm(after.size_mm)), NEAR_LEAST_MM)
    view = _view_of(after, at)
    wholes = (before, after)
    closes = tuple(_near(mesh, at, half) for mesh in wholes)
    rows = []
    for index, (meshes, chosen) in enumerate(((wholes, View.THREE_QUARTER), (closes, view))):
        marks = [Mark("", (float(at[0]), float(at[1]), float(at[2])))] if index else []
        share = part(progress, index / 2, (index + 1) / 2)
        rows.append(np.concatenate([_one(mesh, chosen, k, marks, share) for k, mesh in enumerate(meshes)], axis=1))
    return np.concatenate(rows)


def _one(mesh: Mesh, view: View, which: int, marks: list[Mark], progress: Progress) -> Pixels:
    colors = np.broadcast_to(MODEL_COLOR, mesh.vertices.shape)
    facts = f"{len(mesh.faces):,} triangles"
    return picture_of_mesh(
        mesh, views=(view,), size=PANEL, title=TITLES[which], facts=facts, colors=colors, marks=marks, progress=progress
    )


def _view_of(mesh: Mesh, at: FloatArray) -> View:
    """View along an axis that looks at a place most straight."""
    nearest = int(np.square(mesh.vertices - at).sum(axis=1).argmin())
    normal = mesh.vertex_normals()[nearest]
    straight = [view for view in View if view is not View.THREE_QUARTER]
    return min(straight, key=lambda view: float(camera_axes(view)[2] @ normal))


def _near(mesh: Mesh, at: FloatArray, half: float) -> Mesh:
    """Triangles of a mesh with a corner in a box about a place; all of it where none has."""
    away = np.abs(mesh.vertices - at).max(axis=1)
    chosen = np.asarray((away <= half)[mesh.faces].any(axis=1))
    return mesh.submesh(chosen) if chosen.any() else mesh
