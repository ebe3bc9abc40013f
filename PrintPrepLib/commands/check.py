"""``printprep check``."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from ..check import check_mesh
from ..errors import InputError
from ..export import Units, read_mesh
from ..mesh import Mesh
from ..profiles.printers import printer
from ..profiles.processes import process_names, process_of
from ..progress import part
from ..segment.ready_labels import from_label_map
from ..segment.segmentation import Segmentation
from ..workflow.load import is_volume_file, load_labels
from .console import Console, finding_lines
from .mesh_step import units_option


def add_arguments(parser: argparse.ArgumentParser, name: str) -> None:
    """Declare the options."""
    parser.add_argument("meshes", metavar="MESH", type=Path, nargs="+", help="mesh file")
    parser.add_argument(
        "--process", choices=process_names(), help="printing process, for its layer height, walls, pins and gaps"
    )
    parser.add_argument("--printer", metavar="NAME", help="printer to check the size against")
    parser.add_argument(
        "--against", metavar="FILE", type=Path, help="mesh or label map that the model must still be equal to"
    )
    parser.add_argument("--label", metavar="NAME", help="label of the label map; all together when left out")
    parser.add_argument("--accuracy-mm", type=float, metavar="MM", help="largest deviation allowed")
    units_option(parser)


def execute(options: argparse.Namespace, console: Console) -> int:
    """Check every mesh."""
    chosen_printer = printer(options.printer) if options.printer else None
    process = options.process or (chosen_printer.process if chosen_printer else None)
    units = Units(options.units) if options.units else None
    against, segmentation = _against(options.against, options.label, units)
    entries: list[dict[str, Any]] = []
    lines: list[str] = []
    for number, path in enumerate(options.meshes):
        mesh = read_mesh(path, units=units)
        checked = check_mesh(
            mesh,
            segmentation=segmentation,
            against=against,
            printer=chosen_printer,
            layer_mm=process_of(process).layer_mm if process else None,
            process=process_of(process) if process else None,
            accuracy_mm=options.accuracy_mm,
            progress=part(console.progress, number / len(options.meshes), (number + 1) / len(options.meshes)),
        )
        entries.append({"model": path.name, **checked.to_dict()})
        lines.append(f"{path.name}: {'ready' if checked.ready else 'NOT READY'}")
        lines += finding_lines(checked.findings)
    ready = all(entry["ready"] for entry in entries)
    data = entries[0] if len(entries) == 1 else {"ready": ready, "findings": [], "measures": {}, "models": entries}
    if len(entries) > 1:
        data["findings"] = [{**f, "model": e["model"]} for e in entries for f in e["findings"]]
        data["measures"] = {e["model"]: e["measures"] for e in entries}
    console.result(data, lines)
    return 0 if ready else 1


def _against(path: Path | None, label: str | None, units: Units | None) -> tuple[Mesh | None, Segmentation | None]:
    if path is None:
        if label is not None:
            raise InputError("--label chooses a label of a label map: give the label map with --against.")
        return None, None
    if is_volume_file(path):
        segmentation, _ = from_label_map(load_labels(path), label=label)
        return None, segmentation
    return read_mesh(path, units=units), None
