"""What the source of a volume node could tell of a patient, for the search before anything leaves the scene."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..record.identity import SourceIdentity, source_identity
from .space import slicer_module
from .volumes import dicom_uids


def identity_of_node(node: Any) -> SourceIdentity | None:
    """Collect the identifying values of the DICOM files behind a volume node.

    Returns
    -------
    SourceIdentity or None
        None where Slicer's DICOM database does not know the files, so that there is nothing to search for.
    """
    files = source_files(node)
    if not files:
        return None
    return source_identity(files[0].parent, files=files)


def source_files(node: Any) -> tuple[Path, ...]:
    """Return the files behind a volume node that Slicer's DICOM database knows and that are still there."""
    database = getattr(slicer_module(), "dicomDatabase", None)
    if node is None or database is None or not getattr(database, "isOpen", True):
        return ()
    _series, instances = dicom_uids(node)
    paths = (database.fileForInstance(uid) for uid in instances)
    return tuple(Path(path) for path in paths if path and Path(path).is_file())
