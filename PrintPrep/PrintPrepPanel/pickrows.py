"""Beside the numbers of a parameter: what marks it in the views, its radius, and a model to protect."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

import qt
import slicer
from slicer.i18n import tr as _

from . import picks
from .steplist import Row

RADIUS_PX = 46
NOT_LOOKED_AT = object()


class PickRow:
    """The widgets of one parameter that can be marked.

    ``written(value)`` is called with what was marked; ``model()`` gives the node that a new plane goes through;
    ``told(sentence)`` says what the user does now.
    """

    def __init__(self, row: Row, parameter: str, editor: Any, tools: PickTools) -> None:
        self.row, self.parameter = row, parameter
        self._editor, self._tools = editor, tools
        self.kind = picks.KINDS[f"{row.step.name}.{parameter}"]
        self.widget = qt.QWidget()
        outer = qt.QVBoxLayout(self.widget)
        outer.setContentsMargins(0, 0, 0, 0)
        line = qt.QHBoxLayout()
        outer.addLayout(line)
        line.addWidget(editor.widget)
        is_plane = self.kind in ("DIRECTION", "PLANE")
        self.pick = self._button(
            _("Plane") if is_plane else _("Pick"),
            "pick",
            _("Show a plane in the views, to be dragged.") if is_plane else _("Click places in the views."),
        )
        self.clear = self._button("×", "clear", _("Forget what was marked."))
        line.addWidget(self.pick)
        line.addWidget(self.clear)
        self.pick.connect("clicked(bool)", lambda _on: self._on_pick())
        self.clear.connect("clicked(bool)", lambda _on: self.forget())
        self.radius: Any = None
        self.models: Any = None
        if self.kind == "BALLS":
            outer.addLayout(self._protecting())
        self._marked: Any = NOT_LOOKED_AT
        """What was marked when it was last looked at: only what the user changes is written over the numbers."""
        self._meet(self.node())

    def _meet(self, node: Any) -> None:
        """Let marks that are in the scene already follow the steps that were loaded."""
        value = self.row.values.get(self.parameter)
        if node is None or not (value or self.row.ticked):
            return
        if value:
            self._show(node, value)
        else:
            self._remove(node)

    def node(self) -> Any:
        """Return the markups, None where there are none."""
        return picks.node_of(self.row.step.name, self.parameter)

    def take(self) -> None:
        """Write what is marked into the step."""
        node = self.node()
        if node is None:
            return
        value = self._now(node)
        if value != self._marked:
            self._marked = value
            self._write(value)

    def _now(self, node: Any) -> Any:
        return picks.values_of(self.row.step.name, self.parameter, node)

    def typed(self, value: Any) -> None:
        """Move the markups to what was typed."""
        node = self.node()
        if node is not None and value is not None:
            self._show(node, value)
        elif node is not None and self.kind in ("DIRECTION", "PLANE"):
            self._remove(node)
        elif node is not None:
            node.RemoveAllControlPoints()
            self._marked = None

    def _show(self, node: Any, value: Any) -> None:
        from PrintPrepLib.errors import PrintPrepError
        from PrintPrepLib.mrml import show_pick

        # What is half typed moves nothing: the line says what is wrong.
        with contextlib.suppress(PrintPrepError, TypeError, ValueError):
            show_pick(node, picks.kind_of(self.row.step.name, self.parameter), value)
            self._marked = self._now(node)

    def forget(self) -> None:
        """Take the markups away, and the numbers."""
        node = self.node()
        if node is not None:
            self._remove(node)
        if self.models is not None:
            self.models.setCurrentNode(None)
        self._write(None)

    def _on_pick(self) -> None:
        name = self.row.step.name
        node = self.node()
        if node is None:
            node = picks.add_node(name, self.parameter, self.row.values.get(self.parameter), self._tools.model())
            if self.radius is not None:
                self._set_radius(self.radius.text)
        self._tools.changed()
        self.take()
        if self.kind not in ("DIRECTION", "PLANE"):
            picks.start_placing(node, several=self.kind != "POINT")
        self._tools.told(picks.hint(name, self.parameter))

    def _protecting(self) -> Any:
        line = qt.QHBoxLayout()
        line.addWidget(qt.QLabel(_("within (mm)")))
        self.radius = qt.QLineEdit(f"{picks.USUAL_RADIUS_MM:g}")
        self.radius.objectName = f"radius_{self.row.step.name}_{self.parameter}"
        self.radius.toolTip = _("So far round each point, or from the model, nothing is done.")
        self.radius.maximumWidth = RADIUS_PX
        self.radius.connect("textChanged(QString)", self._set_radius)
        line.addWidget(self.radius)
        line.addWidget(qt.QLabel(_("or of")))
        self.models = slicer.qMRMLNodeComboBox()
        self.models.objectName = f"protect_{self.row.step.name}_{self.parameter}"
        self.models.nodeTypes = ["vtkMRMLModelNode"]
        self.models.noneEnabled, self.models.addEnabled, self.models.removeEnabled = True, False, False
        self.models.noneDisplay = _("points")
        self.models.toolTip = _("Protect the surface of a model: it is covered with balls, which never miss a place.")
        self.models.setMRMLScene(slicer.mrmlScene)
        self.models.setCurrentNode(None)
        self.models.connect("currentNodeChanged(vtkMRMLNode*)", self._on_model)
        line.addWidget(self.models)
        return line

    def _set_radius(self, text: str) -> None:
        node, value = self.node(), _length(text)
        if value is None:
            return
        if node is not None:
            node.SetAttribute(picks.RADIUS, f"{value:g}")
            self.take()
        elif self.models.currentNode() is not None:
            self._on_model(self.models.currentNode())

    def _on_model(self, model: Any) -> None:
        if model is None:
            return
        self._tools.guarded(lambda: self._protect(model))

    def _protect(self, model: Any) -> None:
        from PrintPrepLib.mrml import protected_balls

        node = self.node()
        if node is not None:
            self._remove(node)
        margin = _length(self.radius.text)
        self._write(list(protected_balls(model, 0.0 if margin is None else margin)))
        self._tools.told(_("'{name}' is protected, as it is now.").format(name=model.GetName()))

    def _write(self, value: Any) -> None:
        self._tools.written(self.row, self.parameter, value)

    def _remove(self, node: Any) -> None:
        picks.stop_placing()
        slicer.mrmlScene.RemoveNode(node)

    def _button(self, text: str, word: str, tip: str) -> Any:
        button = qt.QToolButton()
        button.text, button.toolTip = text, tip
        button.objectName = f"{word}_{self.row.step.name}_{self.parameter}"
        return button


class PickTools:
    """What rows ask of the panel."""

    def __init__(
        self,
        *,
        model: Callable[[], Any],
        written: Callable[[Row, str, Any], None],
        told: Callable[[str], None],
        changed: Callable[[], None],
        guarded: Callable[[Callable[[], None]], None],
    ) -> None:
        self.model, self.written, self.told, self.changed, self.guarded = model, written, told, changed, guarded


def _length(text: str) -> float | None:
    try:
        value = float(text.replace(",", "."))
    except ValueError:
        return None
    return value if 0.0 <= value < 1000.0 else None
