"""The separate pieces of the segmentation: listed, shown by a click, kept by a tick."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import slicer
from slicer.i18n import tr as _

from . import packages, work
from .tables import PlaceTable, volume_text
from .texts import place_text, section_number, set_text

STEP = "islands"
RULES = ("keep", "keep_count", "min_volume_mm3", "seed_mm", "seeds_mm")
"""Parameters of the step that say which pieces stay; ticks set them all."""


class IslandSection:
    """The list is that of the last run, or of the button, which segments without making a model."""

    def __init__(self, panel: Any) -> None:
        self._panel = panel
        headings = [_("Keep"), _("Volume"), _("Share"), _("Distance"), _("Place (mm)")]
        self._table = PlaceTable(panel.ui.islandsTable, headings, stretch=4)
        self._table.on_tick(lambda: panel.guarded(self._on_ticked))
        self._pieces: Mapping[str, Any] = {}
        self._ticks: list[bool] = []
        self._made_by: Any = None
        panel.ui.islandsButton.connect("clicked(bool)", lambda _on: panel.guarded(self.find))

    def find(self) -> None:
        """Segment in a process of its own as far as the islands step, and list the pieces."""
        from PrintPrepLib.mrml import words_for_pieces

        panel = self._panel
        panel.running.refuse_while_running()
        panel.running.refuse_wrong_values(("segment",))
        recipe = panel.steps.recipe(up_to="segment", **panel.choices.case())
        packages.ensure(panel.running.requirements)
        chosen = panel.parameters
        with slicer.util.WaitCursor():
            prepared = work.prepare(chosen.volume, chosen.segmentation, list(chosen.segmentIds), recipe)
        made_by = self._steps_before()
        words = (*words_for_pieces(prepared.words), *panel.running.kept.words())
        panel.running.start(words, prepared.folder, lambda state: self._found(state.result, made_by))

    def refresh(self) -> None:
        """List the pieces that the last run found."""
        receipts = [one for one in self._panel.results.receipts() if one["operation"] == STEP]
        pieces = receipts[-1].get("details", {}).get("pieces", {}) if receipts else {}
        if pieces and pieces != self._pieces:
            self._made_by = self._steps_before()
        if pieces or self._panel.results.study is None:
            self._take(pieces)
        self._fill()

    def tell_changes(self) -> None:
        """Say above the list when it no longer belongs to the steps."""
        ui = self._panel.ui
        set_text(ui, ui.islandsHint, self._hint())
        ui.islandsHint.visible = bool(self._pieces)

    def _found(self, result: Mapping[str, Any], made_by: Any) -> None:
        self._made_by = made_by
        self._take(result["pieces"])
        self._fill()
        self._panel.say(
            _("Pieces listed: see section {number}. Click one to see it, tick what shall stay.").format(
                number=section_number("segment")
            )
        )

    def _take(self, pieces: Mapping[str, Any]) -> None:
        self._pieces = pieces
        self._ticks = [bool(one.get("kept", True)) for one in pieces.get("listed", ())]

    def _fill(self) -> None:
        listed: Sequence[Mapping[str, Any]] = self._pieces.get("listed", ())
        total_mm3 = 1000.0 * float(self._pieces.get("total_ml", 0.0))
        rows = [
            [
                str(number),
                volume_text(one["volume_mm3"]),
                f"{100.0 * one['volume_mm3'] / total_mm3:.2f} %",
                f"{one['distance_to_main_mm']:.1f} mm" if number > 1 else "–",
                place_text(one["at_mm"]),
            ]
            for number, one in enumerate(listed, 1)
        ]
        self._table.fill(rows, [one["at_mm"] for one in listed], ticks=self._ticks)
        self.tell_changes()

    def _hint(self) -> str:
        if not self._pieces:
            return ""
        if self._made_by != self._steps_before():
            return _("The scan, the segments or the steps above were changed since: press 'List the pieces' again.")
        text = _(
            "Separate pieces: {count}, of which {kept} listed ones are ticked to stay. Click one to see it; change the "
            "ticks, then press 'Apply up to here'. Distances are from the largest piece."
        ).format(count=self._pieces["count"], kept=len(self._table.ticked()))
        rest = int(self._pieces.get("not_listed_count", 0))
        if rest:
            text += " " + _(
                "{count} smaller ones ({volume} together) are not listed; they stay only if every piece is ticked."
            ).format(count=rest, volume=volume_text(1000.0 * self._pieces["not_listed_ml"]))
        return text

    def _on_ticked(self) -> None:
        listed = self._pieces["listed"]
        ticked = self._table.ticked()
        rule: dict[str, Any] = dict.fromkeys(RULES)
        if not ticked:  # the last valid ticks are shown again
            self._fill()
            raise work.Refused(_("At least one piece must stay. Tick another one before you untick this."))
        if len(ticked) == len(listed):
            rule["keep"] = "all"
        elif ticked == [0]:
            rule["keep"] = "largest"
        else:
            rule["seeds_mm"] = [float(value) for number in ticked for value in listed[number]["at_mm"]]
        self._ticks = [number in ticked for number in range(len(listed))]
        box = self._panel.sections["segment"].box(STEP)
        box.tick.checked = True
        for name, value in rule.items():
            box.set_value(name, value)
        self.tell_changes()
        self._panel.say(_("Kept pieces are changed. Press 'Apply up to here' below, or Prepare."))

    def _steps_before(self) -> Any:
        """Return what the pieces are made from, to be compared."""
        chosen, rows = self._panel.parameters, self._panel.steps.of_section("segment")
        if chosen is None:
            return None
        before = []
        for row in rows:
            if row.step.name == STEP:
                break
            ready = chosen.segmentation is not None and row.step.name == "threshold"
            if row.ticked and not ready:
                before.append((row.step.name, dict(row.values)))
        nodes = [node.GetID() for node in (chosen.volume, chosen.segmentation) if node is not None]
        segments = list(chosen.segmentIds) if chosen.segmentation is not None else []
        return nodes, segments, before
