"""Every text of the panel can be translated the way Slicer does it."""

from __future__ import annotations

import pytest

from Testing.support.cmake_lists import ROOT
from Testing.support.shown_texts import problems

FILES = sorted((ROOT / "PrintPrep").rglob("*.py"))
ALLOWED = {
    "PrintPrep.py": frozenset({"The PrintPrep developers", "surgical planning"}),
    "sample.py": frozenset({"PrintPrep phantom", "Hounsfield unit", "the phantom could not be read back"}),
    "texts.py": frozenset({"not run"}),
    "madelist.py": frozenset({"left out by hand"}),
    "exporting.py": frozenset({"report.html", "deviation.vtp", "thickness.vtp"}),
    "runner.py": frozenset({"a job is running already"}),
}
"""Names of nodes and files, codes of DICOM, and errors of the program itself."""


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_shown_text_is_translatable(path) -> None:
    found = problems(path.read_text("utf-8"), ALLOWED.get(path.name, frozenset()))
    assert not found, "\n".join(f"{path.name}, {one}" for one in found)


@pytest.mark.parametrize(
    "line",
    [
        'panel.say("Done.")',
        'panel.say(f"Done: {count} files")',
        'ui.exportButton.toolTip = "Write"',
        'label = qt.QLabel("Volume")',
        'raise work.Refused("Choose a scan first.")',
        'text = "Choose a scan first."',
        'PlaceTable(w, [_("No."), "Volume"], stretch=1)',
        'x = _(f"Done {count}")',
        "x = _(words)",
        'x = _("Done" + word)',
        'x = _("Done",)',
        "x = _(\"Run f('a') \" 'or g(\"b\") now')",
        'x = _("Choose {name}".format(name=1))',
        'x = _(\n    "Done "  # so far\n    "now"\n)',
    ],
)
def test_what_a_translator_would_miss_is_found(line: str) -> None:
    assert problems(line), line


@pytest.mark.parametrize(
    "line",
    [
        'panel.say(_("Done."))',
        'x = _("Done: {count} files").format(count=3)',
        'ui.exportButton.connect("clicked(bool)", f)',
        'w.styleSheet = "color: #c0392b;"',
        'logging.info("PrintPrep process: %s", text)',
        'panel.store(preset="bone")',
        'row = f"{value:.1f} mm"',
        'x = _(\n    "Done "\n    "now"\n)',
        '"""Says what a function does."""',
    ],
)
def test_what_needs_no_translation_is_left_alone(line: str) -> None:
    assert problems(line) == []


def test_texts_of_the_ui_file_are_marked_for_translation() -> None:
    import xml.etree.ElementTree as ElementTree

    root = ElementTree.parse(ROOT / "PrintPrep" / "Resources" / "UI" / "PrintPrep.ui").getroot()
    shown = [
        one for one in root.iter("property") if one.get("name") in ("text", "toolTip", "placeholderText", "windowTitle")
    ]
    assert len(shown) > 60
    for one in shown:
        text = one.find("string")
        assert text is not None, one.get("name")
        assert text.get("notr") is None, text.text
