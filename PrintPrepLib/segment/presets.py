"""Threshold presets by tissue, read from ``presets.toml``."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from enum import Enum
from functools import cache
from importlib.resources import files


class Tissue(Enum):
    """What a threshold is looking for."""

    BONE = "bone"
    DENSE_BONE = "dense-bone"
    VESSEL = "vessel"
    SKIN = "skin"
    SOFT_TISSUE = "soft-tissue"
    MR_OUTER = "mr-outer"
    MR_BRIGHT = "mr-bright"


class Method(Enum):
    """How a preset finds its bounds."""

    HOUNSFIELD = "hounsfield"
    OTSU = "otsu"


@dataclass(frozen=True)
class Preset:
    """One row of the table. ``open_upper`` says that the upper figure is only the end of the scale."""

    tissue: Tissue
    method: Method
    lower: float | None
    upper: float | None
    open_upper: bool
    classes: int
    help: str
    source: str


def preset_of(tissue: Tissue) -> Preset:
    """Return the figures of one tissue."""
    return _table()[tissue]


@cache
def _table() -> dict[Tissue, Preset]:
    rows = tomllib.loads((files(__package__) / "presets.toml").read_text("utf-8"))
    return {
        Tissue(name): Preset(
            tissue=Tissue(name),
            method=Method(row["method"]),
            lower=row.get("lower"),
            upper=row.get("upper"),
            open_upper=bool(row.get("ceiling", "upper" not in row)),
            classes=int(row.get("classes", 2)),
            help=str(row["help"]),
            source=str(row["source"]),
        )
        for name, row in rows.items()
    }
