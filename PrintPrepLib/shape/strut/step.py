"""The step ``strut``: loose parts become one body by columns through the air, each of them listed."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Annotated, Any

from ...errors import GeometryError
from ...mesh import Mesh
from ...parameters import Param
from ...progress import Progress, part, silent
from ...receipt import Receipt, Stopwatch, measure_mesh, plain
from ...spatial.change import change_between
from .build import Joined, joined
from .keepout import Keepout, protected_of
from .measure import told
from .picked import picked_struts
from .pieces import closed_model, pieces_of
from .safe import Site, Strut
from .size import process_for, size_of
from .tree import Groups, further_struts, spanning_struts
from .words import notes_of, refusal, warnings_of

MOST_MOVED_MM = 1e-3
"""No point of the model's own surface may lie farther from the result: what a file rounds on a large model."""
THINNER_SHARE = 1.05
"""Where there is no room for the usual strut, one is tried that is this much thicker than the process's thinnest."""
MOST_PARTS = 200
"""More loose parts than this are specks of a noisy scan, not fragments that someone wants to keep."""


def strut(
    mesh: Mesh,
    *,
    diameter_mm: Annotated[
        float | None, Param("Diameter of the struts; by process where it is left out.", unit="mm", low=0.1, high=100.0)
    ] = None,
    each: Annotated[int, Param("Struts between two parts that are joined: more are stiffer.", low=1, high=6)] = 1,
    fillet_mm: Annotated[
        float | None,
        Param("Radius by which a strut widens to its foot. Half the diameter.", unit="mm", low=0.0, high=50.0),
    ] = None,
    from_mm: Annotated[
        tuple[float, ...] | None,
        Param("Picked points on the surface where struts begin: x,y,z (LPS) for each.", unit="mm"),
    ] = None,
    to_mm: Annotated[
        tuple[float, ...] | None, Param("Picked points where they end, in the same order.", unit="mm")
    ] = None,
    search: Annotated[bool, Param("Join by a search what picked struts leave loose.")] = True,
    max_length_mm: Annotated[
        float | None, Param("Longest strut of the search; no bound where it is left out.", unit="mm", low=0.0)
    ] = None,
    clearance_mm: Annotated[
        float | None,
        Param("Air to other parts; the process's narrowest gap where left out.", unit="mm", low=0.0, high=50.0),
    ] = None,
    process: Annotated[str | None, Param("Printing process, which decides sizes that are left out.")] = None,
    printer: Annotated[str | None, Param("Printer, in place of the process.")] = None,
    protect_at: Annotated[
        tuple[float, ...] | None, Param("Places that no strut may touch: x,y,z and a radius for each.", unit="mm")
    ] = None,
    protect_box: Annotated[
        tuple[float, ...] | None,
        Param("Boxes that no strut may touch: two opposite corners, six numbers each.", unit="mm"),
    ] = None,
    protect: Mesh | None = None,
    protect_mm: Annotated[
        float, Param("Distance that struts keep from a protected mesh.", unit="mm", low=0.0, high=500.0)
    ] = 0.5,
    progress: Progress = silent,
) -> tuple[Mesh, Receipt]:
    """Hold loose parts where they are: struts along the shortest safe ways make one body of them.

    The struts of the search are a minimum spanning tree over the parts: of all trees whose struts are safe the shortest
    (see :mod:`~PrintPrepLib.shape.strut.tree`). A strut is safe where it goes through air only, ends a little inside
    both parts with its whole foot, and keeps clear of all other parts and of what is protected.

    Parameters
    ----------
    mesh : Mesh
        Closed, outward; several bodies.
    protect : Mesh, optional
        Surface, or closed body, that no strut may touch.

    Returns
    -------
    mesh : Mesh
        One body; vertices outside of the struts are those of the model, bit for bit. The same object where there was
        one body already and no strut was picked.
    receipt : Receipt
        ``details["struts"]`` lists each strut with both ends, length, diameter, thinnest measured diameter, feet and
        volume; ``details["parts"]`` the parts that were loose.

    Raises
    ------
    InputError
        A diameter that the process cannot print, or points that are not on the model.
    GeometryError
        The model is not closed, or there is no safe way to a part: the reasons for each pair are named.
    """
    watch = Stopwatch()
    asked = {key: value for key, value in locals().items() if key not in ("mesh", "progress", "protect", "watch")}
    size = size_of(process_for(process, printer), diameter_mm, fillet_mm, clearance_mm)
    asked |= {"process": size.process, "diameter_mm": size.diameter_mm, "fillet_mm": size.fillet_mm}
    asked |= {"clearance_mm": size.clearance_mm}
    closed_model(mesh, "struts")
    keep = Keepout(protected_of(protect_at, protect_box, protect, protect_mm))
    pieces = pieces_of(mesh)
    if len(pieces) > MOST_PARTS:
        raise GeometryError(
            f"The model has {len(pieces)} loose parts; up to {MOST_PARTS} can be held by struts. Remove specks first "
            "(fragments, with a least volume)."
        )
    progress(0.05, "Looking at loose parts")
    site = Site(pieces, keep, size.clearance_mm)
    struts = picked_struts(site, size, from_mm, to_mm)
    by_hand = len(struts)
    groups = Groups(list(range(len(pieces))))
    for one in struts:
        groups.join(one.first, one.second)
    if search and groups.count > 1:
        reach = replace(site, max_length_mm=float("inf") if max_length_mm is None else max_length_mm)
        struts += _searched(reach, groups, size, each, part(progress, 0.05, 0.6))
    measured = measure_mesh(mesh)
    if not struts:
        note = "The model is one body already: no strut was needed and nothing was changed."
        if groups.count > 1:
            note = f"The model has {groups.count} loose parts; neither a search nor points were asked for."
        return mesh, Receipt("strut", asked, watch.seconds, measured, measured, None, (note,), (), {"struts": []})
    progress(0.6, "Joining struts and parts")
    done = joined(mesh, [one.column for one in struts])
    if search and done.bodies != 1:
        raise GeometryError(
            f"The struts were set, but the result has {done.bodies} bodies instead of one. Repair the model first, or "
            "pick points by hand."
        )
    if done.moved_mm > MOST_MOVED_MM:
        raise GeometryError(
            f"Joining the struts would have moved the model's own surface by {done.moved_mm:.3g} mm. Repair it first."
        )
    progress(0.75, "Measuring the struts")
    listed = [told(one, site, done.mesh, "by hand" if k < by_hand else "by search") for k, one in enumerate(struts)]
    change = change_between(mesh, done.mesh, part(progress, 0.8, 1.0))
    added = (done.mesh.volume_mm3 - mesh.volume_mm3) / 1000.0
    details: dict[str, Any] = {
        "struts": listed,
        "parts": [
            {"number": p.number, "volume_ml": p.volume_mm3 / 1000.0, "center_mm": list(p.center_mm)} for p in pieces
        ],
        "bodies": done.bodies,
        "added_ml": added,
        "vertices_moved_outside_struts": done.moved,
        "moved_outside_struts_mm": done.moved_mm,
        "vertices_kept_share": done.kept_share,
        "size": plain(asdict(size)),
    }
    notes = notes_of(listed, len(pieces), done.bodies, size, added)
    still = "Outside of the struts every point of the surface stands where it stood, bit for bit"
    notes.append(f"{still}{_but(done)}.")
    warnings = warnings_of(listed, pieces, each, size)
    if done.bodies > 1:
        warnings.insert(0, f"{done.bodies} bodies are still loose: no search was asked for.")
    return done.mesh, Receipt(
        "strut", asked, watch.seconds, measured, measure_mesh(done.mesh), change, tuple(notes), tuple(warnings), details
    )


def _but(done: Joined) -> str:
    if not done.moved:
        return ""
    return f", but for {done.moved} beside them: there the surface moved by {done.moved_mm:.2g} mm"


def _searched(site: Site, groups: Groups, size: Any, each: int, progress: Progress) -> list[Strut]:
    """Struts of the search; where the diameter was left open, thinner ones for parts with no room for a thicker one."""
    found, refused = spanning_struts(site, groups, size.diameter_mm, size.fillet_mm, part(progress, 0.0, 0.6))
    thinner = THINNER_SHARE * size.thinnest_mm
    if groups.count > 1 and not size.asked and thinner < size.diameter_mm:
        more, refused = spanning_struts(site, groups, thinner, size.fillet_mm, part(progress, 0.6, 0.8))
        found += more
    if groups.count > 1:
        raise GeometryError(refusal(site, groups, refused, size))
    if each > 1:
        found += further_struts(site, found, each, size.fillet_mm, part(progress, 0.8, 1.0))
    return found
