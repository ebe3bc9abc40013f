"""Figures of printing processes: each has a source, and none is taken without."""

from __future__ import annotations

import pytest

from PrintPrepLib.errors import InputError
from PrintPrepLib.profiles.printers import printers
from PrintPrepLib.profiles.processes import parse_processes, process_names, process_of

ENTRY = """
[x]
title = "X"
layer_mm = 0.1
source = "guide"
wall = { value_mm = 0.5, source = "guide" }
wall_free = { value_mm = 1.0, source = "guide" }
feature = { value_mm = 0.5, source = "guide" }
gap = { value_mm = 0.5, source = "guide" }
"""


def test_every_figure_has_a_source_and_free_walls_are_thicker() -> None:
    for name in process_names():
        process = process_of(name)
        for figure in (process.wall, process.wall_free, process.feature, process.gap):
            assert len(figure.source) > 10
        assert process.wall_free.value_mm >= process.wall.value_mm


def test_every_printer_has_a_known_process() -> None:
    assert {entry.process for entry in printers()} <= set(process_names())


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('gap = { value_mm = 0.5, source = "guide" }', ""),
        ('gap = { value_mm = 0.5, source = "guide" }', 'gap = { value_mm = 0.5, source = " " }'),
        ('gap = { value_mm = 0.5, source = "guide" }', "gap = { value_mm = 0.5 }"),
        ("value_mm = 1.0", "value_mm = 0.0"),
        ('title = "X"', 'title = "X"\nextra = 1'),
    ],
)
def test_a_figure_without_source_is_refused(old: str, new: str) -> None:
    assert parse_processes(ENTRY)["x"].gap.value_mm == 0.5
    with pytest.raises(InputError):
        parse_processes(ENTRY.replace(old, new))
