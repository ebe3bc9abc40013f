"""The plan: everything that is advised before a model is printed, with reasons. It advises; people decide."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..mesh import Mesh
from ..profiles.uses import Use, use_of
from ..progress import Progress, part, silent
from .advice import Advice
from .choose import Choice, choose
from .estimate import Estimate, Settings, estimate
from .facts import ModelFacts, facts_of
from .lines import mark_lines, process_lines, settings_of, size_lines
from .lines_print import estimate_lines, finish_lines, inside_line, lying_lines, split_lines
from .orient.find import Orientations, find_orientations
from .orient.surface import NOTHING, Protected

LIMITS = (
    "This plan is advice from published figures and the measured model. It is not a diagnosis, it does not say that "
    "the "
    "anatomy is right, that a print will fit, or that it is biocompatible or sterile: people who are responsible "
    "decide."
)
SHOWN = 12
"""Candidates of the orientation in the JSON object, the best first."""


@dataclass(frozen=True, eq=False)
class Plan:
    """A plan and what it stands on. ``marks`` are words that names of the model must have, such as ``MIRRORED``."""

    use: Use
    facts: ModelFacts
    choice: Choice
    orientations: Orientations
    settings: Settings
    estimate: Estimate
    lines: tuple[Advice, ...]
    marks: tuple[str, ...] = ()

    def line(self, subject: str) -> Advice:
        """Return the advice on a subject.

        Raises
        ------
        KeyError
            There is none.
        """
        for advice in self.lines:
            if advice.subject == subject:
                return advice
        raise KeyError(subject)

    @property
    def warnings(self) -> tuple[str, ...]:
        """Subjects on which something stands against the plan."""
        return tuple(advice.subject for advice in self.lines if advice.warning)

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        choice = self.choice
        return {
            "use": self.use.name,
            "process": choice.process.name,
            "printer": None if choice.machine is None else choice.machine.name,
            "material": choice.material.name,
            "fits": choice.fits,
            "layer_mm": self.settings.layer_mm,
            "infill": self.settings.infill if choice.process.infill is not None else None,
            "hollow_wall_mm": self.settings.wall_mm,
            "advice": [advice.to_dict() for advice in self.lines],
            "warnings": list(self.warnings),
            "marks": list(self.marks),
            "orientation": self.orientations.to_dict(SHOWN),
            "estimate": self.estimate.to_dict(),
            "model": self.facts.to_dict(),
            "limits": LIMITS,
        }


def plan(
    mesh: Mesh,
    use: str,
    *,
    printer: str | None = None,
    process: str | None = None,
    material: str | None = None,
    layer_mm: float | None = None,
    protected: Protected = NOTHING,
    facts: ModelFacts | None = None,
    marks: Sequence[str] = (),
    progress: Progress = silent,
) -> Plan:
    """Plan the print of a model.

    Parameters
    ----------
    mesh : Mesh
        The model, LPS mm.
    use : str
        What it is for, a name of ``printprep profiles --kind use``.
    printer, process, material : str, optional
        What is at hand; what is left out is chosen.
    layer_mm : float, optional
        Layer height in place of the advised one.
    protected : Protected
        Surfaces that must stay free of supports.
    facts : ModelFacts, optional
        Where the model was measured already.
    marks : sequence of str
        What must stand in names of the model: that it is mirrored, or scaled.
    progress : Progress
        Receiver; may raise Cancelled.

    Raises
    ------
    InputError
        A name is not known, names do not go together, or nothing of the model is protected that should be.
    GeometryError
        The model is empty or inside out.
    """
    chosen_use = use_of(use)
    facts = facts if facts is not None else facts_of(mesh, part(progress, 0.0, 0.4))
    choice = choose(facts, chosen_use, printer_name=printer, process_name=process, material_name=material)
    found = find_orientations(
        mesh,
        choice.process,
        build_volume_mm=None if choice.machine is None else choice.machine.build_volume_mm,
        protected=protected,
        progress=part(progress, 0.45, 0.95),
    )
    settings = settings_of(chosen_use, facts, choice.process)
    if layer_mm is not None:
        settings = Settings(layer_mm, settings.infill, settings.wall_mm)
    done = estimate(facts, found.chosen, choice.process, choice.material, settings)
    lines = (
        *mark_lines(marks),
        *process_lines(chosen_use, choice),
        *size_lines(chosen_use, facts, choice.process),
        *lying_lines(chosen_use, found, choice.process),
        inside_line(chosen_use, facts, choice.process, settings),
        *split_lines(chosen_use, facts, choice),
        *finish_lines(chosen_use, choice.process),
        *estimate_lines(done),
    )
    progress(1.0, "Planned")
    return Plan(chosen_use, facts, choice, found, settings, done, lines, tuple(marks))
