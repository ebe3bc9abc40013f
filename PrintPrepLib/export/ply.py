"""PLY (Stanford polygon format): reading of all three encodings, binary writing with scalars and colors."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from ..mesh import Mesh
from ..progress import Progress, silent
from .parsed import Parsed, UnreadableError, numbers, stated_space, triangulate
from .ply_parts import parts_of

_TYPES = {
    "char": "i1", "int8": "i1", "uchar": "u1", "uint8": "u1", "short": "i2", "int16": "i2", "ushort": "u2",
    "uint16": "u2", "int": "i4", "int32": "i4", "uint": "u4", "uint32": "u4", "float": "f4", "float32": "f4",
    "double": "f8", "float64": "f8",
}  # fmt: skip
_NOT_SCALARS = frozenset({"x", "y", "z", "nx", "ny", "nz", "red", "green", "blue", "alpha", "s", "t", "u", "v"})
_ENCODINGS = {"ascii": "", "binary_little_endian": "<", "binary_big_endian": ">"}
_MAX_HEADER_BYTES = 1 << 20
_ABOUT_LINE = re.compile(r"^comment ([A-Z]\w+): (\S+)\r?$", re.MULTILINE)
_BLOCK = 1 << 18
_NEXT = "Export the model again as PLY."


@dataclass(frozen=True)
class _Property:
    name: str
    dtype: str
    count_dtype: str = ""  # empty unless a list


@dataclass(frozen=True)
class _Element:
    name: str
    count: int
    properties: tuple[_Property, ...]

    @property
    def has_list(self) -> bool:
        return any(p.count_dtype for p in self.properties)


def read(path: Path) -> Parsed:
    """Read a PLY file; extra numbers at the vertices become scalars, colors and normals are left out.

    Raises
    ------
    UnreadableError
        Not a PLY file, damaged or cut short.
    """
    body = path.read_bytes()
    header, offset = _split_header(body)
    encoding, elements = _parse_header(header)
    columns: dict[str, npt.NDArray[np.float64]] = {}
    counts = corners = np.empty(0, np.int64)
    reader = _AsciiBody(body[offset:]) if encoding == "" else _BinaryBody(body, offset, encoding)
    for element in elements:
        if element.name == "vertex" and not element.has_list:
            columns = reader.table(element)
        elif element.name == "face":
            counts, corners = reader.lists(element)
        elif element.has_list:
            reader.lists(element)
        else:
            reader.table(element)
    if not {"x", "y", "z"} <= columns.keys():
        raise UnreadableError(f"has no vertices with x, y and z. {_NEXT}")
    vertices = np.stack([columns[axis] for axis in "xyz"], axis=1)
    scalars = {key: value for key, value in columns.items() if key not in _NOT_SCALARS}
    text = header.decode("latin-1")
    faces, colors = triangulate(vertices, counts, corners), _colors(columns)
    return Parsed(
        vertices,
        faces,
        stated_space(header),
        None,
        scalars,
        parts=parts_of(text, faces, colors),
        facts=dict(_ABOUT_LINE.findall(text)),
        colors=colors,
    )


def write(
    mesh: Mesh,
    file: BinaryIO,
    colors: npt.NDArray[np.uint8] | None = None,
    progress: Progress = silent,
    *,
    comments: Sequence[str] = (),
    face_colors: npt.NDArray[np.uint8] | None = None,
) -> None:
    """Write binary little-endian PLY with double coordinates, the mesh's scalars, and colors if given: (n, 3) at the
    vertices, (m, 3) at the triangles.
    """
    fields: list[tuple[str, str, str]] = [(axis, "<f8", "double") for axis in "xyz"]
    fields += [(key, "<f8", "double") for key in mesh.scalars]
    if colors is not None:
        fields += [(color, "u1", "uchar") for color in ("red", "green", "blue")]
    for key in mesh.scalars:
        if not key.isascii() or not key.isidentifier() or key in _NOT_SCALARS:
            raise ValueError(f"a PLY file cannot hold a scalar named {key!r}")
    lines = ["ply", "format binary_little_endian 1.0", "comment PrintPrep output. SPACE=LPS"]
    lines += [f"comment {comment}" for comment in comments]
    lines += [f"element vertex {len(mesh.vertices)}", *(f"property {word} {name}" for name, _, word in fields)]
    lines += [f"element face {len(mesh.faces)}", "property list uchar int vertex_indices"]
    row: list[Any] = [("count", "u1"), ("corners", "<i4", 3)]
    if face_colors is not None:
        lines += [f"property uchar {color}" for color in ("red", "green", "blue")]
        row.append(("color", "u1", 3))
    lines.append("end_header")
    file.write(("\n".join(lines) + "\n").encode("ascii"))
    vertices = np.empty(len(mesh.vertices), np.dtype([(name, code) for name, code, _ in fields]))
    for index, axis in enumerate("xyz"):
        vertices[axis] = mesh.vertices[:, index]
    for key, value in mesh.scalars.items():
        vertices[key] = value
    if colors is not None:
        for index, color in enumerate(("red", "green", "blue")):
            vertices[color] = colors[:, index]
    progress(0.0, "Writing PLY")
    file.write(vertices.data)
    for begin in range(0, len(mesh.faces), _BLOCK):
        progress(begin / len(mesh.faces), "Writing PLY")
        block = mesh.faces[begin : begin + _BLOCK]
        faces = np.empty(len(block), np.dtype(row))
        faces["count"] = 3
        faces["corners"] = block
        if face_colors is not None:
            faces["color"] = face_colors[begin : begin + _BLOCK]
        file.write(faces.data)


def _colors(columns: dict[str, npt.NDArray[np.float64]]) -> npt.NDArray[np.uint8] | None:
    if not {"red", "green", "blue"} <= columns.keys():
        return None
    rows = np.stack([columns[color] for color in ("red", "green", "blue")], axis=1)
    return np.clip(rows, 0, 255).astype(np.uint8)


def _split_header(body: bytes) -> tuple[bytes, int]:
    if not body.startswith((b"ply\n", b"ply\r")):
        raise UnreadableError(f"is not a PLY model: it does not begin with 'ply'. Choose another file. {_NEXT}")
    end = body.find(b"end_header", 0, _MAX_HEADER_BYTES)
    stop = body.find(b"\n", end)
    if end < 0 or stop < 0:
        raise UnreadableError(f"has a PLY header without an end; it was cut short. {_NEXT}")
    return body[:end], stop + 1


def _parse_header(header: bytes) -> tuple[str, list[_Element]]:
    encoding: str | None = None
    elements: list[_Element] = []
    for line in header.decode("latin-1").splitlines():
        words = line.split()
        try:
            if words[:1] == ["format"]:
                encoding = _ENCODINGS[words[1]]
            elif words[:1] == ["element"]:
                elements.append(_Element(words[1], _natural(words[2]), ()))
            elif words[:1] == ["property"]:
                last = elements[-1]
                new = (
                    _Property(words[4], _TYPES[words[3]], _TYPES[words[2]])
                    if words[1] == "list"
                    else _Property(words[2], _TYPES[words[1]])
                )
                elements[-1] = _Element(last.name, last.count, (*last.properties, new))
        except (KeyError, IndexError, ValueError) as error:
            raise UnreadableError(f"has a PLY header that makes no sense at '{line.strip()[:60]}'. {_NEXT}") from error
    if encoding is None:
        raise UnreadableError(f"has a PLY header without a format line. {_NEXT}")
    for element in elements:
        names = [p.name for p in element.properties]
        if element.count and (not names or len(set(names)) != len(names)):
            raise UnreadableError(f"has a PLY header whose '{element.name}' is empty or repeats itself. {_NEXT}")
    return encoding, [element for element in elements if element.count]


def _natural(word: str) -> int:
    number = int(word)
    if number < 0:
        raise ValueError(word)
    return number


def _short(element: _Element) -> UnreadableError:
    return UnreadableError(
        f"is cut short: its header announces {element.count} of '{element.name}', the file holds fewer. {_NEXT}"
    )


def _index_of_list(element: _Element) -> int:
    """Position of the list that holds the corners: by name, else the first list."""
    for index, p in enumerate(element.properties):
        if p.count_dtype and p.name in ("vertex_indices", "vertex_index"):
            return index
    return next((index for index, p in enumerate(element.properties) if p.count_dtype), -1)


class _BinaryBody:
    def __init__(self, body: bytes, offset: int, order: str) -> None:
        self._body, self._at, self._order = body, offset, order

    def table(self, element: _Element) -> dict[str, npt.NDArray[np.float64]]:
        dtype = np.dtype([(p.name, self._order + p.dtype) for p in element.properties])
        if self._at + element.count * dtype.itemsize > len(self._body):
            raise _short(element)
        rows = np.frombuffer(self._body, dtype, element.count, self._at)
        self._at += element.count * dtype.itemsize
        return {name: rows[name].astype(np.float64) for name in rows.dtype.names or ()}

    def lists(self, element: _Element) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Read rows with lists; when all rows are as long as the first, at once, else one by one."""
        wanted = _index_of_list(element)
        fields, lengths = self._row_like_first(element)
        dtype = np.dtype(fields)
        if self._at + element.count * dtype.itemsize <= len(self._body):
            rows = np.frombuffer(self._body, dtype, element.count, self._at)
            if all((rows[f"n{k}"] == length).all() for k, length in lengths.items()):
                self._at += element.count * dtype.itemsize
                if wanted < 0:
                    return np.empty(0, np.int64), np.empty(0, np.int64)
                counts = np.full(element.count, lengths[wanted], np.int64)
                return counts, rows[f"v{wanted}"].astype(np.int64).reshape(-1)
        return self._walk(element, wanted)

    def _row_like_first(self, element: _Element) -> tuple[list[tuple[str, str, tuple[int, ...]]], dict[int, int]]:
        at, fields, lengths = self._at, [], {}
        for k, p in enumerate(element.properties):
            if p.count_dtype:
                lengths[k] = self._one(p.count_dtype, at, element)
                fields += [
                    (f"n{k}", self._order + p.count_dtype, ()),
                    (f"v{k}", self._order + p.dtype, (lengths[k],)),
                ]
                at += np.dtype(p.count_dtype).itemsize + lengths[k] * np.dtype(p.dtype).itemsize
            else:
                fields.append((f"v{k}", self._order + p.dtype, ()))
                at += np.dtype(p.dtype).itemsize
            if at > len(self._body):
                raise _short(element)
        return fields, lengths

    def _one(self, dtype: str, at: int, element: _Element) -> int:
        size = np.dtype(dtype).itemsize
        if at + size > len(self._body):
            raise _short(element)
        value = int(np.frombuffer(self._body, self._order + dtype, 1, at)[0])
        if value < 0:
            raise UnreadableError(f"has a face with {value} corners; the file is damaged. {_NEXT}")
        return value

    def _walk(self, element: _Element, wanted: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        counts, pieces = [], []
        for _ in range(element.count):
            for k, p in enumerate(element.properties):
                length = 1
                if p.count_dtype:
                    length = self._one(p.count_dtype, self._at, element)
                    self._at += np.dtype(p.count_dtype).itemsize
                stop = self._at + length * np.dtype(p.dtype).itemsize
                if stop > len(self._body):
                    raise _short(element)
                if k == wanted:
                    counts.append(length)
                    pieces.append(self._body[self._at : stop])
                self._at = stop
        if wanted < 0:
            return np.empty(0, np.int64), np.empty(0, np.int64)
        corners = np.frombuffer(b"".join(pieces), self._order + element.properties[wanted].dtype)
        return np.array(counts, np.int64), corners.astype(np.int64)


class _AsciiBody:
    def __init__(self, body: bytes) -> None:
        self._values = numbers(body, "vertices and faces")
        self._at = 0

    def table(self, element: _Element) -> dict[str, npt.NDArray[np.float64]]:
        width = len(element.properties)
        stop = self._at + element.count * width
        if stop > len(self._values):
            raise _short(element)
        rows = self._values[self._at : stop].reshape(element.count, width)
        self._at = stop
        return {p.name: rows[:, k].copy() for k, p in enumerate(element.properties)}

    def lists(self, element: _Element) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        wanted = _index_of_list(element)
        counts, pieces = [], []
        for _ in range(element.count):
            for k, p in enumerate(element.properties):
                if self._at >= len(self._values):
                    raise _short(element)
                length = 1
                if p.count_dtype:
                    length = int(self._values[self._at])
                    self._at += 1
                stop = self._at + length
                if length < 0 or stop > len(self._values):
                    raise _short(element)
                if k == wanted:
                    counts.append(length)
                    pieces.append(self._values[self._at : stop])
                self._at = stop
        if not pieces:
            return np.empty(0, np.int64), np.empty(0, np.int64)
        values = np.concatenate(pieces)
        if not np.isfinite(values).all():
            raise UnreadableError(f"has faces with corner numbers that are not finite. {_NEXT}")
        return np.array(counts, np.int64), values.astype(np.int64)
