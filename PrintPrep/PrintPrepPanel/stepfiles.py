"""Recipes in files: 'Save my steps' and 'Load steps'."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import slicer
from slicer.i18n import tr as _

from . import work
from .texts import step_title


class StepFiles:
    """The two buttons on top of the panel."""

    def __init__(self, panel: Any) -> None:
        self._panel = panel
        panel.ui.loadStepsButton.connect("clicked(bool)", lambda _on: panel.guarded(self.load))
        panel.ui.saveStepsButton.connect("clicked(bool)", lambda _on: panel.guarded(self.save))

    def load(self) -> None:
        """Ask for a recipe file and take its steps."""
        import qt

        from PrintPrepLib.workflow.other_meshes import names_other_mesh
        from PrintPrepLib.workflow.recipe import load_recipe

        panel = self._panel
        path = qt.QFileDialog.getOpenFileName(slicer.util.mainWindow(), _("Load steps"), "", _file_kind())
        if not path:
            return
        recipe = load_recipe(Path(path))
        if names_other_mesh(recipe):
            raise work.Refused(
                _(
                    "A step of these takes another mesh from a file, which the panel cannot do. Run them from "
                    "the command line of PrintPrep."
                )
            )
        panel.take_recipe(recipe)
        panel.store(use=recipe.use, printer=recipe.printer, material=recipe.material)
        panel.on_steps_changed()
        panel.load()
        more = panel.steps.unknown
        note = (
            _(" It also has steps that the panel cannot show: {names}.").format(names=", ".join(more)) if more else ""
        )
        panel.say(_("Steps loaded from {name}.").format(name=Path(path).name) + note)

    def save(self) -> None:
        """Ask for a file and write the steps as they are now."""
        import qt

        panel = self._panel
        wrong = panel.steps.problems()
        if wrong:
            raise work.Refused(f"{step_title(wrong[0][0].step.name)}: {wrong[0][1]}")
        panel.cut.take_planes()
        panel.workshop.take_marks()
        path = qt.QFileDialog.getSaveFileName(
            slicer.util.mainWindow(), _("Save my steps"), "recipe.toml", _file_kind()
        )  # fmt: skip
        if not path:
            return
        file = Path(path) if path.endswith(".toml") else Path(f"{path}.toml")
        text = panel.steps.recipe(**panel.choices.case()).to_toml()
        try:
            file.write_text(text, "utf-8")
        except OSError as error:
            raise work.Refused(
                _("The steps could not be written to {name} ({why}). Choose another folder.")
                .format(name=file.name, why=error.strerror)
            ) from error  # fmt: skip
        panel.say(_("Steps saved as {name}.").format(name=file.name))


def _file_kind() -> str:
    return _("Recipes") + " (*.toml)"
