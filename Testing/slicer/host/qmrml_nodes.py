"""Stand-in for qMRMLNodeComboBox over real MRML nodes."""
# ruff: noqa: N802, N815

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Property, Qt, Signal, Slot
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QWidget

from . import dialogs
from .observers import Watch
from .pythonqt import stand_in

NODE_ID = Qt.ItemDataRole.UserRole
ACTION = Qt.ItemDataRole.UserRole + 1


@stand_in
class qMRMLNodeComboBox(QWidget):  # noqa: N801
    """A combo box of the scene's nodes of some types."""

    currentNodeChanged = Signal((object,), (bool,))
    currentNodeIDChanged = Signal(str)
    nodeActivated = Signal(object)
    nodeAdded = Signal(object)
    nodeAddedByUser = Signal(object)
    nodeAddedByUserAction = Signal(object)
    nodeAboutToBeRemoved = Signal(object)
    nodeAboutToBeEdited = Signal(object)
    currentNodeRenamed = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._h_scene: Any = None
        self._h_node: Any = None
        self._h_row = 0
        self._h_values: dict[str, Any] = {
            "nodeTypes": [], "showHidden": False, "showChildNodeTypes": True, "hideChildNodeTypes": [],
            "baseName": "", "noneEnabled": False, "addEnabled": True, "removeEnabled": True, "editEnabled": False,
            "renameEnabled": False, "selectNodeUponCreation": True, "noneDisplay": "None",
            "interactionNodeSingletonTag": "Singleton",
        }  # fmt: skip
        self._h_attributes: dict[tuple[str, str], Any] = {}
        self._h_labels: dict[str, str] = {}
        self._h_combo = QComboBox(self)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._h_combo)
        self._h_wanted_id = ""
        self._h_watch = Watch(self)
        self._h_node_watch = Watch(self)
        self._h_combo.activated.connect(self._h_activated)
        self.setEnabled(False)
        self._h_fill()

    # What the header gives as properties

    def _h_set(self, name: str, value: Any) -> None:
        self._h_values[name] = value
        self._h_refresh()

    def _h_value(name: str, kind: Any) -> Property:  # noqa: N805
        return Property(kind, lambda self: self._h_values[name], lambda self, value: self._h_set(name, value))

    def _h_list(name: str) -> Property:  # noqa: N805
        def write(self: Any, value: Any) -> None:
            if isinstance(value, str):
                raise TypeError(f"{name} takes a list of class names")
            self._h_set(name, list(value))

        return Property("QStringList", lambda self: tuple(self._h_values[name]), write)

    nodeTypes = _h_list("nodeTypes")
    hideChildNodeTypes = _h_list("hideChildNodeTypes")
    showHidden = _h_value("showHidden", bool)
    showChildNodeTypes = _h_value("showChildNodeTypes", bool)
    baseName = _h_value("baseName", str)
    noneEnabled = _h_value("noneEnabled", bool)
    addEnabled = _h_value("addEnabled", bool)
    removeEnabled = _h_value("removeEnabled", bool)
    editEnabled = _h_value("editEnabled", bool)
    renameEnabled = _h_value("renameEnabled", bool)
    selectNodeUponCreation = _h_value("selectNodeUponCreation", bool)
    noneDisplay = _h_value("noneDisplay", str)
    interactionNodeSingletonTag = _h_value("interactionNodeSingletonTag", str)
    currentNodeID = Property(
        str, lambda self: self._h_node.GetID() if self._h_node is not None else "",
        lambda self, value: self.setCurrentNodeID(value),
    )  # fmt: skip

    # Slots and invokable methods of the header

    def mrmlScene(self) -> Any:
        """The scene."""
        return self._h_scene

    @Slot(object)
    def setMRMLScene(self, scene: Any) -> None:
        """Take a scene and follow its nodes."""
        if scene is self._h_scene:
            return
        self._h_watch.clear()
        self._h_scene = scene
        self.setEnabled(scene is not None)
        if scene is not None:
            for event in (
                scene.NodeAddedEvent, scene.NodeRemovedEvent, scene.EndCloseEvent, scene.EndImportEvent,
                scene.EndRestoreEvent, scene.EndBatchProcessEvent,
            ):  # fmt: skip
                self._h_watch.add(scene, event, self._h_scene_changed)
        self._h_refresh()
        if scene is not None and self._h_wanted_id:
            self.setCurrentNodeID(self._h_wanted_id)
            self._h_wanted_id = ""

    def addAttribute(self, node_type: str, name: str, value: Any = None) -> None:
        """Show only nodes of the type that have this attribute."""
        self._h_attributes[(node_type, name)] = value
        self._h_refresh()

    def removeAttribute(self, node_type: str, name: str) -> None:
        """Take the filter back."""
        self._h_attributes.pop((node_type, name), None)
        self._h_refresh()

    def setNodeTypeLabel(self, label: str, node_type: str) -> None:
        """The word used for a type."""
        self._h_labels[node_type] = label
        self._h_refresh()

    def nodeTypeLabel(self, node_type: str) -> str:
        """The word used for a type."""
        return self._h_labels.get(node_type, "")

    def nodeCount(self) -> int:
        """How many nodes can be chosen."""
        return len(self._h_nodes())

    def nodeFromIndex(self, index: int) -> Any:
        """The node at a place of the list."""
        nodes = self._h_nodes()
        return nodes[index] if 0 <= index < len(nodes) else None

    def currentNode(self) -> Any:
        """The chosen node, or None."""
        return self._h_node

    @Slot(object)
    @Slot(str)
    def setCurrentNode(self, node: Any) -> None:
        """Choose a node; one that is not in the list leaves no choice."""
        if isinstance(node, str):
            self.setCurrentNodeID(node)
            return
        if self._h_scene is None:  # asked for before there is a scene: remembered
            self._h_wanted_id = (node.GetID() or "") if node is not None else ""
        ids = [item.GetID() for item in self._h_nodes()]
        self._h_choose(node if node is not None and node.GetID() in ids else None)

    @Slot(str)
    def setCurrentNodeID(self, node_id: str) -> None:
        """Choose a node by its ID."""
        node = self._h_scene.GetNodeByID(node_id) if self._h_scene is not None and node_id else None
        self.setCurrentNode(node)

    @Slot(int)
    def setCurrentNodeIndex(self, index: int) -> None:
        """Choose a node by its place in the list."""
        self._h_choose(self.nodeFromIndex(index))

    @Slot()
    def addNode(self, node_type: str = "") -> Any:
        """Make a node and choose it."""
        kind = node_type or (self._h_values["nodeTypes"] or [""])[0]
        if kind not in self._h_values["nodeTypes"] or self._h_scene is None:
            return None
        node = self._h_scene.CreateNodeByClass(kind)
        node.UnRegister(None)
        node.SetName(self._h_scene.GenerateUniqueName(self._h_values["baseName"] or node.GetNodeTagName()))
        for (for_type, name), value in self._h_attributes.items():
            if node.IsA(for_type):
                node.SetAttribute(name, "" if value is None else str(value))
        node = self._h_scene.AddNode(node)
        if self._h_values["selectNodeUponCreation"]:
            self._h_choose(node)
        self.nodeAddedByUserAction.emit(node)
        return node

    @Slot()
    def removeCurrentNode(self) -> None:
        """Remove the chosen node from the scene."""
        if self._h_node is not None:
            self.nodeAboutToBeRemoved.emit(self._h_node)
            self._h_scene.RemoveNode(self._h_node)

    @Slot()
    def editCurrentNode(self) -> None:
        """Ask for the module that edits the node."""
        if self._h_node is not None:
            self.nodeAboutToBeEdited.emit(self._h_node)

    @Slot()
    def renameCurrentNode(self) -> None:
        """Ask for a new name (the test answers)."""
        if self._h_node is not None:
            name = dialogs.current().ask("text", "New name:", "Rename")
            if name:
                self._h_node.SetName(name)
                self.currentNodeRenamed.emit(name)

    # The list

    def _h_nodes(self) -> list[Any]:
        if self._h_scene is None:
            return []
        nodes = [self._h_scene.GetNthNode(index) for index in range(self._h_scene.GetNumberOfNodes())]
        return [node for node in nodes if self._h_wanted(node)]

    def _h_wanted(self, node: Any) -> bool:
        values = self._h_values
        if node.GetHideFromEditors() and not values["showHidden"]:
            return False
        if values["showChildNodeTypes"]:
            fits = any(node.IsA(kind) for kind in values["nodeTypes"])
        else:
            fits = node.GetClassName() in values["nodeTypes"]
        if not fits or any(node.IsA(kind) for kind in values["hideChildNodeTypes"]):
            return False
        for (kind, name), value in self._h_attributes.items():
            if node.IsA(kind):
                has = node.GetAttribute(name)
                if has is None or (value is not None and has != str(value)):
                    return False
        return True

    def _h_scene_changed(self, _caller: Any, _event: str) -> None:
        scene = self._h_scene
        if scene is None or (scene.IsBatchProcessing() and not scene.IsClosing()):
            return
        self._h_refresh()

    def _h_refresh(self, *_args: Any) -> None:
        nodes, node = self._h_nodes(), self._h_node
        if node is None or any(other is node for other in nodes):
            self._h_fill()
        else:  # Qt moves on to the entry that takes the place of the one removed; nothing is chosen by itself otherwise
            self._h_choose(nodes[min(self._h_row, len(nodes) - 1)] if nodes else None)

    def _h_choose(self, node: Any) -> None:
        if node is self._h_node:
            self._h_fill()
            return
        self._h_node = node
        self._h_row = next((row for row, other in enumerate(self._h_nodes()) if other is node), 0)
        self._h_node_watch.clear()
        if node is not None:
            self._h_node_watch.add(node, "ModifiedEvent", self._h_renamed)
        self._h_fill()
        self.currentNodeChanged[object].emit(node)
        self.currentNodeChanged[bool].emit(node is not None)
        self.currentNodeIDChanged.emit(node.GetID() if node is not None else "")

    def _h_renamed(self, _caller: Any, _event: str) -> None:
        index = QComboBox.currentIndex(self._h_combo)
        if self._h_node is not None and self._h_combo.itemText(index) != self._h_node.GetName():
            self._h_fill()

    def _h_word(self) -> str:
        kinds = self._h_values["nodeTypes"]
        if not kinds:
            return "node"
        if kinds[0] in self._h_labels:
            return self._h_labels[kinds[0]]
        if self._h_scene is None:
            return "node"
        return self._h_scene.GetTypeDisplayNameByClassName(kinds[0]) or "node"

    def _h_fill(self) -> None:
        values, combo = self._h_values, self._h_combo
        blocked = combo.blockSignals(True)
        combo.clear()
        combo.setPlaceholderText(f"Select a {self._h_word()}")
        if values["noneEnabled"]:
            combo.addItem(values["noneDisplay"], "")
        for node in self._h_nodes():
            combo.addItem(node.GetName() or "", node.GetID())
        first_action = QComboBox.count(combo)
        word = self._h_word()
        for wanted, action, text in (
            (values["addEnabled"] and values["nodeTypes"], "add", f"Create new {word}"),
            (values["renameEnabled"], "rename", f"Rename current {word}..."),
            (values["editEnabled"], "edit", f"Edit current {word}..."),
            (values["removeEnabled"], "remove", f"Delete current {word}"),
        ):
            if wanted:
                combo.addItem(text)
                combo.setItemData(QComboBox.count(combo) - 1, action, ACTION)
        if QComboBox.count(combo) > first_action and first_action:
            combo.insertSeparator(first_action)
        wanted_id = self._h_node.GetID() if self._h_node is not None else ""
        has_choice = self._h_node is not None or values["noneEnabled"]
        combo.setCurrentIndex(combo.findData(wanted_id) if has_choice else -1)
        combo.blockSignals(blocked)

    def _h_activated(self, index: int) -> None:
        action = self._h_combo.itemData(index, ACTION)
        if action:
            self._h_fill()
            {
                "add": self.addNode, "rename": self.renameCurrentNode, "edit": self.editCurrentNode,
                "remove": self.removeCurrentNode,
            }[action]()  # fmt: skip
            return
        self.setCurrentNodeID(self._h_combo.itemData(index) or "")
        self.nodeActivated.emit(self._h_node)


CLASSES = (qMRMLNodeComboBox,)
