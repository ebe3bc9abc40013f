"""Stand-ins for qMRMLWidget and the number widgets with a scene, over real MRML nodes."""
# ruff: noqa: N802, N815

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Property, Signal, Slot
from PySide6.QtWidgets import QToolButton, QWidget

from .ctk_values import ctkDoubleSpinBox, ctkRangeWidget, ctkSliderWidget
from .observers import Watch
from .pythonqt import stand_in


@stand_in
class qMRMLWidget(QWidget):  # noqa: N801
    """A widget that has a scene and tells when it changes."""

    mrmlSceneChanged = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._h_scene: Any = None

    def mrmlScene(self) -> Any:
        """The scene."""
        return self._h_scene

    @Slot(object)
    def setMRMLScene(self, scene: Any) -> None:
        """Take a scene and hand it on."""
        if scene is not self._h_scene:
            self._h_scene = scene
            self.mrmlSceneChanged.emit(scene)


@stand_in
class qSlicerWidget(qMRMLWidget):  # noqa: N801
    """The same under the name module widgets use."""


class _WithScene:
    """Scene and quantity of the number widgets."""

    _h_scene: Any = None
    _h_quantity = ""

    def mrmlScene(self) -> Any:
        """The scene."""
        return self._h_scene

    def _h_set_quantity(self, name: str) -> None:
        self._h_quantity = name


@stand_in
class qMRMLSliderWidget(_WithScene, ctkSliderWidget):  # noqa: N801
    """A slider that may follow the scene's units (the host leaves them alone)."""

    quantity = Property(str, lambda self: self._h_quantity, lambda self, value: self._h_set_quantity(value))

    @Slot(object)
    def setMRMLScene(self, scene: Any) -> None:
        """Take a scene."""
        self._h_scene = scene


@stand_in
class qMRMLSpinBox(_WithScene, ctkDoubleSpinBox):  # noqa: N801
    """A spin box that may follow the scene's units (the host leaves them alone)."""

    quantity = Property(str, lambda self: self._h_quantity, lambda self, value: self._h_set_quantity(value))

    @Slot(object)
    def setMRMLScene(self, scene: Any) -> None:
        """Take a scene."""
        self._h_scene = scene


@stand_in
class qMRMLRangeWidget(_WithScene, ctkRangeWidget):  # noqa: N801
    """A range that may follow the scene's units (the host leaves them alone)."""

    quantity = Property(str, lambda self: self._h_quantity, lambda self, value: self._h_set_quantity(value))

    @Slot(object)
    def setMRMLScene(self, scene: Any) -> None:
        """Take a scene."""
        self._h_scene = scene


@stand_in
class qSlicerMarkupsPlaceWidget(qSlicerWidget):  # noqa: N801
    """The button that puts the mouse into placing points of a markups node."""

    ShowPlaceMultipleMarkupsOption, HidePlaceMultipleMarkupsOption = 0, 1
    ForcePlaceSingleMarkup, ForcePlaceMultipleMarkups = 2, 3

    activeMarkupsPlaceModeChanged = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        from PySide6.QtWidgets import QHBoxLayout

        self._h_node: Any = None
        self._h_values: dict[str, Any] = {"placeMultipleMarkups": 0, "buttonsVisible": True}
        self._h_watch = Watch(self)
        self._h_was_placing = False
        self._h_place, self._h_delete = QToolButton(self), QToolButton(self)
        self._h_place.setCheckable(True)
        self._h_place.setText("Place")
        self._h_delete.setText("Delete")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._h_place)
        layout.addWidget(self._h_delete)
        self._h_place.clicked.connect(self.setPlaceModeEnabled)
        self._h_delete.clicked.connect(lambda _on: self.deleteAllPoints())
        self._h_update()

    def _h_singleton(self, name: str) -> Any:
        scene = self._h_scene
        return scene.GetNodeByID(f"vtkMRML{name}NodeSingleton") if scene is not None else None

    def _h_update(self, *_args: Any) -> None:
        placing = self._h_placing()
        self._h_place.setEnabled(self._h_node is not None)
        self._h_delete.setEnabled(self._h_node is not None)
        self._h_place.setChecked(placing)
        if placing != self._h_was_placing:
            self._h_was_placing = placing
            self.activeMarkupsPlaceModeChanged.emit(placing)

    def _h_active(self) -> bool:
        selection = self.selectionNode()
        return bool(
            selection is not None and self._h_node is not None
            and selection.GetActivePlaceNodeID() == self._h_node.GetID()
        )  # fmt: skip

    def _h_placing(self) -> bool:
        interaction = self.interactionNode()
        return bool(
            interaction is not None
            and self._h_active()
            and interaction.GetCurrentInteractionMode() == interaction.Place
        )

    def currentNode(self) -> Any:
        """The markups node."""
        return self._h_node

    def currentMarkupsNode(self) -> Any:
        """The markups node."""
        return self._h_node

    def interactionNode(self) -> Any:
        """The scene's interaction node."""
        return self._h_singleton("Interaction")

    def selectionNode(self) -> Any:
        """The scene's selection node."""
        return self._h_singleton("Selection")

    def placeButton(self) -> QToolButton:
        """The button."""
        return self._h_place

    def deleteButton(self) -> QToolButton:
        """The button."""
        return self._h_delete

    @Slot(object)
    def setMRMLScene(self, scene: Any) -> None:
        """Take a scene and watch its mouse mode."""
        super().setMRMLScene(scene)
        self._h_watch.clear()
        for node in (self.interactionNode(), self.selectionNode()):
            if node is not None:
                self._h_watch.add(node, "AnyEvent", self._h_update)
        self._h_update()

    @Slot(object)
    def setCurrentNode(self, node: Any) -> None:
        """Take a markups node."""
        self._h_node = node
        self._h_update()

    @Slot(bool)
    def setCurrentNodeActive(self, active: bool) -> None:
        """Make the node the one that is placed."""
        selection = self.selectionNode()
        if selection is None or self._h_node is None:
            return
        selection.SetReferenceActivePlaceNodeClassName(self._h_node.GetClassName())
        selection.SetActivePlaceNodeID(self._h_node.GetID() if active else None)

    @Slot(bool)
    def setPlaceModeEnabled(self, on: bool) -> None:
        """Begin or end placing."""
        interaction = self.interactionNode()
        if interaction is None:
            return
        if on:
            self.setCurrentNodeActive(True)
        interaction.SetCurrentInteractionMode(interaction.Place if on else interaction.ViewTransform)
        self._h_update()

    @Slot(bool)
    def setPlaceModePersistency(self, on: bool) -> None:
        """Place one point or many."""
        interaction = self.interactionNode()
        if interaction is not None:
            interaction.SetPlaceModePersistence(int(on))

    @Slot(bool)
    def setButtonsVisible(self, visible: bool) -> None:
        """Show or hide the buttons."""
        self._h_values["buttonsVisible"] = visible
        self._h_place.setVisible(visible)
        self._h_delete.setVisible(visible)

    @Slot(int)
    def setPlaceMultipleMarkups(self, option: int) -> None:
        """Whether many points may be placed."""
        self._h_values["placeMultipleMarkups"] = int(option)

    @Slot(bool)
    def setDeleteAllControlPointsOptionVisible(self, visible: bool) -> None:
        """Show the option."""
        self._h_values["deleteAll"] = visible

    @Slot()
    def deleteAllPoints(self) -> None:
        """Remove all points of the node."""
        if self._h_node is not None:
            self._h_node.RemoveAllControlPoints()

    currentNodeActive = Property(
        bool, lambda self: self._h_active(), lambda self, value: self.setCurrentNodeActive(value)
    )
    placeModeEnabled = Property(
        bool, lambda self: self._h_placing(), lambda self, value: self.setPlaceModeEnabled(value)
    )
    placeModePersistency = Property(
        bool,
        lambda self: bool(self.interactionNode() and self.interactionNode().GetPlaceModePersistence()),
        lambda self, value: self.setPlaceModePersistency(value),
    )
    buttonsVisible = Property(
        bool, lambda self: self._h_values["buttonsVisible"], lambda self, value: self.setButtonsVisible(value)
    )
    placeMultipleMarkups = Property(
        int, lambda self: self._h_values["placeMultipleMarkups"],
        lambda self, value: self.setPlaceMultipleMarkups(value),
    )  # fmt: skip
    deleteAllControlPointsOptionVisible = Property(
        bool, lambda self: self._h_values.get("deleteAll", True),
        lambda self, value: self.setDeleteAllControlPointsOptionVisible(value),
    )  # fmt: skip


CLASSES = (
    qMRMLWidget, qSlicerWidget, qMRMLSliderWidget, qMRMLSpinBox, qMRMLRangeWidget, qSlicerMarkupsPlaceWidget,
)  # fmt: skip
