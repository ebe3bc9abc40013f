"""The recipe: which steps, in which order, with which parameters. TOML, strict.

Unknown keys, wrong types and values out of range are errors that name the key, the table with its line, and the
nearest known word.
"""

from __future__ import annotations

import difflib
import re
import sys
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from ..errors import InputError, RecipeError
from ..mesh import Mesh
from ..record.calipers import CaliperPair
from ..record.overrides import Acceptance
from .formats import checked_formats
from .recipe_tables import accepted_of, calipers_of, tables_of
from .steps import STEPS, Stage, Step
from .toml_text import plain_value, toml_text

SCHEMA = "printprep-recipe/1"
PRESET_FOLDER = Path(__file__).parent / "presets"
LONGEST_RECIPE_BYTES = 1_000_000
"""No recipe is this long; a file that is was chosen by mistake."""

_CASE_KEYS = ("use", "accuracy_mm", "code")
_PRINTER_KEYS = ("name", "material", "layer_mm")
_OUTPUT_KEYS = ("formats",)
_TOP_KEYS = ("schema", "case", "printer", "output", "step", "caliper", "accept")


@dataclass(frozen=True)
class StepCall:
    """One step with every parameter that is not None, checked and in its own type."""

    step: Step
    parameters: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def stage(self) -> Stage:
        """What the step takes and gives with these parameters."""
        return self.step.stage if self.step.stage_of is None else self.step.stage_of(self.parameters)


@dataclass(frozen=True)
class Recipe:
    """What to do with a case.

    Attributes
    ----------
    steps : tuple of StepCall
        In order.
    use : str
        What the model is for, in the user's words.
    accuracy_mm : float or None
        Budget that smoothing and simplifying must stay within.
    code : str
        Case code that the user chose; never a patient's name or number.
    printer, material : str
        Empty when not chosen.
    layer_mm : float or None
        Layer height of the print, for the check of triangle sizes.
    formats : tuple of str
        Formats of the model's files; empty for the usual ones.
    calipers : tuple of CaliperPair
        Lengths that shall be measured on the print.
    accepted : tuple of Acceptance
        Findings that a person accepts, with the reason.
    folder : Path or None
        Where names of files in it begin; None where the recipe is in no file.
    meshes : mapping
        Other meshes that its steps take, by the SHA-256 of their files.
    """

    steps: tuple[StepCall, ...]
    use: str = ""
    accuracy_mm: float | None = None
    code: str = ""
    printer: str = ""
    material: str = ""
    layer_mm: float | None = None
    formats: tuple[str, ...] = ()
    calipers: tuple[CaliperPair, ...] = ()
    accepted: tuple[Acceptance, ...] = ()
    folder: Path | None = field(default=None, compare=False)
    meshes: Mapping[str, Mesh] = field(default_factory=lambda: MappingProxyType({}), compare=False, repr=False)

    def with_case(self, *, use: str | None = None, printer: str | None = None) -> Recipe:
        """Return the recipe with another use or printer; None leaves what is there."""
        return replace(
            self,
            use=self.use if use is None else use,
            printer=self.printer if printer is None else printer,
        )

    def with_papers(self, *, calipers: Iterable[CaliperPair] = (), accepted: Iterable[Acceptance] = ()) -> Recipe:
        """Return the recipe with more lengths to measure and more findings accepted; a later reason takes the place
        of an earlier one, and a length that is there already is not added again.
        """
        reasons = {one.code: one for one in (*self.accepted, *accepted)}
        lengths = dict.fromkeys((*self.calipers, *calipers))
        return replace(self, calipers=tuple(lengths), accepted=tuple(reasons.values()))

    def to_dict(self) -> dict[str, Any]:
        """Return the recipe with every default filled in, as it is written to a file."""
        case = {"use": self.use, "accuracy_mm": self.accuracy_mm, "code": self.code}
        printer = {"name": self.printer, "material": self.material, "layer_mm": self.layer_mm}
        out: dict[str, Any] = {"schema": SCHEMA}
        for name, table in (("case", case), ("printer", printer)):
            stated = {key: value for key, value in table.items() if value not in (None, "")}
            if stated:
                out[name] = stated
        if self.formats:
            out["output"] = {"formats": list(self.formats)}
        out["step"] = [
            {"do": call.step.name, **{k: plain_value(v) for k, v in call.parameters.items() if v is not None}}
            for call in self.steps
        ]
        return out | tables_of(self.calipers, self.accepted)

    def to_toml(self) -> str:
        """Return the text of the recipe file."""
        data = self.to_dict()
        lines = [f"schema = {toml_text(data['schema'])}"]
        for table in ("case", "printer", "output"):
            if table in data:
                lines += ["", f"[{table}]", *(f"{key} = {toml_text(value)}" for key, value in data[table].items())]
        for table in ("step", "caliper", "accept"):
            for row in data.get(table, []):
                lines += ["", f"[[{table}]]", *(f"{key} = {toml_text(value)}" for key, value in row.items())]
        return "\n".join(lines) + "\n"


def preset_names() -> tuple[str, ...]:
    """Names of the recipes that ship with PrintPrep."""
    return tuple(sorted(path.stem for path in PRESET_FOLDER.glob("*.toml")))


def load_preset(name: str) -> Recipe:
    """Read a recipe that ships with PrintPrep.

    Raises
    ------
    InputError
        There is none of that name.
    """
    if name not in preset_names():
        raise InputError(f"There is no preset '{name}'.{_nearest(name, preset_names())}")
    return parse_recipe((PRESET_FOLDER / f"{name}.toml").read_text("utf-8"), f"preset {name}")


def load_recipe(path: Path) -> Recipe:
    """Read a recipe file.

    Raises
    ------
    InputError
        The file is missing or not text.
    RecipeError
        Something in it is not understood.
    """
    if not path.is_file():
        raise InputError(f"There is no recipe file '{path.name}'. Check the path, or choose a preset.")
    if path.stat().st_size > LONGEST_RECIPE_BYTES:
        raise InputError(f"'{path.name}' is too large to be a recipe. Choose a .toml file.")
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"The recipe '{path.name}' cannot be read as text. Choose a .toml file.") from error
    return replace(parse_recipe(text, path.name), folder=path.parent)


def parse_recipe(text: str, name: str = "recipe") -> Recipe:
    """Read the text of a recipe. ``name`` is what messages call it.

    Raises
    ------
    RecipeError
        Names the key, the table with its line, and the nearest known word.
    """
    try:
        data = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # besides bad TOML: numbers of thousands of digits, deep nesting
        raise RecipeError(f"{name} is not valid TOML: {error}.") from error
    return recipe_from(data, name, text)


def recipe_from(data: Mapping[str, Any], name: str = "recipe", text: str = "") -> Recipe:
    """Read a recipe from its values, as a record holds them; ``text`` is where they came from, for line numbers.

    Raises
    ------
    RecipeError
        As :func:`parse_recipe`.
    """
    _known(data, _TOP_KEYS, f"{name}, top of the file")
    if data.get("schema") != SCHEMA:
        raise RecipeError(f'{name} must say schema = "{SCHEMA}"; it says {data.get("schema")!r}.')
    case = _table(data, "case", _CASE_KEYS, name, text)
    printer = _table(data, "printer", _PRINTER_KEYS, name, text)
    output = _table(data, "output", _OUTPUT_KEYS, name, text)
    steps = data.get("step", [])
    if not isinstance(steps, list) or not all(isinstance(step, dict) for step in steps):
        raise RecipeError(f"{name}: write each step as a table [[step]] of its own.")
    if not steps:
        raise RecipeError(f"{name} has no steps. Add a table [[step]] with do = ... for each.")
    lines = [number for number, line in enumerate(text.splitlines(), 1) if re.match(r"\s*\[\[\s*step\s*\]\]", line)]
    return Recipe(
        steps=tuple(
            _step(step, f"{name}, step {i + 1}" + (f" (line {lines[i]})" if len(lines) == len(steps) else ""))
            for i, step in enumerate(steps)
        ),
        use=_text(case, "use", f"{name} [case]"),
        accuracy_mm=_positive(case, "accuracy_mm", f"{name} [case]"),
        code=_text(case, "code", f"{name} [case]"),
        printer=_text(printer, "name", f"{name} [printer]"),
        material=_text(printer, "material", f"{name} [printer]"),
        layer_mm=_positive(printer, "layer_mm", f"{name} [printer]"),
        formats=_formats(output, f"{name} [output]"),
        calipers=calipers_of(data.get("caliper", []), name),
        accepted=accepted_of(data.get("accept", []), name),
    )


def make_call(step: Step, given: Mapping[str, Any], where: str) -> StepCall:
    """Check the parameters of one step and fill in the defaults.

    Raises
    ------
    RecipeError
        Unknown, missing, wrong type or out of range.
    """
    aliases = step.recipe_aliases
    known = {spec.name: spec for spec in step.parameters}
    values: dict[str, Any] = {}
    for key, value in given.items():
        name = aliases.get(key, key)
        if name not in known:
            raise RecipeError(f"{where}: '{key}' is no parameter of {step.name}.{_nearest(key, [*known, *aliases])}")
        if name in values:
            raise RecipeError(f"{where}: '{name}' is given twice (once as '{key}').")
        try:
            values[name] = known[name].check(value)
        except (TypeError, ValueError) as error:
            raise RecipeError(f"{where}: {error}.") from error
    for spec in step.parameters:
        if spec.name not in values:
            if spec.required:
                raise RecipeError(f"{where}: {step.name} needs '{spec.name}' ({spec.help.rstrip('.')}).")
            values[spec.name] = spec.default
    return StepCall(step, MappingProxyType({spec.name: values[spec.name] for spec in step.parameters}))


def explain(recipe: Recipe) -> str:
    """Say in words what a recipe does."""
    lines = []
    if recipe.use:
        lines.append(f"For: {recipe.use}")
    if recipe.accuracy_mm is not None:
        lines.append(f"Smoothing and simplifying must stay within {recipe.accuracy_mm:g} mm.")
    if recipe.printer:
        lines.append(f"Printer: {recipe.printer}" + (f", material {recipe.material}" if recipe.material else ""))
    for number, call in enumerate(recipe.steps, 1):
        lines.append(f"{number}. {call.step.name}: {call.step.help}")
        for spec in call.step.parameters:
            value = call.parameters.get(spec.name)
            if value is not None:
                unit = f" {spec.unit}" if spec.unit else ""
                lines.append(f"     {spec.name} = {toml_text(plain_value(value))}{unit}  ({spec.help})")
    lines += [f"Caliper: {one.name}" for one in recipe.calipers]
    lines += [f"Accepted: {one.code}, because {one.reason}" for one in recipe.accepted]
    return "\n".join(lines)


def _step(data: Mapping[str, Any], where: str) -> StepCall:
    name = data.get("do")
    if not isinstance(name, str):
        raise RecipeError(f"{where} does not say what to do: add do = one of {', '.join(STEPS)}.")
    if name not in STEPS:
        raise RecipeError(f"{where}: there is no step '{name}'.{_nearest(name, STEPS)}")
    return make_call(STEPS[name], {k: v for k, v in data.items() if k != "do"}, f"{where}, {name}")


def _table(data: Mapping[str, Any], key: str, known: Iterable[str], name: str, text: str) -> Mapping[str, Any]:
    table = data.get(key, {})
    line = next((n for n, row in enumerate(text.splitlines(), 1) if re.match(rf"\s*\[\s*{key}\s*\]", row)), None)
    where = f"{name}, [{key}]" + (f" (line {line})" if line else "")
    if not isinstance(table, dict):
        raise RecipeError(f"{where} must be a table.")
    _known(table, known, where)
    return table


def _known(table: Mapping[str, Any], known: Iterable[str], where: str) -> None:
    words = list(known)
    for key in table:
        if key not in words:
            raise RecipeError(f"{where}: '{key}' is not known.{_nearest(key, words)}")


def _nearest(word: str, known: Iterable[str]) -> str:
    words = list(known)
    close = difflib.get_close_matches(word, words, n=1, cutoff=0.5)
    return f" Did you mean '{close[0]}'?" if close else f" Known: {', '.join(words)}."


def _text(table: Mapping[str, Any], key: str, where: str) -> str:
    value = table.get(key, "")
    if not isinstance(value, str):
        raise RecipeError(f"{where}: {key} must be text; got {value!r}.")
    return value


def _formats(table: Mapping[str, Any], where: str) -> tuple[str, ...]:
    value = table.get("formats", [])
    if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
        raise RecipeError(f'{where}: formats must be a list of words such as ["stl", "3mf"]; got {value!r}.')
    try:
        return checked_formats(value) if value else ()
    except InputError as error:
        raise RecipeError(f"{where}: {error}") from error


def _positive(table: Mapping[str, Any], key: str, where: str) -> float | None:
    value = table.get(key)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= sys.float_info.max:
        raise RecipeError(f"{where}: {key} must be a number above zero; got {value!r}.")
    return float(value)
