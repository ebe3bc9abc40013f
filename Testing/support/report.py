"""A run with parts, pins, a printer and pictures, once per session: what a report can hold."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from PrintPrepLib.record.calipers import CaliperPair
from PrintPrepLib.record.overrides import Acceptance
from PrintPrepLib.workflow.recipe import parse_recipe
from PrintPrepLib.workflow.run import RunRequest, run
from Testing.support.demo import demo_scan
from Testing.support.recipes import CUT_IN_TWO, HEAD, PRINTER

CASE = '[case]\nuse = "teaching"\naccuracy_mm = 0.05\ncode = "CASE-7"\n'
CUT = HEAD + CASE + PRINTER + CUT_IN_TWO
HELD: list[TemporaryDirectory[str]] = []


@cache
def report_folder() -> Path:
    """Return the folder of the run. Do not write there."""
    scan, _ = demo_scan()
    folder = TemporaryDirectory(prefix="printprep-report-")
    HELD.append(folder)
    out = Path(folder.name) / "out"
    run(
        RunRequest(
            scan, out, parse_recipe(CUT), accepted=(Acceptance("accuracy", "display only", "AB"),),
            calipers=(CaliperPair("far away", (0, 0, 0), (1, 1, 1)),),
        )
    )  # fmt: skip
    return out


def report_record() -> dict[str, Any]:
    """Return a fresh copy of its record."""
    record: dict[str, Any] = json.loads((report_folder() / "record.json").read_text("utf-8"))
    return record


def report_text() -> str:
    """Return its report."""
    return (report_folder() / "report.html").read_text("utf-8")
