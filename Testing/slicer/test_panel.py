"""The panel as a user clicks it, on the offscreen host: from the phantom to exported files."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

pytest_plugins = ("Testing.slicer.host.plugin",)

MODULE = Path(__file__).resolve().parents[2] / "PrintPrep" / "PrintPrep.py"
SIZE = (48, 72, 72)
RUN_S = 240.0
SECTIONS = ("scan", "segment", "surface", "repair", "walls", "cut", "export")


def open_with_phantom(host: Any) -> tuple[Any, Any]:
    panel = host.open(MODULE)
    from PrintPrepPanel.sample import phantom_volume

    node = phantom_volume(host.scene, SIZE)
    host.choose(panel.ui.volumeSelector, node)
    return panel, node


def run_to_end(host: Any, panel: Any) -> None:
    assert panel.panel.runner.running, panel.ui.statusLabel.text
    assert host.pump(RUN_S, until=lambda: not panel.panel.runner.running), panel.ui.statusLabel.text
    host.pump(0.05)


def pictures(tmp_path: Path) -> Path:
    return Path(os.environ.get("PRINTPREP_PICTURES", str(tmp_path / "pictures")))


def open_only(host: Any, panel: Any, name: str) -> None:
    for other in SECTIONS:
        getattr(panel.ui, f"section_{other}").collapsed = other != name
    host.pump(0.02)


def test_walk_from_phantom_to_files(host: Any, tmp_path: Path) -> None:
    panel, _node = open_with_phantom(host)
    ui = panel.ui
    host.click(ui.reviewButton)
    assert ui.scanTable.rowCount > 3
    host.choose(ui.presetSelector, "Bone")
    open_only(host, panel, "export")
    host.choose(ui.printerSelector, "Original Prusa MK4")
    assert not ui.exportButton.isEnabled()
    host.click(ui.prepareButton)
    assert ui.cancelButton.isEnabled()
    assert not ui.prepareButton.isEnabled()
    run_to_end(host, panel)
    assert panel.panel.results.roles()[-1] == "model", ui.statusLabel.text
    assert ui.checkTable.rowCount > 20
    out = tmp_path / "out"
    out.mkdir()
    ui.folderEdit.setCurrentPath(str(out))
    ui.format_ply.setChecked(True)
    host.pump(0)
    if panel.panel.results.failed:
        ui.anywayCheckBox.setChecked(True)
        host.type_text(ui.reasonEdit, "only a test of the panel")
    host.click(ui.exportButton)
    assert sorted(path.name for path in out.iterdir()) == [
        "model.3mf", "model.ply", "model.stl", "recipe.toml", "record.json",
    ]  # fmt: skip
    record = json.loads((out / "record.json").read_text())
    assert [one["file"] for one in record["outputs"]] == ["model.stl", "model.3mf", "model.ply", "recipe.toml"]
    for name in SECTIONS:
        open_only(host, panel, name)
        host.screenshot(panel.parent, pictures(tmp_path) / f"{name}.png")
