"""Repair: a ladder of means, lightest first, each measured; the first that gives a printable solid is the last used."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Annotated, Any

import numpy as np

from ..errors import GeometryError
from ..mesh import Mesh
from ..parameters import Param
from ..progress import Progress, part, silent
from ..receipt import Receipt, Stopwatch, measure_mesh
from ..spatial import Rule
from . import heavy_rungs, rungs
from .defects import Defects, as_stored, crossing_faces, find_defects
from .heavy_rungs import UNTANGLE_SHARES
from .untangle import untangle
from .work import Rung, Work

__all__ = ["Rung", "repair"]

LAST = Rung.REBUILD
_FEW_CONTACTS = 200
_FEW_CONTACTS_SHARE = 1e-3
"""Contacts up to both bounds are cured. More of them are flat faces that lie oblique in space: rounding, not the
surface."""
_CONTACT_PATIENCE = 8
"""Contacts that withstand every means before the others are left as well: a contact does no harm."""

LADDER: tuple[tuple[Rung, Callable[[Work, Progress], None]], ...] = (
    (Rung.WELD, rungs.weld),
    (Rung.DOUBLES, rungs.doubles),
    (Rung.WINDING, rungs.winding),
    (Rung.PINCHES, rungs.pinches),
    (Rung.HOLES, rungs.holes),
    (Rung.CROSSINGS, heavy_rungs.crossings),
    (Rung.REBUILD, heavy_rungs.renew),
)


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
    so from the start is returned as the same object. Triangles cross when they truly pass through each other or are
    there twice. Few that only touch, which MeshLab may count, are moved apart at the end; many are left and told.

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
        ``details["rungs"]`` lists each rung with defects before and after, what it did, and where (LPS mm). Crossings
        are None after a rung where the surface was not manifold yet, and so were not counted.

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
    work = Work(as_stored(mesh), max_hole_mm, cell_mm, float(np.linalg.norm(high - low)), mesh.area_mm2)
    defects, used, done = _climb(work, start, rung, progress)
    if rung is LAST and not defects.clean:
        raise GeometryError(f"The mesh '{mesh.name}' could not be repaired: {_in_words(defects)} {_advice(work)}")
    if defects.clean:
        progress(0.9, "Looking for contacts")
        defects = _cure_contacts(work, defects)
    result = work.mesh.without_unused_vertices()
    if not defects.clean:
        work.warnings.append(f"Stopped at the rung '{rung.value}': {_in_words(defects)}")
    progress(0.95, "Measuring the change")
    from ..spatial.change import change_between

    return result, Receipt(
        operation="repair",
        parameters=parameters,
        seconds=watch.seconds,
        before=measure_mesh(mesh),
        after=measure_mesh(result),
        change=change_between(mesh, result),
        notes=tuple(_notes(defects, used)),
        warnings=tuple(work.warnings),
        details={"defects_before": start.to_dict(), "defects_after": defects.to_dict(), "rungs": done, "rung": used},
    )


def _notes(defects: Defects, used: str | None) -> list[str]:
    notes = [f"Repaired by the rung '{used}'."] if defects.clean else []
    if defects.flat_faces:
        notes.append(f"{defects.flat_faces} triangles have their corners on a line; they do no harm and were kept.")
    return notes


def _climb(
    work: Work, defects: Defects, last: Rung, progress: Progress
) -> tuple[Defects, str | None, list[dict[str, Any]]]:
    """Go up rung by rung until the mesh is clean; return what is left, the last rung that changed it, all rungs."""
    done: list[dict[str, Any]] = []
    used = None
    for number, (rung, action) in enumerate(LADDER):
        if defects.clean:
            break
        watch = Stopwatch()
        progress(0.1 + 0.12 * number, f"Repair: {rung.value}")
        before_mesh, before = work.mesh, defects
        work.changed, work.moved = {}, True
        action(work, part(progress, 0.1 + 0.12 * number, 0.2 + 0.12 * number))
        if work.mesh is not before_mesh:
            work.mesh = as_stored(work.mesh)
            defects = find_defects(work.mesh, crossings=False)
            if not work.moved:
                defects = replace(defects, crossing_faces=before.crossing_faces)
            elif defects.manifold:
                defects = replace(defects, crossing_faces=crossing_faces(work.mesh))
            used = rung.value
        done.append(
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
    if defects.crossing_faces is None:
        defects = replace(defects, crossing_faces=crossing_faces(work.mesh))
    return defects, used, done


def _cure_contacts(work: Work, defects: Defects) -> Defects:
    """Move apart the few triangles of a clean solid that touch so that MeshLab counts them; tell of the rest."""
    contacts = crossing_faces(work.mesh, Rule.MESHLAB)
    if 0 < contacts < min(_FEW_CONTACTS, _FEW_CONTACTS_SHARE * len(work.mesh.faces)):
        mesh, _ = untangle(
            work.mesh,
            bound_mm=UNTANGLE_SHARES[0] * work.diagonal_mm,
            patience=_CONTACT_PATIENCE,
            rule=Rule.MESHLAB,
        )
        mesh = as_stored(mesh)
        after = find_defects(mesh)
        left = crossing_faces(mesh, Rule.MESHLAB)
        if after.clean and left < contacts:
            work.mesh, defects, contacts = mesh, after, left
    if contacts:
        work.warnings.append(
            f"{contacts} triangles touch others or lie so close that MeshLab counts them as crossing. None truly "
            "crosses: the model can be printed."
        )
    return defects


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


def _advice(work: Work) -> str:
    if work.warnings:
        return " ".join(work.warnings)
    return "Repair it in the program that made it, or segment again."
