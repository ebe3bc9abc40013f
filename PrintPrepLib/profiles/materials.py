"""Materials, read from ``materials.toml`` and a lab's own file."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import lru_cache
from typing import Any

from ..errors import InputError
from .figures import Figure, Note, check_keys, figure_of, flag_of, names_of, nearest, note_of, text_of
from .lab import lab_text, merged
from .processes import process_names

_NOTES = ("behavior", "sterilization", "biocompatibility")
_NEEDED = ("title", "processes", "flexible", "colors", "density", *_NOTES)


@dataclass(frozen=True)
class Material:
    """A material.

    Attributes
    ----------
    processes : tuple of str
        Printing processes that take it.
    flexible : bool
        It bends like rubber.
    density : Figure
        Of the printed part, g/cm3.
    price : Figure or None
        Rough, for a kilogram or a liter.
    behavior, sterilization, biocompatibility : Note
        What is known; the maker's document decides.
    """

    name: str
    title: str
    processes: tuple[str, ...]
    flexible: bool
    colors: str
    density: Figure
    behavior: Note
    sterilization: Note
    biocompatibility: Note
    price: Figure | None = None

    def cost(self, volume_ml: float) -> float | None:
        """Rough price of an amount of material; None where none is known."""
        if self.price is None:
            return None
        per = self.density.value * volume_ml / 1000.0 if self.price.unit == "per_kg" else volume_ml / 1000.0
        return self.price.value * per

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        out: dict[str, Any] = {}
        for item in fields(self):
            value = getattr(self, item.name)
            out[item.name] = value.to_dict() if isinstance(value, Figure | Note) else value
        return {**out, "processes": list(self.processes)}


def material_names(process: str | None = None) -> tuple[str, ...]:
    """Names of all materials, or of those that a process takes."""
    table = _table(lab_text())
    return tuple(name for name, entry in table.items() if process is None or process in entry.processes)


def material_of(name: str, process: str | None = None) -> Material:
    """Return one material, in any case of letters.

    Raises
    ------
    InputError
        It is not known, or not printed with that process; the message names what is.
    """
    table = _table(lab_text())
    word = "-".join(name.strip().lower().split())
    if word not in table:
        raise InputError(f"There is no material '{name}'.{nearest(word, material_names(process))}")
    if process is not None and process not in table[word].processes:
        raise InputError(
            f"{table[word].title} is not printed with {process}. Materials for it: "
            f"{', '.join(material_names(process))}."
        )
    return table[word]


def parse_materials(text: str) -> dict[str, Material]:
    """Read materials from TOML text, one table each.

    Raises
    ------
    InputError
        An entry lacks a key (a source above all), has an unknown one, or names an unknown process.
    """
    return _parsed(tomllib.loads(text))


def _parsed(rows: Mapping[str, Any]) -> dict[str, Material]:
    out = {}
    for name, row in rows.items():
        what = f"Material '{name}'"
        check_keys(row, what, _NEEDED, ("price",))
        processes = names_of(row["processes"], f"{what}, processes")
        for word in processes:
            if word not in process_names():
                raise InputError(f"{what}: there is no printing process '{word}'.{nearest(word, process_names())}")
        price = figure_of(row["price"], f"{what}, price") if "price" in row else None
        if price is not None and price.unit not in ("per_kg", "per_liter"):
            raise InputError(f"{what}: a price needs value_per_kg or value_per_liter.")
        out[name] = Material(
            name=name,
            title=text_of(row["title"], what),
            processes=processes,
            flexible=flag_of(row["flexible"], what),
            colors=text_of(row["colors"], what),
            density=figure_of(row["density"], f"{what}, density", unit="g_cm3"),
            price=price,
            **{key: note_of(row[key], f"{what}, {key}") for key in _NOTES},
        )
    return out


@lru_cache(maxsize=8)
def _table(text: str) -> dict[str, Material]:
    """Materials with the lab's own text laid over them; the text is the key of the cache."""
    return _parsed(merged("material"))
