"""``printprep privacy``."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path

from ..errors import InputError
from ..progress import part
from ..receipt import plain
from ..record.privacy import find_identity, identity_tokens
from .console import Console

LISTED_HITS = 20


def add_arguments(parser: argparse.ArgumentParser, name: str) -> None:
    """Declare the options."""
    parser.add_argument("folder", metavar="DIR", type=Path, help="folder of written files")
    parser.add_argument("--source", metavar="DIR", type=Path, required=True, help="DICOM folder of the source series")


def execute(options: argparse.Namespace, console: Console) -> int:
    """Search, and answer with 1 when anything was found."""
    for folder in (options.folder, options.source):
        if not folder.exists():
            raise InputError(f"There is nothing at '{folder}'. Check the path.")
    tokens = identity_tokens(options.source, progress=part(console.progress, 0.0, 0.5))
    hits = find_identity(options.folder, tokens, progress=part(console.progress, 0.5, 1.0))
    lines = [f"  FOUND in {hit.file}" for hit in hits[:LISTED_HITS]]
    lines.insert(0, f"{len(hits)} places hold patient data of the source." if hits else "No patient data was found.")
    data = {"clean": not hits, "searched_for": len(tokens), "hits": [plain(asdict(hit)) for hit in hits]}
    console.result(data, lines)
    return 1 if hits else 0
