"""The plan of the print: advice with reasons, ways to lay the model as a table, and one of them as the last step."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import qt
from slicer.i18n import tr as _

from . import packages, work
from .panelwords import in_panel_words
from .sections import section_state
from .tables import PlaceTable
from .texts import SEVERITY_COLORS, set_text

PICTURE = "orientations.png"
PICTURE_PX = 400
"""Width of the picture of the candidates in the panel."""
SUBJECT_PX = 100
"""Width of the column that says what a line of advice is about."""
STEP = "orient"


class PlanSection:
    """What is shown is the plan of the last run, or the one that was asked for by the button, which has candidates."""

    def __init__(self, panel: Any) -> None:
        self._panel = panel
        self._ups: list[list[float]] = []
        ui = panel.ui
        self._advice = PlaceTable(ui.planTable, [_("About"), _("Advice, why, and what would change it")], stretch=1)
        header = ui.planTable.horizontalHeader()
        header.setSectionResizeMode(0, qt.QHeaderView.Fixed)
        header.resizeSection(0, SUBJECT_PX)
        headings = [_("No."), _("Up on the printer"), _("Height"), _("Supports"), _("Touched"), _("Fits"), _("Score")]
        self._ways = PlaceTable(ui.orientTable, headings, stretch=1)
        ui.planButton.connect("clicked(bool)", lambda _on: panel.guarded(self.find))
        ui.layButton.connect("clicked(bool)", lambda _on: panel.guarded(self.lay))
        ui.orientTable.connect("itemSelectionChanged()", panel.refresh_buttons)
        ui.orientPicture.setAlignment(qt.Qt.AlignCenter)

    def refresh(self) -> None:
        """Show the plan that belongs to the model as it is."""
        from PrintPrepLib.mrml import load_record, load_settings

        panel, ui = self._panel, self._panel.ui
        final, study = panel.results.final, panel.results.study
        ui.planOfSelector.clear()
        for node in () if final is None else final.nodes:
            ui.planOfSelector.addItem(node.GetName())
        ui.planOfSelector.visible = ui.planOfSelector.count > 1
        self._show_picture(None)
        kept = load_settings(study).get(work.PLAN) if final is not None else None
        if kept is not None:
            self._show(kept)
            return
        record = load_record(study) if final is not None else None
        told = ((record or {}).get("print_plan") or {}).get("advice")
        self._show({} if told is None else {**told, "advice": told["lines"]})

    def find(self) -> None:
        """Plan the print of the model, or of the chosen part, in a process of its own."""
        panel, ui = self._panel, self._panel.ui
        panel.running.refuse_while_running()
        final = panel.results.final
        if final is None:
            raise work.Refused(_("There is no checked model yet. Press Prepare first."))
        case = panel.choices.case()
        use = known_use(case["use"])
        packages.ensure(panel.running.requirements)
        node = final.nodes[max(ui.planOfSelector.currentIndex, 0)]
        folder, file = work.folder_with_mesh(node)
        words = ["plan", str(file), "--use", use, "--picture", str(folder / PICTURE)]
        for option in ("printer", "material"):
            words += [f"--{option}", case[option]] if case[option] else []
        panel.running.start(tuple(words), folder, lambda state: self._found(state, folder, node))

    def lay(self) -> None:
        """Set the last step so that the model is laid as in the chosen row."""
        panel = self._panel
        row = self._chosen()
        if row is None:
            raise work.Refused(_("Choose a row of the table of orientations first."))
        final = panel.results.final
        if final is not None and final.role == "parts":
            raise work.Refused(
                _("The model is in parts, and each part lies by itself: turn the parts in the slicing program as the "
                  "row says. What is laid here is a model in one piece.")
            )  # fmt: skip
        box = panel.sections["plan"].box(STEP)
        box.tick.checked = True
        box.set_value("up", [round(value, 6) for value in self._ups[row]])
        panel.say(_("The last step lays the model so. Press 'Apply up to here' in this section."))

    def refresh_buttons(self, *, busy: bool) -> None:
        """Enable what can be done now."""
        panel, ui = self._panel, self._panel.ui
        there = panel.results.final is not None
        ui.planButton.enabled = not busy and there
        ui.planButton.toolTip = (
            _("Advise process, material, layer and supports, each with its reason, and rank ways to lay the model.")
            if there
            else _("There is no checked model yet. Press Prepare first.")
        )
        ui.layButton.enabled = not busy and self._chosen() is not None
        ui.layButton.visible = bool(self._ups)

    def _found(self, state: Any, folder: Path, node: Any) -> None:
        from PrintPrepLib.mrml import load_settings, save_settings

        panel = self._panel
        plan = dict(state.result)
        plan["of"] = node.GetName()
        for name in ("output", "written", "picture", "matrix", "matrix_back"):
            plan.pop(name, None)
        study = panel.results.study
        save_settings(study, {**load_settings(study), work.PLAN: plan})
        self._show(plan)
        self._show_picture(folder / PICTURE)
        panel.refresh_buttons()
        panel.say(_("Planned: read the reasons, then choose how the model shall lie."))

    def _show(self, plan: Mapping[str, Any]) -> None:
        """Show a plan as ``printprep plan --json`` gives it; without candidates where a run told it."""
        ui = self._panel.ui
        set_text(ui, ui.planLabel, summary(plan))
        rows, colors = [], []
        for line in plan.get("advice", ()):
            text = [str(line["advice"]), _("Why: {why}").format(why=line["why"])]
            text.append(_("Would change it: {changes}").format(changes=line["changes"]))
            words = in_panel_words("\n".join(text))
            rows.append([("! " if line["warning"] else "") + str(line["subject"]), words])
            colors.append(SEVERITY_COLORS["warn" if line["warning"] else "info"])
        self._advice.fill(rows, [None] * len(rows), colors=colors)
        ways = plan.get("orientation") or {}
        self._show_ways(ways)
        set_text(
            ui,
            ui.orientLabel,
            "<br>".join(in_panel_words(str(word)) for word in (*ways.get("why", ()), *ways.get("warnings", ()))),
        )
        section = self._panel.sections["plan"]
        if rows and section.state == "none":
            told = [{"severity": "warn", "message": word} for word in plan.get("warnings", ())]
            section.show(section_state([], told), [], [])

    def _show_ways(self, ways: Mapping[str, Any]) -> None:
        there: Sequence[Mapping[str, Any]] = list(ways.get("candidates", ()))
        if there and not any(one["name"] == "as it lies" for one in there):
            there = [*there, ways["as_it_lies"]]
        self._ups = [list(one["up"]) for one in there]
        fits = {True: _("yes"), False: _("NO"), None: "–"}
        rows = [
            [
                str(one["number"]),
                f"{one['side']}; {one['name']}",
                f"{one['height_mm']:.0f} mm",
                f"{one['support_space_ml']:.1f} ml",
                f"{one['touched_cm2']:.1f} cm²",
                fits[one["fits"]],
                f"{one['score']['total']:.2f}",
            ]
            for one in there
        ]
        tips = [
            _("Footprint {base} cm², tips over at {angle}°. Supports: space under overhangs. Touched: surface that "
              "supports touch. A lower score is better.")
            .format(base=f"{one['footprint_cm2']:.1f}", angle=f"{one['tip_deg']:.0f}")
            for one in there
        ]  # fmt: skip
        self._ways.fill(rows, [None] * len(rows), tips=tips)

    def _show_picture(self, file: Path | None) -> None:
        label = self._panel.ui.orientPicture
        picture = qt.QPixmap() if file is None else qt.QPixmap(str(file))
        label.visible = not picture.isNull()
        if not picture.isNull():
            label.setPixmap(picture.scaledToWidth(PICTURE_PX, qt.Qt.SmoothTransformation))

    def _chosen(self) -> int | None:
        row = self._panel.ui.orientTable.currentRow()
        return row if 0 <= row < len(self._ups) else None


def known_use(use: str) -> str:
    """Return the library's word for a use.

    Raises
    ------
    Refused
        It has no profile, so that nothing can be advised for it.
    """
    from PrintPrepLib.profiles import use_names

    word = use.strip().lower().replace(" ", "-")
    if word not in use_names():
        known = ", ".join(name.replace("-", " ") for name in use_names())
        raise work.Refused(
            _("A plan needs a use that has a profile, on top of the panel: {known}.").format(known=known)
            if not word
            else _("There is no profile for the use '{use}'. Choose one on top of the panel: {known}.").format(
                use=use.strip(), known=known
            )
        )
    return word


def summary(plan: Mapping[str, Any]) -> str:
    """Say in one line what a plan comes to; empty for none."""
    if not plan:
        return html.escape(_("No plan yet: choose use and printer on top of the panel, and press 'Plan the print'."))
    guess = plan["estimate"]
    parts = _titles(plan)
    parts.append(_("layer {layer} mm").format(layer=f"{plan['layer_mm']:g}"))
    parts.append(_("about {mass} g").format(mass=f"{guess['used_g']:.0f}"))
    if guess.get("hours") is not None:
        parts.append(_("about {hours} h").format(hours=f"{guess['hours']:.1f}"))
    head = _("Plan of '{name}'").format(name=plan["of"]) if plan.get("of") else _("Plan")
    fits = "" if plan.get("fits") is not False else " " + _("It does not fit the printer.")
    return (
        f"<b>{html.escape(head)}:</b> {html.escape(', '.join(parts))}.{html.escape(fits)}<br>"
        f"<i>{html.escape(str(plan['limits']))}</i>"
    )


def _titles(plan: Mapping[str, Any]) -> list[str]:
    """Return process, printer and material as people call them."""
    from PrintPrepLib.profiles import material_of, printer, process_of

    known = (("process", process_of), ("printer", printer), ("material", material_of))
    return [str(title_of(plan[key]).title) for key, title_of in known if plan.get(key)]
