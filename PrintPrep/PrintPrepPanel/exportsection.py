"""Section 7: folder, formats, and the Export button."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import slicer
from slicer.i18n import tr as _

from . import exporting, work
from .texts import set_text


class ExportSection:
    """What is written, where to, and why not."""

    def __init__(self, panel: Any) -> None:
        self._panel = panel
        self._exported = ""
        ui = panel.ui
        for name in exporting.FORMATS:
            getattr(ui, f"format_{name}").connect("toggled(bool)", self._on_formats)
        ui.exportButton.connect("clicked(bool)", lambda _on: panel.guarded(self.export))
        ui.anywayCheckBox.connect("toggled(bool)", lambda _on: panel.refresh_buttons())
        ui.reasonEdit.connect("textChanged(QString)", lambda _text: panel.refresh_buttons())
        ui.folderEdit.connect("currentPathChanged(QString)", self._on_folder)

    def load(self) -> None:
        """Show what the parameter node holds."""
        ui, stored = self._panel.ui, self._panel.parameters
        for name in exporting.FORMATS:
            getattr(ui, f"format_{name}").checked = name in stored.formats
        if ui.folderEdit.currentPath != stored.outputFolder:
            ui.folderEdit.currentPath = stored.outputFolder

    def forget(self) -> None:
        """Forget what was exported: the model is another one."""
        self._exported = ""

    def export(self) -> None:
        """Write the checked model; ask before files are replaced."""
        panel = self._panel
        panel.cut.collapse()
        chosen, study = panel.parameters, panel.results.study
        anyway = bool(panel.ui.anywayCheckBox.checked)
        reason = panel.ui.reasonEdit.text if anyway else ""
        why_not = exporting.refusal(study, chosen.outputFolder, list(chosen.formats), reason, anyway=anyway)
        if why_not:
            raise work.Refused(why_not)
        there = [
            name for name in exporting.file_names(study, chosen.formats) if (Path(chosen.outputFolder) / name).exists()
        ]
        if there and not slicer.util.confirmOkCancelDisplay(
            _("These files are in the folder already and will be replaced: {names}").format(names=", ".join(there)),
            windowTitle=_("PrintPrep"),
        ):
            panel.say(_("Nothing was exported."))
            return
        written = exporting.export(
            study, chosen.outputFolder, list(chosen.formats), recipe_text=panel.results.recipe_text(), reason=reason
        )
        self._exported = _("Written to {folder}: {names}").format(
            folder=chosen.outputFolder, names=", ".join(one.name for one in written)
        )
        panel.refresh_buttons()
        warned = [text for one in written for text in one.warnings]
        panel.say(_("Exported and read back: {count} files.").format(count=len(written)) + " " + " ".join(warned))

    def refresh_buttons(self, *, busy: bool) -> None:
        """Enable what can be done now, and say why the rest cannot."""
        panel, ui = self._panel, self._panel.ui
        failed = panel.results.failed
        ui.anywayCheckBox.visible = bool(failed)
        ui.reasonEdit.visible = bool(failed) and bool(ui.anywayCheckBox.checked)
        anyway = bool(failed) and bool(ui.anywayCheckBox.checked)
        why_not = exporting.refusal(
            panel.results.study, panel.parameters.outputFolder, list(panel.parameters.formats), ui.reasonEdit.text,
            anyway=anyway, outdated=panel.results.outdated,
        )  # fmt: skip
        ui.exportButton.enabled = not busy and not why_not
        ui.exportButton.toolTip = why_not or _("Write the checked model and its record.")
        set_text(ui, ui.exportLabel, why_not if why_not and panel.results.there() else self._exported)
        ui.checkButton.visible = panel.results.mesh_steps() > 0 and panel.results.final is None
        ui.checkButton.enabled = not busy

    def _on_folder(self, path: str) -> None:
        self._panel.store(outputFolder=path)
        self._panel.refresh_buttons()

    def _on_formats(self, _ticked: bool) -> None:
        ticked = [name for name in exporting.FORMATS if getattr(self._panel.ui, f"format_{name}").checked]
        self._panel.store(formats=ticked)
        self._panel.refresh_buttons()
