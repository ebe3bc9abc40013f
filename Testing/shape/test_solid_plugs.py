"""Plugs of make solid: level with the surface, measured one by one; rooms behind openings are no openings."""

from __future__ import annotations

import numpy as np
import pytest

from PrintPrepLib.mesh import Mesh, concatenate
from PrintPrepLib.receipt import Receipt
from PrintPrepLib.shape.closed import closed_model, refuse_crossings
from PrintPrepLib.shape.solid.added import added_by, difference
from PrintPrepLib.shape.solid.flood import Membrane
from PrintPrepLib.shape.solid.grid import squared_distances
from PrintPrepLib.shape.solid.openings import DIRECTIONS, Kind, Opening, find_openings
from PrintPrepLib.shape.solid.plugs import (
    BAR_SHARE,
    INSET_MM,
    INSET_SHARE,
    STEP,
    _drum,
    _walls,
    drums,
    membrane_plug,
)
from PrintPrepLib.shape.solid.step import Intent, solid
from PrintPrepLib.spatial import index_of, self_crossings
from Testing.support import shapes
from Testing.support.pierced import Pierced, pierced_ball

LEVEL_MM = 0.1


@pytest.fixture(scope="module")
def small_ball() -> Pierced:
    """A ball so small that the membrane of a hole comes to lie at its mouth, over the surface."""
    return pierced_ball(radius=18.0)


@pytest.fixture(scope="module")
def closed(small_ball: Pierced) -> tuple[Mesh, Receipt]:
    return solid(small_ball.mesh, max_hole_mm=4.0)


def test_no_plug_stands_out_of_a_small_ball(small_ball: Pierced, closed: tuple[Mesh, Receipt]) -> None:
    mesh, receipt = closed
    assert receipt.details["closed_total"] == 12
    radius = np.linalg.norm(mesh.vertices, axis=1)
    assert radius.max() <= small_ball.radius + 1e-6
    # Inside, a film over the widest rim is flat, and cuts off a cap of the hollow.
    film = np.sqrt((small_ball.radius - small_ball.wall) ** 2 - (0.5 * small_ball.diameters.max()) ** 2)
    assert radius.min() >= film - 0.5 * LEVEL_MM
    assert all(plug["stands_out_mm"] <= LEVEL_MM and plug["way"] == "plug" for plug in receipt.details["closed"])
    assert not any("stand out" in warning for warning in receipt.warnings)


def test_what_each_plug_added_is_its_own(small_ball: Pierced, closed: tuple[Mesh, Receipt]) -> None:
    mesh, receipt = closed
    for plug, diameter in zip(receipt.details["closed"], sorted(small_ball.diameters, reverse=True), strict=True):
        assert 1000.0 * plug["added_ml"] == pytest.approx(np.pi * diameter**2 / 4.0 * small_ball.wall, rel=0.04)
    added = mesh.volume_mm3 - small_ball.mesh.volume_mm3
    assert receipt.details["added_by_plugs_ml"] * 1000.0 == pytest.approx(added, rel=1e-6)


def test_standing_out_is_measured(small_ball: Pierced) -> None:
    opening = next(one for one in find_openings(small_ball.mesh, 4.0) if one.kind is Kind.HOLE)
    (plug,) = drums(small_ball.mesh, [opening])
    model = small_ball.mesh.to_manifold()
    axis = opening.frame[2] * np.sign(opening.frame[2] @ opening.center_mm)
    for lift in (0.0, 0.5, 1.0):
        body = plug.mesh.with_vertices(plug.mesh.vertices + lift * axis)
        after = Mesh.from_manifold(model + body.to_manifold())
        (added,) = added_by(small_ball.mesh, after, [opening], [body])
        assert added.stands_out_mm == pytest.approx(lift, abs=0.15)
        assert added.volume_mm3 == pytest.approx(after.volume_mm3 - small_ball.mesh.volume_mm3, rel=1e-9)


@pytest.mark.parametrize("rough", [0.0, 0.2, 0.8])
def test_a_plug_of_any_outline_is_one_true_body(rough: float) -> None:
    rng = np.random.default_rng(7)
    angle = np.arange(DIRECTIONS) * (2.0 * np.pi / DIRECTIONS)
    radii = 1.5 * np.exp(rough * rng.normal(size=DIRECTIONS))
    # Height above each point of the plane: one and two waves are harmonic as rho cos t and rho^2 cos 2t are.
    above = 0.8 + 0.2 * np.cos(angle + 1.0) + 0.15 * np.cos(2.0 * angle)
    membrane = Membrane(np.zeros((1, 3)), 0.3)
    opening = Opening(membrane, np.zeros(3), np.eye(3), radii, 3.0, 7.0, 3.0, 3.0, Kind.HOLE)
    below = 0.6 + 0.1 * np.cos(2.0 * angle)  # not flat: in one plane rounding decides what crosses
    for beyond in (0.0, 1.0):
        plug = _drum(opening, radii, above, below, beyond)
        assert not len(self_crossings(plug).faces)
        plug.to_manifold()
        # Seen along the axis, triangles of an end do not overlap: each looks away from the plug.
        upward = plug.face_normals()[:, 2]
        ends = (plug.triangles[:, :, 2] > 0.0).sum(axis=1)
        assert (upward[ends == 3] > 0.0).all()
        assert (upward[ends == 0] < 0.0).all()
    plug = _drum(opening, radii, above, below)
    across = plug.vertices[:, :2]
    # The rim itself stands where it was asked, corner by corner, and all else is as high as the film there.
    turn, far = np.arctan2(across[:, 1], across[:, 0]), np.linalg.norm(across, axis=1)
    step = np.round(turn / (2.0 * np.pi) * DIRECTIONS).astype(int) % DIRECTIONS
    share = far / radii[step]
    twice = share**2 * np.cos(2.0 * angle[step])
    film = 0.8 + 0.2 * share * np.cos(angle[step] + 1.0) + 0.15 * twice
    height = plug.vertices[:, 2]
    assert height == pytest.approx(np.where(height > 0.0, film, -0.6 - 0.1 * twice), abs=1e-9)
    assert np.isclose(share, 1.0).sum() == 2 * DIRECTIONS


def test_walls_are_those_of_rays_one_by_one(small_ball: Pierced) -> None:
    openings = [one for one in find_openings(small_ball.mesh, 4.0) if one.kind is Kind.HOLE]
    above, below, bite = _walls(small_ball.mesh, openings)
    index = index_of(small_ball.mesh)
    for k, one in list(enumerate(openings))[::4]:
        around, axis = one.directions(), np.broadcast_to(one.frame[2], (DIRECTIONS, 3))
        rim = one.center_mm + one.radii_mm[:, None] * around
        bar = index.first_hit(rim + STEP * around, around)[0]
        inside = np.isfinite(bar)
        assert inside.all()
        assert (bite[k] <= np.maximum(BAR_SHARE * bar, STEP)).all()
        places = rim + bite[k][:, None] * around
        high, low = (index.first_hit(places, sign * axis)[0] for sign in (1.0, -1.0))
        inset = np.minimum(INSET_MM, INSET_SHARE * (high + low))
        assert np.array_equal(above[k], np.maximum(high - inset, STEP))
        assert np.array_equal(below[k], np.maximum(low - inset, STEP))


def test_a_membrane_ends_between_the_surfaces(small_ball: Pierced) -> None:
    # The widest hole's membrane is as far out as the mouth of it.
    opening = next(one for one in find_openings(small_ball.mesh, 4.0) if one.kind is Kind.HOLE)
    (plug,) = drums(small_ball.mesh, [opening])
    free = membrane_plug(opening, plug, clipped=False)
    held = membrane_plug(opening, plug, clipped=True)
    assert np.linalg.norm(free.vertices, axis=1).max() > small_ball.radius + 0.3
    # It ends on the plane through the rim: 1 mm beyond the rim the ball has fallen below that by a tenth.
    height = np.sqrt(small_ball.radius**2 - (0.5 * opening.passes_mm) ** 2)
    along = np.abs(held.vertices @ opening.frame[2])
    assert along.max() <= height + 0.02
    assert np.linalg.norm(held.vertices, axis=1).max() < small_ball.radius + 2.0 * LEVEL_MM


def test_difference_gives_places_and_volumes() -> None:
    ball = shapes.sphere(10.0, subdivisions=3)
    knob, dent = shapes.sphere(1.0, subdivisions=2), shapes.sphere(1.5, subdivisions=2)
    at, other = np.array([10.0, 0.2, 0.1]), np.array([-9.5, 0.1, 0.3])
    body = ball.to_manifold() + knob.with_vertices(knob.vertices + at).to_manifold()
    after = Mesh.from_manifold(body - dent.with_vertices(dent.vertices + other).to_manifold())
    found = difference(ball, after)
    assert len(found.volume_mm3) == 2
    assert found.volume_mm3.sum() == pytest.approx(after.volume_mm3 - ball.volume_mm3, rel=1e-9)
    assert sorted(np.sign(found.volume_mm3)) == [-1.0, 1.0]
    grown = found.volume_mm3 > 0.0
    assert np.linalg.norm(found.middles()[grown] - at) < 1.0
    only_knob = found.chosen(grown, "ball")
    assert only_knob.volume_mm3 == pytest.approx(body.volume(), rel=1e-9)
    assert found.chosen(np.zeros(2, bool), "ball").volume_mm3 == pytest.approx(ball.volume_mm3, rel=1e-12)
    assert not len(difference(ball, ball.with_vertices(ball.vertices.copy())).volume_mm3)


def test_filling_keeps_wide_openings_as_wide_as_they_were() -> None:
    """A hollow box with a window of 6 x 5 in a wall: a ball of 4 mm comes in, but not into the window's corners."""
    box = shapes.box((30.0, 24.0, 20.0)).to_manifold() - shapes.box((26.0, 20.0, 16.0)).to_manifold()
    window = shapes.box((6.0, 5.0, 10.0))
    box = box - window.with_vertices(window.vertices + np.array([0.0, 0.0, 10.0])).to_manifold()
    pin = shapes.cylinder(0.75, 10.0)
    box = box - pin.with_vertices(pin.vertices + np.array([8.0, 0.0, -10.0])).to_manifold()
    model = Mesh.from_manifold(box)
    mesh, receipt = solid(model, intent=Intent.FILL_INSIDE, max_hole_mm=5.5, keep_wider_mm=2.0)
    assert receipt.details["closed_total"] == 1
    window_gap = min(receipt.details["gaps"], key=lambda gap: abs(gap["at_mm"][2] - 9.0))
    assert window_gap["open_share"] == 1.0
    assert window_gap["most_narrowed_mm"] <= 0.05
    assert mesh.volume_mm3 > model.volume_mm3
    corner = np.array([[2.8, 2.3, 9.0]])
    assert not index_of(mesh).contains(corner).any()


@pytest.mark.parametrize("most", [3, 6, 9, 12])
def test_squared_distances_are_those_of_scipy(most: int) -> None:
    from scipy.ndimage import distance_transform_edt

    walls = np.random.default_rng(5).random((50, 60, 70)) > 0.999
    exact = np.minimum(np.rint(distance_transform_edt(~walls) ** 2), most * most)
    assert np.array_equal(squared_distances(walls, most), exact)


def test_one_check_for_all_steps_that_need_a_solid() -> None:
    from PrintPrepLib.errors import GeometryError

    ball = shapes.sphere(10.0, subdivisions=2)
    assert closed_model(ball, "This needs a solid", "nothing to do") is ball
    with pytest.raises(GeometryError, match="This needs a solid: this one has open"):
        closed_model(shapes.open_box(), "This needs a solid", "nothing to do")
    with pytest.raises(GeometryError, match="nothing to do"):
        closed_model(Mesh(np.empty((0, 3)), np.empty((0, 3), np.int32)), "This needs a solid", "nothing to do")
    refuse_crossings(ball)
    with pytest.raises(GeometryError, match="triangles of the lumen cross"):
        refuse_crossings(concatenate([ball, ball.with_vertices(ball.vertices + 3.0)]), "lumen")


def test_holes_in_a_row_are_told() -> None:
    """A cracked plate: five short pieces of the crack with bridges between them, and three round holes."""
    plate = shapes.plate((40.0, 20.0), 1.5, 2).to_manifold()
    for k in range(5):
        plate -= shapes.box((3.0, 1.5, 8.0), (-10.0 + 4.5 * k, 0.3 * k, 0.0)).to_manifold()
    round_ones = [(5.0, 6.0, 0.0), (-8.0, -6.0, 0.0), (12.0, -6.0, 0.0)]
    for place in round_ones:
        plate -= shapes.cylinder(0.8, 8.0, place).to_manifold()
    _, receipt = solid(Mesh.from_manifold(plate), max_hole_mm=4.0)
    (row,) = receipt.details["in_rows"]
    places = [round(point[0], 1) for point in row]
    assert sorted(places) == [-10.0, -5.5, -1.0, 3.5, 8.0]
    assert places in (sorted(places), sorted(places, reverse=True))
    assert any("fracture or suture" in warning for warning in receipt.warnings)
