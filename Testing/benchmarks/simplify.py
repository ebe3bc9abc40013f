"""Seconds and true deviation of ``simplify`` beside others at as many triangles, on one mesh, in one run.

``python -m Testing.benchmarks.simplify [MESH] [--tolerance MM]``: without a mesh, a bumpy ball. The peers: VTK's
quadric decimation and fast-simplification, brought to the number of triangles that ours needed; neither promises a
tolerance. For each: seconds (wall and CPU), triangles, how many triangles of either surface are not proven to lie
within the tolerance, and the pieces of the result.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path

from PrintPrepLib.export import read_mesh
from PrintPrepLib.mesh import Mesh
from PrintPrepLib.receipt import measure_mesh
from PrintPrepLib.spatial import exact_weld, index_of
from PrintPrepLib.spatial.within import held_within
from PrintPrepLib.surface.simplify import simplify
from Testing.support import shapes


def vtk_quadric(mesh: Mesh, triangles: int) -> Mesh:
    """VTK's quadric decimation, as Slicer's surface toolbox has it."""
    from vtkmodules.vtkFiltersCore import vtkQuadricDecimation

    filter_ = vtkQuadricDecimation()
    filter_.SetInputData(mesh.to_vtk())
    filter_.SetTargetReduction(1.0 - triangles / len(mesh.faces))
    filter_.VolumePreservationOn()
    filter_.Update()
    return Mesh.from_vtk(filter_.GetOutput())


def fast(mesh: Mesh, triangles: int) -> Mesh:
    """fast-simplification by itself."""
    import fast_simplification

    reduction = 1.0 - triangles / len(mesh.faces)
    points, faces = fast_simplification.simplify(mesh.vertices.copy(), mesh.faces.copy(), target_reduction=reduction)
    return Mesh(points, faces, "fast-simplification")


def row(name: str, before: Mesh, tolerance: float, work: Callable[[], Mesh]) -> Mesh:
    """Time the work and tell what came of it."""
    wall, cpu = time.perf_counter(), time.process_time()
    out = work()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    beyond = sum(
        int((~held_within(index_of(other), one.vertices, one.faces, tolerance).proven).sum())
        for one, other in ((out, before), (before, out))
    )
    parts = measure_mesh(out).parts
    print(
        f"{name:22s} {wall:6.1f} s {cpu:6.1f} s CPU {len(out.faces):9,d} triangles "
        f"{beyond:7,d} beyond {parts:4d} pieces"
    )
    return out


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("mesh", type=Path, nargs="?")
    parser.add_argument("--tolerance", type=float, default=0.25)
    options = parser.parse_args()
    mesh = shapes.bumpy_sphere(6) if options.mesh is None else read_mesh(options.mesh)
    mesh = exact_weld(mesh).without_unused_vertices()
    simplify(shapes.bumpy_sphere(3), tolerance_mm=0.3)  # compiles
    print(f"{len(mesh.faces):,} triangles, {options.tolerance:g} mm, {measure_mesh(mesh).parts} pieces")
    ours = row("simplify", mesh, options.tolerance, lambda: simplify(mesh, tolerance_mm=options.tolerance)[0])
    row("VTK quadric", mesh, options.tolerance, lambda: vtk_quadric(mesh, len(ours.faces)))
    row("fast-simplification", mesh, options.tolerance, lambda: fast(mesh, len(ours.faces)))


if __name__ == "__main__":
    main()
