"""The table of cutting planes: in sight or not, name, bounded or not, size."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import qt
import slicer
from slicer.i18n import tr as _

from . import planes

SHOWN, NAME, BOUNDED, SIZE = range(4)
ROW_PX = 26
MOST_ROWS = 5


class PlaneTable:
    """Shows the planes of the scene; ``changed`` is called when the user changed one."""

    def __init__(self, widget: Any, changed: Callable[[], None]) -> None:
        self.widget = widget
        self._changed = changed
        self._filling = False
        self._nodes: list[Any] = []
        widget.columnCount = 4
        widget.setHorizontalHeaderLabels([_("Show"), _("Plane"), _("Bounded"), _("Cuts")])
        widget.verticalHeader().visible = False
        header = widget.horizontalHeader()
        for column in range(4):
            mode = qt.QHeaderView.Stretch if column == NAME else qt.QHeaderView.ResizeToContents
            header.setSectionResizeMode(column, mode)
        widget.connect("cellChanged(int,int)", self._on_changed)

    @property
    def chosen(self) -> Any:
        """The plane whose row is chosen, or None."""
        row = self.widget.currentRow()
        return self._nodes[row] if 0 <= row < len(self._nodes) else None

    def choose(self, node: Any) -> None:
        """Choose the row of a plane."""
        for row, one in enumerate(self._nodes):
            if one is node:
                self.widget.setCurrentCell(row, NAME)

    def fill(self) -> None:
        """Show the planes of the scene as they are now; rows that stay are only brought up to date."""
        nodes = planes.plane_nodes(slicer.mrmlScene)
        self._filling = True
        if [id(node) for node in nodes] != [id(node) for node in self._nodes]:
            self._nodes = nodes
            self.widget.rowCount = len(nodes)
            for row in range(len(nodes)):
                for column in range(4):
                    self.widget.setItem(row, column, _item(column))
            if self.chosen is None and nodes:
                self.widget.setCurrentCell(len(nodes) - 1, NAME)
            height = ROW_PX * (min(len(nodes), MOST_ROWS) + 1) + 6
            self.widget.minimumHeight = self.widget.maximumHeight = height
            self.widget.visible = bool(nodes)
        for row, node in enumerate(nodes):
            self._set_tick(row, SHOWN, planes.is_shown(node))
            self._set_text(row, NAME, node.GetName())
            self._set_tick(row, BOUNDED, planes.is_bounded(node))
            self._set_text(row, SIZE, planes.size_text(node))
        self._filling = False

    def _set_text(self, row: int, column: int, text: str) -> None:
        item = self.widget.item(row, column)
        if item.text() != text:
            item.setText(text)

    def _set_tick(self, row: int, column: int, ticked: bool) -> None:
        item, state = self.widget.item(row, column), qt.Qt.Checked if ticked else qt.Qt.Unchecked
        if item.checkState() != state:
            item.setCheckState(state)

    def _on_changed(self, row: int, column: int) -> None:
        if self._filling or not 0 <= row < len(self._nodes):
            return
        node, item = self._nodes[row], self.widget.item(row, column)
        ticked = item.checkState() == qt.Qt.Checked
        if column == SHOWN:
            planes.set_shown(node, shown=ticked)
        elif column == BOUNDED:
            planes.set_bounded(node, bounded=ticked)
        elif column == NAME and item.text().strip():
            node.SetName(item.text().strip())
        self.fill()
        self._changed()


def _item(column: int) -> Any:
    item = qt.QTableWidgetItem("")
    flags = qt.Qt.ItemIsEnabled | qt.Qt.ItemIsSelectable
    if column in (SHOWN, BOUNDED):
        flags |= qt.Qt.ItemIsUserCheckable
        item.setCheckState(qt.Qt.Unchecked)
    if column == NAME:
        flags |= qt.Qt.ItemIsEditable
    tips = {
        SHOWN: _("Show the plane and its preview. A hidden plane still cuts."),
        NAME: _("A double click renames the plane."),
        BOUNDED: _(
            "Cut only within the plane's rectangle: branches outside it stay whole. Drag its corners in the views."
        ),
        SIZE: _("What the plane cuts."),
    }
    item.setToolTip(tips[column])
    item.setFlags(flags)
    return item
