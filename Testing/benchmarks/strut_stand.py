"""Seconds of struts and stands on half a million triangles, beside what VTK and trimesh need for less.

    python -m Testing.benchmarks.strut_stand [subdivisions]

VTK's connectivity and closest points between the two bodies are what Slicer's effects and extensions offer towards a
strut: they give the shortest line and nothing that is tested, joined or measured.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any

from PrintPrepLib.analysis.added import added_triangles
from PrintPrepLib.mesh import Mesh, concatenate
from PrintPrepLib.shape.stand.sizes import StandKind
from PrintPrepLib.shape.stand.step import stand
from PrintPrepLib.shape.strut.step import strut
from Testing.support import shapes


def timed(name: str, work: Callable[[], Any]) -> tuple[Any, float]:
    """Do the work, print its seconds."""
    begin, cpu = time.perf_counter(), time.process_time()
    out = work()
    wall = time.perf_counter() - begin
    print(f"{name:<40} {wall:7.2f} s wall {time.process_time() - cpu:7.2f} s CPU")
    return out, wall


def vtk_closest(first: Mesh, second: Mesh) -> float:
    """Shortest line between two bodies by VTK: split by connectivity, then the distance of every vertex."""
    from vtkmodules.vtkFiltersCore import vtkPolyDataConnectivityFilter
    from vtkmodules.vtkFiltersGeneral import vtkDistancePolyDataFilter

    both = concatenate([first, second]).to_vtk()
    regions = vtkPolyDataConnectivityFilter()
    regions.SetInputData(both)
    regions.SetExtractionModeToAllRegions()
    regions.Update()
    distance = vtkDistancePolyDataFilter()
    distance.SetInputData(0, first.to_vtk())
    distance.SetInputData(1, second.to_vtk())
    distance.SignedDistanceOff()
    distance.ComputeSecondDistanceOff()
    distance.Update()
    return float(distance.GetOutput().GetPointData().GetScalars().GetRange()[0])


def main() -> None:
    """Run and print."""
    fineness = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    first = shapes.bumpy_sphere(fineness)
    second = shapes.moved(shapes.bumpy_sphere(max(fineness - 1, 3)), (80.0, 3.0, 1.0))
    strut(shapes.two_spheres())  # compiles
    pair = concatenate([first, second])
    print(f"{len(pair.faces)} triangles in two bodies")
    (out, _), ours = timed("strut, joined and measured", lambda: strut(pair))
    timed("what is not anatomy", lambda: added_triangles(out, pair))
    (nearest), theirs = timed("VTK: shortest line alone", lambda: vtk_closest(first, second))
    print(f"VTK says {nearest:.2f} mm; ours needs {ours / theirs:.2f} of its time")
    whole, _ = timed("trimesh: parts alone", lambda: pair.to_trimesh().split(only_watertight=False))
    print(f"trimesh finds {len(whole)} parts")
    for kind in StandKind:
        timed(f"stand {kind.value}", lambda kind=kind: stand(first, kind=kind))
    timed("stand cradle, joined", lambda: stand(first, kind=StandKind.CRADLE, joined=True))


if __name__ == "__main__":
    main()
