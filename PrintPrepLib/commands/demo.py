"""``printprep demo``."""

from __future__ import annotations

import argparse
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import ExportError
from ..phantom import DemoTruth, Variant, make_demo
from ..progress import part
from ..workflow.recipe import Recipe, load_preset, make_call
from ..workflow.run import RunRequest, RunResult, run
from ..workflow.steps import STEPS
from .console import Console
from .run import summary

SCAN_FOLDER = "scan"
RESULT_FOLDER = "result"


def add_arguments(parser: argparse.ArgumentParser, name: str) -> None:
    """Declare the options."""
    parser.add_argument(
        "-o", "--output", metavar="DIR", type=Path, required=True, help="new folder for scan and result"
    )
    parser.add_argument(
        "--variant",
        choices=[variant.value for variant in Variant],
        default=Variant.PLAIN.value,
        help="what is the matter with the scan",
    )


def execute(options: argparse.Namespace, console: Console) -> int:
    """Make the scan, run the chain on it, and hold the result against the truth."""
    folder: Path = options.output
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ExportError(f"'{folder.name}' is there already and not empty. Choose a new folder.")
    existed = folder.exists()
    try:
        truth = make_demo(
            folder / SCAN_FOLDER, variant=Variant(options.variant), progress=part(console.progress, 0.0, 0.3)
        )
        request = RunRequest(folder / SCAN_FOLDER, folder / RESULT_FOLDER, recipe_for(truth), use="demonstration")
        result = run(request, progress=part(console.progress, 0.3, 1.0))
    except BaseException:
        _remove(folder, existed)
        raise
    accuracy = accuracy_against(truth, result)
    lines = summary(result, folder / RESULT_FOLDER)
    lines.append(
        f"Against the phantom's true shape: mean {accuracy['mean_mm']:.3f} mm ({accuracy['mean_voxels']:.3f} voxel), "
        f"95 % {accuracy['p95_mm']:.3f} mm ({accuracy['p95_voxels']:.3f} voxel), "
        f"volume {accuracy['volume_percent']:+.2f} %"
    )
    data = {**result.to_dict(), "truth": truth.to_dict(), "accuracy": accuracy}
    console.result(data, lines)
    return 0 if result.ready else 1


def recipe_for(truth: DemoTruth) -> Recipe:
    """Return the bone preset with the phantom's own threshold, half way between its bone and its soft tissue."""
    recipe = load_preset("bone")
    threshold = make_call(STEPS["threshold"], {"lower_hu": truth.threshold_hu}, "demo")
    return replace(recipe, steps=(threshold, *recipe.steps[1:]))


def accuracy_against(truth: DemoTruth, result: RunResult) -> dict[str, Any]:
    """Measure the model against the phantom's analytic surface, at every vertex and triangle center."""
    mesh = result.mesh
    points = np.concatenate([mesh.vertices, mesh.triangles.mean(axis=1)])
    distance = np.abs(truth.shape.signed_distance(points))
    voxel = float(max(result.volume.spacing_mm))
    mean, p95 = float(distance.mean()), float(np.percentile(distance, 95))
    return {
        "mean_mm": mean,
        "p95_mm": p95,
        "max_mm": float(distance.max()),
        "mean_voxels": mean / voxel,
        "p95_voxels": p95 / voxel,
        "voxel_mm": voxel,
        "volume_percent": 100.0 * (mesh.volume_mm3 / truth.volume_mm3 - 1.0),
    }


def _remove(folder: Path, existed: bool) -> None:
    """Take away what was made; the folder itself only if it was not there before."""
    if not folder.exists():
        return
    for name in (SCAN_FOLDER, RESULT_FOLDER):
        shutil.rmtree(folder / name, ignore_errors=True)
    if not existed and not any(folder.iterdir()):
        folder.rmdir()
