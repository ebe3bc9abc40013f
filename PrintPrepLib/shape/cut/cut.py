"""Cut a model by planes into closed parts that go back together by themselves."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from ...errors import InputError
from ...mesh import Mesh
from ...progress import Progress, part, silent
from ...receipt import Receipt, Stopwatch, measure_mesh
from ..marks.sizes import MarkSize
from ..pins.request import PinRequest
from .assembly import COLORS, LOOSE_COLOR, Assembly, Part, PartKind
from .bodies import count_bodies
from .made import Made
from .marked import mark_parts
from .pieces import Pieces, cut_one, names_of, seams_of
from .pinned import Joint, finished, proven, set_pins
from .plane import CutPlane
from .told import balance_of, measure_all, receipt_of
from .way import blocked_ways


def cut_models(
    models: Sequence[Mesh],
    planes: Sequence[CutPlane],
    *,
    kerf_mm: float = 0.0,
    pins: PinRequest | None = None,
    marks: MarkSize | None = None,
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
    marks : MarkSize, optional
        Engrave part numbers and seam letters of this size into the cut faces.
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
        cut_one(model, planes, kerf_mm, part(progress, 0.4 * k / len(models), 0.4 * (k + 1) / len(models)))
        for k, model in enumerate(models)
    ]
    with ThreadPoolExecutor(1) as pool:
        pool.map(measure_mesh, models)  # for the receipt, while places for pins are looked for on one core
        made = assembled(cuts, planes, kerf_mm, pins, marks, part(progress, 0.4, 1.0))
    return made.assembly, receipt_of("cut", models, planes, cuts, made, parameters or {}, watch)


def assembled(
    cuts: Sequence[Pieces],
    planes: Sequence[CutPlane],
    kerf_mm: float,
    pins: PinRequest | None,
    marks: MarkSize | None,
    progress: Progress = silent,
) -> Made:
    """Set pins and marks into pieces, and measure what came of it."""
    seams = seams_of(cuts, planes, kerf_mm)
    meshes = [mesh for cut in cuts for mesh in cut.meshes]
    joints: list[Joint] = []
    if pins is not None and seams:
        joints = set_pins(seams, meshes, pins, part(progress, 0.0, 0.5))
    raw = [piece.manifold for cut in cuts for piece in cut.pieces]
    solids = finished(raw, joints)
    names = [name for cut in cuts for name in names_of(cut, planes)]
    marked = None
    if marks is not None and seams:
        marked = mark_parts(solids, names, seams, joints, marks, part(progress, 0.5, 0.7))
        solids = list(marked.solids)
    joints, proof = proven(joints, solids, pins.wall_mm if pins is not None else 0.0, part(progress, 0.7, 0.95))
    meshes = [
        (meshes[k] if solids[k] is raw[k] else Mesh.from_manifold(solids[k])).with_name(name)
        for k, name in enumerate(names)
    ]
    parts = tuple(
        Part(mesh.name, mesh, COLORS[k % len(COLORS)], PartKind.BODY, count_bodies(mesh))
        for k, mesh in enumerate(meshes)
    )
    dowels = [solid.loose for joint in joints for solid in joint.solids if solid.loose is not None]
    parts += tuple(
        Part(f"dowel {k + 1}", Mesh.from_manifold(dowel, f"dowel {k + 1}"), LOOSE_COLOR, PartKind.DOWEL)
        for k, dowel in enumerate(dowels)
    )
    progress(0.97, "Adding up")
    measure_all([item.mesh for item in parts])
    numbers = {id(seam): number for number, seam in enumerate(seams)}
    told = [{"seam": numbers[id(joint.seam)]} | pin for joint in joints for pin in joint.to_dicts(names)]
    proof = proof | {"balance": balance_of(cuts, parts, joints, marked), "blocked": blocked_ways(seams, solids)}
    assembly = Assembly(parts, tuple(seams), tuple(told), proof)
    progress(1.0, "Cut")
    return Made(assembly, tuple(joints), marked)
