"""A small scripted module with its .ui file, written for the host's own tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

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

    SampleData.SampleDataLogic.registerCustomSampleDataSource(
        category="Small", sampleName="Made here", uris=[], fileNames=[]
    )


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
    """The .ui file."""
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


def write_small_module(folder: Path) -> Path:
    """Write module and .ui file into a folder; gives the module's path."""
    (folder / "Resources" / "UI").mkdir(parents=True)
    (folder / "Resources" / "UI" / "Small.ui").write_text(ui_text())
    (folder / "Small.py").write_text(MODULE)
    return folder / "Small.py"


def add_volume(host: Any, name: str = "CT") -> Any:
    """An empty volume in the scene."""
    volume = host.slicer.vtkMRMLScalarVolumeNode()
    volume.SetName(name)
    return host.scene.AddNode(volume)
