"""Tests on Slicer's own classes: skipped, with the reason, where the slicer-core wheel is not installed."""

from __future__ import annotations

import importlib.util

import pytest

_SPEC = importlib.util.find_spec("slicer")
HAS_SLICER = _SPEC is not None and _SPEC.origin is not None
"""This very folder is found as a package without files where the wheel is absent: that is not Slicer."""


@pytest.fixture
def scene():
    """An empty scene with the logics that the application would have."""
    if not HAS_SLICER:
        pytest.skip("the package 'slicer-core' is not installed: install the extra 'slicer-test'")
    from Testing.slicer.support_mrml import make_scene

    return make_scene()
