"""What lies around a place: the compiled form finds what the numpy form finds, and that is what boxes say."""

from __future__ import annotations

import numpy as np
import pytest

from PrintPrepLib.engine import is_compiled
from PrintPrepLib.surface import nearby
from Testing.support import shapes


@pytest.mark.skipif(not is_compiled(), reason="numba is not installed")
@pytest.mark.parametrize("boxes", [1, 5, 60])
def test_compiled_and_numpy_mark_the_same_triangles(boxes: int, monkeypatch: pytest.MonkeyPatch) -> None:
    ball = shapes.sphere(10.0, subdivisions=5)
    rng = np.random.default_rng(boxes)
    low = ball.vertices[rng.integers(len(ball.vertices), size=boxes)] - rng.uniform(0.0, 1.5, (boxes, 3))
    high = low + rng.uniform(0.0, 3.0, (boxes, 3))
    seeds = rng.random(len(ball.faces)) < 1e-3
    found = []
    for least in (0, len(ball.faces) + 1):
        monkeypatch.setattr(nearby, "WORTH_COMPILING", least)
        near = nearby.triangles_near(ball, low, high)
        found.append((near, nearby.grow(seeds, ball.faces, len(ball.vertices), 3)))
    for compiled, plain in zip(*found, strict=True):
        assert np.array_equal(compiled, plain)
    least_corner, most_corner = ball.triangles.min(axis=1), ball.triangles.max(axis=1)
    truth = np.zeros(len(ball.faces), bool)
    for one, other in zip(low, high, strict=True):
        truth |= ((least_corner <= other) & (most_corner >= one)).all(axis=1)
    assert truth.any()
    assert found[0][0][truth].all()
    if boxes < 8:
        assert np.array_equal(found[0][0], truth)


def test_growing_by_a_ring_takes_what_shares_a_vertex() -> None:
    ball = shapes.sphere(10.0, subdivisions=2)
    seed = np.arange(len(ball.faces)) == 7
    grown = nearby.grow(seed, ball.faces, len(ball.vertices), 1)
    assert np.array_equal(grown, np.isin(ball.faces, ball.faces[7]).any(axis=1))
