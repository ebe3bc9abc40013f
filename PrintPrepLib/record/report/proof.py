"""Sections on agreement and walls: maps with color bar and histogram, before and after, parts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...shape.marks.seams import seam_letter
from ..colors import ColorScale
from ..maps import LEAST_COLOR_RANGE_MM, RANGE_LIMITS
from .charts import histogram, swatch
from .first_page import figure
from .html import Markup, facts, fold, join, table, tag
from .images import Panel
from .words import count, number, on_purpose, operation, place, size


def agreement_section(record: Mapping[str, Any], maps: Sequence[Panel], pairs: Sequence[Panel]) -> Markup | None:
    """How far the model lies from the surface that the scan gave."""
    deviation = record["proof"].get("deviation") if record["proof"] else None
    purpose = _on_purpose(record)
    if deviation is None:
        return purpose and tag("section", tag("h2", "Agreement with the scan"), purpose, id="agreement")
    span = max(2.0 * deviation["p95_mm"], LEAST_COLOR_RANGE_MM)
    bins = deviation["histogram"]
    volume = deviation.get("volume_change_percent")
    return tag(
        "section",
        tag("h2", "Agreement with the scan"),
        purpose,
        tag("p", f"Measured between {_held(record)} and {record['proof']['against']}. Blue lies inside it (material "
            "lost), red outside (material added). What the segmentation itself left out or took in, this cannot show: "
            "see the outline over the scan."),
        tag("div",
            facts([
                ("Mean distance", f"{number(deviation['mean_mm'], 3)} mm"),
                ("95 % of the model within", f"{number(deviation['p95_mm'], 3)} mm"),
                ("95 % of the scan’s surface within", f"{number(deviation['backward']['p95_mm'], 3)} mm"),
                ("Largest, of the model", f"{number(deviation['max_mm'], 3)} mm at {place(deviation['max_at_mm'])}"),
                ("Largest, of the scan’s surface", f"{number(deviation['backward']['max_mm'], 3)} mm at "
                 f"{place(deviation['backward']['max_at_mm'])}"),
                ("Volume", None if volume is None else f"{volume:+.2f} %"),
            ]),
            histogram(bins["edges_mm"], bins["area_percent"], scale=ColorScale.DIVERGING, span=(-span, span),
                      words="Histogram of the deviation by area"),
            class_="beside"),
        figure(maps, "Deviation from six sides; the scale bar and the letters hold for every picture.", "maps")
        if maps else None,
        figure(pairs, "Before and after, whole and close to the largest change (small square).", "four")
        if pairs else None,
        id="agreement",
    )  # fmt: skip


def _held(record: Mapping[str, Any]) -> str:
    through = record["proof"].get("proven_through")
    return "the model" if through is None else f"the surface after step {through}"


def _on_purpose(record: Mapping[str, Any]) -> Markup | None:
    """Up to which step the surface was held against the scan, and what each later step changed."""
    words = on_purpose(record)
    if not words:
        return None
    proof = record["proof"]
    rows = [
        (
            str(step["number"]), operation(step["operation"]),
            "–" if step["volume_change_ml"] is None else f"{step['volume_change_ml']:+.2f}",
            "–" if not step["parts"] else " → ".join(str(count_) for count_ in step["parts"]),
            number(step["p95_mm"], 3), number(step["max_mm"], 3), place(step["max_at_mm"]),
        )
        for step in proof["later_steps"]
    ]  # fmt: skip
    matrix = proof.get("to_patient")
    back = None
    if matrix is not None:
        back = fold("Matrix from the model back to the patient’s axes (LPS, mm)", tag("pre", "\n".join(
            "  ".join(f"{value:.9g}" for value in line) for line in matrix
        )))  # fmt: skip
    return join(
        tag("p", tag("strong", words)),
        table(("", "Step", "Volume, ml", "Pieces", "95 % moved", "Largest, mm", "where"), rows, "steps"),
        back,
    )


def wall_section(record: Mapping[str, Any], maps: Sequence[Panel]) -> Markup | None:
    """How thick the walls are."""
    walls = record["proof"].get("thickness") if record["proof"] else None
    if walls is None:
        return None
    limit = walls["limit_mm"]
    high = walls["max_mm"] if limit is None else min(walls["max_mm"], RANGE_LIMITS * limit)
    scale = ColorScale.SEQUENTIAL if limit is None else ColorScale.LIMIT
    judged = (
        "No printer was named, so no limit was applied." if limit is None
        else f"Red is below {limit:g} mm, the thinnest free-standing wall of the process."
    )  # fmt: skip
    below = walls["percent_below"]
    return tag(
        "section",
        tag("h2", "Walls"),
        tag("p", f"Thickness at every point, measured from all directions. {judged} Walls of more than "
            f"{walls['max_mm']:g} mm are not told apart."),
        tag("div",
            facts([
                ("1 % of the area below", _or_more(walls["p01_mm"], walls["max_mm"])),
                ("5 % of the area below", _or_more(walls["p05_mm"], walls["max_mm"])),
                ("Half of the area below", _or_more(walls["median_mm"], walls["max_mm"])),
                ("Below the limit", None if below is None else
                 f"{number(walls['area_below_cm2'])} cm² ({number(below)} % of the surface)"),
                ("Thicker than measured", f"{number(walls['percent_beyond'], 1)} % of the surface"),
            ]),
            histogram(walls["histogram_edges_mm"], walls["histogram_area_percent"], scale=scale, span=(0.0, high),
                      limit=limit, words="Histogram of the wall thickness by area"),
            class_="beside"),
        figure(maps, "Wall thickness from six sides" + (
            "." if limit is None else "; the numbers are those of the list of thin places, the largest first."), "maps")
        if maps else None,
        id="walls",
    )  # fmt: skip


def parts_section(record: Mapping[str, Any], panels: Sequence[Panel], seams: Sequence[Panel]) -> Markup | None:
    """The parts, how they go together, and what holds them."""
    assembly = record["assembly"]
    if assembly is None:
        return None
    rows = [
        (
            join(swatch(item["color"]), " ", str(item["number"])) if "color" in item else str(item["number"]),
            item["name"], size(item["size_mm"]), f"{number(item['volume_ml'], 1)} ml", item["file"],
        )
        for item in assembly["parts"]
    ]  # fmt: skip
    pins = [
        (
            f"P{number_}", str(pin.get("type", "")), f"{number(pin.get('diameter_mm'))} mm",
            f"{number(pin.get('length_mm'))} mm", _play(pin),
        )
        for number_, pin in enumerate(assembly["pins"], 1)
    ]  # fmt: skip
    return tag(
        "section",
        tag("h2", "Parts and assembly"),
        figure(panels, "Put together, and moved apart.", "two parts") if panels else None,
        table(("Part", "Name", "Size", "Volume", "File"), rows),
        tag("h3", "Order of assembly"), tag("ol", *(tag("li", text) for text in _order(assembly))),
        join(tag("h3", "Pins"), table(("Pin", "Kind", "Diameter", "Length", "Play per side"), pins)) if pins else None,
        fold(f"Cut faces ({count(len(seams), 'picture')})", figure(seams, "Both faces of each seam.", "one seams"))
        if seams else None,
        id="parts",
    )  # fmt: skip


def _order(assembly: Mapping[str, Any]) -> list[str]:
    """Steps of the assembly as the split gave them; after a plain cut, what meets at each seam."""
    if assembly["order"]:
        return [_step(text) for text in assembly["order"]]
    names = [item["name"] for item in assembly["parts"]]
    return [
        f"Put “{names[seam['above']]}” onto “{names[seam['below']]}” (seam {seam_letter(number)})."
        for number, seam in enumerate(assembly["seams"])
    ] or ["The parts do not meet: there is nothing to put together."]


def _step(text: str) -> str:
    """A step of assembly without its own number: the list has one."""
    first, _, rest = text.partition(" ")
    return rest if first.rstrip(".)").isdigit() and rest else text


def _play(pin: Mapping[str, Any]) -> str:
    play = pin.get("clearance")
    return f"{number(play.get('across_mm'))} mm" if isinstance(play, Mapping) else "–"


def _or_more(value: float | None, most: float) -> str:
    return f"more than {most:g} mm" if value is None else f"{number(value)} mm"
