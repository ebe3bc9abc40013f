"""Closest points, sides and rays, against brute force, analytic shapes and trimesh; both engines give the same."""

from __future__ import annotations

import numpy as np
import pytest
import trimesh
from hypothesis import given, settings
from hypothesis import strategies as st

from PrintPrepLib.errors import Cancelled, GeometryError
from PrintPrepLib.mesh import Mesh
from PrintPrepLib.spatial import SurfaceIndex
from PrintPrepLib.spatial.tree import build_tree
from Testing.support import shapes
from Testing.support.engines import ENGINES, both


def brute_force(mesh: Mesh, points: np.ndarray) -> np.ndarray:
    """Distance by the definition: sides and plane of every triangle, in extended precision."""
    p = points.astype(np.longdouble)[:, None, :]
    best = np.full((len(points), len(mesh.faces)), np.inf, np.longdouble)
    corners = mesh.triangles.astype(np.longdouble)
    for k in range(3):
        a, b = corners[None, :, k], corners[None, :, (k + 1) % 3]
        e = b - a
        size = (e * e).sum(-1)
        t = np.clip(((p - a) * e).sum(-1) / np.where(size > 0, size, 1), 0, 1)
        best = np.minimum(best, np.linalg.norm((p - a - t[..., None] * e).astype(np.float64), axis=-1))
    a, u, v = corners[None, :, 0], corners[None, :, 1] - corners[None, :, 0], corners[None, :, 2] - corners[None, :, 0]
    n = np.cross(u, v)
    size = (n * n).sum(-1)
    w = p - a
    s = (np.cross(w, v) * n).sum(-1)
    t = (np.cross(u, w) * n).sum(-1)
    over = (size > 0) & (s >= 0) & (t >= 0) & (s + t <= size)
    height = np.abs((w * n).sum(-1)) / np.sqrt(np.where(size > 0, size, 1))
    return np.asarray(np.where(over, np.minimum(best, height), best).min(axis=1), np.float64)


@both
@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6), count=st.integers(1, 60), edge=st.sampled_from([0.01, 0.5, 5.0]))
def test_closest_is_brute_force(engine, seed, count, edge):
    mesh = shapes.random_triangles(count, seed, edge=edge)
    points = np.random.default_rng(seed + 1).uniform(-12.0, 12.0, (40, 3))
    found = SurfaceIndex(mesh, engine).closest(points)
    np.testing.assert_allclose(found.distance_mm, brute_force(mesh, points), rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(np.linalg.norm(points - found.points, axis=1), found.distance_mm, rtol=1e-12)
    one = Mesh(mesh.vertices, mesh.faces[found.faces[:1]])
    assert brute_force(one, found.points[:1])[0] < 1e-12


@pytest.mark.skipif(len(ENGINES) < 2, reason="numba is not installed")
@pytest.mark.parametrize("shape", [shapes.torus(), shapes.shell(subdivisions=3), shapes.random_triangles(500)])
def test_both_engines_give_the_same_numbers(shape):
    random = np.random.default_rng(5)
    low, high = shape.bounds
    points = np.concatenate(
        [random.uniform(low - 5, high + 5, (3000, 3)), shape.vertices, shape.triangles.mean(axis=1)]
    )
    one, two = (SurfaceIndex(shape, engine) for engine in ENGINES)
    first, second = one.closest(points), two.closest(points)
    np.testing.assert_array_equal(first.distance_mm, second.distance_mm)
    np.testing.assert_array_equal(first.faces, second.faces)
    np.testing.assert_array_equal(first.points, second.points)
    np.testing.assert_array_equal(first.features, second.features)
    np.testing.assert_array_equal(one.signed_distance(points), two.signed_distance(points))
    np.testing.assert_array_equal(one.contains(points), two.contains(points))
    rays = random.normal(size=points.shape)
    for a, b in zip(one.first_hit(points, rays), two.first_hit(points, rays), strict=True):
        np.testing.assert_array_equal(a, b)


BALL = shapes.sphere(subdivisions=3)
NEEDLES = Mesh(BALL.vertices * (1.0, 1e-5, 1.0) + (300.0, -500.0, 1000.0), BALL.faces)
HEAP = shapes.random_triangles(500, edge=0.3)


@pytest.mark.skipif(len(ENGINES) < 2, reason="numba is not installed")
@pytest.mark.parametrize("shape", [shapes.torus(), HEAP, NEEDLES, shapes.soup(shapes.box())])
@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from([1e-3, 0.05, 0.4, 3.0]), st.sampled_from([0.0, 0.5, 6.0, 40.0, np.inf]))
def test_points_that_share_a_list_of_triangles_get_the_same_as_alone(shape, seed, spacing, limit):
    random = np.random.default_rng(seed)
    steps = np.stack(np.meshgrid(*[np.arange(9.0)] * 3, indexing="ij"), axis=-1).reshape(-1, 3)
    low, high = shape.bounds
    points = random.uniform(low - 3.0, high + 3.0) + spacing * steps
    together, alone = (SurfaceIndex(shape, engine) for engine in ENGINES)
    limits = np.where(random.random(len(points)) < 0.5, limit, np.inf)
    first, second = together.closest(points, limits, in_order=True), alone.closest(points, limits)
    np.testing.assert_array_equal(first.distance_mm, second.distance_mm)
    np.testing.assert_array_equal(first.faces, second.faces)
    np.testing.assert_array_equal(first.points, second.points)
    np.testing.assert_array_equal(first.features, second.features)


@pytest.mark.skipif(len(ENGINES) < 2, reason="numba is not installed")
@pytest.mark.parametrize("count", [1, 5, 4097, 30_000])
def test_both_engines_build_the_same_tree_and_the_same_areas(count):
    mesh = shapes.random_triangles(count, seed=count)
    one, two = (build_tree(mesh.vertices, mesh.faces, compiled=compiled) for compiled in (False, True))
    for name in ("corners", "faces", "starts", "boxes"):
        np.testing.assert_array_equal(getattr(one, name), getattr(two, name), err_msg=name)
    first = mesh.submesh(np.arange(count) < 1000)  # too few for compiled code
    np.testing.assert_array_equal(mesh.face_areas_mm2()[:1000], first.face_areas_mm2())


@both
def test_agrees_with_trimesh(engine):
    shape = shapes.bumpy_sphere(4)
    points = np.random.default_rng(2).uniform(-40.0, 40.0, (500, 3))
    index = SurfaceIndex(shape, engine)
    _, distance, _ = trimesh.proximity.closest_point_naive(shape.to_trimesh(), points[:50])
    np.testing.assert_allclose(index.closest(points[:50]).distance_mm, distance, rtol=1e-9)
    radius = np.linalg.norm(points, axis=1)
    sure = (radius < 27.0) | (radius > 33.0)
    np.testing.assert_array_equal(index.contains(points)[sure], radius[sure] < 30.0)


@both
def test_signed_distance_of_a_box_is_exact(engine):
    # Outside faces, edges and corners, inside, and on the diagonals where several features are equally near.
    box = shapes.box((10.0, 20.0, 30.0), subdivisions=2)
    points = np.random.default_rng(3).uniform(-25.0, 25.0, (4000, 3))
    points = np.concatenate(
        [points, np.array([[6.0, 11.0, 16.0], [-6.0, 11.0, -16.0], [0.0, 0.0, 0.0], [5.0, 0.0, 0.0]])]
    )
    gap = np.abs(points) - np.array([5.0, 10.0, 15.0])
    truth = np.linalg.norm(np.maximum(gap, 0.0), axis=1) + np.minimum(gap.max(axis=1), 0.0)
    np.testing.assert_allclose(SurfaceIndex(box, engine).signed_distance(points), truth, rtol=0, atol=1e-12)


@both
def test_side_is_right_at_sharp_edges_and_in_cavities(engine):
    # A needle-sharp roof: the plain normal of the nearest triangle has the wrong sign beyond its ridge.
    roof = Mesh(
        np.array([[0, 0, 0], [10, 0, 0], [10, 1, 0], [0, 1, 0], [0, 0.5, 20], [10, 0.5, 20]], float),
        np.array([[0, 2, 1], [0, 3, 2], [0, 1, 5], [0, 5, 4], [2, 3, 4], [2, 4, 5], [1, 2, 5], [3, 0, 4]]),
    )
    assert roof.volume_mm3 == pytest.approx(100.0)
    above = np.stack([np.linspace(-1, 11, 50), np.linspace(0.3, 0.7, 50), np.full(50, 20.5)], axis=1)
    assert (SurfaceIndex(roof, engine).signed_distance(above) > 0).all()
    shell = shapes.shell(8.0, 10.0, 3)
    np.testing.assert_allclose(
        SurfaceIndex(shell, engine).signed_distance(np.array([[0.0, 0, 0], [9.0, 0, 0], [12.0, 0, 0]])),
        [7.9, -0.95, 2.0],
        atol=0.1,
    )


@both
def test_side_does_not_need_shared_vertices(engine):
    points = np.random.default_rng(4).uniform(-8.0, 8.0, (500, 3))
    np.testing.assert_allclose(
        SurfaceIndex(shapes.soup(shapes.box()), engine).signed_distance(points),
        SurfaceIndex(shapes.box(), engine).signed_distance(points),
    )


@both
def test_contains_survives_rays_through_corners_and_crossing_parts(engine):
    grid = np.stack(np.meshgrid(*[np.arange(-7.5, 8.0, 2.5)] * 3), axis=-1).reshape(-1, 3)
    inside = (np.abs(grid) < 5.0).all(axis=1)
    border = (np.abs(grid) <= 5.0).all(axis=1) & ~inside
    found = SurfaceIndex(shapes.box(subdivisions=2), engine).contains(grid)
    np.testing.assert_array_equal(found[~border], inside[~border])
    pair = SurfaceIndex(shapes.two_spheres(5.0, 6.0), engine)
    assert pair.contains(np.array([[0.0, 0, 0], [5.0, 0, 0], [-5.0, 1, 0], [0.0, 4.9, 0]])).tolist() == [True] * 3 + [
        False
    ]


@both
def test_first_hit(engine):
    index = SurfaceIndex(shapes.box(subdivisions=1), engine)
    start = np.array([[-20.0, 1.0, 2.0], [0.0, 0.0, 0.0], [-20.0, 6.0, 0.0], [-20.0, 0.0, 0.0]])
    distance, faces = index.first_hit(start, np.array([[2.0, 0, 0], [0, 0, -1.0], [1.0, 0, 0], [1.0, 0, 0]]))
    np.testing.assert_allclose(distance, [15.0, 5.0, np.inf, 15.0])
    assert (faces[[0, 1, 3]] >= 0).all()
    assert faces[2] == -1
    distance, _ = index.first_hit(start[:1], np.array([[1.0, 0, 0]]), max_mm=10.0)
    assert np.isinf(distance[0])


@both
def test_triangles_without_area_are_points_and_segments(engine):
    vertices = np.array([[0.0, 0, 0], [10, 0, 0], [5, 0, 0], [0, 0, 7], [1e9 * 1e-9, 1e-9, 0]])
    point, segment, needle = [3, 3, 3], [0, 1, 2], [0, 1, 4]
    index = SurfaceIndex(Mesh(vertices, np.array([point, segment, needle])), engine)
    found = index.closest(np.array([[5.0, 3, 0], [0, 0, 9], [-3.0, 4, 0], [12.0, 0, 0]]))
    np.testing.assert_allclose(found.distance_mm, [3.0, 2.0, 5.0, 2.0], rtol=1e-8)
    assert np.isfinite(index.signed_distance(np.array([[5.0, 3, 0], [0, 0, 9]]))).all()


@both
def test_limit_leaves_far_points_without_an_answer(engine):
    found = SurfaceIndex(shapes.sphere(), engine).closest(np.array([[11.0, 0, 0], [30.0, 0, 0]]), max_distance_mm=2.0)
    assert found.distance_mm[0] == pytest.approx(1.0, abs=0.05)
    assert np.isinf(found.distance_mm[1])
    assert np.isnan(found.points[1]).all()
    assert found.faces[1] == -1


@both
def test_no_points_and_bad_points(engine):
    index = SurfaceIndex(shapes.box(), engine)
    assert len(index.closest(np.empty((0, 3))).distance_mm) == 0
    assert len(index.contains(np.empty((0, 3)))) == 0
    with pytest.raises(ValueError, match="points"):
        index.closest(np.array([[0.0, np.nan, 0.0]]))
    with pytest.raises(ValueError, match="points"):
        index.closest(np.zeros((2, 2)))
    with pytest.raises(ValueError, match="directions"):
        index.first_hit(np.zeros((1, 3)), np.zeros((1, 3)))
    with pytest.raises(GeometryError, match="no triangles"):
        SurfaceIndex(Mesh(np.zeros((0, 3)), np.zeros((0, 3), int)), engine)


@both
def test_cancel_is_felt(engine):
    def stop(fraction: float, text: str) -> None:
        raise Cancelled(text)

    with pytest.raises(Cancelled):
        SurfaceIndex(shapes.sphere(), engine).closest(
            np.random.default_rng(0).uniform(9, 11, (30_000, 3)), progress=stop
        )
