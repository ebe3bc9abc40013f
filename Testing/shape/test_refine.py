"""Long triangles with a wall close behind them: the same by numba and by numpy, and only those."""

from __future__ import annotations

import numpy as np
import pytest

from PrintPrepLib.engine import Engine
from PrintPrepLib.mesh import Mesh, concatenate
from PrintPrepLib.shape import refine
from PrintPrepLib.shape.refine import close_behind
from PrintPrepLib.spatial import SurfaceIndex
from Testing.support import shapes

PLATE = shapes.box((20.0, 20.0, 0.6))
PAIR = concatenate([shapes.box((20.0, 20.0, 5.0)), shapes.moved(shapes.box((20.0, 20.0, 5.0)), (0, 0, 5.6))])


@pytest.mark.parametrize("engine", [Engine.NUMBA, Engine.NUMPY])
@pytest.mark.parametrize(("mesh", "before", "count"), [(PLATE, False, 4), (PLATE, True, 0), (PAIR, True, 4)])
def test_both_faces_of_a_thin_plate_or_a_narrow_gap_are_found(
    mesh: Mesh, before: bool, count: int, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refine, "index_of", lambda one: SurfaceIndex(one, engine))
    close = close_behind(mesh, 1.0, 2.0, before=before)
    assert close.sum() == count
    if count:
        assert (np.abs(mesh.face_normals()[close][:, 2]) > 0.99).all()


def test_both_engines_mark_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    mesh = shapes.shell(9.0, 10.0, 3)
    found = []
    for engine in (Engine.NUMBA, Engine.NUMPY):
        monkeypatch.setattr(refine, "index_of", lambda one, engine=engine: SurfaceIndex(one, engine))
        found.append(close_behind(mesh, 1.0, 0.8))
    np.testing.assert_array_equal(*found)
    assert found[0].any()
