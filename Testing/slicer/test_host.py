"""The host itself: a small scripted module runs on it, and what a real Slicer would refuse is refused."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

pytest_plugins = ("Testing.slicer.host.plugin",)

MODULE = """
import pathlib
from enum import Enum
from typing import Annotated, Optional

import qt
import slicer
import vtk
from slicer.i18n import tr as _
from slicer.parameterNodeWrapper import Choice, WithinRange, parameterNodeWrapper
from slicer.ScriptedLoadableModule import (
    ScriptedLoadableModule, ScriptedLoadableModuleLogic, ScriptedLoadableModuleWidget,
)
from slicer.util import VTKObservationMixin


class Detail(Enum):
    COARSE = "coarse"
    FINE = "fine"


@parameterNodeWrapper
class SmallParameterNode:
    volume: slicer.vtkMRMLScalarVolumeNode
    limit: Annotated[float, WithinRange(0, 10)] = 2.5
    rounds: Annotated[int, WithinRange(1, 9)] = 3
    mirrored: bool = False
    note: str = "hello"
    detail: Detail = Detail.FINE
    unit: Annotated[str, Choice(["mm", "cm"])] = "cm"
    folder: pathlib.Path = pathlib.Path("/tmp")
    names: list[str]
    reference: Optional[slicer.vtkMRMLModelNode] = None


class Small(ScriptedLoadableModule):
    def __init__(self, parent):
        ScriptedLoadableModule.__init__(self, parent)
        parent.title = _("Small")
        parent.categories = ["Printing"]
        slicer.app.connect("startupCompleted()", register)


def register():
    import SampleData

    SampleData.SampleDataLogic.registerCustomSampleDataSource(category="Small", sampleName="Made here")


class SmallWidget(ScriptedLoadableModuleWidget, VTKObservationMixin):
    def __init__(self, parent=None):
        ScriptedLoadableModuleWidget.__init__(self, parent)
        VTKObservationMixin.__init__(self)
        self.node = None
        self.tag = None
        self.logic = None
        self.entered = []

    def setup(self):
        ScriptedLoadableModuleWidget.setup(self)
        widget = slicer.util.loadUI(self.resourcePath("UI/Small.ui"))
        self.layout.addWidget(widget)
        self.ui = slicer.util.childWidgetVariables(widget)
        widget.setMRMLScene(slicer.mrmlScene)
        self.logic = SmallLogic()
        self.addObserver(slicer.mrmlScene, slicer.mrmlScene.StartCloseEvent, self.onStartClose)
        self.addObserver(slicer.mrmlScene, slicer.mrmlScene.EndCloseEvent, self.onEndClose)
        self.ui.applyButton.connect("clicked(bool)", self.onApply)
        self.ui.selector.connect("currentNodeChanged(vtkMRMLNode*)", self.onNode)
        self.initialize()

    def cleanup(self):
        self.setNode(None)
        self.removeObservers()

    def enter(self):
        self.entered.append("enter")
        self.initialize()

    def exit(self):
        self.entered.append("exit")
        self.setNode(None)

    def onNode(self, node):
        self.ui.message.text = node.GetName() if node else "nothing"

    def onStartClose(self, caller, event):
        self.setNode(None)

    def onEndClose(self, caller, event):
        if self.parent.isEntered:
            self.initialize()

    def initialize(self):
        self.setNode(SmallParameterNode(self.logic.getParameterNode()))
        if not self.node.volume:
            first = slicer.mrmlScene.GetFirstNodeByClass("vtkMRMLScalarVolumeNode")
            if first:
                self.node.volume = first

    def setNode(self, node):
        if self.node is not None:
            self.node.disconnectGui(self.tag)
            self.removeObserver(self.node, vtk.vtkCommand.ModifiedEvent, self.check)
        self.node = node
        if node is not None:
            self.tag = node.connectGui(self.ui)
            self.addObserver(node, vtk.vtkCommand.ModifiedEvent, self.check)
            self.check()

    def check(self, caller=None, event=None):
        ready = self.node.volume is not None
        self.ui.applyButton.enabled = ready
        self.ui.applyButton.toolTip = _("Compute") if ready else _("Select a volume first")

    def onApply(self):
        with slicer.util.tryWithErrorDisplay(_("It failed."), waitCursor=True):
            self.logic.process(self.node.volume, self.node.limit)


class SmallLogic(ScriptedLoadableModuleLogic):
    def __init__(self):
        ScriptedLoadableModuleLogic.__init__(self)
        self.calls = []

    def process(self, volume, limit):
        if limit > 9:
            raise ValueError("the limit is too high")
        self.calls.append((volume.GetName(), limit))
"""

ROW = """<item row="{row}" column="0"><widget class="QLabel" name="label{row}"><property name="text">
<string>{label}</string></property></widget></item><item row="{row}" column="1"><widget class="{cls}" name="{name}">
<property name="SlicerParameterName" stdset="0"><string>{parameter}</string></property>{more}</widget></item>"""

SELECTOR = """<property name="nodeTypes"><stringlist><string>vtkMRMLScalarVolumeNode</string></stringlist></property>
<property name="addEnabled"><bool>false</bool></property>"""

ROWS = (
    ("Volume", "qMRMLNodeComboBox", "selector", "volume", SELECTOR),
    ("Limit", "ctkSliderWidget", "limitSlider", "limit", '<property name="suffix"><string> mm</string></property>'),
    ("Rounds", "QSpinBox", "rounds", "rounds", ""),
    ("Mirrored", "QCheckBox", "mirrored", "mirrored", ""),
    ("Note", "QLineEdit", "note", "note", ""),
    ("Detail", "QComboBox", "detail", "detail", ""),
    ("Unit", "ctkComboBox", "unit", "unit", ""),
    ("Folder", "ctkPathLineEdit", "folder", "folder", ""),
)


def ui_text() -> str:
    rows = "".join(
        ROW.format(row=row, label=label, cls=cls, name=name, parameter=parameter, more=more)
        for row, (label, cls, name, parameter, more) in enumerate(ROWS)
    )
    return f"""<?xml version="1.0"?><ui version="4.0"><class>Small</class>
<widget class="qMRMLWidget" name="Small"><layout class="QVBoxLayout" name="all"><item>
<widget class="ctkCollapsibleButton" name="section"><property name="text"><string>Section with fields</string>
</property><layout class="QFormLayout" name="form">{rows}</layout></widget></item>
<item><widget class="QLabel" name="message"/></item>
<item><widget class="QPushButton" name="applyButton"><property name="enabled"><bool>false</bool></property>
<property name="text"><string>Apply</string></property></widget></item></layout></widget>
<customwidgets>
<customwidget><class>qMRMLWidget</class><extends>QWidget</extends><header>x.h</header><container>1</container></customwidget>
<customwidget><class>ctkCollapsibleButton</class><extends>QWidget</extends><header>x.h</header><container>1</container>
</customwidget>
<customwidget><class>qMRMLNodeComboBox</class><extends>QWidget</extends><header>x.h</header></customwidget>
<customwidget><class>ctkSliderWidget</class><extends>QWidget</extends><header>x.h</header></customwidget>
<customwidget><class>ctkPathLineEdit</class><extends>QWidget</extends><header>x.h</header></customwidget>
<customwidget><class>ctkComboBox</class><extends>QComboBox</extends><header>x.h</header></customwidget>
</customwidgets>
<connections><connection><sender>Small</sender><signal>mrmlSceneChanged(vtkMRMLScene*)</signal><receiver>selector</receiver>
<slot>setMRMLScene(vtkMRMLScene*)</slot></connection></connections></ui>"""


@pytest.fixture
def small_module(tmp_path: Path) -> Path:
    (tmp_path / "Resources" / "UI").mkdir(parents=True)
    (tmp_path / "Resources" / "UI" / "Small.ui").write_text(ui_text())
    (tmp_path / "Small.py").write_text(textwrap.dedent(MODULE))
    return tmp_path / "Small.py"


def add_volume(host, name: str = "CT"):
    volume = host.slicer.vtkMRMLScalarVolumeNode()
    volume.SetName(name)
    return host.scene.AddNode(volume)


def test_panel_from_load_to_click(host, small_module):
    volume = add_volume(host)
    panel = host.open(small_module)
    assert host.samples.sources[0]["sampleName"] == "Made here"
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
