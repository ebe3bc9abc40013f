"""The step ``details``: features too small to print are listed, and changed where asked."""

from __future__ import annotations

from enum import Enum
from typing import Annotated, Any

import numpy as np
from scipy.spatial import cKDTree

from ...errors import InputError
from ...mesh import FloatArray, Mesh, six_fold_volumes
from ...parameters import Param
from ...profiles.processes import process_of
from ...progress import Progress, part, silent
from ...receipt import Receipt, Stopwatch, measure_mesh
from ...spatial.change import change_between
from ...topology import face_parts
from ..closed import closed_model
from ..points import points_of
from ..storable import storable
from .edit import Edited, Way, edit, measure_after
from .find import Feature, Kind, find_features
from .parting import without_crumbs
from .words import words_of

DEFAULT_PROCESS = "fdm"
"""Figures of this process are taken where none is named: its pins and slits are the widest."""
LISTED = 500
POINT_REACH_MM = 2.0
"""A point means the features this near to it."""


class Do(Enum):
    """What is done to all kinds that are not named apart."""

    LIST = "list"
    REMOVE = "remove"
    THICKEN = "thicken"


class SpikeDo(Enum):
    """What is done to spikes and whiskers."""

    LIST = "list"
    REMOVE = "remove"
    THICKEN = "thicken"


class GapDo(Enum):
    """What is done to slits, and to holes."""

    LIST = "list"
    CLOSE = "close"
    WIDEN = "widen"


def details(
    mesh: Mesh,
    *,
    process: Annotated[
        str | None, Param("Printing process whose least pin, slit and hole count. fdm, if left out.")
    ] = None,
    action: Annotated[
        Do, Param("list changes nothing; remove cuts spikes off and closes slits and holes; thicken also widens them.")
    ] = Do.LIST,
    spikes: Annotated[SpikeDo | None, Param("What is done to spikes and whiskers, if not the same as action.")] = None,
    slits: Annotated[GapDo | None, Param("What is done to slits, if not the same as action.")] = None,
    holes: Annotated[GapDo | None, Param("What is done to holes, if not the same as action.")] = None,
    feature_mm: Annotated[
        float | None, Param("Thinnest pin that prints. By process, if left out; 0: none sought.", unit="mm", low=0.0)
    ] = None,
    gap_mm: Annotated[
        float | None, Param("Narrowest slit that prints. By process, if left out; 0: none sought.", unit="mm", low=0.0)
    ] = None,
    hole_mm: Annotated[
        float | None, Param("Least hole that prints. By process, if left out; 0: none sought.", unit="mm", low=0.0)
    ] = None,
    only_at_mm: Annotated[
        tuple[float, ...] | None, Param("Change only features at these points: x,y,z for each.", unit="mm")
    ] = None,
    leave_at_mm: Annotated[
        tuple[float, ...] | None, Param("Leave the features at these points as they are: x,y,z for each.", unit="mm")
    ] = None,
    progress: Progress = silent,
) -> tuple[Mesh, Receipt]:
    """List spikes, slits and holes that the printer cannot make, and remove or thicken them where asked.

    Walls that are too thin are a matter of ``thicken``. Every feature is listed with place, kind and size, whatever is
    done to it, and what was changed is measured again.

    Parameters
    ----------
    mesh : Mesh
        Closed, outward surface.

    Returns
    -------
    mesh : Mesh
        The same object where nothing was changed.
    receipt : Receipt
        ``details["features"]`` is the list, the largest first.

    Raises
    ------
    InputError
        An unknown process, a length out of range, or points that are not triples of numbers or near no feature.
    GeometryError
        The mesh is empty, open or not manifold.
    """
    watch = Stopwatch()
    only, leave = points_of(only_at_mm, "only_at_mm"), points_of(leave_at_mm, "leave_at_mm")
    limits, sources = _limits(process, feature_mm, gap_mm, hole_mm)
    model = _checked(mesh, max(limits.values()))
    features = find_features(model, limits[Kind.SPIKE], limits[Kind.SLIT], limits[Kind.HOLE], part(progress, 0.0, 0.5))
    ways = _ways(action, spikes, slits, holes)
    edits = [Edited(one, ways[one.kind]) for one in features]
    _choose(edits, only, leave)
    out = edit(model, edits, part(progress, 0.5, 0.8))
    changed, crumbs = out is not model, 0
    more: tuple[str, ...] = ()
    wrong: tuple[str, ...] = ()
    if changed:
        least = min(limit for limit in limits.values() if limit > 0.0)
        out, crumbs = without_crumbs(out, model, least)
        out, more, wrong = storable(out, model, part(progress, 0.8, 0.9))
        out, dust = without_crumbs(out, model, least)  # mending may leave some, too
        crumbs += dust
        measure_after(out, edits)
    else:
        out = mesh
    change = change_between(model, out, part(progress, 0.9, 1.0)) if changed else None
    asked: dict[str, Any] = {
        "process": process, "action": action, "spikes": spikes, "slits": slits, "holes": holes,
        "feature_mm": limits[Kind.SPIKE], "gap_mm": limits[Kind.SLIT], "hole_mm": limits[Kind.HOLE],
        "only_at_mm": only_at_mm, "leave_at_mm": leave_at_mm,
    }  # fmt: skip
    listed: dict[str, Any] = {
        "features": [one.to_dict() for one in edits[:LISTED]],
        "total": len(edits),
        "counts": {kind.value: sum(one.feature.kind is kind for one in edits) for kind in Kind},
        "changed": {kind.value: sum(one.done for one in edits if one.feature.kind is kind) for kind in Kind},
        "limits_from": sources,
        "crumbs": crumbs,
        "added_ml": max(out.volume_mm3 - model.volume_mm3, 0.0) / 1000.0,
    }
    (bodies, cavities), (bodies_now, cavities_now) = _shells(model), _shells(out)
    notes, warnings = words_of(listed, edits, limits, (bodies, bodies_now), (cavities, cavities_now))
    return out, Receipt(
        "details",
        asked,
        watch.seconds,
        measure_mesh(mesh),
        measure_mesh(out),
        change,
        (*notes, *more),
        (*warnings, *wrong),
        listed,
    )


def _shells(mesh: Mesh) -> tuple[int, int]:
    """How many bodies there are, and how many closed cavities in them."""
    count, label = face_parts(mesh)
    volume = np.bincount(label, weights=six_fold_volumes(mesh.vertices, mesh.faces), minlength=count)
    return int((volume > 0.0).sum()), int((volume < 0.0).sum())


def _limits(
    process: str | None, feature: float | None, gap: float | None, hole: float | None
) -> tuple[dict[Kind, float], dict[str, str]]:
    """Least size of each kind, and where it comes from."""
    chosen = process_of(process or DEFAULT_PROCESS)
    known = {
        Kind.SPIKE: (feature, chosen.feature), Kind.SLIT: (gap, chosen.gap), Kind.HOLE: (hole, chosen.hole or chosen.gap)  # noqa: E501
    }  # fmt: skip
    limits, sources = {}, {}
    for kind, (asked, figure) in known.items():
        limits[kind] = figure.value_mm if asked is None else float(asked)
        sources[kind.value] = f"{chosen.title}: {figure.source}" if asked is None else "asked for"
    return limits, sources


def _ways(do: Do, spikes: SpikeDo | None, slits: GapDo | None, holes: GapDo | None) -> dict[Kind, Way]:
    of_gaps = {Do.LIST: Way.LIST, Do.REMOVE: Way.CLOSE, Do.THICKEN: Way.WIDEN}[do]
    return {
        Kind.SPIKE: Way(do.value) if spikes is None else Way(spikes.value),
        Kind.SLIT: of_gaps if slits is None else Way(slits.value),
        Kind.HOLE: of_gaps if holes is None else Way(holes.value),
    }


def _choose(edits: list[Edited], only: FloatArray, leave: FloatArray) -> None:
    """Set what is left out by place to be listed only.

    Raises
    ------
    InputError
        A point that means no feature.
    """
    meant = _meant(edits, only, "only_at_mm")
    left = _meant(edits, leave, "leave_at_mm")
    for number, one in enumerate(edits):
        if number in left or (len(only) and number not in meant):
            one.way, one.reason = Way.LIST, "left as it is by its place"


def _meant(edits: list[Edited], points: FloatArray, name: str) -> set[int]:
    found: set[int] = set()
    for point in points:
        near = [k for k, one in enumerate(edits) if _distance(one.feature, point) <= POINT_REACH_MM]
        if not near:
            x, y, z = point
            raise InputError(
                f"{name}: there is no small feature at ({x:g}, {y:g}, {z:g}). Take a place from the receipt's list."
            )
        found.add(min(near, key=lambda k: _distance(edits[k].feature, point)))
    return found


def _distance(one: Feature, point: FloatArray) -> float:
    return float(cKDTree(one.surface).query(point)[0])


def _checked(mesh: Mesh, limit: float) -> Mesh:
    if not limit > 0.0:
        raise InputError("At least one of feature_mm, gap_mm and hole_mm must be above zero.")
    return closed_model(mesh, "Small features are sought on closed surfaces", "it has no features")
