"""Pins of a cut: inside the material, the play that was asked for, one way only, and a clear word where none fits."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from PrintPrepLib.errors import GeometryError
from PrintPrepLib.mesh import Mesh
from PrintPrepLib.profiles.fits import clearance_for
from PrintPrepLib.profiles.processes import process_of
from PrintPrepLib.receipt import measure_mesh
from PrintPrepLib.shape.cut.assembly import Assembly, PartKind
from PrintPrepLib.shape.cut.step import cut
from PrintPrepLib.shape.pins.kinds import Clearance, Pin, PinShape, PinType
from PrintPrepLib.shape.pins.oneway import wrong_seats
from PrintPrepLib.spatial import index_of
from Testing.support import shapes

SHAFT = shapes.cylinder(3.0, 60.0, sections=96).with_name("shaft")


def vertebra() -> Mesh:
    """A block with a foramen along z and two processes, cut across the foramen."""
    solid = shapes.box((40.0, 30.0, 24.0)).to_manifold() + shapes.box((60.0, 8.0, 8.0), (0.0, 8.0, 0.0)).to_manifold()
    return Mesh.from_manifold(solid - shapes.cylinder(8.0, 40.0, sections=96).to_manifold(), "vertebra")


def apart(assembly: Assembly) -> float:
    """Common volume of every two parts, dowels with them, whole against whole."""
    solids = [part.mesh.to_manifold() for part in assembly.parts]
    return sum((solids[a] ^ solids[b]).volume() for a in range(len(solids)) for b in range(a))


def closed(assembly: Assembly) -> None:
    for part in assembly.parts:
        measures = measure_mesh(part.mesh)
        assert (measures.open_edges, measures.non_manifold_edges, measures.misoriented_edges) == (0, 0, 0)
        assert part.bodies == 1


@given(
    body=st.sampled_from(["box", "ball", "vertebra"]),
    normal=st.tuples(*[st.floats(-1.0, 1.0)] * 3).filter(lambda v: np.linalg.norm(v) > 0.2),
    kind=st.sampled_from([PinType.PLUG, PinType.DOWEL]),
    play=st.sampled_from([0.1, 0.25]),
    kerf=st.sampled_from([0.0, 0.8]),
    taper=st.sampled_from([0.0, 3.0]),
)
@settings(max_examples=12, deadline=None)
def test_pins_fit_with_the_play_that_was_asked(
    body: str, normal: tuple[float, float, float], kind: PinType, play: float, kerf: float, taper: float
) -> None:
    model = {"box": shapes.box((30.0, 30.0, 30.0)), "ball": shapes.sphere(16.0), "vertebra": vertebra()}[body]
    assembly, receipt = cut(model, plane=(1.0, 10.0 if body == "vertebra" else 0.0, 1.0, *normal), kerf_mm=kerf,
                            pin_type=kind, clearance_mm=play, pin_taper_deg=taper)  # fmt: skip
    if not assembly.pins:
        assert any("No pin fits" in warning for warning in receipt.warnings)
        return
    closed_parts = [measure_mesh(part.mesh) for part in assembly.parts]
    assert all(m.open_edges == m.non_manifold_edges == 0 for m in closed_parts)
    assert apart(assembly) < 1e-6
    for pin in assembly.pins:
        assert pin["gap_min_mm"] == pytest.approx(play, rel=0.05)
        assert pin["gap_max_mm"] == pytest.approx(play, rel=0.05)
        assert pin["gap_end_mm"] > 0.0
        assert pin["way_is_free"]
        assert pin["wall_mm"] >= process_of("fdm").wall.value_mm
        # The pin stands inside what was material: its whole axis is in the model.
        start, axis = np.array(pin["at_mm"]), np.array(pin["axis"])
        along = start + np.linspace(0.0, kerf + pin["length_mm"], 9)[:, None] * axis
        assert index_of(model).contains(along).all()
    assert abs(receipt.details["proof"]["balance"]["difference_percent"]) < 0.01


@pytest.mark.parametrize("count", ["2", "3"])
def test_wrong_seats_collide(count: str) -> None:
    assembly, receipt = cut(shapes.box((40.0, 30.0, 30.0)), plane=(1, 0, 0, 1, 0, 0), pins=count)
    assert len(assembly.pins) == int(count)
    (seat,) = receipt.details["proof"]["wrong_seats"]
    assert seat["also_fits"] == []
    # The same by hand: the part with the holes turned by half about the middle of the face, or mirrored on it.
    foot, other = (part.mesh.to_manifold() for part in assembly.parts)
    turned = other.translate((-1, 0, 0)).rotate((180.0, 0.0, 0.0)).translate((1, 0, 0))
    assert (foot ^ turned).volume() > 1.0
    for normal in ((0.0, 1.0, 0.0), (0.0, 0.0, 1.0)):
        assert (foot ^ other.mirror(normal)).volume() > 1.0


def test_thin_shaft_gets_one_pin_that_cannot_turn() -> None:
    assembly, receipt = cut(SHAFT, plane=(0, 0, 4, 0, 0, 1))
    closed(assembly)
    (pin,) = assembly.pins
    assert pin["shape"] == "d"
    assert pin["diameter_mm"] >= process_of("fdm").feature.value_mm
    assert pin["wall_mm"] >= process_of("fdm").wall.value_mm
    np.testing.assert_allclose(pin["at_mm"][:2], (0.0, 0.0), atol=0.3)
    foot, other = (part.mesh.to_manifold() for part in assembly.parts)
    assert (foot ^ other.rotate((0.0, 0.0, 180.0))).volume() > 0.1
    assert (foot ^ other.rotate((0.0, 0.0, 45.0))).volume() > 0.01
    assert any("single pin" in note for note in receipt.notes)


def test_foramen_stays_open_and_free_of_pins() -> None:
    assembly, _ = cut(vertebra(), plane=(0, 0, 0, 0, 0, 1), process="sla")
    closed(assembly)
    assert len(assembly.pins) == 3
    for pin in assembly.pins:
        assert np.hypot(*pin["at_mm"][:2]) > 8.0 + pin["diameter_mm"] / 2.0
    for part in assembly.parts:
        # A rod through the foramen meets nothing.
        assert (part.mesh.to_manifold() ^ shapes.cylinder(7.9, 60.0, sections=96).to_manifold()).volume() < 1e-9


def test_thin_shell_says_how_near_it_came() -> None:
    assembly, receipt = cut(shapes.shell(18.0, 20.0, 4), plane=(0, 0, 0, 0, 0, 1))
    assert assembly.pins == ()
    assert len(assembly.parts) == 2
    (warning,) = [text for text in receipt.warnings if "No pin fits" in text]
    # 2 mm of wall for a pin of 2 mm, twice 0.2 mm of play and 0.8 mm of wall on both sides: at least 1 mm is missing.
    missing = float(warning.partition("lacks ")[2].split()[0])
    assert 1.0 <= missing <= 2.5


def test_three_dimensions_decide_not_the_section() -> None:
    """A wide section over a hollow: in the plane there is room everywhere, 2 mm below there is air."""
    hollow = shapes.box((34.0, 34.0, 10.0), (0.0, 0.0, -3.0)).to_manifold()
    model = Mesh.from_manifold(shapes.box((40.0, 40.0, 20.0)).to_manifold() - hollow, "lid")
    # The roof over the hollow reaches from z = 2 to 10; the cut at 4 leaves 2 mm below it and 6 mm above.
    assembly, _ = cut(model, plane=(0, 0, 4, 0, 0, 1), pin_type=PinType.DOWEL, pin_length_mm=3.0)
    for pin in assembly.pins:
        # A hole 3.5 mm deep would break into the hollow: pins stand over the side walls or not at all.
        assert max(abs(v) for v in pin["at_mm"][:2]) > 17.0
    plugs, _ = cut(model, plane=(0, 0, 4, 0, 0, 1), pin_type=PinType.PLUG, pin_diameter_mm=3.0, pin_length_mm=3.0)
    assert len(plugs.pins) == 3  # a plug's hole goes up into the roof only
    assert apart(plugs) < 1e-9


def test_places_by_hand() -> None:
    box = shapes.box((30.0, 30.0, 30.0))
    assembly, _ = cut(box, plane=(0, 0, 0, 0, 0, 1), pin_at_mm=(8, 8, 0, -8, 5, 0), pin_diameter_mm=4.0)
    assert sorted(tuple(np.round(pin["at_mm"], 6)) for pin in assembly.pins) == [(-8, 5, 0), (8, 8, 0)]
    with pytest.raises(GeometryError, match=r"does not fit at \(14\.0, 0\.0, 0\.0\).*missing.*nearest place"):
        cut(box, plane=(0, 0, 0, 0, 0, 1), pin_at_mm=(14, 0, 0), pin_diameter_mm=4.0)


def test_play_comes_from_the_profile() -> None:
    for process, material in (("fdm", None), ("fdm", "petg"), ("sla", None)):
        assembly, receipt = cut(shapes.box((20.0, 20.0, 20.0)), plane=(0, 0, 0, 0, 0, 1), process=process,
                                material=material, pins="1")  # fmt: skip
        fit = clearance_for(process, material)
        assert assembly.pins[0]["gap_min_mm"] == pytest.approx(fit.across.value_mm, rel=0.05)
        assert assembly.pins[0]["gap_end_mm"] == pytest.approx(fit.along.value_mm, rel=0.05)
        assert fit.across.source in receipt.details["pins"][0]["clearance"]["source"]


def test_magnets_come_in_sizes_that_are_sold() -> None:
    assembly, _ = cut(shapes.box((40.0, 40.0, 20.0)), plane=(0, 0, 0, 0, 0, 1), pin_type=PinType.MAGNET)
    closed(assembly)
    assert assembly.pins
    assert all(part.kind is PartKind.BODY for part in assembly.parts)
    for pin in assembly.pins:
        assert (pin["diameter_mm"], pin["length_mm"]) in {
            (10, 3),
            (8, 3),
            (6, 3),
            (6, 2),
            (5, 2),
            (4, 2),
            (3, 2),
            (3, 1),
        }


def test_marks_are_engraved_beside_the_pins() -> None:
    plain, _ = cut(shapes.box((40.0, 40.0, 30.0)), plane=(0, 0, 0, 0, 0, 1))
    marked, receipt = cut(shapes.box((40.0, 40.0, 30.0)), plane=(0, 0, 0, 0, 0, 1), marks=True)
    closed(marked)
    texts = sorted((mark["text"], mark["meaning"]) for mark in receipt.details["marks"])
    assert texts == [("1", "part"), ("2", "part"), ("A", "seam"), ("A", "seam")]
    removed = sum(part.mesh.volume_mm3 for part in plain.parts) - sum(part.mesh.volume_mm3 for part in marked.parts)
    assert removed == pytest.approx(receipt.details["proof"]["balance"]["marks_mm3"], rel=1e-6)
    assert removed > 1.0
    assert apart(marked) < 1e-9


# ---- sets that fit one way -------------------------------------------------------------------------------------------
def pin_at(x: float, y: float, diameter: float = 4.0, **more: Any) -> Pin:
    fields: dict[str, Any] = {"kind": PinType.PLUG, "shape": PinShape.ROUND, "turn": (1.0, 0.0, 0.0)} | more
    return Pin(diameter_mm=diameter, length_mm=4.0, at_mm=(x, y, 0.0), axis=(0.0, 0.0, 1.0),
               clearance=Clearance(0.2, 0.4, "test"), **fields)  # fmt: skip


def test_sets_told_apart() -> None:
    axes = np.eye(3)
    assert wrong_seats([pin_at(0, 0)], axes)  # a single round pin turns
    assert not wrong_seats([pin_at(0, 0, shape=PinShape.D)], axes)
    assert wrong_seats([pin_at(-8, 0), pin_at(8, 0)], axes)  # turned by half
    assert not [s for s in wrong_seats([pin_at(-8, 0), pin_at(8, 0, 6.0)], axes) if not s.mirrored]
    assert wrong_seats([pin_at(0, 0), pin_at(10, 0), pin_at(5, 5 * 3**0.5)], axes)  # a third of a turn
    assert not wrong_seats([pin_at(0, 0), pin_at(14, 0), pin_at(4, 9)], axes)  # three different sides
    oblique = (np.cos(0.4), np.sin(0.4), 0.0)
    assert not wrong_seats([pin_at(-8, 0, shape=PinShape.D, turn=oblique), pin_at(8, 0)], axes)


def test_place_beside_every_face_is_refused() -> None:
    with pytest.raises(GeometryError, match=r"lies on no cut face.*4\.0 mm away"):
        cut(shapes.box((30.0, 30.0, 30.0)), plane=(0, 0, 0, 0, 0, 1), pin_at_mm=(19, 0, 0))
