"""Where a model is cut for a printer: as few cuts as can be, at good places, each part fitting, or a refusal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache

import manifold3d
import numpy as np
import pytest
import trimesh

from PrintPrepLib.errors import Cancelled, GeometryError, InputError
from PrintPrepLib.mesh import Mesh
from PrintPrepLib.shape.cut.plane import CutPlane
from PrintPrepLib.shape.split.carve import carve
from PrintPrepLib.shape.split.order import assembly_order, side_words
from PrintPrepLib.shape.split.plan import SplitPlan
from PrintPrepLib.shape.split.protect import Protect
from PrintPrepLib.shape.split.search import plan_split
from PrintPrepLib.shape.split.section import inscribed_radius, outline, sections, surface_of
from Testing.support.shapes import box, bumpy_sphere, moved, rotated, sphere, tube

MINI = (180.0, 180.0, 180.0)


def union(*meshes: Mesh) -> Mesh:
    solids = [mesh.to_manifold() for mesh in meshes]
    return Mesh.from_manifold(manifold3d.Manifold.batch_boolean(solids, manifold3d.OpType.Add), "model")


def parts_by_hand(mesh: Mesh, plan: SplitPlan) -> list[manifold3d.Manifold]:
    """Apply the planes of the plan with manifold3d alone: what lies on the right side of all of a part's cuts."""
    solid = mesh.to_manifold()
    out = []
    for part in plan.parts:
        piece = solid
        for cut in plan.cuts:
            if part.number not in (*cut.below, *cut.above):
                continue
            offset = float(np.dot(cut.plane.normal, cut.plane.point_mm))
            above, below = piece.split_by_plane(cut.plane.normal, offset)
            piece = above if part.number in cut.above else below
        out.append(piece)
    return out


def assert_all_fit(mesh: Mesh, plan: SplitPlan, volume: Sequence[float], margin: float = 2.0) -> None:
    pieces = parts_by_hand(mesh, plan)
    assert sum(piece.volume() for piece in pieces) == pytest.approx(mesh.volume_mm3, rel=1e-9)
    for part, piece, carved in zip(plan.parts, pieces, carve(mesh.to_manifold(), plan), strict=True):
        assert carved.volume() == pytest.approx(piece.volume(), rel=1e-9)
        assert part.volume_mm3 == pytest.approx(piece.volume(), rel=1e-9)
        assert part.fit.fits
        points = np.asarray(piece.to_mesh64().vert_properties)[:, :3]
        size = np.ptp(points @ part.fit.rotation.T, axis=0)
        assert (size <= np.array(volume) - 2.0 * margin + 1e-5).all()
        assert np.linalg.det(part.fit.rotation) == pytest.approx(1.0)


def dumbbell(neck: float = 8.0) -> Mesh:
    """Two balls of 60 mm radius, 170 mm apart, and a neck off the middle, along x: the neck spans x = -30 to 10."""
    left, right = sphere(60.0, (-90.0, 0.0, 0.0), 3), sphere(60.0, (70.0, 0.0, 0.0), 3)
    rod = Mesh.from_trimesh(trimesh.creation.cylinder(neck, 120.0, sections=48)).vertices[:, (2, 0, 1)]
    bar = Mesh(rod, np.asarray(trimesh.creation.cylinder(neck, 120.0, sections=48).faces))
    return union(left, right, moved(bar, (-10.0, 0.0, 0.0)))


@cache
def dumbbell_plan() -> tuple[Mesh, SplitPlan]:
    model = dumbbell()
    return model, plan_split(model, MINI)


@cache
def long_box(length: float) -> tuple[Mesh, SplitPlan]:
    model = box((length, 100.0, 100.0))
    return model, plan_split(model, MINI)


@pytest.mark.parametrize(("length", "cuts"), [(170.0, 0), (300.0, 1), (350.0, 1), (520.0, 2)])
def test_a_long_box_takes_as_few_cuts_as_its_length_asks_for(length: float, cuts: int) -> None:
    # 176 mm are usable: 350 is just below two of them, 520 just below three.
    model, plan = long_box(length)
    assert len(plan.cuts) == cuts
    assert len(plan.parts) == cuts + 1
    assert_all_fit(model, plan, MINI)
    assert all(abs(cut.plane.normal[0]) == pytest.approx(1.0) for cut in plan.cuts)


def test_a_turned_box_takes_the_same_cuts() -> None:
    model = rotated(box((345.0, 100.0, 100.0)), 37.0)
    plan = plan_split(model, MINI)
    assert len(plan.cuts) == 1
    assert_all_fit(model, plan, MINI)
    assert plan.proven  # 345 mm is more than the diagonal of 305 mm
    assert "diagonal" in plan.reason


def test_a_bar_on_the_diagonal_is_not_cut_and_a_longer_one_once() -> None:
    volume = (250.0, 210.0, 220.0)
    assert not plan_split(box((320.0, 20.0, 20.0)), volume).cuts
    model = box((400.0, 20.0, 20.0))
    plan = plan_split(model, volume)
    assert len(plan.cuts) == 1
    assert_all_fit(model, plan, volume)


def test_an_angle_is_cut_once() -> None:
    model = union(box((300.0, 60.0, 60.0)), box((60.0, 200.0, 60.0), (-120.0, 70.0, 0.0)))
    plan = plan_split(model, (210.0, 210.0, 210.0))
    assert len(plan.cuts) == 1
    assert_all_fit(model, plan, (210.0, 210.0, 210.0))
    assert plan.cuts[0].score.section_mm2 == pytest.approx(3600.0, rel=0.02)  # across one leg, not through the corner
    assert plan.cuts[0].score.loose == 0


def test_the_neck_is_cut_rather_than_a_ball() -> None:
    model, plan = dumbbell_plan()
    assert len(plan.cuts) == 1
    cut = plan.cuts[0]
    assert cut.score.section_mm2 < 1.2 * np.pi * 8.0**2
    on_axis = float(np.dot(cut.plane.normal, cut.plane.point_mm)) / cut.plane.normal[0]
    assert -32.0 < on_axis < 12.0
    assert_all_fit(model, plan, MINI)


def test_a_protected_place_moves_the_cut_and_no_section_comes_near_it() -> None:
    model, unprotected = dumbbell_plan()
    free = unprotected.cuts[0]
    at, radius = np.array(free.plane.point_mm), 15.0
    center = tuple(float(value) for value in np.array([at @ free.plane.normal / free.plane.normal[0], 0.0, 0.0]))
    plan = plan_split(model, MINI, protect=Protect(points=((center, radius),)))
    assert_all_fit(model, plan, MINI)
    for cut in plan.cuts:
        slab = outline(model.to_manifold(), cut.plane)
        spread = np.concatenate([np.asarray(loop) for loop in slab.to_polygons()])
        nearest = np.linalg.norm(cut.plane.to_world(spread) - center, axis=1).min()
        across = abs(float(cut.plane.distance(np.array([center]))[0]))
        inside = outline(model.to_manifold(), replace(cut.plane, point_mm=center)).area() > 0.0
        assert inside  # the place lies on the axis of the neck, so the nearest point of the section is on it, too
        assert min(nearest, across) >= radius
        assert cut.score.protected_mm == pytest.approx(min(nearest, across) - radius, abs=0.2)


def test_a_protected_mesh_keeps_its_distance() -> None:
    model = box((300.0, 60.0, 60.0))
    keep = box((40.0, 80.0, 20.0)).with_name("orbit")
    plan = plan_split(model, MINI, protect=Protect(mesh=keep, distance_mm=5.0))
    assert len(plan.cuts) == 1
    assert_all_fit(model, plan, MINI)
    plane = plan.cuts[0].plane
    # No corner of the protected box within the model is nearer to the plane than 5 mm, and all lie on one side.
    distance = plane.distance(np.array([[x, y, z] for x in (-20, 20) for y in (-30, 30) for z in (-10, 10)], float))
    assert (distance > 5.0 - 1e-6).all() or (distance < -5.0 + 1e-6).all()


def test_everything_protected_is_refused_with_the_place_in_the_way() -> None:
    model = box((200.0, 60.0, 60.0))
    with pytest.raises(GeometryError, match=r"protected place 1 at \(0.0, 0.0, 0.0\)"):
        plan_split(model, (120.0, 120.0, 120.0), protect=Protect(points=(((0.0, 0.0, 0.0), 150.0),)))
    two = Protect(points=(((-50.0, 0.0, 0.0), 51.0), ((50.0, 0.0, 0.0), 51.0)))
    with pytest.raises(GeometryError, match="too near to the protected place"):
        plan_split(model, (120.0, 120.0, 120.0), protect=two, most_cuts=1)


def test_a_model_far_too_large_is_refused_with_a_way_out() -> None:
    with pytest.raises(GeometryError, match=r"at least \d+ cuts.*mm too long for the.*Scale it down"):
        plan_split(box((900.0, 900.0, 900.0)), MINI)
    with pytest.raises(GeometryError, match="would hold it whole"):
        plan_split(box((200.0, 190.0, 190.0)), (60.0, 60.0, 60.0))


def test_bodies_apart_that_fit_one_by_one_are_not_cut() -> None:
    model = union(box((100.0, 100.0, 100.0), (-150.0, 0.0, 0.0)), box((90.0, 90.0, 90.0), (150.0, 0.0, 0.0)))
    plan = plan_split(model, MINI)
    assert not plan.cuts
    assert [part.volume_mm3 for part in plan.parts] == pytest.approx([1e6, 729e3])
    solids = carve(model.to_manifold(), plan)
    assert [solid.volume() for solid in solids] == pytest.approx([1e6, 729e3])


def test_sections_match_exact_slices() -> None:
    for mesh in (bumpy_sphere(4), tube(20.0, 26.0, 60.0), rotated(tube(20.0, 26.0, 60.0), 50.0)):
        solid = mesh.to_manifold()
        surface = surface_of(solid)
        for direction in (np.array([0.0, 0.0, 1.0]), np.array([2.0, -1.0, 2.0]) / 3.0):
            height = surface.vertices @ direction
            offsets = np.linspace(height.min(), height.max(), 14)[1:-1] + 0.0123
            found = sections(surface, direction, offsets)
            for row, offset in enumerate(offsets):
                exact = outline(solid, CutPlane(tuple(direction * offset), tuple(direction)))
                assert found.area_mm2[row] == pytest.approx(exact.area(), rel=1e-6)
                loops = [np.asarray(loop) for loop in exact.to_polygons()]
                length = sum(np.linalg.norm(np.roll(loop, -1, axis=0) - loop, axis=1).sum() for loop in loops)
                assert found.perimeter_mm[row] == pytest.approx(length, rel=1e-6)
                assert found.outlines[row] == len(exact.decompose())


def test_the_inscribed_circle_of_a_ring_and_of_a_rectangle() -> None:
    ring = outline(tube(20.0, 26.0, 60.0, 256).to_manifold(), CutPlane((0.0, 0.0, 1.0), (0.0, 0.0, 1.0)))
    assert inscribed_radius(ring) == pytest.approx(3.0, rel=0.02)
    flat = outline(box((50.0, 8.0, 30.0)).to_manifold(), CutPlane((0.0, 0.0, 0.0), (0.0, 0.0, 1.0)))
    assert inscribed_radius(flat) == pytest.approx(4.0, rel=0.02)


def test_a_surface_met_at_a_flat_angle_is_seen() -> None:
    ball = surface_of(sphere(50.0).to_manifold())
    middle, rim = sections(ball, np.array([0.0, 0.0, 1.0]), np.array([0.5, 48.5])).grazing
    assert middle == 0.0
    assert rim > 0.9


def test_the_plan_is_the_same_every_time_and_says_what_it_did() -> None:
    model, plan = long_box(300.0)
    first, second = plan.to_dict(), plan_split(model, MINI).to_dict()
    first.pop("seconds"), second.pop("seconds")
    assert first == second
    assert first["planes_looked_at"] > 500
    assert sum(first["cuts"][0]["score"]["terms"].values()) == pytest.approx(first["cuts"][0]["score"]["cost"])
    assert "room for" in first["cuts"][0]["score"]["words"]


def test_a_section_without_room_for_a_pin_is_told() -> None:
    plan = plan_split(box((300.0, 20.0, 20.0)), MINI, pin_room_mm=12.0)
    assert "no room for a pin: the largest circle has a radius of" in plan.cuts[0].words()
    assert plan.cuts[0].score.inscribed_radius_mm == pytest.approx(10.0, rel=0.02)
    assert any("has no room for a pin" in note for note in plan.notes)


def test_parts_go_together_along_the_normals_of_their_cuts() -> None:
    model, plan = long_box(520.0)
    solids = carve(model.to_manifold(), plan)
    steps = assembly_order(plan, solids)
    assert len(steps) == 2
    assert sorted((*steps[-1].moving, *steps[-1].onto)) == [1, 2, 3]
    for step in steps:
        assert step.clear
        assert step.words().endswith(("from the left (left).", "from the right (right)."))
        moving = manifold3d.Manifold.batch_boolean([solids[n - 1] for n in step.moving], manifold3d.OpType.Add)
        fixed = manifold3d.Manifold.batch_boolean([solids[n - 1] for n in step.onto], manifold3d.OpType.Add)
        for away in (0.5, 40.0, 300.0):
            back = tuple((-away * np.array(step.motion)).tolist())
            assert (moving.translate(back) ^ fixed).volume() == pytest.approx(0.0, abs=1e-6)


def test_sides_are_named_as_the_patient_has_them() -> None:
    assert side_words(np.array([0.0, 0.0, 2.0])) == "from above (superior)"
    assert side_words(np.array([-1.0, 0.1, 0.0])) == "from the right (right)"
    assert side_words(np.array([0.0, 1.0, 0.9])) == "from behind and from above (posterior and superior)"


def test_wrong_input_and_a_cancel() -> None:
    with pytest.raises(InputError, match="above zero"):
        plan_split(box(), MINI, pin_room_mm=0.0)
    with pytest.raises(InputError, match="radius above zero"):
        Protect(points=(((0.0, 0.0, 0.0), 0.0),))
    whole = box((300.0, 50.0, 50.0))
    lidless = whole.submesh(whole.face_normals()[:, 2] < 0.5)
    with pytest.raises(GeometryError, match="not a closed"):
        plan_split(lidless, MINI)

    def stop(fraction: float, _text: str) -> None:
        if fraction > 0.1:
            raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        plan_split(box((300.0, 50.0, 50.0)), MINI, progress=stop)
