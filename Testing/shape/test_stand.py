"""Stands: tilts by hand, a cradle whose gap and way out are measured, seats that touch nothing protected."""

from __future__ import annotations

import numpy as np
import pytest

from PrintPrepLib.errors import GeometryError, InputError
from PrintPrepLib.mesh import Mesh, concatenate
from PrintPrepLib.receipt import measure_mesh
from PrintPrepLib.shape.cut.assembly import Assembly, PartKind
from PrintPrepLib.shape.stand.envelope import leaned
from PrintPrepLib.shape.stand.frame import frame_of
from PrintPrepLib.shape.stand.sizes import StandKind
from PrintPrepLib.shape.stand.stability import mass_center, stability_of
from PrintPrepLib.shape.stand.step import in_parts, stand
from PrintPrepLib.spatial import index_of
from PrintPrepLib.spatial.sampling import area_samples
from Testing.support import shapes

UP = frame_of((0.0, 0.0, 1.0))


def whole(result: object) -> Mesh:
    """A stand that is one with the model."""
    assert isinstance(result, Mesh)
    return result


def test_a_box_tips_at_the_angle_of_half_its_width_over_half_its_height() -> None:
    found = stability_of(UP, shapes.moved(shapes.box((10.0, 16.0, 40.0)), (50.0, -20.0, 300.0)))
    assert found.tip_deg == pytest.approx(np.degrees(np.arctan2(5.0, 20.0)), abs=1e-9)
    assert abs(found.towards[0]) == pytest.approx(1.0)
    assert found.footprint_mm2 == pytest.approx(160.0)
    assert np.allclose(found.center_mm, (50.0, -20.0, 300.0))


def test_center_of_mass_of_two_boxes_and_of_a_leaning_one() -> None:
    pair = concatenate([shapes.box((10, 10, 10)), shapes.box((10, 10, 30), (20.0, 0.0, 10.0))])
    assert np.allclose(mass_center([pair]), (15.0, 0.0, 7.5))  # 1000 and 3000 mm3
    outside = concatenate([shapes.box((10, 10, 10)), shapes.box((50, 10, 10), (25.0, 0.0, 20.0))])
    found = stability_of(UP, outside)  # 1 x 0 + 5 x 25 over 6: 15.8 mm beyond an edge at 5
    assert found.inside_mm == pytest.approx(5.0 - 125.0 / 6.0)
    assert found.tip_deg < 0.0
    turned = shapes.rotated(shapes.box((10.0, 10.0, 40.0)), 90.0, (0.0, 1.0, 0.0))
    assert stability_of(frame_of((1.0, 0.0, 0.0)), turned).tip_deg == pytest.approx(14.036243, abs=1e-4)


def test_a_base_cuts_flat_and_tells_what_is_gone() -> None:
    ball = shapes.sphere(20.0, subdivisions=5)
    out, receipt = stand(ball, kind=StandKind.BASE, cut_mm=5.0)
    out = whole(out)
    assert out.bounds[0, 2] == pytest.approx(-15.0, abs=1e-9)
    cap = np.pi * 25.0 * (60.0 - 5.0) / 3.0  # pi h^2 (3 r - h) / 3
    assert receipt.details["cut_away_ml"] * 1000.0 == pytest.approx(cap, rel=0.01)
    assert out.volume_mm3 == pytest.approx(ball.volume_mm3 - receipt.details["cut_away_ml"] * 1000.0, rel=1e-9)
    after = receipt.details["stability"]["after"]
    assert after["center_inside_footprint_mm"] == pytest.approx(np.sqrt(20.0**2 - 15.0**2), rel=0.01)
    assert after["tip_deg"] > receipt.details["stability"]["before"]["tip_deg"]


def test_a_plinth_makes_a_tall_thing_steady_and_an_overhanging_one_is_refused_without() -> None:
    rod = shapes.cylinder(4.0, 120.0)
    _, bare = stand(rod, kind=StandKind.BASE, cut_mm=1.0)
    assert any("UNSTEADY" in warning for warning in bare.warnings)
    out, receipt = stand(rod, kind=StandKind.BASE, cut_mm=1.0, plinth_mm=5.0)
    assert receipt.details["stability"]["after"]["tip_deg"] >= 10.0
    assert measure_mesh(whole(out)).parts == 1
    leaning = Mesh(rod.vertices + rod.vertices[:, 2:] * (0.6, 0.0, 0.0), rod.faces)
    with pytest.raises(GeometryError, match="would fall over"):
        stand(leaning, kind=StandKind.BASE, cut_mm=1.0)


def test_a_pedestal_stands_below_the_center_of_mass() -> None:
    ball = shapes.sphere(20.0, (5.0, 5.0, 5.0), 5)
    out, receipt = stand(ball, kind=StandKind.PEDESTAL, post_mm=8.0, height_mm=15.0, plate_mm=4.0)
    out = whole(out)
    assert measure_mesh(out).parts == 1
    assert np.allclose(receipt.details["seat_mm"][:2], (5.0, 5.0), atol=1.0)
    assert out.bounds[0, 2] == pytest.approx(5.0 - 20.0 - 15.0 - 4.0, abs=0.05)
    tip = receipt.details["stability"]["after"]
    by_hand = np.degrees(np.arctan2(tip["center_inside_footprint_mm"], tip["center_height_mm"]))
    assert tip["tip_deg"] == pytest.approx(by_hand, abs=1e-9)
    assert tip["tip_deg"] >= 10.0
    guarded, moved = stand(ball, kind=StandKind.PEDESTAL, post_mm=8.0, protect_at=(5.0, 5.0, -15.0, 4.0))
    added = whole(guarded).vertices[
        ~np.isin(np.round(whole(guarded).vertices, 9), np.round(ball.vertices, 9)).all(axis=1)
    ]
    assert np.linalg.norm(added - (5.0, 5.0, -15.0), axis=1).min() >= 4.0
    assert moved.details["seat_off_center_mm"] > 4.0
    with pytest.raises(GeometryError, match="No seat for a post"):
        stand(shapes.shell(19.8, 20.0, 4), kind=StandKind.PEDESTAL, post_mm=8.0)  # a skin of 0.2 mm holds no post


@pytest.mark.parametrize("up", [(0.0, 0.0, 1.0), (0.3, -0.2, 0.8)])
def test_a_cradle_keeps_its_gap_everywhere_and_the_model_comes_out(up: tuple[float, float, float]) -> None:
    model = shapes.bumpy_sphere(5, radius=20.0, height=2.0)
    result, receipt = stand(model, kind=StandKind.CRADLE, up=up, gap_mm=0.6, depth_mm=9.0)
    assert isinstance(result, Assembly)
    body, cradle = result.parts
    assert cradle.kind is PartKind.STAND
    assert body.mesh.vertices is model.vertices or np.array_equal(body.mesh.vertices, model.vertices)
    assert measure_mesh(cradle.mesh).parts == 1
    assert measure_mesh(cradle.mesh).genus == 0
    # With other places than those at which the step measures, on both bodies.
    for one, other in ((body.mesh, cradle.mesh), (cradle.mesh, body.mesh)):
        points = np.concatenate([area_samples(one, 39_997), one.vertices])
        assert index_of(other).closest(points).distance_mm.min() >= 0.6
    assert receipt.details["gap_median_mm"] < 1.4
    first, second = body.mesh.to_manifold(), cradle.mesh.to_manifold()
    axis = np.array(up) / np.linalg.norm(up)
    for way in (0.0, 0.5, 1.0, 3.0, 6.0, 9.0, 15.0):
        assert (first.translate(tuple((way * axis).tolist())) ^ second).volume() <= 0.0
    down = first.translate(tuple((-2.0 * axis).tolist()))
    assert (down ^ second).volume() > 1.0  # the other way it meets the cradle: the test can fail
    assert receipt.details["stability"]["after"]["tip_deg"] >= 10.0


def test_walls_of_a_cradle_are_no_steeper_than_the_taper() -> None:
    values = np.full((41, 41), 100.0)
    values[20, 20] = 0.0
    cone = leaned(values, 0.5, 30.0, 100.0)
    away = 0.5 * np.hypot(*np.meshgrid(np.arange(-20, 21), np.arange(-20, 21)))
    assert (
        cone <= 1.09 * away / np.tan(np.radians(30.0)) + 1e-9
    ).all()  # the octagon of steps is 8 % beyond the circle
    assert cone[20, 30] == pytest.approx(5.0 / np.tan(np.radians(30.0)))


def test_a_joined_cradle_is_one_body() -> None:
    out, receipt = stand(shapes.bumpy_sphere(5, radius=20.0), kind=StandKind.CRADLE, joined=True)
    assert measure_mesh(whole(out)).parts == 1
    assert receipt.details["joined"] is True


def test_a_keyhole_lets_the_head_in_and_holds_it_above_the_center_of_mass() -> None:
    model = shapes.box((60.0, 20.0, 80.0), subdivisions=3)
    out, receipt = stand(model, kind=StandKind.WALL_MOUNT, cut_mm=2.0, screw_mm=4.0)
    out, said = whole(out), receipt.details
    assert measure_mesh(out).parts == 1
    assert out.bounds[1, 1] == pytest.approx(10.0 - 2.0 + said["plate_mm"], abs=0.05)
    assert said["hangs_above_center_mm"] > 0.0
    x, y, z = said["hangs_at_mm"]
    travel = said["opening_mm"]
    index = index_of(out)
    inward = np.array([0.0, -1.0, 0.0])

    def depth(dx: float, dz: float) -> float:
        return float(index.first_hit(np.array([[x + dx, y + 5.0, z + dz]]), inward[None, :])[0][0] - 5.0)

    chamber = said["lip_mm"] + 0.65 * 4.0 + 0.6
    assert depth(0.0, 0.0) == pytest.approx(chamber, abs=0.05)  # the shaft's slot
    assert depth(3.5, 0.0) == pytest.approx(0.0, abs=0.05)  # the lip that holds the head of 8 mm
    assert depth(3.9, -travel) == pytest.approx(chamber, abs=0.05)  # where the head goes in
    behind = np.array([[x + 3.5, y - said["lip_mm"] - 1.0, z]])
    assert not index.contains(behind)[0]  # room for the head behind the lip


def test_bad_requests() -> None:
    ball = shapes.sphere(20.0)
    with pytest.raises(InputError, match="no length"):
        stand(ball, kind=StandKind.BASE, up=(0.0, 0.0, 0.0))
    with pytest.raises(GeometryError, match="more than half"):
        stand(ball, kind=StandKind.BASE, cut_mm=30.0)
    with pytest.raises(GeometryError, match="Protected surface"):
        stand(ball, kind=StandKind.BASE, cut_mm=5.0, protect_at=(0.0, 0.0, -20.0, 3.0))
    assert stand(shapes.two_spheres(), kind=StandKind.BASE, up=(0.0, 0.0, 1.0))[1].warnings
    assert in_parts({"kind": StandKind.CRADLE, "joined": False})
    assert not in_parts({"kind": StandKind.CRADLE, "joined": True})
