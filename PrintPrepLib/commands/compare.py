"""``printprep compare``."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from ..analysis.deviation import compare
from ..errors import ExportError
from ..export import MeshKind, Units, mesh_kind, read_mesh, write_mesh
from ..progress import part
from ..record.colors import ColorScale, color_of
from ..record.maps import deviation_span, render_deviation
from .console import Console
from .mesh_step import units_option


def add_arguments(parser: argparse.ArgumentParser, name: str) -> None:
    """Declare the options."""
    parser.add_argument("a", metavar="A", type=Path, help="surface that is judged")
    parser.add_argument("b", metavar="B", type=Path, help="surface it is held against")
    parser.add_argument("-o", "--output", metavar="FILE", type=Path, help="A with its deviation (.vtp, .vtk, .ply)")
    parser.add_argument("--picture", metavar="FILE", type=Path, help="picture of A in colors (.png)")
    units_option(parser)


def execute(options: argparse.Namespace, console: Console) -> int:
    """Compare and write the colored surface where asked for."""
    if options.output and mesh_kind(options.output) not in (MeshKind.VTP, MeshKind.VTK, MeshKind.PLY):
        raise ExportError(f"'{options.output.name}' cannot hold values at its points. Write .vtp, .vtk or .ply.")
    units = Units(options.units) if options.units else None
    a, b = read_mesh(options.a, units=units), read_mesh(options.b, units=units)
    deviation = compare(a, b, progress=part(console.progress, 0.0, 0.9))
    data: dict[str, Any] = deviation.to_dict()
    colored = deviation.colored(a)
    data["output"] = None
    if options.output:
        colors = None
        if mesh_kind(options.output) is MeshKind.PLY:
            span = deviation_span(deviation)
            shown = color_of(deviation.at_vertices_mm, -span, span, ColorScale.DIVERGING)
            colors = (255.0 * shown).round().astype("uint8")
        data["output"] = write_mesh(colored, options.output, colors=colors).name
    if options.picture:
        written = render_deviation(a, deviation, options.picture)
        data["picture"] = written.name
    forward, backward = deviation.forward, deviation.backward
    lines = [
        f"{options.a.name} from {options.b.name} (positive: outside)",
        f"  mean {forward.mean_mm:.4f} mm, RMS {forward.rms_mm:.4f} mm, 95 % {forward.p95_mm:.4f} mm",
        f"  signed mean {forward.signed_mean_mm:+.4f} mm, from {forward.innermost_mm:+.4f} to "
        f"{forward.outermost_mm:+.4f} mm",
        f"  max {forward.max_mm:.4f} mm at {_place(forward.max_at_mm)}; "
        f"the other way {backward.max_mm:.4f} mm at {_place(backward.max_at_mm)} (LPS)",
    ]
    if deviation.volume_change_percent is not None:
        lines.append(f"  volume {deviation.volume_change_percent:+.3f} %")
    lines += [f"  note {note}" for note in deviation.notes]
    console.result(data, lines)
    return 0


def _place(point: tuple[float, float, float]) -> str:
    return "(" + ", ".join(f"{value:.1f}" for value in point) + ")"
