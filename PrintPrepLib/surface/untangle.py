"""Local cure of a few triangles that cross others: move, smooth or replace only what lies around each crossing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from ..errors import GeometryError
from ..mesh import FloatArray, Mesh
from ..progress import Progress, part, silent
from ..receipt import Stopwatch
from ..spatial import Crossings, self_crossings
from ..spatial.index import SurfaceIndex
from ..topology import boundary_loops, edge_table
from .nearby import mesh_of, samples_of, triangles_near
from .patch import fair, make_patch

_REACH_RINGS = 8
"""Rings of triangles around a crossing that may be looked at; the largest patch (5 rings) and its border fit in."""
_PUSH_ROUNDS = 6
"""Attempts to push two sheets apart; each moves them by what is missing, so more than a few do not help."""
_PUSH_MARGIN = 0.02
"""Gap that pushing leaves, as a share of the local edge length: visible to float32, invisible on a print."""
_RELAX_ROUNDS = 3
"""Umbrella steps of half length before the crossing is looked at again."""
_MAX_ROUNDS = 3
"""Passes over the whole mesh. The second finds nothing on clean input; it is there because it must be measured."""
_MAX_PATCH_FACES = 6000
"""A patch larger than this is not local any more; the crossing is left to other means."""
_FEW_FACES = 4000
"""More crossing triangles than this are not a few local defects; they are left to other means at once."""

Faces = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Cure:
    """What was done about one crossing: ``method`` is ``push``, ``relax``, ``fair``, ``refill`` or ``left``."""

    at_mm: tuple[float, float, float]
    faces: int
    method: str
    rings: int
    moved_mm: float


@dataclass(frozen=True)
class UntangleReport:
    """Account of one run.

    ``faces_before`` and ``faces_after`` count triangles that cross another one; ``max_mm`` is the largest distance
    between the old and the new surface, both ways, on corners, edge middles and centers of the replaced triangles.
    """

    faces_before: int
    faces_after: int
    cures: tuple[Cure, ...]
    max_mm: float
    max_at_mm: tuple[float, float, float] | None
    seconds: float

    def to_dict(self) -> dict[str, Any]:
        """Return the report as plain values."""
        return {
            "crossing_faces_before": self.faces_before,
            "crossing_faces_after": self.faces_after,
            "max_mm": self.max_mm,
            "max_at_mm": self.max_at_mm,
            "seconds": self.seconds,
            "cures": [vars(cure) for cure in self.cures[:200]],
            "cures_total": len(self.cures),
        }


def untangle(
    mesh: Mesh,
    *,
    reference: Mesh | None = None,
    bound_mm: float,
    patience: int | None = None,
    progress: Progress = silent,
) -> tuple[Mesh, UntangleReport]:
    """Remove self-intersections by changing the surface only around them.

    Around each crossing, in this order and taking the first that works: the two sheets are pushed apart; the corners
    are relaxed; a patch of 1 to 4 rings is faired with its triangles kept; a patch of 0 to 5 rings is cut out and
    refilled. What does not end free of crossings, manifold and within the bound is put back as it was.
    All vertices and triangles elsewhere stay bit for bit; where every vertex is exact in single precision (as in an
    STL file), the new ones are too.

    Parameters
    ----------
    mesh : Mesh
        Manifold edges. Open borders are left alone.
    reference : Mesh, optional
        Surface from which the deviation is measured, e.g. before simplifying; else the mesh itself.
    bound_mm : float
        The new surface lies nowhere further than this from the old one; with a reference, nowhere further from the
        reference than this or than the old surface there did already.
    patience : int, optional
        Give up after so many crossings that no means cured; without it, try all.
    progress : Progress
        Receiver of progress.

    Returns
    -------
    mesh : Mesh
        The same object when nothing crosses.
    report : UntangleReport
        ``faces_after`` is 0 when all were cured.

    Raises
    ------
    GeometryError
        An edge has more than two triangles.
    """
    if not bound_mm > 0:
        raise ValueError(f"bound_mm must be above 0, got {bound_mm}")
    watch = Stopwatch()
    progress(0.0, "Looking for triangles that cross")
    found = self_crossings(mesh)
    before = left = len(found.faces)
    cures: list[Cure] = []
    for turn in range(_MAX_ROUNDS):
        if left == 0 or left > _FEW_FACES:
            break
        share = part(progress, 0.2 * turn + 0.2, 0.2 * turn + 0.4)
        mesh, done = _one_round(mesh, found, reference, bound_mm=bound_mm, patience=patience, progress=share)
        changed = any(cure.method != "left" for cure in done)
        if changed:
            found = self_crossings(mesh)
            left = len(found.faces)
        last = not changed or left == 0 or turn == _MAX_ROUNDS - 1
        cures += [cure for cure in done if last or cure.method != "left"]
        if last:
            break
    worst = max((c for c in cures if c.method != "left"), key=lambda c: c.moved_mm, default=None)
    progress(1.0, "Crossings looked at")
    return mesh, UntangleReport(
        faces_before=before,
        faces_after=left,
        cures=tuple(cures),
        max_mm=worst.moved_mm if worst else 0.0,
        max_at_mm=worst.at_mm if worst else None,
        seconds=watch.seconds,
    )


def _one_round(
    mesh: Mesh,
    found: Crossings,
    reference: Mesh | None,
    *,
    bound_mm: float,
    patience: int | None,
    progress: Progress,
) -> tuple[Mesh, list[Cure]]:
    """Look once at every crossing; return the mesh with those that could be cured."""
    single = bool(np.array_equal(mesh.vertices, mesh.vertices.astype(np.float32)))
    every = _Crop(mesh, np.asarray(found.faces, np.int64), bound_mm, None)
    if edge_table(every.local).non_manifold_edges:
        raise GeometryError("The mesh has edges with more than two triangles. Repair them before crossings.")
    truth = None
    if reference is not None:
        near = triangles_near(reference, every.low - bound_mm, every.high + bound_mm)
        truth = SurfaceIndex(reference.submesh(near) if near.any() else reference)
    groups = [np.sort(every.local.faces[members], axis=1) for members in every.clusters(found)]
    cures: list[Cure] = []
    # Triangles are followed by their vertices, because the numbers of triangles change under way.
    for number, group in enumerate(groups):
        progress(number / len(groups), f"Crossing {number + 1} of {len(groups)}")
        members = np.flatnonzero(np.isin(_triples(every.local.faces), _triples(group)))
        if len(members) == 0:
            continue
        if patience is not None and sum(cure.method == "left" for cure in cures) >= patience:
            break
        crop = _Crop(every.local, members, bound_mm, every.locked)
        shop = _Shop(crop, bound_mm, truth, single)
        cure = shop.cure(np.flatnonzero(np.isin(np.flatnonzero(crop.taken), members)))
        if cure.method != "left":
            every.replace(crop.put_back(shop.vertices, shop.faces))
        cures.append(cure)
    return every.put_back(every.local.vertices, every.local.faces.astype(np.int64)).without_unused_vertices(), cures


class _Crop:
    """The neighborhood of some triangles, cut out of a mesh so that it can be put back."""

    def __init__(self, mesh: Mesh, crossing: Faces, bound_mm: float, locked: Mask | None) -> None:
        self.mesh, self.crossing = mesh, crossing
        groups = _clusters(crossing, np.empty((0, 2), np.int64), mesh.faces[crossing].astype(np.int64), local=True)
        corners = mesh.vertices[mesh.faces[crossing]]
        low = np.array([corners[group].min(axis=(0, 1)) for group in groups])
        high = np.array([corners[group].max(axis=(0, 1)) for group in groups])
        reach = np.maximum(bound_mm, (high - low).max(axis=1, keepdims=True))
        self.low, self.high = low - reach, high + reach
        marked = np.zeros(len(mesh.faces), bool)
        marked[crossing] = True
        self.taken = _grow(marked, mesh.faces, len(mesh.vertices), _REACH_RINGS)
        self.taken |= triangles_near(mesh, self.low, self.high)
        chosen = mesh.faces[self.taken]
        used = np.zeros(len(mesh.vertices), bool)
        used[chosen] = True
        self.index = np.flatnonzero(used)
        number = np.cumsum(used) - 1
        self.local = Mesh(mesh.vertices[self.index], number[chosen])
        inside = np.bincount(chosen.ravel(), minlength=len(mesh.vertices))[self.index]
        shared = np.bincount(mesh.faces.ravel(), minlength=len(mesh.vertices))[self.index] != inside
        self.locked = shared if locked is None else shared | locked[self.index]

    def clusters(self, found: Crossings) -> list[Faces]:
        """Group the crossing triangles; members are numbers in the crop."""
        number = np.cumsum(self.taken) - 1
        pairs = np.asarray(found.pairs, np.int64).reshape(-1, 2)
        return _clusters(number[self.crossing], number[pairs], self.local.faces.astype(np.int64))

    def replace(self, local: Mesh) -> None:
        """Take a new state of the neighborhood; its first vertices are the old ones."""
        self.locked = np.concatenate([self.locked, np.zeros(len(local.vertices) - len(self.locked), bool)])
        self.local = local

    def put_back(self, vertices: FloatArray, faces: Faces) -> Mesh:
        """Return the whole mesh with a new state of the neighborhood; new vertices stand at the end."""
        count = len(self.index)
        whole = self.mesh.vertices.copy()
        whole[self.index] = vertices[:count]
        number = np.concatenate([self.index, len(whole) + np.arange(len(vertices) - count)])
        local = number[faces].astype(self.mesh.faces.dtype)
        if len(faces) == np.count_nonzero(self.taken):
            out = self.mesh.faces.copy()
            out[self.taken] = local
        else:
            out = np.concatenate([self.mesh.faces[~self.taken], local])
        return Mesh(np.concatenate([whole, vertices[count:]]), out, self.mesh.name)


class _Shop:
    """One crossing with its surroundings, and the means against it."""

    def __init__(self, crop: _Crop, bound_mm: float, truth: SurfaceIndex | None, single: bool) -> None:
        self.vertices, self.faces = crop.local.vertices.copy(), crop.local.faces.astype(np.int64)
        self.locked, self.bound, self.single = crop.locked, bound_mm, single
        self.truth = truth
        table = edge_table(crop.local)
        self.open_edges = table.open_edges
        self.border = np.zeros(len(self.vertices), bool)
        self.border[table.vertices[table.face_count == 1]] = True

    def cure(self, members: Faces) -> Cure:
        """Try one means after the other; on success the new state stands in ``vertices`` and ``faces``."""
        corners = self.vertices[self.faces[members]]
        x, y, z = corners.mean(axis=(0, 1)).tolist()
        place = (x, y, z)
        for method, rings, action in self._plan():
            marked = np.zeros(len(self.faces), bool)
            marked[members] = True
            zone = _grow(marked, self.faces, len(self.vertices), rings)
            if zone.sum() > _MAX_PATCH_FACES:
                continue
            proposal = action(zone, members)
            moved = None if proposal is None else self._accept(*proposal)
            if moved is not None:
                return Cure(place, len(members), method, rings, moved)
        return Cure(place, len(members), "left", 0, 0.0)

    def _plan(self) -> Iterator[tuple[str, int, Callable[[Mask, Faces], tuple[FloatArray, Faces] | None]]]:
        yield "push", 0, self._push
        yield "relax", 0, self._relax
        yield "relax", 1, self._relax
        for rings in (1, 2):
            yield "fair", rings, self._fair
        for rings in (0, 1, 2):
            yield "refill", rings, self._refill
        for rings in (3, 4):
            yield "fair", rings, self._fair
        for rings in (3, 5):
            yield "refill", rings, self._refill

    # ---- the means --------------------------------------------------------------------------------------------------
    def _push(self, zone: Mask, members: Faces) -> tuple[FloatArray, Faces] | None:
        vertices = self.vertices.copy()
        ring = _grow(zone, self.faces, len(vertices), 1)
        corners = vertices[self.faces[members]]
        size = np.linalg.norm(corners - corners[:, [1, 2, 0]], axis=2).mean()
        for _ in range(_PUSH_ROUNDS):
            found = self_crossings(mesh_of(vertices, self.faces[ring])).pairs
            pairs = np.flatnonzero(ring)[found]
            if len(pairs) == 0:
                return vertices, self.faces
            move = np.zeros_like(vertices)
            weight = np.zeros(len(vertices))
            for f, g in pairs.tolist():
                if np.isin(self.faces[f], self.faces[g]).any():
                    return None  # a fold, not two sheets
                _push_pair(vertices, self.faces, (f, g), margin=_PUSH_MARGIN * size, move=move, weight=weight)
            move /= np.maximum(weight, 1.0)[:, None]
            move[self.locked] = 0.0
            vertices = self._stored(vertices + move)
        return None

    def _relax(self, zone: Mask, members: Faces) -> tuple[FloatArray, Faces] | None:
        free = self._free(zone, corners=True)
        if not free.any():
            return None
        near = _grow(zone, self.faces, len(self.vertices), 1)
        faces = self.faces[near]
        start = np.concatenate([faces, faces[:, ::-1]]).ravel()
        stop = np.concatenate([faces[:, [1, 2, 0]], faces[:, [1, 0, 2]]]).ravel()
        keep = free[start]
        start, stop = start[keep], stop[keep]
        degree = np.maximum(np.bincount(start, minlength=len(self.vertices)), 1)
        vertices = self.vertices.copy()
        for _ in range(_RELAX_ROUNDS):
            for axis in range(3):
                mean = np.bincount(start, vertices[stop, axis], minlength=len(vertices)) / degree
                vertices[free, axis] = (vertices[free, axis] + mean[free]) / 2.0
        return self._stored(vertices), self.faces

    def _fair(self, zone: Mask, members: Faces) -> tuple[FloatArray, Faces] | None:
        free = self._free(zone)
        if not free.any():
            return None
        around = _grow(zone, self.faces, len(self.vertices), 2)
        used, local = np.unique(self.faces[around], return_inverse=True)
        vertices = self.vertices.copy()
        vertices[used] = fair(self.vertices[used], local.reshape(-1, 3), free[used])
        return self._stored(vertices), self.faces

    def _refill(self, zone: Mask, members: Faces) -> tuple[FloatArray, Faces] | None:
        if not self._only_disks(zone):
            return None
        patch = mesh_of(self.vertices, self.faces[zone])
        rest = self.faces[~zone]
        if np.isin(np.flatnonzero(self.locked), np.setdiff1d(self.faces[zone], rest)).any():
            return None
        vertices, pieces = self.vertices, [rest]
        # A loop of the rest's border runs as the patch must; boundary_loops of the patch runs against it.
        for loop in boundary_loops(patch):
            ring = loop[::-1]
            outer = outer_corners(rest, ring)
            if outer is None:
                return None
            made = make_patch(
                vertices[ring], vertices[outer], forbidden=joined_elsewhere(rest, ring), smooth=len(ring) > 6
            )
            number = np.concatenate([ring, len(vertices) + np.arange(len(made.points))])
            vertices = np.concatenate([vertices, self._stored(made.points)])
            pieces.append(number[made.faces])
        return vertices, np.concatenate(pieces)

    # ---- rules ------------------------------------------------------------------------------------------------------
    def _free(self, zone: Mask, corners: bool = False) -> Mask:
        """Vertices that may move: inside the zone, or also on its border; never those of an open border."""
        free = np.zeros(len(self.vertices), bool)
        free[self.faces[zone]] = True
        if not corners:
            free[self.faces[~zone]] = False
        return np.asarray(free & ~self.locked & ~self.border)

    def _only_disks(self, zone: Mask) -> bool:
        """Say whether each part of a zone has one border and no handle, so that one patch replaces it."""
        ids = np.flatnonzero(zone)
        label = _edge_parts(edge_table(mesh_of(self.vertices, self.faces)).of_face, zone)
        for number in range(label.max() + 1):
            mesh = mesh_of(self.vertices, self.faces[ids[label == number]])
            table = edge_table(mesh)
            euler = len(np.unique(mesh.faces)) - len(table.face_count) + len(mesh.faces)
            if euler != 1 or len(boundary_loops(mesh, table)) != 1:
                return False
        return True

    def _stored(self, vertices: FloatArray) -> FloatArray:
        return vertices.astype(np.float32).astype(np.float64) if self.single else vertices

    def _accept(self, vertices: FloatArray, faces: Faces) -> float | None:
        """Take a proposal if it crosses nothing, is manifold and within the bound; return how far it moved."""
        size = np.int64(len(vertices) + 1)
        old_key, new_key = _keys(self.faces, size), _keys(faces, size)
        moved = np.zeros(len(vertices), bool)
        count = len(self.vertices)
        moved[:count] = (vertices[:count] != self.vertices).any(axis=1)
        fresh = ~np.isin(new_key, old_key) | moved[faces].any(axis=1)
        gone = ~np.isin(old_key, new_key) | moved[self.faces].any(axis=1)
        if not fresh.any():
            return None
        new = vertices[faces[fresh]]
        if (np.linalg.norm(np.cross(new[:, 1] - new[:, 0], new[:, 2] - new[:, 0]), axis=1) == 0).any():
            return None
        candidate = mesh_of(vertices, faces)
        table = edge_table(candidate)
        if table.non_manifold_edges or table.open_edges != self.open_edges:
            return None
        near = triangles_near(candidate, new.min(axis=(0, 1))[None], new.max(axis=(0, 1))[None]) | fresh
        crossings = self_crossings(candidate.submesh(near))
        if fresh[near][crossings.pairs].any():
            return None
        old = mesh_of(self.vertices, self.faces[gone])
        distance = self._deviation(vertices, mesh_of(vertices, faces[fresh]), old, faces is self.faces)
        if distance is None:
            return None
        self.vertices, self.faces = vertices, faces
        return distance

    def _deviation(self, vertices: FloatArray, new: Mesh, old: Mesh, same_faces: bool) -> float | None:
        """Largest distance that the proposal makes; None when it is over the bound."""
        if self.truth is not None:
            moved = float(self.truth.closest(samples_of(new)).distance_mm.max())
            already = float(self.truth.closest(samples_of(old)).distance_mm.max())
            return moved if moved <= max(self.bound, already) else None
        if same_faces:  # no point of a triangle moves further than its corners
            step = float(np.linalg.norm(vertices - self.vertices, axis=1).max())
            if step <= self.bound:
                return step
        there = SurfaceIndex(old).closest(samples_of(new)).distance_mm
        back = SurfaceIndex(new).closest(samples_of(old)).distance_mm
        moved = float(max(there.max(), back.max()))
        return moved if moved <= self.bound else None


def joined_elsewhere(faces: npt.NDArray[np.integer], loop: Faces) -> Mask:
    """Pairs of loop vertices that an edge of the given triangles already joins, (n, n) bool."""
    place = np.full(int(max(faces.max(initial=0), loop.max())) + 1, -1)
    place[loop] = np.arange(len(loop))
    out = np.zeros((len(loop), len(loop)), bool)
    near = (place[faces] >= 0).sum(axis=1) >= 2
    for a, b in ((0, 1), (1, 2), (2, 0)):
        start, stop = place[faces[near, a]], place[faces[near, b]]
        both = (start >= 0) & (stop >= 0)
        out[start[both], stop[both]] = out[stop[both], start[both]] = True
    return out


def outer_corners(faces: Faces, loop: Faces) -> Faces | None:
    """Third corner of the triangle beyond each loop edge i to i+1; None where there is no such triangle."""
    near = np.isin(faces, loop).sum(axis=1) >= 2
    corner: dict[tuple[int, int], int] = {}
    for a, b, c in faces[near].tolist():
        corner[a, b], corner[b, c], corner[c, a] = c, a, b
    out = [corner.get((int(b), int(a))) for a, b in zip(loop, np.roll(loop, -1), strict=True)]
    return None if any(c is None for c in out) else np.array(out, np.int64)


def _push_pair(
    vertices: FloatArray, faces: Faces, pair: tuple[int, int], *, margin: float, move: FloatArray, weight: FloatArray
) -> None:
    """Add to ``move`` what takes two crossing triangles to the sides of each other on which they mostly lie."""
    for this, other in (pair, pair[::-1]):
        a, b, c = vertices[faces[other]]
        normal = np.cross(b - a, c - a)
        length = np.linalg.norm(normal)
        if length == 0:
            continue
        height = (vertices[faces[this]] - a) @ (normal / length)
        side = 1.0 if height.max() > -height.min() else -1.0
        missing = np.maximum(margin - side * height, 0.0)
        step = side * missing.max() / 2.0 * normal / length
        low = missing > 0
        move[faces[this][low]] += step
        weight[faces[this][low]] += 1
        move[faces[other]] -= step
        weight[faces[other]] += 1


def _grow(marked: Mask, faces: npt.NDArray[np.integer], vertices: int, rings: int) -> Mask:
    for _ in range(rings):
        touched = np.zeros(vertices, bool)
        touched[faces[marked]] = True
        marked = touched[faces].any(axis=1)
    return marked


def _clusters(crossing: Faces, pairs: Faces, faces: Faces, *, local: bool = False) -> list[Faces]:
    """Group crossing triangles that cross each other or share a vertex; members are triangle numbers."""
    corners = faces if local else faces[crossing]
    row = np.arange(len(crossing))
    nodes, vertex = np.unique(corners, return_inverse=True)
    vertex = vertex.reshape(-1, 3) + len(row)
    left, right = [np.repeat(row, 3)], [vertex.ravel()]
    if len(pairs):
        number = np.full(int(max(crossing.max(), pairs.max())) + 1, -1)
        number[crossing] = row
        left.append(number[pairs[:, 0]])
        right.append(number[pairs[:, 1]])
    rows, columns = np.concatenate(left), np.concatenate(right)
    size = len(row) + len(nodes)
    _, label = connected_components(coo_array((np.ones(len(rows)), (rows, columns)), shape=(size, size)), False)
    label = label[: len(row)]
    order = np.argsort(label, kind="stable")
    groups = np.split(order, np.flatnonzero(np.diff(label[order])) + 1)
    return groups if local else [crossing[group] for group in groups]


def _edge_parts(of_face: Faces, zone: Mask) -> Faces:
    """Number the parts of a zone that hang together by edges, one number per triangle of the zone."""
    edges = of_face[zone]
    row = np.repeat(np.arange(len(edges)), 3)
    _, column = np.unique(edges.ravel(), return_inverse=True)
    size = len(edges) + column.max() + 1
    graph = coo_array((np.ones(len(row)), (row, len(edges) + column)), shape=(size, size))
    _, label = connected_components(graph, False)
    _, dense = np.unique(label[: len(edges)], return_inverse=True)
    return dense


def _triples(faces: npt.NDArray[np.integer]) -> Faces:
    """One number for the three vertices of each triangle, whatever their order."""
    ordered = np.sort(faces.astype(np.int64), axis=1)
    return np.asarray((ordered[:, 0] << 42) + (ordered[:, 1] << 21) + ordered[:, 2])


def _keys(faces: Faces, size: np.int64) -> Faces:
    turn = np.argmin(faces, axis=1)
    row = np.arange(len(faces))
    first, second, third = faces[row, turn], faces[row, (turn + 1) % 3], faces[row, (turn + 2) % 3]
    return np.asarray((first * size + second) * size + third)
