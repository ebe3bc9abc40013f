"""Which widget shows which type of parameter; like Slicer, by the exact class of the widget."""

from __future__ import annotations

import enum
import logging
import pathlib
from collections.abc import Callable
from typing import Any

from .parameter_types import Choice, Decimals, FloatRange, Maximum, Minimum, RangeBounds, SingleStep, WithinRange, split

INT_LIMIT = 2**31


class Connector:
    """Reads, writes and listens to one widget."""

    signal = ""

    def __init__(self, widget: Any, kind: Any, notes: list[Any]) -> None:
        self.widget, self.kind, self.notes = widget, kind, notes
        self._callback: Callable[[], None] | None = None
        self.prepare()

    def prepare(self) -> None:
        """Set limits, choices and the like."""

    def note(self, cls: type) -> Any:
        """The first annotation of a class."""
        return next((item for item in self.notes if isinstance(item, cls)), None)

    def changed(self, *_args: Any) -> None:
        """The user, or the program, changed the widget."""
        if self._callback is not None:
            self._callback()

    def listen(self, callback: Callable[[], None] | None) -> None:
        """Begin to listen, or end with None."""
        if self.signal:
            signal = getattr(self.widget, self.signal)
            if callback is not None and self._callback is None:
                signal.connect(self.changed)
            elif callback is None and self._callback is not None:
                signal.disconnect(self.changed)
        self._callback = callback

    def read(self) -> Any:
        """The value shown."""
        raise NotImplementedError

    def write(self, value: Any) -> None:
        """Show a value."""
        raise NotImplementedError


class _Check(Connector):
    signal = "toggled"

    def prepare(self) -> None:
        if not self.widget.checkable:
            logging.getLogger(__name__).warning("making push button checkable: %s", self.widget.objectName)
            self.widget.checkable = True

    def read(self) -> bool:
        return bool(self.widget.checked)

    def write(self, value: bool) -> None:
        self.widget.checked = value


class _Number(Connector):
    signal = "valueChanged"
    slider = False

    def limits(self) -> tuple[float | None, float | None]:
        both, low, high = self.note(WithinRange), self.note(Minimum), self.note(Maximum)
        if both is not None:
            return both.minimum, both.maximum
        return (low.minimum if low else None), (high.maximum if high else None)

    def prepare(self) -> None:
        low, high = self.limits()
        if self.slider and (low is None or high is None):
            raise RuntimeError(f"Cannot connect {self.widget.className()} to a number without both limits")
        decimals, step = self.note(Decimals), self.note(SingleStep)
        if hasattr(type(self.widget), "decimals"):
            if self.kind is int:
                self.widget.decimals = 0
            elif decimals is not None:
                self.widget.decimals = decimals.value
        if step is not None:
            self.widget.singleStep = step.value
        whole = self.kind is int and not hasattr(type(self.widget), "decimals")
        self.widget.minimum = low if low is not None else (-INT_LIMIT if whole else float("-inf"))
        self.widget.maximum = high if high is not None else (INT_LIMIT - 1 if whole else float("inf"))

    def read(self) -> float:
        return int(self.widget.value) if self.kind is int else float(self.widget.value)

    def write(self, value: float) -> None:
        self.widget.value = int(value) if self.kind is int else value


class _Slider(_Number):
    slider = True


class _Combo(Connector):
    signal = "currentIndexChanged"

    def prepare(self) -> None:
        if isinstance(self.kind, type) and issubclass(self.kind, enum.Enum):
            label = getattr(self.kind, "label", lambda member: member.name)
            self.choices = list(self.kind)
            words = [label(member) for member in self.choices]
        else:
            choice = self.note(Choice)
            if choice is None:
                raise RuntimeError("a combo box bound to plain values needs the annotation Choice")
            self.choices = list(choice.choices)
            words = [str(value) for value in self.choices]
        self.widget.clear()
        for word in words:
            self.widget.addItem(word)

    def read(self) -> Any:
        return self.choices[self.widget.currentIndex]

    def write(self, value: Any) -> None:
        self.widget.currentIndex = self.choices.index(value)


class _Line(Connector):
    signal = "textChanged"

    def read(self) -> str:
        return str(self.widget.text)

    def write(self, value: str) -> None:
        if value != self.widget.text:
            self.widget.text = value


class _Label(_Line):
    signal = ""


class _Text(Connector):
    signal = "textChanged"

    def read(self) -> str:
        return str(self.widget.toPlainText())

    def write(self, value: str) -> None:
        if value != self.widget.toPlainText():
            self.widget.setPlainText(value)


class _Range(Connector):
    signal = "valuesChanged"

    def prepare(self) -> None:
        bounds, decimals, step = self.note(RangeBounds), self.note(Decimals), self.note(SingleStep)
        if bounds is None:
            raise RuntimeError("a range widget needs the annotation RangeBounds")
        if decimals is not None:
            self.widget.decimals = decimals.value
        if step is not None:
            self.widget.singleStep = step.value
        self.widget.setRange(bounds.minimum, bounds.maximum)

    def read(self) -> FloatRange:
        return FloatRange(self.widget.minimumValue, self.widget.maximumValue)

    def write(self, value: FloatRange) -> None:
        self.widget.setValues(value.minimum, value.maximum)


class _Path(Connector):
    signal = "currentPathChanged"
    attribute = "currentPath"

    def read(self) -> Any:
        return self.kind(getattr(self.widget, self.attribute))

    def write(self, value: Any) -> None:
        setattr(self.widget, self.attribute, str(value))


class _Folder(_Path):
    signal = "directoryChanged"
    attribute = "directory"


class _Node(Connector):
    signal = "currentNodeChanged"

    def prepare(self) -> None:
        import typing

        kinds = [kind for kind in (typing.get_args(self.kind) or (self.kind,)) if kind is not type(None)]
        self.widget.nodeTypes = [kind.__name__ for kind in kinds]

    def read(self) -> Any:
        return self.widget.currentNode()

    def write(self, value: Any) -> None:
        self.widget.setCurrentNode(value)


def _is_node(kind: Any) -> bool:
    import typing

    import slicer

    kinds = [part for part in (typing.get_args(kind) or (kind,)) if part is not type(None)]
    return all(isinstance(part, type) and issubclass(part, slicer.vtkMRMLNode) for part in kinds)


def connector_for(widget: Any, declared: Any) -> Connector:
    """The connector for a widget and a type; raises when Slicer would not bind the two."""
    kind, notes = split(declared)
    name = type(widget).__name__
    is_enum = isinstance(kind, type) and issubclass(kind, enum.Enum)
    is_path = isinstance(kind, type) and issubclass(kind, pathlib.PurePath)
    table: list[tuple[bool, tuple[str, ...], type[Connector]]] = [
        (kind is bool, ("QCheckBox", "ctkCheckBox", "QPushButton"), _Check),
        (kind is int, ("QSlider",), _Slider),
        (kind is int, ("QSpinBox",), _Number),
        (kind in (int, float), ("ctkSliderWidget", "qMRMLSliderWidget"), _Slider),
        (kind in (int, float), ("QDoubleSpinBox", "ctkDoubleSpinBox", "qMRMLSpinBox"), _Number),
        (is_enum or kind in (int, float, str, bool), ("QComboBox", "ctkComboBox"), _Combo),
        (kind is str, ("QLineEdit",), _Line),
        (kind is str, ("QLabel",), _Label),
        (kind is str, ("QTextEdit",), _Text),
        (kind is FloatRange, ("ctkRangeWidget", "qMRMLRangeWidget"), _Range),
        (is_path, ("ctkPathLineEdit",), _Path),
        (is_path, ("ctkDirectoryButton",), _Folder),
    ]
    for fits, widgets, connector in table:
        if fits and name in widgets:
            return connector(widget, kind, notes)
    if name == "qMRMLNodeComboBox" and _is_node(kind):
        return _Node(widget, kind, notes)
    raise RuntimeError(f"Unable to create GUI connector from datatype '{declared}' to widget type '{name}'")
