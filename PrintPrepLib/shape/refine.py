"""Long triangles with a thin wall behind them: found, and split in place."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ..mesh import FloatArray, Mesh
from ..progress import Progress, silent
from ..spatial import index_of
from ..spatial.threads import run_chunks

MOST_RAYS = 1_200_000
"""Most places at which long triangles are asked whether another wall lies behind them."""
CHUNK = 4096
"""Triangles that a thread takes at a time."""
_OBLIQUE = 1.3
"""A ray that leaves a wall obliquely meets its other side later than the wall is thick."""

Bools = npt.NDArray[np.bool_]
Int64Array = npt.NDArray[np.int64]


def close_behind(
    mesh: Mesh,
    limit_mm: float,
    edge_mm: float,
    progress: Progress = silent,
    *,
    only: Bools | None = None,
    before: bool = False,
) -> Bools:
    """Long triangles (m,) that have another wall close behind them somewhere (or before them, through the air).

    Parameters
    ----------
    mesh : Mesh
        Outward faces.
    limit_mm : float
        A wall is close where a ray along the inward normal meets it within about this.
    edge_mm : float
        A triangle is long whose longest edge is longer than this.
    only : (m,) bool, optional
        Triangles that are asked for.
    before : bool
        Look outward.
    """
    close = np.zeros(len(mesh.faces), bool)
    asked = np.arange(len(mesh.faces)) if only is None else np.flatnonzero(only)
    long = asked[_longest_edges(mesh.vertices, mesh.faces[asked]) > edge_mm]
    if not len(long):
        return close
    skin, reach, turn = 1e-4 * limit_mm, _OBLIQUE * limit_mm, 1.0 if before else -1.0
    index = index_of(mesh)
    cuts = _cuts(mesh, long, edge_mm)
    if index.kernels is not None:
        from ..spatial import _kernels_behind as kernels

        number = np.zeros(len(mesh.faces), np.int64)
        number[long] = cuts
        tree = index.tree

        def work(chosen: Int64Array) -> None:
            kernels.behind(
                mesh.vertices, mesh.faces, chosen, number, turn, reach, skin, tree.corners, tree.starts, tree.boxes,
                close,
            )  # fmt: skip

        run_chunks(work, tree.faces[np.isin(tree.faces, long)], CHUNK, progress, "Looking behind walls")
        return close
    points, owner = _spread(mesh, long, cuts)
    place = np.zeros(len(mesh.faces), np.int64)
    place[long] = np.arange(len(long))
    way = turn * Mesh(mesh.vertices, mesh.faces[long], "").face_normals()[place[owner]]
    usable = np.einsum("ij,ij->i", way, way) > 0.5
    points, owner, way = points[usable], owner[usable], way[usable]
    distance, hit = index.first_hit(points + skin * way, way, reach, progress)
    met = np.flatnonzero(np.isfinite(distance))
    away = np.einsum("ij,ij->i", mesh.face_normals()[hit[met]], way[met])
    close[owner[met[turn * away < 0.0]]] = True
    return close


def _longest_edges(vertices: FloatArray, faces: npt.NDArray[np.int32]) -> FloatArray:
    corners = vertices[faces]
    sides = corners - corners[:, (1, 2, 0)]
    return np.asarray(np.sqrt(np.einsum("fkx,fkx->fk", sides, sides).max(axis=1)))


def _cuts(mesh: Mesh, chosen: Int64Array, spacing: float) -> Int64Array:
    """Into how many places each side of the chosen triangles is cut: about one place in each square of the spacing."""
    area = Mesh(mesh.vertices, mesh.faces[chosen], "").face_areas_mm2()
    spacing = max(spacing, float(np.sqrt(area.sum() / MOST_RAYS)))
    longest = _longest_edges(mesh.vertices, mesh.faces[chosen])
    return np.asarray(
        np.maximum(np.ceil(np.sqrt(area * 2.0) / spacing), np.minimum(np.ceil(longest / spacing), 8)), np.int64
    )


def _spread(mesh: Mesh, chosen: Int64Array, cuts: Int64Array) -> tuple[FloatArray, Int64Array]:
    """Places (k, 3) on the chosen triangles, whose sides are cut so often, and the triangle of each."""
    points, owners = [], []
    for number in np.unique(cuts):
        members = chosen[cuts == number]
        i, j = np.meshgrid(np.arange(number), np.arange(number), indexing="ij")
        keep = i + j < number
        weight = (np.stack([i[keep], j[keep]], axis=1) + 1.0 / 3.0) / number
        weights = np.concatenate([weight, 1.0 - weight.sum(axis=1, keepdims=True)], axis=1)
        points.append(np.einsum("wk,fkx->fwx", weights, mesh.vertices[mesh.faces[members]]).reshape(-1, 3))
        owners.append(np.repeat(members, len(weights)))
    return np.concatenate(points), np.concatenate(owners)


def split_edges(
    vertices: FloatArray,
    faces: npt.NDArray[np.int32],
    flag: Bools,
    of_face: Int64Array,
    ends: Int64Array,
    split: Bools,
) -> tuple[FloatArray, npt.NDArray[np.int32], Bools]:
    """Halve the chosen edges and cut the triangles on both sides to match; the flag passes to the pieces."""
    new = np.full(len(split), -1, np.int64)
    new[split] = len(vertices) + np.arange(np.count_nonzero(split))
    middle = (0.5 * (vertices[ends[split, 0]] + vertices[ends[split, 1]])).astype(np.float32).astype(np.float64)
    count = split[of_face].sum(axis=1)
    pieces = [faces[count == 0].astype(np.int64)]
    flags = [flag[count == 0]]
    # Turn each triangle so that its cut sides stand in one place: first where one is cut, last where two are.
    for number, start in ((1, True), (2, False), (3, True)):
        rows = np.flatnonzero(count == number)
        if not len(rows):
            continue
        turn = np.argmax(split[of_face[rows]] == start, axis=1)
        order = (turn[:, None] + np.arange(3)) % 3
        a, b, c = np.take_along_axis(faces[rows].astype(np.int64), order, axis=1).T
        ab, bc, ca = new[np.take_along_axis(of_face[rows], order, axis=1)].T
        if number == 1:
            parts = [(a, ab, c), (ab, b, c)]
        elif number == 2:  # ab is whole
            parts = [(c, ca, bc), (a, b, bc), (a, bc, ca)]
        else:
            parts = [(a, ab, ca), (ab, b, bc), (ca, bc, c), (ab, bc, ca)]
        pieces += [np.stack(part, axis=1) for part in parts]
        flags += [flag[rows]] * len(parts)
    return np.concatenate([vertices, middle]), np.concatenate(pieces).astype(np.int32), np.concatenate(flags)
