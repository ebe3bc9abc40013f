"""What a reader found in a mesh file, before it is judged, converted and welded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from .model_part import PartOf
from .units import Units

MAX_CORNERS = 10_000
"""A polygon with more corners is a damaged file, not a model."""


class UnreadableError(Exception):
    """A file is not what its name says; the text completes the sentence "'model.stl' ..." and says what to do."""


@dataclass(frozen=True)
class Parsed:
    """Raw content of a mesh file.

    Attributes
    ----------
    vertices : (n, 3) float64
        As written in the file.
    faces : (m, 3) int64
        Vertex indices; not yet checked.
    space : str
        ``"LPS"`` or ``"RAS"``, as the file states it; LPS where it states nothing.
    units : Units or None
        Units that the file itself states (3MF), None where the format has none.
    scalars : mapping of str to (n,) float64
        Values at the vertices.
    name : str
        Name that the file gives the model, empty if none.
    parts : tuple of PartOf
        Which faces are which part, where the file tells parts apart; empty elsewhere.
    facts : mapping of str to str
        What the file says about the model.
    colors : (n, 3) uint8 or None
        Colors at the vertices, where the file has them.
    """

    vertices: npt.NDArray[np.float64]
    faces: npt.NDArray[np.int64]
    space: str = "LPS"
    units: Units | None = None
    scalars: Mapping[str, npt.NDArray[np.float64]] = field(default_factory=lambda: MappingProxyType({}))
    name: str = ""
    parts: tuple[PartOf, ...] = ()
    facts: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    colors: npt.NDArray[np.uint8] | None = None


def stated_space(text: bytes) -> str:
    """Return the axes that a header or comment states with Slicer's ``SPACE=`` tag, LPS when there is none."""
    return "RAS" if b"SPACE=RAS" in text.upper() else "LPS"


def numbers(text: bytes, what: str) -> npt.NDArray[np.float64]:
    """Turn white-space separated numbers into an array.

    Raises
    ------
    UnreadableError
        Something in between is not a number.
    """
    words = text.split()
    try:
        return np.array(words, np.float64)
    except ValueError as error:
        bad = next((word for word in words if not _is_number(word)), b"?").decode("latin-1")[:30]
        shown = "".join(c if c.isprintable() else "?" for c in bad)
        raise UnreadableError(
            f"holds '{shown}' where a number is needed among its {what}; it is damaged. Export the model again."
        ) from error


def triangulate(
    vertices: npt.NDArray[np.float64], counts: npt.NDArray[np.int64], corners: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    """Cut polygons into triangles, in their order.

    Quads are cut along the diagonal that keeps both halves facing the same way; larger polygons are cut as a fan,
    and by ear clipping (VTK) where a fan would fold over.

    Parameters
    ----------
    vertices : (n, 3) float64
        Points.
    counts : (p,) int64
        Corners of each polygon; polygons with fewer than three are dropped.
    corners : (sum(counts),) int64
        Vertex indices, polygon after polygon.

    Returns
    -------
    (m, 3) int64
        Triangles.
    """
    check_indices(corners, len(vertices))
    if len(counts) and counts.max() > MAX_CORNERS:
        raise UnreadableError(f"holds a polygon with {counts.max()} corners; the file is damaged. Export it again.")
    if (counts == 3).all():
        return corners.reshape(-1, 3)
    start = np.concatenate([[0], np.cumsum(counts)[:-1]])
    first_row = np.concatenate([[0], np.cumsum(np.maximum(counts - 2, 0))])
    out = np.empty((int(first_row[-1]), 3), np.int64)
    for size in np.unique(counts[counts >= 3]).tolist():
        chosen = np.flatnonzero(counts == size)
        polygons = corners[start[chosen][:, None] + np.arange(size)]
        fan = np.stack(
            [np.repeat(polygons[:, :1], size - 2, axis=1), polygons[:, 1:-1], polygons[:, 2:]], axis=2
        )  # (p, size - 2, 3)
        if size > 3:
            for index in np.flatnonzero(_folds(vertices, fan)).tolist():
                fan[index] = _other_cut(vertices, polygons[index], fan[index])
        rows = first_row[chosen][:, None] + np.arange(size - 2)
        out[rows] = fan
    return out


def check_indices(corners: npt.NDArray[np.int64], count: int) -> None:
    """Refuse faces that use vertices which the file does not hold."""
    if corners.size == 0:
        return
    low, high = int(corners.min()), int(corners.max())
    if low < 0 or high >= count:
        bad = high if high >= count else low
        raise UnreadableError(
            f"has a face that uses vertex number {bad}, but holds only {count} vertices (counted from 0); "
            "the file is damaged. Export the model again."
        )


def _is_number(word: bytes) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True


def _folds(vertices: npt.NDArray[np.float64], fan: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    points = vertices[fan]
    cross = np.cross(points[:, :, 1] - points[:, :, 0], points[:, :, 2] - points[:, :, 0])
    total = cross.sum(axis=1, keepdims=True)
    return np.asarray(((cross * total).sum(axis=2) < 0).any(axis=1))


def _other_cut(
    vertices: npt.NDArray[np.float64], polygon: npt.NDArray[np.int64], fan: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    if len(polygon) == 4:
        a, b, c, d = polygon.tolist()
        return np.array([[a, b, d], [b, c, d]], np.int64)
    from vtkmodules.vtkCommonCore import vtkIdList
    from vtkmodules.vtkCommonDataModel import vtkPolygon

    cell: Any = vtkPolygon()
    cell.GetPointIds().SetNumberOfIds(len(polygon))
    cell.GetPoints().SetNumberOfPoints(len(polygon))
    for index, vertex in enumerate(polygon.tolist()):
        cell.GetPointIds().SetId(index, index)
        cell.GetPoints().SetPoint(index, *vertices[vertex].tolist())
    ids = vtkIdList()
    if not cell.EarCutTriangulation(ids, 0) or ids.GetNumberOfIds() != 3 * (len(polygon) - 2):
        return fan
    cut = np.array([ids.GetId(k) for k in range(ids.GetNumberOfIds())], np.int64)
    return np.asarray(polygon[cut].reshape(-1, 3))
