"""``printprep place``: lay models flat on a face, several beside one another."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from ..errors import InputError
from ..export import About, ModelPart, Units, WrittenFile, read_mesh, write_parts_file
from ..export.marks import forced
from ..export.read import mesh_kind
from ..export.together import TOGETHER
from ..mesh import Mesh
from ..plan.place.step import Placed, place_all
from ..profiles import lab_profiles
from ..progress import Progress, part
from ..shape.cut.assembly import COLORS
from ..workflow.recipe import make_call
from ..workflow.steps import STEPS
from .console import Console
from .marked import about_of_files, write_marked
from .mesh_step import add_option, given_options, receipt_lines, units_option
from .profiles import profiles_option


def add_arguments(parser: argparse.ArgumentParser, name: str) -> None:
    """Declare the options of the step."""
    parser.add_argument("mesh", metavar="MESH", type=Path, nargs="+", help="mesh files, each of one part")
    parser.add_argument(
        "-o", "--output", metavar="FILE", type=Path,
        help="where to write; several parts need .3mf .glb .obj .ply; nothing is written without",
    )  # fmt: skip
    units_option(parser)
    profiles_option(parser)
    for spec in STEPS[name].parameters:
        add_option(parser, spec)


def execute(options: argparse.Namespace, console: Console) -> int:
    """Lay and write."""
    if options.output and len(options.mesh) > 1 and mesh_kind(options.output) not in TOGETHER:
        endings = ", ".join(kind.value for kind in TOGETHER)
        raise InputError(f"'{options.output.name}' cannot hold several parts. Use one of the endings {endings}.")
    with lab_profiles(options.profiles):
        call = make_call(STEPS["place"], given_options(options), "printprep place")
        units = Units(options.units) if options.units else None
        meshes = [read_mesh(path, units=units) for path in options.mesh]
        if len(meshes) > 1:  # file names may hold patient data
            meshes = [mesh.with_name(f"part {number}") for number, mesh in enumerate(meshes, 1)]
        placed = place_all(meshes, **call.parameters, progress=part(console.progress, 0.0, 0.8))
    files: list[tuple[WrittenFile, Path]] = []
    if options.output:
        about = about_of_files(options.mesh)
        files = _written(placed, meshes, options.output, about, part(console.progress, 0.8, 1.0))
    data: dict[str, Any] = {
        "receipt": placed.receipt.to_dict(),
        "output": str(files[0][1]) if files else None,
        "written": files[0][0].to_dict() if files else None,
        "files": [file.to_dict() for file, _ in files],
    }
    lines = receipt_lines(placed.receipt)
    lines += [f"Written: {path}" for _, path in files] or ["Nothing was written: give -o FILE to keep the result."]
    lines += [f"  WARN {warning}" for file, _ in files for warning in file.warnings]
    console.result(data, lines)
    return 0


def _written(
    placed: Placed, meshes: list[Mesh], output: Path, about: About, progress: Progress
) -> list[tuple[WrittenFile, Path]]:
    if len(meshes) == 1:
        return [write_marked(placed.meshes[0], output, about, progress)]
    out: list[tuple[WrittenFile, Path]] = []
    beds = sorted(set(placed.beds))
    for bed in beds:
        chosen = [number for number, on in enumerate(placed.beds) if on == bed]
        parts = [
            ModelPart(placed.meshes[number], meshes[number].name, COLORS[number % len(COLORS)], str(number + 1))
            for number in chosen
        ]
        name = output if len(beds) == 1 else output.with_name(f"{output.stem}_{bed + 1}{output.suffix}")
        path = forced(name, about)
        share = part(progress, bed / len(beds), (bed + 1) / len(beds))
        out += [
            (file, path.with_name(file.name)) for file in write_parts_file(parts, path, about=about, progress=share)
        ]
    return out
