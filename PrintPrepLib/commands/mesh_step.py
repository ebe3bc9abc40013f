"""The commands that do one step on a mesh file; their options come from the step's own description."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from ..errors import InputError
from ..export import Units, read_mesh
from ..export.marks import about_after
from ..parameters import ParameterSpec
from ..progress import part
from ..receipt import Receipt
from ..workflow.other_meshes import FILE, HASH, read_other, sha256_of
from ..workflow.recipe import make_call
from ..workflow.steps import STEPS
from .console import Console
from .marked import about_of_files, read_marked, write_marked
from .repeated import is_repeated, join_rows, numbers_of, repeated_option
from .with_added import write_with_added

_SHORT = {
    "limit_mm": "--limit",
    "kerf_mm": "--kerf",
    "bound_radius_mm": "--bound-radius",
    "bound_size_mm": "--bound-size",
    "bound_across": "--bound-across",
    "pin_diameter_mm": "--pin-diameter",
    "pin_length_mm": "--pin-length",
    "pin_taper_deg": "--pin-taper",
    "clearance_mm": "--clearance",
    "clearance_along_mm": "--clearance-along",
    "wall_mm": "--wall",
    "at_mm": "--at",
    "height_mm": "--height",
    "depth_mm": "--depth",
    "bar_mm": "--bar",
    "turn_deg": "--turn",
    "action": "--do",
    "feature_mm": "--feature",
    "gap_mm": "--gap",
    "hole_mm": "--hole",
    "keep_wider_mm": "--keep-wider",
    "volume_mm": "--volume",
    "margin_mm": "--margin",
    "max_gap_mm": "--max-gap",
    "thickness_mm": "--thickness",
    "keep_apart_mm": "--keep-apart",
    "cell_mm": "--cell",
    "fillet_mm": "--fillet",
    "plinth_mm": "--plinth",
    "screw_mm": "--screw",
    "side_mm": "--side",
    "rise_mm": "--rise",
    "by_mm": "--by",
    "size_mm": "--size",
    "on_mm": "--on",
    "about_mm": "--about",
    "drain_diameter_mm": "--drain-diameter",
    "spacing_mm": "--spacing",
}
"""Words of the command line for parameters whose name in recipes is longer."""
PROTECTING = ("landing",)
"""Steps that take a mesh on which they do nothing."""
_MESHES = {"boolean": ("other", "--with", "the other body, as a mesh file, in place of a shape")}
"""Steps that take a second mesh: the argument of the function, its option and what it is."""


def units_option(parser: argparse.ArgumentParser) -> None:
    """Declare ``--units``."""
    parser.add_argument(
        "--units", choices=[unit.value for unit in Units], help="units of the file's numbers, where they are not mm"
    )


def add_arguments(parser: argparse.ArgumentParser, name: str) -> None:
    """Declare the options of the step."""
    parser.add_argument("mesh", metavar="MESH", type=Path, help="mesh file")
    parser.add_argument("-o", "--output", metavar="FILE", type=Path, help="where to write; nothing is written without")
    units_option(parser)
    for spec in STEPS[name].parameters:
        if (name == "fragments" and spec.name in ("keep", "keep_count")) or spec.name in (FILE, HASH):
            continue
        add_option(parser, spec)
    if name in PROTECTING:
        parser.add_argument("--protect", metavar="FILE", type=Path, help="mesh on which nothing may be added")
    if name in _MESHES:
        argument, option, text = _MESHES[name]
        parser.add_argument(option, dest=argument, metavar="FILE", type=Path, help=text)
    if name == "fragments":
        parser.add_argument("--keep", metavar="largest|all|N", default="largest", help="which pieces stay")


def execute(options: argparse.Namespace, console: Console) -> int:
    """Do the step."""
    step = STEPS[options.command]
    join_rows(options)
    call = make_call(step, given_options(options), f"printprep {step.name}")
    units = Units(options.units) if options.units else None
    mesh = read_marked(options.mesh, units)
    extra: dict[str, Any] = {}
    if step.name in PROTECTING and options.protect:
        extra["protect"] = read_mesh(options.protect).with_name("protected anatomy")
    argument = _MESHES.get(step.name, ("",))[0]
    if argument and getattr(options, argument) is not None:
        other = getattr(options, argument)
        extra |= {argument: read_other(other, units), HASH: sha256_of(other)}
    result, receipt = step.function(mesh, **{**call.parameters, **extra}, progress=part(console.progress, 0.0, 0.9))
    written, output = None, options.output
    if output:
        sources = [options.mesh, *([getattr(options, argument)] if argument in extra else [])]
        about = about_after([receipt], about_of_files(sources))
        share = part(console.progress, 0.9, 1.0)
        if step.purposeful and step.moves is None:
            files, output = write_with_added(
                result, mesh, output, about, sources=[options.mesh], units=units, progress=share
            )
            written = files[0]
        else:
            written, output = write_marked(result, output, about, share)
    data: dict[str, Any] = {
        "receipt": receipt.to_dict(),
        "output": None if written is None else str(output),
        "written": None if written is None else written.to_dict(),
    }
    lines = receipt_lines(receipt)
    lines.append(f"Written: {output}" if written else "Nothing was written: give -o FILE to keep the result.")
    if written:
        lines += [f"  WARN {warning}" for warning in written.warnings]
    console.result(data, lines)
    return 0


def receipt_lines(receipt: Receipt) -> list[str]:
    """Write a receipt in a few lines."""
    lines = [f"{receipt.operation} ({receipt.seconds:.2f} s)"]
    before, after = receipt.before, receipt.after
    if before is not None and after is not None:
        lines.append(f"  volume   {before.volume_mm3 / 1000:.3f} -> {after.volume_mm3 / 1000:.3f} ml")
        for key, title in (
            ("triangles", "triangles"),
            ("parts", "parts"),
            ("open_edges", "open edges"),
            ("non_manifold_edges", "non-manifold edges"),
            ("misoriented_edges", "wrongly wound edges"),
            ("genus", "tunnels"),
        ):
            old, new = getattr(before, key, None), getattr(after, key, None)
            if (old or new) or key == "triangles":
                lines.append(f"  {title:<20} {_number(old)} -> {_number(new)}")
    if receipt.change is not None:
        change = receipt.change
        where = "" if change.max_at_mm is None else " at " + ", ".join(f"{v:.1f}" for v in change.max_at_mm)
        lines.append(
            f"  moved    mean {change.mean_mm:.4f} mm, 95 % {change.p95_mm:.4f} mm, max {change.max_mm:.4f} mm{where}"
        )
    lines += [f"  {note}" for note in receipt.notes]
    lines += [f"  WARN {warning}" for warning in receipt.warnings]
    return lines


def _number(value: int | None) -> str:
    return "unknown" if value is None else str(value)


def add_option(parser: argparse.ArgumentParser, spec: ParameterSpec) -> None:
    """Declare the option of one parameter."""
    if is_repeated(spec):
        repeated_option(parser, spec)
        return
    flags = ["--" + spec.name.replace("_", "-")]
    if spec.name in _SHORT:
        flags.insert(0, _SHORT[spec.name])
    text = spec.help + (f" Default: {_shown(spec.default)}." if spec.default is not None else "")
    if spec.kind is bool:
        parser.add_argument(*flags, dest=spec.name, action=argparse.BooleanOptionalAction, default=None, help=spec.help)
        return
    if spec.choices:
        parser.add_argument(*flags, dest=spec.name, choices=spec.choices, help=text)
        return
    metavar = {"mm": "MM", "mm3": "MM3", "MB": "MB"}.get(spec.unit, "X,Y,Z" if spec.kind is tuple else "N")
    kind: Any = {int: int, float: float, str: str, tuple: numbers_of}[spec.kind]
    parser.add_argument(
        *flags, dest=spec.name, type=kind, metavar=metavar, required=spec.required, help=text.replace("%", "%%")
    )


def _shown(value: Any) -> str:
    return str(getattr(value, "value", value))


def given_options(options: argparse.Namespace) -> dict[str, Any]:
    """Return the parameters that were given on the command line, by name."""
    step = STEPS[options.command]
    given = {spec.name: value for spec in step.parameters if (value := getattr(options, spec.name, None)) is not None}
    keep = given.get("keep")
    if step.name == "fragments" and isinstance(keep, str) and keep not in ("largest", "all"):
        if not keep.isdigit():
            raise InputError(f"--keep must be 'largest', 'all' or a number of pieces; got '{keep}'.")
        given.pop("keep")
        given["keep_count"] = int(keep)
    return given
