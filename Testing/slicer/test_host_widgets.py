"""Stand-ins over real MRML nodes: segments, markups placement, views, process; and Slicer's own tests as a gauge."""

from __future__ import annotations

import importlib.util
import io
import sys
import unittest

import pytest

from Testing.slicer.host.install import SOURCE_VARIABLE, slicer_source
from Testing.slicer.host.small_module import add_volume

pytest_plugins = ("Testing.slicer.host.plugin",)

GAUGE = {
    "parameter_node_wrapper": 33,
    "parameter_pack": 18,
    "parameter_node_wrapper_guis": 28,
    "util_VTKObservationMixin": 13,
    "util_childWidgetVariables": 1,
    "util_getNodes": 4,
}
"""Slicer's own test files and how many of their tests pass on the host. In the third, five need widgets (slider and
range slider without spin boxes, subject hierarchy, color name) that have no stand-in."""


def add_segmentation(host, names=("bone", "vessel")):
    node = host.scene.AddNewNodeByClass("vtkMRMLSegmentationNode", "Segmentation")
    for name in names:
        node.GetSegmentation().AddEmptySegment(name, name)
    return node


def test_node_selector(host):
    combo = host.slicer.qMRMLNodeComboBox()
    heard: list[object] = []
    valid: list[bool] = []
    combo.nodeTypes = ["vtkMRMLScalarVolumeNode"]
    combo.noneEnabled = True
    combo.connect("currentNodeChanged(vtkMRMLNode*)", heard.append)
    combo.connect("currentNodeChanged(bool)", valid.append)
    assert not combo.enabled
    combo.setMRMLScene(host.scene)
    assert combo.enabled
    first, second = add_volume(host, "first"), add_volume(host, "second")
    hidden = add_volume(host, "hidden")
    hidden.SetHideFromEditors(True)
    host.scene.AddNewNodeByClass("vtkMRMLModelNode", "model")
    combo.showHidden = True
    assert combo.nodeCount() == 3
    combo.showHidden = False
    assert combo.nodeCount() == 2
    combo.setCurrentNode(second)
    host.choose(combo, first)
    host.choose(combo, "None")
    assert heard == [second, first, None]
    assert valid == [True, True, False]
    host.choose(combo, "Create new Volume")
    assert combo.nodeCount() == 3
    assert combo.currentNode() not in (first, second, None)
    combo.addAttribute("vtkMRMLScalarVolumeNode", "phase", "late")
    assert combo.nodeCount() == 0
    first.SetAttribute("phase", "late")
    combo.removeAttribute("vtkMRMLScalarVolumeNode", "phase")
    first.SetName("renamed")
    combo.setCurrentNode(first)
    first.SetName("renamed again")
    assert combo._h_combo.currentText == "renamed again"


def test_segment_selector(host):
    node = add_segmentation(host)
    selector = host.slicer.qMRMLSegmentSelectorWidget()
    heard: list[object] = []
    selector.connect("currentSegmentChanged(QString)", heard.append)
    selector.setMRMLScene(host.scene)
    assert selector.currentNode() is None
    selector.setCurrentNode(node)
    assert selector.segmentIDs() == ("bone", "vessel")
    selector.setCurrentSegmentID("vessel")
    assert selector.currentSegmentID() == "vessel"
    assert heard[-1] == "vessel"
    node.GetSegmentation().AddEmptySegment("skin", "skin")
    assert selector.segmentIDs() == ("bone", "vessel", "skin")
    node.GetSegmentation().RemoveSegment("vessel")
    assert selector.currentSegmentID() == "bone"
    selector.multiSelection = True
    several: list[object] = []
    selector.connect("segmentSelectionChanged(QStringList)", several.append)
    selector.setSelectedSegmentIDs(["bone", "skin"])
    assert selector.selectedSegmentIDs() == ("bone", "skin")
    assert list(several[-1]) == ["bone", "skin"]


def test_segments_table(host):
    node = add_segmentation(host)
    table = host.slicer.qMRMLSegmentsTableView()
    table.setMRMLScene(host.scene)
    table.setSegmentationNode(node)
    assert table.segmentCount == 2
    table.setSelectedSegmentIDs(["vessel"])
    assert table.selectedSegmentIDs() == ("vessel",)
    node.GetSegmentation().AddEmptySegment("skin", "skin")
    assert table.displayedSegmentIDs() == ("bone", "vessel", "skin")
    assert table.selectedSegmentIDs() == ("vessel",)


def test_place_widget(host):
    widget = host.slicer.qSlicerMarkupsPlaceWidget()
    widget.setMRMLScene(host.scene)
    plane = host.scene.AddNewNodeByClass("vtkMRMLMarkupsPlaneNode", "cut")
    heard: list[bool] = []
    widget.connect("activeMarkupsPlaceModeChanged(bool)", heard.append)
    widget.setCurrentNode(plane)
    widget.placeModeEnabled = True
    interaction = host.scene.GetNodeByID("vtkMRMLInteractionNodeSingleton")
    assert interaction.GetCurrentInteractionMode() == interaction.Place
    assert widget.currentNodeActive
    interaction.SetCurrentInteractionMode(interaction.ViewTransform)
    assert heard == [True, False]
    assert not widget.placeModeEnabled


def test_number_widgets(host):
    import ctk

    slider = ctk.ctkSliderWidget()
    heard: list[float] = []
    slider.connect("valueChanged(double)", heard.append)
    slider.minimum, slider.maximum, slider.singleStep = -5.0, 5.0, 0.5
    slider.value = 2.5
    slider.value = 99.0
    assert heard == [2.5, 5.0]
    both = ctk.ctkRangeWidget()
    pairs: list[tuple[float, float]] = []
    both.connect("valuesChanged(double,double)", lambda low, high: pairs.append((low, high)))
    both.setRange(0.0, 1000.0)
    both.setValues(200.0, 300.0)
    both.minimumValue = 400.0
    assert pairs[-1] == (400.0, 400.0)
    assert (200.0, 300.0) in pairs


def test_section_keeps_what_was_hidden(host):
    import ctk
    import qt

    section = ctk.ctkCollapsibleButton()
    layout = qt.QVBoxLayout(section)
    shown, hidden = qt.QLabel("shown"), qt.QLabel("hidden")
    layout.addWidget(shown)
    layout.addWidget(hidden)
    hidden.hide()
    section.show()
    section.collapsed = True
    assert not shown.visible
    section.collapsed = False
    assert shown.visible
    assert not hidden.visible


def test_views_and_modules(host):
    host.slicer.vtkMRMLSliceNode.JumpAllSlices(
        host.scene, 10.0, 20.0, 30.0, host.slicer.vtkMRMLSliceNode.CenteredJumpSlice
    )
    layout = host.app.layoutManager()
    places = {
        name: [layout.sliceWidget(name).mrmlSliceNode().GetSliceToRAS().GetElement(row, 3) for row in range(3)]
        for name in layout.sliceViewNames()
    }
    assert set(places) == {"Red", "Green", "Yellow"}
    assert all(place == [10.0, 20.0, 30.0] for place in places.values()), places
    assert layout.threeDWidget(0).threeDView().cameraNode() is not None
    volume = add_volume(host)
    host.slicer.util.setSliceViewerLayers(background=volume)
    assert layout.sliceWidget("Red").mrmlSliceCompositeNode().GetBackgroundVolumeID() == volume.GetID()
    host.slicer.util.selectModule("SegmentEditor")
    assert host.visited_modules == ["SegmentEditor"]
    assert host.slicer.util.getModuleLogic("Markups").IsA("vtkSlicerMarkupsLogic")


def test_process_in_slicers_python(host):
    lines: list[str] = []
    done: list[int] = []
    host.slicer.util.executePythonModule(
        "platform", [], blocking=False, logCallback=lines.append, completedCallback=done.append
    )
    assert host.pump(30, until=lambda: done)
    assert done == [0]
    assert lines


@pytest.mark.parametrize("name", GAUGE)
def test_slicers_own_tests(host, name):
    source = slicer_source()
    if source is None:
        pytest.skip(f"{SOURCE_VARIABLE} names no checkout of Slicer's source")
    module_name = f"test_slicer_{name}"
    spec = importlib.util.spec_from_file_location(module_name, source / "tests" / f"{module_name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[module_name] = module
    spec.loader.exec_module(module)
    report = io.StringIO()
    result = unittest.TextTestRunner(stream=report).run(unittest.defaultTestLoader.loadTestsFromModule(module))
    passed = result.testsRun - len(result.failures) - len(result.errors) - len(result.skipped)
    assert passed >= GAUGE[name], report.getvalue()
