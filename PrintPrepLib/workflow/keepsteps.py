"""What a run keeps of its way: the label map or the surface after each step, in files beside its results."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import SimpleITK as sitk

from ..export import OutputFolder, WrittenFile, describe_file, write_mesh
from ..volume import LabelMap
from .chain import ChainState
from .model_files import about_of
from .recipe import StepCall
from .steps import Stage

STEP_FILE = "step_{number:02d}_{step}.vtp"
STEP_LABELS_FILE = "step_{number:02d}_{step}.nrrd"
STEP_KIND = "step"


def keeper(out: OutputFolder, kept: list[WrittenFile]) -> Callable[[int, StepCall, ChainState], None]:
    """Return what writes the label map or the surface after each step, one file for each step's number."""

    def keep(number: int, call: StepCall, state: ChainState) -> None:
        stage = call.stage
        if stage in (Stage.SEGMENT, Stage.LABELS) and state.segmentation is not None:
            path = out.file(STEP_LABELS_FILE.format(number=number, step=call.step.name))
            kept.append(_write_labels(state.segmentation.labels, path))
        if stage in (Stage.SURFACE, Stage.MESH) and state.mesh is not None and not state.mesh.is_empty:
            name = about_of(state.receipts, "").marked(STEP_FILE.format(number=number, step=call.step.name))
            written = write_mesh(state.mesh, out.file(name), plain=True)
            kept.append(replace(written, kind=STEP_KIND))

    return keep


def _write_labels(labels: LabelMap, path: Path) -> WrittenFile:
    image = sitk.Image(labels.image)
    for key in image.GetMetaDataKeys():
        image.EraseMetaData(key)
    sitk.WriteImage(image, str(path), useCompression=True, compressionLevel=1)
    return describe_file(path, STEP_KIND)
