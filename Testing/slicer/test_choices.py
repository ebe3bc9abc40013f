"""Every choice of every step has plain words on the screen, and what is stored is the library's own word."""

from __future__ import annotations

import re
from typing import Any

from Testing.slicer.panel_walk import MODULE

pytest_plugins = ("Testing.slicer.host.plugin", "Testing.slicer.panel_walk")


def test_no_choice_is_shown_in_the_words_of_the_library(host: Any) -> None:
    host.open(MODULE)
    from PrintPrepPanel.choicewords import choice_title, offered
    from PrintPrepPanel.texts import SECTIONS

    from PrintPrepLib.workflow.steps import STEPS

    seen = 0
    for _section, steps in SECTIONS:
        for step in steps:
            for spec in STEPS[step].parameters:
                titles = [choice_title(step, spec.name, word) for word in offered(step, spec.name, spec.choices)]
                seen += len(titles)
                assert len(set(titles)) == len(titles), (step, spec.name)
                for word, title in zip(offered(step, spec.name, spec.choices), titles, strict=True):
                    assert title[0].isupper(), title
                    assert not re.search("[a-z]-[a-z]", title), title  # such as close-holes
                    assert title != word
    assert seen > 60
    assert "mesh" not in offered("boolean", "shape", ("box", "mesh"))


def test_a_choice_is_stored_as_the_library_calls_it(host: Any) -> None:
    host.open(MODULE)
    from PrintPrepPanel.stepwidgets import Editor

    from PrintPrepLib.workflow.steps import STEPS

    stored: dict[str, Any] = {}
    spec = next(one for one in STEPS["solid"].parameters if one.name == "intent")
    editor = Editor(spec, None, stored.__setitem__, step="solid")
    assert editor.widget.currentText == "Only small holes: close them"
    editor.widget.setCurrentText("All within a skin round it")
    assert stored == {"intent": "wrap"}
    editor.show("fill-inside")
    assert editor.widget.currentText.startswith("The inside")
    shape = next(one for one in STEPS["boolean"].parameters if one.name == "shape")
    Editor(shape, "mesh", stored.__setitem__, step="boolean")  # of a recipe that the panel does not offer: no error
