"""Commands as background jobs: progress, cancel with all children, crash, and an empty disk afterwards."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from PrintPrepLib.jobs import Job, environment
from Testing.support.demo import FINE, demo_scan

SOON_S = 180.0
"""Generous: the very first run compiles."""


def _left(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def _stand_in(folder: Path, text: str) -> str:
    """A Python that runs other code instead of the library; called with the library's arguments."""
    script = folder / "work.py"
    script.write_text(text)
    start = folder / "python-stand-in"
    start.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{script}" "$@"\n')
    start.chmod(0o755)
    return str(start)


def test_progress_lines_rise_and_the_result_is_the_commands() -> None:
    scan, _ = demo_scan()
    done = subprocess.run(
        [sys.executable, "-m", "PrintPrepLib", "scan", str(scan), "--json", "--progress", "json"],
        capture_output=True,
        text=True,
        check=False,
        timeout=SOON_S,
        env=environment(),
    )
    assert done.returncode == 0
    told = [json.loads(line) for line in done.stderr.splitlines()]
    assert told
    assert all(set(line) == {"fraction", "text"} for line in told)
    fractions = [line["fraction"] for line in told]
    assert fractions == sorted(fractions)
    assert json.loads(done.stdout)["series"]


def test_a_run_with_its_steps_kept(tmp_path: Path) -> None:
    scan, truth = demo_scan()
    recipe = tmp_path / "r.toml"
    recipe.write_text(
        'schema = "printprep-recipe/1"\n[[step]]\ndo = "threshold"\n'
        f'lower_hu = {truth.threshold_hu}\n[[step]]\ndo = "surface"\n[[step]]\ndo = "fragments"\n'
    )
    folder = tmp_path / "job"
    folder.mkdir()
    words = ["run", str(scan), "-o", str(folder / "out"), "-r", str(recipe), "--keep-steps", "--no-pictures"]
    job = Job(words, folder=folder)
    state = job.wait(SOON_S)
    assert state.error == ""
    assert state.result is not None
    assert state.fraction == 1.0
    steps = [file["file"] for file in state.result["outputs"] if file["kind"] == "step"]
    assert steps == ["step_01_threshold.nrrd", "step_02_surface.vtp", "step_03_fragments.vtp"]
    assert all((folder / "out" / name).is_file() for name in steps)
    job.close()
    assert _left(tmp_path) == ["r.toml"]


def test_refusal_is_the_commands_own_sentence(tmp_path: Path) -> None:
    job = Job(["check", str(tmp_path / "none.stl")])
    state = job.wait(SOON_S)
    assert state.result is None
    assert "none.stl" in state.error
    assert not state.error.startswith("printprep")
    job.close()


def test_cancel_leaves_nothing(tmp_path: Path) -> None:
    scan, _ = demo_scan(size=FINE)
    folder = tmp_path / "job"
    folder.mkdir()
    job = Job(["run", str(scan), "-o", str(folder / "out"), "--preset", "bone"], folder=folder)
    while job.poll().fraction < 0.2:
        assert job.state.running, job.state
        time.sleep(0.02)
    job.cancel()
    state = job.wait(SOON_S)
    assert state.cancelled
    assert state.result is None
    assert state.error == ""
    job.close()
    assert _left(tmp_path) == []


@pytest.mark.skipif(sys.platform == "win32", reason="uses a shell script and POSIX process groups")
def test_cancel_ends_children_that_do_not_listen(tmp_path: Path) -> None:
    python = _stand_in(
        tmp_path,
        "import pathlib, signal, subprocess, sys, time\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "child = subprocess.Popen([sys.executable, '-c', "
        "'import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)'])\n"
        f"pathlib.Path({str(tmp_path / 'child')!r}).write_text(str(child.pid))\n"
        "time.sleep(600)\n",
    )
    job = Job(["run"], python=python)
    while not (tmp_path / "child").exists() or not (tmp_path / "child").read_text():
        time.sleep(0.02)
    child = int((tmp_path / "child").read_text())
    job.cancel()
    state = job.wait(SOON_S)
    assert state.cancelled
    deadline = time.monotonic() + 5
    while _alive(child) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not _alive(child)
    job.close()


@pytest.mark.skipif(sys.platform == "win32", reason="uses a shell script and signals")
@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "signal 9"),
        ("raise RuntimeError('no')", "code 1"),
        ("import a_package_that_is_not_there", "a_package_that_is_not_there"),
        ("import sys; sys.exit(7)", "code 7"),
    ],
)
def test_a_crash_is_a_message(text: str, word: str, tmp_path: Path) -> None:
    job = Job(["run"], python=_stand_in(tmp_path, text))
    state = job.wait(SOON_S)
    assert state.result is None
    assert word in state.error
    assert state.error.endswith(".")
    assert "Traceback" not in state.error
    job.close()


def test_a_python_that_is_not_there() -> None:
    from PrintPrepLib.jobs import JobError

    with pytest.raises(JobError, match="could not be started"):
        Job(["run"], python="/no/such/python")


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{process}/stat")
    return not status.exists() or status.read_text().rpartition(")")[2].split()[0] != "Z"
