"""Folder, formats, what was accepted, the Export button, and the report."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import qt
import slicer
from slicer.i18n import tr as _

from . import exporting, packages, work
from .accepting import AcceptTable
from .archivesection import ArchiveSection
from .texts import set_text


class ExportSection:
    """What is written, where to, and why not."""

    def __init__(self, panel: Any) -> None:
        self._panel = panel
        self._exported = ""
        self._report: Path | None = None
        self.accept = AcceptTable(panel)
        self.archive = ArchiveSection(panel)
        ui = panel.ui
        for name in exporting.FORMATS:
            getattr(ui, f"format_{name}").connect("toggled(bool)", self._on_formats)
        ui.exportButton.connect("clicked(bool)", lambda _on: panel.guarded(self.export))
        ui.reportButton.connect("clicked(bool)", lambda _on: panel.guarded(self.open_report))
        ui.folderEdit.connect("currentPathChanged(QString)", self._on_folder)

    def load(self) -> None:
        """Show what the parameter node holds."""
        ui, stored = self._panel.ui, self._panel.parameters
        for name in exporting.FORMATS:
            getattr(ui, f"format_{name}").checked = name in stored.formats
        if ui.folderEdit.currentPath != stored.outputFolder:
            ui.folderEdit.currentPath = stored.outputFolder

    def refresh(self) -> None:
        """Forget what was exported, the model may be another one; show what can be accepted and written."""
        self._exported = ""
        self._find_report()
        self.accept.refresh()
        self.archive.refresh()

    def export(self) -> None:
        """Write model, record and report in a process of its own; ask before files are replaced."""
        panel = self._panel
        panel.running.refuse_while_running()
        panel.cut.collapse()
        chosen, study = panel.parameters, panel.results.study
        formats, reasons = list(chosen.formats), self.accept.reasons()
        why_not = exporting.refusal(study, chosen.outputFolder, formats, reasons)
        if why_not:
            raise work.Refused(why_not)
        names = exporting.file_names(study, formats)
        there = [name for name in names if (Path(chosen.outputFolder) / name).exists()]
        if there and not slicer.util.confirmOkCancelDisplay(
            _("These files are in the folder already and will be replaced: {names}").format(names=", ".join(there)),
            windowTitle=_("PrintPrep"),
        ):
            panel.say(_("Nothing was exported."))
            return
        packages.ensure(panel.running.requirements)
        panel.say(_("Reading the scan from the scene"))
        with slicer.util.WaitCursor():
            prepared = exporting.prepare(
                study, formats, reasons, self.accept.by(), panel.choices.case(),
                pictures=bool(panel.ui.picturesCheckBox.checked),
            )  # fmt: skip
        folder = Path(chosen.outputFolder)
        words = (*prepared.words, *panel.running.kept.words())
        panel.running.start(words, prepared.folder, lambda state: self._finish(state, study, prepared, folder))

    def open_report(self) -> None:
        """Show the report in the browser."""
        if self._report is None or not self._report.is_file():
            self._report = None
            self._panel.refresh_buttons()
            raise work.Refused(_("The report is not in the folder any more. Press Export again."))
        qt.QDesktopServices.openUrl(qt.QUrl.fromLocalFile(str(self._report)))

    def refresh_buttons(self, *, busy: bool) -> None:
        """Enable what can be done now, and say why the rest cannot."""
        panel, ui = self._panel, self._panel.ui
        self.accept.refresh_buttons()
        why_not = exporting.refusal(
            panel.results.study, panel.parameters.outputFolder, list(panel.parameters.formats), self.accept.reasons(),
            outdated=panel.results.outdated,
        )  # fmt: skip
        ui.exportButton.enabled = not busy and not why_not
        ui.exportButton.toolTip = why_not or _("Write the checked model, its record and its report.")
        ui.reportButton.enabled = self._report is not None
        set_text(ui, ui.exportLabel, why_not if why_not and panel.results.there() else self._exported)
        ui.checkButton.visible = panel.results.mesh_steps() > 0 and panel.results.final is None
        ui.checkButton.enabled = not busy
        self.archive.refresh_buttons(busy=busy)

    def _finish(self, state: Any, study: Any, prepared: work.Prepared, folder: Path) -> None:
        panel = self._panel
        try:
            with slicer.util.WaitCursor():
                names = exporting.take(study, prepared, folder)
        finally:
            panel.refresh()
        self._exported = _("Written to {folder}: {names}").format(folder=str(folder), names=", ".join(names))
        panel.refresh_buttons()
        warned = [text for one in state.result["outputs"] for text in one.get("warnings", ())]
        done = _("Exported and read back: {count} files.").format(count=len(names))
        panel.say(" ".join([done, *dict.fromkeys(warned)]))

    def _find_report(self) -> None:
        chosen = self._panel.parameters
        self._report = None if chosen is None else exporting.report_of(self._panel.results.study, chosen.outputFolder)

    def _on_folder(self, path: str) -> None:
        self._panel.store(outputFolder=path)
        self._find_report()
        self._panel.refresh_buttons()

    def _on_formats(self, _ticked: bool) -> None:
        ticked = [name for name in exporting.FORMATS if getattr(self._panel.ui, f"format_{name}").checked]
        self._panel.store(formats=ticked)
        self._panel.refresh_buttons()
