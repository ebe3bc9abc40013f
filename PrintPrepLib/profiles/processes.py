"""Printing processes, read from ``processes.toml``."""

from __future__ import annotations

import difflib
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from ..errors import InputError


@dataclass(frozen=True)
class Process:
    """A printing process. ``layer_mm`` is the usual layer height; ``source`` says who states it."""

    name: str
    title: str
    layer_mm: float
    source: str


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


@cache
def _table() -> dict[str, Process]:
    rows = tomllib.loads((files(__package__) / "processes.toml").read_text("utf-8"))
    return {
        name: Process(name, str(row["title"]), float(row["layer_mm"]), str(row["source"])) for name, row in rows.items()
    }
