"""A mesh in the order of space is the same surface; rough distances are off by no more than they may be."""

from __future__ import annotations

import numpy as np
import pytest

from PrintPrepLib.mesh import Mesh
from PrintPrepLib.spatial import SurfaceIndex
from PrintPrepLib.spatial.order import in_space_order
from Testing.support import shapes


def shuffled(mesh: Mesh) -> Mesh:
    """The same surface with vertices and triangles in an order that tells nothing, and a vertex that is not used."""
    rng = np.random.default_rng(5)
    new = rng.permutation(len(mesh.vertices))
    vertices = np.empty_like(mesh.vertices)
    vertices[new] = mesh.vertices
    return Mesh(np.concatenate([vertices, [[9.0, 9.0, 9.0]]]), rng.permutation(new[mesh.faces]).astype(np.int32))


def as_set(mesh: Mesh) -> set[tuple[tuple[float, ...], ...]]:
    """Triangles by their corners, each beginning with its lowest so that the winding counts."""
    out = set()
    for triangle in mesh.vertices[mesh.faces]:
        corners = [tuple(corner.tolist()) for corner in triangle]
        k = corners.index(min(corners))
        out.add((*corners[k:], *corners[:k]))
    return out


@pytest.mark.parametrize("mesh", [shapes.bumpy_sphere(3), shapes.box((1.0, 2.0, 3.0))], ids=["ball", "box"])
def test_same_triangles_to_the_bit_and_no_vertex_too_many(mesh: Mesh) -> None:
    """Every triangle is there once, wound as it was; the vertex that nothing uses is gone."""
    given = shuffled(mesh)
    ordered = in_space_order(given)
    assert as_set(ordered) == as_set(given)
    assert len(ordered.faces) == len(given.faces)
    assert len(ordered.vertices) == len(mesh.vertices)


def test_neighbors_stand_near_each_other() -> None:
    """Triangles that follow each other lie nearer than in the order that was given."""
    given = shuffled(shapes.bumpy_sphere(5))

    def way(mesh: Mesh) -> float:
        middles = mesh.vertices[mesh.faces].mean(axis=1)
        return float(np.linalg.norm(np.diff(middles, axis=0), axis=1).mean())

    assert way(in_space_order(given)) < 0.1 * way(given)


def test_nothing_stays_nothing() -> None:
    """An empty mesh has no order."""
    empty = Mesh(np.empty((0, 3)), np.empty((0, 3), np.int32))
    assert in_space_order(empty).is_empty


@pytest.mark.parametrize("share", [0.01, 0.2])
def test_rough_distance_is_never_short_and_at_most_a_share_long(share: float) -> None:
    """Rough distances lie between the exact one and the share beyond it, also near the limit."""
    index = SurfaceIndex(shapes.bumpy_sphere(5))
    points = np.random.default_rng(3).uniform(-40.0, 40.0, (3000, 3))
    exact = index.closest(points).distance_mm
    rough = index.closest(points, rough_share=share).distance_mm
    assert (rough >= exact).all()
    assert (rough <= (1.0 + share) * exact * (1.0 + 1e-12)).all()
    limited = index.closest(points, 6.0, rough_share=share).distance_mm
    assert np.isfinite(limited[exact * (1.0 + share) < 6.0]).all()
    assert np.isinf(limited[exact > 6.0]).all()
