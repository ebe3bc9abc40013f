"""``printprep strut``: hold loose parts by struts."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from ..export import Units, WrittenFile, read_mesh
from ..profiles import lab_profiles
from ..progress import part
from ..shape.strut.step import strut
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
    parser.add_argument("mesh", metavar="MESH", type=Path, help="mesh file with loose parts")
    parser.add_argument(
        "-o", "--output", metavar="FILE", type=Path,
        help="where to write; .3mf, .glb, .obj and .ply show struts in gray",
    )  # fmt: skip
    parser.add_argument("--protect", metavar="FILE", type=Path, help="mesh of surface that no strut may touch")
    units_option(parser)
    profiles_option(parser)
    for spec in STEPS[name].parameters:
        add_option(parser, spec)


def execute(options: argparse.Namespace, console: Console) -> int:
    """Search, join, write."""
    join_rows(options)
    with lab_profiles(options.profiles):
        call = make_call(STEPS["strut"], given_options(options), "printprep strut")
        units = Units(options.units) if options.units else None
        mesh = read_mesh(options.mesh, units=units).with_name("model")
        keep = None if options.protect is None else read_mesh(options.protect).with_name("protected surface")
        result, receipt = strut(mesh, **call.parameters, protect=keep, progress=part(console.progress, 0.0, 0.9))
    files, output = list[WrittenFile](), options.output
    if output:
        files, output = write_with_added(
            result, mesh, output, about_of_files([options.mesh]), sources=[options.mesh], units=units,
            progress=part(console.progress, 0.9, 1.0),
        )  # fmt: skip
    data: dict[str, Any] = {
        "receipt": receipt.to_dict(),
        "output": str(output) if files else None,
        "written": files[0].to_dict() if files else None,
    }
    lines = receipt_lines(receipt)
    lines.append(f"Written: {output}" if files else "Nothing was written: give -o FILE to keep the result.")
    lines += [f"  WARN {warning}" for file in files for warning in file.warnings]
    console.result(data, lines)
    return 0
