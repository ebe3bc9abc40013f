"""``printprep export``."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

from ..errors import InputError
from ..export import TOGETHER, About, MeshKind, ModelPart, Units, WrittenFile, mesh_kind, read_parts, write_mesh
from ..export.model_part import DEFAULT_COLOR, Rgb, color_of
from ..export.together import write_parts_file
from ..progress import part
from ..shape.cut.assembly import COLORS
from .console import Console
from .marked import about_of_files
from .mesh_step import units_option


def add_arguments(parser: argparse.ArgumentParser, name: str) -> None:
    """Declare the options."""
    parser.add_argument("mesh", metavar="MESH", type=Path, nargs="+", help="mesh files of one patient, in their places")
    parser.add_argument(
        "-o", "--output", metavar="FILE", type=Path, required=True,
        help="file for all of them: .3mf .glb .obj .ply keep parts, names and colors; others take one part",
    )  # fmt: skip
    parser.add_argument(
        "--name", metavar="NAME", action="append", default=[],
        help="name of a part, in order: file names may hold patient data and are not used",
    )  # fmt: skip
    parser.add_argument(
        "--color", metavar="RRGGBB", type=_color, action="append", default=[], help="color of a part, in order (sRGB)"
    )
    parser.add_argument("--record-id", metavar="ID", default="", help="id of the record that the file belongs to")
    parser.add_argument(
        "--scale", metavar="N", type=float, default=1.0, help="say that the model was scaled (not done)"
    )
    parser.add_argument("--mirrored", action="store_true", help="say that the model was mirrored (not done)")
    units_option(parser)


def execute(options: argparse.Namespace, console: Console) -> int:
    """Read the parts, and write them into one file."""
    parts = _parts(options)
    kind = mesh_kind(options.output)
    told = about_of_files(options.mesh)
    scale = told.scale if options.scale == 1.0 else options.scale
    about = About(options.record_id, scale, options.mirrored or told.mirrored)
    progress = part(console.progress, 0.3, 1.0)
    written: tuple[WrittenFile, ...]
    if kind in TOGETHER:
        written = write_parts_file(parts, options.output, about=about, progress=progress)
    elif len(parts) == 1:
        written = (write_mesh(parts[0].mesh.with_name(parts[0].name), options.output, about=about, progress=progress),)
    else:
        endings = ", ".join(k.value for k in MeshKind if k in TOGETHER)
        raise InputError(f"'{options.output.name}' cannot hold {len(parts)} parts. Use one of the endings {endings}.")
    data = {
        "output": str(options.output),
        "files": [file.to_dict() for file in written],
        "parts": [
            {"name": one.name, "number": one.number, "color": one.color, "triangles": len(one.mesh.faces)}
            for one in parts
        ],
        "facts": about.facts() if kind in TOGETHER else {},
    }
    lines = [f"  {one.number:>3} {one.name:<24} {len(one.mesh.faces)} triangles" for one in parts]
    lines.append(f"Written and read back: {options.output}" + "".join(f", {file.name}" for file in written[1:]))
    lines += [f"  WARN {warning}" for file in written for warning in file.warnings]
    console.result(data, lines)
    return 0


def _parts(options: argparse.Namespace) -> list[ModelPart]:
    units = Units(options.units) if options.units else None
    read = [pair for path in options.mesh for pair in _parts_of(path, units)]
    parts = [one for one, _ in read]
    for word, given in (("names", options.name), ("colors", options.color)):
        if len(given) > len(parts):
            raise InputError(f"There are {len(parts)} parts but {len(given)} {word}.")
    several = len(parts) > 1
    for index, (one, own_name) in enumerate(read):
        name = options.name[index] if index < len(options.name) else own_name
        generic = f"part {index + 1}" if several else "model"
        color = options.color[index] if index < len(options.color) else one.color
        number = one.number if one.number and len(options.mesh) == 1 else str(index + 1) if several else ""
        fallback = COLORS[index % len(COLORS)] if several else DEFAULT_COLOR
        parts[index] = replace(one, name=name or generic, color=color or fallback, number=number)
    return parts


def _parts_of(path: Path, units: Units | None) -> list[tuple[ModelPart, str]]:
    """Read the parts of a file, each with the name that stands in the file itself; empty where that is the file's."""
    return [(one, "" if one.name == path.stem else one.name) for one in read_parts(path, units=units).parts]


def _color(text: str) -> Rgb:
    try:
        return color_of(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"'{text}' is no color such as E0CBAD") from error
