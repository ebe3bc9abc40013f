"""Programs that measure wall thickness, as far as they are installed; see ``thickness.py``."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from PrintPrepLib.analysis.thickness import wall_thickness
from PrintPrepLib.mesh import Mesh

Array = npt.NDArray[np.float64]
Measure = Callable[[Mesh, float], Array]


def programs() -> dict[str, Measure]:
    """Ours first, then the peers that are installed."""
    out: dict[str, Measure] = {"PrintPrep": lambda mesh, largest: wall_thickness(mesh, max_mm=largest).thickness_mm}
    for name, build in (
        ("MeshLib in-sphere", _meshlib),
        ("embreex ray", _embree),
        ("trimesh max_sphere", _trimesh_sphere),
        ("porespy 0.25 mm", _porespy),
    ):
        try:
            out[name] = build()
        except ImportError as error:
            print(f"{name}: not installed ({error.name})")
    return out


def _meshlib() -> Measure:
    import meshlib.mrmeshnumpy as numbers
    import meshlib.mrmeshpy as meshlib

    def measure(mesh: Mesh, largest: float) -> Array:
        theirs = numbers.meshFromFacesVerts(mesh.faces.copy(), mesh.vertices.copy())
        settings = meshlib.InSphereSearchSettings()
        settings.maxRadius = largest / 2.0
        found = meshlib.computeInSphereThicknessAtVertices(theirs, settings)
        return np.array(list(found.vec), np.float64)

    return measure


def _embree() -> Measure:
    import embreex  # noqa: F401
    import trimesh

    def measure(mesh: Mesh, largest: float) -> Array:
        theirs = trimesh.Trimesh(mesh.vertices, mesh.faces, process=False)
        inward = -mesh.vertex_normals()
        start = mesh.vertices + 1e-4 * inward
        out = np.full(len(start), np.inf)
        where, ray, _ = theirs.ray.intersects_location(start, inward, multiple_hits=False)
        out[ray] = np.linalg.norm(where - start[ray], axis=1)
        return out

    return measure


def _trimesh_sphere() -> Measure:
    import embreex  # noqa: F401
    import trimesh

    def measure(mesh: Mesh, largest: float) -> Array:
        theirs = trimesh.Trimesh(mesh.vertices, mesh.faces, process=False)
        found = trimesh.proximity.thickness(
            theirs, mesh.vertices - 1e-4 * mesh.vertex_normals(), normals=mesh.vertex_normals(), method="max_sphere"
        )
        return np.asarray(found, np.float64)

    return measure


def _porespy() -> Measure:
    import porespy

    def measure(mesh: Mesh, largest: float) -> Array:
        step = 0.25
        low = mesh.bounds[0] - 2 * step
        count = np.ceil((mesh.bounds[1] + 2 * step - low) / step).astype(int)
        from PrintPrepLib.spatial import index_of

        axes = [low[k] + step * (np.arange(count[k]) + 0.5) for k in range(3)]
        grid = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)
        inside = index_of(mesh).contains(grid.reshape(-1, 3)).reshape(count)
        local = 2.0 * step * porespy.filters.local_thickness(inside)
        place = mesh.vertices - 0.75 * step * mesh.vertex_normals()
        voxel = np.clip(((place - low) / step).astype(int), 0, count - 1)
        return np.asarray(local[tuple(voxel.T)], np.float64)

    return measure
