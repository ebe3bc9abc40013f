"""VTP that is quick to read: raw appended data, neither packed nor encoded, for surfaces that are handed on at once."""

from __future__ import annotations

from typing import Any, BinaryIO
from xml.sax.saxutils import quoteattr

import numpy as np
import numpy.typing as npt

from ..mesh import Mesh

_TYPES = {"f8": "Float64", "i4": "Int32", "i8": "Int64", "u1": "UInt8"}
_LPS = np.frombuffer(b"LPS\0", np.uint8)


def write(mesh: Mesh, file: BinaryIO) -> None:
    """Write XML polydata with every scalar as a point array; any program that reads VTP reads it."""
    blocks: list[npt.NDArray[Any]] = []
    used = 0

    def array(name: str, values: npt.NDArray[Any], rows: str, kind: str = "") -> str:
        nonlocal used
        values = np.ascontiguousarray(values)
        kind = kind or _TYPES[values.dtype.str[1:]]
        line = f'<{rows} type="{kind}" Name={quoteattr(name)} format="appended" offset="{used}"'
        blocks.append(values)
        used += 8 + values.nbytes
        return line

    faces = mesh.faces.astype("<i4")
    space = array("SPACE", _LPS, "Array", "String") + ' NumberOfTuples="1"/>'
    scalars = "".join(array(name, values.astype("<f8"), "DataArray") + "/>" for name, values in mesh.scalars.items())
    points = array("Points", mesh.vertices.astype("<f8"), "DataArray") + ' NumberOfComponents="3"/>'
    corners = array("connectivity", faces, "DataArray") + "/>"
    ends = array("offsets", np.arange(3, 3 * len(faces) + 1, 3, dtype="<i4"), "DataArray") + "/>"
    file.write(
        '<?xml version="1.0"?>\n'
        '<VTKFile type="PolyData" version="1.0" byte_order="LittleEndian" header_type="UInt64">\n'
        f"<PolyData><FieldData>{space}</FieldData>\n"
        f'<Piece NumberOfPoints="{len(mesh.vertices)}" NumberOfVerts="0" NumberOfLines="0" NumberOfStrips="0" '
        f'NumberOfPolys="{len(faces)}">\n'
        f"<PointData>{scalars}</PointData>\n<Points>{points}</Points>\n<Polys>{corners}{ends}</Polys>\n"
        '</Piece></PolyData>\n<AppendedData encoding="raw">_'.encode()
    )
    for block in blocks:
        file.write(np.uint64(block.nbytes).astype("<u8").tobytes())
        file.write(block.data)
    file.write(b"\n</AppendedData></VTKFile>\n")
