"""The proof that whole triangles lie within a distance: never wrong, and found where it is true."""

from __future__ import annotations

import numpy as np
import pytest
import trimesh
from hypothesis import given, settings
from hypothesis import strategies as st

from PrintPrepLib.engine import Engine
from PrintPrepLib.mesh import Mesh
from PrintPrepLib.spatial import SurfaceIndex, within
from PrintPrepLib.spatial.within import held_within
from Testing.support import shapes

ENGINES = [Engine.NUMBA, Engine.NUMPY]
PLACES = np.array([(i, j, 9 - i - j) for i in range(10) for j in range(10 - i)]) / 9.0


def farthest(one: Mesh, other: Mesh) -> np.ndarray:
    """Largest distance among 55 places of each triangle, by trimesh."""
    points = np.einsum("pc,fcx->fpx", PLACES, one.triangles).reshape(-1, 3)
    _, distance, _ = trimesh.proximity.closest_point(other.to_trimesh(), points)
    return np.asarray(distance).reshape(-1, len(PLACES)).max(axis=1)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_ball_in_a_ball_is_within_the_difference_and_not_within_less(engine: Engine) -> None:
    coarse, fine = shapes.sphere(10.0, subdivisions=1), shapes.sphere(10.0, subdivisions=3)
    for one, other in ((coarse, fine), (fine, coarse)):
        truth = farthest(one, other)
        index = SurfaceIndex(other, engine)
        held = held_within(index, one.vertices, one.faces, 1.05 * float(truth.max()))
        assert held.proven.all()
        held = held_within(index, one.vertices, one.faces, 0.9 * float(truth.max()))
        assert not held.proven[truth > 0.9 * truth.max()].any()
        assert held.proven[truth < 0.85 * truth.max()].all()


@pytest.mark.parametrize("engine", ENGINES)
def test_a_pit_between_the_corners_of_a_triangle_is_seen(engine: Engine) -> None:
    plain = shapes.box((20.0, 20.0, 2.0))
    fine = shapes.box((20.0, 20.0, 2.0), subdivisions=5)
    off = np.linalg.norm(fine.vertices - (3.0, -5.0, 1.0), axis=1) < 0.7
    assert 0 < off.sum() < 40
    pit = fine.with_vertices(fine.vertices - off[:, None] * np.array((0.0, 0.0, 0.8)))
    index = SurfaceIndex(pit, engine)
    assert (~held_within(index, plain.vertices, plain.faces, 0.3).proven).sum() == 1
    assert held_within(index, plain.vertices, plain.faces, 0.85).proven.all()
    back = held_within(SurfaceIndex(plain, engine), pit.vertices, pit.faces, 0.3)
    np.testing.assert_array_equal(back.proven, ~off[pit.faces].any(axis=1))


@pytest.mark.parametrize("engine", ENGINES)
def test_an_opening_is_no_cover(engine: Engine) -> None:
    whole = shapes.box((10.0, 10.0, 10.0))
    lid = Mesh(whole.vertices, whole.faces[1:], "one triangle is missing")
    held = held_within(SurfaceIndex(lid, engine), whole.vertices, whole.faces, 0.5)
    np.testing.assert_array_equal(held.proven, np.arange(len(whole.faces)) > 0)


@settings(max_examples=16, deadline=None)
@given(st.integers(0, 2**31), st.floats(0.05, 0.6), st.sampled_from(ENGINES))
def test_what_is_proven_is_true_and_its_holders_alone_prove_it(seed: int, distance: float, engine: Engine) -> None:
    random = np.random.default_rng(seed)
    other = shapes.bumpy_sphere(2, 6.0, 1.0)
    one = other.with_vertices(other.vertices + random.normal(scale=0.15, size=other.vertices.shape))
    held = held_within(SurfaceIndex(other, engine), one.vertices, one.faces, distance)
    truth = farthest(one, other)
    assert (truth[held.proven] <= distance + 1e-9).all()
    clear = truth < 0.8 * distance
    assert held.proven[clear].all()
    for face in np.flatnonzero(held.proven & held.accounted)[:4]:
        holders = held.holders[face][held.holders[face] >= 0]
        alone = Mesh(other.vertices, other.faces[holders], "holders").without_unused_vertices()
        assert farthest(Mesh(one.vertices, one.faces[[face]], "one"), alone).max() <= distance + 1e-9


def test_pieces_are_held_and_cut_alike_by_both_engines() -> None:
    random = np.random.default_rng(8)
    mesh = shapes.bumpy_sphere(4)
    compiled, plain = SurfaceIndex(mesh, Engine.NUMBA), SurfaceIndex(mesh, Engine.NUMPY)
    first = random.integers(0, len(mesh.faces), 3000)
    cells = mesh.triangles[first] + random.normal(0.0, 0.05, (3000, 3, 3))
    rows = random.integers(0, len(mesh.faces), (3000, 3))
    near = random.random((3000, 3)) < 0.7
    row_of_face = np.empty(len(mesh.faces), np.int64)
    row_of_face[compiled.tree.faces] = np.arange(len(mesh.faces))
    rows[near] = np.repeat(row_of_face[first], 3).reshape(-1, 3)[near]
    np.testing.assert_array_equal(within._holder(compiled, cells, rows, 0.1), within._holder(plain, cells, rows, 0.1))
    for one, other in zip(
        within._cuts(compiled, cells, rows, halve=False), within._cuts(plain, cells, rows, halve=False), strict=True
    ):
        np.testing.assert_array_equal(one, other)
