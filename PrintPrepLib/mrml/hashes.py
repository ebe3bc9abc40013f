"""What a result was made from, as hashes of content: what was only touched, renamed or recolored is not changed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import PrintPrepError
from ..mesh import FloatArray
from .segments import BINARY_LABELMAP, stored_segment
from .space import matrix_array, node_to_world
from .volumes import voxels_of

PLACE_TOLERANCE_MM = 1e-3
"""Corners and points within this are in the same place: saved files round them, to a millionth or so."""
UPWARD = np.array([0.6143, 0.5219, 0.5917])
"""A direction that no image axis stands on by intention."""
MODEL_REACH_MM = 500.0
"""Points so far along the axes tell whether the transform above a model is the same."""


@dataclass(frozen=True, eq=False)
class InputNode:
    """A node that a result is made from; of a segmentation the chosen segments only (None: all)."""

    node: Any
    segment_ids: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Content:
    """What a node holds, as a hash, and where it lies: coordinates in world RAS mm."""

    hash: str
    places_mm: tuple[float, ...]

    def same(self, other: Content) -> bool:
        """True when both hold the same in the same place."""
        return (
            self.hash == other.hash
            and len(self.places_mm) == len(other.places_mm)
            and all(abs(a - b) <= PLACE_TOLERANCE_MM for a, b in zip(self.places_mm, other.places_mm, strict=True))
        )


def content_of(node: Any, segment_ids: Sequence[str] | None = None) -> Content:
    """Return what a node holds and where it lies in the world.

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
    digest, places = hashlib.blake2b(digest_size=16), list[float]()
    try:
        world = node_to_world(node)
    except PrintPrepError:
        digest.update(b"bent")  # no result is made from it
        world = np.eye(4)
    kept = _kept[-1] if _kept else {}
    key = _key_of(node, segment_ids, world)
    if key in kept:
        return kept[key][1]
    if node.IsA("vtkMRMLSegmentationNode"):
        _add_segments(digest, places, node, segment_ids, world)
    elif node.IsA("vtkMRMLVolumeNode"):
        from vtkmodules.vtkCommonMath import vtkMatrix4x4

        matrix = vtkMatrix4x4()
        node.GetIJKToRASMatrix(matrix)
        if node.GetImageData() is not None and node.GetImageData().GetPointData().GetScalars() is not None:
            _add_voxels(digest, places, voxels_of(node.GetImageData()), world @ matrix_array(matrix))
    elif node.IsA("vtkMRMLModelNode"):
        places += _ends(world, (MODEL_REACH_MM,) * 3)
        _add_polydata(digest, node.GetPolyData())
    elif node.IsA("vtkMRMLMarkupsNode"):
        places += _markups(node)
    else:
        raise TypeError(f"no content is known of {node.GetClassName()}")
    content = Content(digest.hexdigest(), tuple(places))
    kept[key] = (node, content)  # the node is held, so that no other can come to lie at its address
    return content


_Key = tuple[Any, ...]
_kept: list[dict[_Key, tuple[Any, Content]]] = []


@contextmanager
def hashing_once() -> Iterator[None]:
    """Within, what was hashed is not hashed again as long as VTK counts no change of it.

    Only for the course of one event of the application: meanwhile no other code writes into nodes, with or without
    telling VTK.
    """
    _kept.append({})
    try:
        yield
    finally:
        _kept.pop()


def _key_of(node: Any, segment_ids: Sequence[str] | None, world: FloatArray) -> _Key:
    data = None
    if node.IsA("vtkMRMLVolumeNode"):
        data = node.GetImageData()
    elif node.IsA("vtkMRMLModelNode"):
        data = node.GetPolyData()
    times = (node.GetMTime(), 0 if data is None else data.GetMTime())
    return (node.__this__, None if segment_ids is None else tuple(segment_ids), times, world.tobytes())


def content_hash(node: Any, segment_ids: Sequence[str] | None = None) -> str:
    """Return one hash of what a node holds and where it lies, to notice a change while the program runs.

    For what was kept in a saved scene :meth:`Content.same` is right: files round places.
    """
    content = content_of(node, segment_ids)
    places = [round(value / PLACE_TOLERANCE_MM) for value in content.places_mm]
    return hashlib.blake2b(f"{content.hash} {places}".encode(), digest_size=16).hexdigest()


def inputs_text(inputs: Sequence[InputNode]) -> str:
    """Return hashes of inputs as JSON, in their order."""
    rows = []
    for one in inputs:
        content = content_of(one.node, one.segment_ids)
        segments = None if one.segment_ids is None else list(one.segment_ids)
        rows.append({"segments": segments, "hash": content.hash, "places_mm": content.places_mm})
    return json.dumps(rows)


def inputs_of(text: str) -> list[tuple[Sequence[str] | None, Content]]:
    """Read what :func:`inputs_text` wrote: the chosen segments and the content of each input."""
    return [(row["segments"], Content(row["hash"], tuple(row["places_mm"]))) for row in json.loads(text)]


def _add_segments(
    digest: Any, places: list[float], node: Any, segment_ids: Sequence[str] | None, world: FloatArray
) -> None:
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
                places += _ends(world, (MODEL_REACH_MM,) * 3)
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
        mask = stored.mask[tuple(slice(int(a), int(b)) for a, b in zip(low, high, strict=True))]
        _add_voxels(digest, places, mask, world @ matrix)


def _add_voxels(digest: Any, places: list[float], voxels: npt.NDArray[Any], matrix: FloatArray) -> None:
    """Add voxels (k, j, i) with every axis turned to one side: Slicer turns left-handed grids round in its files."""
    matrix = matrix.copy()
    for axis in range(3):
        if float(matrix[:3, axis] @ UPWARD) < 0.0:
            voxels = np.flip(voxels, 2 - axis)
            matrix[:3, 3] += matrix[:3, axis] * (voxels.shape[2 - axis] - 1)
            matrix[:3, axis] *= -1.0
    _add(digest, voxels)
    places += _ends(matrix, [n - 1 for n in voxels.shape[::-1]])


def _add_polydata(digest: Any, polydata: Any) -> None:
    from vtkmodules.util.numpy_support import vtk_to_numpy

    if polydata is None or polydata.GetNumberOfPoints() == 0:
        digest.update(b"no points")
        return
    # Files keep single precision: a result read back from a saved scene is the same.
    _add(digest, vtk_to_numpy(polydata.GetPoints().GetData()).astype(np.float32))
    if polydata.GetPolys().GetNumberOfCells():
        _add(digest, vtk_to_numpy(polydata.GetPolys().GetConnectivityArray()).astype(np.int64))


def _markups(node: Any) -> list[float]:
    at, out = [0.0] * 3, list[float]()
    for index in range(node.GetNumberOfControlPoints()):
        node.GetNthControlPointPositionWorld(index, at)
        out += at
    if node.IsA("vtkMRMLMarkupsPlaneNode"):
        axes = [[0.0] * 3 for _ in range(3)]
        node.GetAxesWorld(*axes)
        out += [MODEL_REACH_MM * value for axis in axes for value in axis]
        out += node.GetSizeWorld()
    return out


def _add(digest: Any, array: npt.NDArray[Any]) -> None:
    digest.update(f"{array.shape} {array.dtype.str}".encode())
    digest.update(np.ascontiguousarray(array).data)


def _ends(matrix: FloatArray, size: Sequence[float]) -> list[float]:
    """Return the origin and the ends of the three axes of a grid, (12,) in one list."""
    ends = np.concatenate([np.zeros((1, 3)), np.diag(np.asarray(size, np.float64))])
    points: list[float] = (ends @ matrix[:3, :3].T + matrix[:3, 3]).ravel().tolist()
    return points


def _box(mask: npt.NDArray[np.bool_]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    low, high = [], []
    for axis in range(3):
        hit = np.flatnonzero(mask.any(axis=tuple(other for other in range(3) if other != axis)))
        low.append(int(hit[0]))
        high.append(int(hit[-1]) + 1)
    return np.array(low), np.array(high)
