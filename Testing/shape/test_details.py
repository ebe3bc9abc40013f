"""Small features: listed with place and size; cut off, closed, thickened or widened only where asked, and measured."""

from __future__ import annotations

import numpy as np
import pytest

from PrintPrepLib.errors import GeometryError, InputError
from PrintPrepLib.mesh import Mesh
from PrintPrepLib.shape.details import lattice
from PrintPrepLib.shape.details.step import Do, GapDo, SpikeDo, details
from PrintPrepLib.spatial import index_of
from Testing.support import shapes
from Testing.support.pierced import small_features

LIMITS = {"feature_mm": 1.2, "gap_mm": 0.5, "hole_mm": 0.5}


@pytest.fixture(scope="module")
def block() -> Mesh:
    return small_features()


def inside(mesh: Mesh, *places: tuple[float, float, float]) -> list[bool]:
    return index_of(mesh).contains(np.array(places)).tolist()


def test_everything_too_small_is_listed_and_nothing_changed(block: Mesh) -> None:
    mesh, receipt = details(block, **LIMITS)
    assert mesh is block
    assert receipt.change is None
    assert receipt.details["counts"] == {"spike": 2, "slit": 1, "hole": 1}
    found = {(one["kind"], round(one["size_mm"], 1)): one for one in receipt.details["features"]}
    # The hole of 2 mm and the pin of 3 mm print: they are not in the list.
    assert set(found) == {("spike", 0.3), ("spike", 1.0), ("slit", 0.2), ("hole", 0.3)}
    assert np.allclose(found["spike", 0.3]["at_mm"][:2], (-6, -6), atol=0.3)
    assert np.allclose(found["slit", 0.2]["at_mm"][:2], (-5, 3), atol=2.2)
    assert found["hole", 0.3]["length_mm"] == pytest.approx(10.0, abs=0.6)
    assert all(not one["done"] for one in receipt.details["features"])


def test_a_process_gives_the_limits_with_their_source() -> None:
    _, receipt = details(shapes.box(), process="sla")
    assert receipt.parameters["feature_mm"] == 0.5
    assert receipt.details["total"] == 0
    assert "SLA" in receipt.details["limits_from"]["spike"]


def test_removed_spikes_and_closed_slits_are_gone(block: Mesh) -> None:
    mesh, receipt = details(block, action=Do.REMOVE, **LIMITS)
    assert inside(block, (-6, -6, 7), (0, -6, 7), (6, -6, 7), (-5, 3, 0), (0, 4, 0), (6, 4, 0)) == [
        True, True, True, False, False, False,
    ]  # fmt: skip
    assert inside(mesh, (-6, -6, 7), (0, -6, 7), (6, -6, 7), (-5, 3, 0), (0, 4, 0), (6, 4, 0)) == [
        False, False, True, True, True, False,
    ]  # fmt: skip
    assert receipt.after.genus == 1
    assert (receipt.after.parts, receipt.after.open_edges) == (1, 0)
    # What is left: the block with the large hole, 32-sided, and the large pin above its top.
    polygon = 16 * np.sin(2 * np.pi / 32)
    assert mesh.volume_mm3 == pytest.approx(4000 - polygon * 10 + polygon * 1.5**2 * 3, rel=5e-4)
    assert not receipt.warnings
    second = details(mesh, **LIMITS)[1]
    assert second.details["total"] == 0


def test_thickened_and_widened_features_measure_the_limit(block: Mesh) -> None:
    mesh, receipt = details(block, action=Do.THICKEN, **LIMITS)
    for one in receipt.details["features"]:
        limit = LIMITS["feature_mm"] if one["kind"] == "spike" else 0.5
        assert one["size_after_mm"] == pytest.approx(limit, rel=0.03)
    assert receipt.after.genus == receipt.before.genus
    assert inside(mesh, (-5.9 + 0.4, -6, 7), (-5 + 0.23, 3, 0), (0.22, 4, 0)) == [True, False, False]
    assert not receipt.warnings


def test_kinds_and_places_apart(block: Mesh) -> None:
    mesh, receipt = details(
        block, spikes=SpikeDo.REMOVE, holes=GapDo.WIDEN, leave_at_mm=(0.0, -6.0, 8.0), **LIMITS
    )  # fmt: skip
    ways = {(one["kind"], round(one["size_mm"], 1)): one["way"] for one in receipt.details["features"]}
    assert ways == {
        ("spike", 0.3): "remove", ("spike", 1.0): "list", ("slit", 0.2): "list", ("hole", 0.3): "widen",
    }  # fmt: skip
    assert inside(mesh, (-6, -6, 7), (0, -6, 7), (-5, 3, 0), (0.2, 4, 0)) == [False, True, False, False]


def thread(radius: float, length: float, at: tuple[float, float, float]) -> Mesh:
    """A cylinder along x."""
    turn = [[0, 0, 1, at[0]], [0, 1, 0, at[1]], [-1, 0, 0, at[2]], [0, 0, 0, 1]]
    return Mesh.from_trimesh(shapes.cylinder(radius, length).to_trimesh().apply_transform(turn))


def united(*parts: Mesh) -> Mesh:
    whole = parts[0].to_manifold()
    for one in parts[1:]:
        whole = whole + one.to_manifold()
    return Mesh.from_manifold(whole)


SPIKES = {"action": Do.REMOVE, "feature_mm": 1.0, "gap_mm": 0.0, "hole_mm": 0.0}
BLOCKS = (shapes.box((6, 6, 6)), shapes.moved(shapes.box((6, 6, 6)), (12, 0, 0)))
BRIDGE = shapes.moved(shapes.box((12, 3, 3)), (6, 0, -1.5))


def test_what_holds_pieces_together_is_not_cut() -> None:
    mesh, receipt = details(united(*BLOCKS, thread(0.2, 14, (6, 0, 0))), **SPIKES)
    assert receipt.after.parts == 1
    assert inside(mesh, (6, 0, 0)) == [True]
    assert any("thicken it instead" in one["reason"] for one in receipt.details["features"])
    assert "holds pieces together" in receipt.warnings[0]
    assert not any("came apart" in one for one in receipt.warnings)


def test_of_two_threads_one_is_enough_and_beside_a_bridge_none_is_needed() -> None:
    places = ((6, 1.2, 1), (6, -1.2, 1))
    two = [thread(0.2, 14, place) for place in places]
    mesh, receipt = details(united(*BLOCKS, *two), **SPIKES)
    assert receipt.after.parts == 1
    assert sorted(inside(mesh, *places)) == [False, True]
    mesh, receipt = details(united(*BLOCKS, BRIDGE, *two), **SPIKES)
    assert receipt.after.parts == 1
    assert inside(mesh, *places, (6, 0, -1.5)) == [False, False, True]
    assert not receipt.warnings


def test_a_whisker_with_a_knob_at_its_end_stays_and_one_without_goes() -> None:
    knob = shapes.sphere(2.0, (12.0, 2.0, 0.0), 3)
    model = united(BLOCKS[0], knob, thread(0.2, 9, (7, 2, 0)), thread(0.2, 6, (5, -2, 0)))
    mesh, receipt = details(model, **SPIKES)
    assert inside(mesh, (6, 2, 0), (12, 2, 0), (6, -2, 0)) == [True, True, False]
    assert receipt.after.parts == receipt.before.parts == 1


def test_a_slit_between_two_bodies_is_not_closed() -> None:
    near = shapes.moved(shapes.box((6, 6, 6)), (6.3, 0, 0))
    model = Mesh.from_manifold(BLOCKS[0].to_manifold() + near.to_manifold())
    mesh, receipt = details(model, action=Do.REMOVE, feature_mm=0.0, gap_mm=0.8, hole_mm=0.8)
    assert receipt.details["counts"]["slit"] == 1
    assert inside(mesh, (3.15, 0, 0)) == [False]
    assert receipt.after.parts == 2
    assert "join two pieces" in receipt.details["features"][0]["reason"]


def test_a_long_oblique_slit_is_closed_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lattice, "MOST_POINTS", 20_000)
    slit = shapes.box((14, 0.3, 30)).to_manifold().rotate([0, 0, 35])
    model = Mesh.from_manifold(shapes.box((20, 20, 4)).to_manifold() - slit)
    mesh, receipt = details(model, slits=GapDo.CLOSE, feature_mm=0.0, gap_mm=0.8, hole_mm=0.8)
    assert receipt.details["counts"]["slit"] == 1
    assert (receipt.after.parts, receipt.after.genus) == (1, 0)
    assert mesh.volume_mm3 == pytest.approx(1600, rel=2e-3)
    assert not receipt.warnings


@pytest.mark.parametrize(
    ("mesh", "options", "error", "says"),
    [
        (shapes.open_box(), {}, GeometryError, "Repair it first"),
        (shapes.box(), {"only_at_mm": (1.0, 2.0)}, InputError, "three numbers"),
        (shapes.box(), {"only_at_mm": (1.0, 2.0, 3.0)}, InputError, "no small feature"),
        (shapes.box(), {"feature_mm": 0.0, "gap_mm": 0.0, "hole_mm": 0.0}, InputError, "above zero"),
        (shapes.box(), {"process": "sls2"}, InputError, "sls"),
    ],
)
def test_refusals_say_what_to_do(mesh: Mesh, options: dict, error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        details(mesh, **options)
