"""Cutting planes in the views, and the parts of a cut model."""

from __future__ import annotations

from typing import Any

import slicer
from slicer.i18n import tr as _

from . import explode, planes, work
from .cutpreview import CutPreviews, as_text
from .planetable import PlaneTable
from .tables import PlaceTable, fill_parts
from .texts import set_text

OTHER_WAYS = ("through", "at_mm", "points_mm")
"""Parameters of the step 'cut' that say where; planes in the scene go before them."""


class CutSection:
    """The list of planes with their previews, and the table of parts."""

    def __init__(self, panel: Any) -> None:
        self._panel = panel
        self._here = False
        self._whole = ""  # ids: a node that is held lives on when it is removed from the scene
        self._shown: list[str] = []
        self._cut_at: list[float] | None = None
        self._table = PlaceTable(panel.ui.partsTable, [_("Part"), _("Volume"), _("Size")], stretch=2)
        self._planes = PlaneTable(panel.ui.planesTable, self._on_planes_changed)
        self.previews = CutPreviews(
            wanted=self._wants_preview,
            cut_here=self._is_cut_here,
            model=self._uncut,
            shown=lambda: [node for node in map(slicer.mrmlScene.GetNodeByID, self._shown) if node is not None],
            request=self._request,
            told=self._tell,
            planes_changed=self.fill_list,
        )
        panel.ui.addPlaneButton.connect("clicked(bool)", lambda _on: panel.guarded(self.add))
        panel.ui.removePlaneButton.connect("clicked(bool)", lambda _on: panel.guarded(self.remove))
        panel.ui.explodeSlider.connect("valueChanged(int)", self._on_explode)
        panel.ui.planesTable.connect("itemSelectionChanged()", self._refresh_buttons)
        panel.ui.cutPreviewCheckBox.connect("toggled(bool)", lambda _on: self.previews.sync())
        panel.ui.section_cut.connect("contentsCollapsed(bool)", lambda _on: self.previews.sync())

    # ---- planes ------------------------------------------------------------------------------------------------------
    def add(self) -> None:
        """Put a plane through the middle of the model."""
        node = planes.add_plane(slicer.mrmlScene, self._uncut())
        self._panel.sections["cut"].box("cut").tick.checked = True
        self.fill_list()
        self._planes.choose(node)
        self._on_planes_changed()
        self._panel.say(
            _("Drag the plane in the views to where the model shall be cut, then press 'Apply up to here'.")
        )

    def remove(self) -> None:
        """Take the chosen plane away."""
        node, count = self._planes.chosen, len(planes.plane_nodes(slicer.mrmlScene))
        if node is None:
            raise work.Refused(_("Choose a plane in the list first."))
        planes.remove_plane(node)
        self.fill_list()
        if count == 1:
            self._write({"plane": None, "bound_size_mm": None, "bound_across": None})
        self._on_planes_changed()

    def fill_list(self) -> None:
        """List the planes of the scene."""
        self._planes.fill()
        self.tell_where()
        self._refresh_buttons()

    def tell_where(self) -> None:
        """Say at 'Through' what decides where the model is cut: planes of the scene, numbers, or the user's choice."""
        box = self._panel.sections["cut"].box("cut")
        words = ""
        if planes.plane_nodes(slicer.mrmlScene):
            words = _("the planes above")
        elif box.row.values.get("plane") or box.row.values.get("points_mm"):
            words = _("the numbers in 'More settings'")
        box.editor("through").settle(words)

    def take_planes(self) -> None:
        """Write the planes of the scene into the step, so that the recipe says exactly where was cut."""
        box = self._panel.sections["cut"].box("cut")
        if box.row.ticked and planes.plane_nodes(slicer.mrmlScene):
            self._write({**dict.fromkeys(OTHER_WAYS), **planes.plane_values(slicer.mrmlScene)})

    def _write(self, values: dict[str, Any]) -> None:
        box = self._panel.sections["cut"].box("cut")
        for name, value in values.items():
            if box.row.values.get(name) != value:
                box.set_value(name, value)

    # ---- preview -----------------------------------------------------------------------------------------------------
    def enter(self) -> None:
        """The panel is in sight: previews may be shown."""
        self._here = True

    def leave(self) -> None:
        """The panel is left, or its scene goes: no preview stays, and nothing is followed."""
        self._here = False
        self.previews.stop()

    def _wants_preview(self) -> bool:
        ui = self._panel.ui
        return (
            self._here
            and self._panel.parameters is not None
            and bool(ui.cutPreviewCheckBox.checked)
            and not ui.section_cut.collapsed
            and bool(planes.plane_nodes(slicer.mrmlScene))
            and self._uncut() is not None
        )

    def _look(self) -> None:
        """Note what is in the scene, once a change and not at every move of a plane."""
        from PrintPrepLib.mrml import load_settings

        there = self._panel.results.there()
        whole = [one for one in there if one.role != "parts"]
        self._whole = whole[-1].node.GetID() if whole else ""
        self._shown = [node.GetID() for node in there[-1].nodes] if there else []
        is_cut = bool(there) and there[-1].role == "parts"
        self._cut_at = load_settings(self._panel.results.study).get(work.PLANES) if is_cut else None

    def _uncut(self) -> Any:
        """Return the model that would be cut: the last result that is no set of parts."""
        return slicer.mrmlScene.GetNodeByID(self._whole) if self._whole else None

    def _is_cut_here(self) -> bool:
        """Tell whether the parts in sight were cut by the planes as they are: then they show it themselves."""
        from PrintPrepLib.errors import PrintPrepError

        try:
            return self._cut_at is not None and planes.plane_numbers(slicer.mrmlScene) == self._cut_at
        except PrintPrepError:  # a plane that is not placed yet
            return False

    def _request(self) -> Any:
        from PrintPrepLib.workflow.cut_request import cut_request

        case = self._panel.choices.case()
        values = self._panel.sections["cut"].box("cut").row.values
        return cut_request(values, printer=case.get("printer", ""), material=case.get("material", ""))

    def _tell(self, sentences: dict[str, str]) -> None:
        label = self._panel.ui.cutPreviewLabel
        text = as_text(sentences)
        if label.text != text:
            set_text(self._panel.ui, label, text)
        label.visible = bool(text)

    def _on_planes_changed(self) -> None:
        self.previews.sync()

    # ---- parts -------------------------------------------------------------------------------------------------------
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

        final = self._panel.results.final
        nodes = list(final.nodes) if final is not None and final.role == "parts" else []
        measures = self._told_measures()
        if len(measures) != len(nodes):  # measured here only where the receipts do not tell: it takes long
            meshes = [mesh_from_node(node) for node in nodes]
            measures = [{"volume_ml": one.volume_mm3 / 1000.0, "size_mm": one.size_mm.tolist()} for one in meshes]
        self._look()
        fill_parts(self._table, nodes, measures)
        self._panel.ui.explodeSlider.enabled = len(nodes) > 1
        self.fill_list()
        self.previews.sync()

    def _told_measures(self) -> list[Any]:
        """Return what the last cut's receipt tells of its parts, in their order."""
        told = [one["details"]["parts"] for one in self._panel.results.receipts() if "parts" in one.get("details", {})]
        return list(told[-1]) if told and self._panel.results.roles()[-1:] == ["parts"] else []

    def _refresh_buttons(self) -> None:
        self._panel.ui.removePlaneButton.enabled = self._planes.chosen is not None
