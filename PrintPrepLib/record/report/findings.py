"""The list of checks: everything that was looked at, the gravest first, with what to do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .charts import badge
from .html import Markup, fold, join, tag
from .words import ORDER, SEVERITY_WORDS, attention, count, of_severity, place

_FOLDED = ("info", "pass")


def findings_section(record: Mapping[str, Any]) -> Markup:
    """Return the list of checks."""
    blocks: list[Markup] = []
    grave = attention(record)
    for kind in ORDER:
        rows = (
            [row for row in grave if row["severity"] == kind] if kind in ("fail", "warn") else of_severity(record, kind)
        )
        if not rows:
            continue
        listed = tag("ul", *(_item(row) for row in rows), class_="findings")
        title = f"{SEVERITY_WORDS[kind]} ({len(rows)})"
        if kind in _FOLDED:
            blocks.append(fold(join(badge(kind), " ", title), listed))
        else:
            blocks.append(join(tag("h3", title), listed))
    return tag(
        "section",
        tag("h2", f"Checks ({count(len(record['findings']), 'finding')})"),
        tag("p", "What was not checked has not passed. Places are LPS millimeters, as in the model's file."),
        *blocks,
        id="checks",
    )


def _item(row: Mapping[str, Any]) -> Markup:
    at = place(row["where"])
    override = row["override"]
    accepted = None
    if override:
        by = f" by {override['by']}" if override["by"] else ""
        accepted = tag("p", f"Accepted{by}: {override['reason']} (the verdict stays)", class_="accepted")
    advice = row["advice"] if row["severity"] in ("fail", "warn", "not run") else ""
    return tag(
        "li",
        badge(row["severity"]),
        tag(
            "div",
            tag("p", row["message"], tag("span", f" at {at}", class_="place") if at else None),
            tag("p", "What to do: ", advice, class_="advice") if advice else None,
            accepted,
            tag("code", row["code"]),
        ),
    )
