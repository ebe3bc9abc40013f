"""``printprep strut``: hold loose parts by struts."""

from __future__ import annotations

import argparse
from pathlib import Path

from ..export import WrittenFile, read_mesh
from ..profiles import lab_profiles
from ..progress import part
from ..shape.strut.step import strut
from .added_step import declare, parameters_and_guard, told, units_of
from .console import Console
from .marked import about_of_files
from .with_added import write_with_added


def add_arguments(parser: argparse.ArgumentParser, name: str) -> None:
    """Declare the options of the step."""
    parser.add_argument("mesh", metavar="MESH", type=Path, help="mesh file with loose parts")
    parser.add_argument(
        "-o", "--output", metavar="FILE", type=Path,
        help="where to write; .3mf, .glb, .obj and .ply show struts in gray",
    )  # fmt: skip
    declare(parser, name, "mesh of surface that no strut may touch")


def execute(options: argparse.Namespace, console: Console) -> int:
    """Search, join, write."""
    units = units_of(options)
    with lab_profiles(options.profiles):
        parameters, keep = parameters_and_guard(options)
        mesh = read_mesh(options.mesh, units=units).with_name("model")
        result, receipt = strut(mesh, **parameters, protect=keep, progress=part(console.progress, 0.0, 0.9))
    files, output = list[WrittenFile](), options.output
    if output:
        files, output = write_with_added(
            result, mesh, output, about_of_files([options.mesh]), sources=[options.mesh], units=units,
            progress=part(console.progress, 0.9, 1.0),
        )  # fmt: skip
    console.result(*told(receipt, files, output))
    return 0
