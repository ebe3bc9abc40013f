"""The sections of surface and walls: the surface before and after, and its thin places."""

from __future__ import annotations

from typing import Any

from slicer.i18n import tr as _

from . import work
from .tables import PlaceTable, fill_thin_places
from .texts import section_number, set_text

THICKNESS = "thickness_mm"


class SurfaceSection:
    """The section of the surface."""

    def __init__(self, panel: Any) -> None:
        self._panel = panel
        panel.ui.beforeCheckBox.connect("toggled(bool)", self._on_before)

    def refresh(self) -> None:
        """Offer the switch where there is a surface before smoothing."""
        roles = self._panel.results.roles()
        self._panel.ui.beforeCheckBox.enabled = self._before(roles) is not None
        if self._panel.ui.beforeCheckBox.checked:
            self._panel.ui.beforeCheckBox.checked = False

    def _before(self, roles: list[str]) -> str | None:
        """Return the role right before the first step that smooths or simplifies."""
        first = next((i for i, role in enumerate(roles) if role.split(" ")[0] in ("smooth", "simplify")), 0)
        return roles[first - 1] if first > 0 else None

    def _on_before(self, ticked: bool) -> None:
        from PrintPrepLib.mrml import show_result

        roles = self._panel.results.roles()
        before = self._before(roles)
        if roles and before is not None:
            show_result(self._panel.results.study, before if ticked else roles[-1])


class WallsSection:
    """The section of the walls."""

    def __init__(self, panel: Any) -> None:
        self._panel = panel
        headings = [_("No."), _("Thinnest"), _("Area"), _("What and where")]
        self._table = PlaceTable(panel.ui.thinTable, headings, stretch=3)
        panel.ui.limitEdit.connect("textChanged(QString)", self._on_limit)
        panel.ui.thinButton.connect("clicked(bool)", lambda _on: panel.guarded(self.find))

    def load(self) -> None:
        """Show the limit, and what the printer's process would ask for."""
        chosen = self._panel.parameters
        if chosen is None:
            return
        if self._panel.ui.limitEdit.text != chosen.wallLimit:
            self._panel.ui.limitEdit.text = chosen.wallLimit
        limit = self._of_printer()
        self._panel.ui.limitEdit.placeholderText = (
            _("from the printer: {limit} mm").format(limit=f"{limit:g}") if limit else _("type it, or choose a printer")
        )

    def refresh(self) -> None:
        """Forget thin places of an earlier model."""
        fill_thin_places(self._table, [])
        self._panel.ui.wallsHint.text = ""

    def limit(self) -> float:
        """Return the limit in mm.

        Raises
        ------
        Refused
            None is known, or what was typed is no length.
        """
        text = self._panel.parameters.wallLimit.strip()
        if not text:
            of_printer = self._of_printer()
            if of_printer is None:
                raise work.Refused(
                    _("Type the thinnest wall in section {number}, or choose a printer on top of the panel.").format(
                        number=section_number("walls")
                    )
                )
            return of_printer
        try:
            value = float(text)
        except ValueError:
            value = 0.0
        if not 0.0 < value < 100.0:
            raise work.Refused(
                _("The thinnest wall must be a length in mm, such as 1.2; '{text}' is not.").format(text=text)
            )
        return value

    def find(self) -> None:
        """Measure the walls of the model in a process of its own."""
        node = self._panel.results.shown_node()
        if node is None:
            raise work.Refused(_("There is no model yet. Press Prepare first."))
        self._panel.running.refuse_while_running()
        limit = self.limit()
        folder, file = work.folder_with_mesh(node)
        words = ("thickness", str(file), "--limit", f"{limit:g}")
        self._panel.running.start(words, folder, lambda state: self._found(state, node, limit))

    def _found(self, state: Any, node: Any, limit: float) -> None:
        from PrintPrepLib.mrml import show_scalars

        regions = state.result["regions"]
        fill_thin_places(self._table, regions)
        polydata = node.GetPolyData()
        if polydata is not None and polydata.GetPointData().GetArray(THICKNESS) is not None:
            show_scalars(node, THICKNESS, limit=limit, title=_("Wall thickness"))
        hint = (
            _("Places thinner than {limit} mm: {count}. Click one to see it.")
            if regions
            else _("No place is thinner than {limit} mm.")
        ).format(count=len(regions), limit=f"{limit:g}")
        set_text(self._panel.ui, self._panel.ui.wallsHint, hint)
        section = self._panel.sections["walls"]
        if section.state == "none":  # no step and no check has told of the walls
            section.show("attention" if regions else "done", [], [])
        self._panel.say(_("Walls measured: see section {number}.").format(number=section_number("walls")))

    def _of_printer(self) -> float | None:
        from PrintPrepLib.profiles import printer
        from PrintPrepLib.profiles.processes import process_of

        name = self._panel.parameters.printer
        return float(process_of(printer(name).process).wall_free.value_mm) if name else None

    def _on_limit(self, text: str) -> None:
        self._panel.store(wallLimit=text)
