"""Commands that add what is no anatomy show it in gray in their colored files, and do not forget what was gray."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from PrintPrepLib.export import About, read_parts, write_mesh
from Testing.shape.test_landing import thorny
from Testing.support import shapes

Answer = Callable[..., tuple[int, dict[str, Any]]]


@pytest.fixture(name="block")
def _block(tmp_path: Path) -> Path:
    path = tmp_path / "DOE^JANE.stl"
    write_mesh(shapes.box((60.0, 30.0, 20.0)), path)
    return path


def gray_and_rest(path: Path) -> tuple[np.ndarray, np.ndarray, str]:
    """Middles of the gray triangles and of the others, and the part's name."""
    (part,) = read_parts(path).parts
    assert part.added is not None
    middles = part.mesh.triangles.mean(axis=1)
    return middles[part.added], middles[~part.added], part.name


@pytest.mark.parametrize("ending", [".3mf", ".glb", ".obj", ".ply"])
def test_label_is_gray_and_the_rest_is_not(block: Path, ending: str, tmp_path: Path, answer: Answer) -> None:
    code, data = answer(
        "label", block, "--text", "A 7", "--at", "0,0,10", "--depth", "1", "-o", tmp_path / f"out{ending}"
    )
    assert code == 0
    gray, rest, name = gray_and_rest(Path(data["output"]))
    assert "DOE" not in name
    assert (gray[:, 2] > 10.0 + 1e-6).any()
    assert (np.abs(rest) <= np.array([30.0, 15.0, 10.0]) + 1e-4).all()  # on the block, all of it
    assert len(rest) >= 12


def test_landing_and_boolean_are_gray_and_offset_is_all_gray(block: Path, tmp_path: Path, answer: Answer) -> None:
    answer(
        "boolean", block, "--operation", "difference", "--shape", "ball", "--at", "0,0,12", "--size", "10",
        "-o", tmp_path / "dent.3mf",
    )  # fmt: skip
    gray, rest, _ = gray_and_rest(tmp_path / "dent.3mf")
    assert np.linalg.norm(gray - (0.0, 0.0, 12.0), axis=1).max() < 5.01
    assert len(rest)
    tips, ball = tmp_path / "tips.stl", tmp_path / "ball.stl"
    write_mesh(thorny(), tips)
    answer("landing", tips, "--from", "0,0,-17", "--to", "0,0,17", "-o", tmp_path / "landed.3mf")
    gray, rest, _ = gray_and_rest(tmp_path / "landed.3mf")
    assert np.abs(gray[:, 2]).min() > 8.0
    assert np.abs(rest[:, 2]).min() < 5.0
    write_mesh(shapes.sphere(12.0, subdivisions=3), ball)
    answer("offset", ball, "--by", "1", "--cell", "1.5", "-o", tmp_path / "grown.3mf")
    (part,) = read_parts(tmp_path / "grown.3mf").parts
    assert part.added_count == len(part.mesh.faces)


def test_gray_stays_gray_in_the_next_command_and_marks_are_kept(block: Path, tmp_path: Path, answer: Answer) -> None:
    write_mesh(shapes.box((60.0, 30.0, 20.0)), block, about=About(mirrored=True))
    _, first = answer("stand", block, "--kind", "base", "--cut", "2", "--plinth", "4", "-o", tmp_path / "a.3mf")
    assert first["output"].endswith("a_MIRRORED.3mf")
    _, second = answer(
        "label", first["output"], "--text", "A 7", "--at", "0,0,10", "--depth", "1", "-o", tmp_path / "b.3mf"
    )
    assert second["output"].endswith("b_MIRRORED.3mf")
    gray, rest, name = gray_and_rest(Path(second["output"]))
    assert name == "model MIRRORED"
    assert gray[:, 2].min() < -8.0 - 1.0  # the plinth of the command before
    assert gray[:, 2].max() > 10.0  # the letters of this one
    assert rest[:, 2].min() > -8.0 - 0.01


def test_repeated_options_are_the_same_everywhere(tmp_path: Path, answer: Answer) -> None:
    ball = tmp_path / "ball.stl"
    write_mesh(shapes.sphere(20.0, subdivisions=4), ball)
    places = ("--protect-at", "0,0,-20,2", "--protect-at", "1,0,-20,2")
    for words in (
        ("stand", ball, "--kind", "pedestal"), ("label", ball, "--text", "A"), ("hollow", ball, "--wall", "2"),
    ):  # fmt: skip
        _, data = answer(*words, *places)
        assert data["receipt"]["parameters"]["protect_at"] == [0.0, 0.0, -20.0, 2.0, 1.0, 0.0, -20.0, 2.0]
