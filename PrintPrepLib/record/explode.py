"""Moving the parts of an assembly apart, for pictures and for the panel."""

from __future__ import annotations

import numpy as np

from ..mesh import FloatArray
from ..shape.cut.assembly import Assembly, Part, PartKind, Seam

LEAST_SHARE = 0.15
"""Parts move apart by at least this share of the model's diagonal at factor 1. Ours: less is hardly seen."""
PIN_SHARE = 1.5
"""Parts move apart by at least this many lengths of the longest pin at factor 1, so that pins are seen whole. Ours."""
SIDEWAYS_WEIGHT = 0.1
"""Weight of "not sideways" against "apart by the distance". Ours: where seams form no loop nothing moves sideways
anyway; where they do, moving apart goes first."""


def exploded_offsets(assembly: Assembly, factor: float = 1.0) -> FloatArray:
    """How far each part moves so that all seams open, (k, 3), LPS mm.

    The faces of every seam move apart along its normal, all by one distance: at factor 1 the side of a square as
    large as the largest seam, more where pins are long or the seams are small. Whatever hangs on a part moves along
    with it. Where seams form a loop (a body cut in quarters) the distances are balanced by least squares. A dowel
    stays midway between the parts that it joins; parts without any seam stay where they are. The middle of what
    belongs together does not move.

    Parameters
    ----------
    assembly : Assembly
        Parts in their places.
    factor : float
        0 leaves all in place.
    """
    if not 0.0 <= factor < np.inf:
        raise ValueError(f"factor must not be negative, got {factor}")
    offsets = np.zeros((len(assembly.parts), 3))
    if not assembly.seams or factor == 0.0:
        return offsets
    offsets = _opened(assembly, factor * _distance(assembly))
    for number, part in enumerate(assembly.parts):
        if part.kind is PartKind.DOWEL:
            seam = nearest_seam(assembly, part.mesh.bounds.mean(axis=0))
            offsets[number] = 0.5 * (offsets[seam.below] + offsets[seam.above])
    return offsets


def nearest_seam(assembly: Assembly, point_mm: FloatArray) -> Seam:
    """Seam on whose faces a point lies, or the one that is nearest to it."""
    return assembly.seams[nearest_seam_number(assembly, point_mm)]


def nearest_seam_number(assembly: Assembly, point_mm: FloatArray) -> int:
    """Number of the seam on whose faces a point lies, or which is nearest to it."""
    away = []
    for seam in assembly.seams:
        x, y, z = seam.plane.to_local(np.asarray(point_mm)[None])[0]
        left, low, right, high = seam.outline.bounds()
        off = (max(left - x, x - right, 0.0), max(low - y, y - high, 0.0), max(abs(z) - 0.5 * seam.kerf_mm, 0.0))
        away.append(float(np.linalg.norm(off)))
    return int(np.argmin(away))


def _distance(assembly: Assembly) -> float:
    """Distance between the faces of every seam at factor 1."""
    faces = [float(np.sqrt(seam.area_mm2)) for seam in assembly.seams]
    low_corner = np.min([part.mesh.bounds[0] for part in assembly.parts], axis=0)
    high_corner = np.max([part.mesh.bounds[1] for part in assembly.parts], axis=0)
    pins = [PIN_SHARE * float(pin["length_mm"]) for pin in assembly.pins if "length_mm" in pin]
    return max(*faces, LEAST_SHARE * float(np.linalg.norm(high_corner - low_corner)), *pins, 0.0)


def _opened(assembly: Assembly, distance_mm: float) -> FloatArray:
    """Offsets (k, 3) at which the faces of every seam are a distance apart, as far as that goes."""
    count = len(assembly.parts)
    rows: list[FloatArray] = []
    wanted: list[float] = []
    for seam in assembly.seams:
        for axis, length in zip(seam.plane.axes, (0.0, 0.0, distance_mm), strict=True):
            weight = 1.0 if length else SIDEWAYS_WEIGHT
            row = np.zeros((count, 3))
            row[seam.above] += weight * axis
            row[seam.below] -= weight * axis
            rows.append(row.ravel())
            wanted.append(length)
    solved = np.linalg.lstsq(np.stack(rows), np.array(wanted), rcond=None)[0].reshape(count, 3)
    for group in _connected(assembly):  # the middle of what belongs together stays
        weights = np.array([_volume(assembly.parts[number]) for number in group])
        solved[group] -= np.average(solved[group], axis=0, weights=weights)
    return np.asarray(solved)


def _connected(assembly: Assembly) -> list[list[int]]:
    """Numbers of the parts that seams connect, group by group."""
    group = list(range(len(assembly.parts)))
    for seam in assembly.seams:
        old, new = group[seam.above], group[seam.below]
        group = [new if number == old else number for number in group]
    return [[number for number, name in enumerate(group) if name == chosen] for chosen in sorted(set(group))]


def _volume(part: Part) -> float:
    return max(abs(part.mesh.volume_mm3), 1e-9)
