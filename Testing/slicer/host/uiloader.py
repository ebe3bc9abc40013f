"""``QUiLoader`` that knows the stand-ins and lets the connections of a ``.ui`` file carry MRML pointers."""

from __future__ import annotations

import re
from typing import Any

from PySide6.QtCore import QBuffer, QByteArray, QIODevice
from PySide6.QtUiTools import QUiLoader as PySideLoader
from PySide6.QtWidgets import QWidget

from .pythonqt import building, host_signature

_classes: dict[str, type] = {}


def register(classes: Any) -> None:
    """Make stand-ins available to ``.ui`` files under their names."""
    for cls in classes:
        _classes[cls.__name__] = cls


class QUiLoader(PySideLoader):
    """Loads a ``.ui`` file with stand-ins in place of CTK and Slicer widgets."""

    def __init__(self, parent: Any = None) -> None:
        super().__init__(parent)
        self.kept: list[QWidget] = []
        for cls in _classes.values():
            self.registerCustomWidget(cls)

    def createWidget(self, class_name: str, parent: QWidget | None = None, name: str = "") -> QWidget:  # noqa: N802
        """Make one widget."""
        cls = _classes.get(class_name)
        if cls is not None:
            widget = cls(parent)
            widget.setObjectName(name)
            self.kept.append(widget)
            return widget
        return super().createWidget(class_name, parent, name)

    def load(self, device: QIODevice, parent: QWidget | None = None) -> QWidget | None:
        """Read the file."""
        text = bytes(device.readAll().data()).decode()
        known = {*_classes, *self.availableWidgets(), *self.availableLayouts(), "Line"}
        unknown = sorted(set(re.findall(r'<widget class="(\w+)"', text)) - known)
        if unknown:  # Qt would put a plain widget there without a word
            raise NotImplementedError(f"the host has no stand-in for {', '.join(unknown)}")
        buffer = QBuffer()
        buffer.setData(QByteArray(host_signature(text).encode()))
        buffer.open(QIODevice.OpenModeFlag.ReadOnly)
        with building():
            return super().load(buffer, parent)
