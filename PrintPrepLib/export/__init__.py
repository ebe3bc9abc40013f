"""Mesh files: read into LPS millimeters; written beside their name, read back, compared, renamed."""

from __future__ import annotations

from .files import OutputFolder
from .read import MeshKind, mesh_kind, read_mesh
from .units import SMALLEST_MODEL_MM, Units
from .write import WrittenFile, describe_file, write_assembly, write_mesh

__all__ = [
    "SMALLEST_MODEL_MM",
    "MeshKind",
    "OutputFolder",
    "Units",
    "WrittenFile",
    "describe_file",
    "mesh_kind",
    "read_mesh",
    "write_assembly",
    "write_mesh",
]
