"""Printing processes, read from ``processes.toml`` and a lab's own file."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import lru_cache
from typing import Any

from ..errors import InputError
from .figures import Figure, Note, check_keys, figure_of, nearest, note_of, number_of, text_of
from .lab import lab_text, merged

__all__ = ["Figure", "Process", "parse_processes", "process_names", "process_of"]

SUPPORTS = ("same", "soluble", "powder", "metal")
"""What carries overhangs: struts of the same material, a second material, the powder round the part, or welded on."""
_LENGTHS = ("wall", "wall_free", "feature", "gap")
_NEEDED = ("title", "layer_mm", "source", *_LENGTHS)
_MORE: Mapping[str, str] = {
    "layer_fine": "mm",
    "layer_draft": "mm",
    "detail": "mm",
    "hole": "mm",
    "escape_hole": "mm",
    "escape_count": "holes",
    "accuracy": "mm",
    "accuracy_share": "percent",
    "overhang": "deg",
    "hollow_wall": "mm",
    "solid_limit": "mm",
    "line": "mm",
    "speed": "mm_s",
    "infill": "percent",
    "shells": "lines",
    "lids": "layers",
    "overfill": "percent",
    "support_density": "percent",
    "support_pad": "mm",
    "layer_time": "s_per_layer",
    "build_overhead": "h",
    "waste": "percent",
}
"""Figures that not every process has, and their units."""
_NOTES = ("strengths", "limits", "post")
_WORDS = ("supports", "color")


@dataclass(frozen=True)
class Process:
    """A printing process. A figure that no guide states is None.

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
    supports : str
        One of :data:`SUPPORTS`.
    """

    name: str
    title: str
    layer_mm: float
    source: str
    wall: Figure
    wall_free: Figure
    feature: Figure
    gap: Figure
    supports: str = "same"
    color: str = ""
    layer_fine: Figure | None = None
    layer_draft: Figure | None = None
    detail: Figure | None = None
    hole: Figure | None = None
    escape_hole: Figure | None = None
    escape_count: Figure | None = None
    accuracy: Figure | None = None
    accuracy_share: Figure | None = None
    overhang: Figure | None = None
    hollow_wall: Figure | None = None
    solid_limit: Figure | None = None
    line: Figure | None = None
    speed: Figure | None = None
    infill: Figure | None = None
    shells: Figure | None = None
    lids: Figure | None = None
    overfill: Figure | None = None
    support_density: Figure | None = None
    support_pad: Figure | None = None
    layer_time: Figure | None = None
    build_overhead: Figure | None = None
    waste: Figure | None = None
    strengths: Note | None = None
    limits: Note | None = None
    post: Note | None = None

    @property
    def needs_supports(self) -> bool:
        """Whether overhangs need something that must be taken away by hand or dissolved."""
        return self.supports != "powder"

    def expected_error_mm(self, longest_mm: float) -> float | None:
        """Error that guides allow over a length: the share of it, and never below the least. None where none states it.

        This is the error of printing alone, not of the scan or of what was done to the model.
        """
        known = [] if self.accuracy is None else [self.accuracy.value_mm]
        if self.accuracy_share is not None:
            known.append(self.accuracy_share.value / 100.0 * longest_mm)
        return max(known, default=None)

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        out: dict[str, Any] = {}
        for item in fields(self):
            value = getattr(self, item.name)
            out[item.name] = value.to_dict() if isinstance(value, Figure | Note) else value
        return out


def process_names() -> tuple[str, ...]:
    """Names of all processes."""
    return tuple(_table(lab_text()))


def process_of(name: str) -> Process:
    """Return one process.

    Raises
    ------
    InputError
        It is not known; the message names the nearest.
    """
    table = _table(lab_text())
    if name not in table:
        raise InputError(f"There is no printing process '{name}'.{nearest(name, table)}")
    return table[name]


def parse_processes(text: str) -> dict[str, Process]:
    """Read processes from TOML text, one table each.

    Raises
    ------
    InputError
        An entry lacks a key (a source above all) or has an unknown one.
    """
    return _parsed(tomllib.loads(text))


def _parsed(rows: Mapping[str, Any]) -> dict[str, Process]:
    out = {}
    for name, row in rows.items():
        what = f"Printing process '{name}'"
        check_keys(row, what, _NEEDED, (*_MORE, *_NOTES, *_WORDS))
        source = text_of(row["source"], what)
        layer = number_of(row["layer_mm"], what)
        supports = text_of(row.get("supports", "same"), what)
        if not source.strip() or not layer > 0.0:
            raise InputError(f"{what}: the layer height must be above zero and name its source.")
        if supports not in SUPPORTS:
            raise InputError(f"{what}: supports must be one of {', '.join(SUPPORTS)}.")
        values: dict[str, Any] = {key: figure_of(row[key], f"{what}, {key}", unit="mm") for key in _LENGTHS}
        values |= {key: figure_of(row[key], f"{what}, {key}", unit=_MORE[key]) for key in _MORE if key in row}
        values |= {key: note_of(row[key], f"{what}, {key}") for key in _NOTES if key in row}
        color = text_of(row.get("color", ""), what)
        out[name] = Process(name, text_of(row["title"], what), layer, source, supports=supports, color=color, **values)
    return out


@lru_cache(maxsize=8)
def _table(text: str) -> dict[str, Process]:
    """Processes with the lab's own text laid over them; the text is the key of the cache."""
    return _parsed(merged("process"))
