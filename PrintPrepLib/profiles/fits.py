"""Play between a pin and its hole by process and material, read from ``fits.toml`` and a lab's own file."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from ..errors import InputError
from .figures import figure_of
from .lab import lab_text, merged
from .processes import Figure, process_names, process_of

_NEEDED = frozenset({"across", "along"})
_KNOWN = _NEEDED | {"materials"}


@dataclass(frozen=True)
class Fit:
    """Play per side: ``across`` all round the pin, ``along`` beyond its end."""

    across: Figure
    along: Figure


@dataclass(frozen=True)
class ProcessFit:
    """Play of one process, and of those materials for which a guide states another."""

    general: Fit
    materials: Mapping[str, Fit]


def clearance_for(process: str, material: str | None = None) -> Fit:
    """Play between pin and hole for a process, or for one of its materials.

    Parameters
    ----------
    process : str
        Name as in ``processes.toml``.
    material : str, optional
        E.g. ``"petg"``, in any case of letters. Without one the general figure of the process is returned.

    Raises
    ------
    InputError
        The process is not known, or no guide states a figure for that material; the message names the nearest.
    """
    fit = _of(process)
    if material is None:
        return fit.general
    word = material.strip().lower()
    if word not in fit.materials:
        raise InputError(
            f"There is no figure for the play of pins in '{material}' printed with {process}."
            f"{_hint(word, fit.materials)} Or leave the material out: then the general figure of {process} is taken, "
            f"{fit.general.across.value_mm:g} mm per side."
        )
    return fit.materials[word]


def fit_materials(process: str) -> tuple[str, ...]:
    """Materials of a process that have a figure of their own."""
    return tuple(_of(process).materials)


def _of(process: str) -> ProcessFit:
    name, table = process_of(process).name, _table(lab_text())
    if name not in table:
        raise InputError(
            f"Nobody states the play of pins printed with '{name}'. Add a table [fit.{name}] with across and along, "
            "each "
            "with its source, to the lab's own profiles, or give the clearance."
        )
    return table[name]


def parse_fits(text: str) -> dict[str, ProcessFit]:
    """Read the play of pins from TOML text, one table for each process.

    Raises
    ------
    InputError
        The process is not known, or an entry lacks a key (a source above all) or has an unknown one.
    """
    return _parsed(tomllib.loads(text))


def _parsed(rows: Mapping[str, Any]) -> dict[str, ProcessFit]:
    out = {}
    for name, row in rows.items():
        if name not in process_names():
            raise InputError(f"Play of pins: there is no printing process '{name}'.{_hint(name, process_names())}")
        missing, unknown = _NEEDED - row.keys(), sorted(row.keys() - _KNOWN)
        if missing:
            raise InputError(f"Play of pins for '{name}' lacks {', '.join(sorted(missing))}.")
        if unknown:
            raise InputError(f"Play of pins for '{name}' has unknown '{unknown[0]}'.{_hint(unknown[0], _KNOWN)}")
        across, along = (_figure(row[key], f"'{name}', {key}") for key in ("across", "along"))
        materials = {
            word: Fit(_figure(value, f"'{name}', material '{word}'"), along)
            for word, value in row.get("materials", {}).items()
        }
        out[name] = ProcessFit(Fit(across, along), MappingProxyType(materials))
    return out


def _figure(row: Any, what: str) -> Figure:
    return figure_of(row, f"Play of pins for {what}", unit="mm")


def _hint(word: str, known: Iterable[str]) -> str:
    words = sorted(known)
    close = difflib.get_close_matches(word, words, n=1)
    if close:
        return f" Did you mean '{close[0]}'?"
    return f" Known: {', '.join(words)}." if words else ""


@lru_cache(maxsize=8)
def _table(text: str) -> dict[str, ProcessFit]:
    """Play with the lab's own text laid over it; the text is the key of the cache."""
    return _parsed(merged("fit"))
