"""The print plan of a run: advice for the use and the printer that the recipe names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..errors import GeometryError, InputError
from ..finding import Finding, Severity
from ..mesh import Mesh
from ..plan.advice import Advice
from ..plan.assembly import AssemblyPlan, plan_assembly
from ..plan.plan import Plan, plan
from ..profiles.printers import Printer
from ..profiles.uses import use_names
from ..progress import Progress, silent
from ..shape.cut.assembly import Assembly
from .recipe import Recipe


def advised(
    mesh: Mesh,
    recipe: Recipe,
    printer: Printer | None,
    assembly: Assembly | None = None,
    progress: Progress = silent,
    *,
    marks: Sequence[str] = (),
) -> tuple[dict[str, Any] | None, tuple[Finding, ...]]:
    """Plan the print where the recipe names a printer and a use that is known; say why where it cannot be done.

    Parameters
    ----------
    mesh : Mesh
        The model.
    assembly : Assembly, optional
        The model in parts: each is planned by itself.
    marks : sequence of str
        What must stand in names of the model, such as ``MIRRORED``.

    Returns
    -------
    advice : dict or None
        For the record: choices, lines with reasons, estimate. None where nothing was planned.
    findings : tuple of Finding
        Why there is no plan although one was to be expected.
    """
    use = recipe.use.strip().lower().replace(" ", "-")
    if printer is None or not use:
        return None, ()
    if use not in use_names():
        return None, (_without(f"'{recipe.use}' is no use that has a profile", "See: printprep profiles --kind use."),)
    given: dict[str, Any] = {
        "printer": printer.name, "material": recipe.material or None, "layer_mm": recipe.layer_mm, "progress": progress,
        "marks": marks,
    }  # fmt: skip
    try:
        if assembly is not None:
            return _told_in_parts(plan_assembly(assembly, use, **given)), ()
        made = plan(mesh, use, **given)
    except (InputError, GeometryError) as error:
        return None, (_without(str(error).rstrip("."), "Plan it with: printprep plan."),)
    return _told(made), ()


def _without(why: str, advice: str) -> Finding:
    return Finding("print-plan", Severity.INFO, f"No print plan was made: {why}.", advice=advice)


def _told(made: Plan) -> dict[str, Any]:
    """The plan without the tables of candidates and figures, which ``printprep plan`` shows."""
    whole = made.to_dict()
    keys = ("use", "process", "printer", "material", "fits", "layer_mm", "warnings", "marks", "estimate", "limits")
    return {**{key: whole[key] for key in keys}, "lines": [_line(line) for line in made.lines]}


def _told_in_parts(made: AssemblyPlan) -> dict[str, Any]:
    whole = made.to_dict()
    whole["lines"] = [_line(line) for line in made.lines]
    for row, one in zip(whole["parts"], made.parts, strict=True):
        row["lines"] = [_line(line) for line in one.lines]
    return whole


def _line(line: Advice) -> dict[str, Any]:
    return {
        "subject": line.subject, "advice": line.advice, "why": line.why, "changes": line.changes,
        "warning": line.warning,
    }  # fmt: skip
