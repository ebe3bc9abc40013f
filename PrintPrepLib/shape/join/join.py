"""Pins or magnets between two bodies that are separate already."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ...errors import GeometryError, InputError
from ...mesh import Mesh, concatenate
from ...progress import Progress, part, silent
from ...receipt import Receipt, Stopwatch, measure_mesh
from ...spatial.change import change_between
from ..cut.assembly import COLORS, LOOSE_COLOR, Assembly, Part, PartKind
from ..pins.kinds import PinType
from ..pins.request import PinRequest
from .bodies import as_clean, as_solid, bodies_of
from .bridge import Bridge, blocked_at, build, proof_of
from .facing import MAX_GAP_MM, FacingPlan, facing_places
from .near import LEAST_MM3, in_words, nearest_points, touching

if TYPE_CHECKING:
    import manifold3d

WALL_SLACK_MM = 0.05
"""A measured wall may be thinner than wanted by this before the receipt warns: surfaces were sampled 0.2 mm apart."""


def join(
    first: Mesh,
    second: Mesh,
    asked: PinRequest,
    *,
    max_gap_mm: float = MAX_GAP_MM,
    parameters: dict[str, Any] | None = None,
    progress: Progress = silent,
) -> tuple[Assembly, Receipt]:
    """Join two bodies that are separate by plugs, dowels or magnets where they face each other.

    The bodies stay where they are; nothing but pins and holes is added or taken. All pins stand along one axis, along
    which the second body comes off; that it does is tried in steps. See
    :func:`~PrintPrepLib.shape.join.facing.facing_places` for how places are chosen.

    Parameters
    ----------
    first, second : Mesh
        One closed body each; others go up the repair ladder first, but for its last rung.
    asked : PinRequest
        Kind, number, sizes, play and wall; see :func:`~PrintPrepLib.shape.pins.options.request_of`.
    max_gap_mm : float
        Widest gap that pins bridge.
    parameters : dict, optional
        What the face was asked, for the receipt.
    progress : Progress
        May cancel.

    Returns
    -------
    assembly : Assembly
        Both bodies, then the dowels. ``pins`` tells place, size and measured fit of each, ``proof`` the sums.
    receipt : Receipt
        ``details`` holds the common axis, the facing area, the pins, the proof and what was left out.

    Raises
    ------
    InputError
        Tongues or dovetails were asked for, which need flat cut faces.
    GeometryError
        The bodies overlap, do not face each other, no pin fits (and how near it came), or they cannot be taken apart
        along any of the axes that were tried.
    """
    watch = Stopwatch()
    if asked.kind in {PinType.TONGUE, PinType.DOVETAIL}:
        raise InputError(
            f"A {asked.kind.value} needs a flat cut face. Join separate bodies with plug, dowel or magnet."
        )
    bodies, repairs = _checked(first, second, part(progress, 0.0, 0.2))
    solids = bodies[0].to_manifold(), bodies[1].to_manifold()
    _check_apart(bodies, solids)
    plans = facing_places(*bodies, asked, max_gap_mm=max_gap_mm, progress=part(progress, 0.2, 0.5))
    plan, bridge, passed_over = _first_that_opens(plans, bodies, solids, asked.wall_mm, part(progress, 0.5, 0.9))
    assembly = _assembly(plan, bridge, bodies)
    return assembly, _receipt(
        watch, parameters or {}, bodies, repairs, plan, assembly, passed_over, asked.wall_mm, progress
    )


def _checked(first: Mesh, second: Mesh, progress: Progress) -> tuple[tuple[Mesh, Mesh], list[dict[str, Any] | None]]:
    found, repairs = [], []
    for mesh, word in ((first, "first"), (second, "second")):
        solid, receipt = as_solid(mesh, f"The {word} body ('{mesh.name}')", progress)
        count = len(bodies_of(solid).outer)
        if count > 1:
            raise GeometryError(
                f"The {word} mesh ('{mesh.name}') holds {count} separate bodies. Join two bodies at a time: take the "
                "pieces apart with the command fragments."
            )
        found.append(solid)
        repairs.append(None if receipt is None else receipt.to_dict())
    return (found[0], found[1]), repairs


def _check_apart(bodies: tuple[Mesh, Mesh], solids: tuple[manifold3d.Manifold, manifold3d.Manifold]) -> None:
    overlap = float((solids[0] ^ solids[1]).volume())
    if overlap > LEAST_MM3:
        touch = touching(*bodies)
        at = in_words(touch.deepest_mm or nearest_points(*bodies).on_first)
        raise GeometryError(
            f"'{bodies[0].name}' and '{bodies[1].name}' overlap by {overlap / 1000.0:.3g} ml at {at}, so they cannot "
            "be put together. Move them apart, fit their contact with a gap first, or unite them."
        )


def _first_that_opens(
    plans: list[FacingPlan], bodies: tuple[Mesh, Mesh], solids: tuple[manifold3d.Manifold, manifold3d.Manifold],
    wall_mm: float, progress: Progress,
) -> tuple[FacingPlan, Bridge, list[str]]:  # fmt: skip
    """The first plan with pins along whose axis the second body comes off."""
    told: list[str] = []
    usable = [plan for plan in plans if plan.pins]
    if not usable:
        raise GeometryError(
            f"'{bodies[0].name}' and '{bodies[1].name}' cannot be joined with pins. {' '.join(plans[0].notes)} Thicken "
            "the bodies there, allow a thinner wall or pin, or unite them with a strut."
        )
    for number, plan in enumerate(usable):
        share = part(progress, number / len(usable), (number + 1) / len(usable))
        axis = np.array(plan.plane.normal)
        words = "({:.2f}, {:.2f}, {:.2f})".format(*plan.plane.normal)
        blocked = blocked_at(*solids, axis, part(share, 0.0, 0.3))
        if blocked is None:
            bridge = build(plan, *bodies, solids, wall_mm, part(share, 0.3, 0.7))
            blocked = blocked_at(bridge.first, bridge.second, axis, part(share, 0.7, 1.0))
            if blocked is None:
                return plan, bridge, told
        told.append(
            f"Along {words} the bodies meet after {blocked[0]:g} mm, by {blocked[1]:.2g} mm3: they cannot be put "
            "together that way."
        )
    raise GeometryError(
        f"'{bodies[0].name}' and '{bodies[1].name}' hook into each other. {' '.join(told)} Cut one of them first, or "
        "print them as one."
    )


def _assembly(plan: FacingPlan, bridge: Bridge, bodies: tuple[Mesh, Mesh]) -> Assembly:
    parts = []
    for number, (solid, body) in enumerate(zip((bridge.first, bridge.second), bodies, strict=True)):
        mesh, _ = as_clean(Mesh.from_manifold(solid, body.name))
        count = 0 if mesh is None else len(bodies_of(mesh).outer)
        if mesh is None or count != 1:
            what = "has triangles that cross" if mesh is None else f"came apart into {count} bodies"
            raise GeometryError(f"With its pins or holes '{body.name}' {what}. Ask for fewer or smaller pins.")
        parts.append(Part(body.name, mesh, COLORS[number % len(COLORS)]))
    for number, rod in enumerate(bridge.loose):
        name = f"dowel {number + 1}"
        parts.append(Part(name, Mesh.from_manifold(rod, name), LOOSE_COLOR, PartKind.DOWEL))
    names = (bodies[0].name, bodies[1].name) if plan.foot_first else (bodies[1].name, bodies[0].name)
    told = tuple(
        item.to_dict() | {"foot_in": names[0], "hole_in": names[1]} | fit.to_dict()
        for item, fit in zip(plan.pins, bridge.fits, strict=True)
    )
    return Assembly(tuple(parts), (), told, proof_of(bridge, None))


def _receipt(
    watch: Stopwatch, asked_for: dict[str, Any], bodies: tuple[Mesh, Mesh], repairs: list[dict[str, Any] | None],
    plan: FacingPlan, assembly: Assembly, passed_over: list[str], wall_mm: float, progress: Progress,
) -> Receipt:  # fmt: skip
    proof = assembly.proof
    before, after = concatenate(bodies), concatenate([item.mesh for item in assembly.bodies])
    axis = "({:.2f}, {:.2f}, {:.2f})".format(*plan.plane.normal)
    notes = [
        f"{len(plan.pins)} pins across {plan.area_mm2:.3g} mm2 of facing surface, {plan.gap_min_mm:.2f} mm apart at "
        f"the nearest; '{bodies[1].name}' comes off along {axis}, tried in steps.",
        *plan.notes,
        *passed_over,
    ]
    warnings = [
        f"The {word} body was no closed solid and was repaired first: see details."
        for word, receipt in zip(("first", "second"), repairs, strict=True)
        if receipt is not None
    ]
    if proof["interference_mm3"] > LEAST_MM3:
        warnings.append(f"The parts overlap by {proof['interference_mm3']:.2g} mm3 when put together.")
    if proof["wall_min_mm"] is not None and proof["wall_min_mm"] < wall_mm - WALL_SLACK_MM:
        thin = min(assembly.pins, key=lambda pin: float(pin["wall_mm"]))
        warnings.append(
            f"Only {thin['wall_mm']:.2f} mm of wall remain at {in_words(tuple(thin['wall_at_mm']))}, where "
            f"{wall_mm:g} mm were wanted."
        )
    magnets = [pin for pin in assembly.pins if pin["type"] == PinType.MAGNET.value]
    if magnets:
        apart = max(float(pin["kerf_mm"]) for pin in magnets)
        if apart > 0.0:
            warnings.append(
                f"The magnets stand up to {apart:.2f} mm apart across the gap: they hold less than in contact."
            )
    details = {
        "plan": plan.to_dict(), "pins": list(assembly.pins), "proof": dict(proof), "repairs": repairs,
        "parts": [item.to_dict() for item in assembly.parts],
    }  # fmt: skip
    return Receipt(
        "join", asked_for, watch.seconds, measure_mesh(before), measure_mesh(after),
        change_between(before, after, part(progress, 0.9, 1.0)), tuple(notes), tuple(warnings), details,
    )  # fmt: skip
