"""Segments as label maps and segmentations of the library, in world coordinates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk

from ..errors import InputError
from ..finding import Finding, Severity
from ..mesh import FloatArray
from ..receipt import Receipt
from ..segment.ready_labels import from_label_map
from ..segment.segmentation import MARGIN_VOXELS, Segmentation
from ..volume import LabelMap, Source, Volume
from .segments import StoredSegment, chosen_segments, preview_findings, stored_segment
from .space import RAS_TO_LPS, axes_at_right_angles, matrix_array, node_to_world, slicer_module, transform_findings
from .volumes import image_of, volume_from_node

LATTICE_TOLERANCE_VOXELS = 1e-3
"""Two lattices are one when their voxel centers differ by less than this share of a voxel."""
MOST_VOXELS = 2_000_000_000
"""A larger grid was not meant: it would fill the memory."""


@dataclass(frozen=True, eq=False)
class SegmentsInSpace:
    """Chosen segments on one grid in world LPS, and what is to be told about them.

    Attributes
    ----------
    labels : LabelMap
        Segments have the labels 1, 2, ... in the order asked for; where two overlap the later one has the voxel.
    volume : Volume or None
        The scan that they were drawn on, where it is in the scene; None where the grids differ.
    findings : tuple of Finding
        Transforms that scale or mirror, unapplied previews, resampling, overlaps.
    """

    labels: LabelMap
    volume: Volume | None
    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class _Lattice:
    """A whole grid: (4, 4) from its indices to the node's RAS, and its size i, j, k."""

    matrix: FloatArray
    size: tuple[int, int, int]


def source_volume_node(node: Any) -> Any:
    """Return the volume node that a segmentation was drawn on, None when it is not in the scene."""
    role = slicer_module().vtkMRMLSegmentationNode.GetReferenceImageGeometryReferenceRole()
    return node.GetNodeReference(role)


def labels_from_node(
    node: Any, segment_ids: Sequence[str] | None = None, *, volume_node: Any = None
) -> SegmentsInSpace:
    """Return segments as a label map in world LPS, on the whole grid of the scan they were drawn on.

    Parameters
    ----------
    node : vtkMRMLSegmentationNode
        Any linear transform may be above it. It is not changed.
    segment_ids : sequence of str, optional
        Ids, not names; all segments when left out.
    volume_node : vtkMRMLScalarVolumeNode, optional
        The scan; by default the one that the segmentation refers to.

    Raises
    ------
    InputError
        No such segment, a transform that bends space.
    GeometryError
        A segment is empty.
    """
    ids = chosen_segments(node, segment_ids)
    to_world = node_to_world(node)
    findings = [*transform_findings(node), *preview_findings(node)]
    stored = [stored_segment(node, one) for one in ids]
    findings += [_rasterized_finding(one) for one in stored if one.from_surface]
    volume, told = _volume(node, volume_node)
    findings += told
    lattice, whole = _lattice(node, volume_node, stored)
    if not whole:
        text = "It is not known how far the scan reached: whether the structure is cut off at its edge is not judged."
        findings.append(Finding("field-of-view-unknown", Severity.INFO, text))
    voxels = np.zeros(lattice.size[::-1], np.uint8 if len(stored) < 256 else np.uint16)
    overlap = 0
    for label, one in enumerate(stored, 1):
        mask, at, exact = _on_lattice(one, lattice)
        if not exact:
            findings.append(_resampled_finding(one.name, "lies on another grid than the others"))
        view = voxels[tuple(slice(a, a + n) for a, n in zip(at, mask.shape, strict=True))]
        overlap += int(np.count_nonzero(view[mask]))
        view[mask] = label
    if overlap:
        text = f"The chosen segments overlap in {overlap} voxels; there the later segment in the list has the voxel."
        findings.append(Finding("segments-overlap", Severity.INFO, text, overlap, unit="voxels"))
    index_to_lps = RAS_TO_LPS @ to_world @ lattice.matrix
    if axes_at_right_angles(index_to_lps):
        image = image_of(voxels, index_to_lps, node.GetName())
    else:
        image = _unsheared(voxels, index_to_lps)
        findings.append(_resampled_finding(node.GetName(), "is sheared by the transform above it"))
    source = Source("array", series_id="" if volume is None else volume.source.series_id)
    labels = LabelMap(image, source, {number: one.name for number, one in enumerate(stored, 1)})
    if volume is not None and not volume.same_grid(labels):
        volume = None
        text = "The segments do not lie on the grid of the scan: the surface follows them without its gray values."
        findings.append(Finding("other-grid", Severity.INFO, text))
    return SegmentsInSpace(labels, volume, tuple(findings))


def segmentation_from_node(
    node: Any, segment_ids: Sequence[str] | None = None, *, volume_node: Any = None
) -> tuple[Segmentation, Receipt, tuple[Finding, ...]]:
    """Return one segment, or several taken together, as a segmentation of the library in world LPS.

    Parameters and errors are those of :func:`labels_from_node`; its findings come along, and the receipt of taking
    over the label map names the segments.
    """
    found = labels_from_node(node, segment_ids, volume_node=volume_node)
    segmentation, receipt = from_label_map(found.labels, grey=found.volume)
    names = [found.labels.names[label] for label in sorted(found.labels.names)]
    name = names[0] if len(names) == 1 else " + ".join(names)
    named = replace(segmentation, labels=replace(segmentation.labels, names={1: name}))
    warnings = [finding.message for finding in found.findings if finding.severity is Severity.WARN]
    notes = [finding.message for finding in found.findings if finding.severity is not Severity.WARN]
    return (
        named,
        replace(
            receipt,
            operation="from segment",
            parameters={"segments": names},
            notes=(*receipt.notes, *notes),
            warnings=(*receipt.warnings, *warnings),
            details={**receipt.details, "name": name},
        ),
        found.findings,
    )


def _volume(node: Any, volume_node: Any) -> tuple[Volume | None, list[Finding]]:
    volume_node = volume_node if volume_node is not None else source_volume_node(node)
    if volume_node is None:
        text = "The scan that the segments were drawn on is not in the scene: its gray values are not used."
        return None, [Finding("no-scan", Severity.INFO, text)]
    try:
        volume = volume_from_node(volume_node)
    except InputError as error:
        return None, [Finding("scan-not-usable", Severity.WARN, f"The scan is not used. {error}")]
    return volume, list(volume.source.findings)


def _lattice(node: Any, volume_node: Any, stored: Sequence[StoredSegment]) -> tuple[_Lattice, bool]:
    """Return the grid for the label map, and whether it is that of the whole scan."""
    candidates = [_stated_lattice(node), _volume_lattice(volume_node or source_volume_node(node))]
    for lattice in candidates:
        if lattice is not None and all(_fits(one, lattice) for one in stored):
            return lattice, True
    base = stored[0].index_to_node
    corners = np.concatenate([_corner_indices(one, base) for one in stored])
    low = np.floor(corners.min(axis=0) + 0.5).astype(np.int64) - MARGIN_VOXELS - 1
    high = np.ceil(corners.max(axis=0) - 0.5).astype(np.int64) + MARGIN_VOXELS + 2
    size = high - low
    if float(np.prod(size.astype(np.float64))) > MOST_VOXELS:
        raise InputError(f"The segments of '{node.GetName()}' lie too far apart for one grid. Take them one by one.")
    matrix = base.copy()
    matrix[:3, 3] = base[:3, :3] @ low + base[:3, 3]
    i, j, k = (int(n) for n in size)
    return _Lattice(matrix, (i, j, k)), False


def _stated_lattice(node: Any) -> _Lattice | None:
    """Return the geometry that Slicer keeps for the segmentation itself."""
    slicer = slicer_module()
    name = slicer.vtkSegmentationConverter.GetReferenceImageGeometryParameterName()
    text = node.GetSegmentation().GetConversionParameter(name)
    if not text:
        return None
    image = slicer.vtkOrientedImageData()
    if not slicer.vtkSegmentationConverter.DeserializeImageGeometry(text, image, False):
        return None
    from vtkmodules.vtkCommonMath import vtkMatrix4x4

    matrix = vtkMatrix4x4()
    image.GetImageToWorldMatrix(matrix)
    extent = image.GetExtent()
    return _shifted(matrix_array(matrix), extent)


def _volume_lattice(volume_node: Any) -> _Lattice | None:
    if volume_node is None or volume_node.GetImageData() is None:
        return None
    from vtkmodules.vtkCommonMath import vtkMatrix4x4

    matrix = vtkMatrix4x4()
    volume_node.GetIJKToRASMatrix(matrix)
    return _shifted(matrix_array(matrix), volume_node.GetImageData().GetExtent())


def _shifted(matrix: FloatArray, extent: Sequence[int]) -> _Lattice | None:
    low = np.array(extent[::2])
    i, j, k = (int(b) - int(a) + 1 for a, b in zip(extent[::2], extent[1::2], strict=True))
    if min(i, j, k) < 1:
        return None
    moved = matrix.copy()
    moved[:3, 3] = matrix[:3, :3] @ low + matrix[:3, 3]
    return _Lattice(moved, (i, j, k))


def _offset(one: StoredSegment, matrix: FloatArray) -> npt.NDArray[np.int64] | None:
    """Return where the box begins (i, j, k) on another lattice, None when the voxels do not fall together."""
    relation = np.linalg.solve(matrix, one.index_to_node)
    reach = float(max(one.mask.shape))
    if np.abs(relation[:3, :3] - np.eye(3)).max() * reach > LATTICE_TOLERANCE_VOXELS:
        return None
    start = relation[:3, :3] @ one.start_ijk + relation[:3, 3]
    whole = np.rint(start)
    return None if np.abs(start - whole).max() > LATTICE_TOLERANCE_VOXELS else whole.astype(np.int64)


def _fits(one: StoredSegment, lattice: _Lattice) -> bool:
    start = _offset(one, lattice.matrix)
    if start is None:
        return False
    for axis in range(3):
        hit = np.flatnonzero(one.mask.any(axis=tuple(other for other in range(3) if other != 2 - axis)))
        if hit[0] + start[axis] < 0 or hit[-1] + start[axis] >= lattice.size[axis]:
            return False
    return True


def _on_lattice(one: StoredSegment, lattice: _Lattice) -> tuple[npt.NDArray[np.bool_], tuple[int, int, int], bool]:
    """Return the mask, where it begins (k, j, i) on the lattice, and whether every voxel was taken over as it is."""
    start = _offset(one, lattice.matrix)
    if start is not None:
        low = np.maximum(start, 0)
        high = np.minimum(start + np.array(one.mask.shape[::-1]), np.array(lattice.size))
        cut = tuple(slice(int(a), int(b)) for a, b in zip((low - start)[::-1], (high - start)[::-1], strict=True))
        i, j, k = (int(value) for value in low)
        return one.mask[cut], (k, j, i), True
    image = sitk.GetImageFromArray(one.mask.astype(np.uint8))
    box = one.index_to_node.copy()
    box[:3, 3] = one.index_to_node[:3, :3] @ one.start_ijk + one.index_to_node[:3, 3]
    return _nearest(image, np.asarray(np.linalg.solve(box, lattice.matrix), np.float64), lattice.size), (0, 0, 0), False


def _nearest(image: sitk.Image, index_to_index: FloatArray, size: tuple[int, int, int]) -> npt.NDArray[np.bool_]:
    """Ask an image in its own index space at the places of another grid; each takes the nearest voxel."""
    transform = sitk.AffineTransform(3)
    transform.SetMatrix(index_to_index[:3, :3].ravel().tolist())
    transform.SetTranslation(index_to_index[:3, 3].tolist())
    grid = sitk.Image(list(size), sitk.sitkUInt8)
    out = sitk.GetArrayFromImage(sitk.Resample(image, grid, transform, sitk.sitkNearestNeighbor, 0))
    return np.asarray(out != 0)


def _unsheared(voxels: npt.NDArray[Any], index_to_lps: FloatArray) -> sitk.Image:
    """Resample labels of a sheared grid on an upright one of the same finest spacing, nearest voxel."""
    size = np.array(voxels.shape[::-1])
    corners = np.array(np.meshgrid(*[(-0.5, n - 0.5) for n in size])).reshape(3, -1).T
    world = corners @ index_to_lps[:3, :3].T + index_to_lps[:3, 3]
    spacing = float(np.linalg.norm(index_to_lps[:3, :3], axis=0).min())
    low, count = world.min(axis=0), np.ceil(np.ptp(world, axis=0) / spacing).astype(np.int64) + 1
    if float(np.prod(count.astype(np.float64))) > MOST_VOXELS:
        raise InputError("The transform above the segmentation shears it so far that no grid holds it. Correct it.")
    target = np.diag([spacing, spacing, spacing, 1.0])
    target[:3, 3] = low
    transform = sitk.AffineTransform(3)
    relation = np.linalg.solve(index_to_lps, target)
    transform.SetMatrix(relation[:3, :3].ravel().tolist())
    transform.SetTranslation(relation[:3, 3].tolist())
    grid = sitk.Image([int(n) for n in count], sitk.sitkUInt8)
    image = sitk.Resample(sitk.GetImageFromArray(voxels), grid, transform, sitk.sitkNearestNeighbor, 0)
    image.SetSpacing([spacing] * 3)
    image.SetOrigin(low.tolist())
    return image


def _corner_indices(one: StoredSegment, base: FloatArray) -> FloatArray:
    ends = [(a, a + n - 1) for a, n in zip(one.start_ijk, one.mask.shape[::-1], strict=True)]
    corners = np.array(np.meshgrid(*ends)).reshape(3, -1).T
    relation = np.linalg.solve(base, one.index_to_node)
    return np.asarray(corners @ relation[:3, :3].T + relation[:3, 3])


def _rasterized_finding(one: StoredSegment) -> Finding:
    size = " x ".join(f"{value:.2f}" for value in np.linalg.norm(one.index_to_node[:3, :3], axis=0))
    text = (
        f"The segment '{one.name}' was a surface, not voxels: it was turned into voxels of {size} mm on a copy. Detail "
        "finer than that is lost; your segmentation was not changed."
    )
    return Finding("segment-from-surface", Severity.WARN, text)


def _resampled_finding(name: str, why: str) -> Finding:
    text = f"'{name}' {why}: it was resampled, and its surface may be off by half a voxel."
    return Finding("segment-resampled", Severity.WARN, text)
