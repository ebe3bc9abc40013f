"""A series as the user sees it: what it is, what was measured, the verdict, and which one is best for printing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType
from typing import Any

from ..errors import InputError
from ..finding import Finding, Severity
from ..receipt import plain
from .geometry import StackGeometry
from .grouping import Stack


class Verdict(Enum):
    """What a series is good for."""

    GOOD = "good"
    USABLE = "usable"
    POOR = "poor"
    NOT_A_VOLUME = "not a volume"


_RANK = {Verdict.GOOD: 0, Verdict.USABLE: 1}
"""Verdicts that are fit for printing, best first."""

_MODALITY_RANK = {"CT": 0, "MR": 1}
"""CT before MR before the rest: only CT has values that mean the same in every scan."""

_LIST_AT_MOST = 12
"""Ids named in a message before it says "and more"."""


@dataclass(frozen=True)
class Series:
    """One stack of images.

    Attributes
    ----------
    id : str
        Short hash of the series UID and block; the same for the same files in any folder.
    slices : int
        Slices that belong to the series, unreadable ones included (see the finding ``unreadable-slices``).
    spacing_mm : tuple of float or None
        Voxel size as it will be read: along rows, along columns, along the true normal.
    step_min_mm, step_max_mm : float or None
        Smallest and largest distance between neighboring readable slices along the true normal.
    tilt_deg : float or None
        Angle between the way the slices are stacked and their normal.
    height_mm : float or None
        Distance from the first to the last slice, the way they are stacked.
    facts : mapping
        Technical facts without identity, JSON values.
    stack, geometry
        For the reader.
    """

    id: str
    modality: str
    slices: int
    rows: int
    columns: int
    spacing_mm: tuple[float, float, float] | None
    step_min_mm: float | None
    step_max_mm: float | None
    tilt_deg: float | None
    height_mm: float | None
    verdict: Verdict
    findings: tuple[Finding, ...]
    facts: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    stack: Stack | None = field(default=None, repr=False, compare=False)
    geometry: StackGeometry | None = field(default=None, repr=False, compare=False)

    def to_dict(self) -> dict[str, Any]:
        """Return the series as plain JSON values; nothing in it tells who was scanned."""
        return {
            "id": self.id,
            "modality": self.modality,
            "slices": self.slices,
            "rows": self.rows,
            "columns": self.columns,
            "spacing_mm": None if self.spacing_mm is None else [_round(value) for value in self.spacing_mm],
            "step_min_mm": _round(self.step_min_mm),
            "step_max_mm": _round(self.step_max_mm),
            "tilt_deg": None if self.tilt_deg is None else round(self.tilt_deg, 3),
            "height_mm": _round(self.height_mm),
            "verdict": self.verdict.value,
            "findings": [finding.to_dict() for finding in self.findings],
            "facts": plain(self.facts),
        }


@dataclass(frozen=True)
class ScanResult:
    """What a folder holds.

    Attributes
    ----------
    series : tuple of Series
        Best verdict first, then most slices.
    ignored : mapping
        Number of files left aside, by reason.
    findings : tuple of Finding
        About the folder as a whole.
    files : int
        Files looked at.
    """

    series: tuple[Series, ...]
    ignored: Mapping[str, int]
    findings: tuple[Finding, ...]
    files: int

    def to_dict(self) -> dict[str, Any]:
        """Return the result as plain JSON values."""
        return {
            "series": [series.to_dict() for series in self.series],
            "ignored": dict(self.ignored),
            "findings": [finding.to_dict() for finding in self.findings],
            "files": self.files,
        }


def find_series(result: ScanResult, series_id: str) -> Series:
    """Return the series with this id.

    Raises
    ------
    InputError
        No such id; the message lists those there are.
    """
    for series in result.series:
        if series.id == series_id.strip().lower():
            return series
    raise InputError(f"There is no series '{series_id}' here. The series are: {_listed(result.series)}.")


def best_series(result: ScanResult) -> tuple[Series, str]:
    """Choose the series that is best for printing, and say why.

    The better verdict wins, then CT over MR over others, then the finest largest voxel edge, then the taller stack.

    Raises
    ------
    InputError
        No series is good or usable; the message lists what there is and what is wrong with it.
    """
    fit = [series for series in result.series if series.verdict in _RANK]
    if not fit:
        names = _listed(result.series, reasons=True)
        raise InputError(
            f"No series here can be printed from as it is: {names}. Export the thin-slice series again from the "
            "scanner or archive; a series marked poor can still be named on purpose."
        )
    ranked = sorted(fit, key=_order)
    best = ranked[0]
    if len(ranked) == 1:
        others = len(result.series) - 1
        why = "it is the only series here" if others == 0 else f"it is the only one of {others + 1} fit for printing"
    else:
        why = f"{_advantage(best, ranked[1])} ({len(ranked)} series are fit for printing)"
    return best, f"Series {best.id} was taken: {why}."


def _order(series: Series) -> tuple[float, ...]:
    return (
        _RANK[series.verdict],
        _MODALITY_RANK.get(series.modality, len(_MODALITY_RANK)),
        round(max(series.spacing_mm or (0.0,)), 2),
        -round(series.height_mm or 0.0, 1),
        -series.slices,
        int(series.id, 16),
    )


def _advantage(best: Series, second: Series) -> str:
    a, b = _order(best), _order(second)
    largest = max(best.spacing_mm or (0.0,))
    if a[0] != b[0]:
        return f"its verdict is '{best.verdict.value}', the next one is '{second.verdict.value}'"
    if a[1] != b[1]:
        return f"it is {best.modality}, which is easier to segment than {second.modality or 'an unknown modality'}"
    if a[2] != b[2]:
        return f"its voxels are finer (longest edge {largest:.2f} mm, next {max(second.spacing_mm or (0.0,)):.2f} mm)"
    if a[3] != b[3]:
        return f"it covers more ({best.height_mm:.0f} mm, next {second.height_mm:.0f} mm) at the same voxel size"
    return "it is equal to the next one in verdict, voxel size and height; name the other one to take that"


def _listed(series: tuple[Series, ...], reasons: bool = False) -> str:
    words = []
    for one in series[:_LIST_AT_MOST]:
        images = "1 image" if one.slices == 1 else f"{one.slices} images"
        text = f"{one.id} ({one.modality or 'unknown modality'}, {images}, {one.verdict.value}"
        grave = next((finding for finding in one.findings if finding.severity is Severity.FAIL), None)
        words.append(f"{text}: {grave.message.rstrip('.')})" if reasons and grave else f"{text})")
    more = len(series) - _LIST_AT_MOST
    return ", ".join(words) + (f" and {more} more" if more > 0 else "")


def _round(value: float | None) -> float | None:
    return None if value is None else round(value, 6)
