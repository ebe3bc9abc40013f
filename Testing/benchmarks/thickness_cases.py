"""Shapes whose true thickness is known at their vertices, and large ones for speed; see ``thickness.py``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from PrintPrepLib.mesh import Mesh, concatenate
from Testing.support import shapes

Array = npt.NDArray[np.float64]
MAX_MM = 8.0


@dataclass(frozen=True)
class Case:
    """A shape, the true thickness at its vertices, and the vertices at which it is known."""

    name: str
    mesh: Mesh
    truth: Array
    known: npt.NDArray[np.bool_]


def cases() -> list[Case]:
    """All shapes, coarse and fine."""
    out = []
    for word, edge, level in (("coarse", 2.0, 3), ("fine", 0.5, 5)):
        out.append(_even(f"plate 1.5, {word}", _box((30, 20, 1.5), edge), 1.5))
        out.append(_even(f"square bar 2, {word}", _box((2, 2, 30), edge), 2.0))
        out.append(_even(f"cube 6, {word}", _box((6, 6, 6), edge), 6.0))
        out.append(_even(f"shell 1, {word}", shapes.shell(9.0, 10.0, level), 1.0))
        sections = 24 if word == "coarse" else 96
        out.append(_even(f"tube wall 1, {word}", _tube(sections, edge), 1.0))
        out.append(_even(f"pin d 3, {word}", _pin(sections, edge), 3.0 * np.cos(np.pi / sections)))
        out.append(_wedge(20.0, edge, word))
        out.append(_cone(15.0, sections, word))
        out.append(_fin(edge, word))
    out.append(_gyroid(0.18))
    out.append(_stairs(0.5))
    out.append(_stairs(0.25))
    return out


def _even(name: str, mesh: Mesh, truth: float) -> Case:
    n = len(mesh.vertices)
    return _turned(Case(name, mesh, np.full(n, truth), np.ones(n, bool)))


def _turned(case: Case) -> Case:
    random = np.random.default_rng(len(case.name))
    q, _ = np.linalg.qr(random.normal(size=(3, 3)))
    q *= np.sign(np.linalg.det(q))
    return Case(case.name, case.mesh.with_vertices(case.mesh.vertices @ q.T), case.truth, case.known)


def _solid(solid: Any, edge: float) -> Mesh:
    return Mesh.from_manifold(solid.refine_to_length(edge))


def _box(size: tuple[float, float, float], edge: float) -> Mesh:
    from manifold3d import Manifold

    return _solid(Manifold.cube(size), edge)


def _tube(sections: int, edge: float) -> Mesh:
    # The same angles inside and outside, apart from the wall by the apothem: the polygon's own wall is 1 mm.
    from manifold3d import Manifold

    wall = 1.0 / np.cos(np.pi / sections)
    solid = Manifold.cylinder(20, 5.0 + wall, 5.0 + wall, sections) - Manifold.cylinder(
        22, 5.0, 5.0, sections
    ).translate((0, 0, -1))
    return _solid(solid, edge)


def _pin(sections: int, edge: float) -> Mesh:
    from manifold3d import Manifold

    return _solid(Manifold.cylinder(20, 1.5, 1.5, sections), edge)


def _wedge(degrees: float, edge: float, word: str) -> Case:
    from manifold3d import CrossSection, Manifold

    a, length = np.radians(degrees), 18.0
    corners = np.array([[0, 0], [length, 0], [length * np.cos(a), length * np.sin(a)]])
    mesh = _solid(Manifold.extrude(CrossSection([corners]), 25.0), edge)
    v = mesh.vertices
    along = np.hypot(v[:, 0], v[:, 1])
    on_face = (np.abs(v[:, 1]) < 1e-6) | (np.abs(v[:, 1] * np.cos(a) - v[:, 0] * np.sin(a)) < 1e-6)
    inner = on_face & (along > edge) & (along < 0.7 * length)
    return _turned(Case(f"wedge {degrees:g} deg, {word}", mesh, 2 * along * np.tan(a / 2), inner))


def _cone(degrees: float, sections: int, word: str) -> Case:
    from manifold3d import Manifold

    a, height = np.radians(degrees), 20.0
    mesh = _solid(Manifold.cylinder(height, height * np.tan(a), 0.0, sections), 1.0)
    v = mesh.vertices
    # Of the polygon that is inscribed in the circle: its walls are nearer to the axis by the cosine.
    apothem = np.arctan(np.tan(a) * np.cos(np.pi / sections))
    truth = 2.0 * (height - v[:, 2]) / np.cos(apothem) * np.tan(apothem)
    inner = (v[:, 2] > 0.4 * height) & (v[:, 2] < height - 2.0)
    return _turned(Case(f"cone {2 * degrees:g} deg, {word}", mesh, truth, inner))


def _fin(edge: float, word: str) -> Case:
    from manifold3d import Manifold

    mesh = _solid(Manifold.cube((20, 20, 7)) + Manifold.cube((0.8, 15, 6)).translate((10, 2, 7)), edge)
    return _turned(
        Case(f"fin 0.8 on a body, {word}", mesh, np.full(len(mesh.vertices), 0.8), mesh.vertices[:, 2] > 7.01)
    )


def _gyroid(step: float) -> Case:
    """A gyroid sheet. Truth: distance between its two faces, each refined onto the surface and sampled densely."""
    from scipy.spatial import cKDTree

    scale, level = 2.0 * np.pi / 10.0, 0.35

    def value(p: Array) -> Array:
        x, y, z = (scale * p[..., k] for k in range(3))
        return np.asarray(np.sin(x) * np.cos(y) + np.sin(y) * np.cos(z) + np.sin(z) * np.cos(x))

    radius = 9.0
    mesh = _isosurface(lambda p: np.maximum(np.abs(value(p)) - level, np.linalg.norm(p, axis=-1) - radius), 10.0, step)
    v = mesh.vertices
    inner = np.linalg.norm(v, axis=1) < radius - 2.0
    sign = np.sign(value(v))
    # The largest ball inside that touches a face is found on a dense sampling of the opposite face.
    dense = _isosurface(
        lambda p: np.maximum(np.abs(value(p)) - level, np.linalg.norm(p, axis=-1) - radius), 10.0, step / 2
    )
    truth = np.full(len(v), np.nan)
    for side in (-1.0, 1.0):
        other = dense.vertices[np.sign(value(dense.vertices)) == -side]
        tree = cKDTree(other)
        chosen = np.flatnonzero(inner & (sign == side))
        h = 1e-4
        gradient = np.stack([value(v[chosen] + h * e) - value(v[chosen] - h * e) for e in np.eye(3)], axis=1)
        inward = -side * gradient / np.linalg.norm(gradient, axis=1, keepdims=True)
        r = np.full(len(chosen), MAX_MM / 2.0)
        for _ in range(60):  # Ma, Bae and Choi 2012: shrink until the ball holds no point
            distance, which = tree.query(v[chosen] + r[:, None] * inward)
            to = other[which] - v[chosen]
            smaller = (to**2).sum(axis=1) / np.maximum(2.0 * (to * inward).sum(axis=1), 1e-12)
            r = np.where(distance < r - 1e-7, np.minimum(r, smaller), r)
        truth[chosen] = 2.0 * r
    return _turned(Case(f"gyroid sheet, step {step:g}", mesh, truth, inner))


def _isosurface(field: Callable[[Array], Array], half: float, step: float) -> Mesh:
    from vtkmodules.util.numpy_support import numpy_to_vtk
    from vtkmodules.vtkCommonDataModel import vtkImageData
    from vtkmodules.vtkFiltersCore import vtkFlyingEdges3D

    axis = np.arange(-half, half + step, step)
    grid = np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), axis=-1)
    values = field(grid)
    image = vtkImageData()
    image.SetDimensions(*values.shape)
    image.SetOrigin(-half, -half, -half)
    image.SetSpacing(step, step, step)
    image.GetPointData().SetScalars(numpy_to_vtk(values.transpose(2, 1, 0).ravel().copy(), deep=1))
    surface = vtkFlyingEdges3D()
    surface.SetInputData(image)
    surface.SetValue(0, 0.0)
    surface.ComputeNormalsOff()
    surface.Update()
    mesh = Mesh.from_vtk(surface.GetOutput())
    return mesh.flipped() if mesh.volume_mm3 < 0 else mesh


def _stairs(voxel: float) -> Case:
    """The stairs of a label map: a spherical shell of 2 mm, surfaced halfway between the voxels of a binary mask."""

    def mask(p: Array) -> Array:
        r = np.linalg.norm(p + 0.13, axis=-1)
        return np.where((r < 9.0) & (r > 7.0), -0.5, 0.5)

    mesh = _isosurface(mask, 10.0, voxel)
    return _even(f"label map shell 2, voxel {voxel:g}", mesh, 2.0)


def shells(count: int) -> Mesh:
    """So many hollow balls side by side, with walls of 1 mm and 163 840 triangles each."""
    return concatenate([shapes.moved(shapes.shell(9.0, 10.0, 6), (25.0 * k, 0.0, 0.0)) for k in range(count)])
