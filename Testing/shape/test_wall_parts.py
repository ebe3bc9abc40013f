"""Parts of the wall: the table by diameter, flanges, refusals, voids, dead ends and the middle line at them."""

from __future__ import annotations

import numpy as np
import pytest

from PrintPrepLib.errors import GeometryError, InputError
from PrintPrepLib.field import distance_inside
from PrintPrepLib.mesh import Mesh, concatenate
from PrintPrepLib.parameters import parameters_of
from PrintPrepLib.shape.wall.axis import angle_deg, axis_at, wall_direction
from PrintPrepLib.shape.wall.ends import OpenEnds
from PrintPrepLib.shape.wall.outer import wall_function
from PrintPrepLib.shape.wall.step import wall
from PrintPrepLib.shape.wall.thickness import by_diameter, diameters_of, table_of
from PrintPrepLib.shape.wall.tips import SurfaceGraph, tips_of
from PrintPrepLib.workflow.recipe import parse_recipe
from Testing.support import shapes, vessels

AUTO = OpenEnds.AUTO


def tube() -> Mesh:
    return vessels.straight_tube(3.0, 16.0, rings=24, around=32)


def test_table_is_read_and_refused() -> None:
    assert table_of("6:0.8, 12:1.2") == ((6.0, 0.8), (12.0, 1.2))
    for text in ("6", "6:a", "12:1,6:0.8", "6:-1", ""):
        with pytest.raises(InputError, match="by_diameter"):
            table_of(text)


def test_diameters_follow_the_taper() -> None:
    lumen = vessels.bent_tube(rings=60, around=40)
    found = diameters_of(lumen)
    turn = np.arctan2(found.points_mm[:, 2], found.points_mm[:, 0])
    inner = (turn > 0.3) & (turn < 1.3)  # within a radius of a flat end the ball is held by it, too
    ideal = 12.0 - 6.0 * turn / (np.pi / 2.0)
    assert np.abs(found.diameter_mm - ideal)[inner].max() < 0.3


def test_wall_by_diameter_follows_the_table() -> None:
    lumen = vessels.bent_tube(turn_deg=45.0, rings=50, around=40)
    out, receipt = wall(lumen, by_diameter="6:1.2,12:1.8", open_ends=AUTO)
    turn = np.arctan2(out.vertices[:, 2], out.vertices[:, 0])
    middle = vessels.BEND_MM * np.stack([np.cos(turn), np.zeros(len(turn)), np.sin(turn)], axis=1)
    diameter = 12.0 - 6.0 * turn / (np.pi / 4.0)
    away = np.linalg.norm(out.vertices - middle, axis=1) - diameter / 2.0
    inner = (turn > 0.25) & (turn < 0.65) & (away > 0.4)
    assert np.abs(away[inner] - (1.2 + 0.1 * (diameter[inner] - 6.0))).max() < 0.1
    assert receipt.details["wall"]["within_share"] >= 0.99
    assert receipt.details["cell_mm"] == pytest.approx(0.3)


def test_varying_wall_stays_one_lipschitz() -> None:
    lumen = concatenate([tube(), shapes.moved(shapes.sphere(8.0, subdivisions=3), (14.0, 0.0, 8.0))])
    thickness, _ = by_diameter(lumen, ((6.0, 0.8), (16.0, 3.0)), 3.0)
    assert thickness.slope > 0.05
    function = wall_function(lumen, thickness)
    random = np.random.default_rng(5)
    a = random.uniform(lumen.bounds[0] - 3.0, lumen.bounds[1] + 3.0, (4000, 3))
    b = a + random.normal(0.0, 0.2, a.shape)
    steep = np.abs(function(a) - function(b)) / np.linalg.norm(a - b, axis=1)
    assert steep.max() <= 1.0 + 1e-9
    undivided = distance_inside(lumen)
    sums = np.abs(undivided(a) + thickness(a) - undivided(b) - thickness(b)) / np.linalg.norm(a - b, axis=1)
    assert sums.max() > 1.0  # without the division it would not be


def test_flange_stands_out_flat() -> None:
    out, receipt = wall(tube(), thickness_mm=1.0, open_ends=AUTO, flange_mm=2.0, flange_thickness_mm=1.5)
    away = np.hypot(out.vertices[:, 0], out.vertices[:, 1])
    top = out.vertices[:, 2].max()
    assert away.max() == pytest.approx(6.0, abs=0.05)
    rim = out.vertices[away > 5.0, 2]
    assert rim[rim > 8.0].min() == pytest.approx(top - 1.5, abs=0.15)
    assert top == pytest.approx(receipt.details["ends"][0]["at_mm"][2], abs=0.01) or top < 16.0
    assert receipt.after.genus == 1
    assert receipt.details["wall"]["within_share"] >= 0.99
    assert receipt.details["flange"] == {"width_mm": 2.0, "thickness_mm": 1.5}


def test_void_in_the_blood_is_left_out_and_named() -> None:
    hollow = concatenate([tube(), shapes.moved(shapes.sphere(1.0, subdivisions=2).flipped(), (0.0, 0.0, 8.0))])
    out, receipt = wall(hollow, thickness_mm=1.5)
    (void,) = receipt.details["voids_left_out"]
    np.testing.assert_allclose(void["at_mm"], (0.0, 0.0, 8.0), atol=0.05)
    assert receipt.after.parts == 2
    middle = np.abs(out.vertices[:, 2] - 8.0) < 4.0
    assert np.hypot(*out.vertices[middle, :2].T).min() > 2.9
    assert any("voids" in words for words in receipt.warnings)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "exactly one way"),
        ({"thickness_mm": 1.0, "by_diameter": "6:1"}, "exactly one way"),
        ({"thickness_mm": 0.6}, "thinner than fdm can print"),
        ({"thickness_mm": 30.0}, "too much"),
        ({"thickness_mm": 1.0, "cell_mm": 0.5}, "too coarse"),
        ({"thickness_mm": 1.0, "flange_mm": 2.0}, "open end"),
        ({"thickness_mm": 1.0, "flange_thickness_mm": 2.0}, "flange_mm"),
        ({"thickness_mm": 1.0, "keep_apart_mm": 0.1}, "below the resolution"),
        ({"thickness_mm": 1.0, "open_end_mm": (1.0, 2.0)}, "three numbers"),
        ({"thickness_mm": 1.0, "process": "clay"}, "clay"),
    ],
)
def test_refused(given: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        wall(tube(), **given)  # type: ignore[arg-type]


def test_lumen_that_is_no_solid_is_refused() -> None:
    with pytest.raises(GeometryError, match="closed surface"):
        wall(shapes.open_box(), thickness_mm=1.0)
    with pytest.raises(GeometryError, match="inside out"):
        wall(tube().flipped(), thickness_mm=1.0)
    with pytest.raises(GeometryError, match="empty"):
        wall(Mesh(np.empty((0, 3)), np.empty((0, 3), int)), thickness_mm=1.0)
    with pytest.raises(GeometryError, match="cross others"):
        wall(shapes.two_spheres(5.0, 6.0), thickness_mm=1.0)


def test_thin_wall_is_made_when_allowed() -> None:
    short = vessels.straight_tube(2.0, 4.0, rings=8, around=24)
    _, receipt = wall(short, thickness_mm=0.7, allow_thin=True, process="fdm")
    assert receipt.details["wall"]["median_mm"] == pytest.approx(0.7, abs=0.01)


@pytest.mark.parametrize("turn", [0.0, 33.0, 121.0])
def test_dead_ends_and_their_directions_turn_with_the_tube(turn: float) -> None:
    lumen = shapes.rotated(vessels.bent_tube(20.0, 12.0, rings=60, around=40), turn)
    graph = SurfaceGraph(lumen)
    found = [axis_at(lumen, tip) for tip in tips_of(graph)]
    assert len(found) == 2
    straight = vessels.bent_tube(rings=2, around=3).with_vertices(np.zeros((8, 3)))
    ideal = []
    for way in ((0.0, 0.0, -1.0), (-1.0, 0.0, 0.0)):
        turned = shapes.rotated(Mesh(np.array([way] * 8), straight.faces), turn)
        ideal.append(turned.vertices[0])
    for axis in found:
        assert axis is not None
        nearest = min(angle_deg(axis.direction, way) for way in ideal)
        assert nearest < 2.5  # a bend of two diameters
        along = wall_direction(lumen, axis)
        assert along is not None
        assert min(angle_deg(along, way) for way in ideal) < 3.0


def test_bulge_is_no_end_and_a_loop_has_none() -> None:
    assert len(tips_of(SurfaceGraph(vessels.fork(cell=0.6)))) == 3
    sac = Mesh.from_manifold(tube().to_manifold() + shapes.sphere(3.0, (3.0, 0.0, 8.0), 3).to_manifold())
    assert len(tips_of(SurfaceGraph(sac))) == 2
    lumen = shapes.torus(12.0, 3.0)
    with pytest.raises(GeometryError, match="No end of a vessel"):
        wall(lumen, thickness_mm=1.5, open_ends=AUTO)
    out, receipt = wall(lumen, thickness_mm=1.5)
    assert receipt.after.parts == 2
    assert out.volume_mm3 == pytest.approx(2.0 * np.pi**2 * 12.0 * (4.5**2 - 3.0**2), rel=0.02)


def test_recipe_knows_the_step() -> None:
    text = 'schema = "printprep-recipe/1"\n[[step]]\ndo = "wall"\nthickness_mm = 1.5\nopen_ends = "auto"\n'
    (call,) = parse_recipe(text).steps
    assert call.parameters["open_ends"] is AUTO
    assert {spec.name for spec in parameters_of(wall)} >= {"by_diameter", "open_end_mm", "flange_mm", "keep_apart_mm"}
