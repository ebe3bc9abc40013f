"""``printprep thickness``."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from ..analysis.thickness import MAX_MM, Method, Side, Thickness, wall_thickness
from ..analysis.thin import ThinPlaces, thin_places
from ..errors import ExportError, InputError
from ..export import MeshKind, Units, mesh_kind, read_mesh, write_mesh
from ..mesh import Mesh
from ..profiles.printers import printer
from ..profiles.processes import process_names, process_of
from ..progress import part
from ..record.colors import ColorScale, color_of
from ..record.maps import RANGE_LIMITS, render_thickness
from .console import Console
from .mesh_step import units_option

LISTED = 20


def add_arguments(parser: argparse.ArgumentParser, name: str) -> None:
    """Declare the options."""
    parser.add_argument("mesh", metavar="MESH", type=Path, help="mesh file")
    parser.add_argument("--limit", metavar="MM", type=float, help="walls strictly thinner than this are listed")
    parser.add_argument("--max", metavar="MM", type=float, help=f"thicker walls are not measured (default {MAX_MM:g})")
    parser.add_argument("--process", choices=process_names(), help="printing process, for the limit")
    parser.add_argument("--printer", metavar="NAME", help="printer, for the limit")
    parser.add_argument("--gaps", action="store_true", help="measure the air between walls instead of the walls")
    parser.add_argument(
        "--rays", action="store_true", help="measure along the normal instead of by balls; also for open shells"
    )
    parser.add_argument(
        "-o", "--output", metavar="FILE", type=Path, help="the mesh with its thickness (.vtp, .vtk, .ply)"
    )
    parser.add_argument("--picture", metavar="FILE", type=Path, help="thickness map with the thin places (.png)")
    units_option(parser)


def execute(options: argparse.Namespace, console: Console) -> int:
    """Measure, list, write."""
    if options.output and mesh_kind(options.output) not in (MeshKind.VTP, MeshKind.VTK, MeshKind.PLY):
        raise ExportError(f"'{options.output.name}' cannot hold values at its points. Write .vtp, .vtk or .ply.")
    limit, why = _limit(options)
    if limit is not None and not limit > 0.0:
        raise InputError(f"The limit must be above zero, got {limit:g} mm.")
    largest = options.max if options.max is not None else max(MAX_MM, 1.5 * (limit or 0.0))
    if limit is not None and limit > largest:
        raise InputError(f"--max ({largest:g} mm) must not be below the limit ({limit:g} mm).")
    mesh = read_mesh(options.mesh, units=Units(options.units) if options.units else None)
    measured = wall_thickness(
        mesh,
        max_mm=largest,
        side=Side.GAP if options.gaps else Side.WALL,
        method=Method.RAY if options.rays else Method.BALL,
        progress=part(console.progress, 0.0, 0.8),
    )
    places = None if limit is None else thin_places(mesh, measured, limit)
    summary = measured.summary(mesh, limit)
    data: dict[str, Any] = summary.to_dict()
    data["side"], data["method"] = measured.side.value, measured.method.value
    data["regions"] = [] if places is None else [region.to_dict() for region in places.regions]
    data["output"] = data["picture"] = None
    if options.output:
        data["output"] = _write(mesh, measured, limit, options.output)
    if options.picture:
        written = render_thickness(
            mesh, measured, options.picture, places=places, progress=part(console.progress, 0.85, 1.0)
        )
        data["picture"] = written.name
    what = "gap" if options.gaps else "wall"
    lines = [
        f"{options.mesh.name}: {what} width by area: smallest {summary.min_mm:.3f} mm, 1 % {summary.p01_mm:.3f} mm, "
        f"5 % {summary.p05_mm:.3f} mm, median {summary.median_mm:.3f} mm; {summary.percent_beyond:.1f} % is beyond "
        f"{largest:g} mm"
    ]
    if places is None:
        lines.append("Give --limit MM, or a --process or --printer, to have the thin places listed.")
    else:
        lines += _list_lines(places, summary.area_below_cm2 or 0.0, summary.percent_below or 0.0, why)
    console.result(data, lines)
    return 0


def _limit(options: argparse.Namespace) -> tuple[float | None, str]:
    """Return the limit and where it comes from."""
    if options.limit is not None:
        return options.limit, "as given"
    name = options.process or (printer(options.printer).process if options.printer else None)
    if name is None:
        return None, ""
    process = process_of(name)
    figure = process.gap if options.gaps else process.wall_free
    return figure.value_mm, f"{process.title}: {figure.source}"


def _list_lines(places: ThinPlaces, area_cm2: float, percent: float, why: str) -> list[str]:
    count = len(places.regions)
    lines = [
        f"Below {places.limit_mm:g} mm ({why}): {area_cm2:.3f} cm2, {percent:.2f} % of the surface, in {count} "
        f"place{'' if count == 1 else 's'}"
    ]
    for r in places.regions[:LISTED]:
        x, y, z = r.center_mm
        lines.append(
            f"  {r.number:3d} {r.form.value}: {r.min_mm:.3f} mm at the thinnest, {r.typical_mm:.3f} mm typical, "
            f"{r.area_mm2:.3g} mm2, {r.location} at ({x:.1f}, {y:.1f}, {z:.1f})"
        )
    if count > LISTED:
        lines.append(f"  and {count - LISTED} smaller ones (all of them with --json)")
    return lines


def _write(mesh: Mesh, measured: Thickness, limit: float | None, path: Path) -> str:
    colored = measured.colored(mesh)
    colors = None
    if mesh_kind(path) is MeshKind.PLY:
        values = colored.scalars[measured.scalar_name]
        high = measured.max_mm if limit is None else min(measured.max_mm, RANGE_LIMITS * limit)
        scale = ColorScale.SEQUENTIAL if limit is None else ColorScale.LIMIT
        colors = (255.0 * color_of(values, 0.0, high, scale, limit)).round().astype("uint8")
    return write_mesh(colored, path, colors=colors).name
