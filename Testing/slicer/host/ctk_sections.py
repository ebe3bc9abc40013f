"""Stand-ins for CTK's buttons and boxes; each offers what its CTK header gives to Python."""
# ruff: noqa: N802, N815

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Property, QEvent, QObject, QPoint, QRect, QSize, Qt, Signal, Slot
from PySide6.QtGui import QColor
from PySide6.QtWidgets import (
    QAbstractButton,
    QCheckBox,
    QComboBox,
    QFrame,
    QGroupBox,
    QMessageBox,
    QPushButton,
    QSizePolicy,
    QStyle,
    QStyleOption,
    QStyleOptionButton,
    QStylePainter,
    QTextBrowser,
    QWidget,
)

from .pythonqt import stand_in

HEADER_PADDING_PX = 10
"""Room above and below the text of a section's header."""


class _Collapsing:
    """Hides and shows the children of a widget, leaving alone those that were hidden on purpose."""

    def __init__(self, owner: QWidget) -> None:
        self.owner = owner
        self.collapsed = False
        self.hidden_by_user: list[QObject] = []

    def apply(self, collapsed: bool) -> None:
        if collapsed == self.collapsed:
            return
        self.collapsed = collapsed
        children = [child for child in self.owner.children() if isinstance(child, QWidget) and not child.isWindow()]
        if collapsed:
            self.hidden_by_user = [child for child in children if child.isHidden()]
        for child in children:
            if child not in self.hidden_by_user:
                child.setVisible(not collapsed)
        self.owner.updateGeometry()

    def child_added(self, child: QObject) -> None:
        if self.collapsed and isinstance(child, QWidget):
            child.setVisible(False)


@stand_in
class ctkCollapsibleButton(QAbstractButton):  # noqa: N801
    """A section with a header that folds it away."""

    contentsCollapsed = Signal(bool)

    def __init__(self, text: Any = "", parent: QWidget | None = None) -> None:
        if isinstance(text, QWidget):
            text, parent = "", text
        super().__init__(parent)
        self._h_fold = _Collapsing(self)
        self._h_values: dict[str, Any] = {"collapsedHeight": 10, "contentsFrameShape": 0, "contentsFrameShadow": 16}
        self._h_maximum = QWidget.maximumHeight(self)
        self.setText(text)
        self.setCheckable(True)
        self.setChecked(True)
        self.setSizePolicy(QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Preferred)
        self.setContentsMargins(0, self._h_header(), 0, 0)
        self.toggled.connect(self._h_toggled)

    def _h_header(self) -> int:
        return self.fontMetrics().height() + HEADER_PADDING_PX

    def _h_toggled(self, checked: bool) -> None:
        if self._h_fold.collapsed != (not checked):
            if checked:
                self.setMaximumHeight(self._h_maximum)
            self._h_fold.apply(not checked)
            if not checked:
                self._h_maximum = QWidget.maximumHeight(self)
                self.setMaximumHeight(self._h_folded().height())
            self.contentsCollapsed.emit(not checked)

    def _h_set_collapsed(self, value: bool) -> None:
        self.setChecked(not value)

    collapsed = Property(bool, lambda self: self._h_fold.collapsed, _h_set_collapsed, notify=contentsCollapsed)

    def _h_value(name: str, kind: type) -> Property:  # noqa: N805
        return Property(
            kind,
            lambda self: self._h_values.get(name, kind()),
            lambda self, value: self._h_values.update({name: value}),
        )

    collapsedHeight = _h_value("collapsedHeight", int)
    flat = _h_value("flat", bool)
    contentsFrameShape = _h_value("contentsFrameShape", int)
    contentsFrameShadow = _h_value("contentsFrameShadow", int)
    contentsLineWidth = _h_value("contentsLineWidth", int)
    contentsMidLineWidth = _h_value("contentsMidLineWidth", int)

    def sizeHint(self) -> QSize:
        """Header and contents; folded, the header and ``collapsedHeight`` below it."""
        if self._h_fold.collapsed:
            return self._h_folded()
        hint = QWidget.sizeHint(self)
        width = self.fontMetrics().horizontalAdvance(QAbstractButton.text(self)) + 3 * HEADER_PADDING_PX
        return QSize(max(hint.width(), width), max(hint.height(), self._h_header()))

    def minimumSizeHint(self) -> QSize:
        """Header and the least the contents need; folded as :meth:`sizeHint`."""
        if self._h_fold.collapsed:
            return self._h_folded()
        hint = QWidget.minimumSizeHint(self)
        return QSize(max(hint.width(), 0), max(hint.height(), self._h_header()))

    def _h_folded(self) -> QSize:
        width = self.fontMetrics().horizontalAdvance(QAbstractButton.text(self)) + 3 * HEADER_PADDING_PX
        return QSize(width, self._h_header() + self._h_values["collapsedHeight"])

    def hitButton(self, place: QPoint) -> bool:
        """Only the header folds."""
        return place.y() <= self._h_header()

    def childEvent(self, event: Any) -> None:
        """A widget added to a folded section stays hidden."""
        if event.type() == QEvent.Type.ChildPolished and hasattr(self, "_h_fold"):
            self._h_fold.child_added(event.child())
        super().childEvent(event)

    def paintEvent(self, _event: Any) -> None:
        """Header bar with an arrow, as Slicer shows it."""
        painter = QStylePainter(self)
        option = QStyleOptionButton()
        option.initFrom(self)
        option.rect = QRect(0, 0, QWidget.width(self), self._h_header() - 2)
        option.state |= QStyle.StateFlag.State_Raised
        painter.drawControl(QStyle.ControlElement.CE_PushButtonBevel, option)
        arrow = QStyleOption()
        arrow.initFrom(self)
        side = self.fontMetrics().height() - 4
        arrow.rect = QRect(6, (self._h_header() - 2 - side) // 2, side, side)
        shape = QStyle.PrimitiveElement.PE_IndicatorArrowDown
        if self._h_fold.collapsed:
            shape = QStyle.PrimitiveElement.PE_IndicatorArrowRight
        painter.drawPrimitive(shape, arrow)
        left = side + 12
        icon = QAbstractButton.icon(self)
        if not icon.isNull():
            size = self.fontMetrics().height()
            icon.paint(painter, left, (self._h_header() - 2 - size) // 2, size, size)
            left += size + 6
        painter.drawText(
            option.rect.adjusted(left, 0, -4, 0),
            Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft,
            QAbstractButton.text(self),
        )


@stand_in
class ctkCollapsibleGroupBox(QGroupBox):  # noqa: N801
    """A group box whose check mark folds it."""

    def __init__(self, title: Any = "", parent: QWidget | None = None) -> None:
        if isinstance(title, QWidget):
            title, parent = "", title
        super().__init__(parent)
        self._h_fold = _Collapsing(self)
        self.setTitle(title)
        self.setCheckable(True)
        self.setChecked(True)
        self.toggled.connect(lambda checked: self._h_fold.apply(not checked))

    collapsed = Property(bool, lambda self: self._h_fold.collapsed, lambda self, value: self.setChecked(not value))


@stand_in
class ctkCheckBox(QCheckBox):  # noqa: N801
    """A check box that may have an icon."""


@stand_in
class ctkPushButton(QPushButton):  # noqa: N801
    """A push button."""


@stand_in
class ctkFittedTextBrowser(QTextBrowser):  # noqa: N801
    """A text browser as high as its text."""


@stand_in
class ctkComboBox(QComboBox):  # noqa: N801
    """A combo box with a text for no choice."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._h_values: dict[str, Any] = {"forceDefault": False, "defaultText": ""}

    def _h_set_default_text(self, text: str) -> None:
        self._h_values["defaultText"] = text
        self.setPlaceholderText(text)

    defaultText = Property(str, lambda self: self._h_values["defaultText"], _h_set_default_text)
    currentUserDataAsString = Property(
        str,
        lambda self: str(QComboBox.currentData(self) or ""),
        lambda self, value: self.setCurrentUserDataAsString(value),
    )

    @Slot(str)
    def setCurrentUserDataAsString(self, data: str) -> None:
        """Choose the item with this data."""
        self.setCurrentIndex(self.findData(data))


@stand_in
class ctkColorPickerButton(QPushButton):  # noqa: N801
    """A button that shows a color."""

    colorChanged = Signal(QColor)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._h_color = QColor("black")

    @Slot(QColor)
    def setColor(self, color: QColor) -> None:
        """Show this color."""
        if color != self._h_color:
            self._h_color = QColor(color)
            self.setStyleSheet(f"background-color: {color.name()}")
            self.colorChanged.emit(color)

    color = Property(QColor, lambda self: self._h_color, lambda self, value: self.setColor(value))


@stand_in
class ctkMessageBox(QMessageBox):  # noqa: N801
    """A message box with "don't show again"."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._h_values: dict[str, Any] = {}

    dontShowAgain = Property(
        bool,
        lambda self: self._h_values.get("again", False),
        lambda self, value: self._h_values.update(again=value),
    )
    dontShowAgainSettingsKey = Property(
        str, lambda self: self._h_values.get("key", ""), lambda self, value: self._h_values.update(key=value)
    )


@stand_in
class ctkLine(QFrame):  # noqa: N801
    """A dividing line."""


CLASSES = (
    ctkCollapsibleButton, ctkCollapsibleGroupBox, ctkCheckBox, ctkPushButton, ctkFittedTextBrowser, ctkComboBox,
    ctkColorPickerButton, ctkMessageBox,
)  # fmt: skip
