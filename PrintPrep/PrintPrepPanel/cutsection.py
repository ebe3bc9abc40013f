"""Section 6: cutting planes in the views, and the parts of a cut model."""

from __future__ import annotations

from typing import Any

import slicer
from slicer.i18n import tr as _

from . import explode, planes, work
from .tables import PlaceTable, fill_parts


class CutSection:
    """The list of planes and the table of parts."""

    def __init__(self, panel: Any) -> None:
        self._panel = panel
        self._table = PlaceTable(panel.ui.partsTable, [_("Part"), _("Volume"), _("Size")], stretch=2)
        panel.ui.addPlaneButton.connect("clicked(bool)", lambda _on: panel.guarded(self.add))
        panel.ui.removePlaneButton.connect("clicked(bool)", lambda _on: panel.guarded(self.remove))
        panel.ui.explodeSlider.connect("valueChanged(int)", self._on_explode)
        panel.ui.planeList.connect("currentRowChanged(int)", lambda _row: self._refresh_buttons())

    def add(self) -> None:
        """Put a plane through the middle of the model."""
        planes.add_plane(slicer.mrmlScene, self._panel.results.shown_node())
        self._panel.sections["cut"].box("cut").tick.checked = True
        self.fill_list()
        self._panel.ui.planeList.currentRow = self._panel.ui.planeList.count - 1
        self._panel.say(
            _("Drag the plane in the views to where the model shall be cut, then press 'Apply up to here'.")
        )

    def remove(self) -> None:
        """Take the chosen plane away."""
        row, there = self._panel.ui.planeList.currentRow, planes.plane_nodes(slicer.mrmlScene)
        if not 0 <= row < len(there):
            raise work.Refused(_("Choose a plane in the list first."))
        planes.remove_plane(there[row])
        self.fill_list()
        if len(there) == 1:
            self._panel.sections["cut"].box("cut").set_value("plane", None)

    def fill_list(self) -> None:
        """List the planes of the scene."""
        widget = self._panel.ui.planeList
        widget.clear()
        for node in planes.plane_nodes(slicer.mrmlScene):
            widget.addItem(node.GetName())
        self._refresh_buttons()

    def take_planes(self) -> None:
        """Write the planes of the scene into the step, so that the recipe says exactly where was cut."""
        box = self._panel.sections["cut"].box("cut")
        if box.row.ticked and planes.plane_nodes(slicer.mrmlScene):
            box.set_value("plane", planes.plane_numbers(slicer.mrmlScene))

    def remember(self, study: Any) -> None:
        """Note where the planes were when the model was cut."""
        from PrintPrepLib.mrml import load_settings, save_settings

        numbers = planes.plane_numbers(slicer.mrmlScene) if self._panel.results.roles()[-1:] == ["parts"] else []
        save_settings(study, {**load_settings(study), work.PLANES: numbers})

    def collapse(self) -> None:
        """Put parts that were pulled apart back into their places."""
        if self._panel.ui.explodeSlider.value:
            self._panel.ui.explodeSlider.value = 0
        explode.collapse(slicer.mrmlScene)

    def _on_explode(self, value: int) -> None:
        final = self._panel.results.final
        if final is not None and final.role == "parts" and all(node.GetScene() is not None for node in final.nodes):
            explode.show(slicer.mrmlScene, final.nodes, value / 100.0)

    def refresh(self) -> None:
        """Show the parts."""
        from PrintPrepLib.mrml import mesh_from_node
        from PrintPrepLib.receipt import measure_mesh

        final = self._panel.results.final
        nodes = list(final.nodes) if final is not None and final.role == "parts" else []
        measures = []
        for node in nodes:
            mesh = mesh_from_node(node)
            measures.append({"volume_ml": measure_mesh(mesh).volume_mm3 / 1000.0, "size_mm": mesh.size_mm.tolist()})
        fill_parts(self._table, nodes, measures)
        self._panel.ui.explodeSlider.enabled = len(nodes) > 1
        self.fill_list()

    def _refresh_buttons(self) -> None:
        self._panel.ui.removePlaneButton.enabled = self._panel.ui.planeList.currentRow >= 0
