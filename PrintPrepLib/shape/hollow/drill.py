"""Drills round holes through a wall without touching a triangle that the hole does not meet.

The boolean is done on the triangles round the hole alone: they are closed by cones to a point far down the axis, which
stay outside of the hole, the hole is taken off by manifold3d, and what came of the triangles goes back to its place.
That nothing but the hole has changed is proven each time: the border of the piece is the same, and the piece has lost
two discs and won one tube (its Euler characteristic fell by two).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ...engine import is_compiled
from ...errors import GeometryError, MissingPackageError
from ...mesh import FloatArray, IntArray, Mesh
from ...topology import face_parts

SIDES = 48
"""Sides of a drilled hole; its flats, not its corners, keep the diameter: a 5 mm drill passes."""
MARGIN_SHARE = 0.25
"""Triangles within this share of the radius round the hole belong to the piece that is cut."""
APEX_SHARE = 1000.0
"""How far down the axis the cones end, in sizes of the piece: they lean by a thousandth."""
TURNS = (0.13, 0.61, 1.27)
"""Turns of the polygon, as shares of a side, tried where a hole would leave a triangle that no STL file can hold."""
THIN_SHARE = 4.0
"""A new triangle must be higher than so many steps of single precision, or an STL file may fold it over."""

Bools = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.int64]
Triples = npt.NDArray[np.integer[Any]]


@dataclass(frozen=True, eq=False)
class Bore:
    """A hole to be drilled: a cylinder from a middle point along an axis.

    ``start`` (3,) lies in the hollow, ``axis`` (3,) is the unit direction out of it, ``length_mm`` reaches beyond the
    outer surface.
    """

    start: FloatArray
    axis: FloatArray
    radius_mm: float
    length_mm: float


class Work:
    """A mesh in which holes are drilled one after the other; triangles keep their order and their kind."""

    OUTER, CAVITY, DRAIN = 0, 1, 2

    def __init__(self, mesh: Mesh, kind: npt.NDArray[np.int8]) -> None:
        self.vertices = np.array(mesh.vertices)
        self.faces: IntArray = np.array(mesh.faces)
        self.kind = kind
        self._outer = int(np.count_nonzero(kind == self.OUTER))
        self._own = np.ones(len(self.faces), bool)  # as they were before the first hole

    @property
    def outer_cut(self) -> int:
        """Triangles of the outer surface that are no longer there as they were."""
        return self._outer - int(np.count_nonzero(self._own & (self.kind == self.OUTER)))

    def drill(self, bore: Bore) -> bool:
        """Drill one hole; return False, and change nothing, where it does not come out as one clean hole."""
        frame = np.array([*_across(bore.axis), bore.axis])
        margin = MARGIN_SHARE * bore.radius_mm
        piece = self._piece(bore, frame, margin)
        if not len(piece):
            return False
        faces = self.faces[piece]
        border = _border(faces)
        radius = bore.radius_mm / np.cos(np.pi / SIDES)
        flat = (self.vertices[border] - bore.start) @ frame[:2].T
        if len(border) and _distance_to_origin(flat[:, 0], flat[:, 1]).min() < radius + 0.5 * margin:
            return False
        for turn in TURNS:
            done = self._cut(bore, frame, piece, border, radius, turn)
            if done is not None:
                self._put_back(piece, *done)
                return True
        return False

    def _piece(self, bore: Bore, frame: FloatArray, margin: float) -> Rows:
        """Triangles near the hole."""
        ends = np.array([bore.start, bore.start + bore.length_mm * bore.axis])
        reach = bore.radius_mm + margin
        low, high = ends.min(axis=0) - reach, ends.max(axis=0) + reach
        rows = _meeting_box(self.vertices, self.faces, low, high)
        local = (self.vertices[self.faces[rows]] - bore.start) @ frame.T
        low = np.array([-reach, -reach, -margin])
        high = np.array([reach, reach, bore.length_mm + margin])
        return np.asarray(rows[((local.max(axis=1) >= low) & (local.min(axis=1) <= high)).all(axis=1)])

    def _cut(
        self, bore: Bore, frame: FloatArray, piece: Rows, border: Triples, radius: float, turn: float
    ) -> tuple[FloatArray, Triples, npt.NDArray[np.int8], Bools] | None:
        """New vertices, triangles (numbers beyond the old vertices are new ones), kinds, and which are as they were.

        None where it fails.
        """
        faces = self.faces[piece]
        used = np.unique(faces)
        place = np.full(len(self.vertices), -1)
        place[used] = np.arange(len(used))
        points = self.vertices[used]
        size = float(np.linalg.norm(np.ptp(points, axis=0)))
        _, part = face_parts(Mesh(points, place[faces]))
        owner = dict(zip(faces.ravel().tolist(), np.repeat(part, 3).tolist(), strict=True))
        apex = len(points) + np.array([owner[vertex] for vertex in border[:, 0].tolist()], np.int64)
        cones = np.stack([place[border[:, 1]], place[border[:, 0]], apex], axis=1)
        tip = bore.start - APEX_SHARE * size * bore.axis
        corners = np.concatenate([points, np.repeat(tip[None], int(part.max()) + 1, axis=0)])
        found = _subtract(corners, np.concatenate([place[faces], cones]), _prism(bore, frame, radius, turn))
        if found is None:
            return None
        vertices, triangles, source = found
        keep = source < len(faces)  # cones go; the wall of the hole has the number -1
        triangles, source = triangles[keep], source[keep]
        old = {point.tobytes(): int(number) for point, number in zip(points, used, strict=True)}
        target = np.empty(len(vertices), np.int64)
        new: list[FloatArray] = []
        for row in np.unique(triangles):
            known = old.get(vertices[row].tobytes())
            if known is None:
                known = len(self.vertices) + len(new)
                old[vertices[row].tobytes()] = known
                new.append(vertices[row])
            target[row] = known
        made = target[triangles]
        if not _same_border(border, _border(made)) or _euler(made) != _euler(faces) - 2:
            return None
        added = np.array(new).reshape(-1, 3)
        same = _unchanged(made, source, faces)
        if not _storable(np.concatenate([self.vertices, added]), made[~same]):
            return None
        same[same] = self._own[piece][source[same]]
        kind = np.where(source >= 0, self.kind[piece][np.maximum(source, 0)], np.int8(self.DRAIN)).astype(np.int8)
        return added, made.astype(self.faces.dtype), kind, same

    def _put_back(
        self, piece: Rows, vertices: FloatArray, faces: Triples, kind: npt.NDArray[np.int8], own: Bools
    ) -> None:
        self.vertices = np.concatenate([self.vertices, vertices])
        room = len(piece)
        if len(faces) < room:  # a triangle that is repeated would be no surface: those left over go
            stay = np.ones(len(self.faces), bool)
            stay[piece[len(faces) :]] = False
            self.faces, self.kind, self._own = self.faces[stay], self.kind[stay], self._own[stay]
            piece = piece[: len(faces)]  # they lie before those that went: piece is ascending
        self.faces[piece], self.kind[piece], self._own[piece] = faces[:room], kind[:room], own[:room]
        if len(faces) > room:
            self.faces = np.concatenate([self.faces, faces[room:]])
            self.kind = np.concatenate([self.kind, kind[room:]])
            self._own = np.concatenate([self._own, own[room:]])


def _meeting_box(vertices: FloatArray, faces: Triples, low: FloatArray, high: FloatArray) -> Rows:
    """Rows (k,) of the triangles of which no side of a box has all corners beyond it."""
    if is_compiled():
        from ...surface import _kernels_nearby as kernels

        meets = np.zeros(len(faces), bool)
        kernels.near_boxes(vertices, faces, low[None], high[None], meets)
        return np.flatnonzero(meets)
    beyond = np.zeros(len(vertices), np.uint8)  # a bit for each side of the box that a corner lies beyond
    for axis in range(3):
        beyond |= (vertices[:, axis] < low[axis]).view(np.uint8) << (2 * axis)
        beyond |= (vertices[:, axis] > high[axis]).view(np.uint8) << (2 * axis + 1)
    a, b, c = (beyond[faces[:, corner]] for corner in range(3))
    return np.flatnonzero(a & b & c == 0)


def _subtract(corners: FloatArray, faces: Triples, prism: Mesh) -> tuple[FloatArray, Triples, Rows] | None:
    """Take a convex solid off; each triangle of the result with the number of the one it came of, -1 of the solid."""
    try:
        import manifold3d
    except ImportError as error:
        raise MissingPackageError(
            "Drains need the Python package 'manifold3d'. Install it and try again, or ask for no drains."
        ) from error
    own = int(manifold3d.Manifold.reserve_ids(1))
    solid = manifold3d.Manifold(
        manifold3d.Mesh64(
            vert_properties=np.ascontiguousarray(corners),
            tri_verts=np.ascontiguousarray(faces, np.uint64),
            run_index=np.array([0, 3 * len(faces)], np.uint64),
            run_original_id=np.array([own], np.uint32),
            face_id=np.arange(len(faces), dtype=np.uint64),
        )
    )
    if solid.status() != manifold3d.Error.NoError:
        return None
    out = (solid - prism.to_manifold()).to_mesh64()
    triangles = np.asarray(out.tri_verts).astype(np.int64)
    if not len(triangles):
        return None
    source = np.full(len(triangles), -1, np.int64)
    starts = np.asarray(out.run_index).astype(np.int64) // 3
    for run, number in enumerate(np.asarray(out.run_original_id).tolist()):
        if number == own:
            rows = slice(int(starts[run]), int(starts[run + 1]))
            source[rows] = np.asarray(out.face_id).astype(np.int64)[rows]
    return np.ascontiguousarray(np.asarray(out.vert_properties)[:, :3]), triangles, source


def _prism(bore: Bore, frame: FloatArray, radius: float, turn: float) -> Mesh:
    angle = 2.0 * np.pi * (np.arange(SIDES) + turn) / SIDES
    ring = radius * (np.cos(angle)[:, None] * frame[0] + np.sin(angle)[:, None] * frame[1])
    low, high = bore.start + ring, bore.start + bore.length_mm * bore.axis + ring
    at = np.arange(SIDES)
    following = (at + 1) % SIDES
    sides = [np.stack([at, following, following + SIDES], 1), np.stack([at, following + SIDES, at + SIDES], 1)]
    fan = np.arange(1, SIDES - 1)
    lids = [np.stack([0 * fan, fan + 1, fan], 1), SIDES + np.stack([0 * fan, fan, fan + 1], 1)]
    out = Mesh(np.concatenate([low, high]), np.concatenate([*sides, *lids]), "hole")
    if out.volume_mm3 <= 0.0:
        raise GeometryError("A drain needs a diameter and a length above zero.")
    return out


def _across(axis: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Two directions across an axis that make a right-handed frame with it."""
    side = np.zeros(3)
    side[int(np.abs(axis).argmin())] = 1.0
    first = np.cross(side, axis)
    first /= np.linalg.norm(first)
    return first, np.cross(axis, first)


def _border(faces: Triples) -> Triples:
    """Directed sides, (k, 2), whose other side no triangle has."""
    sides = np.concatenate([faces[:, (0, 1)], faces[:, (1, 2)], faces[:, (2, 0)]]).astype(np.int64)
    base = int(sides.max()) + 1
    key, back = sides[:, 0] * base + sides[:, 1], sides[:, 1] * base + sides[:, 0]
    return np.asarray(sides[~np.isin(key, back)])


def _same_border(one: Triples, other: Triples) -> bool:
    return {tuple(row) for row in one.tolist()} == {tuple(row) for row in other.tolist()}


def _euler(faces: Triples) -> int:
    """Vertices less edges plus triangles."""
    sides = np.sort(np.concatenate([faces[:, (0, 1)], faces[:, (1, 2)], faces[:, (2, 0)]]).astype(np.int64), axis=1)
    base = int(sides.max()) + 1
    return len(np.unique(faces)) - len(np.unique(sides[:, 0] * base + sides[:, 1])) + len(faces)


def _turned(faces: Triples) -> Triples:
    """Triangles with their lowest vertex first, in the same sense."""
    first = faces.argmin(axis=1)
    return np.ascontiguousarray(np.take_along_axis(faces, (first[:, None] + np.arange(3)) % 3, axis=1))


def _unchanged(made: Triples, source: Rows, faces: Triples) -> Bools:
    same = source >= 0
    same[same] = (_turned(made[same]) == _turned(faces[source[same]])).all(axis=1)
    return np.asarray(same)


def _storable(vertices: FloatArray, faces: Triples) -> bool:
    """Whether no triangle is so thin that single precision may fold it."""
    if not len(faces):
        return True
    corner = vertices[faces]
    step = float(np.spacing(np.float32(np.abs(corner).max())))
    sides = np.stack([corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 1], corner[:, 0] - corner[:, 2]], axis=1)
    area = np.linalg.norm(np.cross(sides[:, 0], sides[:, 1]), axis=1)
    return bool((area > THIN_SHARE * step * np.linalg.norm(sides, axis=2).max(axis=1)).all())


def _distance_to_origin(a: FloatArray, b: FloatArray) -> FloatArray:
    """Distance of the origin from segments in the plane, (k,)."""
    way = b - a
    length = np.maximum((way * way).sum(axis=1), np.finfo(np.float64).tiny)
    share = np.clip(-(a * way).sum(axis=1) / length, 0.0, 1.0)
    return np.asarray(np.linalg.norm(a + share[:, None] * way, axis=1))
