"""How fast and how exact a wall of 2 mm comes out, beside others: python Testing/benchmarks/hollow.py [model.stl ...].

The others, in the same run: what 3D Slicer's Hollow effect does (the model as voxels, binary erosion by a distance map
with SimpleITK, the result's surface by Flying Edges) on voxels of 0.5 mm, and MeshLib's offset, as an outside judge,
where it is installed. Of each the distance of its inner surface from the model's outer one is measured in the same way.
"""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import SimpleITK as sitk

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from PrintPrepLib.check.raster import inside_voxels
from PrintPrepLib.export.read import read_mesh
from PrintPrepLib.mesh import Mesh
from PrintPrepLib.shape.hollow.step import hollow
from PrintPrepLib.shape.hollow.voids import without_voids
from PrintPrepLib.spatial import exact_weld, index_of
from PrintPrepLib.surface.extract import closed_surface
from PrintPrepLib.volume import Volume
from Testing.support import shapes

WALL_MM = 2.0
VOXEL_MM = 0.5
MOST_POINTS = 100_000


def cases() -> Iterator[Mesh]:
    """A smooth body of known size, one of 330 thousand triangles, and files that were named."""
    yield shapes.sphere(30.0, subdivisions=6)
    yield shapes.bumpy_sphere(7, radius=60.0, height=3.0)
    for name in sys.argv[1:]:
        yield without_voids(exact_weld(read_mesh(Path(name))))[0].with_name(Path(name).name)


def ours(mesh: Mesh) -> tuple[Mesh, str]:
    """The whole step, with drains, measures and traps; the inner surface alone is compared."""
    out, receipt = hollow(mesh, wall_mm=WALL_MM, process="sla")
    outer = {point.tobytes() for point in mesh.vertices}
    inner = np.array([point.tobytes() not in outer for point in out.vertices])
    drains = [np.array(drain["at_mm"]) for drain in receipt.details["drains"]]
    for at in drains:
        inner &= np.linalg.norm(out.vertices - at, axis=1) > 6.0
    return Mesh(out.vertices, out.faces[inner[out.faces].all(axis=1)], "ours"), f"{len(drains)} drains"


def voxels(mesh: Mesh) -> tuple[Mesh, str]:
    """Slicer's way: voxels, those farther than the wall from the outside, their surface."""
    low, high = mesh.bounds
    size = np.ceil((high - low) / VOXEL_MM).astype(int) + 8
    first = low - 4.0 * VOXEL_MM
    solid = inside_voxels((mesh.vertices - first) / VOXEL_MM, mesh, (int(size[2]), int(size[1]), int(size[0])))
    image = sitk.GetImageFromArray(solid.astype(np.uint8))
    image.SetSpacing([VOXEL_MM] * 3)
    image.SetOrigin(first.tolist())
    depth = sitk.SignedMaurerDistanceMap(image, insideIsPositive=True, squaredDistance=False, useImageSpacing=True)
    inner = sitk.Cast(depth > WALL_MM, sitk.sitkFloat32) - 0.5
    return closed_surface(Volume(inner), subvoxel=False), f"voxels {VOXEL_MM:g} mm"


def meshlib(mesh: Mesh) -> tuple[Mesh, str]:
    """MeshLib's offset inward."""
    from meshlib import mrmeshnumpy as mn
    from meshlib import mrmeshpy as mr

    source = mn.meshFromFacesVerts(mesh.faces, mesh.vertices)
    asked = mr.OffsetParameters()
    asked.voxelSize = VOXEL_MM
    done = mr.offsetMesh(source, -WALL_MM, asked)
    return Mesh(mn.getNumpyVerts(done).astype(float), mn.getNumpyFaces(done.topology), "meshlib"), ""


def main() -> None:
    """Print a row for each case and way."""
    print("| model | triangles | by | s | CPU s | wall min | 1 % | middle | 99 % | max | inner triangles | |")
    print("|---|---|---|---|---|---|---|---|---|---|---|---|")
    hollow(shapes.sphere(10.0), wall_mm=WALL_MM)  # compiled code is loaded once
    ways: list[tuple[str, Callable[[Mesh], tuple[Mesh, str]]]] = [
        ("printprep hollow", ours), ("SimpleITK voxels", voxels), ("MeshLib offset", meshlib)
    ]  # fmt: skip
    for mesh in cases():
        for name, way in ways:
            fresh = Mesh(mesh.vertices, mesh.faces, mesh.name)
            wall, cpu = time.perf_counter(), time.process_time()
            try:
                inner, words = way(fresh)
            except ImportError:
                continue
            wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
            used = inner.vertices[inner.used_vertices]
            points = used[:: max(1, len(used) // MOST_POINTS)]
            far = index_of(mesh).closest(points).distance_mm
            row = [f"{value:.3f}" for value in np.percentile(far, [0, 1, 50, 99, 100])]
            print(
                f"| {mesh.name} | {len(mesh.faces)} | {name} | {wall:.1f} | {cpu:.1f} | {' | '.join(row)} | "
                f"{len(inner.faces)} | {words} |",
                flush=True,
            )
    print(f"Most memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000.0:.0f} MB")


if __name__ == "__main__":
    main()
