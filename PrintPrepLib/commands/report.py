"""``printprep report``."""

from __future__ import annotations

import argparse
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..errors import InputError
from ..record.report import write_report
from ..workflow.replay import read_record
from .console import Console


def add_arguments(parser: argparse.ArgumentParser, name: str) -> None:
    """Declare the options."""
    parser.add_argument("record", metavar="RECORD", type=Path, help="record.json of a run, its pictures beside it")
    parser.add_argument("-o", "--output", metavar="FILE", type=Path, required=True, help="where to write, .html")


def execute(options: argparse.Namespace, console: Console) -> int:
    """Write the report."""
    if options.output.suffix.lower() not in (".html", ".htm"):
        raise InputError(f"'{options.output.name}' must end in .html: the report is a page.")
    record = read_record(options.record)
    missing: list[str] = []
    written = write_report(
        record, _pictures(record, options.record.parent, missing), options.output, progress=console.progress
    )
    lines = [f"Written: {options.output}"]
    if missing:
        lines.append(f"  WARN Not beside the record, so left out: {', '.join(missing)}.")
    console.result({"output": str(options.output), "written": written.to_dict(), "missing": missing}, lines)
    return 0


def _pictures(record: Mapping[str, Any], folder: Path, missing: list[str]) -> Any:
    """Return what gives pictures of the record by name; one that is not that of the record is refused."""
    known = {item["file"]: item["sha256"] for item in record["outputs"]}

    def picture(name: str) -> bytes | None:
        if name not in known:
            return None
        path = folder / name
        if not path.is_file():
            missing.append(name)
            return None
        data = path.read_bytes()
        if hashlib.sha256(data).hexdigest() != known[name]:
            raise InputError(f"'{name}' beside the record is not the picture of the record: its SHA-256 differs.")
        return data

    return picture
