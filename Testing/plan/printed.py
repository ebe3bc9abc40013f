"""Shapes on which estimates and rankings are held against a slicer."""

from __future__ import annotations

import numpy as np
import trimesh

from PrintPrepLib.mesh import Mesh
from Testing.support import shapes


def united(name: str, *boxes: tuple[tuple[float, float, float], tuple[float, float, float]]) -> Mesh:
    """One solid of boxes, each by its size and the middle of its lower face."""
    parts = []
    for size, (x, y, z) in boxes:
        part = trimesh.creation.box(size)
        part.apply_translation((x, y, z + size[2] / 2.0))
        parts.append(part)
    return Mesh.from_trimesh(trimesh.boolean.union(parts, engine="manifold"), name)


def table() -> Mesh:
    """Top of 40 x 40 x 4 mm on a leg of 8 x 8 mm, its lower face at 20 mm: 1536 mm2 overhang, 30720 mm3 below it."""
    return united("table", ((40.0, 40.0, 4.0), (0.0, 0.0, 20.0)), ((8.0, 8.0, 20.5), (0.0, 0.0, 0.0)))


def bracket() -> Mesh:
    """An L: foot of 40 x 15 x 6, wall of 6 x 15 x 40, arm of 30 x 15 x 6 at the top."""
    return united(
        "bracket",
        ((40.0, 15.0, 6.0), (0.0, 0.0, 0.0)),
        ((6.0, 15.0, 40.0), (-17.0, 0.0, 0.0)),
        ((30.0, 15.0, 6.0), (-5.0, 0.0, 34.0)),
    )


def cup() -> Mesh:
    """Beaker of 16 mm radius, 36 mm tall, wall and floor 3 mm, open above."""
    outer = trimesh.creation.cylinder(16.0, 36.0, sections=64)
    inner = trimesh.creation.cylinder(13.0, 36.0, sections=64)
    inner.apply_translation((0.0, 0.0, 3.0))
    return Mesh.from_trimesh(trimesh.boolean.difference([outer, inner], engine="manifold"), "cup")


def bone() -> Mesh:
    """Shaft with two balls at its ends, bent: like a long bone."""
    parts = []
    for x, z, radius in ((-25.0, 0.0, 11.0), (25.0, 8.0, 13.0)):
        ball = trimesh.creation.icosphere(3, radius)
        ball.apply_translation((x, 0.0, z))
        parts.append(ball)
    parts.append(trimesh.creation.cylinder(6.0, segment=[[-25.0, 0.0, 0.0], [25.0, 0.0, 8.0]], sections=32))
    return Mesh.from_trimesh(trimesh.boolean.union(parts, engine="manifold"), "bone")


def turned(mesh: Mesh, up: tuple[float, float, float]) -> Mesh:
    """The same shape with a direction up, its lowest point at 0."""
    axis = np.asarray(up, np.float64) / np.linalg.norm(up)
    matrix = trimesh.geometry.align_vectors(axis, (0.0, 0.0, 1.0))[:3, :3]
    points = mesh.vertices @ matrix.T
    return Mesh(points - (0.0, 0.0, points[:, 2].min()), mesh.faces, mesh.name)


def solids() -> list[Mesh]:
    """What estimates of material and time are compared on."""
    return [
        shapes.box((30.0, 30.0, 30.0)), shapes.bumpy_sphere(5, 20.0), shapes.tube(16.0, 20.0, 30.0), table(), bracket(),
        cup(), bone(),
    ]  # fmt: skip
