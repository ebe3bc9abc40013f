"""Wall thickness and gaps: shapes whose walls are known by hand, and what a user reads of them."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from PrintPrepLib.analysis.thickness import Method, Side, vertex_areas, wall_thickness
from PrintPrepLib.analysis.thin import Form, thin_places
from PrintPrepLib.errors import Cancelled, GeometryError, InputError
from PrintPrepLib.mesh import Mesh, concatenate
from PrintPrepLib.spatial import SurfaceIndex
from PrintPrepLib.spatial.thin_walls import thin_walls_after
from Testing.support import shapes

manifold3d = pytest.importorskip("manifold3d")
Solid = manifold3d.Manifold


def fine(solid: object, edge_mm: float = 0.7) -> Mesh:
    return Mesh.from_manifold(solid.refine_to_length(edge_mm))  # type: ignore[attr-defined]


def body_with_fin_and_pin() -> Mesh:
    """A block, 15 mm thick; on it a fin of 0.8 mm, 20 long and 6 high, and a pin of 0.8 mm, 8 high."""
    block = Solid.cube((30, 30, 15))
    fin = Solid.cube((0.8, 20, 6)).translate((15, 5, 15))
    return fine(block + fin + Solid.cylinder(8, 0.4, 0.4, 32).translate((5, 5, 15)))


@pytest.mark.parametrize("subdivisions", [0, 3])
def test_plate_reads_its_thickness_up_to_the_last_corner(subdivisions: int) -> None:
    plate = shapes.rotated(shapes.plate((30.0, 20.0), 1.5, subdivisions), 33.0)
    measured = wall_thickness(plate)
    np.testing.assert_allclose(measured.thickness_mm, 1.5, rtol=1e-9)


def test_shell_wall_and_what_is_beyond_the_largest() -> None:
    shell = shapes.shell(8.0, 10.0, 4)
    np.testing.assert_allclose(wall_thickness(shell).thickness_mm, 2.0, rtol=0.01)
    assert np.isinf(wall_thickness(shell, max_mm=1.9).thickness_mm).all()
    summary = wall_thickness(shell, max_mm=3.0).summary(shell, 2.5)
    assert summary.median_mm == pytest.approx(2.0, rel=0.01)
    assert summary.percent_below == pytest.approx(100.0)
    assert summary.area_below_cm2 == pytest.approx(shell.area_mm2 / 100.0)
    assert sum(summary.histogram_area_percent) == pytest.approx(100.0)


def test_body_with_a_fin_and_a_pin_is_thin_there_and_nowhere_else() -> None:
    mesh = shapes.rotated(body_with_fin_and_pin(), 20.0)
    places = thin_places(mesh, wall_thickness(mesh), 1.0)
    wall, pin = places.regions
    assert (wall.form, pin.form) == (Form.WALL, Form.PIN)
    assert wall.typical_mm == pytest.approx(0.8, rel=1e-6)
    assert pin.typical_mm == pytest.approx(0.8, rel=0.02)
    assert wall.area_mm2 == pytest.approx(2 * 20 * 6 + 2 * 0.8 * 6 + 20 * 0.8, rel=0.05)  # both sides, ends and top
    assert pin.area_mm2 == pytest.approx(np.pi * 0.8 * 8, rel=0.1)
    assert (places.of_vertex == 1).sum() + (places.of_vertex == 2).sum() == (places.of_vertex > 0).sum()


def test_limit_is_strict() -> None:
    plate = shapes.box((20.0, 10.0, 1.0))
    measured = wall_thickness(plate)
    assert thin_places(plate, measured, 1.0).regions == ()
    (region,) = thin_places(plate, measured, 1.001).regions
    assert region.area_mm2 == pytest.approx(plate.area_mm2)


def test_sharp_rim_of_something_thick_is_called_a_rim() -> None:
    prism = manifold3d.CrossSection([np.array([[0.0, 0.0], [20.0, 0.0], [20.0, 12.0]])])
    mesh = fine(Solid.extrude(prism, 25.0), 0.5)  # a wedge of 31 degrees with a sharp edge
    regions = thin_places(mesh, wall_thickness(mesh), 0.8).regions
    assert [region.form for region in regions] == [Form.RIM, Form.RIM]  # of 31 and of 59 degrees
    assert regions[0].min_mm < 0.05


def test_rim_round_a_hole_is_the_edge_of_an_opening() -> None:
    cone = Solid.cylinder(3.0, 7.0, 2.0, 96)  # from both sides: a blade of 62 degrees round a hole of 4 mm
    mesh = fine(
        Solid.cube((40, 40, 6)) - cone.translate((20, 20, 0)) - cone.mirror((0, 0, 1)).translate((20, 20, 6)), 0.5
    )
    (region,) = thin_places(mesh, wall_thickness(mesh), 0.6).regions
    assert region.form is Form.OPENING


def test_two_pieces_are_numbered_by_size_and_located() -> None:
    thin = shapes.moved(shapes.box((6.0, 6.0, 0.5), subdivisions=2), (40.0, 0.0, 0.0))
    mesh = concatenate([shapes.box((10.0, 10.0, 10.0), subdivisions=2), thin])
    (region,) = thin_places(mesh, wall_thickness(mesh), 1.0).regions
    assert region.part == 2
    assert "left" in region.location  # LPS: x counts towards the patient's left


def test_gap_between_two_plates() -> None:
    plates = concatenate(
        [shapes.box((20, 20, 3), subdivisions=4), shapes.moved(shapes.box((20, 20, 3), subdivisions=4), (0, 0, 3.4))]
    )
    gap = wall_thickness(plates, side=Side.GAP, max_mm=5.0)
    facing = np.abs(np.abs(plates.vertices[:, 2] - 1.7) - 0.2) < 1e-9
    np.testing.assert_allclose(gap.thickness_mm[facing], 0.4, rtol=0.1)  # at the edges the air looks aside
    assert np.median(gap.thickness_mm[facing]) == pytest.approx(0.4, rel=1e-6)
    assert np.isinf(gap.thickness_mm[~facing]).all()
    (region,) = thin_places(plates, gap, 0.5).regions
    assert region.form is Form.GAP
    assert region.area_mm2 >= 2 * 18 * 18


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000))
def test_no_thickness_is_more_than_a_ball_that_fits(seed: int) -> None:
    """Random solids: every center lies inside, and no face cuts off more than two percent of the radius."""
    random = np.random.default_rng(seed)
    solid = Solid()
    for _ in range(5):
        block = Solid.cube(tuple(random.uniform(1, 8, 3)), True).rotate(tuple(random.uniform(0, 90, 3)))
        solid += block.translate(tuple(random.uniform(-4, 4, 3)))
    mesh = fine(solid, 1.0)
    measured = wall_thickness(mesh)
    known = np.isfinite(measured.thickness_mm) & (measured.thickness_mm > 0.0)
    radius, center = measured.thickness_mm[known] / 2.0, measured.centers_mm[known]
    index = SurfaceIndex(mesh)
    assert (index.closest(center).distance_mm >= radius * 0.98 - 1e-9).all()
    assert index.contains(center).all()


@pytest.mark.parametrize("axes", [(9.6, 3.7, 8.6), (5.0, 5.0, 2.0), (8.0, 2.0, 2.0)])
def test_ellipsoid_is_nowhere_thicker_than_its_short_axis(axes: tuple[float, float, float]) -> None:
    ball = shapes.sphere(1.0, subdivisions=4)
    mesh = shapes.rotated(ball.with_vertices(ball.vertices * np.array(axes)), 25.0)
    value = wall_thickness(mesh, max_mm=30.0).thickness_mm
    assert np.isfinite(value).all()
    assert value.max() <= 2.0 * min(axes) * 1.021
    assert value.max() >= 2.0 * min(axes) * 0.97


def test_rounded_box_is_not_thin_at_its_rounding() -> None:
    corners = [Solid.sphere(2.0, 48).translate(tuple(5.0 * np.array(c))) for c in product((-1, 1), repeat=3)]
    mesh = Mesh.from_manifold(Solid.batch_hull(corners))
    value = wall_thickness(mesh, max_mm=20.0).thickness_mm
    assert np.percentile(value, 1) > 0.8 * 14.0
    assert np.nanmax(value[np.isfinite(value)]) < 14.01


def test_rays_agree_on_flat_walls_and_serve_open_shells() -> None:
    plate = shapes.plate((30.0, 20.0), 1.5, 3)
    inner = (np.abs(plate.vertices[:, :2]) < [14.0, 9.0]).all(axis=1)
    ray = wall_thickness(plate, method=Method.RAY)
    np.testing.assert_allclose(ray.thickness_mm[inner], 1.5, rtol=1e-6)
    sheets = concatenate([shapes.grid_sheet(height=1.0), shapes.grid_sheet(height=0.0).flipped()])
    assert np.median(wall_thickness(sheets, method=Method.RAY).thickness_mm) == pytest.approx(1.0, rel=1e-6)
    with pytest.raises(GeometryError, match="open edges"):
        wall_thickness(sheets)


def test_vertices_that_were_not_welded_read_alike() -> None:
    plate = shapes.plate((30.0, 20.0), 1.5, 2)
    loose = shapes.soup(plate)
    np.testing.assert_allclose(wall_thickness(loose).thickness_mm, 1.5, rtol=1e-9)


def test_vertex_areas_add_up() -> None:
    mesh = shapes.torus()
    assert vertex_areas(mesh).sum() == pytest.approx(mesh.area_mm2)


def test_refusals() -> None:
    ball = shapes.sphere(5.0)
    with pytest.raises(InputError):
        wall_thickness(ball, max_mm=0.0)
    with pytest.raises(GeometryError, match="empty"):
        wall_thickness(Mesh(np.zeros((0, 3)), np.zeros((0, 3), np.int32)))
    measured = wall_thickness(ball, max_mm=3.0)
    with pytest.raises(InputError):
        thin_places(ball, measured, 4.0)
    with pytest.raises(InputError):
        thin_places(shapes.box(), measured, 1.0)


def test_can_be_cancelled() -> None:
    def stop(fraction: float, text: str) -> None:
        raise Cancelled("stop")

    with pytest.raises(Cancelled):
        wall_thickness(shapes.bumpy_sphere(), progress=stop)


def test_lost_walls_are_told() -> None:
    mesh = body_with_fin_and_pin()
    same = thin_walls_after(mesh, mesh)
    assert same.area_cm2 == pytest.approx(2.4 + 0.2, rel=0.15)  # the fin's two sides and the pin
    assert same.lost_cm2 == 0.0
    assert same.warnings == ()
    bare = fine(Solid.cube((30, 30, 15)) + Solid.cylinder(8, 0.4, 0.4, 32).translate((5, 5, 15)))
    gone = thin_walls_after(mesh, bare)
    assert gone.lost_cm2 == pytest.approx(2.4, rel=0.1)
    assert gone.lost_at_mm is not None
    assert gone.lost_at_mm[0] == pytest.approx(15.4, abs=0.05)
    assert "lost" in gone.warnings[0]
