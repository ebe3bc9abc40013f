"""Balls in random solids: when they are never larger than what fits, and how often they are elsewhere."""

from __future__ import annotations

import itertools

import numpy as np
import trimesh
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog
from scipy.spatial import ConvexHull

from PrintPrepLib.engine import Engine
from PrintPrepLib.mesh import Mesh
from PrintPrepLib.spatial import SurfaceIndex
from PrintPrepLib.spatial.balls import Balls, grow_balls
from PrintPrepLib.spatial.balls_numpy import grow
from PrintPrepLib.spatial.walls import walls_of
from Testing.support.engines import ENGINES

LARGEST_MM = 50.0
TOLERANCE = 1.01
ENGINE = ENGINES[-1]
examples = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)


def hull(points: np.ndarray) -> tuple[Mesh, np.ndarray]:
    """Convex hull as a mesh wound outward, and its half spaces ``n x + d <= 0``."""
    found = ConvexHull(points)
    faces = found.simplices.copy()
    a, b, c = (points[faces[:, k]] for k in range(3))
    inward = np.einsum("ij,ij->i", np.cross(b - a, c - a), found.equations[:, :3]) < 0.0
    faces[inward] = faces[inward][:, ::-1]
    return Mesh(points, faces).without_unused_vertices(), found.equations


def inscribed_radius(planes: np.ndarray) -> float:
    """Radius of the largest ball in a convex polytope (linear program of the Chebyshev center)."""
    size = np.linalg.norm(planes[:, :3], axis=1)
    found = linprog(
        [0.0, 0.0, 0.0, -1.0],
        A_ub=np.column_stack([planes[:, :3], size]),
        b_ub=-planes[:, 3],
        bounds=[(None, None)] * 4,
    )
    assert found.success
    return float(found.x[3])


@examples
@given(seed=st.integers(0, 10**6), corners=st.sampled_from([4, 8]))
def test_between_faces_well_apart_no_ball_exceeds_the_largest_that_fits(seed, corners):
    """Tetrahedra and parallelepipeds whose faces all look 60 degrees or more apart."""
    random = np.random.default_rng(seed)
    if corners == 4:
        mesh, planes = hull(random.normal(size=(4, 3)) * 8.0)
    else:
        cube = np.array(list(itertools.product((-1.0, 1.0), repeat=3)))
        mesh, planes = hull(
            cube @ (np.diag(random.uniform(2.0, 10.0, 3)) @ (np.eye(3) + random.normal(0.0, 0.2, (3, 3))))
        )
    apart = planes[:, :3] @ planes[:, :3].T
    assume(not ((apart > 0.5) & (apart < 1.0 - 1e-9)).any())
    balls = grow_balls(mesh, LARGEST_MM, engine=ENGINE)
    assert np.isfinite(balls.radius_mm).all()
    assert balls.radius_mm.max() <= TOLERANCE * inscribed_radius(planes)


@examples
@given(seed=st.integers(0, 10**6), count=st.integers(2, 5), cuts=st.integers(0, 2))
def test_nothing_that_counts_is_passed_over(seed, count, cuts):
    """Without any bounds, every triangle asked by every ball, the numbers are the same."""
    mesh = union_of_boxes(seed, count, cuts)
    assume(len(mesh.faces) < 800)
    walls = walls_of(mesh, Engine.NUMPY)
    walls.rows[:, 3], walls.rows[:, 7] = 1e9, 1e9
    walls.nodes[:, :3], walls.nodes[:, 3:6], walls.nodes[:, 9] = -1e9, 1e9, 2.0
    n = len(mesh.vertices)
    brute = Balls(np.full(n, np.nan), np.full((n, 3), np.nan), np.full(n, -1, np.int64), np.zeros(n, np.int8))
    grow(walls, np.flatnonzero(walls.count > 0), LARGEST_MM, brute)
    for engine in ENGINES:
        found = grow_balls(mesh, LARGEST_MM, engine=engine)
        np.testing.assert_array_equal(found.radius_mm, brute.radius_mm)
        np.testing.assert_array_equal(found.centers, brute.centers)
        np.testing.assert_array_equal(found.faces, brute.faces)


def test_how_far_balls_exceed_what_fits_in_convex_bodies():
    """A known limit: faces within 60 degrees of a contact are passed, so balls at rounded or bent rims grow too large.

    What holds over many bodies is how often that is, not that it never is.
    """
    size = []
    for seed in range(60):
        random = np.random.default_rng(seed)
        mesh, planes = hull(random.normal(size=(20, 3)) * [8.0, 6.0, 4.0])
        size.append(grow_balls(mesh, LARGEST_MM, engine=ENGINE).radius_mm / inscribed_radius(planes))
    together = np.concatenate(size)
    assert np.mean(together > TOLERANCE) < 0.15
    assert np.mean(together > 1.2) < 0.03
    assert np.median([each.max() for each in size]) < 1.15


def test_how_far_balls_cut_the_surface_in_unions_of_boxes():
    """The same limit: of all balls few hold a point of the surface deeper than a fifth of their radius."""
    free = []
    for seed in range(40):
        mesh = union_of_boxes(seed, 2 + seed % 5, seed % 3)
        balls = grow_balls(mesh, LARGEST_MM, engine=ENGINE)
        assert np.isfinite(balls.radius_mm).all()
        use = np.flatnonzero(balls.radius_mm > 1e-6)
        distance = SurfaceIndex(mesh, ENGINE).closest(balls.centers[use]).distance_mm
        free.append(distance / balls.radius_mm[use])
        # No ball is larger than it says: what it touches is no farther than its radius.
        assert (free[-1] <= 1.0 + 1e-6).all()
    together = np.concatenate(free)
    assert np.mean(together < 0.8) < 0.06
    assert np.mean(together < 0.95) < 0.15


def union_of_boxes(seed: int, count: int, cuts: int) -> Mesh:
    """Boxes in random places and positions, joined, with finer triangles."""
    import manifold3d

    random = np.random.default_rng(seed)
    solid = manifold3d.Manifold()
    for _ in range(count):
        size, place = random.uniform(1.0, 10.0, 3), random.uniform(-5.0, 5.0, 3)
        solid += manifold3d.Manifold.cube(size, True).rotate(random.uniform(0.0, 90.0, 3)).translate(place)
    out = solid.refine(2**cuts).to_mesh()
    mesh = trimesh.Trimesh(out.vert_properties[:, :3], out.tri_verts)
    mesh.merge_vertices()
    return Mesh.from_trimesh(mesh, "boxes")
