"""The phantom as a volume in the scene: made by the library, no network."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any

SIZE = (64, 128, 128)
"""Slices, rows, columns: made in a few seconds."""
NAME = "PrintPrep phantom"
HOUNSFIELD = ("[hnsf'U]", "UCUM", "Hounsfield unit")


def phantom_volume(scene: Any, size: tuple[int, int, int] = SIZE, name: str = NAME) -> Any:
    """Scan the phantom, and add it to a scene as a CT volume."""
    import SimpleITK as sitk

    from PrintPrepLib.dicom import best_series, read_series, scan_folder
    from PrintPrepLib.phantom import make_demo

    folder = Path(tempfile.mkdtemp(prefix="printprep-"))
    try:
        make_demo(folder / "scan", size=size)
        series, _reason = best_series(scan_folder(folder / "scan"))
        volume = read_series(series)
        sitk.WriteImage(volume.image, str(folder / "phantom.nrrd"))
        node = _read(scene, folder / "phantom.nrrd", name)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return node


def _read(scene: Any, path: Path, name: str) -> Any:
    import slicer

    node = scene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", name)
    storage = slicer.vtkMRMLVolumeArchetypeStorageNode()
    storage.SetFileName(str(path))
    if not storage.ReadData(node):
        scene.RemoveNode(node)
        raise RuntimeError("the phantom could not be read back")
    unit = slicer.vtkCodedEntry()
    unit.SetValueSchemeMeaning(*HOUNSFIELD)
    node.SetVoxelValueUnits(unit)
    node.CreateDefaultDisplayNodes()
    return node
