"""The pages for users of Slicer: their pictures are there and small, and the example for the console runs."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from Testing.support.cmake_lists import ROOT

PICTURES = ROOT / "Resources" / "slicer"
PAGES = (ROOT / "README.md", ROOT / "Resources" / "slicer_tutorial.md", ROOT / "Resources" / "slicer_click_list.md")
MOST_BYTES = 2_000_000
LONGEST_EXAMPLE = 12


def links(page: Path) -> list[Path]:
    found = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text("utf-8"))
    return [(page.parent / name).resolve() for name in found if "://" not in name]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.name))
def test_links_lead_somewhere(page: Path) -> None:
    assert links(page)
    for target in links(page):
        assert target.exists(), target


def test_every_picture_is_shown_and_small() -> None:
    files = sorted(PICTURES.iterdir())
    shown = {target for page in PAGES for target in links(page)}
    assert [path.name for path in files if path not in shown] == []
    assert sum(path.stat().st_size for path in files) < MOST_BYTES


def test_example_for_the_console_runs(scene: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    import slicer

    from PrintPrepLib.export import read_mesh

    blocks = re.findall(r"```python\n(.*?)```", PAGES[0].read_text("utf-8"), re.DOTALL)
    example = next(block for block in blocks if "segmentation_to_stl" in block)
    assert len(example.splitlines()) <= LONGEST_EXAMPLE
    labels = scene.AddNewNodeByClass("vtkMRMLLabelMapVolumeNode", "box")
    array = np.zeros((30, 30, 30), np.uint8)
    array[5:25, 5:25, 5:25] = 1
    monkeypatch.setattr(slicer, "mrmlScene", scene, raising=False)
    slicer.util.updateVolumeFromArray(labels, array)
    node = scene.AddNewNodeByClass("vtkMRMLSegmentationNode", "Segmentation")
    slicer.vtkSlicerSegmentationsModuleLogic.ImportLabelmapToSegmentationNode(labels, node)
    monkeypatch.chdir(tmp_path)
    exec(compile(example, "README.md", "exec"), {})
    assert [path.name for path in tmp_path.iterdir()] == ["model.stl"]
    assert read_mesh(tmp_path / "model.stl").volume_mm3 == pytest.approx(20.0**3, rel=0.02)
    assert "ready to print" in capsys.readouterr().out
