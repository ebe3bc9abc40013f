"""Local cure of crossings: gone, local, measured, and nothing else touched."""

from __future__ import annotations

import numpy as np
import pytest

from PrintPrepLib.errors import GeometryError
from PrintPrepLib.mesh import Mesh, concatenate
from PrintPrepLib.spatial import self_crossings
from PrintPrepLib.surface.untangle import untangle
from PrintPrepLib.topology import is_closed_manifold
from Testing.support import shapes


def folded_sphere(seed: int = 0) -> tuple[Mesh, int]:
    """Sphere of radius 10 with one vertex drawn sideways to a flap, and a second one that pierces the flap."""
    ball = shapes.sphere(10.0, subdivisions=4)
    number = int(np.random.default_rng(seed).integers(len(ball.vertices)))
    normal = ball.vertices[number] / 10.0
    side = np.cross(normal, [0.3, 0.5, 0.81])
    side /= np.linalg.norm(side)
    spike = int(np.argmin(np.linalg.norm(ball.vertices - ball.vertices[number] - 1.4 * side, axis=1)))
    vertices = ball.vertices.copy()
    vertices[number] += 2.8 * side + 0.2 * normal
    vertices[spike] *= 1.12
    return Mesh(vertices, ball.faces), number


@pytest.mark.parametrize("seed", range(5))
def test_a_fold_is_undone_and_the_rest_is_bit_for_bit(seed: int) -> None:
    broken, number = folded_sphere(seed=seed)
    assert len(self_crossings(broken).faces)
    out, report = untangle(broken, bound_mm=3.0)
    assert report.faces_before > 0
    assert report.faces_after == 0
    assert len(self_crossings(out).faces) == 0
    assert is_closed_manifold(out)
    assert 0 < report.max_mm <= 3.0
    far = np.linalg.norm(broken.vertices - broken.vertices[number], axis=1) > 8.0
    kept = {row.tobytes() for row in out.vertices}
    assert all(row.tobytes() in kept for row in broken.vertices[far])


def test_two_sheets_that_cross_are_pushed_apart() -> None:
    # A thin plate whose top has one vertex pressed through the bottom.
    plate = shapes.plate((20.0, 20.0), 0.5, 4)
    top = np.flatnonzero((plate.vertices[:, 2] > 0) & (np.abs(plate.vertices[:, :2]) < 1.0).all(axis=1))[0]
    vertices = plate.vertices.copy()
    vertices[top, 2] = -0.4
    broken = Mesh(vertices, plate.faces)
    assert len(self_crossings(broken).faces)
    out, report = untangle(broken, bound_mm=0.8)
    assert report.faces_after == 0
    assert len(self_crossings(out).faces) == 0
    assert is_closed_manifold(out)
    assert out.volume_mm3 == pytest.approx(plate.volume_mm3, rel=0.02)


def test_the_reference_bounds_the_new_surface() -> None:
    broken, _ = folded_sphere()
    out, report = untangle(broken, reference=shapes.sphere(10.0, subdivisions=4), bound_mm=0.5)
    assert report.faces_after == 0
    assert np.abs(np.linalg.norm(out.vertices, axis=1) - 10.0).max() < 0.6


def test_a_bound_that_is_too_small_leaves_the_crossing_and_says_so() -> None:
    broken, _ = folded_sphere()
    out, report = untangle(broken, bound_mm=1e-6)
    assert report.faces_after == report.faces_before > 0
    assert {cure.method for cure in report.cures} == {"left"}
    assert np.array_equal(out.vertices, broken.vertices)


def test_clean_mesh_is_the_same_object() -> None:
    ball = shapes.bumpy_sphere(4)
    out, report = untangle(ball, bound_mm=1.0)
    assert out is ball
    assert report.cures == ()


def test_single_precision_stays_single_precision() -> None:
    broken, _ = folded_sphere()
    stored = Mesh(broken.vertices.astype(np.float32).astype(np.float64), broken.faces)
    out, _ = untangle(stored, bound_mm=3.0)
    assert np.array_equal(out.vertices, out.vertices.astype(np.float32))


def test_several_folds_at_once() -> None:
    parts = [shapes.moved(folded_sphere(seed=s)[0], (30.0 * s, 0, 0)) for s in range(4)]
    out, report = untangle(concatenate(parts), bound_mm=3.0)
    assert report.faces_after == 0
    assert len(report.cures) >= 4
    assert is_closed_manifold(out)


def test_non_manifold_edges_and_bad_bounds_are_refused() -> None:
    fan = Mesh(
        np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, -1, 0], [0, 0, 1], [0.2, -0.2, -1], [0.2, 0.3, 2]], float),
        np.array([[0, 1, 2], [1, 0, 3], [0, 1, 4], [5, 6, 2]], np.int32),
    )
    if len(self_crossings(fan).faces):
        with pytest.raises(GeometryError, match="more than two"):
            untangle(fan, bound_mm=1.0)
    with pytest.raises(ValueError, match="bound_mm"):
        untangle(shapes.box(), bound_mm=0.0)
