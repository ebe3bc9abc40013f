"""3MF writing: core specification only, units millimeter, one named object per part."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from typing import IO, BinaryIO
from xml.sax.saxutils import quoteattr

import numpy as np
import numpy.typing as npt

from ..mesh import Mesh
from ..progress import Progress, silent

MODEL_PART = "3D/3dmodel.model"
_BLOCK = 1 << 15
"""Lines per formatted block: keeps memory at a few megabytes however large the mesh."""
_LEVEL = 1
"""Fastest deflate: coordinates compress hardly better at higher levels, at several times the time."""
_ZIP_TIME = (1980, 1, 1, 0, 0, 0)
"""Fixed, so that the same model gives the same bytes (and no date goes out)."""
_CORE = "http://schemas.microsoft.com/3dmanufacturing/core/2015/02"
_XML = '<?xml version="1.0" encoding="UTF-8"?>\n'
_TYPES = (
    _XML + '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="model" ContentType="application/vnd.ms-package.3dmanufacturing-3dmodel+xml"/></Types>\n'
)
_RELATIONS = (
    _XML + '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    f'<Relationship Target="/{MODEL_PART}" Id="rel0" '
    'Type="http://schemas.microsoft.com/3dmanufacturing/2013/01/3dmodel"/></Relationships>\n'
)


def write(
    parts: Sequence[Mesh],
    file: BinaryIO,
    colors: Sequence[tuple[int, int, int]] | None = None,
    progress: Progress = silent,
) -> None:
    """Write parts as named objects of one 3MF build, in their places.

    Parameters
    ----------
    parts : sequence of Mesh
        At least one.
    file : binary file
        Receives the package.
    colors : sequence of (red, green, blue), optional
        0..255, one per part.
    progress : Progress
        Receiver.
    """
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=_LEVEL) as package:
        for name, text in (("[Content_Types].xml", _TYPES), ("_rels/.rels", _RELATIONS)):
            package.writestr(_entry(name), text)
        with package.open(_entry(MODEL_PART), "w", force_zip64=True) as out:
            _model(parts, out, colors, progress)


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _ZIP_TIME)
    entry.compress_type = zipfile.ZIP_DEFLATED
    return entry


def _model(
    parts: Sequence[Mesh], out: IO[bytes], colors: Sequence[tuple[int, int, int]] | None, progress: Progress
) -> None:
    head = f'{_XML}<model unit="millimeter" xml:lang="en-US" xmlns="{_CORE}">\n'
    head += '<metadata name="Application">PrintPrep</metadata>\n'
    head += '<metadata name="Description">Patient axes, SPACE=LPS, millimeters</metadata>\n<resources>\n'
    first = 1
    if colors is not None:
        first = 2
        bases = "".join(
            f'<base name={quoteattr(part.name)} displaycolor="#{r:02X}{g:02X}{b:02X}"/>'
            for part, (r, g, b) in zip(parts, colors, strict=True)
        )
        head += f'<basematerials id="1">{bases}</basematerials>\n'
    out.write(head.encode())
    for index, part in enumerate(parts):
        progress(index / len(parts), f"Writing 3MF: {part.name}")
        material = f' pid="1" pindex="{index}"' if colors is not None else ""
        opening = f'<object id="{first + index}" type="model" name={quoteattr(part.name)}{material}><mesh><vertices>\n'
        out.write(opening.encode())
        _lines(out, '<vertex x="%.9g" y="%.9g" z="%.9g"/>\n', part.vertices, progress, index / len(parts))
        out.write(b"</vertices><triangles>\n")
        _lines(out, '<triangle v1="%d" v2="%d" v3="%d"/>\n', part.faces, progress, index / len(parts))
        out.write(b"</triangles></mesh></object>\n")
    items = "".join(f'<item objectid="{first + index}"/>' for index in range(len(parts)))
    out.write(f"</resources>\n<build>{items}</build>\n</model>\n".encode())


def _lines(
    out: IO[bytes],
    line: str,
    rows: npt.NDArray[np.float64] | npt.NDArray[np.int32],
    progress: Progress,
    fraction: float,
) -> None:
    for begin in range(0, len(rows), _BLOCK):
        progress(fraction, "Writing 3MF")
        block = rows[begin : begin + _BLOCK]
        out.write((line * len(block) % tuple(block.ravel().tolist())).encode("ascii"))
