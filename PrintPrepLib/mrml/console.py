"""From a segmentation node to an STL file in one call, for Slicer's Python console."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..check import CheckResult
from ..errors import InputError
from ..export import WrittenFile, read_mesh, write_mesh
from ..finding import Finding, Severity
from ..mesh import Mesh
from ..progress import Progress, part, silent
from ..receipt import Receipt
from ..workflow.chain import ChainState, completed, run_chain
from ..workflow.model_files import about_of
from ..workflow.proof import check_proof, proof_of
from ..workflow.recipe import Recipe, parse_recipe
from .labels import segmentation_from_node

PLAIN_RECIPE = """schema = "printprep-recipe/1"
[[step]]
do = "surface"
[[step]]
do = "smooth"
bound_voxels = 0.5
[[step]]
do = "repair"
"""
"""The segments as they are, smoothed by less than half a voxel, every piece kept, closed and untangled."""


@dataclass(frozen=True, eq=False)
class StlResult:
    """What was written, what was done to it, and whether it is ready to print."""

    file: WrittenFile
    mesh: Mesh
    receipts: tuple[Receipt, ...]
    findings: tuple[Finding, ...]
    check: CheckResult

    @property
    def ready(self) -> bool:
        """True when nothing failed the check."""
        return all(finding.severity is not Severity.FAIL for finding in self.findings)


def segmentation_to_stl(
    node: Any,
    path: Path | str,
    *,
    segment_ids: Sequence[str] | None = None,
    recipe: Recipe | None = None,
    progress: Progress = silent,
) -> StlResult:
    """Turn segments into a checked STL file, LPS millimeters in world coordinates.

    Parameters
    ----------
    node : vtkMRMLSegmentationNode
        It is not changed.
    path : path
        Ends with ``.stl``.
    segment_ids : sequence of str, optional
        All segments together when left out.
    recipe : Recipe, optional
        Steps on the segmentation and its surface, none that cuts; by default :data:`PLAIN_RECIPE`.

    Raises
    ------
    InputError
        Nothing usable is chosen, the recipe cuts, or the name is not that of an STL file.
    GeometryError
        A segment is empty.
    """
    if Path(path).suffix.lower() != ".stl":
        raise InputError(f"'{Path(path).name}' is not the name of an STL file. Let it end with .stl.")
    segmentation, receipt, told = segmentation_from_node(node, segment_ids)
    chosen = completed(recipe or parse_recipe(PLAIN_RECIPE), has_segmentation=True)
    state = ChainState(segmentation=segmentation, receipts=(receipt,))
    state = run_chain(chosen, state, progress=part(progress, 0.0, 0.7))
    if state.assembly is not None or state.mesh is None:
        raise InputError("The recipe cuts the model: one STL file cannot hold the parts. Leave the cut out.")
    about = about_of(state.receipts, "")
    final = Path(path).with_name(about.marked(Path(path).name))
    file = write_mesh(state.mesh, final, about=about, progress=part(progress, 0.7, 0.8))
    mesh = read_mesh(final)  # what the file holds is what is checked
    proof = proof_of(state, mesh)
    checked = check_proof(proof, state, recipe=chosen, progress=part(progress, 0.8, 1.0))
    return StlResult(file, mesh, state.receipts, (*told, *checked.findings, *proof.findings(about)), checked)
