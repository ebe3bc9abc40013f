"""What people write on: the caliper table, the fields after the print, the sign-off; and limits, files, versions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .first_page import figure
from .html import Child, Markup, facts, fold, join, table, tag
from .images import Panel
from .words import number

_LANDINGS = {
    "broad": "broad", "small": "small: press lightly",
    "point": "point or edge: use the jaws’ flats, measure three times",
}  # fmt: skip
_AFTER = (
    ("print_start", "Print started"), ("print_end", "Print ended"), ("operator", "Operator (initials)"),
    ("material_lot", "Lot of the material"), ("deviations", "Departures from the plan"),
    ("inspection_photos", "Photos of the inspection (where)"), ("scan_comparison", "Scan of the print, compared"),
    ("disposition", "Accept, reject or reprint"), ("notes", "Notes"),
)  # fmt: skip
_ROLES = {
    "prepared": "Prepared by", "reviewed": "Reviewed by (radiologist or clinician)", "released": "Released by",
}  # fmt: skip


def caliper_section(record: Mapping[str, Any], panels: Sequence[Panel]) -> Markup:
    """Return the caliper table to write on, and the fields for after the print."""
    rows: list[tuple[Child, ...]] = [
        (
            tag("b", row["id"]),
            join(row["name"], tag("small", f" {row['note']}") if row["note"] else None),
            number(row["planned_mm"]), f"± {number(row['tolerance_mm'])}",
            _LANDINGS[row["landing"]], _filled(row["measured_mm"]), _filled(row["difference_mm"]), _box(row["within"]),
        )
        for row in record["calipers"]
    ]  # fmt: skip
    sources = dict.fromkeys(row["tolerance_source"] for row in record["calipers"])
    after = record["after_print"]
    return tag(
        "section",
        tag("h2", "Measure the print"),
        tag("p", "Lengths in mm. Extents and diameters lie between the jaws, square to the line from a to b. Remove "
            "supports first, let the part reach room temperature, measure each length three times and write the mean."),
        table(("", "Length", "Planned", "May be off", "Where the jaws land", "Measured", "Difference", "Within?"), rows,
              "calipers") if rows else tag("p", "No lengths were chosen."),
        tag("p", "Tolerance: ", "; ".join(sources), ".", class_="sources") if rows else None,
        figure(panels, "Where to measure: 1a to 1b is length M1. A place is named where it is seen.", "maps")
        if panels else None,
        tag("h3", "After the print"),
        table(("", ""), [(title, _filled(after.get(key))) for key, title in _AFTER], "write"),
        id="calipers",
    )  # fmt: skip


def limits_section(record: Mapping[str, Any]) -> Markup:
    """Return intended use, limits of use, and the lines to sign on."""
    use = record["intended_use"]
    code = use.get("code") if use else None
    diagnostic = use.get("diagnostic") if use else None
    signs = [
        (_ROLES.get(row["role"], row["role"]), _filled(row["initials"]), _filled(row["time"]), _filled(row["method"]))
        for row in record["sign_off"]
    ]
    return tag(
        "section",
        tag("h2", "Intended use, limits, sign-off"),
        facts([
            ("Intended use", (use or {}).get("words") or tag("span", "to be filled in", class_="fill")),
            ("DICOM code", f"{code['meaning']} ({code['scheme']} {code['value']})" if code else None),
            ("Diagnostic use", tag("span", "to be stated by who releases", class_="fill") if diagnostic is None
             else ("yes" if diagnostic else "no")),
            ("Asked for by", (use or {}).get("requested_by") or tag("span", "to be filled in", class_="fill")),
            ("Accuracy wanted", f"{use['accuracy_mm']:g} mm" if use and use.get("accuracy_mm") else "not stated"),
        ]),
        tag("ul", *(tag("li", text) for text in (use or {}).get("limits", []))),
        tag("p", record["statement"], class_="caution"),
        table(("", "Initials", "Date and time", "Signature or method"), signs, "write sign"),
        id="limits",
    )  # fmt: skip


def files_section(record: Mapping[str, Any]) -> Markup:
    """Return files with their hashes, and what computed them."""
    software = record["software"]
    libraries = ", ".join(f"{name} {version}" for name, version in software["libraries"].items() if version)
    rows: list[tuple[Child, ...]] = [
        (item["file"], f"{item['bytes']:,}", tag("code", item["sha256"])) for item in record["outputs"]
    ]
    return tag(
        "section",
        fold(
            "Files, their SHA-256, and versions",
            table(("File", "Bytes", "SHA-256"), rows, "files"),
            facts([
                ("Record", tag("code", record["record_id"])), ("Made", record["created_utc"]),
                ("Revision of", record["parent_record"]), ("PrintPrep", software["printprep"]),
                ("Python", software["python"]), ("Machine", software["platform"]), ("Packages", libraries),
            ]),
        ),
        id="files",
    )  # fmt: skip


def _filled(value: Any) -> Markup | str:
    """What people wrote into the record, or room to write."""
    if value is None:
        return tag("span", class_="room")
    return number(value) if isinstance(value, int | float) else str(value)


def _box(value: bool | None) -> Markup | str:
    return tag("span", class_="box") if value is None else ("yes" if value else "NO")
