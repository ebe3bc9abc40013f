"""Which way triangles look: neighbors made to agree, and each shell turned by what contains it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from ..engine import is_compiled
from ..mesh import FloatArray, Mesh
from ..topology import EdgeTable, face_parts
from ..triangle_sums import WORTH_COMPILING
from .known import edges_of, pinches_of

_SAMPLES = 5
"""Vertices of a shell that must all lie inside another one for it to count as contained."""
_BINS = 256
"""Most columns along each axis of the table of vertical lines."""
_TURN = np.array([[0.36, 0.48, -0.80], [-0.80, 0.60, 0.0], [0.48, 0.64, 0.60]])
"""A rotation: lines along an axis of the mesh would run through edges of models that are built along axes."""

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Winding:
    """What was turned.

    Attributes
    ----------
    mesh : Mesh
        The result.
    flipped : (k,) int64
        Triangles whose direction was changed.
    one_sided : int
        Shells that have no two sides (as a Moebius strip); they are left as they are.
    turned_shells : (s, 3) float64
        Centers of closed shells that were turned over as a whole.
    """

    mesh: Mesh
    flipped: Ints
    one_sided: int
    turned_shells: FloatArray


def orient(mesh: Mesh) -> Winding:
    """Make neighbors agree, then turn each shell outward, or inward where it is the wall of a cavity.

    Neighbors are triangles that share an edge which no third one shares. Of the two ways to make a shell agree the one
    that keeps the larger area is taken. A closed shell inside an odd number of other closed shells is a cavity. An
    open shell is turned so that the cone from its center to it has a positive volume. A shell that ends at edges with
    more than two triangles keeps its side.
    """
    table = edges_of(mesh)
    count, shell, flip, one_sided = _agree(mesh, table)
    faces = mesh.faces.copy()
    faces[flip] = faces[flip][:, ::-1]
    agreed = Mesh(mesh.vertices, faces, mesh.name, mesh.scalars) if flip.any() else mesh
    wrong = _wrong_side(agreed, shell, count)
    wrong = wrong[~np.isin(wrong, one_sided)]
    turn = np.isin(shell, wrong)
    faces = faces.copy()
    faces[turn] = faces[turn][:, ::-1]
    centers = np.array([agreed.triangles[shell == s].mean(axis=(0, 1)) for s in wrong]).reshape(-1, 3)
    changed = np.flatnonzero(flip ^ turn)
    out = mesh if len(changed) == 0 else Mesh(mesh.vertices, faces, mesh.name, mesh.scalars)
    return Winding(out, changed, len(one_sided), centers)


def shells(mesh: Mesh, table: EdgeTable | None = None) -> tuple[int, Ints]:
    """Number the shells: triangles that hang together by edges which exactly two of them share."""
    table = edges_of(mesh) if table is None else table
    if len(mesh.faces) >= WORTH_COMPILING and is_compiled():
        from .._kernels_mesh import shells as compiled

        found, of_face = compiled(table.of_face, table.face_count)
        return int(found), of_face
    left, right, _ = _neighbors(mesh, table)
    size = len(mesh.faces)
    graph = coo_array((np.ones(len(left)), (left, right)), shape=(size, size))
    count, label = connected_components(graph, directed=False)
    return int(count), label.astype(np.int64)


def wrong_side_shells(mesh: Mesh) -> Ints:
    """Shells of a closed, consistently wound mesh that look inward but should not, or the other way round."""
    if mesh.is_empty:
        return np.empty(0, np.int64)
    table = edges_of(mesh)
    regular = bool(((table.face_count == 2) & (table.winding == 0)).all()) and not len(pinches_of(mesh))
    # Where nothing is shared but regular edges, what hangs together by vertices does so by edges.
    count, shell = face_parts(mesh) if regular else shells(mesh, table)
    return _wrong_side(mesh, shell, count)


def containers(mesh: Mesh, shell: Ints, count: int) -> list[Ints]:
    """For each shell, the shells that contain it: by the parity of crossings of a line from each of 5 vertices."""
    if count <= 1:
        return [np.empty(0, np.int64)] * count
    low, high = _boxes(mesh, shell, count)
    out: list[Ints] = [np.empty(0, np.int64)] * count
    inner = [s for s in range(count) if _around(low, high, s).any()]
    if not inner:
        return out
    order = np.argsort(shell, kind="stable")
    begin = np.searchsorted(shell[order], np.arange(count + 1))
    points, owner = [], []
    for s in inner:
        own = order[begin[s] : begin[s + 1]]
        chosen = own[np.unique(np.linspace(0, len(own) - 1, _SAMPLES).astype(int))]
        points.append(mesh.vertices[mesh.faces[chosen, 0]])
        owner.append(np.full(len(chosen), s))
    where, whose = np.concatenate(points), np.concatenate(owner)
    query, hit = _lines_up(mesh, where)
    pair = query * count + shell[hit]
    value, times = np.unique(pair, return_counts=True)
    odd = value[times % 2 == 1]
    inside = whose[odd // count] * count + odd % count
    value, times = np.unique(inside, return_counts=True)
    samples = np.bincount(whose, minlength=count)
    full = value[times == samples[value // count]]
    for s in inner:
        found = full[full // count == s] % count
        out[s] = found[(found != s) & _around(low, high, s)[found]]
    return out


def _around(low: FloatArray, high: FloatArray, s: int) -> npt.NDArray[np.bool_]:
    out = ((low <= low[s]) & (high >= high[s])).all(axis=1)
    out[s] = False
    return np.asarray(out)


def _boxes(mesh: Mesh, shell: Ints, count: int) -> tuple[FloatArray, FloatArray]:
    order = np.argsort(shell, kind="stable")
    begin = np.searchsorted(shell[order], np.arange(count))
    # Column by column: along the short axes of (m, 3, 3) a reduction is several times slower.
    sides = [[mesh.vertices[:, axis][mesh.faces[order, k]] for k in range(3)] for axis in range(3)]
    low = [np.minimum.reduceat(np.minimum(np.minimum(a, b), c), begin) for a, b, c in sides]
    high = [np.maximum.reduceat(np.maximum(np.maximum(a, b), c), begin) for a, b, c in sides]
    return np.stack(low, axis=1), np.stack(high, axis=1)


def _wrong_side(mesh: Mesh, shell: Ints, count: int) -> Ints:
    volume = _six_fold(mesh, shell, count)
    table = edges_of(mesh)
    is_open, pinched = np.zeros(count, bool), np.zeros(count, bool)
    if table.open_edges:
        is_open[shell[(table.face_count[table.of_face] == 1).any(axis=1)]] = True
    depth = np.array([np.count_nonzero(~is_open[c]) for c in containers(mesh, shell, count)])
    cavity = (depth % 2 == 1) & ~is_open
    # A shell that ends at edges with more than two triangles has no side of its own before those are parted.
    if table.non_manifold_edges:
        pinched[shell[(table.face_count[table.of_face] > 2).any(axis=1)]] = True
    return np.flatnonzero((volume != 0) & ((volume < 0) != cavity) & ~pinched)


def _six_fold(mesh: Mesh, shell: Ints, count: int) -> FloatArray:
    """Six-fold volume (count,) of each shell, from its own middle, so that small ones far off lose no digits."""
    if len(mesh.faces) >= WORTH_COMPILING and is_compiled():
        from . import _kernels_winding as kernels

        return np.asarray(kernels.volumes(mesh.vertices, mesh.faces, shell, count))
    corners = mesh.triangles
    middle = corners.mean(axis=1)
    sums = [np.bincount(shell, middle[:, k], count) for k in range(3)]
    center = np.stack(sums, axis=1) / np.maximum(np.bincount(shell, minlength=count), 1)[:, None]
    a, b, c = (corners[:, k] - center[shell] for k in range(3))
    return np.asarray(np.bincount(shell, np.einsum("ij,ij->i", a, np.cross(b, c)), count), np.float64)


def _agree(mesh: Mesh, table: EdgeTable) -> tuple[int, Ints, npt.NDArray[np.bool_], Ints]:
    """Shells, and which triangles to flip so that each agrees in itself: components of the doubled graph of faces."""
    left, right, same = _neighbors(mesh, table)
    size = len(mesh.faces)
    other = np.where(same, 0, size)
    rows = np.concatenate([left, left + size])
    columns = np.concatenate([right + other, (right + size + other) % (2 * size)])
    graph = coo_array((np.ones(len(rows), np.bool_), (rows, columns)), shape=(2 * size, 2 * size))
    _, double = connected_components(graph, directed=False)
    up, down = double[:size], double[size:]
    key = np.minimum(up, down)
    _, shell = np.unique(key, return_inverse=True)
    count = int(shell.max()) + 1
    one_sided = np.unique(shell[up == down])
    flip = up != key
    area = mesh.face_areas_mm2()
    kept = np.bincount(shell, np.where(flip, -area, area), count)
    flip ^= (kept < 0)[shell]
    flip[np.isin(shell, one_sided)] = False
    return count, shell.astype(np.int64), flip, one_sided.astype(np.int64)


def _neighbors(mesh: Mesh, table: EdgeTable) -> tuple[Ints, Ints, npt.NDArray[np.bool_]]:
    """Pairs of triangles at edges with exactly two, and whether the pair agrees."""
    edge = table.of_face.ravel()
    regular = np.flatnonzero(table.face_count[edge] == 2)
    order = regular[np.argsort(edge[regular], kind="stable")]
    pairs = order.reshape(-1, 2)
    agree = table.winding[edge[pairs[:, 0]]] == 0
    return pairs[:, 0] // 3, pairs[:, 1] // 3, np.asarray(agree)


def _lines_up(mesh: Mesh, points: FloatArray) -> tuple[Ints, Ints]:
    """Pairs of a point and a triangle straight above it, in a turned frame."""
    turned = mesh.vertices @ _TURN.T
    query = points @ _TURN.T
    bins = int(np.clip(2 * np.sqrt(len(points)), 1, _BINS))
    origin, top = query[:, :2].min(axis=0), query[:, :2].max(axis=0)
    cell = np.maximum((top - origin) / bins, np.finfo(float).tiny)
    place = np.clip((query[:, :2] - origin) // cell, 0, bins - 1).astype(np.int64)
    marked = np.zeros((bins + 1, bins + 1), np.int64)
    np.add.at(marked, (place[:, 0] + 1, place[:, 1] + 1), 1)
    total = marked.cumsum(axis=0).cumsum(axis=1)
    number = _over_bins(turned, mesh, origin, top, float(query[:, 2].min()), cell, bins, total)
    corners = turned[mesh.faces[number]]
    a, b, c = (corners[:, k, :2] for k in range(3))
    low, high = np.minimum(np.minimum(a, b), c), np.maximum(np.maximum(a, b), c)
    start = np.clip((low - origin) // cell, 0, bins - 1).astype(np.int64)
    stop = np.clip((high - origin) // cell, 0, bins - 1).astype(np.int64)
    bin_of = place[:, 0] * bins + place[:, 1]
    order = np.argsort(bin_of, kind="stable")
    first = np.searchsorted(bin_of[order], np.arange(bins * bins + 1))
    queries, hits = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    for block in np.array_split(np.arange(len(number)), max(1, len(number) // 20_000)):
        face, column = _cells_of(block, start, stop, bins)
        lengths = first[column + 1] - first[column]
        face = np.repeat(face, lengths)
        offset = np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        point = order[np.repeat(first[column], lengths) + offset]
        above = _is_above(corners[face], query[point])
        queries.append(point[above])
        hits.append(number[face[above]])
    return np.concatenate(queries), np.concatenate(hits)


def _over_bins(
    turned: FloatArray, mesh: Mesh, origin: FloatArray, top: FloatArray, lowest: float, cell: FloatArray, bins: int,
    total: Ints,
) -> Ints:  # fmt: skip
    """Triangles that can lie above points, by the bins that these are in."""
    if len(mesh.faces) >= WORTH_COMPILING and is_compiled():
        from . import _kernels_winding as kernels

        return np.asarray(kernels.over_bins(turned, mesh.faces, origin, top, lowest, cell, bins, total))
    a, b, c = (turned[mesh.faces[:, k]] for k in range(3))
    low, high = np.minimum(np.minimum(a, b), c), np.maximum(np.maximum(a, b), c)
    near = (high[:, :2] >= origin).all(axis=1) & (low[:, :2] <= top).all(axis=1) & (high[:, 2] >= lowest)
    number = np.flatnonzero(near)
    (x, y) = np.clip((low[number, :2] - origin) // cell, 0, bins - 1).astype(np.int64).T
    (u, v) = np.clip((high[number, :2] - origin) // cell, 0, bins - 1).astype(np.int64).T + 1
    return np.asarray(number[total[u, v] - total[x, v] - total[u, y] + total[x, y] > 0])


def _cells_of(faces: Ints, start: Ints, stop: Ints, bins: int) -> tuple[Ints, Ints]:
    width = stop[faces] - start[faces] + 1
    cells = width.prod(axis=1)
    face = np.repeat(faces, cells)
    step = np.arange(cells.sum()) - np.repeat(np.cumsum(cells) - cells, cells)
    across = np.repeat(width[:, 1], cells)
    return face, (start[face, 0] + step // across) * bins + start[face, 1] + step % across


def _is_above(corners: FloatArray, points: FloatArray) -> npt.NDArray[np.bool_]:
    sides = []
    for k in range(3):
        p, q = corners[:, k, :2] - points[:, :2], corners[:, (k + 1) % 3, :2] - points[:, :2]
        sides.append(p[:, 0] * q[:, 1] - p[:, 1] * q[:, 0])
    weight = np.stack([sides[1], sides[2], sides[0]], axis=1)
    within = (weight > 0).all(axis=1) | (weight < 0).all(axis=1)
    total = weight.sum(axis=1)
    height = np.einsum("ij,ij->i", weight, corners[:, :, 2])
    height = np.divide(height, total, out=np.full(len(total), -np.inf), where=total != 0)
    return np.asarray(within & (height > points[:, 2]))
