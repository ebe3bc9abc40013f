"""Balls that grow until walls hold them: both engines alike, order and threads without effect, analytic truths."""

from __future__ import annotations

import numpy as np
import pytest
import trimesh

from PrintPrepLib.engine import Engine
from PrintPrepLib.errors import Cancelled
from PrintPrepLib.mesh import Mesh, concatenate
from PrintPrepLib.progress import silent
from PrintPrepLib.spatial import SurfaceIndex
from PrintPrepLib.spatial.balls import Balls, grow_balls
from PrintPrepLib.spatial.proven_balls import _climb
from PrintPrepLib.spatial.walls import walls_of
from Testing.support import shapes
from Testing.support.engines import ENGINES, both

LARGEST_MM = 40.0


def turned(mesh: Mesh, seed: int = 3) -> Mesh:
    """The mesh turned and shifted at random."""
    random = np.random.default_rng(seed)
    q, _ = np.linalg.qr(random.normal(size=(3, 3)))
    return Mesh(mesh.vertices @ (q * np.sign(np.linalg.det(q))).T + random.uniform(-300.0, 300.0, 3), mesh.faces)


def refined(shape: trimesh.Trimesh, edge: float) -> Mesh:
    """Triangles cut until no edge is longer."""
    fine = shape.subdivide_to_size(edge)
    fine.merge_vertices()
    return Mesh.from_trimesh(fine, "fine")


def blob(seed: int) -> Mesh:
    """A body with random bumps and hollows on a coarse, uneven mesh."""
    random = np.random.default_rng(seed)
    ball = shapes.sphere(1.0, subdivisions=3)
    waves = random.normal(size=(6, 3)) * 2.5
    height = np.cos(ball.vertices @ waves.T + random.uniform(0.0, 6.0, 6)).mean(axis=1)
    squeeze = random.uniform(0.3, 1.0, 3)
    return turned(Mesh(ball.vertices * (8.0 * (1.0 + 0.8 * height))[:, None] * squeeze, ball.faces), seed)


def same(a: Balls, b: Balls) -> None:
    np.testing.assert_array_equal(a.radius_mm, b.radius_mm)
    np.testing.assert_array_equal(a.centers, b.centers)
    np.testing.assert_array_equal(a.faces, b.faces)
    np.testing.assert_array_equal(a.steps, b.steps)


SOLIDS = {
    "plate": shapes.plate,
    "box": lambda: shapes.box(subdivisions=3),
    "twelve triangles": shapes.box,
    "cylinder": shapes.cylinder,
    "torus": lambda: shapes.torus(sections=32),
    "tube": shapes.tube,
    "shell": lambda: shapes.shell(subdivisions=3),
    "wedge": lambda: shapes.wedge(steps=8),
    "bumpy sphere": lambda: shapes.bumpy_sphere(3),
    "two spheres": lambda: shapes.two_spheres(distance=8.0),
    "sheet": shapes.grid_sheet,
    "random triangles": lambda: shapes.random_triangles(200),
    **{f"blob {seed}": (lambda seed=seed: blob(seed)) for seed in range(4)},
}


@pytest.mark.skipif(len(ENGINES) < 2, reason="numba is not installed")
@pytest.mark.parametrize("name", SOLIDS)
def test_both_engines_give_the_same_numbers(name):
    mesh = turned(SOLIDS[name]())
    for largest in (LARGEST_MM, 1.3):
        same(*(grow_balls(mesh, largest, engine=engine) for engine in ENGINES))


@pytest.mark.skipif(len(ENGINES) < 2, reason="numba is not installed")
@pytest.mark.parametrize("name", SOLIDS)
@pytest.mark.parametrize("share", [0.98, 1.02])
def test_which_balls_are_cut_is_what_the_closest_points_say(name, share):
    mesh = turned(SOLIDS[name]())
    for largest in (LARGEST_MM, 1.3):
        balls = grow_balls(mesh, largest, engine=Engine.NUMBA, proven_share=share)
        met_nothing = np.isinf(balls.radius_mm) & (balls.steps == 0)
        asked = met_nothing | (np.isfinite(balls.radius_mm) & (balls.radius_mm > 0.0))
        radius, center = balls.radius_mm.copy(), balls.centers.copy()
        radius[met_nothing] = largest
        center[met_nothing] = mesh.vertices[met_nothing] - largest * mesh.vertex_normals()[met_nothing]
        distance = SurfaceIndex(mesh).closest(center[asked], share * radius[asked]).distance_mm
        np.testing.assert_array_equal(balls.cut[asked], np.isfinite(distance))
        assert not balls.cut[~asked].any()


@pytest.mark.skipif(len(ENGINES) < 2, reason="numba is not installed")
@pytest.mark.parametrize("name", SOLIDS)
def test_both_engines_start_alike(name):
    mesh = turned(SOLIDS[name]())
    ours, theirs = (walls_of(mesh, engine) for engine in ENGINES)
    for column in ("outward", "first", "count", "ids", "normals", "rows"):
        np.testing.assert_array_equal(getattr(ours, column), getattr(theirs, column))


@both
def test_numbers_do_not_depend_on_the_order_of_triangles_and_vertices(engine):
    mesh = blob(7)
    random = np.random.default_rng(0)
    place = random.permutation(len(mesh.vertices))
    old = np.empty_like(place)
    old[place] = np.arange(len(place))
    shuffled = Mesh(mesh.vertices[old], place[mesh.faces])
    before, after = grow_balls(mesh, LARGEST_MM, engine=engine), grow_balls(shuffled, LARGEST_MM, engine=engine)
    np.testing.assert_array_equal(before.radius_mm, after.radius_mm[place])
    np.testing.assert_array_equal(before.centers, after.centers[place])


@both
@pytest.mark.parametrize("edge", [2.5, 0.8])
@pytest.mark.parametrize(
    ("size", "truth"), [((24.0, 18.0, 2.0), 2.0), ((10.0, 10.0, 10.0), 10.0), ((3.0, 2.0, 20.0), 2.0)]
)
def test_flat_walls_are_exact_up_to_edges_and_corners(engine, edge, size, truth):
    if max(size) / edge > 12 and truth == 10.0:
        edge = 1.25  # every ball of a cube meets all of its faces: slow without telling more
    balls = grow_balls(turned(refined(trimesh.creation.box(size), edge)), LARGEST_MM, engine=engine)
    np.testing.assert_allclose(2.0 * balls.radius_mm, truth, rtol=1e-6)


def test_a_cube_of_twelve_triangles_is_exact():
    balls = grow_balls(turned(shapes.box((10.0, 10.0, 10.0))), LARGEST_MM)
    np.testing.assert_allclose(2.0 * balls.radius_mm, 10.0, rtol=1e-6)


@both
@pytest.mark.parametrize("subdivisions", [3, 4])
@pytest.mark.parametrize("inner", [5.0, 9.0])
def test_shell(engine, inner, subdivisions):
    balls = grow_balls(turned(shapes.shell(inner, 10.0, subdivisions)), LARGEST_MM, engine=engine)
    # The chords of the sphere lie this much deeper than its corners.
    sagitta = 10.0 * (1.0 - np.cos(1.2 / 2**subdivisions / np.sqrt(3.0)))
    assert np.abs(2.0 * balls.radius_mm - (10.0 - inner)).max() < max(2.0 * sagitta, 0.003 * (10.0 - inner))


@both
@pytest.mark.parametrize("sections", [16, pytest.param(48, marks=pytest.mark.slow)])
def test_pin_tube_and_torus(engine, sections):
    inscribed = np.cos(np.pi / sections)  # radius of the circle inside the polygon
    pin = grow_balls(
        turned(refined(trimesh.creation.cylinder(1.5, 12.0, sections=sections), 1.0)), LARGEST_MM, engine=engine
    )
    assert 2.0 * pin.radius_mm.min() > 3.0 * inscribed * 0.99
    assert 2.0 * pin.radius_mm.max() < 3.0 * 1.001
    tube = grow_balls(
        turned(refined(trimesh.creation.annulus(4.0, 5.0, 12.0, sections=sections), 1.0)), LARGEST_MM, engine=engine
    )
    # Between flats on both sides, and corners of one side; at the rim the ball rolls on over a corner of the hole.
    assert 2.0 * tube.radius_mm.min() > inscribed * 0.994
    assert 2.0 * tube.radius_mm.max() < 1.005 / inscribed
    assert abs(2.0 * np.median(tube.radius_mm) - inscribed) < 0.006
    ring = trimesh.creation.torus(10.0, 1.5, major_sections=2 * sections, minor_sections=sections)
    torus = grow_balls(turned(Mesh.from_trimesh(ring, "ring")), LARGEST_MM, engine=engine)
    assert 2.0 * torus.radius_mm.min() > 3.0 * inscribed * 0.985
    assert 2.0 * torus.radius_mm.max() < 3.0 * 1.001


@both
@pytest.mark.parametrize(("degrees", "cells"), [(20.0, 20), (20.0, 60), (40.0, 40), (60.0, 40)])
def test_wedge_of_two_planes(engine, degrees, cells):
    """On a face at the distance d from the edge the ball has the diameter ``2 d tan(angle / 2)``."""
    mesh, along, on_face = sharp_wedge(degrees, 20.0, 30.0, cells)
    balls = grow_balls(mesh, LARGEST_MM, engine=engine)
    truth = 2.0 * along * np.tan(np.radians(degrees) / 2.0)
    # Far enough from the ends that the ball is held by the two faces, and off the sharp edge itself.
    use = on_face & (truth < 6.0)
    assert use.sum() > 30
    np.testing.assert_allclose(2.0 * balls.radius_mm[use], truth[use], rtol=1e-6)


def sharp_wedge(degrees: float, length: float, width: float, cells: int) -> tuple[Mesh, np.ndarray, np.ndarray]:
    """A prism over an isosceles triangle; distances from its sharp edge, and vertices on the middle of its flanks."""
    half = np.radians(degrees) / 2.0
    line = np.linspace(0.0, length, cells + 1)
    across = np.linspace(-width / 2.0, width / 2.0, cells + 1)
    d, y = np.meshgrid(line, across, indexing="ij")
    number = np.arange(d.size).reshape(d.shape)
    a, b, c, e = number[:-1, :-1], number[1:, :-1], number[1:, 1:], number[:-1, 1:]
    quads = np.concatenate([np.stack([a, b, c], -1).reshape(-1, 3), np.stack([a, c, e], -1).reshape(-1, 3)])
    top = np.stack([d * np.cos(half), y, d * np.sin(half)], -1).reshape(-1, 3)
    bottom = top * [1.0, 1.0, -1.0]
    last = d.size
    back = [
        (number[-1, k], last + number[-1, k], last + number[-1, k + 1]) for k in range(cells)
    ] + [(number[-1, k], last + number[-1, k + 1], number[-1, k + 1]) for k in range(cells)]  # fmt: skip
    ends = []
    for k, flip in ((0, False), (cells, True)):
        for i in range(cells):
            p, q = number[i, k], number[i + 1, k]
            tri = [(p, last + q, q)] + ([(p, last + p, last + q)] if i else [])
            ends += [t[::-1] if flip else t for t in tri]
    points = np.concatenate([top, bottom])
    faces = np.concatenate([quads, quads[:, ::-1] + last, np.array(back), np.array(ends)])
    along, side = np.tile(d.ravel(), 2), np.tile(y.ravel(), 2)
    shape = trimesh.Trimesh(points, faces, process=False)
    same_place = np.arange(len(points))
    same_place[last + number[0]] = number[0]
    shape = trimesh.Trimesh(points, same_place[faces], process=False)
    assert shape.is_watertight
    assert shape.is_winding_consistent
    used = faces if shape.volume > 0.0 else faces[:, ::-1]
    mesh = turned(Mesh(points, same_place[used]))
    flank = (along > 0.5) & (np.abs(side) < width / 2.0 - 8.0) & (along < length - 8.0)
    return mesh, along, flank


@both
def test_cone(engine):
    """On a cone's flank at the distance d from the tip the ball has the diameter ``2 d tan(angle / 2)``."""
    half, sections = np.radians(15.0), 96
    d = np.linspace(0.0, 20.0, 41)[1:]
    turn = np.arange(sections) * 2.0 * np.pi / sections
    ring = np.stack([np.cos(turn), np.sin(turn)], 1)
    points = [np.zeros((1, 3))] + [
        np.column_stack([t * np.sin(half) * ring, np.full(sections, t * np.cos(half))]) for t in d
    ]
    top = np.array([[0.0, 0.0, d[-1] * np.cos(half)]])
    vertices = np.concatenate([*points, top])
    now, then = np.arange(sections), (np.arange(sections) + 1) % sections
    faces = [np.stack([np.zeros(sections, int), then + 1, now + 1], 1)]
    for k in range(len(d) - 1):
        low, high = 1 + k * sections, 1 + (k + 1) * sections
        faces += [np.stack([low + now, low + then, high + then], 1), np.stack([low + now, high + then, high + now], 1)]
    rim = 1 + (len(d) - 1) * sections
    faces.append(np.stack([np.full(sections, len(vertices) - 1), rim + now, rim + then], 1))
    mesh = turned(Mesh(vertices, np.concatenate(faces)))
    assert mesh.volume_mm3 > 0.0
    balls = grow_balls(mesh, LARGEST_MM, engine=engine)
    truth = 2.0 * np.repeat(d, sections) * np.tan(half)
    use = (truth > 1.0) & (np.repeat(d, sections) < 13.0)
    error = 2.0 * balls.radius_mm[1:-1][use] / truth[use] - 1.0
    assert np.median(np.abs(error)) < 0.005
    assert np.abs(error).max() < 0.02


@both
def test_two_walls_side_by_side_and_what_is_too_thick(engine):
    thin = shapes.plate((20.0, 20.0), 1.0, 3)
    mesh = concatenate([thin, shapes.moved(shapes.plate((20.0, 20.0), 3.0, 3), (0.0, 0.0, 4.0))], "two")
    balls = grow_balls(mesh, 1.2, engine=engine)
    n = len(thin.vertices)
    np.testing.assert_allclose(2.0 * balls.radius_mm[:n], 1.0, rtol=1e-9)
    assert np.isinf(balls.radius_mm[n:]).mean() > 0.8
    far = balls.faces[:n]
    assert (far[balls.steps[:n] == 1] >= 0).all()


@both
def test_unused_vertices_and_triangles_without_area(engine):
    plate = shapes.plate((10.0, 10.0), 1.0, 2)
    points = np.concatenate([plate.vertices, [[0.0, 0.0, 99.0]]])
    flat = [[plate.faces[0, 0], plate.faces[0, 1], plate.faces[0, 1]]]
    mesh = Mesh(points, np.concatenate([plate.faces, flat]))
    balls = grow_balls(mesh, 5.0, engine=engine)
    assert np.isnan(balls.radius_mm[-1])
    assert balls.faces[-1] == -1
    np.testing.assert_allclose(2.0 * balls.radius_mm[:-1], 1.0, rtol=1e-9)


@both
def test_balls_touch_their_vertex_and_the_face_met_last(engine):
    mesh = blob(11)
    balls = grow_balls(mesh, LARGEST_MM, engine=engine)
    one = np.flatnonzero(balls.steps == 1)
    np.testing.assert_allclose(
        np.linalg.norm(balls.centers[one] - mesh.vertices[one], axis=1), balls.radius_mm[one], rtol=1e-9
    )
    held = np.flatnonzero((balls.steps > 0) & np.isfinite(balls.radius_mm))
    assert len(held) > 100
    for i in held[::17]:
        face = Mesh(mesh.vertices, mesh.faces[balls.faces[i] : balls.faces[i] + 1])
        distance = SurfaceIndex(face, engine).closest(balls.centers[i : i + 1]).distance_mm[0]
        assert distance == pytest.approx(balls.radius_mm[i], rel=1e-6)


@both
@pytest.mark.parametrize("largest", [0.0, -1.0, np.inf, np.nan])
def test_refuses_a_largest_ball_that_is_none(engine, largest):
    with pytest.raises(ValueError, match="largest_mm"):
        grow_balls(shapes.box(), largest, engine=engine)


@both
def test_progress_and_cancel(engine):
    told: list[float] = []
    mesh = shapes.bumpy_sphere(5)
    grow_balls(mesh, 1.0, lambda fraction, text: told.append(fraction), engine)
    assert told[-1] == 1.0
    assert told == sorted(told)

    def cancel(fraction: float, text: str) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        grow_balls(mesh, 1.0, cancel, engine)


def test_both_engines_climb_to_the_same_centers() -> None:
    """The compiled climb to the middle of a wall gives the numbers of the numpy form to the bit."""
    mesh = concatenate([shapes.shell(5.0, 6.0, 3), shapes.box((2.0, 7.0, 1.0), (20.0, 0.0, 0.0))])
    places = mesh.vertices - 0.02 * mesh.vertex_normals()
    found = []
    for engine in ENGINES:
        index = SurfaceIndex(mesh, engine)
        found.append(_climb(index, places, index.contains(places), 2.0, silent))
    for radius, center in found:
        assert np.isfinite(radius).all()
        np.testing.assert_array_equal(radius, found[0][0])
        np.testing.assert_array_equal(center, found[0][1])
