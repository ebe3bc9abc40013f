"""Words of the report: figures, lengths, verdicts and sources as people say them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from ..proven import sentence

AGREEMENT = ("accuracy", "completeness-missing", "completeness-extra", "placement", "mirrored")
"""Findings that tell whether the model is what the scan shows."""
ORDER = ("fail", "warn", "not run", "info", "pass")
SEVERITY_WORDS = {
    "fail": "Failed", "warn": "Needs attention", "not run": "Not checked", "info": "Note", "pass": "Passed",
}  # fmt: skip
SHORT_MESSAGE = 150
"""A longer message is cut at its first colon or full stop on the first page."""
TOLD_ELSEWHERE = ("threshold", "surface")
"""Steps whose warnings are about the field of view, which a finding judges."""
OPERATIONS = {
    "from label map": "Label map taken over", "threshold": "Threshold", "islands": "Loose pieces of the segmentation",
    "shape interpolation": "Shape between the slices", "fill cavities": "Cavities filled", "surface": "Surface made",
    "fragments": "Loose pieces of the surface", "repair": "Repair", "holes": "Holes closed", "smooth": "Smoothing",
    "simplify": "Simplifying", "thicken": "Thickening", "cut": "Cut into parts", "split": "Split to the printer",
    "join": "Joined", "union": "Joined into one", "mirror": "Mirrored", "scale": "Scaled", "place": "Laid on the bed",
    "offset": "Offset", "boolean": "Combined with another body", "wall": "Wall round the lumen",
    "landing": "Landing blocks for a caliper",
}  # fmt: skip
_LETTERS = {"dicom": "DICOM series", "file": "volume file", "array": "volume"}


def number(value: Any, digits: int = 2) -> str:
    """Write a figure with so many digits behind the point; a dash where there is none."""
    if value is None or isinstance(value, bool) or not isinstance(value, int | float):
        return "–"
    return f"{value:.{digits}f}"


def size(values: Sequence[float] | None, digits: int = 1) -> str:
    """Write lengths along the axes."""
    return "–" if not values else " × ".join(number(value, digits) for value in values) + " mm"


def place(at: Sequence[float] | None) -> str:
    """Write a place."""
    return "" if not at else f"({', '.join(f'{value:.1f}' for value in at)})"


def count(amount: int, noun: str, nouns: str = "") -> str:
    """Write an amount with its noun."""
    return f"{amount:,} {noun}" if amount == 1 else f"{amount:,} {nouns or noun + 's'}"


def headline(message: str) -> str:
    """Return a message that fits the first page: all of it, or up to the first colon or full stop."""
    if len(message) <= SHORT_MESSAGE:
        return message
    first = re.split(r"(?<=[^\d\s])[:;.]\s", message, maxsplit=1)[0]
    return first if first.endswith(".") else f"{first}."


def operation(name: str) -> str:
    """Name of a step in plain words."""
    return OPERATIONS.get(name, name.replace("_", " ").replace("-", " ").capitalize())


def attention(record: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Everything that a reader must know: failures, warnings, and warnings of the steps, the gravest first."""
    rows = [row for kind in ("fail", "warn") for row in record["findings"] if row["severity"] == kind]
    codes = {row["code"] for row in rows}
    rows = [row for row in rows if not (row["code"] == "clipped" and "clipped-anatomy" in codes)]
    for step in record["steps"]:
        if step["operation"] in TOLD_ELSEWHERE:
            continue
        rows += [
            {"code": step["operation"], "severity": "warn", "message": f"{operation(step['operation'])}: {text}",
             "advice": "", "where": None, "override": None}
            for text in step["warnings"]
        ]  # fmt: skip
    return rows


def of_severity(record: Mapping[str, Any], kind: str) -> list[dict[str, Any]]:
    """Findings of one severity, in their order."""
    return [row for row in record["findings"] if row["severity"] == kind]


def agreement(record: Mapping[str, Any]) -> tuple[str, str]:
    """Does the model agree with the scan? Severity and words."""
    rows = [row for row in record["findings"] if row["code"] in AGREEMENT]
    accuracy = next((row["severity"] for row in rows if row["code"] == "accuracy"), "not run")
    worst = next((kind for kind in ("fail", "warn") if any(row["severity"] == kind for row in rows)), accuracy)
    deviation = (record["proof"] or {}).get("deviation")
    held = "model’s surface" if not on_purpose(record) else "surface before the changes on purpose"
    if deviation is None and on_purpose(record):
        figures = ""
    elif deviation is None:
        figures = "Nothing was smoothed or simplified: the model is the surface that the segmentation gave."
    else:
        within = max(deviation["p95_mm"], deviation["backward"]["p95_mm"])
        figures = (
            f"95 % of the {held} lies within {number(within)} mm of the surface that the scan gave before "
            f"smoothing; the largest distance is {number(deviation['hausdorff_mm'])} mm."
        )
    budget = (record["intended_use"] or {}).get("accuracy_mm")
    wanted = "" if budget is None else f" Wanted: within {budget:g} mm."
    start = {
        "pass": "Yes. ", "info": "Measured, without a limit to hold it against. ",
        "warn": "Yes, except in places. ", "fail": "No. ", "not run": "Not fully checked. ",
    }[worst]  # fmt: skip
    purpose = on_purpose(record)
    return worst, f"{start}{figures}{wanted}{_between_slices(record)}{' ' if purpose else ''}{purpose}"


def on_purpose(record: Mapping[str, Any]) -> str:
    """Up to which step the model was held against the scan, where later ones changed it on purpose; else empty."""
    return sentence(record["proof"] or {}, [operation(step["operation"]).lower() for step in record["steps"]])


def _between_slices(record: Mapping[str, Any]) -> str:
    """Say what no measurement can prove where slices were inserted."""
    for step in record["steps"]:
        if step["operation"] == "shape interpolation" and step["before"] != step["after"]:
            apart = step["details"].get("slice_step_before_mm")
            far = f", {apart:.1f} mm apart," if isinstance(apart, int | float) else ""
            return f" Between the slices{far} the shape is interpolated: nothing there can be proven."
    return ""


def verdict(record: Mapping[str, Any]) -> tuple[str, str, str]:
    """Verdict of the checks: kind, words, and one sentence more."""
    fails, warnings = len(of_severity(record, "fail")), len(attention(record)) - len(of_severity(record, "fail"))
    skipped = len(of_severity(record, "not run"))
    left = f" {count(skipped, 'check')} could not be made." if skipped else ""
    if not record["ready"]:
        return "fail", "NOT READY TO PRINT", f"{count(fails, 'check')} failed: see below.{left}"
    if warnings:
        return "warn", "READY TO PRINT, WITH WARNINGS", (
            f"No check failed; {count(warnings, 'point needs', 'points need')} a look.{left}"
        )  # fmt: skip
    return "pass", "READY TO PRINT", f"No check failed, and none warns.{left}"


def source_words(record: Mapping[str, Any]) -> str:
    """From what the model was made, in one sentence."""
    if not record["source"]:
        return "The source is not known."
    source = record["source"][0]
    voxel, slices = source["spacing_mm"], source["facts"].get("slices_read")
    parts = [f"{source['modality'] or 'Scan'} ({_LETTERS[source['kind']]})"]
    if isinstance(slices, int):
        parts.append(count(slices, "slice"))
    if voxel:
        parts.append(f"voxels of {size(voxel, 2)}")
    return ", ".join(parts) + ". " + segmentation_words(record)


def segmentation_words(record: Mapping[str, Any]) -> str:
    """How the structure was told from the rest, in one sentence."""
    block = record["segmentation"]
    if not block:
        return ""
    if block["labels"]:
        name = block["labels"]["label"]
        return f"Structure: label “{name}” of a label map made elsewhere." if name else (
            "Structure: all labels of a label map made elsewhere."
        )  # fmt: skip
    found = next((step["details"] for step in record["steps"] if step["operation"] == "threshold"), block)
    low, high, unit = found.get("lower"), found.get("upper"), found.get("unit") or ""
    if low is None and high is None:
        return "Structure: from a segmentation."
    if low is None or high is None:
        bound = f"at least {low:g}" if low is not None else f"at most {high:g}"
    else:
        bound = f"{low:g} to {high:g}"
    return f"Structure: everything of {bound} {unit}".rstrip() + "."


def made_words(record: Mapping[str, Any]) -> list[str]:
    """What was made, in a few short sentences."""
    surface, use, assembly = record["surface"], record["intended_use"], record["assembly"]
    measures = record["measures"]
    out = []
    if surface:
        out.append(f"{size(surface['size_mm'])}, {number(surface['volume_ml'], 1)} ml.")
    if assembly:
        loose = len(assembly["parts"]) - assembly["bodies"]
        pins = f" and {count(loose, 'loose pin')}" if loose else ""
        out.append(f"{count(assembly['bodies'], 'part')}{pins} to put together.")
    elif measures.get("pieces"):
        out.append(count(measures["pieces"], "piece") + ".")
    if measures.get("cavities"):
        out.append(f"{count(measures['cavities'], 'closed cavity', 'closed cavities')} inside.")
    if use:
        scale = "Scale 1 : 1" if use["scale"] == 1.0 else f"SCALE {use['scale']:.9g} : 1"
        out.append(f"{scale}, {'MIRRORED' if use['mirrored'] else 'not mirrored'}.")
        changed = ", ".join(dict.fromkeys(operation(name).lower() for name in use["modified_by"]))
        out.append(f"Shape changed by: {changed}." if changed else "Shape not changed.")
    return out
