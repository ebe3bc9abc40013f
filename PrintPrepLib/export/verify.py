"""Comparing a written file with the mesh that it was made from."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ..errors import ExportError, InputError
from ..mesh import Mesh
from ..spatial import exact_weld
from ..spatial.threads import in_turn
from ..topology import edge_table, non_manifold_vertices
from . import materials
from .model_part import About, ModelPart, Rgb
from .read import MeshKind, read_as_stored, read_parts
from .units import Units

_TEXT_TOLERANCE = 1e-8
"""Relative to the largest coordinate: text formats are written with nine digits."""
_SINGLE_TOLERANCE = 2.0**-23
"""Relative to the largest coordinate: GLB holds single precision in meters; rounding is half of it."""
_TOLERANCE = {
    MeshKind.STL: 0.0,  # the mesh was rounded to single precision beforehand
    MeshKind.PLY: 0.0,
    MeshKind.VTP: 0.0,
    MeshKind.VTK: 0.0,
    MeshKind.OBJ: _TEXT_TOLERANCE,
    MeshKind.OFF: _TEXT_TOLERANCE,
    MeshKind.THREE_MF: _TEXT_TOLERANCE,
    MeshKind.GLB: _SINGLE_TOLERANCE,
}


_AT_ONCE = 100_000
"""Triangles compared at a time: some 15 MB in each thread."""


def compare(mesh: Mesh, path: Path, kind: MeshKind, name: str) -> list[str]:
    """Read a file back and compare it with the mesh, corner by corner.

    Bounds, volume and every triangle are thereby compared too. Indexed formats must give back the same vertex numbers,
    hence the same topology; in STL vertices are merged by place, and where that changes the topology it is said.

    Parameters
    ----------
    mesh : Mesh
        What was meant (for STL: rounded to single precision).
    path : Path
        What was written.
    kind : MeshKind
        Its format.
    name : str
        Its final name, for messages.

    Returns
    -------
    list of str
        Warnings for the user.

    Raises
    ------
    ExportError
        The file differs from the mesh.
    """
    try:
        back = read_as_stored(path, units=Units.MM)
    except InputError as error:
        raise ExportError(f"'{name}' was written but cannot be read back. Check the drive and try again.") from error
    if len(back.faces) != len(mesh.faces):
        raise ExportError(
            f"'{name}' holds {len(back.faces)} triangles instead of {len(mesh.faces)} when read back. Check the drive."
        )
    tolerance = _TOLERANCE[kind] * float(np.abs(mesh.vertices).max())
    largest = _largest_difference(mesh, back)
    if not largest <= tolerance:
        raise ExportError(f"'{name}' differs by {largest:.3g} mm from the model when read back. Check the drive.")
    if kind is MeshKind.STL:
        return _topology_change(mesh, exact_weld(mesh), name)  # its corners are those that were read back
    if not np.array_equal(back.faces, mesh.faces):
        raise ExportError(f"'{name}' joins its triangles differently from the model when read back. Check the drive.")
    return []


def compare_parts(parts: Sequence[ModelPart], about: About | None, path: Path, name: str, library: Path | None) -> None:
    """Read a file of several parts back and compare what is not geometry: names, numbers, colors, counts, facts.

    Parameters
    ----------
    parts, about
        What was meant.
    path : Path
        What was written.
    name : str
        Its final name, for messages.
    library : Path or None
        The material file of an OBJ: it is looked up here since its final name does not exist yet.

    Raises
    ------
    ExportError
        Something reads back differently.
    """
    back = read_parts(path, units=Units.MM)
    if len(back.parts) != len(parts):
        raise ExportError(f"'{name}' holds {len(back.parts)} parts instead of {len(parts)} when read back.")
    colors = None if library is None else materials.read(library)
    for index, (meant, found) in enumerate(zip(parts, back.parts, strict=True)):
        color: Rgb | None = found.color if colors is None else colors.get(materials.material_name(index))
        for what, wanted, got in (
            ("name", meant.name, found.name),
            ("number", meant.number, found.number),
            ("color", meant.color, color),
            ("number of triangles", len(meant.mesh.faces), len(found.mesh.faces)),
            ("number of triangles that are not anatomy", meant.added_count, found.added_count),
        ):
            if wanted != got:
                raise ExportError(
                    f"'{name}' gives part {index + 1} the {what} {got!r} instead of {wanted!r} when read back."
                )
        if meant.added is not None and (found.added is None or not np.array_equal(meant.added, found.added)):
            raise ExportError(f"'{name}' colors other triangles as not anatomy than was meant when read back.")
    facts = {} if about is None else about.facts()
    if {key: back.facts.get(key) for key in facts} != facts:
        raise ExportError(f"'{name}' says other things about the model than was meant when read back.")


def _largest_difference(mesh: Mesh, back: Mesh) -> float:
    def of_some(begin: int) -> float:
        rows = slice(begin, begin + _AT_ONCE)
        return float(np.abs(mesh.vertices[mesh.faces[rows]] - back.vertices[back.faces[rows]]).max())

    return max(in_turn(of_some, range(0, len(mesh.faces), _AT_ONCE)), default=0.0)


def _topology_change(mesh: Mesh, back: Mesh, name: str) -> list[str]:
    """Say what merging by place does."""
    if back is mesh:
        return []
    used = len(mesh.used_vertices)
    if len(back.used_vertices) == used:  # it was a renumbering
        return []
    before, after = edge_table(mesh), edge_table(back)
    if after.open_edges > before.open_edges:
        raise ExportError(
            f"'{name}' has {after.open_edges} open edges when read back, the model has {before.open_edges}. "
            "Write it as 3MF, or repair the model first."
        )
    edges = after.non_manifold_edges - before.non_manifold_edges
    points = len(non_manifold_vertices(back, after)) - len(non_manifold_vertices(mesh, before))
    if edges <= 0 and points <= 0:
        return []
    return [
        f"Surfaces touch at {used - len(back.used_vertices)} points, which '{name}' cannot keep apart: a program that "
        f"opens it sees {max(edges, 0)} edges and {max(points, 0)} points where the surface is not simple. Write it "
        "as 3MF, or move the parts at least 0.001 mm apart."
    ]
