"""The worked examples of the page on moulds and guides, run on the demo phantom."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from PrintPrepLib.mesh import Mesh
from PrintPrepLib.receipt import measure_mesh
from PrintPrepLib.spatial import index_of
from PrintPrepLib.spatial.sampling import area_samples
from PrintPrepLib.workflow.chain import ChainState, completed, run_chain
from PrintPrepLib.workflow.load import load_scan
from PrintPrepLib.workflow.mould import mould_findings
from PrintPrepLib.workflow.recipe import load_recipe
from Testing.support.demo import demo_scan

RECIPES = Path(__file__).resolve().parents[2] / "Resources" / "recipes"
FIRST_PURPOSEFUL = ("offset", "boolean")


def _made(name: str) -> ChainState:
    scan, _truth = demo_scan()
    recipe = load_recipe(RECIPES / f"{name}.toml")
    names = [call.step.name for call in recipe.steps]
    first = min(names.index(word) for word in FIRST_PURPOSEFUL if word in names)
    assert len(names) - first == 3  # from the anatomy to the device in three steps, as the page says
    return run_chain(completed(recipe, has_segmentation=False), ChainState(volume=load_scan(scan).volume))


def _distances(mesh: Mesh, other: Mesh) -> np.ndarray:
    return index_of(other).signed_distance(area_samples(mesh, 10_000))


def test_mould_opens_and_says_what_cannot_leave() -> None:
    state = _made("mould")
    assert state.assembly is not None
    assert state.proven is not None
    assert state.mesh is not None
    assert len(state.assembly.bodies) == 2
    assert len(state.assembly.pins) >= 2
    assert measure_mesh(state.mesh).parts == 1  # the cavity is open through sprue and vent
    for half in state.assembly.bodies:
        assert (np.abs(_distances(half.mesh, state.proven)) < 1e-3).mean() > 0.05  # it has the cavity's wall
        inside = half.mesh.to_manifold() ^ state.proven.to_manifold()
        assert inside.volume() < 1e-3 * state.proven.volume_mm3
    findings = mould_findings(state)
    assert {finding.code for finding in findings} == {"mould-release"}
    assert any("back" in finding.message and "cannot leave" in finding.message for finding in findings)


@pytest.mark.slow
def test_bolus_lies_on_the_skin_and_is_five_millimeters() -> None:
    state = _made("bolus")
    assert state.mesh is not None
    assert state.proven is not None
    away = _distances(state.mesh, state.proven)
    assert away.min() > -1e-6
    assert away.max() == pytest.approx(5.0, abs=0.1)
    inner, outer = np.abs(away) < 1e-6, np.abs(away - 5.0) < 0.1
    assert inner.mean() > 0.35
    assert outer.mean() > 0.35
    assert measure_mesh(state.mesh).parts == 1


def test_guide_has_its_slot_and_its_room_to_the_bone() -> None:
    state = _made("guide")
    assert state.mesh is not None
    assert state.proven is not None
    measures = measure_mesh(state.mesh)
    assert measures.parts == 1
    assert measures.genus == 1  # the slot
    away = _distances(state.mesh, state.proven)
    assert away.min() == pytest.approx(0.3, abs=0.1)
    assert ((away > 0.2) & (away < 0.4)).mean() > 0.1  # the face on the bone
    middle = state.mesh.to_manifold().slice(-442.0).area()
    above = state.mesh.to_manifold().slice(-440.0).area()
    assert middle < above - 22.0 * 5.0
