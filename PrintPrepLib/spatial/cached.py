"""One index per mesh, however many rooms ask for it."""

from __future__ import annotations

from ..mesh import Mesh
from .index import SurfaceIndex


def index_of(mesh: Mesh) -> SurfaceIndex:
    """Return the spatial index of a mesh, built at most once as long as the mesh lives.

    Raises
    ------
    GeometryError
        The mesh has no triangles.
    """
    index: SurfaceIndex = mesh.derived("index", SurfaceIndex)
    return index
