"""Volume nodes as volumes of the library, with what is known of their source and without identity."""

from __future__ import annotations

from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk

from ..dicom.header import read_header
from ..dicom.judge import series_id
from ..errors import InputError
from ..finding import Finding, Severity
from ..mesh import FloatArray
from ..volume import LabelMap, Source, Volume
from .space import RAS_TO_LPS, axes_at_right_angles, is_rigid, matrix_array, node_to_world, slicer_module

HOUNSFIELD_UNIT = "[hnsf'U]"
"""Code (UCUM) of the unit that Slicer's DICOM loader gives to the values of a CT."""


def volume_from_node(node: Any) -> Volume:
    """Return a volume node as a volume in world LPS, voxel values as they are.

    Parameters
    ----------
    node : vtkMRMLScalarVolumeNode
        Label map volumes give a LabelMap. Transforms above it may turn and move it.

    Raises
    ------
    InputError
        No node, no voxels, color or vector values, axes that are not at right angles, or a transform that bends,
        scales or mirrors.
    """
    if node is None or not node.IsA("vtkMRMLVolumeNode"):
        raise InputError("Choose a volume first.")
    name = node.GetName()
    pixels = node.GetImageData()
    if pixels is None or 0 in pixels.GetDimensions() or pixels.GetPointData().GetScalars() is None:
        raise InputError(f"The volume '{name}' holds no voxels. Load the scan again.")
    if pixels.GetNumberOfScalarComponents() != 1:
        raise InputError(f"The volume '{name}' holds color or vector values. One value per voxel is needed.")
    to_world = node_to_world(node)
    if not is_rigid(to_world):
        raise InputError(
            f"The transform above '{name}' scales, shears or mirrors the scan: its size would no longer be the "
            "patient's. Take the transform away in the Data module and try again."
        )
    image = image_of(voxels_of(pixels), RAS_TO_LPS @ to_world @ _index_to_ras(node), name)
    image, findings = _finite(image)
    source = _source(node, findings)
    if node.IsA("vtkMRMLLabelMapVolumeNode"):
        present = [int(label) for label in np.unique(sitk.GetArrayViewFromImage(image)) if label != 0]
        return LabelMap(image, source, {label: _label_name(node, label) for label in present})
    return Volume(image, source)


def image_of(voxels: npt.NDArray[Any], index_to_lps: FloatArray, name: str) -> sitk.Image:
    """Make an image of voxels (k, j, i) and the matrix (4, 4) from (i, j, k) to LPS; a left-handed one stays so.

    Raises
    ------
    InputError
        Axes not at right angles.
    """
    spacing = np.linalg.norm(index_to_lps[:3, :3], axis=0)
    if not (np.isfinite(index_to_lps).all() and spacing.min() > 0.0 and axes_at_right_angles(index_to_lps)):
        raise InputError(
            f"The axes of '{name}' are not at right angles, as a tilted CT gantry leaves them. Load the scan with "
            "Slicer's 'Acquisition geometry regularization' and harden that transform, or start from the DICOM files "
            "with the command line: PrintPrep removes the tilt."
        )
    image = sitk.GetImageFromArray(np.ascontiguousarray(voxels))
    image.SetSpacing(spacing.tolist())
    image.SetDirection((index_to_lps[:3, :3] / spacing).ravel().tolist())
    image.SetOrigin(index_to_lps[:3, 3].tolist())
    return image


def voxels_of(pixels: Any) -> npt.NDArray[Any]:
    """Return the voxels of VTK image data of one component as a view (k, j, i)."""
    from vtkmodules.util.numpy_support import vtk_to_numpy

    low_i, high_i, low_j, high_j, low_k, high_k = pixels.GetExtent()
    shape = (high_k - low_k + 1, high_j - low_j + 1, high_i - low_i + 1)
    voxels: npt.NDArray[Any] = vtk_to_numpy(pixels.GetPointData().GetScalars()).reshape(shape)
    return voxels


def dicom_uids(node: Any) -> tuple[str, tuple[str, ...]]:
    """Return series UID (empty when unknown) and instance UIDs of a volume node. For hashing, never for showing."""
    instances = tuple((node.GetAttribute("DICOM.instanceUIDs") or "").split())
    series = ""
    tree = _tree_of(node)
    item = 0 if tree is None else tree.GetItemByDataNode(node)
    if item:
        constants = slicer_module().vtkMRMLSubjectHierarchyConstants
        series = tree.GetItemUID(item, constants.GetDICOMUIDName()) or ""
        if not instances:
            instances = tuple((tree.GetItemUID(item, constants.GetDICOMInstanceUIDName()) or "").split())
    return series, instances


def _index_to_ras(node: Any) -> FloatArray:
    from vtkmodules.vtkCommonMath import vtkMatrix4x4

    matrix = vtkMatrix4x4()
    node.GetIJKToRASMatrix(matrix)
    return matrix_array(matrix)


def _source(node: Any, findings: tuple[Finding, ...]) -> Source:
    series, instances = dicom_uids(node)
    header = _header_in_database(instances)
    facts: dict[str, Any] = {"reader": "3D Slicer", "pixel_type": node.GetImageData().GetScalarTypeAsString()}
    if instances:
        facts["slices_in_scene"] = len(instances)
    if header is not None:
        facts = {**header.facts, **facts}
        modality = header.modality
        return Source("dicom", modality, series_id(f"{header.key}|{modality}"), MappingProxyType(facts), findings)
    modality = _modality(node)
    key = series or "instances " + " ".join(sorted(instances))
    if series or instances:
        # With the UID of the series the id is the one that 'printprep scan' gives to its files.
        return Source("dicom", modality, series_id(f"{key}|{modality}"), MappingProxyType(facts), findings)
    return Source("array", modality, "", MappingProxyType(facts), findings)


def _modality(node: Any) -> str:
    tree = _tree_of(node)
    item = 0 if tree is None else tree.GetItemByDataNode(node)
    if item:
        attribute = slicer_module().vtkMRMLSubjectHierarchyConstants.GetDICOMSeriesModalityAttributeName()
        stated = tree.GetItemAttribute(item, attribute)
        if stated:
            return str(stated)
    unit = node.GetVoxelValueUnits() if hasattr(node, "GetVoxelValueUnits") else None
    return "CT" if unit is not None and unit.GetCodeValue() == HOUNSFIELD_UNIT else ""


def _header_in_database(instances: tuple[str, ...]) -> Any:
    """Return the header of one of the files, where Slicer's DICOM database knows it; else None."""
    database = getattr(slicer_module(), "dicomDatabase", None)
    if database is None or not instances or not getattr(database, "isOpen", True):
        return None
    path = database.fileForInstance(instances[0])
    if not path or not Path(path).is_file():
        return None
    header = read_header(Path(path))
    return header if hasattr(header, "facts") else None


def _tree_of(node: Any) -> Any:
    scene = node.GetScene()
    return None if scene is None else slicer_module().vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(scene)


def _label_name(node: Any, label: int) -> str:
    display = node.GetDisplayNode()
    colors = None if display is None else display.GetColorNode()
    name = None if colors is None else colors.GetColorName(label)
    return str(name) if name else f"label {label}"


def _finite(image: sitk.Image) -> tuple[sitk.Image, tuple[Finding, ...]]:
    array = sitk.GetArrayViewFromImage(image)
    if array.dtype.kind != "f":
        return image, ()
    good = np.isfinite(array)
    bad = int(array.size - np.count_nonzero(good))
    if bad == 0:
        return image, ()
    if bad == array.size:
        raise InputError("The volume holds no number at all (only NaN or infinity).")
    low = float(array[good].min())
    repaired = sitk.GetImageFromArray(np.where(good, array, array.dtype.type(low)))
    repaired.CopyInformation(image)
    text = f"{bad} voxels hold no number (NaN or infinity); they were set to the lowest value, {low:g}."
    advice = "Check where they lie: they are treated as background."
    return repaired, (Finding("not-a-number", Severity.WARN, text, bad, 0, "voxels", advice=advice),)
