"""One test's Slicer: a fresh scene, its views and logics, and everything that must not go wrong unseen."""

from __future__ import annotations

import contextlib
import gc
import sys
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from . import dialogs, doubles, observers, tree
from .hands import Hands
from .install import install

PANEL_WIDTH_PX = 480
"""Width of Slicer's module panel on a usual screen."""

HARMLESS_QT = ("propagateSizeHints", "This plugin does not support", "QFont", "fontconfig", "Populating font family")

BUILT_IN = {
    "Segmentations": "vtkSlicerSegmentationsModuleLogic",
    "Markups": "vtkSlicerMarkupsLogic",
    "Colors": "vtkSlicerColorLogic",
    "SubjectHierarchy": "vtkSlicerSubjectHierarchyModuleLogic",
    "Models": "vtkSlicerModelsLogic",
    "Volumes": "vtkSlicerVolumesLogic",
    "SegmentEditor": None,
    "DICOM": None,
    "Data": None,
    "Welcome": None,
}


class Host(Hands):
    """What a test holds: see the package's docstring."""

    def __init__(self) -> None:
        import slicer

        self.slicer = slicer
        self.app = install()
        self.dialogs = dialogs.renew()
        self.packages = doubles.Packages()
        self.samples = doubles.SampleData()
        self.failures: list[str] = []
        self.qt_messages: list[str] = []
        self.vtk_messages: list[str] = []
        self._expected: list[list[BaseException]] = []
        self._modules: list[Any] = []
        self._former: dict[str, Any] = {}
        self._kept: list[Any] = []
        self.tracker = observers.Tracker()

    # Life of a test

    def begin(self) -> None:
        """A fresh scene; from now on nothing goes wrong unseen."""
        import vtk
        from PySide6 import QtCore

        self.app._h_testing = False
        self.app._h_settings.clear()
        self.app._h_selector.visited.clear()
        self.app._h_selector.selected = ""
        self._former = {"hook": sys.excepthook, "raisable": sys.unraisablehook}
        sys.excepthook = self._hook
        sys.unraisablehook = self._unraisable
        self._former["qt"] = QtCore.qInstallMessageHandler(self._qt_message)
        window = vtk.vtkOutputWindow.GetInstance()
        self._former["window"] = window
        self._vtk_tags = []
        for event in ("ErrorEvent", "WarningEvent"):
            self._vtk_tags.append(window.AddObserver(event, self._vtk_message()))
        sys.modules["slicer.packaging"] = self.slicer.packaging = doubles.packaging_module(self.packages)
        sys.modules["SampleData"] = doubles.sample_data_module(self.samples)
        self._make_scene()

    def _make_scene(self) -> None:
        from .modules import BuiltInModule, Modules
        from .views import LayoutManager

        slicer = self.slicer
        self._former["scene"] = getattr(slicer, "mrmlScene", None)
        scene = slicer.vtkMRMLScene()
        slicer.mrmlScene = scene
        self.app._h_scene = scene
        logic = slicer.vtkMRMLApplicationLogic()
        logic.SetHomeDirectory(self.app.slicerHome)
        logic.SetShareDirectory(".")
        logic.SetMRMLScene(scene)
        self.app._h_logic = logic
        remote = slicer.vtkMRMLRemoteIOLogic()  # bundles are unpacked into its cache folder
        remote.GetCacheManager().SetRemoteCacheDirectory(self.app.temporaryPath)
        remote.SetMRMLScene(scene)
        remote.AddDataIOToScene()
        self._kept.append(remote)
        slicer.modules = Modules()
        manager = self.app.moduleManager()
        manager._h_modules.clear()
        for name, class_name in BUILT_IN.items():
            module_logic = None
            if class_name is not None:
                module_logic = getattr(slicer, class_name)()
                module_logic.SetMRMLApplicationLogic(logic)
                module_logic.SetMRMLScene(scene)
            manager._h_modules[name] = BuiltInModule(name, module_logic)
            setattr(slicer.modules, name.lower(), manager._h_modules[name])
        for class_name, tag in (
            ("vtkMRMLLayoutNode", "vtkMRMLLayoutNode"),
            ("vtkMRMLCrosshairNode", "default"),
            ("vtkMRMLViewNode", "1"),
        ):
            if scene.GetFirstNodeByClass(class_name) is None:
                node = scene.CreateNodeByClass(class_name)
                node.UnRegister(None)
                node.SetSingletonTag(tag)
                scene.AddNode(node)
        camera = slicer.vtkMRMLCameraNode()
        camera.SetSingletonTag("1")
        scene.AddNode(camera)
        view = scene.GetFirstNodeByClass("vtkMRMLViewNode")
        camera.SetLayoutName(view.GetLayoutName() or "1")
        self.app._h_layout = LayoutManager(scene)
        self.scene = scene
        self._kept.append(tree.follow(scene))
        self.tracker.follow_scene(scene)

    def end(self) -> list[str]:
        """Close the panels; gives what went wrong during the test."""
        import vtk
        from PySide6 import QtCore

        for module in self._modules:
            with self._noted(f"closing {module.name}"):
                if module.entered:
                    module.leave()
                self.app.moduleManager().moduleAboutToBeUnloaded.emit(module.name)
        self.pump(0)
        if self._modules:
            gc.collect()
            self.failures += [f"observer left behind: {text}" for text in self.tracker.left(self.scene)]
        for module in self._modules:
            widget = module._h_widget
            if widget is not None:
                widget.deleteLater()
            sys.modules.pop(module.name, None)
        self._modules.clear()
        self.app.sendPostedEvents(None, QtCore.QEvent.Type.DeferredDelete)
        self.pump(0)
        self.failures += [f"unanswered ({item.kind}): {item.text}" for item in self.dialogs.unanswered]
        if self.dialogs.answers:
            self.failures.append(f"answers never asked for: {self.dialogs.answers}")
        if self.app._h_paused:
            self.failures.append(f"rendering was paused {self.app._h_paused} time(s) more than resumed")
            self.app._h_paused = 0
        if self.app.overrideCursor() is not None:
            self.failures.append("the wait cursor was left on")
            while self.app.overrideCursor() is not None:
                self.app.restoreOverrideCursor()
        with self._noted("ending the subject hierarchy"):
            tree.forget(self.scene)
        for tag in self._vtk_tags:
            self._former["window"].RemoveObserver(tag)
        QtCore.qInstallMessageHandler(None)
        sys.excepthook, sys.unraisablehook = self._former["hook"], self._former["raisable"]
        self.app._h_scene = None
        self.app._h_logic = None
        self.app._h_layout = None
        self.app.moduleManager()._h_modules.clear()
        self.slicer.mrmlScene = self._former["scene"]
        assert vtk is not None
        return (
            self.failures
            + [f"Qt: {text}" for text in self.qt_messages]
            + [f"VTK: {text}" for text in self.vtk_messages]
        )

    # What goes wrong

    def _hook(self, kind: type[BaseException], value: BaseException, trace: Any) -> None:
        if self._expected:
            self._expected[-1].append(value)
            return
        text = "".join(traceback.format_exception(kind, value, trace))
        self.failures.append(f"exception in a slot or observer:\n{text}")

    def _unraisable(self, info: Any) -> None:
        text = "".join(traceback.format_exception(info.exc_type, info.exc_value, info.exc_traceback))
        self.failures.append(f"unraisable exception ({info.err_msg or info.object!r}):\n{text}")

    def _qt_message(self, _kind: Any, _context: Any, text: str) -> None:
        if not any(word in text for word in HARMLESS_QT):
            self.qt_messages.append(text)

    def _vtk_message(self) -> Callable[..., None]:
        import vtk

        @vtk.calldata_type(vtk.VTK_STRING)
        def note(_caller: Any, _event: str, text: str) -> None:
            self.vtk_messages.append(text.strip())

        self._kept.append(note)
        return note

    @contextlib.contextmanager
    def _noted(self, doing: str) -> Iterator[None]:
        try:
            yield
        except Exception:
            self.failures.append(f"{doing}:\n{traceback.format_exc()}")

    @contextlib.contextmanager
    def expect_exception(self, *kinds: type[BaseException]) -> Iterator[list[BaseException]]:
        """Inside, a slot must raise one of these; gives the list of what was raised."""
        caught: list[BaseException] = []
        self._expected.append(caught)
        try:
            yield caught
        finally:
            self._expected.remove(caught)
        if not caught:
            raise AssertionError(f"no slot raised any of {[kind.__name__ for kind in kinds]}")
        for error in caught:
            if not isinstance(error, kinds):
                raise AssertionError(f"a slot raised {error!r}") from error  # noqa: TRY004

    def expect_vtk_messages(self) -> list[str]:
        """Take the VTK errors and warnings so far; they no longer fail the test."""
        taken, self.vtk_messages = self.vtk_messages, []
        return taken

    # Panels

    def load(self, path: str | Path) -> Any:
        """Load a scripted module without its panel, and complete Slicer's start."""
        from . import modules

        module = modules.load(Path(path))
        self._modules.append(module)
        self.app.startupCompleted.emit()
        return module

    def open(self, path: str | Path) -> Any:
        """Load a scripted module and show its panel; gives the panel's Python object."""
        module = self.load(path)
        widget = module.widgetRepresentation()
        widget.resize(PANEL_WIDTH_PX, 900)
        self.app._h_selector.selected = module.name
        module.enter()
        self.pump(0)
        return widget.self()

    def leave(self, panel: Any) -> None:
        """The user goes to another module."""
        self.app.moduleManager().module(panel.moduleName).leave()

    def enter(self, panel: Any) -> None:
        """The user comes back."""
        self.app.moduleManager().module(panel.moduleName).enter()

    def close_scene(self) -> None:
        """File - Close scene."""
        self.scene.Clear(0)
        self.pump(0)

    def save_scene(self, path: str | Path) -> None:
        """Save the scene as a bundle (.mrb)."""
        if not self.scene.WriteToMRB(str(path)):
            raise RuntimeError(f"the scene was not written to {path}")

    def load_scene(self, path: str | Path) -> None:
        """Close the scene and read a bundle."""
        self.scene.Clear(0)
        if not self.scene.ReadFromMRB(str(path)):
            raise RuntimeError(f"the scene was not read from {path}")
        self.pump(0)

    @property
    def visited_modules(self) -> list[str]:
        """The modules a panel sent the user to, in order."""
        return self.app._h_selector.visited
