"""Added walls that would close an opening, join parts or make a tunnel, found one by one and left out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.spatial import cKDTree

from ..mesh import FloatArray, Mesh
from ..receipt import measure_mesh
from ..topology import face_parts
from .join import is_among, unite

if TYPE_CHECKING:
    from manifold3d import Manifold


def unite_keeping_topology(model: Mesh, added: Mesh) -> tuple[Mesh, Mesh, FloatArray]:
    """Unite a model with what was added, without the pieces that would change its number of parts, holes or tunnels.

    For two solids the Euler characteristic of the union is that of both less that of what they share. So a piece that
    has another one than what it shares with the model changes the model's shape; it is left out.

    Returns
    -------
    united : Mesh
        The new model.
    taken : Mesh
        The pieces that were added.
    left_out : (k, 3) float64
        Vertices of the pieces that were not.
    """
    out = unite(model, added)
    if _same(model, out):
        return out, added, np.empty((0, 3))
    count, label = face_parts(added)
    bad = _changing(model, added, count, label)
    if not bad.any():  # the pieces cancel each other out only when taken together: none can be trusted
        bad[:] = True
    keep = ~bad[label]
    taken, lost = added.submesh(keep), added.submesh(~keep)
    if taken.is_empty:
        return model, taken, np.asarray(lost.vertices)
    out = unite(model, taken)
    if _same(model, out):
        return out, taken, np.asarray(lost.vertices)
    return model, added.submesh(np.zeros(len(added.faces), bool)), np.asarray(added.vertices)


def _same(model: Mesh, out: Mesh) -> bool:
    before, after = measure_mesh(model), measure_mesh(out)
    return (before.parts, before.genus) == (after.parts, after.genus)


def _changing(model: Mesh, added: Mesh, count: int, label: np.ndarray) -> np.ndarray:
    """Which pieces of the added solid have another Euler characteristic than what they share with the model."""
    shared = Mesh.from_manifold(_intersection(model.to_manifold(), added.to_manifold()))
    excess = _euler_of_parts(added, count, label)
    if not shared.is_empty:
        of_vertex = np.zeros(len(added.vertices), np.int64)
        of_vertex[added.faces.ravel()] = np.repeat(label, 3)
        shared_count, shared_label = face_parts(shared)
        # A vertex that both share lies exactly on the piece; a part of the model that is swallowed lies near it.
        exact = is_among(shared, added)
        first = np.full(shared_count, -1, np.int64)
        corner_label = np.repeat(shared_label, 3)
        corner = shared.faces.ravel()
        first[corner_label] = corner
        first[corner_label[exact[corner]]] = corner[exact[corner]]
        _, nearest = cKDTree(added.vertices).query(shared.vertices[first])
        np.subtract.at(excess, of_vertex[nearest], _euler_of_parts(shared, shared_count, shared_label))
    return np.asarray(excess != 0)


def _intersection(a: Manifold, b: Manifold) -> Manifold:
    return a ^ b


def _euler_of_parts(mesh: Mesh, count: int, label: np.ndarray) -> np.ndarray:
    """Euler characteristic of every closed part: vertices less half its triangles."""
    of_vertex = np.zeros(len(mesh.vertices), np.int64)
    of_vertex[mesh.faces.ravel()] = np.repeat(label, 3)
    vertices = np.bincount(of_vertex[mesh.used_vertices], minlength=count)
    return np.asarray(vertices - np.bincount(label, minlength=count) // 2)
