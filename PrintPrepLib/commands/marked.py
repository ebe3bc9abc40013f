"""Reading and writing a mesh whose name says whether it is mirrored, and its scale, whatever name was asked for."""

from __future__ import annotations

from pathlib import Path

from ..export import About, Units, WrittenFile, read_mesh, write_mesh
from ..export.marks import about_of_file, forced
from ..export.model_part import MIRRORED
from ..mesh import Mesh
from ..progress import Progress, silent


def about_of_files(paths: list[Path]) -> About:
    """Return what model files say of themselves together: mirrored where one is, and the scale of the first scaled."""
    told = [about_of_file(path) for path in paths]
    scale = next((one.scale for one in told if one.scale != 1.0), 1.0)
    return About(scale=scale, mirrored=any(one.mirrored for one in told))


def read_marked(path: Path, units: Units | None = None) -> Mesh:
    """Read a mesh; where its file says that it is mirrored, its name says so, too."""
    mesh = read_mesh(path, units=units)
    if about_of_file(path).mirrored and MIRRORED not in mesh.name.upper():
        mesh = mesh.with_name(f"{mesh.name} {MIRRORED}")
    return mesh


def write_marked(mesh: Mesh, output: Path, about: About, progress: Progress = silent) -> tuple[WrittenFile, Path]:
    """Write a mesh; return what was written and where, since its name may be another than the one asked for."""
    path = forced(output, about)
    return write_mesh(mesh, path, about=about, progress=progress), path
