"""Rails: volumes and gaps worked out by hand, seats proven by booleans."""

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
from PrintPrepLib.shape.cut.assembly import Seam
from PrintPrepLib.shape.cut.plane import CutPlane
from PrintPrepLib.shape.pins.kinds import Clearance, PinType
from PrintPrepLib.shape.pins.rail import Rail, groove_volume_mm3, rail_room, rail_solids, rail_volume_mm3
from PrintPrepLib.shape.pins.rail_outline import rail_in_outline
from PrintPrepLib.shape.pins.rail_seat import rail_at
from PrintPrepLib.spatial.crossings import Rule, self_crossings
from PrintPrepLib.spatial.index import SurfaceIndex
from PrintPrepLib.topology import is_closed_manifold

EMPTY_MM3 = 1e-9
PLAY = Clearance(0.2, 0.5, "test")
TAN, SIN = math.tan(math.radians(60.0)), math.sin(math.radians(60.0))


def rail(kind: PinType, **changes: object) -> Rail:
    base = Rail(kind, (0.0, 0.0, 0.0), (30.0, 0.0, 0.0), (0.0, 0.0, 1.0), 5.0, 4.0, PLAY)
    if kind is PinType.DOVETAIL:
        base = replace(base, run_out_mm=6.0)
    return replace(base, **changes)  # type: ignore[arg-type]


def anywhere(one: Rail, seed: int) -> Rail:
    rng = np.random.default_rng(seed)
    start, along, other = rng.normal(0.0, 60.0, 3), rng.normal(size=3), rng.normal(size=3)
    end = start + along / np.linalg.norm(along) * one.length_mm
    axis = np.cross(along, other)
    return replace(one, start_mm=tuple(start.tolist()), end_mm=tuple(end.tolist()), axis=tuple(axis.tolist()))


def block(one: Rail, low: float, high: float, end: float | None = None):  # type: ignore[no-untyped-def]
    """A box between two heights of the rail's frame; the groove's open end leaves it."""
    import manifold3d

    end = one.length_mm + (3.0 if one.kind is PinType.DOVETAIL else 10.0) if end is None else end
    box = manifold3d.Manifold.cube((end + 10.0, 40.0, high - low)).translate((-10.0, -20.0, low))
    return box.transform(np.ascontiguousarray(one.matrix))


def local(one: Rail, points: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return (points - one.matrix[:, 3]) @ one.matrix[:, :3]


def sampled(mesh: Mesh, per_face: int, seed: int) -> npt.NDArray[np.float64]:
    weights = np.random.default_rng(seed).dirichlet((1.0, 1.0, 1.0), (len(mesh.faces), per_face))
    return np.einsum("fpk,fkd->fpd", weights, mesh.triangles).reshape(-1, 3)


EVERY = [
    rail(PinType.TONGUE),
    rail(PinType.TONGUE, taper_deg=4.0, kerf_mm=0.3),
    rail(PinType.DOVETAIL),
    rail(PinType.DOVETAIL, flare_deg=70.0, kerf_mm=0.3),
]


@pytest.mark.parametrize("number", range(len(EVERY)))
def test_solids_are_closed_and_free_of_crossings(number: int) -> None:
    made = rail_solids(anywhere(EVERY[number], number))
    assert made.cut_foot is None
    assert made.loose is None
    for solid in (made.add, made.cut_other):
        mesh = Mesh.from_manifold(solid)
        assert is_closed_manifold(mesh)
        assert mesh.volume_mm3 > 0.0
        assert not len(self_crossings(mesh, rule=Rule.CONTACT).faces)


def test_volumes_by_hand() -> None:
    # Tongue 30 x 5 x 4 mm, chamfer of 0.5 mm over the last 0.5 mm.
    top = 0.5 / 6.0 * (30.0 * 5.0 + 4.0 * 29.5 * 4.5 + 29.0 * 4.0)
    assert math.isclose(rail_volume_mm3(rail(PinType.TONGUE)), 30.0 * 5.0 * 3.5 + top, rel_tol=1e-12)
    # Its groove: 30.4 x 5.4, mouth half a millimeter wider all round, 4.5 mm deep.
    mouth = 0.5 / 6.0 * (31.4 * 6.4 + 4.0 * 30.9 * 5.9 + 30.4 * 5.4)
    assert math.isclose(groove_volume_mm3(rail(PinType.TONGUE)), 30.4 * 5.4 * 4.0 + mouth, rel_tol=1e-12)
    # Dovetail 5 mm at the neck, 4 mm high, flanks at 60 degrees, so 5 + 8 / tan 60 at the top; without a chamfer at
    # the end the volume would be 30 times this area, and the chamfer takes less than half a millimeter of it.
    area = 4.0 * (5.0 + 4.0 / TAN)
    assert 29.75 * area < rail_volume_mm3(rail(PinType.DOVETAIL)) < 30.0 * area
    wide = 5.0 + 2.0 * 0.2 / SIN
    groove = 4.5 * (wide + 4.5 / TAN)
    assert math.isclose(groove_volume_mm3(rail(PinType.DOVETAIL)), 36.5 * groove, rel_tol=1e-12)


@pytest.mark.parametrize("number", range(len(EVERY)))
def test_volumes_agree_with_the_solids(number: int) -> None:
    one = EVERY[number]
    made = rail_solids(one)
    foot, other = block(one, -20.0, 0.0, 100.0), block(one, one.kerf_mm, 30.0, 100.0)
    assert math.isclose((foot + made.add).volume() - foot.volume(), rail_volume_mm3(one), rel_tol=1e-9)
    assert math.isclose(other.volume() - (other - made.cut_other).volume(), groove_volume_mm3(one), rel_tol=1e-9)


@settings(max_examples=20, deadline=None)
@given(
    kind=st.sampled_from([PinType.TONGUE, PinType.DOVETAIL]),
    width=st.floats(3.0, 8.0),
    height=st.floats(2.5, 6.0),
    across=st.floats(0.05, 0.4),
    along=st.floats(0.1, 0.6),
    kerf=st.floats(0.0, 1.0),
    lean=st.floats(0.0, 5.0),
    seed=st.integers(0, 2**20),
)
def test_gap_is_the_clearance(
    kind: PinType, width: float, height: float, across: float, along: float, kerf: float, lean: float, seed: int
) -> None:
    own = {"taper_deg": lean} if kind is PinType.TONGUE else {"flare_deg": 60.0 + lean}
    one = rail(kind, width_mm=width, height_mm=height, clearance=Clearance(across, along, "test"), kerf_mm=kerf, **own)
    one = anywhere(one, seed)
    made = rail_solids(one)
    other = block(one, kerf, kerf + 20.0) - made.cut_other
    assert (made.add ^ other).volume() < EMPTY_MM3
    mesh = Mesh.from_manifold(made.add)
    points = sampled(mesh, 100, seed)
    at = local(one, points)
    lead, far = one.lead_in_mm, 2.0 * max(across, along)
    flank = (at[:, 2] > kerf + lead + far) & (at[:, 2] < kerf + height - lead - far)
    flank &= (at[:, 0] > lead + far) & (at[:, 0] < one.length_mm - far)
    index = SurfaceIndex(Mesh.from_manifold(other))
    if flank.any():
        np.testing.assert_allclose(index.closest(points[flank]).distance_mm, across, rtol=1e-6)  # asked for: 5 %
    top = at[:, 2] > kerf + height - 1e-9
    ahead, _ = index.first_hit(points[top], np.tile(one.axis, (int(top.sum()), 1)))
    np.testing.assert_allclose(ahead, along, rtol=1e-6)
    grown = rail_solids(replace(one, width_mm=width + 2.0 * (across / 0.8 + 0.01)))
    assert (grown.add ^ other).volume() > 1e-4


@pytest.mark.parametrize("number", range(len(EVERY)))
def test_a_rail_goes_in_along_its_direction_only(number: int) -> None:
    one = anywhere(EVERY[number], 11 + number)
    made = rail_solids(one)
    other = block(one, one.kerf_mm, one.kerf_mm + 12.0) - made.cut_other
    way, axis = np.array(one.slide_direction), np.array(one.axis)
    for back in np.linspace(0.0, 45.0, 31):  # all the way out, never touching
        assert (made.add.translate(tuple((-back * way).tolist())) ^ other).volume() < EMPTY_MM3
    past = PLAY.along_mm + 0.05
    assert (made.add.translate(tuple((past * way).tolist())) ^ other).volume() > 1e-4  # stopped
    if one.kind is PinType.DOVETAIL:
        assert np.allclose(way, -one.matrix[:, 0])
        assert math.isclose(one.lift_mm, 0.2 / math.cos(math.radians(one.flare_deg)))
        play = tuple((-0.99 * one.lift_mm * axis).tolist())
        assert (made.add.translate(play) ^ other).volume() < EMPTY_MM3
        for lift in (one.lift_mm + 0.05, 1.0, 2.0, 3.5):  # held: neither straight out nor shifted to the side
            for shift in np.linspace(-1.0, 1.0, 9):
                by = -lift * axis + shift * one.matrix[:, 1]
                assert (made.add.translate(tuple(by.tolist())) ^ other).volume() > 1e-4
    else:
        assert np.allclose(way, axis)


def test_a_rail_turned_end_for_end_does_not_go_into_a_stopped_groove() -> None:
    one = rail(PinType.DOVETAIL)
    made = rail_solids(one)
    whole = block(one, 0.0, 12.0, 33.0) - made.cut_other
    turned = made.add.translate((-15.0, 0.0, 0.0)).rotate((0.0, 0.0, 180.0)).translate((15.0, 0.0, 0.0))
    assert (turned ^ whole).volume() < EMPTY_MM3  # seated it would fit: but from the other end nothing gets there
    assert all((turned.translate((-back, 0.0, 0.0)) ^ whole).volume() > 1e-4 for back in (1.0, 5.0, 15.0))


@pytest.mark.parametrize("number", range(len(EVERY)))
def test_room_holds_the_groove_and_the_wall(number: int) -> None:
    one = EVERY[number]
    at = Mesh.from_manifold(rail_solids(one).cut_other ^ block(one, one.kerf_mm, 30.0, 100.0)).vertices
    room = rail_room(one, 1.5)
    assert math.isclose(np.abs(at[:, 1]).max() + 1.5, room.half_width_mm, abs_tol=1e-6)
    assert math.isclose(at[:, 2].max() - one.kerf_mm + 1.5, room.other_depth_mm, abs_tol=1e-6)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"kind": PinType.PLUG}, "not a rail"),
        ({"kind": PinType.TONGUE, "taper_deg": 18.0, "height_mm": 9.0}, "Taper it less"),
        ({"kind": PinType.TONGUE, "width_mm": 40.0}, "Use a pin"),
        ({"kind": PinType.DOVETAIL, "height_mm": 0.6}, "lift out"),
        ({"kind": PinType.DOVETAIL, "flare_deg": 88.0}, "between 30 and 85"),
        ({"kind": PinType.DOVETAIL, "taper_deg": 2.0}, "does not taper"),
        ({"kind": PinType.TONGUE, "end_mm": (30.0, 0.0, 1.0)}, "same face"),
        ({"kind": PinType.TONGUE, "width_mm": 0.0}, "above zero"),
    ],
)
def test_what_cannot_be_made_is_refused(changes: dict[str, object], words: str) -> None:
    with pytest.raises(InputError, match=words):
        replace(rail(PinType.TONGUE), **changes)  # type: ignore[arg-type]


def test_values_written_down_say_what_was_built() -> None:
    written = rail(PinType.DOVETAIL).to_dict()
    assert written["type"] == "dovetail"
    assert written["length_mm"] == 30.0
    assert written["slide_direction"] == [-1.0, 0.0, 0.0]
    assert written["clearance"]["across_mm"] == 0.2
    assert "taper_deg" not in written
    assert rail(PinType.TONGUE, taper_deg=2.0).to_dict()["taper_deg"] == 2.0


def test_a_rail_of_a_seam_joins_its_parts() -> None:
    import manifold3d

    bar = manifold3d.Manifold.cube((60.0, 16.0, 40.0), center=True)
    plane = CutPlane((0.0, 0.0, 0.0), (0.0, 0.0, 1.0))
    for kind in (PinType.TONGUE, PinType.DOVETAIL):
        for foot_below in (True, False):
            seam = Seam(plane, 0, 1, manifold3d.CrossSection.square((60.0, 16.0), center=True), 0.4)
            half = rail_room(rail(kind, kerf_mm=0.4), 2.0).half_width_mm
            found = rail_in_outline(seam.outline.to_polygons(), half, kind=kind, shortest_mm=20.0)
            assert found.place is not None
            one = rail_at(seam, found.place, kind=kind, width_mm=5.0, height_mm=4.0, clearance=PLAY,
                          foot_below=foot_below)  # fmt: skip
            made = rail_solids(one)
            above, below = bar.trim_by_plane((0, 0, 1), 0.2), bar.trim_by_plane((0, 0, -1), 0.2)
            foot, other = (below, above) if foot_below else (above, below)
            foot, other = foot + made.add, other - made.cut_other
            assert (len(foot.decompose()), len(other.decompose())) == (1, 1)
            assert (foot ^ other).volume() < EMPTY_MM3
            for back in (1.0, 5.0, 20.0, 40.0):
                away = tuple((-back * np.array(one.slide_direction)).tolist())
                assert (foot.translate(away) ^ other).volume() < EMPTY_MM3
