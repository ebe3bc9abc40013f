"""Estimates and the ranking of supports against PrusaSlicer at the same settings. It shares no code with us."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import spearmanr

from PrintPrepLib.export import write_mesh
from PrintPrepLib.mesh import Mesh
from PrintPrepLib.plan.estimate import Estimate, Settings, estimate
from PrintPrepLib.plan.facts import facts_of
from PrintPrepLib.plan.orient.directions import Direction
from PrintPrepLib.plan.orient.find import Candidate
from PrintPrepLib.plan.orient.measure import measure
from PrintPrepLib.plan.orient.score import score
from PrintPrepLib.plan.orient.surface import surface_of
from PrintPrepLib.profiles import material_of, process_of
from Testing.plan.printed import bone, bracket, cup, table, turned
from Testing.support import shapes
from Testing.support.judges import PrusaSlice, prusa_slice

LAYER_MM, INFILL = 0.2, 0.15
OPTIONS = (
    "--perimeters=2", "--fill-density=15%", "--top-solid-layers=5", "--bottom-solid-layers=5", "--skirts=0",
    "--extrusion-width=0.45", "--solid-infill-below-area=0", "--ensure-vertical-shell-thickness=1",
    "--support-material", "--support-material-threshold=45", "--dont-support-bridges=0",
    "--support-material-with-sheath=0",
)  # fmt: skip
"""What the profile of the process says, and PrusaSlicer's own print profiles where it says nothing. Bridges get
support, since the estimate does not tell them from other ceilings."""


@dataclass(frozen=True)
class Pair:
    """What we say and what the slicer says of one shape."""

    name: str
    ours: Estimate
    theirs: PrusaSlice


def _pieces() -> list[tuple[str, Mesh]]:
    ring = shapes.torus(14.0, 5.0, 48)
    return [
        ("box", shapes.box((25.0, 25.0, 20.0))),
        ("table", table()),
        ("table on its side", turned(table(), (0.0, 1.0, 0.0))),
        ("bracket", bracket()),
        ("bracket upside down", turned(bracket(), (0.0, 0.0, -1.0))),
        ("cup on its side", turned(cup(), (1.0, 0.0, 0.0))),
        ("bone", turned(bone(), (0.0, 0.0, 1.0))),
        ("ring flat", turned(ring, (0.0, 0.0, 1.0))),
        ("ring upright", turned(ring, (1.0, 0.0, 0.0))),
        ("ring tilted", turned(ring, (1.0, 0.0, 1.0))),
    ]


def _ours(mesh: Mesh) -> Estimate:
    surface, process = surface_of(mesh), process_of("fdm")
    up = np.array([0.0, 0.0, 1.0])
    measured = measure(surface, up, 45.0)
    lying = Candidate(1, Direction(up, "as it lies"), measured, score(surface, measured, process), True)
    return estimate(facts_of(mesh), lying, process, material_of("pla"), Settings(LAYER_MM, INFILL))


@pytest.fixture(name="pairs", scope="module")
def _pairs(tmp_path_factory: pytest.TempPathFactory) -> list[Pair]:
    folder, out = tmp_path_factory.mktemp("sliced"), []
    for name, mesh in _pieces():
        path = folder / "piece.stl"
        write_mesh(mesh, path)
        theirs = prusa_slice(path, LAYER_MM, options=OPTIONS)
        assert theirs.returncode == 0, (name, theirs.warnings)
        out.append(Pair(name, _ours(mesh), theirs))
    return out


def test_layers_reach_as_high_as_those_of_the_slicer(pairs: list[Pair]) -> None:
    assert {p.name: p.ours.layers for p in pairs} == {p.name: round(p.theirs.top_z_mm / LAYER_MM) for p in pairs}


def test_material_of_the_part(pairs: list[Pair]) -> None:
    error = {p.name: p.ours.part_ml / (p.theirs.filament_cm3 - p.theirs.support_cm3) - 1.0 for p in pairs}
    print({name: f"{value:+.0%}" for name, value in error.items()})
    assert max(map(abs, error.values())) < 0.25, error
    assert abs(float(np.median(list(error.values())))) < 0.10, error


def test_time(pairs: list[Pair]) -> None:
    error = {p.name: (p.ours.hours or 0.0) / p.theirs.hours - 1.0 for p in pairs}
    print({name: f"{value:+.0%}" for name, value in error.items()})
    assert max(map(abs, error.values())) < 0.40, error
    assert abs(float(np.median(list(error.values())))) < 0.15, error


def test_supports_are_ranked_as_the_slicer_ranks_them(pairs: list[Pair]) -> None:
    ours = [p.ours.support_ml for p in pairs]
    theirs = [p.theirs.support_cm3 for p in pairs]
    print([(p.name, round(a, 2), round(b, 2)) for p, a, b in zip(pairs, ours, theirs, strict=True)])
    print("Spearman", spearmanr(ours, theirs).statistic)
    assert sum(value > 0.3 for value in theirs) >= 8
    assert float(spearmanr(ours, theirs).statistic) > 0.85
    upside_down = ours[::-1]  # the judge tells a wrong ranking
    assert float(spearmanr(upside_down, theirs).statistic) < 0.85


def test_no_supports_where_the_slicer_has_none(pairs: list[Pair]) -> None:
    box = pairs[0]
    assert box.ours.support_ml == 0.0
    assert box.theirs.support_cm3 == 0.0


def test_the_judge_refuses_what_is_no_model(tmp_path: Path) -> None:
    path = tmp_path / "open.stl"
    path.write_bytes(b"\0" * 80 + (0).to_bytes(4, "little"))
    assert prusa_slice(path, LAYER_MM, options=OPTIONS).returncode != 0
