"""What models are made for, read from ``uses.toml`` and a lab's own file."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import Enum
from functools import lru_cache
from types import MappingProxyType
from typing import Any, TypeVar

from ..errors import InputError
from .figures import Figure, Note, check_keys, figure_of, names_of, nearest, note_of, text_of
from .lab import lab_text, merged
from .materials import material_names
from .processes import process_names

_E = TypeVar("_E", bound=Enum)
_NOTES = (
    "basis", "smoothing", "inside", "supports", "split", "color", "finish", "durability", "handling", "label", "record",
)  # fmt: skip
_NEEDED = ("title", "processes", "materials", "layer", "hollow", "wall", "tolerance", *_NOTES)


class Layer(Enum):
    """How fine the layers should be."""

    DRAFT = "draft"
    USUAL = "usual"
    FINE = "fine"


class Hollow(Enum):
    """Whether thick places may be hollow: where it saves material, never, or only when someone says so."""

    SAVES = "where it saves"
    NEVER = "never"
    ASK = "only when the one who ordered it agrees"


@dataclass(frozen=True)
class Use:
    """A use of a model.

    Attributes
    ----------
    processes : tuple of str
        The preferred ones, the best first.
    materials : mapping of str to tuple of str
        Preferred materials by process, the best first.
    wall : Figure
        Thinnest free-standing wall that handling asks for, mm.
    tolerance : Figure
        Largest error that the use bears, mm, of the whole chain.
    """

    name: str
    title: str
    aliases: tuple[str, ...]
    processes: tuple[str, ...]
    materials: Mapping[str, tuple[str, ...]]
    layer: Layer
    hollow: Hollow
    wall: Figure
    tolerance: Figure
    basis: Note
    smoothing: Note
    inside: Note
    supports: Note
    split: Note
    color: Note
    finish: Note
    durability: Note
    handling: Note
    label: Note
    record: Note

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        out: dict[str, Any] = {}
        for item in fields(self):
            value = getattr(self, item.name)
            if isinstance(value, Figure | Note):
                value = value.to_dict()
            out[item.name] = value.value if isinstance(value, Enum) else value
        materials = {process: list(words) for process, words in self.materials.items()}
        return {**out, "aliases": list(self.aliases), "processes": list(self.processes), "materials": materials}


def use_names() -> tuple[str, ...]:
    """Names of all uses."""
    return tuple(_table(lab_text()))


def use_of(name: str) -> Use:
    """Return one use by its name or one of its other names, in any case of letters, with spaces or hyphens.

    Raises
    ------
    InputError
        It is not known; the message names the nearest.
    """
    table = _table(lab_text())
    word = "-".join(name.strip().lower().replace("-", " ").split())
    known = {alias: entry.name for entry in table.values() for alias in (entry.name, *entry.aliases)}
    if word not in known:
        raise InputError(f"There is no use '{name}'.{nearest(word, known)} All: {', '.join(table)}.")
    return table[known[word]]


def parse_uses(text: str) -> dict[str, Use]:
    """Read uses from TOML text, one table each.

    Raises
    ------
    InputError
        An entry lacks a key (a source above all), has an unknown one, or names an unknown process or material.
    """
    return _parsed(tomllib.loads(text))


def _parsed(rows: Mapping[str, Any]) -> dict[str, Use]:
    out = {}
    for name, row in rows.items():
        what = f"Use '{name}'"
        check_keys(row, what, _NEEDED, ("aliases",))
        processes = names_of(row["processes"], f"{what}, processes")
        for word in processes:
            if word not in process_names():
                raise InputError(f"{what}: there is no printing process '{word}'.{nearest(word, process_names())}")
        out[name] = Use(
            name=name,
            title=text_of(row["title"], what),
            aliases=names_of(row["aliases"], f"{what}, aliases") if row.get("aliases") else (),
            processes=processes,
            materials=_materials(row["materials"], what),
            layer=_choice(Layer, row["layer"], f"{what}, layer"),
            hollow=_choice(Hollow, row["hollow"], f"{what}, hollow"),
            wall=figure_of(row["wall"], f"{what}, wall", unit="mm"),
            tolerance=figure_of(row["tolerance"], f"{what}, tolerance", unit="mm"),
            **{key: note_of(row[key], f"{what}, {key}") for key in _NOTES},
        )
    return out


def _materials(rows: Any, what: str) -> Mapping[str, tuple[str, ...]]:
    check_keys(rows, f"{what}, materials", (), process_names())
    out = {process: names_of(words, f"{what}, materials for {process}") for process, words in rows.items()}
    for process, words in out.items():
        for word in words:
            if word not in material_names(process):
                raise InputError(f"{what}: no material '{word}' for {process}.{nearest(word, material_names(process))}")
    return MappingProxyType(out)


def _choice(kind: type[_E], value: Any, what: str) -> _E:
    words = [str(member.value) for member in kind]
    if value not in words:
        raise InputError(f"{what} must be one of: {', '.join(words)}; got {value!r}.")
    return kind(value)


@lru_cache(maxsize=8)
def _table(text: str) -> dict[str, Use]:
    """Uses with the lab's own text laid over them; the text is the key of the cache."""
    return _parsed(merged("use"))
