"""Nothing of the patient leaves the scene by the panel's export."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from Testing.slicer.panel_walk import export_to, open_with_phantom, run_to_end

NAME = "ZIMMERSPECHT"

pytest_plugins = ("Testing.slicer.host.plugin", "Testing.slicer.panel_walk")


def test_a_name_typed_by_hand_is_not_exported(host: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import pydicom
    import slicer

    from Testing.support.demo import demo_scan

    folder, _ = demo_scan()
    files = []
    for number, path in enumerate(sorted(path for path in folder.rglob("*") if path.is_file())[:3]):
        header = pydicom.dcmread(path)
        header.PatientName = f"{NAME}^Erika"
        files.append(tmp_path / f"slice {number}.dcm")
        header.save_as(files[-1])

    class Database:
        isOpen = True  # noqa: N815 - as CTK has it

        def fileForInstance(self, uid: str) -> str:  # noqa: N802 - as CTK has it
            return str(files[int(uid.rpartition(".")[2]) - 1])

    monkeypatch.setattr(slicer, "dicomDatabase", Database(), raising=False)
    panel, node = open_with_phantom(host)
    node.SetAttribute("DICOM.instanceUIDs", "1.2.3.1 1.2.3.2 1.2.3.3")
    panel.ui.useSelector.setEditText(f"for Mrs. {NAME.capitalize()}")
    host.click(panel.ui.prepareButton)
    run_to_end(host, panel)
    out = tmp_path / "out"
    export_to(host, panel, out)
    assert "Patient data" in panel.ui.statusLabel.text
    assert list(out.iterdir()) == []
    panel.ui.useSelector.setEditText("surgical planning")
    host.click(panel.ui.prepareButton)
    run_to_end(host, panel)
    export_to(host, panel, out)
    assert (out / "record.json").is_file(), panel.ui.statusLabel.text
    assert NAME.lower() not in (out / "record.json").read_text().lower()
