"""Lean cradles, screw holes and fillets of stands, on shapes whose sizes can be counted."""

from __future__ import annotations

import numpy as np
import pytest
import trimesh

from PrintPrepLib.errors import GeometryError, InputError
from PrintPrepLib.mesh import Mesh
from PrintPrepLib.receipt import measure_mesh
from PrintPrepLib.shape.cut.assembly import Assembly
from PrintPrepLib.shape.stand.fillet import fillet_solid, rounded_plate
from PrintPrepLib.shape.stand.sizes import StandKind
from PrintPrepLib.shape.stand.step import stand
from PrintPrepLib.spatial import index_of
from PrintPrepLib.spatial.sampling import area_samples
from PrintPrepLib.workflow.chain import ChainState, run_chain
from PrintPrepLib.workflow.recipe import parse_recipe
from Testing.support import shapes


def test_a_lean_cradle_is_the_solid_one_with_open_cells() -> None:
    model = shapes.bumpy_sphere(5, radius=30.0, height=2.0)
    words = {"kind": StandKind.CRADLE, "gap_mm": 0.6, "depth_mm": 9.0, "process": "sla"}
    solid, first = stand(model, **words)
    lean, second = stand(model, **words, lean=True)
    assert isinstance(solid, Assembly)
    assert isinstance(lean, Assembly)
    block, ribs = solid.parts[1].mesh, lean.parts[1].mesh
    told = second.details["lean"]
    assert told["solid_ml"] == pytest.approx(block.volume_mm3 / 1000.0, rel=1e-6)
    assert told["lean_ml"] == pytest.approx(ribs.volume_mm3 / 1000.0, rel=1e-6)
    assert ribs.volume_mm3 < 0.6 * block.volume_mm3
    assert told["rib_mm"] == pytest.approx(1.0, abs=0.05)
    assert first.details["lean"] is None
    assert any("solid block" in note for note in first.notes)
    found = measure_mesh(ribs)
    assert (found.parts, found.genus) == (1, told["cells"])  # one body, each cell a tunnel: nothing is closed in
    assert (ribs.to_manifold() - block.to_manifold()).volume() < 1e-3  # material was taken away only
    points = np.concatenate([area_samples(ribs, 20_011), ribs.vertices])
    assert index_of(model).closest(points).distance_mm.min() >= 0.6
    stable = [receipt.details["stability"]["after"] for receipt in (first, second)]
    assert stable[0]["footprint_cm2"] == pytest.approx(stable[1]["footprint_cm2"], rel=0.01)
    assert stable[1]["tip_deg"] >= 10.0
    judge = trimesh.Trimesh(ribs.vertices, ribs.faces, process=False)
    low = ribs.bounds[0, 2] - 1.0
    places = np.column_stack([np.random.default_rng(7).uniform(-20.0, 20.0, (4000, 2)), np.full(4000, low)])
    hits, rays, _ = judge.ray.intersects_location(places, np.tile([0.0, 0.0, 1.0], (len(places), 1)))
    crossed = np.bincount(rays, minlength=len(places))
    assert set(crossed) <= {0, 2}  # a rib from the ground up, or free from below to above: nothing is roofed over
    assert 0.5 < (crossed == 0).mean() < 0.9
    assert hits[:, 2].min() == pytest.approx(ribs.bounds[0, 2], abs=1e-6)


def test_a_joined_cradle_can_be_lean_and_too_large_cells_are_refused() -> None:
    model = shapes.bumpy_sphere(4, radius=30.0)
    out, receipt = stand(model, kind=StandKind.CRADLE, joined=True, lean=True, cell_mm=12.0, process="sla")
    assert isinstance(out, Mesh)
    assert measure_mesh(out).parts == 1
    assert receipt.details["lean"]["lean_ml"] < receipt.details["lean"]["solid_ml"]
    assert receipt.details["lean"]["cell_mm"] == 12.0
    with pytest.raises(GeometryError, match="No cell of 150 mm"):
        stand(model, kind=StandKind.CRADLE, lean=True, cell_mm=150.0)


@pytest.mark.parametrize(("count", "countersunk"), [(2, True), (3, False), (4, True)])
def test_screw_holes_go_through_beside_the_model(count: int, countersunk: bool) -> None:
    model = shapes.box((60.0, 20.0, 80.0), subdivisions=2)
    out, receipt = stand(
        model, kind=StandKind.WALL_MOUNT, cut_mm=2.0, screw_mm=4.0, screws=count, countersunk=countersunk
    )
    assert isinstance(out, Mesh)
    said = receipt.details
    assert (measure_mesh(out).parts, measure_mesh(out).genus) == (1, count)
    assert len(said["screws"]) == count
    judge = trimesh.Trimesh(out.vertices, out.faces, process=False)

    def thickness(x: float, z: float) -> float:
        """Material along a line to the wall."""
        hits, _, _ = judge.ray.intersects_location([[x, -100.0, z]], [[0.0, 1.0, 0.0]])
        depths = np.unique(np.round(np.sort(hits[:, 1]), 6)) if len(hits) else np.empty(0)
        return float((depths[1::2] - depths[::2]).sum())

    for row in said["screws"]:
        x, y, z = row["at_mm"]
        assert not (abs(x) < 30.0 and abs(z) < 40.0)  # not behind the model
        assert y == pytest.approx(8.0, abs=0.01)  # on the plate's front, where the back was cut
        assert thickness(x + 0.02, z + 0.01) == 0.0
        assert thickness(x + 0.48 * said["hole_mm"], z) == 0.0
        under = thickness(x + 0.5 * said["hole_mm"] + 0.3, z)
        assert under == pytest.approx(said["plate_mm"] - (said["sink_mm"] - 0.3 if countersunk else 0.0), abs=0.05)
        assert thickness(x + 0.5 * said["head_mm"] + 0.2, z) == pytest.approx(said["plate_mm"], abs=0.01)
    if count == 2:
        assert said["screws"][0]["at_mm"][2] == pytest.approx(said["screws"][1]["at_mm"][2])  # level
    if countersunk:
        assert said["head_mm"] == pytest.approx(2.0 * 4.0 + 0.6)
        assert said["sink_mm"] == pytest.approx(2.0)  # half of 8.6 less 4.6, at 90 degrees
    with pytest.raises(InputError, match="One screw"):
        stand(model, kind=StandKind.WALL_MOUNT, screws=1)


def test_a_fillet_is_a_quarter_circle_and_edges_are_round() -> None:
    import manifold3d

    circle = manifold3d.CrossSection.circle(10.0, 256)
    added = fillet_solid(circle, 5.0, 4.0, 1.0)
    for height in (0.3, 1.0, 2.0, 3.5):
        wide = float(np.sqrt(added.slice(5.0 + height).area() / np.pi))
        exact = 10.0 + 4.0 - np.sqrt(16.0 - (4.0 - height) ** 2)
        # A slice is as wide as the fillet is at its foot, a tenth of a millimeter below at the most.
        lower = max(height - 0.1, 0.0)
        assert exact - 0.02 <= wide <= 10.0 + 4.0 - np.sqrt(16.0 - (4.0 - lower) ** 2) + 0.02
    rounded = rounded_plate(circle, 0.0, 3.0, 1.5)
    assert rounded.slice(1.0).area() == pytest.approx(circle.area(), rel=1e-6)
    assert float(np.sqrt(rounded.slice(2.9).area() / np.pi)) == pytest.approx(
        10.0 - 1.5 + np.sqrt(1.5**2 - 1.4**2), abs=0.05
    )


def test_fillets_of_plinth_and_pedestal() -> None:
    rod = shapes.cylinder(6.0, 60.0)
    plain, _ = stand(rod, kind=StandKind.BASE, cut_mm=1.0, plinth_mm=5.0, margin_mm=10.0)
    out, receipt = stand(rod, kind=StandKind.BASE, cut_mm=1.0, plinth_mm=5.0, margin_mm=10.0, fillet_mm=4.0)
    assert isinstance(out, Mesh)
    assert isinstance(plain, Mesh)
    assert measure_mesh(out).parts == 1
    assert receipt.details["fillet_mm"] == 4.0
    foot = -30.0 + 1.0
    at = out.to_manifold().slice(foot + 1.0).area()
    assert float(np.sqrt(at / np.pi)) == pytest.approx(6.0 + 4.0 - np.sqrt(16.0 - 9.0), abs=0.1)
    assert out.to_manifold().slice(foot + 4.1).area() == pytest.approx(plain.to_manifold().slice(foot + 4.1).area())
    with pytest.raises(GeometryError, match="Protected surface"):
        stand(rod, kind=StandKind.BASE, cut_mm=1.0, plinth_mm=5.0, fillet_mm=4.0, protect_at=(6.0, 0.0, -26.5, 1.0))
    ball = shapes.sphere(20.0, subdivisions=4)
    _, small = stand(ball, kind=StandKind.PEDESTAL, post_mm=8.0, height_mm=25.0)
    _, large = stand(ball, kind=StandKind.PEDESTAL, post_mm=8.0, height_mm=25.0, fillet_mm=6.0)
    assert (small.details["fillet_mm"], large.details["fillet_mm"]) == (4.0, 6.0)


def test_a_recipe_says_that_the_stand_does_not_fit_its_printer() -> None:
    text = """schema = "printprep-recipe/1"
[printer]
name = "prusa-mini"
[[step]]
do = "stand"
kind = "base"
cut_mm = 1
plinth_mm = 10
"""
    state = run_chain(parse_recipe(text), ChainState(mesh=shapes.box((30.0, 30.0, 176.0))))
    assert any("does not fit" in warning for warning in state.receipts[-1].warnings)
    state = run_chain(parse_recipe(text), ChainState(mesh=shapes.box((30.0, 30.0, 100.0))))
    assert not any("does not fit" in warning for warning in state.receipts[-1].warnings)
    assert state.receipts[-1].parameters["printer"] == "prusa-mini"
