"""The command ``thickness`` as others rely on it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from PrintPrepLib.cli import main
from PrintPrepLib.export import read_mesh, write_mesh
from PrintPrepLib.mesh import Mesh, concatenate
from Testing.support import shapes

Answer = Callable[..., tuple[int, dict[str, Any]]]


def _file(folder: Path, name: str, mesh: Mesh) -> Path:
    write_mesh(mesh, folder / name)
    return folder / name


def test_thickness(answer: Answer, tmp_path: Path) -> None:
    path = _file(tmp_path, "plate.stl", shapes.plate((30.0, 20.0), 0.8, 3))
    colored, picture = tmp_path / "walls.vtp", tmp_path / "walls.png"
    code, data = answer("thickness", path, "--limit", "1.0", "--max", "6", "-o", colored, "--picture", picture)
    assert code == 0
    assert {
        "limit_mm", "min_mm", "p01_mm", "p05_mm", "median_mm", "area_below_cm2", "regions"
    } <= data.keys()  # fmt: skip
    assert data["min_mm"] == pytest.approx(0.8, rel=1e-5)
    (region,) = data["regions"]
    assert {"center_mm", "area_mm2", "min_mm"} <= region.keys()
    assert region["area_mm2"] == pytest.approx(100.0 * data["area_below_cm2"], rel=1e-9)
    assert read_mesh(colored).scalars["thickness_mm"] == pytest.approx(0.8, rel=1e-5)
    assert picture.stat().st_size > 10_000


def test_thickness_limit_comes_from_the_process_and_gaps_have_their_own(answer: Answer, tmp_path: Path) -> None:
    block = shapes.box((10, 10, 10), subdivisions=2)
    path = _file(tmp_path, "blocks.ply", concatenate([block, shapes.moved(block, (10.3, 0, 0))]))
    _, walls = answer("thickness", path, "--process", "fdm")
    assert (walls["limit_mm"], walls["regions"]) == (1.2, [])
    _, gaps = answer("thickness", path, "--printer", "prusa-mk4", "--gaps", "-o", tmp_path / "gaps.ply")
    assert gaps["limit_mm"] == 0.5
    assert gaps["regions"][0]["min_mm"] == pytest.approx(0.3, rel=1e-4)
    assert "gap_mm" in read_mesh(tmp_path / "gaps.ply").scalars


def test_thickness_refuses_what_cannot_be(answer: Answer, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = _file(tmp_path, "ball.stl", shapes.sphere(5.0))
    for words in (["--limit", "-1"], ["--limit", "3", "--max", "2"], ["--max", "0"], ["-o", tmp_path / "x.stl"]):
        assert main(["thickness", str(path), *map(str, words)]) == 2
        assert capsys.readouterr().err.startswith("printprep: ")
    assert [entry.name for entry in tmp_path.iterdir()] == ["ball.stl"]
