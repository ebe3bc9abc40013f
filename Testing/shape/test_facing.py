"""Pins between two bodies that are separate: where they fit, what they measure, and how near it came where not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from PrintPrepLib.errors import GeometryError, InputError
from PrintPrepLib.mesh import Mesh
from PrintPrepLib.receipt import Receipt
from PrintPrepLib.shape.cut.assembly import Assembly, PartKind
from PrintPrepLib.shape.join.step import join_models
from PrintPrepLib.shape.pins.kinds import PinType
from PrintPrepLib.surface.defects import find_defects
from Testing.support.shapes import box, cylinder, rotated, sphere

POSES = (0.0, 37.0)


def join(first: Mesh, second: Mesh, **options: Any) -> tuple[Assembly, Receipt]:
    """The step, on two bodies."""
    return join_models([first, second], **options)


def vertebrae(degrees: float = 0.0, gap_mm: float = 4.0) -> tuple[Mesh, Mesh]:
    height = 20.0
    z = 0.5 * (height + gap_mm)
    upper = rotated(cylinder(14.0, height, (0.0, 0.0, z)), degrees).with_name("L4")
    return rotated(cylinder(14.0, height, (0.0, 0.0, -z)), degrees).with_name("L5"), upper


def check(assembly: Assembly, receipt: Receipt, wall_mm: float = 0.8) -> None:
    for part in assembly.parts:
        defects = find_defects(part.mesh)
        assert defects.clean, part.name
        assert defects.parts == 1, part.name
    proof = assembly.proof
    assert proof["interference_mm3"] == pytest.approx(0.0, abs=1e-9)
    assert proof["way_is_free"]
    assert proof["wall_min_mm"] >= wall_mm - 0.05
    axes = np.array([pin["axis"] for pin in assembly.pins])
    assert np.abs(axes @ axes.T - 1.0).max() < 1e-9  # all along one direction
    assert receipt.details["proof"] == dict(proof)


@pytest.mark.parametrize("degrees", POSES)
def test_two_dowels_join_two_vertebrae(degrees: float) -> None:
    below, above = vertebrae(degrees)
    assembly, receipt = join(
        below, above, pins="2", pin_diameter_mm=5.0, pin_length_mm=6.0, pin_type=PinType.DOWEL, process="fdm"
    )
    check(assembly, receipt)
    dowels = [part for part in assembly.parts if part.kind is PartKind.DOWEL]
    assert len(dowels) == 2
    for pin in assembly.pins:
        assert pin["kerf_mm"] == pytest.approx(4.0, abs=1e-6)
        assert pin["gap_mm"] == pytest.approx(4.0, abs=1e-6)
        across = pin["clearance"]["across_mm"]
        assert pin["gap_min_mm"] == pytest.approx(across, rel=0.05)
        assert pin["gap_max_mm"] == pytest.approx(across, rel=0.05)
        assert pin["gap_end_mm"] == pytest.approx(pin["clearance"]["along_mm"], rel=0.05)
    # A dowel is as long as both depths and the gap; its end's chamfer takes some off.
    full = np.pi * 2.5**2 * 16.0
    assert all(0.8 * full < part.mesh.volume_mm3 < full for part in dowels)
    at = np.array([pin["at_mm"] for pin in assembly.pins])
    assert np.linalg.norm(at[0] - at[1]) > 12.5
    axis = rotated(Mesh(np.array([[0.0, 0.0, 1.0]]), np.empty((0, 3), int)), degrees).vertices[0]
    assert assembly.pins[0]["axis"] == pytest.approx(axis.tolist(), abs=1e-3)


def test_plug_stands_in_one_body_and_the_other_has_the_hole() -> None:
    below, above = vertebrae()
    assembly, receipt = join(below, above, pins="1", pin_diameter_mm=6.0, pin_type=PinType.PLUG)
    check(assembly, receipt)
    (pin,) = assembly.pins
    names = {part.name: part.mesh.volume_mm3 for part in assembly.parts}
    before = {mesh.name: mesh.volume_mm3 for mesh in (below, above)}
    assert names[pin["foot_in"]] > before[pin["foot_in"]] + np.pi * 9.0 * 4.0
    assert names[pin["hole_in"]] < before[pin["hole_in"]] - np.pi * 9.0 * pin["length_mm"]


def test_magnets_are_told_to_stand_apart() -> None:
    assembly, receipt = join(*vertebrae(), pins="1", pin_type=PinType.MAGNET)
    check(assembly, receipt)
    assert any("apart across the gap" in warning for warning in receipt.warnings)
    assert len(assembly.parts) == 2


@pytest.mark.parametrize("kind", [PinType.DOWEL, PinType.PLUG])
def test_round_bodies_count_from_their_deepest_entry(kind: PinType) -> None:
    first, second = sphere(15.0, (0.0, 0.0, -16.0)).with_name("low"), sphere(15.0, (0.0, 0.0, 16.0)).with_name("high")
    assembly, receipt = join(first, second, pins="1", pin_type=kind, pin_diameter_mm=5.0, pin_length_mm=6.0)
    check(assembly, receipt)
    (pin,) = assembly.pins
    # Within the wider envelope of radius e the ball falls away by 15 - sqrt(225 - e^2) on each side.
    hole = 2.5 + pin["clearance"]["across_mm"] + 0.5  # the lead-in is a tenth of the diameter
    drop = 15.0 - np.sqrt(225.0 - (hole + 0.8) ** 2)
    assert pin["other_drop_mm"] == pytest.approx(drop, abs=0.12)
    assert pin["kerf_mm"] > 2.0 + 1.2 * drop
    assert pin["gap_mm"] == pytest.approx(2.0, abs=0.1)


def test_what_is_too_thin_is_told_with_how_much() -> None:
    plate = box((30.0, 30.0, 2.0)).with_name("plate")
    with pytest.raises(GeometryError, match=r"'plate' lacks 1\.30 mm"):  # 2 + 0.5 + 0.8 mm are needed
        join(plate, box((30.0, 30.0, 20.0), (0.0, 0.0, 13.0)).with_name("block"))


def test_what_is_too_narrow_is_told_with_how_much() -> None:
    blade = box((4.0, 40.0, 40.0)).with_name("blade")
    with pytest.raises(GeometryError, match=r"lacks 0\.[12]\d mm of radius at \(-?0\.\d"):  # 2.2 of 2.0 mm
        join(blade, box((40.0, 40.0, 20.0), (0.0, 0.0, 32.0)).with_name("block"))


def test_a_place_by_hand_is_checked() -> None:
    assembly, receipt = join(*vertebrae(), pin_at_mm=(3.0, 2.0, 0.0), pin_diameter_mm=5.0)
    check(assembly, receipt)
    assert assembly.pins[0]["at_mm"] == pytest.approx([3.0, 2.0, -2.0], abs=1e-2)
    with pytest.raises(GeometryError, match=r"does not fit at \(13\.0"):
        join(*vertebrae(), pin_at_mm=(13.0, 0.0, 0.0), pin_diameter_mm=5.0)


def test_bodies_that_hook_into_each_other_are_refused() -> None:
    # A T in a slot: it slides out sideways only, and pins stand across the slot.
    outer = box((40.0, 40.0, 30.0)).to_manifold() - box((26.0, 50.0, 14.0), (0.0, 0.0, 3.0)).to_manifold()
    outer = outer - box((16.0, 50.0, 14.0), (0.0, 0.0, 12.0)).to_manifold()
    inner = box((24.0, 40.0, 12.0), (0.0, 0.0, 3.0)).to_manifold()
    inner = inner + box((14.0, 40.0, 14.0), (0.0, 0.0, 13.0)).to_manifold()
    with pytest.raises(GeometryError, match="hook into each other"):
        join(Mesh.from_manifold(outer, "slot"), Mesh.from_manifold(inner, "slider"), pins="1", max_gap_mm=1.5)


def test_what_cannot_be_joined() -> None:
    below, above = vertebrae()
    with pytest.raises(GeometryError, match=r"no faces that look at each other.* 4 mm apart"):
        join(below, above, max_gap_mm=2.0)
    with pytest.raises(GeometryError, match="overlap by"):
        join(below, sphere(10.0, (0.0, 0.0, 0.0)))
    with pytest.raises(InputError, match="union"):
        join(below, above, pins="none")
    with pytest.raises(InputError, match="flat cut face"):
        join(below, above, pin_type=PinType.DOVETAIL)
