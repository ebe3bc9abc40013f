"""The light rungs of the repair ladder: each takes the work in hand and says what it did."""

from __future__ import annotations

import numpy as np

from ..errors import GeometryError
from ..mesh import Mesh
from ..progress import Progress
from ..spatial import exact_weld
from .doubles import drop_doubles
from .holes import close_holes
from .known import edges_of
from .pinches import part_pinches, split_pinches
from .weld import close_seams
from .winding import orient, shells
from .work import LISTED, Work, places

_NO_VOLUME = 1e-6
"""A closed shell of less volume than this share of its area to the power 3/2 (a sphere: 0.09) is a membrane."""
_SOUP_SHARE = 0.5
"""A model of which more than this share of the triangles have no neighbor at all is a soup."""
_SHEET_SHARE = 0.05
"""Open sheets of up to this share of the area are dropped with a warning; above it the model is refused."""


def weld(work: Work, progress: Progress) -> None:
    """Make vertices at one place one, then join open edges that face each other."""
    before = len(work.mesh.vertices)
    mesh = exact_weld(work.mesh)
    exact = before - len(mesh.vertices)
    _refuse_soup(mesh)
    table = edges_of(mesh)
    seam = close_seams(mesh) if table.open_edges else None
    work.changed = {"vertices_merged_exactly": exact}
    work.moved = seam is not None and seam.mesh is not mesh
    if seam is not None and seam.mesh is not mesh:
        mesh = seam.mesh
        work.changed |= {
            "vertices_merged_within_tolerance": seam.vertices,
            "vertices_set_into_edges": seam.edges,
            "tolerance_mm": seam.tolerance_mm,
            **places(seam.places),
        }
    work.mesh = mesh


def doubles(work: Work, progress: Progress) -> None:
    """Drop triangles without area or there twice."""
    done = drop_doubles(work.mesh)
    work.mesh = done.mesh
    work.changed = {
        "degenerate": done.degenerate,
        "duplicate": done.duplicate,
        "edges_flipped": done.flipped_edges,
        **places(done.places),
    }
    if done.mesh.is_empty:
        raise GeometryError("Nothing is left once triangles without area and double triangles are gone.")


def winding(work: Work, progress: Progress) -> None:
    """Make neighbors agree, turn shells outward and cavities inward."""
    done = orient(work.mesh)
    work.moved = False
    work.changed = {
        "triangles_turned": len(done.flipped),
        "shells_turned_as_a_whole": len(done.turned_shells),
        "one_sided_shells": done.one_sided,
        **places(work.mesh.triangles[done.flipped].mean(axis=1)),
    }
    work.mesh = done.mesh


def pinches(work: Work, progress: Progress) -> None:
    """Drop walls without thickness; part edges with more than two triangles and vertices with more than one fan."""
    mesh, membranes = _without_membranes(work.mesh)
    done = part_pinches(mesh)
    mesh = done.mesh
    if mesh is not work.mesh:
        mesh = orient(mesh).mesh
    work.changed = {
        "membranes_dropped": membranes,
        "edges": done.edges,
        "vertices": done.vertices,
        "drawn_back_mm": done.moved_mm,
        **places(done.places),
    }
    if membranes:
        work.warnings.append(f"{membranes} walls without thickness between closed spaces were dropped.")
    work.mesh = mesh


def holes(work: Work, progress: Progress) -> None:
    """Close holes; drop small open sheets, refuse large ones."""
    filling = close_holes(work.mesh, work.max_hole_mm, progress)
    mesh = filling.mesh
    if filling.sheets:
        area = sum(sheet[1] for sheet in filling.sheets)
        (x, y, z), _ = filling.sheets[0]
        if area > _SHEET_SHARE * work.area_mm2:
            raise GeometryError(
                f"The model has no inside: {area / work.area_mm2:.0%} of its surface are open sheets, the largest near "
                f"({x:.1f}, {y:.1f}, {z:.1f}) mm. Closing them would invent a shape. Give them a thickness instead."
            )
        mesh = _without_sheets(mesh)
        work.warnings.append(
            f"{len(filling.sheets)} open sheets ({area:.3g} mm2) have no inside and were dropped, the largest near "
            f"({x:.1f}, {y:.1f}, {z:.1f}) mm."
        )
    if filling.left:
        work.warnings.append(
            f"{len(filling.left)} holes are larger than {work.max_hole_mm:g} mm and were left open; the model is not "
            "closed."
        )
    if mesh is not work.mesh:
        mesh = part_pinches(orient(mesh).mesh).mesh
    work.changed = {
        "closed": [hole.to_dict() | {"depth_mm": depth} for hole, depth in filling.closed[:LISTED]],
        "closed_total": len(filling.closed),
        "left_open": [hole.to_dict() for hole in filling.left[:LISTED]],
        "left_open_total": len(filling.left),
        "sheets_dropped": [{"center_mm": center, "area_mm2": size} for center, size in filling.sheets[:LISTED]],
        "sheets_dropped_total": len(filling.sheets),
    }
    work.mesh = mesh


def _refuse_soup(mesh: Mesh) -> None:
    table = edges_of(mesh)
    alone = (table.face_count[table.of_face] == 1).all(axis=1).mean()
    if alone > _SOUP_SHARE and len(mesh.faces) > 1:
        raise GeometryError(
            f"The model has no inside: {alone:.0%} of its triangles touch no other one. It is a soup of triangles, not "
            "the surface of a body. Export it from its source as a solid."
        )


def _without_membranes(mesh: Mesh) -> tuple[Mesh, int]:
    """Drop closed shells without volume: double walls that divide a closed space."""
    split = split_pinches(mesh)
    if split is mesh:
        return mesh, 0
    count, shell = shells(split)
    a, b, c = (split.vertices[split.faces[:, k]] - split.vertices[0] for k in range(3))
    volume = np.abs(np.bincount(shell, np.einsum("ij,ij->i", a, np.cross(b, c)) / 6.0, count))
    area = np.bincount(shell, split.face_areas_mm2(), count)
    table = edges_of(split)
    is_open = np.bincount(shell, (table.face_count[table.of_face] != 2).any(axis=1), count) > 0
    empty = ~is_open & (volume < _NO_VOLUME * area**1.5)
    if not empty.any() or empty.all():
        return mesh, 0
    return mesh.submesh(~empty[shell]), int(empty.sum())


def _without_sheets(mesh: Mesh) -> Mesh:
    _, shell = shells(mesh)
    table = edges_of(mesh)
    open_face = (table.face_count[table.of_face] == 1).any(axis=1)
    return mesh.submesh(~np.isin(shell, shell[open_face]))
