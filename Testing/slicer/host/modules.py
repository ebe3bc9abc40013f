"""Loading a scripted module and its panel, in the order Slicer does it."""
# ruff: noqa: N802, N815

from __future__ import annotations

import importlib.util
import sys
import time
from pathlib import Path
from typing import Any

from PySide6.QtCore import Property, QObject, Slot
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QVBoxLayout, QWidget

from .pythonqt import stand_in
from .qmrml_basic import qSlicerWidget


@stand_in
class qSlicerScriptedLoadableModule(QObject):  # noqa: N801
    """The ``parent`` of a scripted module class."""

    def __init__(self, name: str, path: str) -> None:
        super().__init__()
        self._h_values: dict[str, Any] = {"name": name, "path": path}
        self._h_widget: Any = None
        self._h_instance: Any = None
        self._h_load_seconds = 0.0
        self._h_imported: set[str] = set()

    def _h_value(name: str, kind: Any, empty: Any) -> Property:  # noqa: N805
        return Property(
            kind, lambda self: self._h_values.get(name, empty), lambda self, value: self._h_values.update({name: value})
        )

    title = _h_value("title", str, "")
    categories = _h_value("categories", list, [])
    contributors = _h_value("contributors", list, [])
    dependencies = _h_value("dependencies", list, [])
    associatedNodeTypes = _h_value("associatedNodeTypes", list, [])
    helpText = _h_value("helpText", str, "")
    acknowledgementText = _h_value("acknowledgementText", str, "")
    icon = _h_value("icon", QIcon, QIcon())
    hidden = _h_value("hidden", bool, False)
    index = _h_value("index", int, -1)
    path = Property(str, lambda self: self._h_values["path"])
    name = property(lambda self: self._h_values["name"])

    def widgetRepresentation(self) -> Any:
        """The panel's C++ side; made when first asked for."""
        if self._h_widget is None:
            self._h_widget = qSlicerScriptedLoadableModuleWidget()
            self._h_widget._h_create(self)
        return self._h_widget

    def logic(self) -> None:
        """A scripted module's C++ logic does nothing."""

    @property
    def entered(self) -> bool | None:
        """Is the panel shown? None when there is none yet."""
        return None if self._h_widget is None else self._h_widget.isEntered

    def enter(self) -> None:
        """Show the panel."""
        self.widgetRepresentation()._h_enter()

    def leave(self) -> None:
        """Hide the panel."""
        self.widgetRepresentation()._h_exit()


@stand_in
class qSlicerScriptedLoadableModuleWidget(qSlicerWidget):  # noqa: N801
    """The ``parent`` of a scripted module's panel."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._h_module: Any = None
        self._h_python: Any = None
        self._h_entered = False
        QVBoxLayout(self)

    isEntered = Property(bool, lambda self: self._h_entered)
    moduleName = Property(str, lambda self: self._h_module.name)

    def self(self) -> Any:
        """The Python side."""
        return self._h_python

    def _h_create(self, module: qSlicerScriptedLoadableModule) -> None:
        import slicer

        self._h_module = module
        self.setMRMLScene(slicer.mrmlScene)
        cls = getattr(sys.modules[module.name], f"{module.name}Widget")
        self._h_python = cls(self)
        setattr(slicer.modules, f"{module.name}Widget", self._h_python)
        self._h_python.setup()

    @Slot()
    def reload(self) -> None:
        """Make the Python side anew from the class as it is now."""
        entered = self._h_entered
        self._h_entered = False
        self._h_create(self._h_module)
        if entered:
            self._h_enter()

    def _h_enter(self) -> None:
        self._h_entered = True
        self.show()
        self._h_python.enter()

    def _h_exit(self) -> None:
        self._h_entered = False
        self._h_python.exit()
        self.hide()


class BuiltInModule:
    """One of Slicer's own modules: its real logic, no panel."""

    entered = None

    def __init__(self, name: str, logic: Any) -> None:
        self.name = name
        self._logic = logic

    def logic(self) -> Any:
        """The real logic, or None."""
        return self._logic


class Modules:
    """``slicer.modules``."""


def load(path: Path) -> qSlicerScriptedLoadableModule:
    """Import a scripted module and make its module class; the panel comes later, as in Slicer."""
    import slicer

    path = Path(path).resolve()
    name = path.stem
    if str(path.parent) not in sys.path:
        sys.path.append(str(path.parent))
    before, begin = set(sys.modules), time.perf_counter()
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    python = importlib.util.module_from_spec(spec)
    sys.modules[name] = python
    spec.loader.exec_module(python)
    module = qSlicerScriptedLoadableModule(name, str(path))
    module._h_instance = getattr(python, name)(module)
    module._h_load_seconds = time.perf_counter() - begin
    module._h_imported = set(sys.modules) - before
    setattr(slicer.modules, name.lower(), module)
    slicer.app.moduleManager()._h_modules[name] = module
    slicer.app.moduleManager().moduleLoaded.emit(name)
    return module
