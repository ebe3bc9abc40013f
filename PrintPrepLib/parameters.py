"""Parameters of a step, described once.

A step is an ordinary function whose keyword arguments are annotated::

    def smooth(mesh: Mesh, *, bound_mm: Annotated[float, Param("No vertex moves further.", unit="mm", low=0)] = 0.2)

The recipe, the command line and the panel all read this one description, so a parameter cannot be spelled,
bounded or explained in two ways.
"""

from __future__ import annotations

import inspect
import math
import types
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

Value = bool | int | float | str | tuple[float, ...] | None
"""What a parameter may hold once checked."""


@dataclass(frozen=True)
class Param:
    """What a person must know about one parameter. Bounds are inclusive."""

    help: str
    unit: str = ""
    low: float | None = None
    high: float | None = None
    length: int | None = None


@dataclass(frozen=True)
class ParameterSpec:
    """One parameter of a step as the faces see it.

    ``kind`` is one of ``bool``, ``int``, ``float``, ``str`` or ``tuple`` (of floats). ``optional`` says that the
    parameter may be left out even where it has no default, i.e. its default is None.
    """

    name: str
    kind: type
    default: Any
    required: bool
    optional: bool
    help: str
    unit: str
    low: float | None
    high: float | None
    length: int | None
    choices: tuple[str, ...]
    enum: type[Enum] | None

    def check(self, value: Any) -> Any:
        """Return the value in the parameter's own type.

        Raises
        ------
        TypeError
            Wrong kind of value.
        ValueError
            Out of range, or not one of the choices.
        """
        if value is None and self.optional:
            return None
        if self.enum is not None:
            return self._check_choice(value)
        if self.kind is tuple:
            return self._check_tuple(value)
        return self._check_scalar(value)

    def _check_choice(self, value: Any) -> Enum:
        assert self.enum is not None
        if isinstance(value, self.enum):
            return value
        if value in self.choices:
            return self.enum(value)
        raise ValueError(f"{self.name} must be one of {', '.join(self.choices)}; got {value!r}")

    def _check_tuple(self, value: Any) -> tuple[float, ...]:
        if not isinstance(value, list | tuple) or not all(_is_number(v) for v in value):
            raise TypeError(f"{self.name} must be a list of numbers; got {value!r}")
        if self.length is not None and len(value) != self.length:
            raise ValueError(f"{self.name} must have {self.length} numbers; got {len(value)}")
        if not all(_is_finite(v) for v in value):
            raise ValueError(f"{self.name} must hold finite numbers; got {value!r}")
        return tuple(self._check_range(float(v)) for v in value)

    def _check_scalar(self, value: Any) -> Any:
        if self.kind is bool:
            if not isinstance(value, bool):
                raise TypeError(f"{self.name} must be true or false; got {value!r}")
            return value
        if self.kind is str:
            if not isinstance(value, str):
                raise TypeError(f"{self.name} must be text; got {value!r}")
            return value
        if _is_number(value) and not _is_finite(value):
            raise ValueError(f"{self.name} must be a finite number; got {value}")
        if not _is_number(value) or (self.kind is int and int(value) != value):
            word = "a whole number" if self.kind is int else "a number"
            raise TypeError(f"{self.name} must be {word}; got {value!r}")
        return self.kind(self._check_range(self.kind(value)))

    def _check_range(self, value: float) -> float:
        unit = f" {self.unit}" if self.unit else ""
        if self.low is not None and value < self.low:
            raise ValueError(f"{self.name} must be at least {self.low:g}{unit}; got {value:g}")
        if self.high is not None and value > self.high:
            raise ValueError(f"{self.name} must be at most {self.high:g}{unit}; got {value:g}")
        return value


def parameters_of(function: Callable[..., Any]) -> tuple[ParameterSpec, ...]:
    """Read the parameters that a step function declares with :class:`Param`.

    Arguments without a ``Param`` (the mesh, the volume, the progress receiver) are not parameters.
    """
    hints = get_type_hints(function, include_extras=True)
    specs = []
    for name, argument in inspect.signature(function).parameters.items():
        hint = hints.get(name)
        if get_origin(hint) is not Annotated:
            continue
        param = next((extra for extra in get_args(hint)[1:] if isinstance(extra, Param)), None)
        if param is not None:
            specs.append(_spec(name, get_args(hint)[0], argument.default, param))
    return tuple(specs)


def _spec(name: str, hint: Any, default: Any, param: Param) -> ParameterSpec:
    kind, optional = _strip_none(hint)
    enum = kind if isinstance(kind, type) and issubclass(kind, Enum) else None
    if get_origin(kind) is tuple:
        kind = tuple
    if enum is not None:
        kind = str
    if kind not in (bool, int, float, str, tuple):
        raise TypeError(f"parameter {name} has a type that no recipe can hold: {hint}")
    required = default is inspect.Parameter.empty
    return ParameterSpec(
        name=name,
        kind=kind,
        default=None if required else default,
        required=required,
        optional=optional,
        help=param.help,
        unit=param.unit,
        low=param.low,
        high=param.high,
        length=param.length,
        choices=tuple(str(member.value) for member in enum) if enum is not None else (),
        enum=enum,
    )


def _strip_none(hint: Any) -> tuple[Any, bool]:
    if get_origin(hint) in (Union, types.UnionType):
        members = [m for m in get_args(hint) if m is not type(None)]
        if len(members) == 1:
            return members[0], True
    return hint, False


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_finite(value: float) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:  # a whole number too large for a float
        return False
