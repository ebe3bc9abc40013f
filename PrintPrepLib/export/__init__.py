"""Mesh files: read into LPS millimeters; written beside their name, read back, compared, renamed."""

from __future__ import annotations

from .files import OutputFolder
from .model_part import About, ModelFile, ModelPart, numbered
from .read import MeshKind, mesh_kind, read_mesh, read_parts
from .together import TOGETHER, write_assembly, write_parts_file
from .units import SMALLEST_MODEL_MM, Units
from .write import WrittenFile, describe_file, write_mesh

__all__ = [
    "SMALLEST_MODEL_MM",
    "TOGETHER",
    "About",
    "MeshKind",
    "ModelFile",
    "ModelPart",
    "OutputFolder",
    "Units",
    "WrittenFile",
    "describe_file",
    "mesh_kind",
    "numbered",
    "read_mesh",
    "read_parts",
    "write_assembly",
    "write_mesh",
    "write_parts_file",
]
