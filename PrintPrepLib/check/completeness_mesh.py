"""Completeness against another surface: places of either that lie farther from the other than the tolerance.

The reference's surface outside the model, and the model's surface inside the reference, show what is missing; the
other two what is extra.
"""

from __future__ import annotations

from itertools import product

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from ..analysis.measured import MeasuredPoints
from ..finding import Finding, Severity
from ..mesh import FloatArray
from ..topology import face_parts
from .subject import Subject, not_run, place

TOLERANCE_MM = 0.5
"""Where no budget is given: the accuracy that surgical planning asks for."""

JOIN_TOLERANCES = 2.0
"""Points in the same or in touching cubes with sides of this many tolerances belong to one place."""

WORTH_NAMING_TOLERANCES = 3.0
"""A place smaller than a square of this many tolerances is a thorn that smoothing took; it fails nothing."""

MOST_SHELLS = 20_000
"""Of a reference with more separate surfaces they are not looked up one by one."""

_LISTED = 5
_CODES = ("completeness-missing", "completeness-extra")


def completeness_against_mesh(subject: Subject) -> list[Finding]:
    """Judge what a surface has that the other lacks, by distances both ways."""
    deviation = subject.from_reference
    if deviation is None or subject.against is None:
        return [not_run(code, "the mesh to compare with has no surface.") for code in _CODES]
    both = deviation.points_of_a, deviation.points_of_b
    tolerance = subject.accuracy_mm or TOLERANCE_MM
    volumes = (
        f"The reference holds {subject.against.volume_mm3 / 1000:.3f} ml, the model "
        f"{subject.mesh.volume_mm3 / 1000:.3f} ml. Differences of up to {tolerance:g} mm do not count."
    )
    missing = [_beyond(measured, -measured.signed_mm, tolerance) for measured in both]
    extra = [_beyond(measured, measured.signed_mm, tolerance) for measured in both]
    dropped = _dropped_share(subject, tolerance)
    return [
        _finding(
            _CODES[0], missing, tolerance, volumes, "is missing in the model",
            "All of the reference is in the model.", dropped,
        ),
        _finding(
            _CODES[1], extra, tolerance, volumes, "is in the model and not in the reference",
            "All of the model is in the reference.", "",
        ),
    ]  # fmt: skip


Evidence = tuple[FloatArray, FloatArray, FloatArray]
"""Points, how far each lies beyond, the area each stands for."""


def _beyond(measured: MeasuredPoints, depth_mm: FloatArray, tolerance: float) -> Evidence:
    chosen = np.flatnonzero(depth_mm > tolerance)
    return measured.points[chosen], depth_mm[chosen], measured.area_mm2(chosen)


def _finding(
    code: str,
    evidence: list[Evidence],
    tolerance: float,
    volumes: str,
    what: str,
    nothing: str,
    dropped: str,
) -> Finding:
    points, far, area = (np.concatenate(both) for both in zip(*evidence, strict=True))
    if not len(points):
        return Finding(code, Severity.PASS, f"{nothing} {volumes}", 0.0, tolerance, "mm")
    reach = JOIN_TOLERANCES * max(tolerance, float(np.sqrt(area.max(initial=0.0))))
    count, near = _groups(points, reach)
    areas = np.bincount(near, weights=area, minlength=count)
    deepest = np.full(count, -1.0)
    np.maximum.at(deepest, near, far)
    order = np.lexsort((-deepest, -areas))
    places = []
    for number in order[:_LISTED]:
        members = np.flatnonzero(near == number)
        at = points[members[far[members].argmax()]]
        places.append((areas[number], deepest[number], at))
    listed = "; ".join(
        f"{size:.3g} mm2 of surface up to {depth:.2f} mm away at ({at[0]:.1f}, {at[1]:.1f}, {at[2]:.1f})"
        for size, depth, at in places
    )
    more = f" (the largest {_LISTED} of {count} places)" if count > _LISTED else ""
    large = float(areas.max()) >= (WORTH_NAMING_TOLERANCES * tolerance) ** 2
    return Finding(
        code,
        Severity.FAIL if large else Severity.INFO,
        f"Something {what}: {listed}{more}. {dropped}{volumes}",
        float(far.max()),
        tolerance,
        "mm",
        place(places[0][2]),
        "Look at the places. If the change was meant, say so in the record; if not, go back to the step before.",
    )


def _groups(points: FloatArray, reach: float) -> tuple[int, npt.NDArray[np.int64]]:
    """Join points whose cubes of a grid are the same or touch: how many groups, and the group of each point."""
    cell = np.floor((points - points.min(axis=0)) / reach).astype(np.int64) + 1
    size = cell.max(axis=0) + 2
    step = np.array([size[1] * size[2], size[2], 1])
    keys, of_point = np.unique(cell @ step, return_inverse=True)
    pairs = [np.empty((2, 0), np.int64)]
    for offset in product((-1, 0, 1), repeat=3):
        if offset > (0, 0, 0):
            other = keys + np.array(offset) @ step
            found = np.minimum(np.searchsorted(keys, other), len(keys) - 1)
            hit = np.flatnonzero(keys[found] == other)
            pairs.append(np.stack([hit, found[hit]]))
    rows, columns = np.concatenate(pairs, axis=1)
    graph = coo_array((np.ones(len(rows), bool), (rows, columns)), shape=(len(keys), len(keys)))
    count, group = connected_components(graph, directed=False)
    return int(count), np.asarray(group[of_point.reshape(-1)], np.int64)


def _dropped_share(subject: Subject, tolerance: float) -> str:
    """Say how many whole shells of the reference are gone."""
    reference = subject.against
    if reference is None:
        return ""
    count, of_face = face_parts(reference)
    if count < 2 or count > MOST_SHELLS:
        return ""
    first = np.full(count, -1, np.int64)
    first[of_face[::-1]] = np.arange(len(of_face))[::-1]
    probes = reference.triangles[first].reshape(-1, 3)
    near = subject.index.closest(probes, tolerance).faces.reshape(-1, 3)
    gone = int((near < 0).all(axis=1).sum())
    return f"{gone} of the reference's {count} separate surfaces are not in the model. " if gone else ""
