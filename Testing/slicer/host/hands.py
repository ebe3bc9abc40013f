"""What a user's hands do: click, choose, type, wait, take a picture."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any


class Hands:
    """Part of the host."""

    app: Any

    def pump(self, seconds: float = 0.0, until: Callable[[], Any] | None = None) -> bool:
        """Let the application work for a time, or until something holds; gives whether it holds."""
        end = time.monotonic() + seconds
        while True:
            self.app.processEvents()
            if until is not None and until():
                return True
            if time.monotonic() >= end:
                return until is None
            time.sleep(0.005)

    def click(self, button: Any) -> None:
        """Click a button as a user can: it must be there and enabled."""
        where = f"{button.className()} '{button.objectName}'"
        self.pump(0)
        if not button.isVisible():
            raise AssertionError(f"{where} is hidden: the user cannot click it")
        if not button.isEnabled():
            raise AssertionError(f"{where} is disabled: {button.toolTip or 'its tool tip says no reason'}")
        button.click()
        self.pump(0)

    def choose(self, combo: Any, what: Any) -> None:
        """Choose an entry of a combo box as a user does: text, or a node for a node selector."""
        inner = combo
        if combo.className() == "qMRMLNodeComboBox":
            inner = combo._h_combo
            index = inner.findText(what) if isinstance(what, str) else inner.findData(what.GetID() if what else "")
        else:
            index = inner.findText(what)
        if index < 0:
            texts = [inner.itemText(row) for row in range(inner.count)]
            raise AssertionError(f"'{combo.objectName}' has no entry {what!r}; it has {texts}")
        if not combo.isEnabled():
            raise AssertionError(f"'{combo.objectName}' is disabled")
        inner.setCurrentIndex(index)
        inner.activated.emit(index)
        self.pump(0)

    def type_text(self, line: Any, text: str) -> None:
        """Replace the text of a line edit, key by key."""
        from PySide6 import QtCore, QtGui

        line.setFocus()
        line.selectAll()
        line.insert("")
        for letter in text:
            for kind in (QtCore.QEvent.Type.KeyPress, QtCore.QEvent.Type.KeyRelease):
                event = QtGui.QKeyEvent(kind, 0, QtCore.Qt.KeyboardModifier.NoModifier, letter)
                self.app.sendEvent(line, event)
        line.editingFinished.emit()
        self.pump(0)

    def screenshot(self, widget: Any, path: str | Path) -> Path:
        """The widget as a PNG file."""
        self.pump(0)
        picture = widget.grab()
        path = Path(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        if picture.isNull() or not picture.save(str(path), "PNG"):
            raise RuntimeError(f"no picture of {widget.className()} was written to {path}")
        return path
