"""Steps that many tests of the panel take."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

import pytest

MODULE = Path(__file__).resolve().parents[2] / "PrintPrep" / "PrintPrep.py"
SIZE = (48, 72, 72)
"""Of the phantom: 2.1 mm, for tests of behavior."""
RUN_S = 240.0
SECTIONS = ("scan", "segment", "surface", "repair", "walls", "workshop", "cut", "plan", "export")


def open_with_phantom(host: Any) -> tuple[Any, Any]:
    """Open the panel, load the phantom, choose it; returns the module's widget and the volume node."""
    panel = host.open(MODULE)
    from PrintPrepPanel.sample import phantom_volume

    node = phantom_volume(host.scene, SIZE)
    host.choose(panel.ui.volumeSelector, node)
    return panel, node


def run_to_end(host: Any, panel: Any) -> None:
    """Let the job that runs finish."""
    assert panel.panel.runner.running, panel.ui.statusLabel.text
    assert host.pump(RUN_S, until=lambda: not panel.panel.runner.running), panel.ui.statusLabel.text
    host.pump(0.05)


def prepared(host: Any) -> Any:
    """Return a panel with finished results of the phantom."""
    panel, _node = open_with_phantom(host)
    host.click(panel.ui.prepareButton)
    run_to_end(host, panel)
    assert panel.panel.results.roles()[-1:] == ["model"], panel.ui.statusLabel.text
    return panel


def open_only(host: Any, panel: Any, name: str) -> None:
    """Fold all sections but one."""
    for other in SECTIONS:
        getattr(panel.ui, f"section_{other}").collapsed = other != name
    host.pump(0.02)


def pictures(tmp_path: Path) -> Path:
    """Return where pictures go: a folder that was asked for, or the test's own."""
    return Path(os.environ.get("PRINTPREP_PICTURES", str(tmp_path / "pictures")))


def export_to(host: Any, panel: Any, folder: Path, *, drawn: bool = False) -> None:
    """Fill the last section in and press Export, with a reason where a check failed, and wait for the end."""
    open_only(host, panel, "export")
    folder.mkdir(exist_ok=True)
    panel.ui.folderEdit.setCurrentPath(str(folder))
    accept_failures(host, panel, "only a test of the panel")
    panel.ui.picturesCheckBox.setChecked(drawn)
    host.click(panel.ui.exportButton)
    if panel.panel.runner.running:
        run_to_end(host, panel)


def accept_failures(host: Any, panel: Any, reason: str) -> None:
    """Write a reason beside everything that failed."""
    if panel.panel.results.failed:
        panel.ui.anywayCheckBox.setChecked(True)
        failed = {one["code"] for one in panel.panel.results.failed}
        for row, code in enumerate(panel.panel.export.accept._codes):
            if code in failed:
                panel.ui.acceptTable.item(row, 1).setText(reason)
        host.pump(0)


@pytest.fixture
def own_temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the test a folder for temporary files of its own, so that what is left there is its own."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder
