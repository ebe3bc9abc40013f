"""Findings that a person accepts, with the reason and who: the verdict stays what was measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from ..finding import Finding, Severity
from ..receipt import plain

CAN_BE_ACCEPTED = frozenset({Severity.WARN, Severity.FAIL})
"""There is nothing to accept in a pass; a check that was not run cannot be accepted as if it had been."""


@dataclass(frozen=True)
class Acceptance:
    """A person's decision to go on in spite of a finding.

    ``code`` is the finding's, ``by`` initials or a role.
    """

    code: str
    reason: str
    by: str = ""


def unused(accepted: Sequence[Acceptance], findings: Sequence[Finding]) -> list[Finding]:
    """Tell of every acceptance for which there is no warning or failure."""
    there = {finding.code for finding in findings if finding.severity in CAN_BE_ACCEPTED}
    return [
        Finding(
            "acceptance-unused", Severity.INFO,
            f"'{one.code}' was to be accepted, but no warning or failure of that name was found.", one.code,
        )
        for one in accepted if one.code not in there
    ]  # fmt: skip


def with_overrides(findings: Sequence[Finding], accepted: Sequence[Acceptance]) -> list[dict[str, Any]]:
    """Return the findings as plain JSON values, each with ``override``: who accepted it and why, or None."""
    by_code = {one.code: one for one in accepted}
    out = []
    for finding in findings:
        one = by_code.get(finding.code) if finding.severity in CAN_BE_ACCEPTED else None
        override = None if one is None else {key: value for key, value in asdict(one).items() if key != "code"}
        out.append({**plain(finding.to_dict()), "override": override})
    return out
