"""The printers that are known: their process and what fits into them."""

from __future__ import annotations

import difflib
import tomllib
from dataclasses import asdict, dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from ..errors import InputError

PROCESSES = frozenset({"fdm", "sla", "mjf", "polyjet"})
"""Ways of printing that the entries may name."""

_KEYS = frozenset({"title", "process", "build_volume_mm", "source"})


@dataclass(frozen=True)
class Printer:
    """One printer.

    Attributes
    ----------
    name : str
        Short name with hyphens, as recipes and the command line use it.
    title : str
        What people call it.
    process : str
        ``"fdm"``, ``"sla"``, ``"mjf"`` or ``"polyjet"``.
    build_volume_mm : tuple of float
        Usable width, depth and height.
    source : str
        Where the figures were read.

    Raises
    ------
    InputError
        A figure is missing, not positive, or without a source.
    """

    name: str
    title: str
    process: str
    build_volume_mm: tuple[float, float, float]
    source: str

    def __post_init__(self) -> None:
        if not self.source.strip():
            raise InputError(f"Printer '{self.name}' has no source for its figures.")
        if self.process not in PROCESSES:
            raise InputError(f"Printer '{self.name}': process must be one of {', '.join(sorted(PROCESSES))}.")
        if len(self.build_volume_mm) != 3 or not all(side > 0 for side in self.build_volume_mm):
            raise InputError(f"Printer '{self.name}': build_volume_mm must be three lengths above zero.")

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {**asdict(self), "build_volume_mm": list(self.build_volume_mm)}


def printers() -> tuple[Printer, ...]:
    """Return all known printers in the order of their names."""
    return _shipped()


def printer(name: str) -> Printer:
    """Return one printer by its name.

    Raises
    ------
    InputError
        No such printer; the message names the nearest known one.
    """
    known = {entry.name: entry for entry in _shipped()}
    if name in known:
        return known[name]
    wanted = "-".join(name.lower().split())
    near = difflib.get_close_matches(wanted, known, n=1, cutoff=0.5)
    hint = f"Did you mean '{near[0]}'? " if near else ""
    raise InputError(f"There is no printer '{name}'. {hint}Known printers: {', '.join(known)}.")


def parse_printers(text: str) -> tuple[Printer, ...]:
    """Read printers from TOML text, one table each.

    Raises
    ------
    InputError
        An entry lacks a key (a source above all), has an unknown one, or holds what cannot be.
    """
    out = []
    for name, entry in tomllib.loads(text).items():
        missing, unknown = _KEYS - entry.keys(), entry.keys() - _KEYS
        if missing or unknown:
            word = f"lacks {', '.join(sorted(missing))}" if missing else f"has unknown {', '.join(sorted(unknown))}"
            raise InputError(f"Printer '{name}' {word}.")
        volume = tuple(float(side) for side in entry["build_volume_mm"])
        if len(volume) != 3:
            raise InputError(f"Printer '{name}': build_volume_mm must be three lengths above zero.")
        out.append(Printer(name, entry["title"], entry["process"], (volume[0], volume[1], volume[2]), entry["source"]))
    return tuple(sorted(out, key=lambda entry: entry.name))


@cache
def _shipped() -> tuple[Printer, ...]:
    text = files(__package__).joinpath("printers.toml").read_text(encoding="utf-8")
    return parse_printers(text)
