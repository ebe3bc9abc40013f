"""``printprep stand``: give a model something to stand on."""

from __future__ import annotations

import argparse
from pathlib import Path

from ..errors import InputError
from ..export import TOGETHER, OutputFolder, Units, WrittenFile, mesh_kind, read_mesh, write_mesh, write_parts_file
from ..export.marks import forced
from ..mesh import Mesh
from ..profiles import lab_profiles
from ..progress import Progress, part
from ..shape.cut.assembly import Assembly
from ..shape.stand.step import stand
from ..workflow.parts import model_parts, write_parts
from .added_step import declare, parameters_and_guard, told, units_of
from .console import Console
from .marked import about_of_files
from .with_added import write_with_added


def add_arguments(parser: argparse.ArgumentParser, name: str) -> None:
    """Declare the options of the step."""
    parser.add_argument("mesh", metavar="MESH", type=Path, help="mesh file")
    parser.add_argument(
        "-o", "--output", metavar="FILE|DIR", type=Path,
        help="where to write; .3mf, .glb, .obj and .ply show the stand in gray. Of a separate cradle: these hold model "
        "and cradle, other mesh files the cradle alone, and a folder one file for each",
    )  # fmt: skip
    declare(parser, name, "mesh of surface that no stand may touch")


def execute(options: argparse.Namespace, console: Console) -> int:
    """Make the stand and write it."""
    units = units_of(options)
    with lab_profiles(options.profiles):
        parameters, keep = parameters_and_guard(options)
        mesh = read_mesh(options.mesh, units=units).with_name("model")
        result, receipt = stand(mesh, **parameters, protect=keep, progress=part(console.progress, 0.0, 0.9))
    files, output = list[WrittenFile](), options.output
    if output:
        files, output = _written(result, mesh, options, units, part(console.progress, 0.9, 1.0))
    data, lines = told(receipt, files, output)
    data["files"] = [file.to_dict() for file in files]
    if isinstance(result, Assembly):
        data["parts"] = [item.to_dict() for item in result.parts]
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
