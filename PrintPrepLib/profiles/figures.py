"""A figure of a profile: its value, unit, source, and how far it can be trusted."""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import InputError

UNITS: Mapping[str, str] = {
    "mm": "mm",
    "percent": "%",
    "deg": "degrees",
    "g_cm3": "g/cm3",
    "per_kg": "money per kg",
    "per_liter": "money per liter",
    "mm_s": "mm/s",
    "s": "s",
    "h": "h",
    "s_per_layer": "s per layer",
    "share": "share",
    "lines": "lines",
    "layers": "layers",
    "holes": "holes",
}
"""Word behind ``value_`` in a profile file, and how it is written. Money is what a price list in euros or US dollars
states: the two differ by less than two shops do."""

_MEANING = frozenset({"source", "kind", "unverified"})


@dataclass(frozen=True)
class Figure:
    """A figure from a guide, and which guide.

    Attributes
    ----------
    value : float
        In ``unit``.
    source : str
        Who states it.
    unit : str
        Key of :data:`UNITS`.
    kind : str
        What exactly it is a figure of: ``"supported"`` or ``"free-standing"`` walls, ``"fitted"``, ...
    unverified : bool
        Nobody has read it in the named source yet: it is handed down, and must be said to be.

    Raises
    ------
    InputError
        It is not positive, or nobody states it.
    """

    value: float
    source: str
    unit: str = "mm"
    kind: str = ""
    unverified: bool = False

    def __post_init__(self) -> None:
        if not (self.value > 0.0 and math.isfinite(self.value)) or not self.source.strip():
            raise InputError("A figure of a printing process must be above zero and name its source.")
        if self.unit not in UNITS:
            raise InputError(f"The unit '{self.unit}' of a figure is not known. Known: {', '.join(UNITS)}.")

    @property
    def value_mm(self) -> float:
        """The value where it is a length."""
        if self.unit != "mm":
            raise InputError(f"A length was wanted; this figure is in {UNITS[self.unit]} ({self.source}).")
        return self.value

    def words(self) -> str:
        """Value and unit, and a mark where it is unverified."""
        kind = f", {self.kind}" if self.kind else ""
        mark = " (unverified)" if self.unverified else ""
        return f"{self.value:g} {UNITS[self.unit]}{kind}{mark}"

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {
            "value": self.value, "unit": self.unit, "kind": self.kind, "source": self.source,
            "unverified": self.unverified,
        }  # fmt: skip


@dataclass(frozen=True)
class Note:
    """A sentence from somewhere, and from where.

    Raises
    ------
    InputError
        It is empty, or nobody states it.
    """

    text: str
    source: str
    unverified: bool = False

    def __post_init__(self) -> None:
        if not self.text.strip() or not self.source.strip():
            raise InputError("A note of a profile must say something and name its source.")

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {"text": self.text, "source": self.source, "unverified": self.unverified}


def figure_of(row: Any, what: str, *, unit: str | None = None) -> Figure:
    """Read a figure from a TOML table such as ``{ value_mm = 0.8, source = "...", kind = "supported" }``.

    Raises
    ------
    InputError
        No value or more than one, no source, a key that is not known, or another unit than the wanted one.
    """
    keys = set(row) if isinstance(row, dict) else set()
    values = [key for key in keys if key.startswith("value_")]
    shown = f"value_{unit}" if unit else "a value (value_mm, value_percent, ...)"
    if len(values) != 1 or "source" not in keys or keys - _MEANING - set(values):
        raise InputError(
            f"{what} needs {shown} and source; besides these only kind and unverified are known. "
            "A figure without its source is not taken."
        )
    found = values[0].removeprefix("value_")
    if found not in UNITS or (unit is not None and found != unit):
        raise InputError(f"{what}: '{values[0]}' is not known here; {shown} is wanted.{nearest(found, UNITS)}")
    try:
        return Figure(
            number_of(row[values[0]], what), text_of(row["source"], what), found, text_of(row.get("kind", ""), what),
            flag_of(row.get("unverified", False), what),
        )  # fmt: skip
    except InputError as error:
        raise InputError(f"{what}: {error}") from error


def note_of(row: Any, what: str) -> Note:
    """Read a note from a TOML table such as ``{ text = "...", source = "..." }``.

    Raises
    ------
    InputError
        A key is missing or not known.
    """
    keys = set(row) if isinstance(row, dict) else set()
    if not {"text", "source"} <= keys or keys - {"text", "source", "unverified"}:
        raise InputError(f"{what} needs text and source; besides these only unverified is known.")
    try:
        return Note(
            text_of(row["text"], what), text_of(row["source"], what), flag_of(row.get("unverified", False), what)
        )
    except InputError as error:
        raise InputError(f"{what}: {error}") from error


def number_of(value: Any, what: str) -> float:
    """Return a number of a profile file."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InputError(f"{what}: {value!r} is not a number.")
    return float(value)


def text_of(value: Any, what: str) -> str:
    """Return a text of a profile file."""
    if not isinstance(value, str):
        raise InputError(f"{what}: {value!r} is not text.")
    return value


def flag_of(value: Any, what: str) -> bool:
    """Return a yes or no of a profile file."""
    if not isinstance(value, bool):
        raise InputError(f"{what}: {value!r} must be true or false.")
    return value


def names_of(value: Any, what: str) -> tuple[str, ...]:
    """Return a list of words of a profile file."""
    if not isinstance(value, list) or not value or not all(isinstance(word, str) and word.strip() for word in value):
        raise InputError(f"{what} must be a list of words.")
    return tuple(value)


def check_keys(row: Any, what: str, needed: Iterable[str], known: Iterable[str]) -> None:
    """Refuse an entry that lacks a key or has an unknown one.

    Raises
    ------
    InputError
        Names the keys, and the nearest known word.
    """
    if not isinstance(row, dict):
        raise InputError(f"{what} must be a table.")
    missing, unknown = sorted(set(needed) - row.keys()), sorted(row.keys() - set(needed) - set(known))
    if missing:
        raise InputError(f"{what} lacks {', '.join(missing)}.")
    if unknown:
        raise InputError(f"{what} has unknown '{unknown[0]}'.{nearest(unknown[0], {*needed, *known})}")


def nearest(word: str, known: Iterable[str]) -> str:
    """Return a sentence with the nearest known word, or all of them."""
    words = sorted(known)
    close = difflib.get_close_matches(word, words, n=1, cutoff=0.5)
    if close:
        return f" Did you mean '{close[0]}'?"
    return f" Known: {', '.join(words)}." if words else ""
