"""Points at exactly the same place."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from PrintPrepLib.spatial.weld import places


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(*[st.sampled_from([-1.0, -0.0, 0.0, 1.0, 1.0 + 2**-52])] * 3), max_size=40))
def test_weld_agrees_with_numpy(points: list[tuple[float, float, float]]) -> None:
    values = np.array(points, np.float64).reshape(-1, 3)
    first, group = places(values)
    assert np.array_equal(values[first][group], values)
    assert len(first) == (len(np.unique(values + 0.0, axis=0)) if len(values) else 0)
    assert (np.diff(first) > 0).all()


def test_weld_survives_hash_collisions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("PrintPrepLib.spatial.weld._keys", lambda bits: np.zeros(len(bits), np.uint64))
    values = np.array([[0.0, 0, 0], [1, 0, 0], [0, 0, 0], [1, 0, 0], [2, 0, 0]])
    first, group = places(values)
    assert first.tolist() == [0, 1, 4]
    assert group.tolist() == [0, 1, 0, 1, 2]
