"""``printprep stand``: give a model something to stand on."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from ..errors import InputError
from ..export import TOGETHER, OutputFolder, Units, WrittenFile, mesh_kind, read_mesh, write_mesh, write_parts_file
from ..mesh import Mesh
from ..profiles import lab_profiles
from ..progress import Progress, part
from ..shape.cut.assembly import Assembly
from ..shape.stand.step import stand
from ..workflow.parts import model_parts, write_parts
from ..workflow.recipe import make_call
from ..workflow.steps import STEPS
from .console import Console
from .mesh_step import add_option, given_options, numbers_of, receipt_lines, units_option
from .profiles import profiles_option
from .with_added import write_with_added

REPEATED = {"protect_at": "X,Y,Z,R", "protect_box": "X,Y,Z,X,Y,Z"}
"""Options that may be given several times; their numbers are put one after the other."""


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
        if spec.name in REPEATED:
            parser.add_argument(
                "--" + spec.name.replace("_", "-"), dest=spec.name, type=numbers_of, action="append",
                metavar=REPEATED[spec.name], help=f"{spec.help} May be given several times.",
            )  # fmt: skip
        else:
            add_option(parser, spec)


def execute(options: argparse.Namespace, console: Console) -> int:
    """Make the stand and write it."""
    for name in REPEATED:
        rows = getattr(options, name, None)
        setattr(options, name, None if not rows else tuple(value for row in rows for value in row))
    with lab_profiles(options.profiles):
        call = make_call(STEPS["stand"], given_options(options), "printprep stand")
        mesh = read_mesh(options.mesh, units=Units(options.units) if options.units else None).with_name("model")
        keep = None if options.protect is None else read_mesh(options.protect).with_name("protected surface")
        result, receipt = stand(mesh, **call.parameters, protect=keep, progress=part(console.progress, 0.0, 0.9))
    files = _written(result, mesh, options.output, part(console.progress, 0.9, 1.0)) if options.output else []
    data: dict[str, Any] = {
        "receipt": receipt.to_dict(),
        "output": str(options.output) if files else None,
        "written": files[0].to_dict() if files else None,
        "files": [file.to_dict() for file in files],
    }
    if isinstance(result, Assembly):
        data["parts"] = [item.to_dict() for item in result.parts]
    lines = receipt_lines(receipt)
    lines.append(f"Written: {options.output}" if files else "Nothing was written: give -o FILE to keep the result.")
    lines += [f"  WARN {warning}" for file in files for warning in file.warnings]
    console.result(data, lines)
    return 0


def _written(result: Mesh | Assembly, mesh: Mesh, path: Path, progress: Progress) -> list[WrittenFile]:
    if isinstance(result, Mesh):
        if not path.suffix:
            raise InputError(f"'{path.name}' has no ending such as .stl or .3mf. A stand that is joined is one file.")
        return write_with_added(result, mesh, path, progress)
    if not path.suffix:
        with OutputFolder(path) as out:
            return list(write_parts(result, out, pictures=False, progress=progress).files)
    if mesh_kind(path) in TOGETHER:
        return list(write_parts_file(model_parts(result), path, progress=progress))
    return [write_mesh(result.parts[1].mesh, path, progress=progress)]
