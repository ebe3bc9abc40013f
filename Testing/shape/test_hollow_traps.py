"""Traps against a slow count that shares nothing with them, and single drills against what they must not touch."""

from __future__ import annotations

import heapq

import numpy as np
import numpy.typing as npt
import pytest

from PrintPrepLib.mesh import Mesh, concatenate
from PrintPrepLib.shape.hollow import traps as module
from PrintPrepLib.shape.hollow.drill import Bore, Work
from PrintPrepLib.shape.hollow.traps import find_traps
from Testing.support import shapes

Bools = npt.NDArray[np.bool_]
UP = np.eye(3)


def rims(solid: Bools) -> npt.NDArray[np.float64]:
    """For each free voxel the lowest layer over which air leads from it to the border; infinite where none does."""
    out = np.full(solid.shape, np.inf)
    queue: list[tuple[int, int, int, int]] = []
    depth, rows, columns = solid.shape
    for k, j, i in np.argwhere(~solid).tolist():
        if j in (0, rows - 1) or i in (0, columns - 1):
            out[k, j, i] = k
            heapq.heappush(queue, (k, k, j, i))
    while queue:
        level, k, j, i = heapq.heappop(queue)
        if level > out[k, j, i]:
            continue
        for c, b, a in ((k - 1, j, i), (k + 1, j, i), (k, j - 1, i), (k, j + 1, i), (k, j, i - 1), (k, j, i + 1)):
            if not (0 <= c < depth and 0 <= b < rows and 0 <= a < columns) or solid[c, b, a]:
                continue
            if out[c, b, a] > max(level, c):
                out[c, b, a] = max(level, c)
                heapq.heappush(queue, (max(level, c), c, b, a))
    return out


@pytest.mark.parametrize("seed", range(6))
def test_cups_and_voids_of_random_voxels_are_those_of_a_flood(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LEAST_DEPTH", 1)
    solid = np.random.default_rng(seed).random((14, 12, 13)) < 0.62
    solid[:, (0, -1), :] = solid[:, :, (0, -1)] = False
    solid[0] = solid[-1] = False
    rim = rims(solid)
    spilled, levels, closed = module._sweep(solid)
    assert sum(pool.voxels for pool in closed) == np.count_nonzero(~solid & np.isinf(rim))
    layer = np.arange(len(solid))[:, None, None]
    stays = ~solid & np.isfinite(rim) & (rim > layer)
    assert sum(pool.voxels for pool in spilled) == np.count_nonzero(stays)
    assert {int(level) for level in levels} == {int(level) for level in np.unique(rim[stays])}


def cup(turned: bool) -> Mesh:
    """A block of 20 mm with a round hollow, 12 mm across and 15 deep, open at the top; or lying upside down."""
    hollow = shapes.cylinder(6.0, 20.0, (0.0, 0.0, 5.0 + 10.0), 128).to_manifold()
    block = Mesh.from_manifold(shapes.box((20.0, 20.0, 20.0), (0.0, 0.0, 10.0)).to_manifold() - hollow, "cup")
    return Mesh(block.vertices * (1.0, -1.0, -1.0), block.faces, "cup") if turned else block


def test_a_cup_holds_its_volume_when_it_stands_and_nothing_upside_down() -> None:
    volume = np.pi * 6.0**2 * 15.0
    standing = find_traps(cup(False), UP, 1.5)
    (trap,) = standing.standing
    assert trap.volume_mm3 == pytest.approx(volume, rel=0.05)
    assert trap.depth_mm == pytest.approx(15.0, abs=1.0)
    assert trap.at_mm[2] == pytest.approx(5.0, abs=0.5)
    assert not standing.hanging
    assert not standing.voids
    hanging = find_traps(cup(True), UP, 1.5)
    assert not hanging.standing
    assert hanging.hanging[0].volume_mm3 == pytest.approx(volume, rel=0.05)
    assert hanging.hanging[0].at_mm[2] == pytest.approx(-5.0, abs=0.5)


def test_a_closed_void_is_one_in_every_direction() -> None:
    found = find_traps(shapes.shell(6.0, 10.0), UP, 1.5)
    assert not found.standing
    assert not found.hanging
    assert found.voids[0].volume_mm3 == pytest.approx(4.0 / 3.0 * np.pi * 6.0**3, rel=0.03)


def box_with_hollow(*others: Mesh) -> Work:
    outer = shapes.box((20.0, 20.0, 20.0), subdivisions=2)
    inner = shapes.box((14.0, 14.0, 14.0), subdivisions=2).flipped()
    whole = concatenate([outer, *others, inner])
    kind = np.zeros(len(whole.faces), np.int8)
    kind[-len(inner.faces) :] = Work.CAVITY
    return Work(whole, kind)


def bore(radius: float, start: float = 5.0, x: float = 0.3) -> Bore:
    return Bore(np.array([x, 0.4, start]), np.array([0.0, 0.0, 1.0]), radius, 10.5 - start)


def test_a_hole_changes_the_triangles_that_it_meets_and_no_others() -> None:
    work = box_with_hollow()
    before = Mesh(work.vertices.copy(), work.faces.copy(), "")
    assert work.drill(bore(1.5))
    after = Mesh(work.vertices, work.faces, "")
    lost = before.volume_mm3 - after.volume_mm3
    assert lost == pytest.approx(np.pi * 1.5**2 * 3.0, rel=3e-3)
    far = np.linalg.norm(before.triangles[:, :, :2] - [0.3, 0.4], axis=2).min(axis=1) > 4.0
    kept = {tuple(sorted(map(tuple, rows.tolist()))) for rows in after.triangles}
    assert all(tuple(sorted(map(tuple, rows.tolist()))) in kept for rows in before.triangles[far])
    wall = after.submesh(work.kind == Work.DRAIN)
    radius = np.linalg.norm(wall.vertices[:, :2] - [0.3, 0.4], axis=1)
    assert radius.min() >= 1.5 - 1e-9  # a drill of that diameter passes
    assert radius.max() < 1.5 * 1.01


@pytest.mark.parametrize(
    ("wrong", "others"),
    [
        (bore(1.5, start=8.0), ()),  # begins within the wall: a blind hole
        (bore(1.5, x=6.5), ()),  # half of it runs along the wall beside the hollow
        (bore(1.5), (shapes.sphere(1.0, (0.3, 0.4, 10.8)),)),  # runs into another part
    ],
)
def test_a_hole_that_would_not_be_one_is_not_made(wrong: Bore, others: tuple[Mesh, ...]) -> None:
    work = box_with_hollow(*others)
    vertices, faces = work.vertices.copy(), work.faces.copy()
    assert not work.drill(wrong)
    assert np.array_equal(work.vertices, vertices)
    assert np.array_equal(work.faces, faces)
