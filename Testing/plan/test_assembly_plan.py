"""Plans of models in parts: every part its own way to lie, what goes onto one bed, the sums, and where it is told."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from PrintPrepLib.cli import main
from PrintPrepLib.errors import InputError
from PrintPrepLib.export import read_mesh, write_mesh
from PrintPrepLib.plan.assembly import AssemblyPlan, assembly_of, plan_assembly, seams_of
from PrintPrepLib.plan.orient.surface import Protected
from PrintPrepLib.plan.plan import plan
from PrintPrepLib.plan.plates import plates_of
from PrintPrepLib.shape.cut.assembly import Assembly
from PrintPrepLib.workflow.recipe import make_call
from PrintPrepLib.workflow.steps import STEPS
from Testing.support import shapes


def assembly(**more: Any) -> Assembly:
    """A cylinder, 40 mm high, cut across the middle."""
    call = make_call(STEPS["cut"], {"through": "axial", "process": "fdm", "pins": "none"} | more, "test")
    model = shapes.cylinder(10.0, 40.0, sections=48).with_name("model")
    cut, _ = call.step.function(model, **call.parameters)
    assert isinstance(cut, Assembly)
    return cut


@pytest.fixture(name="planned", scope="module")
def _planned() -> AssemblyPlan:
    return plan_assembly(assembly(pins="1", pin_type="dowel"), "surgical-planning", printer="prusa-mk4")


@pytest.fixture(name="resin", scope="module")
def _resin() -> AssemblyPlan:
    return plan_assembly(assembly(), "surgical-planning", printer="prusa-sl1")


# ---- beds ------------------------------------------------------------------------------------------------------------
def test_rows_of_boxes_by_hand() -> None:
    beds = plates_of([(60.0, 40.0), (60.0, 30.0), (60.0, 50.0), (20.0, 20.0)], (130.0, 100.0), apart=5.0)
    # Deepest first: 2 begins a row of 50 mm, 0 goes beside it (60 + 5 + 60); 1 begins a row behind (50 + 5 + 30).
    assert [bed.parts for bed in beds] == [(2, 0, 1, 3)]
    assert [bed.parts for bed in plates_of([(60.0, 60.0)] * 3, (125.0, 100.0), apart=5.0)] == [(0, 1), (2,)]
    assert [bed.parts for bed in plates_of([(300.0, 10.0), (10.0, 10.0)], (100.0, 100.0))] == [(1,), (0,)]
    assert len(plates_of([(300.0, 10.0), (300.0, 10.0)], (100.0, 100.0))) == 2


@pytest.mark.parametrize("seed", range(5))
def test_no_bed_is_overfilled(seed: int) -> None:
    rng = np.random.default_rng(seed)
    boxes = [(float(w), float(d)) for w, d in rng.uniform(5.0, 90.0, (20, 2))]
    beds = plates_of(boxes, (100.0, 100.0), apart=5.0)
    assert sorted(k for bed in beds for k in bed.parts) == list(range(20))
    for bed in beds:
        assert sum((boxes[k][0]) * (boxes[k][1]) for k in bed.parts) <= 100.0 * 100.0


# ---- parts -----------------------------------------------------------------------------------------------------------
def test_each_part_is_planned_as_it_would_be_alone(planned: AssemblyPlan) -> None:
    assert [one.part.kind.value for one in planned.parts] == ["body", "body", "dowel"]
    for one in planned.parts:
        alone = plan(one.part.mesh, "surgical-planning", printer="prusa-mk4", facts=one.plan.facts)
        assert one.plan.estimate == alone.estimate
        assert one.plan.orientations.chosen.direction.up == pytest.approx(alone.orientations.chosen.direction.up)
        low, high = one.part.mesh.bounds
        corners = np.array([[x, y, z] for x in (low[0], high[0]) for y in (low[1], high[1]) for z in (low[2], high[2])])
        matrix = np.array(one.to_dict()["matrix"])
        assert np.linalg.det(matrix[:3, :3]) == pytest.approx(1.0)
        assert np.ptp((corners @ matrix[:3, :3].T)[:, 2]) >= one.to_dict()["orientation"]["height_mm"] - 1e-6
    assert planned.fits is True


def test_sums_are_sums(planned: AssemblyPlan) -> None:
    data = planned.to_dict()
    for key in ("part_ml", "support_ml", "used_ml", "part_g", "used_g", "hours", "cost"):
        assert data["estimate"][key] == pytest.approx(sum(one["estimate"][key] for one in data["parts"]))
    assert [sorted(plate) for plate in data["plates"]] == [[1, 2, 3]]
    subjects = [line["subject"] for line in data["lines"]]
    assert subjects.count("process") == 1
    assert "orientation" not in subjects
    assert "split" not in subjects
    assert {line["subject"] for line in data["parts"][0]["lines"]} >= {"orientation", "supports", "time (estimate)"}
    assert "2 parts and 1 dowel;" in data["lines"][0]["advice"]


def test_a_bed_of_resin_takes_as_long_as_its_highest_part(resin: AssemblyPlan) -> None:
    assert resin.choice.process.line is None
    times = [one.plan.estimate.hours for one in resin.parts]
    assert len(resin.plates) == 1
    assert resin.hours == max(time for time in times if time is not None)
    assert "as long as its highest part" in next(line.why for line in resin.lines if line.subject == "time (estimate)")


def test_a_part_that_is_too_large_is_named() -> None:
    big = shapes.box((400.0, 30.0, 300.0))
    done = plan_assembly(assembly_of(["slab", "chip"], [big, shapes.box()]), "teaching", printer="prusa-mini")
    assert [one.fits for one in done.parts] == [False, True]
    assert done.fits is False
    assert "parts" in done.warnings
    assert "slab" in next(line.advice for line in done.lines if line.subject == "parts")
    assert len(done.plates) == 2


def test_seams_on_the_bed_and_under_supports(planned: AssemblyPlan, resin: AssemblyPlan) -> None:
    for one in resin.parts:
        (seam,) = one.seams
        assert seam.other == 3 - one.number
        rotation = one.plan.orientations.chosen.measures.rotation
        outward = rotation @ np.array([0.0, 0.0, 1.0 if one.number == 1 else -1.0])
        assert seam.looks == ("up" if outward[2] > 1e-6 else "down" if outward[2] < -1e-6 else "sideways")
        assert seam.on_bed == (outward[2] < -0.999)
        assert seam.supports == (outward[2] < -np.cos(np.radians(45.0)) and not seam.on_bed)
    assert [len(one.seams) for one in planned.parts] == [1, 1, 0]
    lower = planned.parts[0]
    tilted = np.array([[1.0, 0.0, 0.0], [0.0, -1.0, 0.0], [0.0, 0.0, -1.0]]) @ _about_x(20.0)
    chosen = lower.plan.orientations.chosen
    leaning = replace(chosen, measures=replace(chosen.measures, rotation=tilted))
    orientations = replace(lower.plan.orientations, candidates=(leaning,))
    (seam,) = seams_of(
        assembly().seams, 0, lower.part, replace(lower.plan, orientations=orientations), planned.choice.process
    )
    assert (seam.looks, seam.on_bed, seam.supports) == ("down", False, True)


def _about_x(degrees: float) -> np.ndarray:
    sin, cos = np.sin(np.radians(degrees)), np.cos(np.radians(degrees))
    return np.array([[1.0, 0.0, 0.0], [0.0, cos, -sin], [0.0, sin, cos]])


def test_protection_is_for_the_part_that_it_lies_on() -> None:
    cubes = assembly_of(["a", "b"], [shapes.box(), shapes.box(center=(0.0, 0.0, 20.0))])
    done = plan_assembly(cubes, "teaching", printer="prusa-mk4", protected=Protected(places=((0.0, 0.0, 25.0, 4.0),)))
    assert [one.plan.orientations.surface.protected_mm2 > 0.0 for one in done.parts] == [False, True]
    with pytest.raises(InputError, match="Nothing of any part"):
        plan_assembly(cubes, "teaching", printer="prusa-mk4", protected=Protected(places=((0.0, 0.0, 90.0, 4.0),)))


# ---- where it is told ------------------------------------------------------------------------------------------------
def test_plan_of_several_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = [str(tmp_path / f"half{number}.stl") for number in range(2)]
    for file in files:
        write_mesh(shapes.box(), tmp_path / file)
    words = ["plan", *files, "--use", "teaching", "--printer", "prusa-mk4", "--name", "lower"]
    assert main([*words, "--orient", "apply", "-o", str(tmp_path / "laid"), "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert [one["name"] for one in data["parts"]] == ["lower", "part 2"]
    assert [one["output"] for one in data["parts"]] == ["print_01.stl", "print_02.stl"]
    lowest = [float(read_mesh(tmp_path / "laid" / one["output"]).bounds[0, 2]) for one in data["parts"]]
    assert lowest == pytest.approx([0.0, 0.0], abs=1e-5)
    assert main([*words, "--picture", str(tmp_path / "p.png")]) == 2
    assert main([*words, "--name", "a", "--name", "b"]) == 2
    assert main(words) == 0
    assert "part 2" in capsys.readouterr().out
