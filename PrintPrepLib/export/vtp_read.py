"""VTP (VTK XML polydata) reading.

VTK's own reader ends the whole process on some damaged files (a division by zero at a block size of 0), so that the
content is decoded here and every count is checked.
"""

from __future__ import annotations

import base64
import lzma
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar
from xml.parsers import expat

import numpy as np
import numpy.typing as npt

from .parsed import Parsed, UnreadableError, triangulate

_TYPES = {
    "Int8": "i1", "UInt8": "u1", "Int16": "i2", "UInt16": "u2", "Int32": "i4", "UInt32": "u4", "Int64": "i8",
    "UInt64": "u8", "Float32": "f4", "Float64": "f8", "String": "i1",
}  # fmt: skip
_COMPRESSORS = {"": None, "vtkZLibDataCompressor": zlib.decompress, "vtkLZMADataCompressor": lzma.decompress}
_SECTIONS = ("FieldData", "PointData", "CellData", "Points", "Verts", "Lines", "Strips", "Polys")
_Bytes = bytes | memoryview
_Number = TypeVar("_Number", bound=np.generic)
_NEXT = "Export the model again as VTP."


@dataclass
class _Array:
    attributes: dict[str, str]
    text: list[str] = field(default_factory=list)


@dataclass
class _Piece:
    points: int
    arrays: dict[str, list[_Array]] = field(default_factory=dict)


@dataclass
class _Tree:
    attributes: dict[str, str] = field(default_factory=dict)
    appended: str = ""
    pieces: list[_Piece] = field(default_factory=list)
    fields: list[_Array] = field(default_factory=list)


def read(path: Path) -> Parsed:
    """Read an XML polydata file: ASCII, inline or appended data, uncompressed or with zlib or LZMA.

    Raises
    ------
    UnreadableError
        Not VTK polydata, damaged or cut short.
    """
    body = path.read_bytes()
    if b"<VTKFile" not in body[:4096] or b"PolyData" not in body[:4096]:
        raise UnreadableError(f"is not a VTK surface (.vtp). Choose another file. {_NEXT}")
    if b"</VTKFile>" not in body[-256:]:
        raise UnreadableError(f"is cut short: its end is missing. {_NEXT}")
    try:
        return _surface(*_parse(body))
    except (ValueError, KeyError, IndexError, EOFError, zlib.error, lzma.LZMAError, expat.ExpatError) as error:
        raise UnreadableError(f"is damaged; its data cannot be decoded. {_NEXT}") from error


def _parse(body: bytes) -> tuple[_Tree, memoryview]:
    """Split off the appended data (raw bytes are no XML) and read the tree."""
    start = body.find(b"<AppendedData")
    data = memoryview(b"")
    tree = _Tree()
    xml = body
    if start >= 0:
        mark = body.index(b"_", body.index(b">", start)) + 1
        data = memoryview(body)[mark : body.rindex(b"</AppendedData>")]
        xml = body[:start] + body[start : body.index(b">", start)] + b"/></VTKFile>"
    section: list[str] = []
    current: list[_Array] = []
    inside_array: list[str] = []  # information keys stand within an array, and are not its data

    def begin(tag: str, attributes: dict[str, str]) -> None:
        if tag == "VTKFile":
            tree.attributes = attributes
        elif tag == "Piece":
            tree.pieces.append(_Piece(int(attributes["NumberOfPoints"])))
        elif tag == "AppendedData":
            tree.appended = attributes.get("encoding", "base64")
        elif tag in _SECTIONS:
            section.append(tag)
        elif tag in ("DataArray", "Array") and section:
            current[:] = [_Array(attributes)]
            if section[-1] == "FieldData":
                tree.fields.append(current[0])
            else:
                tree.pieces[-1].arrays.setdefault(section[-1], []).append(current[0])
        elif current:
            inside_array.append(tag)

    def end(tag: str) -> None:
        if tag in _SECTIONS:
            section.pop()
        elif tag in ("DataArray", "Array"):
            current.clear()
        elif inside_array:
            inside_array.pop()

    def text(content: str) -> None:
        if current and not inside_array:
            current[0].text.append(content)

    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = begin, end, text
    parser.Parse(xml, True)
    return tree, data


def _surface(tree: _Tree, data: memoryview) -> Parsed:
    decode = _Decoder(tree, data)
    vertices: list[npt.NDArray[np.float64]] = []
    faces: list[npt.NDArray[np.int64]] = []
    scalars: list[dict[str, npt.NDArray[np.float64]]] = []
    offset = 0
    for piece in tree.pieces:
        if piece.points == 0:
            continue
        points = decode.array(piece.arrays["Points"][0]).astype(np.float64, copy=False).reshape(-1, 3)
        if len(points) != piece.points:
            raise ValueError("number of points")
        polygons = _cells(decode, piece.arrays.get("Polys", []))
        strips = unrolled(*_cells(decode, piece.arrays.get("Strips", [])))
        for cells in (polygons, strips):
            triangles = triangulate(points, *cells)
            faces.append(triangles + offset if offset else triangles)
        vertices.append(points)
        offset += piece.points
        values = {}
        for array in piece.arrays.get("PointData", []):
            if array.attributes.get("NumberOfComponents", "1") == "1" and array.attributes["type"] != "String":
                column = decode.array(array).astype(np.float64, copy=False)
                if column.shape != (piece.points,):
                    raise ValueError("length of a point array")
                values[array.attributes.get("Name", "")] = column
        scalars.append(values)
    shared = set.intersection(*(set(s) for s in scalars)) if scalars else set()
    return Parsed(
        _joined(vertices, np.empty((0, 3))),
        _joined(faces, np.empty((0, 3), np.int64)),
        _space(decode, tree.fields),
        None,
        {
            key: _joined([s[key] for s in scalars], np.empty(0))
            for key in (scalars[0] if scalars else {})
            if key in shared
        },
    )


def _joined(rows: list[npt.NDArray[_Number]], none: npt.NDArray[_Number]) -> npt.NDArray[_Number]:
    """Put arrays together; a single one, beside empty ones, is not copied."""
    filled = [one for one in rows if len(one)]
    return filled[0] if len(filled) == 1 else np.concatenate(filled or [none])


def _cells(decode: _Decoder, arrays: list[_Array]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    named = {array.attributes.get("Name", ""): array for array in arrays}
    if not named:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    ends = decode.array(named["offsets"]).astype(np.int64)
    corners = decode.array(named["connectivity"]).astype(np.int64)
    if len(ends) == 0:
        return ends, np.empty(0, np.int64)
    if ends[0] == 0:
        ends = ends[1:]  # VTK 9.6 and later may write the leading zero
    counts = np.diff(ends, prepend=0)
    if len(ends) and ((counts < 0).any() or ends[-1] != len(corners)):
        raise ValueError("offsets")
    return counts, corners


def unrolled(
    counts: npt.NDArray[np.int64], corners: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Turn strips (counts, corners) into triangles (counts, corners); every second one is turned round."""
    out: list[int] = []
    at = 0
    for count in counts.tolist():
        strip = corners[at : at + count].tolist()
        for k in range(count - 2):
            a, b, c = strip[k : k + 3]
            out += [a, b, c] if k % 2 == 0 else [b, a, c]
        at += count
    return np.full(len(out) // 3, 3, np.int64), np.array(out, np.int64)


def _space(decode: _Decoder, fields: list[_Array]) -> str:
    for array in fields:
        if array.attributes.get("Name", "").upper() == "SPACE":
            codes = decode.array(array)
            return "RAS" if bytes(int(code) & 0xFF for code in codes).strip(b"\0").upper() == b"RAS" else "LPS"
    return "LPS"


class _Decoder:
    def __init__(self, tree: _Tree, data: memoryview) -> None:
        order = "<" if tree.attributes.get("byte_order", "LittleEndian") == "LittleEndian" else ">"
        self._order = order
        self._head = np.dtype(order + _TYPES[tree.attributes.get("header_type", "UInt32")])
        compressor = tree.attributes.get("compressor", "")
        if compressor not in _COMPRESSORS:
            raise UnreadableError(f"is packed in a way that is not supported ({compressor}). Save it with zlib.")
        self._unpack = _COMPRESSORS[compressor]
        self._data, self._encoded = data, tree.appended == "base64"

    def array(self, array: _Array) -> npt.NDArray[np.generic]:
        kind = np.dtype(self._order + _TYPES[array.attributes["type"]])
        form = array.attributes.get("format", "ascii")
        if form == "ascii":
            return np.array("".join(array.text).split(), kind)
        if form == "binary":
            return np.frombuffer(self._block("".join(array.text).strip().encode("ascii"), encoded=True), kind)
        offset = int(array.attributes["offset"])
        if not 0 <= offset < len(self._data):
            raise ValueError("offset")
        return np.frombuffer(self._block(self._data[offset:], encoded=self._encoded), kind)

    def _block(self, source: _Bytes, *, encoded: bool) -> _Bytes:
        size = self._head.itemsize
        if self._unpack is None:
            length = int(np.frombuffer(_take(source, 0, size, encoded=encoded), self._head)[0])
            return _take(source, 0, size + length, encoded=encoded)[size:]
        blocks = int(np.frombuffer(_take(source, 0, size, encoded=encoded), self._head)[0])
        if blocks == 0:
            return b""
        head_bytes = (3 + blocks) * size
        head = np.frombuffer(_take(source, 0, head_bytes, encoded=encoded), self._head).astype(np.int64)
        sizes = head[3:]
        start = 4 * -(-head_bytes // 3) if encoded else head_bytes
        packed = _take(source, start, int(sizes.sum()), encoded=encoded)
        ends = np.cumsum(sizes)
        if (sizes < 0).any() or not 0 <= head[2] <= head[1] or head[1] == 0:
            raise ValueError("block sizes")
        plain = [self._unpack(packed[end - length : end]) for end, length in zip(ends, sizes, strict=True)]
        full = blocks - 1 if head[2] else blocks
        if any(len(p) != head[1] for p in plain[:full]) or (head[2] and len(plain[-1]) != head[2]):
            raise ValueError("block lengths")
        return b"".join(plain)


def _take(source: _Bytes, start: int, length: int, *, encoded: bool) -> _Bytes:
    """Give so many bytes, decoded from base64 if need be."""
    stop = start + (4 * -(-length // 3) if encoded else length)
    if length < 0 or stop > len(source):
        raise ValueError("length")
    part = source[start:stop]
    return base64.b64decode(part)[:length] if encoded else part
