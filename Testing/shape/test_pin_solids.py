"""Solids of pins: volumes, gaps, seats and room, held against values worked out by hand and against booleans."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from PrintPrepLib.errors import InputError
from PrintPrepLib.mesh import Mesh
from PrintPrepLib.shape.pins import sections, solids
from PrintPrepLib.shape.pins.envelope import envelope
from PrintPrepLib.shape.pins.kinds import Clearance, Pin, PinShape, PinType
from PrintPrepLib.shape.pins.sections import FLAT_SHARE, lead_in_mm, segments_of
from PrintPrepLib.shape.pins.solids import (
    PinSolids,
    foot_hole_volume_mm3,
    hole_volume_mm3,
    pin_solids,
    pin_volume_mm3,
    root_mm,
)
from PrintPrepLib.shape.pins.turn import play_deg, turn_play
from PrintPrepLib.spatial import crossings_and_contacts
from PrintPrepLib.spatial.crossings import Rule, self_crossings
from PrintPrepLib.spatial.index import SurfaceIndex
from PrintPrepLib.topology import is_closed_manifold

EMPTY_MM3 = 1e-9
PLAY = Clearance(0.2, 0.5, "test")


def pin(kind: PinType = PinType.PLUG, shape: PinShape = PinShape.ROUND, **changes: object) -> Pin:
    base = Pin(kind, shape, 5.0, 7.0, (0.0, 0.0, 0.0), (0.0, 0.0, 1.0), (1.0, 0.0, 0.0), PLAY)
    return replace(base, **changes)  # type: ignore[arg-type]


def anywhere(one: Pin, seed: int) -> Pin:
    rng = np.random.default_rng(seed)
    at, axis, turn = rng.normal(0.0, 80.0, 3), rng.normal(size=3), rng.normal(size=3)
    return replace(one, at_mm=tuple(at.tolist()), axis=tuple(axis.tolist()), turn=tuple(turn.tolist()))


def block(one: Pin, low: float, high: float, half: float = 20.0):  # type: ignore[no-untyped-def]
    """A box round the pin's axis, between two heights of the pin's own frame."""
    import manifold3d

    box = manifold3d.Manifold.cube((2.0 * half, 2.0 * half, high - low)).translate((-half, -half, low))
    return box.transform(np.ascontiguousarray(one.matrix))


def pieces(made: PinSolids) -> dict[str, object]:
    return {name: value for name, value in vars(made).items() if value is not None}


def local(one: Pin, points: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    matrix = one.matrix
    return (points - matrix[:, 3]) @ matrix[:, :3]


def sampled(mesh: Mesh, per_face: int, seed: int = 0) -> npt.NDArray[np.float64]:
    weights = np.random.default_rng(seed).dirichlet((1.0, 1.0, 1.0), (len(mesh.faces), per_face))
    return np.einsum("fpk,fkd->fpd", weights, mesh.triangles).reshape(-1, 3)


EVERY = [
    pin(kind, shape, taper_deg=taper, kerf_mm=kerf)
    for kind in (PinType.PLUG, PinType.DOWEL)
    for shape in PinShape
    for taper in (0.0, 3.0)
    for kerf in (0.0, 0.4)
] + [pin(PinType.MAGNET, diameter_mm=5.0, length_mm=2.0, kerf_mm=0.3)]


@pytest.mark.parametrize("number", range(len(EVERY)))
def test_solids_are_closed_single_and_free_of_crossings(number: int) -> None:
    one = anywhere(EVERY[number], number)
    made = pin_solids(one)
    assert (
        set(pieces(made))
        == {
            PinType.PLUG: {"add", "cut_other"},
            PinType.DOWEL: {"loose", "cut_foot", "cut_other"},
            PinType.MAGNET: {"cut_foot", "cut_other"},
        }[one.kind]
    )
    for solid in pieces(made).values():
        mesh = Mesh.from_manifold(solid)
        assert is_closed_manifold(mesh)
        assert mesh.volume_mm3 > 0.0
        assert solid.genus() == 0
        assert len(solid.decompose()) == 1
        assert not len(self_crossings(mesh, rule=Rule.CONTACT).faces)
        assert not len(crossings_and_contacts(mesh)[0].faces)


def test_volumes_by_hand() -> None:
    # Hexagon: area 3/2 sqrt(3) r^2. Chamfer of 0.5 mm at the sides is one of 0.5 / cos 30 at the corners.
    six = 1.5 * math.sqrt(3.0)
    one = pin(shape=PinShape.HEXAGON)
    assert lead_in_mm(one) == 0.5
    tip = 2.5 - 0.5 / math.cos(math.pi / 6)
    body, end = six * 2.5**2 * 6.5, 0.5 / 3.0 * six * (2.5**2 + 2.5 * tip + tip**2)
    assert math.isclose(pin_volume_mm3(one), body + end, rel_tol=1e-12)
    wide = 2.5 + 0.2 / math.cos(math.pi / 6)
    mouth = 2.5 + 0.7 / math.cos(math.pi / 6)
    funnel = 0.5 / 3.0 * six * (wide**2 + wide * mouth + mouth**2)
    assert math.isclose(hole_volume_mm3(one), six * wide**2 * 7.0 + funnel, rel_tol=1e-12)
    # Round: within 0.2 % of the true cylinder, which the polygon does not quite fill.
    tube = math.pi * (2.5**2 * 6.5 + 0.5 / 3.0 * (2.5**2 + 2.5 * 2.0 + 2.0**2))
    assert math.isclose(pin_volume_mm3(pin()), tube, rel_tol=2e-3)
    # D: the disc without a segment of half angle acos(share).
    half = math.acos(FLAT_SHARE)
    flat = pin(shape=PinShape.D)
    lost = half - math.sin(half) * math.cos(half)
    prism = sections.volume_mm3(sections.pin_levels(flat)[:2], segments_of(flat))
    assert math.isclose(prism, 6.5 * 2.5**2 * (math.pi - lost), rel_tol=2e-3)
    # Magnet: 5 x 2 mm and play all round; a minus of 2.4 x 0.8 mm, a plus of two, 0.6 mm deep.
    magnet = pin(PinType.MAGNET, length_mm=2.0)
    pocket = math.pi * 2.7**2 * 2.5
    assert math.isclose(hole_volume_mm3(magnet), pocket + 2.4 * 0.8 * 0.6, rel_tol=2e-3)
    assert math.isclose(
        foot_hole_volume_mm3(magnet) - hole_volume_mm3(magnet), (2.4 * 0.8 - 0.8**2) * 0.6, rel_tol=1e-9
    )
    assert pin_volume_mm3(magnet) == 0.0


@pytest.mark.parametrize("number", range(len(EVERY)))
def test_volumes_agree_with_the_solids(number: int) -> None:
    one = EVERY[number]
    made = pin_solids(one)
    thick = 20.0
    other, foot = block(one, one.kerf_mm, one.kerf_mm + thick), block(one, -thick, 0.0)
    assert math.isclose(
        other.volume() - (other - made.cut_other).volume(), hole_volume_mm3(one), rel_tol=1e-9, abs_tol=1e-8
    )
    if made.cut_foot is not None:
        taken = foot.volume() - (foot - made.cut_foot).volume()
        assert math.isclose(taken, foot_hole_volume_mm3(one), rel_tol=1e-9, abs_tol=1e-8)
    if made.add is not None:
        assert math.isclose((foot + made.add).volume() - foot.volume(), pin_volume_mm3(one), rel_tol=1e-9, abs_tol=1e-8)
    if made.loose is not None:
        assert math.isclose(made.loose.volume(), pin_volume_mm3(one), rel_tol=1e-9)


@settings(max_examples=20, deadline=None)
@given(
    kind=st.sampled_from([PinType.PLUG, PinType.DOWEL]),
    shape=st.sampled_from(list(PinShape)),
    diameter=st.floats(2.0, 10.0),
    stretch=st.floats(0.8, 1.5),
    across=st.floats(0.05, 0.5),
    along=st.floats(0.1, 0.6),
    kerf=st.floats(0.0, 1.0),
    taper=st.floats(0.0, 3.0),
    seed=st.integers(0, 2**20),
)
def test_gap_is_the_clearance(
    kind: PinType,
    shape: PinShape,
    diameter: float,
    stretch: float,
    across: float,
    along: float,
    kerf: float,
    taper: float,
    seed: int,
) -> None:
    one = Pin(kind, shape, diameter, diameter * stretch, (0.0, 0.0, 0.0), (0.0, 0.0, 1.0), (1.0, 0.0, 0.0),
              Clearance(across, along, "test"), kerf, taper)  # fmt: skip
    one = anywhere(one, seed)
    made = pin_solids(one)
    solid = made.add if made.loose is None else made.loose
    other = block(one, kerf, kerf + 60.0, 25.0) - made.cut_other
    assert (solid ^ other).volume() < EMPTY_MM3
    points = sampled(Mesh.from_manifold(solid), 12, seed)
    at = local(one, points)[:, 2]
    lead = lead_in_mm(one)
    # Of the flank, what lies deep enough that neither mouth nor bottom is nearer than the wall.
    end = kerf + one.length_mm + min(-lead - 1e-6, along - across)
    flank = points[(at > kerf + lead + across) & (at < end)]
    assert len(flank) > 20
    index = SurfaceIndex(Mesh.from_manifold(other))
    gap = index.closest(flank).distance_mm
    np.testing.assert_allclose(gap, across, rtol=1e-6)  # asked for: 5 %
    inside = points[at > kerf + 1e-9]
    assert index.closest(inside).distance_mm.min() > min(across, along) * (1.0 - 1e-6)
    # The end never touches the bottom: straight along the axis there is the play along.
    ends = points[at > kerf + one.length_mm - 1e-9]
    ahead, _ = index.first_hit(ends, np.tile(one.axis, (len(ends), 1)))
    np.testing.assert_allclose(ahead, along, rtol=1e-6)
    # Grown past its gap the pin meets the wall.
    past = (across / math.cos(math.radians(taper)) + 0.01) / math.cos(math.pi / segments_of(one))
    grown = pin_solids(replace(one, diameter_mm=diameter + 2.0 * past))
    assert ((grown.add if made.loose is None else grown.loose) ^ other).volume() > 1e-4


@pytest.mark.parametrize("shape", list(PinShape))
def test_a_dowel_pushed_to_either_bottom_still_lets_the_parts_close(shape: PinShape) -> None:
    one = pin(PinType.DOWEL, shape, kerf_mm=0.3)
    made = pin_solids(one)
    parts = (block(one, -20.0, 0.0) - made.cut_foot, block(one, 0.3, 20.0) - made.cut_other)
    for push in (-0.499, 0.499):
        assert all((made.loose.translate((0.0, 0.0, push)) ^ part).volume() < EMPTY_MM3 for part in parts)
    assert (made.loose.translate((0.0, 0.0, 0.51)) ^ parts[1]).volume() > 1e-3
    assert (made.loose.translate((0.0, 0.0, -0.51)) ^ parts[0]).volume() > 1e-3


@pytest.mark.parametrize("shape", [PinShape.HEXAGON, PinShape.D])
@pytest.mark.parametrize("taper", [0.0, 2.0])
@pytest.mark.parametrize("kind", [PinType.PLUG, PinType.DOWEL])
def test_flat_sided_pins_turn_as_far_as_stated(kind: PinType, shape: PinShape, taper: float) -> None:
    one = pin(kind, shape, taper_deg=taper, kerf_mm=0.2)
    made = pin_solids(one)
    solid = made.add if made.loose is None else made.loose
    other = block(one, 0.2, 20.0) - made.cut_other
    play = turn_play(one)
    assert play is not None
    assert 0.0 < play.about_axis_deg <= play.most_deg < 30.0
    for side in (1.0, -1.0):
        inside, beyond = ((0.0, 0.0, side * (play.about_axis_deg + more)) for more in (-0.01, 0.05))
        assert (solid.rotate(inside) ^ other).volume() < EMPTY_MM3
        assert (solid.rotate(beyond) ^ other).volume() > EMPTY_MM3
    shift = (*play.shift_mm, 0.0)
    assert (solid.rotate((0.0, 0.0, play.most_deg - 0.01)).translate(shift) ^ other).volume() < 1e-6
    rng = np.random.default_rng(5)
    for tried in rng.uniform(-0.6, 0.6, (60, 2)):
        turned = solid.rotate((0.0, 0.0, play.most_deg + 0.1)).translate((*tried.tolist(), 0.0))
        assert (turned ^ other).volume() > EMPTY_MM3


def test_turning_play_by_hand() -> None:
    # A straight hexagon meets the wall with its corner where r cos(30 - play) = r cos 30 + clearance.
    straight = math.degrees(math.pi / 6 - math.acos((2.5 * math.cos(math.pi / 6) + 0.2) / 2.5))
    play = turn_play(pin(shape=PinShape.HEXAGON))
    assert play is not None
    assert math.isclose(play.about_axis_deg, straight, abs_tol=1e-6)
    assert play_deg(pin()) is None
    loose = Clearance(0.5, 0.5, "as wide as the corners of a hexagon of 5 mm stand out")
    assert play_deg(pin(shape=PinShape.HEXAGON, clearance=loose)) is None


@pytest.mark.parametrize("number", range(len(EVERY)))
def test_envelope_holds_all_that_is_cut_and_added(number: int) -> None:
    one = EVERY[number]
    made, room = pin_solids(one), envelope(one, 1.5)
    for solid, below, radius, depth in (
        (made.cut_other, False, room.other_radius_mm, room.other_depth_mm),
        (made.cut_foot, True, room.foot_radius_mm, room.foot_depth_mm),
        (made.add, True, room.foot_radius_mm, room.foot_depth_mm + 1.5),  # nothing is asked for below a root
    ):
        if solid is None:
            continue
        part = block(one, -20.0, 0.0) if below else block(one, one.kerf_mm, 20.0)
        at = Mesh.from_manifold(solid ^ part).vertices
        down = -at[:, 2] if below else at[:, 2] - one.kerf_mm
        assert math.isclose(np.hypot(at[:, 0], at[:, 1]).max() + 1.5, radius, abs_tol=1e-6)
        assert math.isclose(down.max() + 1.5, depth, abs_tol=1e-6)


@pytest.mark.parametrize("diameter", [3.0, 6.0])
def test_pole_marks_differ_and_lie_in_the_floor_of_their_pocket(diameter: float) -> None:
    one = pin(PinType.MAGNET, length_mm=2.0, diameter_mm=diameter)
    made = pin_solids(one)
    floor = one.kerf_mm + one.hole_depth_mm
    minus = made.cut_other.slice(floor + solids.MARK_DEPTH_MM / 2.0)
    plus = made.cut_foot.slice(-one.hole_depth_mm - solids.MARK_DEPTH_MM / 2.0)
    arm, stroke = min(2.4, 0.8 * diameter), 0.8
    assert math.isclose(minus.area(), arm * stroke, rel_tol=1e-6)
    assert math.isclose(plus.area(), 2.0 * arm * stroke - stroke**2, rel_tol=1e-6)
    corners = np.concatenate([np.asarray(loop) for loop in plus.to_polygons()])
    assert np.linalg.norm(corners, axis=1).max() < one.hole_radius_mm
    # Nothing of the mark is beside the pocket: on the face there is only the mouth.
    low, high = made.cut_other.bounding_box()[0], made.cut_other.bounding_box()[3]
    assert math.isclose(high - low, 2.0 * one.hole_radius_mm, rel_tol=1e-3)


def test_a_circle_leaves_its_true_line_by_less_than_a_fiftieth_of_the_play() -> None:
    for diameter in (2.0, 5.0, 12.0):
        for across in (0.1, 0.2, 0.35):
            one = pin(diameter_mm=diameter, clearance=replace(PLAY, across_mm=across))
            count = segments_of(one)
            assert 48 <= count <= 256
            assert one.hole_radius_mm * (1.0 - math.cos(math.pi / count)) <= 0.02 * across


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"taper_deg": 15.0}, "Taper it less"),
        ({"taper_deg": 15.0, "kind": PinType.DOWEL}, "Taper it less"),
        ({"taper_deg": -1.0}, "between 0 and 20"),
        ({"taper_deg": 30.0, "length_mm": 1.0}, "between 0 and 20"),
        ({"kind": PinType.DOVETAIL}, "rail"),
        ({"kind": PinType.MAGNET, "shape": PinShape.D}, "magnet"),
        ({"kind": PinType.MAGNET, "taper_deg": 1.0}, "magnet"),
        ({"kerf_mm": -0.1}, "width of the cut"),
    ],
)
def test_what_cannot_be_made_is_refused(changes: dict[str, object], words: str) -> None:
    one = pin(**changes)  # type: ignore[arg-type]
    for work in (pin_solids, hole_volume_mm3):
        with pytest.raises(InputError, match=words):
            work(one)


def test_a_plug_is_one_with_its_part() -> None:
    one = pin(shape=PinShape.D, kerf_mm=0.4)
    made = pin_solids(one)
    joined = block(one, -20.0, 0.0) + made.add
    assert len(joined.decompose()) == 1
    assert math.isclose(made.add.bounding_box()[2], -root_mm(one))
    assert math.isclose(made.add.bounding_box()[5], 7.4)
    assert math.isclose(made.add.bounding_box()[3], FLAT_SHARE * 2.5)  # the flat looks along ``turn``
