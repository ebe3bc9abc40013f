"""Slicer's module, its RAS axes, and the transforms above a node."""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np

from ..errors import InputError, MissingPackageError
from ..finding import Finding, Severity
from ..mesh import FloatArray

RAS_TO_LPS = np.diag([-1.0, -1.0, 1.0, 1.0])
"""A half turn about the long axis of the body: its own inverse, and triangles keep their winding."""

RIGID_TOLERANCE = 1e-5
"""Lengths and right angles of a rigid transform are right to this share: 0.005 mm over half a meter."""


def slicer_module() -> Any:
    """Return the module ``slicer``.

    Raises
    ------
    MissingPackageError
        This does not run in 3D Slicer.
    """
    try:
        return importlib.import_module("slicer")
    except ImportError as error:
        raise MissingPackageError(
            "This needs 3D Slicer: run it in Slicer's Python console, or use the command line instead."
        ) from error


def matrix_array(matrix: Any) -> FloatArray:
    """Return a vtkMatrix4x4 as an array (4, 4)."""
    return np.array([[matrix.GetElement(row, column) for column in range(4)] for row in range(4)])


def vtk_matrix(array: FloatArray) -> Any:
    """Return an array (4, 4) as a vtkMatrix4x4."""
    from vtkmodules.vtkCommonMath import vtkMatrix4x4

    matrix = vtkMatrix4x4()
    for row in range(4):
        for column in range(4):
            matrix.SetElement(row, column, float(array[row, column]))
    return matrix


def node_to_world(node: Any) -> FloatArray:
    """Return the matrix (4, 4) from a node's own RAS to world RAS, all transforms above it together.

    Raises
    ------
    InputError
        One of the transforms bends space.
    """
    parent = node.GetParentTransformNode()
    if parent is None:
        return np.eye(4)
    if not parent.IsTransformToWorldLinear():
        raise InputError(
            f"'{node.GetName()}' lies under the transform '{parent.GetName()}', which bends space. Right-click it in "
            "the Data module and choose 'Harden transform' (better on a copy), look at the result, then try again."
        )
    from vtkmodules.vtkCommonMath import vtkMatrix4x4

    matrix = vtkMatrix4x4()
    parent.GetMatrixTransformToWorld(matrix)
    array = matrix_array(matrix)
    if not np.isfinite(array).all() or abs(np.linalg.det(array[:3, :3])) < RIGID_TOLERANCE:
        raise InputError(
            f"The transform '{parent.GetName()}' above '{node.GetName()}' flattens space. Correct or remove it."
        )
    return array


def is_rigid(matrix: FloatArray) -> bool:
    """True for a matrix (4, 4) that only turns and moves."""
    turn = matrix[:3, :3]
    return bool(np.abs(turn.T @ turn - np.eye(3)).max() <= RIGID_TOLERANCE and np.linalg.det(turn) > 0.0)


def transform_findings(node: Any) -> tuple[Finding, ...]:
    """Tell what the transforms above a node do to size and sides; empty when they only turn and move.

    Raises
    ------
    InputError
        One of them bends space.
    """
    matrix = node_to_world(node)
    if is_rigid(matrix):
        return ()
    name = f"The transform above '{node.GetName()}'"
    advice = "If that was not meant, take the transform away in the Data module and try again."
    sizes = np.linalg.svd(matrix[:3, :3], compute_uv=False)
    found = []
    if np.linalg.det(matrix[:3, :3]) < 0.0:
        text = f"{name} mirrors: left and right are exchanged, the model is not this patient's anatomy."
        found.append(Finding("mirrored-by-transform", Severity.WARN, text, advice=advice))
    if np.abs(sizes - 1.0).max() > RIGID_TOLERANCE:
        text = (
            f"{name} changes the size: lengths are multiplied by {sizes.min():.4g} to {sizes.max():.4g}. "
            "The model is not the patient's size."
        )
        worst = float(sizes[np.abs(sizes - 1.0).argmax()])
        found.append(Finding("scaled-by-transform", Severity.WARN, text, worst, 1.0, "times", advice=advice))
    return tuple(found)


def axes_at_right_angles(index_to_space: FloatArray) -> bool:
    """True when the columns of a matrix (4, 4) from voxel indices stand on one another."""
    columns = index_to_space[:3, :3] / np.linalg.norm(index_to_space[:3, :3], axis=0)
    return bool(np.abs(columns.T @ columns - np.eye(3)).max() <= RIGID_TOLERANCE)


def points_to_world_lps(points: FloatArray, to_world: FloatArray) -> FloatArray:
    """Take points (n, 3) from a node's own RAS to world LPS."""
    matrix = RAS_TO_LPS @ to_world
    return np.asarray(np.asarray(points, np.float64) @ matrix[:3, :3].T + matrix[:3, 3])


def flip(point: Any) -> tuple[float, float, float]:
    """Take one point or direction from RAS to LPS, or back."""
    r, a, s = (float(value) for value in point)
    return -r + 0.0, -a + 0.0, s + 0.0
