"""The scan and its review, the segmentation and its segments, the threshold in the slices."""

from __future__ import annotations

from typing import Any

import qt
import slicer
from slicer.i18n import tr as _

from . import work
from .sections import section_state
from .tables import PlaceTable, fill_findings
from .texts import section_number, set_text
from .views import ThresholdPreview


class ScanSection:
    """The section of the scan."""

    def __init__(self, panel: Any) -> None:
        self._panel = panel
        self.preview = ThresholdPreview()
        self._table = PlaceTable(panel.ui.scanTable, [_("Result"), _("About the scan")], stretch=1)
        panel.ui.dicomButton.connect("clicked(bool)", lambda _on: slicer.util.selectModule("DICOM"))
        panel.ui.reviewButton.connect("clicked(bool)", lambda _on: panel.guarded(self.review))
        panel.ui.previewCheckBox.connect("toggled(bool)", lambda _on: self.update_preview())

    def review(self) -> None:
        """Judge the chosen scan and list what was found."""
        from PrintPrepLib.mrml import volume_from_node
        from PrintPrepLib.scan.review import review

        if self._panel.parameters.volume is None:
            raise work.Refused(_("Choose a scan first, or load one from DICOM."))
        volume = volume_from_node(self._panel.parameters.volume)
        findings = [one.to_dict() for one in (*volume.source.findings, *review(volume))]
        fill_findings(self._table, findings)
        self._panel.sections["scan"].show(section_state([], findings), [], [])
        self._panel.say(_("The scan was reviewed: see section {number}.").format(number=section_number("scan")))

    def update_preview(self) -> None:
        """Show the threshold in the slices, or stop showing it."""
        chosen = self._panel.parameters
        if chosen is None or not self._panel.ui.previewCheckBox.checked or chosen.volume is None:
            self.preview.clear()
            return
        lower, upper = self._panel.segment.bounds()
        if lower is None and upper is None:
            self.preview.clear()
            self._panel.say(_("This preset finds its threshold in the scan itself; it is known after Prepare."))
            return
        self.preview.show(chosen.volume, lower, upper)


class SegmentSection:
    """The section of the segmentation."""

    def __init__(self, panel: Any) -> None:
        self._panel = panel
        self._ids: list[str] = []
        self._filling = False
        panel.ui.editSegmentsButton.connect("clicked(bool)", lambda _on: panel.guarded(self.edit))
        panel.ui.segmentList.connect("itemChanged(QListWidgetItem*)", self._on_ticked)
        panel.ui.segmentationSelector.connect("currentNodeChanged(vtkMRMLNode*)", self._on_segmentation)

    def bounds(self) -> tuple[float | None, float | None]:
        """Return the threshold that the slices shall show, where it is known before the run."""
        from PrintPrepLib.segment.presets import Tissue, preset_of

        row = next((one for one in self._panel.steps.of_section("segment") if one.step.name == "threshold"), None)
        if row is None or not row.ticked:
            return None, None
        lower, upper, word = row.values.get("lower"), row.values.get("upper"), row.values.get("preset")
        if word in {tissue.value for tissue in Tissue}:
            preset = preset_of(Tissue(word))
            lower = preset.lower if lower is None else lower
            upper = (None if preset.open_upper else preset.upper) if upper is None else upper
        return tuple(float(v) if isinstance(v, int | float) else None for v in (lower, upper))  # type: ignore[return-value]

    def edit(self) -> None:
        """Go to the Segment Editor with the chosen segmentation and scan; one is made where there is none."""
        chosen = self._panel.parameters
        if chosen.volume is None:
            raise work.Refused(_("Choose a scan in section {number} first.").format(number=section_number("scan")))
        if chosen.segmentation is None:
            node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode", _("Segmentation"))
            node.CreateDefaultDisplayNodes()
            node.SetReferenceImageGeometryParameterFromVolumeNode(chosen.volume)
            chosen.segmentation = node
        slicer.util.selectModule("SegmentEditor")
        module = getattr(slicer.modules, "SegmentEditorWidget", None)
        if module is not None:  # it exists once the module has been shown
            module.editor.setSegmentationNode(chosen.segmentation)
            module.editor.setSourceVolumeNode(chosen.volume)

    def fill(self) -> None:
        """List the segments of the chosen segmentation."""
        from PrintPrepLib.mrml import SegmentState, list_segments

        ui, chosen = self._panel.ui, self._panel.parameters
        node = None if chosen is None else chosen.segmentation
        self._filling = True
        ui.segmentList.clear()
        self._ids = []
        infos = () if node is None else list_segments(node)
        known = [info.id for info in infos]
        ticked = [one for one in (chosen.segmentIds if chosen is not None else ()) if one in known]
        if not ticked and infos:
            ticked = [info.id for info in infos if info.state is not SegmentState.EMPTY][:1]
        for info in infos:
            words = info.name + (_(" (empty)") if info.state is SegmentState.EMPTY else "")
            item = qt.QListWidgetItem(words)
            item.setFlags(qt.Qt.ItemIsEnabled | qt.Qt.ItemIsUserCheckable)
            item.setCheckState(qt.Qt.Checked if info.id in ticked else qt.Qt.Unchecked)
            ui.segmentList.addItem(item)
            self._ids.append(info.id)
        ui.segmentList.visible = bool(infos)
        if node is None:
            text = _("No segmentation is chosen: the threshold below makes one from the scan.")
        elif not infos:
            text = _("This segmentation has no segment yet. Press 'Edit in Segment Editor' to make one.")
        else:
            text = _("The ticked segments are used as they are; the threshold below is left out.")
        set_text(ui, ui.segmentHint, text)
        self._filling = False
        if chosen is not None and ticked != list(chosen.segmentIds) and node is not None:
            with self._panel.loading(False):
                self._panel.store(segmentIds=ticked)
        for box in self._panel.sections["segment"].boxes:
            if box.row.step.name == "threshold":
                box.widget.enabled = node is None

    def _on_segmentation(self, _node: Any) -> None:
        if self._panel.parameters is not None:
            self.fill()

    def _on_ticked(self, _item: Any) -> None:
        if self._filling:
            return
        items = self._panel.ui.segmentList
        ticked = [one for number, one in enumerate(self._ids) if items.item(number).checkState() == qt.Qt.Checked]
        self._panel.store(segmentIds=ticked)
        self._panel.refresh_buttons()
