"""The caliper table: lengths to measure on the print, with what was planned and by how much it may be off."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

import numpy as np
from scipy.spatial import ConvexHull, QhullError

from ..errors import InputError
from ..finding import Finding, Severity
from ..mesh import FloatArray, Mesh
from ..profiles.accuracy import Accuracy, accuracy_of
from ..shape.cut.assembly import Assembly
from ..spatial import index_of
from .landing import Landing, landing_mm2, landing_of
from .lettering import directions

DIAMETERS = 3
"""Longest diameters of the whole model; together with the three extents they catch a scale that is off along any
axis."""
APART_DEG = 35.0
"""Diameters lean so far from each other: nearer ones measure the same thing twice. Ours."""
ALIKE_SHARE = 0.97
"""Among diameters of nearly the same direction, one so long as this share of the longest is taken when the jaws rest
better on it. Ours."""
DIRECTIONS = 1500
"""Directions from which diameters are sought, even over the half sphere: about 3 degrees apart."""
STEPS = 20
"""From each direction the search climbs to a diameter that is longest round about; it stands still after a few
steps."""
OFF_SURFACE_MM = 5.0
"""A landmark further from the model is not on it: it belongs to another case, or its signs are those of RAS."""
MOST_PARTS = 8
"""Parts that get a row of their own, in their order."""
_AXES = (("R-L", "right to left"), ("A-P", "front to back"), ("S-I", "top to bottom"))


class CaliperKind(Enum):
    """What a row of the table measures. ``LANDMARK`` is point to point, all others lie between parallel jaws."""

    LANDMARK = "landmark"
    EXTENT = "extent"
    DIAMETER = "diameter"
    LEAST_WIDTH = "least width"
    PART = "part"


@dataclass(frozen=True)
class CaliperPair:
    """Two places, LPS mm, between which people want the distance."""

    name: str
    from_mm: tuple[float, float, float]
    to_mm: tuple[float, float, float]


@dataclass(frozen=True)
class Caliper:
    """One row of the table; what was measured is for people to fill in."""

    id: str
    kind: CaliperKind
    name: str
    from_mm: tuple[float, float, float]
    to_mm: tuple[float, float, float]
    planned_mm: float
    tolerance_mm: float
    tolerance_source: str
    landing: Landing
    note: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {
            "id": self.id,
            "kind": self.kind.value,
            "name": self.name,
            "from_mm": list(self.from_mm),
            "to_mm": list(self.to_mm),
            "planned_mm": self.planned_mm,
            "tolerance_mm": self.tolerance_mm,
            "tolerance_source": self.tolerance_source,
            "landing": self.landing.value,
            "note": self.note,
            "measured_mm": None,
            "difference_mm": None,
            "within": None,
        }


def caliper_table(
    mesh: Mesh, accuracy: Accuracy, pairs: Sequence[CaliperPair] = (), assembly: Assembly | None = None
) -> tuple[Caliper, ...]:
    """Choose lengths that can be measured on the print, the wanted pairs first.

    After the pairs come the extents along the patient's axes, the longest diameters, the least width (on which a
    caliper settles by itself, one jaw flat on three points), and of a model in parts the longest diameter of each.
    Where several diameters serve as well, the one is taken on which the jaws rest best.

    Parameters
    ----------
    mesh : Mesh
        The final model, LPS mm.
    accuracy : Accuracy
        Of the printing process.
    pairs : sequence of CaliperPair
        Brought onto the nearest place of the surface; the row says by how much.
    assembly : Assembly, optional
        The model in parts.

    Raises
    ------
    InputError
        A place of a pair lies off the model, or both its places are one.
    """
    rows = [_landmark(mesh, accuracy, pair) for pair in pairs]
    rows += _extents(mesh, accuracy)
    hull = _hull(mesh)
    if hull is not None:
        rows += _diameters(mesh, hull, accuracy, DIAMETERS)
        rows.append(_least_width(mesh, hull, accuracy))
    if assembly is not None:
        for part in assembly.bodies[:MOST_PARTS]:
            own = _hull(part.mesh)
            if own is not None:
                (row,) = _diameters(part.mesh, own, accuracy, 1)
                name = f"{part.name}: {row.name[0].lower()}{row.name[1:]}"
                rows.append(replace(row, kind=CaliperKind.PART, name=name))
    return tuple(replace(row, id=f"M{number}") for number, row in enumerate(rows, 1))


def on_model(mesh: Mesh, pairs: Sequence[CaliperPair]) -> tuple[tuple[CaliperPair, ...], list[Finding]]:
    """Tell pairs that can be measured on a model from those that cannot; a warning says why of each of these."""
    good, wrong = [], []
    for pair in pairs:
        try:
            _landmark(mesh, accuracy_of(None), pair)
        except InputError as error:
            wrong.append(Finding("caliper-off-model", Severity.WARN, str(error), pair.name))
        else:
            good.append(pair)
    return tuple(good), wrong


def carried(pairs: Sequence[CaliperPair], to_model: FloatArray | None) -> tuple[CaliperPair, ...]:
    """Return pairs that were given in the patient's coordinates where a model lies that was mirrored or scaled."""
    if to_model is None:
        return tuple(pairs)

    def there(place: tuple[float, float, float]) -> tuple[float, float, float]:
        x, y, z = (to_model[:3, :3] @ np.asarray(place) + to_model[:3, 3]).tolist()
        return x, y, z

    return tuple(replace(pair, from_mm=there(pair.from_mm), to_mm=there(pair.to_mm)) for pair in pairs)


def _landmark(mesh: Mesh, accuracy: Accuracy, pair: CaliperPair) -> Caliper:
    wanted = np.array([pair.from_mm, pair.to_mm], np.float64)
    found = index_of(mesh).closest(wanted)
    off = np.linalg.norm(found.points - wanted, axis=1)
    if off.max() > OFF_SURFACE_MM:
        place = ", ".join(f"{value:g}" for value in wanted[int(off.argmax())])
        raise InputError(
            f"Caliper '{pair.name}': the place ({place}) lies {off.max():.1f} mm off the model. Give places on its "
            "surface in LPS millimeters; of RAS coordinates turn the first two signs."
        )
    a, b = found.points
    length = float(np.linalg.norm(b - a))
    if length < 1e-6:
        raise InputError(f"Caliper '{pair.name}': both places are one place on the model. Give two different ones.")
    note = f"brought onto the surface by {off.max():.2f} mm" if off.max() >= 0.005 else ""
    return _row(mesh, accuracy, CaliperKind.LANDMARK, pair.name, (a, b), (b - a) / length, length, note)


def _extents(mesh: Mesh, accuracy: Accuracy) -> Iterator[Caliper]:
    used = mesh.vertices[mesh.used_vertices]
    for axis, (letters, words) in enumerate(_AXES):
        direction = np.eye(3)[axis]
        low, high = int(used[:, axis].argmin()), int(used[:, axis].argmax())
        length = float(used[high, axis] - used[low, axis])
        name = f"Overall {letters} ({words})"
        note = "jaws square to this axis"
        yield _row(mesh, accuracy, CaliperKind.EXTENT, name, (used[low], used[high]), direction, length, note)


def _hull(mesh: Mesh) -> ConvexHull | None:
    """Convex hull; None of what is flat."""
    try:
        return ConvexHull(mesh.vertices[mesh.used_vertices])
    except QhullError:
        return None


def _diameters(mesh: Mesh, hull: ConvexHull, accuracy: Accuracy, count: int) -> list[Caliper]:
    """Longest diameters: pairs of points between which the model is longest round about, so that jaws square to them
    touch there and nowhere else.
    """
    corners = hull.points[hull.vertices]
    pairs = _double_normals(corners)
    ends = corners[pairs]
    across = ends[:, 1] - ends[:, 0]
    length = np.linalg.norm(across, axis=1)
    unit = across / length[:, None]
    rows: list[Caliper] = []
    free = np.ones(len(pairs), bool)
    for first in np.argsort(-length, kind="stable"):
        if len(rows) == count:
            break
        if not free[first]:
            continue
        leaning = np.abs(unit @ unit[first])
        alike = np.flatnonzero(
            free & (leaning >= np.cos(np.radians(APART_DEG))) & (length >= ALIKE_SHARE * length[first])
        )
        made = [
            _row(mesh, accuracy, CaliperKind.DIAMETER, _diameter_name(unit[k], not rows), (ends[k, 0], ends[k, 1]),
                 unit[k], float(length[k]))
            for k in alike[np.argsort(-length[alike], kind="stable")][:12]
        ]  # fmt: skip
        order = list(Landing)
        rows.append(min(made, key=lambda row: (order.index(row.landing), -row.planned_mm)))
        taken = np.array(rows[-1].to_mm) - np.array(rows[-1].from_mm)
        taken /= np.linalg.norm(taken)
        free &= np.abs(unit @ taken) < np.cos(np.radians(APART_DEG))
        free &= leaning < np.cos(np.radians(APART_DEG))
    return rows


def _diameter_name(unit: FloatArray, first: bool) -> str:
    a, b = directions(-unit), directions(unit)
    return f"{'Longest' if first else 'Long'} diameter, {a} to {b}"


def _double_normals(corners: FloatArray) -> Any:
    """Numbers (k, 2) of corner pairs that are extreme along the line through both, found by climbing."""
    turn = np.arange(DIRECTIONS) * np.pi * (3.0 - np.sqrt(5.0))
    height = (np.arange(DIRECTIONS) + 0.5) / DIRECTIONS  # half a sphere: a direction and its opposite are one
    flat = np.sqrt(1.0 - height**2)
    along = np.column_stack([flat * np.cos(turn), flat * np.sin(turn), height])
    for _ in range(STEPS):
        reach = corners @ along.T
        pairs = np.column_stack([reach.argmin(axis=0), reach.argmax(axis=0)])
        across = corners[pairs[:, 1]] - corners[pairs[:, 0]]
        new = across / np.linalg.norm(across, axis=1, keepdims=True)
        still = np.abs(new - along).max(axis=1) < 1e-12
        along = new
        if still.all():
            break
    return np.unique(np.sort(pairs[still] if still.any() else pairs, axis=1), axis=0)


def _least_width(mesh: Mesh, hull: ConvexHull, accuracy: Accuracy) -> Caliper:
    """Width between parallel jaws of which one lies flat on a facet of the hull: where a caliper settles.

    The true least width of a body may lie between two edges; it is never more than this one.
    """
    normals = hull.equations[:, :3]
    corners = hull.points[hull.vertices]
    widths = -(normals @ corners.T + hull.equations[:, 3:])
    facet = int(widths.max(axis=1).argmin())
    far = corners[int(widths[facet].argmax())]
    middle = hull.points[hull.simplices[facet]].mean(axis=0)
    length = float(widths[facet].max())
    name = f"Least width, {directions(normals[facet])} to {directions(-normals[facet])}"
    note = "one jaw flat on three points; close the caliper gently, it finds the place by itself"
    row = _row(mesh, accuracy, CaliperKind.LEAST_WIDTH, name, (middle, far), -normals[facet], length, note)
    other = landing_of(landing_mm2(mesh, far, -normals[facet]))
    return replace(row, landing=other)


def _row(
    mesh: Mesh, accuracy: Accuracy, kind: CaliperKind, name: str, ends: tuple[FloatArray, FloatArray],
    along: FloatArray, length: float, note: str = "",
) -> Caliper:  # fmt: skip
    worse = min(landing_mm2(mesh, ends[0], -along), landing_mm2(mesh, ends[1], along))
    a, b = (tuple(round(float(value), 3) for value in end) for end in ends)
    planned = round(length, 3)
    return Caliper(
        "", kind, name, (a[0], a[1], a[2]), (b[0], b[1], b[2]), planned,
        round(accuracy.tolerance_mm(planned), 3), accuracy.source, landing_of(worse), note,
    )  # fmt: skip
