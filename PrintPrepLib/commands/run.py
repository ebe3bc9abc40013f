"""``printprep run``."""

from __future__ import annotations

import argparse
from pathlib import Path

from ..errors import InputError
from ..finding import Finding, Severity
from ..record.calipers import CaliperPair
from ..record.overrides import Acceptance
from ..workflow.formats import FORMATS, checked_formats
from ..workflow.guard import ON_HIT
from ..workflow.origin import load_origin
from ..workflow.recipe import load_preset, load_recipe
from ..workflow.run import RunRequest, RunResult, run
from .console import Console, finding_lines
from .repeated import numbers_of

_JUDGED = ("threshold", "surface")
"""Steps whose warnings are about the field of view, which the check judges and tells itself."""


def add_arguments(parser: argparse.ArgumentParser, name: str) -> None:
    """Declare the options."""
    parser.add_argument("input", metavar="INPUT", type=Path, help="folder of DICOM files, or a volume file")
    parser.add_argument("-o", "--output", metavar="DIR", type=Path, required=True, help="folder for the results")
    parser.add_argument("-r", "--recipe", metavar="RECIPE", type=Path, help="recipe file (.toml)")
    parser.add_argument("--preset", metavar="NAME", help="recipe that ships with PrintPrep: bone, vessel, soft-tissue")
    parser.add_argument(
        "--mesh", metavar="FILE", type=Path, action="append", default=[],
        help="another mesh that a step takes, where the recipe holds its SHA-256 alone; repeatable",
    )  # fmt: skip
    parser.add_argument("--series", metavar="ID", help="series to take, as 'scan' lists it")
    parser.add_argument("--labels", metavar="FILE", type=Path, help="ready label map in place of a threshold")
    parser.add_argument("--label", metavar="NAME", help="label of the label map; all together when left out")
    parser.add_argument("--use", metavar="NAME", help="what the model is for, for the record")
    parser.add_argument("--printer", metavar="NAME", help="printer to check the size against")
    parser.add_argument(
        "--formats", metavar="LIST", help=f"files of the model, between commas: {','.join(FORMATS)} (usually stl,3mf)"
    )
    parser.add_argument(
        "--caliper", metavar="NAME:X,Y,Z:X,Y,Z", type=caliper_of, action="append", default=[],
        help="a length to measure on the print, between two places on the model (LPS mm); repeatable",
    )  # fmt: skip
    parser.add_argument(
        "--accept", metavar="CODE:REASON[:BY]", type=acceptance_of, action="append", default=[],
        help="accept a warning or failure, with the reason and your initials; the verdict stays; repeatable",
    )  # fmt: skip
    parser.add_argument("--no-pictures", action="store_true", help="write no pictures")
    parser.add_argument("--keep-steps", action="store_true", help="write label map or surface after each step as well")
    parser.add_argument(
        "--go-on",
        metavar="DIR",
        type=Path,
        help="keep in DIR what each step made, and go on from there where nothing before has changed",
    )
    parser.add_argument(
        "--include-identity", action="store_true",
        help="put patient and study into record.json, which then says so; never done without this",
    )  # fmt: skip
    parser.add_argument(
        "--privacy", choices=ON_HIT, default=ON_HIT[0],
        help="where patient data would be in a file: write nothing (refuse), or write and mark it (report)",
    )  # fmt: skip
    parser.add_argument(
        "--salt-file", metavar="FILE", type=Path,
        help="the lab's salt for ids in the record, made if missing; without it a random one is used and forgotten",
    )  # fmt: skip
    parser.add_argument(
        "--origin", metavar="FILE", type=Path,
        help="for programs that hand a scan over as a volume file: what they know of it (JSON, printprep-origin/1)",
    )  # fmt: skip


def caliper_of(text: str) -> CaliperPair:
    """Read a name and two places between colons."""
    name, _, places = text.partition(":")
    ends = [numbers_of(place) for place in places.split(":")]
    if not name.strip() or len(ends) != 2 or any(len(end) != 3 for end in ends):
        raise argparse.ArgumentTypeError(f"'{text}' is not a name and two places such as condyles:1,2,3:4,5,6")
    (a, b, c), (d, e, f) = ends
    return CaliperPair(name.strip(), (a, b, c), (d, e, f))


def acceptance_of(text: str) -> Acceptance:
    """Read a code, a reason, and who, between colons."""
    code, _, rest = text.partition(":")
    reason, _, by = rest.partition(":")
    if not code.strip() or not reason.strip():
        raise argparse.ArgumentTypeError(
            f"'{text}' is not a code and a reason such as 'wall-thickness:display only:AB'"
        )
    return Acceptance(code.strip(), reason.strip(), by.strip())


def execute(options: argparse.Namespace, console: Console) -> int:
    """Run the chain."""
    if options.recipe is not None and options.preset is not None:
        raise InputError("Give either a recipe or a preset, not both.")
    recipe = load_recipe(options.recipe) if options.recipe else None
    if options.preset:
        recipe = load_preset(options.preset)
    if options.mesh and recipe is None:
        raise InputError("--mesh gives another mesh to a recipe's step: give the recipe as well (-r FILE).")
    result = run(
        RunRequest(
            input=options.input,
            output=options.output,
            recipe=recipe,
            series=options.series,
            labels=options.labels,
            label=options.label,
            use=options.use,
            printer=options.printer,
            pictures=not options.no_pictures,
            keep_steps=options.keep_steps,
            checkpoints=options.go_on,
            include_identity=options.include_identity,
            on_patient_data=options.privacy,
            salt_file=options.salt_file,
            formats=checked_formats(options.formats.split(",")) if options.formats is not None else None,
            calipers=tuple(options.caliper),
            accepted=tuple(options.accept),
            meshes=tuple(options.mesh),
            origin=None if options.origin is None else load_origin(options.origin),
        ),
        progress=console.progress,
    )
    console.result(result.to_dict(), summary(result, options.output))
    return 0 if result.ready else 1


def summary(result: RunResult, folder: Path) -> list[str]:
    """Say in a few lines what came out."""
    measures = result.check.measures
    size = " x ".join(f"{value:.1f}" for value in measures["size_mm"])
    pieces, cavities = measures["pieces"], measures["cavities"]
    inside = f" with {cavities} closed {'cavity' if cavities == 1 else 'cavities'} inside" if cavities else ""
    lines = [
        "READY to print" if result.ready else "NOT READY to print: see FAIL below",
        f"  model   {size} mm, {measures['volume_ml']:.1f} ml, {measures['triangles']} triangles, "
        f"{pieces} {'piece' if pieces == 1 else 'pieces'}{inside}",
    ]
    if result.deviation is not None:
        forward = result.deviation.forward
        lines.append(
            f"  change  from the unsmoothed surface: mean {forward.mean_mm:.3f} mm, 95 % {forward.p95_mm:.3f} mm, "
            f"max {result.deviation.hausdorff_mm:.3f} mm"
        )
    if result.went_on_from is not None:
        lines.append(f"  went on from '{result.went_on_from['step']}': nothing up to there has changed")
    lines.append("  steps   " + ", ".join(f"{r.operation} {r.seconds:.1f} s" for r in result.receipts))
    lines += finding_lines(_told_once(result), least=Severity.NOT_RUN)
    warnings = [w for receipt in result.receipts if receipt.operation not in _JUDGED for w in receipt.warnings]
    lines += [f"  WARN {warning}" for warning in warnings]
    lines.append(f"Written to {folder}: " + ", ".join(file.name for file in result.outputs))
    return lines


def _told_once(result: RunResult) -> list[Finding]:
    """Leave out what the review of the scan and the check of the model both say."""
    codes = {finding.code for finding in result.findings}
    return [f for f in result.findings if not (f.code == "clipped" and "clipped-anatomy" in codes)]
