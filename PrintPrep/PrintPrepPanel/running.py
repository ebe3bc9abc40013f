"""Prepare, Apply up to here, Check again and Undo: what starts work in a process of its own, and takes its end."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import slicer
from slicer.i18n import tr as _

from . import exporting, packages, work
from .keptstates import KeptStates, went_on_sentence
from .runner import Runner
from .texts import SECTION_NAMES, section_number, step_title

PROGRESS_STEPS = 1000


class Running:
    """At most one run at a time; ``runner`` is the process."""

    def __init__(self, panel: Any, requirements_file: str) -> None:
        self._panel = panel
        self.requirements = requirements_file
        self._after: Callable[[Any], None] | None = None
        self._prepared: work.Prepared | None = None
        self.kept = KeptStates()
        self.runner = Runner(self._on_progress, self._on_end)
        ui = panel.ui
        ui.prepareButton.connect("clicked(bool)", lambda _on: panel.guarded(self.prepare))
        ui.cancelButton.connect("clicked(bool)", lambda _on: self.runner.cancel())
        ui.checkButton.connect("clicked(bool)", lambda _on: panel.guarded(self.check_again))
        for name, section in panel.sections.items():
            if section.apply is not None:
                section.apply.connect("clicked(bool)", self._applier(name))
            if section.undo is not None:
                section.undo.connect("clicked(bool)", self._undoer(name))

    def prepare(self, up_to: str = SECTION_NAMES[-1], *, mesh_steps: int | None = None) -> None:
        """Run the ticked steps up to a section in a process of its own.

        ``mesh_steps`` ends the recipe after so many steps on the surface, for checking the model as it is.
        """
        panel = self._panel
        self.refuse_while_running()
        panel.cut.take_planes()
        panel.workshop.take_marks()
        self.refuse_wrong_values(SECTION_NAMES[: SECTION_NAMES.index(up_to) + 1])
        recipe = panel.steps.recipe(up_to=up_to, mesh_steps=mesh_steps, **panel.choices.case())
        if panel.parameters.volume is None:
            panel.sections["scan"].button.collapsed = False
        packages.ensure(self.requirements)
        panel.say(_("Reading the scan from the scene"))
        chosen = panel.parameters
        with slicer.util.WaitCursor():
            prepared = work.prepare(chosen.volume, chosen.segmentation, list(chosen.segmentIds), recipe)
        self._prepared = prepared
        self.start((*prepared.words, *self.kept.words()), prepared.folder, self._take_over)

    def start(self, words: tuple[str, ...], folder: Path, after: Callable[[Any], None]) -> None:
        """Start a command; ``after`` gets its end unless it was canceled or could not be done."""
        self._after = after
        self.runner.start(words, folder)
        self._on_progress(0.0, _("Starting"))
        self._panel.refresh_buttons()

    def refuse_while_running(self) -> None:
        """Refuse what cannot be done beside a run.

        Raises
        ------
        Refused
            A run is on its way.
        """
        if self.runner.running:
            raise work.Refused(_("PrintPrep is at work already. Wait until it has finished, or press Cancel."))

    def refuse_wrong_values(self, wanted: tuple[str, ...]) -> None:
        """Refuse steps of these sections with values that cannot be used, and open the section.

        Raises
        ------
        Refused
            Names the section and the step.
        """
        wrong = self._panel.steps.problems(wanted)
        if not wrong:
            return
        row, problem = wrong[0]
        button = self._panel.sections[row.section].button
        button.collapsed = False
        raise work.Refused(
            _("Section '{section}', {step}: {problem}").format(
                section=button.text.split("   ")[0], step=step_title(row.step.name), problem=problem
            )
        )

    def check_again(self) -> None:
        """Check the model as it is after a step was taken back."""
        count = self._panel.results.mesh_steps()
        if count == 0:
            raise work.Refused(_("There is no model to check. Press Prepare."))
        self.prepare(mesh_steps=count)

    def stop(self) -> None:
        """End a job at once and forget what was kept: the scene is being closed, or the panel goes away."""
        self.runner.stop()
        self.kept.forget()
        self._after = self._prepared = None
        self._panel.ui.progressBar.visible = False
        self._panel.refresh_buttons()

    def undo(self, name: str) -> None:
        """Take back the last step of a section and what came after it."""
        panel = self._panel
        self.refuse_while_running()
        shown = panel.results.undo(name)
        panel.refresh()
        if shown and name == "segment":
            panel.say(
                _("Taken back. The segmentation is now as it was after '{step}'; no model is made from it yet. Change "
                "the steps of section {number} or untick one, then press 'Apply up to here'.")
                .format(step=step_title(shown.split(" ")[0]), number=section_number("segment"))
            )  # fmt: skip
        elif shown:
            panel.say(
                _("Taken back. The model is now as it was after '{step}'. Press 'Check again' in section "
                "{number} to go on.")
                .format(step=step_title(shown.split(" ")[0]), number=section_number("export"))
            )  # fmt: skip
        else:
            panel.say(_("Taken back. There is no model any more."))

    def _take_over(self, state: Any) -> None:
        from PrintPrepLib.mrml import hashing_once

        assert self._prepared is not None
        panel = self._panel
        panel.cut.collapse()
        study = panel.results.study_for_run()
        panel.shown_study = study.node
        with slicer.util.WaitCursor(), hashing_once():
            work.take_over(study, self._prepared)
            panel.cut.remember(study)
            panel.refresh()
        failed = len(exporting.failures(study))
        if failed:
            text = _("Done, but {count} checks failed: see section {number}.").format(
                count=failed, number=section_number("export")
            )
        else:
            text = _("Done. The model was checked; read section {number} before you export.").format(
                number=section_number("export")
            )
        panel.say(f"{text} {went_on_sentence(state.result)}".strip(), error=bool(failed))

    def _applier(self, name: str) -> Callable[[bool], None]:
        return lambda _on: self._panel.guarded(lambda: self.prepare(name))

    def _undoer(self, name: str) -> Callable[[bool], None]:
        return lambda _on: self._panel.guarded(lambda: self.undo(name))

    def _on_progress(self, fraction: float, text: str) -> None:
        ui = self._panel.ui
        ui.progressBar.visible = True
        ui.progressBar.value = round(PROGRESS_STEPS * fraction)
        self._panel.say(text)

    def _on_end(self, state: Any) -> None:
        panel = self._panel
        panel.ui.progressBar.visible = False
        after, self._after = self._after, None
        try:
            if state.details:
                logging.info("PrintPrep process: %s", state.details)
            if state.cancelled:
                panel.say(_("Canceled. Nothing was changed."))
            elif state.error:
                panel.say(state.error, error=True)
            elif after is not None and panel.parameters is not None:
                panel.guarded(lambda: after(state))
        finally:
            self._prepared = None
            panel.refresh_buttons(running=False)
