"""Make solid: pin-holes closed, slots open, the inside filled, the outside not moved; every hole in the list."""

from __future__ import annotations

import numpy as np
import pytest

from PrintPrepLib.errors import GeometryError, InputError
from PrintPrepLib.mesh import Mesh
from PrintPrepLib.receipt import Receipt
from PrintPrepLib.shape.identical import is_among
from PrintPrepLib.shape.solid import cells, flood
from PrintPrepLib.shape.solid.openings import Kind, find_openings
from PrintPrepLib.shape.solid.step import Intent, solid
from PrintPrepLib.spatial import index_of
from Testing.support import shapes
from Testing.support.pierced import Pierced, pierced_ball, slit_box

VOXEL_MM = 0.5


@pytest.fixture(scope="module")
def ball() -> Pierced:
    return pierced_ball()


@pytest.fixture(scope="module")
def closed(ball: Pierced) -> tuple[Mesh, Receipt]:
    return solid(ball.mesh, max_hole_mm=4.0)


@pytest.fixture(scope="module")
def filled(ball: Pierced) -> tuple[Mesh, Receipt]:
    return solid(ball.mesh, intent=Intent.FILL_INSIDE, max_hole_mm=4.0)


def through(mesh: Mesh, place: np.ndarray, reach: float = 3.0) -> bool:
    """Whether a line through a place towards the origin meets nothing near it: an opening, by rays alone."""
    axis = place / np.linalg.norm(place)
    hit, _ = index_of(mesh).first_hit((place + reach * axis)[None], -axis[None], 2.0 * reach)
    return bool(np.isinf(hit[0]))


def test_every_opening_is_found_and_measured(ball: Pierced) -> None:
    found = find_openings(ball.mesh, 4.0)
    assert len(found) == 15
    for place, diameter in zip(ball.holes, ball.diameters, strict=True):
        one = min(found, key=lambda o: float(np.linalg.norm(o.center_mm - place)))
        assert one.kind is Kind.HOLE
        assert one.passes_mm == pytest.approx(diameter, abs=0.01)
        assert one.area_mm2 == pytest.approx(np.pi * diameter**2 / 4.0, rel=0.01)
        assert abs(one.frame[2] @ place) / np.linalg.norm(place) > 0.999
    gaps = [one for one in found if one.kind is Kind.GAP]
    assert sorted(round(one.passes_mm, 1) for one in gaps) == pytest.approx(sorted(ball.widths), abs=0.1)


def test_holes_are_closed_and_slots_stay_open(ball: Pierced, closed: tuple[Mesh, Receipt]) -> None:
    mesh, receipt = closed
    assert all(through(ball.mesh, place) for place in (*ball.holes, *ball.slots))
    assert not any(through(mesh, place) for place in ball.holes)
    assert all(through(mesh, place) for place in ball.slots)
    # Fifteen openings of a hollow ball are fourteen tunnels; three are two.
    assert (receipt.before.genus, receipt.after.genus, receipt.after.parts) == (14, 2, 1)
    assert (receipt.after.open_edges, receipt.after.non_manifold_edges) == (0, 0)
    for gap, width in zip(
        sorted(receipt.details["gaps"], key=lambda g: g["width_before_mm"]), ball.widths, strict=True
    ):
        assert gap["width_before_mm"] == pytest.approx(width, abs=0.03)
        assert gap["most_narrowed_mm"] <= VOXEL_MM
        assert gap["open_share"] == 1.0


def test_plugs_continue_the_wall_and_are_listed(ball: Pierced, closed: tuple[Mesh, Receipt]) -> None:
    mesh, receipt = closed
    listed = receipt.details["closed"]
    assert len(listed) == receipt.details["closed_total"] == 12
    # A plug is the wall that the hole was cut from, with flat ends instead of round ones.
    for plug, diameter in zip(listed, sorted(ball.diameters, reverse=True), strict=True):
        assert plug["wall_mm"] == pytest.approx(ball.wall, abs=0.05)
        assert 1000.0 * plug["added_ml"] == pytest.approx(np.pi * diameter**2 / 4.0 * ball.wall, rel=0.03)
        assert 0.3 * diameter < plug["farthest_from_source_mm"] <= 0.5 * diameter + 0.02
    added = mesh.volume_mm3 - ball.mesh.volume_mm3
    assert 1000.0 * sum(plug["added_ml"] for plug in listed) == pytest.approx(added, rel=1e-3)
    assert np.linalg.norm(mesh.vertices, axis=1).max() <= ball.radius + 1e-6


def test_the_rest_does_not_move_by_a_bit(ball: Pierced, closed: tuple[Mesh, Receipt]) -> None:
    same = is_among(ball.mesh, closed[0])
    near = np.linalg.norm(ball.mesh.vertices[:, None] - ball.holes, axis=2) < ball.diameters / 2.0 + ball.wall
    assert same[~near.any(axis=1)].all()


def test_filling_leaves_the_outside_and_slots_as_grooves(ball: Pierced, filled: tuple[Mesh, Receipt]) -> None:
    mesh, receipt = filled
    whole = 4.0 / 3.0 * np.pi * ball.radius**3
    assert 0.985 * whole < mesh.volume_mm3 < whole
    assert receipt.after.parts == 1
    assert 1000.0 * receipt.details["filled_ml"] > 0.88 * 4.0 / 3.0 * np.pi * (ball.radius - ball.wall) ** 3
    radius = np.linalg.norm(mesh.vertices, axis=1)
    assert radius.max() <= ball.radius + 1e-6
    outer = np.linalg.norm(ball.mesh.vertices, axis=1) > ball.radius - 1e-6
    near = np.linalg.norm(ball.mesh.vertices[:, None] - ball.holes, axis=2) < ball.diameters / 2.0 + ball.wall
    assert is_among(ball.mesh, mesh)[outer & ~near.any(axis=1)].all()
    outward = ball.slots / np.linalg.norm(ball.slots, axis=1)[:, None]
    assert not index_of(mesh).contains(ball.slots + 0.2 * outward).any()
    assert index_of(mesh).contains(np.zeros((1, 3)))[0]


def test_a_closed_cavity_is_filled_exactly() -> None:
    hollow = shapes.shell(8.0, 10.0, 3)
    mesh, receipt = solid(hollow, intent=Intent.FILL_INSIDE, max_hole_mm=2.0)
    assert mesh.volume_mm3 == pytest.approx(shapes.sphere(10.0, subdivisions=3).volume_mm3, rel=1e-12)
    assert receipt.details["cavities_total"] == 1
    assert is_among(mesh, hollow).all()


def test_a_fracture_stays_open(filled: tuple[Mesh, Receipt]) -> None:
    box = slit_box()
    mesh, receipt = solid(box, intent=Intent.FILL_INSIDE, max_hole_mm=3.0)
    gap = max(receipt.details["gaps"], key=lambda g: g["length_mm"])
    assert gap["width_before_mm"] == pytest.approx(1.0, abs=0.02)
    assert gap["open_share"] >= 0.95
    assert mesh.volume_mm3 > 0.85 * 24 * 20 * 16
    wrapped, _ = solid(box, intent=Intent.WRAP, max_hole_mm=3.0, close_gaps=True)
    assert not through(wrapped, np.array([3.0, 0.0, 8.0]), 1.0)
    assert through(mesh, np.array([3.0, 0.0, 8.0]), 1.0)


def test_marked_openings_and_wide_ones_stay(ball: Pierced) -> None:
    kept = [float(v) for v in np.concatenate([ball.holes[3], ball.holes[5]])]
    mesh, receipt = solid(
        ball.mesh, max_hole_mm=3.0, keep_at_mm=tuple(kept[:3]), leave_at_mm=tuple(kept[3:])
    )  # fmt: skip
    stay = {3, 5} | {k for k, d in enumerate(ball.diameters) if d > 3.0}
    assert {k for k, place in enumerate(ball.holes) if through(mesh, place)} == stay
    reasons = {one["reason"] for one in receipt.details["kept_open"]}
    assert {"marked", "left out by hand"} <= reasons


def test_without_numba_the_same_holes_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    plate = shapes.plate((12.0, 9.0), 1.0, 2).to_manifold()
    pin = shapes.cylinder(0.8, 5.0).to_manifold()
    pierced = Mesh.from_manifold(plate - pin.translate((2.0, 1.0, 0.0)) - pin.translate((-3.0, -1.0, 0.0)))
    compiled = flood.membranes(pierced, 2.0)
    for module in (flood, cells):
        monkeypatch.setattr(module, "is_compiled", lambda: False)
    plain = flood.membranes(pierced, 2.0)
    assert len(compiled) == len(plain) == 2
    for one, other in zip(
        *(sorted(lot, key=lambda m: m.points[:, 0].mean()) for lot in (compiled, plain)), strict=True
    ):
        assert np.linalg.norm(one.points.mean(axis=0) - other.points.mean(axis=0)) < 1.5 * one.cell_mm


def test_nothing_to_do_gives_the_same_object() -> None:
    ball = shapes.sphere(10.0, subdivisions=3)
    mesh, receipt = solid(ball, max_hole_mm=3.0)
    assert mesh is ball
    assert receipt.change is None
    assert receipt.details["unmoved_share"] == 1.0


@pytest.mark.parametrize(
    ("mesh", "options", "error", "says"),
    [
        (shapes.open_box(), {}, GeometryError, "Repair it first"),
        (shapes.sphere(10.0, subdivisions=2).flipped(), {}, GeometryError, "inside out"),
        (shapes.sphere(10.0, subdivisions=2), {"max_hole_mm": 30.0}, InputError, "half"),
        (shapes.sphere(10.0, subdivisions=2), {"keep_at_mm": (1.0, 2.0)}, InputError, "three numbers"),
        (shapes.sphere(10.0, subdivisions=2), {"leave_at_mm": (1.0, 2.0, 3.0)}, InputError, "no opening"),
    ],
)
def test_refusals_say_what_to_do(mesh: Mesh, options: dict, error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        solid(mesh, **options)
