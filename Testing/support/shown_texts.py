"""Finds texts of the panel that a user sees and a translator does not: literals outside ``_()``, and calls of ``_()``
that Slicer's extraction of texts would miss.

Slicer collects texts by a pattern, not by running the code: ``_(`` and one literal and ``)``. The translations of
extensions are kept in Slicer's own repository of languages, so there is no template here.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

TRANSLATORS = ("_", "translate")
SHOWN_ATTRIBUTES = {"text", "toolTip", "placeholderText", "windowTitle", "title", "helpText", "acknowledgementText"}
SHOWN_BY = {
    "say", "Refused", "PackagesMissing", "addItem", "addRow", "setText", "setToolTip", "set_text", "QLabel",
    "QCheckBox", "QPushButton", "QTableWidgetItem", "QListWidgetItem", "setHorizontalHeaderLabels", "PlaceTable",
    "confirmOkCancelDisplay", "getOpenFileName", "getSaveFileName", "show", "fill", "RuntimeError",
}  # fmt: skip
"""Functions and classes whose arguments a user reads."""
NOT_SHOWN = {
    "logging", "debug", "info", "warning", "connect", "getattr", "setattr", "delayDisplay", "translate", "endswith",
    "startswith", "get", "strip",
}  # fmt: skip
"""Calls whose arguments nobody reads in the panel (``delayDisplay`` is only for Slicer's self-test)."""
SENTENCE = re.compile(r"[A-Za-z]{2,}[ ,.:;]+[A-Za-z]{2,}")
WORD = re.compile(r"[A-Za-z]{3,}")
TAG = re.compile(r"<[^>]*(>|$)|^[^<]*>|&\w+;")
CODE = re.compile(
    r"^[A-Za-z_]\w*\([\w:*&, ]*\)$|^Q\w+ \{|^color:|^[a-z_]+$|_|^PrintPrep\.\w+$|^'?python -m |^slicer\.util"
    r"|\.(toml|stl|3mf|ply|nrrd|json|ui|png|txt)$"
)
"""Signatures of Qt signals, style sheets, keys, commands and file names."""
COLLECTED = re.compile(r"_\(\s*([\"'])(?:(?!\1\s*\)).)*\1\s*\)", re.DOTALL)
"""What Slicer's pattern takes: it ends at the first quote before a parenthesis, which must be the last one."""


def problems(source: str, allowed: frozenset[str] = frozenset()) -> list[str]:
    """Return what is wrong in a file, one line each; ``allowed`` are names that stay as they are."""
    tree = ast.parse(source)
    parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    found = [*_bad_calls(tree, source)]
    docs = _docstrings(tree)
    for node in ast.walk(tree):
        if not isinstance(node, ast.Constant) or not isinstance(node.value, str) or node in docs:
            continue
        chain = list(_above(node, parents))
        if any(isinstance(one, ast.Call) and _name(one) in (*TRANSLATORS, *NOT_SHOWN) for one in chain):
            continue
        above = parents[node]
        if isinstance(above, ast.Compare | ast.Subscript) or (isinstance(above, ast.Dict) and node in above.keys):
            continue  # words of the library, looked up or compared
        words = TAG.sub(" ", node.value)
        if node.value in allowed or CODE.search(node.value) or not WORD.search(words):
            continue
        if SENTENCE.search(words) or _is_shown(node, chain):
            found.append(f"line {node.lineno}: {node.value!r} is shown without _()")
    return found


def _bad_calls(tree: ast.AST, source: str) -> Iterator[str]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or _name(node) != "_" or not isinstance(node.func, ast.Name):
            continue
        text = ast.get_source_segment(source, node) or ""
        one = len(node.args) == 1 and not node.keywords and isinstance(node.args[0], ast.Constant)
        if not one or not COLLECTED.fullmatch(text) or "#" in re.sub(r"#\d", "", text):
            yield f"line {node.lineno}: {text!r} cannot be collected for translation: _() takes one plain literal"


def _is_shown(node: ast.AST, chain: list[ast.AST]) -> bool:
    below = node
    for one in chain:
        if isinstance(one, ast.Call) and below is not one.func:
            return _name(one) in SHOWN_BY
        if isinstance(one, ast.Assign):
            return any(isinstance(target, ast.Attribute) and target.attr in SHOWN_ATTRIBUTES for target in one.targets)
        if isinstance(one, ast.Compare | ast.Subscript | ast.stmt):
            return False
        below = one
    return False


def _docstrings(tree: ast.AST) -> set[ast.AST]:
    return {
        node.value for node in ast.walk(tree) if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }


def _above(node: ast.AST, parents: dict[ast.AST, ast.AST]) -> Iterator[ast.AST]:
    while node in parents:
        node = parents[node]
        yield node


def _name(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")
