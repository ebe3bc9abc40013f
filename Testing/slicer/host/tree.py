"""What the application does for the subject hierarchy besides MRML: an item goes before its node goes.

Slicer's table from data node to item is one for all scenes of a process, and its keys are addresses. An item that
outlives its node stays in the table under an address where a new node may lie some day: "DataNodeCache inconsistency".
In the application a Qt class of the subject hierarchy module removes the item of every node that is about to be removed
from the scene (``NodeAboutToBeRemovedEvent``, not while the scene is closing); here this file does. A scene that ends
has to give its items back as well, while their nodes are alive: the application has one scene, here every test has its
own.
"""

from __future__ import annotations

from typing import Any


def follow(scene: Any) -> Any:
    """Remove the items of nodes that leave the scene from now on; keep what is returned as long as the scene."""
    import slicer
    import vtk

    @vtk.calldata_type(vtk.VTK_OBJECT)
    def about_to_be_removed(caller: Any, _event: str, node: Any) -> None:
        # Without a caller the scene itself is going: its items were given back before.
        if caller is None or caller.IsClosing() or node.IsA("vtkMRMLSubjectHierarchyNode"):
            return
        tree = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(caller)
        item = 0 if tree is None else tree.GetItemByDataNode(node)
        if item:
            tree.RemoveItem(item, False, False)

    # Through the class: what the host observes is not counted by the tracker.
    type(scene).AddObserver(scene, scene.NodeAboutToBeRemovedEvent, about_to_be_removed)
    return about_to_be_removed


def forget(scene: Any) -> None:
    """Remove all items of a scene that ends; their nodes stay."""
    import slicer

    tree = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(scene)
    if tree is not None:
        tree.RemoveItemChildren(tree.GetSceneItemID(), False, True)
