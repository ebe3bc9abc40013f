"""The bytes that go into the archive: the mesh file as it is, or a binary STL made from it."""

from __future__ import annotations

import io
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from ..errors import InputError
from ..export import MeshKind, Units, mesh_kind, read_mesh
from ..export.parsed import stated_space
from ..export.single import rounded_to_single
from ..export.stl import write as write_stl
from ..mesh import Mesh
from .references import MaterialFile, referenced_materials

LARGEST_BYTES = 2**31 - 2
"""Two gigabytes less two: DICOM's length field would hold twice that, but many archives count in signed 32-bit numbers,
and the padded length must be even. It is 42 million triangles of STL."""

STL_HEADER_BYTES = 84
STL_TRIANGLE_BYTES = 50


class DocumentKind(Enum):
    """What is encapsulated: MIME type (PS3.3 A.85)."""

    STL = "model/stl"
    OBJ = "model/obj"
    MTL = "model/mtl"


@dataclass(frozen=True, eq=False)
class Payload:
    """What is stored.

    Attributes
    ----------
    kind : DocumentKind
        STL or OBJ.
    data : bytes
        Not yet padded.
    mesh : Mesh
        The same, as it is read: LPS mm.
    materials : tuple of MaterialFile
        Of an OBJ.
    notes : tuple of str
        Sentences for the user, where the stored bytes are not the file's own.
    """

    kind: DocumentKind
    data: bytes
    mesh: Mesh
    materials: tuple[MaterialFile, ...] = ()
    notes: tuple[str, ...] = ()


def read_payload(path: Path, units: Units | None = None) -> Payload:
    """Read the mesh and decide which bytes are stored.

    A binary STL and an OBJ in LPS millimeters are stored byte for byte. Other mesh files, and STL in other units or
    axes, are stored as binary STL in LPS millimeters, and a note says so.

    Raises
    ------
    InputError
        Missing or unreadable; text STL; too large; an OBJ in other units or axes, or with material files that are
        missing or lie elsewhere.
    """
    kind = mesh_kind(path)
    if path.is_file() and path.stat().st_size > LARGEST_BYTES:
        raise InputError(
            f"'{path.name}' has {path.stat().st_size / 2**30:.1f} GB; at most {LARGEST_BYTES / 2**30:.1f} GB can be "
            "stored in an archive. Simplify the model first (printprep simplify)."
        )
    mesh = read_mesh(path, units=units)
    if mesh.is_empty or mesh.volume_mm3 < 0:
        raise InputError(f"'{path.name}' is empty or inside out. Repair it first (printprep repair).")
    if kind is MeshKind.OBJ:
        return _obj(path, mesh, units)
    if kind is not MeshKind.STL:
        return _made_stl(mesh, f"'{path.name}' is stored as binary STL, rounded to single precision: DICOM knows STL.")
    data = path.read_bytes()
    if not is_binary_stl(data):
        raise InputError(
            f"'{path.name}' is a text STL; DICOM takes binary STL only. Write it as binary, for example with "
            "'printprep repair', and encapsulate that."
        )
    if units is not None and units is not Units.MM:
        return _made_stl(mesh, f"The numbers of '{path.name}' were {units.value}; millimeters are stored.")
    if stated_space(data[:80]) == "RAS":
        return _made_stl(mesh, f"The axes of '{path.name}' were right, anterior, superior; DICOM's own are stored.")
    notes: tuple[str, ...] = ()
    if data[:5].lower() == b"solid":
        notes = (f"The header of '{path.name}' begins with 'solid'; careless readers take it for a text STL.",)
    return Payload(DocumentKind.STL, data, mesh, notes=notes)


def is_binary_stl(data: bytes) -> bool:
    """True where the size is exactly that of the announced number of triangles."""
    return stl_length(data) == len(data)


def stl_length(data: bytes) -> int:
    """Return the length that a binary STL must have by its own number of triangles; -1 where there is no header."""
    if len(data) < STL_HEADER_BYTES:
        return -1
    return STL_HEADER_BYTES + STL_TRIANGLE_BYTES * int.from_bytes(data[80:84], "little")


def _made_stl(mesh: Mesh, note: str) -> Payload:
    rounded, lost = rounded_to_single(mesh)
    buffer = io.BytesIO()
    write_stl(rounded, buffer)
    return Payload(DocumentKind.STL, buffer.getvalue(), rounded, notes=(note, *lost))


def _obj(path: Path, mesh: Mesh, units: Units | None) -> Payload:
    data = path.read_bytes()
    if units is not None and units is not Units.MM:
        raise InputError(
            f"The numbers of '{path.name}' are {units.value}, and an OBJ is stored as it is, in millimeters. Write it "
            "in millimeters first, or encapsulate an STL of it."
        )
    comments = b"\n".join(line for line in data[:4096].splitlines() if line.startswith(b"#"))
    if stated_space(comments) == "RAS":
        raise InputError(
            f"The axes of '{path.name}' are right, anterior, superior, and an OBJ is stored as it is. Write it in "
            "left, posterior, superior first, or encapsulate an STL of it."
        )
    return Payload(DocumentKind.OBJ, data, mesh, referenced_materials(path, data))
