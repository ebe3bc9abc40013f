"""HTML, put together so that no text can become markup: everything that is not made here is escaped."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence

_VOID = frozenset({"img", "meta"})
_NAME = re.compile(r"^[a-zA-Z][a-zA-Z0-9-]*$")


class Markup(str):
    """Text that is HTML already. Only :func:`tag` and :func:`join` make it."""

    __slots__ = ()


Child = str | Markup | int | None
"""What may stand in an element; None is left out."""


def tag(name: str, /, *children: Child, **attributes: str | int | float | bool | None) -> Markup:
    """Return an element.

    Attribute names ending in an underscore lose it (``class_``), others have theirs turned into hyphens
    (``stroke_width``); True stands without a value, None and False are left out.
    """
    if not _NAME.match(name):
        raise ValueError(f"'{name}' is no name of an element")
    words = [name]
    for key, value in attributes.items():
        if value is None or value is False:
            continue
        written = key.rstrip("_").replace("_", "-") if key != "viewBox" else key
        if not _NAME.match(written) or written.lower().startswith("on"):
            raise ValueError(f"'{written}' may not be an attribute here")
        words.append(written if value is True else f'{written}="{html.escape(str(value), quote=True)}"')
    head = f"<{' '.join(words)}>"
    if name in _VOID:
        return Markup(head)
    return Markup(f"{head}{join(*children)}</{name}>")


def join(*children: Child) -> Markup:
    """Return children one after the other, each escaped unless it is HTML already."""
    there = (child for child in children if child is not None)
    return Markup("".join(c if isinstance(c, Markup) else html.escape(str(c), quote=True) for c in there))


def table(head: tuple[Child, ...], rows: Sequence[tuple[Child, ...]], class_: str | None = None) -> Markup:
    """Return a table; on narrow screens each cell carries the heading of its column."""
    names = [re.sub(r"<[^>]*>", "", str(cell or "")) for cell in head]
    body = [
        tag("tr", *(tag("td", cell, data_label=name) for cell, name in zip(row, names, strict=True))) for row in rows
    ]
    return tag(
        "table", tag("thead", tag("tr", *(tag("th", cell, scope="col") for cell in head))), tag("tbody", *body),
        class_=class_,
    )  # fmt: skip


def facts(rows: list[tuple[str, Child]], class_: str = "facts") -> Markup:
    """Return a list of names and values; rows without a value are left out."""
    shown = [(name, value) for name, value in rows if value not in (None, "")]
    return tag("dl", *(join(tag("dt", name), tag("dd", value)) for name, value in shown), class_=class_)


def fold(title: Child, *children: Child, on_screen: bool = False) -> Markup:
    """Return what folds out; it is printed unfolded, or not at all where it is for the screen only."""
    return tag("details", tag("summary", title), *children, class_="screen" if on_screen else None)
