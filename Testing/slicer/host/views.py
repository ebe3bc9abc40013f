"""Stand-ins for the layout manager and the views.

They hold real slice, 3D view and camera nodes, so that jumping to a place can be checked; nothing is rendered.
"""
# ruff: noqa: N802

from __future__ import annotations

from typing import Any

ORIENTATIONS = {"Red": "Axial", "Green": "Coronal", "Yellow": "Sagittal"}


class SliceWidget:
    """A slice view without pixels, over real nodes."""

    def __init__(self, logic: Any) -> None:
        self._logic = logic

    def sliceLogic(self) -> Any:
        """The real slice logic."""
        return self._logic

    def mrmlSliceNode(self) -> Any:
        """The slice node."""
        return self._logic.GetSliceNode()

    def mrmlSliceCompositeNode(self) -> Any:
        """What is shown in the view."""
        return self._logic.GetSliceCompositeNode()


class ThreeDView:
    """A 3D view without pixels."""

    def __init__(self, layout: LayoutManager) -> None:
        self._layout = layout

    def mrmlViewNode(self) -> Any:
        """The view node."""
        return self._layout.scene.GetFirstNodeByClass("vtkMRMLViewNode")

    def cameraNode(self) -> Any:
        """The camera node."""
        return self._layout.scene.GetFirstNodeByClass("vtkMRMLCameraNode")

    def resetFocalPoint(self) -> None:
        """Counted."""
        self._layout.count("resetFocalPoint")

    def resetCamera(self, *_args: Any) -> None:
        """Counted."""
        self._layout.count("resetCamera")

    def forceRender(self) -> None:
        """Counted."""
        self._layout.count("forceRender")

    def scheduleRender(self) -> None:
        """Counted."""
        self._layout.count("scheduleRender")


class ThreeDWidget:
    """Holds a 3D view."""

    def __init__(self, layout: LayoutManager) -> None:
        self._view = ThreeDView(layout)

    def threeDView(self) -> ThreeDView:
        """The view."""
        return self._view

    def mrmlViewNode(self) -> Any:
        """The view node."""
        return self._view.mrmlViewNode()


class LayoutManager:
    """The views of the fresh scene."""

    def __init__(self, scene: Any) -> None:
        import slicer

        self.scene = scene
        self.counts: dict[str, int] = {}
        self._logics: dict[str, Any] = {}
        slicer.vtkMRMLSliceNode.AddDefaultSliceOrientationPresets(scene)
        for name in ORIENTATIONS:
            logic = slicer.vtkMRMLSliceLogic()
            logic.SetMRMLScene(scene)
            logic.AddSliceNode(name)
            logic.GetSliceNode().SetOrientation(ORIENTATIONS[name])
            self._logics[name] = logic
        self._widget = ThreeDWidget(self)

    def count(self, what: str) -> None:
        """Note that a view was asked to do something."""
        self.counts[what] = self.counts.get(what, 0) + 1

    def mrmlScene(self) -> Any:
        """The scene."""
        return self.scene

    def sliceViewNames(self) -> tuple[str, ...]:
        """Red, green and yellow."""
        return tuple(self._logics)

    def sliceWidget(self, name: str) -> SliceWidget | None:
        """One slice view, or None."""
        return SliceWidget(self._logics[name]) if name in self._logics else None

    def mrmlSliceLogics(self) -> Any:
        """All slice logics, as a VTK collection."""
        import vtk

        found = vtk.vtkCollection()
        for logic in self._logics.values():
            found.AddItem(logic)
        return found

    @property
    def threeDViewCount(self) -> int:  # noqa: D102
        return 1

    def threeDWidget(self, index: int | str) -> ThreeDWidget | None:
        """The 3D view."""
        return self._widget if index in (0, "View1", "1") else None

    def activeMRMLThreeDViewNode(self) -> Any:
        """The 3D view's node."""
        return self._widget.mrmlViewNode()

    @property
    def layout(self) -> int:  # noqa: D102
        return int(self.scene.GetFirstNodeByClass("vtkMRMLLayoutNode").GetViewArrangement())

    @layout.setter
    def layout(self, arrangement: int) -> None:
        self.setLayout(arrangement)

    def setLayout(self, arrangement: int) -> None:
        """Choose the arrangement of the views."""
        self.scene.GetFirstNodeByClass("vtkMRMLLayoutNode").SetViewArrangement(arrangement)

    def resetSliceViews(self) -> None:
        """Fit the slices to the volume."""
        self.count("resetSliceViews")
        for logic in self._logics.values():
            logic.FitSliceToBackground()

    def resetThreeDViews(self) -> None:
        """Counted."""
        self.count("resetThreeDViews")
