"""Where the real test data lies, if it is there at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

_BESIDE_PROJECT = Path(__file__).resolve().parents[3] / "shared" / "data"


def data_path(relative: str) -> Path:
    """Return a file or folder of the real test data, or skip the test where it is absent.

    ``PRINTPREP_DATA`` names the data folder; without it the folder ``../shared/data`` beside the project is used.
    """
    root = Path(os.environ.get("PRINTPREP_DATA", _BESIDE_PROJECT))
    path = root / relative
    if not path.exists():
        pytest.skip(f"real test data '{relative}' is not here (set PRINTPREP_DATA)")
    return path
