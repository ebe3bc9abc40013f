"""Time and peak memory of the whole chain, step by step, as a table.

Run ``python Testing/benchmarks/chain.py``. Two scans are taken: a CT series of 140 slices of 512 x 512 and a human
cranium. Both are looked for in the folder that ``PRINTPREP_DATA`` names, else in ``../shared/data`` beside the project;
without them the project's own phantom is scanned at 140 x 512 x 512. Where InVesalius is installed its command line
runs on the same DICOM folder: reading, threshold and a raw surface, nothing more.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("PRINTPREP_DATA", ROOT.parent / "shared" / "data"))
CT_SERIES = "ct/ct_skull_phantom_jpegls_dicom.zip"
CRANIUM = "ct/ct_cranium_human.nrrd"
INVESALIUS_THRESHOLD = "226,3071"
"""The preset "Bone" of InVesalius."""
MEMORY_EVERY_S = 0.05
TIMEOUT_S = 1800


@dataclass(frozen=True)
class Ran:
    """A finished child process: seconds on the wall, peak resident memory of it and its children."""

    returncode: int
    seconds: float
    peak_mb: float
    stdout: str
    stderr: str


def main() -> int:
    """Run every case that can be run and print its table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--phantom", action="store_true", help="use the project's own phantom even if data is there")
    parser.add_argument("--slices", type=int, default=140, help="slices of the phantom")
    parser.add_argument("--width", type=int, default=512, help="rows and columns of the phantom")
    options = parser.parse_args()
    failed = 0
    with tempfile.TemporaryDirectory(prefix="printprep-bench-") as folder:
        for name, source in cases(Path(folder), options):
            failed += chain(name, source, Path(folder) / f"out-{name}")
            if source.is_dir():
                invesalius(source, Path(folder))
    return 1 if failed else 0


def cases(folder: Path, options: argparse.Namespace) -> list[tuple[str, Path]]:
    """Name and input of every case whose data is here."""
    out = []
    if not options.phantom and (DATA / CT_SERIES).exists():
        series = folder / "series"
        with zipfile.ZipFile(DATA / CT_SERIES) as packed:
            packed.extractall(series)
        out.append(("ct-140-slices", series))
    if not options.phantom and (DATA / CRANIUM).exists():
        out.append(("cranium", DATA / CRANIUM))
    if out:
        return out
    reason = "As asked" if options.phantom else f"No real data in {DATA}"
    print(f"{reason}: the phantom is scanned at {options.slices} x {options.width} x {options.width}.")
    sys.path.insert(0, str(ROOT))
    from PrintPrepLib.phantom import make_demo

    start = time.perf_counter()
    make_demo(folder / "phantom", size=(options.slices, options.width, options.width))
    print(f"Made in {time.perf_counter() - start:.1f} s (not part of the figures).")
    return [("phantom", folder / "phantom")]


def chain(name: str, source: Path, out: Path) -> int:
    """Run the chain once and print its table; return 1 when it could not be run."""
    ran = run([sys.executable, "-m", "PrintPrepLib", "run", str(source), "-o", str(out), "--json"])
    print(f"\n{name}")
    if ran.returncode not in (0, 1) or not ran.stdout.startswith("{"):
        print(f"  could not be run (exit code {ran.returncode}): {ran.stderr.strip()[-500:]}")
        return 1
    answer = json.loads(ran.stdout)
    steps = answer.get("steps") or json.loads(Path(answer["record"]).read_text(encoding="utf-8"))["steps"]
    print(f"  {'step':<28}{'seconds':>9}{'share':>8}{'peak MB':>10}{'triangles':>12}{'ml':>10}")
    for step in steps:
        print(row(step, ran.seconds))
    rest = ran.seconds - sum(float(step["seconds"]) for step in steps)
    print(f"  {'start, checks, files, record':<28}{rest:>9.2f}{rest / ran.seconds:>8.0%}")
    print(f"  {'all':<28}{ran.seconds:>9.2f}{1:>8.0%}{ran.peak_mb:>10.0f}   ready to print: {answer['ready']}")
    return 0


def row(step: dict[str, Any], whole: float) -> str:
    """One line of the table from a receipt. Peak memory stands there when the receipt tells it."""
    after = step.get("after") or {}
    peak = (step.get("details") or {}).get("peak_mb", step.get("peak_mb"))
    triangles, volume = after.get("triangles"), after.get("volume_mm3")
    return (
        f"  {step['operation']:<28}{step['seconds']:>9.2f}{step['seconds'] / whole:>8.0%}"
        f"{'' if peak is None else format(peak, '.0f'):>10}"
        f"{'' if triangles is None else triangles:>12}{'' if volume is None else format(volume / 1000, '.1f'):>10}"
    )


def invesalius(series: Path, folder: Path) -> None:
    """Let InVesalius read the same series and write its raw surface, where it is installed."""
    if shutil.which("invesalius3", path="/usr/bin") is None or shutil.which("xvfb-run") is None:
        print("  InVesalius with xvfb is not installed: no comparison.")
        return
    out = folder / "invesalius.stl"
    command = ["xvfb-run", "-a", "invesalius3", "--no-gui", "-i", str(series), "-t", INVESALIUS_THRESHOLD]
    ran = run([*command, "-e", str(out)], path="/usr/bin:/bin")
    if not out.exists():
        print(f"  InVesalius wrote nothing (exit code {ran.returncode}): {ran.stderr.strip()[-300:]}")
        return
    triangles = (out.stat().st_size - 84) // 50
    print(f"  {'InVesalius, raw surface':<28}{ran.seconds:>9.2f}{'':>8}{ran.peak_mb:>10.0f}{triangles:>12}")


def run(command: list[str], path: str | None = None) -> Ran:
    """Run a command to its end and watch the memory of its process tree (Linux; elsewhere peak is 0).

    ``path`` is for programs that need the system's own Python first; without it the project is importable.
    """
    environment = dict(os.environ, **({"PYTHONPATH": str(ROOT)} if path is None else {"PATH": path}))
    start = time.perf_counter()
    child = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True, env=environment
    )
    peak = [0.0]
    over = threading.Event()

    def watch() -> None:
        while not over.wait(MEMORY_EVERY_S):
            peak[0] = max(peak[0], tree_mb(child.pid))

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        stdout, stderr = child.communicate(timeout=TIMEOUT_S)
    except subprocess.TimeoutExpired:
        child.kill()
        stdout, stderr = child.communicate()
    over.set()
    watcher.join()
    return Ran(child.returncode, time.perf_counter() - start, peak[0], stdout, stderr)


def tree_mb(pid: int) -> float:
    """Resident memory of a process and everything it started."""
    total = 0.0
    with contextlib.suppress(OSError, ValueError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                total += int(line.split()[1]) / 1024
        for task in Path(f"/proc/{pid}/task").iterdir():
            total += sum(tree_mb(int(child)) for child in (task / "children").read_text().split())
    return total


if __name__ == "__main__":
    sys.exit(main())
