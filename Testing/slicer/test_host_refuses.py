"""What a real Slicer refuses, the host refuses; what goes wrong unseen there fails a test here."""

from __future__ import annotations

import gc
from pathlib import Path

import pytest

from Testing.slicer.host.small_module import MODULE, add_volume, write_small_module

pytest_plugins = ("Testing.slicer.host.plugin",)


@pytest.fixture
def begun():
    """A host whose faults the test looks at, instead of failing on them."""
    from Testing.slicer.host.install import missing_reason

    reason = missing_reason()
    if reason is not None:
        pytest.skip(reason)
    from Testing.slicer.host.session import Host

    host = Host()
    host.begin()
    ended: list[list[str]] = []

    def end() -> str:
        if not ended:
            ended.append(host.end())
        return "\n".join(ended[0])

    host.look = end
    yield host
    end()


def changed_module(tmp_path: Path, old: str, new: str) -> Path:
    assert MODULE.count(old) == 1, old
    path = write_small_module(tmp_path / "Small")
    path.write_text(MODULE.replace(old, new))
    return path


# PythonQt's habits


def test_properties_are_attributes(host):
    import qt

    button = qt.QPushButton("text")
    assert button.text == "text"
    assert button.enabled is True
    assert button.isEnabled() is True
    button.enabled = False
    assert not button.isEnabled()
    with pytest.raises(TypeError):
        button.text()
    with pytest.raises(TypeError):
        button.text = 3
    button.name = "named"
    assert button.objectName == "named"
    assert button.className() == "QPushButton"
    table = qt.QTableWidget(2, 3)
    assert (table.rowCount, table.columnCount) == (2, 3)
    assert isinstance(qt.QTimer().singleShot, bool)
    qt.QTimer.singleShot(0, lambda: None)


def test_unknown_attributes_raise(host):
    import ctk
    import qt

    for widget in (qt.QLabel("a"), ctk.ctkCollapsibleButton(), host.slicer.qMRMLNodeComboBox()):
        with pytest.raises(AttributeError):
            widget.colour = "red"
        with pytest.raises(AttributeError):
            widget.setEnabled = None
        with pytest.raises(AttributeError):
            widget.noSuchThing  # noqa: B018
    own = type("Own", (qt.QLabel,), {})("a")
    own.colour = "red"
    assert own.colour == "red"


def test_only_what_the_headers_give(host):
    import ctk

    for widget, absent in (
        (ctk.ctkCollapsibleButton(), "setCollapsed"),
        (ctk.ctkSliderWidget(), "setRange"),
        (ctk.ctkSliderWidget(), "setMinimum"),
        (ctk.ctkPathLineEdit(), "setNameFilters"),
        (host.slicer.qMRMLNodeComboBox(), "setNodeTypes"),
        (host.slicer.qMRMLNodeComboBox(), "addItem"),
        (host.slicer.qMRMLSegmentSelectorWidget(), "setMultiSelection"),
    ):
        assert not hasattr(widget, absent), absent
    with pytest.raises(AttributeError, match="no stand-in"):
        ctk.ctkNoSuchWidget  # noqa: B018
    with pytest.raises(NotImplementedError):
        ctk.ctkDoubleSlider()
    import qt

    for absent in ("Signal", "Slot", "Property"):
        assert not hasattr(qt, absent)


def test_wrong_signals_raise(host):
    import qt

    button = qt.QPushButton()
    heard: list[object] = []
    for wrong in ("click()", "clicked(int)", "nonsense"):
        with pytest.raises(ValueError, match="has no signal"):
            button.connect(wrong, heard.append)
    with pytest.raises(TypeError):
        button.connect("clicked()")
    button.connect("clicked(bool)", heard.append)
    button.connect("clicked()", lambda: heard.append("plain"))
    button.click()
    assert heard == [False, "plain"]
    assert button.disconnect("clicked(bool)", heard.append)
    assert not button.disconnect("clicked(bool)", heard.append)
    button.click()
    assert heard == [False, "plain", "plain"]


def test_ui_file_with_an_unknown_widget(host, tmp_path):
    path = write_small_module(tmp_path / "Small")
    ui = path.parent / "Resources" / "UI" / "Small.ui"
    ui.write_text(ui.read_text().replace("ctkComboBox", "ctkUnheardOf"))
    with pytest.raises(NotImplementedError, match="ctkUnheardOf"):
        host.open(path)


# Faults that a user would not see


def test_exception_in_a_slot(begun, tmp_path):
    path = changed_module(
        tmp_path, "        self.calls.append(", "        raise KeyError('lost')\n        self.calls.append("
    )
    add_volume(begun)
    begun.click(begun.open(path).ui.applyButton)
    assert "KeyError: 'lost'" in begun.look()


def test_exception_in_an_observer(begun):
    def broken(_caller, _event):
        raise RuntimeError("broken observer")

    tag = begun.scene.AddObserver(begun.scene.NodeAddedEvent, broken)
    add_volume(begun)
    begun.scene.RemoveObserver(tag)
    assert "broken observer" in begun.look()


def test_exception_in_a_timer(begun):
    import qt

    qt.QTimer.singleShot(0, lambda: 1 / 0)
    begun.pump(0.05)
    assert "ZeroDivisionError" in begun.look()


def test_unraisable_exception(begun):
    class Bad:
        def __del__(self):
            raise ValueError("in the end")

    Bad()
    gc.collect()
    assert "in the end" in begun.look()


def test_observer_left_behind(begun, tmp_path):
    path = changed_module(tmp_path, "        self.setNode(None)\n        self.removeObservers()\n", "        pass\n")
    add_volume(begun)
    begun.open(path)
    found = begun.look()
    assert "SmallWidget.onStartClose" in found
    assert "SmallWidget.onEndClose" in found


def test_wait_cursor_and_rendering_left(begun):
    import qt

    begun.app.setOverrideCursor(qt.Qt.WaitCursor)
    begun.app.pauseRender()
    found = begun.look()
    assert "wait cursor" in found
    assert "paused" in found


def test_wrong_connection_in_a_ui_file(begun, tmp_path):
    path = write_small_module(tmp_path / "Small")
    ui = path.parent / "Resources" / "UI" / "Small.ui"
    ui.write_text(ui.read_text().replace("<slot>setMRMLScene", "<slot>setMRMLScenes"))
    begun.open(path)
    assert "setMRMLScenes" in begun.look()


def test_unforeseen_question(begun):
    with pytest.raises(AssertionError, match="Really"):
        begun.slicer.util.confirmYesNoDisplay("Really?")
    assert begun.dialogs.unanswered[0].text == "Really?"
    assert "Really?" in begun.look()


def test_answer_never_asked_for(begun):
    begun.dialogs.answer("/tmp/x")
    assert "/tmp/x" in begun.look()


def test_vtk_error(begun):
    begun.scene.AddNewNodeByClass("vtkMRMLNoSuchNode")
    assert "VTK" in begun.look()


def test_a_clean_test_is_clean(begun, tmp_path):
    add_volume(begun)
    panel = begun.open(write_small_module(tmp_path / "Small"))
    begun.click(panel.ui.applyButton)
    assert begun.look() == ""


# Questions and packages


def test_questions_are_answered(host):
    import qt

    host.dialogs.answer(True, False, "/tmp/model.stl", None, "name")
    assert host.slicer.util.confirmOkCancelDisplay("Go?") is True
    assert host.slicer.util.confirmYesNoDisplay("Sure?") is False
    assert qt.QFileDialog.getSaveFileName(None, "Save as") == "/tmp/model.stl"
    assert qt.QFileDialog.getExistingDirectory(None, "Folder") == ""
    assert qt.QInputDialog.getText(None, "Name", "New name") == "name"
    host.slicer.util.infoDisplay("done")
    assert [item.kind for item in host.dialogs.shown] == [
        "confirm", "confirm", "save file", "directory", "text", "info",
    ]  # fmt: skip


def test_missing_packages(host, tmp_path):
    import slicer.packaging

    listed = tmp_path / "requirements.txt"
    listed.write_text("# needed\nnumpy>=1.0\nnothing-like-this>=2\n")
    wanted = slicer.packaging.load_requirements(listed)
    host.dialogs.answer(False)
    with pytest.raises(RuntimeError, match="declined"):
        slicer.packaging.pip_ensure(wanted, requester="Small")
    host.dialogs.answer(True)
    slicer.packaging.pip_ensure(wanted)
    assert host.packages.installed == [["nothing-like-this>=2"]]
    host.packages.missing.add("numpy")
    host.packages.offline = True
    host.dialogs.answer(True)
    with pytest.raises(RuntimeError, match="connection"):
        slicer.packaging.pip_ensure("numpy")
