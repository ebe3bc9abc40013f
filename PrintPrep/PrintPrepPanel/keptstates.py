"""The folder in which runs keep what each step made, so that the next run goes on where nothing before has changed.

It holds voxels of the scan: it is made when it is needed, for this user only, and it goes with the scene, with the
panel and with the application.
"""

from __future__ import annotations

import atexit
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import slicer
from slicer.i18n import tr as _

from .texts import step_title

PREFIX = "printprep-kept-"


class KeptStates:
    """At most one folder, in Slicer's folder for temporary files."""

    def __init__(self) -> None:
        self._folder: Path | None = None

    def words(self) -> tuple[str, ...]:
        """Return the option that a command needs to use the folder."""
        if self._folder is None or not self._folder.is_dir():
            parent = Path(slicer.app.temporaryPath)
            parent.mkdir(parents=True, exist_ok=True)
            self._folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=parent))
            atexit.register(self.forget)
        return "--go-on", str(self._folder)

    def forget(self) -> None:
        """Remove the folder."""
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None
            atexit.unregister(self.forget)


def went_on_sentence(result: Mapping[str, Any] | None) -> str:
    """Say from where a run went on; empty where it began from the scan."""
    told = (result or {}).get("went_on_from")
    if not told:
        return ""
    return _("Went on from '{step}': nothing up to there had changed.").format(step=step_title(str(told["step"])))
