"""Wall of 1 mm round a lumen, beside the way through voxels: python Testing/benchmarks/wall.py [lumen.stl ...].

The peer is what Slicer's Segment Editor does (Hollow, or Margin and subtract): the lumen as a label map, a margin of
whole millimeters by a distance map (SimpleITK), the difference as a new label, its surface by Flying Edges. Both are
measured by the same measure: distance from the lumen to the outer surface.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import SimpleITK as sitk
from vtkmodules.util.numpy_support import numpy_to_vtk, vtk_to_numpy
from vtkmodules.vtkCommonDataModel import vtkImageData
from vtkmodules.vtkFiltersGeneral import vtkDiscreteFlyingEdges3D
from vtkmodules.vtkImagingStencil import vtkImageStencil, vtkPolyDataToImageStencil

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from PrintPrepLib.export.read import read_mesh
from PrintPrepLib.mesh import Mesh
from PrintPrepLib.shape.wall.ends import OpenEnds
from PrintPrepLib.shape.wall.step import wall
from PrintPrepLib.spatial import index_of
from Testing.support import vessels

WALL_MM = 1.0
VOXELS_MM = (0.5, 0.25)


def cases() -> Iterator[Mesh]:
    """Lumens with a known truth, the largest of half a million triangles; and those that were named."""
    yield vessels.bent_tube(rings=200, around=64)
    yield vessels.bent_tube(rings=1500, around=166).with_name("bent tube, fine")
    yield vessels.fork(cell=0.25)
    for name in sys.argv[1:]:
        yield read_mesh(Path(name)).with_name("given")


def by_voxels(lumen: Mesh, voxel: float) -> Mesh:
    """The outer surface of a wall that is made of voxels."""
    low = lumen.bounds[0] - WALL_MM - 3.0 * voxel
    size = np.ceil((lumen.bounds[1] + WALL_MM + 3.0 * voxel - low) / voxel).astype(int) + 1
    image = vtkImageData()
    image.SetDimensions(*size.tolist())
    image.SetSpacing(voxel, voxel, voxel)
    image.SetOrigin(*low.tolist())
    image.GetPointData().SetScalars(numpy_to_vtk(np.ones(int(np.prod(size)), np.uint8)))
    stencil = vtkPolyDataToImageStencil()
    stencil.SetInputData(lumen.to_vtk())
    stencil.SetOutputOrigin(image.GetOrigin())
    stencil.SetOutputSpacing(image.GetSpacing())
    stencil.SetOutputWholeExtent(image.GetExtent())
    cut = vtkImageStencil()
    cut.SetInputData(image)
    cut.SetStencilConnection(stencil.GetOutputPort())
    cut.ReverseStencilOff()
    cut.SetBackgroundValue(0)
    cut.Update()
    label = vtk_to_numpy(cut.GetOutput().GetPointData().GetScalars()).reshape(size[::-1])
    blood = sitk.GetImageFromArray(label)
    blood.SetSpacing((voxel,) * 3)
    away = sitk.SignedMaurerDistanceMap(blood, insideIsPositive=False, squaredDistance=False, useImageSpacing=True)
    grown = sitk.GetArrayFromImage(away) <= WALL_MM
    image.GetPointData().SetScalars(numpy_to_vtk(grown.astype(np.uint8).ravel()))
    surface = vtkDiscreteFlyingEdges3D()
    surface.SetInputData(image)
    surface.SetValue(0, 1)
    surface.Update()
    return Mesh.from_vtk(surface.GetOutput())


def within(lumen: Mesh, outer: Mesh) -> tuple[float, float, float]:
    """Thinnest and thickest wall, and the share within 0.1 mm, at the lumen's corners away from its ends."""
    away = index_of(outer).closest(lumen.vertices).distance_mm
    return float(away.min()), float(np.percentile(away, 99)), float((np.abs(away - WALL_MM) <= 0.1).mean())


def main() -> None:
    """Print a row for each lumen and way."""
    wall(vessels.straight_tube(), thickness_mm=WALL_MM, open_ends=OpenEnds.AUTO)  # compiled code is loaded
    print("| lumen | triangles | way | thinnest, mm | 99 %, mm | within 0.1 mm | open ends | s | CPU s |")
    print("|---|---|---|---|---|---|---|---|---|")
    for lumen in cases():
        rows = []
        wall_s, cpu_s = time.perf_counter(), time.process_time()
        _, receipt = wall(lumen, thickness_mm=WALL_MM, open_ends=OpenEnds.AUTO)
        wall_s, cpu_s = time.perf_counter() - wall_s, time.process_time() - cpu_s
        found = receipt.details["wall"]
        rows.append(("PrintPrep", found["min_mm"], found["p99_mm"], found["within_share"],
                     len(receipt.details["ends"]), wall_s, cpu_s))  # fmt: skip
        for voxel in VOXELS_MM:
            wall_s, cpu_s = time.perf_counter(), time.process_time()
            outer = by_voxels(lumen, voxel)
            wall_s, cpu_s = time.perf_counter() - wall_s, time.process_time() - cpu_s
            rows.append((f"voxels of {voxel:g} mm, SimpleITK", *within(lumen, outer), 0, wall_s, cpu_s))
        for way, thin, most, share, ends, wall_s, cpu_s in rows:
            print(f"| {lumen.name} | {len(lumen.faces)} | {way} | {thin:.3f} | {most:.3f} | {share:.2%} | {ends} | "
                  f"{wall_s:.1f} | {cpu_s:.1f} |")  # fmt: skip


if __name__ == "__main__":
    main()
