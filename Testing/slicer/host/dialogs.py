"""Every window that would wait for the user: recorded, and answered by the test.

A panel that asks something the test did not foresee would hang, or would get an answer nobody chose. Here it fails:
``UnansweredError`` names the question. ``Dialogs.answer(...)`` gives the answers, in order.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

ASKING_KINDS = ("confirm", "open file", "open files", "save file", "directory", "text", "number", "item", "dialog")


class UnansweredError(AssertionError):
    """The panel asked the user something and the test holds no answer."""


@dataclass
class Shown:
    """One window the user saw."""

    kind: str
    """info, warning, error, message, confirm, open file, save file, directory, text, number, item, dialog, status"""
    text: str
    title: str = ""
    details: str = ""
    given: Any = None
    """The answer the test gave."""


@dataclass
class Dialogs:
    """What was shown during one test, and the answers still to give."""

    shown: list[Shown] = field(default_factory=list)
    answers: list[Any] = field(default_factory=list)
    unanswered: list[Shown] = field(default_factory=list)

    def answer(self, *answers: Any) -> None:
        """Answers for the next questions: True/False for a confirmation, a path, a text, ``None`` for cancel."""
        self.answers.extend(answers)

    def tell(self, kind: str, text: str, title: str = "", details: str = "") -> Shown:
        """Record a window that only tells."""
        self.shown.append(Shown(kind, str(text), title, details))
        return self.shown[-1]

    def ask(self, kind: str, text: str, title: str = "", details: str = "") -> Any:
        """Record a question and give the next answer."""
        shown = self.tell(kind, text, title, details)
        if not self.answers:
            self.unanswered.append(shown)
            raise UnansweredError(f"the panel asked ({kind}): {text!r}, and the test gave no answer")
        shown.given = self.answers.pop(0)
        return shown.given

    def texts(self, kind: str | None = None) -> list[str]:
        """The texts shown, all or of one kind."""
        return [item.text for item in self.shown if kind in (None, item.kind)]


_current: list[Dialogs] = [Dialogs()]


def current() -> Dialogs:
    """The dialogs of the running test."""
    return _current[0]


def renew() -> Dialogs:
    """Forget everything: a new test begins."""
    _current[0] = Dialogs()
    return _current[0]


def message_box(text: str, parent: Any = None, **kwargs: Any) -> Any:
    """``slicer.util.messageBox``: a question when it has more than one button, else a message."""
    from PySide6.QtWidgets import QMessageBox

    standard = QMessageBox.StandardButton
    buttons = kwargs.get("standardButtons", standard.Ok)
    title, details = str(kwargs.get("windowTitle", "")).strip(), str(kwargs.get("detailedText", ""))
    positive = {
        standard.Yes | standard.No: (standard.Yes, standard.No),
        standard.Ok | standard.Cancel: (standard.Ok, standard.Cancel),
        standard.Retry | standard.Close: (standard.Retry, standard.Close),
    }.get(buttons)
    if positive is not None:
        answer = current().ask("confirm", text, title, details)
        return (positive[0] if answer else positive[1]) if isinstance(answer, bool | type(None)) else answer
    kinds = {
        QMessageBox.Icon.Critical: "error",
        QMessageBox.Icon.Warning: "warning",
        QMessageBox.Icon.Information: "info",
    }
    current().tell(kinds.get(kwargs.get("icon"), "message"), text, title, details)
    return standard.Ok


def replace_qt_dialogs(namespace: Any) -> None:
    """Give the ``qt`` module file, input and message dialogs that ask the test."""
    file_dialog, input_dialog, box = namespace.QFileDialog, namespace.QInputDialog, namespace.QMessageBox

    def asking(kind: str, empty: Any) -> Any:
        def ask(*args: Any, **kwargs: Any) -> Any:
            words = [value for value in (*args, *kwargs.values()) if isinstance(value, str)]
            given = current().ask(kind, words[0] if words else "")
            return empty if given is None else given

        return staticmethod(ask)

    # PythonQt gives the path alone, not the pair with the chosen filter.
    for name, kind, empty in (
        ("getOpenFileName", "open file", ""),
        ("getOpenFileNames", "open files", ()),
        ("getSaveFileName", "save file", ""),
        ("getExistingDirectory", "directory", ""),
    ):
        setattr(file_dialog, name, asking(kind, empty))
    for name, kind in (("getText", "text"), ("getInt", "number"), ("getDouble", "number"), ("getItem", "item")):
        setattr(input_dialog, name, asking(kind, ""))

    def boxed(kind: str) -> Any:
        def show(_parent: Any, title: str, text: str, *_args: Any) -> Any:
            if kind != "confirm":
                current().tell(kind, text, title)
                return box.Ok
            answer = current().ask(kind, text, title)
            return (box.Yes if answer else box.No) if isinstance(answer, bool | type(None)) else answer

        return staticmethod(show)

    for name, kind in (
        ("information", "info"), ("warning", "warning"), ("critical", "error"), ("question", "confirm"),
    ):  # fmt: skip
        setattr(box, name, boxed(kind))

    def execute(self: Any, *_args: Any) -> Any:
        """A dialog of the panel's own: the test's answer is a result, or a function that works on the dialog."""
        text = self.text if isinstance(self, box) else self.windowTitle
        answer = current().ask("dialog", str(text), str(self.windowTitle))
        if callable(answer):
            self.show()
            answer = answer(self)
            self.hide()
        return int(answer) if isinstance(answer, bool | type(None)) else answer

    for cls in (namespace.QDialog, box, file_dialog, input_dialog, namespace.QProgressDialog):
        cls.exec_ = execute
        cls.exec = execute
