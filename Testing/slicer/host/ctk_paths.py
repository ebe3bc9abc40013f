"""Stand-ins for CTK's path widgets; each offers what its CTK header gives to Python."""
# ruff: noqa: N802, N815

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import Property, Signal, Slot
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QPushButton, QSizePolicy, QStyle, QToolButton, QWidget

from . import dialogs
from .pythonqt import stand_in


@stand_in
class ctkDirectoryButton(QWidget):  # noqa: N801
    """A button that shows and picks a folder."""

    directoryChanged = Signal(str)
    directorySelected = Signal(str)

    def __init__(self, directory: Any = "", parent: QWidget | None = None) -> None:
        if isinstance(directory, QWidget):
            directory, parent = "", directory
        super().__init__(parent)
        self._h_values: dict[str, Any] = {"text": "", "caption": "", "directory": "."}
        self._h_button = QPushButton(self)
        self._h_button.setIcon(self.style().standardIcon(QStyle.StandardPixmap.SP_DirIcon))
        box = QHBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.addWidget(self._h_button)
        self._h_button.clicked.connect(lambda _on: self.browse())
        if directory:
            self._h_set_directory(directory)
        self._h_show()

    def _h_show(self) -> None:
        self._h_button.setText(self._h_values["text"] or str(Path(self._h_values["directory"]).absolute()))

    def _h_set_directory(self, path: str) -> None:
        # As in CTK, a folder that does not exist is taken too, and an empty path means the working directory.
        absolute = str(Path(path or ".").absolute())
        self.directorySelected.emit(absolute)
        if absolute != str(Path(self._h_values["directory"]).absolute()):
            self._h_values["directory"] = absolute
            self._h_show()
            self.directoryChanged.emit(absolute)

    def _h_set(self, name: str, value: Any) -> None:
        self._h_values[name] = value
        self._h_show()

    directory = Property(str, lambda self: self._h_values["directory"], _h_set_directory, notify=directoryChanged)
    caption = Property(str, lambda self: self._h_values["caption"], lambda self, value: self._h_set("caption", value))
    text = Property(str, lambda self: self._h_values["text"], lambda self, value: self._h_set("text", value))
    icon = Property(
        QIcon, lambda self: QPushButton.icon(self._h_button), lambda self, value: self._h_button.setIcon(value)
    )

    @Slot(result=str)
    def browse(self) -> str:
        """Ask for a folder (the test answers)."""
        chosen = str(dialogs.current().ask("directory", self._h_values["caption"] or "Select folder") or "")
        if chosen:
            self._h_set_directory(chosen)
        return chosen


@stand_in
class ctkPathLineEdit(QWidget):  # noqa: N801
    """An editable path with a browse button."""

    Dirs, Files, Drives, AllEntries = 0x1, 0x2, 0x4, 0x7
    NoSymLinks, Readable, Writable, Executable, Hidden = 0x8, 0x10, 0x20, 0x40, 0x100
    NoDotAndDotDot, NoDot, NoDotDot = 0x1000, 0x2000, 0x4000

    currentPathChanged = Signal(str)
    validInputChanged = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._h_values: dict[str, Any] = {"path": "", "nameFilters": [], "filters": self.AllEntries, "settingKey": ""}
        self._h_combo = QComboBox(self)
        self._h_combo.setEditable(True)
        self._h_combo.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._h_browse = QToolButton(self)
        self._h_browse.setText("...")
        box = QHBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.addWidget(self._h_combo)
        box.addWidget(self._h_browse)
        self._h_combo.editTextChanged.connect(self._h_edited)
        self._h_browse.clicked.connect(lambda _on: self.browse())

    def _h_edited(self, text: str) -> None:
        if text != self._h_values["path"]:
            self._h_values["path"] = text
            self.currentPathChanged.emit(text)

    def _h_value(name: str, kind: Any, empty: Any) -> Property:  # noqa: N805
        return Property(
            kind, lambda self: self._h_values.get(name, empty), lambda self, value: self._h_values.update({name: value})
        )

    currentPath = Property(
        str, lambda self: self._h_values["path"], lambda self, value: self.setCurrentPath(value), user=True
    )
    label = _h_value("label", str, "")
    filters = _h_value("filters", int, 0)
    options = _h_value("options", int, 0)
    settingKey = _h_value("settingKey", str, "")
    nameFilters = _h_value("nameFilters", list, [])
    showHistoryButton = _h_value("showHistoryButton", bool, True)
    showBrowseButton = Property(
        bool, lambda self: not self._h_browse.isHidden(), lambda self, value: self._h_browse.setVisible(value)
    )

    @Slot(str)
    def setCurrentPath(self, path: str) -> None:
        """Show this path."""
        self._h_combo.setEditText(path)

    @Slot()
    def browse(self) -> None:
        """Ask for a path (the test answers)."""
        kind = "directory" if not self._h_values["filters"] & self.Files else "open file"
        chosen = dialogs.current().ask(kind, self._h_values.get("label") or "Select a path")
        if chosen:
            self.setCurrentPath(str(chosen))

    @Slot()
    def retrieveHistory(self) -> None:
        """Nothing is remembered between runs."""

    @Slot()
    def addCurrentPathToHistory(self) -> None:
        """Keep the path among the choices."""
        if self._h_combo.findText(self._h_values["path"]) < 0:
            path = self._h_values["path"]
            self._h_combo.addItem(path)
            self._h_combo.setEditText(path)

    def comboBox(self) -> QComboBox:
        """The combo box inside."""
        return self._h_combo


CLASSES = (ctkDirectoryButton, ctkPathLineEdit)
