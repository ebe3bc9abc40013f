"""``printprep orient``: lay a model for printing."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from ..export import Units, read_mesh
from ..export.marks import about_of_file
from ..mesh import Mesh
from ..plan.orient.step import lay
from ..plan.orient.surface import Protected, protected_of
from ..profiles import lab_profiles
from ..progress import part
from ..record.lying import render_orientations
from ..workflow.recipe import make_call
from ..workflow.steps import STEPS
from .console import Console
from .marked import write_marked
from .mesh_step import add_option, given_options, receipt_lines, units_option
from .profiles import profiles_option
from .repeated import join_rows

PROTECTING = ("protect_at", "protect_box", "protect_mm")
"""Parameters that say what is protected."""
LISTED = 10
"""Candidates in the table."""


def add_arguments(parser: argparse.ArgumentParser, name: str) -> None:
    """Declare the options of the step."""
    parser.add_argument("mesh", metavar="MESH", type=Path, help="mesh file")
    parser.add_argument("-o", "--output", metavar="FILE", type=Path, help="the model as it is to lie on the printer")
    parser.add_argument("--picture", metavar="FILE", type=Path, help="picture of the candidates (.png)")
    units_option(parser)
    profiles_option(parser)
    protect_options(parser)
    for spec in STEPS["orient"].parameters:
        if spec.name not in PROTECTING:
            add_option(parser, spec)


def protect_options(parser: argparse.ArgumentParser) -> None:
    """Declare what must stay free of supports."""
    parser.add_argument("--protect", metavar="FILE", type=Path, help="mesh of surface that must stay free of supports")
    for spec in STEPS["orient"].parameters:
        if spec.name in PROTECTING:
            add_option(parser, spec)


def execute(options: argparse.Namespace, console: Console) -> int:
    """Search, lay, write."""
    join_rows(options)
    with lab_profiles(options.profiles):
        call = make_call(STEPS["orient"], given_options(options), "printprep orient")
        mesh = read_mesh(options.mesh, units=Units(options.units) if options.units else None)
        keep = None if options.protect is None else read_mesh(options.protect).with_name("protected surface")
        done = lay(mesh, **call.parameters, protect=keep, progress=part(console.progress, 0.0, 0.7))
        picture = None
        if options.picture:
            chosen = None if options.up is None else [done.taken, done.found.chosen]
            picture = render_orientations(
                mesh, done.found, options.picture, protected=protection(options, keep), shown=chosen,
                progress=part(console.progress, 0.7, 0.9),
            ).name  # fmt: skip
    receipt = done.receipt
    written, output = None, options.output
    if output:
        about = about_of_file(options.mesh)
        written, output = write_marked(done.mesh, output, about, part(console.progress, 0.9, 1.0))
    data: dict[str, Any] = {
        "receipt": receipt.to_dict(),
        "output": None if written is None else str(output),
        "written": None if written is None else written.to_dict(),
        "picture": picture,
    }
    lines = [*receipt_lines(receipt), *table(receipt.to_dict()["details"]["orientations"])]
    lines.append(f"Written: {output}" if written else "Nothing was written: give -o FILE to keep the result.")
    console.result(data, lines)
    return 0


def protection(options: argparse.Namespace, keep: Mesh | None) -> Protected:
    """What the options protect."""
    distance = 0.5 if options.protect_mm is None else options.protect_mm
    return protected_of(options.protect_at, options.protect_box, keep, distance)


def table(orientations: dict[str, Any]) -> list[str]:
    """Candidates as a table, the best first, and the model as it lies."""
    lines = ["  rank  score  height  support space  touched  protected  footprint  tips at  fits  which"]
    rows = orientations["candidates"][:LISTED]
    if not any(row["name"] == "as it lies" for row in rows):
        rows = [*rows, orientations["as_it_lies"]]
    for row in rows:
        fits = {True: "yes", False: "NO", None: "-"}[row["fits"]]
        lines.append(
            f"  {row['number']:4d} {row['score']['total']:6.2f} {row['height_mm']:5.0f} mm "
            f"{row['support_space_ml']:11.2f} ml "
            f"{row['touched_cm2']:5.1f} cm2 {row['protected_touched_cm2']:6.2f} cm2 {row['footprint_cm2']:6.1f} cm2 "
            f"{row['tip_deg']:5.0f} deg  {fits:<4}  {row['side']}; {row['name']}"
        )
    return lines
