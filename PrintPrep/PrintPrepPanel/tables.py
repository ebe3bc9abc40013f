"""Fills tables of findings, pieces and thin places; a click on a row goes to its place."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import qt
from slicer.i18n import tr as _

from .panelwords import in_panel_words
from .texts import MARKS, SEVERITY_COLORS, by_severity, hole_words, place_text
from .views import jump_to

LONGEST_PX = 340
ROW_PX = 24
LINE_PX = 17
BORDER_PX = 10
"""Of a table with its heading, above what its rows need."""
LEAST_ML_MM3 = 100.0
"""Smaller volumes are told in mm³."""
LETTERS = 50
"""In a line of the widest column."""


class PlaceTable:
    """A table whose rows may have a place in the body."""

    def __init__(self, widget: Any, headings: Sequence[str], stretch: int) -> None:
        self.widget = widget
        self._places: list[Sequence[float] | None] = []
        self._on_tick: Callable[[], None] | None = None
        self._filling = False
        widget.columnCount = len(headings)
        widget.setHorizontalHeaderLabels(list(headings))
        widget.verticalHeader().visible = False
        header = widget.horizontalHeader()
        for column in range(len(headings)):
            mode = qt.QHeaderView.Stretch if column == stretch else qt.QHeaderView.ResizeToContents
            header.setSectionResizeMode(column, mode)
        widget.wordWrap = True
        # By itself: while a section is folded a table has no width that rows could be fitted to.
        widget.verticalHeader().setSectionResizeMode(qt.QHeaderView.ResizeToContents)
        widget.connect("cellClicked(int,int)", self._on_clicked)
        widget.connect("cellChanged(int,int)", self._on_changed)

    def on_tick(self, callback: Callable[[], None]) -> None:
        """Call back when the user ticks or unticks a row's first cell."""
        self._on_tick = callback

    def fill(self, rows: Sequence[Sequence[str]], places: Sequence[Sequence[float] | None], **styles: Any) -> None:
        """Show rows.

        ``colors`` gives one color for each row's first cell, ``tips`` one tooltip for each row, ``ticks`` a tick for
        each (None for a row without).
        """
        self._filling = True
        colors, tips, ticks = styles.get("colors"), styles.get("tips"), styles.get("ticks")
        self.widget.rowCount = len(rows)
        self._places = list(places)
        for number, row in enumerate(rows):
            for column, text in enumerate(row):
                item = qt.QTableWidgetItem(text)
                if tips:
                    item.setToolTip(tips[number])
                if column == 0 and colors:
                    item.setForeground(qt.QBrush(qt.QColor(colors[number])))
                if column == 0 and ticks is not None and ticks[number] is not None:
                    item.setFlags(qt.Qt.ItemIsEnabled | qt.Qt.ItemIsUserCheckable | qt.Qt.ItemIsSelectable)
                    item.setCheckState(qt.Qt.Checked if ticks[number] else qt.Qt.Unchecked)
                self.widget.setItem(number, column, item)
        self.widget.visible = bool(rows)
        height = min(sum(_height(row) for row in rows) + ROW_PX + BORDER_PX, LONGEST_PX)
        self.widget.minimumHeight = height
        self.widget.maximumHeight = height
        self._filling = False

    def ticked(self) -> list[int]:
        """Return the numbers of the ticked rows, from 0."""
        return [
            number
            for number in range(self.widget.rowCount)
            if self.widget.item(number, 0).checkState() == qt.Qt.Checked
        ]

    def _on_clicked(self, row: int, column: int) -> None:
        place = self._places[row] if 0 <= row < len(self._places) else None
        if place is not None:
            jump_to(place)

    def _on_changed(self, row: int, column: int) -> None:
        if not self._filling and column == 0 and self._on_tick is not None:
            self._on_tick()


def _height(row: Sequence[str]) -> int:
    """Estimate the height of a row, for the height of the table."""
    lines = max(sum(1 + len(line) // LETTERS for line in text.split("\n")) for text in row)
    return LINE_PX * (lines - 1) + ROW_PX


def fill_findings(table: PlaceTable, findings: Sequence[Mapping[str, Any]]) -> None:
    """Show findings, the gravest first."""
    rows, places, colors, tips = [], [], [], []
    for finding in by_severity(findings):
        severity = str(finding["severity"])
        text = in_panel_words(str(finding["message"]))
        advice = in_panel_words(str(finding.get("advice") or ""))
        if advice and severity in ("warn", "fail"):
            text += f"\n→ {advice}"
        if finding.get("where") is not None:
            text += "\n" + _("(click to see the place)")
        rows.append([f"{MARKS.get(severity, 'i')} {_word(severity)}", text])
        places.append(finding.get("where"))
        colors.append(SEVERITY_COLORS.get(severity, "#5a6b7b"))
        tips.append(advice or in_panel_words(str(finding["message"])))
    table.fill(rows, places, colors=colors, tips=tips)


def fill_fragments(table: PlaceTable, fragments: Sequence[Mapping[str, Any]], ticks: Sequence[bool]) -> None:
    """Show the pieces of a model; a tick keeps one."""
    rows = [
        [
            str(one["number"]),
            volume_text(one["volume_mm3"]),
            " × ".join(f"{side:.0f}" for side in one["size_mm"]) + " mm",
            f"{one['distance_mm']:.1f} mm",
        ]
        for one in fragments
    ]
    table.fill(rows, [one.get("at_mm") or one["center_mm"] for one in fragments], ticks=ticks)


def fill_holes(table: PlaceTable, holes: Sequence[Mapping[str, Any]]) -> None:
    """Show the holes of a surface and what became of each, what is open first."""
    rows, places, colors, tips = [], [], [], []
    for one in holes:
        mark, words, tip, severity = hole_words(one)
        area, edges, piece = one.get("area_mm2"), one.get("vertices"), one.get("piece")
        rows.append(
            [
                f"{mark} {one['number']}",
                "–" if one.get("diameter_mm") is None else f"{one['diameter_mm']:.1f} mm",
                "–" if area is None else f"{area:.1f} mm²",
                "–" if edges is None else str(edges),
                "–" if piece is None else str(piece),
                f"{words}\n{place_text(one['center_mm'])} mm",
            ]
        )
        places.append(one["center_mm"])
        colors.append(SEVERITY_COLORS[severity])
        tips.append(tip)
    table.fill(rows, places, colors=colors, tips=tips)


def volume_text(volume_mm3: float) -> str:
    """Write a volume: ml, or mm³ where that says more."""
    return f"{volume_mm3 / 1000:.2f} ml" if volume_mm3 >= LEAST_ML_MM3 else f"{volume_mm3:.1f} mm³"


def fill_thin_places(table: PlaceTable, regions: Sequence[Mapping[str, Any]]) -> None:
    """Show thin places, the largest first."""
    rows = [
        [
            str(one["number"]),
            f"{one['min_mm']:.2f} mm",
            f"{one['area_mm2']:.1f} mm²",
            f"{one['form']}, {one['location']}",
        ]
        for one in regions
    ]
    table.fill(rows, [one.get("min_at_mm") or one["center_mm"] for one in regions])


def fill_parts(table: PlaceTable, nodes: Sequence[Any], measures: Sequence[Mapping[str, Any]]) -> None:
    """Show the parts of a cut model."""
    rows = []
    for node, one in zip(nodes, measures, strict=True):
        size = " × ".join(f"{side:.0f}" for side in one["size_mm"])
        rows.append([node.GetName().rpartition(": ")[2], f"{one['volume_ml']:.2f} ml", f"{size} mm"])
    table.fill(rows, [None] * len(rows))


def _word(severity: str) -> str:
    return {
        "pass": _("pass"),
        "info": _("note"),
        "not run": _("not run"),
        "warn": _("warning"),
        "fail": _("FAIL"),
    }.get(severity, severity)
