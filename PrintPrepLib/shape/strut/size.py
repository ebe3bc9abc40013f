"""How thick a strut is made, and how much air stays beside it, by process."""

from __future__ import annotations

from dataclasses import dataclass

from ...errors import InputError
from ...profiles.printers import printer as printer_of
from ...profiles.processes import Process, process_of

DEFAULT_PROCESS = "fdm"
STRUT_SHARE = 1.5
"""A strut is made half as thick again as the thinnest that the process prints free: it is handled, cleaned of supports
and holds weight, which a pin of a test plate does not."""
FILLET_SHARE = 0.5
"""Radius of a foot's fillet in diameters of the strut: the foot is twice as wide as the strut, so that four times the
area holds it."""


@dataclass(frozen=True)
class StrutSize:
    """Sizes in mm. ``thinnest_mm`` is what the process prints free, with who says so; ``asked`` whether by hand."""

    process: str
    diameter_mm: float
    fillet_mm: float
    clearance_mm: float
    thinnest_mm: float
    source: str
    asked: bool


def process_for(process: str | None, printer: str | None) -> Process:
    """The process asked for, else that of the printer, else filament."""
    if process is None and printer is not None:
        return process_of(printer_of(printer).process)
    return process_of(process or DEFAULT_PROCESS)


def thinnest_of(chosen: Process) -> tuple[float, str]:
    """Thinnest free column of a process: the larger of its thinnest pin and its thinnest free wall; and the source."""
    figure = max((chosen.feature, chosen.wall_free), key=lambda one: one.value_mm)
    return figure.value_mm, figure.source


def size_of(
    chosen: Process, diameter_mm: float | None, fillet_mm: float | None, clearance_mm: float | None
) -> StrutSize:
    """Fill in what was left open.

    Raises
    ------
    InputError
        A diameter below what the process prints.
    """
    thinnest, source = thinnest_of(chosen)
    if diameter_mm is not None and diameter_mm < thinnest:
        raise InputError(
            f"A strut of {diameter_mm:g} mm is thinner than {chosen.name} prints free: {thinnest:g} mm ({source}). Ask "
            f"for at least {thinnest:g} mm, or name the process that you print with."
        )
    diameter = STRUT_SHARE * thinnest if diameter_mm is None else float(diameter_mm)
    fillet = FILLET_SHARE * diameter if fillet_mm is None else float(fillet_mm)
    clearance = chosen.gap.value_mm if clearance_mm is None else float(clearance_mm)
    return StrutSize(chosen.name, diameter, fillet, clearance, thinnest, source, diameter_mm is not None)
