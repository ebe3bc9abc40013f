"""What the choices of a parameter are called on the screen; the library's own words stay in recipes."""

from __future__ import annotations

from collections.abc import Mapping

from slicer.i18n import tr as _

HIDDEN: Mapping[str, frozenset[str]] = {"boolean.shape": frozenset({"mesh"})}
"""Choices that the panel does not offer: another mesh comes from a file."""


def choice_title(step: str, name: str, word: str) -> str:
    """Return what a choice is called; a word that has no other is shown with a capital."""
    known = _of_step().get(f"{step}.{name}.{word}") or _anywhere().get(f"{name}.{word}")
    return known or word.replace("-", " ").capitalize()


def offered(step: str, name: str, words: tuple[str, ...]) -> tuple[str, ...]:
    """Return the choices that the panel offers, in their order."""
    hidden = HIDDEN.get(f"{step}.{name}", frozenset())
    return tuple(word for word in words if word not in hidden)


def _of_step() -> dict[str, str]:
    return {
        "solid.intent.close-holes": _("Only small holes: close them"),
        "solid.intent.fill-inside": _("The inside: fill it, keep the outside"),
        "solid.intent.wrap": _("All within a skin round it"),
        "details.action.list": _("List them, change nothing"),
        "details.action.remove": _("Cut off, and close"),
        "details.action.thicken": _("Thicken, and widen"),
        "details.spikes.list": _("List them, change nothing"),
        "details.spikes.remove": _("Cut off"),
        "details.spikes.thicken": _("Thicken"),
        "details.slits.list": _("List them, change nothing"),
        "details.slits.close": _("Close"),
        "details.slits.widen": _("Widen"),
        "details.holes.list": _("List them, change nothing"),
        "details.holes.close": _("Close"),
        "details.holes.widen": _("Widen"),
        "hollow.inside.none": _("Nothing"),
        "hollow.inside.ribs": _("Ribs"),
        "hollow.inside.lattice": _("Lattice"),
        "wall.open_ends.none": _("Only those opened by hand"),
        "wall.open_ends.auto": _("All that are found"),
        "stand.kind.base": _("Flat base, cut off"),
        "stand.kind.pedestal": _("Post on a foot"),
        "stand.kind.cradle": _("Cradle to lift it out of"),
        "stand.kind.wall-mount": _("Mount for the wall"),
        "label.code_kind.qr": _("QR code"),
        "label.code_kind.data-matrix": _("Data matrix"),
        "mirror.side.whole": _("None: mirror the whole model"),
        "mirror.side.left": _("Left"),
        "mirror.side.right": _("Right"),
        "boolean.operation.union": _("Model and body together"),
        "boolean.operation.difference": _("Model without the body"),
        "boolean.operation.intersection": _("What both share"),
        "boolean.operation.negative": _("Body without the model (mould)"),
        "boolean.shape.box": _("Box"),
        "boolean.shape.cylinder": _("Cylinder"),
        "boolean.shape.ball": _("Ball"),
        "boolean.shape.half-space": _("Everything on one side of a plane"),
        "boolean.shape.anatomy": _("The anatomy, as it was scanned"),
        "repair.rung.weld": _("Join points that are one"),
        "repair.rung.doubles": _("And drop doubled triangles"),
        "repair.rung.winding": _("And turn what is inside out"),
        "repair.rung.pinches": _("And part what touches in a point"),
        "repair.rung.holes": _("And close holes"),
        "repair.rung.crossings": _("And free what crosses itself"),
        "repair.rung.rebuild": _("And build anew what is left"),
        "interpolate.when.thick": _("Where slices are thick"),
        "interpolate.when.always": _("Always"),
    }


def _anywhere() -> dict[str, str]:
    return {
        "preset.bone": _("Bone"),
        "preset.dense-bone": _("Dense bone"),
        "preset.vessel": _("Vessels with contrast"),
        "preset.skin": _("Skin"),
        "preset.soft-tissue": _("Soft tissue"),
        "preset.mr-outer": _("MR: outer surface"),
        "preset.mr-bright": _("MR: what is bright"),
        "keep.largest": _("The largest"),
        "keep.all": _("All"),
        "direction.both": _("Both ways"),
        "direction.outward": _("Outward"),
        "direction.inward": _("Inward"),
        "through.sagittal": _("Sagittal"),
        "through.coronal": _("Coronal"),
        "through.axial": _("Axial"),
        "pin_type.plug": _("Plug, part of one side"),
        "pin_type.dowel": _("Dowel, printed apart"),
        "pin_type.magnet": _("Holes for magnets"),
        "pin_type.tongue": _("Tongue and groove"),
        "pin_type.dovetail": _("Dovetail"),
        "pin_shape.round": _("Round"),
        "pin_shape.hexagon": _("Hexagon"),
        "pin_shape.d": _("Round with a flat"),
        "contact.shared": _("One shared face"),
        "contact.overlap": _("Overlap"),
        "contact.gap": _("Gap"),
    }
