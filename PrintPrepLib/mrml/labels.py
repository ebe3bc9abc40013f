"""Segments as label maps and segmentations of the library, in world coordinates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..errors import InputError
from ..finding import Finding, Severity
from ..receipt import Receipt
from ..segment.ready_labels import from_label_map
from ..segment.segmentation import Segmentation
from ..volume import LabelMap, Source, Volume
from .lattice import lattice_for, on_lattice, source_volume_node, unsheared
from .segments import StoredSegment, chosen_segments, preview_findings, stored_segment
from .space import RAS_TO_LPS, axes_at_right_angles, node_to_world, transform_findings
from .volumes import image_of, volume_from_node


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
    lattice, whole = lattice_for(node, volume_node, stored)
    if not whole:
        text = "It is not known how far the scan reached: whether the structure is cut off at its edge is not judged."
        findings.append(Finding("field-of-view-unknown", Severity.INFO, text))
    voxels = np.zeros(lattice.size[::-1], np.uint8 if len(stored) < 256 else np.uint16)
    overlap = 0
    for label, one in enumerate(stored, 1):
        mask, at, exact = on_lattice(one, lattice)
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
        image = unsheared(voxels, index_to_lps)
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
