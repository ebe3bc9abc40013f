"""Printing processes, read from ``processes.toml``."""

from __future__ import annotations

import difflib
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from ..errors import InputError

_FIGURES = ("wall", "wall_free", "feature", "gap")
_KEYS = frozenset({"title", "layer_mm", "source", *_FIGURES})


@dataclass(frozen=True)
class Figure:
    """A length from a guide, and which guide.

    Raises
    ------
    InputError
        It is not positive, or nobody states it.
    """

    value_mm: float
    source: str

    def __post_init__(self) -> None:
        if not self.value_mm > 0.0 or not self.source.strip():
            raise InputError("A figure of a printing process must be above zero and name its source.")


@dataclass(frozen=True)
class Process:
    """A printing process.

    Attributes
    ----------
    layer_mm : float
        Usual layer height; ``source`` says who states it.
    wall, wall_free : Figure
        Thinnest wall that is held by others round it, and thinnest free-standing wall.
    feature : Figure
        Thinnest free pin.
    gap : Figure
        Narrowest gap that stays open.
    """

    name: str
    title: str
    layer_mm: float
    source: str
    wall: Figure
    wall_free: Figure
    feature: Figure
    gap: Figure


def process_names() -> tuple[str, ...]:
    """Names of all processes."""
    return tuple(_table())


def process_of(name: str) -> Process:
    """Return one process.

    Raises
    ------
    InputError
        It is not known; the message names the nearest.
    """
    if name not in _table():
        close = difflib.get_close_matches(name, _table(), n=1)
        hint = f" Did you mean '{close[0]}'?" if close else f" Known: {', '.join(_table())}."
        raise InputError(f"There is no printing process '{name}'.{hint}")
    return _table()[name]


def parse_processes(text: str) -> dict[str, Process]:
    """Read processes from TOML text, one table each.

    Raises
    ------
    InputError
        An entry lacks a key (a source above all) or has an unknown one.
    """
    out = {}
    for name, row in tomllib.loads(text).items():
        missing, unknown = _KEYS - row.keys(), row.keys() - _KEYS
        if missing or unknown:
            word = f"lacks {', '.join(sorted(missing))}" if missing else f"has unknown {', '.join(sorted(unknown))}"
            raise InputError(f"Printing process '{name}' {word}.")
        figures = {}
        for key in _FIGURES:
            if row[key].keys() != {"value_mm", "source"}:
                raise InputError(f"Printing process '{name}': {key} needs value_mm and source, and nothing else.")
            figures[key] = Figure(float(row[key]["value_mm"]), str(row[key]["source"]))
        out[name] = Process(name, str(row["title"]), float(row["layer_mm"]), str(row["source"]), **figures)
    return out


@cache
def _table() -> dict[str, Process]:
    return parse_processes((files(__package__) / "processes.toml").read_text("utf-8"))
