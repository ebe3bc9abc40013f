"""``printprep plan``: advice before the print, with reasons."""

from __future__ import annotations

import argparse
import textwrap
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import InputError
from ..export import About, Units, read_mesh
from ..mesh import Mesh
from ..plan.orient.find import laid
from ..plan.orient.step import axes_words, patient_axes
from ..plan.orient.surface import Protected
from ..plan.plan import LIMITS, Plan, plan
from ..profiles import lab_profiles, use_names
from ..progress import part
from ..record.lying import render_orientations
from .console import Console
from .marked import about_of_files, write_marked
from .mesh_step import units_option
from .orient import protect_options, protection, table
from .plan_parts import execute_parts
from .plan_words import WIDTH, advice_lines
from .profiles import profiles_option
from .repeated import join_rows


def add_arguments(parser: argparse.ArgumentParser, name: str) -> None:
    """Declare the options."""
    parser.add_argument(
        "mesh", metavar="MESH", type=Path, nargs="+",
        help="mesh file; several files are parts of one model, each planned by itself",
    )  # fmt: skip
    parser.add_argument(
        "--name", metavar="NAME", action="append", default=[],
        help="name of a part, in the order of the files: file names may hold patient data and are not used",
    )  # fmt: skip
    parser.add_argument("--use", metavar="NAME", required=True, help=f"what it is for: {', '.join(use_names())}")
    parser.add_argument("--printer", metavar="NAME", help="printer at hand; one is looked for without")
    parser.add_argument("--process", metavar="NAME", help="printing process, where no printer is named")
    parser.add_argument("--material", metavar="NAME", help="material; one is chosen without")
    parser.add_argument("--layer", metavar="MM", type=float, help="layer height in place of the advised one")
    parser.add_argument(
        "--orient", choices=("advise", "apply"), default="advise",
        help="apply: write the model as it is to lie on the printer (-o FILE). Default: advise",
    )  # fmt: skip
    parser.add_argument(
        "-o", "--output", metavar="FILE", type=Path,
        help="the laid model, with --orient apply; of several meshes a folder for all of them",
    )  # fmt: skip
    parser.add_argument("--picture", metavar="FILE", type=Path, help="picture of the orientations (.png)")
    parser.add_argument("--sources", action="store_true", help="say the source of every figure as well")
    protect_options(parser)
    profiles_option(parser)
    units_option(parser)


def execute(options: argparse.Namespace, console: Console) -> int:
    """Plan, and lay the model where that is asked for."""
    if (options.output is not None) != (options.orient == "apply"):
        raise InputError("The laid model is written with both --orient apply and -o FILE; give both or neither.")
    if options.layer is not None and not options.layer > 0.0:
        raise InputError(f"The layer height must be above zero, got {options.layer:g} mm.")
    join_rows(options)
    with lab_profiles(options.profiles):
        if len(options.mesh) > 1:
            return execute_parts(options, console)
        about = about_of_files(options.mesh)
        mesh = read_mesh(options.mesh[0], units=Units(options.units) if options.units else None)
        keep = None if options.protect is None else read_mesh(options.protect).with_name("protected surface")
        protected = protection(options, keep)
        done = plan(
            mesh, options.use, printer=options.printer, process=options.process, material=options.material,
            layer_mm=options.layer, protected=protected, marks=about.marks, progress=part(console.progress, 0.0, 0.8),
        )  # fmt: skip
        picture = _picture(mesh, done, protected, options, console)
    data = {
        **done.to_dict(), "mirrored": about.mirrored, "scale": about.scale, "picture": picture,
        **_laid(mesh, done, options, about),
    }  # fmt: skip
    name = " ".join((options.mesh[0].name, *about.marks))
    lines = [f"{name}: plan for {done.use.title.lower()}", *advice_lines(done.lines, options.sources)]
    lines += ["", "Orientations", *table(data["orientation"])]
    if data["output"]:
        lines.append(f"Written: {data['output']} ({axes_words(done.orientations.chosen.measures.rotation)})")
    console.result(data, [*lines, "", *textwrap.wrap(LIMITS, WIDTH)])
    return 0


def _picture(mesh: Mesh, done: Plan, protected: Protected, options: argparse.Namespace, console: Console) -> str | None:
    if not options.picture:
        return None
    return render_orientations(
        mesh, done.orientations, options.picture, protected=protected, progress=part(console.progress, 0.8, 0.95)
    ).name


def _laid(mesh: Mesh, done: Plan, options: argparse.Namespace, about: About) -> dict[str, Any]:
    rotation = done.orientations.chosen.measures.rotation
    result, matrix = laid(mesh, rotation)
    written, output = None, options.output
    if output:
        written, output = write_marked(result, output, about)
    return {
        "matrix": matrix.tolist(),
        "matrix_back": np.linalg.inv(matrix).tolist(),
        "patient_axes": patient_axes(rotation),
        "output": None if written is None else str(output),
        "written": None if written is None else written.to_dict(),
    }
