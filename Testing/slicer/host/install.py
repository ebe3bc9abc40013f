"""Puts ``qt``, ``ctk`` and what ``slicer`` lacks into ``sys.modules``, once per process."""

from __future__ import annotations

import contextlib
import importlib
import os
import stat
import sys
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

SOURCE_VARIABLE = "PRINTPREP_SLICER_SOURCE"
"""Names a checkout of Slicer's source; its ScriptedLoadableModule and parameterNodeWrapper then replace the doubles."""

QT_MODULES = ("QtCore", "QtGui", "QtWidgets", "QtUiTools")
NOT_IN_PYTHONQT = ("Signal", "Slot", "Property", "QUiLoader")

ONLY_NAMED = (
    "ctkCheckablePushButton", "ctkDoubleSlider", "ctkDoubleRangeSlider",
)  # fmt: skip
"""CTK classes Slicer's own files mention; the host has no stand-in, so making one fails."""
ONLY_NAMED_IN_SLICER = ("qMRMLSubjectHierarchyComboBox", "qMRMLSubjectHierarchyTreeView", "qMRMLSegmentEditorWidget")
"""The same for Slicer's own widgets."""

_installed: list[Any] = []


def missing_reason() -> str | None:
    """Why the host cannot run here, or None."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    for module, package in (("PySide6.QtWidgets", "PySide6-Essentials"), ("slicer.util", "slicer-core")):
        try:
            with _without_test_folder():
                importlib.import_module(module)
        except ImportError as error:
            return f"the package '{package}' is not usable here ({error}): install the extra 'slicer-test'"
    return None


@contextlib.contextmanager
def _without_test_folder() -> Iterator[None]:
    """The wheel's ``slicer`` imports every folder named ``slicer`` on the path; pytest puts that of the tests there."""
    tests = Path(__file__).resolve().parents[2]
    kept = sys.path[:]
    sys.path[:] = [entry for entry in kept if Path(entry or ".").resolve() != tests]
    try:
        yield
    finally:
        sys.path[:] = kept


def install() -> Any:
    """Make the application and the modules; gives ``slicer.app``."""
    if _installed:
        return _installed[0]
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    import slicer
    from PySide6 import QtWidgets

    if QtWidgets.QApplication.instance() is not None:
        raise RuntimeError("a Qt application already runs in this process; the host needs its own")
    from . import pythonqt

    pythonqt.apply()
    from . import (
        application,
        ctk_paths,
        ctk_sections,
        ctk_values,
        modules,
        qmrml_basic,
        qmrml_nodes,
        qmrml_segments,
        uiloader,
    )

    ctk_classes = (*ctk_sections.CLASSES, *ctk_paths.CLASSES, *ctk_values.CLASSES)
    slicer_classes = (*qmrml_basic.CLASSES, *qmrml_nodes.CLASSES, *qmrml_segments.CLASSES)
    uiloader.register((*ctk_classes, *slicer_classes))
    app = application.qSlicerApplication(["host"])
    app.setApplicationName("Slicer")
    app.setOrganizationName("PrintPrepHost")
    _installed.append(app)

    sys.modules["qt"] = _qt(uiloader.QUiLoader)
    sys.modules["ctk"] = _namespace("ctk", ctk_classes)
    for cls in (
        *slicer_classes, modules.qSlicerScriptedLoadableModule, modules.qSlicerScriptedLoadableModuleWidget,
        application.qSlicerApplication, application.qSlicerMainWindow,
    ):  # fmt: skip
        setattr(slicer, cls.__name__, cls)
    for missing in ONLY_NAMED_IN_SLICER:
        setattr(slicer, missing, _refusing(missing))
    slicer.app = app
    slicer.modules = modules.Modules()
    slicer.selfTests = {}
    slicer.dicomDatabase = None
    _python_modules(slicer)
    _complete_util(slicer.util, app)
    _python_slicer(app)
    return app


def _namespace(name: str, classes: Any) -> types.ModuleType:
    module = types.ModuleType(name)
    for cls in classes:
        setattr(module, cls.__name__, cls)
    for missing in ONLY_NAMED:
        setattr(module, missing, _refusing(missing))

    def absent(attribute: str) -> Any:
        raise AttributeError(f"the host has no stand-in for {name}.{attribute}")

    module.__getattr__ = absent  # type: ignore[method-assign]
    return module


def _refusing(name: str) -> type:
    def refuse(self: Any, *_args: Any) -> None:
        raise NotImplementedError(f"the host has no stand-in for {name}")

    return type(name, (), {"__init__": refuse})


def _qt(loader: type) -> types.ModuleType:
    from . import dialogs

    module = types.ModuleType("qt")
    for name in QT_MODULES:
        part = importlib.import_module(f"PySide6.{name}")
        for attribute in dir(part):
            if not attribute.startswith("_") and attribute not in NOT_IN_PYTHONQT:
                setattr(module, attribute, getattr(part, attribute))
    module.QUiLoader = loader  # type: ignore[attr-defined]
    dialogs.replace_qt_dialogs(module)
    return module


def slicer_source() -> Path | None:
    """The folder ``slicer`` of the checkout that the environment names, or None."""
    named = os.environ.get(SOURCE_VARIABLE)
    if not named:
        return None
    folder = Path(named) / "Base" / "Python" / "slicer"
    if not (folder / "ScriptedLoadableModule.py").is_file():
        raise RuntimeError(f"{SOURCE_VARIABLE}={named}: no Base/Python/slicer/ScriptedLoadableModule.py there")
    return folder


def _python_modules(slicer: Any) -> None:
    from . import doubles, parameter_node, scripted

    source = slicer_source()
    if source is not None:
        slicer.__path__.append(str(source))
        names = ("i18n", "ScriptedLoadableModule", "parameterNodeWrapper")
        found: dict[str, Any] = {name: importlib.import_module(f"slicer.{name}") for name in names}
    else:
        found = {
            "i18n": doubles.i18n_module(),
            "ScriptedLoadableModule": scripted,
            "parameterNodeWrapper": parameter_node,
        }
    for name, module in found.items():
        sys.modules[f"slicer.{name}"] = module
        setattr(slicer, name, module)


def _complete_util(util: Any, app: Any) -> None:
    from . import dialogs

    util.messageBox = dialogs.message_box
    util.mainWindow = lambda: app._h_window
    util.showStatusMessage = lambda message, duration=0: dialogs.current().tell("status", message)
    util.delayDisplay = lambda message, *_args, **_options: dialogs.current().tell("status", message)
    util.restart = lambda: dialogs.current().tell("message", "restart")
    # Looked up at each call: every test has its own double.
    util.pip_install = lambda *args, **options: sys.modules["slicer.packaging"].pip_install(*args, **options)  # noqa: PLW0108


def _python_slicer(app: Any) -> None:
    """Slicer's PATH holds ``PythonSlicer``: here a script that starts the Python of the tests."""
    folder = Path(app._h_folder.name) / "bin"
    folder.mkdir()
    script = folder / "PythonSlicer"
    script.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    os.environ["PATH"] = f"{folder}{os.pathsep}{os.environ.get('PATH', '')}"
