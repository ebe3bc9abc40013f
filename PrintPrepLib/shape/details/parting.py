"""Which removals part a model: found on what is left, and put back."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ...mesh import FloatArray, Mesh, six_fold_volumes
from ...spatial import index_of
from ...topology import face_parts

if TYPE_CHECKING:
    import manifold3d

ROUNDS = 6
"""Rounds of putting removals back; two are usual. After so many all of them are put back."""

Ints = npt.NDArray[np.int64]


def bodies_of(mesh: Mesh) -> tuple[int, Ints]:
    """How many bodies a mesh has, and the body of each triangle (m,): -1 for those of cavities."""
    count, label = face_parts(mesh)
    volume = np.bincount(label, weights=six_fold_volumes(mesh.vertices, mesh.faces), minlength=count)
    number = np.where(volume > 0.0, np.cumsum(volume > 0.0) - 1, -1)
    return int((volume > 0.0).sum()), number[label]


def bodies_touched(mesh: Mesh, tool: Mesh, of_face: Ints) -> int:
    """How many bodies of a mesh reach into a tool: those whose surface is nearest to its corners in the solid."""
    index = index_of(mesh)
    found = index.closest(tool.vertices)
    inside = index.with_sign(tool.vertices, found) < 0.0
    bodies = of_face[found.faces[inside]]
    return len(np.unique(bodies[bodies >= 0]))


def cut_without_parting(
    mesh: Mesh, cutting: Sequence[manifold3d.Manifold], crumb_mm: float
) -> tuple[manifold3d.Manifold, int, set[int]]:
    """Take bodies away from a model, but not those without which one of its own bodies would come apart.

    What is left is looked at as a whole: pieces and cuts that touch are a graph, and of the cuts between a body's
    largest piece and each other piece the fewest are put back. Pieces without width, which a cut left beside itself,
    are taken away with it.

    Parameters
    ----------
    mesh : Mesh
        Closed, outward.
    cutting : sequence of Manifold
        What is to be taken away for each feature.
    crumb_mm : float
        A piece that no ball of this diameter fits into, and that is not longer than three, is a crumb.

    Returns
    -------
    left : Manifold
    crumbs : int
        How many pieces without width went, too.
    kept : set of int
        Numbers of those that were not taken away because they hold pieces together.
    """
    import manifold3d as m3

    solid = mesh.to_manifold()
    tools = [one.as_original() for one in cutting]
    kept: set[int] = set()
    for _ in range(ROUNDS):
        chosen = [k for k in range(len(tools)) if k not in kept]
        if not chosen:
            break
        left = solid - m3.Manifold.batch_boolean([tools[k] for k in chosen], m3.OpType.Add)
        pieces = _Pieces(mesh, left, {tools[k].original_id(): k for k in chosen}, crumb_mm)
        holding = pieces.holding([_box(tools[k]) for k in range(len(tools))], chosen)
        if not holding:
            return pieces.without_crumbs(left), int(pieces.crumb.sum()), kept
        kept |= holding
    return solid, 0, set(range(len(tools)))


def _box(tool: manifold3d.Manifold) -> FloatArray:
    return np.array(tool.bounding_box(), np.float64).reshape(2, 3)


class _Pieces:
    """What is left after cutting: its pieces, the body of the model that each belongs to, and the cuts it touches."""

    def __init__(self, mesh: Mesh, left: manifold3d.Manifold, tools: dict[int, int], crumb_mm: float) -> None:
        raw = left.to_mesh64()
        self.faces = np.asarray(raw.tri_verts).astype(np.int32)
        self.mesh = Mesh(np.asarray(raw.vert_properties)[:, :3].copy(), self.faces, mesh.name)
        ids = np.array([tools.get(int(one), -1) for one in raw.run_original_id])
        runs = np.asarray(raw.run_index, np.int64) // 3
        cut_of_face = np.repeat(ids, np.diff(runs))
        self.count, of_face = bodies_of(self.mesh)
        shell = of_face >= 0
        self.of_face = of_face
        self.volume = np.bincount(
            of_face[shell], six_fold_volumes(self.mesh.vertices, self.faces)[shell], minlength=self.count
        )
        pairs = np.unique(np.stack([of_face, cut_of_face], axis=1)[shell & (cut_of_face >= 0)], axis=0)
        self.touching = pairs
        first = np.full(self.count, -1, np.int64)
        first[of_face[shell][::-1]] = np.flatnonzero(shell)[::-1]
        _, body_of_face = bodies_of(mesh)
        places = self.mesh.vertices[self.faces[first, 0]]
        self.body = body_of_face[index_of(mesh).closest(places).faces]
        self.crumb_mm = crumb_mm
        self.main = np.zeros(self.count, bool)
        for body in np.unique(self.body):
            members = np.flatnonzero(self.body == body)
            self.main[members[np.argmax(self.volume[members])]] = True
        self.crumb = ~self.main
        for piece in np.flatnonzero(self.crumb):
            self.crumb[piece] = self._is_crumb(piece)

    def _is_crumb(self, piece: int) -> bool:
        """Whether a piece is too small for anything: no ball of the limit could be in it."""
        corners = self.mesh.vertices[np.unique(self.faces[self.of_face == piece])]
        ball = np.pi * self.crumb_mm**3  # six-fold volume
        return bool(self.volume[piece] < ball and np.ptp(corners, axis=0).max() < 3.0 * self.crumb_mm)

    def holding(self, boxes: list[FloatArray], chosen: list[int]) -> set[int]:
        """The fewest cuts that join each piece with the largest of its body."""
        out: set[int] = set()
        loose = {int(k) for k in np.flatnonzero(~self.main & ~self.crumb)}
        if not loose:
            return out
        neighbors = self._graph(boxes, chosen)
        for body in np.unique(self.body[sorted(loose)]):
            start = int(np.flatnonzero(self.main & (self.body == body))[0])
            reached, waiting = {start}, {k for k in loose if self.body[k] == body}
            while waiting:
                path = _path(neighbors, reached, waiting, lambda k, body=body: k < 0 or self.body[k] == body)
                if path is None:  # a piece that no cut touches cannot be: put all back
                    return set(chosen)
                cuts = {-1 - node for node in path if node < 0}
                if not cuts:
                    return set(chosen)
                out |= cuts
                reached |= set(path)
                waiting -= reached
        return out

    def _graph(self, boxes: list[FloatArray], chosen: list[int]) -> dict[int, set[int]]:
        """Neighbors of each piece (its number) and each cut (-1 minus its number)."""
        neighbors: dict[int, set[int]] = {}
        for piece, cut in self.touching.tolist():
            neighbors.setdefault(piece, set()).add(-1 - cut)
            neighbors.setdefault(-1 - cut, set()).add(piece)
        low, high = np.array([boxes[k][0] for k in chosen]), np.array([boxes[k][1] for k in chosen])
        for row, cut in enumerate(chosen):
            meet = ((low <= high[row]) & (high >= low[row])).all(axis=1)
            others = {-1 - chosen[k] for k in np.flatnonzero(meet) if k != row}
            neighbors.setdefault(-1 - cut, set()).update(others)
        return neighbors

    def without_crumbs(self, left: manifold3d.Manifold) -> manifold3d.Manifold:
        """What is left but for its crumbs."""
        if not self.crumb.any():
            return left
        keep = np.where(self.of_face >= 0, ~self.crumb[self.of_face], True)
        return Mesh(self.mesh.vertices, self.faces[keep], self.mesh.name).without_unused_vertices().to_manifold()


def _path(neighbors: dict[int, set[int]], reached: set[int], wanted: set[int], allowed) -> list[int] | None:  # noqa: ANN001
    """The shortest way from what is reached to one that is wanted."""
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
            if other not in came and allowed(other):
                came[other] = node
                queue.append(other)
    return None
