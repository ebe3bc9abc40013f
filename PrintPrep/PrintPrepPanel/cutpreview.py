"""Follows the cutting planes while they are dragged and draws what each would do; the library finds it out."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import qt
import slicer
import vtk
from slicer.i18n import tr as _

from . import planes

WAIT_MS = 5
"""Moves that come within this time, or while one is being drawn, are drawn as one."""
FADED = 0.4
"""Opacity of the model meanwhile: the section and the pins lie inside it."""
OPACITY = "PrintPrep.opacity"
"""On the display of a faded model: its own opacity. A scene may be saved meanwhile; it is put right when it is read."""


class CutPreviews:
    """Previews of all planes that are in sight.

    ``wanted()`` tells whether planes are followed; ``cut_here()`` whether the parts in sight show their cuts already;
    ``model()`` gives the node that would be cut; ``shown()`` those that are in the views; ``request()`` what the pins
    are; ``told(texts)`` gets a sentence for each plane.
    """

    def __init__(
        self,
        *,
        wanted: Callable[[], bool],
        cut_here: Callable[[], bool],
        model: Callable[[], Any],
        shown: Callable[[], list[Any]],
        request: Callable[[], Any],
        told: Callable[[dict[str, str]], None],
        planes_changed: Callable[[], None],
    ) -> None:
        self._wanted, self._cut_here, self._model, self._shown, self._request = wanted, cut_here, model, shown, request
        self._told, self._planes_changed = told, planes_changed
        self._observed: list[tuple[Any, int]] = []
        self._followed: list[Any] = []
        self._drawn: dict[str, tuple[Any, Any]] = {}  # by the plane's id: what was drawn, and its nodes
        self._faded: set[str] = set()
        self._ready: tuple[Any, Any] = (None, None)
        self.sentences: dict[str, str] = {}
        self.last_ms = 0.0
        self._timer = qt.QTimer()
        self._timer.setSingleShot(True)
        self._timer.setInterval(WAIT_MS)
        self._timer.connect("timeout()", self.update)

    @property
    def running(self) -> bool:
        """Whether planes are followed."""
        return bool(self._observed)

    @property
    def pending(self) -> bool:
        """Whether a move waits to be drawn."""
        return bool(self._timer.isActive())

    def sync(self) -> None:
        """Follow the planes there are now if previews are wanted, else stop."""
        if not self._wanted():
            self.stop()
            return
        nodes = planes.plane_nodes(slicer.mrmlScene)
        if not self._observed or [id(node) for node in nodes] != [id(node) for node in self._followed]:
            self._follow(nodes)
        self._soon()

    def stop(self) -> None:
        """Take all previews away and follow nothing any more."""
        self._timer.stop()
        for target, tag in self._observed:
            target.RemoveObserver(tag)
        self._observed, self._followed = [], []
        self._clear()
        self._ready = (None, None)

    def update(self) -> None:
        """Draw every plane that was moved since it was last drawn."""
        self._planes_changed()
        if not self._wanted():
            self.stop()
            return
        start = time.perf_counter()
        nodes = planes.plane_nodes(slicer.mrmlScene)
        if [id(node) for node in nodes] != [id(node) for node in self._followed]:
            self._follow(nodes)
        visible = [] if self._cut_here() else [node for node in nodes if planes.is_shown(node)]
        for plane_id in [one for one in self._drawn if one not in {node.GetID() for node in visible}]:
            self._remove(plane_id)
        if visible:
            self._draw(visible)
        self._fade(on=bool(self._drawn))
        self._told(self.sentences)
        self.last_ms = 1000.0 * (time.perf_counter() - start)

    def _draw(self, nodes: list[Any]) -> None:
        from PrintPrepLib.errors import PrintPrepError

        for node in nodes:
            try:
                self._draw_one(node)
            except PrintPrepError as error:
                self._remove(node.GetID())
                self.sentences[node.GetID()] = str(error)

    def _draw_one(self, node: Any) -> None:
        from dataclasses import replace

        from PrintPrepLib.mrml import add_preview, cut_plane_from_node, draw_preview
        from PrintPrepLib.shape.cut.plane import Disc

        asked, plane, ready = self._request(), cut_plane_from_node(node), self._prepared()
        if plane.bound is None and asked.bound_radius_mm is not None:
            plane = replace(plane, bound=Disc(asked.bound_radius_mm))
        key = (plane, asked, id(ready))
        former, drawn = self._drawn.get(node.GetID(), (None, None))
        if former == key:
            return
        shown = ready.preview(plane, asked.pins, kerf_mm=asked.kerf_mm)
        if drawn is None:
            drawn = add_preview(slicer.mrmlScene, node.GetName())
        draw_preview(drawn, shown)
        self._drawn[node.GetID()] = (key, drawn)
        self.sentences[node.GetID()] = shown.sentence

    def _prepared(self) -> Any:
        from PrintPrepLib.mrml import mesh_from_node
        from PrintPrepLib.shape.cut.preview import CutPreview

        node = self._model()
        key = (node.GetID(), node.GetPolyData().GetMTime(), node.GetTransformNodeID())
        if self._ready[0] != key:
            self._ready = (key, CutPreview(mesh_from_node(node)))
        return self._ready[1]

    # ---- what is followed --------------------------------------------------------------------------------------------
    def _follow(self, nodes: list[Any]) -> None:
        for target, tag in self._observed:
            target.RemoveObserver(tag)
        self._followed = list(nodes)
        scene = slicer.mrmlScene
        wanted = [(scene, scene.NodeAddedEvent, self._soon), (scene, scene.NodeRemovedEvent, self._soon)]
        for node in nodes:
            events = (vtk.vtkCommand.ModifiedEvent, node.PointModifiedEvent, node.DisplayModifiedEvent)
            wanted += [(node, event, self._soon) for event in events]
        self._observed = [(target, target.AddObserver(event, callback)) for target, event, callback in wanted]

    def _soon(self, _caller: Any = None, _event: str = "") -> None:
        if not self._timer.isActive():
            self._timer.start()

    # ---- what is shown -----------------------------------------------------------------------------------------------
    def _fade(self, *, on: bool) -> None:
        displays = [node.GetDisplayNode() for node in self._shown()] if on else []
        wanted = {display.GetID(): display for display in displays if display is not None}
        if set(wanted) == self._faded and on:
            return
        count = slicer.mrmlScene.GetNumberOfNodesByClass("vtkMRMLModelDisplayNode")
        every = [slicer.mrmlScene.GetNthNodeByClass(index, "vtkMRMLModelDisplayNode") for index in range(count)]
        for display in every:  # also those that came faded from a file
            if display.GetAttribute(OPACITY) and display.GetID() not in wanted:
                display.SetOpacity(float(display.GetAttribute(OPACITY)))
                display.RemoveAttribute(OPACITY)
        for display in wanted.values():
            if not display.GetAttribute(OPACITY):
                display.SetAttribute(OPACITY, repr(display.GetOpacity()))
                display.SetOpacity(min(FADED, display.GetOpacity()))
        self._faded = set(wanted)

    def _remove(self, plane_id: str) -> None:
        from PrintPrepLib.mrml import remove_preview

        self.sentences.pop(plane_id, None)
        _key, nodes = self._drawn.pop(plane_id, (None, None))
        if nodes is not None:
            remove_preview(nodes)

    def _clear(self) -> None:
        for plane_id in list(self._drawn):
            self._remove(plane_id)
        self._fade(on=False)
        self.sentences = {}
        self._told(self.sentences)


def as_text(sentences: dict[str, str]) -> str:
    """Write the sentences of all planes, each with its plane's name where there are several."""
    if len(sentences) == 1:
        return next(iter(sentences.values()))
    lines = []
    for plane_id, text in sentences.items():
        node = slicer.mrmlScene.GetNodeByID(plane_id)
        lines.append(f"{node.GetName()}: {text}" if node is not None else text)
    if lines:
        lines.append(_("Every plane is shown on the whole model, as if it were the only one."))
        lines.append(_("The settings of the pins below hold for all planes."))
    return "\n".join(lines)
