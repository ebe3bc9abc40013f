"""What in a source could tell who was scanned, where, when and by whom; and in which forms it may turn up."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import InputError
from ..progress import Progress, silent
from .identity_forms import Kind, forms_of, why_not_searched

TECHNICAL = frozenset({"Manufacturer", "ManufacturerModelName", "ConvolutionKernel"})
"""Free texts that the record states on purpose; the confidentiality profile (PS3.15, table E.1-1) keeps them."""
CODES = "numbers and coded values of the standard (sex, age, weight, modality): too common to be looked for"
CREATORS = "names of private blocks and scanner makers, which the record states on purpose"
BINARY = "binary values of the header that are no text"
_TEXT_VRS = frozenset({"AE", "SH", "LO", "ST", "LT", "UT", "UC", "UR"})
_KINDS = {"PN": Kind.NAME, "DA": Kind.DATE, "DT": Kind.DATE, "TM": Kind.TIME, "UI": Kind.UID}
_TELLING = (
    "Institution", "Address", "Station", "Department", "Organization", "Hospital", "Location", "Physician",
    "PatientID", "AccessionNumber", "StudyID", "IssuerOf", "Telephone",
)  # fmt: skip
"""Words in the names of attributes whose values tell where or who, word by word."""
_LARGEST_BINARY = 1 << 16
_PRINTABLE = 0.9
"""Share of letters from which on the bytes of an unknown value are taken for a text."""
_STANDARD_UID = "1.2.840.10008."
_MOST_DEPTH = 16


@dataclass(frozen=True)
class Identifier:
    """One value of the source; ``where`` is the attribute that holds it, or what path it is from."""

    kind: Kind
    value: str
    where: str


@dataclass(frozen=True)
class Unsearched:
    """Values that are not looked for: why, how many, and of which attributes. The values are not said."""

    reason: str
    values: int
    where: tuple[str, ...]


@dataclass(frozen=True)
class SourceIdentity:
    """What a source holds.

    ``forms`` maps every text to look for to the attributes that it comes from; ``values`` is the number of values
    behind them.
    """

    forms: Mapping[str, tuple[str, ...]]
    unsearched: tuple[Unsearched, ...]
    values: int
    files: int


def source_identity(
    source: Path | str, *, files: Iterable[Path] | None = None, progress: Progress = silent
) -> SourceIdentity:
    """Collect every text, name, date, time and UID of a DICOM folder's headers, its private tags and its file names.

    All attributes of these kinds are taken, sequences and private tags included: more than the confidentiality
    profile of the standard lists (PS3.15, table E.1-1). Left out are coded values, numbers, and three technical texts.

    Parameters
    ----------
    source : path
        A DICOM file or a folder, searched with its subfolders.
    files : iterable of Path, optional
        The files to read, where they are known.
    progress : Progress
        Receiver.

    Raises
    ------
    InputError
        Missing, or without any DICOM file: an empty list would make every search succeed.
    """
    root = Path(source)
    if not root.exists():
        raise InputError(f"'{root.name}' does not exist. Choose the folder of the source series.")
    if files is None:
        files = [root] if root.is_file() else sorted(p for p in root.rglob("*") if p.is_file())
    paths = list(files)
    reader = _Reader()
    read = [path for index, path in enumerate(paths) if _told(progress, index / len(paths)) and reader.read(path)]
    if not read:
        raise InputError(f"'{root.name}' holds no DICOM file. Choose the folder of the source series.")
    return summed_up([*reader.found, *path_identifiers(root, read)], reader.skipped, len(read))


def file_identity(path: Path) -> SourceIdentity:
    """Collect what a volume file (NRRD, NIfTI, MetaImage) could tell: its name, its path, and the texts in its header.

    Many such files hold nothing; the answer then has few forms, but never none.
    """
    import SimpleITK as sitk

    found = path_identifiers(path, [path])
    reader = sitk.ImageFileReader()
    reader.SetFileName(str(path))
    try:
        reader.ReadImageInformation()
        keys = reader.GetMetaDataKeys()
    except RuntimeError:
        keys = ()
    for key in keys:
        if re.search(r"\||patient|name|\bid\b|date|descrip|aux_file", key, re.IGNORECASE):
            found.append(Identifier(Kind.TEXT, reader.GetMetaData(key).strip(), f"header field {key}"))
    return summed_up(found, {}, 1)


def identity_tokens(source: Path | str, *, progress: Progress = silent) -> frozenset[str]:
    """Return the texts to look for of :func:`source_identity`."""
    return frozenset(source_identity(source, progress=progress).forms)


def summed_up(found: Iterable[Identifier], skipped: Mapping[str, list[str]], files: int) -> SourceIdentity:
    """Turn values into the forms to look for, and say what cannot be looked for.

    Parameters
    ----------
    found : iterable of Identifier
    skipped : mapping of reason to attributes
        What was left out before, one attribute for each value.
    files : int
        Files that were read.
    """
    forms: dict[str, dict[str, None]] = {}
    left: dict[str, list[str]] = {reason: list(where) for reason, where in skipped.items()}
    values = 0
    for one in dict.fromkeys(found):
        texts = forms_of(one.kind, one.value, places=_tells_place(one.where))
        for text in texts:
            forms.setdefault(text, {})[one.where] = None
        values += bool(texts)
        for reason in why_not_searched(one.kind, one.value, texts):
            left.setdefault(reason, []).append(one.where)
    unsearched = tuple(
        Unsearched(reason, len(where), tuple(sorted(set(where)))) for reason, where in sorted(left.items())
    )
    return SourceIdentity({text: tuple(where) for text, where in forms.items()}, unsearched, values, files)


def path_identifiers(root: Path, files: Iterable[Path]) -> list[Identifier]:
    """Return the names of a source's folder and of what is in it, and its full path: they often are the patient's."""
    whole = root.resolve()
    found = [Identifier(Kind.PATH, str(whole), "path of the source"), Identifier(Kind.PATH, root.stem, "source folder")]
    for file in files:
        inside = file.relative_to(root) if root.is_dir() else Path(file.name)
        found += [Identifier(Kind.PATH, folder, "folder name") for folder in inside.parts[:-1]]
        found.append(Identifier(Kind.PATH, inside.name.partition(".")[0] or inside.name, "file name"))
    return list(dict.fromkeys(found))


class _Reader:
    """Reads headers; a value that was seen in an earlier file is not converted again."""

    def __init__(self) -> None:
        self.found: list[Identifier] = []
        self.skipped: dict[str, list[str]] = {}
        self._seen: set[tuple[int, Any]] = set()

    def read(self, path: Path) -> bool:
        """Read one file's header; False where it is no DICOM."""
        import pydicom

        try:
            header = pydicom.dcmread(path, stop_before_pixels=True)
        except Exception:  # whatever a broken file does to the parser: it cannot be read, and is not counted
            return False
        self._walk(header, 0)
        return True

    def _walk(self, data: Any, depth: int) -> None:
        for raw in data.elements():
            value = raw.value
            if isinstance(value, bytes | str):
                key = (int(raw.tag), value)
                if key in self._seen:
                    continue
                self._seen.add(key)
            try:
                element = data[raw.tag]
                vr, items = str(element.VR), element.value
            except Exception:  # noqa: S112 - a value that makes no sense to the parser
                continue
            if vr == "SQ":
                if depth < _MOST_DEPTH:
                    for item in items or ():
                        self._walk(item, depth + 1)
            else:
                self._value(element, vr, items)

    def _value(self, element: Any, vr: str, value: Any) -> None:
        where = str(element.keyword) or f"private {element.tag}"
        if value is None or value in ("", b""):
            return
        if vr in ("OB", "UN", "OW", "OB or OW") and isinstance(value, bytes):
            text = _as_text(value)
            if text is None:
                self._skip(BINARY, where)
            else:
                self.found.append(Identifier(Kind.TEXT, text, where))
            return
        kind = Kind.TEXT if vr in _TEXT_VRS else _KINDS.get(vr)
        if kind is None:
            self._skip(CODES, where)
        elif element.tag.is_private_creator or where in TECHNICAL:
            self._skip(CREATORS, where)
        else:
            values = value if type(value).__name__ in ("MultiValue", "list", "tuple") else [value]
            for item in values:
                text = str(item).strip(" \0")
                if text and not (kind is Kind.UID and text.startswith(_STANDARD_UID)):
                    self.found.append(Identifier(kind, text, where))

    def _skip(self, reason: str, where: str) -> None:
        self.skipped.setdefault(reason, []).append(where)


def _tells_place(where: str) -> bool:
    return any(word in where for word in _TELLING)


def _as_text(value: bytes) -> str | None:
    """Bytes of unknown meaning as text, if that is what they look like."""
    body = value.strip(b"\0 ")
    if not body or len(body) > _LARGEST_BINARY:
        return None
    letters = sum(32 <= byte < 127 or byte >= 160 for byte in body)
    return body.decode("utf-8", "replace") if letters >= _PRINTABLE * len(body) else None


def _told(progress: Progress, fraction: float) -> bool:
    progress(fraction, "Reading what could identify the patient")
    return True
