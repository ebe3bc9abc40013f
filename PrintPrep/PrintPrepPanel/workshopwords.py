"""Words of the workshop: its groups of steps, and what steps and their parameters are called on the screen."""

from __future__ import annotations

from collections.abc import Mapping

from slicer.i18n import tr as _

GROUPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("solid", ("solid", "details", "hollow")),
    ("vessel", ("wall",)),
    ("hold", ("strut", "stand")),
    ("marks", ("label", "landing")),
    ("whole", ("mirror", "scale")),
    ("moulds", ("offset", "boolean")),
)
"""Groups of the section from top to bottom, and the steps of the library that each shows."""

WORKSHOP_STEPS: tuple[str, ...] = tuple(step for _group, steps in GROUPS for step in steps)

RUN_ORDER: tuple[str, ...] = (
    "solid", "wall", "mirror", "scale", "thicken", "details", "hollow", "offset", "boolean", "strut", "stand",
    "landing", "label",
)  # fmt: skip
"""How the workshop's steps follow one another where the recipe does not say: size and side before walls are judged,
what is added last, and text after the mirror, so that it is never mirrored."""

MAIN: Mapping[str, tuple[str, ...]] = {
    "solid": ("intent", "max_hole_mm", "keep_at_mm", "leave_at_mm", "close_gaps"),
    "details": ("action", "leave_at_mm"),
    "hollow": ("wall_mm", "drains", "drain_diameter_mm", "drain_at", "inside"),
    "wall": ("thickness_mm", "by_diameter", "open_ends", "open_end_mm", "flange_mm"),
    "strut": ("diameter_mm", "from_mm", "to_mm", "search", "protect_at"),
    "stand": ("kind", "up", "lean", "protect_at"),
    "label": ("text", "at_mm", "marks", "code", "code_kind", "bar_mm", "engrave"),
    "landing": ("automatic", "lengths", "protect_at"),
    "mirror": ("fit", "plane", "side", "both"),
    "scale": ("factor",),
    "offset": ("by_mm",),
    "boolean": ("operation", "shape", "at_mm", "size_mm", "margin_mm"),
    "place": ("on_mm", "on_plane", "turn_deg"),
}
"""Parameters that are in sight at once; the others are one click away."""

NOT_SHOWN = frozenset({"with_file", "with_sha256"})
"""Parameters of recipes in files only: a scene that is handed on must hold no path."""


def group_title(name: str) -> str:
    """Return the heading of a group."""
    return {
        "solid": _("Make solid, hollow out"),
        "vessel": _("Vessel wall"),
        "hold": _("Struts and stand"),
        "marks": _("Labels and measuring"),
        "whole": _("Mirror and scale"),
        "moulds": _("Moulds and guides"),
    }[name]


def workshop_title(step: str) -> str:
    """Return what a step is called on the screen; empty for a step of another section."""
    return {
        "solid": _("Make solid: close small holes, fill the inside"),
        "details": _("Small features: spikes, slits and holes too small to print"),
        "hollow": _("Hollow out, with drains"),
        "wall": _("Wall round a lumen (blood pool to vessel)"),
        "strut": _("Struts that hold loose parts"),
        "stand": _("Stand or base"),
        "label": _("Label: text, side letters, code, scale bar"),
        "landing": _("Landing blocks for a caliper"),
        "mirror": _("Mirror (the result is called MIRRORED)"),
        "scale": _("Scale (the result is called SCALE)"),
        "offset": _("Grow or shrink"),
        "boolean": _("Combine with a body"),
        "place": _("Lay flat on a face"),
    }.get(step, "")


def short_title(step: str) -> str:
    """Return what a step of the workshop is called in a narrow column."""
    return {
        "solid": _("Solid"),
        "details": _("Small feature"),
        "hollow": _("Hollow"),
        "wall": _("Wall"),
        "strut": _("Strut"),
        "stand": _("Stand"),
        "label": _("Label"),
        "landing": _("Landing"),
        "mirror": _("Mirror"),
        "boolean": _("Combine"),
    }.get(step, step)


def workshop_parameter(step: str, name: str) -> str:
    """Return what a parameter is called on the screen; empty where its name says enough."""
    return _of_step().get(f"{step}.{name}") or _anywhere().get(name, "")


def _of_step() -> dict[str, str]:
    return {
        "solid.intent": _("What becomes solid"),
        "solid.max_hole_mm": _("Close round holes up to (mm)"),
        "solid.keep_at_mm": _("Openings that stay open"),
        "solid.keep_wider_mm": _("Leave open what is wider than (mm)"),
        "solid.leave_at_mm": _("Holes not to close"),
        "solid.close_gaps": _("Close sutures and gaps, too"),
        "details.action": _("What is done"),
        "details.only_at_mm": _("Change only these"),
        "details.leave_at_mm": _("Leave these as they are"),
        "hollow.wall_mm": _("Wall that stays (mm)"),
        "hollow.drains": _("Drains into each cavity"),
        "hollow.drain_diameter_mm": _("Diameter of a drain (mm)"),
        "hollow.drain_at": _("Places of drains"),
        "hollow.inside": _("What stays inside"),
        "hollow.up": _("Up while it drains"),
        "wall.thickness_mm": _("Thickness of the wall (mm)"),
        "wall.by_diameter": _("Or by the lumen's diameter"),
        "wall.open_ends": _("Ends to open"),
        "wall.open_end_mm": _("Ends opened by hand"),
        "wall.flange_mm": _("Rim round open ends (mm)"),
        "strut.diameter_mm": _("Diameter of a strut (mm)"),
        "strut.from_mm": _("Struts by hand: from"),
        "strut.to_mm": _("Struts by hand: to"),
        "strut.search": _("Search for the other struts"),
        "stand.kind": _("Kind of stand"),
        "stand.up": _("Up (normal of a plane)"),
        "stand.lean": _("Cradle of ribs, not a solid block"),
        "stand.cell_mm": _("Width between the ribs (mm)"),
        "stand.fillet_mm": _("Fillet at plinth or foot (mm)"),
        "stand.screws": _("Screw holes, in place of a keyhole"),
        "stand.countersunk": _("For countersunk screws"),
        "stand.back": _("To the wall (normal of a plane)"),
        "label.text": _("Text"),
        "label.at_mm": _("Place of the label"),
        "label.marks": _("Letters of sides (R, L, A, P, S, I)"),
        "label.code": _("Words of a code"),
        "label.code_kind": _("Kind of code"),
        "label.bar_mm": _("Scale bar (mm)"),
        "label.engrave": _("Engraved, not raised"),
        "label.up": _("Tops of letters (normal of a plane)"),
        "label.include_identity": _("Patient data is wanted on it"),
        "landing.automatic": _("Also lengths found by itself"),
        "landing.lengths": _("Most lengths found by itself"),
        "landing.from_mm": _("Lengths without a line: from"),
        "landing.to_mm": _("Lengths without a line: to"),
        "mirror.fit": _("Find the plane of symmetry"),
        "mirror.plane": _("Plane of the mirror"),
        "mirror.side": _("Sound side"),
        "mirror.both": _("Join with its mirror image"),
        "scale.factor": _("Times as large as the patient"),
        "scale.about_mm": _("Point that stays"),
        "offset.by_mm": _("Outward; inward with a minus (mm)"),
        "boolean.operation": _("How they are combined"),
        "boolean.shape": _("The body"),
        "boolean.at_mm": _("Place of the body"),
        "boolean.along": _("Direction of the body"),
        "place.on_mm": _("A point on the face"),
        "place.on_plane": _("Plane of the face"),
    }


def _anywhere() -> dict[str, str]:
    return {
        "protect_at": _("Protected: nothing is done here"),
        "process": _("Printing process"),
        "allow_thin": _("Allow a wall that is too thin"),
    }
