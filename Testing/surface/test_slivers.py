"""Slivers that storing folds: mended near the place, all else to the bit, and refused where they were there before."""

from __future__ import annotations

import numpy as np
import pytest

from PrintPrepLib.mesh import Mesh
from PrintPrepLib.shape.storable import storable
from PrintPrepLib.surface.defects import find_defects
from PrintPrepLib.surface.slivers import mended_slivers
from Testing.support import shapes


def drawn_ball(share: float) -> tuple[Mesh, Mesh, int]:
    """A ball far from the origin, the same with a vertex drawn to a neighbor by a share of their edge, and which."""
    ball = shapes.moved(shapes.sphere(10.0, subdivisions=5), (100.0, 50.0, 30.0))
    vertex, other = (int(n) for n in ball.faces[4321, :2])
    vertices = ball.vertices.copy()
    vertices[vertex] += share * (vertices[other] - vertices[vertex])
    return ball, Mesh(vertices, ball.faces), vertex


@pytest.mark.parametrize(("share", "defect"), [(1.0 - 1e-7, "degenerate_faces"), (1.003, "crossing_faces")])
def test_a_sliver_is_mended_and_the_rest_keeps_its_bits(share: float, defect: str) -> None:
    ball, drawn, vertex = drawn_ball(share)
    assert getattr(find_defects(drawn), defect) > 0
    out, notes, warnings = storable(drawn, ball)
    assert find_defects(out).clean
    assert notes
    assert not warnings
    assert out.volume_mm3 == pytest.approx(drawn.volume_mm3, rel=1e-5)
    far = np.linalg.norm(ball.vertices - ball.vertices[vertex], axis=1) > 3.0
    places = {tuple(place) for place in out.vertices.tolist()}
    assert all(tuple(place) in places for place in ball.vertices[far].tolist())


def test_what_crossed_before_is_left() -> None:
    _, drawn, _ = drawn_ball(1.003)
    assert mended_slivers(drawn, np.ones(len(drawn.vertices), bool)) is None
    out, _, warnings = storable(drawn, drawn)
    assert out is drawn
    assert "as it did before" in warnings[0]


def test_a_fold_too_large_for_a_sliver_is_not_mended_here() -> None:
    assert mended_slivers(drawn_ball(30.0)[1]) is None
