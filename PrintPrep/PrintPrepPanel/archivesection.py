"""A DICOM file of the model for the archive. It must carry the patient, so it is asked for by itself, explicitly."""

from __future__ import annotations

import html
import re
import shutil
from pathlib import Path
from typing import Any

from slicer.i18n import tr as _

from . import packages, work
from .texts import finding_html, set_text

LONGEST_NAME = 40
"""Letters of the file's name that are taken from the title."""


class ArchiveSection:
    """Below the export: what, title, usage, folder, and the tick that the user knows what the file carries."""

    def __init__(self, panel: Any) -> None:
        from PrintPrepLib.encapsulate import Usage

        self._panel = panel
        self._usages = [None, *(usage.value for usage in Usage)]
        ui = panel.ui
        for usage in self._usages:
            ui.archiveUsageSelector.addItem(_("not stated") if usage is None else usage.replace("-", " "))
        for words in (_("not known"), _("yes"), _("no")):
            ui.archiveFaceSelector.addItem(words)
        set_text(ui, ui.archiveNotice, f"<b>{html.escape(notice())}</b>")
        ui.archiveCheckBox.connect("toggled(bool)", lambda _on: panel.refresh_buttons())
        ui.archiveKnownCheckBox.connect("toggled(bool)", lambda _on: panel.refresh_buttons())
        ui.archiveTitleEdit.connect("textChanged(QString)", lambda _text: panel.refresh_buttons())
        ui.archiveFolderEdit.connect("currentPathChanged(QString)", lambda _path: panel.refresh_buttons())
        ui.archiveButton.connect("clicked(bool)", lambda _on: panel.guarded(self.write))

    def refresh(self) -> None:
        """List what can be written; the model may be another one."""
        ui, final = self._panel.ui, self._panel.results.final
        ui.archiveOfSelector.clear()
        for node in () if final is None else final.nodes:
            ui.archiveOfSelector.addItem(node.GetName())
        ui.archiveKnownCheckBox.checked = False
        ui.archiveFaceSelector.currentIndex = 1 if self._may_show_a_face() else 0
        set_text(ui, ui.archiveLabel, "")

    def refresh_buttons(self, *, busy: bool) -> None:
        """Enable the button once everything is said, and say what is missing."""
        ui = self._panel.ui
        ui.archiveContent.visible = bool(ui.archiveCheckBox.checked)
        why_not = self._why_not()
        ui.archiveButton.enabled = not busy and not why_not
        ui.archiveButton.toolTip = why_not or _("Write the model as DICOM, with the patient and study of the scan.")

    def write(self) -> None:
        """Write the chosen model as DICOM in a process of its own."""
        from PrintPrepLib.mrml import gather_source, load_record, source_files

        panel, ui = self._panel, self._panel.ui
        panel.running.refuse_while_running()
        why_not = self._why_not()
        if why_not:
            raise work.Refused(why_not)
        packages.ensure(panel.running.requirements)
        panel.cut.collapse()
        study, final = panel.results.study, panel.results.final
        record = load_record(study) or {}
        node = final.nodes[max(ui.archiveOfSelector.currentIndex, 0)]
        file = Path(ui.archiveFolderEdit.currentPath) / f"{_name_of(ui.archiveTitleEdit.text)}.dcm"
        folder, mesh = work.folder_with_mesh(node, "model.stl")
        try:
            source = gather_source(source_files(study.volume_node), folder / "source")
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        use = record.get("intended_use", {})
        words = ["encapsulate", str(mesh), "--source", str(source), "-o", str(file), "--units", "mm"]
        words += ["--title", ui.archiveTitleEdit.text.strip()]
        words += ["--description", ui.archiveDescriptionEdit.text.strip()]
        usage = self._usages[max(ui.archiveUsageSelector.currentIndex, 0)]
        words += [] if usage is None else ["--usage", usage]
        words += ["--modified" if use.get("modified") else "--no-modified"]
        words += ["--mirrored" if use.get("mirrored") else "--no-mirrored"]
        words += {1: ["--face"], 2: ["--no-face"]}.get(ui.archiveFaceSelector.currentIndex, [])
        panel.running.start(tuple(words), folder, lambda state: self._finish(state, file.parent))

    def _finish(self, state: Any, folder: Path) -> None:
        ui, result = self._panel.ui, state.result
        names = ", ".join(str(one["file"]) for one in result["files"])
        lines = [html.escape(_("Written to {folder}: {names}").format(folder=str(folder), names=names))]
        lines.append(f"<b>{html.escape(notice())}</b>")
        lines += [html.escape(note) for note in result["notes"]]
        lines += [finding_html(one) for one in result["findings"]]
        set_text(ui, ui.archiveLabel, "<br>".join(lines))
        ui.archiveKnownCheckBox.checked = False  # each file is asked for by itself
        self._panel.say(_("The DICOM file was written and read back. It carries the patient."))

    def _why_not(self) -> str:
        panel, ui = self._panel, self._panel.ui
        study, folder = panel.results.study, ui.archiveFolderEdit.currentPath.strip()
        if study is None or panel.results.final is None:
            return _("There is no checked model yet.")
        if panel.results.outdated:
            return str(panel.results.outdated)
        if not ui.archiveTitleEdit.text.strip():
            return _("Give the model a title: the archive shows it.")
        if not folder or not Path(folder).is_dir():
            return _("Choose a folder for the DICOM file.")
        if _same_folder(folder, panel.parameters.outputFolder):
            return _("Choose a folder of its own: what lies in the folder of the export is made to be given away.")
        if not ui.archiveKnownCheckBox.checked:
            return _("Tick that you know that this file names the patient.")
        return ""

    def _may_show_a_face(self) -> bool:
        from PrintPrepLib.check.skin import CODE
        from PrintPrepLib.mrml import load_record

        study = self._panel.results.study
        record = None if study is None else load_record(study)
        found = () if record is None else record["findings"]
        return any(one["code"] == CODE and one["severity"] == "warn" for one in found)


def notice() -> str:
    """Say what such a file carries."""
    return _(
        "This file carries the patient: name, number, birth date, study and UIDs of the scan, as an archive needs "
        "them. Keep it apart from files that are given away."
    )


def _name_of(title: str) -> str:
    words = re.findall(r"[A-Za-z0-9]+", title)
    return "_".join(words)[:LONGEST_NAME] or "model"


def _same_folder(one: str, other: str) -> bool:
    return bool(other.strip()) and Path(one).resolve() == Path(other).resolve()
