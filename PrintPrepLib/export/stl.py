"""STL: binary and ASCII reading, binary writing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from ..mesh import Mesh
from ..progress import Progress, silent
from .parsed import Parsed, UnreadableError, numbers, stated_space

HEADER = b"PrintPrep output. SPACE=LPS"
_MARKED_HEADER = "PrintPrep output. {marks} SPACE=LPS"
"""Slicer reads the axes from the ``SPACE=`` tag; a header that begins with "solid" would be taken for ASCII."""

_HEADER_BYTES = 80
_RECORD = np.dtype([("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("attribute", "<u2")])
_BLOCK = 1 << 17
"""Triangles per written block: 6.5 MB, so that a cancel is felt at once."""
_WORDS = re.compile(rb"facet\s+normal|outer\s+loop|vertex|endloop|endfacet")
_SOLID_LINE = re.compile(rb"^[ \t]*(?:end)?solid\b[^\r\n]*", re.MULTILINE)
_NEXT = "Export the model again as STL."


def read(path: Path) -> Parsed:
    """Read an STL file; its triangles share no vertices yet (3m vertices).

    Raises
    ------
    UnreadableError
        Not an STL file, cut short, or counts that disagree with the size.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        start = file.read(_HEADER_BYTES + 4)
    if len(start) == _HEADER_BYTES + 4:
        count = int.from_bytes(start[_HEADER_BYTES:], "little")
        if size == _HEADER_BYTES + 4 + count * _RECORD.itemsize:
            return _binary(path, start[:_HEADER_BYTES])
    text = start.lstrip().lower()
    if text.startswith(b"solid"):
        body = path.read_bytes()
        if b"\0" not in body:
            return _ascii(body)
    if _is_text(start):
        kind = "a web page" if text.startswith((b"<!doc", b"<html")) else "a text file"
        raise UnreadableError(f"is {kind}, not an STL model. Choose the STL file itself, or {_NEXT.lower()}")
    if len(start) < _HEADER_BYTES + 4:
        raise UnreadableError(f"is cut short: {size} bytes is less than an STL header. {_NEXT}")
    held = (size - _HEADER_BYTES - 4) // _RECORD.itemsize
    raise UnreadableError(
        f"announces {count} triangles but its size fits {held}; it is cut short or not an STL file. "
        "Copy or export it again."
    )


def write(mesh: Mesh, file: BinaryIO, progress: Progress = silent, marks: Sequence[str] = ()) -> None:
    """Write binary STL: little-endian, 80-byte header, normals from the rounded corners, attribute 0.

    ``marks`` are words for the header: that the model is mirrored, and its scale.
    """
    triangles = len(mesh.faces)
    header = _MARKED_HEADER.format(marks=" ".join(marks)).encode("ascii") if marks else HEADER
    file.write(header.ljust(_HEADER_BYTES, b"\0"))
    file.write(triangles.to_bytes(4, "little"))
    points = mesh.vertices.astype(np.float32)
    for begin in range(0, triangles, _BLOCK):
        progress(begin / triangles, "Writing STL")
        faces = mesh.faces[begin : begin + _BLOCK]
        records = np.zeros(len(faces), _RECORD)
        a, b, c = points[faces[:, 0]], points[faces[:, 1]], points[faces[:, 2]]
        records["corners"][:, 0], records["corners"][:, 1], records["corners"][:, 2] = a, b, c
        records["normal"] = _normals(a, b, c)
        file.write(records.data)


def _normals(
    a: npt.NDArray[np.float32], b: npt.NDArray[np.float32], c: npt.NDArray[np.float32]
) -> npt.NDArray[np.float32]:
    u, v = b - a, c - a
    cross = np.empty_like(u)
    cross[:, 0] = u[:, 1] * v[:, 2] - u[:, 2] * v[:, 1]
    cross[:, 1] = u[:, 2] * v[:, 0] - u[:, 0] * v[:, 2]
    cross[:, 2] = u[:, 0] * v[:, 1] - u[:, 1] * v[:, 0]
    length = np.sqrt(np.einsum("ij,ij->i", cross, cross))
    cross /= np.where(length > 0, length, np.float32(1))[:, None]
    return cross


def _binary(path: Path, header: bytes) -> Parsed:
    records = np.fromfile(path, _RECORD, offset=_HEADER_BYTES + 4)
    with np.errstate(invalid="ignore"):  # signaling NaN of a damaged file; judged later
        corners = records["corners"].astype(np.float64).reshape(-1, 3)
    return Parsed(corners, _soup_faces(len(corners)), stated_space(header))


def _ascii(body: bytes) -> Parsed:
    header = body.lstrip().splitlines()[0]
    lower = body.lower()
    if not lower.rstrip().splitlines()[-1].lstrip().startswith(b"endsolid"):
        raise UnreadableError(f"is an ASCII STL that ends in the middle (no 'endsolid'); it was cut short. {_NEXT}")
    lines = _SOLID_LINE.sub(b"", lower)
    facets = lines.count(b"endfacet")
    if lines.count(b"vertex") != 3 * facets:
        raise UnreadableError(
            f"has {lines.count(b'vertex')} corners for {facets} triangles, not three for each; it is damaged. {_NEXT}"
        )
    values = numbers(_WORDS.sub(b" ", lines), "coordinates")
    if len(values) != 12 * facets:
        raise UnreadableError(f"has triangles with missing or surplus numbers; it is damaged. {_NEXT}")
    corners = np.ascontiguousarray(values.reshape(-1, 4, 3)[:, 1:]).reshape(-1, 3)
    return Parsed(corners, _soup_faces(len(corners)), stated_space(header))


def _soup_faces(corners: int) -> npt.NDArray[np.int64]:
    return np.arange(corners, dtype=np.int64).reshape(-1, 3)


def _is_text(start: bytes) -> bool:
    return all(byte >= 32 or byte in b"\t\r\n\f" for byte in start)
