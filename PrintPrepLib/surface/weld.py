"""Vertices made one where that closes the surface: same place, nearly the same place, or on a neighbor's edge."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from ..mesh import FloatArray, Mesh
from ..topology import EdgeTable
from .known import edges_of
from .nearby import mesh_of

_STEPS = (1e-7, 1e-6, 1e-5, 1e-4, 1e-3)
"""Tolerances tried, as shares of the diagonal of the bounding box; the smallest that closes an edge is used first."""
_SHARE_OF_EDGE = 0.25
"""Two vertices farther apart than this share of their shortest open edge are never one: they bound a real gap."""
_MAX_PAIRS = 20_000_000
"""Open edges times open vertices at most, above which vertices on edges are not sought: a soup, not a seam."""

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Seam:
    """What was joined: ``vertices`` merged and ``edges`` split by vertices that lie on them, with the places."""

    mesh: Mesh
    tolerance_mm: float
    vertices: int
    edges: int
    places: FloatArray


def close_seams(mesh: Mesh) -> Seam:
    """Join open edges that face each other, and split those on which a vertex of another one lies.

    Only pairs of open edges whose ends meet are joined, so that every merge closes an edge; a tolerance that would
    give edges with more than two triangles is not used. The tolerance grows in steps up to a thousandth of the
    model's diagonal, and never beyond a quarter of the edges themselves.
    """
    low, high = mesh.bounds
    diagonal = float(np.linalg.norm(high - low))
    used, merged, split = 0.0, 0, 0
    places: list[FloatArray] = []
    for share in _STEPS:
        table = edges_of(mesh)
        if table.open_edges == 0:
            break
        for attempt in (_join_edges, _split_edges):
            candidate, where = attempt(mesh, table, share * diagonal)
            if candidate is None:
                continue
            after = edges_of(candidate)
            worse = after.non_manifold_edges > table.non_manifold_edges
            if worse or after.open_edges >= table.open_edges:
                continue
            if attempt is _join_edges:
                merged += len(where)
            else:
                split += len(where)
            places.append(where)
            mesh, table, used = candidate, after, share * diagonal
    found = np.concatenate(places) if places else np.empty((0, 3))
    return Seam(mesh, used, merged, split, found)


def _open_edges(mesh: Mesh, table: EdgeTable) -> tuple[Ints, Ints]:
    """Open edges as (face, side) and as directed vertices."""
    face, side = np.nonzero(table.face_count[table.of_face] == 1)
    ends = np.stack([mesh.faces[face, side], mesh.faces[face, (side + 1) % 3]], axis=1).astype(np.int64)
    return np.stack([face, side], axis=1), ends


def _join_edges(mesh: Mesh, table: EdgeTable, tolerance: float) -> tuple[Mesh | None, FloatArray]:
    _, ends = _open_edges(mesh, table)
    points = mesh.vertices
    length = np.linalg.norm(points[ends[:, 1]] - points[ends[:, 0]], axis=1)
    middle = points[ends].mean(axis=1)
    pairs = cKDTree(middle).query_pairs(tolerance, output_type="ndarray")
    if len(pairs) == 0:
        return None, np.empty((0, 3))
    first, second = ends[pairs[:, 0]], ends[pairs[:, 1]]
    against, along = second[:, ::-1], second
    reach = np.minimum(tolerance, _SHARE_OF_EDGE * np.minimum(length[pairs[:, 0]], length[pairs[:, 1]]))

    def gap(partner: Ints) -> FloatArray:
        return np.asarray(np.linalg.norm(points[first] - points[partner], axis=2).max(axis=1))

    far, near = gap(along), gap(against)
    partner = np.where((near <= far)[:, None], against, along)
    good = np.minimum(near, far) <= reach
    # Each open edge joins its nearest partner only.
    order = np.argsort(np.minimum(near, far), kind="stable")
    taken = np.zeros(len(ends), bool)
    rows: list[Ints] = []
    for number in order[good[order]].tolist():
        a, b = pairs[number]
        if not (taken[a] or taken[b]):
            taken[a] = taken[b] = True
            rows.append(np.stack([first[number], partner[number]], axis=1))
    if not rows:
        return None, np.empty((0, 3))
    links = np.concatenate(rows)
    links = links[links[:, 0] != links[:, 1]]
    count = len(points)
    graph = coo_array((np.ones(len(links)), (links[:, 0], links[:, 1])), shape=(count, count))
    _, label = connected_components(graph, directed=False)
    _, keep = np.unique(label, return_index=True)
    merged = mesh_of(points[keep], label[mesh.faces], mesh.name)
    proper = (merged.faces != np.roll(merged.faces, 1, axis=1)).all(axis=1)
    where = points[np.unique(links[:, 0])]
    return Mesh(merged.vertices, merged.faces[proper], mesh.name).without_unused_vertices(), where


def _split_edges(mesh: Mesh, table: EdgeTable, tolerance: float) -> tuple[Mesh | None, FloatArray]:
    sides, ends = _open_edges(mesh, table)
    border = np.unique(ends)
    if len(ends) * len(border) > _MAX_PAIRS:
        return None, np.empty((0, 3))
    points = mesh.vertices
    inserted: dict[int, dict[int, list[tuple[float, int]]]] = {}
    for number, (a, b) in enumerate(ends.tolist()):
        along = points[b] - points[a]
        length = float(along @ along)
        if length == 0:
            continue
        t = (points[border] - points[a]) @ along / length
        away = np.linalg.norm(points[border] - points[a] - t[:, None] * along, axis=1)
        margin = tolerance / np.sqrt(length)
        hit = (away <= tolerance) & (t > margin) & (t < 1 - margin) & (border != a) & (border != b)
        if hit.any() and tolerance <= _SHARE_OF_EDGE * np.sqrt(length):
            face, side = sides[number].tolist()
            found = sorted(zip(t[hit].tolist(), border[hit].tolist(), strict=True))
            inserted.setdefault(face, {})[side] = found
    if not inserted:
        return None, np.empty((0, 3))
    new_faces: list[tuple[int, int, int]] = []
    where: set[int] = set()
    for face, by_side in inserted.items():
        polygon: list[int] = []
        for side in range(3):
            polygon.append(int(mesh.faces[face, side]))
            polygon += [vertex for _, vertex in by_side.get(side, [])]
        where.update(vertex for found in by_side.values() for _, vertex in found)
        new_faces += _cut_polygon(polygon, [int(v) for v in mesh.faces[face]])
    keep = np.ones(len(mesh.faces), bool)
    keep[list(inserted)] = False
    faces = np.concatenate([mesh.faces[keep].astype(np.int64), np.array(new_faces, np.int64)])
    return mesh_of(points, faces, mesh.name), points[sorted(where)]


def _cut_polygon(polygon: list[int], corners: list[int]) -> list[tuple[int, int, int]]:
    """Triangles of a triangle whose sides hold more vertices: ears at the corners first, none of them flat."""
    out = []
    ring = list(polygon)
    while len(ring) > 3:
        for place, vertex in enumerate(ring):
            before, after = ring[place - 1], ring[(place + 1) % len(ring)]
            if vertex in corners and (before not in corners or after not in corners):
                out.append((before, vertex, after))
                corners = [c for c in corners if c != vertex] + [v for v in (before, after) if v not in corners]
                del ring[place]
                break
        else:
            out.append((ring[0], ring[1], ring[2]))
            del ring[1]
    out.append((ring[0], ring[1], ring[2]))
    return out
