"""The lines of a plan that follow from the use, the measured model and the printer."""

from __future__ import annotations

from math import ceil

from ..errors import InputError
from ..profiles.figures import Figure
from ..profiles.fits import Fit, clearance_for, fit_materials
from ..profiles.processes import Process
from ..profiles.uses import Hollow, Layer, Use
from ..shape.split.bed import MARGIN_MM, usable_mm
from .advice import Advice, known, noted
from .choose import Choice
from .estimate import Estimate, Settings
from .facts import ModelFacts
from .orient.find import Orientations

MAGNETS = frozenset({"teaching", "patient-education"})
"""Uses whose parts are taken apart and put together again and again."""
NEVER_SPLIT = frozenset({"legal-exhibit"})
"""Uses in which a seam is a change that would have to be explained."""
UNTOUCHED = frozenset({"legal-exhibit"})
"""Uses in which walls are not thickened without being declared."""
ASKED_INFILL = 2.0
"""Times the usual infill where hollowing must be asked for: firm, and still no block."""
SOLID = 1.0


def settings_of(use: Use, facts: ModelFacts, process: Process) -> Settings:
    """Layer height, infill and hollow wall for a use."""
    layer = layer_of(use, process)[0]
    if process.infill is not None:
        usual = process.infill.value / 100.0
        shares = {Hollow.SAVES: usual, Hollow.ASK: min(ASKED_INFILL * usual, SOLID), Hollow.NEVER: SOLID}
        return Settings(layer, infill=shares[use.hollow])
    if use.hollow is Hollow.SAVES and _thick(facts, process) and process.hollow_wall is not None:
        return Settings(layer, wall_mm=max(process.hollow_wall.value_mm, use.wall.value_mm))
    return Settings(layer)


def layer_of(use: Use, process: Process) -> tuple[float, Figure | None]:
    """Layer height for a use, and the figure it comes from; None for the usual height of the process."""
    chosen = {Layer.FINE: process.layer_fine, Layer.DRAFT: process.layer_draft, Layer.USUAL: None}[use.layer]
    return (process.layer_mm, None) if chosen is None else (chosen.value_mm, chosen)


def process_lines(use: Use, choice: Choice) -> list[Advice]:
    """Process, printer, material."""
    process, machine = choice.process, choice.machine
    limits = "" if process.limits is None else f" Mind: {process.limits.text}"
    sources = tuple(note.source for note in (process.strengths, process.limits) if note is not None)
    out = [
        Advice(
            "process", process.title, " ".join((*choice.why, f"{use.title}: {use.basis.text}")) + limits,
            " ".join(choice.passed_over)
            or "Another printer at hand, another use, a larger model, or thinner walls.",
            sources=(*sources, use.basis.source), warning=choice.named and process.name not in use.processes,
        )
    ]  # fmt: skip
    if machine is None:
        out.append(Advice("printer", "No printer of this process is known.", "The profiles hold none.",
                          "Name one in the lab's own profiles.", warning=True))  # fmt: skip
    else:
        room = " x ".join(f"{side:g}" for side in machine.build_volume_mm)
        mark = " Its build volume is unverified." if machine.unverified else ""
        reason = "It was named." if choice.named else "The smallest known printer of the process that takes the model whole."
        if not choice.fits:
            reason = "It was named." if choice.named else "The largest known printer of the process; the model is larger still."
        out.append(
            Advice("printer", f"{machine.title}, {room} mm.{mark}", reason,
                   "Another printer: --printer NAME, or one in the lab's own profiles.", sources=(machine.source,))
        )  # fmt: skip
    material = choice.material
    out.append(
        Advice(
            "material", f"{material.title} ({material.colors}).", f"{material.behavior.text} {use.durability.text}",
            "Another material: --material NAME; heat, sterilization or flexing in use.",
            known(("density", material.density)), (material.behavior.source, use.durability.source),
        )
    )  # fmt: skip
    out.append(
        Advice(
            "sterilization and contact with the body",
            f"{material.sterilization.text} {material.biocompatibility.text}",
            "It belongs to material, printer, washing, curing and lot together, and the document of the maker decides; this "
            "plan is no such document.",
            "The maker's document for exactly this material on this printer.",
            sources=(material.sterilization.source, material.biocompatibility.source),
        )
    )
    return out


def size_lines(use: Use, facts: ModelFacts, process: Process) -> list[Advice]:
    """Layer height, least wall, detail, tolerance."""
    layer, source = layer_of(use, process)
    words = {Layer.FINE: "fine", Layer.USUAL: "the usual", Layer.DRAFT: "coarse"}[use.layer]
    out = [
        Advice(
            "layer height", f"{layer:g} mm, {words} for the process.",
            f"{use.title} asks for {use.layer.value} layers: thinner ones show more and take longer in the same measure.",
            "Fine relief that matters (thinner), or a deadline (thicker).",
            known(("layer", source)), () if source else (process.source,),
        ),
        _wall_line(use, facts, process),
    ]  # fmt: skip
    detail, hole = process.detail, process.hole
    out.append(
        Advice(
            "detail",
            f"Relief below {detail.value:g} mm and free pins below {process.feature.value_mm:g} mm will not show or hold"
            + (f"; canals below {hole.value:g} mm close." if hole else ".")
            if detail
            else f"Free pins below {process.feature.value_mm:g} mm will not hold.",
            f"What the process resolves. {use.smoothing.text}",
            "A process with finer detail, or a larger scale that is said on the model.",
            known(("detail", detail), ("pin", process.feature), ("hole", hole), ("gap", process.gap)),
            (use.smoothing.source,),
        )
    )
    out.append(_tolerance_line(use, facts, process))
    return out


def _wall_line(use: Use, facts: ModelFacts, process: Process) -> Advice:
    limit = max(use.wall.value_mm, process.wall_free.value_mm)
    figures = known(("use", use.wall), ("held wall", process.wall), ("free wall", process.wall_free))
    changes = "Another process or use; guides differ by a factor of two, so a test piece on your printer decides."
    below = facts.below_percent(limit)
    if below is None:
        return Advice(
            "least wall", f"{limit:g} mm free-standing. The walls of this model could not be measured: it is not closed.",
            "Walls are measured inside a closed surface.", "Repair it: printprep repair.", figures, warning=True,
        )  # fmt: skip
    assert facts.walls is not None
    summary = facts.walls.summary(facts.mesh)
    measured = f"Measured: {below:.1f} % of the surface is thinner; 1 % below {summary.p01_mm:.2f}, 5 % below {summary.p05_mm:.2f} mm."
    if below < 0.05:
        what = f"{limit:g} mm free-standing: kept everywhere."
    elif use.name in UNTOUCHED:
        what = (
            f"{limit:g} mm free-standing. Do not thicken by habit: declare what would break, or thicken and declare it "
            f"(printprep thicken --limit {process.wall.value_mm:g}, its receipt says where)."
        )
    else:
        what = f"{limit:g} mm free-standing. Thicken outward to it: printprep thicken --limit {limit:g} --direction outward."
    return Advice("least wall", what, f"{measured} The use asks for {use.wall.value_mm:g}, the process for "
                  f"{process.wall_free.value_mm:g} free and {process.wall.value_mm:g} held.", changes, figures, warning=below >= 5.0)  # fmt: skip


def _tolerance_line(use: Use, facts: ModelFacts, process: Process) -> Advice:
    wanted, error = use.tolerance.value_mm, process.expected_error_mm(facts.longest_mm)
    figures = known(("use", use.tolerance), ("process, least", process.accuracy), ("process, share", process.accuracy_share))
    if error is None:
        what, bad = f"{wanted:g} mm for the whole chain. No guide states the error of the process: measure a test piece.", True
    else:
        bad = error > wanted
        what = f"{wanted:g} mm for the whole chain; printing alone may be off by {error:.2f} mm over {facts.longest_mm:.0f} mm"
        what += ": more than that. Print in parts, take a truer process, or accept it in writing." if bad else "."
    return Advice(
        "tolerance", what,
        "Scan, segmentation and editing add to it: a review of 139 papers has 0.8 mm for segmentation and 0.26 mm for "
        "printing (medians of the largest mean deviation).",
        "A measured print of your own machine; a smaller model; another use.", figures,
        ("Schulze 2024, s41205-024-00210-5",), warning=bad,
    )  # fmt: skip


def lying_lines(use: Use, found: Orientations, process: Process) -> list[Advice]:
    """Orientation and supports."""
    best = found.chosen
    m = best.measures
    out = [
        Advice(
            "orientation", f"{best.direction.side} ({best.direction.origin}), {m.size_mm[2]:.1f} mm high.",
            " ".join(found.words), "Another process, other protected surfaces, another printer. " + " ".join(found.warnings),
            known(("overhang", process.overhang)), warning=bool(found.warnings),
        )
    ]  # fmt: skip
    if not process.needs_supports:
        what = "None: the powder carries overhangs."
        why = "So no marks, but powder must come out of every hollow and canal."
    elif m.support_mm3 <= 1.0:
        what, why = "None needed in this orientation.", "Nothing looks down by more than the process bears."
    else:
        kinds = {"same": "struts of the same material", "soluble": "support that is washed off", "metal": "welded supports"}
        what = (
            f"{kinds[process.supports]}: about {found.support_ml(best):.1f} ml, touching {m.touched_mm2 / 100.0:.1f} cm2 "
            f"of {found.surface.area_mm2 / 100.0:.0f} cm2."
        )
        why = f"{m.overhang_mm2 / 100.0:.1f} cm2 look down by more than the process bears."
        if found.surface.protected.any():
            why += f" Of {found.surface.protected_mm2 / 100.0:.1f} cm2 protected, {m.protected_mm2 / 100.0:.2f} are touched."
    if found.surface.protected.any():
        changes = "Another process or orientation; tree supports need less than the straight ones counted here."
    else:
        changes = "Protect what matters (--protect-at, --protect-box, --protect FILE); tree supports need less than is counted."
    out.append(
        Advice("supports", what[0].upper() + what[1:], f"{why} {use.supports.text}", changes,
               known(("overhang", process.overhang), ("density", process.support_density)), (use.supports.source,))
    )  # fmt: skip
    return out


def inside_line(use: Use, facts: ModelFacts, process: Process, settings: Settings) -> Advice:
    """Hollow or solid."""
    figures = known(("wall", process.hollow_wall), ("solid up to", process.solid_limit), ("escape hole", process.escape_hole),
                    ("usual infill", process.infill))  # fmt: skip
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
        hole = "" if process.escape_hole is None else f" with escape holes of {process.escape_hole.value:g} mm, two or more,"
        what = f"Hollow to a wall of {settings.wall_mm:g} mm{hole} which saves about {facts.deeper_ml(settings.wall_mm):.0f} of {facts.volume_ml:.0f} ml."
    elif use.hollow is Hollow.SAVES:
        what = "As it is: hollowing would save little."
    elif use.hollow is Hollow.ASK:
        what = f"As it is. Hollow {use.hollow.value}."
    else:
        what = "Solid, as it is: do not hollow."
    return Advice(
        "hollow or solid", what + closed, f"{use.inside.text} {thick}",
        "Drilling, screwing or weight in the hand (solid); money and time (hollow).", figures, (use.inside.source,),
        warning=bool(facts.cavities) and process.name != "fdm",
    )  # fmt: skip


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
            what = "It does not fit. Take a larger printer (leave --printer out to have one looked for) rather than split it."
        else:
            what = f"Split it: printprep split MODEL --printer {machine.name} -o PARTS. By its box about {count} parts."
    out = [Advice("split", what, f"{why} {use.split.text}", "A larger printer, or a cut that shows the inside.",
                  sources=(use.split.source,), warning=bad)]  # fmt: skip
    try:
        play = _play(process.name, choice.material.name)
    except InputError as error:  # a lab's own process without figures for pins
        return [*out, Advice("pins and clearance", "Not known.", str(error), "A figure of your own.", warning=True)]
    kind = "magnet" if use.name in MAGNETS else "plug"
    out.append(
        Advice(
            "pins and clearance",
            f"Should it be cut: pins of type {kind}, {play.across.value_mm:g} mm play per side and {play.along.value_mm:g} mm "
            f"at the end, no thinner than {process.feature.value_mm:g} mm.",
            "Figures of the process and material; magnets where parts are taken apart often, plugs that go together one way "
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
    out.append(Advice("color", use.color.text + color, f"{use.title}: {use.basis.text}", "Several parts that must be told apart.",
                      sources=(use.color.source,)))  # fmt: skip
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
        Advice("mass and material (estimate)", f"Part about {done.part_g:.0f} g; used about {done.used_g:.0f} g ({done.used_ml:.0f} ml), "
               f"of it supports {done.support_ml:.0f} ml.", done.formula + rough, changes),
    ]  # fmt: skip
    hours = "No figure is known for the time." if done.hours is None else f"About {_hours(done.hours)} for {done.layers} layers."
    out.append(Advice("time (estimate)", hours, done.formula + rough, changes + " Machines differ by a factor of four."))
    cost = (
        "No price is known." if done.cost is None else f"Material for about {done.cost:.3g} euros or US dollars."
    )
    out.append(Advice("cost (estimate)", cost, done.formula + rough, "Your own price in the lab's profiles; a quote."))
    return out


def _hours(hours: float) -> str:
    return f"{hours * 60.0:.0f} min" if hours < 1.0 else f"{hours:.1f} h"


def _thick(facts: ModelFacts, process: Process) -> bool:
    return process.solid_limit is not None and facts.thickest_mm > process.solid_limit.value_mm
