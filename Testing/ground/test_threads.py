"""Two pieces of work at a time."""

from __future__ import annotations

import threading

import pytest

from PrintPrepLib.spatial import threads
from PrintPrepLib.spatial.threads import at_once


def test_both_results_come_back_in_their_order() -> None:
    assert at_once(lambda: 1, lambda: "two") == (1, "two")


@pytest.mark.skipif(threads.cores() == 1, reason="one core")
def test_both_run_at_the_same_time() -> None:
    met = threading.Barrier(2, timeout=30.0)
    at_once(met.wait, met.wait)


def test_what_goes_wrong_in_either_is_raised() -> None:
    def wrong() -> None:
        raise ValueError("wrong")

    for pair in ((wrong, lambda: None), (lambda: None, wrong)):
        with pytest.raises(ValueError, match="wrong"):
            at_once(*pair)
