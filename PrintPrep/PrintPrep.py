"""PrintPrep: from a CT or MR scan to checked, printable models. The 3D Slicer module; the work is in PrintPrepLib."""

import sys
from pathlib import Path

import slicer
import vtk
from slicer import vtkMRMLScalarVolumeNode, vtkMRMLSegmentationNode, vtkMRMLTextNode
from slicer.i18n import tr as _
from slicer.i18n import translate
from slicer.parameterNodeWrapper import parameterNodeWrapper
from slicer.ScriptedLoadableModule import (
    ScriptedLoadableModule,
    ScriptedLoadableModuleLogic,
    ScriptedLoadableModuleTest,
    ScriptedLoadableModuleWidget,
)
from slicer.util import VTKObservationMixin

LIBRARY = "PrintPrepLib"
PANEL = "PrintPrepPanel"


def _find_library() -> None:
    """From a source checkout the library lies beside this module's folder; installed it lies beside this file."""
    root = Path(__file__).resolve().parents[1]
    beside = Path(__file__).resolve().parent / LIBRARY
    if not beside.is_dir() and (root / LIBRARY / "__init__.py").is_file() and str(root) not in sys.path:
        sys.path.append(str(root))


_find_library()


class PrintPrep(ScriptedLoadableModule):
    """What Slicer shows of the module before it is opened."""

    def __init__(self, parent):
        ScriptedLoadableModule.__init__(self, parent)
        self.parent.title = _("PrintPrep")
        self.parent.categories = [translate("qSlicerAbstractCoreModule", "Printing")]
        self.parent.dependencies = ["Segmentations", "Markups", "Models", "Colors", "Texts", "SubjectHierarchy"]
        self.parent.contributors = ["The PrintPrep developers"]
        self.parent.helpText = _(
            "Turns a CT or MR scan into models that are checked for 3D printing. Choose a scan, choose what to prepare "
            "it for, press Prepare, read what was found, and export. Every step tells what it changed. "
            "PrintPrep prepares models; it does not diagnose, and it is not a medical device."
        )
        self.parent.acknowledgementText = _("PrintPrep stands on 3D Slicer, VTK, SimpleITK, trimesh and manifold.")
        slicer.app.connect("startupCompleted()", registerSampleData)


def registerSampleData() -> None:
    """Offer the phantom in the Sample Data module; it is made by the library, without a network."""
    import SampleData

    icons = Path(__file__).parent / "Resources" / "Icons"
    if hasattr(SampleData.SampleDataLogic, "registerCustomSampleDataCategory"):  # not in every version
        SampleData.SampleDataLogic.registerCustomSampleDataCategory("PrintPrep", title=_("PrintPrep"))
    SampleData.SampleDataLogic.registerCustomSampleDataSource(
        category="PrintPrep",
        sampleName="PrintPrepPhantom",
        uris=[],  # nothing is downloaded; Slicer counts them
        fileNames=[],
        thumbnailFileName=str(icons / "PrintPrepPhantom.png"),
        customDownloader=makePhantom,
    )


def makePhantom(source=None):
    """Make the CT phantom and load it into the scene; returns the volume node."""
    from PrintPrepPanel.sample import phantom_volume

    return phantom_volume(slicer.mrmlScene)


@parameterNodeWrapper
class PrintPrepParameterNode:
    """Everything the user chose. It is saved with the scene.

    volume, segmentation - what the model is made from; without a segmentation the recipe's threshold makes one.
    segmentIds - the ticked segments.
    preset - the recipe that was started from; recipe - the steps as they are now (TOML).
    use - what the model is for; printer, material - by their names in the library.
    wallLimit - thinnest wall in mm as typed, empty: what the printer's process needs.
    outputFolder, formats - of the export.
    study - the text node that holds results, receipts and the record.
    """

    volume: vtkMRMLScalarVolumeNode
    segmentation: vtkMRMLSegmentationNode
    segmentIds: list[str]
    preset: str = "bone"
    recipe: str = ""
    use: str = "surgical planning"
    printer: str = ""
    material: str = ""
    wallLimit: str = ""
    outputFolder: str = ""
    formats: list[str]
    study: vtkMRMLTextNode


class PrintPrepWidget(ScriptedLoadableModuleWidget, VTKObservationMixin):
    """The panel's life: opened, entered, left, reloaded, and through the closing of a scene."""

    def __init__(self, parent=None) -> None:
        ScriptedLoadableModuleWidget.__init__(self, parent)
        VTKObservationMixin.__init__(self)
        self.logic = None
        self.panel = None
        self._parameterNode = None
        self._parameterNodeGuiTag = None

    def setup(self) -> None:
        """Build the widgets; called when the module is opened for the first time."""
        ScriptedLoadableModuleWidget.setup(self)
        from PrintPrepPanel.panel import Panel

        uiWidget = slicer.util.loadUI(self.resourcePath("UI/PrintPrep.ui"))
        self.layout.addWidget(uiWidget)
        self.ui = slicer.util.childWidgetVariables(uiWidget)
        self.ui.studySelector.addAttribute("vtkMRMLTextNode", "PrintPrep.study")
        uiWidget.setMRMLScene(slicer.mrmlScene)
        self.logic = PrintPrepLogic()
        self.panel = Panel(self.ui, self.resourcePath("requirements.txt"))
        self.addObserver(slicer.mrmlScene, slicer.mrmlScene.StartCloseEvent, self.onSceneStartClose)
        self.addObserver(slicer.mrmlScene, slicer.mrmlScene.EndCloseEvent, self.onSceneEndClose)
        self.addObserver(slicer.mrmlScene, slicer.mrmlScene.EndImportEvent, self.onSceneEndImport)
        self.initializeParameterNode()

    def cleanup(self) -> None:
        """End what runs and observe nothing any more; called when the application closes or the module is reloaded."""
        if self.panel is not None:
            self.panel.stop()
        self.setParameterNode(None)
        self.removeObservers()

    def enter(self) -> None:
        """Show what is in the scene; called each time the user opens the module."""
        self.initializeParameterNode()

    def exit(self) -> None:
        """Stop following the scene; called when the user opens another module. A running job goes on."""
        if self._parameterNode is not None:
            self._parameterNode.disconnectGui(self._parameterNodeGuiTag)
            self._parameterNodeGuiTag = None
            if self.hasObserver(self._parameterNode, vtk.vtkCommand.ModifiedEvent, self.onParametersModified):
                self.removeObserver(self._parameterNode, vtk.vtkCommand.ModifiedEvent, self.onParametersModified)
        if self.panel is not None:
            self.panel.scan.preview.clear()
            self.panel.cut.leave()
            self.panel.workshop.leave()

    def onSceneStartClose(self, caller, event) -> None:
        """The parameter node goes; a job that runs is for a scene that goes as well."""
        self.panel.stop()
        self.setParameterNode(None)

    def onSceneEndClose(self, caller, event) -> None:
        """Begin anew when the panel is in sight."""
        if self.parent.isEntered:
            self.initializeParameterNode()

    def onSceneEndImport(self, caller, event) -> None:
        """A scene was loaded: show what it holds."""
        if self.parent.isEntered:
            self.initializeParameterNode()

    def initializeParameterNode(self) -> None:
        """Make sure that there is a parameter node, and follow it."""
        self.setParameterNode(self.logic.getParameterNode())
        if self._parameterNode.volume is None:
            first = slicer.mrmlScene.GetFirstNodeByClass("vtkMRMLScalarVolumeNode")
            if first is not None:
                self._parameterNode.volume = first
        if not self._parameterNode.formats and not self._parameterNode.recipe:
            self._parameterNode.formats = ["stl", "3mf"]

    def setParameterNode(self, parameterNode) -> None:
        """Follow another parameter node, or none."""
        if self._parameterNode is not None:
            self._parameterNode.disconnectGui(self._parameterNodeGuiTag)
            self._parameterNodeGuiTag = None
            if self.hasObserver(self._parameterNode, vtk.vtkCommand.ModifiedEvent, self.onParametersModified):
                self.removeObserver(self._parameterNode, vtk.vtkCommand.ModifiedEvent, self.onParametersModified)
        self._parameterNode = parameterNode
        if self._parameterNode is not None:
            self._parameterNodeGuiTag = self._parameterNode.connectGui(self.ui)
            self.addObserver(self._parameterNode, vtk.vtkCommand.ModifiedEvent, self.onParametersModified)
        if self.panel is not None:
            self.panel.set_parameters(parameterNode)

    def onParametersModified(self, caller=None, event=None) -> None:
        """Show what changed in the scene."""
        self.panel.on_parameters_changed()

    def onReload(self) -> None:
        """Reload the library and the panel's parts as well; Slicer itself reloads this file only."""
        if self.panel is not None:
            self.panel.stop()
        for name in [name for name in sys.modules if name.split(".")[0] in (LIBRARY, PANEL)]:
            del sys.modules[name]
        ScriptedLoadableModuleWidget.onReload(self)


class PrintPrepLogic(ScriptedLoadableModuleLogic):
    """What works without the panel."""

    def getParameterNode(self):
        """Return the typed view of the module's parameter node."""
        return PrintPrepParameterNode(super().getParameterNode())

    def process(self, volumeNode, recipe, segmentationNode=None, segmentIds=(), study=None, timeout=3600.0):
        """Run a recipe on a scan in a process of its own and wait for it.

        :param volumeNode: the scan.
        :param recipe: of PrintPrepLib.workflow.recipe.
        :param segmentationNode: ready segments in place of the recipe's threshold.
        :param segmentIds: which of them.
        :param study: takes the results; a new one when left out.
        :param timeout: seconds.
        :return: the study.
        """
        from PrintPrepPanel import work

        from PrintPrepLib.jobs import Job
        from PrintPrepLib.mrml import create_study

        prepared = work.prepare(volumeNode, segmentationNode, segmentIds, recipe)
        job = Job(prepared.words, folder=prepared.folder)
        try:
            state = job.wait(timeout)
            if state.error:
                raise RuntimeError(state.error)
            if study is None:
                study = create_study(slicer.mrmlScene, segmentation_node=segmentationNode, volume_node=volumeNode)
            work.take_over(study, prepared)
        finally:
            job.close()
        return study


class PrintPrepTest(ScriptedLoadableModuleTest):
    """Runs inside Slicer: Testing/Python/PrintPrepSelfTest.py has the whole walk."""

    def setUp(self):
        """Start from an empty scene."""
        slicer.mrmlScene.Clear()

    def runTest(self):
        """Run everything."""
        self.setUp()
        self.test_phantom_to_checked_model()

    def test_phantom_to_checked_model(self):
        """Load the phantom, run the bone recipe, and find a closed model."""
        from PrintPrepLib.mrml import load_record, results
        from PrintPrepLib.workflow.recipe import load_preset

        self.delayDisplay("Making the phantom")
        volume = makePhantom()
        self.delayDisplay("Running the recipe")
        study = PrintPrepLogic().process(volume, load_preset("bone"))
        last = results(study)[-1]
        self.assertEqual(last.role, "model")
        self.assertGreater(last.node.GetPolyData().GetNumberOfPolys(), 1000)
        record = load_record(study)
        self.assertTrue(any(one["code"] == "open-edges" and one["severity"] == "pass" for one in record["findings"]))
        self.delayDisplay("Test passed")
