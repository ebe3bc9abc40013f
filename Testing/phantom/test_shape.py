"""The phantom's shape and its truth."""

from __future__ import annotations

import numpy as np
import pytest

from PrintPrepLib.errors import InputError
from PrintPrepLib.mesh import Mesh
from PrintPrepLib.phantom.shape import HIGH_MM, LOW_MM, PLACE_MM, BoneShape, cell_fraction
from PrintPrepLib.receipt import measure_mesh


@pytest.fixture(scope="module")
def shape() -> BoneShape:
    return BoneShape()


@pytest.fixture(scope="module")
def surface(shape: BoneShape) -> Mesh:
    return shape.truth_mesh(0.6)


def test_truth_mesh_is_one_closed_piece_with_one_tunnel(surface: Mesh) -> None:
    # The pin hole runs through both walls into the cavity: one surface, and one handle.
    measures = measure_mesh(surface)
    assert (measures.parts, measures.genus) == (1, 1)
    assert (measures.open_edges, measures.non_manifold_edges, measures.misoriented_edges) == (0, 0, 0)


def test_crumbs_are_loose(shape: BoneShape) -> None:
    assert measure_mesh(shape.truth_mesh(0.8, crumbs=True)).parts == 1 + len(shape.crumbs)
    centers = np.array([crumb.center_mm for crumb in shape.crumbs])
    assert shape.signed_distance(centers).min() > 5.0
    assert (shape.signed_distance(centers, crumbs=True) < -1.0).all()


def test_volume_three_ways(shape: BoneShape, surface: Mesh) -> None:
    assert 0.0 < shape.volume_error_mm3 < 2e-4 * shape.true_volume_mm3
    # Chords of a fine mesh cut a little off round shapes: below the truth, by less than 0.1 %.
    assert -1e-3 < surface.volume_mm3 / shape.true_volume_mm3 - 1.0 < 0.0
    step = 0.7
    axes = [np.arange(low, high, step) for low, high in zip(LOW_MM, HIGH_MM, strict=True)]
    counted = 0
    for z in axes[2]:
        x, y = np.meshgrid(axes[0], axes[1])
        layer = np.stack([x.ravel(), y.ravel(), np.full(x.size, z)], axis=1)
        counted += int(np.count_nonzero(shape.bone.field(layer)[0] < 0.0))
    assert counted * step**3 == pytest.approx(shape.true_volume_mm3, rel=1e-3)


def test_shape_lies_inside_its_box(surface: Mesh) -> None:
    low, high = surface.bounds - np.asarray(PLACE_MM)
    assert (low >= LOW_MM).all()
    assert (high <= HIGH_MM).all()


def test_vertices_of_the_truth_mesh_have_no_distance(shape: BoneShape, surface: Mesh) -> None:
    assert np.abs(shape.signed_distance(surface.vertices)).max() < 1e-5


def test_plate_is_as_thick_as_stated() -> None:
    for thickness in (0.8, 1.2, 2.0):
        shape = BoneShape(plate_thickness_mm=thickness)
        middle = np.array([shape.plate_center_mm])
        across = np.array([shape.plate_normal])
        offsets = np.array([[-2.0], [-thickness / 2], [0.0], [thickness / 2], [2.0]])
        expected = np.abs(offsets[:, 0]) - thickness / 2
        np.testing.assert_allclose(shape.signed_distance(middle + offsets * across), expected, atol=1e-7)


@pytest.mark.parametrize("diameter", [3.0, 5.0])
def test_pin_hole_is_as_wide_as_stated(diameter: float) -> None:
    shape = BoneShape(hole_diameter_mm=diameter)
    axis = np.array(shape.hole_axis)
    up = np.array([0.0, 0.0, 1.0])
    for side in (-1.0, 1.0):
        # On the axis, in the middle of the wall, the nearest bone is the hole's own surface.
        along = np.linspace(0.0, 20.0, 401)[:, None] * axis * side + np.array(shape.hole_center_mm)
        beside = along + up * (diameter / 2 + 0.5)
        wall = along[shape.signed_distance(beside) < 0.0]
        assert len(wall) > 40
        middle = wall[len(wall) // 2]
        around = [np.cos(t) * up + np.sin(t) * np.cross(axis, up) for t in np.linspace(0, 2 * np.pi, 12)]
        np.testing.assert_allclose(
            shape.signed_distance(middle + np.array(around) * (diameter / 2 + 0.3)), -0.3, atol=1e-6
        )


def test_distance_grows_by_one_per_millimetre(shape: BoneShape, surface: Mesh) -> None:
    rng = np.random.default_rng(2)
    chosen = rng.choice(len(surface.vertices), 2000, replace=False)
    points = surface.vertices[chosen] + rng.normal(0.0, 0.3, (2000, 3))
    step = 1e-4
    slope = np.stack(
        [(shape.signed_distance(points + step * a) - shape.signed_distance(points - step * a)) for a in np.eye(3)]
    ) / (2 * step)
    length = np.linalg.norm(slope, axis=0)
    # The few others lie where two surface points are equally near (the plate's middle, creases).
    assert np.mean(np.abs(length - 1.0) < 1e-3) > 0.99


def test_distance_agrees_with_the_nearest_point_of_a_fine_mesh(shape: BoneShape) -> None:
    from scipy.spatial import cKDTree

    fine = shape.truth_mesh(0.5)
    rng = np.random.default_rng(3)
    points = fine.vertices[rng.choice(len(fine.vertices), 10000, replace=False)] + rng.normal(0.0, 0.4, (10000, 3))
    lower, upper = shape.distance_bounds(points)
    assert (np.sign(lower) == np.sign(upper)).all()
    to_vertex, _ = cKDTree(fine.vertices).query(points)
    excess = np.abs(upper) - to_vertex  # a vertex is on the surface, so the true distance cannot be larger
    assert np.mean(excess > 1e-4) < 2e-3
    assert (np.abs(lower) <= to_vertex + 1e-6).all()


def test_share_of_a_cell_by_hand() -> None:
    value = np.array([0.0, -0.25, 0.25, 5.0, -5.0])
    flat = np.tile([1.0, 0.0, 0.0], (5, 1))
    np.testing.assert_allclose(cell_fraction(value, flat, (1.0, 1.0, 1.0)), [0.5, 0.75, 0.25, 0, 1], atol=1e-3)
    # A plane that cuts a corner off at (1/2, 1/2, 1/2) leaves a tetrahedron of 1/48.
    slant = np.full((1, 3), 1 / np.sqrt(3.0))
    np.testing.assert_allclose(cell_fraction(np.array([1.0 / np.sqrt(3.0)]), slant, (1.0,) * 3), 1 / 48, rtol=1e-9)


def test_impossible_measures_are_refused() -> None:
    with pytest.raises(InputError, match="plate"):
        BoneShape(plate_thickness_mm=0.0)
    with pytest.raises(InputError, match="hole"):
        BoneShape(hole_diameter_mm=20.0)
    with pytest.raises(InputError, match="truth mesh"):
        BoneShape().truth_mesh(0.0)
