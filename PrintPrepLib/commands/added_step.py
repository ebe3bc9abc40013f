"""What the commands share that add something to a model: their inputs, and what they tell."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..export import Units, WrittenFile, read_mesh
from ..mesh import Mesh
from ..receipt import Receipt
from ..workflow.recipe import make_call
from ..workflow.steps import STEPS
from .mesh_step import add_option, given_options, receipt_lines, units_option
from .profiles import profiles_option
from .repeated import join_rows

NOTHING_WRITTEN = "Nothing was written: give -o FILE to keep the result."


def declare(parser: argparse.ArgumentParser, name: str, protected: str) -> None:
    """Declare the options that all of them have, and those of the step; ``protected`` says what ``--protect`` is."""
    parser.add_argument("--protect", metavar="FILE", type=Path, help=protected)
    units_option(parser)
    profiles_option(parser)
    for spec in STEPS[name].parameters:
        add_option(parser, spec)


def parameters_and_guard(options: argparse.Namespace) -> tuple[dict[str, Any], Mesh | None]:
    """The step's parameters, checked and with their defaults, and the protected mesh."""
    join_rows(options)
    call = make_call(STEPS[options.command], given_options(options), f"printprep {options.command}")
    keep = None if options.protect is None else read_mesh(options.protect).with_name("protected surface")
    return dict(call.parameters), keep


def units_of(options: argparse.Namespace) -> Units | None:
    """Units of the file, where they were given."""
    return Units(options.units) if options.units else None


def told(receipt: Receipt, files: Sequence[WrittenFile], output: Path | None) -> tuple[dict[str, Any], list[str]]:
    """The answer as JSON values, and in lines."""
    data: dict[str, Any] = {
        "receipt": receipt.to_dict(),
        "output": str(output) if files else None,
        "written": files[0].to_dict() if files else None,
    }
    lines = [*receipt_lines(receipt), f"Written: {output}" if files else NOTHING_WRITTEN]
    return data, lines + [f"  WARN {warning}" for file in files for warning in file.warnings]
