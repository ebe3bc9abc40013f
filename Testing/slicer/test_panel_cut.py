"""Cutting planes in the panel: the list, the preview while a plane is dragged, and bounded cuts as they are shown."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from Testing.slicer.cut_walk import (
    BOUNDED,
    CUTS,
    NAME,
    SHOW,
    bounds,
    display_of_model,
    plane_of,
    previews,
    settle,
    tick,
    with_model,
)
from Testing.slicer.panel_walk import pictures

pytest_plugins = ("Testing.slicer.host.plugin", "Testing.slicer.panel_walk")


def test_preview_follows_the_plane(host: Any, tmp_path: Path) -> None:
    panel = with_model(host)
    ui = panel.ui
    assert previews(host) == {}
    host.click(ui.addPlaneButton)
    settle(host)
    there = previews(host)
    assert set(there) == {"outline", "fill", "pins"}
    assert "Section 1.60 cm² in 2 separate outlines" in ui.cutPreviewLabel.text  # the middle of the box is at z = 17.5
    assert "exactly" in ui.cutPreviewLabel.text
    assert bounds(there["fill"])[4:] == pytest.approx([17.5, 17.5])
    assert there["outline"].GetPolyData().GetNumberOfLines() == 2
    plane_of(host).SetCenterWorld(0.0, 0.0, 1.0)
    plane_of(host).SetCenterWorld(0.0, 0.0, 0.0)
    settle(host)
    assert previews(host) == there  # the same nodes, drawn anew
    assert "Section 3.00 cm² in 1 outline." in ui.cutPreviewLabel.text
    assert bounds(there["outline"])[:2] == pytest.approx([-15.0, 15.0])
    plane_of(host).SetNormalWorld(1.0, 0.0, 0.0)
    settle(host)
    assert "1.00 cm²" in ui.cutPreviewLabel.text
    plane_of(host).SetCenterWorld(80.0, 0.0, 0.0)
    settle(host)
    assert "misses the model" in ui.cutPreviewLabel.text
    assert there["fill"].GetPolyData().GetNumberOfPolys() == 0
    plane_of(host).SetCenterWorld(0.0, 0.0, 0.0)
    settle(host)
    host.screenshot(panel.parent, pictures(tmp_path) / "cut_preview.png")


def test_pins_of_the_preview_follow_the_settings(host: Any) -> None:
    from Testing.support import shapes

    panel = with_model(host, shapes.box((60.0, 40.0, 50.0)))
    host.click(panel.ui.addPlaneButton)
    settle(host)
    there, label = previews(host), panel.ui.cutPreviewLabel
    assert "3 pins would fit" in label.text
    assert bounds(there["pins"])[4] == pytest.approx(0.0)  # on the lower part's face
    box = panel.panel.sections["cut"].box("cut")
    host.type_text(box.editor("pins").widget, "2")
    host.type_text(box.editor("pin_diameter_mm").widget, "4")
    settle(host)
    assert "2 pins would fit, 4 mm across" in label.text
    height = bounds(there["pins"])[5]
    host.type_text(box.editor("pin_diameter_mm").widget, "4x")  # not a number: told, and the plane still moves
    settle(host)
    assert "pin_diameter_mm" in label.text
    host.type_text(box.editor("pin_diameter_mm").widget, "6")
    settle(host)
    assert bounds(previews(host)["pins"])[5] > height
    host.choose(box.editor("pin_type").widget, "Dowel, printed apart")
    settle(host)
    assert bounds(previews(host)["pins"])[4] < 0.0
    host.type_text(box.editor("pins").widget, "none")
    settle(host)
    assert "No pins were asked for" in label.text
    assert previews(host)["pins"].GetPolyData().GetNumberOfPolys() == 0


def test_quick_drags_are_drawn_once(host: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from PrintPrepLib.shape.cut.preview import CutPreview

    panel = with_model(host)
    host.click(panel.ui.addPlaneButton)
    settle(host)
    drawn: list[float] = []
    real = CutPreview.preview

    def counted(self: Any, plane: Any, *args: Any, **options: Any) -> Any:
        drawn.append(plane.point_mm[2])
        return real(self, plane, *args, **options)

    monkeypatch.setattr(CutPreview, "preview", counted)
    for height in np.linspace(0.0, 20.0, 41):
        plane_of(host).SetCenterWorld(0.0, 0.0, float(height))
    settle(host)
    assert drawn == [20.0]
    plane_of(host).SetName("renamed")  # nothing moved: nothing is drawn
    settle(host)
    assert drawn == [20.0]
    assert panel.ui.planesTable.item(0, NAME).text() == "renamed"


@pytest.mark.parametrize(
    "way", ["remove button", "plane deleted", "hidden", "folded", "unticked", "left", "model deleted"]
)
def test_preview_vanishes(host: Any, way: str) -> None:
    panel = with_model(host)
    ui = panel.ui
    host.click(ui.addPlaneButton)
    settle(host)
    display = display_of_model(panel)
    assert display.GetOpacity() == pytest.approx(0.4)
    if way == "remove button":
        host.click(ui.removePlaneButton)
        assert panel.panel.sections["cut"].box("cut").row.values == {}
    elif way == "plane deleted":
        host.scene.RemoveNode(plane_of(host))
    elif way == "hidden":
        tick(panel, 0, SHOW, on=False)
        assert plane_of(host).GetDisplayNode().GetVisibility() == 0
    elif way == "folded":
        ui.section_cut.collapsed = True
    elif way == "unticked":
        ui.cutPreviewCheckBox.setChecked(False)
    elif way == "left":
        host.leave(panel)
    else:
        host.scene.RemoveNode(panel.panel.results.shown_node())
    settle(host)
    assert previews(host) == {}
    assert ui.cutPreviewLabel.text == ""
    if way != "model deleted":
        assert display.GetOpacity() == 1.0
    if way in ("folded", "unticked", "left", "model deleted"):
        assert not any("cutpreview" in text for text in host.tracker.left(host.scene))
        assert not panel.panel.cut.previews.running
    if way == "left":
        host.enter(panel)
        settle(host)
        assert set(previews(host)) == {"outline", "fill", "pins"}
    if way == "hidden":
        tick(panel, 0, SHOW, on=True)
        settle(host)
        assert set(previews(host)) == {"outline", "fill", "pins"}
    if way in ("remove button", "plane deleted"):
        assert panel.ui.planesTable.rowCount == 0
        assert not ui.removePlaneButton.isEnabled()


def test_preview_is_not_saved_and_the_model_is_not_left_faint(host: Any, tmp_path: Path) -> None:
    panel = with_model(host)
    host.click(panel.ui.addPlaneButton)
    tick(panel, 0, BOUNDED, on=True)
    settle(host)
    assert previews(host)
    host.save_scene(tmp_path / "scene.mrb")
    panel.ui.cutPreviewCheckBox.setChecked(False)
    host.load_scene(tmp_path / "scene.mrb")
    settle(host)
    assert previews(host) == {}
    assert display_of_model(panel).GetOpacity() == 1.0
    assert panel.ui.planesTable.rowCount == 1
    assert panel.ui.planesTable.item(0, CUTS).text().endswith("mm")
    panel.ui.cutPreviewCheckBox.setChecked(True)
    settle(host)
    assert previews(host)


def test_scene_closed_while_a_plane_is_previewed(host: Any) -> None:
    panel = with_model(host)
    host.click(panel.ui.addPlaneButton)
    plane_of(host).SetCenterWorld(0.0, 0.0, 3.0)
    host.close_scene()
    settle(host)
    assert previews(host) == {}
    assert panel.ui.planesTable.rowCount == 0
    assert not panel.panel.cut.previews.running
