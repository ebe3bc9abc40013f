"""Hollow: the wall is as asked, the outer surface untouched, every cavity drained, nothing closed, all measured."""

from __future__ import annotations

import numpy as np
import pytest

from PrintPrepLib.analysis.thickness import wall_thickness
from PrintPrepLib.errors import GeometryError, InputError
from PrintPrepLib.export.single import rounded_to_single
from PrintPrepLib.mesh import Mesh, concatenate
from PrintPrepLib.profiles.processes import process_of
from PrintPrepLib.receipt import Receipt
from PrintPrepLib.shape.hollow import drill
from PrintPrepLib.shape.hollow.drill import SIDES
from PrintPrepLib.shape.hollow.step import Inside, hollow
from PrintPrepLib.spatial import crossings_and_contacts, index_of
from Testing.support import shapes

Made = tuple[Mesh, Receipt]
WALL, DRAIN = 2.0, 3.0


def bore_mm3(length: float, diameter: float = DRAIN) -> float:
    """Volume of a drilled hole: a prism whose flats lie at the radius."""
    return SIDES * (diameter / 2.0) ** 2 * np.tan(np.pi / SIDES) * length


def sound(made: Made, *, parts: int, genus: int) -> None:
    out, receipt = made
    after = receipt.after
    assert (after.open_edges, after.non_manifold_edges, after.misoriented_edges) == (0, 0, 0)
    assert (after.parts, after.genus) == (parts, genus)
    exact, _ = crossings_and_contacts(rounded_to_single(out)[0])
    assert not len(exact.faces)


def triangles(mesh: Mesh) -> set[bytes]:
    """Corners of every triangle to the bit, from the lowest on."""
    corners = mesh.triangles
    first = np.array([min(range(3), key=lambda k: tuple(row[k])) for row in corners])
    return {np.roll(row, -k, axis=0).tobytes() for row, k in zip(corners, first, strict=True)}


@pytest.fixture(scope="module")
def cube() -> Made:
    return hollow(shapes.box((24.0, 22.0, 20.0)), wall_mm=WALL, drains=2, drain_diameter_mm=DRAIN)


@pytest.fixture(scope="module")
def ball() -> Made:
    return hollow(shapes.sphere(14.0), wall_mm=WALL, drains=1, drain_diameter_mm=DRAIN)


def test_a_cube_loses_its_inside_and_two_holes(cube: Made) -> None:
    sound(cube, parts=1, genus=1)
    solid, inner = 24.0 * 22.0 * 20.0, 20.0 * 18.0 * 16.0
    assert cube[0].volume_mm3 == pytest.approx(solid - inner - 2.0 * bore_mm3(WALL), rel=2e-3)
    details = cube[1].details
    assert details["saved_ml"] == pytest.approx((solid - cube[0].volume_mm3) / 1000.0)
    assert details["closed_voids_total"] == 0
    assert not details["traps"]["voids_on_voxels"]


def test_the_wall_is_measured_and_the_independent_measure_agrees(ball: Made, cube: Made) -> None:
    sound(ball, parts=1, genus=0)
    achieved = ball[1].details["achieved"]
    assert achieved["min_mm"] == pytest.approx(WALL, rel=0.024)  # 3 cells^2 / (8 wall), see settings
    assert achieved["median_mm"] == pytest.approx(WALL, abs=0.01)
    assert achieved["within_share"] > 0.99
    thick = wall_thickness(cube[0], max_mm=3.0).thickness_mm
    flat = (np.abs(np.abs(cube[0].vertices) - [10.0, 9.0, 8.0]) < 1e-2).sum(axis=1) == 1  # on one side of the hollow
    assert np.count_nonzero(flat) > 5000
    assert thick[flat].min() == pytest.approx(WALL, abs=0.05)
    assert np.median(thick[flat]) == pytest.approx(WALL, abs=0.01)


def test_the_outer_surface_keeps_every_triangle_that_no_drain_meets(ball: Made) -> None:
    source = shapes.sphere(14.0)
    gone = triangles(source) - triangles(ball[0])
    assert 0 < len(gone) == ball[1].details["outer_triangles_cut"] < 0.02 * len(source.faces)


def test_the_outer_surface_has_moved_at_the_mouths_of_drains_alone(cube: Made) -> None:
    drained, closed = cube[1], hollow(shapes.box((24.0, 22.0, 20.0)), wall_mm=2.0, drains=0)[1]
    assert drained.change is not None
    assert closed.change is not None
    assert closed.change.max_mm < 1e-9
    radius = 0.5 * drained.details["drains"][0]["diameter_mm"]
    assert 0.5 * radius < drained.change.max_mm <= 1.01 * radius
    mouth = np.array(drained.change.max_at_mm)
    assert min(np.linalg.norm(mouth - drain["at_mm"]) for drain in drained.details["drains"]) < 0.5
    assert drained.change.volume_percent == pytest.approx(
        100.0 * (drained.after.volume_mm3 / drained.before.volume_mm3 - 1.0)
    )


def test_drains_are_low_hidden_apart_and_go_through(cube: Made) -> None:
    first, second = cube[1].details["drains"]
    index = index_of(cube[0])
    for drain in (first, second):
        at, axis = np.array(drain["at_mm"]), np.array(drain["axis"])
        assert at[2] == pytest.approx(-10.0)  # the face that it stands on
        assert drain["wall_mm"] == pytest.approx(WALL, abs=0.01)
        ring = [at + 0.49 * DRAIN * np.array([np.cos(a), np.sin(a), 0.0]) - 6.0 * axis for a in np.arange(0.0, 6.0)]
        hit, _ = index.first_hit(np.array(ring), np.tile(axis, (len(ring), 1)))
        assert np.isinf(hit).all()
    assert np.linalg.norm(np.subtract(first["at_mm"], second["at_mm"])) > 3.0 * DRAIN


def test_drains_stay_out_of_protected_places_and_follow_up() -> None:
    solid = shapes.box((20.0, 20.0, 20.0))
    box = (-11.0, -11.0, 9.0, 11.0, 11.0, 11.0)
    _, upside_down = hollow(solid, wall_mm=WALL, drains=1, drain_diameter_mm=DRAIN, up=(0.0, 0.0, -1.0))
    assert upside_down.details["drains"][0]["at_mm"][2] == pytest.approx(10.0)
    _, kept = hollow(solid, wall_mm=WALL, drains=1, drain_diameter_mm=DRAIN, up=(0.0, 0.0, -1.0), protect_box=box)
    assert kept.details["drains"][0]["at_mm"][2] < 9.0 - 0.4 * DRAIN


def test_a_drain_by_hand_is_where_it_was_asked_for_or_refused() -> None:
    solid = shapes.box((20.0, 20.0, 20.0))
    out, receipt = hollow(solid, wall_mm=WALL, drain_diameter_mm=DRAIN, drain_at=(10.0, 2.0, 3.0))
    (drain,) = receipt.details["drains"]
    assert drain["by_hand"]
    assert drain["at_mm"] == pytest.approx([10.0, 2.0, 3.0], abs=0.05)
    sound((out, receipt), parts=1, genus=0)
    with pytest.raises(InputError, match="three numbers"):
        hollow(solid, wall_mm=WALL, drain_at=(10.0, 2.0))
    with pytest.raises(InputError, match="No drain fits"):
        hollow(solid, wall_mm=WALL, drain_diameter_mm=15.0, drain_at=(10.0, 9.0, 9.0), min_cavity_ml=0.1)


def test_without_drains_the_closed_hollow_is_said_to_be_one() -> None:
    made = hollow(shapes.sphere(14.0), wall_mm=WALL, drains=0)
    sound(made, parts=2, genus=0)
    details = made[1].details
    assert details["closed_voids_total"] == 1
    assert details["closed_voids"][0]["volume_mm3"] == pytest.approx(4.0 / 3.0 * np.pi * 12.0**3, rel=0.01)
    assert len(details["traps"]["voids_on_voxels"]) == 1  # the count on voxels sees it as well
    assert any("closed void" in warning for warning in made[1].warnings)


def test_voids_that_the_model_had_are_taken_away_and_listed() -> None:
    made = hollow(shapes.shell(6.0, 14.0), wall_mm=WALL, drains=1, drain_diameter_mm=DRAIN)
    sound(made, parts=1, genus=0)
    (void,) = made[1].details["voids_taken_away"]
    assert void["volume_mm3"] == pytest.approx(4.0 / 3.0 * np.pi * 6.0**3, rel=0.01)
    assert made[1].details["achieved"]["median_mm"] == pytest.approx(WALL, abs=0.01)


def test_a_hollow_that_cannot_be_drained_stays_solid_and_is_listed() -> None:
    left, right = shapes.sphere(10.0, (-30.0, 0.0, 0.0)), shapes.sphere(12.0, (30.0, 0.0, 0.0))
    both = concatenate([left, right])
    made = hollow(both, wall_mm=WALL, drains=1, drain_diameter_mm=DRAIN, protect_at=(-30.0, 0.0, 0.0, 12.0))
    sound(made, parts=2, genus=0)
    (kept,) = made[1].details["left_solid"]
    assert kept["reason"] == "no drain fits"
    assert kept["at_mm"] == pytest.approx([-30.0, 0.0, 0.0], abs=0.3)
    assert triangles(left) <= triangles(made[0])
    with pytest.raises(GeometryError, match="could be drained"):
        hollow(left, wall_mm=WALL, drain_diameter_mm=DRAIN, protect_at=(-30.0, 0.0, 0.0, 12.0))


@pytest.mark.parametrize("inside", [Inside.RIBS, Inside.LATTICE])
def test_ribs_and_bars_are_joined_to_the_wall_and_all_drains(inside: Inside) -> None:
    solid = shapes.box((26.0, 24.0, 22.0))
    made = hollow(solid, wall_mm=WALL, drains=1, drain_diameter_mm=DRAIN, inside=inside, spacing_mm=8.0, bar_mm=1.6)
    after = made[1].after
    assert (after.open_edges, after.parts) == (0, 1)  # one surface: nothing loose, nothing closed
    assert made[1].details["closed_voids_total"] == 0
    plain = 26.0 * 24.0 * 22.0 - 22.0 * 20.0 * 18.0
    assert made[0].volume_mm3 > 1.02 * plain
    assert made[1].details["achieved"]["within_share"] > 0.99  # the wall alone, bars left out
    if inside is Inside.LATTICE:
        # Four families of bars with a square of spacing x spacing / sqrt 2 each: more than half of that, as they cross.
        share = 4.0 * np.pi / 4.0 * 1.6**2 / (8.0 * 8.0 / np.sqrt(2.0))
        thicker = 1.0 + 2.0 * made[1].details["settings"]["cell_mm"] ** 2 / 1.6**2  # so that chords are not thinner
        assert 0.5 * share < (made[0].volume_mm3 - plain) / (22.0 * 20.0 * 18.0) < share * thicker**2
        assert index_of(made[0]).contains(np.array([[0.0, 0.0, 0.0], [2.0, 0.0, 2.0], [0.0, 3.0, 3.0]])).all()
        assert not index_of(made[0]).contains(np.array([[4.0, 4.0, 0.0]])).any()
        turn, along = np.meshgrid(np.linspace(0.0, 2.0 * np.pi, 60), np.linspace(1.5, 4.5, 60))
        axis, first, second = np.array([1.0, 0.0, 1.0]), np.array([0.0, 1.0, 0.0]), np.array([1.0, 0.0, -1.0])
        round_bar = along[..., None] * axis / np.sqrt(2.0) + 0.799 * (
            np.cos(turn)[..., None] * first + np.sin(turn)[..., None] * second / np.sqrt(2.0)
        )
        assert index_of(made[0]).contains(round_bar.reshape(-1, 3)).all()  # nowhere thinner than asked


def test_a_wall_below_the_process_is_refused_unless_asked_for() -> None:
    solid = shapes.sphere(10.0, subdivisions=3)
    least = process_of("fdm").wall.value_mm
    with pytest.raises(InputError, match="allow-thin"):
        hollow(solid, wall_mm=0.9 * least, process="fdm")
    _, receipt = hollow(solid, wall_mm=0.9 * least, process="fdm", allow_thin=True)
    assert any("below" in warning for warning in receipt.warnings)


def test_figures_come_from_the_process() -> None:
    _, receipt = hollow(shapes.sphere(14.0, subdivisions=3), process="mjf", material="pa12-mjf")
    chosen, settings = process_of("mjf"), receipt.details["settings"]
    assert settings["wall_mm"] == chosen.hollow_wall.value_mm
    assert settings["drain_diameter_mm"] == chosen.escape_hole.value_mm
    assert settings["drains"] == len(receipt.details["drains"]) == 2
    assert chosen.escape_hole.source in receipt.details["sources"]["drain diameter"]
    assert receipt.details["saved_g"] == pytest.approx(receipt.details["saved_ml"], rel=0.3)  # nylon is about as water


@pytest.mark.parametrize(
    ("mesh", "words"),
    [
        (shapes.plate((40.0, 30.0), 3.0, 0), "too thin to hollow"),
        (shapes.open_box(), "closed surface"),
        (shapes.two_spheres(8.0, 10.0), "cross"),
        (shapes.sphere().flipped(), "inside out"),
        (Mesh(np.empty((0, 3)), np.empty((0, 3), np.int32)), "empty"),
    ],
)
def test_what_cannot_be_hollowed_is_refused_with_a_reason(mesh: Mesh, words: str) -> None:
    with pytest.raises(GeometryError, match=words):
        hollow(mesh, wall_mm=WALL)


def test_a_small_hollow_is_not_worth_a_drain() -> None:
    ball = shapes.sphere(3.0)
    with pytest.raises(GeometryError, match="worth"):
        hollow(ball, wall_mm=1.0)
    _, receipt = hollow(ball, wall_mm=1.0, min_cavity_ml=0.01, drain_diameter_mm=1.0, drains=1)
    assert receipt.details["drains"][0]["diameter_mm"] == 1.0


def test_triangles_near_a_hole_are_found_alike_with_and_without_numba(monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(4)
    vertices = random.uniform(-10.0, 10.0, (300, 3))
    faces = random.integers(0, 300, (5000, 3)).astype(np.int32)
    for _ in range(20):
        low = random.uniform(-12.0, 8.0, 3)
        high = low + random.uniform(0.0, 6.0, 3)
        found = drill._meeting_box(vertices, faces, low, high)
        corners = vertices[faces]
        meets = ((corners.max(axis=1) >= low) & (corners.min(axis=1) <= high)).all(axis=1)
        np.testing.assert_array_equal(found, np.flatnonzero(meets))
        with monkeypatch.context() as patch:
            patch.setattr(drill, "is_compiled", lambda: False)
            np.testing.assert_array_equal(drill._meeting_box(vertices, faces, low, high), found)
