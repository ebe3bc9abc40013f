"""The first page: what was made, from what, whether it agrees with the scan, and what needs attention."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .charts import badge
from .html import Child, Markup, join, tag
from .images import Panel
from .words import agreement, attention, count, headline, made_words, of_severity, source_words, verdict

LISTED = 6
"""Points on the first page; the others are counted and stand in the list of checks."""


def first_page(record: Mapping[str, Any], model: Sequence[Panel], overlay: Sequence[Panel]) -> Markup:
    """Return the first page."""
    kind, words, more = verdict(record)
    fits, agrees = agreement(record)
    return tag(
        "section",
        _head(record),
        tag("div", badge(kind), tag("div", tag("strong", words), tag("span", more)), class_=f"verdict {kind}"),
        tag(
            "div",
            tag(
                "div",
                _card("What was made", tag("p", " ".join(made_words(record))), _use(record)),
                _card("From what", tag("p", source_words(record))),
                _card("Does it agree with the scan?", tag("p", badge(fits), " ", agrees)),
            ),
            _card("What needs attention", _attention(record)),
            class_="cards",
        ),
        tag(
            "p",
            "This report judges the file, not the anatomy. It is not a diagnosis, and not a substitute for review: "
            "whoever reads scans must look at the outline over the scan before the model is used.",
            class_="caution",
        ),
        _pictures(record, model, overlay),
        id="first",
    )


def figure(panels: Sequence[Panel], caption: Child, class_: str) -> Markup:
    """Return pictures beside each other with one caption."""
    return tag(
        "figure", tag("div", *(panel.image() for panel in panels), class_=f"grid {class_}"), tag("figcaption", caption)
    )


def _head(record: Mapping[str, Any]) -> Markup:
    name = (record["segmentation"].get("name") or "model").replace("structure", "model")
    code = record["case_code"]
    title = f"Report of the printed {name}" if name != "model" else "Report of the model for print"
    line = " · ".join([
        f"made {record['created_utc'][:10]} {record['created_utc'][11:16]} UTC",
        f"record {record['record_id'][:8]}",
        f"PrintPrep {record['software']['printprep']}",
    ])  # fmt: skip
    return tag(
        "header",
        tag("h1", title, tag("span", f"Case {code}", class_="case") if code else None),
        tag("p", tag("b", record["status"].upper()), f" · {line}", class_="meta"),
        tag("p", "Contains identifying data on request: keep it as you keep patient files.", class_="phi")
        if record["phi_included"]
        else None,
    )


def _card(title: str, *children: Child) -> Markup:
    return tag("div", tag("h2", title), *children, class_="card")


def _use(record: Mapping[str, Any]) -> Markup | None:
    words = (record["intended_use"] or {}).get("words")
    return tag("p", "For: ", tag("b", words), ".") if words else None


def _attention(record: Mapping[str, Any]) -> Markup:
    rows = attention(record)
    if not rows:
        skipped = len(of_severity(record, "not run"))
        more = f" {count(skipped, 'check')} could not be made; the list says which." if skipped else ""
        return tag("p", badge("pass"), f" Nothing failed or warned.{more}")
    items = []
    for row in rows[:LISTED]:
        accepted = " (accepted by a person, see the list)" if row["override"] else ""
        items.append(tag("li", badge(row["severity"]), " ", headline(row["message"]), accepted))
    left = len(rows) - LISTED
    more_line = tag("p", f"and {count(left, 'more point')} in the list of checks.") if left > 0 else None
    return join(tag("ul", *items, class_="points"), more_line)


def _marked(record: Mapping[str, Any]) -> str:
    """MIRRORED before anything else that is said of a picture of a mirror image."""
    return "MIRRORED. " if (record["intended_use"] or {}).get("mirrored") else ""


def _outlined(record: Mapping[str, Any]) -> str:
    through = (record["proof"] or {}).get("proven_through")
    return "the model" if through is None else f"the surface after step {through}, before the changes on purpose,"


def _pictures(record: Mapping[str, Any], model: Sequence[Panel], overlay: Sequence[Panel]) -> Markup:
    if not model and not overlay:
        return tag("p", "Pictures were left out on request.", class_="none")
    order = [model[k] for k in (3, 0, 1, 2) if k < len(model)]
    return join(
        figure(
            order,
            f"{_marked(record)}The model. R and L are the patient’s right and left, A front, P back, S head, I feet.",
            "four",
        )
        if order
        else None,
        figure(
            overlay,
            f"The proof: the orange outline of {_outlined(record)} over the gray values of the scan.",
            "three tall",
        )
        if overlay
        else None,
    )
