"""``printprep undercut``: can a part leave its mould straight?"""

from __future__ import annotations

import argparse
from pathlib import Path

from ..analysis.undercut import undercut, words_of
from ..export import Units, read_mesh
from ..progress import part
from .console import Console
from .mesh_step import units_option
from .repeated import numbers_of


def add_arguments(parser: argparse.ArgumentParser, name: str) -> None:
    """Declare the options."""
    parser.add_argument("mesh", metavar="MOULD", type=Path, help="one part of the mould")
    parser.add_argument("--part", metavar="FILE", type=Path, required=True, help="what it is to form, in its place")
    parser.add_argument(
        "--pull", metavar="X,Y,Z", type=numbers_of, required=True, help="direction in which the part leaves this mould"
    )
    units_option(parser)


def execute(options: argparse.Namespace, console: Console) -> int:
    """Measure and say; the code is 1 where the part cannot leave."""
    if len(options.pull) != 3:
        raise argparse.ArgumentTypeError("--pull needs three numbers")
    units = Units(options.units) if options.units else None
    mould, model = read_mesh(options.mesh, units=units), read_mesh(options.part, units=units)
    found = undercut(mould, model, options.pull, progress=part(console.progress, 0.0, 1.0))
    lines = [words_of(found, "this mould")]
    lines += [f"  ({x:.1f}, {y:.1f}, {z:.1f})  {area:.0f} mm2" for x, y, z, area in found.places]
    console.result(found.to_dict(), lines)
    return 0 if found.free else 1
