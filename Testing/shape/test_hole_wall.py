"""The wall round a hole, measured: against hand-computed distances and a dense sampling."""

from __future__ import annotations

import numpy as np
import pytest

from PrintPrepLib.mesh import Mesh
from PrintPrepLib.shape.pins.room import Surroundings
from PrintPrepLib.shape.pins.wall import hole_surface, thinnest_walls
from PrintPrepLib.spatial import SurfaceIndex
from Testing.support import shapes

DIAMETER_MM = 4.0


def drilled(at: tuple[float, float]) -> tuple[Mesh, Mesh, Mesh]:
    """A block of 30 x 30 x 20 from z = 0 upward with a hole 8 mm deep in its lower face: block, part, and tool."""
    import manifold3d

    block = manifold3d.Manifold.cube((30.0, 30.0, 20.0)).translate((-15.0, -15.0, 0.0))
    tool = manifold3d.Manifold.cylinder(8.05, DIAMETER_MM / 2, DIAMETER_MM / 2, 64).translate((*at, -0.05))
    return Mesh.from_manifold(block), Mesh.from_manifold(block - tool), Mesh.from_manifold(tool)


@pytest.mark.parametrize(("x", "wall"), [(0.0, 12.0), (11.5, 1.5), (-12.75, 0.25)])
def test_wall_beside_the_hole(x: float, wall: float) -> None:
    """From the side of the hole to the nearest side of the block; the floor is 12 mm away."""
    block, part, tool = drilled((x, 0.0))
    own = hole_surface(part, tool, np.zeros(3), np.array([0.0, 0.0, 1.0]))
    sides = Mesh(block.vertices, block.faces[block.vertices[block.faces][:, :, 2].max(axis=1) > 0.0])  # not the seam
    found, where = thinnest_walls([own], Surroundings((SurfaceIndex(sides),)), [DIAMETER_MM])[0]
    assert found == pytest.approx(wall, abs=0.01)
    if wall < 12.0:
        assert abs(where[0]) == pytest.approx(15.0 - wall, abs=0.05)


def test_never_more_than_a_dense_sampling_finds() -> None:
    """Halving where it may be nearest finds what points all over the hole find, to the size of the last triangles."""
    _, part, tool = drilled((3.0, 2.0))
    own = hole_surface(part, tool, np.zeros(3), np.array([0.0, 0.0, 1.0]))
    around = Surroundings((SurfaceIndex(shapes.bumpy_sphere(4, radius=9.0, height=1.0)),))
    found, _ = thinnest_walls([own], around, [DIAMETER_MM])[0]
    rng = np.random.default_rng(1)
    share = rng.dirichlet((1.0, 1.0, 1.0), (len(own), 400))
    points = np.einsum("mkc,mcx->mkx", share, own).reshape(-1, 3)
    dense = float(around.distance(points, 20.0).min())
    assert found <= dense + 0.03


def test_tool_beside_the_part_leaves_no_surface() -> None:
    """Where the tool cut nothing there is no hole, and nothing to measure."""
    block, _, _ = drilled((0.0, 0.0))
    tool = shapes.box((2.0, 2.0, 2.0), (50.0, 0.0, 0.0))
    assert len(hole_surface(block, tool, np.zeros(3), np.array([0.0, 0.0, 1.0]))) == 0


def test_several_holes_are_told_apart() -> None:
    """Asked together, each hole gets its own wall and place."""
    found = []
    alone = []
    for x in (0.0, 11.5, -12.75):
        block, part, tool = drilled((x, 0.0))
        found.append(hole_surface(part, tool, np.zeros(3), np.array([0.0, 0.0, 1.0])))
        sides = Mesh(block.vertices, block.faces[block.vertices[block.faces][:, :, 2].max(axis=1) > 0.0])
        alone.append(thinnest_walls([found[-1]], Surroundings((SurfaceIndex(sides),)), [DIAMETER_MM])[0])
    together = thinnest_walls(found, Surroundings((SurfaceIndex(sides),)), [DIAMETER_MM] * 3)
    for one, other in zip(together, alone, strict=True):
        assert one[0] == other[0]
        assert np.array_equal(one[1], other[1])
