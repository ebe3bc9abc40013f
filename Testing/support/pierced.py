"""Shapes with openings of known place and size: a hollow ball with pin-holes and slots, a block with small features."""

from __future__ import annotations

from dataclasses import dataclass

import manifold3d
import numpy as np
import trimesh

from PrintPrepLib.mesh import FloatArray, Mesh

Body = manifold3d.Manifold


@dataclass(frozen=True)
class Pierced:
    """A hollow ball about the origin, and its openings: places in the middle of the wall, mm."""

    mesh: Mesh
    radius: float
    wall: float
    holes: FloatArray
    diameters: FloatArray
    slots: FloatArray
    widths: tuple[float, ...]


def pierced_ball(radius: float = 25.0, wall: float = 2.0, slot_length: float = 12.0) -> Pierced:
    """Twelve round holes of 1 to 4 mm on the corners of an icosahedron, three slots on faces of it."""
    ball = _body(trimesh.creation.icosphere(5, radius)) - _body(trimesh.creation.icosphere(4, radius - wall))
    turn = trimesh.transformations.rotation_matrix(0.7, [1, 2, 3])[:3, :3]
    solid = trimesh.creation.icosahedron()
    corners = solid.vertices / np.linalg.norm(solid.vertices, axis=1)[:, None] @ turn.T
    sides = (solid.face_normals @ turn.T)[[0, 7, 14]]
    diameters, widths = np.linspace(1.0, 4.0, 12), (1.0, 1.5, 2.0)
    tools = [
        _placed(trimesh.creation.cylinder(d / 2.0, 6.0 * wall, sections=64), axis, radius - 0.5 * wall)
        for axis, d in zip(corners, diameters, strict=True)
    ]
    tools += [
        _placed(trimesh.creation.box([w, slot_length, 6.0 * wall]), axis, radius - 0.5 * wall)
        for axis, w in zip(sides, widths, strict=True)
    ]
    out = ball - Body.batch_boolean(tools, manifold3d.OpType.Add)
    middle = radius - 0.5 * wall
    return Pierced(Mesh.from_manifold(out, "shell"), radius, wall, middle * corners, diameters, middle * sides, widths)


def small_features() -> Mesh:
    """A block 20 x 20 x 10 with pins of 0.3, 1.0 and 3.0 mm, 3 mm high, a slit 0.2 x 4 and holes of 0.3 and 2.0 mm."""
    block = _box([20, 20, 10], [0, 0, 0])
    for radius, x in ((0.15, -6), (0.5, 0), (1.5, 6)):
        block = block + _cylinder(radius, 4, [x, -6, 6])
    for radius, x in ((0.15, 0), (1.0, 6)):
        block = block - _cylinder(radius, 30, [x, 4, 0])
    return Mesh.from_manifold(block - _box([0.2, 4, 20], [-5, 3, 0]), "block")


def slit_box() -> Mesh:
    """A hollow box 24 x 20 x 16, wall 1.5, cut by a slit of 1 mm all the way through: a fracture."""
    box = _box([24, 20, 16], [0, 0, 0]) - _box([21, 17, 13], [0, 0, 0])
    return Mesh.from_manifold(box - _box([1.0, 14, 40], [3, 0, 0]), "box")


def _body(shape: trimesh.Trimesh) -> Body:
    return Mesh.from_trimesh(shape).to_manifold()


def _placed(shape: trimesh.Trimesh, axis: FloatArray, height: float) -> Body:
    turn = trimesh.geometry.align_vectors([0, 0, 1], axis)
    shape.apply_transform(turn @ trimesh.transformations.translation_matrix([0, 0, height]))
    return _body(shape)


def _box(size: list[float], at: list[float]) -> Body:
    shape = trimesh.creation.box(size)
    shape.apply_translation(at)
    return _body(shape)


def _cylinder(radius: float, height: float, at: list[float]) -> Body:
    shape = trimesh.creation.cylinder(radius, height, sections=32)
    shape.apply_translation(at)
    return _body(shape)
