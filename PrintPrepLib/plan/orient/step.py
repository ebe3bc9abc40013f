"""The step ``orient``: lays a model for printing and keeps the way back to the patient as a matrix."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np

from ...errors import InputError
from ...mesh import FloatArray, Mesh
from ...parameters import Param
from ...profiles.printers import printer as printer_of
from ...profiles.processes import Process, process_of
from ...progress import Progress, part, silent
from ...receipt import Receipt, Stopwatch, measure_mesh
from ...shape.split.bed import usable_mm
from .directions import EVEN, Direction
from .find import Candidate, Orientations, find_orientations, laid, overhang_deg
from .measure import measure
from .score import PROTECTED_GRACE, score
from .surface import protected_of

SHOWN = 12
"""Candidates in the receipt, the best first."""
DEFAULT_PROCESS = "fdm"


def orient(
    mesh: Mesh,
    *,
    printer: Annotated[str | None, Param("Printer that it must fit and whose process decides.")] = None,
    process: Annotated[str | None, Param("Printing process, where no printer is named.")] = None,
    up: Annotated[
        tuple[float, ...] | None,
        Param("Direction of the model (LPS) that is to point up, in place of a search.", length=3),
    ] = None,
    protect_at: Annotated[
        tuple[float, ...] | None,
        Param("Places that must stay free of supports: x,y,z and a radius for each.", unit="mm"),
    ] = None,
    protect_box: Annotated[
        tuple[float, ...] | None,
        Param("Boxes that must stay free of supports: two opposite corners, six numbers each.", unit="mm"),
    ] = None,
    protect: Mesh | None = None,
    protect_mm: Annotated[
        float, Param("Surface this near to a protected mesh is protected.", unit="mm", low=0.0, high=500.0)
    ] = 0.5,
    directions: Annotated[int, Param("Evenly spread directions to try.", low=0, high=2000)] = EVEN,
    progress: Progress = silent,
) -> tuple[Mesh, Receipt]:
    """Lay the model for printing: little support, none on protected surfaces, low, firm, within the printer.

    The shape is not changed; it is turned and put on the bed. The coordinates are then the printer's and no longer the
    patient's: the receipt holds the matrix from one to the other, and where the patient's axes point.

    Parameters
    ----------
    mesh : Mesh
        LPS mm.
    protect : Mesh, optional
        Surface that must stay free of supports.

    Returns
    -------
    mesh : Mesh
        Width, depth and height of the printer; lowest point at 0.
    receipt : Receipt
        ``details["matrix"]`` (4, 4), ``details["patient_axes"]``, ``details["orientations"]`` with the best candidates.

    Raises
    ------
    InputError
        Unknown printer or process, protected places without model in them, or a direction of no length.
    GeometryError
        The model is empty.
    """
    done = lay(
        mesh, printer=printer, process=process, up=up, protect_at=protect_at, protect_box=protect_box, protect=protect,
        protect_mm=protect_mm, directions=directions, progress=progress,
    )  # fmt: skip
    return done.mesh, done.receipt


@dataclass(frozen=True, eq=False)
class Laid:
    """A model as it lies on the printer, its receipt, the search, and the candidate that was taken."""

    mesh: Mesh
    receipt: Receipt
    found: Orientations
    taken: Candidate


def lay(
    mesh: Mesh,
    *,
    printer: str | None = None,
    process: str | None = None,
    up: tuple[float, ...] | None = None,
    protect_at: tuple[float, ...] | None = None,
    protect_box: tuple[float, ...] | None = None,
    protect: Mesh | None = None,
    protect_mm: float = 0.5,
    directions: int = EVEN,
    progress: Progress = silent,
) -> Laid:
    """Do what :func:`orient` does, and keep the search for tables and pictures."""
    watch = Stopwatch()
    asked: dict[str, Any] = {
        "printer": printer, "process": process, "up": up, "protect_at": protect_at, "protect_box": protect_box,
        "protect_mm": protect_mm, "directions": directions,
    }  # fmt: skip
    machine = None if printer is None else printer_of(printer)
    chosen = process_of(process or (machine.process if machine else DEFAULT_PROCESS))
    asked["process"] = chosen.name
    keep = protected_of(protect_at, protect_box, protect, protect_mm)
    room = None if machine is None else machine.build_volume_mm
    found = find_orientations(
        mesh, chosen, build_volume_mm=room, protected=keep, even=directions, progress=part(progress, 0.0, 0.9)
    )
    notes, warnings, taken = found.words, found.warnings, found.chosen
    if up is not None:
        taken = _given(found, up, chosen, None if room is None else usable_mm(room))
        notes = (f"Laid as asked for. The search would choose: {found.chosen.direction.origin}.",)
        warnings = _of_given(taken)
    result, matrix = laid(mesh, taken.measures.rotation)
    progress(1.0, "Laid")
    place = "The file is in the coordinates of the printer, not of the patient. " + axes_words(taken.measures.rotation)
    receipt = Receipt(
        operation="orient",
        parameters=asked,
        seconds=watch.seconds,
        before=measure_mesh(mesh),
        after=measure_mesh(result),
        notes=(*notes, place),
        warnings=warnings,
        details={
            "matrix": matrix,
            "matrix_back": np.linalg.inv(matrix),
            "matrix_words": "from the model's coordinates (LPS mm) to the printer's (width, depth, height, mm); rigid",
            "patient_axes": patient_axes(taken.measures.rotation),
            "chosen": taken.to_dict(),
            "orientations": found.to_dict(SHOWN),
        },
    )
    return Laid(result, receipt, found, taken)


def patient_axes(rotation: FloatArray) -> dict[str, list[float]]:
    """Where left, posterior and superior of the patient point on the printer, unit vectors."""
    return {
        word: [round(float(value), 6) for value in rotation[:, axis]]
        for axis, word in enumerate(("left", "posterior", "superior"))
    }


def axes_words(rotation: FloatArray) -> str:
    """Say which side of the patient points up on the printer."""
    names = (("left", "right"), ("back (posterior)", "front (anterior)"), ("head (superior)", "feet (inferior)"))
    up = rotation[2]
    axis = int(np.abs(up).argmax())
    angle = float(np.degrees(np.arccos(min(abs(float(up[axis])), 1.0))))
    near = "" if angle < 1.0 else f", within {angle:.0f} degrees"
    return f"Up on the printer is the patient's {names[axis][0 if up[axis] > 0 else 1]}{near}."


def _of_given(best: Candidate) -> tuple[str, ...]:
    out = []
    if not best.free:
        out.append(f"{best.measures.protected_mm2 / 100.0:.2f} cm2 of protected surface are touched.")
    if best.measures.fits is False:
        out.append(f"So laid it does not fit: {best.measures.excess_mm:.1f} mm too long.")
    return tuple(out)


def _given(found: Orientations, up: tuple[float, ...], process: Process, room: FloatArray | None) -> Candidate:
    vector = np.asarray(up, np.float64)
    length = float(np.linalg.norm(vector))
    if not length > 0.0:
        raise InputError("The direction that is to point up has no length.")
    measured = measure(found.surface, vector / length, overhang_deg(process), None if room is None else room.tolist())
    free = measured.protected_mm2 <= PROTECTED_GRACE * found.surface.share_mm2
    return Candidate(
        0, Direction(vector / length, "as asked for"), measured, score(found.surface, measured, process), free
    )
