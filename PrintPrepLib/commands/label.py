"""``printprep label``: text, side marks, scale bars and codes on a model."""

from __future__ import annotations

import argparse
from pathlib import Path

from ..export import WrittenFile
from ..profiles import lab_profiles
from ..profiles.printers import printer
from ..progress import part
from ..shape.label.step import label
from ..workflow.label_words import known_of
from ..workflow.steps import STEPS
from .added_step import parameters_and_guard, told, units_of
from .console import Console
from .marked import about_of_files, read_marked
from .mesh_step import add_option, units_option
from .profiles import profiles_option
from .repeated import numbers_of
from .with_added import write_with_added

AUTO = "auto"
"""Word for a place that is looked for."""


def add_arguments(parser: argparse.ArgumentParser, name: str) -> None:
    """Declare the options of the step."""
    parser.add_argument("mesh", metavar="MESH", type=Path, help="mesh file, in the patient's axes (LPS)")
    parser.add_argument(
        "-o", "--output", metavar="FILE", type=Path,
        help="where to write; .3mf, .glb, .obj and .ply show the label in gray; nothing is written without",
    )  # fmt: skip
    units_option(parser)
    profiles_option(parser)
    parser.add_argument(
        "--source", metavar="DIR", type=Path, help="the scan: the text is searched for every value of its headers"
    )
    parser.add_argument("--printer", metavar="NAME", help="printer, for its process")
    parser.add_argument("--protect", metavar="FILE", type=Path, help="mesh of surface that gets no label")
    for spec in STEPS[name].parameters:
        if spec.name == "at_mm":
            parser.add_argument("--at", "--at-mm", dest="at_mm", type=_place, metavar="X,Y,Z|auto", help=spec.help)
        else:
            add_option(parser, spec)


def execute(options: argparse.Namespace, console: Console) -> int:
    """Read, write on, write."""
    units = units_of(options)
    with lab_profiles(options.profiles):
        parameters, protect = parameters_and_guard(options)
        if options.printer and parameters.get("process") is None:
            parameters["process"] = printer(options.printer).process
        known = None if options.source is None else known_of(options.source)
        mesh = read_marked(options.mesh, units)
        result, receipt = label(
            mesh, **parameters, known=known, protect=protect, progress=part(console.progress, 0.0, 0.9)
        )
    files, output = list[WrittenFile](), options.output
    if output:
        files, output = write_with_added(
            result, mesh, output, about_of_files([options.mesh]), sources=[options.mesh], units=units,
            progress=part(console.progress, 0.9, 1.0),
        )  # fmt: skip
    data, lines = told(receipt, files, output)
    data["labels"] = data["receipt"]["details"]["labels"]
    console.result(data, lines)
    return 0


def _place(text: str) -> tuple[float, ...] | None:
    return None if text.strip().lower() == AUTO else numbers_of(text)
