"""Tests on Slicer's own classes: skipped, with the reason, where the slicer-core wheel is not installed.

The wheel's package ``slicer`` takes in every folder of that name on the path, so it would take this one for a part of
itself: it is imported here once, while the folder above is off the path.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from pathlib import Path

import pytest

ABOVE = Path(__file__).resolve().parents[1]


def _import_slicer() -> bool:
    before = list(sys.path)
    sys.path[:] = [path for path in before if Path(path or ".").resolve() != ABOVE]
    try:
        spec = importlib.util.find_spec("slicer")
        if spec is None or spec.origin is None:  # a namespace: folders only
            return False
        importlib.import_module("slicer")
    finally:
        sys.path[:] = before
    return True


HAS_SLICER = _import_slicer()


@pytest.fixture
def scene():
    """An empty scene with the logics that the application would have."""
    if not HAS_SLICER:
        pytest.skip("the package 'slicer-core' is not installed: install the extra 'slicer-test'")
    from Testing.slicer.host import tree
    from Testing.slicer.support_mrml import make_scene

    made = make_scene()
    kept = tree.follow(made)
    yield made
    tree.forget(made)
    del kept
