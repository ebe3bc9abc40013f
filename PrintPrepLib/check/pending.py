"""Subjects of the list that nothing measures yet. They are named so that nobody takes their silence for a pass."""

from __future__ import annotations

from ..finding import Finding
from .subject import Subject, not_run

PENDING = ("wall-thickness", "feature-size", "gap")
"""Codes that are reported as not run. A code leaves this list when its check joins ``CHECKS``."""


def check_pending(subject: Subject) -> list[Finding]:
    """Report what is not measured."""
    del subject
    reason = "this comes with the thickness analysis."
    advice = "Look at thin walls, thin details and narrow gaps in the print program before printing."
    return [not_run(code, reason, advice) for code in PENDING]
