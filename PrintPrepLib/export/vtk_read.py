"""Legacy VTK polydata (.vtk) reading, ASCII and binary, file versions up to 5.1.

VTK's own reader ends the whole process on some damaged files, so that the content is decoded here and every count is
checked against what the file holds.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from .parsed import Parsed, UnreadableError, numbers, stated_space, triangulate
from .vtp_read import unrolled

_TYPES = {
    "char": "i1", "unsigned_char": "u1", "short": "i2", "unsigned_short": "u2", "int": "i4", "unsigned_int": "u4",
    "long": "i8", "unsigned_long": "u8", "float": "f4", "double": "f8", "vtkidtype": "i4", "vtktypeint64": "i8",
    "vtktypeint32": "i4", "vtktypeuint64": "u8", "vtktypeuint32": "u4", "vtktypeint8": "i1", "vtktypeuint8": "u1",
}  # fmt: skip
_WIDTH = {"NORMALS": 3, "VECTORS": 3, "TENSORS": 9, "TENSORS6": 6}
_CELLS = ("POLYGONS", "TRIANGLE_STRIPS", "VERTICES", "LINES")
_NEXT = "Export the model again as VTK."

_Ints = npt.NDArray[np.int64]
_Floats = npt.NDArray[np.float64]


def read(path: Path) -> Parsed:
    """Read a legacy polydata file.

    Raises
    ------
    UnreadableError
        Not VTK polydata, damaged or cut short.
    """
    body = path.read_bytes()
    if not body.startswith(b"# vtk DataFile"):
        raise UnreadableError(f"is not a VTK file. Choose another file. {_NEXT}")
    cursor = _Cursor(body)
    cursor.line()
    title = cursor.line()
    cursor.binary = cursor.line().strip().upper() == b"BINARY"
    if [word.upper() for word in cursor.words()] != ["DATASET", "POLYDATA"]:
        raise UnreadableError("holds VTK data that is not a surface. Export the model as a surface (PolyData).")
    try:
        return _surface(cursor, stated_space(title))
    except (ValueError, KeyError, IndexError, OverflowError) as error:
        raise UnreadableError(f"is damaged; its data cannot be decoded. {_NEXT}") from error


def _surface(cursor: _Cursor, space: str) -> Parsed:
    points: _Floats = np.empty((0, 3))
    empty = np.empty(0, np.int64)
    cells: dict[str, tuple[_Ints, _Ints]] = {}
    scalars: dict[str, _Floats] = {}
    tuples = 0
    at_points = False
    while words := cursor.words():
        keyword = words[0].upper()
        if keyword == "POINTS":
            points = cursor.values(words[2], 3 * int(words[1])).astype(np.float64).reshape(-1, 3)
        elif keyword in _CELLS:
            cells[keyword] = cursor.cells(int(words[1]), int(words[2]))
        elif keyword in ("POINT_DATA", "CELL_DATA"):
            at_points, tuples = keyword == "POINT_DATA", int(words[1])
        elif keyword == "METADATA":
            cursor.skip_metadata()
        else:
            found = cursor.attributes(keyword, words, tuples)
            scalars.update(found if at_points else {})
    counts, corners = cells.get("POLYGONS", (empty, empty))
    faces = triangulate(points, counts, corners)
    if "TRIANGLE_STRIPS" in cells:
        faces = np.concatenate([faces, triangulate(points, *unrolled(*cells["TRIANGLE_STRIPS"]))])
    if any(len(value) != len(points) for value in scalars.values()):
        raise ValueError("length of a point array")
    return Parsed(points, faces, space, None, scalars)


class _Cursor:
    """A place in the file; every step is checked against the end."""

    def __init__(self, body: bytes) -> None:
        self._body, self._at = body, 0
        self.binary = False
        self._tokens: list[bytes] = []

    def line(self) -> bytes:
        """Next line without its end; empty at the end of the file."""
        stop = self._body.find(b"\n", self._at)
        stop = len(self._body) if stop < 0 else stop
        text = self._body[self._at : stop]
        self._at = stop + 1
        return text

    def words(self) -> list[str]:
        """Words of the next line that has any; none at the end of the file."""
        while self._at < len(self._body):
            words = self.line().decode("latin-1").split()
            if words:
                return words
        return []

    def values(self, kind: str, count: int) -> npt.NDArray[np.generic]:
        """Numbers that follow, in the file's encoding."""
        if count < 0 or count > len(self._body):
            raise UnreadableError(f"is cut short: it announces {count} numbers and holds fewer. {_NEXT}")
        if self.binary:
            dtype = np.dtype(">" + _TYPES[kind.lower()])
            if self._at + count * dtype.itemsize > len(self._body):
                raise UnreadableError(f"is cut short: it announces {count} numbers and holds fewer. {_NEXT}")
            out = np.frombuffer(self._body, dtype, count, self._at)
            self._at += count * dtype.itemsize
            return out
        return self._ascii(count)

    def cells(self, first: int, second: int) -> tuple[_Ints, _Ints]:
        """Counts and corners of cells: one list of lengths and corners, or offsets and connectivity since 5.1."""
        before = self._at
        words = self.words()
        if words and words[0].upper() == "OFFSETS":
            ends = self.values(words[1], first).astype(np.int64)
            words = self.words()
            if not words or words[0].upper() != "CONNECTIVITY":
                raise ValueError("connectivity")
            corners = self.values(words[1], second).astype(np.int64)
            counts = np.diff(ends)
            if len(ends) and (ends[0] != 0 or ends[-1] != len(corners) or (counts < 0).any()):
                raise ValueError("offsets")
            return counts, corners
        self._at = before
        return _split(self.values("int", second).astype(np.int64), first)

    def attributes(self, keyword: str, words: list[str], tuples: int) -> dict[str, _Floats]:
        """Read what stands under a keyword; give what has one number per point."""
        if keyword == "FIELD":
            found: dict[str, _Floats] = {}
            for _ in range(int(words[2])):
                head = self.words()
                if head and head[0].upper() == "METADATA":
                    self.skip_metadata()
                    head = self.words()
                width, count = int(head[1]), int(head[2])
                if head[3].lower() in ("string", "utf8_string", "variant"):
                    raise UnreadableError(f"holds text in its field data, which is not supported. {_NEXT}")
                values = self.values(head[3], width * count)
                if width == 1:
                    found[head[0]] = values.astype(np.float64)
            return found
        if keyword == "SCALARS":
            width = int(words[3]) if len(words) > 3 else 1
            before = self._at
            if (self.words() or [""])[0].upper() != "LOOKUP_TABLE":
                self._at = before
            column: _Floats = self.values(words[2], width * tuples).astype(np.float64)
            return {words[1]: column} if width == 1 else {}
        if keyword == "COLOR_SCALARS":
            self.values("unsigned_char" if self.binary else "float", int(words[2]) * tuples)
        elif keyword == "LOOKUP_TABLE":
            self.values("unsigned_char" if self.binary else "float", 4 * int(words[2]))
        elif keyword == "TEXTURE_COORDINATES":
            self.values(words[3], int(words[2]) * tuples)
        elif keyword in _WIDTH:
            self.values(words[2], _WIDTH[keyword] * tuples)
        else:
            raise UnreadableError(f"holds '{keyword[:30]}', which is not known in a VTK surface. {_NEXT}")
        return {}

    def skip_metadata(self) -> None:
        """Information on an array ends with an empty line."""
        while self._at < len(self._body) and self.line().strip():
            pass

    def _ascii(self, count: int) -> _Floats:
        """Take whole lines until there are enough numbers."""
        have, pieces = 0, []
        while have < count:
            if self._at >= len(self._body):
                raise UnreadableError(f"is cut short: it announces {count} numbers and holds fewer. {_NEXT}")
            words = self.line().split()
            have += len(words)
            pieces.append(words)
        if have > count:
            raise UnreadableError(f"has {have - count} numbers more than it announces. {_NEXT}")
        return numbers(b" ".join(word for words in pieces for word in words), "data")


def _split(values: _Ints, cells: int) -> tuple[_Ints, _Ints]:
    """Take lengths and corners apart: at once when all cells are as long as the first, else one by one."""
    if cells == 0 or len(values) == 0:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    step = int(values[0]) + 1
    if step * cells == len(values) and (values[::step] == values[0]).all():
        return np.full(cells, step - 1, np.int64), values.reshape(cells, step)[:, 1:].reshape(-1)
    starts = []
    at = 0
    for _ in range(cells):
        length = int(values[at])
        if length < 0 or at + 1 + length > len(values):
            raise ValueError("length of a cell")
        starts.append(at)
        at += 1 + length
    if at != len(values):
        raise ValueError("length of the cells")
    keep = np.ones(len(values), bool)
    keep[starts] = False
    return values[starts], values[keep]
