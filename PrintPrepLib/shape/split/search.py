"""Split a model to a printer: the fewest flat cuts after which each part fits, at the best places for them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ...errors import GeometryError, InputError
from ...mesh import FloatArray, Mesh
from ...progress import Progress, part, silent
from ...receipt import Stopwatch
from ..cut.bodies import count_bodies
from .bed import MARGIN_MM, ROUNDING_MM, Fit, cannot_fit, fit, hull, in_pose, longest_mm, usable_mm
from .carve import allotted, halves, landmarks_of
from .descent import Branch, Descent, scored
from .ease import eased
from .frames import covering
from .piece import Piece, Setting, pieces_of
from .plan import CutNode, Node, PartNode, PlannedCut, PlannedPart, SplitPlan, bodies_words, parts_of
from .protect import NOTHING, Protect, Zone, zone_of
from .refusal import cannot_protect, no_plan, too_many
from .score import PIN_ROOM_MM
from .section import simpler

if TYPE_CHECKING:
    import manifold3d

MOST_CUTS = 11
"""Twelve parts: more are a model for a larger printer, and the search grows with each."""
ROUNDS = 3
"""Times that the search is repeated with more to spare, where the full model sticks out farther than its copy."""
SLACK_MM = 1.0
"""Wanted free beside each part where the caller does not say: so that none fits only just."""
SPARE_MM = 0.02
"""Added to what the full model stuck out."""


def plan_split(
    mesh: Mesh,
    volume_mm: Sequence[float],
    *,
    margin_mm: float = MARGIN_MM,
    protect: Protect | None = None,
    pin_room_mm: float = PIN_ROOM_MM,
    kerf_mm: float = 0.0,
    spare_mm: float = SLACK_MM,
    most_cuts: int = MOST_CUTS,
    solid: manifold3d.Manifold | None = None,
    progress: Progress = silent,
) -> SplitPlan:
    """Find the fewest planar cuts such that each part fits a build volume in some orientation.

    The search runs on a simplified copy; what is handed back (parts, fits, sections, distances to protected places) is
    measured on the full model, cut as planned.

    Parameters
    ----------
    mesh : Mesh
        Closed and outward, LPS mm.
    volume_mm : three floats
        Width, depth and height of the build volume.
    margin_mm : float
        Kept free on each side of it.
    protect : Protect or None
        Places that no cut may come near.
    pin_room_mm : float
        Radius that a pin with its hole and wall takes in a section; cuts that have it are preferred.
    kerf_mm : float
        Width that each cut will take away; protected places keep half of it in addition.
    spare_mm : float
        What each part should leave free in the build volume where that costs no more cuts: for plugs that stick out.
    most_cuts : int
        More than these are refused.
    solid : Manifold or None
        The same mesh as a Manifold, where the caller has it.

    Raises
    ------
    InputError
        The build volume, the margin or a protected place is not usable.
    GeometryError
        The mesh is not closed, or there is no plan; the message says why and what to do.
    """
    watch = Stopwatch()
    usable = usable_mm(volume_mm, margin_mm)
    if not (0.0 < pin_room_mm < np.inf and 0.0 <= kerf_mm < np.inf and most_cuts >= 0):
        raise InputError("The room for pins must be above zero, and kerf and number of cuts not below it.")
    if mesh.is_empty:
        raise GeometryError(f"The model '{mesh.name}' is empty: there is nothing to split.")
    progress(0.0, "Preparing the model")
    if protect is not None and not protect.names:
        protect = None
    whole = mesh.to_manifold() if solid is None else solid
    copy = simpler(mesh, whole)
    corners, _ = hull(mesh.vertices[mesh.used_vertices])
    spare = _lost_by_copy(corners, copy)
    zone = NOTHING if protect is None else zone_of(protect, mesh)
    if protect is not None:
        cannot_protect(protect, zone, volume_mm, margin_mm)
    keep = 0.5 * kerf_mm
    for attempt in range(ROUNDS):
        progress(0.1 if attempt == 0 else 0.85, "Looking for the best cuts")
        setting = Setting(
            np.maximum(usable - spare, 0.01 * usable), float(whole.volume()), pin_room_mm, protect, keep, spare_mm
        )
        start, stop = (0.1, 0.8) if attempt == 0 else (0.85, 0.9)
        search = Descent(part(progress, start, stop))
        branches, reason, least = _deepen(search, copy, zone, setting, most_cuts, corners, volume_mm, margin_mm)
        progress(0.8 if attempt == 0 else 0.9, "Measuring the parts")
        plan, too_long, too_near = _measured(whole, branches, setting, volume_mm, margin_mm)
        if too_long <= ROUNDING_MM and too_near <= 0.0:
            count = len(plan.cuts)
            return SplitPlan(
                plan.volume_mm, margin_mm, plan.cuts, plan.parts, plan.roots, least, least == count, reason,
                tuple(search.account.rejected), (search.planes_seen, search.account.carried_out), plan.notes,
                watch.seconds,
            )  # fmt: skip
        spare += max(0.0, too_long) + (SPARE_MM if too_long > 0.0 else 0.0)
        keep += max(0.0, too_near) + (SPARE_MM if too_near > 0.0 else 0.0)
    raise GeometryError(
        f"No split of '{mesh.name}' was found that holds on the full model: a part would be {too_long:.2f} mm "
        "too long. Allow a smaller margin, or take a larger printer."
    )


def _deepen(
    search: Descent,
    copy: manifold3d.Manifold,
    zone: Zone,
    setting: Setting,
    most_cuts: int,
    corners: FloatArray,
    volume_mm: Sequence[float],
    margin_mm: float,
) -> tuple[tuple[Branch, ...], str, int]:
    """Branches of the fewest cuts found, why not fewer, and the proven least number."""
    roots = pieces_of(copy, zone, setting)
    least, why = _least(roots, setting, corners)
    if least > most_cuts:
        raise too_many(least, most_cuts, why, corners, volume_mm, margin_mm)
    start = max(least, sum(root.least_cuts for root in roots))
    for cuts in range(start, most_cuts + 1):
        search.more(cuts)
        found = search.fewest(roots, cuts, 0)
        if found is None:
            continue
        polished = tuple(search.polish(eased(search, branch)) for branch in found)
        count = sum(branch.cuts for branch in polished)
        if count > max(least, 1):
            why += (
                f" With {count - 1} cut{'' if count == 2 else 's'} no way was found: {search.planes_seen} planes were "
                f"looked at and {search.account.carried_out} carried out. This is a search, not a proof."
                f"{search.account.limit_words()}"
            )
        return polished, why, least
    raise no_plan(search.account, roots, setting, most_cuts, corners, volume_mm, margin_mm)


def _least(roots: tuple[Piece, ...], setting: Setting, corners: FloatArray) -> tuple[int, str]:
    """Cuts that no plan can do without, as far as that is certain, and why."""
    misfits = [root for root in roots if not root.fits]
    if not misfits:
        return 0, "The model fits as it is." if len(roots) == 1 else "Its bodies fit one by one."
    least, why = 0, "The model fits in none of the orientations that were tried. That is a search, not a proof."
    for root in misfits:
        certain = cannot_fit(root.hull[0], float(root.solid.hull().volume()), setting.usable_mm)
        if certain is not None:
            least += 1
            why = f"The model cannot fit as it is: {certain}."
    diagonal, room = float(np.linalg.norm(setting.usable_mm)), float(np.prod(setting.usable_mm))
    by_volume = int(np.ceil(setting.model_mm3 / room - 1e-9)) - 1
    if by_volume > least:
        least = by_volume
        why = (
            f"The model holds {setting.model_mm3 / 1000.0:.0f} ml, and no part can hold more than the volume, "
            f"{room / 1000.0:.0f} ml."
        )
    longest = longest_mm(corners)
    by_length = int(np.ceil(longest / diagonal - 1e-9)) - 1
    if by_length > least and len(roots) == 1 and roots[0].bodies == 1:
        least = by_length
        why = (
            f"The model is {longest:.0f} mm long, and no part can be longer than the diagonal of the volume, "
            f"{diagonal:.0f} mm."
        )
    return least, why


def _measured(
    whole: manifold3d.Manifold,
    branches: tuple[Branch, ...],
    setting: Setting,
    volume_mm: Sequence[float],
    margin_mm: float,
) -> tuple[SplitPlan, float, float]:
    """Carry the plan out on the full model; also by how much a part is too long, and a section too near."""
    volumes: list[float] = []
    solids: list[manifold3d.Manifold] = []
    cuts: list[PlannedCut] = []
    nodes = tuple(_skeleton(branch) for branch in branches)
    flat: list[tuple[CutNode, manifold3d.Manifold, tuple[manifold3d.Manifold, manifold3d.Manifold]]] = []
    counted: dict[int, tuple[manifold3d.Manifold, int, float]] = {}  # the solid is held, so that its id stays its own

    def count(solid: manifold3d.Manifold) -> tuple[int, float]:
        if id(solid) not in counted:
            counted[id(solid)] = (solid, count_bodies(Mesh.from_manifold(solid)), float(solid.volume()))
        return counted[id(solid)][1:]

    def walk(solid: manifold3d.Manifold, children: tuple[Node, ...]) -> tuple[Node, ...]:
        out: list[Node] = []
        for node, piece in allotted(solid, children):
            if isinstance(node, PartNode):
                solids.append(piece)
                volumes.append(count(piece)[1])
                out.append(PartNode(len(solids) - 1, node.landmarks_mm))
                continue
            number = len(flat)
            below, above = halves(piece, node)
            flat.append((node, piece, (below, above)))
            made = CutNode(number + 1, node.plane, walk(below, node.below), walk(above, node.above), node.landmarks_mm)
            flat[number] = (made, piece, (below, above))
            out.append(made)
        return tuple(out)

    roots = walk(whole, nodes)
    order = np.argsort(-np.array(volumes), kind="stable")
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order)) + 1
    roots = tuple(_renumbered(root, rank) for root in roots)
    fits = [_fit(solids[row], volume_mm, margin_mm) for row in order]
    parts = tuple(
        PlannedPart(number, count(solids[row])[0], volumes[row], fits[number - 1])
        for number, row in enumerate(order.tolist(), 1)
    )
    notes, too_near = [], 0.0
    apart = count(whole)[0]
    if apart > 1:
        notes.append(bodies_words(apart))
    for node, piece, sides in flat:
        made = _renumbered(node, rank)
        assert isinstance(made, CutNode)
        score = scored(
            Piece(piece, count(piece)[0], NOTHING, setting),
            node.plane,
            [count(side)[1] for side in sides],
            sum(count(side)[0] for side in sides),
        )
        if score.protected_mm is not None:
            too_near = max(too_near, setting.keep_mm - score.protected_mm)
        cuts.append(PlannedCut(made.cut, made.plane, _numbers(made.below), _numbers(made.above), score))
        if score.inscribed_radius_mm < score.pin_room_mm:
            notes.append(f"Cut {made.cut} has no room for a pin with its wall; the largest circle in its section has a "
                         f"radius of {score.inscribed_radius_mm:.1f} mm.")  # fmt: skip
    too_long = max(found.excess_mm for found in fits)
    width, depth, height = (float(side) for side in volume_mm)
    plan = SplitPlan((width, depth, height), margin_mm, tuple(cuts), parts, roots, 0, False, "", notes=tuple(notes))
    return plan, too_long, too_near


def _skeleton(branch: Branch) -> Node:
    landmarks = landmarks_of(branch.piece.solid)
    if branch.plane is None:
        return PartNode(0, landmarks)
    below, above = (tuple(_skeleton(child) for child in side) for side in (branch.below, branch.above))
    return CutNode(0, branch.plane, below, above, landmarks)


def _renumbered(node: Node, rank: np.ndarray) -> Node:
    if isinstance(node, PartNode):
        return PartNode(int(rank[node.part]), node.landmarks_mm)
    below, above = (tuple(_renumbered(child, rank) for child in side) for side in (node.below, node.above))
    return CutNode(node.cut, node.plane, below, above, node.landmarks_mm)


def _numbers(nodes: tuple[Node, ...]) -> tuple[int, ...]:
    return tuple(sorted(number for node in nodes for number in parts_of(node)))


def _fit(solid: manifold3d.Manifold, volume_mm: Sequence[float], margin_mm: float) -> Fit:
    points = Mesh.from_manifold(solid).vertices
    as_it_lies = in_pose(points, np.eye(3), volume_mm, margin_mm)
    return as_it_lies if as_it_lies.fits else fit(points, volume_mm, margin_mm)


def _lost_by_copy(corners: FloatArray, copy: manifold3d.Manifold) -> float:
    """By how much the copy's hull is narrower than the model's, at most, mm."""
    directions = covering(100).reshape(-1, 3).T
    full, less = corners @ directions, Mesh.from_manifold(copy).vertices @ directions
    lost = (full.max(axis=0) - full.min(axis=0)) - (less.max(axis=0) - less.min(axis=0))
    return float(max(0.0, lost.max()))
