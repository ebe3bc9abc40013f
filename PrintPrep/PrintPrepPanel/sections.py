"""The sections of the panel: state light, receipts and findings in words, Apply and Undo."""

from __future__ import annotations

import html
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import qt
from slicer.i18n import tr as _

from .panelwords import in_panel_words
from .pickrows import PickTools
from .steplist import StepList
from .stepwidgets import StepBox
from .texts import (
    LIGHTS,
    SECTIONS,
    by_severity,
    finding_html,
    receipt_lines,
    section_number,
    section_title,
    set_text,
    state_word,
    step_title,
)
from .workshopwords import GROUPS, group_title

GROUPED = "workshop"
"""Section with so many steps that they stand in groups."""
HEADING_STYLE = "QLabel { color: #5a6b7b; border-bottom: 1px solid #c8ccd0; margin-top: 6px; }"
MOST_FINDINGS = 6
"""A section tells the gravest; all are in the section of the export."""

SECTION_OF_CODE: Mapping[str, str] = {
    **dict.fromkeys(("scale", "completeness-missing", "completeness-extra", "accuracy", "triangle-size"), "surface"),
    **dict.fromkeys(
        (
            "empty", "open-edges", "non-manifold-edges", "non-manifold-vertices", "winding", "degenerate-faces",
            "duplicate-faces", "inside-out", "mirrored", "placement", "self-intersections", "parts", "cavities",
        ),
        "repair",
    ),
    **dict.fromkeys(("wall-thickness", "feature-size", "gap"), "walls"),
    **dict.fromkeys(("printer-size", "parts-sound"), "cut"),
    **dict.fromkeys(
        (
            "clipped-anatomy", "clipped", "contrast", "empty-labels", "preview-not-applied", "segments-overlap",
            "segment-from-surface", "segment-resampled", "other-grid", "no-scan", "field-of-view-unknown",
            "scaled-by-transform", "mirrored-by-transform",
        ),
        "segment",
    ),
    "rounding": "export",
    "print-plan": "plan",
    "patient-data": "export",
}  # fmt: skip
"""Where a finding is told besides the full list; codes that are not named here are about the scan."""


class Section:
    """One section's widgets. ``state`` is one of the words of ``texts.LIGHTS``."""

    def __init__(self, name: str, ui: Any) -> None:
        self.name = name
        self._ui = ui
        self.state = "none"
        self.button = getattr(ui, f"section_{name}")
        self.steps = dict(SECTIONS)[name]
        self.boxes: list[StepBox] = []
        self._widgets: list[Any] = []
        self._light = getattr(ui, f"light_{name}")
        self._receipt = getattr(ui, f"receipt_{name}")
        self._findings = getattr(ui, f"findings_{name}")
        self.apply = getattr(ui, f"apply_{name}", None)
        self.undo = getattr(ui, f"undo_{name}", None)
        self.show("none", [], [])

    def build(self, steps: StepList, changed: Callable[[], None], tools: PickTools | None = None) -> None:
        """Make the widgets of the section's steps anew; the workshop's in groups with headings."""
        holder = getattr(self._ui, f"steps_{self.name}", None)
        if holder is None:
            return
        layout = holder.layout()
        for widget in self._widgets:
            layout.removeWidget(widget)
            widget.setParent(None)
            widget.deleteLater()
        self.boxes = [StepBox(row, changed, tools) for row in steps.of_section(self.name)]
        self._widgets = self._in_groups() if self.name == GROUPED else [box.widget for box in self.boxes]
        for widget in self._widgets:
            layout.addWidget(widget)

    def _in_groups(self) -> list[Any]:
        widgets = []
        for group, names in GROUPS:
            own = [box.widget for name in names for box in self.boxes if box.row.step.name == name]
            if own:
                heading = qt.QLabel(group_title(group))
                heading.objectName = f"group_{group}"
                heading.styleSheet = HEADING_STYLE
                widgets += [heading, *own]
        return widgets

    def box(self, step: str) -> StepBox:
        """Return the widgets of a step."""
        return next(box for box in self.boxes if box.row.step.name == step)

    def show(
        self,
        state: str,
        receipts: Sequence[Mapping[str, Any]],
        findings: Sequence[Mapping[str, Any]],
        *,
        undo: str = "",
        note: str = "",
    ) -> None:
        """Show state, receipts and findings; ``undo`` is the step that Undo would take back."""
        self.state = state
        color, word = LIGHTS[state], state_word(state)
        mark = {"none": "○", "done": "✓", "fail": "✗"}.get(state, "!")
        self.button.text = f"{section_title(self.name)}   {mark} {word}"
        text = f'<span style="color:{color}">●</span> <b>{html.escape(word)}</b>'
        set_text(self._ui, self._light, text + (f" – {html.escape(note)}" if note else ""))
        lines = []
        for receipt in receipts:
            title = step_title(str(receipt["operation"]))
            lines_told = [in_panel_words(line) for line in receipt_lines(receipt)]
            told = "<br>".join(f"&nbsp;&nbsp;&nbsp;{html.escape(line)}" for line in lines_told)
            lines.append(f"<b>{html.escape(title)}</b>" + (f"<br>{told}" if told else ""))
            warnings = [in_panel_words(str(warning)) for warning in receipt.get("warnings", ())]
            lines += [finding_html({"severity": "warn", "message": warning}) for warning in warnings]
        set_text(self._ui, self._receipt, "<br>".join(lines))
        self._receipt.visible = bool(lines)
        worth_telling = [one for one in by_severity(findings) if one["severity"] in ("fail", "warn")]
        shown = [finding_html(_in_words(one)) for one in worth_telling[:MOST_FINDINGS]]
        if len(worth_telling) > MOST_FINDINGS:
            shown.append(
                _("{count} more in section {number}.").format(
                    count=len(worth_telling) - MOST_FINDINGS, number=section_number("export")
                )
            )
        set_text(self._ui, self._findings, "<br>".join(shown))
        self._findings.visible = bool(shown)
        if self.undo is not None:
            self.undo.enabled = bool(undo)
            step = step_title(undo.rstrip("0123456789").strip())
            self.undo.text = _("Undo: {step}").format(step=step) if undo else _("Undo")


def _in_words(finding: Mapping[str, Any]) -> dict[str, Any]:
    told = {key: in_panel_words(str(finding[key])) for key in ("message", "advice") if finding.get(key)}
    return {**finding, **told}


def section_state(receipts: Sequence[Mapping[str, Any]], findings: Sequence[Mapping[str, Any]]) -> str:
    """Judge a section whose step was done, or whose checks were made."""
    severities = {str(finding["severity"]) for finding in findings}
    if "fail" in severities:
        return "fail"
    if "warn" in severities or any(receipt.get("warnings") for receipt in receipts):
        return "attention"
    return "done"
