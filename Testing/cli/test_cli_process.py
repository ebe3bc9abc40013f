"""The command as a process of its own: exit codes, streams, Ctrl-C, a full disk."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from PrintPrepLib.export import write_mesh
from Testing.support import shapes
from Testing.support.demo import FINE, demo_scan

ROOT = Path(__file__).resolve().parents[2]
SOON_S = 60.0


def _command(*words: object) -> list[str]:
    return [sys.executable, "-m", "PrintPrepLib", *map(str, words)]


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT)}


def _run(*words: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        _command(*words), capture_output=True, text=True, check=False, timeout=SOON_S, env=_environment()
    )


def _left(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def _one_sentence(text: str) -> None:
    lines = text.splitlines()
    assert len(lines) == 1, text
    assert lines[0].startswith("printprep: ")
    assert lines[0].endswith(".")


def test_json_is_all_there_is_on_standard_output(tmp_path: Path) -> None:
    write_mesh(shapes.torus(), tmp_path / "a.stl")
    done = _run("check", tmp_path / "a.stl", "--json")
    assert done.returncode == 0
    assert json.loads(done.stdout)["ready"] is True
    assert done.stderr == ""


def test_refusal_is_two_on_standard_error(tmp_path: Path) -> None:
    (tmp_path / "a.stl").write_text("just a letter")
    done = _run("check", tmp_path / "a.stl", "--json")
    assert (done.returncode, done.stdout) == (2, "")
    _one_sentence(done.stderr)


def test_reader_that_goes_away_is_no_traceback() -> None:
    process = subprocess.Popen(
        _command("recipe", "show", "bone"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=_environment()
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    error = process.stderr.read()
    process.wait(SOON_S)
    process.stderr.close()
    assert b"Traceback" not in error


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for one process")
@pytest.mark.parametrize("wait_s", [0.0, 0.7], ids=["at once", "in the middle"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "request to end"])
def test_interrupt_leaves_nothing(number: signal.Signals, wait_s: float, tmp_path: Path) -> None:
    scan, _ = demo_scan(size=FINE)
    parent = tmp_path / "parent"
    parent.mkdir()
    out = parent / "new" / "out"
    process = subprocess.Popen(
        _command("run", scan, "-o", out, "--preset", "bone"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=_environment(),
    )
    deadline = time.monotonic() + SOON_S
    while not out.exists():  # the folder is made when the work begins
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.01)
    time.sleep(wait_s)
    process.send_signal(number)
    stdout, stderr = process.communicate(timeout=SOON_S)
    assert process.returncode == 130, stderr
    assert stdout == ""
    _one_sentence(stderr)
    assert "Cancelled" in stderr
    assert _left(tmp_path) == ["parent"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for one process")
def test_interrupt_while_the_program_is_loading(tmp_path: Path) -> None:
    script = (
        "import importlib, sys\n"
        "from PrintPrepLib import cli\n"
        "def interrupted(*words):\n"
        "    raise KeyboardInterrupt\n"
        "importlib.import_module = interrupted\n"
        "sys.exit(cli.main(['run', 'somewhere', '-o', 'out']))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=False,
        timeout=SOON_S,
        env=_environment(),
        cwd=tmp_path,
    )
    assert done.returncode == 130
    _one_sentence(done.stderr)


@pytest.fixture(name="small_disk")
def _small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 200 kB."""
    mount, unmount = shutil.which("mount"), shutil.which("umount")
    folder = tmp_path / "disk"
    folder.mkdir()
    if mount is None or unmount is None:
        pytest.skip("there is no mount here")
    done = subprocess.run(
        [mount, "-t", "tmpfs", "-o", "size=200k", "tmpfs", str(folder)], capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        pytest.skip(f"a small disk may not be mounted here: {done.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run([unmount, str(folder)], capture_output=True, check=True)


def test_full_disk(small_disk: Path) -> None:
    scan, _ = demo_scan(size=FINE)
    done = _run("run", scan, "-o", small_disk / "out", "--preset", "bone", "--no-pictures")
    assert (done.returncode, done.stdout) == (2, "")
    _one_sentence(done.stderr)
    assert "disk is full" in done.stderr
    assert _left(small_disk) == []


def test_full_disk_for_one_mesh(small_disk: Path, tmp_path: Path) -> None:
    write_mesh(shapes.torus(sections=128), tmp_path / "a.stl")
    done = _run("smooth", tmp_path / "a.stl", "--bound-mm", "0.1", "-o", small_disk / "b.stl")
    assert done.returncode == 2
    _one_sentence(done.stderr)
    assert "disk is full" in done.stderr
    assert _left(small_disk) == []


SWALLOWED = """
import ctypes, os, signal
from PrintPrepLib import cli
from PrintPrepLib.commands.console import Console

def run(words, asked):
    ask = ctypes.CFUNCTYPE(None)(lambda: os.kill(os.getpid(), signal.SIGTERM))
    ask()  # as compiled code calls back: what is raised in there is dropped
    Console(json_wanted=False, quiet=True, stopped=asked.is_set).progress(0.1, "went on")
    return 0

cli._run = run
try:
    code = cli.main(["run"])
except cli.Cancelled:
    code = cli.CANCELLED
raise SystemExit(code)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signals between processes")
def test_a_request_to_end_that_compiled_code_drops_is_seen_at_the_next_progress() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SWALLOWED],
        check=False,
        capture_output=True,
        text=True,
        env=_environment(),
        timeout=SOON_S,
    )
    assert done.returncode == 130
    assert "Traceback" not in done.stderr
