"""From what the user pointed at to a volume: a folder of DICOM files, one DICOM file, or a volume file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ..dicom import (
    ScanResult,
    Series,
    best_series,
    find_series,
    read_label_file,
    read_series,
    read_volume_file,
    scan_folder,
)
from ..errors import InputError
from ..finding import Finding, Severity
from ..progress import Progress, part, silent
from ..record.salt import PREFIX, Salt
from ..volume import LabelMap, Volume

VOLUME_ENDINGS = (".nrrd", ".nhdr", ".nii", ".nii.gz", ".mha", ".mhd")
"""Files that hold a whole volume."""


@dataclass(frozen=True, eq=False)
class LoadedScan:
    """A volume, why it was chosen, and everything that was found on the way.

    ``files`` are those of the series that was read, empty for a volume file.
    """

    volume: Volume
    reason: str
    findings: tuple[Finding, ...]
    files: tuple[Path, ...] = ()


def is_volume_file(path: Path) -> bool:
    """Whether the ending says that the file holds a whole volume."""
    return path.name.lower().endswith(VOLUME_ENDINGS)


def load_scan(
    path: Path, *, series: str | None = None, salt: Salt | None = None, progress: Progress = silent
) -> LoadedScan:
    """Find the scan that the user means and read it.

    Parameters
    ----------
    path : Path
        Folder, DICOM file or volume file.
    series : str or None
        Id of a series as ``scan`` lists it; without it the best one for printing is taken. The salted id of a record
        is understood with its salt; without that the best one is taken, too.
    salt : Salt or None
        The lab's salt.

    Raises
    ------
    InputError
        Nothing usable is there, or ``series`` was given for a volume file.
    """
    if not path.exists():
        raise InputError(f"There is nothing at '{path}'. Check the path.")
    if path.is_file() and is_volume_file(path):
        if series is not None:
            raise InputError("A volume file holds one volume: leave --series out.")
        progress(0.0, "Reading the volume file")
        volume = read_volume_file(path)
        return LoadedScan(volume, "The input is one volume file.", volume.source.findings)
    found = scan_folder(path, progress=part(progress, 0.0, 0.2))
    chosen, reason = _choose(found, series, salt)
    volume = read_series(chosen, progress=part(progress, 0.2, 1.0))
    told = {finding.code for finding in volume.source.findings}
    findings = volume.source.findings + tuple(f for f in chosen.findings if f.code not in told)
    note = Finding("series-chosen", Severity.INFO, reason, measured=chosen.id)
    frames = () if chosen.stack is None else chosen.stack.frames
    return LoadedScan(volume, reason, (note, *findings), tuple(dict.fromkeys(frame.path for frame in frames)))


def load_labels(path: Path) -> LabelMap:
    """Read a ready label map.

    Raises
    ------
    InputError
        There is no such file, or it is no label map.
    """
    if not path.is_file():
        raise InputError(f"There is no label map '{path.name}'. Check the path.")
    return read_label_file(path)


def _choose(found: ScanResult, series: str | None, salt: Salt | None) -> tuple[Series, str]:
    if series is not None and series.startswith(PREFIX):
        known = None if salt is None else salt.find(series, [one.id for one in found.series])
        if known is None and salt is not None:
            raise InputError(f"No series here is {series}: this is another scan, or another salt.")
        series = known
    if series is not None:
        chosen = find_series(found, series)
        return chosen, f"Series {chosen.id} was asked for."
    return best_series(found)
