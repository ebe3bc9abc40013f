"""The building blocks: true distances, gradients, and the bound that blending keeps."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from PrintPrepLib.phantom.solids import Ball, Carved, RoundBox, RoundCone, Solid, Union

CONE = RoundCone((0.0, 0.0, 0.0), 4.0, (10.0, 0.0, 0.0), 2.0)
CAPSULE = RoundCone((1.0, 2.0, 3.0), 2.0, (4.0, 6.0, 3.0), 2.0)
BOX = RoundBox((1.0, 0.0, 0.0), ((0.6, 0.8, 0.0), (-0.8, 0.6, 0.0), (0.0, 0.0, 1.0)), (5.0, 3.0, 1.0), 0.5)
BLENDED = Union((CONE, BOX, Ball((0.0, 6.0, 0.0), 4.0)), 3.0)
CARVED = Carved(BLENDED, (CAPSULE,), 1.0)
SOLIDS: tuple[Solid, ...] = (Ball((1.0, 1.0, 1.0), 3.0), CONE, CAPSULE, BOX, BLENDED, CARVED)

coordinate = st.floats(-15.0, 15.0)
point = st.tuples(coordinate, coordinate, coordinate)


def test_ball_by_hand() -> None:
    value, gradient = Ball((0.0, 0.0, 1.0), 2.0).field(np.array([[0.0, 0.0, 6.0], [0.0, 0.0, 1.0]]))
    np.testing.assert_allclose(value, [3.0, -2.0])
    np.testing.assert_allclose(gradient[0], [0.0, 0.0, 1.0])


def test_round_cone_by_hand() -> None:
    # Beyond each end the balls decide; beside the flank (slope 0.2) the straight line between the tangent points.
    value, _ = CONE.field(np.array([[-7.0, 0.0, 0.0], [15.0, 0.0, 0.0], [5.0, 0.0, 9.0]]))
    np.testing.assert_allclose(value, [3.0, 3.0, np.sqrt(0.96) * 9.0 + 0.2 * 5.0 - 4.0])


def test_round_box_by_hand() -> None:
    box = RoundBox((0.0, 0.0, 0.0), ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)), (5.0, 3.0, 1.0), 0.5)
    corner = np.array([4.5, 2.5, 0.5])
    value, _ = box.field(np.array([[0.0, 0.0, 4.0], [0.0, 0.0, 0.0], corner + 2.0 / np.sqrt(3.0)]))
    np.testing.assert_allclose(value, [3.0, -1.0, 1.5])


def test_capsule_volume_by_hand() -> None:
    assert pytest.approx(np.pi * 4.0 * (8.0 / 3.0 + 5.0)) == CAPSULE.volume_mm3
    with pytest.raises(ValueError, match="equal radii"):
        _ = CONE.volume_mm3


def test_blend_is_a_plain_minimum_away_from_the_seam() -> None:
    far = np.array([[14.0, 0.0, 0.0]])
    np.testing.assert_allclose(Union((CONE, Ball((-9.0, 0.0, 0.0), 1.0)), 3.0).field(far)[0], CONE.field(far)[0])


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(SOLIDS), point)
def test_gradient_is_the_slope(solid: Solid, place: tuple[float, float, float]) -> None:
    here = np.array([place])
    step = 1e-5
    ahead = np.array([solid.field(here + step * axis)[0][0] for axis in np.eye(3)])
    behind = np.array([solid.field(here - step * axis)[0][0] for axis in np.eye(3)])
    value, gradient = solid.field(here)
    one_sided = np.stack([(ahead - value[0]) / step, (value[0] - behind) / step])
    # On a crease or a symmetry axis any slope between the two sides is right.
    assert (gradient[0] >= one_sided.min(axis=0) - 1e-3).all()
    assert (gradient[0] <= one_sided.max(axis=0) + 1e-3).all()


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(SOLIDS), point, point)
def test_value_changes_no_faster_than_the_way_walked(
    solid: Solid, start: tuple[float, float, float], end: tuple[float, float, float]
) -> None:
    values, _ = solid.field(np.array([start, end]))
    assert abs(values[1] - values[0]) <= np.linalg.norm(np.subtract(end, start)) + 1e-9


@pytest.mark.parametrize("solid", [CONE, CAPSULE, BOX])
def test_primitives_give_the_true_distance(solid: Solid) -> None:
    points = np.random.default_rng(1).uniform(-12.0, 14.0, (500, 3))
    value, gradient = solid.field(points)
    outside = value > 0.0
    on_surface, _ = solid.field(points - value[:, None] * gradient)
    np.testing.assert_allclose(on_surface[outside], 0.0, atol=1e-9)
    np.testing.assert_allclose(np.linalg.norm(gradient[outside], axis=1), 1.0, atol=1e-9)
