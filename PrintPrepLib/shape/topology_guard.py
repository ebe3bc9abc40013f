"""Added walls that would close an opening, join parts, make a tunnel or cross the model: found and taken back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from ..mesh import FloatArray, Mesh, six_fold_volumes
from ..receipt import measure_mesh
from ..spatial import crossings_and_contacts
from ..topology import face_parts
from .join import same_vertices, unite
from .walls import crop

CRUMB = 0.02
"""A closed new surface around less than this share of the limit cubed is a crumb or a pocket of rounding."""

Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class _Both:
    """Model and union on one list of vertices: faces that both have, that the model lost, and that are new."""

    vertices: FloatArray
    common: Ints
    lost: Ints
    new: Ints


def unite_keeping_topology(model: Mesh, added: Mesh, limit_mm: float) -> tuple[Mesh, FloatArray]:
    """Unite a model with what was added, without what would change its number of parts, holes or tunnels.

    Where both surfaces differ, the old and the new triangles fill the same loops. So each such place can be judged by
    itself, by the Euler characteristic of its old and of its new triangles and by the parts that they belong to, and
    taken back by itself.

    Parameters
    ----------
    model : Mesh
        Closed, no two vertices in one place.
    added : Mesh
        Closed.
    limit_mm : float
        Wanted wall: says what is a crumb.

    Returns
    -------
    united : Mesh
        The new model; the very same object if nothing could be added.
    left_out : (k, 3) float64
        Vertices of the triangles that were taken back.
    """
    united = _without_crumbs(unite(model, added, limit_mm), model, CRUMB * limit_mm**3)
    crossing = _crossing_corners(united, added, limit_mm)
    if not len(crossing) and _same(model, united):
        return united, np.empty((0, 3))
    both = _compare(model, united)
    count, label = _places(both)
    bad = _changing(both, count, label)
    if len(crossing):
        corner = np.unique(both.new)
        _, nearest = cKDTree(both.vertices[corner]).query(crossing)
        bad[label[corner[nearest]]] = True
    if not bad.any():
        return model, np.asarray(added.vertices)
    back = bad[label[both.lost[:, 0]]]
    keep = ~bad[label[both.new[:, 0]]]
    faces = np.concatenate([both.common, both.new[keep], both.lost[back]]).astype(np.int32)
    out = Mesh(both.vertices, faces, model.name).without_unused_vertices()
    left_out = both.vertices[np.unique(both.new[~keep])]
    if not _same(model, out):
        return model, np.asarray(added.vertices)
    return out, left_out


def _crossing_corners(united: Mesh, added: Mesh, limit: float) -> FloatArray:
    """Corners (k, 3) of triangles that cross others after rounding to single precision."""
    piece, _ = crop(united, added.vertices, 0.5 * limit)
    exact, as_meshlab = crossings_and_contacts(piece)
    faces = np.union1d(exact.faces, as_meshlab.faces).astype(np.int64)
    return piece.vertices[np.unique(piece.faces[faces])] if len(faces) else np.empty((0, 3))


def _same(model: Mesh, out: Mesh) -> bool:
    before, after = measure_mesh(model), measure_mesh(out)
    return (before.parts, before.genus) == (after.parts, after.genus)


def _without_crumbs(united: Mesh, model: Mesh, volume: float) -> Mesh:
    """Drop closed pieces without size that no vertex of the model belongs to: pockets between both surfaces."""
    count, label = face_parts(united)
    if count == 1:
        return united
    size = np.abs(np.bincount(label, weights=six_fold_volumes(united.vertices, united.faces), minlength=count)) / 6.0
    small = np.flatnonzero(size < volume)
    if not len(small):
        return united
    rows = np.flatnonzero(np.isin(label, small))
    of_model = same_vertices(united, model) >= 0
    owned = np.zeros(count, bool)
    owned[label[rows][of_model[united.faces[rows]].any(axis=1)]] = True
    drop = np.zeros(count, bool)
    drop[small] = True
    # A speck that was thickened is larger than it was and holds none of the model's vertices: it is told by its place.
    old = model.vertices
    for number in small[~owned[small]]:
        corners = united.vertices[united.faces[label == number]].reshape(-1, 3)
        inside = ((old >= corners.min(axis=0)) & (old <= corners.max(axis=0))).all(axis=1).any()
        drop[number] = not inside
    drop &= ~owned
    return united.submesh(~drop[label]) if drop.any() else united


def _compare(model: Mesh, united: Mesh) -> _Both:
    match = same_vertices(united, model)
    fresh = match < 0
    number = match.copy()
    number[fresh] = len(model.vertices) + np.arange(np.count_nonzero(fresh))
    vertices = np.concatenate([model.vertices, united.vertices[fresh]])
    old, now = _turned(model.faces.astype(np.int64)), _turned(number[united.faces])
    # An oriented manifold uses each directed edge once: the first edge names a triangle, the third corner proves it.
    old_key, now_key = (faces[:, 0] * len(vertices) + faces[:, 1] for faces in (old, now))
    order = np.argsort(old_key)
    row = order[np.minimum(np.searchsorted(old_key[order], now_key), len(order) - 1)]
    common = (old_key[row] == now_key) & (old[row, 2] == now[:, 2])
    lost = np.ones(len(old), bool)
    lost[row[common]] = False
    return _Both(vertices, now[common], old[lost], now[~common])


def _turned(faces: Ints) -> Ints:
    """The same triangles with their lowest corner first."""
    order = (faces.argmin(axis=1)[:, None] + np.arange(3)) % 3
    return np.take_along_axis(faces, order, axis=1)


def _places(both: _Both) -> tuple[int, Ints]:
    """Places where the surfaces differ, as a number for each vertex (n,): old and new triangles that share loops.

    A part that was swallowed as a whole shares none; it belongs to the new surface next to it.
    """
    faces = np.concatenate([both.lost, both.new])
    size = len(both.vertices)
    rows, columns = np.concatenate([faces[:, 0], faces[:, 1]]), np.concatenate([faces[:, 1], faces[:, 2]])
    _, found = connected_components(
        coo_array((np.ones(len(rows), bool), (rows, columns)), shape=(size, size)), directed=False
    )
    label: Ints = found.astype(np.int64)
    has_new = np.zeros(int(label.max()) + 1, bool)
    has_new[label[both.new[:, 0]]] = True
    alone = np.unique(label[both.lost[:, 0]])
    alone = alone[~has_new[alone]]
    if len(alone) and len(both.new):
        lonely = both.lost[np.isin(label[both.lost[:, 0]], alone)]
        own, first = np.unique(label[lonely[:, 0]], return_index=True)
        corner = np.unique(both.new)
        _, nearest = cKDTree(both.vertices[corner]).query(both.vertices[lonely[first, 0]])
        target = np.arange(len(has_new))
        target[own] = label[corner[nearest]]
        label = target[label]
    return len(has_new), label


def _changing(both: _Both, count: int, label: Ints) -> Bools:
    """Places whose new triangles have another Euler characteristic, or join other parts, than the old ones."""
    bad = _euler(both.new, count, label) != _euler(both.lost, count, label)
    return np.asarray(bad | (_parts(both.new, both, count, label) != _parts(both.lost, both, count, label)))


def _euler(faces: Ints, count: int, label: Ints) -> Ints:
    """Euler characteristic of the triangles at every place, borders counted."""
    vertices = np.bincount(label[np.unique(faces)], minlength=count)
    low = np.minimum(faces, faces[:, (1, 2, 0)]).ravel()
    high = np.maximum(faces, faces[:, (1, 2, 0)]).ravel()
    edges = np.unique(low * len(label) + high) // len(label)
    return np.asarray(
        vertices - np.bincount(label[edges], minlength=count) + np.bincount(label[faces[:, 0]], minlength=count)
    )


def _parts(faces: Ints, both: _Both, count: int, label: Ints) -> Ints:
    """How many parts of the whole surface (these triangles with the common ones) meet at every place."""
    every = np.concatenate([both.common, faces])
    size = len(both.vertices)
    rows, columns = np.concatenate([every[:, 0], every[:, 1]]), np.concatenate([every[:, 1], every[:, 2]])
    _, part = connected_components(
        coo_array((np.ones(len(rows), bool), (rows, columns)), shape=(size, size)), directed=False
    )
    pairs = np.unique(np.stack([label[faces[:, 0]], part[faces[:, 0]]], axis=1), axis=0)
    return np.bincount(pairs[:, 0], minlength=count)
