"""What is held against the scan once a step changed the shape on purpose."""

from __future__ import annotations

import json
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pytest

from PrintPrepLib.mesh import Mesh
from PrintPrepLib.progress import Progress, silent
from PrintPrepLib.receipt import Receipt, measure_mesh
from PrintPrepLib.record.schema import problems
from PrintPrepLib.workflow.blobs import Blobs
from PrintPrepLib.workflow.chain import ChainState, run_chain
from PrintPrepLib.workflow.proof import on_proven_percent, proof_of
from PrintPrepLib.workflow.recipe import Recipe, StepCall, make_call
from PrintPrepLib.workflow.run import RunRequest, run
from PrintPrepLib.workflow.states import state_from_dict, state_to_dict
from PrintPrepLib.workflow.steps import STEPS, Stage, Step
from Testing.support import shapes
from Testing.support.demo import demo_scan
from Testing.support.fields import blurred_ball, grid, radii, volume_like

SHIFT = np.array([[1.0, 0.0, 0.0, 5.0], [0.0, 1.0, 0.0, -2.0], [0.0, 0.0, 1.0, 0.5], [0.0, 0.0, 0.0, 1.0]])


def _widened(mesh: Mesh, *, progress: Progress = silent) -> tuple[Mesh, Receipt]:
    """Make a mesh 10 mm wider at its left: what no scan shows."""
    left = mesh.vertices[:, 0] > mesh.bounds.mean(axis=0)[0]
    out = mesh.with_vertices(mesh.vertices + np.outer(left, [10.0, 0.0, 0.0]))
    return out, Receipt("widened", {}, 0.0, measure_mesh(mesh), measure_mesh(out))


def _shifted(mesh: Mesh, *, progress: Progress = silent) -> tuple[Mesh, Receipt]:
    """Move a mesh."""
    out = mesh.with_vertices(mesh.vertices + SHIFT[:3, 3])
    return out, Receipt("shifted", {}, 0.0, measure_mesh(mesh), measure_mesh(out), details={"matrix": SHIFT})


WIDENED = StepCall(Step("widened", Stage.MESH, _widened, purposeful=True), MappingProxyType({}))
SHIFTED = StepCall(
    Step("shifted", Stage.MESH, _shifted, purposeful=True, moves=lambda mesh, _: _shifted(mesh)[0]),
    MappingProxyType({}),
)
GIVEN = {"threshold": {"lower": 500.0}, "simplify": {"tolerance_mm": 0.1}}


def _calls(*names: str, preset: str = "") -> tuple[StepCall, ...]:
    given = GIVEN | ({"threshold": {"preset": preset}} if preset else {})
    return tuple(make_call(STEPS[name], given.get(name, {}), name) for name in names)


def _ball() -> ChainState:
    volume = grid(24)
    values = np.rint(1000 * blurred_ball(radii(volume), 8.0, 0.6)).astype(np.int16)
    return ChainState(volume=volume_like(volume, values))


def test_the_surface_before_the_first_purposeful_step_is_kept_and_carried_along() -> None:
    seen: list[ChainState] = []
    recipe = Recipe((*_calls("threshold", "surface"), WIDENED, SHIFTED, *_calls("smooth")))
    state = run_chain(recipe, _ball(), after_step=lambda _, __, state: seen.append(state))
    surface = seen[1].mesh
    assert surface is not None
    assert seen[1].proven is None
    assert seen[2].proven is surface
    assert seen[2].to_model is None
    for later in seen[2:]:
        assert later.proven_in_patient is surface
        assert later.proven_receipts == 2
    assert state.reference is None  # what is smoothed after it is not held against the scan
    assert state.proven is not None
    assert state.to_model is not None
    assert np.array_equal(state.to_model, SHIFT)
    assert np.array_equal(state.proven.vertices, surface.vertices + SHIFT[:3, 3])


def test_nothing_on_purpose_leaves_the_model_as_its_own_proof() -> None:
    state = run_chain(Recipe(_calls("threshold", "surface", "smooth")), _ball())
    assert state.mesh is not None
    proof = proof_of(state, state.mesh)
    assert proof.is_model
    assert proof.surface is state.mesh
    assert proof.to_dict()["proven_through"] is None
    assert proof.to_dict()["later_steps"] == []


def test_a_kept_state_comes_back_whole(tmp_path: Path) -> None:
    start = _ball()
    state = run_chain(Recipe((*_calls("threshold", "surface"), SHIFTED, WIDENED)), start)
    blobs = Blobs(tmp_path)
    back = state_from_dict(json.loads(json.dumps(state_to_dict(state, start, blobs))), start, blobs)
    for name in ("mesh", "proven", "proven_in_patient"):
        one, other = getattr(state, name), getattr(back, name)
        assert np.array_equal(one.vertices, other.vertices)
        assert np.array_equal(one.faces, other.faces)
    assert back.to_model is not None
    assert np.array_equal(back.to_model, SHIFT)
    assert back.proven_receipts == 2


def test_a_state_that_was_laid_comes_back_laid(tmp_path: Path) -> None:
    start, blobs = _ball(), Blobs(tmp_path)
    state = run_chain(Recipe((*_calls("threshold", "surface", "orient"),)), start)
    back = state_from_dict(json.loads(json.dumps(state_to_dict(state, start, blobs))), start, blobs)
    assert state.laid is not None
    assert back.laid is not None
    assert np.array_equal(state.laid.vertices, back.laid.vertices)


def test_share_of_proven_surface() -> None:
    surface = shapes.box((10.0, 10.0, 10.0))
    longer = shapes.box((10.0, 10.0, 20.0), (0.0, 0.0, 5.0))
    assert on_proven_percent(surface, surface) == 100.0
    # The sides of the lower half and the bottom are the same: 500 of 1000 mm2.
    assert on_proven_percent(longer, surface) == pytest.approx(50.0, abs=1.5)
    moved = shapes.moved(surface, SHIFT[:3, 3])
    assert on_proven_percent(moved, surface) < 50.0
    assert on_proven_percent(moved, surface, SHIFT) == 100.0


def test_a_run_holds_the_surface_before_it_against_the_scan_and_says_so(tmp_path: Path) -> None:
    scan, _truth = demo_scan()
    base = _calls("threshold", "islands", "surface", "fragments", "smooth", preset="bone")
    out = tmp_path / "wide"
    wide = run(RunRequest(scan, out, Recipe((*base, WIDENED, SHIFTED)), pictures=False, record_id="r"))
    plain = run(RunRequest(scan, tmp_path / "plain", Recipe(base), pictures=False, record_id="r"))
    for code in ("mirrored", "placement", "completeness-missing", "completeness-extra", "accuracy", "scale"):
        assert wide.check.of(code) == plain.check.of(code), code
    assert wide.deviation is not None
    assert plain.deviation is not None
    assert wide.deviation.hausdorff_mm == plain.deviation.hausdorff_mm
    assert wide.check.measures["size_mm"][0] == pytest.approx(plain.check.measures["size_mm"][0] + 10.0, abs=0.01)
    record = json.loads((out / "record.json").read_text())
    assert problems(record) == []
    proof = record["proof"]
    assert proof["proven_through"] == 5
    assert [(step["number"], step["operation"]) for step in proof["later_steps"]] == [(6, "widened"), (7, "shifted")]
    assert np.array_equal(proof["to_model"], SHIFT)
    assert np.allclose(np.array(proof["to_patient"]) @ SHIFT, np.eye(4), atol=1e-12)
    # The right half lies where the scan showed it, the left half 10 mm away.
    assert 30.0 < proof["on_proven_percent"] < 70.0
    (told,) = [one for one in record["findings"] if one["code"] == "changed-on-purpose"]
    assert "after step 5 (smooth)" in told["message"]
    assert "6. widened" in told["message"]
    report = (out / "report.html").read_text()
    assert "Held against the scan is the surface after step 5 (smoothing)" in report
    assert "Matrix from the model back" in report
