"""Progress: shares of a bar, and cancel through it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from PrintPrepLib.errors import Cancelled
from PrintPrepLib.progress import part, silent


def test_silent_takes_anything() -> None:
    silent(0.5, "half")


def test_part_maps_onto_its_share() -> None:
    told: list[tuple[float, str]] = []
    report = part(lambda fraction, text: told.append((fraction, text)), 0.2, 0.6)
    report(0.0, "a")
    report(0.5, "b")
    report(1.0, "c")
    assert [text for _, text in told] == ["a", "b", "c"]
    assert [fraction for fraction, _ in told] == pytest.approx([0.2, 0.4, 0.6])


@given(st.floats(-5, 5), st.floats(0, 1), st.floats(0, 1))
def test_part_never_leaves_its_share(fraction: float, a: float, b: float) -> None:
    start, stop = min(a, b), max(a, b)
    told: list[float] = []
    part(lambda value, _: told.append(value), start, stop)(fraction, "")
    assert start - 1e-12 <= told[0] <= stop + 1e-12


def test_parts_nest() -> None:
    told: list[float] = []
    inner = part(part(lambda value, _: told.append(value), 0.5, 1.0), 0.5, 1.0)
    inner(0.0, "")
    inner(1.0, "")
    assert told == pytest.approx([0.75, 1.0])


@pytest.mark.parametrize(("start", "stop"), [(0.6, 0.5), (-0.1, 0.5), (0.5, 1.1), (float("nan"), 1.0)])
def test_part_refuses_a_share_that_is_none(start: float, stop: float) -> None:
    with pytest.raises(ValueError, match="start and stop"):
        part(silent, start, stop)


def test_cancel_passes_through() -> None:
    def stop(fraction: float, text: str) -> None:
        raise Cancelled("Stopped.")

    with pytest.raises(Cancelled):
        part(stop, 0.0, 0.5)(0.1, "working")
