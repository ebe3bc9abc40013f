"""The step ``stand``: a flat base, a pedestal, a cradle or a mount for the wall, with how firmly the model stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Annotated, Any

import numpy as np

from ...errors import GeometryError, InputError
from ...mesh import Mesh
from ...parameters import Param
from ...profiles.printers import printer as printer_of
from ...progress import Progress, part, silent
from ...receipt import Receipt, Stopwatch, measure_mesh, plain
from ...spatial.change import change_between
from ..cut.assembly import COLORS, LOOSE_COLOR, Assembly, Part, PartKind
from ..strut.keepout import Keepout, protected_of
from ..strut.pieces import closed_model, pieces_of
from ..strut.size import process_for
from .frame import frame_of
from .make import Made, Request, make_base, make_cradle, make_pedestal
from .sizes import HEIGHT_SHARE, LEAST_HEIGHT_MM, SEAT_SHARE, StandKind, sizes_for
from .stability import FLAT_MM, STEADY_DEG, Stability, mass_center, stability_of
from .wall_mount import make_wall_mount

SUPERIOR, POSTERIOR = (0.0, 0.0, 1.0), (0.0, 1.0, 0.0)
TAPER_DEG = 5.0
"""Walls of a cradle lean by this much: enough that a model that is not lifted quite straight does not jam."""
MARGIN_MM = 4.0


def stand(
    mesh: Mesh,
    *,
    kind: Annotated[
        StandKind, Param("base (cut flat), pedestal (post and foot), cradle (to lift out of), or wall-mount.")
    ],
    up: Annotated[
        tuple[float, ...] | None,
        Param("Direction of the model (LPS) that points up. The patient's head, if left out.", length=3),
    ] = None,
    cut_mm: Annotated[
        float | None,
        Param(
            "base, wall-mount: height of the plane above the lowest point; the lowest that makes it steady by default.",
            unit="mm",
            low=0.01,
            high=1000.0,
        ),
    ] = None,
    plinth_mm: Annotated[
        float, Param("base: thickness of a plinth under the cut; 0 for none.", unit="mm", low=0.0, high=200.0)
    ] = 0.0,
    margin_mm: Annotated[
        float, Param("base, wall-mount: how far plinth or plate reach beyond the cut.", unit="mm", low=0.0, high=200.0)
    ] = MARGIN_MM,
    fillet_mm: Annotated[
        float | None,
        Param(
            "base with a plinth, pedestal: radius of the fillet at plinth or foot and of its upper edge.",
            unit="mm",
            low=0.0,
            high=50.0,
        ),
    ] = None,
    post_mm: Annotated[
        float | None, Param("pedestal: diameter of the post; by size and process.", unit="mm", low=1.0, high=200.0)
    ] = None,
    height_mm: Annotated[
        float | None, Param("pedestal: free height below the model.", unit="mm", low=0.0, high=500.0)
    ] = None,
    plate_mm: Annotated[
        float | None, Param("Thickness of the pedestal's foot or the cradle's floor.", unit="mm", low=0.4, high=100.0)
    ] = None,
    gap_mm: Annotated[
        float | None, Param("cradle: gap to the model, everywhere; by process.", unit="mm", low=0.05, high=20.0)
    ] = None,
    taper_deg: Annotated[
        float, Param("cradle: how far its walls lean outward from the lift.", unit="deg", low=0.0, high=60.0)
    ] = TAPER_DEG,
    depth_mm: Annotated[
        float | None,
        Param("cradle: how deep the model sits. 15 % of its height.", unit="mm", low=0.5, high=1000.0),
    ] = None,
    wall_mm: Annotated[
        float | None, Param("cradle, wall-mount: thinnest wall; by process.", unit="mm", low=0.2, high=50.0)
    ] = None,
    joined: Annotated[bool, Param("cradle: one body with the model, in place of a second body with a gap.")] = False,
    lean: Annotated[bool, Param("cradle: ribs with open cells in place of a solid block.")] = False,
    cell_mm: Annotated[
        float | None, Param("cradle, lean: width of a cell. Ten walls.", unit="mm", low=2.0, high=200.0)
    ] = None,
    back: Annotated[
        tuple[float, ...] | None, Param("wall-mount: direction (LPS) to the wall. The patient's back.", length=3)
    ] = None,
    screw_mm: Annotated[float, Param("wall-mount: diameter of the screw.", unit="mm", low=2.0, high=12.0)] = 4.0,
    screws: Annotated[
        int, Param("wall-mount: plain screw holes beside the model, 2 to 4; 0 for a keyhole.", low=0, high=4)
    ] = 0,
    countersunk: Annotated[bool, Param("wall-mount: screw holes with a cone for countersunk heads.")] = False,
    process: Annotated[str | None, Param("Printing process, which decides sizes that are left out.")] = None,
    printer: Annotated[str | None, Param("Printer, in place of the process; its build volume is looked at.")] = None,
    protect_at: Annotated[
        tuple[float, ...] | None, Param("Places that no stand may touch: x,y,z and a radius for each.", unit="mm")
    ] = None,
    protect_box: Annotated[
        tuple[float, ...] | None,
        Param("Boxes that no stand may touch: two opposite corners, six numbers.", unit="mm"),
    ] = None,
    protect: Mesh | None = None,
    protect_mm: Annotated[
        float, Param("Distance that a stand keeps from a protected mesh.", unit="mm", low=0.0, high=500.0)
    ] = 0.5,
    progress: Progress = silent,
) -> tuple[Mesh | Assembly, Receipt]:
    """Give the model something to stand on, and say how firmly it stands: the tilt at which it falls, before and after.

    Parameters
    ----------
    mesh : Mesh
        Closed, outward.
    protect : Mesh, optional
        Surface that no stand may touch, and no base cut away.

    Returns
    -------
    result : Mesh or Assembly
        The model with its stand, in the patient's coordinates. A cradle that is not joined is a part of its own beside
        the model, which is not changed then.
    receipt : Receipt
        ``details["stability"]`` holds center of mass, footprint and tilt before and after; the stand's sizes beside.

    Raises
    ------
    InputError
        A direction without length, unknown process or printer.
    GeometryError
        The model is not closed, there is no room for the stand, or it would not stand.
    """
    watch = Stopwatch()
    asked = {key: value for key, value in locals().items() if key not in ("mesh", "progress", "protect", "watch")}
    if screws == 1:
        raise InputError("One screw does not keep a model from turning: ask for 2, 3 or 4, or for a keyhole (0).")
    chosen = process_for(process, printer)
    closed_model(mesh, "a stand")
    size = sizes_for(chosen, mesh)
    frame = frame_of(up or SUPERIOR)
    heights = mesh.vertices[mesh.used_vertices] @ frame.up
    tall = float(np.ptp(heights))
    request = Request(
        up=up or SUPERIOR,
        back=back or POSTERIOR,
        cut_mm=cut_mm,
        plinth_mm=plinth_mm,
        margin_mm=margin_mm,
        post_mm=size.post if post_mm is None else post_mm,
        height_mm=max(HEIGHT_SHARE * tall, LEAST_HEIGHT_MM) if height_mm is None else height_mm,
        plate_mm=size.plate if plate_mm is None else plate_mm,
        gap_mm=size.gap if gap_mm is None else gap_mm,
        taper_deg=taper_deg,
        depth_mm=SEAT_SHARE * tall if depth_mm is None else depth_mm,
        wall_mm=size.wall if wall_mm is None else wall_mm,
        screw_mm=screw_mm,
        lean=lean,
        cell_mm=cell_mm,
        fillet_mm=fillet_mm,
        screws=screws,
        countersunk=countersunk,
    )
    asked |= asdict(request) | {"process": chosen.name}
    keepout = Keepout(protected_of(protect_at, protect_box, protect, protect_mm))
    loose = len(pieces_of(mesh))
    center = mass_center([mesh])
    before = stability_of(frame, mesh)
    progress(0.1, "Making the stand")
    if kind is StandKind.BASE:
        made = make_base(mesh, request, center, keepout)
    elif kind is StandKind.PEDESTAL:
        made = make_pedestal(mesh, request, center, keepout)
    elif kind is StandKind.CRADLE:
        made = make_cradle(mesh, request, center, keepout, joined, part(progress, 0.1, 0.7))
    else:
        made = make_wall_mount(mesh, request, center, keepout)
    bodies = len(pieces_of(made.mesh))
    if bodies > loose:
        raise GeometryError(
            f"With the stand the model would be {bodies} bodies where it was {loose}: the plane cuts parts "
            "of it loose. Ask for a plinth, for another cut, or for a pedestal."
        )
    after, warnings = _standing(kind, frame, before, made)
    warnings += [*made.warnings, *_more(loose, printer, made)]
    notes = (*made.notes, _words(before, after))
    details: dict[str, Any] = {
        "kind": kind.value,
        **made.details,
        "bodies": bodies,
        "stability": {"before": before.to_dict(), "after": None if after is None else after.to_dict()},
        "request": plain(asdict(request)),
    }
    progress(0.75, "Measuring the change")
    measured = measure_mesh(mesh)
    if made.separate is not None:
        body = Part("model", mesh.with_name("model"), COLORS[0], bodies=loose)
        stand_part = Part("cradle", made.separate, LOOSE_COLOR, PartKind.STAND)
        receipt = Receipt("stand", asked, watch.seconds, measured, measured, None, notes, tuple(warnings), details)
        return Assembly((body, stand_part)), receipt
    change = change_between(mesh, made.mesh, part(progress, 0.75, 1.0))
    return made.mesh, Receipt(
        "stand", asked, watch.seconds, measured, measure_mesh(made.mesh), change, notes, tuple(warnings), details
    )


def in_parts(parameters: Mapping[str, Any]) -> bool:
    """Whether a stand with these parameters is a body of its own."""
    return parameters.get("kind") in (StandKind.CRADLE, StandKind.CRADLE.value) and not parameters.get("joined")


def _standing(kind: StandKind, frame: Any, before: Stability, made: Made) -> tuple[Stability | None, list[str]]:
    """Stability after, with a warning where it is unsteady.

    Raises
    ------
    GeometryError
        It would fall over.
    """
    if kind is StandKind.WALL_MOUNT:
        return None, []
    if made.separate is None:
        after = stability_of(frame, made.mesh, ground_mm=FLAT_MM)
    else:
        after = stability_of(frame, made.separate, made.mesh, ground_mm=FLAT_MM)
    if after.tip_deg <= 0.0:
        raise GeometryError(
            f"The model would fall over: its center of mass is {-after.inside_mm:.1f} mm outside of what it stands on. "
            "Ask for a plinth, a larger cut, a pedestal or a cradle, or another direction up. Nothing was changed."
        )
    if after.tip_deg < STEADY_DEG:
        return after, [
            f"UNSTEADY: it falls when it is tilted by {after.tip_deg:.1f} degrees; {STEADY_DEG:g} are usual. Ask for a "
            "plinth or a wider margin."
        ]
    return after, []


def _more(loose: int, printer: str | None, made: Made) -> list[str]:
    out = []
    if loose > 1:
        out.append(f"The model has {loose} loose parts: a stand holds one of them. Hold them by struts first.")
    if printer is not None:
        machine = printer_of(printer)
        sizes = [made.mesh.size_mm] if made.separate is None else [made.mesh.size_mm, made.separate.size_mm]
        room = sorted(machine.build_volume_mm)
        if any((sorted(size)[k] > room[k]) for size in sizes for k in range(3)):
            out.append(f"With its stand it does not fit into the {machine.title} as a box; orient may find a way.")
    return out


def _words(before: Stability, after: Stability | None) -> str:
    was = (
        "it did not stand by itself" if before.tip_deg <= 0.0 else f"it fell at a tilt of {before.tip_deg:.1f} degrees"
    )
    if after is None:
        return f"Before, {was}."
    return (
        f"It falls at a tilt of {after.tip_deg:.1f} degrees in the worst direction (center of mass "
        f"{after.height_mm:.1f} mm above the ground, {after.inside_mm:.1f} mm inside a footprint of "
        f"{after.footprint_mm2 / 100.0:.1f} cm2); before, {was}."
    )
