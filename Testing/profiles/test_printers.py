"""Printer data: complete, sourced, and found by name."""

from __future__ import annotations

import re

import pytest

from PrintPrepLib.errors import InputError
from PrintPrepLib.profiles import Printer, printer, printers
from PrintPrepLib.profiles.printers import parse_printers

ENTRY = '[a-printer]\ntitle = "A"\nprocess = "fdm"\nbuild_volume_mm = [1, 2, 3]\nsource = "its data sheet"\n'


def test_every_shipped_printer_is_complete() -> None:
    assert len(printers()) >= 10
    for entry in printers():
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", entry.name)
        assert len(entry.source) > 20
        assert all(50 <= side <= 1000 for side in entry.build_volume_mm)


def test_known_figures() -> None:
    assert printer("prusa-mk4").build_volume_mm == (250.0, 210.0, 220.0)
    assert printer("prusa-sl1").process == "sla"
    assert printer("prusa-mk4").to_dict()["build_volume_mm"] == [250.0, 210.0, 220.0]


@pytest.mark.parametrize(
    "text",
    [
        ENTRY.replace('source = "its data sheet"\n', ""),
        ENTRY.replace("its data sheet", "  "),
        ENTRY + "speed = 5\n",
        ENTRY.replace("[1, 2, 3]", "[1, 2]"),
        ENTRY.replace("[1, 2, 3]", "[1, 2, 0]"),
        ENTRY.replace('"fdm"', '"magic"'),
    ],
)
def test_a_bad_entry_is_refused(text: str) -> None:
    assert isinstance(parse_printers(ENTRY)[0], Printer)
    with pytest.raises(InputError, match="a-printer"):
        parse_printers(text)


def test_an_unknown_name_gets_the_nearest() -> None:
    with pytest.raises(InputError, match="Did you mean 'prusa-mk4'"):
        printer("Prusa MK4")
    with pytest.raises(InputError, match="Known printers"):
        printer("zzzzzzz")
