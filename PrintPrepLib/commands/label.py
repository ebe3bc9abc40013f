"""``printprep label``: text, side marks, scale bars and codes on a model."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from ..export import Units, read_mesh
from ..profiles import lab_profiles
from ..profiles.printers import printer
from ..progress import part
from ..shape.label.step import label
from ..workflow.label_words import known_of
from ..workflow.recipe import make_call
from ..workflow.steps import STEPS
from .console import Console
from .marked import about_of_files, read_marked, write_marked
from .mesh_step import add_option, given_options, numbers_of, receipt_lines, units_option
from .orient import flatten
from .profiles import profiles_option

AUTO = "auto"
"""Word for a place that is looked for."""


def add_arguments(parser: argparse.ArgumentParser, name: str) -> None:
    """Declare the options of the step."""
    parser.add_argument("mesh", metavar="MESH", type=Path, help="mesh file, in the patient's axes (LPS)")
    parser.add_argument("-o", "--output", metavar="FILE", type=Path, help="where to write; nothing is written without")
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
        elif spec.name == "protect_at":
            parser.add_argument(
                "--protect-at", dest="protect_at", type=numbers_of, action="append", metavar="X,Y,Z,R",
                help=f"{spec.help} May be given several times.",
            )  # fmt: skip
        else:
            add_option(parser, spec)


def execute(options: argparse.Namespace, console: Console) -> int:
    """Read, write on, write."""
    flatten(options)
    with lab_profiles(options.profiles):
        call = make_call(STEPS["label"], given_options(options), "printprep label")
        parameters: dict[str, Any] = dict(call.parameters)
        if options.printer and parameters.get("process") is None:
            parameters["process"] = printer(options.printer).process
        known = None if options.source is None else known_of(options.source)
        mesh = read_marked(options.mesh, Units(options.units) if options.units else None)
        protect = None if options.protect is None else read_mesh(options.protect)
        result, receipt = label(
            mesh, **parameters, known=known, protect=protect, progress=part(console.progress, 0.0, 0.9)
        )
    written, output = None, options.output
    if output:
        written, output = write_marked(result, output, about_of_files([options.mesh]), part(console.progress, 0.9, 1.0))
    data: dict[str, Any] = {
        "receipt": receipt.to_dict(),
        "output": None if written is None else str(output),
        "written": None if written is None else written.to_dict(),
        "labels": receipt.to_dict()["details"]["labels"],
    }
    lines = receipt_lines(receipt)
    lines.append(f"Written: {output}" if written else "Nothing was written: give -o FILE to keep the result.")
    if written:
        lines += [f"  WARN {warning}" for warning in written.warnings]
    console.result(data, lines)
    return 0


def _place(text: str) -> tuple[float, ...] | None:
    return None if text.strip().lower() == AUTO else numbers_of(text)
