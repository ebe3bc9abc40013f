"""The commands whose result is several parts: cut, split and join."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from ..errors import InputError
from ..export import OutputFolder, Units, read_mesh
from ..mesh import Mesh
from ..progress import part
from ..receipt import Receipt
from ..shape.cut.assembly import Assembly
from ..workflow.parts import WrittenParts, write_parts
from ..workflow.recipe import make_call
from ..workflow.steps import STEPS
from .console import Console
from .marked import about_of_files
from .mesh_step import add_option, given_options, receipt_lines, units_option
from .repeated import join_rows

FORMATS = (".stl", ".ply", ".obj", ".3mf", ".vtp")


def add_arguments(parser: argparse.ArgumentParser, name: str) -> None:
    """Declare the options of the step."""
    parser.add_argument(
        "mesh", metavar="MESH", type=Path, nargs="+",
        help="mesh file; several files of one patient (labels) stay aligned",
    )  # fmt: skip
    parser.add_argument("-o", "--output", metavar="DIR", type=Path, help="folder for the parts; nothing without it")
    parser.add_argument(
        "--name", metavar="NAME", action="append", default=[],
        help="name of a model, in the order of the files: file names may hold patient data and are not used",
    )  # fmt: skip
    parser.add_argument("--format", choices=FORMATS, default=FORMATS[0], help="format of the single parts")
    parser.add_argument("--no-pictures", action="store_true", help="write no pictures")
    units_option(parser)
    if name == "split":
        parser.add_argument("--protect", metavar="FILE", type=Path, help="mesh of anatomy that must not be cut")
    for spec in STEPS[name].parameters:
        add_option(parser, spec)


def execute(options: argparse.Namespace, console: Console) -> int:
    """Do the step and write the parts."""
    step = STEPS[options.command]
    join_rows(options)
    call = make_call(step, given_options(options), f"printprep {step.name}")
    models = _models(options)
    source: Any = models[0] if len(models) == 1 else models
    extra: dict[str, Any] = {}
    if step.name == "split":
        if len(models) > 1:
            raise InputError("Splitting takes one model at a time. Unite them first, or cut them together by planes.")
        if options.protect:
            extra["protect"] = read_mesh(options.protect).with_name("protected anatomy")
    assembly, receipt = step.function(source, **call.parameters, **extra, progress=part(console.progress, 0.0, 0.7))
    written = _written(assembly, options, console)
    console.result(_data(assembly, receipt, written, options), _lines(assembly, receipt, written, options))
    return 0


def _models(options: argparse.Namespace) -> list[Mesh]:
    if len(options.name) > len(options.mesh):
        raise InputError(f"There are {len(options.mesh)} files but {len(options.name)} names.")
    units = Units(options.units) if options.units else None
    generic = ["model"] if len(options.mesh) == 1 else [f"model {number + 1}" for number in range(len(options.mesh))]
    names = options.name + generic[len(options.name) :]
    return [read_mesh(path, units=units).with_name(name) for path, name in zip(options.mesh, names, strict=True)]


def _written(assembly: Assembly, options: argparse.Namespace, console: Console) -> WrittenParts | None:
    if not options.output:
        return None
    about = about_of_files(options.mesh)
    with OutputFolder(options.output) as out:
        return write_parts(
            assembly,
            out,
            stem=about.marked("part"),
            together=about.marked("assembly"),
            about=about,
            ending=options.format,
            pictures=not options.no_pictures,
            progress=part(console.progress, 0.7, 1.0),
        )


def _data(
    assembly: Assembly, receipt: Receipt, written: WrittenParts | None, options: argparse.Namespace
) -> dict[str, Any]:
    parts = [item.to_dict() for item in assembly.parts]
    for number, item in enumerate(parts):
        item["file"] = None if written is None else written.parts[number].name
    return {
        "receipt": receipt.to_dict(),
        "output": None if written is None else str(options.output),
        "parts": parts,
        "seams": [seam.to_dict() for seam in assembly.seams],
        "pins": list(assembly.pins),
        "proof": assembly.proof,
        "order": list(assembly.order),
        "files": [] if written is None else [file.to_dict() for file in written.files],
    }


def _lines(
    assembly: Assembly, receipt: Receipt, written: WrittenParts | None, options: argparse.Namespace
) -> list[str]:
    lines = receipt_lines(receipt)
    for number, item in enumerate(assembly.parts):
        size = " x ".join(f"{side:.1f}" for side in item.mesh.size_mm)
        file = "" if written is None else f"  {written.parts[number].name}"
        lines.append(f"  {item.name:<24} {item.mesh.volume_mm3 / 1000:9.3f} ml  {size} mm{file}")
    lines += [f"  {number}. {words}" for number, words in enumerate(assembly.order, 1)]
    for pin in assembly.pins:
        play = "" if pin["gap_min_mm"] is None else f"play {pin['gap_min_mm']:.2f} to {pin['gap_max_mm']:.2f} mm, "
        size = f"{pin['width_mm']:g}" if "width_mm" in pin else f"{pin['shape']} {pin['diameter_mm']:g}"
        lines.append(
            f"  {pin['type']} {size} x {pin['length_mm']:.3g} mm in '{pin['hole_in']}': "
            f"{play}wall {pin['wall_mm']:.2f} mm, interference {pin['interference_mm3']:.3g} mm3"
        )
    if written is None:
        lines.append("Nothing was written: give -o DIR to keep the parts.")
    else:
        lines.append(f"Written to {options.output}: " + ", ".join(file.name for file in written.files))
        lines += [f"  WARN {file.name}: {warning}" for file in written.files for warning in file.warnings]
    return lines
