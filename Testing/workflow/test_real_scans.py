"""Real scans through the whole chain, with the figures that others measured on them, and outsiders as judges."""

from __future__ import annotations

import atexit
import math
import shutil
import tempfile
import zipfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from PrintPrepLib.dicom import scan_folder
from PrintPrepLib.receipt import LabelMeasures, Receipt
from PrintPrepLib.topology import is_closed_manifold
from PrintPrepLib.workflow.recipe import Recipe, load_preset, parse_recipe
from PrintPrepLib.workflow.run import RunRequest, RunResult, run
from Testing.support.data import data_path
from Testing.support.judges import admesh_facts, meshlab_facts, prusa_info, prusa_slice

pytestmark = pytest.mark.slow

LAYER_MM = 0.7
NOZZLE_MM = 1.0
ONE_WALL = ("--perimeters=1", "--fill-density=0%", "--top-solid-layers=0", "--bottom-solid-layers=1")
"""PrusaSlicer is asked for closed layers to the full height, not for a print: one line round each layer is enough."""
ON_A_TIP = ("brain",)
"""Their lowest point is narrower than a line, so that PrusaSlicer wants a raft under the first layer."""
RAFT = ("--raft-layers=2",)
RAFT_HIGHEST_MM = 3.0


@dataclass(frozen=True)
class Case:
    """A scan, its lower bound in HU (None: the soft-tissue preset), and the model's volume in ml where it is known."""

    file: str
    lower: float | None
    largest_ml: float | None = None


CASES = {
    "plastic skull": Case("ct/ct_skull_phantom_jpegls_dicom.zip", 300.0, 391.2),
    "tilted head": Case("ct/ct_head_gantry_tilt_ge_dicom.zip", 226.0),
    "cranium": Case("ct/ct_cranium_human.nrrd", 226.0, 594.3),
    "thorax with metal": Case("ct/cta_thorax_metal.nii.gz", 226.0),
    "brain": Case("ct/mr_brain_colin27_1mm.nii.gz", None),
}


@cache
def _session_folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="printprep-real-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


@cache
def _source(name: str) -> Path:
    path = data_path(CASES[name].file)
    if path.suffix != ".zip":
        return path
    folder = _session_folder() / f"{name} scan"
    with zipfile.ZipFile(path) as archive:
        archive.extractall(folder)
    return folder


def _recipe(case: Case) -> Recipe:
    if case.lower is None:
        return load_preset("soft-tissue")
    text = load_preset("bone").to_toml()
    assert 'preset = "bone"' in text
    return parse_recipe(text.replace('preset = "bone"', f"lower_hu = {case.lower}"))


@cache
def _ran(name: str) -> tuple[RunResult, Path]:
    source = _source(name)
    folder = _session_folder() / name
    return run(RunRequest(source, folder, _recipe(CASES[name]), pictures=False)), folder / "model.stl"


def _receipt(result: RunResult, operation: str) -> Receipt:
    return next(receipt for receipt in result.receipts if receipt.operation == operation)


@pytest.mark.parametrize("name", list(CASES))
def test_scan_becomes_a_sound_model(name: str) -> None:
    result, _ = _ran(name)
    assert is_closed_manifold(result.mesh)
    assert result.check.measures["parts"] == 1 or result.check.measures["self_intersections"] == 0
    assert result.check.measures["open_edges"] == 0
    assert result.check.measures["non_manifold_edges"] == 0
    assert result.check.measures["self_intersections"] == 0
    assert result.deviation is not None
    voxel = max(result.segmentation.labels.spacing_mm)
    assert result.deviation.forward.p95_mm < 0.5 * voxel


@pytest.mark.parametrize("name", list(CASES))
def test_outsiders_find_nothing(name: str) -> None:
    _, model = _ran(name)
    info = prusa_info(model)
    assert info.manifold
    assert info.open_edges == 0
    facts = admesh_facts(model)
    assert (facts.disconnected, facts.added, facts.reversed_facets) == (0, 0, 0)
    assert meshlab_facts(model).self_intersecting_faces == 0


@pytest.mark.parametrize("name", list(CASES))
def test_prusa_slicer_slices_it_to_the_full_height(name: str) -> None:
    result, model = _ran(name)
    raft = name in ON_A_TIP
    sliced = prusa_slice(model, LAYER_MM, nozzle_mm=NOZZLE_MM, options=ONE_WALL + (RAFT if raft else ()))
    assert sliced.returncode == 0, sliced.warnings
    height = float(result.mesh.size_mm[2]) + (RAFT_HIGHEST_MM if raft else 0.0)
    assert height - (RAFT_HIGHEST_MM if raft else 0.0) - 1.5 * LAYER_MM < sliced.top_z_mm < height + 1.5 * LAYER_MM


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case.largest_ml is not None])
def test_largest_piece_before_smoothing_has_its_known_volume(name: str) -> None:
    result, _ = _ran(name)
    after = _receipt(result, "islands").after
    assert isinstance(after, LabelMeasures)
    assert after.volume_mm3 / 1000.0 == pytest.approx(CASES[name].largest_ml, rel=0.01)


def test_tilted_head_has_its_true_height_and_no_shear() -> None:
    (series,) = [s for s in scan_folder(_source("tilted head")).series if s.slices == 28]
    assert series.tilt_deg == pytest.approx(18.5, abs=0.1)
    assert series.height_mm == pytest.approx(151.9, abs=0.1)  # along the table
    result, _ = _ran("tilted head")
    volume = result.volume
    steps = volume.shape_ijk[2] - 1
    across = 151.9 * math.cos(math.radians(18.5))  # at right angles to the slices, as the grid lies
    assert steps * volume.spacing_mm[2] == pytest.approx(across, abs=0.2)
    codes = {finding.code for finding in result.findings}
    assert {"gantry-tilt", "uneven-steps"} <= codes


def test_clipped_and_metal_scans_are_told() -> None:
    cranium, thorax = _ran("cranium")[0], _ran("thorax with metal")[0]
    assert cranium.segmentation.clipped
    codes = {f.code: f.severity.value for f in thorax.findings}
    assert codes["metal"] in ("warn", "fail")
    assert thorax.segmentation.clipped
