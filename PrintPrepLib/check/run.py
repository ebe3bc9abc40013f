"""The list of checks, and running it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any

import numpy as np

from ..analysis.deviation import Deviation
from ..analysis.thickness import Thickness
from ..finding import Finding
from ..mesh import Mesh
from ..profiles import Printer
from ..profiles.processes import Process, process_of
from ..progress import Progress, silent
from ..segment.segmentation import ClippedFace, Segmentation
from .accuracy import check_accuracy
from .clipped import check_clipped
from .completeness import check_completeness
from .crossings import check_crossings
from .edges import check_edges
from .faces import check_faces
from .handedness import check_mirrored
from .orientation import check_orientation
from .parts import check_cavities, check_parts
from .printer_size import check_printer_size
from .result import CheckResult
from .scale import check_empty, check_scale
from .subject import Subject, not_run
from .thin import check_thin
from .triangle_size import check_triangle_size

Check = Callable[[Subject], list[Finding]]

CHECKS: tuple[tuple[str, Check, tuple[str, ...]], ...] = (
    ("Checking scale", check_scale, ("scale",)),
    ("Checking edges", check_edges, ("open-edges", "non-manifold-edges", "non-manifold-vertices", "winding")),
    ("Checking triangles", check_faces, ("degenerate-faces", "duplicate-faces")),
    ("Checking orientation", check_orientation, ("inside-out",)),
    ("Looking for mirroring", check_mirrored, ("mirrored", "placement")),
    ("Looking for crossings", check_crossings, ("self-intersections",)),
    ("Counting pieces", check_parts, ("parts",)),
    ("Counting cavities", check_cavities, ("cavities",)),
    ("Comparing with the segmentation", check_completeness, ("completeness-missing", "completeness-extra")),
    ("Measuring accuracy", check_accuracy, ("accuracy",)),
    ("Measuring triangles", check_triangle_size, ("triangle-size",)),
    ("Looking for cut anatomy", check_clipped, ("clipped-anatomy",)),
    ("Comparing with the printer", check_printer_size, ("printer-size",)),
    ("Measuring walls, pins and gaps", check_thin, ("wall-thickness", "feature-size", "gap")),
)
"""What is said while it runs, the check, and the codes of which it gives at least one finding each. A new check is
one more line."""


def check_mesh(
    mesh: Mesh,
    *,
    segmentation: Segmentation | None = None,
    against: Mesh | None = None,
    printer: Printer | None = None,
    voxel_mm: tuple[float, float, float] | None = None,
    layer_mm: float | None = None,
    accuracy_mm: float | None = None,
    clipped: Sequence[ClippedFace] | None = None,
    deviation: Deviation | None = None,
    process: Process | None = None,
    walls: Thickness | None = None,
    codes: Collection[str] | None = None,
    progress: Progress = silent,
) -> CheckResult:
    """Judge whether a model is ready to print, and whether it still shows what the scan shows.

    Parameters
    ----------
    mesh : Mesh
        The final model, LPS mm. It is judged as a program sees it that opens its STL file: see
        :mod:`~PrintPrepLib.check.subject`.
    segmentation : Segmentation, optional
        What it was made from: for completeness, mirroring, accuracy.
    against : Mesh, optional
        A surface to compare with, e.g. the one before smoothing and simplifying.
    printer : Printer, optional
        What it must fit into.
    voxel_mm : tuple of float, optional
        Voxel size i, j, k; taken from the segmentation where it is not given.
    layer_mm : float, optional
        Layer height of the print.
    accuracy_mm : float, optional
        Budget that 95 % of the surface must keep.
    clipped : sequence of ClippedFace, optional
        Where the field of view cut the structure; taken from the segmentation where it is not given.
    deviation : Deviation, optional
        How far ``mesh`` lies from ``against``, where that was measured already.
    process : Process, optional
        Printing process whose walls, pins and gaps are the limits; the printer's where it is not given.
    walls : Thickness, optional
        Wall thickness of ``mesh``, where it was measured already.
    codes : collection of str, optional
        Run only the checks that give one of these codes; by default all.
    progress : Progress
        May cancel between checks.

    Returns
    -------
    CheckResult
        Not ready as soon as one finding fails. Every subject has a finding, ``NOT_RUN`` where it had nothing to be
        run against.

    Raises
    ------
    TypeError
        ``mesh`` is not a Mesh.
    ValueError
        A size, height or budget is not a positive number.
    """
    if not isinstance(mesh, Mesh):
        raise TypeError(f"mesh must be a Mesh, got {type(mesh).__name__}")
    _check_positive("voxel_mm", voxel_mm)
    _check_positive("layer_mm", layer_mm)
    _check_positive("accuracy_mm", accuracy_mm)
    if voxel_mm is not None and len(voxel_mm) != 3:
        raise ValueError(f"voxel_mm must have 3 numbers, got {len(voxel_mm)}")
    if process is None and printer is not None:
        process = process_of(printer.process)
    if deviation is not None and against is None:
        raise ValueError("a deviation was given without the mesh that it was measured against")
    subject = Subject(
        mesh, segmentation, against, printer, voxel_mm, layer_mm, accuracy_mm, clipped, deviation, process, walls
    )
    findings = list(check_empty(subject))
    chosen = [row for row in CHECKS if codes is None or any(code in codes for code in row[2])]
    for number, (text, check, given) in enumerate(chosen):
        progress(number / len(chosen), text)
        if subject.seen.is_empty:
            findings += [not_run(code, "the model is empty.") for code in given]
        else:
            findings += check(subject)
    measures = _measures(subject)
    progress(1.0, "Checked")
    return CheckResult(tuple(findings), measures)


def _check_positive(name: str, value: float | tuple[float, ...] | None) -> None:
    for number in () if value is None else np.atleast_1d(np.asarray(value, np.float64)):
        if not (np.isfinite(number) and number > 0):
            raise ValueError(f"{name} must be positive, got {value}")


def _measures(subject: Subject) -> dict[str, Any]:
    mesh, seen = subject.mesh, subject.seen
    empty = seen.is_empty
    return {
        "volume_ml": mesh.volume_mm3 / 1000.0,
        "area_cm2": 0.0 if mesh.is_empty else mesh.area_mm2 / 100.0,
        "triangles": len(mesh.faces),
        "parts": 0 if empty else subject.shells.count,
        "open_edges": 0 if empty else subject.edges.open_edges,
        "non_manifold_edges": 0 if empty else subject.edges.non_manifold_edges,
        "self_intersections": 0 if empty else len(subject.contacts.faces),
        "true_crossings": 0 if empty else len(subject.crossings.faces),
        "size_mm": [0.0, 0.0, 0.0] if mesh.is_empty else mesh.size_mm.tolist(),
        "pieces": 0 if empty else len(subject.shells.pieces),
        "cavities": 0 if empty else int(subject.shells.cavity.sum()),
        "closed": subject.is_closed,
        "vertices": len(seen.without_unused_vertices().vertices),
    }
