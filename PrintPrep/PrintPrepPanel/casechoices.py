"""What the model is for: use case, preset of steps, printer and material."""

from __future__ import annotations

from typing import Any

from slicer.i18n import tr as _

FIRST_PRESET = "bone"


class CaseChoices:
    """The widgets on top of the panel. What is chosen is in the parameter node."""

    def __init__(self, panel: Any) -> None:
        from PrintPrepLib.workflow.recipe import preset_names

        self._panel = panel
        self.presets: tuple[str, ...] = preset_names()
        self._printers: list[str] = []
        self._materials: list[str] = [""]
        self._fill()
        ui = panel.ui
        ui.presetSelector.connect("currentIndexChanged(int)", self._on_preset)
        ui.printerSelector.connect("currentIndexChanged(int)", self._on_printer)
        ui.materialSelector.connect("currentIndexChanged(int)", self._on_material)
        ui.useSelector.connect("editTextChanged(QString)", self._on_use)

    def case(self) -> dict[str, Any]:
        """Return what the recipe says about the case and the printer."""
        chosen = self._panel.parameters
        if chosen is None:
            return {}
        return {"use": chosen.use.strip(), "printer": chosen.printer, "material": chosen.material}

    def load(self) -> None:
        """Show what the parameter node holds."""
        ui, stored = self._panel.ui, self._panel.parameters
        ui.presetSelector.currentIndex = _place(self.presets, stored.preset)
        self._show_use(stored.use)
        ui.printerSelector.currentIndex = _place(self._printers, stored.printer)
        self._fill_materials()

    def first_preset(self) -> str:
        """Return the preset that the scene names, or the one to begin with."""
        stored = str(self._panel.parameters.preset)
        return stored if stored in self.presets else FIRST_PRESET

    def _fill(self) -> None:
        from PrintPrepLib.profiles import printers, use_names

        ui = self._panel.ui
        for name in self.presets:
            ui.presetSelector.addItem(name.replace("-", " ").capitalize())
        self._printers = ["", *(printer.name for printer in printers())]
        ui.printerSelector.addItem(_("not chosen"))
        for printer in printers():
            ui.printerSelector.addItem(printer.title)
        for name in use_names():
            ui.useSelector.addItem(name.replace("-", " "))
        ui.useSelector.lineEdit().placeholderText = _("choose, or write your own words")

    def _fill_materials(self) -> None:
        from PrintPrepLib.profiles import printer
        from PrintPrepLib.profiles.fits import fit_materials

        panel = self._panel
        chosen = "" if panel.parameters is None else panel.parameters.printer
        known = list(fit_materials(printer(chosen).process)) if chosen in self._printers[1:] else []
        self._materials = ["", *known]
        with panel.loading():
            panel.ui.materialSelector.clear()
            panel.ui.materialSelector.addItem(_("not chosen"))
            for name in known:
                panel.ui.materialSelector.addItem(name.upper())
            material = "" if panel.parameters is None else panel.parameters.material
            panel.ui.materialSelector.currentIndex = _place(self._materials, material)

    def _on_preset(self, index: int) -> None:
        from PrintPrepLib.workflow.recipe import load_preset

        panel = self._panel
        if panel.is_loading or not 0 <= index < len(self.presets):
            return
        recipe = load_preset(self.presets[index])
        panel.take_recipe(recipe)
        panel.store(preset=self.presets[index], use=recipe.use)
        with panel.loading():
            self._show_use(recipe.use)
        panel.on_steps_changed()
        panel.segment.fill()

    def _on_printer(self, index: int) -> None:
        panel = self._panel
        if panel.is_loading or not 0 <= index < len(self._printers):
            return
        panel.store(printer=self._printers[index], material="")
        self._fill_materials()
        panel.walls.load()
        panel.on_steps_changed()

    def _on_material(self, index: int) -> None:
        if not self._panel.is_loading and 0 <= index < len(self._materials):
            self._panel.store(material=self._materials[index])
            self._panel.on_steps_changed()

    def _show_use(self, use: str) -> None:
        if self._panel.ui.useSelector.currentText != use:
            self._panel.ui.useSelector.setEditText(use)

    def _on_use(self, text: str) -> None:
        self._panel.store(use=text)
        self._panel.on_steps_changed()


def _place(words: tuple[str, ...] | list[str], word: str) -> int:
    return list(words).index(word) if word in words else 0
