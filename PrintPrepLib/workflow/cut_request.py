"""What the step ``cut`` would be asked for, from its parameters and the recipe's printer, for a preview of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from inspect import signature
from typing import Any

from ..shape.pins.options import request_of
from ..shape.pins.request import PinRequest
from .chain import take_from_recipe
from .recipe import Recipe, make_call
from .steps import STEPS

CUT = "cut"


@dataclass(frozen=True)
class CutRequest:
    """Pins (None where none are wanted), width of the cut, and the radius that bounds planes without a rectangle."""

    pins: PinRequest | None
    kerf_mm: float
    bound_radius_mm: float | None


def cut_request(values: Mapping[str, Any], *, printer: str = "", material: str = "") -> CutRequest:
    """Read the parameters as a run of the recipe would, with its printer's figures where they leave them open.

    Raises
    ------
    RecipeError
        A parameter is unknown, of the wrong type or out of range.
    InputError
        A word is not known.
    """
    parameters: dict[str, Any] = dict(make_call(STEPS[CUT], values, CUT).parameters)
    take_from_recipe(parameters, Recipe((), printer=printer, material=material))
    asked = {name: parameters[name] for name in signature(request_of).parameters}
    return CutRequest(request_of(**asked), float(parameters["kerf_mm"]), parameters["bound_radius_mm"])
