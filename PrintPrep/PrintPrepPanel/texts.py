"""Words of the panel in one place: sections, states, and what the library's words are called on the screen."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from slicer.i18n import tr as _

from .workshopwords import MAIN, WORKSHOP_STEPS, workshop_parameter, workshop_title

SECTIONS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("scan", ()),
    ("segment", ("threshold", "islands", "close", "open", "fill-cavities", "interpolate")),
    ("surface", ("surface", "smooth", "simplify")),
    ("repair", ("fragments", "repair", "holes")),
    ("walls", ("thicken",)),
    ("workshop", WORKSHOP_STEPS),
    ("cut", ("cut", "split")),
    ("plan", ("orient", "place")),
    ("export", ()),
)
"""Sections from top to bottom, and the steps of the library that each shows."""

SECTION_NAMES: tuple[str, ...] = tuple(name for name, _steps in SECTIONS)

MAIN_PARAMETERS: Mapping[str, tuple[str, ...]] = {
    "threshold": ("preset", "lower", "upper"),
    "islands": ("keep", "keep_count", "min_volume_mm3"),
    "fragments": ("keep", "keep_count", "min_volume_mm3"),
    "smooth": ("bound_mm", "bound_voxels"),
    "thicken": ("limit_mm", "direction"),
    "cut": ("through", "pins", "pin_type", "pin_diameter_mm", "clearance_mm"),
    "split": ("pins", "pin_type", "margin_mm"),
    "orient": ("up",),
    **MAIN,
}
"""Parameters that are in sight at once; the others are one click away. Steps not named here show all."""

_UNIT_ENDINGS = {
    "mm3": "mm³",
    "mm": "mm",
    "hu": "HU",
    "deg": "degrees",
    "voxels": "voxels",
    "megabytes": "MB",
    "ml": "ml",
}
DROPPING = ("fragments",)
"""Steps that take pieces away and leave the others as they are."""
LEAST_MOVE_MM = 0.0005
"""Less is zero in the digits shown."""
NARROWEST_PX, USUAL_PX = 240, 420
"""Of Slicer's module panel, less the borders; narrower is a panel that was not laid out yet."""
LIGHTS = {"none": "#9a9a9a", "done": "#2e8b57", "attention": "#d9822b", "stale": "#d9822b", "fail": "#c0392b"}
MARKS = {"pass": "✓", "info": "i", "not run": "–", "warn": "!", "fail": "✗"}
SEVERITY_COLORS = {"pass": "#2e8b57", "info": "#5a6b7b", "not run": "#5a6b7b", "warn": "#b8660f", "fail": "#c0392b"}
SEVERITY_ORDER = ("fail", "warn", "not run", "info", "pass")


def set_text(ui: Any, label: Any, text: str) -> None:
    """Show a text that wraps, and keep the room it needs: layouts inside one another forget the height of such labels.

    The width is taken from the status line, which is always in sight. The width that Qt guesses for such labels is left
    out of account: it makes sections wider than the panel.
    """
    import qt

    label.setSizePolicy(qt.QSizePolicy.Ignored, qt.QSizePolicy.Preferred)
    label.text = text
    width = ui.statusLabel.width - 24
    label.minimumHeight = label.heightForWidth(width if width >= NARROWEST_PX else USUAL_PX) if text else 0


def section_title(name: str) -> str:
    """Return the heading of a section: its number and its name."""
    words = {
        "scan": _("Scan"),
        "segment": _("Segment"),
        "surface": _("Surface"),
        "repair": _("Repair and fragments"),
        "walls": _("Walls"),
        "workshop": _("Workshop"),
        "cut": _("Cut and pins"),
        "plan": _("Plan and orientation"),
        "export": _("Check and export"),
    }[name]
    return f"{section_number(name)}  {words}"


def section_number(name: str) -> int:
    """Return the number of a section, from 1, for sentences that send the user there."""
    return SECTION_NAMES.index(name) + 1


def state_word(state: str) -> str:
    """Return a section's state in words."""
    return {
        "none": _("not done"),
        "done": _("done"),
        "attention": _("needs attention"),
        "stale": _("out of date: press Prepare again"),
        "fail": _("failed a check"),
    }[state]


def step_title(name: str) -> str:
    """Return what a step is called on the screen."""
    return workshop_title(name) or {
        "threshold": _("Threshold"),
        "islands": _("Keep pieces (islands)"),
        "close": _("Close gaps"),
        "open": _("Cut bridges"),
        "fill-cavities": _("Fill cavities"),
        "interpolate": _("Interpolate thick slices"),
        "surface": _("Make the surface"),
        "smooth": _("Smooth"),
        "simplify": _("Simplify"),
        "fragments": _("Fragments"),
        "repair": _("Repair"),
        "holes": _("Close holes"),
        "thicken": _("Thicken thin walls"),
        "cut": _("Cut by planes"),
        "split": _("Split to fit the printer"),
        "orient": _("Lay the model for printing"),
        "parts": _("Cut into parts"),
        "from label map": _("Take the ticked segments"),
        "shape interpolation": _("Interpolate thick slices"),
        "fill cavities": _("Fill cavities"),
        "close gaps": _("Close gaps"),
        "open bridges": _("Cut bridges"),
    }.get(name, name)


def parameter_title(name: str, unit: str, step: str = "") -> str:
    """Turn the library's name of a parameter into words with its unit, e.g. ``bound_mm`` into ``Bound (mm)``."""
    own = workshop_parameter(step, name)
    if own:
        return own
    words = name.split("_")
    shown = unit
    if len(words) > 1 and words[-1] in _UNIT_ENDINGS:
        shown = _UNIT_ENDINGS[words.pop()]
    elif unit:
        shown = _UNIT_ENDINGS.get(unit, unit)
    text = " ".join(words).capitalize()
    return f"{text} ({shown})" if shown else text


def finding_html(finding: Mapping[str, Any]) -> str:
    """Write one finding as a line of rich text: a mark, the words, and what to do."""
    severity = str(finding.get("severity", "info"))
    color = SEVERITY_COLORS.get(severity, "#5a6b7b")
    line = f'<span style="color:{color}"><b>{MARKS.get(severity, "i")}</b></span> {html.escape(finding["message"])}'
    if finding.get("advice") and severity in ("warn", "fail"):
        line += f"<br>&nbsp;&nbsp;&nbsp;<i>{html.escape(finding['advice'])}</i>"
    return line


def by_severity(findings: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Sort findings, the gravest first."""
    return sorted(findings, key=lambda finding: SEVERITY_ORDER.index(str(finding["severity"])))


def place_text(point_lps: Sequence[float]) -> str:
    """Write a place in mm in the letters of the slice views: right or left, front or back, foot or head."""
    words = [
        f"{letters[int(value >= 0.0)]} {abs(value):.0f}"
        for letters, value in zip(("RL", "AP", "IS"), point_lps, strict=True)
    ]
    return ", ".join(words)


def hole_words(hole: Mapping[str, Any]) -> tuple[str, str, str, str]:
    """Say what became of a hole: a mark, the state in words, what that means, and how grave it is."""
    state = str(hole["state"])
    if state == "closed":
        depth = float(hole.get("depth_mm") or 0.0)
        tip = _("The new triangles bulge by up to {depth} mm from the plane of the hole's border.").format(
            depth=f"{depth:.2f}"
        )
        return MARKS["pass"], _("closed by '{step}'").format(step=step_title(str(hole["step"]))), tip, "pass"
    if state == "left open":
        tip = _("It is larger than the largest hole that the step closes. Give a larger one, or leave it out for all.")
        return MARKS["fail"], _("left open: larger than the limit"), tip, "fail"
    if state == "sheet dropped":
        tip = _("A surface without an inside encloses nothing that could be printed; closing it would invent a shape.")
        return MARKS["warn"], _("open sheet without an inside: dropped"), tip, "warn"
    if state == "would refuse":
        tip = _("Closing it would invent most of a shape. Segment this place again.")
        return MARKS["fail"], _("open; repair would refuse it"), tip, "fail"
    tip = _("Tick 'Repair' in this section and press 'Apply up to here'.")
    return MARKS["fail"], _("open; repair would close it"), tip, "fail"


def _moved(change: Mapping[str, Any], *, drops: bool) -> str:
    """Say how far a step moved the surface; where it dropped pieces, the distance is that of the pieces."""
    if change["max_mm"] < LEAST_MOVE_MM:
        return _("the surface was not moved")
    if drops:
        return _("what stays was not moved; dropped pieces lay up to {largest} away").format(
            largest=f"{change['max_mm']:.1f}\u00a0mm"
        )
    return _("surface moved: mean {mean}, 95\u00a0% {p95}, at most {largest}").format(
        mean=f"{change['mean_mm']:.3f}\u00a0mm",
        p95=f"{change['p95_mm']:.3f}\u00a0mm",
        largest=f"{change['max_mm']:.3f}\u00a0mm",
    )


def receipt_lines(receipt: Mapping[str, Any]) -> list[str]:
    """Write a receipt in words: volume, parts and how far the surface moved."""
    before, after, change = receipt.get("before"), receipt.get("after"), receipt.get("change")
    lines = []
    if after is not None:
        volume = f"{after['volume_mm3'] / 1000:.2f} ml"
        if before is not None:
            volume = f"{before['volume_mm3'] / 1000:.2f} → {volume}"
        line = _("volume {volume}").format(volume=volume)
        if after.get("triangles") is not None:
            line += ", " + _("{count} triangles").format(count=f"{after['triangles']:,}")
        if after.get("parts") is not None and after.get("triangles") is None:
            line += ", " + _("pieces: {count}").format(count=after["parts"])
        elif after.get("parts") is not None:  # walls of closed cavities are surfaces of their own
            line += ", " + _("closed surfaces: {count}").format(count=after["parts"])
        lines.append(line)
    if change is not None:
        lines.append(_moved(change, drops=receipt["operation"] in DROPPING))
    return lines + [str(note) for note in receipt.get("notes", ())]
