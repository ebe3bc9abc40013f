"""The lines of a plan about the print itself: how it lies, inside, parts, finish, material, time, cost."""

from __future__ import annotations

from math import ceil

from ..errors import InputError
from ..profiles.fits import Fit, clearance_for, fit_materials
from ..profiles.processes import Process
from ..profiles.uses import Hollow, Use
from ..shape.split.bed import MARGIN_MM, usable_mm
from .advice import Advice, known, noted
from .choose import Choice
from .estimate import Estimate, Settings
from .facts import ModelFacts
from .lines import SOLID
from .orient.find import Orientations

MAGNETS = frozenset({"teaching", "patient-education"})
"""Uses whose parts are taken apart and put together again and again."""
NEVER_SPLIT = frozenset({"legal-exhibit"})
"""Uses in which a seam is a change that would have to be explained."""


def lying_lines(use: Use, found: Orientations, process: Process) -> list[Advice]:
    """Orientation and supports."""
    best = found.chosen
    m = best.measures
    out = [
        Advice(
            "orientation",
            f"{best.direction.side} ({best.direction.origin}), {m.size_mm[2]:.1f} mm high.",
            " ".join(found.words),
            "Another process, other protected surfaces, another printer. " + " ".join(found.warnings),
            known(("overhang", process.overhang)),
            warning=bool(found.warnings),
        )
    ]
    if not process.needs_supports:
        what = "None: the powder carries overhangs."
        why = "So no marks, but powder must come out of every hollow and canal."
    elif m.support_mm3 <= 1.0:
        what, why = "None needed in this orientation.", "Nothing looks down by more than the process bears."
    else:
        kinds = {
            "same": "struts of the same material",
            "soluble": "support that is washed off",
            "metal": "welded supports",
        }
        what = (
            f"{kinds[process.supports]}: about {found.support_ml(best):.1f} ml, touching {m.touched_mm2 / 100.0:.1f} "
            "cm2 "
            f"of {found.surface.area_mm2 / 100.0:.0f} cm2."
        )
        why = f"{m.overhang_mm2 / 100.0:.1f} cm2 look down by more than the process bears."
        if found.surface.protected.any():
            why += (
                f" Of {found.surface.protected_mm2 / 100.0:.1f} cm2 protected, {m.protected_mm2 / 100.0:.2f} are "
                "touched."
            )
    if not process.needs_supports:
        changes = "A process with supports."
    elif found.surface.protected.any():
        changes = "Another process or orientation; tree supports need less than the straight ones counted here."
    else:
        changes = (
            "Protect what matters (--protect-at, --protect-box, --protect FILE); tree supports need less than is "
            "counted."
        )
    out.append(
        Advice(
            "supports",
            what[0].upper() + what[1:],
            f"{why} {use.supports.text}" if process.needs_supports else why,
            changes,
            known(("overhang", process.overhang), ("density", process.support_density)),
            (use.supports.source,),
        )
    )
    return out


def inside_line(use: Use, facts: ModelFacts, process: Process, settings: Settings) -> Advice:
    """Hollow or solid."""
    figures = known(
        ("wall", process.hollow_wall),
        ("solid up to", process.solid_limit),
        ("escape hole", process.escape_hole),
        ("usual infill", process.infill),
    )
    thick = f"The thickest place measured is {facts.thickest_mm:.0f} mm."
    closed = ""
    if facts.cavities:
        closed = (
            f" {facts.cavities} closed hollow{'s' if facts.cavities > 1 else ''} inside ({facts.cavity_ml:.2f} ml) "
            f"{'hold' if facts.cavities > 1 else 'holds'} what cannot get out: open or fill."
        )
    if process.infill is not None:
        if settings.infill >= SOLID:
            what = "Solid: 100 % infill."
        else:
            what = f"Solid skin, {settings.infill:.0%} infill by the slicer; the file stays as it is."
    elif settings.wall_mm is not None:
        hole = (
            ""
            if process.escape_hole is None
            else f" with escape holes of {process.escape_hole.value:g} mm, two or more,"
        )
        what = (
            f"Hollow to a wall of {settings.wall_mm:g} mm{hole} which saves about "
            f"{facts.deeper_ml(settings.wall_mm):.0f} of {facts.volume_ml:.0f} ml."
        )
    elif use.hollow is Hollow.SAVES:
        what = "As it is: hollowing would save little."
    elif use.hollow is Hollow.ASK:
        what = f"As it is. Hollow {use.hollow.value}."
    else:
        what = "Solid, as it is: do not hollow."
    return Advice(
        "hollow or solid",
        what + closed,
        f"{use.inside.text} {thick}",
        "Drilling, screwing or weight in the hand (solid); money and time (hollow).",
        figures,
        (use.inside.source,),
        warning=bool(facts.cavities) and process.name != "fdm",
    )


def split_lines(use: Use, facts: ModelFacts, choice: Choice) -> list[Advice]:
    """Whether it fits in one piece, and pins."""
    process, machine = choice.process, choice.machine
    if machine is None or choice.fits:
        what, bad = "In one piece.", False
        why = "It fits the printer." if machine is not None else "No printer is known to compare with."
    else:
        room = usable_mm(machine.build_volume_mm)
        size = sorted(facts.size_mm, reverse=True)
        count = 1
        for side, free in zip(size, sorted(room.tolist(), reverse=True), strict=True):
            count *= ceil(side / free)
        bad = True
        why = (
            f"In no orientation tried do {' x '.join(f'{side:.0f}' for side in facts.size_mm)} mm fit into "
            f"{' x '.join(f'{side:g}' for side in machine.build_volume_mm)} mm with {MARGIN_MM:g} mm free on each side."
        )
        if use.name in NEVER_SPLIT:
            what = (
                "It does not fit. Take a larger printer (leave --printer out to have one looked for) rather than "
                "split it."
            )
        else:
            what = f"Split it: printprep split MODEL --printer {machine.name} -o PARTS. By its box about {count} parts."
    out = [
        Advice(
            "split",
            what,
            f"{why} {use.split.text}",
            "A larger printer, or a cut that shows the inside.",
            sources=(use.split.source,),
            warning=bad,
        )
    ]
    try:
        play = _play(process.name, choice.material.name)
    except InputError as error:  # a lab's own process without figures for pins
        return [*out, Advice("pins and clearance", "Not known.", str(error), "A figure of your own.", warning=True)]
    kind = "magnet" if use.name in MAGNETS else "plug"
    out.append(
        Advice(
            "pins and clearance",
            f"Should it be cut: pins of type {kind}, {play.across.value_mm:g} mm play per side and "
            f"{play.along.value_mm:g} mm "
            f"at the end, no thinner than {process.feature.value_mm:g} mm.",
            "Figures of the process and material; magnets where parts are taken apart often, plugs that go together "
            "one way "
            "only elsewhere.",
            "A test piece printed on your own machine.",
            known(("play across", play.across), ("play along", play.along), ("pin", process.feature)),
        )
    )
    return out


def _play(process: str, material: str) -> Fit:
    return clearance_for(process, material if material in fit_materials(process) else None)


def finish_lines(use: Use, process: Process) -> list[Advice]:
    """Post-processing, color, finish, durability, handling, label, record."""
    post = process.post
    out = [
        Advice(
            "post-processing",
            post.text if post is not None else "As the maker of the printer says.",
            "What the process leaves on the part.",
            "Another process.",
            sources=() if post is None else (post.source + (" (unverified)" if post.unverified else ""),),
        )
    ]
    color = f" The process gives: {process.color}." if process.color else ""
    out.append(
        Advice(
            "color",
            use.color.text + color,
            f"{use.title}: {use.basis.text}",
            "Several parts that must be told apart.",
            sources=(use.color.source,),
        )
    )
    why = f"It follows from the use: {use.title.lower()}."
    out += [
        noted("finish", use.finish, why, "Whether the surface is measured, shown or handled."),
        noted("durability", use.durability, why, "How long and by how many hands it is used."),
        noted("handling", use.handling, why, "Where it is used: table, ward, theater, court."),
        noted("label", use.label, why, "The rules of your house."),
        noted("record", use.record, why, "What hangs on the model."),
    ]
    return out


def estimate_lines(done: Estimate) -> list[Advice]:
    """Mass, material, time, cost: called estimates."""
    rough = " Some of the figures are unverified." if done.rough else ""
    changes = "The slicer of your printer, which knows better; other layers, infill or orientation."
    out = [
        Advice(
            "mass and material (estimate)",
            f"Part about {done.part_g:.0f} g; used about {done.used_g:.0f} g ({done.used_ml:.0f} ml), "
            f"of it supports {done.support_ml:.0f} ml.",
            done.material_formula + rough,
            changes,
        ),
    ]
    hours = (
        "No figure is known for the time."
        if done.hours is None
        else f"About {hours_in_words(done.hours)} for {done.layers} layers."
    )
    out.append(
        Advice("time (estimate)", hours, done.time_formula + rough, changes + " Machines differ by a factor of four.")
    )
    cost = (
        "No price is known."
        if done.cost is None
        else f"Material for about {money_in_words(done.cost)} euros or US dollars."
    )
    out.append(
        Advice("cost (estimate)", cost, done.cost_formula + rough, "Your own price in the lab's profiles; a quote.")
    )
    return out


def hours_in_words(hours: float) -> str:
    """Write a time as people say it."""
    return f"{hours * 60.0:.0f} min" if hours < 1.0 else f"{hours:.1f} h"


def money_in_words(cost: float) -> str:
    """Write a sum of money without more digits than it is worth."""
    return f"{cost:.1f}" if cost < 10.0 else f"{cost:.0f}"
