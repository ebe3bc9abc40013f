"""The DICOM files behind a volume node: they tell what could identify the patient, and an archive needs them."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..errors import InputError
from .space import slicer_module
from .volumes import dicom_uids


def source_files(node: Any) -> tuple[Path, ...]:
    """Return the files behind a volume node that Slicer's DICOM database knows and that are still there."""
    database = getattr(slicer_module(), "dicomDatabase", None)
    if node is None or database is None or not getattr(database, "isOpen", True):
        return ()
    _series, instances = dicom_uids(node)
    paths = (database.fileForInstance(uid) for uid in instances)
    return tuple(dict.fromkeys(Path(path) for path in paths if path and Path(path).is_file()))


def gather_source(files: Sequence[Path], folder: Path) -> Path:
    """Put the files of a series into a folder of their own, as links where the disk can do it, and return the folder.

    The folder of Slicer's database, or the one that a scan was loaded from, may hold other series as well.

    Raises
    ------
    InputError
        There are no files, or they cannot be read.
    """
    if not files:
        raise InputError(
            "The DICOM files of this scan are not in Slicer's DICOM database. Load the scan with the DICOM module."
        )
    folder.mkdir(parents=True, exist_ok=True)
    try:
        for number, file in enumerate(files):
            place = folder / f"{number:05d}.dcm"
            try:
                os.link(file, place)
            except OSError:  # another disk, or one without links
                shutil.copyfile(file, place)
    except OSError as error:
        raise InputError(
            f"The DICOM files of this scan cannot be read ({error.strerror}). Load the scan again."
        ) from error
    return folder
