"""Search of written files for patient data of their source."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import IO

from ..errors import InputError
from ..progress import Progress, silent
from .identity import SourceIdentity, identity_tokens
from .patterns import Patterns as _Wanted
from .unpack import DAMAGED, decoded, is_packed, members

__all__ = ["LIMITS", "IdentityHit", "Searched", "find_identity", "identity_tokens", "search_files"]

MAX_UNPACKED = 4 << 30
"""Bytes unpacked from one file; beyond that the search says that it did not look."""
LIMITS = (
    "What is drawn in pictures is not read: look at them.",
    "Texts inside other compressed or encrypted data than zip, gzip, base64 and the texts of PNG are not seen.",
    "A shape can tell who it is: a face is not found by words.",
)
"""What the search cannot see, for the user."""
_MAX_DEPTH = 4
_OVERLAP = 1024
_CHUNK = 1 << 26


@dataclass(frozen=True)
class IdentityHit:
    """A token found in a file. ``file`` is relative to the searched folder, ``member`` a part inside an archive.

    ``where`` are the attributes of the source that hold it.
    """

    file: str
    member: str
    token: str
    encoding: str
    offset: int
    where: tuple[str, ...] = ()

    def to_dict(self, *, with_value: bool = False) -> dict[str, object]:
        """Return plain JSON values; what was found is left out unless asked for, since it is patient data."""
        data: dict[str, object] = {
            "file": self.file, "member": self.member, "attributes": list(self.where), "encoding": self.encoding,
            "offset": self.offset,
        }  # fmt: skip
        return data | ({"token": self.token} if with_value else {})


@dataclass(frozen=True)
class Searched:
    """What a search looked for, in how many files, what it found, and what it did not look for and why."""

    hits: tuple[IdentityHit, ...]
    values: int
    files: int
    unsearched: tuple[dict[str, object], ...]

    @property
    def clean(self) -> bool:
        """Whether nothing was found."""
        return not self.hits

    def to_dict(self) -> dict[str, object]:
        """Return plain JSON values without any value of the source."""
        return {
            "clean": self.clean,
            "values_searched": self.values,
            "files_searched": self.files,
            "hits": [hit.to_dict() for hit in self.hits],
            "not_searched": list(self.unsearched),
            "limits": list(LIMITS),
        }


def search_files(
    folder: Path | str,
    identity: SourceIdentity,
    *,
    names: Iterable[str] | None = None,
    progress: Progress = silent,
) -> Searched:
    """Search files for everything that a source holds.

    A date of the source that is also the day of making (as ``record.json`` in the folder states it) is not looked for,
    and that is said.

    Parameters
    ----------
    folder : path
        As for :func:`find_identity`.
    identity : SourceIdentity
        What to look for.
    names : iterable of str, optional
        Only these files of the folder.
    progress : Progress
        Receiver.
    """
    made = _day_of_making(Path(folder))
    forms = {text: where for text, where in identity.forms.items() if made is None or made not in _digits(text)}
    unsearched = [
        {"reason": one.reason, "values": one.values, "attributes": list(one.where)} for one in identity.unsearched
    ]
    if len(forms) < len(identity.forms):
        of_today = {name for text, where in identity.forms.items() if text not in forms for name in where}
        reason = "the same date as the day of making, which the record states"
        unsearched.append({"reason": reason, "values": 1, "attributes": sorted(of_today)})
    hits = find_identity(folder, forms, names=names, progress=progress)
    root = Path(folder)
    files = 1 if root.is_file() else sum(path.is_file() for path in root.rglob("*"))
    return Searched(tuple(hits), identity.values, files if names is None else len(set(names)), tuple(unsearched))


def find_identity(
    folder: Path | str,
    tokens: Iterable[str] | Mapping[str, tuple[str, ...]],
    *,
    names: Iterable[str] | None = None,
    progress: Progress = silent,
) -> list[IdentityHit]:
    """Search every file of a folder, and every file name, for tokens.

    Bytes are compared without regard to case, in the encodings of :mod:`.patterns`; archives (zip, 3MF, gzip), the
    compressed texts of PNG, and base64 (data URIs) are searched inside, too.

    Parameters
    ----------
    folder : path
        A file or a folder, searched with its subfolders, hidden files included.
    tokens : iterable of str, or mapping of str to attributes
        From :func:`~.identity.source_identity` or anywhere; empty ones are not allowed.
    names : iterable of str, optional
        Only these files of the folder.
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
    where = tokens if isinstance(tokens, Mapping) else {}
    words = sorted({token.strip() for token in tokens if token.strip()})
    if not root.exists():
        raise InputError(f"'{root.name}' does not exist. Choose the folder to search.")
    if not words:
        raise InputError("There is nothing to search for: no identifying text was given.")
    wanted = _Wanted.of(words)
    files = [root] if root.is_file() else sorted(p for p in root.rglob("*") if p.is_file())
    if names is not None:
        chosen = set(names)
        files = [path for path in files if path.name in chosen]
    hits: set[IdentityHit] = set()
    for index, file in enumerate(files):
        name = file.name if file == root else file.relative_to(root).as_posix()
        progress(index / len(files), f"Searching {file.name}")
        shown = f" {name} ".encode(errors="replace").lower()
        hits |= {IdentityHit(name, "(file name)", word, "name", 0) for word, _, _ in wanted.places(shown)}
        try:
            with file.open("rb") as stream:
                hits |= set(_search(stream, name, "", wanted))
        except DAMAGED as error:
            raise InputError(
                f"'{file.name}' is a damaged or locked archive and could not be searched inside."
            ) from error
        except OSError as error:
            raise InputError(f"'{file.name}' could not be read and was not searched ({error.strerror}).") from error
    told = [IdentityHit(h.file, h.member, h.token, h.encoding, h.offset, tuple(where.get(h.token, ()))) for h in hits]
    return sorted(told, key=lambda hit: (hit.file, hit.member, hit.token, hit.encoding))


def _search(stream: IO[bytes], file: str, member: str, wanted: _Wanted, depth: int = 0) -> Iterator[IdentityHit]:
    """Search a stream in overlapping chunks, then what it contains in other forms."""
    found: set[tuple[str, str]] = set()
    head, tail, position = b"", b"", 0
    while chunk := stream.read(_CHUNK):
        head = head or chunk[:8]
        both = tail + chunk
        for word, encoding, at in wanted.places(both.lower()):
            if (word, encoding) not in found:
                found.add((word, encoding))
                yield IdentityHit(file, member, word, encoding, position - len(tail) + at)
        if not is_packed(head):
            yield from _inside_base64(both, position - len(tail), file, member, wanted, depth, found)
        position += len(chunk)
        if depth and position > MAX_UNPACKED:
            raise InputError(f"'{file}' unpacks to more than {MAX_UNPACKED >> 30} GB and was not searched to its end.")
        tail = chunk[-_OVERLAP:]
    if not is_packed(head):
        return
    if depth >= _MAX_DEPTH:
        raise InputError(f"'{file}' holds archives within archives and was not searched to its end.")
    stream.seek(0)
    for name, inner in members(stream, head):
        inside = f"{member}!{name}" if member else name
        for word, _, _ in wanted.places(f" {name} ".encode(errors="replace").lower()):
            yield IdentityHit(file, inside, word, "name", 0)
        yield from _search(inner, file, inside, wanted, depth + 1)


def _inside_base64(
    text: bytes, start: int, file: str, member: str, wanted: _Wanted, depth: int, found: set[tuple[str, str]]
) -> Iterator[IdentityHit]:
    """Search all base64 of a text at once, and what is packed in it (pictures) one by one."""
    pieces: list[bytes] = []
    for at, content in decoded(text):
        if is_packed(content[:8]) and depth < _MAX_DEPTH:
            try:
                yield from _search(BytesIO(content), file, f"{member}!(base64 at {start + at})", wanted, depth + 1)
            except DAMAGED:
                pieces.append(content)  # a chance likeness: it is searched as it stands
        else:
            pieces.append(content)
    if not pieces:
        return
    for word, encoding, at in wanted.places(b"\n\n".join(pieces).lower()):
        if (word, f"base64 {encoding}") not in found:
            found.add((word, f"base64 {encoding}"))
            yield IdentityHit(file, member, word, f"base64 {encoding}", start + at)


def _day_of_making(folder: Path) -> str | None:
    """Day that the record in a folder states, as eight digits."""
    try:
        stated = json.loads((folder / "record.json").read_text("utf-8"))["created_utc"]
        return _digits(str(stated))[:8]
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _digits(text: str) -> str:
    return "".join(c for c in text if c.isdigit())
