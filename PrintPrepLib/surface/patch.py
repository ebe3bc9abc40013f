"""A patch for one closed loop of vertices: least area, then as finely meshed and as smooth as what lies around it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array, diags_array
from scipy.sparse.linalg import splu

from ..mesh import FloatArray

_Point = tuple[float, float, float]
_EXACT_VERTICES = 160
"""Loops up to this many vertices are triangulated by the full dynamic program (cost grows with the third power)."""
_ANGLE_STEP = 0.02
"""Dihedral angles (as 1 - cosine) closer than this count as equal, so that area decides (about 11 degrees at 0)."""
_DENSITY = np.sqrt(2.0)
"""Refinement factor of Liepa 2003: a triangle is split when its center is this much farther than the local size."""
_REFINE_ROUNDS = 12
"""Rounds of splitting and flipping; each halves the triangle size, so that 12 are never reached on real holes."""
_MAX_PATCH = 20_000
"""Triangles at which refinement stops: a larger patch is a sign of a loop with a wrong local size."""


@dataclass(frozen=True)
class Patch:
    """Triangles that close a loop.

    Attributes
    ----------
    points : (k, 3) float64
        New vertices inside the loop.
    faces : (t, 3) int64
        ``0..n-1`` are the loop's vertices in order, ``n..n+k-1`` the new ones.
    """

    points: FloatArray
    faces: npt.NDArray[np.int64]


def make_patch(
    loop: FloatArray, outer: FloatArray, *, forbidden: npt.NDArray[np.bool_] | None = None, smooth: bool = True
) -> Patch:
    """Close a loop.

    Parameters
    ----------
    loop : (n, 3) float64
        Vertices in the order in which the patch's border runs.
    outer : (n, 3) float64
        Third corner of the triangle on the other side of edge i to i+1.
    forbidden : (n, n) bool, optional
        Pairs of loop vertices that are already joined by an edge elsewhere.
    smooth : bool
        Refine to the size of the surroundings and fair; else triangles between loop vertices only.

    Returns
    -------
    Patch

    Notes
    -----
    Liepa, Filling holes in meshes, SGP 2003: the triangulation with the smallest largest fold, then least area;
    refinement by centers with edge flips; fairing by the second-order umbrella operator.
    """
    faces = triangulate_loop(loop, outer, forbidden)
    if not smooth or len(loop) < 4:
        return Patch(np.empty((0, 3)), faces)
    size = _loop_sizes(loop, outer)
    points, faces = _refine(loop, faces, size)
    if len(points) == 0:
        return Patch(points, faces)
    n, k = len(loop), len(points)
    ring = np.stack([np.roll(np.arange(n), -1), np.arange(n), n + k + np.arange(n)], axis=1)
    free = np.zeros(2 * n + k, bool)
    free[n : n + k] = True
    placed = fair(np.concatenate([loop, points, outer]), np.concatenate([faces, ring]), free)
    return Patch(placed[n : n + k], faces)


def triangulate_loop(
    loop: FloatArray, outer: FloatArray | None = None, forbidden: npt.NDArray[np.bool_] | None = None
) -> npt.NDArray[np.int64]:
    """Triangulate a loop in space without new vertices, (n - 2, 3) int64.

    Loops of up to 160 vertices get the best triangulation there is (dynamic program). Longer ones are cut into arcs
    of a coarser polygon, each of which gets its own.
    """
    n = len(loop)
    if n < 3:
        return np.empty((0, 3), np.int64)
    if n <= _EXACT_VERTICES:
        normals = None
        if outer is not None:
            normals = _unit(np.cross(loop - np.roll(loop, -1, axis=0), outer - np.roll(loop, -1, axis=0)))
        return _best_triangulation(loop, normals, forbidden)
    corners = np.unique(np.linspace(0, n, min(_EXACT_VERTICES, int(np.ceil(n / 8)) + 3), endpoint=False).astype(int))
    coarse_forbidden = None if forbidden is None else forbidden[np.ix_(corners, corners)]
    pieces = [corners[triangulate_loop(loop[corners], None, coarse_forbidden)]]
    for start, stop in zip(corners, np.append(corners[1:], n), strict=True):
        arc = np.arange(start, stop + 1) % n
        if len(arc) > 2:
            arc_forbidden = None if forbidden is None else forbidden[np.ix_(arc, arc)]
            pieces.append(arc[triangulate_loop(loop[arc], None, arc_forbidden)])
    return np.concatenate(pieces)


def fair(
    vertices: FloatArray, faces: npt.NDArray[np.integer], free: npt.NDArray[np.bool_], *, membrane: bool = False
) -> FloatArray:
    """Place the free vertices so that the surface bends least (or, as a membrane, so that it is smallest).

    Uniform umbrella weights; all other vertices stay where they are.

    Parameters
    ----------
    vertices : (n, 3) float64
        Of the patch and of at least two rings around it.
    faces : (m, 3) int
        Their triangles.
    free : (n,) bool
        Which vertices are placed.
    membrane : bool
        First-order: each free vertex in the middle of its neighbors. Else second-order, tangent to the surroundings.
    """
    if not free.any():
        return vertices
    count = len(vertices)
    a, b, c = faces.T.astype(np.int64)
    rows = np.concatenate([a, b, b, c, c, a])
    columns = np.concatenate([b, a, c, b, a, c])
    joined = csr_array((np.ones(len(rows)), (rows, columns)), shape=(count, count))
    joined.data[:] = 1.0
    degree = np.maximum(joined.sum(axis=1), 1.0)
    umbrella = (diags_array(1.0 / degree) @ joined - diags_array(np.ones(count))).tocsr()
    near = free | (np.asarray(joined @ free.astype(float)) > 0)
    used = free if membrane else near
    system = umbrella[np.flatnonzero(used)]
    unknown = np.flatnonzero(free)
    known = np.flatnonzero(~free)
    left = system[:, unknown]
    right = -(system[:, known] @ vertices[known])
    normal = (left.T @ left).tocsc()
    out = vertices.copy()
    try:
        out[unknown] = splu(normal).solve(np.asarray(left.T @ right))
    except RuntimeError:  # singular: a free vertex that hangs on nothing fixed
        return vertices
    return out if np.isfinite(out).all() else vertices


def _best_triangulation(
    loop: FloatArray, border_normals: FloatArray | None, forbidden: npt.NDArray[np.bool_] | None
) -> npt.NDArray[np.int64]:
    n = len(loop)
    bend = np.zeros((n, n))
    area = np.zeros((n, n))
    normal = np.zeros((n, n, 3))
    choice = np.full((n, n), -1)
    has_normal = np.zeros((n, n), bool)
    side = np.arange(n - 1)
    if border_normals is not None:
        normal[side, side + 1] = border_normals[:-1]
        has_normal[side, side + 1] = True
    for gap in range(2, n):
        i = np.arange(n - gap)[:, None]
        j = i + gap
        k = i + np.arange(1, gap)[None]
        cross = np.cross(loop[k] - loop[i], loop[j] - loop[i])
        length = np.linalg.norm(cross, axis=2)
        unit = np.divide(cross, length[..., None], out=np.zeros_like(cross), where=length[..., None] > 0)
        fold = np.maximum(bend[i, k], bend[k, j])
        pairs = [(i, k), (k, j)]
        for p, q in pairs:
            angle = 1.0 - np.einsum("abc,abc->ab", unit, normal[p, q])
            fold = np.maximum(fold, np.where(has_normal[p, q], angle, 0.0))
        if gap == n - 1 and border_normals is not None:
            fold = np.maximum(fold, 1.0 - unit @ border_normals[-1])
        total = area[i, k] + area[k, j] + length / 2.0
        if forbidden is not None and gap < n - 1:
            banned = forbidden[i[:, 0], j[:, 0]]
            fold = np.where(banned[:, None], np.inf, fold)
        step = np.where(np.isfinite(fold), np.round(fold / _ANGLE_STEP), 1e9)
        lowest = step.min(axis=1, keepdims=True)
        best = np.argmin(np.where(step == lowest, total, np.inf), axis=1)
        row = np.arange(n - gap)
        rows, columns = i[:, 0], j[:, 0]
        bend[rows, columns] = fold[row, best]
        area[rows, columns] = total[row, best]
        normal[rows, columns] = unit[row, best]
        has_normal[rows, columns] = True
        choice[rows, columns] = best + rows + 1
    faces = []
    stack = [(0, n - 1)]
    while stack:
        i0, j0 = stack.pop()
        if j0 - i0 < 2:
            continue
        k0 = int(choice[i0, j0])
        faces.append((i0, k0, j0))
        stack += [(i0, k0), (k0, j0)]
    return np.array(faces, np.int64)


def _loop_sizes(loop: FloatArray, outer: FloatArray) -> FloatArray:
    following = np.roll(loop, -1, axis=0)
    edge = np.linalg.norm(following - loop, axis=1)
    spoke_here = np.linalg.norm(outer - loop, axis=1)
    spoke_next = np.linalg.norm(outer - following, axis=1)
    return np.asarray((edge + np.roll(edge, 1) + spoke_here + np.roll(spoke_next, 1)) / 4.0)


def _refine(
    loop: FloatArray, faces: npt.NDArray[np.int64], sizes: FloatArray
) -> tuple[FloatArray, npt.NDArray[np.int64]]:
    points = loop.copy()
    size = sizes.copy()
    for _ in range(_REFINE_ROUNDS):
        corners = points[faces]
        center = corners.mean(axis=1)
        target = size[faces].mean(axis=1)
        reach = _DENSITY * np.linalg.norm(corners - center[:, None], axis=2)
        split = (reach > target[:, None]).all(axis=1) & (reach > size[faces]).all(axis=1)
        if not split.any() or len(faces) > _MAX_PATCH:
            break
        new = len(points) + np.arange(np.count_nonzero(split))
        a, b, c = faces[split].T
        parts = [np.stack([a, b, new], axis=1), np.stack([b, c, new], axis=1), np.stack([c, a, new], axis=1)]
        faces = np.concatenate([faces[~split], *parts])
        points = np.concatenate([points, center[split]])
        size = np.concatenate([size, target[split]])
        faces = _flip_to_delaunay([(x, y, z) for x, y, z in points.tolist()], faces)
    return points[len(loop) :], faces


def _flip_to_delaunay(points: list[_Point], faces: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    triangles = [tuple(f) for f in faces.tolist()]
    of_edge: dict[tuple[int, int], int] = {}
    for number, (a, b, c) in enumerate(triangles):
        of_edge[a, b] = of_edge[b, c] = of_edge[c, a] = number
    queue = [edge for edge in of_edge if edge[0] < edge[1] and edge[::-1] in of_edge]
    budget = 20 * len(triangles)
    while queue and budget:
        budget -= 1
        a, b = queue.pop()
        left, right = of_edge.get((a, b)), of_edge.get((b, a))
        if left is None or right is None:
            continue
        c = next(v for v in triangles[left] if v not in (a, b))
        d = next(v for v in triangles[right] if v not in (a, b))
        if c == d or (c, d) in of_edge or (d, c) in of_edge or not _flip_helps(points, a, b, c, d):
            continue
        triangles[left], triangles[right] = (a, d, c), (d, b, c)
        del of_edge[a, b], of_edge[b, a]
        of_edge.update({(a, d): left, (d, c): left, (c, a): left, (d, b): right, (b, c): right, (c, d): right})
        queue += [(a, d), (d, b), (b, c), (c, a)]
    return np.array(triangles, np.int64)


def _flip_helps(points: list[_Point], a: int, b: int, c: int, d: int) -> bool:
    """True when the edge a-b is not Delaunay and the other diagonal c-d folds nothing over."""
    pa, pb, pc, pd = points[a], points[b], points[c], points[d]
    ab, ac, ad, cd, cb = _minus(pb, pa), _minus(pc, pa), _minus(pd, pa), _minus(pd, pc), _minus(pb, pc)
    db = _minus(pb, pd)
    at_c, at_d = _cross(ac, cb), _cross(ad, db)
    sine_c, sine_d = math.sqrt(_dot(at_c, at_c)), math.sqrt(_dot(at_d, at_d))
    # The two opposite angles add up to more than half a turn exactly when sin(c + d) < 0.
    if sine_c * -_dot(ad, db) + -_dot(ac, cb) * sine_d >= -1e-9 * (sine_c + sine_d) ** 2 - 1e-300:
        return False
    one, two = _cross(ab, ac), _cross(ad, ab)
    old = (one[0] + two[0], one[1] + two[1], one[2] + two[2])
    first = _cross(ad, ac)
    second = _cross(cd, db)
    return _dot(first, old) > 0 and _dot(second, old) > 0


def _minus(u: _Point, v: _Point) -> _Point:
    return u[0] - v[0], u[1] - v[1], u[2] - v[2]


def _cross(u: _Point, v: _Point) -> _Point:
    return u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]


def _dot(u: _Point, v: _Point) -> float:
    return u[0] * v[0] + u[1] * v[1] + u[2] * v[2]


def _unit(vectors: FloatArray) -> FloatArray:
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.asarray(np.divide(vectors, length, out=np.zeros_like(vectors), where=length > 0))
