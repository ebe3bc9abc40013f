"""Stand-ins for the application: ``slicer.app``, its managers, the main window."""
# ruff: noqa: N802, N815

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

from PySide6.QtCore import Property, QObject, QProcessEnvironment, QSettings, Signal, Slot
from PySide6.QtWidgets import QApplication, QMainWindow

from . import dialogs
from .pythonqt import stand_in

FONT_POINTS = 10


@stand_in
class qSlicerModuleManager(QObject):  # noqa: N801
    """Knows the loaded modules."""

    moduleLoaded = Signal(str)
    moduleAboutToBeUnloaded = Signal(str)
    moduleUnloaded = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._h_modules: dict[str, Any] = {}

    def module(self, name: str) -> Any:
        """The module, or None."""
        return self._h_modules.get(name)

    def modulesNames(self) -> tuple[str, ...]:
        """Names of the loaded modules."""
        return tuple(self._h_modules)

    def factoryManager(self) -> Any:
        """Here the manager itself."""
        return self

    def loadedModuleNames(self) -> tuple[str, ...]:
        """Names of the loaded modules."""
        return tuple(self._h_modules)


class ModuleSelector:
    """Records the modules a panel sends the user to, and leaves and enters ours."""

    def __init__(self, app: Any) -> None:
        self.app = app
        self.visited: list[str] = []
        self.selected = ""

    def selectModule(self, name: str) -> None:
        """Switch: the module shown is left, the new one entered."""
        former = self.app.moduleManager().module(self.selected)
        if former is not None and former.entered is not None:
            former.leave()
        self.visited.append(name)
        self.selected = name
        module = self.app.moduleManager().module(name)
        if module is not None and module.entered is not None:
            module.enter()

    @property
    def selectedModule(self) -> str:  # noqa: D102
        return self.selected


@stand_in
class qSlicerMainWindow(QMainWindow):  # noqa: N801
    """The main window: a module selector and a status bar."""

    def moduleSelector(self) -> ModuleSelector:
        """The selector."""
        return QApplication.instance()._h_selector


@stand_in
class qSlicerApplication(QApplication):  # noqa: N801
    """``slicer.app``."""

    startupCompleted = Signal()
    mrmlSceneChanged = Signal(object)
    renderPaused = Signal(bool)

    def __init__(self, arguments: list[str]) -> None:
        super().__init__(arguments)
        self._h_folder = tempfile.TemporaryDirectory(prefix="slicer_host_")
        (Path(self._h_folder.name) / "ColorFiles").mkdir()
        self._h_testing = False
        self._h_scene: Any = None
        self._h_logic: Any = None
        self._h_layout: Any = None
        self._h_paused = 0
        self._h_selector = ModuleSelector(self)
        self._h_manager = qSlicerModuleManager(self)
        self._h_window = qSlicerMainWindow()
        self._h_settings = QSettings(str(Path(self._h_folder.name) / "Slicer.ini"), QSettings.Format.IniFormat)
        font = QApplication.font()
        font.setPointSize(FONT_POINTS)
        self.setFont(font)

    temporaryPath = Property(str, lambda self: self._h_temporary())
    slicerHome = Property(str, lambda self: self._h_folder.name)
    defaultScenePath = Property(str, lambda self: self._h_temporary())
    extensionsInstallPath = Property(str, lambda self: self._h_folder.name)
    majorVersion = Property(int, lambda self: 5)
    minorVersion = Property(int, lambda self: 12)
    revision = Property(str, lambda self: "0")
    platform = Property(str, lambda self: "linux-amd64")
    os = Property(str, lambda self: "linux")
    isInstalled = Property(bool, lambda self: True)
    documentationBaseUrl = Property(str, lambda self: "https://slicer.readthedocs.io/en/latest/")

    def _h_temporary(self) -> str:
        folder = Path(self._h_folder.name) / "temporary"
        folder.mkdir(exist_ok=True)
        return str(folder)

    def mrmlScene(self) -> Any:
        """The scene."""
        return self._h_scene

    def applicationLogic(self) -> Any:
        """The real application logic."""
        return self._h_logic

    def moduleManager(self) -> qSlicerModuleManager:
        """The modules."""
        return self._h_manager

    def moduleLogic(self, name: str) -> Any:
        """A module's logic."""
        module = self._h_manager.module(name)
        return module.logic() if module is not None else None

    def layoutManager(self) -> Any:
        """The views."""
        return self._h_layout

    def testingEnabled(self) -> bool:
        """False unless a test asks for testing mode: the panel runs as for a user."""
        return self._h_testing

    def userSettings(self) -> QSettings:
        """Settings in a file of this run."""
        return self._h_settings

    def settings(self) -> QSettings:
        """The same file."""
        return self._h_settings

    def revisionUserSettings(self) -> QSettings:
        """The same file."""
        return self._h_settings

    def translate(self, _context: str, text: str, *_args: Any) -> str:
        """English only."""
        return text

    def moduleDocumentationUrl(self, name: str) -> str:
        """Address of a module's page."""
        return f"{self.documentationBaseUrl}user_guide/modules/{name.lower()}.html"

    def startupEnvironment(self) -> QProcessEnvironment:
        """The environment before start."""
        return self.environment()

    def environment(self) -> QProcessEnvironment:
        """The environment of this process."""
        values = QProcessEnvironment()
        for name, value in os.environ.items():
            values.insert(name, value)
        return values

    @Slot()
    def pauseRender(self) -> None:
        """No rendering until resumed."""
        self._h_paused += 1

    @Slot()
    def resumeRender(self) -> None:
        """Render again."""
        self._h_paused -= 1

    @Slot(bool)
    def setRenderPaused(self, paused: bool) -> None:
        """Pause or resume."""
        self._h_paused += 1 if paused else -1

    def dicomDatabase(self) -> None:
        """None is open."""

    @Slot()
    def openExtensionsManagerDialog(self) -> None:
        """Recorded."""
        dialogs.current().tell("message", "Extensions Manager")
