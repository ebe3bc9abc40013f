"""Damaged files end in a finding or a refusal in words, never in another error."""

from __future__ import annotations

import contextlib
import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.uid import RLELossless

from PrintPrepLib.dicom import read_series, scan_folder
from PrintPrepLib.errors import PrintPrepError
from Testing.support.dicom_writer import dataset, enhanced, stack, write_slices

HEADER = 1400
"""Most changes go to the first bytes after the preamble, where the header lies."""


@pytest.fixture(scope="module")
def originals(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[bytes]]:
    folder = tmp_path_factory.mktemp("originals")
    slices = stack(np.arange(4) * 1.0)
    enhanced(slices).save_as(folder / "enhanced", enforce_file_format=True)
    packed = []
    for number, spec in enumerate(slices):
        data = dataset(spec)
        data.compress(RLELossless, generate_instance_uid=False)
        data.save_as(folder / f"rle{number}", enforce_file_format=True)
        packed.append((folder / f"rle{number}").read_bytes())
    return {
        "plain": [path.read_bytes() for path in write_slices(folder / "plain", slices)],
        "enhanced": [(folder / "enhanced").read_bytes()],
        "rle": packed,
    }


@settings(max_examples=60, deadline=None)
@given(
    kind=st.sampled_from(["plain", "enhanced", "rle"]),
    changes=st.lists(st.tuples(st.integers(0, 3), st.integers(132, HEADER), st.integers(0, 255)), max_size=12),
    cut=st.none() | st.integers(0, 2000),
)
def test_any_change_of_bytes_is_survived(
    originals: dict[str, list[bytes]],
    tmp_path_factory: pytest.TempPathFactory,
    kind: str,
    changes: list[tuple[int, int, int]],
    cut: int | None,
) -> None:
    folder = tmp_path_factory.mktemp("damaged")
    files = [bytearray(data) for data in originals[kind]]
    for number, place, value in changes:
        chosen = files[number % len(files)]
        chosen[min(place, len(chosen) - 1)] = value
    if cut is not None:
        files[0] = files[0][:cut]
    for number, data in enumerate(files):
        Path(folder / str(number)).write_bytes(data)
    with contextlib.suppress(PrintPrepError):
        for series in scan_folder(folder).series:
            with contextlib.suppress(PrintPrepError):
                volume = read_series(series)
                assert np.all(np.isfinite(volume.array))
    shutil.rmtree(folder)
