"""A command of PrintPrep as a process of its own: progress while it runs, cancel at any time, nothing left behind.

Long work done this way does not freeze the program that asked for it, and a crash of the work is a message. There is no
thread in here and no event loop: whoever starts a job calls :meth:`Job.poll` from time to time, for example by a timer.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from .errors import PrintPrepError

GENTLE_SECONDS = 2.0
"""After a cancel the work may clean up for so long; then it is ended by force."""
LONGEST_TEXT = 20_000
"""Of what a crashed process wrote, the last so many characters are kept."""
_EXPECTED_CODES = (0, 1)


class JobError(PrintPrepError):
    """The process could not do its work; the message is its own sentence, or says that it crashed."""


@dataclass
class JobState:
    """Where a job stands. ``result`` is the JSON object of the command; ``ready`` is False where it judged so."""

    fraction: float = 0.0
    text: str = ""
    running: bool = True
    cancelled: bool = False
    result: dict[str, Any] | None = None
    ready: bool = False
    error: str = ""
    details: str = field(default="", repr=False)


class Job:
    """One command that runs beside the program.

    Parameters
    ----------
    words : sequence of str
        The command and its options, without ``--json`` and ``--progress``, e.g. ``["run", "ct.nrrd", "-o", "out"]``.
    folder : Path, optional
        Working folder that belongs to the job: it is removed by :meth:`close`, whatever became of the work.
    python : str, optional
        Interpreter; by default the one that runs this.
    """

    def __init__(self, words: Sequence[str], *, folder: Path | None = None, python: str | None = None) -> None:
        self.folder = folder
        self.state = JobState(text="Starting")
        self._errors: list[str] = []
        self._rest = b""
        self._killed_after: float | None = None
        # Files, not pipes: a full pipe would stop the work until somebody polls.
        self._out: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the job
        self._err: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115
        self._err_read = 0
        command = [python or interpreter(), "-m", "PrintPrepLib", *words, "--json", "--progress", "json"]
        try:
            self._process = subprocess.Popen(  # noqa: S603 - our own module, arguments as a list
                command,
                stdin=subprocess.DEVNULL,
                stdout=self._out,
                stderr=self._err,
                env=environment(),
                **_own_group(),
            )
        except OSError as error:
            self._close_streams()
            raise JobError(
                f"The work could not be started ({error.strerror or error}). Restart the program and try again."
            ) from error

    @property
    def process_id(self) -> int:
        """Id of the process, which leads a group of its own."""
        return self._process.pid

    def poll(self) -> JobState:
        """Read what the work has told since the last time, and notice its end."""
        if not self.state.running:
            return self.state
        code = self._process.poll()
        self._read_progress()
        if code is not None:
            self._finish(code)
        elif self._killed_after is not None and time.monotonic() > self._killed_after:
            self._signal_group(force=True)
        return self.state

    def cancel(self) -> None:
        """Ask the work to stop. It cleans up and ends within :data:`GENTLE_SECONDS`, or is ended with its children."""
        if self.state.running and not self.state.cancelled:
            self.state.cancelled = True
            self.state.text = "Stopping"
            self._killed_after = time.monotonic() + GENTLE_SECONDS
            self._signal_group(force=False)

    def wait(self, seconds: float) -> JobState:
        """Poll until the end.

        Raises
        ------
        JobError
            It took longer; the work is ended.
        """
        deadline = time.monotonic() + seconds
        while self.poll().running:
            if time.monotonic() > deadline:
                self.close()
                raise JobError(f"The work took longer than {seconds:g} s and was ended.")
            time.sleep(0.05)
        return self.state

    def close(self) -> None:
        """End whatever still runs, children included, and remove the job's folder."""
        if self._process.poll() is None:
            self.state.cancelled = True
            self._signal_group(force=True)
            self._process.wait()
        self.state.running = False
        self._close_streams()
        if self.folder is not None:
            shutil.rmtree(self.folder, ignore_errors=True)

    def _read_progress(self) -> None:
        self._err.seek(self._err_read)
        data = self._err.read()
        self._err_read += len(data)
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            self._take(line.decode("utf-8", "replace").rstrip())

    def _take(self, line: str) -> None:
        try:
            told = json.loads(line)
            fraction, text = float(told["fraction"]), str(told["text"])
        except (ValueError, TypeError, KeyError):
            self._errors.append(line)
            return
        if not self.state.cancelled:
            self.state.fraction = max(self.state.fraction, min(max(fraction, 0.0), 1.0))
            self.state.text = text

    def _finish(self, code: int) -> None:
        state = self.state
        if self._rest:
            self._take(self._rest.decode("utf-8", "replace"))
        self._out.seek(0)
        written = self._out.read().decode("utf-8", "replace")
        state.running = False
        state.details = "\n".join(self._errors)[-LONGEST_TEXT:]
        if state.cancelled:
            state.text = "Canceled"
        elif code in _EXPECTED_CODES:
            try:
                state.result = json.loads(written)
                state.ready = code == 0
                state.fraction = 1.0
            except ValueError:
                state.error = self._sentence(code)  # a crash of Python itself ends with 1 as well
        else:
            state.error = self._sentence(code)
        self._signal_group(force=True)
        self._close_streams()

    def _sentence(self, code: int) -> str:
        own = [line.partition(": ")[2] for line in self._errors if line.startswith("printprep: ")]
        if own and code > 0:
            return own[-1]
        how = f"signal {-code}" if code < 0 else f"code {code}"
        missing = next((line for line in self._errors if line.startswith("ModuleNotFoundError")), None)
        if missing is not None:
            return f"A Python package is missing ({missing.partition(': ')[2]}). Install the packages and try again."
        return (
            f"The work ended unexpectedly ({how}), perhaps for lack of memory. Your scene was not changed. "
            "Save it, crop the scan to the structure, and try again."
        )

    def _signal_group(self, *, force: bool) -> None:
        if os.name == "nt":
            if self._process.poll() is None:
                # The tree, since Windows has no process groups that die together.
                taskkill = shutil.which("taskkill")
                if taskkill:
                    subprocess.run(  # noqa: S603
                        [taskkill, "/T", "/F", "/PID", str(self._process.pid)], capture_output=True, check=False
                    )
                else:
                    self._process.kill()
            return
        # The group's number stays taken while any member lives; after its end there is nobody to signal.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL if force else signal.SIGTERM)

    def _close_streams(self) -> None:
        self._out.close()
        self._err.close()


def interpreter() -> str:
    """Return the Python that can run the library: inside Slicer that is PythonSlicer, not the application."""
    if Path(sys.executable).stem.lower().startswith("python"):
        return sys.executable
    found = shutil.which("PythonSlicer")
    if found is None:
        raise JobError("Slicer's own Python (PythonSlicer) was not found. Reinstall 3D Slicer and try again.")
    return found


def environment() -> dict[str, str]:
    """Return the environment of the process: this copy of the library is found first, output is UTF-8."""
    root = str(Path(__file__).resolve().parents[1])
    others = [path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path and path != root]
    return {**os.environ, "PYTHONPATH": os.pathsep.join([root, *others]), "PYTHONUTF8": "1"}


def _own_group() -> dict[str, Any]:
    if os.name == "nt":
        return {"creationflags": 0x00000200 | 0x08000000}  # a new process group, and no console window
    return {"start_new_session": True}
