"""The demo phantom, scanned once per test session for all who ask, and the chain's result on it."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from PrintPrepLib.commands.demo import recipe_for
from PrintPrepLib.phantom import DemoTruth, Variant, make_demo
from PrintPrepLib.workflow.run import RunRequest, RunResult, run

Size = tuple[int, int, int]
FINE: Size = (112, 192, 192)
"""0.8 x 0.8 x 0.88 mm: the coarsest at which the thin plate of 1.2 mm is whole."""
COARSE: Size = (48, 72, 72)
"""2.1 mm: for tests of behavior, not of accuracy."""


@dataclass(frozen=True, eq=False)
class DemoRun:
    """A run on the phantom: its scan, its folder of results, what the library returned, and the truth."""

    scan: Path
    folder: Path
    result: RunResult
    truth: DemoTruth


def demo_scan(variant: Variant = Variant.PLAIN, size: Size = COARSE) -> tuple[Path, DemoTruth]:
    """Return the folder of a DICOM series of the phantom, and its truth. Do not write there."""
    return _scan(variant, size)


def demo_run(variant: Variant = Variant.PLAIN, size: Size = FINE) -> DemoRun:
    """Run the chain on the phantom with the demo's own recipe. Do not write into its folder."""
    return _run(variant, size)


@cache  # called with all arguments in order: a cache takes f() and f(default) for two calls
def _scan(variant: Variant, size: Size) -> tuple[Path, DemoTruth]:
    folder = _session_folder() / f"{variant.value}-{size[0]}" / "scan"
    folder.mkdir(parents=True)
    return folder, make_demo(folder, variant=variant, size=size)


@cache
def _run(variant: Variant, size: Size) -> DemoRun:
    scan, truth = demo_scan(variant, size)
    folder = scan.parent / "result"
    pictures = variant is Variant.PLAIN
    return DemoRun(scan, folder, run(RunRequest(scan, folder, recipe_for(truth), pictures=pictures)), truth)


@cache
def _session_folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="printprep-demo-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder
