"""``printprep scan``."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from ..dicom import ScanResult, Series, Verdict, read_volume_file, scan_folder
from ..errors import InputError
from ..finding import Severity, worst
from ..scan.review import review
from ..volume import Volume
from ..workflow.load import is_volume_file
from .console import Console, finding_lines


def add_arguments(parser: argparse.ArgumentParser, name: str) -> None:
    """Declare the options."""
    parser.add_argument("input", metavar="INPUT", type=Path, help="folder of DICOM files, or a volume file")


def execute(options: argparse.Namespace, console: Console) -> int:
    """List and judge."""
    path: Path = options.input
    if not path.exists():
        raise InputError(f"There is nothing at '{path}'. Check the path.")
    if path.is_file() and is_volume_file(path):
        volume = read_volume_file(path)
        entry, lines = _volume_entry(volume)
        console.result({"series": [entry], "findings": []}, lines)
        return 0 if entry["verdict"] in (Verdict.GOOD.value, Verdict.USABLE.value) else 1
    result = scan_folder(path, progress=console.progress)
    console.result(result.to_dict(), _lines(result))
    usable = any(series.verdict in (Verdict.GOOD, Verdict.USABLE) for series in result.series)
    return 0 if usable else 1


def _lines(result: ScanResult) -> list[str]:
    lines: list[str] = []
    for series in result.series:
        lines.append(_title(series))
        lines += finding_lines(series.findings, least=Severity.INFO)
    lines += finding_lines(result.findings, least=Severity.INFO)
    return lines


def _title(series: Series) -> str:
    spacing = (
        "no voxel size" if series.spacing_mm is None else " x ".join(f"{s:.3g}" for s in series.spacing_mm) + " mm"
    )
    return (
        f"{series.id}  {series.modality or '?':<3} {series.slices} slices of {series.columns} x {series.rows}, "
        f"{spacing}: {series.verdict.value}"
    )


def _volume_entry(volume: Volume) -> tuple[dict[str, Any], list[str]]:
    """Describe a volume file with the keys of a series."""
    columns, rows, slices = volume.shape_ijk
    spacing = volume.spacing_mm
    findings = (*volume.source.findings, *review(volume))
    gravest = worst(findings)
    verdict = {Severity.FAIL: Verdict.POOR, Severity.WARN: Verdict.USABLE}.get(gravest, Verdict.GOOD)
    entry = {
        "id": volume.source.series_id,
        "modality": volume.source.modality,
        "slices": slices,
        "rows": rows,
        "columns": columns,
        "spacing_mm": list(spacing),
        "step_min_mm": spacing[2],
        "step_max_mm": spacing[2],
        "tilt_deg": 0.0,
        "height_mm": spacing[2] * (slices - 1),
        "verdict": verdict.value,
        "findings": [finding.to_dict() for finding in findings],
    }
    size = " x ".join(f"{s:.3g}" for s in spacing)
    title = f"{slices} slices of {columns} x {rows}, {size} mm: {verdict.value}"
    return entry, [title, *finding_lines(findings, least=Severity.INFO)]
