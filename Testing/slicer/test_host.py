"""The host itself: a small scripted module runs on it from load to click, save, scene close and reload."""

from __future__ import annotations

from pathlib import Path

import pytest

from Testing.slicer.host.small_module import add_volume, write_small_module

pytest_plugins = ("Testing.slicer.host.plugin",)


@pytest.fixture
def small_module(tmp_path: Path) -> Path:
    return write_small_module(tmp_path / "Small")


def test_panel_from_load_to_click(host, small_module):
    volume = add_volume(host)
    panel = host.open(small_module)
    assert host.samples.sources[-1]["sampleName"] == "Made here"
    assert panel.node.volume is volume
    assert panel.ui.selector.currentNode() is volume
    assert panel.ui.message.text == "CT"
    host.click(panel.ui.applyButton)
    assert panel.logic.calls == [("CT", 2.5)]


def test_binding_both_ways(host, small_module, tmp_path):
    panel = host.open(small_module)
    ui, node = panel.ui, panel.node
    assert (ui.limitSlider.value, ui.rounds.value, ui.note.text) == (2.5, 3, "hello")
    assert (ui.detail.currentText, ui.unit.currentText, ui.folder.currentPath) == ("FINE", "cm", "/tmp")
    ui.limitSlider.value = 7.25
    ui.rounds.value = 5
    ui.mirrored.checked = True
    host.type_text(ui.note, "new words")
    host.choose(ui.detail, "COARSE")
    host.choose(ui.unit, "mm")
    ui.folder.currentPath = str(tmp_path)
    assert (node.limit, node.rounds, node.mirrored, node.note) == (7.25, 5, True, "new words")
    assert (node.detail.name, node.unit, node.folder) == ("COARSE", "mm", tmp_path)
    node.limit = 1.0
    node.note = "from the program"
    assert (ui.limitSlider.value, ui.note.text) == (1.0, "from the program")
    node.names.append("a")
    assert list(node.names) == ["a"]
    with pytest.raises(ValueError, match="within range"):
        node.limit = 11.0
    with pytest.raises(TypeError):
        node.rounds = "many"


def test_values_survive_the_file(host, small_module, tmp_path):
    add_volume(host)
    panel = host.open(small_module)
    panel.node.limit = 6.5
    panel.node.names = ["a", "b"]
    host.save_scene(tmp_path / "scene.mrb")
    host.load_scene(tmp_path / "scene.mrb")
    assert panel.node.limit == 6.5
    assert list(panel.node.names) == ["a", "b"]
    assert panel.node.volume.GetName() == "CT"
    assert panel.ui.limitSlider.value == 6.5


def test_apply_waits_for_a_volume(host, small_module):
    panel = host.open(small_module)
    assert not panel.ui.applyButton.enabled
    with pytest.raises(AssertionError, match="Select a volume first"):
        host.click(panel.ui.applyButton)
    volume = add_volume(host)
    assert not panel.ui.applyButton.enabled, "nothing is chosen by itself"
    host.choose(panel.ui.selector, volume)
    assert panel.ui.applyButton.enabled
    other = add_volume(host, "MR")
    host.choose(panel.ui.selector, "MR")
    assert panel.node.volume is other
    host.scene.RemoveNode(other)
    assert panel.ui.selector.currentNode() is volume


def test_error_is_shown_and_raised(host, small_module):
    add_volume(host)
    panel = host.open(small_module)
    panel.node.limit = 9.5
    with host.expect_exception(ValueError):
        host.click(panel.ui.applyButton)
    assert host.dialogs.texts("error") == ["It failed.\n\nthe limit is too high"]
    assert "process" in host.dialogs.shown[-1].details
    assert panel.logic.calls == []


def test_leave_enter_and_close_scene(host, small_module):
    add_volume(host)
    panel = host.open(small_module)
    host.leave(panel)
    assert panel.node is None
    host.enter(panel)
    assert panel.entered == ["enter", "exit", "enter"]
    panel.node.limit = 8.0
    host.close_scene()
    assert panel.node is not None
    assert not panel.ui.applyButton.enabled
    assert panel.ui.selector.currentNode() is None
    assert panel.node.limit == 2.5
    host.choose(panel.ui.selector, add_volume(host, "MR"))
    host.click(panel.ui.applyButton)
    assert panel.logic.calls[-1] == ("MR", 2.5)


def test_reload(host, small_module):
    add_volume(host)
    panel = host.open(small_module)
    panel.onReload()
    again = host.slicer.modules.SmallWidget
    assert again is not panel
    host.click(again.ui.applyButton)
    assert again.logic.calls == [("CT", 2.5)]


def test_picture_of_the_panel(host, small_module, tmp_path):
    add_volume(host, "CT of the head")
    panel = host.open(small_module)
    path = host.screenshot(panel.parent, tmp_path / "panel.png")
    import qt

    image = qt.QImage(str(path))
    colors = {image.pixel(x, y) for x in range(0, image.width(), 3) for y in range(0, image.height(), 3)}
    assert image.width() > 300
    assert len(colors) > 20
    unfolded = panel.ui.section.height
    panel.ui.section.collapsed = True
    host.pump(0)
    assert not panel.ui.limitSlider.visible
    assert panel.ui.section.minimumSizeHint().height() < unfolded
