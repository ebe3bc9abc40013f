"""The plan of a model in parts: each part's own way to lie, material and time; the beds; the sum."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..errors import InputError
from ..profiles.processes import Process
from ..profiles.uses import Use, use_of
from ..progress import Progress, part, silent
from ..shape.cut.assembly import Assembly, Part, Seam
from ..shape.split.bed import MARGIN_MM
from .advice import Advice
from .assembly_lines import lines_of
from .choose import Choice, choose
from .facts import facts_of
from .orient.find import laid, overhang_deg
from .orient.step import patient_axes
from .orient.surface import NOTHING, Protected
from .plan import LIMITS, Plan, plan
from .plates import Plate, plates_of

OWN_SUBJECTS = (
    "orientation", "supports", "least wall", "tolerance", "hollow or solid", "mass and material (estimate)",
    "time (estimate)", "cost (estimate)",
)  # fmt: skip
"""What is said of each part; all other lines of a plan are the same for all of them."""
ON_BED_MM = 0.1
"""A seam this near to the bed lies on it: less than a layer."""
LEVEL_DEG = 1.0
"""And if it leans by less than this."""
_SUMMED = ("part_ml", "support_ml", "used_ml", "part_g", "used_g")


@dataclass(frozen=True)
class SeamLies:
    """How a seam of a part lies on the printer.

    ``other`` is the number of the part on its other side, from 1; ``looks`` is up, down or sideways. ``supports``: it
    looks down so far that supports touch it.
    """

    other: int
    looks: str
    on_bed: bool
    supports: bool

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {"other": self.other, "looks": self.looks, "on_bed": self.on_bed, "supports": self.supports}


@dataclass(frozen=True, eq=False)
class PartPlan:
    """A part, its plan, and how its seams lie. ``number`` counts from 1."""

    number: int
    part: Part
    plan: Plan
    seams: tuple[SeamLies, ...]

    @property
    def name(self) -> str:
        """Name of the part with the words that it must have."""
        return " ".join((self.part.name, *(mark for mark in self.plan.marks if mark not in self.part.name.upper())))

    @property
    def fits(self) -> bool | None:
        """In the orientation that was chosen."""
        return self.plan.orientations.chosen.measures.fits

    @property
    def lines(self) -> tuple[Advice, ...]:
        """What is advised for this part alone."""
        return tuple(line for line in self.plan.lines if line.subject in OWN_SUBJECTS)

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        lying = self.plan.orientations.chosen
        _, matrix = laid(self.part.mesh, lying.measures.rotation)
        row = lying.to_dict()
        kept = ("name", "side", "up", "size_mm", "height_mm", "touched_cm2", "protected_touched_cm2", "tip_deg")
        return {
            "number": self.number,
            "name": self.name,
            "kind": self.part.kind.value,
            "fits": self.fits,
            "orientation": {key: row[key] for key in kept},
            "matrix": matrix.tolist(),
            "patient_axes": patient_axes(lying.measures.rotation),
            "estimate": self.plan.estimate.to_dict(),
            "seams": [seam.to_dict() for seam in self.seams],
            "warnings": [line.subject for line in self.lines if line.warning],
            "lines": [line.to_dict() for line in self.lines],
        }


@dataclass(frozen=True, eq=False)
class AssemblyPlan:
    """Plans of all parts with the same process, printer and material, what goes onto one bed, and the sum.

    ``hours`` of melted filament add up; of other processes a bed takes as long as its highest part. None where a part
    has none. ``marks`` are words that names must have, such as ``MIRRORED``.
    """

    use: Use
    choice: Choice
    parts: tuple[PartPlan, ...]
    plates: tuple[Plate, ...]
    hours: float | None
    lines: tuple[Advice, ...]
    marks: tuple[str, ...] = ()

    @property
    def fits(self) -> bool | None:
        """Whether every part fits the printer as it lies."""
        found = [one.fits for one in self.parts]
        return None if None in found else all(found)

    @property
    def warnings(self) -> tuple[str, ...]:
        """Subjects on which something stands against the plan."""
        return tuple(line.subject for line in self.lines if line.warning)

    def sum_of(self, key: str) -> float:
        """Sum of a figure of the estimates over all parts."""
        return float(sum(getattr(one.plan.estimate, key) for one in self.parts))

    @property
    def cost(self) -> float | None:
        """Sum of the costs; None where one is not known."""
        costs = [one.plan.estimate.cost for one in self.parts]
        return None if any(cost is None for cost in costs) else float(sum(cost for cost in costs if cost is not None))

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        choice = self.choice
        return {
            "use": self.use.name,
            "process": choice.process.name,
            "printer": None if choice.machine is None else choice.machine.name,
            "material": choice.material.name,
            "fits": self.fits,
            "layer_mm": self.parts[0].plan.settings.layer_mm,
            "warnings": list(self.warnings),
            "marks": list(self.marks),
            "estimate": {
                **{key: self.sum_of(key) for key in _SUMMED}, "hours": self.hours, "cost": self.cost,
                "words": "sum of estimates, not what a slicer or a print service would say",
            },
            "limits": LIMITS,
            "lines": [line.to_dict() for line in self.lines],
            "parts": [one.to_dict() for one in self.parts],
            "plates": [[self.parts[k].number for k in plate.parts] for plate in self.plates],
        }  # fmt: skip


def plan_assembly(
    assembly: Assembly,
    use: str,
    *,
    printer: str | None = None,
    process: str | None = None,
    material: str | None = None,
    layer_mm: float | None = None,
    protected: Protected = NOTHING,
    marks: Sequence[str] = (),
    progress: Progress = silent,
) -> AssemblyPlan:
    """Plan the print of a model in parts.

    Process, printer and material are chosen for the part that is hardest to place, the one with the longest box, and
    taken for all. Each part is then planned by itself.

    Parameters
    ----------
    assembly : Assembly
        Parts in their places, LPS mm; seams and pins where they are known.
    use, printer, process, material, layer_mm, marks
        As for :func:`~PrintPrepLib.plan.plan.plan`.
    protected : Protected
        Surfaces that must stay free of supports, on whichever part they are.

    Raises
    ------
    InputError
        As :func:`~PrintPrepLib.plan.plan.plan`; or nothing of any part is protected that should be.
    GeometryError
        A part is empty or inside out.
    """
    chosen_use = use_of(use)
    count = len(assembly.parts)
    facts = [
        facts_of(one.mesh, part(progress, 0.5 * k / count, 0.5 * (k + 1) / count))
        for k, one in enumerate(assembly.parts)
    ]
    hardest = max(facts, key=lambda one: one.longest_mm)
    choice = choose(hardest, chosen_use, printer_name=printer, process_name=process, material_name=material)
    machine = None if choice.machine is None else choice.machine.name
    kept = _protected_by_part(assembly, protected)
    plans = []
    for k, one in enumerate(assembly.parts):
        made = plan(
            one.mesh, use, printer=machine, process=None if machine else choice.process.name,
            material=choice.material.name, layer_mm=layer_mm, protected=kept[k], facts=facts[k], marks=marks,
            progress=part(progress, 0.5 + 0.5 * k / count, 0.5 + 0.5 * (k + 1) / count),
        )  # fmt: skip
        plans.append(PartPlan(k + 1, one, made, seams_of(assembly.seams, k, one, made, choice.process)))
    plates = _plates(plans, choice)
    hours = _hours(plans, plates, choice.process)
    done = AssemblyPlan(chosen_use, choice, tuple(plans), tuple(plates), hours, (), tuple(marks))
    common = plans[facts.index(hardest)].plan
    return replace(done, lines=tuple(lines_of(done, assembly, common, OWN_SUBJECTS)))


def assembly_of(names: Sequence[str], parts: Sequence[Any]) -> Assembly:
    """An assembly of meshes of which nothing but names is known."""
    return Assembly(tuple(Part(name, mesh, (200, 200, 200)) for name, mesh in zip(names, parts, strict=True)))


def _protected_by_part(assembly: Assembly, protected: Protected) -> list[Protected]:
    """What is protected of each part: nothing where none of it lies there, so that no part is refused for another."""
    if protected.is_empty:
        return [NOTHING] * len(assembly.parts)
    from ..spatial.sampling import area_samples
    from .orient.surface import SAMPLES

    out = [protected if protected.holds(area_samples(one.mesh, SAMPLES)).any() else NOTHING for one in assembly.parts]
    if all(one is NOTHING for one in out):
        raise InputError(
            "Nothing of any part lies in the protected places. Check that they are in the coordinates of the model "
            "(LPS millimeters), and their radius or distance."
        )
    return out


def seams_of(seams: Sequence[Seam], number: int, one: Part, made: Plan, process: Process) -> tuple[SeamLies, ...]:
    """How the seams of part ``number`` (from 0) lie by its plan."""
    rotation = made.orientations.chosen.measures.rotation
    lowest = float((one.mesh.vertices[one.mesh.used_vertices] @ rotation[2]).min())
    steep = overhang_deg(process)
    out = []
    for seam in seams:
        if number not in (seam.below, seam.above):
            continue
        sign = 1.0 if number == seam.below else -1.0
        up = float(rotation[2] @ (sign * np.asarray(seam.plane.normal)))
        lean = float(np.degrees(np.arccos(min(abs(up), 1.0))))  # from the level
        height = float(rotation[2] @ np.asarray(seam.plane.point_mm)) - lowest - 0.5 * seam.kerf_mm * max(up, -up)
        on_bed = up < 0.0 and lean < LEVEL_DEG and abs(height) < ON_BED_MM
        looks = "sideways" if lean > 90.0 - 1e-6 else "up" if up > 0.0 else "down"
        touched = steep is not None and up < 0.0 and lean < steep and not on_bed
        out.append(SeamLies((seam.above if number == seam.below else seam.below) + 1, looks, on_bed, touched))
    return tuple(out)


def _plates(plans: Sequence[PartPlan], choice: Choice) -> list[Plate]:
    if choice.machine is None:
        return []
    width, depth, _ = (side - 2.0 * MARGIN_MM for side in choice.machine.build_volume_mm)
    sizes = [one.plan.orientations.chosen.measures.size_mm for one in plans]
    return plates_of([(size[0], size[1]) for size in sizes], (width, depth))


def _hours(plans: Sequence[PartPlan], plates: Sequence[Plate], process: Process) -> float | None:
    hours = [one.plan.estimate.hours for one in plans]
    if any(time is None for time in hours):
        return None
    known = [time for time in hours if time is not None]
    if process.line is not None or not plates:
        return float(sum(known))
    return float(sum(max(known[k] for k in plate.parts) for plate in plates))
