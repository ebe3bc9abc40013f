"""The compiled forms of finding openings are the numpy forms, and a flood changes no topology."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import distance_transform_edt, label
from scipy.spatial import cKDTree

from PrintPrepLib.engine import is_compiled
from PrintPrepLib.mesh import Mesh
from PrintPrepLib.shape.solid import cells, flood_numpy
from PrintPrepLib.shape.solid.flood import NEIGHBOR, flooded
from PrintPrepLib.shape.solid.grid import Bytes, squared_distances, tiles_of
from Testing.support import shapes

TOP = 4
compiled = pytest.mark.skipif(not is_compiled(), reason="numba is not installed")


@compiled
def test_cells_that_are_wall_are_the_same() -> None:
    """A thin tilted plate with parts that overlap: walls between the middles of cells, winding numbers above 1."""
    turn = np.linalg.qr(np.random.default_rng(3).normal(size=(3, 3)))[0]
    turn *= np.sign(np.linalg.det(turn))
    plate, ball = shapes.box((12.0, 9.0, 0.2)), shapes.sphere(3.0, subdivisions=2)
    both = np.concatenate([plate.vertices, ball.vertices]) @ turn.T
    model = Mesh(both, np.concatenate([plate.faces, ball.faces + np.int32(len(plate.vertices))]))
    (tile,) = tiles_of(model, 0.31, 4, 4)
    size = np.array(tile.shape[::-1])
    origin = tile.origin_mm + 0.5 * tile.cell_mm
    up = [cells._crossings(model, model.faces, origin, tile.cell_mm, size, axis) for axis in range(3)]
    fast, slow = cells._filled_compiled(up, tile.shape), cells._filled_numpy(up, size)
    assert fast[0].any()
    assert (fast[1] & ~fast[0]).any()
    for one, other in zip(fast, slow, strict=True):
        assert np.array_equal(one, other)


def _sieve(seed: int) -> Bytes:
    """Squared distances from a wall of uneven thickness with round pores of one to four cells as radius."""
    random = np.random.default_rng(seed)
    z, y, x = np.mgrid[0:36, 0:48, 0:48]
    walls = np.abs(z - 18) < 3 + 2 * np.sin(0.3 * x) * np.cos(0.25 * y)
    for row, radius in enumerate((1.2, 2.0, 2.9, 3.4)):
        walls &= np.hypot(y - 12 - 8 * row, x - random.integers(10, 38)) > radius
    return squared_distances(walls, TOP)


@compiled
@pytest.mark.parametrize("seed", [1, 2])
def test_membranes_lie_in_the_same_places(seed: int) -> None:
    level = _sieve(seed)
    fast, slow = flooded(level, TOP * TOP), flood_numpy.flood(level, TOP * TOP)
    assert len(fast)
    assert len(slow)
    for one, other in ((fast, slow), (slow, fast)):
        assert np.max(cKDTree(one).query(other)[0]) <= NEIGHBOR


@pytest.mark.parametrize("seed", [3, 4])
def test_membranes_close_every_pore_and_nothing_else(seed: int) -> None:
    """Without the cells of the membranes the air is in two; each pore that the ball does not pass has one of them."""
    level = _sieve(seed)
    left = flooded(level, TOP * TOP)
    air = level > 0
    for axis in range(3):
        air[(slice(None),) * axis + ((0, -1),)] = False
    assert label(air)[1] == 1
    air[tuple(left.T)] = False
    assert label(air)[1] == 2
    membranes = np.zeros(level.shape, bool)
    membranes[tuple(left.T)] = True
    assert label(membranes, np.ones((3, 3, 3)))[1] == 4


def test_distances_of_scattered_walls_in_wide_air() -> None:
    """Rows with nothing near them are passed over: their cells keep the largest distance."""
    walls = np.zeros((64, 64, 64), bool)
    walls[tuple(np.random.default_rng(1).integers(0, 64, (3, 12)))] = True
    exact = np.minimum(np.rint(distance_transform_edt(~walls) ** 2), 36)
    assert np.array_equal(squared_distances(walls, 6), exact)
    assert np.count_nonzero(exact == 36) > 0.5 * exact.size


def test_values_are_cut_off_by_every_opening_that_stays_open() -> None:
    """Where a search is left out or cut short, the result is what all distances would give, to the bit."""
    from types import SimpleNamespace

    from PrintPrepLib.shape.solid import core

    random = np.random.default_rng(7)
    kept = [
        (
            SimpleNamespace(
                membrane=SimpleNamespace(points=random.uniform(-30, 30, (20, 3)), cell_mm=0.3), passes_mm=w
            ),
            1.0,
        )
        for w in (0.5, 2.0, 9.0, 20.0)
    ]
    places, values = random.uniform(-40, 40, (4000, 3)), random.uniform(-15, 15, 4000)
    expected = np.minimum(values, core.FAR_BALLS * 3.0)
    rooms = [core._room(one, wall, 3.0) for one, wall in kept]  # type: ignore[arg-type]
    for (one, _), room in zip(kept, rooms, strict=True):
        step = np.ceil(np.log(room / min(rooms)) / np.log(core.ROOM_STEP) - 1e-9)
        near = np.asarray(cKDTree(one.membrane.points).query(places)[0])
        expected = np.minimum(expected, near - min(rooms) * core.ROOM_STEP**step)
    got = core._kept_function(kept, 3.0)(places, values)  # type: ignore[arg-type]
    assert (got < values).any()
    assert np.array_equal(got, expected)
