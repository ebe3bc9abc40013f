"""Thicken a model only where it is too thin to print."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated

import numpy as np

from ..errors import GeometryError, InputError
from ..mesh import FloatArray, Mesh
from ..parameters import Param
from ..progress import Progress, part, silent
from ..receipt import Receipt, Stopwatch, measure_mesh
from ..spatial import crossings_and_contacts, exact_weld
from ..spatial.change import change_between
from ..topology import edge_counts
from .account import Account, Left, account_of, left_places, thickness_near
from .air import Air, narrow_air
from .growth import Direction, grow
from .patch import crop
from .push import pushed_out
from .reach import within_reach
from .walls import Walls, measure_near, measure_walls
from .ways import LONGEST

__all__ = ["Direction", "thicken"]

MARGINS = (1.04, 1.05, 1.06, 1.08)
"""Walls become thicker than wanted by this in each round: what the chords of curved sides take, and a little more each
time that the measure still finds a thin place."""
KEEP_GAP_MM = 0.3
"""Gap that stays open unless asked for otherwise: narrower ones fuse or cannot be cleaned on most printers."""
WORTH_ANOTHER = 0.85
"""Another round is worth its time where this one left no more than this share of the thin area."""
TRANSITION_SHARE = 0.5
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
    struts: FloatArray | None = None
    held: list[FloatArray] = field(default_factory=list)
    left_out: list[FloatArray] = field(default_factory=list)
    equal: int = 0
    grown: int = 0
    rounds: int = 0
    crossings: int = 0
    contacts: int = 0


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
    state = _State(model, before, before.mesh.vertices[before.thin])
    for number, margin in enumerate(MARGINS):
        share = part(progress, 0.2 + 0.15 * number, 0.35 + 0.15 * number)
        if not _one_round(state, model, limit_mm, margin, direction, transition, keep_gap, share):
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
        "held_back_places": [np.round(place, 3).tolist() for place in _spread_out(state.held, limit_mm)],
        "left_out_places": [np.round(place, 3).tolist() for place in _spread_out(state.left_out, limit_mm)],
        "equally_open_share": state.equal / max(state.grown, 1),
    }
    notes, warnings = _words(account, state, left, limit_mm, direction, voxel_mm, before)
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
    radius = 0.5 * margin * limit
    walls, first = state.walls, state.rounds == 0
    if first:
        state.near = walls.mesh.vertices[walls.thickness_mm < 2.0 * radius]
        most = radius if direction is Direction.BOTH else 2.0 * radius
        piece = original.submesh(crop(original, state.near, 3.0 * most + 2.0 * keep_gap))
        state.air = narrow_air(piece, state.near, most, keep_gap, part(progress, 0.0, 0.2))
    share = part(progress, 0.2, 0.3)
    growth = grow(
        walls,
        state.mesh,
        radius,
        direction,
        transition,
        state.air,
        share,
        keep_openings=first,
        struts_near=state.struts,
    )
    if first:
        state.struts = growth.struts_at
    state.held.append(growth.held_at)
    if not growth.move.any():
        return False
    most = LONGEST * radius * (1.0 if direction is Direction.BOTH else 2.0)
    growth = within_reach(growth, walls.patch, original, most)
    patch, stuck = pushed_out(walls.patch, growth, state.air, limit, part(progress, 0.3, 0.8))
    state.left_out.append(stuck)
    if first:
        state.equal, state.grown = int(np.count_nonzero(growth.equal)), len(growth.equal)
    grown = exact_weld(patch.put_back(state.mesh)).without_unused_vertices()
    counts = edge_counts(grown)
    if counts.open_edges or counts.non_manifold_edges:
        return False  # vertices met in single precision: what was before is sound
    state.rounds += 1
    near = state.near if first else walls.mesh.vertices[walls.thin]
    now = measure_near(grown, limit, near, part(progress, 0.8, 1.0))
    if now.thin_area_mm2 >= walls.thin_area_mm2:
        return first  # what was before is better; where all is edge, the next round may do better
    state.mesh = grown
    state.achieved.append(thickness_near(now, state.near, limit))
    state.walls = now
    return bool(now.thin.any()) and (first or now.thin_area_mm2 < WORTH_ANOTHER * walls.thin_area_mm2)


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
        f"than {limit:g} mm; now {account.thin_area_after_cm2:.3g} cm2 ({account.thin_percent_after:.2g} %) are. Sharp "
        f"edges beside which the wall is thick enough are counted apart: {account.sharp_edges_after_cm2:.3g} cm2.",
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
    elif state.contacts:
        warnings.append(f"{state.contacts} triangles touch others without crossing them: see the command check.")
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
