"""The heavy rungs of the repair ladder: crossings undone, and the surface built anew."""

from __future__ import annotations

from ..errors import GeometryError
from ..mesh import Mesh
from ..progress import Progress, part
from ..spatial import exact_weld
from ..topology import face_parts
from .defects import as_stored, find_defects
from .doubles import drop_doubles
from .holes import close_holes
from .known import edges_of
from .overlaps import unite_overlaps
from .pinches import part_pinches
from .rebuild import CELLS_ALONG, Rebuilt, rebuild
from .simplify import simplify
from .untangle import untangle
from .winding import orient
from .work import Work, places

UNTANGLE_SHARES = (2e-3, 1e-2)
"""Bounds of local untangling, as shares of the model's diagonal (0.4 and 2 mm on a skull); the second is tried where
the first does not do: a larger change at one place is less than a new surface everywhere."""
_FEW_LEFT = 60
"""Crossing triangles up to which the larger bound is tried."""
_PATIENCE = 4
"""Crossings that withstand every means before untangling is given up: the next rung is needed for one as for many."""
_TIDY_ROUNDS = 3
"""Welding after a union can pinch, parting pinches can leave a crack: each round leaves less; three are plenty."""
_CRACK_SHARE = 1e-3
"""Cracks left by storing a union that are closed, as a share of the diagonal."""
_CELL_TRIES = 3
"""Grids tried, each twice as fine as the one before where that one lost walls or broke the model."""
_LOST_SHARE = 0.02
"""Loss of volume that is worth a finer grid."""
_MOST_TRIANGLES = 2_000_000
"""No finer grid is tried that would give more triangles than this, which is a file of 100 MB."""
_MOST_TO_SIMPLIFY = 600_000
"""Rebuilt surfaces of more triangles stay as they are: simplifying them takes longer than all the rest."""
_SIMPLIFY_SHARE = 0.1
"""A rebuilt surface is simplified within this share of a cell: far less than the grid itself changed."""


def crossings(work: Work, progress: Progress) -> None:
    """Unite bodies that overlap, then untangle what crosses itself."""
    table = edges_of(work.mesh)
    if table.non_manifold_edges or table.open_edges or table.misoriented_edges:
        work.changed = {"skipped": "the surface is not closed"}
        return
    work.closed = work.mesh
    united = unite_overlaps(work.mesh)
    mesh = _tidy(united.mesh, work.diagonal_mm) if united.bodies else work.mesh
    work.changed = {"bodies_united": united.bodies, **places(united.places)}
    if edges_of(mesh).non_manifold_edges:
        work.mesh = mesh
        return
    reports = []
    for share in UNTANGLE_SHARES:
        bound = share * work.diagonal_mm
        mesh, report = untangle(as_stored(mesh), bound_mm=bound, patience=_PATIENCE, progress=progress)
        reports.append({"bound_mm": bound, **report.to_dict()})
        if report.faces_after == 0 or report.faces_after > _FEW_LEFT:
            break
    work.changed["untangled"] = reports
    work.mesh = mesh


def renew(work: Work, progress: Progress) -> None:
    """Build the surface anew on the coarsest grid that keeps the model whole, and simplify it."""
    source = work.mesh if work.closed is None else work.closed
    table = edges_of(source)
    if table.open_edges or table.misoriented_edges or table.non_manifold_edges:
        work.changed = {"skipped": "the surface is not closed, so that it has no inside to rebuild"}
        return
    before = face_parts(work.mesh)[0]
    made, mesh = _on_a_grid(work, source, before, part(progress, 0.0, 0.7))
    if made is None:
        work.warnings.append(work.changed["skipped"])
        return
    after = face_parts(mesh)[0]
    if before != after:
        work.warnings.append(f"The rebuilt surface has {after} parts where there were {before}. Look for thin places.")
    work.changed = {"cell_mm": made.cell_mm, "triangles_of_grid": len(mesh.faces)}
    work.warnings.append(
        f"The surface was rebuilt from a grid of {made.cell_mm:.3g} mm: detail below that is gone and edges are "
        "beveled. Compare the change with what the model must hold."
    )
    work.mesh = _lighter(mesh, _SIMPLIFY_SHARE * made.cell_mm, part(progress, 0.7, 1.0))
    if len(work.mesh.faces) > _MOST_TO_SIMPLIFY:
        work.warnings.append(f"The rebuilt surface has {len(work.mesh.faces)} triangles. Simplify it before printing.")


def _on_a_grid(work: Work, source: Mesh, parts: int, progress: Progress) -> tuple[Rebuilt | None, Mesh]:
    """Rebuild on finer and finer grids until no wall is lost; where the finest is too large, the one before."""
    low, high = source.bounds
    cells = [float((high - low).max()) / CELLS_ALONG / 2**k for k in range(_CELL_TRIES)]
    made, mesh = None, source
    for cell in cells if work.cell_mm is None else [work.cell_mm]:
        try:
            finer = rebuild(source, cell_mm=cell, progress=progress)
        except GeometryError as error:
            work.changed = {"skipped": str(error)}
            continue
        candidate = part_pinches(exact_weld(finer.mesh)).mesh
        if made is not None and made.lost_share <= _LOST_SHARE and face_parts(candidate)[0] >= face_parts(mesh)[0]:
            break  # what came apart was not broken by the grid
        made, mesh = finer, candidate
        whole = finer.lost_share <= _LOST_SHARE and face_parts(mesh)[0] <= parts
        if whole or 4 * len(mesh.faces) > _MOST_TRIANGLES:
            break
    return made, mesh


def _lighter(mesh: Mesh, tolerance_mm: float, progress: Progress) -> Mesh:
    """Simplify a rebuilt surface where that leaves it a clean solid; else return it as it is."""
    if len(mesh.faces) > _MOST_TO_SIMPLIFY:
        return mesh
    try:
        simple = as_stored(simplify(as_stored(mesh), tolerance_mm=tolerance_mm, progress=progress)[0])
    except GeometryError:
        return mesh
    return simple if find_defects(simple).clean else mesh


def _tidy(mesh: Mesh, diagonal: float) -> Mesh:
    """Store a union and undo what storing does to it: points that became one, cracks of a step's width."""
    for _ in range(_TIDY_ROUNDS):
        mesh = drop_doubles(exact_weld(as_stored(mesh))).mesh
        mesh = as_stored(part_pinches(orient(mesh).mesh).mesh)
        if edges_of(mesh).open_edges:
            mesh = close_holes(mesh, _CRACK_SHARE * diagonal).mesh
        elif find_defects(mesh, crossings=False).manifold:
            break
    return mesh
