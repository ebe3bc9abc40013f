"""Record and report of the panel's export, formats and the DICOM file for the archive, on the offscreen host."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from Testing.slicer.panel_walk import MODULE, export_to, open_only, open_with_phantom, pictures, prepared, run_to_end

pytest_plugins = ("Testing.slicer.host.plugin", "Testing.slicer.panel_walk")


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return what is opened in the browser."""
    import qt

    shown: list[str] = []
    monkeypatch.setattr(qt.QDesktopServices, "openUrl", lambda url: shown.append(url.toLocalFile()))
    return shown


def test_the_report_is_that_of_a_run_and_opens_in_the_browser(host: Any, tmp_path: Path, opened: list[str]) -> None:
    from PrintPrepLib.record.schema import problems

    panel = prepared(host)
    ui, out = panel.ui, tmp_path / "out"
    open_only(host, panel, "export")
    assert not ui.reportButton.isEnabled()
    checked = panel.panel.results.study
    export_to(host, panel, out, drawn=True)
    host.click(ui.reportButton)
    assert opened == [str(out / "report.html")]
    record, page = json.loads((out / "record.json").read_text()), (out / "report.html").read_text()
    assert problems(record) == []
    assert record["run_options"]["pictures"] is True
    assert page.count("data:image/png") >= 5
    for words in ("surgical planning", record["calipers"][0]["name"], record["findings"][0]["message"].split(".")[0]):
        assert words in page
    assert record["parent_record"]
    assert record["steps"][0]["operation"] == "threshold"
    finding = next(one for one in record["findings"] if one["code"] == "patient-data")
    assert finding["severity"] == "not run"  # no DICOM database knows this scan
    from PrintPrepLib.mrml import load_record

    assert load_record(checked)["record_id"] == record["record_id"]
    host.save_scene(tmp_path / "case.mrb")
    host.load_scene(tmp_path / "case.mrb")
    open_only(host, panel, "export")
    host.click(ui.reportButton)
    assert len(opened) == 2
    (out / "report.html").unlink()
    host.click(ui.reportButton)
    assert "Press Export again" in ui.statusLabel.text
    assert not ui.reportButton.isEnabled()


def test_another_printer_that_makes_another_model_is_not_exported(host: Any, tmp_path: Path) -> None:
    panel = prepared(host)
    ui, out = panel.ui, tmp_path / "out"
    open_only(host, panel, "cut")
    host.choose(ui.printerSelector, "Original Prusa MK4")
    host.click(ui.addPlaneButton)
    host.click(ui.apply_cut)
    run_to_end(host, panel)
    assert panel.panel.results.roles()[-1:] == ["parts"], ui.statusLabel.text
    cut = next(one for one in panel.panel.results.receipts() if one["operation"] == "cut")
    assert cut["details"]["pins"]
    host.choose(ui.printerSelector, "Formlabs Form 3 and 3+")  # other play between pin and hole
    export_to(host, panel, out)
    assert "another model than the one that was checked" in ui.statusLabel.text
    assert list(out.iterdir()) == []


def test_cancel_of_an_export_leaves_the_folder_as_it_was(host: Any, own_temporary: Path, tmp_path: Path) -> None:
    panel = prepared(host)
    ui, out = panel.ui, tmp_path / "out"
    open_only(host, panel, "export")
    out.mkdir()
    ui.folderEdit.setCurrentPath(str(out))
    host.pump(0.02)
    host.click(ui.exportButton)
    host.click(ui.cancelButton)
    run_to_end(host, panel)
    assert "Canceled" in ui.statusLabel.text
    assert list(out.iterdir()) == []
    assert [path.name for path in own_temporary.iterdir() if not path.name.startswith("printprep-kept")] == []
    assert ui.exportButton.isEnabled()


def test_the_archive_file_is_asked_for_by_itself(host: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import pydicom
    import slicer

    from Testing.support.demo import demo_scan

    folder, _ = demo_scan()
    headers = sorted(
        (pydicom.dcmread(path) for path in folder.rglob("*.dcm")), key=lambda one: float(one.ImagePositionPatient[2])
    )
    files = {str(one.SOPInstanceUID): str(one.filename) for one in headers}

    class Database:
        isOpen = True  # noqa: N815 - as CTK has it

        def fileForInstance(self, uid: str) -> str:  # noqa: N802 - as CTK has it
            return files[uid]

    panel, node = open_with_phantom(host)
    ui, out = panel.ui, tmp_path / "archive"
    host.click(ui.prepareButton)
    run_to_end(host, panel)
    open_only(host, panel, "export")
    assert not ui.archiveContent.isVisible()
    ui.archiveCheckBox.setChecked(True)
    assert "name, number, birth date" in ui.archiveNotice.text
    assert not ui.archiveButton.isEnabled()
    host.type_text(ui.archiveTitleEdit, "Phantom, model")
    host.choose(ui.archiveUsageSelector, "planning")
    out.mkdir()
    ui.folderEdit.setCurrentPath(str(out))
    ui.archiveFolderEdit.setCurrentPath(str(out))
    host.pump(0.02)
    assert "folder of its own" in ui.archiveButton.toolTip
    ui.folderEdit.setCurrentPath(str(tmp_path))
    host.pump(0.02)
    assert "names the patient" in ui.archiveButton.toolTip
    ui.archiveKnownCheckBox.setChecked(True)
    host.screenshot(panel.parent, pictures(tmp_path) / "archive.png")
    host.click(ui.archiveButton)
    assert "DICOM database" in ui.statusLabel.text
    monkeypatch.setattr(slicer, "dicomDatabase", Database(), raising=False)
    node.SetAttribute("DICOM.instanceUIDs", " ".join(files))
    host.click(ui.archiveButton)
    run_to_end(host, panel)
    assert [path.name for path in out.iterdir()] == ["Phantom_model.dcm"], ui.statusLabel.text
    written = pydicom.dcmread(out / "Phantom_model.dcm")
    assert written.MIMETypeOfEncapsulatedDocument == "model/stl"
    assert written.PatientID == headers[0].PatientID
    assert written.StudyInstanceUID == headers[0].StudyInstanceUID
    assert str(out) in ui.archiveLabel.text
    assert not ui.archiveButton.isEnabled()  # the next one is asked for by itself again
    host.screenshot(panel.parent, pictures(tmp_path) / "archive_done.png")


def test_the_panels_formats_are_the_librarys(host: Any) -> None:
    from PrintPrepLib.workflow.formats import FORMATS
    from PrintPrepLib.workflow.papers import RECORD_FILE, REPORT_FILE

    panel = host.open(MODULE)
    from PrintPrepPanel import exporting

    assert exporting.FORMATS == FORMATS
    assert (exporting.RECORD, exporting.REPORT) == (RECORD_FILE, REPORT_FILE)
    for name in FORMATS:
        assert getattr(panel.ui, f"format_{name}").toolTip
