"""The lines of a plan about process, material, sizes and tolerance."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..profiles.figures import Figure
from ..profiles.processes import Process
from ..profiles.uses import Hollow, Layer, Use
from .advice import Advice, known
from .choose import Choice
from .estimate import Settings
from .facts import ModelFacts

MARKED = "size and sides"
"""Subject of the line on a model that is mirrored or scaled."""
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


def mark_lines(marks: Sequence[str]) -> Iterator[Advice]:
    """Say first of all that a model is mirrored, or of another size than the patient."""
    if not marks:
        return
    words = []
    if "MIRRORED" in marks:
        words.append("left and right are exchanged")
    if any(mark != "MIRRORED" for mark in marks):
        words.append("it has not the size of the patient")
    yield Advice(
        MARKED,
        f"{' '.join(marks)}: {', and '.join(words)}. Keep these words in the job's name, and put them on the print.",
        "Nobody may take it for the anatomy as it was scanned.",
        "A model that is neither mirrored nor scaled.",
        warning=True,
    )


def process_lines(use: Use, choice: Choice) -> list[Advice]:
    """Process, printer, material."""
    process, machine = choice.process, choice.machine
    limits = "" if process.limits is None else f" Mind: {process.limits.text}"
    sources = tuple(note.source for note in (process.strengths, process.limits) if note is not None)
    out = [
        Advice(
            "process",
            process.title,
            " ".join((*choice.why, f"{use.title}: {use.basis.text}")) + limits,
            " ".join(choice.passed_over) or "Another printer at hand, another use, a larger model, or thinner walls.",
            sources=(*sources, use.basis.source),
            warning=choice.named and process.name not in use.processes,
        )
    ]
    if machine is None:
        out.append(
            Advice(
                "printer",
                "No printer of this process is known.",
                "The profiles hold none.",
                "Name one in the lab's own profiles.",
                warning=True,
            )
        )
    else:
        room = " x ".join(f"{side:g}" for side in machine.build_volume_mm)
        mark = " Its build volume is unverified." if machine.unverified else ""
        reason = (
            "It was named." if choice.named else "The smallest known printer of the process that takes the model whole."
        )
        if not choice.fits:
            reason = (
                "It was named."
                if choice.named
                else "The largest known printer of the process; the model is larger still."
            )
        out.append(
            Advice(
                "printer",
                f"{machine.title}, {room} mm.{mark}",
                reason,
                "Another printer (--printer), or one in the lab's own profiles.",
                sources=(machine.source,),
            )
        )
    material = choice.material
    out.append(
        Advice(
            "material",
            f"{material.title} ({material.colors}).",
            f"{material.behavior.text} {use.durability.text}",
            "Another material (--material); heat, sterilization or flexing in use.",
            known(("density", material.density)),
            (material.behavior.source, use.durability.source),
        )
    )
    out.append(
        Advice(
            "sterilization and contact with the body",
            f"{material.sterilization.text} {material.biocompatibility.text}",
            "It belongs to material, printer, washing, curing and lot together, and the document of the maker "
            "decides; this "
            "plan is no such document.",
            "The maker's document for exactly this material on this printer.",
            sources=(material.sterilization.source, material.biocompatibility.source),
        )
    )
    return out


def size_lines(use: Use, facts: ModelFacts, process: Process) -> list[Advice]:
    """Layer height, least wall, detail, tolerance."""
    layer, source = layer_of(use, process)
    words = "the usual for the process"
    if source is not None:
        words = {Layer.FINE: "fine for the process", Layer.DRAFT: "coarse for the process"}.get(use.layer, words)
    elif use.layer is not Layer.USUAL:
        words += ", since nobody states another"
    out = [
        Advice(
            "layer height",
            f"{layer:g} mm, {words}.",
            f"{use.title} asks for {use.layer.value} layers: thinner ones show more and take longer in the same "
            "measure.",
            "Fine relief that matters (thinner), or a deadline (thicker).",
            known(("layer", source)),
            () if source else (process.source,),
        ),
        _wall_line(use, facts, process),
    ]
    detail, hole = process.detail, process.hole
    out.append(
        Advice(
            "detail",
            f"Relief below {detail.value:g} mm and free pins below {process.feature.value_mm:g} mm will not show or "
            "hold" + (f"; canals below {hole.value:g} mm close." if hole else ".")
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
            "least wall",
            f"{limit:g} mm free-standing. The walls of this model could not be measured: it is not closed.",
            "Walls are measured inside a closed surface.",
            "Repair it: printprep repair.",
            figures,
            warning=True,
        )
    assert facts.walls is not None
    summary = facts.walls.summary(facts.mesh)
    measured = (
        f"Measured: {below:.1f} % of the surface is thinner; 1 % below {summary.p01_mm:.2f}, 5 % below "
        f"{summary.p05_mm:.2f} mm."
    )
    if below < 0.05:
        what = f"{limit:g} mm free-standing: kept everywhere."
    elif use.name in UNTOUCHED:
        what = (
            f"{limit:g} mm free-standing. Do not thicken by habit: declare what would break, or thicken and declare it "
            f"(printprep thicken --limit {process.wall.value_mm:g}, its receipt says where)."
        )
    else:
        what = (
            f"{limit:g} mm free-standing. Thicken outward to it: printprep thicken --limit {limit:g} --direction "
            "outward."
        )
    return Advice(
        "least wall",
        what,
        f"{measured} The use asks for {use.wall.value_mm:g}, the process for "
        f"{process.wall_free.value_mm:g} free and {process.wall.value_mm:g} held.",
        changes,
        figures,
        warning=below >= 5.0,
    )


def _tolerance_line(use: Use, facts: ModelFacts, process: Process) -> Advice:
    wanted, error = use.tolerance.value_mm, process.expected_error_mm(facts.longest_mm)
    figures = known(
        ("use", use.tolerance), ("process, least", process.accuracy), ("process, share", process.accuracy_share)
    )
    if error is None:
        what, bad = (
            f"{wanted:g} mm for the whole chain. No guide states the error of the process: measure a test piece.",
            True,
        )
    else:
        bad = error > wanted
        what = (
            f"{wanted:g} mm for the whole chain; printing alone may be off by {error:.2f} mm over "
            f"{facts.longest_mm:.0f} mm"
        )
        what += ": more than that. Print in parts, take a truer process, or accept it in writing." if bad else "."
    return Advice(
        "tolerance",
        what,
        "Scan, segmentation and editing add to it: a review of 139 papers has 0.8 mm for segmentation and 0.26 mm for "
        "printing (medians of the largest mean deviation). "
        f"The figure for this use: {use.tolerance.source}.",
        "A measured print of your own machine; a smaller model; another use.",
        figures,
        ("Schulze 2024, s41205-024-00210-5",),
        warning=bad,
    )


def _thick(facts: ModelFacts, process: Process) -> bool:
    return process.solid_limit is not None and facts.thickest_mm > process.solid_limit.value_mm
