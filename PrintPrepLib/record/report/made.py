"""How the model was made: source, segmentation, every step with its receipt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .html import Child, Markup, facts, fold, join, table, tag
from .words import number, operation, place, segmentation_words, size

SOURCE_FACTS = (
    ("manufacturer", "Scanner"), ("model", "Model of scanner"), ("kernel", "Kernel"), ("kvp", "Tube voltage, kV"),
    ("field_strength_t", "Field strength, T"), ("contrast", "Contrast medium"), ("patient_position", "Position"),
    ("body_part", "Body part"), ("slices_read", "Slices read"), ("missing_slices", "Missing slices"),
    ("slice_thickness_tag_mm", "Slice thickness as stated, mm"), ("height_along_normal_mm", "Height of the stack, mm"),
    ("gantry_tilt_tag_deg", "Gantry tilt, degrees"), ("resampled", "Resampled"), ("lossy", "Lossy compression"),
    ("transfer_syntax", "Encoding"),
)  # fmt: skip
"""Facts of the source that go into the report, in this order; whatever else a record holds does not."""
MOST_DETAILS = 40
"""Entries of a step's details that are listed; long ones are in the record."""
DEEPEST = 3
"""Nested values deeper than this are left to the record."""


def made_section(record: Mapping[str, Any]) -> Markup:
    """Return the section on source, segmentation and steps."""
    source = record["source"][0] if record["source"] else None
    segmentation = record["segmentation"]
    voxel, own = segmentation.get("voxel_mm"), None if source is None else source["spacing_mm"]
    return tag(
        "section",
        tag("h2", "How it was made"),
        tag("h3", "Source"),
        facts([
            ("Modality", source["modality"]), ("Voxel of the scan", size(own, 3) if own else None),
            ("Voxels of the scan", " × ".join(map(str, source["size"])) if source["size"] else None),
            *((title, shown(source["facts"].get(key))) for key, title in SOURCE_FACTS),
            ("Series (hashed)", source["series_id"]),
            ("Voxels, SHA-256", tag("code", source["voxels_sha256"]) if source["voxels_sha256"] else None),
        ]) if source else tag("p", "Not known."),
        tag("h3", "Segmentation"),
        tag("p", segmentation_words(record), f" Its grid: {size(voxel, 3)}." if voxel else None),
        tag("ul", *(tag("li", text) for text in segmentation.get("assumptions", []))),
        tag("h3", "Steps"),
        table(("", "Step", "Volume, ml", "Triangles", "Pieces", "95 % moved", "Largest, mm"), [
            _row(step) for step in record["steps"]
        ], "steps"),
        tag("p", "What each step was asked for, and its whole receipt, unfold on the screen; all of it stands in "
            "record.json."),
        *(fold(_title(step), _receipt(step), on_screen=True) for step in record["steps"]),
        id="made",
    )  # fmt: skip


def _title(step: Mapping[str, Any]) -> str:
    return f"{step['number']}. {operation(step['operation'])}: parameters and receipt"


def shown(value: Any) -> str | None:
    """Write a plain value; None where there is nothing."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, list):
        return ", ".join(shown(item) or "–" for item in value) or None
    return None if value in (None, "") else str(value)


def _row(step: Mapping[str, Any]) -> tuple[Child, ...]:
    before, after, change = step["before"] or {}, step["after"] or {}, step["change"]

    def pair(key: str, scale: float = 1.0, digits: int = 0) -> str:
        old, new = before.get(key), after.get(key)
        words = [number(value / scale, digits) for value in (old, new) if value is not None]
        return words[0] if len(set(words)) == 1 else " → ".join(words) or "–"

    return (
        str(step["number"]), operation(step["operation"]),
        pair("volume_mm3", 1000.0, 2), pair("triangles"), pair("parts"),
        "–" if change is None else number(change["p95_mm"], 3), "–" if change is None else number(change["max_mm"], 3),
    )  # fmt: skip


def _receipt(step: Mapping[str, Any]) -> Markup:
    change = step["change"]
    moved = None
    if change is not None:
        at = f" at {place(change['max_at_mm'])}" if change["max_at_mm"] else ""
        moved = (
            f"mean {number(change['mean_mm'], 4)} mm (signed {change['signed_mean_mm']:+.4f}), 95 % "
            f"{number(change['p95_mm'], 4)} mm, largest {number(change['max_mm'], 4)} mm{at}, "
            f"on {change['samples']:,} points"
        )
    after = step["after"] or {}
    given = {key: value for key, value in step["parameters"].items() if value is not None}
    return join(
        facts([
            ("Asked for", _flat(given) or "defaults"), ("Moved", moved),
            ("Open edges after it", shown(after.get("open_edges"))),
            ("Non-manifold edges after it", shown(after.get("non_manifold_edges"))),
            ("Seconds", number(step["seconds"], 2)),
        ]),
        tag("ul", *(tag("li", text) for text in [*step["notes"], *step["warnings"]])),
        _words(step["details"]) if step["details"] else None,
    )  # fmt: skip


def _flat(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{key.replace('_', ' ')} {shown(value)}" for key, value in values.items())


def _words(value: Any, depth: int = 0) -> Markup:
    """Any JSON value as lists and tables; long and deep ones are cut and say so."""
    if isinstance(value, Mapping):
        if depth >= DEEPEST:
            return tag("span", "see the record")
        rows: list[tuple[str, Child]] = [
            (str(key).replace("_", " ").capitalize(), _words(item, depth + 1))
            for key, item in list(value.items())[:MOST_DETAILS]
            if item not in (None, "", [], {})
        ]
        return facts(rows, "facts details")
    if isinstance(value, list):
        return _sequence(value, depth)
    return join(shown(value) or "–")


def _sequence(value: Sequence[Any], depth: int) -> Markup:
    if all(not isinstance(item, Mapping | list) for item in value):
        words = [shown(item) or "–" for item in value]
        if any(isinstance(item, str) and " " in item for item in value):
            return tag("ul", *(tag("li", word) for word in words[:MOST_DETAILS]))
        more = f" and {len(words) - MOST_DETAILS} more" if len(words) > MOST_DETAILS else ""
        return join(", ".join(words[:MOST_DETAILS]), more)
    if depth >= DEEPEST:
        return tag("span", f"{len(value)} entries, see the record")
    items = [tag("li", _words(item, depth + 1)) for item in value[:MOST_DETAILS]]
    if len(value) > MOST_DETAILS:
        items.append(tag("li", f"and {len(value) - MOST_DETAILS} more, see the record"))
    return tag("ol", *items)
