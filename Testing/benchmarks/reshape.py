"""Mirror, place, offset and boolean on 500 thousand triangles, beside what Slicer's filters need in the same run.

Run ``python Testing/benchmarks/reshape.py``. Slicer's surface mirror is VTK's transform and reversed cells; its hollow
and margin on a model is VTK's normals and warp, which crosses itself; its margin on a segment is a distance map of a
label map (SimpleITK) and a new surface. A boolean is VTK's own, or trimesh with manifold3d where it is installed. Ours
measure and write receipts as well.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from PrintPrepLib.mesh import Mesh  # noqa: E402
from PrintPrepLib.plan.place.step import place  # noqa: E402
from PrintPrepLib.shape.boolean.step import Operation, Shape, boolean  # noqa: E402
from PrintPrepLib.shape.grow import offset  # noqa: E402
from PrintPrepLib.shape.mirror.step import mirror  # noqa: E402
from PrintPrepLib.spatial import self_crossings  # noqa: E402
from Testing.benchmarks.cut import resized  # noqa: E402
from Testing.support import shapes  # noqa: E402

GROW_MM = 2.0
CELL_MM = 0.5
Timed = tuple[float, float, Any]


def timed(call: Callable[[], Any]) -> Timed:
    """Seconds on the clock, seconds of the processor, and what came back."""
    wall, cpu = time.perf_counter(), time.process_time()
    out = call()
    return time.perf_counter() - wall, time.process_time() - cpu, out


def vtk_mirror(mesh: Mesh) -> Mesh:
    """As Slicer's surface toolbox mirrors."""
    from vtkmodules.vtkCommonTransforms import vtkTransform
    from vtkmodules.vtkFiltersCore import vtkReverseSense
    from vtkmodules.vtkFiltersGeneral import vtkTransformPolyDataFilter

    turn = vtkTransform()
    turn.Scale(-1.0, 1.0, 1.0)
    filter_ = vtkTransformPolyDataFilter()
    filter_.SetTransform(turn)
    filter_.SetInputData(mesh.to_vtk())
    reverse = vtkReverseSense()
    reverse.SetInputConnection(filter_.GetOutputPort())
    reverse.ReverseCellsOn()
    reverse.Update()
    return Mesh.from_vtk(reverse.GetOutput())


def vtk_warp(mesh: Mesh) -> Mesh:
    """As Slicer's dynamic modeler offsets a surface: along its normals."""
    return mesh.with_vertices(mesh.vertices + GROW_MM * mesh.vertex_normals())


def sitk_margin(mesh: Mesh) -> Any:
    """As a segment is grown: a label map, its distance map and a new surface."""
    import SimpleITK as sitk
    from vtkmodules.vtkFiltersCore import vtkFlyingEdges3D
    from vtkmodules.vtkImagingStencil import vtkImageStencilToImage, vtkPolyDataToImageStencil

    low, high = mesh.bounds
    low, high = low - 2.0 * GROW_MM, high + 2.0 * GROW_MM
    size = np.ceil((high - low) / CELL_MM).astype(int)
    stencil = vtkPolyDataToImageStencil()
    stencil.SetInputData(mesh.to_vtk())
    stencil.SetOutputOrigin(*low)
    stencil.SetOutputSpacing(CELL_MM, CELL_MM, CELL_MM)
    stencil.SetOutputWholeExtent(0, size[0] - 1, 0, size[1] - 1, 0, size[2] - 1)
    image = vtkImageStencilToImage()
    image.SetInputConnection(stencil.GetOutputPort())
    image.SetInsideValue(1)
    image.SetOutsideValue(0)
    image.SetOutputScalarTypeToUnsignedChar()
    image.Update()
    from vtkmodules.util.numpy_support import numpy_to_vtk, vtk_to_numpy
    from vtkmodules.vtkCommonDataModel import vtkImageData

    labels = vtk_to_numpy(image.GetOutput().GetPointData().GetScalars()).reshape(size[::-1])
    grey = sitk.GetImageFromArray(labels)
    grey.SetSpacing([CELL_MM] * 3)
    distance = sitk.SignedMaurerDistanceMap(grey, insideIsPositive=True, squaredDistance=False, useImageSpacing=True)
    out = vtkImageData()
    out.SetDimensions(*map(int, size))
    out.GetPointData().SetScalars(numpy_to_vtk(sitk.GetArrayFromImage(distance).ravel(), deep=True))
    edges = vtkFlyingEdges3D()
    edges.SetInputData(out)
    edges.SetValue(0, -GROW_MM)
    edges.Update()
    return edges.GetOutput()


def vtk_boolean(mesh: Mesh, other: Mesh) -> Mesh:
    """As the boolean of Slicer's own VTK."""
    from vtkmodules.vtkFiltersGeneral import vtkBooleanOperationPolyDataFilter

    filter_ = vtkBooleanOperationPolyDataFilter()
    filter_.SetOperationToDifference()
    filter_.SetInputData(0, mesh.to_vtk())
    filter_.SetInputData(1, other.to_vtk())
    filter_.Update()
    return Mesh.from_vtk(filter_.GetOutput())


def line(name: str, what: str, got: Timed, more: str = "") -> None:
    """One row of the table."""
    print(f"{name:<22} {what:<34} {got[0]:7.2f} s wall {got[1]:7.2f} s CPU  {more}")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--triangles", type=int, default=500_000)
    parser.add_argument("--vtk-boolean", action="store_true", help="takes minutes, and may crash")
    options = parser.parse_args()
    small = shapes.bumpy_sphere(3)
    mirror(small, fit=True)
    offset(small, by_mm=1.0)
    mesh = resized(shapes.bumpy_sphere(6), options.triangles)
    print(f"bumpy ball of {len(mesh.faces):,} triangles")
    plane = (1.0, 2.0, 3.0, 1.0, 0.2, 0.1)
    line("mirror", "PrintPrep, about a plane", timed(lambda: mirror(mesh, plane=plane)))
    line("mirror", "VTK transform and reverse", timed(lambda: vtk_mirror(mesh)))
    line("mirror", "PrintPrep, plane fitted", timed(lambda: mirror(mesh, fit=True)))
    line("place", "PrintPrep, largest flat face", timed(lambda: place(mesh)))
    grown = timed(lambda: offset(mesh, by_mm=GROW_MM, cell_mm=CELL_MM))
    measured = grown[2][1].details["measured_mm"]
    line("offset 2 mm", "PrintPrep", grown, f"measured {measured['min']:.3f} to {measured['max']:.3f} mm")
    warped = timed(lambda: vtk_warp(mesh))
    line("offset 2 mm", "along the normals", warped, f"{len(self_crossings(warped[2]).faces)} triangles cross")
    line("offset 2 mm", "label map, SimpleITK distance map", timed(lambda: sitk_margin(mesh)))
    box = {"at_mm": (20.0, 0.0, 0.0), "size_mm": (30.0, 8.0, 8.0)}
    cut = timed(lambda: boolean(mesh, operation=Operation.DIFFERENCE, shape=Shape.BOX, **box))
    line("boolean, box", "PrintPrep, proven", cut)
    other = shapes.box((30.0, 8.0, 8.0), (20.0, 0.0, 0.0))
    try:
        line("boolean, box", "trimesh with manifold3d", timed(lambda: mesh.to_trimesh().difference(other.to_trimesh())))
    except Exception as error:  # a peer that cannot is told, whatever its reason
        print(f"boolean, box: trimesh could not ({type(error).__name__})")
    if options.vtk_boolean:
        line("boolean, box", "VTK", timed(lambda: vtk_boolean(mesh, shapes.box((30.0, 8.0, 8.0), (20.0, 0.0, 0.0), 4))))


if __name__ == "__main__":
    main()
