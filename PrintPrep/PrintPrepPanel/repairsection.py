"""Repair and fragments: the pieces of the model, its holes, and what became of each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from slicer.i18n import tr as _

from . import work
from .tables import PlaceTable, fill_fragments, fill_holes
from .texts import set_text

RULES = ("keep", "keep_count", "min_volume_mm3", "point_mm", "points_mm")
"""Parameters of the step 'fragments' that say which pieces stay; ticks set them all."""


class RepairSection:
    """Two tables: fragments (a tick keeps one) and holes."""

    def __init__(self, panel: Any) -> None:
        self._panel = panel
        headings = [_("Keep"), _("Volume"), _("Size"), _("Distance")]
        self._table = PlaceTable(panel.ui.fragmentsTable, headings, stretch=2)
        self._table.on_tick(lambda: panel.guarded(self._on_ticked))
        headings = [_("No."), _("Diameter"), _("Area"), _("Edges"), _("Piece"), _("State and place")]
        self._holes = PlaceTable(panel.ui.holesTable, headings, stretch=5)
        self._fragments: list[Mapping[str, Any]] = []
        self._ticks: list[bool] = []

    def refresh(self) -> None:
        """List the pieces and the holes that the last run found."""
        self._refresh_fragments()
        self._refresh_holes()

    def _refresh_fragments(self) -> None:
        receipts = [one for one in self._panel.results.receipts() if one["operation"] == "fragments"]
        details = receipts[-1].get("details", {}) if receipts else {}
        self._fragments = list(details.get("fragments", ()))
        self._ticks = [bool(one["kept"]) for one in self._fragments]
        fill_fragments(self._table, self._fragments, self._ticks)
        total = int(details.get("fragments_total", 0))
        hint = (
            _("{count} pieces were found. Click one to see it; tick what shall stay, then press 'Apply up to here'.")
            .format(count=total)
            if total > 1
            else ""
        )  # fmt: skip
        if total > len(self._fragments):
            hint += " " + _(
                "Only the largest {count} are listed; the others stay only if every piece is ticked."
            ).format(count=len(self._fragments))
        set_text(self._panel.ui, self._panel.ui.fragmentsHint, hint)
        self._panel.ui.fragmentsHint.visible = total > 1

    def _refresh_holes(self) -> None:
        from PrintPrepLib.surface.holelist import holes_of_receipts

        ui, results = self._panel.ui, self._panel.results
        receipts = [one for result in results.there() for one in result.receipts]
        rows, total = holes_of_receipts(receipts, results.open_holes)
        fill_holes(self._holes, rows)
        hint = ""
        if total:
            hint = _("Holes that were found: {count}. Click one to see the place.").format(count=total)
            if total > len(rows):
                hint += " " + _("The largest {count} are listed.").format(count=len(rows))
        elif receipts:
            hint = self._no_hole(receipts)
        set_text(ui, ui.holesHint, hint)
        ui.holesHint.visible = bool(hint)

    def _no_hole(self, receipts: list[Mapping[str, Any]]) -> str:
        measured = [one["after"] for one in receipts if (one.get("after") or {}).get("open_edges") is not None]
        if not measured:
            return ""
        open_edges = int(measured[-1]["open_edges"])
        if open_edges == 0:
            return _("✓ No hole: every edge of the surface belongs to two triangles.")
        return _(
            "The surface is open at {count} edges. Tick 'Repair' or 'Close holes' and press 'Apply up to here'."
        ).format(count=open_edges)

    def _on_ticked(self) -> None:
        ticked = self._table.ticked()
        box = self._panel.sections["repair"].box("fragments")
        rule: dict[str, Any] = dict.fromkeys(RULES)
        if not ticked:
            fill_fragments(self._table, self._fragments, self._ticks)
            raise work.Refused(_("At least one piece must stay. Tick another one before you untick this."))
        if len(ticked) == len(self._fragments):
            rule["keep"] = "all"
        elif ticked == list(range(len(ticked))):
            rule["keep_count"] = len(ticked)
        else:
            rule["points_mm"] = [float(value) for number in ticked for value in self._fragments[number]["at_mm"]]
        self._ticks = [number in ticked for number in range(len(self._fragments))]
        box.tick.checked = True
        for name, value in rule.items():
            box.set_value(name, value)
        self._panel.say(_("Kept pieces are changed. Press 'Apply up to here' below, or Prepare."))
