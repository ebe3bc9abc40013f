"""The plan: what it measures, chooses, advises, and that every line has its reason."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from PrintPrepLib.cli import main
from PrintPrepLib.errors import GeometryError, InputError
from PrintPrepLib.export import read_mesh, write_mesh
from PrintPrepLib.mesh import Mesh, concatenate
from PrintPrepLib.plan.advice import Advice
from PrintPrepLib.plan.estimate import skin_ml
from PrintPrepLib.plan.facts import ModelFacts, facts_of
from PrintPrepLib.plan.plan import Plan, plan
from PrintPrepLib.profiles import process_of, use_names
from Testing.plan.printed import bone, table
from Testing.support import shapes

SUBJECTS = {
    "process", "printer", "material", "sterilization and contact with the body", "layer height", "least wall", "detail",
    "tolerance", "orientation", "supports", "hollow or solid", "split", "pins and clearance", "post-processing",
    "color",
    "finish", "durability", "handling", "label", "record", "mass and material (estimate)",
    "time (estimate)", "cost (estimate)",
}  # fmt: skip


@pytest.fixture(name="anatomy", scope="module")
def _anatomy() -> tuple[Mesh, ModelFacts]:
    mesh = bone().with_name("model")
    return mesh, facts_of(mesh)


def _plan(anatomy: tuple[Mesh, ModelFacts], use: str, **given: Any) -> Plan:
    return plan(anatomy[0], use, facts=anatomy[1], **given)


# ---- what is measured ------------------------------------------------------------------------------------------------
def test_facts_of_known_shapes() -> None:
    facts = facts_of(shapes.shell(8.0, 10.0, 3))
    assert (facts.parts, facts.cavities) == (1, 1)
    assert facts.cavity_ml == pytest.approx(4.0 / 3.0 * np.pi * 0.8**3, rel=0.02)
    assert facts.thickest_mm == pytest.approx(2.0, rel=0.05)
    ball = facts_of(shapes.sphere(10.0, subdivisions=3))
    assert ball.thickest_mm == pytest.approx(20.0, rel=0.08)
    assert ball.deeper_ml(3.0) == pytest.approx(4.0 / 3.0 * np.pi * 0.7**3, rel=0.05)
    assert facts_of(concatenate([shapes.sphere(3.0), shapes.sphere(3.0, (20.0, 0.0, 0.0))])).parts == 2


def test_skin_of_a_box_by_hand() -> None:
    facts = facts_of(shapes.box((30.0, 30.0, 30.0)))
    for wall in (1.0, 2.0):
        inside = (30.0 - 2.0 * wall) ** 3
        assert skin_ml(facts, np.array([0.0, 0.0, 1.0]), wall, wall) == pytest.approx(
            (27000.0 - inside) / 1000.0, rel=0.04
        )
    thick_lids = skin_ml(facts, np.array([0.0, 0.0, 1.0]), 1.0, 3.0)
    assert skin_ml(facts, np.array([0.0, 0.0, 1.0]), 1.0, 1.0) < thick_lids


def test_an_open_or_inside_out_model(anatomy: tuple[Mesh, ModelFacts]) -> None:
    done = plan(shapes.open_box(), "teaching")
    assert done.line("least wall").warning
    assert done.line("orientation").warning
    with pytest.raises(GeometryError, match="inside out"):
        facts_of(shapes.box().flipped())


# ---- what is advised -------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("use", use_names())
def test_every_use_gets_every_line_with_its_reason(anatomy: tuple[Mesh, ModelFacts], use: str) -> None:
    done = _plan(anatomy, use)
    assert {line.subject for line in done.lines} == SUBJECTS
    for line in done.lines:
        assert len(line.advice) > 5
        assert len(line.why) > 20
        assert len(line.changes) > 10
        assert all(figure.source for _, figure in line.figures)
    text = json.dumps(done.to_dict(), allow_nan=False).lower()
    assert "validated" not in text
    assert "cleared" not in text
    assert "not a diagnosis" in text


def test_a_line_without_a_reason_is_refused() -> None:
    with pytest.raises(ValueError, match="why"):
        Advice("x", "Do it.", " ", "Nothing.")


@pytest.mark.parametrize("printer", [None, "prusa-mk4"])
def test_class_room_operation_and_court_get_different_plans(
    anatomy: tuple[Mesh, ModelFacts], printer: str | None
) -> None:
    plans = {use: _plan(anatomy, use, printer=printer) for use in ("teaching", "surgical planning", "legal exhibit")}
    for subject in ("layer height", "least wall", "tolerance", "hollow or solid", "split", "color", "finish", "record",
                    "mass and material (estimate)", "time (estimate)"):  # fmt: skip
        assert len({done.line(subject).advice + done.line(subject).why for done in plans.values()}) == 3, subject
    if printer is None:
        assert [done.choice.process.name for done in plans.values()] == ["fdm", "sla", "sls"]
        assert plans["legal exhibit"].line("supports").advice.startswith("None")
    else:
        infill = [done.settings.infill for done in plans.values()]
        assert infill == pytest.approx([0.15, 0.30, 1.0])
        assert "comes first" in plans["legal exhibit"].line("process").why  # another process is preferred
        layers = [done.settings.layer_mm for done in plans.values()]
        assert layers[1] < layers[2] < layers[0]
    masses = [done.estimate.part_g for done in plans.values()]
    assert masses[0] < min(masses[1:])


def test_a_process_that_the_use_does_not_list_is_a_warning(anatomy: tuple[Mesh, ModelFacts]) -> None:
    assert _plan(anatomy, "teaching", process="polyjet").line("process").warning
    assert not _plan(anatomy, "teaching", process="mjf").line("process").warning


def test_what_is_named_is_kept_and_what_does_not_go_together_is_refused(anatomy: tuple[Mesh, ModelFacts]) -> None:
    done = _plan(anatomy, "teaching", printer="prusa-mk4", material="PETG")
    assert (done.choice.process.name, done.choice.material.name) == ("fdm", "petg")
    assert "0.3 mm play" in done.line("pins and clearance").advice
    assert _plan(anatomy, "teaching", material="pa12-mjf").choice.process.name == "mjf"
    for bad in (
        {"printer": "prusa-mk4", "material": "standard-resin"},
        {"printer": "prusa-mk4", "process": "sla"},
        {"printer": "prusa-mk5"},
        {"material": "unobtainium"},
    ):
        with pytest.raises(InputError):
            _plan(anatomy, "teaching", **bad)
    with pytest.raises(InputError, match="All: teaching"):
        _plan(anatomy, "juggling")


def test_a_model_that_is_too_large_is_split_or_not_by_its_use() -> None:
    large = shapes.scaled(bone(), 6.0)
    facts = facts_of(large)
    teaching = plan(large, "teaching", printer="prusa-mini", facts=facts)
    assert teaching.choice.fits is False
    assert "printprep split" in teaching.line("split").advice
    assert teaching.line("split").warning
    legal = plan(large, "legal-exhibit", printer="prusa-mini", facts=facts)
    assert "rather than split" in legal.line("split").advice
    free = plan(large, "teaching", facts=facts)
    assert free.choice.fits
    assert free.choice.machine is not None
    assert free.choice.machine.name != "prusa-mini"


def test_thick_nylon_is_hollowed_where_it_saves_and_only_there() -> None:
    thick = shapes.sphere(25.0, subdivisions=2)
    facts = facts_of(thick)
    saved = plan(thick, "teaching", process="sls", facts=facts)
    assert saved.settings.wall_mm is not None
    assert "Hollow to a wall" in saved.line("hollow or solid").advice
    assert saved.estimate.part_ml < 0.5 * facts.volume_ml
    kept = plan(thick, "implant-planning", process="sls", facts=facts)
    assert kept.settings.wall_mm is None
    assert kept.estimate.part_ml == pytest.approx(facts.volume_ml)


def test_thin_walls_are_told_in_figures() -> None:
    sheet = shapes.plate((40.0, 30.0), 0.6)
    done = plan(sheet, "teaching", printer="prusa-mk4")
    assert done.line("least wall").warning
    assert "--limit 2 --direction outward" in done.line("least wall").advice
    assert "--direction outward" not in plan(sheet, "legal-exhibit", printer="prusa-mk4").line("least wall").advice


def test_expected_error_grows_with_size() -> None:
    process = process_of("fdm")
    assert process.expected_error_mm(50.0) == pytest.approx(0.3)
    assert process.expected_error_mm(300.0) == pytest.approx(0.9)


# ---- the command -----------------------------------------------------------------------------------------------------
def _answer(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, dict[str, Any]]:
    capsys.readouterr()
    code = main([*map(str, words), "--json"])
    return code, json.loads(capsys.readouterr().out)


def test_the_command_plans_and_lays(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_mesh(table(), tmp_path / "a.stl")
    code, data = _answer(
        capsys, "plan", tmp_path / "a.stl", "--use", "teaching", "--printer", "prusa-mk4", "--orient", "apply",
        "-o", tmp_path / "laid.stl", "--picture", tmp_path / "a.png",
    )  # fmt: skip
    assert code == 0
    assert {line["subject"] for line in data["advice"]} == SUBJECTS
    assert all(line["why"] and line["changes"] for line in data["advice"])
    laid = read_mesh(tmp_path / "laid.stl")
    assert laid.bounds[0, 2] == pytest.approx(0.0, abs=1e-5)
    matrix = np.asarray(data["matrix"])
    assert np.allclose(matrix @ np.asarray(data["matrix_back"]), np.eye(4), atol=1e-9)
    assert (tmp_path / "a.png").stat().st_size > 10_000
    assert data["orientation"]["chosen"]["up"] == [0.0, 0.0, -1.0]
    assert str(tmp_path) not in json.dumps({key: value for key, value in data.items() if key != "output"})


def test_the_command_orients_with_protection(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_mesh(table(), tmp_path / "a.stl")
    code, data = _answer(
        capsys, "orient", tmp_path / "a.stl", "--protect-box", "-20,-20,23.9,20,20,24.1", "-o", tmp_path / "b.stl"
    )
    assert code == 0
    chosen = data["receipt"]["details"]["chosen"]
    assert chosen["protected_free"]
    assert chosen["up"] != [0.0, 0.0, -1.0]
    assert (tmp_path / "b.stl").exists()


def test_the_command_refuses_half_a_request(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_mesh(table(), tmp_path / "a.stl")
    for words in (("--orient", "apply"), ("-o", str(tmp_path / "x.stl")), ("--layer", "-1")):
        assert main(["plan", str(tmp_path / "a.stl"), "--use", "teaching", *words]) == 2
    assert not (tmp_path / "x.stl").exists()
    assert main(["plan", str(tmp_path / "a.stl"), "--use", "juggling"]) == 2
    assert "juggling" in capsys.readouterr().err


def test_profiles_are_listed_and_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, data = _answer(capsys, "profiles")
    assert code == 0
    assert set(data) == {"use", "process", "printer", "material"}
    _, fdm = _answer(capsys, "profiles", "show", "fdm")
    assert (fdm["kind"], fdm["wall"]["value"], fdm["wall"]["kind"]) == ("process", 0.8, "supported")
    assert main(["profiles", "pla", "legal-exhibit"]) == 0
    assert "UNVERIFIED" in capsys.readouterr().out
    assert main(["profiles", "plaa"]) == 2
    assert "'pla'" in capsys.readouterr().err
    own = tmp_path / "lab.toml"
    own.write_text("[material.pla]\nprice = { value_per_kg = 10.0, source = 'our shop' }\n")
    _, changed = _answer(capsys, "profiles", "pla", "--profiles", own)
    assert changed["price"]["value"] == 10.0
    own.write_text("[material.pla]\nprice = { value_per_kg = 10.0 }\n")
    assert main(["profiles", "pla", "--profiles", str(own)]) == 2


def test_a_broken_lab_file_in_the_environment_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PRINTPREP_PROFILES", "no-such-file.toml")
    assert main(["check", "a.stl"]) == 2
    assert capsys.readouterr().err.count("\n") == 1
