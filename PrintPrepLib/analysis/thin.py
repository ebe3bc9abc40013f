"""Thin places of a model as a list: where, how large, how thin, and what they are."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from ..errors import InputError
from ..mesh import FloatArray, Mesh
from ..spatial import index_of
from ..topology import face_parts
from .thickness import Side, Thickness, vertex_areas

Int64Array = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

CELL_SHARE = 0.5
"""Thin vertices whose balls rest in the same cube, with this share of the limit as its side, belong to one wall: so
both sides of a wall are one place."""
RIM_REACH = 3.0
"""A thin place that reaches no farther than this many limits from its own sharp edge is the rim of something thick."""
RIM_WIDTH = 2.5
"""Each side of a rim is a strip of at most this many limits along its edge: a larger place with some sharp vertices in
it is a rough wall."""
RIM_SHARE = 0.1
"""At a sharp rim the thickness goes down to less than this share of the limit."""
OPENING_REACH = 10.0
"""A rim that looks at another part of the model within this many limits goes round an opening."""
RIM_BALLS = 16
"""Balls nearest to a rim that tell where its wall lies."""
PIN_SPREAD = 0.6
"""Balls of a pin rest along a line: across it they spread by less than this share of their radius."""
PIN_REACH = 3.0
"""The neighborhood of a ball in which that is looked for, in radii,"""
PIN_SIDES = 2.5
"""but at least so many sides of a triangle: nearer there are no other balls."""
SAMPLES = 24
"""Vertices of a place at which its form is judged."""
NEIGHBORS = 200
"""So many balls round each of them are enough."""
WIDE_SHARE = 0.5
"""A form belongs to a place when more than this share of its samples shows it."""


class Form(Enum):
    """What a thin place is."""

    WALL = "wall"
    RIM = "sharp rim"
    OPENING = "edge of an opening"
    PIN = "pin or spike"
    GAP = "gap"


@dataclass(frozen=True)
class ThinRegion:
    """One connected thin place.

    Attributes
    ----------
    number : int
        Counted from 1, the largest area first.
    center_mm : tuple of float
        A vertex in the middle of the place, LPS.
    area_mm2 : float
        Surface, both sides of a wall together.
    min_mm, typical_mm : float
        Smallest thickness, and the median by area away from sharp rims.
    min_at_mm : tuple of float
        Where it is smallest.
    form : Form
        A wall, a rim, a pin, a gap.
    part : int
        Piece of the model it lies on, the largest piece first, from 1.
    location : str
        Where in the model's box, in the patient's words.
    """

    number: int
    center_mm: tuple[float, float, float]
    area_mm2: float
    min_mm: float
    typical_mm: float
    min_at_mm: tuple[float, float, float]
    form: Form
    part: int
    location: str

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {
            "number": self.number,
            "center_mm": list(self.center_mm),
            "area_mm2": self.area_mm2,
            "min_mm": self.min_mm,
            "typical_mm": self.typical_mm,
            "min_at_mm": list(self.min_at_mm),
            "form": self.form.value,
            "part": self.part,
            "location": self.location,
        }


@dataclass(frozen=True, eq=False)
class ThinPlaces:
    """The list, and the region's number at every vertex (0 where it is not thin)."""

    limit_mm: float
    regions: tuple[ThinRegion, ...]
    of_vertex: Int64Array

    def of_form(self, *forms: Form) -> tuple[ThinRegion, ...]:
        """Regions of these forms."""
        return tuple(region for region in self.regions if region.form in forms)


def thin_places(mesh: Mesh, thickness: Thickness, limit_mm: float) -> ThinPlaces:
    """List connected places that are strictly thinner (narrower) than a limit.

    Parameters
    ----------
    mesh : Mesh
        What was measured.
    thickness : Thickness
        Its walls or gaps.
    limit_mm : float
        Above zero and not above ``thickness.max_mm``.

    Raises
    ------
    InputError
        A limit that was not measured, or a thickness of another mesh.
    """
    if not 0.0 < limit_mm <= thickness.max_mm:
        raise InputError(
            f"The limit must be above zero and at most the largest thickness that was looked for, "
            f"{thickness.max_mm:g} mm; got {limit_mm:g} mm."
        )
    if len(thickness.thickness_mm) != len(mesh.vertices):
        raise InputError("The thickness was measured on another mesh.")
    thin = thickness.thickness_mm < limit_mm
    of_vertex = np.zeros(len(mesh.vertices), np.int64)
    if not thin.any():
        return ThinPlaces(limit_mm, (), of_vertex)
    count, label = _connected(mesh, thickness, thin, limit_mm)
    area = vertex_areas(mesh)
    total = np.bincount(label[thin], weights=area[thin], minlength=count)
    order = np.argsort(-total, kind="stable")
    rank = np.empty(count, np.int64)
    rank[order] = np.arange(count)
    of_vertex[thin] = rank[label[thin]] + 1
    members = np.argsort(of_vertex, kind="stable")
    begin = np.searchsorted(of_vertex[members], np.arange(1, count + 2))
    pieces = _pieces_by_size(mesh)
    forms = _Forms(mesh, thickness, limit_mm, area)
    regions = []
    for number in range(count):
        vertices = members[begin[number] : begin[number + 1]]
        regions.append(_region(number + 1, mesh, thickness, vertices, area, pieces, forms))
    return ThinPlaces(limit_mm, tuple(regions), of_vertex)


def _connected(mesh: Mesh, thickness: Thickness, thin: BoolArray, limit_mm: float) -> tuple[int, Int64Array]:
    """Join thin vertices along edges, and across the wall through the place where their balls rest."""
    vertices = np.flatnonzero(thin)
    number = np.full(len(thin), -1, np.int64)
    number[vertices] = np.arange(len(vertices))
    sides = np.concatenate([mesh.faces[:, (0, 1)], mesh.faces[:, (1, 2)], mesh.faces[:, (2, 0)]])
    sides = number[sides[thin[sides].all(axis=1)]]
    cell = np.floor(thickness.centers_mm[vertices] / (CELL_SHARE * limit_mm)).astype(np.int64)
    _, of_cell = np.unique(cell, axis=0, return_inverse=True)
    of_cell = of_cell.reshape(-1) + len(vertices)
    rows = np.concatenate([sides[:, 0], np.arange(len(vertices))])
    columns = np.concatenate([sides[:, 1], of_cell])
    size = int(of_cell.max()) + 1
    graph = coo_array((np.ones(len(rows), bool), (rows, columns)), shape=(size, size))
    _, label = connected_components(graph, directed=False)
    used, label_of_thin = np.unique(label[: len(vertices)], return_inverse=True)
    out = np.full(len(thin), -1, np.int64)
    out[vertices] = label_of_thin.reshape(-1)
    return len(used), out


def _pieces_by_size(mesh: Mesh) -> Int64Array:
    """Piece of every vertex, the one with most area 1."""
    count, of_face = face_parts(mesh)
    size = np.bincount(of_face, weights=mesh.face_areas_mm2(), minlength=count)
    rank = np.empty(count, np.int64)
    rank[np.argsort(-size, kind="stable")] = np.arange(1, count + 1)
    out = np.zeros(len(mesh.vertices), np.int64)
    out[mesh.faces.ravel()] = np.repeat(rank[of_face], 3)
    return out


def _region(
    number: int,
    mesh: Mesh,
    thickness: Thickness,
    vertices: Int64Array,
    area: FloatArray,
    pieces: Int64Array,
    forms: _Forms,
) -> ThinRegion:
    value = thickness.thickness_mm[vertices]
    weight = area[vertices]
    points = mesh.vertices[vertices]
    middle = np.average(points, axis=0, weights=weight) if weight.sum() > 0.0 else points.mean(axis=0)
    center = points[((points - middle) ** 2).sum(axis=1).argmin()]
    by_value = np.argsort(value, kind="stable")
    # Sharp rims, where the thickness goes to nothing, say little about the wall that ends there.
    body = by_value[value[by_value] >= RIM_SHARE * forms.limit_mm]
    body = body if len(body) else by_value
    share = np.cumsum(weight[body])
    typical = value[body[min(int(np.searchsorted(share, share[-1] / 2.0)), len(body) - 1)]]
    return ThinRegion(
        number=number,
        center_mm=_place(center),
        area_mm2=float(weight.sum()),
        min_mm=float(value[by_value[0]]),
        typical_mm=float(typical),
        min_at_mm=_place(points[by_value[0]]),
        form=forms.of(vertices),
        part=int(pieces[vertices[0]]),
        location=_location(mesh, center),
    )


class _Forms:
    """Tells what a thin place is from its sharp edges and from how its balls lie."""

    def __init__(self, mesh: Mesh, thickness: Thickness, limit_mm: float, area: FloatArray) -> None:
        self._mesh, self._thickness, self._area, self.limit_mm = mesh, thickness, area, limit_mm
        value = thickness.thickness_mm
        resting = np.isfinite(value) & (value >= RIM_SHARE * limit_mm)
        self._resting = cKDTree(thickness.centers_mm[resting]) if resting.any() else None
        self._sharp = value < RIM_SHARE * limit_mm
        faces = mesh.faces[self._sharp[mesh.faces].sum(axis=1) >= 2]
        sides = np.concatenate([faces[:, (0, 1)], faces[:, (1, 2)], faces[:, (2, 0)]])
        sides = np.unique(np.sort(sides[self._sharp[sides].all(axis=1)], axis=1), axis=0)
        half = np.linalg.norm(mesh.vertices[sides[:, 1]] - mesh.vertices[sides[:, 0]], axis=1) / 2.0
        self._rim_mm = np.bincount(sides.ravel(), weights=np.repeat(half, 2), minlength=len(value))

    def of(self, vertices: Int64Array) -> Form:
        if self._thickness.side is Side.GAP:
            return Form.GAP
        sharp = self._sharp[vertices]
        strip = 2.0 * RIM_WIDTH * self.limit_mm * self._rim_mm[vertices].sum()
        if sharp.any() and self._area[vertices].sum() <= strip:
            points = self._mesh.vertices[vertices]
            far, _ = cKDTree(points[sharp]).query(points)
            if np.max(far) <= RIM_REACH * self.limit_mm:
                return Form.OPENING if self._faces_the_model(vertices[sharp]) else Form.RIM
        return Form.PIN if self._is_pin(vertices[~sharp]) else Form.WALL

    @cached_property
    def _side_mm(self) -> FloatArray:
        """Mean length of the triangle sides at each vertex, (n,)."""
        size = len(self._mesh.vertices)
        corners = [self._mesh.faces[:, k] for k in range(3)]
        ends = [self._mesh.vertices[corner] for corner in corners]
        total, uses = np.zeros(size), np.zeros(size)
        for k, corner in enumerate(corners):
            side = ends[k] - ends[(k + 1) % 3]
            total += np.bincount(corner, weights=np.sqrt(np.einsum("ij,ij->i", side, side)), minlength=size)
            uses += np.bincount(corner, minlength=size)
        return np.asarray(total / np.maximum(uses, 1.0), np.float64)

    def _faces_the_model(self, vertices: Int64Array) -> bool:
        """Whether the rim looks at another part nearby: away from where the balls beside it rest."""
        if self._resting is None:
            return False
        chosen = _some(vertices)
        points = self._mesh.vertices[chosen]
        _, near = self._resting.query(points, k=min(RIM_BALLS, self._resting.n))
        behind = np.asarray(self._resting.data)[np.asarray(near).reshape(len(points), -1)].mean(axis=1)
        away = points - behind
        length = np.linalg.norm(away, axis=1, keepdims=True)
        usable = length[:, 0] > 0.0
        if not usable.any():
            return False
        away = away[usable] / length[usable]
        start = points[usable] + 1e-3 * self.limit_mm * away
        hit, _ = index_of(self._mesh).first_hit(start, away, OPENING_REACH * self.limit_mm)
        return bool(np.isfinite(hit).mean() > WIDE_SHARE)

    def _is_pin(self, vertices: Int64Array) -> bool:
        """Balls round one that rest along a line, not over a sheet."""
        if self._resting is None or len(vertices) == 0:
            return False
        chosen = _some(vertices)
        radius = self._thickness.thickness_mm[chosen] / 2.0
        centers = self._thickness.centers_mm[chosen]
        spread = np.zeros((len(chosen), 3, 3))
        neighbors = self._resting.query_ball_point(
            centers, np.maximum(PIN_REACH * radius, PIN_SIDES * self._side_mm[chosen])
        )
        for found, matrix in zip(neighbors, spread, strict=True):
            near = self._resting.data[found[:: max(1, len(found) // NEIGHBORS)]]
            if len(near) > 2:
                away = near - near.mean(axis=0)
                matrix[:] = away.T @ away / (len(near) - 1)
        across = np.sqrt(np.maximum(np.linalg.eigvalsh(spread)[:, 1], 0.0))
        return bool(np.count_nonzero(across < PIN_SPREAD * radius) > WIDE_SHARE * len(chosen))


def _some(vertices: Int64Array) -> Int64Array:
    count = min(SAMPLES, len(vertices))
    return vertices[np.arange(count) * len(vertices) // count]


def _location(mesh: Mesh, point: FloatArray) -> str:
    """Third of the model's box along each patient axis; LPS: left, posterior and superior count up."""
    low, high = mesh.bounds
    share = (point - low) / np.maximum(high - low, 1e-9)
    words = (("right", "", "left"), ("front", "", "back"), ("bottom", "", "top"))
    said = [word[min(int(3.0 * s), 2)] for word, s in zip(words, share, strict=True)]
    return " ".join(word for word in said if word) or "middle"


def _place(point: FloatArray) -> tuple[float, float, float]:
    x, y, z = point.tolist()
    return x, y, z
