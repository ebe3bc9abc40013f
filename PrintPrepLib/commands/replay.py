"""``printprep replay``."""

from __future__ import annotations

import argparse
from pathlib import Path

from ..workflow.replay import NOT_COMPARED, Replay, read_record, replay
from .console import Console


def add_arguments(parser: argparse.ArgumentParser, name: str) -> None:
    """Declare the options."""
    parser.add_argument("record", metavar="RECORD", type=Path, help="record.json of a run")
    parser.add_argument("--source", metavar="SCAN", type=Path, required=True, help="the scan: folder or volume file")
    parser.add_argument("-o", "--output", metavar="DIR", type=Path, required=True, help="new folder for the results")
    parser.add_argument("--labels", metavar="FILE", type=Path, help="the label map, where the run had one")
    parser.add_argument(
        "--mesh", metavar="FILE", type=Path, action="append", default=[],
        help="another mesh that a step took: the record has its SHA-256, which it must still have; repeatable",
    )  # fmt: skip
    parser.add_argument("--series", metavar="ID", help="series to take; by default that of the record")
    parser.add_argument(
        "--salt-file", metavar="FILE", type=Path,
        help="the lab's salt, where the run had it: finds the series by its salted id and compares the ids as well",
    )  # fmt: skip


def execute(options: argparse.Namespace, console: Console) -> int:
    """Run the record again, and answer with 1 when any file differs."""
    done = replay(
        read_record(options.record),
        options.source,
        options.output,
        labels=options.labels,
        series=options.series,
        salt_file=options.salt_file,
        meshes=options.mesh,
        progress=console.progress,
    )
    console.result(done.to_dict(), _lines(done))
    return 0 if done.same else 1


def _lines(done: Replay) -> list[str]:
    different = [one for one in done.files if not one.same]
    if not different and done.ids_same is False:
        lines = [f"NOT THE SAME SOURCE: all {len(done.files)} files have the hashes of the record, its ids differ."]
    elif not different:
        lines = [f"THE SAME: all {len(done.files)} files have the hashes of the record."]
    elif done.model_same:
        lines = [f"THE MODEL IS THE SAME; {len(different)} of {len(done.files)} files differ, all of them pictures:"]
    else:
        lines = [f"NOT THE SAME: {len(different)} of {len(done.files)} files differ:"]
    for one in different:
        was = "was not in the record" if one.recorded_sha256 is None else f"was {one.recorded_sha256[:12]}"
        now = "was not written now" if one.replayed_sha256 is None else f"is {one.replayed_sha256[:12]} now"
        lines.append(f"  {one.file}: {was}, {now}")
    if different:
        lines.append("What was not as it was when the record was made:" if done.reasons else "No version changed.")
    elif done.reasons:
        lines.append("The same in spite of these:")
    lines += [f"  {reason}" for reason in done.reasons]
    if done.ids_same is not None:
        how = "The ids of the source are those of the record" if done.ids_same else "THE IDS OF THE SOURCE DIFFER"
        lines.append(f"{how}, hashed with the lab's salt.")
    lines.append(f"Not compared, since each holds its own number and time: {', '.join(sorted(NOT_COMPARED))}.")
    return lines
