"""What is said of the patient's data in these files, and in which letters it is written."""

from __future__ import annotations

import copy
from typing import Any

IDENTITY_NOTICE = (
    "These files carry the patient: name, number, birth date, study and UIDs of the source, as an archive needs them. "
    "Keep them apart from files that are given away."
)
"""Said after every writing, in words and in JSON."""

_UTF_8 = "ISO_IR 192"


def choose_character_set(out: Any, header: Any) -> None:
    """Keep the character set of the source, so that names stay the same bytes; take UTF-8 where new text needs it.

    Parameters
    ----------
    out : pydicom.Dataset
        Changed in place.
    header : pydicom.Dataset
        Of the source.
    """
    from pydicom.charset import convert_encodings

    named = header.get("SpecificCharacterSet")
    new_text = "".join(str(out.get(keyword, "") or "") for keyword in ("DocumentTitle", "ContentDescription"))
    for item in out.get("ContributingEquipmentSequence") or []:
        new_text += str(item.ContributionDescription)
    if named:
        out.SpecificCharacterSet = copy.deepcopy(named)
    if new_text.isascii():
        return
    single = isinstance(named, str) and named
    if single:
        try:
            new_text.encode(convert_encodings(named)[0])
        except (UnicodeEncodeError, LookupError):
            pass
        else:
            return
    _decode_all(out)
    out.SpecificCharacterSet = _UTF_8


def _decode_all(out: Any) -> None:
    """Turn names into plain text, so that they are written in the new letters and not as the bytes of the old ones."""
    for element in out:
        if element.VR == "SQ":
            for item in element.value:
                _decode_all(item)
        elif element.VR == "PN" and element.value:
            element.value = str(element.value)
