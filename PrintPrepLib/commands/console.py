"""What the user sees of a command: one JSON object or readable lines, a progress bar, one sentence when it fails."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterable
from typing import Any

from ..errors import Cancelled
from ..finding import Finding, Severity

BAR_WIDTH = 28
REDRAW_SECONDS = 0.1

_WORDS = {
    Severity.PASS: "ok  ",
    Severity.INFO: "note",
    Severity.NOT_RUN: "----",
    Severity.WARN: "WARN",
    Severity.FAIL: "FAIL",
}


class Console:
    """Standard output and standard error of one command."""

    def __init__(
        self,
        *,
        json_wanted: bool,
        quiet: bool,
        progress_lines: bool = False,
        stopped: Callable[[], bool] = lambda: False,
    ) -> None:
        self._stopped = stopped
        self._json = json_wanted
        self._quiet = quiet
        self._lines = progress_lines
        self._bar = sys.stderr.isatty() and not quiet and not progress_lines
        self._drawn = 0.0
        self._bar_open = False

    def progress(self, fraction: float, text: str) -> None:
        """Draw the progress bar where standard error is a terminal, or write a line of JSON where asked to.

        Raises
        ------
        Cancelled
            The user asked to stop.
        """
        if self._stopped():
            raise Cancelled
        now = time.monotonic()
        if not (self._bar or self._lines) or (now - self._drawn < REDRAW_SECONDS and fraction < 1.0):
            return
        self._drawn = now
        if self._lines:
            sys.stderr.write(json.dumps({"fraction": round(fraction, 4), "text": text}) + "\n")
            sys.stderr.flush()
            return
        filled = round(min(max(fraction, 0.0), 1.0) * BAR_WIDTH)
        sys.stderr.write(f"\r[{'#' * filled}{'.' * (BAR_WIDTH - filled)}] {fraction:4.0%} {text[:44]:<44}")
        sys.stderr.flush()
        self._bar_open = True

    def end_progress(self) -> None:
        """Take the progress bar away."""
        if self._bar_open:
            sys.stderr.write("\r" + " " * (BAR_WIDTH + 54) + "\r")
            sys.stderr.flush()
            self._bar_open = False

    def result(self, data: dict[str, Any], lines: Iterable[str]) -> None:
        """Give the result: as JSON when asked for, else as lines, or not at all when quiet."""
        self.end_progress()
        if self._json:
            sys.stdout.write(json.dumps(data, ensure_ascii=False, allow_nan=False) + "\n")
        elif not self._quiet:
            sys.stdout.write("".join(f"{line}\n" for line in lines))
        sys.stdout.flush()

    def problem(self, sentence: str) -> None:
        """Say on standard error, in one line, why it could not be done."""
        self.end_progress()
        sys.stderr.write(f"printprep: {' '.join(sentence.split())}\n")


def finding_lines(findings: Iterable[Finding], *, least: Severity = Severity.PASS) -> list[str]:
    """Write findings as lines: gravest first, with their advice."""
    order = [Severity.FAIL, Severity.WARN, Severity.NOT_RUN, Severity.INFO, Severity.PASS]
    shown = order[: order.index(least) + 1]
    lines = []
    for severity in shown:
        for finding in findings:
            if finding.severity is severity:
                subject = f"{finding.code}: " if severity is Severity.NOT_RUN else ""
                lines.append(f"  {_WORDS[severity]} {subject}{finding.message}")
                if finding.advice and severity in (Severity.FAIL, Severity.WARN):
                    lines.append(f"       -> {finding.advice}")
    return lines
