"""The lines of a plan of several parts that are about all of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..shape.cut.assembly import Assembly, PartKind
from .advice import Advice
from .lines import MARKED, mark_lines
from .lines_print import hours_in_words, money_in_words
from .plan import Plan

if TYPE_CHECKING:
    from .assembly import AssemblyPlan, PartPlan

_ESTIMATES = "The slicer of your printer, which knows better; other layers, infill or orientations."


def lines_of(done: AssemblyPlan, assembly: Assembly, common: Plan, own: Sequence[str]) -> list[Advice]:
    """Parts, beds, seams, order; what is the same for all parts; and the sums.

    Parameters
    ----------
    done : AssemblyPlan
        Without lines.
    common : Plan
        Of the part for which process and printer were chosen.
    own : sequence of str
        Subjects that each part has for itself.
    """
    lines = [*mark_lines(done.marks), _parts(done), *_plates(done), *_seams(done)]
    if assembly.order:
        lines.append(
            Advice(
                "order of assembly",
                " ".join(f"{n}. {words}" for n, words in enumerate(assembly.order, 1)),
                "Each step was found free: the part goes in without meeting another.",
                "Other cuts or pins.",
            )
        )
    pins = _pins(assembly)
    for line in common.lines:
        if line.subject in own or line.subject in ("split", MARKED):
            continue
        lines.append(pins if line.subject == "pins and clearance" and pins is not None else line)
    return [*lines, *_sums(done)]


def _parts(done: AssemblyPlan) -> Advice:
    bodies = [one for one in done.parts if one.part.kind is PartKind.BODY]
    dowels = len(done.parts) - len(bodies)
    what = f"{len(bodies)} parts" + (f" and {dowels} dowel{'s' if dowels > 1 else ''}" if dowels else "")
    machine = done.choice.machine
    if machine is None:
        return Advice("parts", f"{what}.", "No printer is known to compare with.", "A printer that is named.")
    big = [one for one in done.parts if not one.fits]
    if not big:
        return Advice(
            "parts",
            f"{what}; each fits the {machine.title} as it is laid.",
            "Each was laid by itself and measured on every corner.",
            "A smaller printer, other orientations.",
        )
    names = ", ".join(one.name for one in big)
    return Advice(
        "parts", f"{what}; too large for the {machine.title}: {names}.",
        "In no orientation tried do they fit with the margin.",
        f"Split them further (printprep split --printer {machine.name}), or a larger printer.", warning=True,
    )  # fmt: skip


def _plates(done: AssemblyPlan) -> list[Advice]:
    if not done.plates:
        return []
    numbers = [", ".join(str(done.parts[k].number) for k in sorted(plate.parts)) for plate in done.plates]
    count = len(numbers)
    beds = "; ".join(
        f"job {number}: part{'s' if ',' in which else ''} {which}" for number, which in enumerate(numbers, 1)
    )
    why = "Boxes of the parts in rows, 5 mm apart, not turned or nested."
    if not done.choice.process.needs_supports:
        why += " In powder they can lie above each other as well, and need fewer."
    return [
        Advice(
            "print jobs",
            f"{count} job{'s' if count > 1 else ''}: {beds}.",
            why,
            "The slicer's own arrangement; one part at a time where a failed print must not take others with it.",
        )
    ]


def _seams(done: AssemblyPlan) -> list[Advice]:
    touched = [(one, seam.other) for one in done.parts for seam in one.seams if seam.supports]
    known = any(one.seams for one in done.parts)
    if not known:
        return []
    if not touched:
        return [
            Advice(
                "seams",
                "No support touches a seam.",
                "All seams look up or sideways, or lie flat on the bed.",
                "Other orientations.",
            )
        ]
    where = "; ".join(f"{_name(one)} toward part {other}" for one, other in touched)
    return [
        Advice(
            "seams",
            f"Supports touch seams: {where}. Clean them and sand them flat before the parts are put together.",
            "What remains of a support holds the parts apart, and lengths across the seam become too long.",
            "Lay the seam up or on the bed: printprep orient --up or --protect-at; tree supports beside it.",
            warning=True,
        )
    ]


def _name(one: PartPlan) -> str:
    return f"part {one.number} ({one.name})"


def _pins(assembly: Assembly) -> Advice | None:
    """What the pins are that are there; None where there are none."""
    if not assembly.pins:
        return None
    kinds: dict[str, int] = {}
    for pin in assembly.pins:
        kinds[str(pin["type"])] = kinds.get(str(pin["type"]), 0) + 1
    gaps = [(pin["gap_min_mm"], pin["gap_max_mm"]) for pin in assembly.pins if pin.get("gap_min_mm") is not None]
    play = ""
    if gaps:
        play = (
            f" Their play is {min(low for low, _ in gaps):.2f} to {max(high for _, high in gaps):.2f} mm, as measured."
        )
    words = ", ".join(f"{count} {kind}{'s' if count > 1 else ''}" for kind, count in kinds.items())
    there = "is there" if len(assembly.pins) == 1 else "are there"
    return Advice(
        "pins and clearance", f"{words} {there}.{play} Print one joint first and try it.",
        "Machines differ by more than the play.", "Your own figure: --clearance.",
    )  # fmt: skip


def _sums(done: AssemblyPlan) -> list[Advice]:
    each = "Sum over the parts; the figures and formulas stand with each part."
    hours = done.hours
    layered = done.choice.process.line is None and bool(done.plates)
    time = "No figure is known for the time." if hours is None else f"About {hours_in_words(hours)} in all."
    why = "A job takes as long as its highest part; jobs one after the other." if layered else each
    cost = done.cost
    money = "No price is known." if cost is None else (
        f"Material for about {money_in_words(cost)} euros or US dollars in all."
    )  # fmt: skip
    return [
        Advice(
            "mass and material (estimate)",
            f"Parts about {done.sum_of('part_g'):.0f} g; used about {done.sum_of('used_g'):.0f} g "
            f"({done.sum_of('used_ml'):.0f} ml), of it supports {done.sum_of('support_ml'):.0f} ml.",
            each, _ESTIMATES,
        ),
        Advice("time (estimate)", time, why, _ESTIMATES + " Machines differ by a factor of four."),
        Advice("cost (estimate)", money, each, "Your own price in the lab's profiles; a quote."),
    ]  # fmt: skip
