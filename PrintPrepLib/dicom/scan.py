"""Finds the series in any folder a person points at, and judges each."""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from types import MappingProxyType

from ..errors import InputError
from ..finding import Finding, Severity
from ..progress import Progress, part, silent
from .frame import FileHeader, Frame, Reason
from .grouping import split_series
from .header import read_header
from .judge import judge_pictures, judge_stack
from .quiet import quiet
from .series import ScanResult, Series, Verdict

_WORKERS = 4
"""Headers are small: on a network drive the wait counts, and four files are waited for at once."""

_BATCH = 32
"""Files between two progress reports."""

_VERDICT_ORDER = tuple(Verdict)

_WORDS = {
    Reason.NOT_DICOM: "not DICOM",
    Reason.ARCHIVE: "zip archives",
    Reason.DICOMDIR: "DICOMDIR (a table of contents, not needed)",
    Reason.NOT_AN_IMAGE: "DICOM objects without images (plans, structure sets, reports, waveforms)",
    Reason.DERIVED_OBJECT: "objects derived from a scan (segmentation, dose, parametric map), not a scan",
    Reason.UNREADABLE: "DICOM files that cannot be read (damaged, cut off, or oddly written)",
}


def scan_folder(folder: Path, progress: Progress = silent) -> ScanResult:
    """Find and judge every series below a folder.

    Parameters
    ----------
    folder : Path
        Searched to any depth; file names do not matter. A single DICOM file will do too.
    progress : Progress
        Called for every few files.

    Returns
    -------
    ScanResult
        At least one series, though perhaps none that is a volume.

    Raises
    ------
    InputError
        The path is missing, is a zip archive, is empty, or holds no DICOM image.
    """
    folder = Path(folder)
    files = _files(folder)
    progress(0.0, f"Looking at {len(files)} files")
    with quiet():
        headers, reasons = _read_headers(files, part(progress, 0.0, 0.9))
    if not headers:
        raise InputError(_nothing(folder, files, reasons))
    series = _judge(headers, _lost_by_folder(files, reasons), part(progress, 0.9, 1.0))
    counts = Counter(reason for reason in reasons if reason is not None)
    ignored = MappingProxyType({reason.value: counts[reason] for reason in Reason if counts[reason]})
    findings = tuple(_ignored_finding(reason, counts[reason]) for reason in Reason if counts[reason])
    progress(1.0, f"{len(series)} series found")
    return ScanResult(series, ignored, findings, len(files))


def _files(folder: Path) -> list[Path]:
    if not folder.exists():
        raise InputError(f"There is no file or folder at '{folder}'. Check the path.")
    if folder.is_file():
        if folder.suffix.lower() == ".zip":
            raise InputError(f"'{folder.name}' is a zip archive. Unpack it and name the folder it gives.")
        return [folder]
    try:
        files = sorted(path for path in _walk(folder))
    except OSError as error:
        raise InputError(f"The folder '{folder}' cannot be read: {error.strerror}.") from error
    if not files:
        raise InputError(f"The folder '{folder}' holds no files. Name the folder with the DICOM files.")
    return files


def _walk(folder: Path) -> Iterator[Path]:
    for parent, _, names in os.walk(folder):
        for name in names:
            path = Path(parent) / name
            if path.is_file():  # neither a pipe nor a dangling link
                yield path


def _read_headers(files: Sequence[Path], progress: Progress) -> tuple[list[FileHeader], list[Reason | None]]:
    headers: list[FileHeader] = []
    reasons: list[Reason | None] = []
    rest = iter(files)
    with ThreadPoolExecutor(_WORKERS) as pool:
        while batch := list(islice(rest, _BATCH)):
            for answer in pool.map(read_header, batch):
                reasons.append(answer if isinstance(answer, Reason) else None)
                if isinstance(answer, FileHeader):
                    headers.append(answer)
            progress(len(reasons) / len(files), f"Read the headers of {len(reasons)} of {len(files)} files")
    return headers, reasons


def _lost_by_folder(files: Sequence[Path], reasons: Sequence[Reason | None]) -> Counter[Path]:
    """Count damaged files by folder: where slices beside them are missing, they are the missing ones."""
    return Counter(path.parent for path, reason in zip(files, reasons, strict=True) if reason is Reason.UNREADABLE)


def _judge(headers: Sequence[FileHeader], lost: Counter[Path], progress: Progress) -> tuple[Series, ...]:
    by_key: dict[tuple[str, str], list[FileHeader]] = defaultdict(list)
    for header in headers:
        by_key[header.key, header.modality].append(header)
    found: list[Series] = []
    for number, ((key, modality), members) in enumerate(sorted(by_key.items()), start=1):
        found += _judge_series(f"{key}|{modality}", modality, members, lost)
        progress(number / len(by_key), f"Judged {number} of {len(by_key)} series")
    order = _VERDICT_ORDER.index
    return tuple(sorted(found, key=lambda one: (order(one.verdict), -one.slices, one.id)))


def _judge_series(key: str, modality: str, members: Sequence[FileHeader], lost: Counter[Path]) -> list[Series]:
    owner = {id(frame): header for header in members for frame in header.frames}
    frames: list[Frame] = [frame for header in members for frame in header.frames]
    split = split_series(frames)
    if not split.stacks:
        return [judge_pictures(key, frames, modality, members[0].facts)]
    result = []
    for number, stack in enumerate(split.stacks):
        first = stack.frames[0]
        folders = {frame.path.parent for frame in stack.frames}
        block = "" if number == 0 else f"|{number}|{stack.label}"
        result.append(
            judge_stack(
                key + block,
                stack,
                modality,
                owner[id(first)].facts,
                siblings=len(split.stacks),
                set_aside=split.rest if number == 0 else (),
                lost_files=sum(lost[folder] for folder in folders),
            )
        )
    return result


def _ignored_finding(reason: Reason, count: int) -> Finding:
    damaged = reason is Reason.UNREADABLE
    what = "1 file was" if count == 1 else f"{count} files were"
    advice = ""
    if damaged:
        advice = "Copy these files again from the disc or archive."
    elif reason is Reason.ARCHIVE:
        advice = "Unpack the archive if the scan is inside it."
    return Finding(
        code="ignored-" + reason.value.lower().replace(" ", "-"),
        severity=Severity.WARN if damaged or reason is Reason.ARCHIVE else Severity.INFO,
        message=f"{what} left aside: {_WORDS[reason]}.",
        measured=count,
        unit="files",
        advice=advice,
    )


def _nothing(folder: Path, files: Sequence[Path], reasons: Sequence[Reason | None]) -> str:
    counts = Counter(reason for reason in reasons if reason is not None)
    what = "; ".join(f"{counts[reason]} {_WORDS[reason]}" for reason in Reason if counts[reason])
    number = "The one file" if len(files) == 1 else f"None of the {len(files)} files"
    verb = "is not" if len(files) == 1 else "is"
    return f"{number} at '{folder}' {verb} a DICOM image: {what}. Name the folder that holds the scan."
