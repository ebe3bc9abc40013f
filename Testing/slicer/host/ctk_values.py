"""Stand-ins for CTK's number widgets: spin box, slider with spin box, range of two values."""
# ruff: noqa: N802, N815

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Property, QRect, Qt, Signal, Slot
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QDoubleSpinBox, QHBoxLayout, QSizePolicy, QSlider, QWidget

from .pythonqt import stand_in

SLIDER_STEPS = 10000
"""Positions of the inner slider over its whole range."""

UNBOUNDED = 1e12
"""What an infinite limit becomes in the inner spin box."""


def _finite(value: float) -> float:
    return max(-UNBOUNDED, min(UNBOUNDED, float(value)))


def _inner(box: str, name: str, kind: Any) -> Property:
    """A property of the inner spin box, given by the outer widget."""
    setter = f"set{name[0].upper()}{name[1:]}"
    return Property(
        kind,
        lambda self: getattr(QDoubleSpinBox, name)(getattr(self, box)),
        lambda self, value: getattr(getattr(self, box), setter)(value),
    )


@stand_in
class ctkDoubleSpinBox(QWidget):  # noqa: N801
    """A spin box that is a widget holding one."""

    valueChanged = Signal(float)
    editingFinished = Signal()
    decimalsChanged = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._h_box = QDoubleSpinBox(self)
        self._h_box.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._h_box)
        self._h_box.valueChanged.connect(self.valueChanged.emit)
        self._h_box.editingFinished.connect(self.editingFinished.emit)

    minimum = _inner("_h_box", "minimum", float)
    maximum = _inner("_h_box", "maximum", float)
    singleStep = _inner("_h_box", "singleStep", float)
    prefix = _inner("_h_box", "prefix", str)
    suffix = _inner("_h_box", "suffix", str)
    readOnly = Property(bool, lambda self: self._h_box.isReadOnly(), lambda self, on: self._h_box.setReadOnly(on))
    cleanText = Property(str, lambda self: QDoubleSpinBox.cleanText(self._h_box))
    value = Property(
        float, lambda self: QDoubleSpinBox.value(self._h_box), lambda self, value: self.setValue(value),
        notify=valueChanged, user=True,
    )  # fmt: skip
    decimals = Property(
        int, lambda self: QDoubleSpinBox.decimals(self._h_box), lambda self, value: self.setDecimals(value)
    )

    @Slot(float)
    def setValue(self, value: float) -> None:
        """Set the value."""
        self._h_box.setValue(value)

    @Slot(int)
    def setDecimals(self, decimals: int) -> None:
        """Set the number of decimals."""
        self._h_box.setDecimals(decimals)
        self.decimalsChanged.emit(decimals)

    @Slot()
    def stepUp(self) -> None:
        """One step up."""
        self._h_box.stepUp()

    @Slot()
    def stepDown(self) -> None:
        """One step down."""
        self._h_box.stepDown()


@stand_in
class ctkSliderWidget(QWidget):  # noqa: N801
    """A slider with its spin box."""

    valueChanged = Signal(float)
    valueIsChanging = Signal(float)
    decimalsChanged = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._h_values: dict[str, Any] = {"tracking": True, "pageStep": 10.0, "changing": False}
        self._h_slider = QSlider(Qt.Orientation.Horizontal, self)
        self._h_slider.setRange(0, SLIDER_STEPS)
        self._h_box = QDoubleSpinBox(self)
        self._h_box.setRange(0.0, 99.0)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._h_slider, 1)
        layout.addWidget(self._h_box)
        self._h_slider.valueChanged.connect(self._h_moved)
        self._h_slider.sliderReleased.connect(self._h_released)
        self._h_box.valueChanged.connect(self._h_changed)

    def _h_span(self) -> tuple[float, float]:
        return QDoubleSpinBox.minimum(self._h_box), QDoubleSpinBox.maximum(self._h_box)

    def _h_moved(self, position: int) -> None:
        low, high = self._h_span()
        value = low + (high - low) * position / SLIDER_STEPS
        dragging = self._h_slider.isSliderDown()
        if dragging:
            self.valueIsChanging.emit(value)
        if self._h_values["tracking"] or not dragging:
            self._h_box.setValue(value)

    def _h_released(self) -> None:
        self._h_moved(QSlider.value(self._h_slider))

    def _h_changed(self, value: float) -> None:
        self._h_place(value)
        self.valueChanged.emit(value)

    def _h_place(self, value: float) -> None:
        low, high = self._h_span()
        blocked = self._h_slider.blockSignals(True)
        self._h_slider.setValue(round(SLIDER_STEPS * (value - low) / (high - low)) if high > low else 0)
        self._h_slider.blockSignals(blocked)

    def _h_limit(self, name: str, value: float) -> None:
        getattr(self._h_box, f"set{name}")(_finite(value))
        self._h_place(QDoubleSpinBox.value(self._h_box))

    def _h_value(name: str, kind: Any, empty: Any) -> Property:  # noqa: N805
        return Property(
            kind, lambda self: self._h_values.get(name, empty), lambda self, value: self._h_values.update({name: value})
        )

    minimum = Property(
        float, lambda self: QDoubleSpinBox.minimum(self._h_box), lambda self, value: self._h_limit("Minimum", value)
    )
    maximum = Property(
        float, lambda self: QDoubleSpinBox.maximum(self._h_box), lambda self, value: self._h_limit("Maximum", value)
    )
    value = Property(float, lambda self: QDoubleSpinBox.value(self._h_box), lambda self, value: self.setValue(value))
    decimals = Property(
        int, lambda self: QDoubleSpinBox.decimals(self._h_box), lambda self, value: self.setDecimals(value)
    )
    singleStep = _inner("_h_box", "singleStep", float)
    prefix = _inner("_h_box", "prefix", str)
    suffix = _inner("_h_box", "suffix", str)
    pageStep = _h_value("pageStep", float, 10.0)
    tracking = _h_value("tracking", bool, True)
    tickInterval = _h_value("tickInterval", float, 0.0)
    popupSlider = _h_value("popupSlider", bool, False)
    invertedAppearance = _h_value("invertedAppearance", bool, False)
    invertedControls = _h_value("invertedControls", bool, False)
    spinBoxVisible = Property(
        bool, lambda self: not self._h_box.isHidden(), lambda self, value: self.setSpinBoxVisible(value)
    )

    @Slot(float)
    def setValue(self, value: float) -> None:
        """Set the value."""
        self._h_box.setValue(value)

    @Slot(int)
    def setDecimals(self, decimals: int) -> None:
        """Set the number of decimals."""
        self._h_box.setDecimals(decimals)
        self.decimalsChanged.emit(decimals)

    @Slot(bool)
    def setSpinBoxVisible(self, visible: bool) -> None:
        """Show or hide the spin box."""
        self._h_box.setVisible(visible)

    @Slot()
    def reset(self) -> None:
        """Back to zero, or the nearest allowed value."""
        self.setValue(0.0)


@stand_in
class ctkRangeWidget(QWidget):  # noqa: N801
    """A lower and an upper value with a bar between them."""

    valuesChanged = Signal(float, float)
    minimumValueChanged = Signal(float)
    maximumValueChanged = Signal(float)
    minimumValueIsChanging = Signal(float)
    maximumValueIsChanging = Signal(float)
    rangeChanged = Signal(float, float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._h_low, self._h_high = QDoubleSpinBox(self), QDoubleSpinBox(self)
        self._h_bar = _RangeBar(self)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._h_low)
        layout.addWidget(self._h_bar, 1)
        layout.addWidget(self._h_high)
        self._h_limits = [0.0, 99.0]
        self._h_low.setRange(0.0, 99.0)
        self._h_high.setRange(0.0, 99.0)
        self._h_high.setValue(99.0)
        self._h_low.valueChanged.connect(lambda _value: self._h_changed(self._h_low))
        self._h_high.valueChanged.connect(lambda _value: self._h_changed(self._h_high))

    def _h_pair(self) -> tuple[float, float]:
        return QDoubleSpinBox.value(self._h_low), QDoubleSpinBox.value(self._h_high)

    def _h_changed(self, box: QDoubleSpinBox) -> None:
        low, high = self._h_pair()
        if low > high:  # one handle pushes the other
            other = self._h_high if box is self._h_low else self._h_low
            other.setValue(QDoubleSpinBox.value(box))
            low, high = self._h_pair()
        self._h_bar.update()
        (self.minimumValueChanged if box is self._h_low else self.maximumValueChanged).emit(QDoubleSpinBox.value(box))
        self.valuesChanged.emit(low, high)

    def _h_both(self, name: str, value: Any) -> None:
        for box in (self._h_low, self._h_high):
            getattr(box, name)(value)

    def _h_limit(self, index: int, value: float) -> None:
        self._h_limits[index] = _finite(value)
        self._h_low.setRange(*self._h_limits)
        self._h_high.setRange(*self._h_limits)
        self.rangeChanged.emit(*self._h_limits)

    minimum = Property(float, lambda self: self._h_limits[0], lambda self, value: self._h_limit(0, value))
    maximum = Property(float, lambda self: self._h_limits[1], lambda self, value: self._h_limit(1, value))
    minimumValue = Property(float, lambda self: self._h_pair()[0], lambda self, value: self.setMinimumValue(value))
    maximumValue = Property(float, lambda self: self._h_pair()[1], lambda self, value: self.setMaximumValue(value))
    decimals = Property(
        int, lambda self: QDoubleSpinBox.decimals(self._h_low), lambda self, value: self.setDecimals(value)
    )
    singleStep = Property(
        float, lambda self: QDoubleSpinBox.singleStep(self._h_low),
        lambda self, value: self._h_both("setSingleStep", value),
    )  # fmt: skip
    prefix = Property(
        str, lambda self: QDoubleSpinBox.prefix(self._h_low), lambda self, value: self._h_both("setPrefix", value)
    )
    suffix = Property(
        str, lambda self: QDoubleSpinBox.suffix(self._h_low), lambda self, value: self._h_both("setSuffix", value)
    )

    @Slot(float, float)
    def setRange(self, low: float, high: float) -> None:
        """Set the limits."""
        self._h_limit(0, low)
        self._h_limit(1, high)

    @Slot(float)
    def setMinimumValue(self, value: float) -> None:
        """Set the lower value."""
        self._h_low.setValue(value)

    @Slot(float)
    def setMaximumValue(self, value: float) -> None:
        """Set the upper value."""
        self._h_high.setValue(value)

    @Slot(float, float)
    def setValues(self, low: float, high: float) -> None:
        """Set both, with one signal for the pair."""
        before = self._h_pair()
        for box, value in ((self._h_low, low), (self._h_high, high)):
            blocked = box.blockSignals(True)
            box.setValue(value)
            box.blockSignals(blocked)
        after = self._h_pair()
        self._h_bar.update()
        if after[0] != before[0]:
            self.minimumValueChanged.emit(after[0])
        if after[1] != before[1]:
            self.maximumValueChanged.emit(after[1])
        if after != before:
            self.valuesChanged.emit(*after)

    @Slot(int)
    def setDecimals(self, decimals: int) -> None:
        """Set the number of decimals of both."""
        self._h_both("setDecimals", decimals)

    @Slot()
    def reset(self) -> None:
        """The whole range."""
        self.setValues(*self._h_limits)


class _RangeBar(QWidget):
    """The bar between two values."""

    def __init__(self, owner: ctkRangeWidget) -> None:
        super().__init__(owner)
        self.owner = owner
        self.setMinimumSize(60, 16)

    def paintEvent(self, _event: Any) -> None:
        """Groove, and the chosen part in the highlight color."""
        painter = QPainter(self)
        low, high = self.owner._h_limits
        span = (high - low) or 1.0
        width, middle = QWidget.width(self), QWidget.height(self) // 2
        ends = [int((value - low) / span * width) for value in self.owner._h_pair()]
        painter.fillRect(QRect(0, middle - 2, width, 4), QWidget.palette(self).mid())
        painter.fillRect(QRect(ends[0], middle - 3, max(2, ends[1] - ends[0]), 6), QWidget.palette(self).highlight())


CLASSES = (ctkDoubleSpinBox, ctkSliderWidget, ctkRangeWidget)
