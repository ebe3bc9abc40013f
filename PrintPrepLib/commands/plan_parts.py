"""``printprep plan`` of several meshes: parts of one model that are printed by themselves and put together."""

from __future__ import annotations

import argparse
import textwrap
from collections.abc import Iterator
from typing import Any

from ..errors import InputError
from ..export import About, OutputFolder, Units, WrittenFile, read_mesh, write_mesh
from ..plan.assembly import AssemblyPlan, PartPlan, assembly_of, plan_assembly
from ..plan.orient.find import laid
from ..plan.plan import LIMITS
from ..progress import part
from .console import Console
from .marked import about_of_files
from .orient import protection
from .plan_words import WIDTH, advice_lines

LAID_FILE = "print_{number:02d}.stl"


def execute_parts(options: argparse.Namespace, console: Console) -> int:
    """Plan the parts, and lay them where that is asked for."""
    if options.picture:
        raise InputError("A picture of the orientations is drawn of one model at a time: leave --picture out.")
    if len(options.name) > len(options.mesh):
        raise InputError(f"There are {len(options.mesh)} files but {len(options.name)} names.")
    units = Units(options.units) if options.units else None
    names = options.name + [f"part {k + 1}" for k in range(len(options.name), len(options.mesh))]
    meshes = [read_mesh(path, units=units).with_name(name) for path, name in zip(options.mesh, names, strict=True)]
    keep = None if options.protect is None else read_mesh(options.protect).with_name("protected surface")
    about = about_of_files(options.mesh)
    done = plan_assembly(
        assembly_of(names, meshes), options.use, printer=options.printer, process=options.process,
        material=options.material, layer_mm=options.layer, protected=protection(options, keep), marks=about.marks,
        progress=part(console.progress, 0.0, 0.9),
    )  # fmt: skip
    written = _written(done, options, about)
    data = done.to_dict() | {"mirrored": about.mirrored, "scale": about.scale}
    for number, row in enumerate(data["parts"]):
        row["output"] = None if written is None else written[number].name
    data["output"] = None if written is None else str(options.output)
    data["written"] = None if written is None else [file.to_dict() for file in written]
    marks = "".join(f", {mark}" for mark in about.marks)
    lines = [f"Plan of {len(meshes)} parts for {done.use.title.lower()}{marks}", *_table(done)]
    lines += advice_lines(done.lines, options.sources)
    for one in done.parts:
        lines += ["", f"--- part {one.number}: {one.name}", *advice_lines(one.lines, options.sources)]
    if written is not None:
        lines.append(f"Written to {options.output}: {', '.join(file.name for file in written)}")
    console.result(data, [*lines, "", *textwrap.wrap(LIMITS, WIDTH)])
    return 0


def _written(done: AssemblyPlan, options: argparse.Namespace, about: About) -> list[WrittenFile] | None:
    """Write every part as it lies, where that is asked for."""
    if not options.output:
        return None
    with OutputFolder(options.output) as out:
        return [
            write_mesh(_lies(one), out.file(about.marked(LAID_FILE.format(number=one.number))), about=about)
            for one in done.parts
        ]


def _lies(one: PartPlan) -> Any:
    return laid(one.part.mesh, one.plan.orientations.chosen.measures.rotation)[0]


def _table(done: AssemblyPlan) -> Iterator[str]:
    job = {done.parts[k].number: number for number, plate in enumerate(done.plates, 1) for k in plate.parts}
    yield "  part  name                      width x depth x height    fits  job  used g  supports ml   hours  up"
    for one in done.parts:
        lying, estimate = one.plan.orientations.chosen, one.plan.estimate
        size = " x ".join(f"{side:.1f}" for side in lying.measures.size_mm)
        fits = {True: "yes", False: "NO", None: "-"}[one.fits]
        hours = "-" if estimate.hours is None else f"{estimate.hours:.1f}"
        yield (
            f"  {one.number:4d}  {one.name[:24]:<24}  {size:<24}  {fits:<4}  {job.get(one.number, '-'):>3}  "
            f"{estimate.used_g:6.0f}  {estimate.support_ml:11.1f}  {hours:>6}  {lying.direction.side}"
        )
    hours = "-" if done.hours is None else f"{done.hours:.1f}"
    used, supports = done.sum_of("used_g"), done.sum_of("support_ml")
    yield f"  {'all':<69}{len(done.plates) or '-':>3}  {used:6.0f}  {supports:11.1f}  {hours:>6}"
