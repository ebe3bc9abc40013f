"""Play of pins by process and material: each figure has a source, and none is taken without."""

from __future__ import annotations

import pytest

from PrintPrepLib.errors import InputError
from PrintPrepLib.profiles.fits import clearance_for, fit_materials, parse_fits
from PrintPrepLib.profiles.processes import process_names, process_of

PRUSASLICER_DEPTH_MM = 0.1  # play in depth that PrusaSlicer gives its connectors: our lower bound
ENTRY = """
[fdm]
across = { value_mm = 0.2, source = "guide" }
along = { value_mm = 0.5, source = "ours" }
[fdm.materials]
pla = { value_mm = 0.25, source = "guide" }
"""


def test_every_process_has_play_with_a_source() -> None:
    for process in process_names():
        for material in (None, *fit_materials(process)):
            fit = clearance_for(process, material)
            assert len(fit.across.source) > 10
            assert len(fit.along.source) > 10
            assert fit.along.source.startswith("PrintPrep:")  # no guide states it, and the user is told so
            assert 0.05 <= fit.across.value_mm <= 0.5


def test_play_along_follows_its_rule() -> None:
    for process in process_names():
        along = clearance_for(process).along.value_mm
        assert along >= 2.0 * process_of(process).layer_mm
        assert along >= PRUSASLICER_DEPTH_MM


@pytest.mark.parametrize(
    ("process", "material", "across"),
    [
        ("fdm", "pla", 0.20),
        ("fdm", "PETG", 0.30),
        ("fdm", "abs", 0.25),
        ("fdm", "asa", 0.25),
        ("fdm", "tpu", 0.35),
        ("sla", None, 0.10),
        ("mjf", "pa12", 0.20),
    ],
)
def test_figures_are_those_of_the_guides(process: str, material: str | None, across: float) -> None:
    assert clearance_for(process, material).across.value_mm == across


def test_unknown_words_are_refused_with_the_nearest() -> None:
    with pytest.raises(InputError, match="'petg'"):
        clearance_for("fdm", "pteg")
    with pytest.raises(InputError, match="leave the material out"):
        clearance_for("sla", "unobtainium")
    with pytest.raises(InputError, match="'sls'"):
        clearance_for("slss")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('across = { value_mm = 0.2, source = "guide" }', ""),
        ('along = { value_mm = 0.5, source = "ours" }', 'along = { value_mm = 0.5, source = " " }'),
        ('along = { value_mm = 0.5, source = "ours" }', "along = 0.5"),
        ('pla = { value_mm = 0.25, source = "guide" }', "pla = { value_mm = 0.25 }"),
        ("value_mm = 0.25", "value_mm = -0.25"),
        ("[fdm]", "[fdn]"),
        ("[fdm.materials]", "[fdm.material]"),
    ],
)
def test_a_wrong_entry_is_refused(old: str, new: str) -> None:
    good = parse_fits(ENTRY)["fdm"]
    assert (good.general.across.value_mm, good.materials["pla"].across.value_mm) == (0.2, 0.25)
    assert good.materials["pla"].along.value_mm == 0.5
    with pytest.raises(InputError):
        parse_fits(ENTRY.replace(old, new))
