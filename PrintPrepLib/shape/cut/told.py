"""What a cut has to tell: the balance of volumes, and the receipt."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from ...mesh import Mesh, concatenate
from ...receipt import Change, MeshMeasures, Receipt, Stopwatch, measure_mesh
from ...spatial import SurfaceIndex
from ...spatial.threads import MAX_THREADS
from ..identical import is_among
from ..pins.fit import NO_VOLUME_MM3
from .assembly import Part, PartKind
from .made import Made
from .marked import Marked
from .pieces import Pieces
from .pinned import Joint, volumes_of
from .plane import CutPlane

BALANCE_SHARE = 1e-4
"""Volumes of the parts add up to the whole within this share, or the receipt warns."""


def measure_all(meshes: Sequence[Mesh]) -> None:
    """Measure several surfaces at once, each on a core of its own; each keeps its measures for whoever asks next."""
    with ThreadPoolExecutor(min(MAX_THREADS, os.cpu_count() or 1)) as pool:
        list(pool.map(measure_mesh, meshes))


def balance_of(
    cuts: Sequence[Pieces], parts: Sequence[Part], joints: Sequence[Joint], marked: Marked | None
) -> dict[str, float]:
    """Whole minus kerf, holes and marks plus pins, beside what the parts really hold."""
    pins, holes, loose = volumes_of(joints, [piece.manifold for cut in cuts for piece in cut.pieces])
    whole, kerf = sum(cut.whole_mm3 for cut in cuts), sum(cut.kerf_mm3 for cut in cuts)
    held = sum(measure_mesh(item.mesh).volume_mm3 for item in parts)
    letters = marked.removed_mm3 if marked is not None else 0.0
    expected = whole - kerf - holes - letters + pins + loose
    return {
        "whole_mm3": whole,
        "kerf_mm3": kerf,
        "holes_mm3": holes,
        "pins_mm3": pins,
        "dowels_mm3": loose,
        "marks_mm3": letters,
        "parts_mm3": held,
        "difference_percent": 100.0 * (held - expected) / whole,
    }


def _surface_moved(models: Sequence[Mesh], parts: Sequence[Part], volume: float | None) -> tuple[float, Change]:
    """Share of the models' vertices that stand in the parts to the bit, and how far all of them lie from the parts.

    Vertices are gone where a kerf took them, or where flat triangles at a seam were joined.
    """
    every = concatenate([item.mesh for item in parts if item.kind is PartKind.BODY])
    at = np.concatenate([model.vertices[model.used_vertices] for model in models])
    found = np.concatenate([is_among(model.without_unused_vertices(), every) for model in models])
    moved = np.zeros(len(at))
    if not found.all():
        moved[~found] = -SurfaceIndex(every).signed_distance(at[~found])
    size = np.abs(moved)
    row = int(size.argmax())
    x, y, z = at[row].tolist()
    where = (x, y, z) if size[row] > 0.0 else None
    change = Change(float(moved.mean()), float(size.mean()), float(np.percentile(size, 95)), float(size[row]), where,
                    volume, len(at))  # fmt: skip
    return float(found.mean()), change


def _measures_together(meshes: Sequence[Mesh]) -> MeshMeasures:
    """Measures of surfaces that share nothing: the sums of what each was measured to be."""
    every = [measure_mesh(mesh) for mesh in meshes]
    lows, highs = zip(*(found.bounds_mm for found in every if found.bounds_mm is not None), strict=True)
    genus = [found.genus for found in every if found.genus is not None]
    return MeshMeasures(
        volume_mm3=sum(found.volume_mm3 for found in every),
        area_mm2=sum(found.area_mm2 for found in every),
        triangles=sum(found.triangles for found in every),
        vertices=sum(found.vertices for found in every),
        parts=sum(found.parts for found in every),
        open_edges=sum(found.open_edges for found in every),
        non_manifold_edges=sum(found.non_manifold_edges for found in every),
        misoriented_edges=sum(found.misoriented_edges for found in every),
        genus=sum(genus) if len(genus) == len(every) else None,
        bounds_mm=(tuple(np.min(lows, axis=0).tolist()), tuple(np.max(highs, axis=0).tolist())),
    )


def receipt_of(
    operation: str,
    models: Sequence[Mesh],
    planes: Sequence[CutPlane],
    cuts: Sequence[Pieces],
    made: Made,
    parameters: dict[str, Any],
    watch: Stopwatch,
) -> Receipt:
    """Write the receipt of a cut: what it did, what was measured, and what needs a look."""
    assembly, joints, marked = made.assembly, made.joints, made.marked
    names = [item.name for item in assembly.parts]
    whole = concatenate(list(models)) if len(models) > 1 else models[0]
    before, after = measure_mesh(whole), _measures_together([item.mesh for item in assembly.parts])
    volume = 100.0 * (after.volume_mm3 - before.volume_mm3) / before.volume_mm3 if before.volume_mm3 else None
    kept, change = _surface_moved(models, assembly.parts, volume)
    notes = [f"{len(assembly.bodies)} parts; {kept:.2%} of the model's vertices stand where they stood, to the bit."]
    warnings: list[str] = []
    notes += [f"'{cut.name}' was repaired before it was cut: see details." for cut in cuts if cut.repaired is not None]
    bodies = {item.name: item.bodies for item in assembly.bodies if item.bodies > 1}
    if bodies:
        several = ", ".join(f"'{name}' of {count}" for name, count in bodies.items())
        before_count = sum(cut.bodies_before for cut in cuts)
        text = (
            f"Some parts consist of several separate bodies: {several}; the model had {before_count} before the cut. "
        )
        (warnings if before_count == len(cuts) else notes).append(
            text + "Pins hold only those that they stand in: move or bound the plane, keep the largest piece first, or "
            "join them by struts."
        )
    for joint in joints:
        pair = f"Seam of '{names[joint.seam.below]}' and '{names[joint.seam.above]}'"
        (notes if joint.holders else warnings).extend(f"{pair}: {note}" for note in joint.placement.notes)
        for holder, fit in zip(joint.holders, joint.fits, strict=True):
            if fit.interference_mm3 > NO_VOLUME_MM3 or not fit.way_is_free:
                warnings.append(f"{pair}: a {holder.kind.value} does not go in freely.")
    for seat in assembly.proof["wrong_seats"]:
        if seat["also_fits"]:
            pair = f"'{names[seat['below']]}' and '{names[seat['above']]}'"
            warnings.append(f"By what holds them {pair} also go together {', or '.join(seat['also_fits'])}: mark them.")
    warnings += [
        f"'{names[way['below']]}' and '{names[way['above']]}' hook into each other: taken apart along the cut's normal "
        f"they meet after {way['after_mm']:g} mm, so they cannot be put together that way. Tilt the plane, or move it."
        for way in assembly.proof["blocked"]
    ]
    if marked is not None:
        notes += [f"{missing.why.reason}" for missing in marked.missing]
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
        "marks": [] if marked is None else marked.to_dicts(),
        "vertices_kept_share": kept,
        "repairs": [cut.repaired.to_dict() for cut in cuts if cut.repaired is not None],
    }
    return Receipt(operation, parameters, watch.seconds, before, after, change, tuple(notes), tuple(warnings), details)
