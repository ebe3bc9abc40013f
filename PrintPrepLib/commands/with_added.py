"""Writing what a step made of a mesh file: gray where it is not anatomy, in formats that hold that as colors."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ..analysis.added import added_triangles
from ..export import (
    TOGETHER,
    About,
    ModelPart,
    Units,
    WrittenFile,
    mesh_kind,
    read_parts,
    write_mesh,
    write_parts_file,
)
from ..export.marks import forced
from ..mesh import Mesh, concatenate
from ..progress import Progress, part, silent

MODEL = "model"
"""What files call it: a file's own name may hold patient data."""


def write_with_added(
    result: Mesh,
    before: Mesh,
    output: Path,
    about: About,
    *,
    sources: Sequence[Path] = (),
    units: Units | None = None,
    progress: Progress = silent,
) -> tuple[list[WrittenFile], Path]:
    """Write a model; what it was before is anatomy, all other triangles are gray in formats with colors.

    Parameters
    ----------
    result, before : Mesh
        What a step made, and what it made it of, in the same place.
    output : Path
        The name asked for; marks such as ``MIRRORED`` are forced into it.
    about : About
        What files say about the model.
    sources : sequence of Path
        Files that ``before`` was read from: what is gray in them is no anatomy either.
    units : Units, optional
        Those in which they were read.

    Returns
    -------
    files : list of WrittenFile
        The model file first.
    path : Path
        Its name.
    """
    path = forced(output, about)
    name = " ".join((MODEL, *about.marks))
    if mesh_kind(path) not in TOGETHER:
        return [write_mesh(result.with_name(name), path, about=about, progress=progress)], path
    proven = _anatomy(before, sources, units)
    added = None if result is proven else added_triangles(result, proven, progress=part(progress, 0.0, 0.4))
    one = ModelPart(result, name, added=added)
    return list(write_parts_file([one], path, about=about, progress=part(progress, 0.4, 1.0))), path


def _anatomy(before: Mesh, sources: Sequence[Path], units: Units | None) -> Mesh:
    """What was there before, without what its files show as added by an earlier step."""
    parts = [one for path in sources if mesh_kind(path) in TOGETHER for one in read_parts(path, units=units).parts]
    if all(one.added is None for one in parts):
        return before
    kept = [one.mesh if one.added is None else one.mesh.submesh(~one.added) for one in parts]
    return concatenate(kept)
