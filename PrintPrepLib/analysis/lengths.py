"""Lengths that parallel jaws can measure on a model: between landmarks, along the axes, longest and least."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any

import numpy as np
from scipy.spatial import ConvexHull, QhullError

from ..errors import InputError
from ..mesh import FloatArray, Mesh
from ..spatial import index_of
from .jaws import Landing, landing_mm2, landing_of

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
_LETTERS = (("L", "R"), ("P", "A"), ("S", "I"))
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


@dataclass(frozen=True, eq=False)
class Length:
    """A length between two jaws that stand square to ``along``.

    Attributes
    ----------
    kind, name, note
        For people.
    from_mm, to_mm : (3,) float64
        Where the jaws touch, LPS mm.
    along : (3,) float64
        Unit vector from the first jaw to the second.
    length_mm : float
        Between the jaws.
    jaw_mm2 : tuple of float or None
        Surface on which each jaw rests; None for a jaw that lies flat on three points of the model.
    """

    kind: CaliperKind
    name: str
    from_mm: FloatArray
    to_mm: FloatArray
    along: FloatArray
    length_mm: float
    jaw_mm2: tuple[float | None, float | None]
    note: str = ""

    @property
    def landing(self) -> Landing:
        """What the jaw that rests worse finds."""
        return landing_of(min(area for area in self.jaw_mm2 if area is not None))


def lengths_of(mesh: Mesh) -> list[Length]:
    """Lengths by which a scale that is off along any axis shows: extents, longest diameters, and the least width."""
    rows = list(extents(mesh))
    hull = _hull(mesh)
    if hull is not None:
        rows += _diameters(mesh, hull, DIAMETERS)
        rows.append(_least_width(mesh, hull))
    return rows


def longest_diameter(mesh: Mesh) -> Length | None:
    """The longest diameter of a part; None of what is flat."""
    hull = _hull(mesh)
    return None if hull is None else _diameters(mesh, hull, 1)[0]


def landmark(mesh: Mesh, pair: CaliperPair) -> Length:
    """The length between two places, brought onto the surface.

    Raises
    ------
    InputError
        A place lies off the model, or both are one.
    """
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
    return _row(mesh, CaliperKind.LANDMARK, pair.name, (a, b), (b - a) / length, length, note)


def extents(mesh: Mesh) -> Iterator[Length]:
    """Extents along the patient's axes."""
    used = mesh.vertices[mesh.used_vertices]
    for axis, (letters, words) in enumerate(_AXES):
        direction = np.eye(3)[axis]
        low, high = int(used[:, axis].argmin()), int(used[:, axis].argmax())
        length = float(used[high, axis] - used[low, axis])
        name = f"Overall {letters} ({words})"
        note = "jaws square to this axis"
        yield _row(mesh, CaliperKind.EXTENT, name, (used[low], used[high]), direction, length, note)


def _hull(mesh: Mesh) -> ConvexHull | None:
    """Convex hull; None of what is flat."""
    try:
        return ConvexHull(mesh.vertices[mesh.used_vertices])
    except QhullError:
        return None


def _diameters(mesh: Mesh, hull: ConvexHull, count: int) -> list[Length]:
    """Longest diameters: pairs of points between which the model is longest round about, so that jaws square to them
    touch there and nowhere else.
    """
    corners = hull.points[hull.vertices]
    pairs = _double_normals(corners)
    ends = corners[pairs]
    across = ends[:, 1] - ends[:, 0]
    length = np.linalg.norm(across, axis=1)
    unit = across / length[:, None]
    rows: list[Length] = []
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
            _row(mesh, CaliperKind.DIAMETER, _diameter_name(unit[k], not rows), (ends[k, 0], ends[k, 1]),
                 unit[k], float(length[k]))
            for k in alike[np.argsort(-length[alike], kind="stable")][:12]
        ]  # fmt: skip
        order = list(Landing)
        rows.append(min(made, key=lambda row: (order.index(row.landing), -row.length_mm)))
        taken = rows[-1].along
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


def _least_width(mesh: Mesh, hull: ConvexHull) -> Length:
    """Width between parallel jaws of which one lies flat on a facet of the hull: where a caliper settles.

    The true least width of a body may lie between two edges; it is never more than this one.
    """
    normals = hull.equations[:, :3]
    corners = hull.points[hull.vertices]
    widths = -(normals @ corners.T + hull.equations[:, 3:])
    facet = int(widths.max(axis=1).argmin())
    far = corners[int(widths[facet].argmax())]
    middle = hull.points[hull.simplices[facet]].mean(axis=0)
    along = -normals[facet]
    name = f"Least width, {directions(normals[facet])} to {directions(along)}"
    note = "one jaw flat on three points; close the caliper gently, it finds the place by itself"
    jaws = (None, landing_mm2(mesh, far, along))
    return Length(CaliperKind.LEAST_WIDTH, name, middle, far, along, float(widths[facet].max()), jaws, note)


def directions(vector: FloatArray) -> str:
    """Name a direction in LPS by its letters, the strongest first: ``"L"``, ``"LP"``."""
    unit = np.asarray(vector, np.float64) / np.linalg.norm(vector)
    strong = [axis for axis in np.argsort(-np.abs(unit)).tolist() if abs(unit[axis]) > 0.35]
    return "".join(_LETTERS[axis][0 if unit[axis] > 0 else 1] for axis in strong)


def _row(
    mesh: Mesh, kind: CaliperKind, name: str, ends: tuple[FloatArray, FloatArray], along: FloatArray, length: float,
    note: str = "",
) -> Length:  # fmt: skip
    jaws = (landing_mm2(mesh, ends[0], -along), landing_mm2(mesh, ends[1], along))
    return Length(kind, name, ends[0], ends[1], along, length, jaws, note)
