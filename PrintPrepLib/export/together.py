"""Several named, colored parts in one file: 3MF, GLB, OBJ with its materials, PLY."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ..errors import InputError
from ..mesh import Mesh, concatenate
from ..progress import Progress, part, silent
from . import gltf, materials, obj, ply, threemf
from .model_part import ADDED_COLOR, DEFAULT_COLOR, About, ModelPart, Rgb, numbered
from .ply_parts import comments_of
from .read import MeshKind, mesh_kind
from .temporary import Staged, staged
from .verify import compare, compare_parts
from .write import WrittenFile, hash_file, refuse_unprintable

TOGETHER = (MeshKind.THREE_MF, MeshKind.GLB, MeshKind.OBJ, MeshKind.PLY)
"""Formats that hold several parts with their names and colors."""


def write_parts_file(
    parts: Sequence[ModelPart],
    path: Path | str,
    *,
    about: About | None = None,
    overwrite: bool = True,
    progress: Progress = silent,
) -> tuple[WrittenFile, ...]:
    """Write parts in their places, with names, numbers and colors, into one file; read it back and compare.

    Parameters
    ----------
    parts : sequence of ModelPart
        At least one; none empty or inside out.
    path : path
        ``.3mf .glb .obj .ply``. Beside an OBJ stands its MTL of the same name where a part has a color.
    about : About, optional
        What the file says about the whole model.
    overwrite : bool
        Whether files that are there already are replaced.
    progress : Progress
        Receiver; may raise Cancelled.

    Returns
    -------
    tuple of WrittenFile
        The model file, then the material file where there is one.

    Raises
    ------
    InputError
        No part, or an ending that cannot hold parts.
    ExportError
        As :func:`~.write.write_mesh`; also where a name, number, color or fact reads back differently.
    """
    final = Path(path)
    kind = mesh_kind(final)
    if kind not in TOGETHER:
        endings = ", ".join(k.value for k in TOGETHER)
        raise InputError(f"'{final.name}' cannot hold several parts. Use one of the endings {endings}.")
    if not parts:
        raise InputError("There is no part to write.")
    for one in parts:
        refuse_unprintable(one.mesh)
    parts = [one.added_last() for one in parts]
    library = final.with_suffix(".mtl")
    painted = kind is MeshKind.OBJ and any(one.color is not None for one in parts)
    with ExitStack() as stack:
        item = stack.enter_context(staged(final, overwrite=overwrite))
        beside = stack.enter_context(staged(library, overwrite=overwrite)) if painted else None
        written = part(progress, 0.0, 0.5)
        match kind:
            case MeshKind.THREE_MF:
                threemf.write(parts, item.file, about, written)
            case MeshKind.GLB:
                gltf.write(parts, item.file, about, written)
            case MeshKind.OBJ:
                obj.write_parts(parts, item.file, library.name if painted else "", about, written)
            case _:
                _write_ply(parts, item, about, written)
        item.finish_writing()
        progress(0.5, f"Reading {final.name} back")
        warnings = compare(concatenate([one.mesh for one in parts]), item.path, kind, final.name)
        if beside is not None:
            materials.write(parts, beside.file)
            beside.finish_writing()
        compare_parts(parts, about, item.path, final.name, None if beside is None else beside.path)
        progress(0.9, f"Hashing {final.name}")
        files = [_described(item, final, sum(len(one.mesh.faces) for one in parts), warnings)]
        if beside is not None:
            files.append(_described(beside, library, 0, []))
    progress(1.0, f"Wrote {final.name}")
    return tuple(files)


def write_assembly(
    parts: Sequence[Mesh],
    path: Path | str,
    *,
    colors: Sequence[Rgb] | None = None,
    about: About | None = None,
    overwrite: bool = True,
    progress: Progress = silent,
) -> WrittenFile:
    """Write several meshes, named as they are, in their places into one file; as :func:`write_parts_file`.

    Raises
    ------
    InputError
        No part, an ending that cannot hold parts, or a wrong number of colors.
    ExportError
        As :func:`write_parts_file`.
    """
    if colors is not None and len(colors) != len(parts):
        raise InputError(f"There are {len(parts)} parts but {len(colors)} colors; one for each is needed.")
    return write_parts_file(numbered(parts, colors), path, about=about, overwrite=overwrite, progress=progress)[0]


def _write_ply(parts: Sequence[ModelPart], item: Staged, about: About | None, progress: Progress) -> None:
    whole = concatenate([one.mesh for one in parts])
    comments = comments_of(parts, about)
    ply.write(whole, item.file, _vertex_colors(parts), progress, comments=comments, face_colors=_face_colors(parts))


def _face_colors(parts: Sequence[ModelPart]) -> npt.NDArray[np.uint8] | None:
    """Colors of the triangles where some are not anatomy: at the vertices the border would be blurred."""
    if all(one.added is None for one in parts):
        return None
    rows = []
    for one in parts:
        color = np.tile(np.array(one.color or DEFAULT_COLOR, np.uint8), (len(one.mesh.faces), 1))
        if one.added is not None:
            color[one.added] = ADDED_COLOR
        rows.append(color)
    return np.concatenate(rows)


def _vertex_colors(parts: Sequence[ModelPart]) -> npt.NDArray[np.uint8] | None:
    if all(one.color is None for one in parts):
        return None
    rows = []
    for one in parts:
        color = np.tile(np.array(one.color or DEFAULT_COLOR, np.uint8), (len(one.mesh.vertices), 1))
        if one.added is not None:  # corners on the border keep the part's color
            gray = np.zeros(len(color), bool)
            gray[one.mesh.faces[one.added]] = True
            gray[one.mesh.faces[~one.added]] = False
            color[gray] = ADDED_COLOR
        rows.append(color)
    return np.concatenate(rows)


def _described(item: Staged, final: Path, triangles: int, warnings: list[str]) -> WrittenFile:
    size, digest = hash_file(item.path)
    return WrittenFile(final.name, final.suffix.lstrip(".").lower(), size, digest, triangles, tuple(warnings))
