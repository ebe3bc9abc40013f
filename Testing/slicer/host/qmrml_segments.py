"""Stand-ins for the two widgets that choose segments."""
# ruff: noqa: N802, N815

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Property, QItemSelection, Qt, Signal, Slot
from PySide6.QtGui import QColor
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QTableView,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from .observers import Watch
from .pythonqt import stand_in
from .qmrml_basic import qMRMLWidget
from .qmrml_nodes import qMRMLNodeComboBox

SEGMENT_EVENTS = ("SegmentAdded", "SegmentRemoved", "SegmentModified", "SegmentsOrderModified")
LIST_HEIGHT_PX = 84
"""Height of the list for several segments."""


def segments_of(node: Any) -> list[tuple[str, Any]]:
    """Segment IDs and segments, in the order of the segmentation."""
    segmentation = node.GetSegmentation() if node is not None else None
    if segmentation is None:
        return []
    ids = [segmentation.GetNthSegmentID(index) for index in range(segmentation.GetNumberOfSegments())]
    return [(segment_id, segmentation.GetSegment(segment_id)) for segment_id in ids]


def watch_segments(watch: Watch, node: Any, callback: Any) -> None:
    """Follow the segments of a node."""
    watch.clear()
    if node is None:
        return
    segmentation = node.GetSegmentation()
    for name in SEGMENT_EVENTS:
        watch.add(segmentation, getattr(segmentation, name), callback)


@stand_in
class qMRMLSegmentSelectorWidget(qMRMLWidget):  # noqa: N801
    """A segmentation and one or several of its segments."""

    currentNodeChanged = Signal((object,), (bool,))
    currentSegmentChanged = Signal(str)
    segmentSelectionChanged = Signal("QStringList")
    nodeAboutToBeEdited = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._h_nodes = qMRMLNodeComboBox(self)
        self._h_nodes.nodeTypes = ["vtkMRMLSegmentationNode"]
        self._h_nodes.addEnabled = False
        self._h_nodes.removeEnabled = False
        self._h_combo = QComboBox(self)
        self._h_list = QListWidget(self)
        self._h_list.setMaximumHeight(LIST_HEIGHT_PX)
        self._h_list.hide()
        self._h_values: dict[str, Any] = {"noneEnabled": False, "multiSelection": False, "horizontalLayout": False}
        self._h_segment = ""
        self._h_selected: list[str] = []
        self._h_watch = Watch(self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        for widget in (self._h_nodes, self._h_combo, self._h_list):
            layout.addWidget(widget)
        self._h_nodes.currentNodeChanged[object].connect(self._h_node_changed)
        self._h_combo.currentIndexChanged.connect(self._h_picked)
        self._h_list.itemChanged.connect(self._h_ticked)

    def _h_set_mode(self, name: str, value: bool) -> None:
        self._h_values[name] = value
        self._h_combo.setVisible(not self._h_values["multiSelection"])
        self._h_list.setVisible(self._h_values["multiSelection"])
        self._h_fill()

    def _h_value(name: str) -> Property:  # noqa: N805
        return Property(bool, lambda self: self._h_values[name], lambda self, value: self._h_set_mode(name, value))

    multiSelection = _h_value("multiSelection")
    horizontalLayout = _h_value("horizontalLayout")
    noneEnabled = Property(
        bool, lambda self: self._h_values["noneEnabled"], lambda self, value: self._h_set_none(value)
    )
    editEnabled = Property(
        bool, lambda self: self._h_nodes.editEnabled, lambda self, value: setattr(self._h_nodes, "editEnabled", value)
    )
    segmentationNodeSelectorVisible = Property(
        bool, lambda self: not self._h_nodes.isHidden(), lambda self, value: self._h_nodes.setVisible(value)
    )
    selectNodeUponCreation = Property(
        bool, lambda self: self._h_nodes.selectNodeUponCreation,
        lambda self, value: setattr(self._h_nodes, "selectNodeUponCreation", value),
    )  # fmt: skip

    def _h_set_none(self, value: bool) -> None:
        self._h_values["noneEnabled"] = value
        self._h_nodes.noneEnabled = value
        self._h_fill()

    @Slot(object)
    def setMRMLScene(self, scene: Any) -> None:
        """Take a scene."""
        super().setMRMLScene(scene)
        self._h_nodes.setMRMLScene(scene)

    def currentNode(self) -> Any:
        """The segmentation."""
        return self._h_nodes.currentNode()

    def currentNodeID(self) -> str:
        """The segmentation's ID."""
        return self._h_nodes.currentNodeID

    def currentSegmentID(self) -> str:
        """The chosen segment's ID."""
        return self._h_segment

    def selectedSegmentIDs(self) -> tuple[str, ...]:
        """The ticked segments' IDs."""
        return tuple(self._h_selected)

    def segmentIDs(self) -> tuple[str, ...]:
        """The IDs of all segments."""
        return tuple(segment_id for segment_id, _segment in segments_of(self.currentNode()))

    @Slot(object)
    def setCurrentNode(self, node: Any) -> None:
        """Choose a segmentation."""
        self._h_nodes.setCurrentNode(node)

    @Slot(str)
    def setCurrentNodeID(self, node_id: str) -> None:
        """Choose a segmentation."""
        self._h_nodes.setCurrentNodeID(node_id)

    @Slot(str)
    def setCurrentSegmentID(self, segment_id: str) -> None:
        """Choose a segment."""
        index = self._h_combo.findData(segment_id)
        if index >= 0:
            self._h_combo.setCurrentIndex(index)

    @Slot("QStringList")
    def setSelectedSegmentIDs(self, segment_ids: Any) -> None:
        """Tick segments."""
        wanted = [segment_id for segment_id in self.segmentIDs() if segment_id in tuple(segment_ids)]
        if wanted != self._h_selected:
            self._h_selected = wanted
            self._h_fill()
            self.segmentSelectionChanged.emit(list(wanted))

    def _h_node_changed(self, node: Any) -> None:
        watch_segments(self._h_watch, node, self._h_fill)
        self._h_fill()
        self.currentNodeChanged[object].emit(node)
        self.currentNodeChanged[bool].emit(node is not None)

    def _h_fill(self, *_args: Any) -> None:
        segments = segments_of(self.currentNode())
        for widget in (self._h_combo, self._h_list):
            widget.blockSignals(True)
            widget.clear()
        if self._h_values["noneEnabled"]:
            self._h_combo.addItem("None", "")
        ids = [segment_id for segment_id, _segment in segments]
        self._h_selected = [segment_id for segment_id in self._h_selected if segment_id in ids]
        for segment_id, segment in segments:
            self._h_combo.addItem(segment.GetName(), segment_id)
            item = QListWidgetItem(segment.GetName(), self._h_list)
            item.setData(Qt.ItemDataRole.UserRole, segment_id)
            ticked = segment_id in self._h_selected
            item.setCheckState(Qt.CheckState.Checked if ticked else Qt.CheckState.Unchecked)
        self._h_combo.setCurrentIndex(max(0, self._h_combo.findData(self._h_segment)) if ids else -1)
        for widget in (self._h_combo, self._h_list):
            widget.blockSignals(False)
        self._h_picked()

    def _h_picked(self, _index: int = 0) -> None:
        segment_id = QComboBox.currentData(self._h_combo) or ""
        if segment_id != self._h_segment:
            self._h_segment = segment_id
            self.currentSegmentChanged.emit(segment_id)

    def _h_ticked(self, _item: Any) -> None:
        items = [self._h_list.item(row) for row in range(QListWidget.count(self._h_list))]
        chosen = [i.data(Qt.ItemDataRole.UserRole) for i in items if i.checkState() == Qt.CheckState.Checked]
        self._h_selected = chosen
        self.segmentSelectionChanged.emit(list(chosen))


@stand_in
class qMRMLSegmentsTableView(qMRMLWidget):  # noqa: N801
    """A table of the segments of one segmentation."""

    selectionChanged = Signal(QItemSelection, QItemSelection)
    segmentAboutToBeModified = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._h_node: Any = None
        self._h_watch = Watch(self)
        self._h_values: dict[str, Any] = {}
        self._h_table = QTableWidget(0, 2, self)
        self._h_table.setHorizontalHeaderLabels(["Color", "Name"])
        self._h_table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self._h_table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self._h_table.horizontalHeader().setStretchLastSection(True)
        self._h_table.verticalHeader().hide()
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._h_table)
        self._h_table.selectionModel().selectionChanged.connect(self.selectionChanged.emit)

    def _h_flag(name: str, empty: Any = True, kind: Any = bool) -> Property:  # noqa: N805
        return Property(
            kind, lambda self: self._h_values.get(name, empty), lambda self, value: self._h_values.update({name: value})
        )

    visibilityColumnVisible = _h_flag("visibilityColumnVisible")
    opacityColumnVisible = _h_flag("opacityColumnVisible")
    statusColumnVisible = _h_flag("statusColumnVisible")
    layerColumnVisible = _h_flag("layerColumnVisible", False)
    readOnly = _h_flag("readOnly", False)
    filterBarVisible = _h_flag("filterBarVisible", False)
    textFilter = _h_flag("textFilter", "", str)
    jumpToSelectedSegmentEnabled = _h_flag("jumpToSelectedSegmentEnabled", False)
    colorColumnVisible = Property(
        bool, lambda self: not self._h_table.isColumnHidden(0),
        lambda self, value: self._h_table.setColumnHidden(0, not value),
    )  # fmt: skip
    headerVisible = Property(
        bool, lambda self: not self._h_table.horizontalHeader().isHidden(),
        lambda self, value: self._h_table.horizontalHeader().setVisible(value),
    )  # fmt: skip
    selectionMode = Property(
        int, lambda self: self._h_table.selectionMode.value,
        lambda self, value: self._h_table.setSelectionMode(QAbstractItemView.SelectionMode(int(value))),
    )  # fmt: skip
    segmentCount = Property(int, lambda self: len(segments_of(self._h_node)))

    def segmentationNode(self) -> Any:
        """The segmentation."""
        return self._h_node

    @Slot(object)
    def setSegmentationNode(self, node: Any) -> None:
        """Show the segments of a node."""
        if node is not self._h_node:
            self._h_node = node
            watch_segments(self._h_watch, node, self._h_fill)
            self._h_fill()

    def tableWidget(self) -> QTableView:
        """The table inside."""
        return self._h_table

    def displayedSegmentIDs(self) -> tuple[str, ...]:
        """IDs from top to bottom."""
        return tuple(segment_id for segment_id, _segment in segments_of(self._h_node))

    def selectedSegmentIDs(self) -> tuple[str, ...]:
        """IDs of the selected rows."""
        rows = sorted({index.row() for index in self._h_table.selectionModel().selectedRows()})
        return tuple(self.displayedSegmentIDs()[row] for row in rows)

    def setSelectedSegmentIDs(self, segment_ids: Any) -> None:
        """Select rows."""
        if isinstance(segment_ids, str):
            raise TypeError("setSelectedSegmentIDs takes a list of IDs")
        self._h_table.clearSelection()
        mode = self._h_table.selectionMode
        self._h_table.setSelectionMode(QAbstractItemView.SelectionMode.MultiSelection)
        for row, segment_id in enumerate(self.displayedSegmentIDs()):
            if segment_id in segment_ids:
                self._h_table.selectRow(row)
        self._h_table.setSelectionMode(mode)

    def clearSelection(self) -> None:
        """Select nothing."""
        self._h_table.clearSelection()

    def rowForSegmentID(self, segment_id: str) -> int:
        """The row, or -1."""
        ids = self.displayedSegmentIDs()
        return ids.index(segment_id) if segment_id in ids else -1

    def segmentIDForRow(self, row: int) -> str:
        """The ID in a row."""
        ids = self.displayedSegmentIDs()
        return ids[row] if 0 <= row < len(ids) else ""

    def _h_fill(self, *_args: Any) -> None:
        selected = self.selectedSegmentIDs() if self._h_node is not None else ()
        segments = segments_of(self._h_node)
        self._h_table.setRowCount(len(segments))
        for row, (_segment_id, segment) in enumerate(segments):
            color = QTableWidgetItem()
            color.setBackground(QColor.fromRgbF(*segment.GetColor()))
            self._h_table.setItem(row, 0, color)
            self._h_table.setItem(row, 1, QTableWidgetItem(segment.GetName()))
        self.setSelectedSegmentIDs(selected)


CLASSES = (qMRMLSegmentSelectorWidget, qMRMLSegmentsTableView)
