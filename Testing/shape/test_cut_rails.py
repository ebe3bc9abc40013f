"""Tongues and dovetails along the seam of a cut: play, walls, the way in, and that a dovetail holds."""

from __future__ import annotations

import numpy as np
import pytest

from PrintPrepLib.mesh import Mesh
from PrintPrepLib.profiles.processes import process_of
from PrintPrepLib.receipt import measure_mesh
from PrintPrepLib.shape.cut.step import cut
from PrintPrepLib.shape.pins.kinds import PinType
from Testing.support import shapes

BEAM = shapes.box((60.0, 24.0, 30.0)).with_name("beam")


@pytest.mark.parametrize("kind", [PinType.TONGUE, PinType.DOVETAIL])
@pytest.mark.parametrize("kerf", [0.0, 0.4])
def test_rail_fits_with_its_play(kind: PinType, kerf: float) -> None:
    assembly, receipt = cut(BEAM, plane=(0, 0, 2, 0.05, 0.1, 1), pin_type=kind, kerf_mm=kerf)
    (rail,) = assembly.pins
    assert rail["type"] == kind.value
    assert rail["length_mm"] > 30.0
    assert (rail["gap_min_mm"], rail["gap_max_mm"]) == pytest.approx((0.2, 0.2), rel=0.05)
    assert rail["wall_mm"] >= process_of("fdm").wall.value_mm
    assert rail["way_is_free"]
    assert rail["holds"] is (True if kind is PinType.DOVETAIL else None)
    a, b = (part.mesh.to_manifold() for part in assembly.parts)
    assert (a ^ b).volume() < 1e-6
    for part in assembly.parts:
        measures = measure_mesh(part.mesh)
        assert (measures.open_edges, measures.non_manifold_edges, part.bodies) == (0, 0, 1)
    assert abs(receipt.details["proof"]["balance"]["difference_percent"]) < 0.01


def test_dovetail_slides_out_one_way_and_cannot_be_lifted() -> None:
    assembly, _ = cut(BEAM, plane=(0, 0, 2, 0, 0, 1), pin_type=PinType.DOVETAIL)
    (rail,) = assembly.pins
    rib, groove = (part.mesh.to_manifold() for part in assembly.parts)
    if rail["foot_in"] != assembly.parts[0].name:
        rib, groove = groove, rib
    out = -np.array(rail["slide_direction"])
    for way in (1.0, 10.0, 40.0, 80.0):
        assert (rib.translate(tuple(way * out)) ^ groove).volume() < 1e-6
    assert (rib.translate(tuple(-1.0 * out)) ^ groove).volume() > 0.01  # it is stopped at the other end
    lifted = rib.translate(tuple(-(rail["lift_mm"] + 0.2) * np.array(rail["axis"])))
    assert (lifted ^ groove).volume() > 0.01


def test_rails_that_do_not_fit_say_how_near_it_came() -> None:
    for kind in (PinType.TONGUE, PinType.DOVETAIL):
        assembly, receipt = cut(shapes.shell(18.0, 20.0, 3), plane=(0, 0, 0, 0, 0, 1), pin_type=kind)
        assert assembly.pins == ()
        assert any(f"No {kind.value} fits" in warning and " mm" in warning for warning in receipt.warnings)


def test_symmetric_tongue_is_told_to_turn() -> None:
    rod = Mesh(shapes.cylinder(15.0, 40.0).vertices, shapes.cylinder(15.0, 40.0).faces, "rod")
    _, receipt = cut(rod, plane=(0, 0, 0, 0, 0, 1), pin_type=PinType.TONGUE)
    assert any("turned by half" in warning for warning in receipt.warnings)
