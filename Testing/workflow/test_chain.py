"""The chain: order of steps, and its accuracy against the phantom's analytic truth."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from PrintPrepLib.commands.demo import accuracy_against
from PrintPrepLib.errors import Cancelled, RecipeError
from PrintPrepLib.phantom import Variant
from PrintPrepLib.receipt import measure_mesh
from PrintPrepLib.spatial import Rule, SurfaceIndex, self_crossings
from PrintPrepLib.topology import is_closed_manifold
from PrintPrepLib.workflow.chain import ChainState, completed, run_chain
from PrintPrepLib.workflow.recipe import Recipe, make_call
from PrintPrepLib.workflow.steps import MESH_STEPS, STEPS, Stage
from Testing.support.demo import demo_run
from Testing.support.fields import blurred_ball, grid, radii, volume_like

ROUGH = (56, 72, 72)
"""The phantom with 1.8 x 2.1 mm voxels: for what is the matter with a scan."""


def _recipe(*names: str) -> Recipe:
    given = {"threshold": {"lower": 500.0}, "simplify": {"tolerance_mm": 0.1}, "close": {}, "open": {}}
    return Recipe(tuple(make_call(STEPS[name], given.get(name, {}), name) for name in names))


def _names(recipe: Recipe) -> list[str]:
    return [call.step.name for call in recipe.steps]


def _ball() -> ChainState:
    volume = grid(24)
    values = np.rint(1000 * blurred_ball(radii(volume), 8.0, 0.6)).astype(np.int16)
    return ChainState(volume=volume_like(volume, values))


# ---- order -----------------------------------------------------------------------------------------------------------
def test_surface_step_is_put_where_it_is_missing() -> None:
    assert _names(completed(_recipe("threshold"), has_segmentation=False)) == ["threshold", "surface"]
    assert _names(completed(_recipe("threshold", "islands", "smooth"), has_segmentation=False)) == [
        "threshold", "islands", "surface", "smooth",
    ]  # fmt: skip
    stated = _recipe("threshold", "surface", "smooth")
    assert _names(completed(stated, has_segmentation=False)) == _names(stated)


def test_completing_twice_changes_nothing() -> None:
    once = completed(_recipe("threshold", "smooth"), has_segmentation=False)
    assert completed(once, has_segmentation=False).to_toml() == once.to_toml()


def test_ready_segmentation_needs_no_threshold() -> None:
    recipe = completed(_recipe("threshold", "islands", "smooth"), has_segmentation=True)
    assert _names(recipe) == ["islands", "surface", "smooth"]


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (("smooth",), "needs a segmentation"),
        (("islands", "threshold"), "needs a segmentation"),
        (("threshold", "surface", "islands"), "before the surface step"),
        (("threshold", "smooth", "islands"), "before the surface step"),
        (("threshold", "threshold"), "too late"),
        (("threshold", "surface", "surface"), "comes twice"),
        (("threshold", "smooth", "threshold"), "too late"),
    ],
)
def test_orders_that_make_no_sense_are_refused(names: tuple[str, ...], words: str) -> None:
    with pytest.raises(RecipeError, match=words) as caught:
        completed(_recipe(*names), has_segmentation=False)
    assert "step " in str(caught.value)


def test_every_step_has_a_stage_and_mesh_steps_are_commands() -> None:
    assert {step.name for step in MESH_STEPS} >= {
        "fragments", "repair", "holes", "smooth", "simplify", "solid", "thicken", "details",
    }  # fmt: skip
    assert [step.name for step in STEPS.values() if step.stage is Stage.SEGMENT] == ["threshold"]


# ---- run -------------------------------------------------------------------------------------------------------------
def test_one_receipt_per_step_and_the_reference_is_the_surface_before_smoothing() -> None:
    recipe = completed(_recipe("threshold", "islands", "fragments", "smooth", "simplify"), has_segmentation=False)
    told: list[float] = []
    seen = []
    state = run_chain(recipe, _ball(), progress=lambda f, _: told.append(f), after_segmentation=seen.append)
    assert [r.operation for r in state.receipts] == [
        "threshold", "islands", "surface", "fragments", "smooth", "simplify",
    ]  # fmt: skip
    assert state.mesh is not None
    assert state.reference is not None
    fragments, smooth = state.receipts[3], state.receipts[4]
    assert fragments.after == smooth.before == measure_mesh(state.reference)
    assert state.receipts[-1].after == measure_mesh(state.mesh)
    assert smooth.parameters["bound_mm"] == pytest.approx(0.5)
    assert len(seen) == 1
    assert min(told) >= 0.0
    assert max(told) <= 1.0 + 1e-9
    assert all(b >= a - 0.05 for a, b in pairwise(told))


def test_without_smoothing_there_is_no_reference() -> None:
    state = run_chain(completed(_recipe("threshold", "fragments"), has_segmentation=False), _ball())
    assert state.reference is None
    assert state.mesh is not None


def test_cancel_is_felt_in_every_step() -> None:
    recipe = completed(_recipe("threshold", "islands", "fragments", "smooth", "simplify"), has_segmentation=False)
    for limit in (0.0, 0.1, 0.3, 0.5, 0.7, 0.9):

        def stop(fraction: float, text: str, limit: float = limit) -> None:
            if fraction > limit:
                raise Cancelled("Stopped.")

        with pytest.raises(Cancelled):
            run_chain(recipe, _ball(), progress=stop)


# ---- accuracy --------------------------------------------------------------------------------------------------------
def test_accuracy_on_the_phantom() -> None:
    demo = demo_run()
    found = accuracy_against(demo.truth, demo.result)
    assert found["mean_voxels"] < 0.15
    assert found["p95_voxels"] < 0.5
    assert abs(found["volume_percent"]) < 0.5
    assert found["max_mm"] < 1.5 * found["voxel_mm"]


def test_true_surface_is_near_the_model_everywhere_too() -> None:
    demo = demo_run()
    truth = demo.truth.shape.truth_mesh(1.0)
    distance = SurfaceIndex(demo.result.mesh).closest(truth.vertices).distance_mm
    voxel = max(demo.result.volume.spacing_mm)
    assert distance.mean() < 0.15 * voxel
    assert np.percentile(distance, 95) < 0.5 * voxel


def test_model_is_one_sound_piece_with_its_pin_hole_open() -> None:
    demo = demo_run()
    measures = measure_mesh(demo.result.mesh)
    assert (measures.parts, measures.genus) == (1, 1)
    assert measure_mesh(demo.truth.shape.truth_mesh(0.8)).genus == 1
    assert is_closed_manifold(demo.result.mesh)
    assert len(self_crossings(demo.result.mesh, rule=Rule.CROSSING).faces) == 0


def test_pin_hole_is_open_along_its_axis() -> None:
    demo = demo_run()
    center, axis = np.array(demo.truth.hole_center_mm), np.array(demo.truth.hole_axis)
    along = center + np.linspace(-30.0, 30.0, 121)[:, None] * axis
    index = SurfaceIndex(demo.result.mesh)
    assert not index.contains(along).any()
    # Half the hole's width beside the axis there is bone, in both walls.
    side = np.cross(axis, [0.0, 0.0, 1.0])
    side /= np.linalg.norm(side)
    assert index.contains(along + side * (demo.truth.hole_diameter_mm / 2.0 + 1.0)).sum() > 4


def test_thin_plate_is_there_with_its_thickness() -> None:
    demo = demo_run()
    center, normal = np.array(demo.truth.plate_center_mm), np.array(demo.truth.plate_normal)
    index = SurfaceIndex(demo.result.mesh)
    assert index.contains(center[None]).all()
    both = np.stack([normal, -normal])
    reach, _ = index.first_hit(np.repeat(center[None], 2, axis=0), both, max_mm=10.0)
    assert reach.sum() == pytest.approx(demo.truth.plate_thickness_mm, abs=0.35)


def test_debris_is_listed_and_gone() -> None:
    demo = demo_run()
    listed = [
        piece
        for receipt in demo.result.receipts
        if receipt.operation in ("islands", "fragments")
        for piece in receipt.details.get("fragments") or receipt.details["pieces"]["listed"]
        if not piece["kept"]
    ]
    places = np.array([piece["center_mm"] for piece in listed])
    index = SurfaceIndex(demo.result.mesh)
    for crumb in demo.truth.crumbs:
        nearest = np.linalg.norm(places - np.array(crumb.center_mm), axis=1)
        assert nearest.min() < 1.5, f"crumb at {crumb.center_mm} is in no list"
        volume = listed[int(nearest.argmin())]["volume_mm3"]
        assert volume == pytest.approx(crumb.volume_mm3, rel=0.4)
        assert not index.contains(np.array([crumb.center_mm])).any()
        assert index.closest(np.array([crumb.center_mm])).distance_mm[0] > 1.5


@pytest.mark.parametrize(
    ("variant", "code", "severity", "ready"),
    [
        (Variant.TILT, "gantry-tilt", "warn", True),
        (Variant.UNEVEN, "uneven-steps", "warn", True),
        (Variant.THICK, "thick-slices", "warn", False),
        (Variant.METAL, "metal", "warn", True),
        (Variant.MISSING, "missing-slice", "warn", True),
        (Variant.DUPLICATE, "duplicate", "info", True),
    ],
    ids=lambda value: getattr(value, "value", None),
)
def test_variants_run_and_say_what_is_the_matter(variant: Variant, code: str, severity: str, ready: bool) -> None:
    demo = demo_run(variant, ROUGH)
    told = {finding.code: finding.severity.value for finding in demo.result.findings}
    assert any(key.startswith(code) and value == severity for key, value in told.items()), told
    assert demo.result.ready is ready
    found = accuracy_against(demo.truth, demo.result)
    # Streaks of metal do move the surface; everything else is read true.
    assert found["mean_voxels"] < (0.6 if variant is Variant.METAL else 0.15)
    assert abs(found["volume_percent"]) < 3.0
    assert is_closed_manifold(demo.result.mesh)


def test_plain_scan_has_none_of_these_complaints() -> None:
    codes = {finding.code for finding in demo_run().result.findings if finding.severity.value in ("warn", "fail")}
    assert not codes & {"gantry-tilt", "uneven-steps", "thick-slices", "metal", "missing-slice", "slice-spacing"}
