"""Observers of MRML objects: those the stand-ins add, and the search for those a panel leaves behind."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any

import shiboken6

OWN_MODULES = ("slicer.parameterNodeWrapper",)
"""Slicer's parameter nodes keep observers on their node for as long as they live: no fault of a panel."""


class Watch:
    """The observers of one stand-in; they end with it, as those of the C++ widget do."""

    def __init__(self, owner: Any) -> None:
        self.owner = weakref.ref(owner)
        self.held: list[tuple[Any, int]] = []

    def add(self, target: Any, event: Any, callback: Callable[..., None]) -> None:
        """Call a bound method of the owner on the event; the owner is not kept alive by it."""
        method = weakref.WeakMethod(callback)

        def call(caller: Any, name: str) -> None:
            owner, bound = self.owner(), method()
            if owner is not None and bound is not None and shiboken6.isValid(owner):
                bound(caller, name)

        # Through the class: the observers of the host's own widgets are not counted by the tracker.
        self.held.append((target, type(target).AddObserver(target, event, call)))

    def clear(self) -> None:
        """Remove them all."""
        for target, tag in self.held:
            type(target).RemoveObserver(target, tag)
        self.held.clear()


class Tracker:
    """Knows every observer that Python code adds to the scene and its nodes."""

    def __init__(self) -> None:
        self.held: dict[tuple[str, int], str] = {}
        self.seen: list[Any] = []

    def follow(self, target: Any) -> None:
        """Count the observers added to one object from now on."""
        import vtk

        # Not Python's weak reference: VTK may drop the Python object and make it anew while the node lives.
        weak, kind = vtk.vtkWeakReference(), type(target)
        weak.Set(target)
        me = weak.Get
        address, label = target.__this__, target.GetClassName()
        if "AddObserver" in vars(target):
            return

        def add(event: Any, callback: Any, priority: float = 0.0) -> int:
            tag = kind.AddObserver(me(), event, callback, priority)
            function = getattr(callback, "__func__", callback)
            module = getattr(function, "__module__", "")
            if not str(module).startswith(OWN_MODULES):
                name = getattr(function, "__qualname__", repr(callback))
                self.held[(address, tag)] = f"{label}: {module}.{name} on event {event}"
            return int(tag)

        def remove(tag: int) -> None:
            kind.RemoveObserver(me(), tag)
            self.held.pop((address, tag), None)

        def remove_all(*args: Any) -> None:
            method = kind.RemoveObservers if args else kind.RemoveAllObservers
            method(me(), *args)
            if not args:
                for key in [key for key in self.held if key[0] == address]:
                    del self.held[key]

        target.AddObserver = add
        target.RemoveObserver = remove
        target.RemoveAllObservers = remove_all

    def follow_scene(self, scene: Any) -> None:
        """Count for a scene and all its nodes, also those to come."""
        import vtk

        self.follow(scene)
        for index in range(scene.GetNumberOfNodes()):
            self.follow(scene.GetNthNode(index))

        @vtk.calldata_type(vtk.VTK_OBJECT)
        def added(_caller: Any, _event: str, node: Any) -> None:
            self.follow(node)

        self.seen.append(added)
        type(scene).AddObserver(scene, scene.NodeAddedEvent, added, 1000.0)

    def left(self, scene: Any) -> list[str]:
        """The observers still on the scene and on nodes that are still in it."""
        nodes = [scene.GetNthNode(index) for index in range(scene.GetNumberOfNodes())]
        alive = {scene.__this__, *(node.__this__ for node in nodes)}
        return sorted(text for (address, _tag), text in self.held.items() if address in alive)
