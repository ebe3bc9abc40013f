"""Plane cuts with and without pins, beside trimesh and VTK in one run.

Run ``python Testing/benchmarks/cut.py``. PrintPrep keeps both parts, sets three pins, proves them and writes the
receipt; it is warm: numba's compiled code was loaded by a small cut before. trimesh and VTK cut plainly and keep one
side each time, so they are asked twice. VTK's boolean takes a box for the half space, in a process of its own, since it
may crash; it is left out above a size where it takes minutes. Without a triangulation package trimesh is left out.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from PrintPrepLib.engine import is_compiled  # noqa: E402
from PrintPrepLib.mesh import FloatArray, IntArray, Mesh  # noqa: E402
from PrintPrepLib.segment.segmentation import from_mask  # noqa: E402
from PrintPrepLib.shape.cut.step import cut  # noqa: E402
from PrintPrepLib.spatial.crossings import Rule, self_crossings  # noqa: E402
from PrintPrepLib.surface.from_segmentation import make_surface  # noqa: E402
from PrintPrepLib.topology import edge_counts  # noqa: E402
from Testing.support import shapes  # noqa: E402
from Testing.support.volumes import cranium  # noqa: E402

Plane = tuple[float, float, float, float, float, float]
Program = Callable[[Mesh, Plane], list[Mesh]]
LIMITS_S = ((250_000, 1.0), (2_100_000, 10.0))
"""Most triangles, and seconds that a cut with three pins may take."""
BOOLEAN_TIMEOUT_S = 120.0
BOOLEAN_UP_TO = 400_000
"""VTK's boolean takes minutes above this."""
BONE_HU = 226
"""Threshold of bone that is common to segmentation programs."""
LAST: dict[str, dict[str, float]] = {}
"""What the last cut says of its volumes."""


def bodies(largest: int) -> list[tuple[str, Mesh]]:
    """Closed surfaces of about 200 thousand and 2 million triangles, and the real cranium where its scan is at hand."""
    out = [(f"bumpy ball, {wanted:,}", resized(shapes.bumpy_sphere(level), wanted))
           for level, wanted in ((6, 200_000), (8, 2_000_000)) if wanted <= largest]  # fmt: skip
    try:
        out.append(("cranium", bone()))
    except pytest.skip.Exception:
        print("cranium: left out, its scan is not here")
    return out


def resized(mesh: Mesh, wanted: int) -> Mesh:
    """Split edges of a closed surface, evenly over its triangles, until it has as many as wanted."""
    while len(mesh.faces) < wanted - 1:
        mesh = split_once(mesh, wanted)
    return mesh


def split_once(mesh: Mesh, wanted: int) -> Mesh:
    """Split edges of which no two bound one triangle."""
    count = (wanted - len(mesh.faces)) // 2
    faces = mesh.faces.astype(np.int64)
    taken = np.zeros(len(faces), bool)
    sides = np.concatenate([faces[:, (0, 1)], faces[:, (1, 2)], faces[:, (2, 0)]])
    key = np.minimum(sides[:, 0], sides[:, 1]) * len(mesh.vertices) + np.maximum(sides[:, 0], sides[:, 1])
    order = np.argsort(key, kind="stable").reshape(-1, 2)  # both triangles of each edge
    chosen = []
    for one, two in (order[np.random.default_rng(0).permutation(len(order))]).tolist():
        if len(chosen) == count:
            break
        a, b = one % len(faces), two % len(faces)
        if not (taken[a] or taken[b]):
            taken[a] = taken[b] = True
            chosen.append((one, two))
    pairs = np.array(chosen)
    middle = len(mesh.vertices) + np.arange(len(pairs))
    ends = sides[pairs[:, 0]]
    new = [faces[~taken]]
    for column in (0, 1):
        face, side = pairs[:, column] % len(faces), pairs[:, column] // len(faces)
        a, b, c = (faces[face, (side + k) % 3] for k in range(3))
        new += [np.stack([a, middle, c], axis=1), np.stack([middle, b, c], axis=1)]
    points = np.concatenate([mesh.vertices, mesh.vertices[ends].mean(axis=1)])
    return Mesh(points, np.concatenate(new), mesh.name)


def bone() -> Mesh:
    """Bone of a CT scan as a closed surface."""
    volume = cranium()
    return make_surface(from_mask(volume.array >= BONE_HU, volume, lower=BONE_HU))[0]


# ---- programs: both sides of a plane ----
def printprep(pins: str) -> Program:
    """Everything that the step does, pins and receipt with it."""

    def run(mesh: Mesh, plane: Plane) -> list[Mesh]:
        assembly, _ = cut(mesh, plane=plane, pins=pins)
        LAST["balance"] = assembly.proof["balance"]
        return [part.mesh for part in assembly.parts]

    return run


def trimesh_slice() -> Program:
    """``slice_mesh_plane`` with caps, once for each side."""
    import trimesh

    trimesh.creation.triangulate_polygon(__import__("shapely").geometry.box(0.0, 0.0, 1.0, 1.0))  # is there an engine?

    def run(mesh: Mesh, plane: Plane) -> list[Mesh]:
        body, normal = mesh.to_trimesh(), np.array(plane[3:]) / np.linalg.norm(plane[3:])
        sides = [trimesh.intersections.slice_mesh_plane(body, way * normal, plane[:3], cap=True) for way in (-1, 1)]
        return [Mesh.from_trimesh(side) for side in sides]

    return run


def vtk_clip() -> Program:
    """``vtkClipClosedSurface``, once for each side."""
    from vtkmodules.vtkCommonDataModel import vtkPlane, vtkPlaneCollection
    from vtkmodules.vtkFiltersGeneral import vtkClipClosedSurface

    def run(mesh: Mesh, plane: Plane) -> list[Mesh]:
        out, data = [], mesh.to_vtk()
        for way in (-1.0, 1.0):
            half, planes = vtkPlane(), vtkPlaneCollection()
            half.SetOrigin(plane[:3])
            half.SetNormal(tuple(way * np.array(plane[3:])))
            planes.AddItem(half)
            clip = vtkClipClosedSurface()
            clip.SetInputData(data)
            clip.SetClippingPlanes(planes)
            clip.Update()
            out.append(Mesh.from_vtk(clip.GetOutput()))
        return out

    return run


def vtk_boolean() -> Program:
    """``vtkBooleanOperationPolyDataFilter`` with a box below the plane: what is common, and what is left."""
    from vtkmodules.vtkFiltersGeneral import vtkBooleanOperationPolyDataFilter

    def run(mesh: Mesh, plane: Plane) -> list[Mesh]:
        normal, size = np.array(plane[3:]) / np.linalg.norm(plane[3:]), float(np.linalg.norm(mesh.size_mm))
        first = np.cross(normal, np.eye(3)[int(np.abs(normal).argmin())])
        first /= np.linalg.norm(first)
        axes = np.stack([first, np.cross(normal, first), normal])
        box = shapes.box((2.0 * size, 2.0 * size, size), (0.0, 0.0, -0.5 * size))
        box = box.with_vertices(box.vertices @ axes + np.array(plane[:3]))
        out = []
        for way in ("Intersection", "Difference"):
            work = vtkBooleanOperationPolyDataFilter()
            getattr(work, f"SetOperationTo{way}")()
            work.SetInputData(0, mesh.to_vtk())
            work.SetInputData(1, box.to_vtk())
            work.Update()
            out.append(Mesh.from_vtk(work.GetOutput()))
        return out

    return run


def boolean_in_child(vertices: FloatArray, faces: IntArray, plane: Plane, answer: Any) -> None:
    """Run VTK's boolean and send what came of it."""
    run, mesh = vtk_boolean(), Mesh(vertices, faces)
    start, used = time.perf_counter(), time.process_time()
    parts = run(mesh, plane)
    seconds, used = time.perf_counter() - start, time.process_time() - used
    answer.send((seconds, used, [(part.vertices, part.faces) for part in parts]))


def apart(mesh: Mesh, plane: Plane) -> tuple[float, float, list[Mesh]]:
    """Run VTK's boolean in a process of its own, which it may take down; seconds are NaN then."""
    context = multiprocessing.get_context("spawn")
    mine, theirs = context.Pipe(duplex=False)
    child = context.Process(target=boolean_in_child, args=(mesh.vertices, mesh.faces, plane, theirs))
    child.start()
    theirs.close()
    try:
        if mine.poll(BOOLEAN_TIMEOUT_S):
            seconds, used, parts = mine.recv()
            return seconds, used, [Mesh(vertices, faces) for vertices, faces in parts]
    except EOFError:
        pass
    finally:
        child.kill()
        child.join()
    return np.nan, np.nan, []


def judged(parts: list[Mesh], whole: float) -> str:
    """Columns: whether every part is closed, how far the volumes are off, how many triangles cross."""
    solid = [part for part in parts if not part.is_empty]
    if len(solid) < 2:
        return f"{'crashed, or a side is missing':>40}"
    counts = [edge_counts(part) for part in solid]
    rough = sum(one.open_edges + one.non_manifold_edges + one.misoriented_edges for one in counts)
    crossing = sum(len(self_crossings(part, rule=Rule.CROSSING).faces) for part in solid)
    error = 100.0 * (sum(part.volume_mm3 for part in solid) - whole) / whole
    return f"{'yes' if not rough else f'{rough} edges':>14}{error:>14.1e}{crossing:>12}"


def main() -> int:
    """Print the table; 1 where a cut with pins takes longer than it may."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3, help="of PrintPrep, of which the fastest counts")
    parser.add_argument("--largest", type=int, default=2_000_000, help="leave larger balls out")
    options = parser.parse_args()
    print("numba, warm" if is_compiled() else "numpy only")
    chosen: dict[str, Program] = {"PrintPrep, 3 pins": printprep("3"), "PrintPrep, plain": printprep("none")}
    for name, build in (("trimesh", trimesh_slice), ("VTK clip", vtk_clip), ("VTK boolean", vtk_boolean)):
        try:
            chosen[name] = build()
        except (ImportError, ValueError) as error:
            print(f"{name}: left out ({error})")
    small = resized(shapes.bumpy_sphere(6), 100_000)
    chosen["PrintPrep, 3 pins"](small, (0.0, 0.0, 0.0, 0.1, 0.2, 1.0))
    print(f"{'body':<24}{'program':<20}{'triangles':>10}{'seconds':>9}{'CPU s':>8}{'ratio':>8}{'+MB':>7}"
          f"{'closed':>14}{'volume off %':>14}{'crossings':>12}")  # fmt: skip
    slow = False
    for title, mesh in bodies(options.largest):
        plane: Plane = (*mesh.bounds.mean(axis=0).tolist(), 0.1, 0.2, 1.0)
        ours = 0.0
        for program, run in chosen.items():
            if program == "VTK boolean" and len(mesh.faces) > BOOLEAN_UP_TO:
                continue
            best = cpu = np.nan
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            for _ in range(options.rounds if program.startswith("PrintPrep") else 1):
                fresh = Mesh(mesh.vertices, mesh.faces, mesh.name)  # nothing is known of it yet
                if program == "VTK boolean":
                    seconds, used, parts = apart(fresh, plane)
                else:
                    start, used = time.perf_counter(), time.process_time()
                    try:
                        parts = run(fresh, plane)
                    except ImportError as error:  # sections with holes ask trimesh for one package more
                        parts = []
                        print(f"{title}, {program}: left out ({error})")
                    seconds, used = time.perf_counter() - start, time.process_time() - used
                best, cpu = float(np.fmin(best, seconds)), float(np.fmin(cpu, used))
            wanted = mesh.volume_mm3  # pins add, and their holes take
            if program == "PrintPrep, 3 pins":
                wanted += LAST["balance"]["pins_mm3"] - LAST["balance"]["holes_mm3"]
            grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - peak) / 1024.0
            ours = ours or best
            print(f"{title:<24}{program:<20}{len(mesh.faces):>10}{best:>9.2f}{cpu:>8.2f}{best / ours:>8.2f}"
                  f"{grown:>7.0f}{judged(parts, wanted)}", flush=True)  # fmt: skip
        slow |= any(len(mesh.faces) <= most and ours > limit for most, limit in LIMITS_S[:1]) or ours > LIMITS_S[1][1]
    return int(slow)


if __name__ == "__main__":
    raise SystemExit(main())
