"""The panel: its sections, what they say to the parameter node, and what is shown when that changes."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

from slicer.i18n import tr as _

from . import packages, work
from .casechoices import FIRST_PRESET, CaseChoices
from .cutsection import CutSection
from .exportsection import ExportSection
from .islandsection import IslandSection
from .panelwords import in_panel_words
from .plansection import PlanSection
from .repairsection import RepairSection
from .results import Results
from .running import Running
from .scansection import ScanSection, SegmentSection
from .sections import Section
from .stepfiles import StepFiles
from .steplist import StepList
from .surfacesections import SurfaceSection, WallsSection
from .texts import SECTION_NAMES
from .workshopsection import WorkshopSection

ERROR_COLOR = "#c0392b"


class Panel:
    """Wires the widgets of ``PrintPrep.ui``. ``parameters`` is None while the scene is closed or the panel left."""

    def __init__(self, ui: Any, requirements_file: str) -> None:
        from PrintPrepLib.workflow.recipe import load_preset

        self.ui = ui
        self.parameters: Any = None
        self.steps = StepList(load_preset(FIRST_PRESET))
        self.is_loading = True
        """While widgets are filled: what they tell is not the user's doing."""
        self.shown_study: Any = None
        self.sections = {name: Section(name, ui) for name in SECTION_NAMES}
        self.results = Results(self)
        self.running = Running(self, requirements_file)
        self.runner = self.running.runner
        self.choices = CaseChoices(self)
        self.files = StepFiles(self)
        self.scan = ScanSection(self)
        self.segment = SegmentSection(self)
        self.islands = IslandSection(self)
        self.surface = SurfaceSection(self)
        self.repair = RepairSection(self)
        self.walls = WallsSection(self)
        self.workshop = WorkshopSection(self)
        self.cut = CutSection(self)
        self.plan = PlanSection(self)
        self.export = ExportSection(self)
        self._build_steps()
        self.is_loading = False

    # ---- parameter node ----------------------------------------------------------------------------------------------
    def set_parameters(self, parameters: Any) -> None:
        """Show another parameter node; None when there is none."""
        self.parameters = parameters
        if parameters is None:
            self.scan.preview.clear()
            self.cut.leave()
            self.workshop.leave()
            return
        self.cut.enter()
        self.load()
        self.workshop.enter()
        self.shown_study = parameters.study
        self.refresh()

    def on_parameters_changed(self) -> None:
        """Show what changed in the parameter node, for example by loading a scene."""
        if self.parameters is not None and not self.is_loading:
            self.load()
            if self.parameters.study is not self.shown_study:
                self._on_study()
            self.scan.update_preview()
            self.islands.tell_changes()
            self.refresh_buttons()

    def load(self) -> None:
        """Show what the parameter node holds."""
        with self.loading():
            self._load_recipe()
            self.choices.load()
            self.export.load()
            self.walls.load()
            self.segment.fill()
            self.cut.fill_list()

    def store(self, **values: Any) -> None:
        """Write values into the parameter node, without being told of it."""
        if self.parameters is None or self.is_loading:
            return
        with self.loading():
            for name, value in values.items():
                setattr(self.parameters, name, value)

    @contextlib.contextmanager
    def loading(self, state: bool = True) -> Iterator[None]:
        """Inside, what widgets tell is taken for the panel's own doing (or, with False, for the user's)."""
        was, self.is_loading = self.is_loading, state
        try:
            yield
        finally:
            self.is_loading = was

    def _load_recipe(self) -> None:
        from PrintPrepLib.errors import PrintPrepError
        from PrintPrepLib.workflow.recipe import load_preset, parse_recipe

        stored = self.parameters.recipe
        if stored and stored != self._recipe_text():
            try:
                self.take_recipe(parse_recipe(stored, _("the steps in this scene")))
            except PrintPrepError as error:
                self.say(str(error), error=True)
        elif not stored:
            self.take_recipe(load_preset(self.choices.first_preset()))

    def _on_study(self) -> None:
        """Another study was chosen: its scan and segmentation come with it."""
        study = self.results.study
        self.shown_study = self.parameters.study
        if study is not None:
            self.store(volume=study.volume_node or self.parameters.volume, segmentation=study.segmentation_node)
            self.load()
        self.refresh()

    # ---- steps -------------------------------------------------------------------------------------------------------
    def take_recipe(self, recipe: Any) -> None:
        """Show the steps of a recipe in the sections."""
        self.steps = StepList(recipe)
        self._build_steps()

    def on_steps_changed(self) -> None:
        """Keep the steps in the scene; what cannot be kept yet (a half typed number) stays on the screen."""
        if self.is_loading:
            return
        text = self._recipe_text()
        if text:
            self.store(recipe=text)
        self.scan.update_preview()
        self.cut.tell_where()
        self.cut.previews.sync()
        self.islands.tell_changes()
        self.refresh_buttons()

    def _build_steps(self) -> None:
        for section in self.sections.values():
            section.build(self.steps, self.on_steps_changed, self.workshop.tools)
        self.cut.tell_where()

    def _recipe_text(self) -> str:
        from PrintPrepLib.errors import PrintPrepError

        try:
            return str(self.steps.recipe(**self.choices.case()).to_toml())
        except PrintPrepError:
            return ""

    # ---- what the buttons do -----------------------------------------------------------------------------------------
    def guarded(self, action: Callable[[], None]) -> None:
        """Do what a button asks for; what is refused, or what the library says, is told in the panel."""
        from PrintPrepLib.errors import PrintPrepError

        try:
            action()
        except (work.Refused, packages.PackagesMissing, PrintPrepError) as error:
            self.say(str(error), error=True)

    def stop(self) -> None:
        """End a job at once and forget it: the scene is being closed, or the panel goes away."""
        self.running.stop()

    # ---- showing -----------------------------------------------------------------------------------------------------
    def say(self, text: str, *, error: bool = False) -> None:
        """Show a sentence below the Prepare button."""
        self.ui.statusLabel.styleSheet = f"color: {ERROR_COLOR};" if error else ""
        self.ui.statusLabel.text = in_panel_words(text)

    def refresh(self) -> None:
        """Show the state of all sections."""
        self.cut.collapse()
        self.results.show()
        self.islands.refresh()
        self.surface.refresh()
        self.repair.refresh()
        self.walls.refresh()
        self.workshop.refresh()
        self.cut.refresh()
        self.plan.refresh()
        self.export.refresh()
        self.refresh_buttons()

    def refresh_buttons(self, *, running: bool | None = None) -> None:
        """Enable what can be done now, and say in tooltips why the rest cannot."""
        ui, busy = self.ui, self.runner.running if running is None else running
        ui.prepareButton.enabled = not busy
        ui.cancelButton.enabled = busy
        ui.reviewButton.enabled = ui.thinButton.enabled = ui.islandsButton.enabled = not busy
        for section in self.sections.values():
            if section.apply is not None:
                section.apply.enabled = not busy
        if self.parameters is not None:
            self.plan.refresh_buttons(busy=busy)
            self.export.refresh_buttons(busy=busy)
