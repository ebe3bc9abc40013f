"""Outside programs that judge our files, each behind one function. They share no code with this project.

A judge that is not installed skips the test that asks for it. What each is blind to stands in its docstring and is
proved in ``test_judges.py``.
"""

from __future__ import annotations

import json
import math
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

_TIMEOUT_S = 600
_BED_MM = 1000
_HIGHEST_MM = 1200
"""PrusaSlicer 2.5 takes no larger print height."""


@dataclass(frozen=True)
class PrusaInfo:
    """What ``prusa-slicer --info`` says. Blind to self-intersections; volumes of overlaps count twice."""

    size_mm: tuple[float, float, float]
    low_mm: tuple[float, float, float]
    facets: int
    manifold: bool
    open_edges: int
    facets_reversed: int
    parts: int
    volume_mm3: float


@dataclass(frozen=True)
class PrusaSlice:
    """How slicing went. ``top_z_mm`` is the height of the highest layer; compare it and ``layers`` with the mesh.

    PrusaSlicer drops walls thinner than its line without a word and still returns 0.
    """

    returncode: int
    layers: int
    top_z_mm: float
    filament_cm3: float
    warnings: tuple[str, ...]
    hours: float = 0.0
    support_cm3: float = 0.0


@dataclass(frozen=True)
class AdmeshFacts:
    """The "Original" column of admesh, before its own repairs. Blind to self-intersections and 4-face edges.

    ``parts`` and ``volume_mm3`` are counted after them, and ``added`` and ``reversed_facets`` say how much it mended.
    """

    facets: int
    disconnected: int
    parts: int
    degenerate: int
    added: int
    reversed_facets: int
    volume_mm3: float


@dataclass(frozen=True)
class MeshlabFacts:
    """What pymeshlab measures after welding equal vertices. ``volume_mm3`` is signed, and None of an open mesh."""

    facets: int
    self_intersecting_faces: int
    boundary_edges: int
    two_manifold: bool
    components: int
    volume_mm3: float | None


def prusa_info(path: Path) -> PrusaInfo:
    """Ask ``prusa-slicer --info``."""
    result = _run(_program("prusa-slicer"), "--info", str(path))
    facts = dict(re.findall(r"^(\w+)\s*=\s*(\S+)\s*$", result.stdout, re.MULTILINE))
    if "manifold" not in facts:
        raise AssertionError(f"prusa-slicer could not read {path.name}: {result.stdout}{result.stderr}")
    return PrusaInfo(
        size_mm=(float(facts["size_x"]), float(facts["size_y"]), float(facts["size_z"])),
        low_mm=(float(facts["min_x"]), float(facts["min_y"]), float(facts["min_z"])),
        facets=int(facts["number_of_facets"]),
        manifold=facts["manifold"] == "yes",
        open_edges=int(facts.get("open_edges", 0)),
        facets_reversed=int(facts.get("facets_reversed", 0)),
        parts=int(facts["number_of_parts"]),
        volume_mm3=float(facts["volume"]),
    )


def prusa_slice(
    path: Path, layer_mm: float = 0.2, *, nozzle_mm: float = 0.4, options: tuple[str, ...] = ()
) -> PrusaSlice:
    """Slice on a bed of one meter, so that only the shape decides. Layers are counted in the G-code."""
    program = _program("prusa-slicer")
    out = path.with_suffix(".judge.gcode")
    try:
        result = _run(
            program,
            f"--layer-height={layer_mm}",
            f"--first-layer-height={layer_mm}",
            f"--nozzle-diameter={nozzle_mm}",
            f"--bed-shape=0x0,{_BED_MM}x0,{_BED_MM}x{_BED_MM},0x{_BED_MM}",
            f"--max-print-height={_HIGHEST_MM}",
            f"--center={_BED_MM // 2},{_BED_MM // 2}",
            *options,
            f"--output={out}",
            "--export-gcode",
            str(path),
        )
        gcode = out.read_text(errors="replace") if out.exists() else ""
    finally:
        out.unlink(missing_ok=True)
    heights = [float(z) for z in re.findall(r"^;Z:([\d.]+)", gcode, re.MULTILINE)]
    used = re.search(r"^; filament used \[cm3\] = ([\d.]+)", gcode, re.MULTILINE)
    noise = re.compile(r"^\d+ => |^\[.*\[trace\]|^Slicing result exported")
    lines = (line.strip() for line in (result.stdout + result.stderr).splitlines())
    return PrusaSlice(
        returncode=result.returncode,
        layers=len(heights),
        top_z_mm=max(heights, default=0.0),
        filament_cm3=float(used[1]) if used else 0.0,
        warnings=tuple(line for line in lines if line and not noise.match(line)),
        hours=_hours(gcode),
        support_cm3=_support_cm3(gcode),
    )


def _hours(gcode: str) -> float:
    """Printing time that the G-code states, 0 without one."""
    stated = re.search(r"^; estimated printing time \(normal mode\) = (.+)$", gcode, re.MULTILINE)
    each = {"d": 24.0, "h": 1.0, "m": 1.0 / 60.0, "s": 1.0 / 3600.0}
    return sum(float(n) * each[unit] for n, unit in re.findall(r"(\d+)([dhms])", stated[1])) if stated else 0.0


def _support_cm3(gcode: str) -> float:
    """Filament that goes into supports: net extrusion in sections of that type (absolute E, 1.75 mm filament)."""
    last = total = 0.0
    inside = False
    for match in re.finditer(r"^(?:;TYPE:(.+)|G92 E(-?[\d.]+)|G1 [^;\n]*?E(-?[\d.]+))", gcode, re.MULTILINE):
        kind, reset, moved = match.groups()
        if kind is not None:
            inside = kind.startswith("Support material")
        elif reset is not None:
            last = float(reset)
        else:
            total += (float(moved) - last) * inside
            last = float(moved)
    return total * math.pi * (1.75 / 2.0) ** 2 / 1000.0


def admesh_facts(path: Path) -> AdmeshFacts:
    """Ask ``admesh``; nothing is written. STL only."""
    text = _run(_program("admesh"), str(path)).stdout

    def number(label: str) -> float:
        found = re.search(rf"{re.escape(label)}\s*:\s*(-?[\d.]+)", text)
        if found is None:
            raise AssertionError(f"admesh did not say '{label}' of {path.name}: {text}")
        return float(found[1])

    return AdmeshFacts(
        facets=int(number("Number of facets")),
        disconnected=int(number("Total disconnected facets")),
        parts=int(number("Number of parts")),
        degenerate=int(number("Degenerate facets")),
        added=int(number("Facets added")),
        reversed_facets=int(number("Facets reversed")),
        volume_mm3=number("Volume"),
    )


def meshlab_facts(path: Path) -> MeshlabFacts:
    """Ask pymeshlab, in a process of its own: a crash there must not end the tests."""
    probe = _run(sys.executable, "-c", "import pymeshlab")
    if probe.returncode != 0:
        pytest.skip(f"pymeshlab does not run here: {(probe.stderr.strip().splitlines() or ['crashed'])[-1]}")
    result = _run(sys.executable, "-c", _MESHLAB_SCRIPT, str(path))
    if result.returncode != 0:
        raise AssertionError(f"pymeshlab failed on {path.name}: {result.stderr.strip()[-500:]}")
    return MeshlabFacts(**json.loads(result.stdout.strip().splitlines()[-1]))


def openscad_meets(a: Path, b: Path) -> bool:
    """Whether two solids have a common volume, by OpenSCAD's exact (CGAL) intersection.

    Faces that merely touch count as meeting, so compare parts that stand a little apart. Both must be closed: of a mesh
    that is not, OpenSCAD says so on standard error and still returns 0.
    """
    script, out = a.with_suffix(".judge.scad"), a.with_suffix(".judge.off")
    names = f"{a.name} and {b.name}"
    script.write_text(f'intersection() {{ import("{a.name}"); import("{b.resolve()}"); }}\n')
    try:
        result = _run(_program("openscad"), "-o", str(out), str(script))
    finally:
        script.unlink(missing_ok=True)
        out.unlink(missing_ok=True)
    if "not closed" in result.stderr:
        raise AssertionError(f"openscad says that {names} are not closed: {result.stderr[-300:]}")
    if "Current top level object is empty" in result.stderr:
        return False
    if "Facets:" in result.stderr:
        return True
    raise AssertionError(f"openscad gave no answer on {names}: {result.stderr[-300:]}")


def lib3mf_warnings(path: Path) -> list[str]:
    """Read with lib3mf, the reference of the 3MF consortium, in strict mode, and return its warnings.

    Blind to names that are doubled and to parts that overlap.
    """
    lib3mf = pytest.importorskip("lib3mf", reason="lib3mf is not installed")
    model = lib3mf.get_wrapper().CreateModel()
    reader = model.QueryReader("3mf")
    reader.SetStrictModeActive(True)
    try:
        reader.ReadFromFile(str(path))
    except Exception as error:
        raise AssertionError(f"lib3mf refuses {path.name}: {error}") from error
    return [str(reader.GetWarning(number)) for number in range(reader.GetWarningCount())]


def gltf_issues(path: Path) -> list[str]:
    """Ask Khronos' own glTF validator (npm ``gltf-validator``), where node finds it; errors and warnings."""
    program = _program("node")
    where = _run("npm", "root", "-g").stdout.strip() if shutil.which("npm") else ""
    paths = os.pathsep.join(one for one in (os.environ.get("NODE_PATH", ""), where) if one)
    probe = subprocess.run(
        [program, "-e", _GLTF_SCRIPT, str(path)], capture_output=True, text=True, check=False, timeout=_TIMEOUT_S,
        stdin=subprocess.DEVNULL, env={**os.environ, "NODE_PATH": paths},
    )  # fmt: skip
    if "Cannot find module" in probe.stderr:
        pytest.skip("the npm package gltf-validator is not installed")
    answer = json.loads(probe.stdout)
    return [f"{one['code']}: {one['message']}" for one in answer["messages"] if one["severity"] <= 1]


def prusa_assembly(path: Path) -> PrusaInfo:
    """Let PrusaSlicer load a file, put it out again as one STL without moving it, and say what that holds.

    Without ``--no-ensure-on-bed`` the program would drop every part onto the bed, each by itself; in its window it asks
    whether the parts belong together.
    """
    out = path.with_suffix(".judge.stl")
    try:
        result = _run(_program("prusa-slicer"), "--no-ensure-on-bed", "--export-stl", f"--output={out}", str(path))
        if not out.exists():
            raise AssertionError(f"prusa-slicer could not read {path.name}: {result.stdout}{result.stderr}")
        return prusa_info(out)
    finally:
        out.unlink(missing_ok=True)


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


def _run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
        timeout=_TIMEOUT_S,
        stdin=subprocess.DEVNULL,
    )


_GLTF_SCRIPT = """
const validator = require("gltf-validator"), fs = require("fs");
validator.validateBytes(new Uint8Array(fs.readFileSync(process.argv[1])))
  .then(report => console.log(JSON.stringify(report.issues)))
  .catch(error => console.log(JSON.stringify({messages: [{code: "UNREADABLE", message: String(error), severity: 0}]})));
"""
_MESHLAB_SCRIPT = """
import json, sys
import pymeshlab

meshes = pymeshlab.MeshSet(verbose=False)
meshes.load_new_mesh(sys.argv[1])
meshes.meshing_remove_duplicate_vertices()
topology = meshes.get_topological_measures()
volume = meshes.get_geometric_measures().get("mesh_volume")
meshes.compute_selection_by_self_intersections_per_face()
print(json.dumps({
    "facets": int(topology["faces_number"]),
    "self_intersecting_faces": int(meshes.current_mesh().selected_face_number()),
    "boundary_edges": int(topology["boundary_edges"]),
    "two_manifold": bool(topology["is_mesh_two_manifold"]),
    "components": int(topology["connected_components_number"]),
    "volume_mm3": None if volume is None else float(volume),
}))
"""
