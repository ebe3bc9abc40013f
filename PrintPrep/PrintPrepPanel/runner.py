"""Runs one job of the library beside Slicer: a timer looks after it, callbacks tell of progress and end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import qt

POLL_MS = 150


class Runner:
    """At most one job at a time.

    ``on_progress(fraction, text)`` is called while it runs, ``on_end(state)`` once when it has ended. The job's folder
    is there until ``on_end`` returns, and is then removed.
    """

    def __init__(self, on_progress: Callable[[float, str], None], on_end: Callable[[Any], None]) -> None:
        self._on_progress = on_progress
        self._on_end = on_end
        self._job: Any = None
        self._timer = qt.QTimer()
        self._timer.setInterval(POLL_MS)
        self._timer.connect("timeout()", self._poll)

    @property
    def running(self) -> bool:
        """Whether a job is on its way."""
        return self._job is not None

    @property
    def folder(self) -> Path | None:
        """Folder of the job that runs, or that has just ended."""
        return None if self._job is None else self._job.folder

    def start(self, words: Sequence[str], folder: Path) -> None:
        """Start a command; ``folder`` belongs to the job from now on, even where it cannot be started."""
        import shutil

        from PrintPrepLib.jobs import Job

        if self._job is not None:
            raise RuntimeError("a job is running already")
        try:
            self._job = Job(words, folder=folder)
        except Exception:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        self._timer.start()

    def cancel(self) -> None:
        """Ask the job to stop; ``on_end`` is called when it has."""
        if self._job is not None:
            self._job.cancel()

    def stop(self) -> None:
        """End the job at once without telling anybody, for example when the scene is closed."""
        self._timer.stop()
        if self._job is not None:
            job, self._job = self._job, None
            job.close()

    def _poll(self) -> None:
        if self._job is None:
            self._timer.stop()
            return
        state = self._job.poll()
        if state.running:
            self._on_progress(state.fraction, state.text)
            return
        self._timer.stop()
        job = self._job
        try:
            self._on_end(state)
        finally:
            if self._job is job:
                self._job = None
            job.close()
