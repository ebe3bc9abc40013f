"""Materials and uses, figures without a source, and a lab's own file."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from PrintPrepLib.errors import InputError
from PrintPrepLib.profiles import (
    lab_profiles,
    material_names,
    material_of,
    printer,
    printers,
    process_names,
    process_of,
    use_names,
    use_of,
)
from PrintPrepLib.profiles.figures import UNITS, Figure, figure_of
from PrintPrepLib.profiles.fits import clearance_for
from PrintPrepLib.profiles.lab import KINDS, VARIABLE, shipped
from PrintPrepLib.profiles.materials import parse_materials
from PrintPrepLib.profiles.uses import parse_uses

FIGURE = 'wall = { value_mm = 0.9, source = "measured in our lab" }'


def _tables(value: Any) -> Iterator[dict[str, Any]]:
    """Every table that holds a figure or a note, at any depth."""
    if isinstance(value, dict):
        if "text" in value or any(key.startswith("value_") for key in value):
            yield value
        for inner in value.values():
            yield from _tables(inner)


@pytest.mark.parametrize("kind", list(KINDS))
def test_every_figure_and_note_of_the_shipped_files_has_a_source(kind: str) -> None:
    rows = shipped(kind)
    found = list(_tables(rows))
    assert all(len(str(row.get("source", ""))) > 8 or row["source"] == "PrintPrep" for row in found)
    if kind in ("process", "printer"):  # these also hold plain numbers, whose source is the entry's
        assert all(len(row["source"]) > 8 for row in rows.values())
    assert found or kind == "printer"


def test_what_was_handed_down_is_marked() -> None:
    handed = [row for kind in KINDS for row in _tables(shipped(kind)) if "handed down" in row["source"]]
    assert handed
    assert all(row.get("unverified") is True for row in handed)
    assert all(entry.unverified for entry in printers() if "anded down" in entry.source)
    assert not printer("prusa-mk4").unverified


def test_the_uses_processes_and_materials_that_are_asked_for() -> None:
    uses = {
        "teaching", "patient-education", "surgical-planning", "orthopaedic-fracture", "dental-maxillofacial",
        "vascular", "implant-planning", "veterinary", "legal-exhibit", "research-device",
    }  # fmt: skip
    assert uses <= set(use_names())
    assert {"fdm", "sla", "sls", "mjf", "polyjet", "binder-jetting", "cjp", "dmls"} <= set(process_names())
    for process in process_names():
        assert material_names(process)
        assert any(entry.process == process for entry in printers())


def test_every_use_names_a_material_for_each_of_its_processes() -> None:
    for name in use_names():
        use = use_of(name)
        for process in use.processes:
            assert use.materials[process]


@pytest.mark.parametrize(
    ("words", "name"),
    [("Surgical Planning", "surgical-planning"), ("classroom", "teaching"), ("court", "legal-exhibit")],
)
def test_uses_are_found_by_other_names(words: str, name: str) -> None:
    assert use_of(words).name == name


def test_no_profile_calls_anything_validated_or_cleared() -> None:
    for kind in KINDS:
        text = str(shipped(kind)).lower()
        assert "validated" not in text
        assert "cleared" not in text


@pytest.mark.parametrize(
    "row",
    [
        {"value_mm": 0.8},
        {"value_mm": 0.8, "source": "  "},
        {"value_mm": 0.0, "source": "a guide"},
        {"value_mm": True, "source": "a guide"},
        {"value_furlong": 1.0, "source": "a guide"},
        {"value_mm": 0.8, "value_deg": 45, "source": "a guide"},
        {"value_mm": 0.8, "source": "a guide", "sorce": "x"},
        {"value_mm": 0.8, "source": "a guide", "unverified": "yes"},
        0.8,
    ],
)
def test_a_figure_without_source_or_of_another_kind_is_refused(row: Any) -> None:
    assert figure_of({"value_mm": 0.8, "source": "a guide", "kind": "supported"}, "wall", unit="mm").value_mm == 0.8
    with pytest.raises(InputError, match="wall"):
        figure_of(row, "wall", unit="mm")


def test_a_length_is_not_taken_from_an_angle() -> None:
    with pytest.raises(InputError, match="length"):
        _ = Figure(45.0, "a guide", "deg").value_mm
    assert set(UNITS) >= {"mm", "percent", "g_cm3"}


def test_materials_and_uses_without_source_are_refused() -> None:
    material = """
[x]
title = "X"
processes = ["fdm"]
flexible = false
colors = "red"
density = { value_g_cm3 = 1.2, source = "data sheet" }
behavior = { text = "stiff", source = "data sheet" }
sterilization = { text = "none", source = "data sheet" }
biocompatibility = { text = "none", source = "data sheet" }
"""
    assert parse_materials(material)["x"].cost(1000.0) is None
    for old, new in ((', source = "data sheet" }\nbehavior', " }\nbehavior"), ('"fdm"', '"magic"'), ("false", "1")):
        with pytest.raises(InputError, match="'x'"):
            parse_materials(material.replace(old, new, 1))
    with pytest.raises(InputError, match="lacks"):
        parse_uses('[x]\ntitle = "X"\n')


def test_price_by_mass_and_by_volume() -> None:
    pla, resin = material_of("pla"), material_of("standard-resin")
    assert pla.cost(100.0) == pytest.approx(25.4 * 0.124)
    assert resin.cost(100.0) == pytest.approx(12.0)


def test_a_labs_own_file_overrides_adds_and_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = tmp_path / "lab.toml"
    own.write_text(
        f"[process.fdm]\n{FIGURE}\n"
        '[printer.our-big-one]\ntitle = "Ours"\nprocess = "fdm"\nbuild_volume_mm = [500, 500, 500]\n'
        'source = "its manual"\n'
        '[material.pla]\nprice = { value_per_kg = 10.0, source = "our shop" }\n'
        '[fit.fdm.materials]\npla = { value_mm = 0.33, source = "our test piece" }\n'
    )
    before = process_of("fdm")
    with lab_profiles(own):
        assert process_of("fdm").wall.value_mm == 0.9
        assert process_of("fdm").wall.source == "measured in our lab"
        assert process_of("fdm").wall_free == before.wall_free
        assert printer("our-big-one").build_volume_mm == (500.0, 500.0, 500.0)
        assert printer("prusa-mk4").build_volume_mm == (250.0, 210.0, 220.0)
        assert material_of("pla").cost(1000.0) == pytest.approx(12.4)
        assert clearance_for("fdm", "pla").across.value_mm == 0.33
        assert clearance_for("fdm", "petg").across.value_mm == 0.30
    assert process_of("fdm") == before
    monkeypatch.setenv(VARIABLE, str(own))
    assert process_of("fdm").wall.value_mm == 0.9
    monkeypatch.delenv(VARIABLE)
    assert dataclasses.asdict(process_of("fdm")) == dataclasses.asdict(before)


@pytest.mark.parametrize(
    "text",
    [
        "[process.fdm]\nwall = { value_mm = 0.9 }\n",
        "[process.fdm]\nwal = { value_mm = 0.9, source = 'ours' }\n",
        "[process.new]\ntitle = 'New'\n",
        "[machine.x]\ntitle = 'X'\n",
        "[process]\nfdm = 3\n",
        "not toml",
    ],
)
def test_a_bad_file_of_a_lab_is_refused(tmp_path: Path, text: str) -> None:
    own = tmp_path / "lab.toml"
    own.write_text(text)
    with pytest.raises(InputError), lab_profiles(own):
        process_of("fdm")
    assert process_of("fdm").wall.value_mm == 0.8


def test_a_missing_file_of_a_lab_says_so() -> None:
    with pytest.raises(InputError, match="cannot be read"), lab_profiles(Path("no-such-file.toml")):
        pass


def test_a_new_process_of_a_lab_needs_its_own_play(tmp_path: Path) -> None:
    own = tmp_path / "lab.toml"
    figure = "{ value_mm = 1.0, source = 'ours' }"
    own.write_text(
        f"[process.paper]\ntitle = 'Paper'\nlayer_mm = 0.2\nsource = 'ours'\nsupports = 'powder'\nwall = {figure}\n"
        f"wall_free = {figure}\nfeature = {figure}\ngap = {figure}\n"
    )
    with lab_profiles(own):
        assert "paper" in process_names()
        with pytest.raises(InputError, match=r"\[fit.paper\]"):
            clearance_for("paper")
