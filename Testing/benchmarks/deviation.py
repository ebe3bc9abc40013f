"""Deviation of two surfaces of a million triangles, both ways, beside other programs in one run.

Run ``python Testing/benchmarks/deviation.py``. PrintPrep measures at all vertices and at 200 000 points by area of each
surface, with the sign, and sums up; MeshLib (benchmark only) and VTK tell signed distances at the vertices alone.
VTK works on one core and is slow on large meshes: it gets every hundredth vertex, and its time is given for all.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from PrintPrepLib.analysis.deviation import compare  # noqa: E402
from PrintPrepLib.engine import is_compiled  # noqa: E402
from PrintPrepLib.mesh import Mesh  # noqa: E402
from Testing.benchmarks.thickness_cases import shells  # noqa: E402
from Testing.support import shapes  # noqa: E402

Array = npt.NDArray[np.float64]
Measure = Callable[[Mesh, Mesh], tuple[float, Array]]
ROUNDS = 3
LIMIT_S = 5.0
EVERY = 100


def pairs() -> list[tuple[str, Mesh, Mesh]]:
    """Surfaces beside one another: the second is the first with waves of 0.05 mm."""
    out = []
    for name, mesh in (("shells of 1 mm", shells(6)), ("bumpy ball", shapes.bumpy_sphere(8))):
        waves = 0.05 * np.sin(3.1 * mesh.vertices)[:, (1, 2, 0)]
        out.append((name, mesh, mesh.with_vertices(mesh.vertices + waves)))
    return out


# ---- programs: seconds, and the distance of A from B at the vertices of A, NaN where it was not measured ----
def printprep(a: Mesh, b: Mesh) -> tuple[float, Array]:
    """Everything that ``compare`` tells."""
    start = time.perf_counter()
    found = compare(a, b)
    return time.perf_counter() - start, found.at_vertices_mm


def meshlib_distance() -> Measure:
    """Signed distances at all vertices, both ways."""
    import meshlib.mrmeshnumpy as numbers
    import meshlib.mrmeshpy as meshlib

    def measure(a: Mesh, b: Mesh) -> tuple[float, Array]:
        start = time.perf_counter()
        first, second = (numbers.meshFromFacesVerts(mesh.faces.copy(), mesh.vertices.copy()) for mesh in (a, b))
        forward = meshlib.findSignedDistances(second, first)
        meshlib.findSignedDistances(first, second)
        seconds = time.perf_counter() - start
        return seconds, np.array(list(forward.vec), np.float64)

    return measure


def vtk_distance() -> Measure:
    """Signed distances at every hundredth vertex, both ways."""
    from vtkmodules.vtkFiltersCore import vtkImplicitPolyDataDistance

    def one_way(a: Mesh, b: Mesh) -> tuple[float, Array]:
        start = time.perf_counter()
        field = vtkImplicitPolyDataDistance()
        field.SetInput(b.to_vtk())
        build = time.perf_counter() - start
        out = np.full(len(a.vertices), np.nan)
        for number in range(0, len(out), EVERY):
            out[number] = field.EvaluateFunction(a.vertices[number])
        return build + EVERY * (time.perf_counter() - start - build), out

    def measure(a: Mesh, b: Mesh) -> tuple[float, Array]:
        (seconds, out), (more, _) = one_way(a, b), one_way(b, a)
        return seconds + more, out

    return measure


def main() -> int:
    """Print the table; 1 where ours takes longer than it may."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="of which the fastest counts")
    options = parser.parse_args()
    print("numba" if is_compiled() else "numpy only")
    chosen: dict[str, Measure] = {"PrintPrep compare": printprep}
    for name, build in (("MeshLib", meshlib_distance), ("VTK", vtk_distance)):
        try:
            chosen[name] = build()
        except ImportError as error:
            print(f"{name}: not installed ({error.name})")
    ball = shapes.bumpy_sphere(6)
    printprep(ball, shapes.moved(ball, (0.1, 0.0, 0.0)))  # loading what is compiled is not what is timed
    print(f"{'surfaces':<18}{'program':<20}{'triangles':>12}{'seconds':>10}{'ratio':>8}{'largest difference mm':>24}")
    slow = False
    for name, a, b in pairs():
        least: dict[str, float] = {}
        at_vertices: dict[str, Array] = {}
        for number in range(options.rounds):
            for program, measure in chosen.items():
                if program == "VTK" and number:
                    continue
                seconds, at_vertices[program] = measure(Mesh(a.vertices, a.faces), Mesh(b.vertices, b.faces))
                least[program] = min(least.get(program, np.inf), seconds)
        ours = at_vertices["PrintPrep compare"]
        for program, seconds in least.items():
            apart = np.nanmax(np.abs(at_vertices[program] - ours))
            ratio = seconds / least["PrintPrep compare"]
            print(f"{name:<18}{program:<20}{len(a.faces):>12}{seconds:>10.2f}{ratio:>8.2f}{apart:>24.6f}")
        slow |= least["PrintPrep compare"] * min(1.0, 1e6 / len(a.faces)) > LIMIT_S
    return int(slow)


if __name__ == "__main__":
    raise SystemExit(main())
