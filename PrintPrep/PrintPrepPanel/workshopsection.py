"""The workshop: what is marked in the views, lengths to measure, and the list of what was done."""

from __future__ import annotations

from typing import Any

import slicer
from slicer.i18n import tr as _

from . import lengths, picks, work
from .madelist import LEAVE, Made, made_rows
from .pickfollower import PickFollower
from .pickrows import PickTools
from .steplist import Row
from .tables import PlaceTable
from .texts import SEVERITY_COLORS, set_text


class WorkshopSection:
    """Marks of all sections, and the tables of the workshop."""

    def __init__(self, panel: Any) -> None:
        self._panel = panel
        self._rows: list[Made] = []
        self._here = False
        ui = panel.ui
        headings = [_("Done"), _("Step"), _("What, how large, where")]
        self._made = PlaceTable(ui.madeTable, headings, stretch=2)
        self._made.on_tick(lambda: panel.guarded(self._on_ticked))
        self._lengths = PlaceTable(ui.lengthsTable, [_("Length"), _("Distance")], stretch=0)
        self._follower = PickFollower(self._on_marks)
        self.tools = PickTools(
            model=self._around,
            written=self._write,
            told=panel.say,
            changed=self._sync,
            guarded=panel.guarded,
        )
        ui.addLengthButton.connect("clicked(bool)", lambda _on: self.add_length())
        ui.removeLengthButton.connect("clicked(bool)", lambda _on: panel.guarded(self.remove_length))

    # ---- marks -------------------------------------------------------------------------------------------------------
    def enter(self) -> None:
        """The panel is in sight: follow what is marked."""
        self._here = True
        self._sync()

    def leave(self) -> None:
        """The panel is left, or its scene goes."""
        self._here = False
        self._follower.stop()
        picks.stop_placing()

    def take_marks(self) -> None:
        """Write what is marked in the scene into the steps and the recipe."""
        for section in self._panel.sections.values():
            for box in section.boxes:
                for one in box.picks:
                    one.take()
        self._take_lengths()

    def _around(self) -> Any:
        """Return what a new plane is put through: the model, or the scan while there is none."""
        return self._panel.results.shown_node() or self._panel.parameters.volume

    def _sync(self) -> None:
        if self._here:
            self._follower.sync()

    def _on_marks(self) -> None:
        if self._panel.parameters is not None:
            self.take_marks()
            self._fill_lengths()

    def _write(self, row: Row, parameter: str, value: Any) -> None:
        for box in self._panel.sections[row.section].boxes:
            if box.row is row:
                box.set_value(parameter, value, from_views=True)

    # ---- lengths -----------------------------------------------------------------------------------------------------
    def add_length(self) -> None:
        """Add a line, to be placed with two clicks."""
        scene = slicer.mrmlScene
        if not lengths.length_nodes(scene):
            for pair in self._panel.steps.calipers:  # those of a recipe become lines as well
                lengths.add_length(scene, pair)
        node = lengths.add_length(scene)
        self._sync()
        picks.start_placing(node, several=False)
        self._fill_lengths()
        self._panel.say(_("Click both ends of the length on the model. Rename it in the Markups module."))

    def remove_length(self) -> None:
        """Take the chosen length away."""
        row = self._panel.ui.lengthsTable.currentRow()
        nodes = [node for node in lengths.length_nodes(slicer.mrmlScene) if self._is_placed(node)]
        if row < 0 or row >= max(len(nodes), len(self._panel.steps.calipers)):
            raise work.Refused(_("Choose a length in the list first."))
        if row < len(nodes):
            picks.stop_placing()
            lengths.remove_length(nodes[row])
            if not lengths.length_nodes(slicer.mrmlScene):
                self._set_lengths(())
        else:
            kept = list(self._panel.steps.calipers)
            del kept[row]
            self._set_lengths(tuple(kept))
        self._sync()
        self._take_lengths()
        self._fill_lengths()

    def _take_lengths(self) -> None:
        if lengths.length_nodes(slicer.mrmlScene):
            self._set_lengths(lengths.lengths(slicer.mrmlScene))

    def _set_lengths(self, pairs: tuple[Any, ...]) -> None:
        if pairs != self._panel.steps.calipers:
            self._panel.steps.calipers = pairs
            self._panel.on_steps_changed()

    def _fill_lengths(self) -> None:
        pairs = self._panel.steps.calipers
        rows, places = [], []
        for pair in pairs:
            far = sum((b - a) ** 2 for a, b in zip(pair.from_mm, pair.to_mm, strict=True)) ** 0.5
            rows.append([pair.name, f"{far:.1f} mm"])
            places.append(pair.from_mm)
        self._lengths.fill(rows, places)
        self._panel.ui.removeLengthButton.enabled = bool(rows)

    @staticmethod
    def _is_placed(node: Any) -> bool:
        from PrintPrepLib.mrml import length_of_node

        return length_of_node(node) is not None

    # ---- what was done -----------------------------------------------------------------------------------------------
    def refresh(self) -> None:
        """List what the last run did."""
        self._rows = made_rows(self._panel.results.receipts())
        self._fill_made()
        self._fill_lengths()

    def _fill_made(self) -> None:
        rows, ui = self._rows, self._panel.ui
        self._made.fill(
            [one.cells() for one in rows],
            [one.place for one in rows],
            colors=[SEVERITY_COLORS[one.severity] for one in rows],
            ticks=[one.tick for one in rows],
        )
        text = ""
        if rows:
            text = _("What was added or changed on purpose, and what was left. Click a row to see the place.")
            if any(one.tick is not None for one in rows):
                text += " " + _("Untick what shall stay as it was, then press 'Apply up to here'.")
            if {"mirror", "scale"} & {str(one["operation"]) for one in self._panel.results.receipts()}:
                text += " " + _("Places of steps before the mirror or the scale are where the model lay then.")
        set_text(ui, ui.madeHint, text)
        ui.madeHint.visible = bool(text)

    def _on_ticked(self) -> None:
        ticked = set(self._made.ticked())
        for step in ("solid", "details"):
            own = [(number, one) for number, one in enumerate(self._rows) if one.step == step and one.tick is not None]
            if not own:
                continue
            left = [float(value) for number, one in own if number not in ticked for value in one.place or ()]
            self._panel.sections["workshop"].box(step).set_value(LEAVE, left or None)
        self._panel.say(_("What is changed was chosen anew. Press 'Apply up to here' below, or Prepare."))
