"""Writing the result of a step that adds what is not anatomy: gray where the format has colors."""

from __future__ import annotations

from pathlib import Path

from ..analysis.added import added_triangles
from ..export import TOGETHER, ModelPart, WrittenFile, mesh_kind, write_mesh, write_parts_file
from ..mesh import Mesh
from ..progress import Progress, part, silent


def write_with_added(result: Mesh, before: Mesh, path: Path, progress: Progress = silent) -> list[WrittenFile]:
    """Write a model; triangles that do not lie on the surface that was there before are gray in formats with colors."""
    if result is before or mesh_kind(path) not in TOGETHER:
        return [write_mesh(result, path, progress=progress)]
    added = added_triangles(result, before, progress=part(progress, 0.0, 0.4))
    one = ModelPart(result, result.name, added=added)
    return list(write_parts_file([one], path, progress=part(progress, 0.4, 1.0)))
