"""The printers that are known: their process and what fits into them."""

from __future__ import annotations

import difflib
import tomllib
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any

from ..errors import InputError
from .figures import flag_of
from .lab import lab_text, merged
from .processes import process_names

_KEYS = frozenset({"title", "process", "build_volume_mm", "source"})
_MORE = frozenset({"unverified", "materials"})


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
        One of the printing processes.
    build_volume_mm : tuple of float
        Usable width, depth and height.
    source : str
        Where the figures were read.
    unverified : bool
        They were handed down, and read nowhere.
    materials : tuple of str
        Materials that this machine takes, where not all of its process.

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
    unverified: bool = False
    materials: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.source.strip():
            raise InputError(f"Printer '{self.name}' has no source for its figures.")
        if self.process not in process_names():
            raise InputError(f"Printer '{self.name}': process must be one of {', '.join(process_names())}.")
        if len(self.build_volume_mm) != 3 or not all(side > 0 for side in self.build_volume_mm):
            raise InputError(f"Printer '{self.name}': build_volume_mm must be three lengths above zero.")

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {**asdict(self), "build_volume_mm": list(self.build_volume_mm), "materials": list(self.materials)}


def printers() -> tuple[Printer, ...]:
    """Return all known printers in the order of their names."""
    return _known(lab_text())


def printer(name: str) -> Printer:
    """Return one printer by its name.

    Raises
    ------
    InputError
        No such printer; the message names the nearest known one.
    """
    known = {entry.name: entry for entry in _known(lab_text())}
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
    return _parsed(tomllib.loads(text))


def _parsed(rows: dict[str, Any]) -> tuple[Printer, ...]:
    out = []
    for name, entry in rows.items():
        missing, unknown = _KEYS - entry.keys(), entry.keys() - _KEYS - _MORE
        if missing or unknown:
            word = f"lacks {', '.join(sorted(missing))}" if missing else f"has unknown {', '.join(sorted(unknown))}"
            raise InputError(f"Printer '{name}' {word}.")
        volume = tuple(float(side) for side in entry["build_volume_mm"])
        if len(volume) != 3:
            raise InputError(f"Printer '{name}': build_volume_mm must be three lengths above zero.")
        what = f"Printer '{name}'"
        flag, materials = flag_of(entry.get("unverified", False), what), entry.get("materials", [])
        if not isinstance(materials, list) or not all(isinstance(word, str) for word in materials):
            raise InputError(f"{what}: materials must be a list of names.")
        sizes = (volume[0], volume[1], volume[2])
        out.append(Printer(name, entry["title"], entry["process"], sizes, entry["source"], flag, tuple(materials)))
    return tuple(sorted(out, key=lambda entry: entry.name))


@lru_cache(maxsize=8)
def _known(text: str) -> tuple[Printer, ...]:
    """Printers with the lab's own text laid over them; the text is the key of the cache."""
    return _parsed(merged("printer"))
