"""Follows markups that belong to steps and lengths, and tells when one was changed in the views."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import qt
import slicer
import vtk

from . import lengths, picks

WAIT_MS = 50
"""Moves that come within this time are told as one."""


class PickFollower:
    """``changed()`` is called a little after markups were placed, dragged or removed."""

    def __init__(self, changed: Callable[[], None]) -> None:
        self._changed = changed
        self._observed: list[tuple[Any, int]] = []
        self._followed: list[Any] = []
        self._timer = qt.QTimer()
        self._timer.setSingleShot(True)
        self._timer.setInterval(WAIT_MS)
        self._timer.connect("timeout()", self._on_time)

    @property
    def running(self) -> bool:
        """Whether markups are followed."""
        return bool(self._observed)

    def sync(self) -> None:
        """Follow the markups there are now."""
        scene = slicer.mrmlScene
        nodes = [node for _step, _parameter, node in picks.pick_nodes(scene)] + lengths.length_nodes(scene)
        if self._observed and [id(node) for node in nodes] == [id(node) for node in self._followed]:
            return
        self.stop()
        self._followed = nodes
        wanted = [(scene, scene.NodeAddedEvent), (scene, scene.NodeRemovedEvent)]
        for node in nodes:
            wanted += [(node, vtk.vtkCommand.ModifiedEvent), (node, node.PointModifiedEvent)]
        self._observed = [(target, target.AddObserver(event, self._soon)) for target, event in wanted]

    def stop(self) -> None:
        """Follow nothing any more."""
        self._timer.stop()
        for target, tag in self._observed:
            target.RemoveObserver(tag)
        self._observed, self._followed = [], []

    def _soon(self, _caller: Any = None, _event: str = "") -> None:
        if not self._timer.isActive():
            self._timer.start()

    def _on_time(self) -> None:
        if self._observed:
            self.sync()
            self._changed()
