"""Does a part fit into a build volume: limits known by hand, and nothing claimed that cannot be."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from PrintPrepLib.errors import GeometryError, InputError
from PrintPrepLib.shape.split.bed import Fit, cannot_fit, fit, hull, usable_mm
from PrintPrepLib.shape.split.frames import covering
from Testing.support.shapes import bumpy_sphere

CORNERS = np.array([[x, y, z] for x in (-0.5, 0.5) for y in (-0.5, 0.5) for z in (-0.5, 0.5)])


def block(*size: float) -> np.ndarray:
    return CORNERS * np.array(size)


def longest_in_rectangle(width: float, a: float, b: float) -> float:
    """Length of the longest p x width rectangle in an a x b one, a >= b, by bisection of Carver's condition (1957)."""
    low, high = a, float(np.hypot(a, b))
    for _ in range(60):
        p = 0.5 * (low + high)
        q = width
        needed = (2.0 * p * q * a + (p * p - q * q) * np.sqrt(max(0.0, p * p + q * q - a * a))) / (p * p + q * q)
        low, high = (p, high) if b >= needed else (low, p)
    return low


def assert_honest(found: Fit, points: np.ndarray) -> None:
    """The pose is a rotation, and the points measured in it have the size that is claimed."""
    assert np.allclose(found.rotation @ found.rotation.T, np.eye(3), atol=1e-9)
    assert np.linalg.det(found.rotation) == pytest.approx(1.0)
    size = np.ptp(points @ found.rotation.T, axis=0)
    assert np.allclose(size, found.size_mm, atol=1e-6)
    assert found.fits == bool((size <= np.array(found.volume_mm) - 2.0 * found.margin_mm + 1e-5).all())


@pytest.mark.parametrize("width", [5.0, 20.0, 60.0])
def test_a_bar_lies_on_the_diagonal_of_the_bed_up_to_carvers_limit(width: float) -> None:
    # As high as the usable height, so that it can only be turned upon the bed.
    longest = longest_in_rectangle(width, 246.0, 206.0)
    assert longest > 246.0
    short, long = block(longest - 0.3, width, 215.99), block(longest + 0.3, width, 215.99)
    assert fit(short, (250, 210, 220), 2.0).fits
    found = fit(long, (250, 210, 220), 2.0)
    assert not found.fits
    assert 0.0 < found.excess_mm < 0.6
    assert_honest(found, long)


def test_a_part_that_fits_as_it_lies_is_not_turned() -> None:
    found = fit(block(100, 50, 30) + 500.0, (180, 180, 180))
    assert found.fits
    assert np.array_equal(found.rotation, np.eye(3))
    assert found.slack_mm == pytest.approx((76.0, 126.0, 146.0))


def test_sides_are_exchanged_where_that_is_enough() -> None:
    found = fit(block(60, 110, 145), (118, 66, 150), 1.0)
    assert found.fits
    assert found.size_mm == pytest.approx((110.0, 60.0, 145.0))


@pytest.mark.parametrize("seed", range(25))
def test_a_turned_box_finds_its_way_into_a_volume_of_its_own_size(seed: int) -> None:
    random = np.random.default_rng(seed)
    size = random.uniform(30.0, 240.0, 3)
    points = block(*size) @ Rotation.random(random_state=seed).as_matrix().T + random.uniform(-200.0, 200.0, 3)
    found = fit(points, tuple(random.permutation(size) + 4.0 + 0.02), 2.0)
    assert found.fits, found.words()
    assert_honest(found, points)


@pytest.mark.parametrize("seed", range(15))
def test_nothing_larger_than_the_volume_or_its_diagonal_is_said_to_fit(seed: int) -> None:
    random = np.random.default_rng(seed)
    volume = random.uniform(60.0, 300.0, 3)
    usable = usable_mm(volume, 2.0)
    shape = random.uniform(0.5, 2.0, 3)
    larger = block(*shape * (np.prod(usable * 1.001) / np.prod(shape)) ** (1.0 / 3.0))
    turned = Rotation.random(random_state=seed).as_matrix().T
    corners, _ = hull(larger @ turned)
    assert cannot_fit(corners, float(np.prod(usable) * 1.003), usable) is not None
    assert not fit(larger @ turned, volume, 2.0).fits
    rod = block(float(np.linalg.norm(usable)) + 0.01, 0.1, 0.1) @ turned
    assert not fit(rod, volume, 2.0).fits
    assert cannot_fit(rod, 1.0, usable) is not None


def test_a_rod_fits_along_the_diagonal_of_the_volume() -> None:
    rod = block(np.sqrt(3.0) * 176.0 - 1.0, 0.1, 0.1)
    found = fit(rod, (180, 180, 180), 2.0)
    assert found.fits
    assert_honest(found, rod)


def test_a_miss_says_how_much_and_along_which_side() -> None:
    found = fit(block(100, 100, 101), (104, 104, 104), 2.0)
    assert not found.fits
    assert found.excess_mm == pytest.approx(1.0, abs=0.01)
    assert f"1.0 mm too long for the {found.side}" in found.words()
    assert found.to_dict()["fits"] is False


def test_a_real_shape_is_measured_on_all_its_corners() -> None:
    mesh = bumpy_sphere(5, 60.0, 8.0)
    found = fit(mesh, (150, 140, 145))
    assert found.fits
    assert_honest(found, mesh.vertices)


def test_every_orientation_has_a_neighbor_in_the_covering() -> None:
    frames = covering(1000)
    cube = Rotation.create_group("O").as_matrix()
    for wanted in Rotation.random(40, random_state=3).as_matrix():
        trace = np.einsum("gij,jk,nik->gn", cube, wanted, frames).max()
        assert np.degrees(np.arccos(min(1.0, 0.5 * (trace - 1.0)))) < 8.0


def test_flat_points_and_wrong_volumes() -> None:
    flat = np.array([[0.0, 0.0, 0.0], [90.0, 0.0, 0.0], [0.0, 90.0, 0.0]])
    assert fit(flat, (100, 100, 100)).fits
    with pytest.raises(GeometryError, match="no points"):
        fit(np.empty((0, 3)), (100, 100, 100))
    with pytest.raises(InputError, match="above zero"):
        fit(flat, (100, 0, 100))
    with pytest.raises(InputError, match="leaves nothing"):
        fit(flat, (100, 100, 3), 2.0)
    with pytest.raises(InputError, match="negative"):
        fit(flat, (100, 100, 100), -1.0)
