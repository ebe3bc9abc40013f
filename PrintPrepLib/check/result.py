"""What a check hands back: a verdict, the findings it stands on, and the measures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..finding import Finding, Severity
from ..receipt import plain


@dataclass(frozen=True)
class CheckResult:
    """The print-readiness list of one model.

    Attributes
    ----------
    findings : tuple of Finding
        One or more for every subject, in a fixed order; what was not run says so.
    measures : mapping
        ``volume_ml, area_cm2, triangles, parts, open_edges, non_manifold_edges, self_intersections, size_mm`` and
        more beside. ``parts`` counts connected surfaces, cavities among them, as receipts do; ``pieces`` counts what
        comes out of the printer, ``cavities`` what is trapped inside.
    """

    findings: tuple[Finding, ...]
    measures: Mapping[str, Any]

    @property
    def ready(self) -> bool:
        """True when nothing failed. A check that was not run is no failure, but no pass either: see the findings."""
        return not any(finding.severity is Severity.FAIL for finding in self.findings)

    def of(self, code: str) -> tuple[Finding, ...]:
        """Return the findings with one code."""
        return tuple(finding for finding in self.findings if finding.code == code)

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values with the keys ``ready``, ``findings``, ``measures``."""
        return {
            "ready": self.ready,
            "findings": [plain(finding.to_dict()) for finding in self.findings],
            "measures": plain(self.measures),
        }
