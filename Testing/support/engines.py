"""The engines of the spatial index that can run here, and the mark that runs a test with each."""

from __future__ import annotations

from importlib.util import find_spec

import pytest

from PrintPrepLib.spatial import Engine

ENGINES = [Engine.NUMPY, Engine.NUMBA] if find_spec("numba") else [Engine.NUMPY]
both = pytest.mark.parametrize("engine", ENGINES, ids=lambda engine: engine.value)
