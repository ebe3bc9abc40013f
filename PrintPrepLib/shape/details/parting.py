"""Which removals part a model: found on what is left, and put back."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ...mesh import FloatArray, Mesh, six_fold_volumes
from ...spatial import SurfaceIndex, index_of
from ...topology import face_parts
from ..identical import is_among

if TYPE_CHECKING:
    import manifold3d

ROUNDS = 6
"""Rounds of putting removals back; two are usual. After so many all of them are put back."""

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


def bodies_of(mesh: Mesh) -> tuple[int, Ints]:
    """How many bodies a mesh has, and the body of each triangle (m,): -1 for those of cavities."""
    count, label = face_parts(mesh)
    volume = np.bincount(label, weights=six_fold_volumes(mesh.vertices, mesh.faces), minlength=count)
    number = np.where(volume > 0.0, np.cumsum(volume > 0.0) - 1, -1)
    return int((volume > 0.0).sum()), number[label]


def owners_of(mesh: Mesh) -> Ints:
    """The body that each triangle (m,) bounds: for those of a cavity the smallest body round it, -1 where none is."""
    owners: Ints = mesh.derived("owners of faces", _owners_of)
    return owners


def _owners_of(mesh: Mesh) -> Ints:
    count, of_face = bodies_of(mesh)
    hollow = np.flatnonzero(of_face < 0)
    if not len(hollow):
        return of_face
    if count == 1:
        return np.zeros(len(of_face), np.int64)
    _, label = face_parts(mesh)
    cavities, first = np.unique(label[hollow], return_index=True)
    places = mesh.vertices[mesh.faces[hollow[first], 0]]
    owner = np.full(len(label), -1, np.int64)  # by the number of the shell
    volume = np.bincount(of_face[of_face >= 0], six_fold_volumes(mesh.vertices, mesh.faces)[of_face >= 0])
    for body in np.argsort(-volume):
        shell = Mesh(mesh.vertices, mesh.faces[of_face == body], "").without_unused_vertices()
        low, high = shell.bounds
        near = np.flatnonzero(((places >= low) & (places <= high)).all(axis=1))
        if len(near):
            owner[cavities[near[SurfaceIndex(shell).contains(places[near])]]] = body
    return np.where(of_face >= 0, of_face, owner[label])


def bodies_touched(mesh: Mesh, tool: Mesh) -> int:
    """How many bodies of a mesh reach into a tool: those whose surface is nearest to its corners in the solid."""
    index = index_of(mesh)
    found = index.closest(tool.vertices)
    inside = index.with_sign(tool.vertices, found) < 0.0
    bodies = owners_of(mesh)[found.faces[inside]]
    return len(np.unique(bodies[bodies >= 0]))


def changed_without_parting(
    mesh: Mesh, cutting: Sequence[manifold3d.Manifold], adding: Sequence[manifold3d.Manifold], crumb_mm: float
) -> tuple[Mesh, set[int]]:
    """Take bodies away and add others, but take none without which one of the model's own bodies would come apart.

    What comes of it is looked at as a whole: pieces and cuts that touch are a graph, and of the cuts between a body's
    largest piece and each other piece the fewest are put back. Crumbs are left to ``without_crumbs``.

    Parameters
    ----------
    mesh : Mesh
        Closed, outward.
    cutting, adding : sequence of Manifold
        What is to be taken away, and what is added after that.
    crumb_mm : float
        A piece that no ball of this diameter fits into, and that is not longer than three, is a crumb.

    Returns
    -------
    result : Mesh
    kept : set of int
        Numbers of those that were not taken away because they hold pieces together.
    """
    import manifold3d as m3

    solid = mesh.to_manifold()
    cuts, fills = [one.as_original() for one in cutting], [one.as_original() for one in adding]
    fill = m3.Manifold.batch_boolean(fills, m3.OpType.Add) if fills else None
    kept: set[int] = set()
    for _ in range(ROUNDS):
        chosen = [k for k in range(len(cuts)) if k not in kept]
        result = solid - m3.Manifold.batch_boolean([cuts[k] for k in chosen], m3.OpType.Add) if chosen else solid
        result = result if fill is None else result + fill
        pieces = _Pieces(mesh, result, cuts, fills, crumb_mm)
        holding = pieces.holding(chosen)
        if not holding:
            return pieces.mesh, kept
        kept |= holding
    return Mesh.from_manifold(solid if fill is None else solid + fill, mesh.name), set(range(len(cuts)))


def _box(tool: manifold3d.Manifold) -> FloatArray:
    return np.array(tool.bounding_box(), np.float64).reshape(2, 3)


class _Pieces:
    """What came of it: its pieces, the body of the model that each belongs to, and the cuts that each touches."""

    def __init__(
        self, mesh: Mesh, result: manifold3d.Manifold, cuts: Sequence[manifold3d.Manifold],
        fills: Sequence[manifold3d.Manifold], crumb_mm: float,
    ) -> None:  # fmt: skip
        raw = result.to_mesh64()
        self.faces = np.asarray(raw.tri_verts).astype(np.int32)
        self.mesh = Mesh(np.asarray(raw.vert_properties)[:, :3].copy(), self.faces, mesh.name)
        number = {one.original_id(): k for k, one in enumerate((*cuts, *fills))}
        of_run = np.array([number.get(int(one), -1) for one in raw.run_original_id], np.int64)
        tool_of_face = np.repeat(of_run, np.diff(np.asarray(raw.run_index, np.int64) // 3))
        self.count, self.of_face = bodies_of(self.mesh)
        shell = self.of_face >= 0
        pairs = np.unique(np.stack([self.of_face, tool_of_face], axis=1)[shell & (tool_of_face >= 0)], axis=0)
        self.boxes = [_box(one) for one in cuts]
        self.touching = [(piece, tool) for piece, tool in pairs.tolist() if tool < len(cuts)]
        self.filled = [(piece, _box(fills[tool - len(cuts)])) for piece, tool in pairs.tolist() if tool >= len(cuts)]
        self.body, self.main, self.crumb = _account(self.mesh, mesh, crumb_mm)

    def holding(self, chosen: list[int]) -> set[int]:
        """The fewest cuts that join each piece with the largest of its body."""
        out: set[int] = set()
        loose = {int(k) for k in np.flatnonzero(~self.main & ~self.crumb)}
        if not loose:
            return out
        neighbors = self._graph(chosen)
        for body in np.unique(self.body[sorted(loose)]):
            start = int(np.flatnonzero(self.main & (self.body == body))[0])
            reached, waiting = {start}, {k for k in loose if self.body[k] == body}
            members = set(np.flatnonzero(self.body == body).tolist())
            while waiting:
                path = _path(neighbors, reached, waiting, members)
                if path is None:  # a piece that no cut touches cannot be: put all back
                    return set(chosen)
                cuts = {-1 - node for node in path if node < 0}
                if not cuts:
                    return set(chosen)
                out |= cuts
                reached |= set(path)
                waiting -= reached
        return out

    def _graph(self, chosen: list[int]) -> dict[int, set[int]]:
        """Neighbors of each piece (its number) and each cut (-1 minus its number)."""
        neighbors: dict[int, set[int]] = {}
        if not chosen:
            return neighbors
        low, high = np.array([self.boxes[k][0] for k in chosen]), np.array([self.boxes[k][1] for k in chosen])

        def join(a: int, b: int) -> None:
            neighbors.setdefault(a, set()).add(b)
            neighbors.setdefault(b, set()).add(a)

        def meeting(box: FloatArray) -> list[int]:
            meet = ((low <= box[1]) & (high >= box[0])).all(axis=1)
            return [-1 - chosen[k] for k in np.flatnonzero(meet)]

        for piece, cut in self.touching:
            join(piece, -1 - cut)
        for piece, box in self.filled:
            if not self.main[piece]:
                for cut in meeting(box):
                    join(piece, cut)
        for cut in chosen:
            for other in meeting(self.boxes[cut]):
                join(-1 - cut, other)
        return neighbors


def _account(now: Mesh, before: Mesh, crumb_mm: float) -> tuple[Ints, Bools, Bools]:
    """For each body that there is now: which it was, whether it is the largest of that one, and whether a crumb."""
    count, of_face = bodies_of(now)
    shell = np.flatnonzero(of_face >= 0)
    volume = np.bincount(of_face[shell], six_fold_volumes(now.vertices, now.faces)[shell], minlength=count)
    first = np.empty(count, np.int64)
    first[of_face[shell][::-1]] = shell[::-1]
    body = owners_of(before)[index_of(before).closest(now.vertices[now.faces[first, 0]]).faces]
    main = np.zeros(count, bool)
    for one in np.unique(body):
        members = np.flatnonzero(body == one)
        main[members[np.argmax(volume[members])]] = True
    crumb = np.zeros(count, bool)
    for piece in np.flatnonzero(~main):
        crumb[piece] = _is_small(now, of_face == piece, float(volume[piece]), crumb_mm)
    return body, main, crumb


def _is_small(mesh: Mesh, chosen: Bools, six_volumes: float, crumb_mm: float) -> bool:
    """Whether no ball of a diameter can be in a closed surface that is not longer than three of them."""
    corners = mesh.vertices[mesh.faces[chosen].ravel()]
    return bool(abs(six_volumes) < np.pi * crumb_mm**3 and np.ptp(corners, axis=0).max() < 3.0 * crumb_mm)


def without_crumbs(now: Mesh, before: Mesh, crumb_mm: float) -> tuple[Mesh, int]:
    """Take away pieces without width that came off, and fill such cavities that came about; and tell how many.

    Parameters
    ----------
    now, before : Mesh
        The model after and before a change. What was there before stays, however small.
    crumb_mm : float
        A piece that no ball of this diameter fits into, and that is not longer than three, is a crumb.
    """
    _, _, crumb = _account(now, before, crumb_mm)
    _, of_face = bodies_of(now)
    shells, label = face_parts(now)
    volume = np.bincount(label, six_fold_volumes(now.vertices, now.faces), minlength=shells)
    same = np.bincount(label, ~is_among(now, before)[now.faces].all(axis=1), minlength=shells) == 0
    drop = np.zeros(shells, bool)
    drop[label[np.isin(of_face, np.flatnonzero(crumb))]] = True
    for shell in np.flatnonzero(volume <= 0.0):
        drop[shell] = _is_small(now, label == shell, float(volume[shell]), crumb_mm)
    drop &= ~same
    if not drop.any():
        return now, 0
    return Mesh(now.vertices, now.faces[~drop[label]], now.name).without_unused_vertices(), int(drop.sum())


def _path(neighbors: dict[int, set[int]], reached: set[int], wanted: set[int], members: set[int]) -> list[int] | None:
    """The shortest way from what is reached to one that is wanted, over cuts and pieces of one body."""
    came: dict[int, int | None] = dict.fromkeys(sorted(reached))
    queue = deque(sorted(reached))
    while queue:
        node = queue.popleft()
        if node in wanted:
            path = [node]
            while (before := came[path[-1]]) is not None:
                path.append(before)
            return path
        for other in sorted(neighbors.get(node, ())):
            if other not in came and (other < 0 or other in members):
                came[other] = node
                queue.append(other)
    return None
