"""What a segmentation node holds: its segments, their state, and their voxels as Slicer stores them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import GeometryError, InputError
from ..finding import Finding, Severity
from ..mesh import FloatArray
from .space import matrix_array, slicer_module
from .volumes import voxels_of

BINARY_LABELMAP = "Binary labelmap"
PREVIEW_ROLE = "SegmentationResultPreview"
"""Under this role the Segment Editor keeps the preview of 'Grow from seeds' and 'Fill between slices'."""
PREVIEWED_EFFECTS = ("Threshold", "Grow from seeds", "Fill between slices")
"""Effects that show a result in the views before it is applied to the segment."""


class SegmentState(Enum):
    """Whether a segment can be used. ``SURFACE`` has to be turned into voxels first, on a copy."""

    READY = "ready"
    EMPTY = "empty"
    SURFACE = "surface only"


@dataclass(frozen=True)
class SegmentInfo:
    """One segment as the panel lists it. ``color`` is 0..1."""

    id: str
    name: str
    color: tuple[float, float, float]
    state: SegmentState


@dataclass(frozen=True, eq=False)
class StoredSegment:
    """One segment as Slicer stores it.

    Attributes
    ----------
    id, name : str
    mask : (k, j, i) bool
        Cropped to the box that Slicer keeps.
    index_to_node : (4, 4)
        Takes (i, j, k) of the scan's lattice, not of the box, to the node's own RAS.
    start_ijk : (3,) int
        Index of the box's first voxel on that lattice.
    from_surface : bool
        True where the voxels were made from a surface, on a copy.
    """

    id: str
    name: str
    mask: npt.NDArray[np.bool_]
    index_to_node: FloatArray
    start_ijk: npt.NDArray[np.int64]
    from_surface: bool


def list_segments(node: Any) -> tuple[SegmentInfo, ...]:
    """List the segments of a segmentation node in their order.

    Raises
    ------
    InputError
        Not a segmentation.
    """
    segmentation = _segmentation(node)
    out = []
    for index in range(segmentation.GetNumberOfSegments()):
        segment = segmentation.GetNthSegment(index)
        red, green, blue = segment.GetColor()
        state = _state(segmentation, segment)
        out.append(SegmentInfo(segmentation.GetNthSegmentID(index), segment.GetName(), (red, green, blue), state))
    return tuple(out)


def chosen_segments(node: Any, segment_ids: Sequence[str] | None) -> tuple[str, ...]:
    """Return the ids that are wanted, all when None.

    Raises
    ------
    InputError
        Not a segmentation, no segment, or an unknown id.
    """
    segmentation = _segmentation(node)
    known = [segmentation.GetNthSegmentID(index) for index in range(segmentation.GetNumberOfSegments())]
    wanted = known if segment_ids is None else [segment_ids] if isinstance(segment_ids, str) else list(segment_ids)
    if not wanted:
        raise InputError(f"'{node.GetName()}' has no segment chosen. Make or choose a segment in the Segment Editor.")
    for one in wanted:
        if one not in known:
            raise InputError(f"'{node.GetName()}' has no segment '{one}' any more. Choose the segment again.")
    return tuple(wanted)


def stored_segment(node: Any, segment_id: str) -> StoredSegment:
    """Return one segment's voxels; the node is not changed.

    Raises
    ------
    InputError
        Unknown segment, or one that cannot be turned into voxels.
    GeometryError
        The segment is empty.
    """
    segmentation = _segmentation(node)
    segment = segmentation.GetSegment(segment_id)
    if segment is None:
        raise InputError(f"'{node.GetName()}' has no segment '{segment_id}' any more. Choose the segment again.")
    name = segment.GetName()
    state = _state(segmentation, segment)
    if state is SegmentState.EMPTY:
        raise GeometryError(f"The segment '{name}' is empty. {_why_empty(node)}")
    if state is SegmentState.SURFACE:
        segment = _rasterized(segmentation, segment_id)
    labelmap = segment.GetRepresentation(BINARY_LABELMAP)
    mask = voxels_of(labelmap) == segment.GetLabelValue()
    if not mask.any():
        raise GeometryError(f"The segment '{name}' is too small to fill a single voxel. Draw it on a finer grid.")
    from vtkmodules.vtkCommonMath import vtkMatrix4x4

    matrix = vtkMatrix4x4()
    labelmap.GetImageToWorldMatrix(matrix)
    low_i, _, low_j, _, low_k, _ = labelmap.GetExtent()
    return StoredSegment(
        segment_id,
        name,
        mask,
        matrix_array(matrix),
        np.array([low_i, low_j, low_k], np.int64),
        state is SegmentState.SURFACE,
    )


def preview_findings(node: Any) -> tuple[Finding, ...]:
    """Tell of results that the Segment Editor shows but has not applied to the segmentation."""
    scene = node.GetScene()
    if scene is None:
        return ()
    found = []
    for index in range(scene.GetNumberOfNodesByClass("vtkMRMLSegmentEditorNode")):
        editor = scene.GetNthNodeByClass(index, "vtkMRMLSegmentEditorNode")
        if editor.GetSegmentationNode() is not node:
            continue
        preview = editor.GetNodeReference(PREVIEW_ROLE)
        effect = editor.GetActiveEffectName() or ""
        if preview is not None and preview.GetSegmentation().GetNumberOfSegments():
            text = f"The Segment Editor shows a result for '{node.GetName()}' that is not applied yet."
        elif effect in PREVIEWED_EFFECTS:
            text = f"The effect '{effect}' is open on '{node.GetName()}': what blinks or shines in the views may not be"
            text += " in the segment yet."
        else:
            continue
        advice = "Press Apply in the Segment Editor, or close the effect, then go on."
        found.append(Finding("preview-not-applied", Severity.WARN, text, advice=advice))
    return tuple(found)


def _segmentation(node: Any) -> Any:
    if node is None or not node.IsA("vtkMRMLSegmentationNode"):
        raise InputError("Choose a segmentation first.")
    return node.GetSegmentation()


def _state(segmentation: Any, segment: Any) -> SegmentState:
    labelmap = segment.GetRepresentation(BINARY_LABELMAP)
    if labelmap is not None:
        scalars = labelmap.GetPointData().GetScalars()
        filled = scalars is not None and scalars.GetNumberOfValues() > 0
        if filled and bool((voxels_of(labelmap) == segment.GetLabelValue()).any()):
            return SegmentState.READY
        if segmentation.GetSourceRepresentationName() == BINARY_LABELMAP:
            return SegmentState.EMPTY
    source = segment.GetRepresentation(segmentation.GetSourceRepresentationName())
    if source is None or (source.IsA("vtkPolyData") and source.GetNumberOfPoints() == 0):
        return SegmentState.EMPTY
    return SegmentState.SURFACE


def _rasterized(segmentation: Any, segment_id: str) -> Any:
    """Return the segment with voxels, on a copy of it alone."""
    slicer = slicer_module()
    register_rules()
    copy = slicer.vtkSegmentation()
    copy.DeepCopy(segmentation)
    for index in reversed(range(copy.GetNumberOfSegments())):
        if copy.GetNthSegmentID(index) != segment_id:
            copy.RemoveSegment(copy.GetNthSegmentID(index))
    segment = copy.GetSegment(segment_id)
    name = segment.GetName()
    made = bool(copy.CreateRepresentation(BINARY_LABELMAP))
    labelmap = segment.GetRepresentation(BINARY_LABELMAP)
    if not made or labelmap is None or not labelmap.GetNumberOfPoints():
        raise InputError(
            f"The segment '{name}' ({segmentation.GetSourceRepresentationName()}) cannot be turned into voxels. In the "
            "Segmentations module create its 'Binary labelmap' representation and make it the source, then try again."
        )
    return segment


def register_rules() -> None:
    """Make sure that Slicer's conversion rules are known: outside the application nobody has registered them."""
    slicer = slicer_module()
    factory = slicer.vtkSegmentationConverterFactory.GetInstance()
    rules = (
        slicer.vtkBinaryLabelmapToClosedSurfaceConversionRule,
        slicer.vtkClosedSurfaceToBinaryLabelmapConversionRule,
    )
    probe = slicer.vtkSegmentationConverter()
    paths = slicer.vtkSegmentationConversionPaths()
    probe.GetPossibleConversions("Closed surface", BINARY_LABELMAP, paths)
    if paths.GetNumberOfPaths() == 0:
        for rule in rules:
            factory.RegisterConverterRule(rule())


def _why_empty(node: Any) -> str:
    if preview_findings(node):
        return "The Segment Editor shows a result that is not applied yet: press Apply there and try again."
    return "Draw or threshold it in the Segment Editor, press Apply there, and try again."
