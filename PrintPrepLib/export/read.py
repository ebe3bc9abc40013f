"""Reading a mesh file of any kind into LPS millimeters."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum
from pathlib import Path
from types import MappingProxyType

import numpy as np

from ..errors import InputError
from ..mesh import Mesh
from ..spatial.weld import places
from ..topology import edge_table
from . import gltf_read, obj, off, ply, stl, threemf_read, vtk_read, vtp_read
from .model_part import ModelFile, ModelPart
from .parsed import Parsed, UnreadableError
from .units import Units, refuse_wrong_scale


class MeshKind(Enum):
    """Mesh file formats, by the ending of the name."""

    STL = ".stl"
    PLY = ".ply"
    OBJ = ".obj"
    OFF = ".off"
    THREE_MF = ".3mf"
    GLB = ".glb"
    VTP = ".vtp"
    VTK = ".vtk"


_READERS: Mapping[MeshKind, Callable[[Path], Parsed]] = MappingProxyType(
    {
        MeshKind.STL: stl.read,
        MeshKind.PLY: ply.read,
        MeshKind.OBJ: obj.read,
        MeshKind.OFF: off.read,
        MeshKind.THREE_MF: threemf_read.read,
        MeshKind.GLB: gltf_read.read,
        MeshKind.VTP: vtp_read.read,
        MeshKind.VTK: vtk_read.read,
    }
)
_RAS_TO_LPS = np.array([-1.0, -1.0, 1.0])
"""A half turn: the winding of triangles stays."""


def read_mesh(path: Path | str, *, units: Units | None = None) -> Mesh:
    """Read a mesh file as it is, in LPS millimeters; nothing is repaired.

    Polygons are cut into triangles. Exactly equal vertices become one where no two triangles share a vertex (always in
    STL), and where that closes open edges (many programs split vertices at seams of texture or shading); where a file
    keeps touching surfaces apart they stay apart. Axes stated by Slicer's ``SPACE=RAS`` are turned into LPS.

    Parameters
    ----------
    path : path
        ``.stl .ply .obj .off .3mf .glb .vtp .vtk``.
    units : Units, optional
        Units of the file's numbers. Without it they are those that the file states (3MF), else millimeters, and a
        model shorter than :data:`~.units.SMALLEST_MODEL_MM` is refused.

    Returns
    -------
    Mesh
        Named after the file, or as the file names it (3MF).

    Raises
    ------
    InputError
        Missing, unreadable, damaged, empty, not finite, or implausibly small. The message names the file without its
        folder.
    """
    mesh = read_as_stored(path, units=units)
    if len(mesh.vertices) == 3 * len(mesh.faces):
        return welded(mesh)
    open_edges = edge_table(mesh).open_edges
    if open_edges == 0:
        return mesh
    merged = welded(mesh)
    return merged if edge_table(merged).open_edges < open_edges else mesh


def read_as_stored(path: Path | str, *, units: Units | None = None) -> Mesh:
    """Read a mesh file with the vertices that it stores, none merged; the rest as :func:`read_mesh`."""
    return _in_lps(_judged(Path(path)), Path(path), units)


def read_parts(path: Path | str, *, units: Units | None = None) -> ModelFile:
    """Read a model file with its parts, their names, numbers and colors, and what it says about itself.

    A file that tells no parts apart gives one, named as :func:`read_mesh` names it and without a color.

    Raises
    ------
    InputError
        As :func:`read_mesh`.
    """
    path = Path(path)
    parsed = _judged(path)
    mesh = _in_lps(parsed, path, units)
    if not parsed.parts:
        return ModelFile((ModelPart(read_mesh(path, units=units), mesh.name, None),), parsed.facts)
    parts: list[ModelPart] = []
    for one in parsed.parts:
        of_part = np.zeros(len(mesh.faces), bool)
        of_part[one.first_face : one.first_face + one.faces] = True
        name = one.name or (mesh.name if len(parsed.parts) == 1 else f"part {len(parts) + 1}")
        parts.append(ModelPart(mesh.submesh(of_part).with_name(name), name, one.color, one.number, one.added))
    return ModelFile(tuple(parts), parsed.facts)


def facts_of(path: Path) -> dict[str, str]:
    """What a model file says about the whole model, by the names in 3MF; empty where the format holds no such facts.

    Raises
    ------
    InputError, UnreadableError
        The file cannot be read.
    """
    return dict(_parse(path, mesh_kind(path)).facts)


def _judged(path: Path) -> Parsed:
    parsed = _parse(path, mesh_kind(path))
    _judge(parsed, path.name)
    return parsed


def _in_lps(parsed: Parsed, path: Path, units: Units | None) -> Mesh:
    vertices = parsed.vertices
    if units is not None and units is not (parsed.units or Units.MM):
        vertices = vertices * units.millimeters
    elif units is None and parsed.units is None:
        refuse_wrong_scale(vertices, parsed.faces, path.name)
    if parsed.space == "RAS":
        vertices = vertices * _RAS_TO_LPS
    return Mesh(vertices, parsed.faces.astype(np.int32), parsed.name or path.stem, parsed.scalars)


def welded(mesh: Mesh) -> Mesh:
    """Merge exactly equal vertices, in order of appearance; scalars come from the first of each."""
    first, group = places(mesh.vertices)
    scalars = {key: value[first] for key, value in mesh.scalars.items()}
    return Mesh(mesh.vertices[first], group[mesh.faces], mesh.name, scalars)


def mesh_kind(path: Path | str) -> MeshKind:
    """Tell the format by the ending of the name.

    Raises
    ------
    InputError
        Unknown ending.
    """
    suffix = Path(path).suffix.lower()
    try:
        return MeshKind(suffix)
    except ValueError:
        known = " ".join(kind.value for kind in MeshKind)
        raise InputError(f"'{Path(path).name}' is not a mesh file that PrintPrep knows. Use one of: {known}.") from None


def _parse(path: Path, kind: MeshKind) -> Parsed:
    name = path.name
    if path.is_dir():
        raise InputError(f"'{name}' is a folder. Choose a mesh file in it.")
    if not path.exists():
        raise InputError(f"'{name}' does not exist. Check the name and the folder.")
    try:
        if path.stat().st_size == 0:
            raise InputError(f"'{name}' is empty (0 bytes). Copy or export it again.")
        return _READERS[kind](path)
    except UnreadableError as error:
        raise InputError(f"'{name}' {error}") from error
    except OSError as error:
        raise InputError(f"'{name}' could not be read ({error.strerror}). Check the drive and your rights.") from error
    except (ValueError, IndexError, OverflowError, MemoryError) as error:
        raise InputError(f"'{name}' is damaged; its content makes no sense. Export the model again.") from error


def _judge(parsed: Parsed, name: str) -> None:
    if len(parsed.faces) == 0:
        raise InputError(f"'{name}' holds no triangles. Export the model again as a surface.")
    bad = np.flatnonzero(~np.isfinite(parsed.vertices).all(axis=1))
    if len(bad):
        raise InputError(
            f"'{name}' has {len(bad)} corners that are not finite numbers (the first is number {bad[0]}); it is "
            "damaged. Export the model again."
        )
