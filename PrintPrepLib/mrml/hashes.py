"""What a result was made from, as hashes of content: what was only touched, renamed or recolored is not changed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import PrintPrepError
from ..mesh import FloatArray
from .segments import BINARY_LABELMAP, stored_segment
from .space import matrix_array, node_to_world
from .volumes import voxels_of

PLACE_DIGITS = 6
"""Matrices are compared to a millionth of a millimeter: what a saved file keeps of them."""


@dataclass(frozen=True, eq=False)
class InputNode:
    """A node that a result is made from; of a segmentation the chosen segments only (None: all)."""

    node: Any
    segment_ids: tuple[str, ...] | None = None


def content_hash(node: Any, segment_ids: Sequence[str] | None = None) -> str:
    """Return a hash of what a node holds and where it lies in the world.

    Parameters
    ----------
    node : vtkMRMLSegmentationNode, vtkMRMLVolumeNode, vtkMRMLModelNode or vtkMRMLMarkupsNode
    segment_ids : sequence of str, optional
        Of a segmentation; all when left out.

    Raises
    ------
    TypeError
        Another kind of node.
    """
    digest = hashlib.blake2b(digest_size=16)
    try:
        place = _rounded(node_to_world(node))
    except PrintPrepError:
        place = np.full((4, 4), np.nan)  # a transform that bends space: no result is made from it
    if node.IsA("vtkMRMLSegmentationNode"):
        _add_segments(digest, node, segment_ids, place)
    elif node.IsA("vtkMRMLVolumeNode"):
        from vtkmodules.vtkCommonMath import vtkMatrix4x4

        matrix = vtkMatrix4x4()
        node.GetIJKToRASMatrix(matrix)
        _add(digest, _rounded(place @ matrix_array(matrix)))
        if node.GetImageData() is not None and node.GetImageData().GetPointData().GetScalars() is not None:
            _add(digest, voxels_of(node.GetImageData()))
    elif node.IsA("vtkMRMLModelNode"):
        _add(digest, place)
        _add_polydata(digest, node.GetPolyData())
    elif node.IsA("vtkMRMLMarkupsNode"):
        _add_markups(digest, node)
    else:
        raise TypeError(f"no content is known of {node.GetClassName()}")
    return digest.hexdigest()


def inputs_text(inputs: Sequence[InputNode]) -> str:
    """Return hashes of inputs as JSON, in their order."""
    rows = [
        {
            "segments": None if one.segment_ids is None else list(one.segment_ids),
            "hash": content_hash(one.node, one.segment_ids),
        }
        for one in inputs
    ]
    return json.dumps(rows)


def _add_segments(digest: Any, node: Any, segment_ids: Sequence[str] | None, place: FloatArray) -> None:
    segmentation = node.GetSegmentation()
    count = segmentation.GetNumberOfSegments()
    wanted = [segmentation.GetNthSegmentID(index) for index in range(count)] if segment_ids is None else segment_ids
    for one in wanted:
        digest.update(f"segment {one}".encode())
        segment = segmentation.GetSegment(one)
        if segment is None:
            digest.update(b"removed")
            continue
        source = segmentation.GetSourceRepresentationName()
        if source != BINARY_LABELMAP:  # before it is turned into voxels, which takes long
            data = segment.GetRepresentation(source)
            if data is not None and data.IsA("vtkPolyData"):
                _add(digest, place)
                _add_polydata(digest, data)
                continue
        try:
            stored = stored_segment(node, one)
        except PrintPrepError:
            digest.update(b"empty")
            continue
        # Slicer keeps larger or smaller boxes of the same voxels: the box of the structure alone counts.
        low, high = _box(stored.mask)
        corner = stored.index_to_node @ np.append((low[::-1] + stored.start_ijk).astype(np.float64), 1.0)
        matrix = stored.index_to_node.copy()
        matrix[:, 3] = corner
        _add(digest, _rounded(place @ matrix))
        _add(digest, stored.mask[tuple(slice(int(a), int(b)) for a, b in zip(low, high, strict=True))])


def _add_polydata(digest: Any, polydata: Any) -> None:
    from vtkmodules.util.numpy_support import vtk_to_numpy

    if polydata is None or polydata.GetNumberOfPoints() == 0:
        digest.update(b"no points")
        return
    # Files keep single precision: a result read back from a saved scene is the same.
    _add(digest, vtk_to_numpy(polydata.GetPoints().GetData()).astype(np.float32))
    if polydata.GetPolys().GetNumberOfCells():
        _add(digest, vtk_to_numpy(polydata.GetPolys().GetConnectivityArray()).astype(np.int64))


def _add_markups(digest: Any, node: Any) -> None:
    at = [0.0] * 3
    for index in range(node.GetNumberOfControlPoints()):
        node.GetNthControlPointPositionWorld(index, at)
        _add(digest, _rounded(np.array(at)))
    if node.IsA("vtkMRMLMarkupsPlaneNode"):
        axes = [[0.0] * 3 for _ in range(3)]
        node.GetAxesWorld(*axes)
        _add(digest, _rounded(np.array([*axes, [*node.GetSizeWorld(), 0.0]])))


def _add(digest: Any, array: npt.NDArray[Any]) -> None:
    digest.update(f"{array.shape} {array.dtype.str}".encode())
    digest.update(np.ascontiguousarray(array).data)


def _rounded(array: FloatArray) -> FloatArray:
    return np.asarray(np.round(array, PLACE_DIGITS) + 0.0)


def _box(mask: npt.NDArray[np.bool_]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    low, high = [], []
    for axis in range(3):
        hit = np.flatnonzero(mask.any(axis=tuple(other for other in range(3) if other != axis)))
        low.append(int(hit[0]))
        high.append(int(hit[-1]) + 1)
    return np.array(low), np.array(high)
