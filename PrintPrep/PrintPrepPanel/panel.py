"""The panel: its widgets, what they say to the parameter node, and what happens when they are clicked."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import slicer
from slicer.i18n import tr as _

from . import exporting, packages, work
from .cutsection import CutSection
from .results import Results
from .runner import Runner
from .scansection import ScanSection, SegmentSection
from .sections import Section
from .steplist import StepList
from .surfacesections import RepairSection, SurfaceSection, WallsSection
from .texts import SECTION_NAMES, set_text, step_title

FIRST_PRESET = "bone"
PROGRESS_STEPS = 1000
ERROR_COLOR = "#c0392b"


class Panel:
    """Wires the widgets of ``PrintPrep.ui``. ``parameters`` is None while the scene is closed or the panel left."""

    def __init__(self, ui: Any, requirements_file: str) -> None:
        from PrintPrepLib.workflow.recipe import load_preset, preset_names

        self.ui = ui
        self.parameters: Any = None
        self.steps = StepList(load_preset(FIRST_PRESET))
        self._requirements = requirements_file
        self._loading = True
        self._shown_study: Any = None
        self._exported = ""
        self._presets = preset_names()
        self._after: Callable[[Any], None] | None = None
        self._prepared: work.Prepared | None = None
        self.runner = Runner(self._on_progress, self._on_end)
        self.sections = {name: Section(name, ui) for name in SECTION_NAMES}
        self.results = Results(self)
        self.scan = ScanSection(self)
        self.segment = SegmentSection(self)
        self.surface = SurfaceSection(self)
        self.repair = RepairSection(self)
        self.walls = WallsSection(self)
        self.cut = CutSection(self)
        self._fill_choices()
        self._connect()
        self._build_steps()
        self._loading = False

    # ---- parameter node ----------------------------------------------------------------------------------------------
    def set_parameters(self, parameters: Any) -> None:
        """Show another parameter node; None when there is none."""
        self.parameters = parameters
        if parameters is None:
            self.scan.preview.clear()
            self.cut.leave()
            return
        self.cut.enter()
        self._load()
        self._shown_study = parameters.study
        self.refresh()

    def on_parameters_changed(self) -> None:
        """Show what changed in the parameter node, for example by loading a scene."""
        if self.parameters is not None and not self._loading:
            self._load()
            if self.parameters.study is not self._shown_study:
                self._on_study()
            self.scan.update_preview()
            self.refresh_buttons()

    def _load(self) -> None:
        from PrintPrepLib.errors import PrintPrepError
        from PrintPrepLib.workflow.recipe import load_preset, parse_recipe

        self._loading = True
        try:
            stored = self.parameters
            if stored.recipe and stored.recipe != self._recipe_text():
                try:
                    self._take_recipe(parse_recipe(stored.recipe, _("the steps in this scene")))
                except PrintPrepError as error:
                    self.say(str(error), error=True)
            elif not stored.recipe:
                self._take_recipe(load_preset(stored.preset if stored.preset in self._presets else FIRST_PRESET))
            self.ui.presetSelector.currentIndex = (
                max(0, list(self._presets).index(stored.preset)) if (stored.preset in self._presets) else 0
            )
            if self.ui.useEdit.text != stored.use:
                self.ui.useEdit.text = stored.use
            self.ui.printerSelector.currentIndex = (
                max(0, self._printers.index(stored.printer)) if (stored.printer in self._printers) else 0
            )
            self._fill_materials()
            for name in exporting.FORMATS:
                getattr(self.ui, f"format_{name}").checked = name in stored.formats
            if self.ui.folderEdit.currentPath != stored.outputFolder:
                self.ui.folderEdit.currentPath = stored.outputFolder
            self.walls.load()
            self.segment.fill()
            self.cut.fill_list()
        finally:
            self._loading = False

    def _on_study(self) -> None:
        """Another study was chosen: its scan and segmentation come with it."""
        study = self.results.study
        self._shown_study = self.parameters.study
        if study is not None:
            self.store(volume=study.volume_node or self.parameters.volume, segmentation=study.segmentation_node)
            self._load()
        self.refresh()

    def store(self, **values: Any) -> None:
        """Write values into the parameter node, without being told of it."""
        if self.parameters is None or self._loading:
            return
        self._loading = True
        try:
            for name, value in values.items():
                setattr(self.parameters, name, value)
        finally:
            self._loading = False

    # ---- steps -------------------------------------------------------------------------------------------------------
    def _build_steps(self) -> None:
        for section in self.sections.values():
            section.build(self.steps, self.on_steps_changed)

    def _take_recipe(self, recipe: Any) -> None:
        self.steps = StepList(recipe)
        self._build_steps()

    def _recipe_text(self) -> str:
        from PrintPrepLib.errors import PrintPrepError

        try:
            return str(self.steps.recipe(**self.case()).to_toml())
        except PrintPrepError:
            return ""

    def case(self) -> dict[str, Any]:
        """Return what the recipe says about the case and the printer."""
        chosen = self.parameters
        if chosen is None:
            return {}
        return {"use": chosen.use.strip(), "printer": chosen.printer, "material": chosen.material}

    def on_steps_changed(self) -> None:
        """Keep the steps in the scene; what cannot be kept yet (a half typed number) stays on the screen."""
        if self._loading:
            return
        text = self._recipe_text()
        if text:
            self.store(recipe=text)
        self.scan.update_preview()
        self.cut.previews.sync()
        self.refresh_buttons()

    # ---- connections -------------------------------------------------------------------------------------------------
    def _fill_choices(self) -> None:
        from PrintPrepLib.profiles import printers

        for name in self._presets:
            self.ui.presetSelector.addItem(name.replace("-", " ").capitalize())
        self._printers = ["", *(printer.name for printer in printers())]
        self.ui.printerSelector.addItem(_("not chosen"))
        for printer in printers():
            self.ui.printerSelector.addItem(printer.title)
        self._materials = [""]

    def _fill_materials(self) -> None:
        from PrintPrepLib.profiles import printer
        from PrintPrepLib.profiles.fits import fit_materials

        chosen = "" if self.parameters is None else self.parameters.printer
        known = list(fit_materials(printer(chosen).process)) if chosen in self._printers[1:] else []
        self._materials = ["", *known]
        was, self._loading = self._loading, True
        self.ui.materialSelector.clear()
        self.ui.materialSelector.addItem(_("not chosen"))
        for name in known:
            self.ui.materialSelector.addItem(name.upper())
        material = "" if self.parameters is None else self.parameters.material
        self.ui.materialSelector.currentIndex = self._materials.index(material) if material in self._materials else 0
        self._loading = was

    def _connect(self) -> None:
        ui = self.ui
        ui.presetSelector.connect("currentIndexChanged(int)", self._on_preset)
        ui.printerSelector.connect("currentIndexChanged(int)", self._on_printer)
        ui.materialSelector.connect("currentIndexChanged(int)", self._on_material)
        ui.useEdit.connect("textChanged(QString)", self._on_use)
        for name in exporting.FORMATS:
            getattr(ui, f"format_{name}").connect("toggled(bool)", self._on_formats)
        ui.loadStepsButton.connect("clicked(bool)", lambda _on: self.guarded(self._load_steps))
        ui.saveStepsButton.connect("clicked(bool)", lambda _on: self.guarded(self._save_steps))
        ui.prepareButton.connect("clicked(bool)", lambda _on: self.guarded(self.prepare))
        ui.cancelButton.connect("clicked(bool)", lambda _on: self.runner.cancel())
        ui.checkButton.connect("clicked(bool)", lambda _on: self.guarded(self.check_again))
        ui.exportButton.connect("clicked(bool)", lambda _on: self.guarded(self._export))
        ui.anywayCheckBox.connect("toggled(bool)", lambda _on: self.refresh_buttons())
        ui.reasonEdit.connect("textChanged(QString)", lambda _text: self.refresh_buttons())
        ui.folderEdit.connect("currentPathChanged(QString)", self._on_folder)
        for name, section in self.sections.items():
            if section.apply is not None:
                section.apply.connect("clicked(bool)", self._applier(name))
                section.undo.connect("clicked(bool)", self._undoer(name))

    def _applier(self, name: str) -> Callable[[bool], None]:
        return lambda _on: self.guarded(lambda: self.prepare(name))

    def _undoer(self, name: str) -> Callable[[bool], None]:
        return lambda _on: self.guarded(lambda: self._undo(name))

    def _on_preset(self, index: int) -> None:
        from PrintPrepLib.workflow.recipe import load_preset

        if self._loading or not 0 <= index < len(self._presets):
            return
        recipe = load_preset(self._presets[index])
        self._take_recipe(recipe)
        self.store(preset=self._presets[index], use=recipe.use)
        self._loading = True
        self.ui.useEdit.text = recipe.use
        self._loading = False
        self.on_steps_changed()
        self.segment.fill()

    def _on_printer(self, index: int) -> None:
        if self._loading or not 0 <= index < len(self._printers):
            return
        self.store(printer=self._printers[index], material="")
        self._fill_materials()
        self.walls.load()
        self.on_steps_changed()

    def _on_material(self, index: int) -> None:
        if not self._loading and 0 <= index < len(self._materials):
            self.store(material=self._materials[index])
            self.on_steps_changed()

    def _on_use(self, text: str) -> None:
        self.store(use=text)
        self.on_steps_changed()

    def _on_folder(self, path: str) -> None:
        self.store(outputFolder=path)
        self.refresh_buttons()

    def _on_formats(self, _ticked: bool) -> None:
        ticked = [name for name in exporting.FORMATS if getattr(self.ui, f"format_{name}").checked]
        self.store(formats=ticked)
        self.refresh_buttons()

    # ---- what the buttons do -----------------------------------------------------------------------------------------
    def guarded(self, action: Callable[[], None]) -> None:
        """Do what a button asks for; what is refused, or what the library says, is told in the panel."""
        from PrintPrepLib.errors import PrintPrepError

        try:
            action()
        except (work.Refused, packages.PackagesMissing, PrintPrepError) as error:
            self.say(str(error), error=True)

    def prepare(self, up_to: str = SECTION_NAMES[-1], *, mesh_steps: int | None = None) -> None:
        """Run the ticked steps up to a section in a process of its own.

        ``mesh_steps`` ends the recipe after so many steps on the surface, for checking the model as it is.
        """
        if self.runner.running:
            raise work.Refused(_("PrintPrep is at work already. Wait until it has finished, or press Cancel."))
        self.cut.take_planes()
        wanted = SECTION_NAMES[: SECTION_NAMES.index(up_to) + 1]
        wrong = self.steps.problems(wanted)
        if wrong:
            row, problem = wrong[0]
            self.sections[row.section].button.collapsed = False
            raise work.Refused(
                _("Section '{section}', {step}: {problem}").format(
                    section=self.sections[row.section].button.text.split("   ")[0],
                    step=step_title(row.step.name),
                    problem=problem,
                )
            )
        recipe = self.steps.recipe(up_to=up_to, mesh_steps=mesh_steps, **self.case())
        if self.parameters.volume is None:
            self.sections["scan"].button.collapsed = False
        packages.ensure(self._requirements)
        self.say(_("Reading the scan from the scene"))
        chosen = self.parameters
        with slicer.util.WaitCursor():
            prepared = work.prepare(chosen.volume, chosen.segmentation, list(chosen.segmentIds), recipe)
        self._prepared = prepared
        self.start(prepared.words, prepared.folder, self._take_over)

    def start(self, words: tuple[str, ...], folder: Path, after: Callable[[Any], None]) -> None:
        """Start a command; ``after`` gets its end unless it was canceled or could not be done."""
        self._after = after
        self.runner.start(words, folder)
        self._on_progress(0.0, _("Starting"))
        self.refresh_buttons()

    def check_again(self) -> None:
        """Check the model as it is after a step was taken back."""
        count = self.results.mesh_steps()
        if count == 0:
            raise work.Refused(_("There is no model to check. Press Prepare."))
        self.prepare(mesh_steps=count)

    def _take_over(self, _state: Any) -> None:
        from PrintPrepLib.mrml import hashing_once

        assert self._prepared is not None
        self.cut.collapse()
        study = self.results.study_for_run()
        self._shown_study = study.node
        with slicer.util.WaitCursor(), hashing_once():
            work.take_over(study, self._prepared)
            self.cut.remember(study)
            self.refresh()
        failed = len(exporting.failures(study))
        if failed:
            self.say(_("Done, but {count} checks failed: see section 7.").format(count=failed), error=True)
        else:
            self.say(_("Done. The model was checked; read section 7 before you export."))

    def _undo(self, name: str) -> None:
        if self.runner.running:
            raise work.Refused(_("PrintPrep is at work. Wait until it has finished, or press Cancel."))
        shown = self.results.undo(name)
        self.refresh()
        if shown:
            self.say(
                _("Taken back. The model is now as it was after '{step}'. Press 'Check again' in section 7 to go on.")
                .format(step=step_title(shown.split(" ")[0]))
            )  # fmt: skip
        else:
            self.say(_("Taken back. There is no model any more."))

    def _load_steps(self) -> None:
        import qt

        from PrintPrepLib.workflow.recipe import load_recipe

        path = qt.QFileDialog.getOpenFileName(slicer.util.mainWindow(), _("Load steps"), "", _("Recipes") + " (*.toml)")
        if not path:
            return
        recipe = load_recipe(Path(path))
        self._take_recipe(recipe)
        self.store(use=recipe.use, printer=recipe.printer, material=recipe.material)
        self.on_steps_changed()
        self._load()
        more = self.steps.unknown
        note = (
            _(" It also has steps that the panel cannot show: {names}.").format(names=", ".join(more)) if more else ""
        )
        self.say(_("Steps loaded from {name}.").format(name=Path(path).name) + note)

    def _save_steps(self) -> None:
        wrong = self.steps.problems()
        if wrong:
            raise work.Refused(f"{step_title(wrong[0][0].step.name)}: {wrong[0][1]}")
        import qt

        self.cut.take_planes()
        path = qt.QFileDialog.getSaveFileName(
            slicer.util.mainWindow(), _("Save my steps"), "recipe.toml", _("Recipes") + " (*.toml)"
        )
        if not path:
            return
        file = Path(path) if path.endswith(".toml") else Path(f"{path}.toml")
        text = self.steps.recipe(**self.case()).to_toml()
        try:
            file.write_text(text, "utf-8")
        except OSError as error:
            raise work.Refused(
                _("The steps could not be written to {name} ({why}). Choose another folder.")
                .format(name=file.name, why=error.strerror)
            ) from error  # fmt: skip
        self.say(_("Steps saved as {name}.").format(name=file.name))

    def _export(self) -> None:
        self.cut.collapse()
        chosen, study = self.parameters, self.results.study
        anyway = bool(self.ui.anywayCheckBox.checked)
        reason = self.ui.reasonEdit.text if anyway else ""
        why_not = exporting.refusal(study, chosen.outputFolder, list(chosen.formats), reason, anyway=anyway)
        if why_not:
            raise work.Refused(why_not)
        there = [
            name for name in exporting.file_names(study, chosen.formats) if (Path(chosen.outputFolder) / name).exists()
        ]
        if there and not slicer.util.confirmOkCancelDisplay(
            _("These files are in the folder already and will be replaced: {names}").format(names=", ".join(there)),
            windowTitle=_("PrintPrep"),
        ):
            self.say(_("Nothing was exported."))
            return
        written = exporting.export(
            study, chosen.outputFolder, list(chosen.formats), recipe_text=self.results.recipe_text(), reason=reason
        )
        self._exported = _("Written to {folder}: {names}").format(
            folder=chosen.outputFolder, names=", ".join(one.name for one in written)
        )
        self.refresh_buttons()
        warned = [text for one in written for text in one.warnings]
        self.say(_("Exported and read back: {count} files.").format(count=len(written)) + " " + " ".join(warned))

    # ---- the job -----------------------------------------------------------------------------------------------------
    def _on_progress(self, fraction: float, text: str) -> None:
        self.ui.progressBar.visible = True
        self.ui.progressBar.value = round(PROGRESS_STEPS * fraction)
        self.say(text)

    def _on_end(self, state: Any) -> None:
        self.ui.progressBar.visible = False
        after, self._after = self._after, None
        try:
            if state.details:
                logging.info("PrintPrep process: %s", state.details)
            if state.cancelled:
                self.say(_("Canceled. Nothing was changed."))
            elif state.error:
                self.say(state.error, error=True)
            elif after is not None and self.parameters is not None:
                self.guarded(lambda: after(state))
        finally:
            self._prepared = None
            self.refresh_buttons(running=False)

    def stop(self) -> None:
        """End a job at once and forget it: the scene is being closed, or the panel goes away."""
        self.runner.stop()
        self._after = self._prepared = None
        self.ui.progressBar.visible = False
        self.refresh_buttons()

    # ---- showing -----------------------------------------------------------------------------------------------------
    def say(self, text: str, *, error: bool = False) -> None:
        """Show a sentence below the Prepare button."""
        self.ui.statusLabel.styleSheet = f"color: {ERROR_COLOR};" if error else ""
        self.ui.statusLabel.text = text

    def refresh(self) -> None:
        """Show the state of all sections."""
        self._exported = ""
        self.cut.collapse()
        self.results.show()
        self.surface.refresh()
        self.repair.refresh()
        self.walls.refresh()
        self.cut.refresh()
        self.refresh_buttons()

    def refresh_buttons(self, *, running: bool | None = None) -> None:
        """Enable what can be done now, and say in tooltips why the rest cannot."""
        ui, busy = self.ui, self.runner.running if running is None else running
        ui.prepareButton.enabled = not busy
        ui.cancelButton.enabled = busy
        ui.reviewButton.enabled = ui.thinButton.enabled = not busy
        for section in self.sections.values():
            if section.apply is not None:
                section.apply.enabled = not busy
        if self.parameters is None:
            return
        failed = self.results.failed
        ui.anywayCheckBox.visible = bool(failed)
        ui.reasonEdit.visible = bool(failed) and bool(ui.anywayCheckBox.checked)
        anyway = bool(failed) and bool(ui.anywayCheckBox.checked)
        why_not = exporting.refusal(
            self.results.study, self.parameters.outputFolder, list(self.parameters.formats), ui.reasonEdit.text,
            anyway=anyway, outdated=self.results.outdated,
        )  # fmt: skip
        ui.exportButton.enabled = not busy and not why_not
        ui.exportButton.toolTip = why_not or _("Write the checked model and its record.")
        set_text(ui, ui.exportLabel, why_not if why_not and self.results.there() else self._exported)
        ui.checkButton.visible = self.results.mesh_steps() > 0 and self.results.final is None
        ui.checkButton.enabled = not busy
