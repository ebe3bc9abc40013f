"""Parameters: described once at the function, checked the same way by every face."""

from __future__ import annotations

import math
from enum import Enum
from typing import Annotated, Any

import pytest

from PrintPrepLib.parameters import Param, ParameterSpec, parameters_of
from PrintPrepLib.progress import Progress, silent
from PrintPrepLib.workflow.steps import STEPS


class Color(Enum):
    """Two colors."""

    RED = "red"
    BLUE = "blue"


def step(
    mesh: object,
    *,
    need: Annotated[float, Param("Must be given.", unit="mm", low=0, high=10)],
    color: Annotated[Color, Param("A choice.")] = Color.RED,
    maybe: Annotated[float | None, Param("Optional.", low=1)] = None,
    count: Annotated[int, Param("A number of things.", low=1)] = 3,
    flag: Annotated[bool, Param("Yes or no.")] = True,
    text: Annotated[str, Param("A word.")] = "a",
    point: Annotated[tuple[float, float, float] | None, Param("A place.", length=3)] = None,
    voxel_mm: float | None = None,
    progress: Progress = silent,
) -> None:
    """Do nothing."""


SPECS: dict[str, ParameterSpec] = {spec.name: spec for spec in parameters_of(step)}


def test_only_described_arguments_are_parameters_in_their_order() -> None:
    assert list(SPECS) == ["need", "color", "maybe", "count", "flag", "text", "point"]


def test_description_is_read_whole() -> None:
    need = SPECS["need"]
    assert (need.kind, need.required, need.optional, need.default) == (float, True, False, None)
    assert (need.help, need.unit, need.low, need.high) == ("Must be given.", "mm", 0, 10)
    assert (SPECS["color"].choices, SPECS["color"].enum, SPECS["color"].default) == (("red", "blue"), Color, Color.RED)
    assert (SPECS["maybe"].optional, SPECS["maybe"].kind, SPECS["maybe"].required) == (True, float, False)
    assert (SPECS["point"].kind, SPECS["point"].length, SPECS["point"].optional) == (tuple, 3, True)


@pytest.mark.parametrize(
    ("name", "given", "checked"),
    [
        ("need", 3, 3.0),
        ("need", 0, 0.0),
        ("need", 10, 10.0),
        ("color", "blue", Color.BLUE),
        ("color", Color.RED, Color.RED),
        ("maybe", None, None),
        ("count", 4.0, 4),
        ("flag", False, False),
        ("text", "b", "b"),
        ("point", [1, 2, 3], (1.0, 2.0, 3.0)),
        ("point", None, None),
    ],
)
def test_good_values_come_back_in_their_own_type(name: str, given: Any, checked: Any) -> None:
    value = SPECS[name].check(given)
    assert value == checked
    assert type(value) is type(checked)


@pytest.mark.parametrize(
    ("name", "given", "kind", "words"),
    [
        ("need", "3", TypeError, "need must be a number"),
        ("need", True, TypeError, "need must be a number"),
        ("need", None, TypeError, "need must be a number"),
        ("need", -0.1, ValueError, "at least 0 mm"),
        ("need", 10.1, ValueError, "at most 10 mm"),
        ("need", math.nan, ValueError, "finite"),
        ("need", math.inf, ValueError, "finite"),
        ("count", 2.5, TypeError, "a whole number"),
        ("count", 0, ValueError, "at least 1"),
        ("color", "green", ValueError, "one of red, blue"),
        ("color", 3, ValueError, "one of red, blue"),
        ("flag", 1, TypeError, "true or false"),
        ("text", 1, TypeError, "must be text"),
        ("point", [1, 2], ValueError, "3 numbers"),
        ("point", [1, "2", 3], TypeError, "list of numbers"),
        ("point", "1,2,3", TypeError, "list of numbers"),
        ("point", [1, 2, math.nan], ValueError, "finite"),
    ],
)
def test_bad_values_are_refused_with_the_name(name: str, given: Any, kind: type[Exception], words: str) -> None:
    with pytest.raises(kind, match=words) as caught:
        SPECS[name].check(given)
    assert name in str(caught.value)


@pytest.mark.parametrize("given", [math.nan, math.inf, -math.inf, 10**400])
def test_a_whole_number_that_is_not_finite_is_a_plain_refusal(given: float) -> None:
    with pytest.raises(ValueError, match=r"count must be a finite number"):
        SPECS["count"].check(given)


def test_a_list_is_no_choice() -> None:
    with pytest.raises(ValueError, match="one of red, blue"):
        SPECS["color"].check(["red"])


def test_a_type_that_no_recipe_can_hold_is_refused() -> None:
    def wrong(*, table: Annotated[dict[str, int], Param("No.")]) -> None:
        """Take a table."""

    with pytest.raises(TypeError, match="table"):
        parameters_of(wrong)


@pytest.mark.parametrize("name", list(STEPS))
def test_every_step_describes_its_parameters_and_its_defaults_hold(name: str) -> None:
    assert STEPS[name].help.endswith(".")
    for spec in STEPS[name].parameters:
        assert spec.help.strip(), f"{name}.{spec.name} has no help"
        if not spec.required:
            assert spec.check(spec.default) == spec.default
