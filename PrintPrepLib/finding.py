"""A finding: one thing that was looked at, what was measured, its limit, and what to do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Any


class Severity(Enum):
    """How much a finding matters. ``NOT_RUN`` is never a pass."""

    PASS = "pass"
    INFO = "info"
    WARN = "warn"
    FAIL = "fail"
    NOT_RUN = "not run"


_ORDER = (Severity.PASS, Severity.INFO, Severity.NOT_RUN, Severity.WARN, Severity.FAIL)


@dataclass(frozen=True)
class Finding:
    """One judged observation.

    Attributes
    ----------
    code : str
        Stable machine word with hyphens, e.g. ``"missing-slice"``.
    severity : Severity
        How much it matters.
    message : str
        What is the case, in plain words, with the figure.
    measured, limit : float or str or None
        What was measured and what it was held against.
    unit : str
        Unit of both, empty where there is none.
    where : tuple of float or None
        Place in LPS millimetres.
    advice : str
        What to do about it.
    """

    code: str
    severity: Severity
    message: str
    measured: float | str | None = None
    limit: float | str | None = None
    unit: str = ""
    where: tuple[float, float, float] | None = None
    advice: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return the finding as plain JSON values."""
        return {
            "code": self.code,
            "severity": self.severity.value,
            "message": self.message,
            "measured": self.measured,
            "limit": self.limit,
            "unit": self.unit,
            "where": None if self.where is None else [float(x) for x in self.where],
            "advice": self.advice,
        }


def worst(findings: Iterable[Finding]) -> Severity:
    """Return the gravest severity among the findings, ``PASS`` when there are none."""
    return max((f.severity for f in findings), key=_ORDER.index, default=Severity.PASS)
