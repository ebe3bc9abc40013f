"""3MF writing: core specification only, units millimeter, one named object per part.

Triangles that are not anatomy name a material of their own (core 1.3, section 4.1.4: properties of a triangle).

Several parts become the components of one object, so that a slicer takes them for one assembly and keeps them where
they are. The metadata of our own stand in a name space, as the specification wants it (core 1.3, section 4.1).
"""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from typing import IO, BinaryIO
from xml.sax.saxutils import escape, quoteattr

import numpy as np
import numpy.typing as npt

from ..progress import Progress, silent
from .model_part import ADDED_COLOR, ADDED_NAME, About, ModelPart, Rgb

MODEL_PART = "3D/3dmodel.model"
_BLOCK = 1 << 15
"""Lines per formatted block: keeps memory at a few megabytes however large the mesh."""
_LEVEL = 1
"""Fastest deflate: coordinates compress hardly better at higher levels, at several times the time."""
_ZIP_TIME = (1980, 1, 1, 0, 0, 0)
"""Fixed, so that the same model gives the same bytes (and no date goes out)."""
_CORE = "http://schemas.microsoft.com/3dmanufacturing/core/2015/02"
NAMESPACE = "urn:printprep:3mf:1"
"""Of the metadata RecordId, Space, Scale and Mirrored."""
_ASSEMBLY = "assembly"
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


def write(parts: Sequence[ModelPart], file: BinaryIO, about: About | None = None, progress: Progress = silent) -> None:
    """Write parts as named objects of one 3MF, in their places.

    Parameters
    ----------
    parts : sequence of ModelPart
        At least one.
    file : binary file
        Receives the package.
    about : About, optional
        Facts of the whole model.
    progress : Progress
        Receiver.
    """
    parts = [part.added_last() for part in parts]
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=_LEVEL) as package:
        for name, text in (("[Content_Types].xml", _TYPES), ("_rels/.rels", _RELATIONS)):
            package.writestr(_entry(name), text)
        with package.open(_entry(MODEL_PART), "w", force_zip64=True) as out:
            _model(parts, out, about, progress)


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _ZIP_TIME)
    entry.compress_type = zipfile.ZIP_DEFLATED
    return entry


def _model(parts: Sequence[ModelPart], out: IO[bytes], about: About | None, progress: Progress) -> None:
    space = f' xmlns:pp="{NAMESPACE}"' if about is not None else ""
    head = f'{_XML}<model unit="millimeter" xml:lang="en-US" xmlns="{_CORE}"{space}>\n'
    head += '<metadata name="Application">PrintPrep</metadata>\n'
    head += '<metadata name="Description">Patient axes, SPACE=LPS, millimeters</metadata>\n'
    if about is not None:
        facts = about.facts().items()
        head += "".join(f'<metadata name="pp:{key}">{escape(value)}</metadata>\n' for key, value in facts)
    head += "<resources>\n"
    colored = [part for part in parts if part.color is not None]
    if colored:
        bases = "".join(_base(part.name, part.color) for part in colored if part.color is not None)
        if any(part.added is not None for part in colored):
            bases += _base(ADDED_NAME, ADDED_COLOR)
        head += f'<basematerials id="1">{bases}</basematerials>\n'
    out.write(head.encode())
    first = 2 if colored else 1
    for index, part in enumerate(parts):
        progress(index / len(parts), f"Writing 3MF: {part.name}")
        material = "" if part.color is None else f' pid="1" pindex="{colored.index(part)}"'
        number = f" partnumber={quoteattr(part.number)}" if part.number else ""
        opening = f'<object id="{first + index}" type="model" name={quoteattr(part.name)}{number}{material}><mesh>'
        out.write(f"{opening}<vertices>\n".encode())
        _lines(out, '<vertex x="%.9g" y="%.9g" z="%.9g"/>\n', part.mesh.vertices, progress, index / len(parts))
        out.write(b"</vertices><triangles>\n")
        plain = '<triangle v1="%d" v2="%d" v3="%d"/>\n'
        other = f'<triangle v1="%d" v2="%d" v3="%d" pid="1" p1="{len(colored)}"/>\n'
        edge = len(part.mesh.faces) - part.added_count
        _lines(out, plain, part.mesh.faces[:edge], progress, index / len(parts))
        _lines(out, other, part.mesh.faces[edge:], progress, index / len(parts))
        out.write(b"</triangles></mesh></object>\n")
    root = first
    if len(parts) > 1:
        root = first + len(parts)
        inside = "".join(f'<component objectid="{first + index}"/>' for index in range(len(parts)))
        opening = f'<object id="{root}" type="model" name="{_ASSEMBLY}"><components>'
        out.write(f"{opening}{inside}</components></object>\n".encode())
    out.write(f'</resources>\n<build><item objectid="{root}"/></build>\n</model>\n'.encode())


def _base(name: str, color: Rgb) -> str:
    return f'<base name={quoteattr(name)} displaycolor="#{"".join(f"{value:02X}" for value in color)}"/>'


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
