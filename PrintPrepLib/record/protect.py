"""The last hand on a record before it is written: salted ids, what the search found, and identity where asked for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..errors import InputError
from .salt import FORGOTTEN_SALT, KEPT_SALT, Salt, with_salted_ids

IDENTITY = (
    "PatientName", "PatientID", "PatientBirthDate", "AccessionNumber", "StudyID", "StudyDate", "StudyInstanceUID",
    "SeriesInstanceUID", "InstitutionName", "ReferringPhysicianName",
)  # fmt: skip
"""What ``--include-identity`` puts into the record, and nothing more: what traces a model back to its study."""
ASKED = "asked for with --include-identity"


def protected(
    record: Mapping[str, Any],
    *,
    series_ids: Iterable[str],
    salt: Salt,
    privacy: Mapping[str, Any],
    identity: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Return a record with salted ids, the block ``privacy``, and ``identity`` where it was asked for.

    Parameters
    ----------
    record : mapping
        As ``build_record`` made it.
    series_ids : iterable of str
        Ids as ``scan`` lists them: hashes of UIDs without a salt.
    salt : Salt
    privacy : mapping
        What was searched, and what was not.
    identity : mapping, optional
        From :func:`identity_values`. With it the record says ``phi_included: true``.
    """
    out: dict[str, Any] = with_salted_ids(record, series_ids, salt)
    out["privacy"] = {**privacy, "uid_salt": KEPT_SALT if salt.kept else FORGOTTEN_SALT}
    out["phi_included"] = identity is not None
    if identity is not None:
        out["identity"] = {"why": ASKED, "values": dict(identity)}
    return out


def identity_values(files: Sequence[Path]) -> dict[str, str]:
    """Read what ``--include-identity`` asks for from the first of a series' files that can be read.

    Raises
    ------
    InputError
        None of them is DICOM: there is no identity to include.
    """
    import pydicom

    for path in files:
        try:
            header = pydicom.dcmread(path, stop_before_pixels=True, specific_tags=list(IDENTITY))
        except Exception:  # noqa: S112 - a broken slice; the next one will do
            continue
        values = {keyword: str(header.get(keyword) or "").strip() for keyword in IDENTITY}
        return {keyword: value for keyword, value in values.items() if value}
    raise InputError("--include-identity needs a DICOM series: this source has no patient in it. Leave it out.")
