"""The step ``split``: a model in parts that fit a printer, pinned, marked, with the order of putting it together."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np

from ...errors import GeometryError, InputError
from ...mesh import Mesh
from ...parameters import Param
from ...profiles.printers import printer as printer_of
from ...progress import Progress, part, silent
from ...receipt import Receipt, Stopwatch
from ..cut.assembly import Assembly, PartKind
from ..cut.cut import assembled
from ..cut.made import Made
from ..cut.pieces import Pieces
from ..cut.solid import Solid, solid_of
from ..cut.told import receipt_of
from ..marks.sizes import MarkSize, mark_size
from ..pins.kinds import PinType
from ..pins.options import (
    AUTO,
    DEFAULT_PROCESS,
    KindOfPin,
    Material,
    PinDiameter,
    PinLength,
    Pins,
    PinTaper,
    PinWall,
    PlayAcross,
    PlayAlong,
    Process,
    ShapeOfPin,
    request_of,
)
from ..pins.request import PinRequest
from .bed import MARGIN_MM, Fit, fit
from .order import assembly_order
from .pieces import pieces_of
from .plan import SplitPlan
from .protect import Protect
from .score import PIN_ROOM_MM
from .search import plan_split

PLACE_NUMBERS = 4
"""Numbers that give one protected place: its point and its radius."""
ATTEMPTS = 4
"""Pins that stand out make a part longer than planned: so often it is planned anew for a smaller build volume."""
SPARE_MM = 0.1
"""Added to what was missing when it is planned anew."""


def split(
    mesh: Mesh,
    *,
    printer: Annotated[str | None, Param("Printer that every part must fit into.")] = None,
    volume_mm: Annotated[
        tuple[float, ...] | None,
        Param("Build volume instead of a printer: width, depth, height.", unit="mm", low=1.0, length=3),
    ] = None,
    margin_mm: Annotated[
        float, Param("Kept free on each side of the build volume.", unit="mm", low=0.0, high=100.0)
    ] = MARGIN_MM,
    protect_at: Annotated[
        tuple[float, ...] | None,
        Param("Places that no cut may come near: x,y,z and a radius for each.", unit="mm"),
    ] = None,
    protect: Mesh | None = None,
    protect_mm: Annotated[
        float, Param("Distance that cuts keep from a protected mesh.", unit="mm", low=0.0, high=500.0)
    ] = 0.0,
    kerf_mm: Annotated[float, Param("Width that each cut takes away.", unit="mm", low=0.0, high=50.0)] = 0.0,
    pins: Pins = AUTO,
    pin_type: KindOfPin = PinType.PLUG,
    pin_shape: ShapeOfPin = None,
    pin_diameter_mm: PinDiameter = None,
    pin_length_mm: PinLength = None,
    pin_taper_deg: PinTaper = 0.0,
    clearance_mm: PlayAcross = None,
    clearance_along_mm: PlayAlong = None,
    wall_mm: PinWall = None,
    process: Process = None,
    material: Material = None,
    marks: Annotated[
        bool, Param("Engrave part numbers and seam letters into the cut faces, where there is room.")
    ] = True,
    progress: Progress = silent,
) -> tuple[Assembly, Receipt]:
    """Split the model by the fewest flat cuts into parts that each fit the build volume in some orientation.

    Cuts prefer small sections with room for pins, and stay away from thin walls, slivers and protected places. Every
    part is tried again with its pins on. Parts and seams are marked on faces that are hidden once it is together.

    Parameters
    ----------
    mesh : Mesh
        Closed; one that is not is repaired first, short of building it anew.
    protect : Mesh, optional
        Anatomy that must not be cut.

    Returns
    -------
    assembly : Assembly
        The largest part first; ``order`` says how to put it together.
    receipt : Receipt
        ``details["plan"]`` holds the cuts with their scores, ``details["fits"]`` the pose in which each part fits.

    Raises
    ------
    InputError
        Neither or both of printer and volume, or protected places that are not four numbers each.
    GeometryError
        There is no plan; the message says why and what would help.
    """
    watch = Stopwatch()
    asked = {key: value for key, value in locals().items() if key not in ("mesh", "progress", "watch", "protect")}
    room, name = _volume(printer, volume_mm, process)
    asked["process"] = name
    request = request_of(
        pins=pins,
        pin_type=pin_type,
        pin_shape=pin_shape,
        pin_diameter_mm=pin_diameter_mm,
        pin_length_mm=pin_length_mm,
        pin_taper_deg=pin_taper_deg,
        pin_at_mm=None,
        clearance_mm=clearance_mm,
        clearance_along_mm=clearance_along_mm,
        wall_mm=wall_mm,
        process=name,
        material=material,
    )
    keep = Protect(_places(protect_at), protect, protect_mm)
    solid = solid_of(mesh, part(progress, 0.0, 0.1))
    plan, pieces, made, fits = _planned(
        solid, mesh.name, room, margin_mm, keep, kerf_mm, request, mark_size(name) if marks else None,
        part(progress, 0.1, 1.0),
    )  # fmt: skip
    solids = tuple(piece.manifold for piece in pieces.pieces)
    steps = assembly_order(plan, solids)
    done = made.assembly
    assembly = Assembly(done.parts, done.seams, done.pins, done.proof, tuple(step.words() for step in steps))
    made = Made(assembly, made.joints, made.marked)
    receipt = receipt_of("split", [mesh], plan.planes, [pieces], made, asked, watch)
    receipt = _with_plan(receipt, plan, fits, [step.to_dict() for step in steps], keep)
    return assembly, receipt


def _volume(
    name: str | None, volume_mm: tuple[float, ...] | None, process: str | None
) -> tuple[tuple[float, float, float], str]:
    """Build volume and process."""
    if (name is None) == (volume_mm is None):
        raise InputError("Say what the parts must fit into: either a printer or a build volume.")
    if name is not None:
        chosen = printer_of(name)
        return chosen.build_volume_mm, process or chosen.process
    assert volume_mm is not None
    width, depth, height = volume_mm
    return (width, depth, height), process or DEFAULT_PROCESS


def _places(values: tuple[float, ...] | None) -> tuple[tuple[tuple[float, float, float], float], ...]:
    if not values:
        return ()
    if len(values) % PLACE_NUMBERS:
        raise InputError(f"protect_at must hold four numbers for each place (x, y, z, radius), got {len(values)}.")
    rows = [values[k : k + PLACE_NUMBERS] for k in range(0, len(values), PLACE_NUMBERS)]
    return tuple(((x, y, z), radius) for x, y, z, radius in rows)


def _planned(
    solid: Solid,
    name: str,
    volume_mm: tuple[float, float, float],
    margin_mm: float,
    keep: Protect,
    kerf_mm: float,
    pins: PinRequest | None,
    marks: MarkSize | None,
    progress: Progress,
) -> tuple[SplitPlan, Pieces, Made, list[Fit]]:
    """Plan, cut, pin and try every finished part in the build volume; plan anew where pins made one too long."""
    less = np.zeros(3)
    for attempt in range(ATTEMPTS):
        share = part(progress, attempt / ATTEMPTS, (attempt + 1) / ATTEMPTS)
        smaller = tuple((np.array(volume_mm) - less).tolist())
        plan = plan_split(
            solid.mesh, smaller, margin_mm=margin_mm, protect=keep, pin_room_mm=_pin_room(pins), kerf_mm=kerf_mm,
            solid=solid.manifold, progress=part(share, 0.0, 0.6),
        )  # fmt: skip
        pieces = pieces_of(solid, plan, kerf_mm, name)
        made = assembled([pieces], plan.planes, kerf_mm, pins, marks, part(share, 0.6, 1.0))
        fits = [fit(item.mesh, volume_mm, margin_mm) for item in made.assembly.parts]
        missing = max(0.0 if item.fits else item.excess_mm for item in fits)
        if missing <= 0.0:
            progress(1.0, "Split")
            return plan, pieces, made, fits
        less += missing + SPARE_MM
    raise GeometryError(
        f"With its pins one part of '{name}' stays {missing:.1f} mm too long for the build volume. Ask for shorter "
        "pins, for dowels, which stick out of no part, or for no pins."
    )


def _pin_room(pins: PinRequest | None) -> float:
    if pins is None:
        return PIN_ROOM_MM
    return 0.5 * max(pins.least_mm, pins.diameter_mm or 0.0) + pins.clearance.across_mm + pins.wall_mm


def _with_plan(
    receipt: Receipt, plan: SplitPlan, fits: list[Fit], steps: list[dict[str, Any]], keep: Protect
) -> Receipt:
    volume = " x ".join(f"{side:g}" for side in plan.volume_mm)
    count = sum(1 for item in receipt.details["parts"] if item["kind"] == PartKind.BODY.value)
    notes = [
        f"{len(plan.cuts)} cuts, {count} parts for {volume} mm with {plan.margin_mm:g} mm of margin. {plan.reason}",
        *(cut.words() for cut in plan.cuts),
        *plan.notes,
        *receipt.notes,
    ]
    details = dict(receipt.details) | {
        "plan": plan.to_dict(),
        "fits": [item.to_dict() for item in fits],
        "order": steps,
        "protected": list(keep.names),
    }
    return Receipt(
        receipt.operation, receipt.parameters, receipt.seconds, receipt.before, receipt.after, receipt.change,
        tuple(notes), receipt.warnings, details,
    )  # fmt: skip
