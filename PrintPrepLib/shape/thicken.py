"""Thicken a model only where it is too thin to print."""

from __future__ import annotations

from typing import Annotated

import numpy as np

from ..errors import InputError
from ..mesh import Mesh
from ..parameters import Param
from ..progress import Progress, part, silent
from ..receipt import Receipt, Stopwatch, measure_mesh
from ..spatial import crossings_and_contacts
from ..spatial.change import change_between
from .account import account_of, left_places
from .closed import closed_model
from .growth import Direction
from .rounds import MARGINS, State, is_cured, look_round, one_round, whole_bars
from .thicken_words import spread_out, words_of
from .walls import measure_near, measure_walls

__all__ = ["Direction", "thicken"]

KEEP_GAP_MM = 0.3
"""Gap that stays open unless asked for otherwise: narrower ones fuse or cannot be cleaned on most printers."""
TRANSITION_SHARE = 0.5
LARGEST_SHARE = 0.25
"""A limit above this share of the model's diagonal is not a wall thickness but the model's own size."""


def thicken(
    mesh: Mesh,
    *,
    limit_mm: Annotated[float, Param("Walls thinner than this are brought to it.", unit="mm", low=0.0)],
    direction: Annotated[
        Direction,
        Param("Which side of a wall moves: outward keeps the inner side true, inward the outer one, both shares it."),
    ] = Direction.BOTH,
    transition_mm: Annotated[
        float | None,
        Param("Length over which growth fades in where a neighbor holds it back. Half the limit.", unit="mm", low=0.0),
    ] = None,
    keep_gap_mm: Annotated[
        float | None, Param("Gaps stay at least this wide, or as they are if narrower. 0.3 mm.", unit="mm", low=0.0)
    ] = None,
    voxel_mm: float | None = None,
    progress: Progress = silent,
) -> tuple[Mesh, Receipt]:
    """Bring every wall that is thinner than a limit to that limit, and leave the rest as it is.

    Every vertex of a thin wall moves away from the middle of the ball that was measured there, as far as the wanted
    ball needs; at the edges of walls the surface is stretched across the wall, so that openings keep their width. Bars
    and lattices grow on all sides and keep their ends (see :mod:`~PrintPrepLib.shape.miter`). The growth
    fades out over the surface beside. Triangles are split where walls are thin, but none is added or taken
    away, so that parts, holes and tunnels stay what they are. Then the result is measured with the same measure as
    everywhere (see :mod:`~PrintPrepLib.analysis.thickness`), and what is still thin is treated again; from the second
    round on edges grow, too.

    Air between two walls stays at least ``keep_gap_mm`` wide, or as it is if narrower. Where the surface would cross
    itself, in a narrow crease or pore, it goes back there. Both kinds of places are named in the receipt.

    Parameters
    ----------
    mesh : Mesh
        Closed, outward surface.
    limit_mm : float
        Wanted thickness.
    direction : Direction
        ``OUTWARD``: the side from which less sky is seen stays true (the lumen of a vessel, the inside of a skull);
        ``INWARD``: the other one; ``BOTH``: half on each side. Where both sides see as much, as on a free plate, both
        move whatever was asked.
    transition_mm : float, optional
        See above.
    keep_gap_mm : float, optional
        See above.
    voxel_mm : float, optional
        Smallest voxel edge of the scan, to say where thickness was not measured but guessed by the scan.
    progress : Progress
        Receiver of progress.

    Returns
    -------
    mesh : Mesh
        The same object where no wall is thin.
    receipt : Receipt
        ``details`` holds thin area and thinnest place before and after, the places left below the limit with reasons,
        and the share of vertices that did not move by a bit.

    Raises
    ------
    InputError
        The limit is not positive, or as large as the model itself.
    GeometryError
        The mesh is empty, open or not manifold.
    """
    watch = Stopwatch()
    keep_gap = KEEP_GAP_MM if keep_gap_mm is None else float(keep_gap_mm)
    transition = TRANSITION_SHARE * limit_mm if transition_mm is None else float(transition_mm)
    model = _checked(mesh, limit_mm, keep_gap, transition)
    progress(0.0, "Measuring walls")
    before = measure_walls(model, limit_mm, part(progress, 0.0, 0.2))
    asked = {
        "limit_mm": limit_mm,
        "direction": direction,
        "transition_mm": transition,
        "keep_gap_mm": keep_gap,
        "voxel_mm": voxel_mm,
    }
    if not before.thin.any():
        account = account_of(mesh, model, before, None, [], ())
        nothing = (f"Away from sharp edges no wall is thinner than {limit_mm:g} mm: nothing was changed.",)
        measured = measure_mesh(mesh)
        return mesh, Receipt("thicken", asked, watch.seconds, measured, measured, None, nothing, (), account.to_dict())
    state = State(model, before, before.mesh.vertices[before.thin])
    look_round(state, model, MARGINS[0] * limit_mm, direction, keep_gap, part(progress, 0.2, 0.25))
    if direction is Direction.BOTH:
        whole_bars(state, limit_mm)
    cured = is_cured(state, limit_mm)
    for number, margin in enumerate(MARGINS):
        if cured:
            break
        share = part(progress, 0.2 + 0.15 * number, 0.35 + 0.15 * number)
        if not one_round(state, model, limit_mm, margin, direction, transition, share):
            break
    out = state.mesh.with_name(mesh.name)
    if state.rounds > 1:  # later rounds looked at what was left only
        state.walls = measure_near(out, limit_mm, state.near, part(progress, 0.8, 0.9))
    exact, contacts = crossings_and_contacts(out)
    state.crossings, state.contacts = len(exact.faces), len(contacts.faces)
    left = left_places(state.walls, state.held, state.left_out, limit_mm)
    change = change_between(model, out, part(progress, 0.9, 1.0))
    account = account_of(mesh, out, before, state.walls, state.achieved, left)
    details = account.to_dict() | {
        "rounds": state.rounds,
        "held_back_places": [np.round(place, 3).tolist() for place in spread_out(state.held, limit_mm)],
        "left_out_places": [np.round(place, 3).tolist() for place in spread_out(state.left_out, limit_mm)],
        "equally_open_share": state.equal / max(state.grown, 1),
    }
    notes, warnings = words_of(account, state, left, limit_mm, direction, voxel_mm, before)
    return out, Receipt(
        "thicken", asked, watch.seconds, measure_mesh(mesh), measure_mesh(out), change, notes, warnings, details
    )


def _checked(mesh: Mesh, limit: float, keep_gap: float, transition: float) -> Mesh:
    if not limit > 0.0 or not np.isfinite(limit):
        raise InputError(f"The wanted wall must be above zero, got {limit:g} mm.")
    if not 0.0 <= keep_gap < np.inf or not 0.0 <= transition < np.inf:
        raise InputError("The gap to keep and the transition must not be negative.")
    model = closed_model(mesh, "Thickening needs a closed surface", "there is nothing to thicken")
    diagonal = float(np.linalg.norm(model.size_mm))
    if limit > LARGEST_SHARE * diagonal:
        raise InputError(
            f"A wall of {limit:g} mm is too much for a model of {diagonal:.3g} mm across: all of it would become one "
            "lump. Choose a smaller limit, or check the model's units."
        )
    return model
