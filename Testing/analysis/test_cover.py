"""Balls that cover a surface leave no place of it out."""

from __future__ import annotations

import numpy as np
import pytest

from PrintPrepLib.analysis.cover import MOST_BALLS, balls_over
from PrintPrepLib.errors import InputError
from PrintPrepLib.spatial.sampling import area_samples
from Testing.support import shapes


@pytest.mark.parametrize("mesh", [shapes.box((60.0, 3.0, 20.0)), shapes.sphere(30.0), shapes.tube()])
def test_every_place_and_the_margin_are_covered(mesh) -> None:
    balls = balls_over(mesh, 2.0)
    assert len(balls) <= MOST_BALLS
    points = area_samples(mesh, 3000)
    nearest = (np.linalg.norm(points[:, None] - balls[None, :, :3], axis=2) - balls[:, 3]).min(axis=1)
    assert nearest.max() <= -2.0
    assert balls[:, 3].max() <= 2.0 + 0.15 * mesh.size_mm.max()  # and not much more than that


def test_nothing_and_less_than_nothing_are_refused() -> None:
    with pytest.raises(InputError, match="margin"):
        balls_over(shapes.sphere(), -1.0)
    with pytest.raises(InputError, match="no surface"):
        balls_over(shapes.sphere().submesh(np.zeros(len(shapes.sphere().faces), bool)), 1.0)
