"""Thicken a model only where it is too thin to print."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated

import numpy as np

from ..analysis.thickness import wall_thickness
from ..errors import GeometryError, InputError
from ..mesh import FloatArray, Mesh
from ..parameters import Param
from ..progress import Progress, part, silent
from ..receipt import Receipt, Stopwatch, measure_mesh
from ..spatial import exact_weld
from ..spatial.change import change_between
from .account import Account, Left, account_of, left_places, thickness_near
from .air import Air, narrow_air
from .growth import Direction, Growth, grow, solid_value
from .join import without_crossings
from .tiles import surface_round
from .topology_guard import unite_keeping_topology
from .walls import Walls, crop, measure_near, measure_walls

__all__ = ["Direction", "thicken"]

MARGINS = (1.02, 1.03, 1.05, 1.08)
"""Balls are larger than wanted by this in each round: what the grid takes from a curved side, and a little more each
time that the measure still finds a thin place."""
STEP_SHARE = 0.2
"""Cell of the grid as a share of the limit: the chords of a rounded rim then cost up to four percent of the radius."""
KEEP_GAP_MM = 0.3
"""Gap that stays open unless asked for otherwise: narrower ones fuse or cannot be cleaned on most printers."""
WORTH_ANOTHER = 0.7
"""Another round is worth its time where this one left no more than this share of the thin area."""
TRANSITION_SHARE = 0.5
PLAIN_REACH = 1.25
"""The result is measured up to so many limits."""
LARGEST_SHARE = 0.25
"""A limit above this share of the model's diagonal is not a wall thickness but the model's own size."""
RELIABLE_VOXELS = 2.0
"""A scan does not show the thickness of walls below so many voxels."""


@dataclass
class _State:
    """The model on its way through the rounds."""

    mesh: Mesh
    walls: Walls
    near: FloatArray
    achieved: list[FloatArray] = field(default_factory=list)
    air: Air | None = None
    held: list[FloatArray] = field(default_factory=list)
    left_out: list[FloatArray] = field(default_factory=list)
    equal: int = 0
    grown: int = 0
    rounds: int = 0
    crossings: int = 0


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

    The middle of the thin walls, where the balls of the wall measure came to rest, is swept with balls of the wanted
    diameter. What they fill is united with the model. Every place of such a solid lies in a ball of the wanted size,
    so that the new walls are nowhere thinner (the opening of mathematical morphology, Serra 1982); where a wall is
    thick enough already the balls lie inside it, so that the new surface runs into the old one by itself. Then the
    result is measured, and what is still thin is treated again.

    Air between two walls narrower than ``keep_gap_mm`` afterwards is not grown into. A piece of growth that would
    close an opening, join two parts or make a tunnel is left out. Both are named in the receipt.

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
        See above. A grid of a fifth of the limit decides: gaps of up to a third of the limit are kept.
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
    before, fine = measure_walls(model, limit_mm, part(progress, 0.0, 0.2))
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
    state = _State(fine, before, before.centers[before.thin])
    for number, margin in enumerate(MARGINS):
        share = part(progress, 0.2 + 0.15 * number, 0.35 + 0.15 * number)
        if not _one_round(state, fine, limit_mm, margin, direction, transition, keep_gap, share):
            break
    out, state.crossings = without_crossings(state.mesh, state.near, limit_mm, part(progress, 0.8, 0.9))
    out = exact_weld(out).without_unused_vertices().with_name(mesh.name)
    left = left_places(state.walls, state.held, state.left_out, limit_mm)
    change = change_between(model, out, part(progress, 0.9, 1.0))
    account = account_of(mesh, out, before, state.walls, state.achieved, left)
    details = account.to_dict() | {
        "rounds": state.rounds,
        "held_back_places": [np.round(place, 3).tolist() for place in _spread_out(state.held, limit_mm)],
        "left_out_places": [np.round(place, 3).tolist() for place in _spread_out(state.left_out, limit_mm)],
        "equally_open_share": state.equal / max(state.grown, 1),
    }
    # What a user reads who measures the result himself, vertex by vertex and with no allowance for edges.
    plain = [wall_thickness(one, max_mm=PLAIN_REACH * limit_mm).summary(one, limit_mm) for one in (model, out)]
    details["by_vertex"] = [
        {"area_below_cm2": one.area_below_cm2, "percent_below": one.percent_below, "min_mm": one.min_mm}
        for one in plain
    ]
    notes, warnings = _words(account, state, left, limit_mm, direction, voxel_mm, before)
    below = plain[1].area_below_cm2 or 0.0
    if below > 0.0:
        warnings = (
            *warnings,
            f"Measured vertex by vertex, edges included, {below:.3g} cm2 ({plain[1].percent_below:.2g} %) are still "
            f"below {limit_mm:g} mm, {plain[1].min_mm:.3f} mm at the thinnest (before: {plain[0].area_below_cm2:.3g} "
            "cm2). Look at them with the thickness map.",
        )
    return out, Receipt(
        "thicken", asked, watch.seconds, measure_mesh(mesh), measure_mesh(out), change, notes, warnings, details
    )


def _checked(mesh: Mesh, limit: float, keep_gap: float, transition: float) -> Mesh:
    if not limit > 0.0 or not np.isfinite(limit):
        raise InputError(f"The wanted wall must be above zero, got {limit:g} mm.")
    if not 0.0 <= keep_gap < np.inf or not 0.0 <= transition < np.inf:
        raise InputError("The gap to keep and the transition must not be negative.")
    if mesh.is_empty:
        raise GeometryError(f"The mesh '{mesh.name}' is empty: there is nothing to thicken.")
    model = exact_weld(mesh).without_unused_vertices()
    measured = measure_mesh(model)
    if measured.open_edges or measured.non_manifold_edges or measured.misoriented_edges:
        raise GeometryError(
            "Thickening needs a closed surface: this one has open, crossing or wrongly turned edges, so it has no "
            "inside. Repair it first."
        )
    if measured.volume_mm3 <= 0.0:
        raise GeometryError("The surface is inside out. Repair it first.")
    diagonal = float(np.linalg.norm(model.size_mm))
    if limit > LARGEST_SHARE * diagonal:
        raise InputError(
            f"A wall of {limit:g} mm is too much for a model of {diagonal:.3g} mm across: all of it would become one "
            "lump. Choose a smaller limit, or check the model's units."
        )
    return model


def _one_round(
    state: _State,
    original: Mesh,
    limit: float,
    margin: float,
    direction: Direction,
    transition: float,
    keep_gap: float,
    progress: Progress,
) -> bool:
    """Grow once where the walls are thin and measure again; tell whether another round may help."""
    radius, step = 0.5 * margin * limit, STEP_SHARE * limit
    walls = state.walls
    chosen = walls.thickness_mm < (2.0 * radius if state.rounds == 0 else limit)
    if state.rounds == 0:
        state.near = walls.centers[chosen]
        most = radius if direction is Direction.BOTH else 2.0 * radius
        piece, _ = crop(original, state.near, 3.0 * most + 2.0 * keep_gap)
        state.air = narrow_air(piece, state.near, most, keep_gap, step, part(progress, 0.0, 0.2))
    growth = grow(walls, original, radius, direction, transition, state.air, chosen, part(progress, 0.2, 0.3))
    state.held.append(growth.held_at)
    if not len(growth.sheet.triangles):
        return False
    added = _surface(growth, state, step, part(progress, 0.3, 0.7))
    if added.is_empty:
        return False
    progress(0.7, "Uniting the added walls with the model")
    united, left_out = unite_keeping_topology(state.mesh, added, limit)
    state.left_out.append(left_out)
    first = state.rounds == 0
    if first:
        state.equal, state.grown = int(np.count_nonzero(growth.equal)), len(growth.equal)
    state.rounds += 1
    if united is state.mesh:
        return False
    state.mesh = united
    now = measure_near(united, limit, state.near if first else walls.centers[chosen], part(progress, 0.8, 1.0))
    state.achieved.append(thickness_near(now, state.near, limit))
    state.walls = now
    return bool(now.thin.any()) and now.thin_area_mm2 < WORTH_ANOTHER * walls.thin_area_mm2


def _surface(growth: Growth, state: _State, step: float, progress: Progress) -> Mesh:
    largest = float(growth.sheet.radius.max())

    def value(points: FloatArray, share: Progress) -> FloatArray:
        out = solid_value(growth, state.mesh, step, points, part(share, 0.0, 0.7))
        if state.air is not None:
            near = np.flatnonzero(out < 2.0 * step)
            out[near] = state.air.keep_free(points[near], out[near], part(share, 0.7, 1.0))
        return out

    # At an edge the solid reaches as far as its corner: 1.5 radii.
    return surface_round(growth.sheet.samples(0.5 * largest), 1.5 * largest, step, value, progress)


def _words(
    account: Account,
    state: _State,
    left: tuple[Left, ...],
    limit: float,
    direction: Direction,
    voxel_mm: float | None,
    before: Walls,
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    notes = [
        f"{account.thin_area_before_cm2:.3g} cm2 ({account.thin_percent_before:.3g} % of the surface) were thinner "
        f"than {limit:g} mm; now {account.thin_area_after_cm2:.3g} cm2 are. Sharp vertices, and what stands out of a "
        "wall that is thick enough by less than a fifth of the limit, do not count.",
        f"{account.unmoved_share:.1%} of the vertices did not move.",
    ]
    warnings = []
    if direction is not Direction.BOTH and state.equal:
        notes.append(
            f"At {state.equal / state.grown:.0%} of the thin places both sides are equally open, so neither is the "
            "outer one: both were moved there."
        )
    if left:
        thinnest = min(left, key=lambda place: place.thickness_mm)
        x, y, z = thinnest.at_mm
        warnings.append(
            f"{account.left_total} places stay below {limit:g} mm, the thinnest {thinnest.thickness_mm:.2f} mm at "
            f"({x:.1f}, {y:.1f}, {z:.1f}): {thinnest.reason}."
        )
    if state.crossings:
        warnings.append(f"{state.crossings} triangles cross others. Repair the model before printing.")
    if voxel_mm is not None:
        shown = RELIABLE_VOXELS * voxel_mm
        if before.thinnest_mm < shown:
            notes.append(
                f"Walls below {shown:.2g} mm (two voxels) are not measured reliably by the scan: their true thickness "
                "may be less or more than the model's."
            )
        if limit < shown:
            notes.append(f"The limit of {limit:g} mm itself is below two voxels ({shown:.2g} mm).")
    return tuple(notes), tuple(warnings)


def _spread_out(places: list[FloatArray], limit: float) -> FloatArray:
    """One place for each cube of four limits, at most as many as a receipt lists."""
    every = np.concatenate(places) if places else np.empty((0, 3))
    if not len(every):
        return every
    _, first = np.unique(np.floor(every / (4.0 * limit)).astype(np.int64), axis=0, return_index=True)
    return every[np.sort(first)[:200]]
