"""The step ``solid``: pin-holes closed, the inside filled, or the outside wrapped; real openings stay open."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from functools import partial
from typing import Annotated, Any

import numpy as np

from ...errors import InputError
from ...mesh import Mesh
from ...parameters import Param
from ...progress import Progress, part, silent
from ...receipt import Receipt, Stopwatch, measure_mesh
from ...spatial.change import change_between
from ...spatial.threads import at_once
from ..closed import closed_model
from ..identical import is_among
from ..points import points_of
from ..storable import storable
from .choose import BY_HAND, Choice, choose
from .close import close_openings, opening_dict
from .core import Filling, fill_inside, without_cavities
from .gaps import gap_widths
from .in_row import in_rows
from .openings import find_openings
from .words import words_of

LARGEST_SHARE = 0.5
"""An opening of more than this share of the model's diagonal is the model's own form."""
LEAST_MM = 0.1
BURIED = "inside of what was filled"
LISTED = 500
"""A receipt lists so many openings, the widest first, and counts the rest."""


class Intent(Enum):
    """What is to become solid."""

    CLOSE_HOLES = "close-holes"
    FILL_INSIDE = "fill-inside"
    WRAP = "wrap"


@dataclass(frozen=True, eq=False)
class _Made:
    choice: Choice
    filling: Filling
    cavities_before: int
    cavities_after: list[dict[str, Any]]
    gaps: list[dict[str, Any]]
    same_share: float
    marked_filled: list[dict[str, Any]]


def solid(
    mesh: Mesh,
    *,
    intent: Annotated[
        Intent,
        Param(
            "close-holes: plugs in round holes, nothing else. fill-inside: marrow, cancellous bone and air cells, too. "
            "wrap: grooves of the outside, too."
        ),
    ] = Intent.CLOSE_HOLES,
    max_hole_mm: Annotated[
        float, Param("Round openings up to this diameter are closed; wider ones stay open.", unit="mm", low=0.0)
    ] = 3.0,
    keep_at_mm: Annotated[
        tuple[float, ...] | None, Param("Openings at these points stay open: x,y,z for each.", unit="mm")
    ] = None,
    leave_at_mm: Annotated[
        tuple[float, ...] | None,
        Param("Holes of the receipt's list that are not closed after all: x,y,z for each.", unit="mm"),
    ] = None,
    keep_wider_mm: Annotated[
        float | None,
        Param("Openings wider than this stay open, too. As max_hole_mm if left out.", unit="mm", low=0.0),
    ] = None,
    close_gaps: Annotated[
        bool, Param("Also close what is long and narrow (sutures, fissures, fracture gaps), up to max_hole_mm.")
    ] = False,
    progress: Progress = silent,
) -> tuple[Mesh, Receipt]:
    """Make a model solid: close pin-holes, fill its inside or wrap its outside; real openings stay open.

    Openings are found where the air cannot be grown together without changing its topology (see
    :mod:`~PrintPrepLib.shape.solid.flood`) and are measured on the surface itself. What is round and not wider than
    asked is closed with a plug that continues both surfaces of the wall; what is long (a suture, a fracture, a
    fissure), lies between two bodies, is wider, or was marked, stays open, and its width is measured before and after.
    ``fill-inside`` then fills what a ball of ``max_hole_mm`` that rolls outside does not reach, and drops closed
    cavities. The outside keeps its triangles.

    Parameters
    ----------
    mesh : Mesh
        Closed, outward surface.

    Returns
    -------
    mesh : Mesh
        Manifold; the same object where nothing was to be done.
    receipt : Receipt
        ``details`` holds ``closed`` (each plug: place, diameter, area, ml added, largest distance from the source),
        ``kept_open`` (with the reason), ``gaps`` (width before and after), ``filled`` and ``cavities``.

    Raises
    ------
    InputError
        A length out of range, or points that are not triples of numbers or near no opening.
    GeometryError
        The mesh is empty, open or not manifold.
    """
    watch = Stopwatch()
    limit = max_hole_mm if keep_wider_mm is None else min(keep_wider_mm, max_hole_mm)
    keep, leave = points_of(keep_at_mm, "keep_at_mm"), points_of(leave_at_mm, "leave_at_mm")
    model = _checked(mesh, max_hole_mm)
    openings = find_openings(model, max_hole_mm, part(progress, 0.0, 0.4))
    choice = choose(openings, limit, keep, leave, close_gaps=close_gaps)
    closing = close_openings(model, choice.to_close, part(progress, 0.4, 0.6))
    filling, marked = Filling(closing.mesh), choice
    if intent is not Intent.CLOSE_HOLES:
        filling = fill_inside(
            closing, max_hole_mm, partial(choice.to_keep, model, max_hole_mm), grooves=intent is Intent.WRAP,
            progress=part(progress, 0.6, 0.9),
        )  # fmt: skip
        choice = _with_buried(choice, filling.buried)
    out = filling.mesh.with_name(mesh.name)
    unchanged = out.faces is model.faces
    more: tuple[str, ...] = ()
    wrong: tuple[str, ...] = ()
    if unchanged:
        out = mesh
    else:
        out, more, wrong = storable(out, model, part(progress, 0.9, 0.95))
    stay = [k for k, (_, reason) in enumerate(choice.open) if reason != BURIED]
    gaps, (cavities_before, same_share) = at_once(
        lambda: gap_widths(model, out, [choice.open[k][0] for k in stay]),
        lambda: (len(without_cavities(model)[1]), 1.0 if unchanged else float(is_among(model, out).mean())),
    )
    if intent is not Intent.CLOSE_HOLES:
        # What is left round an opening between two filled rooms is a cavity, and was filled with them.
        shut = {k for k, gap in zip(stay, gaps, strict=True) if gap["open_share"] == 0.0}
        gaps = [gap for k, gap in zip(stay, gaps, strict=True) if k not in shut]
        filling = replace(filling, buried=tuple(one or k in shut for k, one in enumerate(filling.buried)))
        choice = _with_buried(choice, filling.buried)
    made = _Made(
        choice, filling, cavities_before,
        [] if intent is not Intent.CLOSE_HOLES else without_cavities(out)[1],
        gaps,
        same_share,
        [opening_dict(one) for (one, reason), inside in zip(marked.open, filling.buried, strict=False)
         if inside and reason in BY_HAND],
    )  # fmt: skip
    choice = replace(choice, plugs=closing.plugs)
    asked = {
        "intent": intent, "max_hole_mm": max_hole_mm, "keep_at_mm": keep_at_mm, "leave_at_mm": leave_at_mm,
        "keep_wider_mm": keep_wider_mm, "close_gaps": close_gaps,
    }  # fmt: skip
    change = None if unchanged else change_between(model, out, part(progress, 0.95, 1.0))
    details = _details(made, choice)
    notes, warnings = words_of(details, intent.value, max_hole_mm, measure_mesh(model), measure_mesh(out))
    return out, Receipt(
        "solid",
        asked,
        watch.seconds,
        measure_mesh(mesh),
        measure_mesh(out),
        change,
        (*notes, *more),
        (*warnings, *wrong),
        details,
    )


def _with_buried(choice: Choice, buried: tuple[bool, ...]) -> Choice:
    """The choice with the reason of those openings that lie inside of what was filled."""
    rows = zip(choice.open, buried, strict=True)
    return replace(choice, open=[(one, BURIED if inside else reason) for (one, reason), inside in rows])


def _details(made: _Made, choice: Choice) -> dict[str, Any]:
    closed = [plug.to_dict() for plug in choice.plugs]
    kept = [{**opening_dict(one), "reason": reason} for one, reason in choice.open]
    return {
        "closed": closed[:LISTED],
        "closed_total": sum(plug.closed for plug in choice.plugs),
        "not_closed_total": sum(not plug.closed for plug in choice.plugs),
        "added_by_plugs_ml": sum(plug.added_mm3 for plug in choice.plugs) / 1000.0,
        "farthest_from_source_mm": max((plug.farthest_mm for plug in choice.plugs), default=0.0),
        "kept_open": kept[:LISTED],
        "kept_open_total": len(kept),
        "gaps": made.gaps[:LISTED],
        "filled": list(made.filling.pockets[:LISTED]),
        "filled_total": len(made.filling.pockets),
        "filled_ml": sum(pocket["volume_ml"] for pocket in made.filling.pockets),
        "cavities": list(made.filling.cavities[:LISTED]),
        "cavities_total": len(made.filling.cavities),
        "cavities_ml": sum(cavity["volume_ml"] for cavity in made.filling.cavities),
        "cavities_before": made.cavities_before,
        "cavities_left": made.cavities_after[:LISTED],
        "cavities_left_total": len(made.cavities_after),
        "unmoved_share": made.same_share,
        "in_rows": [[opening_dict(choice.to_close[k])["at_mm"] for k in row] for row in in_rows(choice.to_close)],
        "smallest_seen_mm": choice.smallest_seen_mm,
        "marked_but_filled": made.marked_filled,
    }


def _checked(mesh: Mesh, max_hole: float) -> Mesh:
    model = closed_model(mesh, "Making solid needs a closed surface", "there is nothing to make solid")
    diagonal = float(np.linalg.norm(model.size_mm))
    if not LEAST_MM <= max_hole <= LARGEST_SHARE * diagonal:
        raise InputError(
            f"The widest opening to close must be between {LEAST_MM:g} mm and {LARGEST_SHARE * diagonal:.3g} mm, half "
            f"the model's diagonal; got {max_hole:g} mm."
        )
    return model
