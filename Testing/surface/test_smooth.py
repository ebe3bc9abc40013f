"""Smoothing: within its bound, with its volume, through no wall and across no gap."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from PrintPrepLib.errors import Cancelled, GeometryError, InputError
from PrintPrepLib.mesh import Mesh, concatenate
from PrintPrepLib.receipt import measure_mesh
from PrintPrepLib.spatial import Rule, SurfaceIndex, self_crossings
from PrintPrepLib.surface.extract import closed_surface
from PrintPrepLib.surface.fragments import list_fragments
from PrintPrepLib.surface.smooth import smooth
from PrintPrepLib.topology import is_closed_manifold
from Testing.support import shapes
from Testing.support.fields import grid, radii, volume_like
from Testing.support.volumes import volume_of


def _of_label(mask: np.ndarray, spacing: tuple[float, float, float] = (1.0, 1.0, 1.0)) -> Mesh:
    return closed_surface(volume_of(np.where(mask, np.float32(0.5), np.float32(-0.5)), spacing), subvoxel=False)


def _label_ball(radius: float = 8.0, count: int = 22) -> Mesh:
    volume = grid(count)
    inside = radii(volume) < radius
    return closed_surface(volume_like(volume, np.where(inside, np.float32(0.5), np.float32(-0.5))), subvoxel=False)


def _jittered(seed: int, noise: float) -> Mesh:
    ball = shapes.sphere(10.0, subdivisions=3)
    return ball.with_vertices(ball.vertices + np.random.default_rng(seed).normal(0.0, noise, ball.vertices.shape))


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 1000), st.floats(0.0, 0.3), st.floats(0.001, 3.0), st.floats(0.01, 0.5), st.integers(1, 60))
def test_no_vertex_moves_further_than_the_bound(
    seed: int, noise: float, bound: float, pass_band: float, iterations: int
) -> None:
    mesh = _jittered(seed, noise)
    result, receipt = smooth(mesh, bound_mm=bound, pass_band=pass_band, iterations=iterations)
    moved = np.linalg.norm(result.vertices - mesh.vertices, axis=1)
    assert moved.max() <= bound * (1 + 1e-9)
    assert receipt.details["largest_move_mm"] == pytest.approx(moved.max(), abs=1e-12)
    np.testing.assert_array_equal(result.faces, mesh.faces)
    assert receipt.change is not None
    assert receipt.change.max_mm <= bound * (1 + 1e-6)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(0.05, 1.0))
def test_any_label_surface_stays_closed_without_crossings_within_its_bound(seed: int, bound: float) -> None:
    random = np.random.default_rng(seed)
    mesh = _of_label(random.random((5, 6, 7)) < random.uniform(0.1, 0.9), (0.5, 0.5, 1.0))
    result, _ = smooth(mesh, bound_mm=bound)
    assert np.linalg.norm(result.vertices - mesh.vertices, axis=1).max() <= bound * (1 + 1e-9)
    assert is_closed_manifold(result)
    assert len(self_crossings(result, rule=Rule.CROSSING).faces) == 0


def test_ball_of_voxels_gets_smoother_and_keeps_its_volume() -> None:
    mesh = _label_ball()
    result, receipt = smooth(mesh, voxel_mm=1.0)
    before, after = (np.linalg.norm(m.vertices, axis=1).std() for m in (mesh, result))
    assert after < 0.65 * before
    assert result.volume_mm3 == pytest.approx(mesh.volume_mm3, rel=1e-3)
    assert len(self_crossings(result, rule=Rule.CROSSING).faces) == 0
    assert receipt.parameters["bound_mm"] == 0.5
    assert "0.5 of the smallest voxel edge" in receipt.notes[0]


def test_every_part_and_cavity_keeps_its_volume() -> None:
    mask = np.zeros((20, 20, 40), bool)
    k, j, i = np.indices(mask.shape)
    mask |= (k - 9.3) ** 2 + (j - 9.6) ** 2 + (i - 10.2) ** 2 < 8.0**2
    mask &= ~((k - 9.3) ** 2 + (j - 9.6) ** 2 + (i - 10.2) ** 2 < 4.0**2)
    mask[5:13, 5:13, 25:35] = True
    mesh = _of_label(mask)
    result, receipt = smooth(mesh, bound_mm=0.5)
    before, after = list_fragments(mesh), list_fragments(result)
    assert [f.cavities for f in after.fragments] == [f.cavities for f in before.fragments] == [1, 0]
    for old, new in zip(before.fragments, after.fragments, strict=True):
        assert new.volume_mm3 == pytest.approx(old.volume_mm3, rel=2e-3)
    assert abs(receipt.details["part_volume_change_percent_worst"]) < 0.2


def test_plate_of_one_voxel_does_not_collapse() -> None:
    mask = np.zeros((5, 24, 24), bool)
    mask[2, 2:22, 2:22] = True
    mesh = _of_label(mask)
    result, receipt = smooth(mesh, bound_mm=0.5)
    index = SurfaceIndex(result)
    middle = (np.abs(result.vertices[:, :2] - 11.5) < 7.0).all(axis=1) & (result.vertices[:, 2] > 2.0)
    assert middle.sum() > 100
    wall, _ = index.first_hit(
        result.vertices[middle] - [0, 0, 1e-4], np.tile([0.0, 0.0, -1.0], (middle.sum(), 1)), max_mm=5.0
    )
    assert wall.min() > 0.45
    assert wall.mean() > 0.9
    assert result.volume_mm3 == pytest.approx(mesh.volume_mm3, rel=0.01)
    assert measure_mesh(result).genus == 0
    assert measure_mesh(result).parts == 1
    assert len(self_crossings(result, rule=Rule.CROSSING).faces) == 0
    assert receipt.details["vertices_held_for_walls"] >= 0


def test_plates_across_a_gap_of_one_voxel_do_not_meet() -> None:
    mask = np.zeros((9, 24, 24), bool)
    mask[1:4, 2:22, 2:22] = True
    mask[5:8, 2:22, 2:22] = True
    random = np.random.default_rng(4)
    mask[3] &= random.random((24, 24)) < 0.9  # an uneven face that smoothing wants to level
    mesh = _of_label(mask)
    result, _ = smooth(mesh, bound_mm=1.0)
    assert measure_mesh(result).parts == measure_mesh(mesh).parts
    assert len(self_crossings(result, rule=Rule.CROSSING).faces) == 0
    found = list_fragments(result)
    a = result.submesh(found.of_face == 0)
    b = result.submesh(found.of_face == 1)
    assert SurfaceIndex(a).closest(b.vertices).distance_mm.min() > 0.45


def test_ridges_next_to_each_other_do_not_cross() -> None:
    mask = np.zeros((12, 14, 30), bool)
    mask[1:4, 1:13, 1:29] = True
    mask[4:10, 3:11, 2:28:2] = True
    result, _ = smooth(_of_label(mask), bound_mm=0.5)
    assert is_closed_manifold(result)
    assert len(self_crossings(result, rule=Rule.CROSSING).faces) == 0


def test_zero_bound_touches_nothing() -> None:
    mesh = _label_ball(5.0, 16)
    for wish in ({"bound_mm": 0.0}, {"bound_voxels": 0.0, "voxel_mm": 1.0}):
        result, receipt = smooth(mesh, **wish)
        np.testing.assert_array_equal(result.vertices, mesh.vertices)
        assert "bound is zero" in receipt.notes[0]


def test_unknown_voxel_size_is_said() -> None:
    mesh = shapes.sphere(10.0, subdivisions=3)
    _, receipt = smooth(mesh)
    assert "voxel size is not known" in receipt.notes[0]
    edges = np.linalg.norm(mesh.vertices[mesh.faces[:, 1]] - mesh.vertices[mesh.faces[:, 0]], axis=1)
    assert receipt.parameters["bound_mm"] == pytest.approx(0.5 * np.median(edges))


def test_open_edges_stay_where_they_are() -> None:
    mesh = shapes.grid_sheet(10.0, 10)
    bent = mesh.with_vertices(mesh.vertices + np.random.default_rng(0).normal(0, 0.1, mesh.vertices.shape))
    result, receipt = smooth(bent, bound_mm=0.5)
    rim = (np.abs(mesh.vertices[:, :2]) > 4.99).any(axis=1)
    moved = np.linalg.norm(result.vertices - bent.vertices, axis=1)
    assert moved[~rim].max() > 0.01
    assert receipt.change is not None
    assert receipt.change.volume_percent is None
    assert moved[rim].max() <= 0.5


def test_true_distances_are_those_of_another_measurement() -> None:
    import trimesh

    mesh = _label_ball(5.0, 16)
    result, receipt = smooth(mesh, bound_mm=0.4)
    _, distance, _ = trimesh.proximity.closest_point_naive(mesh.to_trimesh(), result.vertices)
    assert receipt.change is not None
    assert receipt.change.max_mm == pytest.approx(distance.max(), abs=1e-6)
    assert receipt.change.mean_mm == pytest.approx(distance.mean(), rel=0.02)


def test_refusals_and_cancel() -> None:
    with pytest.raises(GeometryError, match="empty"):
        smooth(Mesh(np.empty((0, 3)), np.empty((0, 3))))
    with pytest.raises(InputError, match="negative"):
        smooth(shapes.box(), bound_mm=-1.0)

    def stop(fraction: float, text: str) -> None:
        raise Cancelled("Stopped.")

    with pytest.raises(Cancelled):
        smooth(shapes.sphere(), bound_mm=0.1, progress=stop)


def test_two_bodies_keep_apart_even_with_a_huge_bound() -> None:
    mesh = concatenate([shapes.sphere(5.0, (0, 0, 0), 3), shapes.sphere(5.0, (10.1, 0, 0), 3)])
    result, _ = smooth(mesh, bound_mm=5.0, pass_band=0.01, iterations=100)
    assert len(self_crossings(result, rule=Rule.CROSSING).faces) == 0
    assert measure_mesh(result).parts == 2
