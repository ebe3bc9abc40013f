"""The plan of the print in the report: what is known of it, the advice, and each part of a model in parts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .html import Child, Markup, facts, fold, join, table, tag
from .made import shown
from .words import number, size

PLAN_FACTS = (
    ("printer", "Printer"), ("process", "Process"), ("material", "Material"), ("layer_mm", "Layer height, mm"),
    ("scale", "Scale"), ("supports", "Supports"), ("post_processing", "Post-processing"), ("finish", "Finish"),
    ("label_text", "Label"), ("sterilization", "Sterilization"),
)  # fmt: skip


def plan_section(record: Mapping[str, Any]) -> Markup:
    """Return the plan of the print, with the advice where there is one."""
    plan = record["print_plan"]
    rule = plan.get("minimum_wall")
    advice = plan.get("advice")
    return tag(
        "section",
        tag("h2", "Plan of the print"),
        facts([
            *((title, shown(plan.get(key)) or _to_fill()) for key, title in PLAN_FACTS),
            ("Lot of the material", plan.get("material_lot") or _to_fill()),
            ("Thinnest wall", f"{rule['wall_mm']:g} mm held on its sides, {rule['free_wall_mm']:g} mm free-standing")
            if rule else ("Thinnest wall", "no printer was named"),
            ("Source of these limits", f"{rule['wall_source']}; {rule['free_wall_source']}" if rule else None),
        ]),
        _advice(advice) if advice else None,
        id="plan",
    )  # fmt: skip


def _advice(advice: Mapping[str, Any]) -> Markup:
    """Return the parts, the advice line by line, what stands against the plan first, and its limits."""
    parts = advice.get("parts") or []
    return join(
        *([tag("h3", "Each part"), _parts(parts, advice)] if parts else []),
        tag("h3", "Advice for all parts" if parts else "Advice"),
        _lines(advice.get("lines", [])),
        *(_own(one) for one in parts),
        tag("p", str(advice.get("limits", ""))),
    )


def _lines(lines: Sequence[Mapping[str, Any]]) -> Markup:
    rows = [
        (
            tag("strong", str(line["subject"])),
            ("Look at this: " if line.get("warning") else "") + str(line["advice"]),
            str(line.get("why", "")), str(line.get("changes", "")),
        )
        for line in sorted(lines, key=lambda line: not line.get("warning"))
    ]  # fmt: skip
    return table(("About", "Advice", "Why", "What would change it"), rows, "advised")


def _parts(parts: Sequence[Mapping[str, Any]], advice: Mapping[str, Any]) -> Markup:
    """Return a row for each part, and the sum; times and masses are estimates."""
    job = {number: k for k, plate in enumerate(advice.get("plates", []), 1) for number in plate}
    rows: list[tuple[Child, ...]] = [
        (
            str(one["number"]), tag("strong", str(one["name"])), _lies(one),
            {True: "yes", False: "NO", None: "–"}[one["fits"]], _job(job.get(one["number"])),
            *_estimated(one["estimate"]), _watch(one),
        )
        for one in parts
    ]  # fmt: skip
    whole = advice["estimate"]
    rows.append(("", tag("strong", "All"), "", "", "", *_estimated(whole), ""))
    return join(
        table(("", "Part", "How it lies", "Fits", "Job", "Used, g", "Supports, ml", "Time, h", "Look at this"), rows,
              "plans"),
        tag("p", "Masses and times are estimates; parts of one job are printed together.", class_="sources"),
    )  # fmt: skip


def _job(which: int | None) -> str:
    return "–" if which is None else str(which)


def _lies(one: Mapping[str, Any]) -> str:
    lies = one["orientation"]
    return f"{lies.get('side', '')}; {size(lies.get('size_mm'))}"


def _estimated(estimate: Mapping[str, Any]) -> tuple[str, str, str]:
    return number(estimate["used_g"], 0), number(estimate["support_ml"], 1), number(estimate["hours"], 1)


def _watch(one: Mapping[str, Any]) -> str:
    seams = [f"supports touch the seam toward part {seam['other']}" for seam in one["seams"] if seam["supports"]]
    return "; ".join([*one["warnings"], *seams]) or "–"


def _own(one: Mapping[str, Any]) -> Markup:
    return fold(f"Part {one['number']}, {one['name']}: advice", _lines(one["lines"]), on_screen=True)


def _to_fill() -> Markup:
    return tag("span", "to be filled in", class_="fill")
