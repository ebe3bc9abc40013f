"""Cut a model by planes into closed parts that go back together by themselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...errors import InputError
from ...mesh import Mesh, concatenate
from ...progress import Progress, part, silent
from ...receipt import Change, Receipt, Stopwatch, measure_mesh
from ...spatial import SurfaceIndex, index_of
from ..identical import is_among
from ..pins.request import PinRequest
from .assembly import COLORS, LOOSE_COLOR, Assembly, Part, PartKind, Seam
from .bodies import bodies_of
from .divide import Piece, divide, facings
from .pinned import Joint, finished, proven, set_pins, volumes_of
from .plane import CutPlane
from .section import faces_in_plane
from .solid import solid_of

BALANCE_SHARE = 1e-4
"""Volumes of the parts add up to the whole within this share, or the receipt warns."""
_WORDS = (("left", "right"), ("back", "front"), ("top", "bottom"))
"""Sides of the patient along the LPS axes: positive, negative."""


@dataclass(frozen=True, eq=False)
class _Cut:
    """One model in pieces."""

    name: str
    whole_mm3: float
    pieces: list[Piece]
    meshes: list[Mesh]
    kerf_mm3: float
    surface: SurfaceIndex
    repaired: Receipt | None
    loose_before: int


def cut_models(
    models: Sequence[Mesh],
    planes: Sequence[CutPlane],
    *,
    kerf_mm: float = 0.0,
    pins: PinRequest | None = None,
    parameters: dict[str, Any] | None = None,
    progress: Progress = silent,
) -> tuple[Assembly, Receipt]:
    """Cut one or several aligned models by the same planes; all parts stay in their places.

    Both sides of every cut are kept. Parts are closed, their flat faces follow the outline of the section, holes
    included. Surfaces away from the cuts keep their vertices to the bit.

    Parameters
    ----------
    models : sequence of Mesh
        Closed surfaces; one that is not is repaired first, short of building it anew, and the receipt holds how.
    planes : sequence of CutPlane
        One after the other, each through all parts that it meets.
    kerf_mm : float
        Width that every cut takes away.
    pins : PinRequest, optional
        Without it the parts have plain faces.
    parameters : dict, optional
        What the face was asked, for the receipt.
    progress : Progress
        Receiver.

    Returns
    -------
    assembly : Assembly
        Parts below a plane before those above; dowels last.
    receipt : Receipt
        ``details`` holds seams, pins with their measured fit, and the balance of volumes.

    Raises
    ------
    InputError
        No model or plane, or a negative kerf.
    GeometryError
        A model is no solid, a plane misses, a bound ends inside the material, or a place for a pin has no room.
    """
    if not models or not planes:
        raise InputError("A cut needs a model and a plane.")
    if not 0.0 <= kerf_mm < np.inf:
        raise InputError(f"The kerf must not be negative, got {kerf_mm:g} mm.")
    watch = Stopwatch()
    cuts = [
        _cut_one(model, planes, kerf_mm, part(progress, 0.4 * k / len(models), 0.4 * (k + 1) / len(models)))
        for k, model in enumerate(models)
    ]
    seams, of_plane, of_model = _seams(cuts, planes, kerf_mm)
    joints: list[Joint] = []
    if pins is not None and seams:
        faces = _faces(cuts, planes, kerf_mm)
        surfaces = [cuts[k].surface for k in of_model]
        joints = set_pins(seams, surfaces, faces, of_plane, pins, part(progress, 0.4, 0.7))
    raw = [piece.manifold for cut in cuts for piece in cut.pieces]
    solids = finished(raw, joints)
    joints, proof = proven(joints, solids, part(progress, 0.7, 0.9))
    names = [name for cut in cuts for name in _names(cut, planes)]
    touched = {number for joint in joints for number in (joint.foot, joint.other) if joint.solids}
    plain_meshes = [mesh for cut in cuts for mesh in cut.meshes]
    parts = tuple(
        Part(
            name,
            (Mesh.from_manifold(solids[k]) if k in touched else plain_meshes[k]).with_name(name),
            COLORS[k % len(COLORS)],
            PartKind.BODY,
            len(bodies_of(solids[k])),
        )
        for k, name in enumerate(names)
    )
    dowels = [solid.loose for joint in joints for solid in joint.solids if solid.loose is not None]
    parts += tuple(
        Part(f"dowel {k + 1}", Mesh.from_manifold(dowel, f"dowel {k + 1}"), LOOSE_COLOR, PartKind.DOWEL)
        for k, dowel in enumerate(dowels)
    )
    progress(0.95, "Adding up")
    balance = _balance(cuts, parts, joints)
    told = [pin for joint in joints for pin in joint.to_dicts(names)]
    assembly = Assembly(parts, tuple(seams), tuple(told), proof | {"balance": balance})
    receipt = _receipt(models, planes, cuts, assembly, joints, names, parameters or {}, watch)
    progress(1.0, "Cut")
    return assembly, receipt


def _cut_one(model: Mesh, planes: Sequence[CutPlane], kerf_mm: float, progress: Progress) -> _Cut:
    solid = solid_of(model, part(progress, 0.0, 0.5))
    pieces, lost = divide(solid.manifold, planes, kerf_mm, part(progress, 0.5, 0.8))
    meshes = [Mesh.from_manifold(piece.manifold, model.name) for piece in pieces]
    progress(0.9, "Preparing to measure")
    loose = len(bodies_of(solid.manifold))
    whole = solid.manifold.volume()
    return _Cut(model.name, whole, pieces, meshes, lost, index_of(solid.mesh), solid.repaired, loose)


def _seams(cuts: list[_Cut], planes: Sequence[CutPlane], kerf_mm: float) -> tuple[list[Seam], list[int], list[int]]:
    """Seams of all models, with the number of plane and model of each."""
    seams, of_plane, of_model, first = [], [], [], 0
    for model, cut in enumerate(cuts):
        for facing in facings(cut.meshes, cut.pieces, planes, kerf_mm):
            plane = planes[facing.plane]
            seams.append(Seam(plane, first + facing.below, first + facing.above, facing.outline, kerf_mm))
            of_plane.append(facing.plane)
            of_model.append(model)
        first += len(cut.pieces)
    return seams, of_plane, of_model


def _faces(cuts: list[_Cut], planes: Sequence[CutPlane], kerf_mm: float) -> list[tuple[int, Mesh]]:
    """Flat faces that the cuts made, with the number of the plane."""
    if len(planes) == 1:
        return []
    out = []
    for number, plane in enumerate(planes):
        for side, looking_up in ((-0.5, True), (0.5, False)):
            moved = plane.moved(side * kerf_mm)
            for cut in cuts:
                for mesh in cut.meshes:
                    chosen = faces_in_plane(mesh, moved, looking_up=looking_up)
                    if chosen.any():
                        out.append((number, mesh.submesh(chosen)))
    return out


def _names(cut: _Cut, planes: Sequence[CutPlane]) -> list[str]:
    """Name the parts by the side of the patient where two halves tell it, else by numbers."""
    if len(cut.pieces) == 2 and len(planes) == 1 and {piece.sides.get(0) for piece in cut.pieces} == {-1, 1}:
        normal = np.array(planes[0].normal)
        axis = int(np.abs(normal).argmax())
        words = _WORDS[axis] if normal[axis] > 0.0 else _WORDS[axis][::-1]
        return [f"{cut.name} {words[0] if piece.sides[0] > 0 else words[1]}" for piece in cut.pieces]
    return [f"{cut.name} part {number + 1}" for number in range(len(cut.pieces))]


def _balance(cuts: list[_Cut], parts: Sequence[Part], joints: Sequence[Joint]) -> dict[str, float]:
    """Whole minus kerf and holes plus pins, beside what the parts really hold."""
    pins, holes, loose = volumes_of(joints)
    whole, kerf = sum(cut.whole_mm3 for cut in cuts), sum(cut.kerf_mm3 for cut in cuts)
    held = sum(measure_mesh(item.mesh).volume_mm3 for item in parts)
    expected = whole - kerf - holes + pins + loose
    return {
        "whole_mm3": whole,
        "kerf_mm3": kerf,
        "holes_mm3": holes,
        "pins_mm3": pins,
        "dowels_mm3": loose,
        "parts_mm3": held,
        "difference_percent": 100.0 * (held - expected) / whole,
    }


def _surface_kept(models: Sequence[Mesh], parts: Sequence[Part]) -> float:
    """Share of the models' vertices that stand in the parts with the same coordinates to the bit."""
    every = concatenate([item.mesh for item in parts if item.kind is PartKind.BODY])
    found = [is_among(model.without_unused_vertices(), every) for model in models]
    return float(np.concatenate(found).mean())


def _receipt(
    models: Sequence[Mesh],
    planes: Sequence[CutPlane],
    cuts: list[_Cut],
    assembly: Assembly,
    joints: Sequence[Joint],
    names: list[str],
    parameters: dict[str, Any],
    watch: Stopwatch,
) -> Receipt:
    whole = concatenate(list(models)) if len(models) > 1 else models[0]
    together = concatenate([item.mesh for item in assembly.parts])
    before, after = measure_mesh(whole), measure_mesh(together)
    kept = _surface_kept(models, assembly.parts)
    volume = 100.0 * (after.volume_mm3 - before.volume_mm3) / before.volume_mm3 if before.volume_mm3 else None
    notes = [f"{len(assembly.bodies)} parts; {kept:.2%} of the model's vertices stand where they stood, to the bit."]
    warnings = []
    for cut in cuts:
        if cut.repaired is not None:
            notes.append(f"'{cut.name}' was repaired before it was cut: see details.")
        count = sum(len(bodies_of(piece.manifold)) for piece in cut.pieces)
        wanted = cut.loose_before + sum(1 for _ in cut.pieces) - 1
        if count > wanted:
            warnings.append(
                f"The cut leaves loose pieces: the {len(cut.pieces)} parts of '{cut.name}' consist of {count} separate "
                "bodies. Pins hold only those that they stand in: move the plane, or bound it, or add struts."
            )
    for joint in joints:
        pair = f"Seam of '{names[joint.seam.below]}' and '{names[joint.seam.above]}'"
        (notes if joint.placement.pins else warnings).extend(f"{pair}: {note}" for note in joint.placement.notes)
        for pin, fit in zip(joint.placement.pins, joint.fits, strict=True):
            if fit.interference_mm3 > 1e-6 or not fit.way_is_free:
                warnings.append(f"{pair}: a {pin.kind.value} of {pin.diameter_mm:g} mm does not go in freely.")
    balance = assembly.proof["balance"]
    if abs(balance["difference_percent"]) > 100.0 * BALANCE_SHARE:
        warnings.append(
            f"The volumes of the parts differ from what they should be by {balance['difference_percent']:+.3f} %: "
            "look at the parts before printing."
        )
    details = {
        "parts": [item.to_dict() for item in assembly.parts],
        "seams": [seam.to_dict() for seam in assembly.seams],
        "pins": list(assembly.pins),
        "proof": assembly.proof,
        "planes": [{"point_mm": list(p.point_mm), "normal": list(p.normal)} for p in planes],
        "vertices_kept_share": kept,
        "repairs": [cut.repaired.to_dict() for cut in cuts if cut.repaired is not None],
    }
    # Nothing of the surface moves: what a cut adds and takes lies at the seams, in the balance.
    change = Change(0.0, 0.0, 0.0, 0.0, None, volume, 0) if kept == 1.0 else None
    return Receipt("cut", parameters, watch.seconds, before, after, change, tuple(notes), tuple(warnings), details)
