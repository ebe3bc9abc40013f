"""``printprep islands``."""

from __future__ import annotations

import argparse
from pathlib import Path

from ..errors import InputError
from ..workflow.pieces import SegmentedPieces, segment_pieces
from ..workflow.recipe import load_preset, load_recipe
from .console import Console

LISTED = 20


def add_arguments(parser: argparse.ArgumentParser, name: str) -> None:
    """Declare the options."""
    parser.add_argument("input", metavar="INPUT", type=Path, help="folder of DICOM files, or a volume file")
    parser.add_argument("-r", "--recipe", metavar="RECIPE", type=Path, help="recipe file (.toml)")
    parser.add_argument("--preset", metavar="NAME", help="recipe that ships with PrintPrep: bone, vessel, soft-tissue")
    parser.add_argument("--series", metavar="ID", help="series to take, as 'scan' lists it")
    parser.add_argument("--labels", metavar="FILE", type=Path, help="ready label map in place of a threshold")
    parser.add_argument("--label", metavar="NAME", help="label of the label map; all together when left out")
    parser.add_argument("--go-on", metavar="DIR", type=Path, help="kept states of earlier runs, as of 'run'")


def execute(options: argparse.Namespace, console: Console) -> int:
    """Segment as far as the recipe's islands step, and list the pieces."""
    if (options.recipe is None) == (options.preset is None):
        raise InputError("Give a recipe or a preset: it says how the scan is segmented.")
    recipe = load_recipe(options.recipe) if options.recipe else load_preset(options.preset)
    found = segment_pieces(
        options.input,
        recipe,
        series=options.series,
        labels=options.labels,
        label=options.label,
        checkpoints=options.go_on,
        progress=console.progress,
    )
    console.result(found.to_dict(), _lines(found))
    return 0


def _lines(found: SegmentedPieces) -> list[str]:
    pieces = found.pieces
    lines = [f"{pieces['count']} pieces, {pieces['total_ml']:.2f} ml together"]
    for number, row in enumerate(pieces["listed"][:LISTED], 1):
        x, y, z = row["at_mm"]
        lines.append(
            f"  {number:3d} {row['volume_mm3'] / 1000:.3f} ml, {row['distance_to_main_mm']:.1f} mm from the largest, "
            f"at ({x:.1f}, {y:.1f}, {z:.1f}): {'kept' if row['kept'] else 'dropped'}"
        )
    if pieces["count"] > LISTED:
        lines.append(f"  and {pieces['count'] - LISTED} smaller ones")
    return lines
