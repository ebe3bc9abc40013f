"""What failed or warned and is accepted all the same: a reason for each, and who says so. The verdict stays."""

from __future__ import annotations

from typing import Any

import qt
from slicer.i18n import tr as _

from . import exporting, work
from .texts import MARKS, SEVERITY_COLORS

REASON_COLUMN = 1
ROW_PX, BORDER_PX, LONGEST_PX = 30, 34, 220
LONGEST_MESSAGE = 90
"""Letters of a finding in its row; the whole is in the list of checks and in the tool tip."""


class AcceptTable:
    """One row for each finding that can be accepted; the reasons are kept with the study."""

    def __init__(self, panel: Any) -> None:
        self._panel = panel
        self._codes: list[str] = []
        self._filling = False
        ui = panel.ui
        table = ui.acceptTable
        table.columnCount = 2
        table.setHorizontalHeaderLabels([_("Found"), _("Reason to accept it")])
        table.verticalHeader().visible = False
        for column in (0, REASON_COLUMN):
            table.horizontalHeader().setSectionResizeMode(column, qt.QHeaderView.Stretch)
        table.wordWrap = True
        table.verticalHeader().setSectionResizeMode(qt.QHeaderView.ResizeToContents)
        table.connect("cellChanged(int,int)", self._on_changed)
        ui.anywayCheckBox.connect("toggled(bool)", lambda _on: panel.refresh_buttons())
        ui.acceptedByEdit.connect("textChanged(QString)", self._on_by)

    def reasons(self) -> dict[str, str]:
        """Return the reasons by the code of the finding; none while the box is not ticked."""
        ui = self._panel.ui
        if not ui.anywayCheckBox.checked:
            return {}
        told = {code: ui.acceptTable.item(row, REASON_COLUMN).text() for row, code in enumerate(self._codes)}
        return {code: text.strip() for code, text in told.items() if text.strip()}

    def by(self) -> str:
        """Return who accepts."""
        return str(self._panel.ui.acceptedByEdit.text).strip()

    def refresh(self) -> None:
        """List the findings of the last run with the reasons that were given before."""
        ui, study = self._panel.ui, self._panel.results.study
        there = exporting.findings_to_accept(study) if self._panel.results.final is not None else []
        given, by = _given(study)
        self._filling = True
        self._codes = [str(one["code"]) for one in there]
        ui.acceptTable.rowCount = len(there)
        for row, one in enumerate(there):
            message = str(one["message"])
            short = message if len(message) <= LONGEST_MESSAGE else message[:LONGEST_MESSAGE].rsplit(" ", 1)[0] + " …"
            told = qt.QTableWidgetItem(f"{MARKS[one['severity']]} {short}")
            told.setFlags(qt.Qt.ItemIsEnabled)
            told.setToolTip(message)
            told.setForeground(qt.QBrush(qt.QColor(SEVERITY_COLORS[one["severity"]])))
            ui.acceptTable.setItem(row, 0, told)
            before = one.get("override") or {}
            reason = qt.QTableWidgetItem(str(given.get(one["code"], before.get("reason", ""))))
            reason.setToolTip(_("Click and write why it is accepted."))
            ui.acceptTable.setItem(row, REASON_COLUMN, reason)
        height = min(ROW_PX * 2 * len(there) + BORDER_PX, LONGEST_PX)
        ui.acceptTable.minimumHeight = height
        ui.acceptTable.maximumHeight = height
        if ui.acceptedByEdit.text != by:
            ui.acceptedByEdit.text = by
        # Reasons that a recipe brought count as well.
        ui.anywayCheckBox.checked = bool(given) or any(one.get("override") for one in there)
        self._filling = False

    def refresh_buttons(self) -> None:
        """Show the table where there is something to accept and the box is ticked."""
        ui = self._panel.ui
        ui.anywayCheckBox.visible = bool(self._codes)
        wanted = bool(self._codes) and bool(ui.anywayCheckBox.checked)
        ui.acceptTable.visible = wanted
        ui.acceptedByEdit.visible = wanted

    def _keep(self) -> None:
        from PrintPrepLib.mrml import load_settings, save_settings

        study = self._panel.results.study
        if study is not None:
            kept = {work.REASONS: self.reasons(), work.BY: self.by()}
            save_settings(study, {**load_settings(study), **kept})

    def _on_changed(self, _row: int, column: int) -> None:
        if not self._filling and column == REASON_COLUMN:
            self._keep()
            self._panel.refresh_buttons()

    def _on_by(self, _text: str) -> None:
        if not self._filling:
            self._keep()


def _given(study: Any) -> tuple[dict[str, str], str]:
    from PrintPrepLib.mrml import load_settings

    settings = {} if study is None else load_settings(study)
    return dict(settings.get(work.REASONS, {})), str(settings.get(work.BY, ""))
