"""Widgets of one step, generated from the library's description of its parameters."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import qt
from slicer.i18n import tr as _

from . import picks
from .choicewords import choice_title, offered
from .pickrows import PickRow, PickTools
from .steplist import Row, problem_of, text_from_value, value_from_text
from .texts import MAIN_PARAMETERS, parameter_title, step_title
from .workshopwords import NOT_SHOWN

if TYPE_CHECKING:
    from PrintPrepLib.parameters import ParameterSpec

BAD_STYLE = "QLineEdit { border: 1px solid #c0392b; background: #fdecea; color: #202020; }"


class StepBox:
    """A group with a tick (whether the step is done) and one widget for each parameter.

    ``changed`` is called after every change that the user made; what was chosen is in the row.
    """

    def __init__(self, row: Row, changed: Callable[[], None], tools: PickTools | None = None) -> None:
        self.row = row
        self._changed = changed
        self._tools = tools
        self._loading = False
        self.picks: list[PickRow] = []
        self._editors: list[Editor] = []
        self.widget = qt.QWidget()
        self.widget.objectName = f"step_{row.step.name}"
        outer = qt.QVBoxLayout(self.widget)
        outer.setContentsMargins(0, 0, 0, 0)
        self.tick = qt.QCheckBox(step_title(row.step.name))
        self.tick.objectName = f"tick_{row.step.name}"
        self.tick.toolTip = row.step.help
        self.tick.checked = row.ticked
        self.tick.styleSheet = "QCheckBox { font-weight: bold; }"
        outer.addWidget(self.tick)
        self._inner = qt.QWidget()
        outer.addWidget(self._inner)
        layout = qt.QFormLayout(self._inner)
        layout.setContentsMargins(22, 0, 0, 4)
        main = MAIN_PARAMETERS.get(row.step.name)
        shown = [spec for spec in row.step.parameters if spec.name not in NOT_SHOWN]
        first = [spec for spec in shown if main is None or spec.name in main]
        others = [spec for spec in shown if spec not in first]
        self._fill(layout, first)
        if others:
            self._add_more(layout, others)
        self._inner.visible = row.ticked
        self.tick.connect("toggled(bool)", self._on_toggled)

    def editor(self, name: str) -> Editor:
        """Return the editor of a parameter."""
        return next(editor for editor in self._editors if editor.spec.name == name)

    def set_value(self, name: str, value: Any, *, from_views: bool = False) -> None:
        """Set a parameter as if the user had typed it, or marked it in the views."""
        self.editor(name).show(value)
        if from_views:
            self._store(name, value)
        else:
            self._on_changed(name, value)

    def _store(self, name: str, value: Any) -> None:
        if value is None:
            self.row.values.pop(name, None)
        else:
            self.row.values[name] = value
        self._changed()

    def _fill(self, layout: Any, specs: list[ParameterSpec]) -> None:
        for spec in specs:
            unmarked = _("none") if picks.takes_many(self.row.step.name, spec.name) else ""
            editor = Editor(spec, self.row.values.get(spec.name), self._on_changed, unmarked, self.row.step.name)
            label = qt.QLabel(parameter_title(spec.name, spec.unit, self.row.step.name))
            label.toolTip = spec.help
            layout.addRow(label, self._with_pick(spec.name, editor))
            self._editors.append(editor)

    def _with_pick(self, name: str, editor: Editor) -> Any:
        """Return the editor's widget, with what marks it in the views where it can be marked."""
        if self._tools is None or not picks.can_pick(self.row.step.name, name):
            return editor.widget
        self.picks.append(PickRow(self.row, name, editor, self._tools))
        return self.picks[-1].widget

    def _add_more(self, layout: Any, others: list[ParameterSpec]) -> None:
        button = qt.QToolButton()
        button.objectName = f"more_{self.row.step.name}"
        button.checkable = True
        button.text = _("More settings ({count})").format(count=len(others))
        inner = qt.QWidget()
        inner_layout = qt.QFormLayout(inner)
        inner_layout.setContentsMargins(0, 0, 0, 0)
        self._fill(inner_layout, others)
        inner.visible = False
        button.connect("toggled(bool)", inner.setVisible)
        layout.addRow(button)
        layout.addRow(inner)
        if any(spec.name in self.row.values for spec in others):
            button.checked = True

    def _on_toggled(self, ticked: bool) -> None:
        self.row.ticked = ticked
        self._inner.visible = ticked  # the parameters of a step that is not done are out of the way
        self._changed()

    def _on_changed(self, name: str, value: Any) -> None:
        for one in self.picks:
            if one.parameter == name:
                one.typed(value)
        self._store(name, value)


class Editor:
    """The widget of one parameter: a tick, a list of choices, or a line that is checked while one types."""

    def __init__(
        self, spec: ParameterSpec, value: Any, changed: Callable[[str, Any], None], unmarked: str = "", step: str = ""
    ) -> None:
        self.spec = spec
        self._changed = changed
        self._loading = True
        if spec.kind is bool:
            self.widget = qt.QCheckBox()
            self.widget.connect("toggled(bool)", self._on_ticked)
        elif spec.choices:
            self.widget = qt.QComboBox()
            self._words: list[str | None] = []
            if spec.default is None:
                self._words.append(None)
                self.widget.addItem(_("automatic"))
            for word in offered(step, spec.name, spec.choices):
                self._words.append(word)
                self.widget.addItem(choice_title(step, spec.name, word))
            self.widget.connect("currentIndexChanged(int)", self._on_chosen)
        else:
            self.widget = qt.QLineEdit()
            self.widget.placeholderText = unmarked or self._placeholder()
            self.widget.connect("textChanged(QString)", self._on_typed)
        self.widget.objectName = f"value_{spec.name}"
        self.widget.toolTip = spec.help
        self.show(value)
        self._loading = False

    def show(self, value: Any) -> None:
        """Show a value without telling anybody; None is the default."""
        self._loading = True
        if self.spec.kind is bool:
            self.widget.checked = bool(self.spec.default if value is None else value)
        elif self.spec.choices:
            word = text_from_value(self.spec.default if value is None else value) or None
            if word is not None and word not in self._words:  # not offered, but a recipe has it
                self._words.append(word)
                self.widget.addItem(choice_title("", self.spec.name, word))
            self.widget.currentIndex = self._words.index(word)
        else:
            self.widget.text = text_from_value(value)
            self._judge(value)
        self._loading = False

    def settle(self, words: str) -> None:
        """Say in place of 'automatic' who decides, and let nobody choose meanwhile; empty words give the choice back.

        Only for a list of choices without a default of its own.
        """
        self.widget.enabled = not words
        self.widget.setItemText(0, words or _("choose, or add a plane"))
        if words and self.widget.currentIndex != 0:
            self.show(None)

    def _placeholder(self) -> str:
        if self.spec.required:
            return _("needed")
        return _("automatic") if self.spec.default is None else text_from_value(self.spec.default)

    def _on_ticked(self, ticked: bool) -> None:
        if not self._loading:
            self._changed(self.spec.name, None if ticked == self.spec.default else ticked)

    def _on_chosen(self, index: int) -> None:
        if not self._loading and 0 <= index < len(self._words):
            word = self._words[index]
            self._changed(self.spec.name, None if word == text_from_value(self.spec.default) else word)

    def _on_typed(self, text: str) -> None:
        if self._loading:
            return
        value = value_from_text(self.spec, text)
        self._judge(value)
        self._changed(self.spec.name, value)

    def _judge(self, value: Any) -> None:
        problem = problem_of(self.spec, value) if value is not None else ""
        self.widget.styleSheet = BAD_STYLE if problem else ""
        self.widget.toolTip = problem or self.spec.help
