"""``printprep privacy``."""

from __future__ import annotations

import argparse
from pathlib import Path

from ..errors import InputError
from ..progress import part
from ..record.identity import SourceIdentity, file_identity, source_identity
from ..record.privacy import LIMITS, IdentityHit, search_files
from ..workflow.load import is_volume_file
from .console import Console

LISTED_HITS = 20


def add_arguments(parser: argparse.ArgumentParser, name: str) -> None:
    """Declare the options."""
    parser.add_argument("folder", metavar="DIR", type=Path, help="folder of written files, or one file")
    parser.add_argument(
        "--source", metavar="DIR", type=Path, required=True, help="DICOM folder of the source series, or a volume file"
    )
    parser.add_argument(
        "--show-values", action="store_true", help="say what was found, which is patient data; without it only where"
    )


def execute(options: argparse.Namespace, console: Console) -> int:
    """Search, and answer with 1 when anything was found."""
    for folder in (options.folder, options.source):
        if not folder.exists():
            raise InputError(f"There is nothing at '{folder}'. Check the path.")
    identity = _identity(options, console)
    done = search_files(options.folder, identity, progress=part(console.progress, 0.5, 1.0))
    places = {(hit.file, hit.member, hit.where) for hit in done.hits}
    lines = [
        f"{len(places)} places hold patient data of the source."
        if done.hits
        else f"No patient data was found: {done.values} values of {identity.files} files were looked for in "
        f"{done.files} files."
    ]
    lines += [f"  FOUND in {words}" for words in _told(done.hits, values=options.show_values)]
    lines += [f"  not looked for: {row['values']} values, {row['reason']}" for row in done.unsearched]
    lines += [f"  {limit}" for limit in LIMITS]
    data = done.to_dict() | {
        "searched_for": len(identity.forms),
        "hits": [hit.to_dict(with_value=options.show_values) for hit in done.hits],
    }
    console.result(data, lines)
    return 1 if done.hits else 0


def _identity(options: argparse.Namespace, console: Console) -> SourceIdentity:
    if options.source.is_file() and is_volume_file(options.source):
        return file_identity(options.source)
    return source_identity(options.source, progress=part(console.progress, 0.0, 0.5))


def _told(hits: tuple[IdentityHit, ...], *, values: bool) -> list[str]:
    """One line for each place and attribute, the first of many."""
    lines = dict.fromkeys(
        f"{hit.file}{' ' + hit.member if hit.member else ''}: {', '.join(hit.where) or 'given text'}"
        + (f" '{hit.token}'" if values else "")
        for hit in hits
    )
    more = [f"{len(lines) - LISTED_HITS} more places"] if len(lines) > LISTED_HITS else []
    return [*list(lines)[:LISTED_HITS], *more]
