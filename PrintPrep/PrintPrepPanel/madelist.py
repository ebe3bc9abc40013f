"""What the steps of the workshop did, from their receipts: holes closed, drains, ends, struts. No Qt in here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from slicer.i18n import tr as _

from .panelwords import in_panel_words
from .texts import MARKS, place_text
from .workshopwords import short_title

LEAVE = "leave_at_mm"
"""Parameter of the steps 'solid' and 'details' that takes what shall not be changed after all."""
LEFT_BY_HAND = "left out by hand"
"""How the library calls an opening that was named there."""

Details = Mapping[str, Any]
Place = Sequence[float] | None


@dataclass(frozen=True)
class Made:
    """One row. ``tick`` is None where nothing can be chosen, else whether the change is made."""

    step: str
    what: str
    size: str
    place: Place
    severity: str = "pass"
    tick: bool | None = None

    def cells(self) -> list[str]:
        """Return the texts of the columns: mark, step, and what, how large and where."""
        where = "" if self.place is None else f"{place_text(self.place)} mm"
        lines = [in_panel_words(self.what), self.size, where]
        return [MARKS[self.severity], short_title(self.step), "\n".join(line for line in lines if line)]


def made_rows(receipts: Iterable[Mapping[str, Any]]) -> list[Made]:
    """Return a row for everything that the receipts list, in their order."""
    rows: list[Made] = []
    for receipt in receipts:
        reader = _READERS.get(str(receipt["operation"]))
        if reader is not None:
            rows += reader(receipt.get("details", {}))
    return rows


def _solid(told: Details) -> list[Made]:
    rows = []
    for one in told.get("closed", ()):
        closed = bool(one["closed"])
        what = (
            _("hole closed; up to {far} mm from what was there").format(far=f"{one['farthest_from_source_mm']:.1f}")
            if closed
            else _("hole that could not be closed")
        )
        size = _("{diameter} mm, {area} mm², {volume} ml added").format(
            diameter=f"{one['diameter_mm']:.1f}", area=f"{one['area_mm2']:.1f}", volume=f"{one['added_ml']:.3f}"
        )
        rows.append(Made("solid", what, size, one["at_mm"], "pass" if closed else "warn", closed or None))
    for key, what in (("filled", _("inside filled")), ("cavities", _("closed cavity filled"))):
        rows += [Made("solid", what, _ml(one["volume_ml"]), one["at_mm"]) for one in told.get(key, ())]
    for one in told.get("kept_open", ()):
        by_hand = one["reason"] == LEFT_BY_HAND
        what = _("left open by hand") if by_hand else _("stays open: {why}").format(why=one["reason"])
        size = _("{width} × {length} mm").format(width=f"{one['width_mm']:.1f}", length=f"{one['length_mm']:.1f}")
        rows.append(Made("solid", what, size, one["at_mm"], "info", False if by_hand else None))
    return rows


def _details(told: Details) -> list[Made]:
    rows = []
    for one in told.get("features", ()):
        kind = {"spike": _("spike"), "slit": _("slit"), "hole": _("hole")}.get(str(one["kind"]), str(one["kind"]))
        if one["done"]:
            what, severity = _("{kind}: changed").format(kind=kind), "pass"
        else:
            what, severity = _("{kind}: as it was").format(kind=kind), "warn"
        if one.get("reason"):
            what += f" ({one['reason']})"
        size = _("{size} mm, can be printed from {limit} mm").format(
            size=f"{one['size_mm']:.2f}", limit=f"{one['limit_mm']:g}"
        )
        can_be_left = one["way"] != "list"
        rows.append(Made("details", what, size, one["at_mm"], severity, bool(one["done"]) if can_be_left else None))
    return rows


def _hollow(told: Details) -> list[Made]:
    rows = []
    for one in told.get("drains", ()):
        what = _("drain by hand") if one.get("by_hand") else _("drain")
        size = _("{diameter} mm through {wall} mm").format(
            diameter=f"{one['diameter_mm']:.1f}", wall=f"{one['wall_mm']:.1f}"
        )
        rows.append(Made("hollow", what, size, one["at_mm"]))
    for one in told.get("cavities", ()):
        what = _("hollow with {count} drains").format(count=one["drains"])
        rows.append(Made("hollow", what, _ml(one["volume_ml"]), one["at_mm"], "pass" if one["drains"] else "warn"))
    for one in told.get("left_solid", ()):
        what = {
            "no drain fits": _("left solid: no drain fits"),
            "too small": _("left solid: too small for a drain"),
        }.get(str(one["reason"]), _("left solid"))
        rows.append(Made("hollow", what, _ml(one["volume_ml"]), one["at_mm"], "info"))
    for key, what in (("closed_voids", _("closed void")), ("standing", _("resin or powder stays here"))):
        found = told.get(key, ()) if key == "closed_voids" else (told.get("traps") or {}).get(key, ())
        rows += [Made("hollow", what, _volume_of(one), _place_of(one), "warn") for one in found]
    return rows


def _wall(told: Details) -> list[Made]:
    rows = []
    for one in told.get("ends", ()):
        lean = one.get("off_square_deg")
        size = _("lumen {diameter} mm, flat within {flat} mm").format(
            diameter=f"{one['lumen_diameter_mm']:.1f}", flat=f"{one['flat_within_mm']:.3f}"
        )
        if lean is not None:
            size += ", " + _("{angle}° off square").format(angle=f"{lean:.1f}")
        rows.append(Made("wall", _("end opened"), size, one["at_mm"]))
    rows += [
        Made("wall", _("end left closed: {why}").format(why=one["reason"]), "", one["at_mm"], "info")
        for one in told.get("ends_left_closed", ())
    ]
    for one in told.get("fused", ()):
        joined = bool(one.get("walls_are_one", True))
        what = _("walls of two vessels are one here") if joined else _("walls of two vessels are near")
        size = _("lumens {gap} mm apart").format(gap=f"{one['gap_mm']:.2f}")
        rows.append(Made("wall", what, size, one["at_mm"], "warn" if joined else "info"))
    for one in told.get("elsewhere", ()):
        size = _("{least} to {most} mm where {wanted} mm were asked for; {why}").format(
            least=f"{one['least_mm']:.2f}", most=f"{one['most_mm']:.2f}", wanted=f"{one['wanted_mm']:.2f}",
            why=one["reason"],
        )  # fmt: skip
        rows.append(Made("wall", _("another thickness"), size, one["at_mm"], "warn"))
    return rows


def _strut(told: Details) -> list[Made]:
    rows = []
    for one in told.get("struts", ()):
        middle = [(a + b) / 2.0 for a, b in zip(one["from_mm"], one["to_mm"], strict=True)]
        what = _("strut from part {first} to part {second}").format(first=one["from_part"], second=one["to_part"])
        size = _("{diameter} mm thick, {length} mm long; thinnest {thinnest} mm").format(
            diameter=f"{one['diameter_mm']:.1f}",
            length=f"{one['length_mm']:.1f}",
            thinnest=f"{one['thinnest_mm']:.2f}",
        )
        rows.append(Made("strut", what, size, middle))
    return rows


def _stand(told: Details) -> list[Made]:
    if not told:
        return []
    kind = {
        "base": _("flat base"),
        "pedestal": _("pedestal"),
        "cradle": _("cradle"),
        "wall-mount": _("wall mount"),
    }.get(str(told["kind"]), str(told["kind"]))
    stability = told.get("stability") or {}
    after, before = stability.get("after") or {}, stability.get("before") or {}
    size = ""
    if after.get("tip_deg") is not None:
        size = _("falls when tilted by {after}° (before {before}°)").format(
            after=f"{after['tip_deg']:.0f}", before=f"{max(before.get('tip_deg') or 0.0, 0.0):.0f}"
        )
    return [Made("stand", kind, size, told.get("seat_mm"))]


def _label(told: Details) -> list[Made]:
    rows = []
    for one in told.get("labels", ()):
        words = one.get("text") or one.get("code") or _("scale bar")
        raised = one["style"] == "raised"
        what = _("'{text}', raised") if raised else _("'{text}', engraved")
        size = _("letters {height} mm, {depth} mm measured").format(
            height=f"{one['height_mm']:.1f}", depth=f"{one['depth_measured_mm']['median']:.2f}"
        )
        rows.append(Made("label", what.format(text=" ".join(str(words).split())), size, one["at_mm"]))
    return rows


def _landing(told: Details) -> list[Made]:
    rows = []
    for one in told.get("blocks", ()):
        size = _("{side} mm square, {height} mm high").format(
            side=f"{one['side_mm']:.1f}", height=f"{one['height_mm']:.1f}"
        )
        what = _("landing block {number}").format(number=one["number"])
        rows.append(Made("landing", what, size, one["face_at_mm"]))
    for one in told.get("lengths", ()):
        size = _("{measured} mm to measure").format(measured=f"{one['measured_mm']:.2f}")
        rows.append(Made("landing", _("length '{name}'").format(name=one["name"]), size, one["from_mm"], "info"))
    for one in told.get("refused", ()):
        what = _("no block for '{name}': {why}").format(name=one["length"], why=one["reason"])
        rows.append(Made("landing", what, "", one["at_mm"], "warn"))
    return rows


def _mirror(told: Details) -> list[Made]:
    place = told.get("plane", ())[:3] or None
    return [Made("mirror", _("MIRRORED: not this patient's own side"), "", place, "warn")] if told else []


def _boolean(told: Details) -> list[Made]:
    rows = []
    for number, one in enumerate(told.get("pieces", ()), 1):
        rows.append(Made("boolean", _("piece {number}").format(number=number), _volume_of(one), one["at_mm"], "info"))
    what = _("closed cavity")
    return rows + [Made("boolean", what, _volume_of(one), _place_of(one), "warn") for one in told.get("cavities", ())]


_READERS: Mapping[str, Callable[[Details], list[Made]]] = {
    "solid": _solid,
    "details": _details,
    "hollow": _hollow,
    "wall": _wall,
    "strut": _strut,
    "stand": _stand,
    "label": _label,
    "landing": _landing,
    "mirror": _mirror,
    "boolean": _boolean,
}


def _ml(volume_ml: float) -> str:
    return f"{volume_ml:.2f} ml" if volume_ml >= 0.1 else f"{1000.0 * volume_ml:.1f} mm³"


def _volume_of(one: Details) -> str:
    if "volume_ml" in one:
        return _ml(float(one["volume_ml"]))
    return _ml(float(one["volume_mm3"]) / 1000.0) if "volume_mm3" in one else ""


def _place_of(one: Details) -> Place:
    return next((one[key] for key in ("at_mm", "place_mm", "center_mm", "point_mm") if one.get(key) is not None), None)
