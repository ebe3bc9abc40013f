"""How accurate a printing process is by what guides state, read from ``accuracy.toml``."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from ..errors import InputError

_KEYS = frozenset({"percent", "least_mm", "source"})

GENERAL_MM = 1.0
"""Wanted of anatomic models where no process is named: the criterion of six FDM models with three landing blocks each
(PMC9156585)."""
GENERAL_SOURCE = "No printing process was named: 1 mm, the criterion used for anatomic models in PMC9156585"


@dataclass(frozen=True)
class Accuracy:
    """A length may be off by ``percent`` of itself, and by ``least_mm`` in any case.

    Raises
    ------
    InputError
        A figure is negative, both are zero, or nobody states it.
    """

    percent: float
    least_mm: float
    source: str

    def __post_init__(self) -> None:
        if not (self.percent >= 0.0 and self.least_mm > 0.0) or not self.source.strip():
            raise InputError("The accuracy of a printing process needs percent, least_mm above zero, and a source.")

    def tolerance_mm(self, length_mm: float) -> float:
        """Return by how much a print of this length may be off."""
        return max(self.least_mm, abs(length_mm) * self.percent / 100.0)


def accuracy_of(process: str | None) -> Accuracy:
    """Return the accuracy of a process; the general criterion where none is named or no guide states one."""
    return _table().get(process or "", Accuracy(0.0, GENERAL_MM, GENERAL_SOURCE))


def parse_accuracies(text: str) -> dict[str, Accuracy]:
    """Read accuracies from TOML text, one table for each process.

    Raises
    ------
    InputError
        An entry lacks a key (a source above all) or has an unknown one.
    """
    out = {}
    for name, row in tomllib.loads(text).items():
        if row.keys() != _KEYS:
            raise InputError(f"Accuracy of '{name}' needs percent, least_mm and source, and nothing else.")
        out[name] = Accuracy(float(row["percent"]), float(row["least_mm"]), str(row["source"]))
    return out


@cache
def _table() -> dict[str, Accuracy]:
    return parse_accuracies((files(__package__) / "accuracy.toml").read_text("utf-8"))
