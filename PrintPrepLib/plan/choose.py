"""Process, printer and material for a use, with what was passed over and why."""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import InputError
from ..profiles.materials import Material, material_names, material_of
from ..profiles.printers import Printer, printer, printers
from ..profiles.processes import Process, process_of
from ..profiles.uses import Use
from ..shape.split.bed import MARGIN_MM, fit
from .facts import ModelFacts


@dataclass(frozen=True)
class Choice:
    """What is printed with what.

    Attributes
    ----------
    machine : Printer or None
        None where no printer of the process is known.
    fits : bool or None
        In some orientation, with the margin; None without a printer.
    why, passed_over : tuple of str
        Reasons, and what else was looked at.
    named : bool
        The printer or the process was asked for, not chosen here.
    """

    process: Process
    machine: Printer | None
    material: Material
    fits: bool | None
    why: tuple[str, ...]
    passed_over: tuple[str, ...]
    named: bool


def choose(
    facts: ModelFacts, use: Use, *, printer_name: str | None, process_name: str | None, material_name: str | None
) -> Choice:
    """Choose process, printer and material.

    A printer or process that is named stays. Otherwise the processes of the use are gone through in their order; the
    first in whose known printers the model fits whole, and whose least wall the model keeps, is taken.

    Raises
    ------
    InputError
        A name is not known, or printer, process and material do not go together.
    """
    if printer_name is not None:
        machine = printer(printer_name)
        if process_name is not None and process_name != machine.process:
            raise InputError(
                f"The {machine.title} prints with {machine.process}, not with {process_name}. Name one of them."
            )
        process = process_of(machine.process)
        why = [f"The printer was named; it prints with {process.title}."]
        if process.name not in use.processes:
            better = ", ".join(process_of(name).title for name in use.processes)
            why.append(f"For this use other processes are preferred: {better}.")
        elif process.name != use.processes[0]:
            why.append(f"For this use {process_of(use.processes[0]).title} comes first.")
        fits: bool | None = _fits(facts, machine)
        return _with_material(facts, use, process, machine, material_name, fits, why, [], True)
    if process_name is not None:
        process = process_of(process_name)
        found, room = _printer_for(facts, process)
        why = [f"The process was named: {process.title}."]
        return _with_material(facts, use, process, found, material_name, room, why, [], True)
    names = use.processes
    if material_name is not None:
        names = (
            tuple(name for name in names if name in material_of(material_name).processes)
            or material_of(material_name).processes
        )
    return _first_that_does(facts, use, names, material_name)


def _first_that_does(facts: ModelFacts, use: Use, names: tuple[str, ...], material_name: str | None) -> Choice:
    passed: list[str] = []
    for name in names:
        process = process_of(name)
        machine, fits = _printer_for(facts, process)
        thin = facts.below_percent(process.wall.value_mm)
        if machine is not None and not fits:
            passed.append(f"{process.title}: it fits none of the printers that are known for it.")
        elif thin is not None and thin > MOST_THIN_PERCENT:
            passed.append(
                f"{process.title}: {thin:.0f} % of the surface has walls below its least of {process.wall.value:g} mm."
            )
        else:
            place = "first" if not passed else "next"
            why = [f"The {place} of the processes for this use that does: {_note(process)}"]
            return _with_material(facts, use, process, machine, material_name, fits, why, passed, False)
    process = process_of(names[0])
    machine, fits = _printer_for(facts, process)
    why = ["None of the processes for this use takes the model as it is; the first of them, with what must be done."]
    return _with_material(facts, use, process, machine, material_name, fits, why, passed, False)


MOST_THIN_PERCENT = 15.0
"""From this share of the surface with walls below the least of a process on, another is sought; less is thickened."""


def _note(process: Process) -> str:
    return process.strengths.text if process.strengths is not None else process.title + "."


def _printer_for(facts: ModelFacts, process: Process) -> tuple[Printer | None, bool | None]:
    """Smallest known printer of a process that takes the model whole, else the largest.

    Printers whose build volume nobody has read in a document come after those of which it was.
    """
    known = sorted((one for one in printers() if one.process == process.name), key=_room)
    known.sort(key=lambda one: one.unverified)
    for machine in known:
        if _fits(facts, machine):
            return machine, True
    return (max(known, key=_room), False) if known else (None, None)


def _fits(facts: ModelFacts, machine: Printer) -> bool:
    if min(machine.build_volume_mm) <= 2.0 * MARGIN_MM:
        return False
    return fit(facts.mesh, machine.build_volume_mm).fits


def _room(machine: Printer) -> tuple[float, str]:
    width, depth, height = machine.build_volume_mm
    return width * depth * height, machine.name


def _with_material(
    facts: ModelFacts,
    use: Use,
    process: Process,
    machine: Printer | None,
    material_name: str | None,
    fits: bool | None,
    why: list[str],
    passed: list[str],
    named: bool,
) -> Choice:
    if material_name is not None:
        material = material_of(material_name, process.name)
    else:
        known = material_names(process.name)
        if not known:
            raise InputError(
                f"No material is known for {process.title}. Add one to the lab's own profiles, or name another process."
            )
        wanted = [name for name in use.materials.get(process.name, ()) if name in known] or list(known)
        if machine is not None and machine.materials:
            wanted = [name for name in wanted if name in machine.materials] or list(machine.materials)
        material = material_of(wanted[0], process.name)
    return Choice(process, machine, material, fits, tuple(why), tuple(passed), named)
