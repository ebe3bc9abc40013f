"""Repair: a ladder of means, lightest first, each measured; the first that gives a printable solid is the last used."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Annotated, Any

import numpy as np

from ..errors import GeometryError
from ..mesh import FloatArray, Mesh
from ..parameters import Param
from ..progress import Progress, part, silent
from ..receipt import Receipt, Stopwatch, measure_mesh
from ..spatial import exact_weld
from ..topology import edge_table, face_parts
from .defects import Defects, as_stored, find_defects
from .doubles import drop_doubles
from .holes import close_holes
from .overlaps import unite_overlaps
from .pinches import part_pinches, split_pinches
from .rebuild import CELLS_ALONG, rebuild
from .untangle import untangle
from .weld import close_seams
from .winding import orient, shells

LISTED = 200
"""Places that a receipt lists for each rung; the total is always counted."""
_UNTANGLE_SHARES = (2e-3, 1e-2)
"""Bounds of local untangling, as shares of the model's diagonal (0.4 and 2 mm on a skull); the second is tried where
the first does not do: a larger change at one place is less than a new surface everywhere."""
_CELL_TRIES = 2
"""Grids tried by the last rung, each twice as fine: the second costs four times the triangles."""
_FEW_LEFT = 60
"""Crossing triangles up to which the larger bound is tried."""
_PATIENCE = 4
"""Crossings that withstand every means before untangling is given up: the next rung is needed for one as for many."""
_NO_VOLUME = 1e-6
"""A closed shell of less volume than this share of its area to the power 3/2 (a sphere: 0.09) is a membrane."""
_TIDY_ROUNDS = 3
"""Welding after a union can pinch, parting pinches can leave a crack: each round leaves less; three are plenty."""
_CRACK_SHARE = 1e-3
"""Cracks left by storing a union that are closed, as a share of the diagonal."""
_SOUP_SHARE = 0.5
"""A model of which more than this share of the triangles have no neighbor at all is a soup."""
_SHEET_SHARE = 0.05
"""Open sheets of up to this share of the area are dropped with a warning; above it the model is refused."""


class Rung(Enum):
    """The rungs of the ladder, lightest first."""

    WELD = "weld"
    DOUBLES = "doubles"
    WINDING = "winding"
    PINCHES = "pinches"
    HOLES = "holes"
    CROSSINGS = "crossings"
    REBUILD = "rebuild"


LAST = Rung.REBUILD


@dataclass
class _Work:
    """A mesh on its way up the ladder."""

    mesh: Mesh
    max_hole_mm: float | None
    cell_mm: float | None
    diagonal_mm: float
    area_mm2: float
    closed: Mesh | None = None
    changed: dict[str, Any] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)


def repair(
    mesh: Mesh,
    *,
    rung: Annotated[Rung, Param("Go no further up the ladder than this.")] = LAST,
    max_hole_mm: Annotated[
        float | None, Param("Leave holes of a larger diameter open; without it, all are closed.", unit="mm", low=0)
    ] = None,
    cell_mm: Annotated[
        float | None, Param("Grid of the last rung; by default a 200th of the longest side.", unit="mm", low=0)
    ] = None,
    progress: Progress = silent,
) -> tuple[Mesh, Receipt]:
    """Make a surface a printable solid, by the lightest means that do.

    The rungs, in order: ``weld`` (vertices at one place, then open edges that face each other), ``doubles``
    (triangles without area or there twice), ``winding`` (neighbors agree; shells look outward, cavities inward, by
    what contains them), ``pinches`` (edges with more than two triangles, vertices with more than one fan),
    ``holes``, ``crossings`` (bodies that overlap are united; triangles that cross within one body are untangled
    locally), ``rebuild`` (a new surface from a distance field). After each rung the defects are counted on what an
    STL file would hold. The mesh is done when it is closed, oriented, manifold and free of crossings; a mesh that is
    so from the start is returned as the same object.

    Pinches come before holes, because the border of a hole cannot be walked where three triangles meet.

    Parameters
    ----------
    mesh : Mesh
        Any triangles.
    rung : Rung
        With an earlier rung than the last one, the result may still have defects; the receipt warns of them.
    max_hole_mm : float, optional
        Largest hole to close, by the largest distance between two of its vertices.
    cell_mm : float, optional
        For the last rung.
    progress : Progress
        Receiver of progress.

    Returns
    -------
    mesh : Mesh
        Coordinates of a changed mesh are exact in single precision, so that it is stored as it was verified.
    receipt : Receipt
        ``details["rungs"]`` lists each rung with defects before and after, what it did, and where (LPS mm).

    Raises
    ------
    GeometryError
        There is nothing to enclose: no triangles, a soup, an open sheet, every triangle there both ways; or the
        last rung was reached and defects are left.
    """
    watch = Stopwatch()
    if mesh.is_empty:
        raise GeometryError(f"The mesh '{mesh.name}' has no triangles, so there is nothing to repair.")
    progress(0.0, "Looking for defects")
    parameters = {"rung": rung, "max_hole_mm": max_hole_mm, "cell_mm": cell_mm}
    start = find_defects(mesh)
    if start.clean:
        measures = measure_mesh(mesh)
        return mesh, Receipt(
            "repair",
            parameters,
            watch.seconds,
            measures,
            measures,
            notes=("The mesh is a clean solid: it is returned unchanged, bit for bit.",),
            details={"defects_before": start.to_dict(), "defects_after": start.to_dict(), "rungs": [], "rung": None},
        )
    low, high = mesh.bounds
    work = _Work(as_stored(mesh), max_hole_mm, cell_mm, float(np.linalg.norm(high - low)), mesh.area_mm2)
    defects, used, rungs = _climb(work, start, rung, progress)
    if rung is LAST and not defects.clean:
        raise GeometryError(f"The mesh '{mesh.name}' could not be repaired: {_in_words(defects)} {_advice(work)}")
    result = work.mesh.without_unused_vertices()
    if not defects.clean:
        work.warnings.append(f"Stopped at the rung '{rung.value}': {_in_words(defects)}")
    progress(0.95, "Measuring the change")
    from ..analysis.deviation import change_between

    return result, Receipt(
        operation="repair",
        parameters=parameters,
        seconds=watch.seconds,
        before=measure_mesh(mesh),
        after=measure_mesh(result),
        change=change_between(mesh, result),
        notes=tuple(_notes(defects, used)),
        warnings=tuple(work.warnings),
        details={"defects_before": start.to_dict(), "defects_after": defects.to_dict(), "rungs": rungs, "rung": used},
    )


def _notes(defects: Defects, used: str | None) -> list[str]:
    notes = [f"Repaired by the rung '{used}'."] if defects.clean else []
    if defects.flat_faces:
        notes.append(f"{defects.flat_faces} triangles have their corners on a line; they do no harm and were kept.")
    return notes


def _climb(
    work: _Work, defects: Defects, last: Rung, progress: Progress
) -> tuple[Defects, str | None, list[dict[str, Any]]]:
    """Go up rung by rung until the mesh is clean; return what is left, the last rung that changed it, all rungs."""
    rungs: list[dict[str, Any]] = []
    used = None
    for number, (rung, action) in enumerate(_LADDER):
        if defects.clean:
            break
        watch = Stopwatch()
        progress(0.1 + 0.12 * number, f"Repair: {rung.value}")
        before_mesh, before = work.mesh, defects
        work.changed = {}
        action(work, part(progress, 0.1 + 0.12 * number, 0.2 + 0.12 * number))
        if work.mesh is not before_mesh:
            work.mesh = as_stored(work.mesh)
            # Turning triangles over moves none, so that those which cross are the same.
            turned_only = rung is Rung.WINDING
            defects = find_defects(work.mesh, crossings=not turned_only)
            if turned_only:
                defects = replace(defects, crossing_faces=before.crossing_faces)
            used = rung.value
        rungs.append(
            {
                "rung": rung.value,
                "changed": work.mesh is not before_mesh,
                "seconds": round(watch.seconds, 3),
                "before": before.to_dict(),
                "after": defects.to_dict(),
                **work.changed,
            }
        )
        if rung is last:
            break
    return defects, used, rungs


# ---- the rungs -------------------------------------------------------------------------------------------------------
def _weld(work: _Work, progress: Progress) -> None:
    before = len(work.mesh.vertices)
    mesh = exact_weld(work.mesh)
    exact = before - len(mesh.vertices)
    _refuse_soup(mesh)
    table = edge_table(mesh)
    seam = close_seams(mesh) if table.open_edges else None
    work.changed = {"vertices_merged_exactly": exact}
    if seam is not None and seam.mesh is not mesh:
        mesh = seam.mesh
        work.changed |= {
            "vertices_merged_within_tolerance": seam.vertices,
            "vertices_set_into_edges": seam.edges,
            "tolerance_mm": seam.tolerance_mm,
            **_places(seam.places),
        }
    work.mesh = mesh


def _doubles(work: _Work, progress: Progress) -> None:
    done = drop_doubles(work.mesh)
    work.mesh = done.mesh
    work.changed = {
        "degenerate": done.degenerate,
        "duplicate": done.duplicate,
        "edges_flipped": done.flipped_edges,
        **_places(done.places),
    }
    if done.mesh.is_empty:
        raise GeometryError("Nothing is left once triangles without area and double triangles are gone.")


def _winding(work: _Work, progress: Progress) -> None:
    done = orient(work.mesh)
    work.changed = {
        "triangles_turned": len(done.flipped),
        "shells_turned_as_a_whole": len(done.turned_shells),
        "one_sided_shells": done.one_sided,
        **_places(work.mesh.triangles[done.flipped].mean(axis=1)),
    }
    work.mesh = done.mesh


def _pinches(work: _Work, progress: Progress) -> None:
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
        **_places(done.places),
    }
    if membranes:
        work.warnings.append(f"{membranes} walls without thickness between closed spaces were dropped.")
    work.mesh = mesh


def _holes(work: _Work, progress: Progress) -> None:
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


def _crossings(work: _Work, progress: Progress) -> None:
    table = edge_table(work.mesh)
    if table.non_manifold_edges or table.open_edges or table.misoriented_edges:
        work.changed = {"skipped": "the surface is not closed"}
        return
    work.closed = work.mesh
    united = unite_overlaps(work.mesh)
    mesh = _tidy(united.mesh, work.diagonal_mm) if united.bodies else work.mesh
    work.changed = {"bodies_united": united.bodies, **_places(united.places)}
    if edge_table(mesh).non_manifold_edges:
        work.mesh = mesh
        return
    reports = []
    for share in _UNTANGLE_SHARES:
        mesh, report = untangle(
            as_stored(mesh), bound_mm=share * work.diagonal_mm, patience=_PATIENCE, progress=progress
        )
        reports.append({"bound_mm": share * work.diagonal_mm, **report.to_dict()})
        if report.faces_after == 0 or report.faces_after > _FEW_LEFT:
            break
    work.changed["untangled"] = reports
    work.mesh = mesh


def _rebuild(work: _Work, progress: Progress) -> None:
    source = work.mesh if work.closed is None else work.closed
    table = edge_table(source)
    if table.open_edges or table.misoriented_edges or table.non_manifold_edges:
        work.changed = {"skipped": "the surface is not closed, so that it has no inside to rebuild"}
        return
    low, high = source.bounds
    cells = [float((high - low).max()) / CELLS_ALONG / 2**k for k in range(_CELL_TRIES)]
    made = None
    for cell in cells if work.cell_mm is None else [work.cell_mm]:
        try:
            made = rebuild(source, cell_mm=cell, progress=progress)
            break
        except GeometryError as error:
            work.changed = {"skipped": str(error)}
    if made is None:
        work.warnings.append(work.changed["skipped"])
        return
    mesh = part_pinches(exact_weld(made.mesh)).mesh
    before, after = face_parts(work.mesh)[0], face_parts(mesh)[0]
    if before != after:
        work.warnings.append(f"The rebuilt surface has {after} parts where there were {before}. Look for thin places.")
    work.changed = {"cell_mm": made.cell_mm}
    work.warnings.append(
        f"The surface was rebuilt from a grid of {made.cell_mm:.3g} mm: detail below that is gone and edges are "
        "beveled. Compare the change with what the model must hold."
    )
    work.mesh = mesh


_LADDER: tuple[tuple[Rung, Callable[[_Work, Progress], None]], ...] = (
    (Rung.WELD, _weld),
    (Rung.DOUBLES, _doubles),
    (Rung.WINDING, _winding),
    (Rung.PINCHES, _pinches),
    (Rung.HOLES, _holes),
    (Rung.CROSSINGS, _crossings),
    (Rung.REBUILD, _rebuild),
)


def _refuse_soup(mesh: Mesh) -> None:
    table = edge_table(mesh)
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
    table = edge_table(split)
    is_open = np.bincount(shell, (table.face_count[table.of_face] != 2).any(axis=1), count) > 0
    empty = ~is_open & (volume < _NO_VOLUME * area**1.5)
    if not empty.any() or empty.all():
        return mesh, 0
    return mesh.submesh(~empty[shell]), int(empty.sum())


def _tidy(mesh: Mesh, diagonal: float) -> Mesh:
    """Store a union and undo what storing does to it: points that became one, cracks of a step's width."""
    for _ in range(_TIDY_ROUNDS):
        mesh = drop_doubles(exact_weld(as_stored(mesh))).mesh
        mesh = as_stored(part_pinches(orient(mesh).mesh).mesh)
        if edge_table(mesh).open_edges:
            mesh = close_holes(mesh, _CRACK_SHARE * diagonal).mesh
        elif find_defects(mesh, crossings=False).manifold:
            break
    return mesh


def _without_sheets(mesh: Mesh) -> Mesh:
    _, shell = shells(mesh)
    table = edge_table(mesh)
    open_face = (table.face_count[table.of_face] == 1).any(axis=1)
    return mesh.submesh(~np.isin(shell, shell[open_face]))


def _places(points: FloatArray) -> dict[str, Any]:
    return {"places_mm": np.round(points[:LISTED], 4).tolist(), "places_total": len(points)}


def _in_words(defects: Defects) -> str:
    counts = (
        (defects.open_edges, "open edges"),
        (defects.non_manifold_edges, "edges with more than two triangles"),
        (defects.non_manifold_vertices, "vertices where the surface touches itself"),
        (defects.misoriented_edges, "edges with neighbors that look opposite ways"),
        (defects.degenerate_faces, "triangles with two corners at one place"),
        (defects.duplicate_faces, "double triangles"),
        (defects.wrong_side_parts or 0, "parts turned inside out"),
        (defects.crossing_faces or 0, "triangles that cross others"),
    )
    found = [f"{count} {text}" for count, text in counts if count]
    if not found and defects.volume_mm3 <= 0:
        found = ["nothing is enclosed"]
    return ", ".join(found) + " are left." if found else "nothing is left."


def _advice(work: _Work) -> str:
    if work.warnings:
        return " ".join(work.warnings)
    return "Repair it in the program that made it, or segment again."
