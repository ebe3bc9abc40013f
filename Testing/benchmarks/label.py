"""Seconds of a label on half a million triangles, beside what Slicer's Engrave effect does, made with VTK's filters.

``python -m Testing.benchmarks.label``
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import trimesh

from PrintPrepLib.mesh import Mesh
from PrintPrepLib.shape.label.step import label

RADIUS = 60.0
TEXT = "Case 0042"
VOXEL_MM = 0.5
DEPTH_MM = 2.0


def _body(count: int) -> Mesh:
    """A skull's size, slightly bumpy."""
    ball = trimesh.creation.uv_sphere(1.0, count=[count, count])
    points = np.asarray(ball.vertices)
    bump = 0.3 * np.sin(40.0 * points[:, 0]) * np.sin(40.0 * points[:, 1]) * np.sin(40.0 * points[:, 2])
    return Mesh(points * (RADIUS + bump)[:, None], np.asarray(ball.faces), "body")


def _timed(what: Callable[[], Any]) -> tuple[Any, float, float]:
    start, used = time.perf_counter(), os.times().user
    out = what()
    return out, time.perf_counter() - start, os.times().user - used


def _engraved_by_voxels(mesh: Mesh) -> Any:
    """As Slicer's Engrave effect: model and flat text on a grid, one taken from the other, and a new surface."""
    from vtkmodules.vtkCommonTransforms import vtkTransform
    from vtkmodules.vtkFiltersCore import vtkFlyingEdges3D, vtkPolyDataNormals, vtkTriangleFilter
    from vtkmodules.vtkFiltersGeneral import vtkTransformPolyDataFilter
    from vtkmodules.vtkFiltersModeling import vtkLinearExtrusionFilter
    from vtkmodules.vtkImagingMath import vtkImageMathematics
    from vtkmodules.vtkRenderingFreeType import vtkVectorText

    text = vtkVectorText()
    text.SetText(TEXT)
    deep = vtkLinearExtrusionFilter()
    deep.SetInputConnection(text.GetOutputPort())
    deep.SetVector(0.0, 0.0, 1.0)
    deep.SetExtrusionTypeToVectorExtrusion()
    triangles = vtkTriangleFilter()
    triangles.SetInputConnection(deep.GetOutputPort())
    place = vtkTransform()
    place.Translate(-30.0, -RADIUS + DEPTH_MM, -4.0)
    place.RotateX(90.0)
    place.Scale(7.5, 7.5, 20.0)
    moved = vtkTransformPolyDataFilter()
    moved.SetInputConnection(triangles.GetOutputPort())
    moved.SetTransform(place)
    normals = vtkPolyDataNormals()
    normals.SetInputConnection(moved.GetOutputPort())
    normals.Update()
    low, high = mesh.bounds
    size = np.ceil((high - low + 4.0) / VOXEL_MM).astype(int)
    body = _on_grid(mesh.to_vtk(), low - 2.0, size)
    letters = _on_grid(normals.GetOutput(), low - 2.0, size)
    less = vtkImageMathematics()
    less.SetOperationToSubtract()
    less.SetInput1Data(body)
    less.SetInput2Data(letters)
    surface = vtkFlyingEdges3D()
    surface.SetInputConnection(less.GetOutputPort())
    surface.SetValue(0, 0.5)
    surface.Update()
    return surface.GetOutput()


def _on_grid(polydata: Any, origin: Any, size: Any) -> Any:
    from vtkmodules.vtkImagingStencil import vtkImageStencilToImage, vtkPolyDataToImageStencil

    stencil = vtkPolyDataToImageStencil()
    stencil.SetInputData(polydata)
    stencil.SetOutputOrigin(*origin)
    stencil.SetOutputSpacing(VOXEL_MM, VOXEL_MM, VOXEL_MM)
    stencil.SetOutputWholeExtent(0, int(size[0]), 0, int(size[1]), 0, int(size[2]))
    image = vtkImageStencilToImage()
    image.SetInputConnection(stencil.GetOutputPort())
    image.SetInsideValue(1.0)
    image.SetOutsideValue(0.0)
    image.SetOutputScalarTypeToFloat()
    image.Update()
    return image.GetOutput()


def main() -> None:
    """Print one line for each way."""
    write = sys.stdout.write
    label(_body(30), text="R")  # compiled code is made ready
    mesh = _body(355)
    write(f"{len(mesh.faces)} triangles, {TEXT!r}\n")
    rows = (
        ("label, place given", lambda: label(mesh, text=TEXT, at_mm=(0, -RADIUS, 0), engrave=True, depth_mm=DEPTH_MM)),
        ("label, place found, raised", lambda: label(_body(355), text=TEXT)),
        ("label with side marks R and L", lambda: label(_body(355), text=TEXT, marks="RL")),
    )
    first = 0.0
    for name, work in rows:
        (out, receipt), wall, user = _timed(work)
        first = first or wall
        depth = receipt.details["labels"][0]["depth_measured_mm"]
        write(
            f"{name:<44} {wall:6.2f} s ({user:.2f} s user), {len(out.faces)} triangles, depth {depth['least']:.2f} to "
            f"{depth['most']:.2f} mm\n"
        )
    surface, wall, user = _timed(lambda: _engraved_by_voxels(mesh))
    write(
        f"{f'engraved by voxels of {VOXEL_MM} mm (VTK)':<44} {wall:6.2f} s ({user:.2f} s user), "
        f"{surface.GetNumberOfPolys()} triangles: the whole surface is new, its depth in steps of {VOXEL_MM} mm\n"
        f"ratio to a given place: {wall / first:.2f}\n"
    )


if __name__ == "__main__":
    main()
