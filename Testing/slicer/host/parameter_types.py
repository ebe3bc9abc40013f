"""Annotations of the typed members of a parameter node: validators, defaults, decimals, ranges."""

from __future__ import annotations

import typing
from dataclasses import dataclass
from typing import Any


class Validator:
    """Refuses values."""

    def validate(self, value: Any) -> None:
        """Raise ValueError for a bad value."""
        raise NotImplementedError


@dataclass(frozen=True)
class WithinRange(Validator):
    """Both limits belong to the range."""

    minimum: float
    maximum: float

    def validate(self, value: Any) -> None:
        """Refuse what lies outside."""
        if not self.minimum <= value <= self.maximum:
            raise ValueError(f"Value must be within range [{self.minimum}, {self.maximum}], is {value}")


@dataclass(frozen=True)
class Minimum(Validator):
    """A lower limit."""

    minimum: float

    def validate(self, value: Any) -> None:
        """Refuse what lies below."""
        if value < self.minimum:
            raise ValueError(f"Value must be at least {self.minimum}, is {value}")


@dataclass(frozen=True)
class Maximum(Validator):
    """An upper limit."""

    maximum: float

    def validate(self, value: Any) -> None:
        """Refuse what lies above."""
        if value > self.maximum:
            raise ValueError(f"Value must be at most {self.maximum}, is {value}")


class Choice(Validator):
    """One of a list."""

    def __init__(self, choices: Any) -> None:
        self.choices = list(choices)

    def validate(self, value: Any) -> None:
        """Refuse what is not in the list."""
        if value not in self.choices:
            raise ValueError(f"Value must be one of {self.choices}, is {value!r}")


class NotNone(Validator):
    """Something must be given."""

    def validate(self, value: Any) -> None:
        """Refuse None."""
        if value is None:
            raise ValueError("Value must not be None")


@dataclass(frozen=True)
class RangeBounds(Validator):
    """Limits of a range."""

    minimum: float
    maximum: float

    def validate(self, value: Any) -> None:
        """Refuse a range that sticks out."""
        if not (self.minimum <= value.minimum and value.maximum <= self.maximum):
            raise ValueError(f"Range must be within [{self.minimum}, {self.maximum}], is {value}")


class Default:
    """A default value as an annotation; or a function that makes one each time."""

    def __init__(self, value: Any = None, *, generator: Any = None) -> None:
        self._value, self._generator = value, generator

    @property
    def value(self) -> Any:
        """The value."""
        return self._generator() if self._generator else self._value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Default) and vars(self) == vars(other)

    __hash__ = None  # type: ignore[assignment]


@dataclass(frozen=True)
class Decimals:
    """Decimals of the bound widget."""

    value: int


@dataclass(frozen=True)
class SingleStep:
    """Step of the bound widget."""

    value: float


@dataclass
class FloatRange:
    """A lower and an upper number."""

    minimum: float = 0.0
    maximum: float = 0.0


def split(annotated: Any) -> tuple[Any, list[Any]]:
    """The plain type and its annotations."""
    if typing.get_origin(annotated) is typing.Annotated:
        first, *rest = typing.get_args(annotated)
        return first, rest
    return annotated, []


def validators_in(annotations: list[Any]) -> tuple[Validator, ...]:
    """The validators among annotations; a class stands for its instance."""
    made = [item() if isinstance(item, type) and issubclass(item, Validator) else item for item in annotations]
    return tuple(item for item in made if isinstance(item, Validator))
