"""Holes in a surface: listed with place and size, and closed by choice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt

from ..errors import GeometryError
from ..mesh import FloatArray, Mesh
from ..parameters import Param
from ..progress import Progress, silent
from ..receipt import Receipt, Stopwatch, measure_mesh
from ..topology import boundary_loops
from .nearby import joined_elsewhere, mesh_of, outer_corners
from .patch import Patch, make_patch
from .pinches import split_pinches
from .winding import shells

_SMOOTH_FROM = 8
"""Holes of fewer edges get flat triangles only: there is nothing between their corners to be faired."""
_FLAT = 0.02
"""A loop that leaves its plane by less than this share of its diameter, in flat surroundings, stays flat."""
_SHEET_SHARE = 0.6
"""A shell whose holes would need more than this share of its own area is an open sheet (half a sphere needs 0.5)."""
LISTED = 200
"""Holes that a receipt lists; the total is always counted."""

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Hole:
    """One hole.

    Attributes
    ----------
    center_mm : tuple of float
        Mean of its vertices, LPS.
    diameter_mm : float
        Largest distance between two of its vertices.
    perimeter_mm : float
        Length of its border.
    vertices : int
        Number of its vertices.
    loop : (n,) int64
        Its vertices in the order in which a patch runs.
    area_mm2 : float
        Of its opening: what the border encloses, seen along the direction in which that is largest.
    piece : int
        Which connected piece of the surface it is in, counted from 1, the largest by area first.
    """

    center_mm: tuple[float, float, float]
    diameter_mm: float
    perimeter_mm: float
    vertices: int
    loop: Ints
    area_mm2: float
    piece: int

    def to_dict(self) -> dict[str, Any]:
        """Return the hole as plain values, without its vertices."""
        return {
            "center_mm": self.center_mm,
            "diameter_mm": self.diameter_mm,
            "perimeter_mm": self.perimeter_mm,
            "vertices": self.vertices,
            "area_mm2": self.area_mm2,
            "piece": self.piece,
        }


@dataclass(frozen=True)
class Filling:
    """What was closed, what was left open because of its size, and the parts that are sheets without an inside."""

    mesh: Mesh
    closed: tuple[tuple[Hole, float], ...]
    left: tuple[Hole, ...]
    sheets: tuple[tuple[tuple[float, float, float], float], ...]


def holes(mesh: Mesh) -> list[Hole]:
    """List the holes of a surface, largest first. Vertices at one place must be one (welded)."""
    out: list[Hole] = []
    loops = boundary_loops(mesh)
    piece_at = _piece_of_vertices(mesh) if len(loops) else np.empty(0, np.int64)
    for loop in loops:
        points = mesh.vertices[loop]
        x, y, z = points.mean(axis=0).tolist()
        length = float(np.linalg.norm(points - np.roll(points, -1, axis=0), axis=1).sum())
        area = _opening(points)
        out.append(Hole((x, y, z), _diameter(points), length, len(loop), loop, area, int(piece_at[loop[0]])))
    return sorted(out, key=lambda hole: (-hole.diameter_mm, hole.center_mm))


def fill_holes(
    mesh: Mesh,
    *,
    max_diameter_mm: Annotated[
        float | None, Param("Close holes up to this diameter only; without it, all.", unit="mm", low=0)
    ] = None,
    progress: Progress = silent,
) -> tuple[Mesh, Receipt]:
    """Close the holes of a surface up to a size.

    Each hole gets the triangulation that folds least, then of least area; larger ones are meshed as finely as their
    surroundings and faired tangent to them (Liepa 2003). Nothing else moves.

    Raises
    ------
    GeometryError
        The surface is an open sheet: closing it would invent most of a shape.
    """
    watch = Stopwatch()
    if mesh.is_empty:
        raise GeometryError(f"The mesh '{mesh.name}' has no triangles.")
    before = measure_mesh(mesh)
    filling = close_holes(mesh, max_diameter_mm, progress)
    if filling.sheets:
        center, area = filling.sheets[0]
        raise GeometryError(
            f"The surface near ({center[0]:.1f}, {center[1]:.1f}, {center[2]:.1f}) mm ({area:.1f} mm2) is an open "
            "sheet: closing it would invent most of its shape. Give it a thickness instead, or close smaller "
            "holes only."
        )
    changed = filling.mesh is not mesh
    warnings = [f"{len(filling.left)} holes were left open because they are larger."] if filling.left else []
    from ..spatial.change import change_between

    after = measure_mesh(filling.mesh) if changed else before
    change = change_between(mesh, filling.mesh) if changed else None
    return filling.mesh, Receipt(
        operation="holes",
        parameters={"max_diameter_mm": max_diameter_mm},
        seconds=watch.seconds,
        before=before,
        after=after,
        change=change,
        notes=(
            f"Closed {len(filling.closed)} holes." if changed else "Nothing to close: the mesh is unchanged.",
            "The change is the distance of the new patches from the old border; all else is as it was.",
        ),
        warnings=tuple(warnings),
        details={
            "closed": [hole.to_dict() | {"depth_mm": d} for hole, d in filling.closed[:LISTED]],
            "closed_total": len(filling.closed),
            "left_open": [hole.to_dict() for hole in filling.left[:LISTED]],
            "left_open_total": len(filling.left),
        },
    )


def close_holes(mesh: Mesh, max_diameter_mm: float | None = None, progress: Progress = silent) -> Filling:
    """Close what may be closed; shells that are sheets are left open and listed."""
    split = split_pinches(mesh)
    found = holes(split)
    wanted = [h for h in found if max_diameter_mm is None or h.diameter_mm <= max_diameter_mm]
    left = tuple(h for h in found if max_diameter_mm is not None and h.diameter_mm > max_diameter_mm)
    if not wanted:
        return Filling(mesh, (), left, ())
    _, shell = shells(split)
    area_of = np.bincount(shell, split.face_areas_mm2())
    shell_at = np.full(len(split.vertices), -1)
    shell_at[split.faces.ravel()] = np.repeat(shell, 3)
    made: list[tuple[Hole, Patch, int, float]] = []
    for done, hole in enumerate(wanted):
        progress(done / len(wanted), f"Closing hole {done + 1} of {len(wanted)}")
        patch = _patch(split, hole.loop)
        points = np.concatenate([split.vertices[hole.loop], patch.points])
        area = float(mesh_of(points, patch.faces).area_mm2) if len(patch.faces) else 0.0
        made.append((hole, patch, int(shell_at[hole.loop[0]]), area))
    needed = np.zeros(len(area_of))
    for _, _, owner, area in made:
        needed[owner] += area
    is_sheet = (needed > _SHEET_SHARE * area_of) & (needed > 0)
    vertices, faces = [split.vertices], [split.faces.astype(np.int64)]
    count = len(split.vertices)
    closed = []
    for hole, patch, owner, _ in made:
        if is_sheet[owner]:
            continue
        number = np.concatenate([hole.loop, count + np.arange(len(patch.points))])
        vertices.append(patch.points)
        faces.append(number[patch.faces])
        count += len(patch.points)
        closed.append((hole, _depth(split.vertices[hole.loop], patch.points)))
    sheets = []
    for sheet in np.flatnonzero(is_sheet).tolist():
        x, y, z = split.triangles[shell == sheet].mean(axis=(0, 1)).tolist()
        sheets.append(((x, y, z), float(area_of[sheet])))
    out = mesh_of(np.concatenate(vertices), np.concatenate(faces), mesh.name) if closed else mesh
    return Filling(out, tuple(closed), left, tuple(sorted(sheets, key=lambda s: -s[1])))


def _piece_of_vertices(mesh: Mesh) -> Ints:
    """Return the piece that each vertex belongs to, from 1, the largest by area first; 0 where it has no triangle."""
    count, shell = shells(mesh)
    order = np.argsort(-np.bincount(shell, mesh.face_areas_mm2(), count), kind="stable")
    rank = np.empty(count, np.int64)
    rank[order] = np.arange(1, count + 1)
    out = np.zeros(len(mesh.vertices), np.int64)
    out[mesh.faces.ravel()] = np.repeat(rank[shell], 3)
    return out


def _opening(points: FloatArray) -> float:
    """Return the area that a closed line of points (n, 3) encloses, by its area vector."""
    arms = points - points[0]
    return float(np.linalg.norm(np.cross(arms[:-1], arms[1:]).sum(axis=0)) / 2.0)


def _patch(mesh: Mesh, loop: Ints) -> Patch:
    if len(loop) < 3:
        return Patch(np.empty((0, 3)), np.empty((0, 3), np.int64))
    touching = np.zeros(len(mesh.vertices), bool)
    touching[loop] = True
    near = mesh.faces[touching[mesh.faces].any(axis=1)].astype(np.int64)
    outer = outer_corners(near, loop)
    points = mesh.vertices[loop]
    if outer is None:
        return make_patch(points, points, smooth=False)
    corners = mesh.vertices[outer]
    smooth = len(loop) >= _SMOOTH_FROM and not _is_flat(np.concatenate([points, corners]))
    return make_patch(points, corners, forbidden=joined_elsewhere(near, loop), smooth=smooth)


def _is_flat(points: FloatArray) -> bool:
    """Flat surroundings, or walls straight up from a flat border: then the lid is flat too, as on machined parts."""
    border = points[: len(points) // 2]
    center = border.mean(axis=0)
    _, _, axes = np.linalg.svd(border - center, full_matrices=False)
    reach = np.linalg.norm(border - center, axis=1).max()
    return bool(np.abs((border - center) @ axes[2]).max() <= _FLAT * reach)


def _depth(loop: FloatArray, points: FloatArray) -> float:
    """Largest distance of new vertices from the mean plane of the border, beyond the border's own."""
    if len(points) == 0:
        return 0.0
    center = loop.mean(axis=0)
    _, _, axes = np.linalg.svd(loop - center, full_matrices=False)
    return max(0.0, float(np.abs((points - center) @ axes[2]).max() - np.abs((loop - center) @ axes[2]).max()))


def _diameter(points: FloatArray) -> float:
    best = 0.0
    for start in range(0, len(points), 500):
        gap = points[start : start + 500, None] - points[None]
        best = max(best, float(np.einsum("abi,abi->ab", gap, gap).max()))
    return float(np.sqrt(best))
