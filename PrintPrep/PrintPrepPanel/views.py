"""Brings places into view. The library's places are LPS; Slicer's views are RAS."""

from __future__ import annotations

from collections.abc import Sequence

import slicer


def jump_to(point_lps: Sequence[float]) -> None:
    """Center slices, crosshair and 3D views on a place (LPS mm)."""
    from PrintPrepLib.mrml import flip

    r, a, s = flip(point_lps)
    scene = slicer.mrmlScene
    slicer.vtkMRMLSliceNode.JumpAllSlices(scene, r, a, s, slicer.vtkMRMLSliceNode.CenteredJumpSlice)
    crosshair = scene.GetFirstNodeByClass("vtkMRMLCrosshairNode")
    if crosshair is not None:
        crosshair.SetCrosshairRAS(r, a, s)
    for index in range(scene.GetNumberOfNodesByClass("vtkMRMLCameraNode")):
        camera = scene.GetNthNodeByClass(index, "vtkMRMLCameraNode")
        old, position = camera.GetFocalPoint(), camera.GetPosition()
        camera.SetFocalPoint(r, a, s)
        camera.SetPosition(*(p + new - o for p, new, o in zip(position, (r, a, s), old, strict=True)))
        camera.ResetClippingRange()


class ThresholdPreview:
    """Hides in the slice views what a threshold leaves out. Only the display is touched, and it is given back."""

    def __init__(self) -> None:
        self._display = None
        self._former: tuple[int, float, float, int] | None = None

    def show(self, volume_node: object, lower: float | None, upper: float | None) -> None:
        """Show it on a volume; None is no bound on that side."""
        display = volume_node.GetDisplayNode() if volume_node is not None else None  # type: ignore[attr-defined]
        if display is not self._display:
            self.clear()
        if display is None or not display.IsA("vtkMRMLScalarVolumeDisplayNode"):
            return
        if self._former is None:
            self._former = (
                display.GetApplyThreshold(),
                display.GetLowerThreshold(),
                display.GetUpperThreshold(),
                display.GetAutoThreshold(),
            )
            self._display = display
        low, high = volume_node.GetImageData().GetScalarRange()  # type: ignore[attr-defined]
        display.SetAutoThreshold(0)
        display.SetThreshold(low if lower is None else lower, high if upper is None else upper)
        display.SetApplyThreshold(1)

    def clear(self) -> None:
        """Give the display back as it was."""
        if self._display is not None and self._former is not None:
            applied, low, high, auto = self._former
            self._display.SetThreshold(low, high)
            self._display.SetApplyThreshold(applied)
            self._display.SetAutoThreshold(auto)
        self._display = self._former = None
