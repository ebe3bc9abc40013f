"""The steps as the panel shows them: every step of a section, ticked where the recipe has it. No Qt in here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from slicer.i18n import tr as _

from .texts import SECTION_NAMES, SECTIONS
from .workshopwords import RUN_ORDER

if TYPE_CHECKING:
    from PrintPrepLib.parameters import ParameterSpec
    from PrintPrepLib.workflow.recipe import Recipe, StepCall
    from PrintPrepLib.workflow.steps import Step


@dataclass
class Row:
    """One step of a section. ``values`` holds what was chosen, by the parameter's name; what is absent is default."""

    step: Step
    section: str
    ticked: bool
    values: dict[str, Any] = field(default_factory=dict)


class StepList:
    """All rows in the order in which they run.

    The order of a recipe is kept; a step that the recipe does not have stands where the library's table has it, and
    those of the workshop in an order of their own.
    """

    def __init__(self, recipe: Recipe) -> None:
        from PrintPrepLib.workflow.steps import STEPS

        self._base = recipe
        self.calipers = tuple(recipe.calipers)
        """Lengths to measure on the print."""
        section_of = {step: section for section, steps in SECTIONS for step in steps}
        self.unknown = tuple(call.step.name for call in recipe.steps if call.step.name not in section_of)
        """Steps of the recipe that no section shows; they are kept and run."""
        rows = [
            Row(call.step, section_of.get(call.step.name, "cut"), ticked=True, values=_stated(call))
            for call in recipe.steps
        ]
        order = _usual_order(STEPS)
        for name in order:
            if name in section_of and all(row.step.name != name for row in rows):
                earlier = [i for i, row in enumerate(rows) if order.index(row.step.name) < order.index(name)]
                rows.insert(earlier[-1] + 1 if earlier else 0, Row(STEPS[name], section_of[name], ticked=False))
        self.rows = rows

    def of_section(self, section: str) -> list[Row]:
        """Return the rows that a section shows."""
        return [row for row in self.rows if row.section == section]

    def problems(self, sections: Iterable[str] = SECTION_NAMES) -> list[tuple[Row, str]]:
        """Return what is wrong with ticked rows, in the library's own words."""
        out = []
        for row in self.rows:
            if row.ticked and row.section in sections:
                for spec in row.step.parameters:
                    problem = problem_of(spec, row.values.get(spec.name))
                    if problem:
                        out.append((row, problem))
        return out

    def recipe(self, *, up_to: str = SECTION_NAMES[-1], mesh_steps: int | None = None, **case: Any) -> Recipe:
        """Return the recipe of the ticked rows.

        Parameters
        ----------
        up_to : str
            Rows of later sections are left out.
        mesh_steps : int, optional
            The recipe ends after so many steps that give a surface.
        case
            Fields of the recipe that the panel chooses: use, printer, material, code.

        Raises
        ------
        RecipeError
            A value is missing, of the wrong type or out of range.
        """
        from PrintPrepLib.workflow.recipe import make_call

        wanted = SECTION_NAMES[: SECTION_NAMES.index(up_to) + 1]
        calls = tuple(
            make_call(row.step, row.values, row.step.name) for row in self.rows if row.ticked and row.section in wanted
        )
        if mesh_steps is not None:
            surfaces = [i for i, call in enumerate(calls) if call.stage.value.endswith("to mesh")]
            calls = calls[: surfaces[min(mesh_steps, len(surfaces)) - 1] + 1] if surfaces else calls
        return replace(self._base, steps=calls, calipers=self.calipers, **case)


def _usual_order(names: Iterable[str]) -> list[str]:
    """Return the library's order of steps with those of the workshop in theirs."""
    order = list(names)
    moved = [name for name in RUN_ORDER if name in order]
    first = min(order.index(name) for name in moved)
    rest = [name for name in order if name not in moved]
    return [*rest[:first], *moved, *rest[first:]]


def problem_of(spec: ParameterSpec, value: Any) -> str:
    """Return what is wrong with a value, empty when nothing is. None is a value that was not given."""
    if value is None:
        return _("{name} is needed: {help}").format(name=spec.name, help=spec.help) if spec.required else ""
    try:
        spec.check(value)
    except (TypeError, ValueError) as error:
        return f"{error}."
    return ""


def value_from_text(spec: ParameterSpec, text: str) -> Any:
    """Read what was typed; what cannot be read is returned as text, which the parameter's own check then refuses."""
    text = text.strip().replace(";", ",")
    if not text:
        return None
    if spec.kind is tuple:
        words = [word for word in text.replace(",", " ").split() if word]
        return [_number(word) for word in words]
    return text if spec.kind is str else _number(text)


def text_from_value(value: Any) -> str:
    """Write a value as it would be typed."""
    if value is None:
        return ""
    if isinstance(value, list | tuple):
        return ", ".join(text_from_value(item) for item in value)
    if isinstance(value, float):
        return f"{value:.12g}"
    return str(getattr(value, "value", value))


def _number(word: str) -> Any:
    try:
        number = float(word)
    except ValueError:
        return word
    return int(number) if number.is_integer() and "." not in word and "e" not in word.lower() else number


def _stated(call: StepCall) -> dict[str, Any]:
    defaults: Mapping[str, Any] = {spec.name: spec.default for spec in call.step.parameters}
    return {
        name: getattr(value, "value", value)
        for name, value in call.parameters.items()
        if value is not None and value != defaults[name]
    }
