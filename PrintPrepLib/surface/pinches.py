"""Edges with more than two triangles and vertices with more than one fan: parted, by index and then in space."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from ..mesh import FloatArray, Mesh
from .known import edges_of
from .nearby import mesh_of

_GAP_OF_EDGE = 0.01
"""Copies of a pinched vertex draw back by this share of their shortest edge: seen by slicers, not by eyes."""
_GAP_OF_SIZE = 1e-6
"""... but by no less than this share of the largest coordinate, some 8 steps of single precision."""
_MOST_OF_EDGE = 0.25
"""... and by no more than this share of the shortest edge, so that no triangle turns over."""

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Parting:
    """What was parted: number and places of vertices (or edges' ends) and how far copies were drawn back."""

    mesh: Mesh
    vertices: int
    edges: int
    moved_mm: float
    places: FloatArray


def part_pinches(mesh: Mesh) -> Parting:
    """Give each fan of triangles its own vertices, and draw copies at one place back from each other.

    At an edge with more than two triangles those are paired that bound one wedge of material, so that two bodies that
    touch along an edge come apart; a triangle without partner is left with an open edge. Copies move towards the
    middle of their own fan. On a mesh without pinches nothing changes.

    Parameters
    ----------
    mesh : Mesh
        Consistently wound where it can be.
    """
    split, edges = _split(mesh)
    split, middles = _split_twins(split)
    return _draw_back(split, edges, middles)


def split_pinches(mesh: Mesh) -> Mesh:
    """Do the first half of :func:`part_pinches`: copies of vertices, at the same place."""
    return _split(mesh)[0]


def _split(mesh: Mesh) -> tuple[Mesh, int]:
    table = edges_of(mesh)
    flat = table.of_face.ravel()
    regular = np.flatnonzero(table.face_count[flat] == 2)
    pairs = regular[np.argsort(flat[regular], kind="stable")].reshape(-1, 2)
    many = np.flatnonzero(table.face_count > 2)
    found = [pairs]
    if len(many):
        loose = np.flatnonzero(np.isin(flat, many))
        loose = loose[np.argsort(flat[loose], kind="stable")]
        groups = np.split(loose, np.flatnonzero(np.diff(flat[loose])) + 1)
        paired = [pair for group in groups for pair in _pair_sides(mesh, group, table.vertices)]
        found.append(np.array(paired, np.int64).reshape(-1, 2))
    sides = np.concatenate(found)
    # Corners at one end of a shared side are one vertex. Side s of a triangle runs from corner s to corner s + 1.
    corner = np.arange(3 * len(mesh.faces))
    following = corner - corner % 3 + (corner + 1) % 3
    vertex = mesh.faces.ravel().astype(np.int64)
    a, b = sides[:, 0], sides[:, 1]
    against = vertex[a] == vertex[following[b]]
    left = np.concatenate([a, following[a]])
    right = np.concatenate([np.where(against, following[b], b), np.where(against, b, following[b])])
    graph = coo_array((np.ones(len(left), np.bool_), (left, right)), shape=(len(corner), len(corner)))
    _, fan = connected_components(graph, directed=False)
    _, first = np.unique(fan, return_index=True)
    fans_of = np.bincount(vertex[first], minlength=len(mesh.vertices))
    if (fans_of <= 1).all():
        return mesh, len(many)
    # The first fan of a vertex keeps its number; the others stand at the end.
    owner = vertex[first]
    order = np.argsort(owner, kind="stable")
    is_first = np.ones(len(order), bool)
    is_first[1:] = owner[order][1:] != owner[order][:-1]
    number = np.empty(len(first), np.int64)
    number[order[is_first]] = owner[order[is_first]]
    extra = order[~is_first]
    number[extra] = len(mesh.vertices) + np.arange(len(extra))
    vertices = np.concatenate([mesh.vertices, mesh.vertices[owner[extra]]])
    return mesh_of(vertices, number[fan].reshape(-1, 3), mesh.name), len(many)


def _pair_sides(mesh: Mesh, sides: Ints, edges: Ints) -> list[tuple[int, int]]:
    """Pair the triangle sides at one edge: from one that has material on its left round to one with it on its right."""
    face, side = sides // 3, sides % 3
    start, stop = mesh.faces[face, side], mesh.faces[face, (side + 1) % 3]
    low, high = min(start[0], stop[0]), max(start[0], stop[0])
    axis = mesh.vertices[high] - mesh.vertices[low]
    length = np.linalg.norm(axis)
    if length == 0:
        return []
    axis = axis / length
    spoke = mesh.vertices[mesh.faces[face, (side + 2) % 3]] - mesh.vertices[low]
    spoke = spoke - (spoke @ axis)[:, None] * axis
    first = spoke[np.argmax(np.linalg.norm(spoke, axis=1))]
    norm = np.linalg.norm(first)
    first = first / norm if norm > 0 else first
    angle = np.arctan2(spoke @ np.cross(axis, first), spoke @ first)
    upward = start == low  # normal towards growing angle: material on the side of smaller angles
    order = np.lexsort((upward, angle)).tolist()
    pairs: list[tuple[int, int]] = []
    waiting: list[int] = []
    for number in order + order:  # twice round, since a wedge may lie across the angle of -180 degrees
        if any(number in pair for pair in pairs):
            continue
        if upward[number]:
            if waiting:
                pairs.append((waiting.pop(), number))
        elif number not in waiting:
            waiting.append(number)
    return [(int(sides[a]), int(sides[b])) for a, b in pairs]


def _split_twins(mesh: Mesh) -> tuple[Mesh, Ints]:
    """Where two sheets share an edge whose ends cannot be parted, give the second sheet a vertex in its middle."""
    start = len(mesh.vertices)
    for _ in range(4):
        table = edges_of(mesh)
        many = np.flatnonzero(table.face_count > 2)
        if len(many) == 0:
            break
        flat = table.of_face.ravel()
        faces = mesh.faces.astype(np.int64)
        vertices, added, gone = [mesh.vertices], [], np.zeros(len(faces), bool)
        count = len(mesh.vertices)
        for edge in many.tolist():
            sides = np.flatnonzero(flat == edge)
            pairs = _pair_sides(mesh, sides, table.vertices)
            for a, b in pairs[1:]:
                if gone[[a // 3, b // 3]].any():
                    continue
                vertices.append(mesh.vertices[table.vertices[edge]].mean(axis=0)[None])
                for side in (a, b):
                    p, q, r = (int(faces[side // 3, (side + k) % 3]) for k in range(3))
                    added += [(p, count, r), (count, q, r)]
                    gone[side // 3] = True
                count += 1
        if not added:
            break
        mesh = mesh_of(np.concatenate(vertices), np.concatenate([faces[~gone], np.array(added)]), mesh.name)
    return mesh, np.arange(start, len(mesh.vertices))


def _draw_back(mesh: Mesh, edges: int, middles: Ints) -> Parting:
    single = mesh.vertices.astype(np.float32).astype(np.float64)
    used = np.zeros(len(mesh.vertices), bool)
    used[mesh.faces] = True
    ids = np.flatnonzero(used)
    _, place, times = np.unique(single[ids] + 0.0, axis=0, return_inverse=True, return_counts=True)
    copies = ids[times[place.ravel()] > 1]
    copies = np.union1d(copies, middles)
    if len(copies) == 0:
        return Parting(mesh, 0, edges, 0.0, np.empty((0, 3)))
    chosen = np.zeros(len(mesh.vertices), bool)
    chosen[copies] = True
    face, corner = np.nonzero(chosen[mesh.faces])
    here = mesh.faces[face, corner]
    toward = np.zeros((len(mesh.vertices), 3))
    shortest = np.full(len(mesh.vertices), np.inf)
    for step in (1, 2):
        spoke = mesh.vertices[mesh.faces[face, (corner + step) % 3]] - mesh.vertices[here]
        length = np.linalg.norm(spoke, axis=1)
        np.minimum.at(shortest, here, np.where(length > 0, length, np.inf))
        np.add.at(toward, here, np.divide(spoke, length[:, None], out=np.zeros_like(spoke), where=length[:, None] > 0))
    size = np.linalg.norm(toward[copies], axis=1)
    inward = -mesh.vertex_normals()[copies]
    flat = size < 1e-3  # a fan without a tip: into the material
    direction = np.where(flat[:, None], inward, toward[copies] / np.maximum(size, 1e-300)[:, None])
    reach = np.maximum(_GAP_OF_EDGE * shortest[copies], _GAP_OF_SIZE * np.abs(mesh.vertices).max())
    reach = np.where(np.isfinite(shortest[copies]), np.minimum(reach, _MOST_OF_EDGE * shortest[copies]), 0.0)
    vertices = mesh.vertices.copy()
    vertices[copies] = (vertices[copies] + reach[:, None] * direction).astype(np.float32)
    places = np.unique(mesh.vertices[copies], axis=0)
    return Parting(Mesh(vertices, mesh.faces, mesh.name), len(places), edges, float(reach.max()), places)
