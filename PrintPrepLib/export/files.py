"""The output folder of a run: everything is there at the end, or nothing is."""

from __future__ import annotations

import secrets
import shutil
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType, TracebackType

from ..errors import ExportError
from .temporary import export_error, sync_folder

_STAGING = ".printprep-"


class OutputFolder:
    """Collects the files of a run in a hidden folder and moves them into place when the block ends well.

    ::

        with OutputFolder(folder) as out:
            write_mesh(mesh, out.file("model.stl"))

    On an exception, a cancel and Ctrl-C included, nothing is left: files of an earlier run are as they were, and
    folders that were made for this run are removed. Ctrl-C during the moving itself (milliseconds) undoes it.

    Parameters
    ----------
    folder : path
        Where the files shall be; made if it is missing.
    """

    def __init__(self, folder: Path | str) -> None:
        self.folder = Path(folder)
        self._made: list[Path] = []
        self._staging: Path | None = None

    def file(self, name: str) -> Path:
        """Return where to write a file of this name for now.

        Raises
        ------
        ValueError
            The name has a folder in it, or the block was not entered.
        """
        if self._staging is None:
            raise ValueError("OutputFolder.file is for use inside the with block")
        if not name or Path(name).name != name or name.startswith("."):
            raise ValueError(f"name must be a plain file name, got {name!r}")
        return self._staging / name

    @property
    def folder_now(self) -> Path:
        """Folder in which the files lie for now.

        Raises
        ------
        ValueError
            The block was not entered.
        """
        if self._staging is None:
            raise ValueError("OutputFolder.folder_now is for use inside the with block")
        return self._staging

    @property
    def names(self) -> list[str]:
        """Names of the files that are there so far, sorted."""
        return [] if self._staging is None else sorted(p.name for p in self._staging.iterdir() if p.is_file())

    def __enter__(self) -> OutputFolder:
        if self.folder.exists() and not self.folder.is_dir():
            raise ExportError(f"'{self.folder.name}' is a file. Choose a folder for the results.")
        try:
            self._make_folder()
            staging = self.folder / f"{_STAGING}{secrets.token_hex(6)}"
            self._staging = staging
            staging.mkdir()
        except OSError as error:
            self._remove()
            raise export_error(error, self.folder.name) from error
        except BaseException:
            self._remove()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if kind is not None:
            with _interrupts_held():
                self._remove()
            return
        try:
            with _interrupts_held() as interrupted:
                self._commit(interrupted)
                self._made.clear()
        except OSError as failure:
            raise export_error(failure, self.folder.name) from failure
        finally:
            with _interrupts_held():
                self._remove()

    def _make_folder(self) -> None:
        missing = []
        folder = self.folder
        while not folder.exists():
            missing.append(folder)
            folder = folder.parent
        for new in reversed(missing):
            self._made.append(new)
            new.mkdir()

    def _commit(self, interrupted: threading.Event) -> None:
        """Move the files into place; earlier ones are set aside first and come back if anything fails."""
        assert self._staging is not None
        earlier = self._staging / ".earlier"
        earlier.mkdir()
        set_aside: list[str] = []
        moved: list[str] = []
        try:
            for name in self.names:
                target = self.folder / name
                if target.is_dir():
                    raise ExportError(f"'{name}' is a folder where a file shall be written. Move it away.")
                if target.exists():
                    target.replace(earlier / name)
                    set_aside.append(name)
                (self._staging / name).replace(target)
                moved.append(name)
            sync_folder(self.folder)
            if interrupted.is_set():
                raise KeyboardInterrupt
        except BaseException:
            for name in moved:
                (self.folder / name).unlink(missing_ok=True)
            for name in set_aside:
                (earlier / name).replace(self.folder / name)
            raise

    def _remove(self) -> None:
        if self._staging is not None:
            shutil.rmtree(self._staging, ignore_errors=True)
            self._staging = None
        for folder in reversed(self._made):
            if folder.is_dir() and not any(folder.iterdir()):
                folder.rmdir()
        self._made.clear()


@contextmanager
def _interrupts_held() -> Iterator[threading.Event]:
    """Note Ctrl-C instead of raising in the middle of a move; other threads than the main one get none anyway."""
    noted = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield noted
        return

    def note(number: int, frame: FrameType | None) -> None:
        noted.set()

    previous = signal.signal(signal.SIGINT, note)
    try:
        yield noted
    finally:
        signal.signal(signal.SIGINT, previous if previous is not None else signal.SIG_DFL)
