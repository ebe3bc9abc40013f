"""Recipes: written and read back equal, and wrong ones refused with key, table, line and the nearest word."""

from __future__ import annotations

import tomllib
from contextlib import suppress
from enum import Enum
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from PrintPrepLib.errors import InputError, RecipeError
from PrintPrepLib.parameters import ParameterSpec
from PrintPrepLib.segment.presets import Tissue
from PrintPrepLib.workflow.recipe import (
    LONGEST_RECIPE_BYTES,
    Recipe,
    StepCall,
    explain,
    load_preset,
    load_recipe,
    make_call,
    parse_recipe,
    preset_names,
)
from PrintPrepLib.workflow.steps import STEPS

HEAD = 'schema = "printprep-recipe/1"\n'
GOOD = (
    HEAD
    + """
[case]
use = "surgical planning"
accuracy_mm = 0.5

[printer]
name = "prusa-mk4"
material = "pla"

[[step]]
do = "threshold"
lower_hu = 250

[[step]]
do = "fragments"
keep = "largest"
"""
)


def _steps(text: str) -> str:
    return HEAD + "[[step]]\n" + text


def _same(a: Recipe, b: Recipe) -> bool:
    return a.to_dict() == b.to_dict() and [dict(c.parameters) for c in a.steps] == [dict(c.parameters) for c in b.steps]


def test_the_recipe_of_the_design_is_read() -> None:
    recipe = parse_recipe(GOOD)
    assert (recipe.use, recipe.accuracy_mm) == ("surgical planning", 0.5)
    assert (recipe.printer, recipe.material) == ("prusa-mk4", "pla")
    assert [call.step.name for call in recipe.steps] == ["threshold", "fragments"]
    assert recipe.steps[0].parameters["lower"] == 250.0
    assert recipe.steps[0].parameters["preset"] is None


def test_hounsfield_names_are_other_names_for_the_bounds() -> None:
    a = parse_recipe(_steps('do = "threshold"\nlower_hu = 250\nupper_hu = 900.5\n'))
    b = parse_recipe(_steps('do = "threshold"\nlower = 250\nupper = 900.5\n'))
    assert _same(a, b)
    with pytest.raises(RecipeError, match="'lower' is given twice"):
        parse_recipe(_steps('do = "threshold"\nlower_hu = 250\nlower = 300\n'))


@pytest.mark.parametrize("name", preset_names())
def test_presets_are_valid_and_survive_writing(name: str) -> None:
    recipe = load_preset(name)
    assert _same(parse_recipe(recipe.to_toml()), recipe)
    assert recipe.steps[0].step.name == "threshold"
    assert recipe.accuracy_mm is not None
    assert explain(recipe).count("\n") > 5


def test_the_three_presets_of_the_issue_ship() -> None:
    assert {"bone", "vessel", "soft-tissue"} <= set(preset_names())


def test_written_recipe_has_every_default_filled_in() -> None:
    data = tomllib.loads(parse_recipe(GOOD).to_toml())
    smooth = tomllib.loads(parse_recipe(_steps('do = "smooth"\n')).to_toml())["step"][0]
    assert data["schema"] == "printprep-recipe/1"
    assert smooth == {"do": "smooth", "bound_voxels": 0.5, "pass_band": 0.1, "iterations": 20}


def _values(spec: ParameterSpec) -> st.SearchStrategy[Any]:
    if spec.enum is not None:
        value: st.SearchStrategy[Any] = st.sampled_from(list(spec.enum))
    elif spec.kind is bool:
        value = st.booleans()
    elif spec.kind is str:
        value = st.text(st.characters(codec="utf-8", exclude_categories=("Cs",)), max_size=20)
    else:
        low = -1e6 if spec.low is None else spec.low
        high = 1e6 if spec.high is None else spec.high
        value = st.integers(int(low), int(high)) if spec.kind is int else st.floats(low, high)
        if spec.kind is tuple:
            value = st.tuples(*[value] * (spec.length or 3))
    return value if spec.required or spec.default is not None else st.none() | value


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_any_recipe_survives_writing_and_reading(data: st.DataObject) -> None:
    steps: list[StepCall] = []
    for name in data.draw(st.lists(st.sampled_from(list(STEPS)), min_size=1, max_size=4)):
        given_values = {spec.name: data.draw(_values(spec)) for spec in STEPS[name].parameters}
        steps.append(make_call(STEPS[name], given_values, "test"))
    text = st.text(st.characters(codec="utf-8", exclude_categories=("Cs",)), max_size=30)
    recipe = Recipe(
        tuple(steps),
        use=data.draw(text),
        accuracy_mm=data.draw(st.none() | st.floats(1e-6, 1e6)),
        code=data.draw(text),
        printer=data.draw(text),
        layer_mm=data.draw(st.none() | st.floats(0.01, 1.0)),
    )
    back = parse_recipe(recipe.to_toml())
    assert _same(back, recipe)
    assert (back.use, back.code, back.printer, back.accuracy_mm) == (
        recipe.use, recipe.code, recipe.printer, recipe.accuracy_mm,
    )  # fmt: skip
    assert back.to_toml() == recipe.to_toml()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('schema = "printprep-recipe/1"\nstps = 1\n', ["top of the file", "'stps'", "'step'"]),
        (HEAD + "[case]\nacuracy_mm = 0.5\n", ["[case]", "line 2", "'acuracy_mm'", "'accuracy_mm'"]),
        (HEAD + '\n\n[printer]\nnme = "a"\n', ["[printer]", "line 4", "'nme'", "'name'"]),
        (_steps('do = "smoth"\n'), ["step 1", "line 2", "'smoth'", "'smooth'"]),
        (_steps('do = "smooth"\nbuond_mm = 0.2\n'), ["step 1", "line 2", "smooth", "'buond_mm'", "'bound_mm'"]),
        (_steps('do = "threshold"\nlower_uh = 2\n'), ["threshold", "'lower_uh'", "'lower_hu'"]),
        (_steps('do = "smooth"\nxyzzy = 1\n'), ["'xyzzy'", "Known:", "bound_mm"]),
        (_steps('do = "smooth"\nbound_mm = "0.2"\n'), ["bound_mm must be a number", "'0.2'", "step 1", "line 2"]),
        (_steps('do = "smooth"\nbound_mm = true\n'), ["bound_mm must be a number"]),
        (_steps('do = "smooth"\niterations = 2.5\n'), ["iterations must be a whole number"]),
        (_steps('do = "smooth"\niterations = inf\n'), ["iterations must be a finite number"]),
        (_steps('do = "smooth"\nbound_voxels = 3.0\n'), ["bound_voxels", "at most 2", "got 3"]),
        (_steps('do = "smooth"\nbound_mm = -0.1\n'), ["bound_mm", "at least 0 mm"]),
        (_steps('do = "smooth"\nbound_mm = nan\n'), ["bound_mm", "finite"]),
        (_steps('do = "fragments"\nkeep = "biggest"\n'), ["keep must be one of", "largest", "'biggest'"]),
        (_steps('do = "fragments"\npoint_mm = [1, 2]\n'), ["point_mm must have 3 numbers"]),
        (_steps('do = "threshold"\npreset = "bones"\n'), ["preset must be one of", "bone"]),
        (_steps("keep = 1\n"), ["step 1", "does not say what to do"]),
        (_steps("do = 3\n"), ["does not say what to do"]),
        (GOOD + '\n[[step]]\ndo = "nothing"\n', ["step 3", "line 19", "'nothing'"]),
        (HEAD + '[case]\naccuracy_mm = "fine"\n', ["[case]", "accuracy_mm", "above zero", "'fine'"]),
        (HEAD + "[case]\naccuracy_mm = 0\n", ["accuracy_mm", "above zero"]),
        (HEAD + "[case]\naccuracy_mm = inf\n", ["accuracy_mm", "above zero"]),
        (HEAD + "[case]\nuse = 3\n", ["[case]", "use must be text"]),
        (HEAD + 'case = "a"\n', ["[case]", "table"]),
        (HEAD + "[step]\ndo = 1\n", ["[[step]]"]),
        (HEAD, ["no steps"]),
        ("", ["schema", "printprep-recipe/1"]),
        ('schema = "printprep-recipe/2"\n', ["printprep-recipe/2"]),
        ("this is no toml", ["not valid TOML", "line 1"]),
    ],
)
def test_wrong_recipes_are_refused_in_words(text: str, words: list[str]) -> None:
    if text.startswith(HEAD + "[case]") or text.startswith(HEAD + "\n\n[printer]"):
        text += '[[step]]\ndo = "threshold"\nlower = 1\n'
    with pytest.raises(RecipeError) as caught:
        parse_recipe(text, "mine.toml")
    message = str(caught.value)
    assert "mine.toml" in message
    for word in words:
        assert word in message, message


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=200) | st.text(max_size=60).map(lambda text: HEAD + text) | st.text(max_size=60).map(_steps))
def test_any_text_is_a_recipe_or_a_recipe_error(text: str) -> None:
    with suppress(RecipeError):
        parse_recipe(text)


def test_huge_whole_numbers_are_refused_in_words() -> None:
    with pytest.raises(RecipeError, match="accuracy_mm"):
        parse_recipe(GOOD.replace("accuracy_mm = 0.5", f"accuracy_mm = {10**400}"))
    with pytest.raises(RecipeError, match="lower"):
        parse_recipe(_steps(f'do = "threshold"\nlower = {10**400}\n'))


@pytest.mark.parametrize("value", ["9" * 5000, "[" * 5000 + "]" * 5000], ids=["long number", "deep list"])
def test_hostile_toml_is_refused_in_words(value: str) -> None:
    with pytest.raises(RecipeError, match="not valid TOML"):
        parse_recipe(f"{HEAD}a = {value}\n")


def test_enums_come_out_as_enums() -> None:
    call = parse_recipe(_steps('do = "threshold"\npreset = "bone"\n')).steps[0]
    assert call.parameters["preset"] is Tissue.BONE
    assert isinstance(call.parameters["preset"], Enum)


def test_files(tmp_path: Path) -> None:
    good = tmp_path / "good.toml"
    good.write_text(GOOD, "utf-8")
    assert _same(load_recipe(good), parse_recipe(GOOD))
    with pytest.raises(InputError, match=r"no recipe file 'none\.toml'"):
        load_recipe(tmp_path / "none.toml")
    with pytest.raises(InputError, match="no recipe file"):
        load_recipe(tmp_path)
    (tmp_path / "picture.toml").write_bytes(b"\x89PNG\xff\xfe\x00")
    with pytest.raises(InputError, match="cannot be read as text"):
        load_recipe(tmp_path / "picture.toml")
    (tmp_path / "long.toml").write_bytes(b"#" * (LONGEST_RECIPE_BYTES + 1))
    with pytest.raises(InputError, match="too large"):
        load_recipe(tmp_path / "long.toml")


def test_unknown_preset_names_the_nearest() -> None:
    with pytest.raises(InputError, match="Did you mean 'vessel'"):
        load_preset("vesel")


def test_case_and_printer_can_be_set_from_outside() -> None:
    recipe = parse_recipe(GOOD)
    assert recipe.with_case(use="teaching").use == "teaching"
    assert recipe.with_case(use="teaching").printer == "prusa-mk4"
    assert recipe.with_case(printer="other").use == "surgical planning"


def test_no_parameter_is_called_as_the_key_that_names_the_step() -> None:
    for step in STEPS.values():  # written to a file it would take the step's place
        assert "do" not in {spec.name for spec in step.parameters}, step.name
