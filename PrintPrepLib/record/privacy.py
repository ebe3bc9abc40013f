"""Search of written files for patient data of their source."""

from __future__ import annotations

import gzip
import io
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from ..errors import InputError
from ..progress import Progress, silent
from .data_uris import PAGES, without_data

MIN_TOKEN = 4
"""Shorter texts ("Li", "CT") occur in any binary file by chance."""
MIN_DIGITS = 5
"""Digits alone need one more: four of them are everywhere in coordinates."""
MAX_UNPACKED = 4 << 30
"""Bytes unpacked from one file; beyond that the search says that it did not look."""
_MAX_DEPTH = 3
_OVERLAP = 1024
_CHUNK = 1 << 24
_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, gzip.BadGzipFile)
_UID = re.compile(rb"[0-9]+(?:\.[0-9]+){4,}")

_IDENTIFYING = (
    "PatientName",
    "PatientID",
    "OtherPatientIDs",
    "OtherPatientNames",
    "PatientBirthName",
    "PatientMotherBirthName",
    "PatientBirthDate",
    "PatientAddress",
    "PatientTelephoneNumbers",
    "IssuerOfPatientID",
    "MedicalRecordLocator",
    "AccessionNumber",
    "StudyDate",
    "SeriesDate",
    "AcquisitionDate",
    "ContentDate",
    "StudyID",
    "StudyDescription",
    "RequestedProcedureDescription",
    "InstitutionName",
    "InstitutionAddress",
    "InstitutionalDepartmentName",
    "ReferringPhysicianName",
    "PerformingPhysicianName",
    "PhysiciansOfRecord",
    "NameOfPhysiciansReadingStudy",
    "OperatorsName",
    "RequestingPhysician",
    "StationName",
    "DeviceSerialNumber",
    "StudyInstanceUID",
    "SeriesInstanceUID",
    "SOPInstanceUID",
    "FrameOfReferenceUID",
)
_COMMON_TEXT = (
    "anonymous anonymized anonymised unknown none null test phantom patient name hospital clinic university center "
    "centre institute department radiology medical doctor street road head skull brain chest thorax abdomen pelvis "
    "spine knee foot hand bone vessel model contrast without with scan study series routine axial "
)
_COMMON = frozenset(_COMMON_TEXT.split())
"""Words that stand in such fields but identify nobody, and would be found in any report."""


@dataclass(frozen=True)
class IdentityHit:
    """A token found in a file. ``file`` is relative to the searched folder, ``member`` a part inside an archive."""

    file: str
    member: str
    token: str
    encoding: str
    offset: int


def identity_tokens(source: Path | str, *, progress: Progress = silent) -> frozenset[str]:
    """Collect from the headers of a folder's DICOM files what could identify the patient, the staff or the place.

    Names are split into their parts; dates are taken as DICOM writes them and with hyphens; trivial tokens (short, or
    common words) are left out.

    Parameters
    ----------
    source : path
        A DICOM file or a folder, searched with its subfolders.
    progress : Progress
        Receiver.

    Returns
    -------
    frozenset of str

    Raises
    ------
    InputError
        Missing, or without any DICOM file: an empty list would make every search succeed.
    """
    import pydicom
    from pydicom.errors import InvalidDicomError

    root = Path(source)
    if not root.exists():
        raise InputError(f"'{root.name}' does not exist. Choose the folder of the source series.")
    files = [root] if root.is_file() else sorted(p for p in root.rglob("*") if p.is_file())
    tokens: set[str] = set()
    read = 0
    for index, file in enumerate(files):
        progress(index / len(files), "Reading DICOM headers")
        try:
            header = pydicom.dcmread(file, stop_before_pixels=True, specific_tags=list(_IDENTIFYING))
        except (InvalidDicomError, OSError, EOFError, ValueError, AttributeError, KeyError, NotImplementedError):
            continue
        read += 1
        for keyword in _IDENTIFYING:
            tokens |= _tokens_of(header.get(keyword), keyword)
    if read == 0:
        raise InputError(f"'{root.name}' holds no DICOM file. Choose the folder of the source series.")
    return frozenset(tokens)


def find_identity(folder: Path | str, tokens: Iterable[str], *, progress: Progress = silent) -> list[IdentityHit]:
    """Search every file of a folder, and every file name, for tokens.

    Bytes are compared without regard to case, as UTF-8, Latin-1 and UTF-16; archives (zip, 3MF, gzip) are searched
    inside, too.

    Parameters
    ----------
    folder : path
        A file or a folder, searched with its subfolders, hidden files included.
    tokens : iterable of str
        From :func:`identity_tokens` or anywhere; empty ones are not allowed.
    progress : Progress
        Receiver.

    Returns
    -------
    list of IdentityHit
        First place of each token in each file and member, sorted.

    Raises
    ------
    InputError
        Missing folder, no token, or a file that cannot be searched to its end.
    """
    root = Path(folder)
    words = sorted({token.strip() for token in tokens if token.strip()})
    if not root.exists():
        raise InputError(f"'{root.name}' does not exist. Choose the folder to search.")
    if not words:
        raise InputError("There is nothing to search for: no identifying text was given.")
    wanted = _Wanted.of(words)
    files = [root] if root.is_file() else sorted(p for p in root.rglob("*") if p.is_file())
    hits: set[IdentityHit] = set()
    for index, file in enumerate(files):
        name = file.name if file == root else file.relative_to(root).as_posix()
        progress(index / len(files), f"Searching {file.name}")
        hits |= {IdentityHit(name, "(file name)", word, "name", 0) for word in words if word.lower() in name.lower()}
        try:
            with file.open("rb") as stream:
                if file.suffix.lower() in PAGES:
                    page, pictures = without_data(stream.read())
                    hits |= set(_search(io.BytesIO(page), name, "", wanted))
                    for number, picture in enumerate(pictures, 1):
                        hits |= set(_search(io.BytesIO(picture), name, f"(picture {number})", wanted, 1))
                else:
                    hits |= set(_search(stream, name, "", wanted))
        except _DAMAGED as error:
            raise InputError(
                f"'{file.name}' is a damaged or locked archive and could not be searched inside."
            ) from error
        except OSError as error:
            raise InputError(f"'{file.name}' could not be read and was not searched ({error.strerror}).") from error
    return sorted(hits, key=lambda hit: (hit.file, hit.member, hit.token, hit.encoding))


def _tokens_of(value: object, keyword: str) -> set[str]:
    if value is None:
        return set()
    values = value if isinstance(value, list | tuple) or type(value).__name__ == "MultiValue" else [value]
    found: set[str] = set()
    for item in values:  # type: ignore[attr-defined]
        text = str(item).strip()
        found.add(text)
        if keyword.endswith("Date") and re.fullmatch(r"\d{8}", text):
            found.add(f"{text[:4]}-{text[4:6]}-{text[6:]}")
        elif not keyword.endswith("UID"):
            found |= {word.strip(".,;:()") for word in re.split(r"[\^=\s\\/]+", text)}
    return {word for word in found if _is_telling(word)}


def _is_telling(word: str) -> bool:
    if word.isdigit():
        return len(word) >= MIN_DIGITS and word.strip("0") != ""
    return len(word) >= MIN_TOKEN and word.lower() not in _COMMON


def _encodings(word: str) -> Iterator[tuple[str, bytes]]:
    """Lower-case byte patterns of a word; each different one once."""
    seen: set[bytes] = set()
    for name, codec in (("utf-8", "utf-8"), ("latin-1", "latin-1"), ("utf-16", "utf-16-le"), ("utf-16", "utf-16-be")):
        for variant in (word.lower(), word.upper(), word):
            try:
                code = variant.encode(codec).lower()
            except UnicodeEncodeError:
                continue
            if code not in seen:
                seen.add(code)
                yield name, code


@dataclass(frozen=True)
class _Wanted:
    """What to look for: UIDs are many (one per slice) and are looked up whole; the rest is sought as it stands."""

    patterns: tuple[tuple[str, str, bytes], ...]
    uids: frozenset[bytes]

    @classmethod
    def of(cls, words: list[str]) -> _Wanted:
        uids = frozenset(word.encode() for word in words if _UID.fullmatch(word.encode()))
        rest = [word for word in words if word.encode() not in uids]
        return cls(tuple((word, name, code) for word in rest for name, code in _encodings(word)), uids)

    def places(self, text: bytes) -> Iterator[tuple[str, str, int]]:
        """Give word, encoding and offset of what a lower-case text holds."""
        for word, encoding, code in self.patterns:
            if (at := text.find(code)) >= 0:
                yield word, encoding, at
        if self.uids:
            for encoding, form in (("utf-8", text), ("utf-16", text.replace(b"\0", b""))):
                for match in _UID.finditer(form):
                    if match.group() in self.uids:
                        yield match.group().decode(), encoding, match.start()


def _search(stream: IO[bytes], file: str, member: str, wanted: _Wanted, depth: int = 0) -> Iterator[IdentityHit]:
    """Search a stream in overlapping chunks, then what it contains if it is an archive."""
    found: set[tuple[str, str]] = set()
    head, tail, position = b"", b"", 0
    while chunk := stream.read(_CHUNK):
        head = head or chunk[:4]
        for word, encoding, at in wanted.places((tail + chunk).lower()):
            if (word, encoding) not in found:
                found.add((word, encoding))
                yield IdentityHit(file, member, word, encoding, position - len(tail) + at)
        position += len(chunk)
        if depth and position > MAX_UNPACKED:
            raise InputError(f"'{file}' unpacks to more than {MAX_UNPACKED >> 30} GB and was not searched to its end.")
        tail = chunk[-_OVERLAP:]
    if head[:2] not in (b"PK", b"\x1f\x8b"):
        return
    if depth >= _MAX_DEPTH:
        raise InputError(f"'{file}' holds archives within archives and was not searched to its end.")
    stream.seek(0)
    for name, inner in _members(stream, head):
        yield from _search(inner, file, f"{member}!{name}" if member else name, wanted, depth + 1)


def _members(stream: IO[bytes], head: bytes) -> Iterator[tuple[str, IO[bytes]]]:
    if head.startswith(b"\x1f\x8b"):
        with gzip.GzipFile(fileobj=stream) as inner:
            yield "(gzip)", cast(IO[bytes], inner)
    elif zipfile.is_zipfile(stream):
        with zipfile.ZipFile(stream) as package:
            for info in package.infolist():
                with package.open(info) as part:
                    yield info.filename, part
