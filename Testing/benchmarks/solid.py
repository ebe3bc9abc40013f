"""Seconds of ``solid`` and ``details`` beside what others do to the same end, on one mesh, in one run.

``python -m Testing.benchmarks.solid [MESH] [--max-hole MM] [--no-peers]``: without a mesh, a hollow ball of half a
million triangles with twelve holes and three slots. The peers: SimpleITK's binary closing and Slicer's way of
margin-out and margin-in by distance map, both on the label map of the mesh; vtkFillHolesFilter and trimesh's
fill_holes, which only know open edges. For each: seconds (wall and CPU), tunnels of the result, and how far the outside
moved.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import SimpleITK as sitk

from PrintPrepLib.export import read_mesh
from PrintPrepLib.mesh import Mesh
from PrintPrepLib.receipt import measure_mesh
from PrintPrepLib.shape.details.step import Do, details
from PrintPrepLib.shape.solid.step import Intent, solid
from PrintPrepLib.spatial.change import change_between
from Testing.support.pierced import pierced_ball

VOXEL_MM = 0.5
HALF_A_MILLION = 500_000


def label_map(mesh: Mesh, voxel: float, room: float) -> sitk.Image:
    """The mesh as a label map with room round it."""
    from vtkmodules.util.numpy_support import vtk_to_numpy
    from vtkmodules.vtkCommonDataModel import vtkImageData
    from vtkmodules.vtkImagingStencil import vtkImageStencil, vtkPolyDataToImageStencil

    low, high = mesh.bounds[0] - room, mesh.bounds[1] + room
    image = vtkImageData()
    image.SetOrigin(*low)
    image.SetSpacing(voxel, voxel, voxel)
    image.SetDimensions(*np.ceil((high - low) / voxel).astype(int))
    image.AllocateScalars(3, 1)
    image.GetPointData().GetScalars().Fill(1)
    cut = vtkPolyDataToImageStencil()
    cut.SetInputData(mesh.to_vtk())
    cut.SetInformationInput(image)
    stencil = vtkImageStencil()
    stencil.SetInputData(image)
    stencil.SetStencilConnection(cut.GetOutputPort())
    stencil.SetBackgroundValue(0)
    stencil.Update()
    out = stencil.GetOutput()
    array = vtk_to_numpy(out.GetPointData().GetScalars()).reshape(out.GetDimensions()[::-1])
    label = sitk.GetImageFromArray(array)
    label.SetSpacing([voxel] * 3)
    label.SetOrigin(low.tolist())
    return label


def surface_of(label: sitk.Image) -> Mesh:
    """Surface of a label map by flying edges."""
    from vtkmodules.util.numpy_support import numpy_to_vtk
    from vtkmodules.vtkCommonDataModel import vtkImageData
    from vtkmodules.vtkFiltersCore import vtkFlyingEdges3D

    array = sitk.GetArrayFromImage(label)
    image = vtkImageData()
    image.SetOrigin(*label.GetOrigin())
    image.SetSpacing(*label.GetSpacing())
    image.SetDimensions(*array.shape[::-1])
    image.GetPointData().SetScalars(numpy_to_vtk(array.ravel().astype(np.uint8)))
    edges = vtkFlyingEdges3D()
    edges.SetInputData(image)
    edges.SetValue(0, 0.5)
    edges.Update()
    return Mesh.from_vtk(edges.GetOutput())


def closing(mesh: Mesh, size: float) -> Mesh:
    """SimpleITK's binary closing with a ball: what Slicer's Smoothing effect does."""
    label = label_map(mesh, VOXEL_MM, size)
    return surface_of(sitk.BinaryMorphologicalClosing(label, [round(0.5 * size / VOXEL_MM)] * 3, sitk.sitkBall))


def margins(mesh: Mesh, size: float) -> Mesh:
    """Margin out and in by distance map."""
    label = label_map(mesh, VOXEL_MM, size)
    grown = sitk.SignedMaurerDistanceMap(label, squaredDistance=False, useImageSpacing=True) < 0.5 * size
    back = sitk.SignedMaurerDistanceMap(grown == 0, squaredDistance=False, useImageSpacing=True) > 0.5 * size
    return surface_of(sitk.Cast(back, sitk.sitkUInt8))


def vtk_fill(mesh: Mesh, size: float) -> Mesh:
    """Call vtkFillHolesFilter."""
    from vtkmodules.vtkFiltersModeling import vtkFillHolesFilter

    fill = vtkFillHolesFilter()
    fill.SetInputData(mesh.to_vtk())
    fill.SetHoleSize(size)
    fill.Update()
    return Mesh.from_vtk(fill.GetOutput())


def trimesh_fill(mesh: Mesh, size: float) -> Mesh:
    """Call trimesh's fill_holes; it takes no size."""
    body = mesh.to_trimesh()
    body.fill_holes()
    return Mesh.from_trimesh(body)


def told(name: str, mesh: Mesh, work: Callable[[], Mesh]) -> float:
    """Run, print a line, return the seconds."""
    wall, cpu = time.perf_counter(), time.process_time()
    out = work()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    moved = change_between(mesh, out)
    print(
        f"{name:28s} {wall:7.2f} s  {cpu:7.2f} s CPU  tunnels {measure_mesh(mesh).genus} -> {measure_mesh(out).genus}  "
        f"95 % of the surface within {moved.p95_mm:.3f} mm  {len(out.faces)} triangles"
    )
    return wall


def fine_ball() -> Mesh:
    """The pierced ball with its triangles divided until there are half a million."""
    body = pierced_ball().mesh.to_trimesh()
    while len(body.faces) < HALF_A_MILLION / 2:
        body = body.subdivide()
    return Mesh.from_trimesh(body)


def main() -> None:
    """Run all of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("mesh", type=Path, nargs="?")
    parser.add_argument("--max-hole", type=float, default=4.0)
    parser.add_argument("--no-peers", action="store_true")
    options = parser.parse_args()
    mesh = fine_ball() if options.mesh is None else read_mesh(options.mesh)
    size = options.max_hole
    solid(pierced_ball().mesh, max_hole_mm=4.0)  # compiles what numba compiles
    details(pierced_ball().mesh, action=Do.THICKEN)
    print(f"{len(mesh.faces)} triangles; openings up to {size:g} mm; label maps of {VOXEL_MM:g} mm")

    def fresh() -> Mesh:
        """A mesh of which nothing is known yet."""
        return Mesh(mesh.vertices, mesh.faces, mesh.name)

    ours = 0.0
    for intent in Intent:
        seconds = told(f"solid {intent.value}", mesh, lambda i=intent: solid(fresh(), intent=i, max_hole_mm=size)[0])
        ours = ours or seconds
    for process in ("fdm", "sla"):
        for do in Do:
            name = f"details {do.value}, {process}"
            told(name, mesh, lambda d=do, p=process: details(fresh(), action=d, process=p)[0])
    if options.no_peers:
        return
    for name, peer in (
        ("SimpleITK binary closing", closing),
        ("margins by distance map", margins),
        ("vtkFillHolesFilter", vtk_fill),
        ("trimesh fill_holes", trimesh_fill),
    ):
        seconds = told(name, mesh, lambda peer=peer: peer(mesh, size))
        print(f"{'':28s} {seconds / ours:.2f} of the seconds of solid close-holes")


if __name__ == "__main__":
    main()
