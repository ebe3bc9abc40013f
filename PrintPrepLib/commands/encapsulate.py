"""``printprep encapsulate``."""

from __future__ import annotations

import argparse
import hashlib
from pathlib import Path
from typing import Any

from ..encapsulate import (
    CheckedFile,
    Encapsulated,
    EncapsulateRequest,
    SourceSeries,
    Usage,
    check_encapsulated,
    encapsulate,
    read_source,
)
from ..encapsulate.identity import IDENTITY_NOTICE
from ..errors import InputError
from ..export import Units
from .console import Console, finding_lines
from .mesh_step import units_option


def add_arguments(parser: argparse.ArgumentParser, name: str) -> None:
    """Declare the options."""
    parser.add_argument("mesh", metavar="MESH", type=Path, help="mesh file; with --check the DICOM file to check")
    parser.add_argument("--source", metavar="DIR", type=Path, help="DICOM folder of the series it was made from")
    parser.add_argument("--series", metavar="ID", help="id of the series (see 'scan'), where the folder holds several")
    parser.add_argument(
        "-o", "--output", metavar="FILE", type=Path, help="file to write (.dcm), in a folder of its own"
    )
    parser.add_argument("--title", metavar="TEXT", help="title that the archive shows, such as 'Left femur, model'")
    parser.add_argument("--description", metavar="TEXT", default="", help="what the model shows (64 characters)")
    parser.add_argument("--usage", choices=[usage.value for usage in Usage], help="what the model is for")
    yes_no = argparse.BooleanOptionalAction
    parser.add_argument(
        "--modified", action=yes_no, help="the shape was changed on purpose (pins, cuts, thicker walls)"
    )
    parser.add_argument("--mirrored", action=yes_no, help="the model is a mirror image")
    parser.add_argument("--face", action=yes_no, help="a person could be recognized by the model")
    parser.add_argument("--identity-on-model", action="store_true", help="name, number or date are engraved on it")
    parser.add_argument("--color", metavar="R,G,B", type=_color, help="recommended display color, each 0 to 255")
    parser.add_argument(
        "--outside-reason",
        metavar="TEXT",
        default="",
        help="write a model that does not lie within the scan all the same, for this reason; it stands in the file",
    )
    parser.add_argument("--check", action="store_true", help="check a written DICOM file instead of writing one")
    parser.add_argument("--against", metavar="MESH", type=Path, help="with --check: mesh file that it must hold")
    units_option(parser)


def execute(options: argparse.Namespace, console: Console) -> int:
    """Write and verify, or check; answer with 1 where a check failed."""
    if options.check:
        return _check(options, console)
    for flag, value in (("--source", options.source), ("-o", options.output), ("--title", options.title)):
        if value is None:
            raise InputError(f"{flag} is needed to write a DICOM file (or --check to check one).")
    if options.against is not None:
        raise InputError("--against belongs to --check.")
    request = EncapsulateRequest(
        mesh=options.mesh,
        source=options.source,
        output=options.output,
        title=options.title,
        series=options.series,
        usage=Usage(options.usage) if options.usage else None,
        description=options.description,
        modified=options.modified,
        mirrored=options.mirrored,
        face=options.face,
        identity_on_model=options.identity_on_model,
        color=options.color,
        units=Units(options.units) if options.units else None,
        outside_reason=options.outside_reason,
    )
    written = encapsulate(request, console.progress)
    console.result(written.to_dict(), _written_lines(written))
    return 0


def _check(options: argparse.Namespace, console: Console) -> int:
    if options.output is not None or options.title is not None:
        raise InputError("--check reads a file and writes none: leave -o and --title out.")
    source: SourceSeries | None = None
    if options.source is not None:
        source = read_source(options.source, options.series, console.progress)
    payload: bytes | None = None
    if options.against is not None:
        if not options.against.is_file():
            raise InputError(f"There is no file '{options.against.name}'. Check the path of --against.")
        payload = options.against.read_bytes()
    checked = check_encapsulated(options.mesh, source=source, payload=payload)
    console.result({"file": options.mesh.name, **checked.to_dict()}, _checked_lines(options.mesh, checked))
    return 0 if checked.sound else 1


def _written_lines(written: Encapsulated) -> list[str]:
    names = ", ".join(file.name for file in written.files)
    lines = [f"Wrote {names} ({written.kind.value}, {written.payload_bytes} bytes, {written.source_images} images)"]
    lines += [f"  note {note}" for note in written.notes]
    lines += finding_lines(written.findings)
    return [*lines, f"PATIENT DATA: {IDENTITY_NOTICE}"]


def _checked_lines(path: Path, checked: CheckedFile) -> list[str]:
    digest = hashlib.sha256(checked.document).hexdigest()
    title = f"{path.name}: {'sound' if checked.sound else 'NOT SOUND'} ({checked.kind.value}, SHA-256 {digest[:16]}...)"
    return [title, *finding_lines(checked.findings)]


def _color(text: str) -> tuple[int, int, int]:
    words: list[Any] = text.split(",")
    if len(words) != 3 or not all(word.strip().isdigit() for word in words):
        raise argparse.ArgumentTypeError(f"'{text}' is not a color such as 230,220,200")
    red, green, blue = (int(word) for word in words)
    return red, green, blue
