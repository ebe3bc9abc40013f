"""The means against one crossing: push, relax, fair, refill; and the rules by which a result is taken."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from ..mesh import FloatArray, Mesh
from ..spatial import Rule, self_crossings
from ..spatial.index import SurfaceIndex
from ..topology import boundary_loops, edge_table
from .crop import Crop
from .nearby import Faces, Mask, grow, joined_elsewhere, mesh_of, outer_corners, samples_of, triangles_near
from .patch import fair, make_patch

_PUSH_ROUNDS = 6
"""Attempts to push two sheets apart; each moves them by what is missing, so more than a few do not help."""
_PUSH_MARGIN = 0.02
"""Gap that pushing leaves, as a share of the local edge length: visible to float32, invisible on a print."""
_RELAX_ROUNDS = 3
"""Umbrella steps of half length before the crossing is looked at again."""
_MAX_PATCH_FACES = 6000
"""A patch larger than this is not local any more; the crossing is left to other means."""


@dataclass(frozen=True)
class Cure:
    """What was done about one crossing: ``method`` is ``push``, ``relax``, ``fair``, ``refill`` or ``left``."""

    at_mm: tuple[float, float, float]
    faces: int
    method: str
    rings: int
    moved_mm: float


class Shop:
    """One crossing with its surroundings, and the means against it."""

    def __init__(self, crop: Crop, bound_mm: float, truth: SurfaceIndex | None, *, single: bool, rule: Rule) -> None:
        self.vertices, self.faces = crop.local.vertices.copy(), crop.local.faces.astype(np.int64)
        self.locked, self.bound, self.single = crop.locked, bound_mm, single
        self.truth, self.rule = truth, rule
        table = edge_table(crop.local)
        self.open_edges = table.open_edges
        self.border = np.zeros(len(self.vertices), bool)
        self.border[table.vertices[table.face_count == 1]] = True

    def cure(self, members: Faces) -> Cure:
        """Try one means after the other; on success the new state stands in ``vertices`` and ``faces``."""
        x, y, z = self.vertices[self.faces[members]].mean(axis=(0, 1)).tolist()
        for method, rings, action in self._plan():
            marked = np.zeros(len(self.faces), bool)
            marked[members] = True
            zone = grow(marked, self.faces, len(self.vertices), rings)
            if zone.sum() > _MAX_PATCH_FACES:
                continue
            proposal = action(zone, members)
            moved = None if proposal is None else self._accept(*proposal)
            if moved is not None:
                return Cure((x, y, z), len(members), method, rings, moved)
        return self.left(members)

    def left(self, members: Faces) -> Cure:
        """Say that this crossing is left as it is."""
        x, y, z = self.vertices[self.faces[members]].mean(axis=(0, 1)).tolist()
        return Cure((x, y, z), len(members), "left", 0, 0.0)

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
        ring = grow(zone, self.faces, len(vertices), 1)
        corners = vertices[self.faces[members]]
        size = np.linalg.norm(corners - corners[:, [1, 2, 0]], axis=2).mean()
        for _ in range(_PUSH_ROUNDS):
            found = self_crossings(mesh_of(vertices, self.faces[ring]), rule=self.rule).pairs
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
        near = grow(zone, self.faces, len(self.vertices), 1)
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
        around = grow(zone, self.faces, len(self.vertices), 2)
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
        crossings = self_crossings(candidate.submesh(near), rule=self.rule)
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


def _keys(faces: Faces, size: np.int64) -> Faces:
    turn = np.argmin(faces, axis=1)
    row = np.arange(len(faces))
    first, second, third = faces[row, turn], faces[row, (turn + 1) % 3], faces[row, (turn + 2) % 3]
    return np.asarray((first * size + second) * size + third)
