"""Writing a mesh file: beside its name, read back, compared, renamed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from ..errors import ExportError, InputError
from ..mesh import Mesh
from ..progress import Progress, part, silent
from ..topology import edge_table
from . import gltf, obj, off, ply, stl, threemf, vtk_write, vtp_plain
from .model_part import About, ModelPart
from .read import MeshKind, mesh_kind
from .single import rounded_to_single
from .temporary import staged
from .verify import compare

_COLORED = (MeshKind.PLY, MeshKind.OBJ, MeshKind.GLB, MeshKind.VTP)
_HASH_BLOCK = 1 << 20


@dataclass(frozen=True)
class WrittenFile:
    """A file that was written and read back.

    ``kind`` is the ending without its dot; ``warnings`` are sentences for the user, e.g. that parts touch.
    """

    name: str
    kind: str
    bytes: int
    sha256: str
    triangles: int = 0
    warnings: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {
            "file": self.name,
            "kind": self.kind,
            "bytes": self.bytes,
            "sha256": self.sha256,
            "triangles": self.triangles,
            "unit": "mm",
            "warnings": list(self.warnings),
        }


def write_mesh(
    mesh: Mesh,
    path: Path | str,
    *,
    colors: npt.NDArray[np.uint8] | None = None,
    plain: bool = False,
    about: About | None = None,
    overwrite: bool = True,
    progress: Progress = silent,
) -> WrittenFile:
    """Write a mesh; the format follows from the ending of the name.

    The file is written under a hidden name beside the final one, brought to the disk, read back, compared corner by
    corner with the mesh, and only then renamed. Whatever goes wrong, nothing is left of it.

    Parameters
    ----------
    mesh : Mesh
        Not empty, and not inside out. STL, OBJ, OFF, 3MF and GLB hold no scalars; PLY, VTP and VTK do.
    path : path
        ``.stl .ply .obj .off .3mf .glb .vtp .vtk``.
    colors : (n, 3) uint8, optional
        Red, green, blue at the vertices; only PLY, OBJ, GLB and VTP hold them.
    plain : bool
        VTP only: not packed, so that it is larger and read ten times faster; without colors.
    about : About, optional
        What the file says about the model: 3MF and GLB hold all of it, the header of an STL whether it is mirrored or
        scaled.
    overwrite : bool
        Whether a file that is there already is replaced.
    progress : Progress
        Receiver; may raise Cancelled.

    Returns
    -------
    WrittenFile
        Name, size, hash and warnings.

    Raises
    ------
    InputError
        Unknown ending, or colors that the format cannot hold.
    ExportError
        Empty or inside-out mesh, a full disk, missing rights, or a file that differs from the mesh when read back.
    """
    final = Path(path)
    kind = mesh_kind(final)
    pixels = _checked_colors(mesh, kind, colors)
    if plain and (kind is not MeshKind.VTP or colors is not None):
        raise InputError("Only a VTP without colors can be written plain.")
    refuse_unprintable(mesh)
    warnings: list[str] = []
    if kind is MeshKind.STL:
        mesh, notes = rounded_to_single(mesh)
        warnings += notes

    def write(file: BinaryIO) -> None:
        if plain:
            vtp_plain.write(mesh, file)
            return
        _write(mesh, kind, file, pixels, about, part(progress, 0.0, 0.5))

    return _write_verified(final, kind, mesh, write=write, overwrite=overwrite, progress=progress, warnings=warnings)


def describe_file(path: Path, kind: str | None = None) -> WrittenFile:
    """Hash a file that some other room wrote (report, recipe), for the record."""
    size, digest = hash_file(path)
    return WrittenFile(path.name, kind or path.suffix.lstrip(".").lower(), size, digest)


def _write_verified(
    final: Path,
    kind: MeshKind,
    mesh: Mesh,
    *,
    write: Callable[[BinaryIO], None],
    overwrite: bool,
    progress: Progress,
    warnings: list[str],
) -> WrittenFile:
    with staged(final, overwrite=overwrite) as item:
        write(item.file)
        item.finish_writing()
        progress(0.5, f"Reading {final.name} back")
        warnings += compare(mesh, item.path, kind, final.name)
        progress(0.9, f"Hashing {final.name}")
        size, digest = hash_file(item.path)
    progress(1.0, f"Wrote {final.name}")
    return WrittenFile(final.name, kind.value.lstrip("."), size, digest, len(mesh.faces), tuple(warnings))


def _write(
    mesh: Mesh,
    kind: MeshKind,
    file: BinaryIO,
    colors: npt.NDArray[np.uint8] | None,
    about: About | None,
    progress: Progress,
) -> None:
    match kind:
        case MeshKind.STL:
            stl.write(mesh, file, progress, () if about is None else about.marks)
        case MeshKind.PLY:
            ply.write(mesh, file, colors, progress)
        case MeshKind.OBJ:
            obj.write(mesh, file, colors, progress)
        case MeshKind.OFF:
            off.write(mesh, file, progress)
        case MeshKind.THREE_MF:
            threemf.write([ModelPart(mesh, mesh.name, None)], file, about, progress)
        case MeshKind.GLB:
            gltf.write([ModelPart(mesh, mesh.name, None)], file, about, progress, colors=colors)
        case MeshKind.VTP:
            vtk_write.write_vtp(mesh, file, colors, progress)
        case MeshKind.VTK:
            vtk_write.write_vtk(mesh, file, progress)


def _checked_colors(mesh: Mesh, kind: MeshKind, colors: npt.NDArray[np.uint8] | None) -> npt.NDArray[np.uint8] | None:
    if colors is None:
        return None
    if kind not in _COLORED:
        known = ", ".join(k.value for k in _COLORED)
        raise InputError(f"A {kind.value} file cannot hold colors at its vertices. Use one of: {known}.")
    values = np.asarray(colors)
    if values.dtype != np.uint8 or values.shape != (len(mesh.vertices), 3):
        raise ValueError(f"colors must be ({len(mesh.vertices)}, 3) uint8, got {values.shape} {values.dtype}")
    return values


def refuse_unprintable(mesh: Mesh) -> None:
    """Refuse a mesh that no file should hold: empty, inside out, or closed round nothing.

    Raises
    ------
    ExportError
        The message says which.
    """
    if mesh.is_empty:
        raise ExportError(f"The model '{mesh.name}' is empty; there is nothing to write.")
    volume = mesh.volume_mm3
    if volume > 0:
        return
    table = edge_table(mesh)
    if table.open_edges:
        return  # an open surface has no inside; the check room says so
    if volume < 0:
        raise ExportError(
            f"The model '{mesh.name}' is inside out (volume {volume:.6g} mm3); a printer would fill the outside. "
            "Repair it first."
        )
    raise ExportError(f"The model '{mesh.name}' encloses no volume; there is nothing to print.")


def hash_file(path: Path) -> tuple[int, str]:
    """Return the size in bytes and the SHA-256 of a file."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_HASH_BLOCK):
            digest.update(block)
    return path.stat().st_size, digest.hexdigest()
