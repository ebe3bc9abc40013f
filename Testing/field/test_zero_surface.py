"""The closed surface of a signed function of space, on shapes whose distance is known by a formula."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial import cKDTree

from PrintPrepLib import field
from PrintPrepLib.errors import Cancelled, GeometryError
from PrintPrepLib.field import surface as module
from PrintPrepLib.mesh import FloatArray
from PrintPrepLib.receipt import measure_mesh
from PrintPrepLib.spatial import self_crossings
from Testing.support.shapes import box, sphere


def ball(center: tuple[float, float, float], radius: float) -> field.Function:
    return lambda points: radius - np.linalg.norm(points - np.array(center), axis=1)


def torus(large: float, small: float) -> field.Function:
    def inside(points: FloatArray) -> FloatArray:
        ring = np.hypot(points[:, 0], points[:, 1]) - large
        return small - np.hypot(ring, points[:, 2])

    return inside


def corner(value: float) -> FloatArray:
    return np.full(3, value)


def test_a_ball_over_many_tiles_is_closed_and_of_its_own_size() -> None:
    out = field.zero_surface(ball((1.0, 2.0, 3.0), 20.0), corner(-25.0), corner(25.0), 0.25)
    measured = measure_mesh(out)
    assert (measured.open_edges, measured.non_manifold_edges, measured.misoriented_edges) == (0, 0, 0)
    assert (measured.parts, measured.genus) == (1, 0)
    off = np.linalg.norm(out.vertices - [1.0, 2.0, 3.0], axis=1) - 20.0
    assert np.abs(off).max() < 0.25 * module.NEAREST + 0.25**2 / (8.0 * 20.0)
    assert measured.volume_mm3 == pytest.approx(4.0 / 3.0 * np.pi * 20.0**3, rel=2e-4)


def test_a_ring_keeps_its_tunnel_and_its_volume() -> None:
    out = field.zero_surface(torus(30.0, 8.0), corner(-45.0), corner(45.0), 0.5)
    measured = measure_mesh(out)
    assert (measured.open_edges, measured.parts, measured.genus) == (0, 1, 1)
    assert measured.volume_mm3 == pytest.approx(2.0 * np.pi**2 * 30.0 * 8.0**2, rel=1e-3)


def test_what_the_box_cuts_off_is_closed_by_a_flat_face() -> None:
    out = field.zero_surface(ball((0.0, 0.0, 0.0), 20.0), np.array([-25.0, -25.0, -5.0]), corner(25.0), 0.4)
    assert measure_mesh(out).open_edges == 0
    assert out.bounds[0][2] == pytest.approx(-5.0, abs=0.4 * module.NEAREST)
    cap = np.pi * (20.0 - 5.0) ** 2 * (3 * 20.0 - (20.0 - 5.0)) / 3.0  # volume of the part that is cut away
    assert out.volume_mm3 == pytest.approx(4.0 / 3.0 * np.pi * 20.0**3 - cap, rel=2e-3)


def test_a_mesh_shrunk_by_its_distance_is_smaller_by_that_on_every_side() -> None:
    solid = box((20.0, 30.0, 40.0))
    low, high = solid.bounds
    inner = field.zero_surface(field.grown(field.distance_inside(solid), -2.0), low, high, 0.5)
    assert np.allclose(inner.size_mm, solid.size_mm - 4.0, atol=0.01)
    assert inner.volume_mm3 == pytest.approx(16.0 * 26.0 * 36.0, rel=1e-3)


def test_a_cavity_stays_a_cavity() -> None:
    hollow = field.intersection(ball((0, 0, 0), 12.0), field.outside(ball((0, 0, 0), 10.0)))
    measured = measure_mesh(field.zero_surface(hollow, corner(-14.0), corner(14.0), 0.4))
    assert (measured.parts, measured.open_edges) == (2, 0)
    assert measured.volume_mm3 == pytest.approx(4.0 / 3.0 * np.pi * (12.0**3 - 10.0**3), rel=5e-3)


def test_walls_thinner_than_a_cell_may_vanish_but_nothing_is_left_open() -> None:
    thin = field.intersection(ball((0, 0, 0), 12.0), field.outside(ball((0, 0, 0), 11.8)))
    out = field.zero_surface(thin, corner(-14.0), corner(14.0), 0.5)
    assert out.is_empty or measure_mesh(out).open_edges == 0


@settings(max_examples=15, deadline=None)
@given(
    st.lists(st.tuples(*(st.floats(-9.0, 9.0) for _ in range(3)), st.floats(1.0, 6.0)), min_size=1, max_size=6),
    st.floats(0.15, 0.8),
)
def test_any_heap_of_balls_has_a_closed_surface_without_crossings(
    balls: list[tuple[float, float, float, float]], cell: float
) -> None:
    inside = field.union(*(ball((x, y, z), r) for x, y, z, r in balls))
    out = field.zero_surface(inside, corner(-17.0), corner(17.0), cell)
    measured = measure_mesh(out)
    assert (measured.open_edges, measured.non_manifold_edges, measured.misoriented_edges) == (0, 0, 0)
    assert measured.volume_mm3 > 0.0
    assert not len(self_crossings(out).faces)
    # A straight line between two grid points is off by less than a cell even in the crease between two balls.
    assert np.abs(inside(np.asarray(out.vertices))).max() < cell


def test_only_points_near_the_surface_are_asked_for() -> None:
    asked = 0

    def counting(points: FloatArray) -> FloatArray:
        nonlocal asked
        asked += len(points)
        return ball((0, 0, 0), 40.0)(points)

    out = field.zero_surface(counting, corner(-45.0), corner(45.0), 0.5)
    every = (90.0 / 0.5) ** 3
    assert asked < 0.12 * every  # the whole box would be 5.8 million points
    assert measure_mesh(out).open_edges == 0


@settings(max_examples=4, deadline=None)
@given(st.integers(0, 10**6))
def test_it_is_the_surface_that_the_whole_grid_would_give(seed: int) -> None:
    random = np.random.default_rng(seed)
    balls = [ball(tuple(random.uniform(-9.0, 9.0, 3)), random.uniform(0.7, 6.0)) for _ in range(7)]
    holes = [ball(tuple(random.uniform(-9.0, 9.0, 3)), random.uniform(0.3, 3.0)) for _ in range(7)]
    shape = field.intersection(field.union(*balls), field.outside(field.union(*holes)))
    cell = float(random.uniform(0.3, 0.5))
    low, high = corner(-16.0), corner(16.0)
    out = field.zero_surface(shape, low, high, cell)
    steps = np.arange(int(32.0 / cell) + 4)
    origin = low - cell * (1.0 + np.array(module.SHIFT))
    z, y, x = np.meshgrid(steps, steps, steps, indexing="ij")
    true = shape(origin + cell * np.stack([x, y, z], axis=-1).reshape(-1, 3)) / cell
    true = np.where(true > 0.0, 1.0, -1.0) * np.maximum(np.abs(true), module.NEAREST)
    points, faces = module.surface_of_grid(true.reshape(x.shape).astype(np.float32))
    assert len(out.faces) == len(faces)
    assert len(out.vertices) == len(points)
    assert cKDTree((out.vertices - origin) / cell).query(points)[0].max() < 1e-4


def test_nothing_inside_gives_no_triangles() -> None:
    assert field.zero_surface(ball((0, 0, 0), -1.0), corner(-5.0), corner(5.0), 0.5).is_empty


def test_a_box_without_size_and_a_cell_of_nothing_are_refused() -> None:
    with pytest.raises(ValueError, match="corners of a box"):
        field.zero_surface(ball((0, 0, 0), 1.0), corner(5.0), corner(5.0), 0.5)
    with pytest.raises(ValueError, match="cell_mm"):
        field.zero_surface(ball((0, 0, 0), 1.0), corner(-5.0), corner(5.0), 0.0)


def test_too_many_triangles_are_refused_with_advice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_TRIANGLES", 1000)
    with pytest.raises(GeometryError, match="coarser"):
        field.zero_surface(ball((0, 0, 0), 10.0), corner(-12.0), corner(12.0), 0.3)


def test_it_can_be_cancelled() -> None:
    def stop(fraction: float, text: str) -> None:
        if fraction > 0.3:
            raise Cancelled

    with pytest.raises(Cancelled):
        field.zero_surface(ball((0, 0, 0), 40.0), corner(-45.0), corner(45.0), 0.5, progress=stop)


def test_distance_of_a_sphere_mesh_agrees_with_the_formula() -> None:
    inside = field.distance_inside(sphere(10.0))
    points = np.random.default_rng(3).uniform(-14.0, 14.0, (500, 3))
    assert np.allclose(inside(points), ball((0, 0, 0), 10.0)(points), atol=0.05)
