"""Flat faces of a model: what it can lie on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import ConvexHull, QhullError

from ...errors import GeometryError, InputError
from ...mesh import FloatArray, Mesh
from ...spatial import index_of
from ...topology import edge_table

FLAT_DEG = 1.0
"""Triangles turned less than this from a plane belong to it: a first layer of 0.2 mm bridges as much over 11 mm."""
FLAT_MM = 0.05
"""And lying this near to it: a quarter of a usual first layer, which is squeezed onto the bed."""
SMOOTH_DEG = 0.5
"""Neighbors that bend less than this are seeds of one flat area."""
SEEDS = 32
"""Flat areas that are looked at, the largest first."""
LEAST_SHARE = 1e-4
"""A flat area below this share of the surface is no face to lie on."""
HULL_TRIANGLES = 2000
"""Triangles of the hull that are looked at, the largest first."""
ON_PLANE_MM = 0.5
"""A face that is given by a plane, such as that of a cut, lies this near to it: kerfs are narrower."""
ROUNDS = 4


@dataclass(frozen=True)
class FlatFace:
    """A flat area: its outward unit normal, its distance from the origin along it, its size, a place on it.

    ``below_mm`` is how far the model reaches beyond it: on a face with more than :data:`FLAT_MM` it cannot lie.
    """

    normal: tuple[float, float, float]
    offset_mm: float
    area_mm2: float
    at_mm: tuple[float, float, float]
    below_mm: float

    @property
    def holds(self) -> bool:
        """Whether the model can lie on it."""
        return self.below_mm <= FLAT_MM


def flat_at(mesh: Mesh, point: tuple[float, ...]) -> FlatFace:
    """The flat face that holds the place of the surface nearest to a point."""
    mesh = mesh.without_unused_vertices()
    face = int(index_of(mesh).closest(np.array([point], np.float64)).faces[0])
    return _grown(mesh, _Geometry.of(mesh), face)


def flat_on(mesh: Mesh, plane: tuple[float, ...]) -> FlatFace:
    """The largest flat face that lies on a plane, such as that of a cut, whichever side of it the model is.

    Raises
    ------
    InputError
        The normal has no length, or no face of the model lies there.
    """
    normal = np.asarray(plane[3:], np.float64)
    length = float(np.linalg.norm(normal))
    if not length > 0.0:
        raise InputError("The plane's normal has no length. Give a point and a direction: PX,PY,PZ,NX,NY,NZ.")
    normal = normal / length
    mesh = mesh.without_unused_vertices()
    geometry = _Geometry.of(mesh)
    height = (geometry.middle - np.asarray(plane[:3])) @ normal
    along = np.abs(geometry.normal @ normal) > np.cos(np.radians(FLAT_DEG))
    on_it = np.flatnonzero(along & (np.abs(height) <= ON_PLANE_MM))
    if not len(on_it):
        raise InputError("No face of the model lies on that plane. Give the plane of a cut, or a point on the face.")
    return _grown(mesh, geometry, int(on_it[geometry.area[on_it].argmax()]))


def flat_faces(mesh: Mesh) -> list[FlatFace]:
    """Flat faces that the model can lie on, the largest first; where none is flat, the triangles of its hull.

    Raises
    ------
    GeometryError
        The model is empty or has no extent.
    """
    mesh = mesh.without_unused_vertices()
    geometry = _Geometry.of(mesh)
    found = [_grown(mesh, geometry, seed) for seed in _seeds(mesh, geometry)]
    good = [one for one in found if one.holds and one.area_mm2 >= LEAST_SHARE * geometry.area.sum()]
    if not good:
        good = [_from_hull(mesh)]
    return sorted(good, key=lambda one: -one.area_mm2)


@dataclass(frozen=True, eq=False)
class _Geometry:
    normal: FloatArray
    area: FloatArray
    middle: FloatArray

    @classmethod
    def of(cls, mesh: Mesh) -> _Geometry:
        if mesh.is_empty:
            raise GeometryError(f"The model '{mesh.name}' is empty: there is nothing to lay down.")
        return cls(mesh.face_normals(), mesh.face_areas_mm2(), mesh.triangles.mean(axis=1))


def _grown(mesh: Mesh, geometry: _Geometry, seed: int) -> FlatFace:
    """Everything that lies in the plane of a triangle; the plane is improved by what was found."""
    normal = geometry.normal[seed]
    offset = float(normal @ geometry.middle[seed])
    members = np.array([seed])
    for _ in range(ROUNDS):
        found = _members(geometry, normal, offset)
        if not len(found) or np.array_equal(found, members):
            break
        members = found
        weight = geometry.area[members]
        total = (geometry.normal[members] * weight[:, None]).sum(axis=0)
        normal = total / np.linalg.norm(total)
        offset = float((geometry.middle[members] @ normal * weight).sum() / weight.sum())
    corners = mesh.vertices[mesh.faces[members]].reshape(-1, 3) @ normal
    reach = float((mesh.vertices @ normal).max())
    largest = members[geometry.area[members].argmax()]
    return FlatFace(
        normal=_three(normal),
        offset_mm=offset,
        area_mm2=float(geometry.area[members].sum()),
        at_mm=_three(geometry.middle[largest]),
        below_mm=max(0.0, reach - float(corners.max())),
    )


def _members(geometry: _Geometry, normal: FloatArray, offset: float) -> npt.NDArray[np.int64]:
    alike = np.flatnonzero(geometry.normal @ normal > np.cos(np.radians(FLAT_DEG)))
    return np.asarray(alike[np.abs(geometry.middle[alike] @ normal - offset) <= FLAT_MM])


def _seeds(mesh: Mesh, geometry: _Geometry) -> list[int]:
    """The largest triangle of each area whose triangles hardly bend, the largest areas first."""
    table = edge_table(mesh)
    inner = np.flatnonzero(table.face_count == 2)
    place = np.full(len(table.face_count), -1)
    place[inner] = np.arange(len(inner))
    edge_of = table.of_face.ravel()
    face_of = np.repeat(np.arange(len(mesh.faces)), 3)
    order = np.argsort(edge_of, kind="stable")
    order = order[place[edge_of[order]] >= 0]
    pairs = face_of[order].reshape(-1, 2)
    cosine = np.einsum("ij,ij->i", geometry.normal[pairs[:, 0]], geometry.normal[pairs[:, 1]])
    pairs = pairs[cosine > np.cos(np.radians(SMOOTH_DEG))]
    count = len(mesh.faces)
    graph = coo_array((np.ones(len(pairs), bool), (pairs[:, 0], pairs[:, 1])), shape=(count, count))
    groups, label = connected_components(graph, directed=False)
    size = np.bincount(label, weights=geometry.area, minlength=groups)
    chosen = np.argsort(-size, kind="stable")[:SEEDS]
    by_area = np.argsort(geometry.area, kind="stable")
    largest = np.zeros(groups, np.int64)
    largest[label[by_area]] = by_area
    return [int(largest[group]) for group in chosen]


def _from_hull(mesh: Mesh) -> FlatFace:
    points = mesh.vertices[mesh.used_vertices]
    try:
        hull = ConvexHull(points)
    except QhullError as error:
        raise GeometryError(f"The model '{mesh.name}' has no extent: it cannot be laid down.") from error
    corners = points[hull.simplices]
    area = 0.5 * np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1)
    largest = np.argsort(-area, kind="stable")[:HULL_TRIANGLES]
    normals = hull.equations[largest, :3]
    alike = normals @ normals.T > np.cos(np.radians(FLAT_DEG))
    best = int((alike @ area[largest]).argmax())
    normal = normals[best]
    at = corners[largest[best]].mean(axis=0)
    return FlatFace(_three(normal), float(normal @ at), 0.0, _three(at), 0.0)


def _three(values: FloatArray) -> tuple[float, float, float]:
    x, y, z = np.asarray(values, np.float64).tolist()
    return x, y, z
