"""``printprep stand``: give a model something to stand on."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from ..errors import InputError
from ..export import TOGETHER, OutputFolder, Units, WrittenFile, mesh_kind, read_mesh, write_mesh, write_parts_file
from ..export.marks import forced
from ..mesh import Mesh
from ..profiles import lab_profiles
from ..progress import Progress, part
from ..shape.cut.assembly import Assembly
from ..shape.stand.step import stand
from ..workflow.parts import model_parts, write_parts
from ..workflow.recipe import make_call
from ..workflow.steps import STEPS
from .console import Console
from .marked import about_of_files
from .mesh_step import add_option, given_options, receipt_lines, units_option
from .profiles import profiles_option
from .repeated import join_rows
from .with_added import write_with_added


def add_arguments(parser: argparse.ArgumentParser, name: str) -> None:
    """Declare the options of the step."""
    parser.add_argument("mesh", metavar="MESH", type=Path, help="mesh file")
    parser.add_argument(
        "-o", "--output", metavar="FILE|DIR", type=Path,
        help="where to write; .3mf, .glb, .obj and .ply show the stand in gray. Of a separate cradle: these hold model "
        "and cradle, other mesh files the cradle alone, and a folder one file for each",
    )  # fmt: skip
    parser.add_argument("--protect", metavar="FILE", type=Path, help="mesh of surface that no stand may touch")
    units_option(parser)
    profiles_option(parser)
    for spec in STEPS[name].parameters:
        add_option(parser, spec)


def execute(options: argparse.Namespace, console: Console) -> int:
    """Make the stand and write it."""
    join_rows(options)
    with lab_profiles(options.profiles):
        call = make_call(STEPS["stand"], given_options(options), "printprep stand")
        units = Units(options.units) if options.units else None
        mesh = read_mesh(options.mesh, units=units).with_name("model")
        keep = None if options.protect is None else read_mesh(options.protect).with_name("protected surface")
        result, receipt = stand(mesh, **call.parameters, protect=keep, progress=part(console.progress, 0.0, 0.9))
    files, output = list[WrittenFile](), options.output
    if output:
        files, output = _written(result, mesh, options, units, part(console.progress, 0.9, 1.0))
    data: dict[str, Any] = {
        "receipt": receipt.to_dict(),
        "output": str(output) if files else None,
        "written": files[0].to_dict() if files else None,
        "files": [file.to_dict() for file in files],
    }
    if isinstance(result, Assembly):
        data["parts"] = [item.to_dict() for item in result.parts]
    lines = receipt_lines(receipt)
    lines.append(f"Written: {output}" if files else "Nothing was written: give -o FILE to keep the result.")
    lines += [f"  WARN {warning}" for file in files for warning in file.warnings]
    console.result(data, lines)
    return 0


def _written(
    result: Mesh | Assembly, mesh: Mesh, options: argparse.Namespace, units: Units | None, progress: Progress
) -> tuple[list[WrittenFile], Path]:
    """Write the model on its stand, or both; return the files and the path with the marks that it must have."""
    path, about = options.output, about_of_files([options.mesh])
    if isinstance(result, Mesh):
        if not path.suffix:
            raise InputError(f"'{path.name}' has no ending such as .stl or .3mf. A stand that is joined is one file.")
        return write_with_added(result, mesh, path, about, sources=[options.mesh], units=units, progress=progress)
    if not path.suffix:
        with OutputFolder(path) as out:
            written = write_parts(
                result, out, stem=about.marked("part"), together=about.marked("assembly"), about=about, pictures=False,
                progress=progress,
            )  # fmt: skip
            return list(written.files), path
    path = forced(path, about)
    if mesh_kind(path) in TOGETHER:
        return list(write_parts_file(model_parts(result), path, about=about, progress=progress)), path
    return [write_mesh(result.parts[1].mesh, path, about=about, progress=progress)], path
