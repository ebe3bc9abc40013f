"""The step ``split``: a model in parts that fit a printer, pinned, marked, with the order of putting it together."""

from __future__ import annotations

from typing import Annotated, Any

from ...errors import InputError
from ...mesh import Mesh
from ...parameters import Param
from ...profiles.printers import printer as printer_of
from ...progress import Progress, part, silent
from ...receipt import Receipt, Stopwatch
from ..cut.assembly import Assembly, PartKind
from ..cut.made import Made
from ..cut.solid import solid_of
from ..cut.told import receipt_of
from ..marks.sizes import mark_size
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
from .bed import MARGIN_MM
from .loose import loose_words
from .order import assembly_order
from .plan import bodies_words
from .protect import Protect
from .realize import Realized, realized

PLACE_NUMBERS = 4
"""Numbers that give one protected place: its point and its radius."""
SEVERAL_BODIES = "Some parts consist of several separate bodies"
"""Begin of what a cut says of them; a split tells those of the model and those of its cuts apart instead."""


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
    progress = _rising(progress)
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
    found = realized(
        solid, mesh.name, room, margin_mm, keep, kerf_mm, request, mark_size(name) if marks else None,
        part(progress, 0.1, 1.0),
    )  # fmt: skip
    plan, done = found.plan, found.made.assembly
    steps = assembly_order(plan, tuple(piece.manifold for piece in found.pieces.pieces))
    assembly = Assembly(done.parts, done.seams, done.pins, done.proof, tuple(step.words() for step in steps))
    made = Made(assembly, found.made.joints, found.made.marked)
    receipt = receipt_of("split", [mesh], plan.planes, [found.pieces], made, asked, watch)
    receipt = _with_plan(receipt, found, [step.to_dict() for step in steps], keep)
    return assembly, receipt


def _rising(progress: Progress) -> Progress:
    """Hand on progress that never goes back, whatever is begun anew."""
    highest = 0.0

    def report(fraction: float, text: str) -> None:
        nonlocal highest
        highest = max(highest, fraction)
        progress(highest, text)

    return report


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


def _with_plan(receipt: Receipt, found: Realized, steps: list[dict[str, Any]], keep: Protect) -> Receipt:
    plan, bodies_before = found.plan, found.pieces.bodies_before
    volume = " x ".join(f"{side:g}" for side in plan.volume_mm)
    count = sum(1 for item in receipt.details["parts"] if item["kind"] == PartKind.BODY.value)
    notes = [
        f"{_counted(len(plan.cuts), 'cut')}, {_counted(count, 'part')} for {volume} mm with {plan.margin_mm:g} mm of "
        f"margin. {plan.reason}",
        *(cut.words() for cut in plan.cuts),
        *found.notes,
        *(note for note in plan.notes if note != bodies_words(bodies_before)),
        *(note for note in receipt.notes if not note.startswith(SEVERAL_BODIES)),
    ]
    warnings = [text for text in receipt.warnings if not text.startswith(SEVERAL_BODIES)]
    if bodies_before > 1:
        warnings.append(bodies_words(bodies_before))
    if found.loose:
        warnings.append(loose_words(found.loose))
    details = dict(receipt.details) | {
        "plan": plan.to_dict(),
        "fits": [item.to_dict() for item in found.fits],
        "order": steps,
        "protected": list(keep.names),
        "loose": [piece.to_dict() for piece in found.loose],
    }
    return Receipt(
        receipt.operation, receipt.parameters, receipt.seconds, receipt.before, receipt.after, receipt.change,
        tuple(notes), tuple(warnings), details,
    )  # fmt: skip


def _counted(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"
