"""From field to surface: closed and outward whatever the field, and finer than the straight line between voxels."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import ndimage

from PrintPrepLib.errors import Cancelled, GeometryError
from PrintPrepLib.mesh import Mesh
from PrintPrepLib.segment.segmentation import from_mask
from PrintPrepLib.spatial import self_crossings
from PrintPrepLib.surface.extract import NEAREST_TO_GRID, closed_surface
from PrintPrepLib.topology import is_closed_manifold
from Testing.support.fields import LEFT_HANDED, OBLIQUE, gray_ball, grid, half_value_radius, volume_like
from Testing.support.volumes import volume_of

MATRICES = {
    "plain": (1, 0, 0, 0, 1, 0, 0, 0, 1),
    "left-handed": LEFT_HANDED,
    "oblique": OBLIQUE,
    "two axes mirrored": (-1, 0, 0, 0, -1, 0, 0, 0, 1),
    "axes exchanged": (0, 1, 0, 1, 0, 0, 0, 0, 1),
}


def _check_sound(mesh: Mesh) -> None:
    assert is_closed_manifold(mesh)
    assert mesh.volume_mm3 > 0
    assert mesh.face_areas_mm2().min() > 0


@settings(max_examples=150, deadline=None)
@given(arrays(np.bool_, st.tuples(*[st.integers(1, 5)] * 3)), st.sampled_from(sorted(MATRICES)))
def test_any_label_map_gives_a_closed_outward_manifold(mask: np.ndarray, matrix: str) -> None:
    if not mask.any():
        mask[0, 0, 0] = True
    field = np.where(mask, np.float32(0.5), np.float32(-0.5))
    mesh = closed_surface(volume_of(field, (0.5, 0.7, 1.5), direction=MATRICES[matrix]), subvoxel=False)
    _check_sound(mesh)
    assert len(self_crossings(mesh).faces) == 0


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 2**32 - 1),
    st.tuples(*[st.integers(2, 14)] * 3),
    st.floats(0.4, 2.0),
    st.sampled_from(sorted(MATRICES)),
)
def test_any_smooth_field_gives_a_closed_outward_manifold(
    seed: int, shape: tuple[int, int, int], sigma: float, matrix: str
) -> None:
    values = ndimage.gaussian_filter(np.random.default_rng(seed).normal(size=shape), sigma).astype(np.float32)
    values -= np.float32(np.quantile(values, 0.4))
    mesh = closed_surface(volume_of(values, (0.5, 0.7, 1.5), direction=MATRICES[matrix]))
    _check_sound(mesh)


@pytest.mark.parametrize("matrix", sorted(MATRICES))
def test_box_lies_in_its_place_whatever_the_matrix(matrix: str) -> None:
    mask = np.zeros((8, 7, 6), bool)
    mask[2:6, 1:4, 2:4] = True  # k, j, i
    volume = volume_of(
        np.where(mask, np.float32(0.5), np.float32(-0.5)), (0.5, 2.0, 1.0), (10.0, -20.0, 30.0), MATRICES[matrix]
    )
    mesh = closed_surface(volume, subvoxel=False)
    _check_sound(mesh)
    ijk = volume.to_ijk(mesh.vertices)
    np.testing.assert_allclose(ijk.min(axis=0), [1.5, 0.5, 1.5], atol=1e-9)
    np.testing.assert_allclose(ijk.max(axis=0), [3.5, 3.5, 5.5], atol=1e-9)


@pytest.mark.parametrize("sigma", [0.5, 0.6, 0.8])
def test_blurred_ball_is_found_to_a_hundredth_of_a_voxel_and_better_than_linear(sigma: float) -> None:
    field = gray_ball(grid(26, direction=OBLIQUE), 9.3, sigma)
    truth = half_value_radius(9.3, sigma)
    fine, linear = closed_surface(field), closed_surface(field, subvoxel=False)
    error, linear_error = (np.abs(np.linalg.norm(m.vertices, axis=1) - truth) for m in (fine, linear))
    assert error.mean() < 0.012
    assert error.max() < 0.05
    assert error.mean() < 0.7 * linear_error.mean()
    assert is_closed_manifold(fine)
    # Triangles are chords and lose a little volume themselves: the same ones with their corners on the true ball.
    chords = fine.with_vertices(fine.vertices * (truth / np.linalg.norm(fine.vertices, axis=1))[:, None])
    assert fine.volume_mm3 == pytest.approx(chords.volume_mm3, rel=0.002)
    assert fine.volume_mm3 == pytest.approx(4.0 / 3.0 * np.pi * truth**3, rel=0.01)


def test_wall_of_two_voxels_keeps_place_and_volume() -> None:
    inner, outer, sigma = 8.5, 10.5, 0.5
    field = gray_ball(grid(30), outer, sigma, inner)
    fine, linear = closed_surface(field), closed_surface(field, subvoxel=False)
    low, high = half_value_radius(inner, sigma), half_value_radius(outer, sigma, inner)

    def error(mesh: Mesh) -> np.ndarray:
        radius = np.linalg.norm(mesh.vertices, axis=1)
        return np.abs(np.where(radius > 9.5, radius - high, radius - low))

    assert error(fine).mean() < 0.015
    assert error(fine).mean() < 0.7 * error(linear).mean()
    truth = 4.0 / 3.0 * np.pi * (high**3 - low**3)
    assert fine.volume_mm3 == pytest.approx(truth, rel=0.01)
    assert is_closed_manifold(fine)


def test_uneven_voxels_are_no_trouble() -> None:
    field = gray_ball(grid(26, (0.5, 0.5, 0.9), LEFT_HANDED), 5.0, 0.5)
    mesh = closed_surface(field)
    truth = half_value_radius(5.0, 0.5)
    assert np.abs(np.linalg.norm(mesh.vertices, axis=1) - truth).mean() < 0.01
    assert mesh.volume_mm3 == pytest.approx(4.0 / 3.0 * np.pi * truth**3, rel=0.01)


def test_finer_placing_changes_no_triangle() -> None:
    field = gray_ball(grid(20), 6.0, 0.5)
    np.testing.assert_array_equal(closed_surface(field).faces, closed_surface(field, subvoxel=False).faces)


def test_vertices_stay_on_their_grid_line_and_off_the_voxel_centers() -> None:
    volume = grid(20)
    mesh = closed_surface(gray_ball(volume, 6.0, 0.5))
    ijk = volume.to_ijk(mesh.vertices)
    off = np.sort(np.abs(ijk - np.rint(ijk)), axis=1)
    assert off[:, 1].max() < 1e-6
    assert off[:, 2].min() >= NEAREST_TO_GRID - 1e-6


@pytest.mark.parametrize("subvoxel", [True, False])
def test_clipped_structure_is_closed_half_a_voxel_outside_by_a_flat_cap(subvoxel: bool) -> None:
    volume = volume_of(np.zeros((12, 20, 20), np.float32), (1.0, 1.0, 2.0))
    i, j = np.meshgrid(np.arange(20), np.arange(20))
    disk = 6.0 - np.hypot(i - 9.6, j - 9.4)
    mesh = closed_surface(volume_like(volume, np.repeat(disk[None].astype(np.float32), 12, axis=0)), subvoxel=subvoxel)
    _check_sound(mesh)
    low, high = mesh.bounds
    assert low[2] == pytest.approx(-1.0, abs=1e-5)  # half of 2 mm
    assert high[2] == pytest.approx(23.0, abs=1e-5)
    for plane in (low[2], high[2]):
        cap = np.abs(mesh.triangles[:, :, 2] - plane).max(axis=1) < 1e-5
        area = mesh.face_areas_mm2()[cap].sum()
        assert area == pytest.approx(np.pi * 36.0, rel=0.15)
        assert (np.abs(mesh.face_normals()[cap][:, 2]) > 0.999).all()


def test_structure_that_fills_the_field_is_a_closed_box() -> None:
    mesh = closed_surface(volume_of(np.full((3, 4, 5), 7.0, np.float32)))
    _check_sound(mesh)
    np.testing.assert_allclose(mesh.size_mm, [5, 4, 3], atol=1e-5)


@settings(max_examples=60, deadline=None)
@given(arrays(np.int16, (6, 6, 6), elements=st.sampled_from([-5, 99, 100, 101, 300])), st.sampled_from([99, 99.5, 100]))
def test_whole_numbers_exactly_at_the_bound_make_no_degenerate_triangle(grey: np.ndarray, lower: float) -> None:
    grey[2, 2, 2] = 100
    volume = volume_of(grey, (0.4, 0.4, 0.4), (-431.0, 87.0, 1200.0))
    mesh = closed_surface(from_mask(grey >= lower, volume, lower=lower).field())
    _check_sound(mesh)
    # Files hold single precision: the vertices must still differ there.
    single = mesh.vertices.astype(np.float32)
    assert len(np.unique(single, axis=0)) == len(single)


def test_empty_field_is_refused() -> None:
    with pytest.raises(GeometryError, match="no voxel lies inside"):
        closed_surface(volume_of(np.full((4, 4, 4), -1.0, np.float32)))
    with pytest.raises(GeometryError, match="no voxel lies inside"):
        closed_surface(volume_of(np.zeros((4, 4, 4), np.float32)))


def test_progress_goes_forward_to_the_end_and_may_cancel() -> None:
    field = gray_ball(grid(16), 5.0, 0.5)
    told: list[float] = []
    closed_surface(field, progress=lambda fraction, _: told.append(fraction))
    assert told == sorted(told)
    assert told[-1] == 1.0

    def stop(fraction: float, text: str) -> None:
        raise Cancelled("Stopped.")

    with pytest.raises(Cancelled):
        closed_surface(field, progress=stop)
