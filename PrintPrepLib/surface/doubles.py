"""Triangles that are no surface: without area, or there more than once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..errors import GeometryError
from ..mesh import FloatArray, Mesh
from .known import edges_of
from .nearby import mesh_of

_DOUBLED_SHARE = 0.5
"""A model with more than this share of its triangles there both ways has no inside: it was made for drawing only."""
_FLIP_ROUNDS = 6
"""Passes of edge flips; one flip can leave the next triangle without area, rarely twice in a row."""

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Doubles:
    """What was removed or flipped: counts and places (centers of the triangles)."""

    mesh: Mesh
    degenerate: int
    duplicate: int
    flipped_edges: int
    places: FloatArray


def drop_doubles(mesh: Mesh) -> Doubles:
    """Remove duplicate triangles and those with a repeated vertex; flip an edge where a triangle has no area.

    Of triangles on the same three vertices one is kept. Two that look opposite ways are a sheet without thickness: both
    go, unless the surface around needs one of them to be closed.

    Raises
    ------
    GeometryError
        Most triangles are there both ways.
    """
    proper = (mesh.faces != np.roll(mesh.faces, 1, axis=1)).all(axis=1)
    keep = proper.copy()
    duplicates = _duplicates(mesh, keep)
    keep[duplicates] = False
    places = mesh.triangles[~keep].mean(axis=1)
    degenerate = int(np.count_nonzero(~proper))
    out = mesh if keep.all() else mesh.submesh(keep)
    out, flips, where = _flip_flat(out)
    return Doubles(out, degenerate + len(where), len(duplicates), flips, np.concatenate([places, where]))


def _duplicates(mesh: Mesh, proper: npt.NDArray[np.bool_]) -> Ints:
    number = np.flatnonzero(proper)
    faces = mesh.faces[proper].astype(np.int64)
    triple = np.sort(faces, axis=1)
    turn = np.argmin(faces, axis=1)
    row = np.arange(len(faces))
    even = faces[row, (turn + 1) % 3] < faces[row, (turn + 2) % 3]
    order = np.lexsort(triple.T)
    first = np.ones(len(order), bool)
    first[1:] = (triple[order][1:] != triple[order][:-1]).any(axis=1)
    group = np.cumsum(first) - 1
    size = np.bincount(group)
    if (size == 1).all():
        return np.empty(0, np.int64)
    net = np.bincount(group, np.where(even[order], 1, -1))
    both_ways = (net == 0) & (size > 1)
    share = size[both_ways].sum() / len(faces)
    if share > _DOUBLED_SHARE:
        raise GeometryError(
            f"The model has no inside: {share:.0%} of its triangles are there twice, once in each direction, so that "
            "it encloses nothing. It was made for drawing, not for printing. Export it from its source as a solid, "
            "or give its surfaces a thickness."
        )
    table = edges_of(mesh)
    drop: list[int] = []
    starts = np.flatnonzero(first)
    for index in np.flatnonzero(size > 1).tolist():
        members = number[order[starts[index] : starts[index] + size[index]]]
        if net[index] == 0:
            around = table.face_count[table.of_face[members[0]]] - size[index]
            wanted = int(np.count_nonzero(around == 1) >= 2)
            drop += members[wanted:].tolist()
        else:
            good = members[even[order[starts[index] : starts[index] + size[index]]] == (net[index] > 0)]
            drop += [m for m in members.tolist() if m != good[0]]
    return np.array(sorted(drop), np.int64)


def _flip_flat(mesh: Mesh) -> tuple[Mesh, int, FloatArray]:
    """Flip the longest edge of triangles without area, so that their middle corner splits the neighbor instead."""
    flips = 0
    where: list[FloatArray] = []
    for _ in range(_FLIP_ROUNDS):
        corners = mesh.triangles
        flat = np.flatnonzero((np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]) == 0).all(axis=1))
        if len(flat) == 0:
            break
        faces = mesh.faces.astype(np.int64).copy()
        near = np.flatnonzero(np.isin(faces, faces[flat]).sum(axis=1) >= 2)
        of_edge: dict[tuple[int, int], list[int]] = {}
        for number in near.tolist():
            a, b, c = faces[number].tolist()
            for edge in ((a, b), (b, c), (c, a)):
                of_edge.setdefault((min(edge), max(edge)), []).append(number)
        touched: set[int] = set()
        done = 0
        for number in flat.tolist():
            if number in touched:
                continue
            a, b, c = faces[number].tolist()
            sides = [(a, b, c), (b, c, a), (c, a, b)]
            p, q, r = max(sides, key=lambda s: float(np.linalg.norm(mesh.vertices[s[0]] - mesh.vertices[s[1]])))
            both = of_edge[min(p, q), max(p, q)]
            if len(both) != 2 or touched & set(both):
                continue
            other = both[0] if both[1] == number else both[1]
            d = next(v for v in faces[other].tolist() if v not in (p, q))
            if d == r or (min(d, r), max(d, r)) in of_edge:
                continue
            same_way = any(faces[other, k] == q and faces[other, (k + 1) % 3] == p for k in range(3))
            if not same_way:
                continue
            where.append(mesh.vertices[r])
            faces[number], faces[other] = (p, d, r), (d, q, r)
            touched |= {number, other}
            done += 1
        if done == 0:
            break
        flips += done
        mesh = mesh_of(mesh.vertices, faces, mesh.name)
    return mesh, flips, np.array(where).reshape(-1, 3)
