"""Makes the pictures of the tutorial again: ``python -m Testing.slicer.make_pictures [--scan FILE] [FOLDER]``.

The panel is walked through on the offscreen host, from the sample data to pinned parts. With ``--scan`` a volume file
is taken in place of the sample, and what the panel said is printed. The pictures show what is in the panel; frames,
fonts and colors of the application differ.
"""

from __future__ import annotations

import argparse
import os
import shutil
import tempfile
import time
import traceback
from pathlib import Path
from typing import Any

from Testing.slicer import conftest  # noqa: F401 - imports Slicer's wheel with the right path

from .host.session import PANEL_WIDTH_PX, Host
from .panel_walk import MODULE, SECTIONS, accept_failures

HERE = Path(__file__).resolve().parents[2] / "Resources" / "slicer"
LONGEST_RUN_S = 1800.0
OUT = Path(tempfile.gettempdir()) / "printprep-parts"
"""The folder of the export; its name is in the pictures."""
EDGE_PX = 3
UP_MM = 12.0
"""From the middle of the sample's model to where its section is one outline."""


class Pictures:
    """The walk, with a picture at each stop."""

    def __init__(self, host: Any, folder: Path) -> None:
        self.host, self.folder = host, folder
        self.panel = host.open(MODULE)
        self.ui = self.panel.ui
        self.widget = self.panel.parent

    def open(self, *names: str) -> None:
        """Fold all sections but these."""
        for name in SECTIONS:
            getattr(self.ui, f"section_{name}").collapsed = name not in names
        self._settle()

    def take(self, name: str, section: str = "") -> None:
        """Take a picture of the panel down to its last section, or of one section alone."""
        self._settle()
        host, button = self.host, getattr(self.ui, f"section_{section or SECTIONS[-1]}")
        place, size = button.mapTo(self.widget, button.rect.topLeft()), button.size
        top = max(place.y() - EDGE_PX, 0) if section else 0
        import qt

        picture = self.widget.grab(qt.QRect(0, top, self.widget.width, place.y() + size.height() + EDGE_PX - top))
        picture = picture.toImage().convertToFormat(qt.QImage.Format_RGB32)
        self.folder.mkdir(parents=True, exist_ok=True)
        if not picture.save(str(self.folder / f"{name}.png"), "PNG"):
            raise RuntimeError(f"{name}.png was not written")
        print(f"{name}: {self.widget.width} pixels wide; {self.ui.statusLabel.text}", flush=True)
        host.pump(0)

    def run(self, button: Any, name: str = "") -> None:
        """Press a button that starts a run, wait for its end, and tell how long it took."""
        start = time.monotonic()
        self.host.click(button)
        runner = self.panel.panel.runner
        if name:
            self.host.pump(LONGEST_RUN_S, until=lambda: self.ui.progressBar.value > 300 or not runner.running)
            self.take(name)
        if not self.host.pump(LONGEST_RUN_S, until=lambda: not runner.running):
            raise RuntimeError("it did not end")
        self.host.pump(0.1)
        print(f"{button.text}: {time.monotonic() - start:.0f} s; {self.ui.statusLabel.text}", flush=True)

    def _settle(self) -> None:
        self.host.pump(0.1)
        self.widget.resize(PANEL_WIDTH_PX, self.widget.heightForWidth(PANEL_WIDTH_PX))  # as a scroll area does
        self.host.pump(0.1)


def main(words: list[str] | None = None) -> int:
    """Run the walk."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", nargs="?", type=Path, default=HERE)
    parser.add_argument("--scan", type=Path)
    asked = parser.parse_args(words)
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    host = Host()
    host.begin()
    try:
        walk = Pictures(host, asked.folder)
        OUT.mkdir()
        try:
            if asked.scan is None:
                _sample(walk, OUT)
            else:
                _scan(walk, OUT, asked.scan)
        finally:
            shutil.rmtree(OUT)
    except Exception:  # told here: the host takes over what is raised
        host.failures.append(traceback.format_exc())
    wrong = host.end()
    print("\n".join(wrong))
    return 1 if wrong else 0


def _sample(walk: Pictures, out: Path) -> None:
    import SampleData

    host, ui = walk.host, walk.ui
    source = SampleData.SampleDataLogic().sourceForSampleName("PrintPrepPhantom")
    host.choose(ui.volumeSelector, source.customDownloader(source))
    host.choose(ui.printerSelector, "Original Prusa MK4")
    walk.open("scan")
    walk.take("1_begin")
    host.click(ui.reviewButton)
    walk.take("2_scan", "scan")
    walk.open()
    walk.run(ui.prepareButton, "3_running")
    _sections(walk)
    walk.open("cut")
    host.click(ui.addPlaneButton)
    _drag(walk, UP_MM)
    walk.take("8_plane", "cut")
    walk.run(ui.apply_cut)
    walk.take("9_parts", "cut")
    walk.open("plan")
    walk.run(ui.planButton)
    ui.orientTable.selectRow(0)
    walk.take("12_plan", "plan")
    _export(walk, out)
    walk.take("10_export", "export")


def _sections(walk: Pictures) -> None:
    host, ui = walk.host, walk.ui
    walk.open("segment")
    walk.run(ui.islandsButton)
    walk.take("4_segment", "segment")
    for number, name in ((5, "surface"), (6, "repair")):
        walk.open(name)
        walk.take(f"{number}_{name}", name)
    walk.open("walls")
    host.type_text(ui.limitEdit, "1.5")
    walk.run(ui.thinButton)
    walk.take("7_walls", "walls")
    _workshop(walk)


def _workshop(walk: Pictures) -> None:
    """Tick two steps of the workshop, run them, and take them back: what follows is without them."""
    walk.open("workshop")
    section = walk.panel.panel.sections["workshop"]
    boxes = [section.box(name) for name in ("solid", "label")]
    for box in boxes:
        box.tick.checked = True
    boxes[0].set_value("max_hole_mm", 5)
    boxes[1].set_value("text", "CASE 7")
    boxes[1].set_value("marks", "RL")
    walk.run(walk.ui.apply_workshop)
    walk.take("13_workshop", "workshop")
    for box in boxes:
        walk.host.click(walk.ui.undo_workshop)
        box.tick.checked = False


def _drag(walk: Pictures, up_mm: float) -> None:
    """Move the plane toward the head, as the user does."""
    import vtk

    node = walk.host.scene.GetFirstNodeByClass("vtkMRMLMarkupsPlaneNode")
    place = vtk.vtkVector3d()
    node.GetCenterWorld(place)
    walk.host.pump(0.2)
    print(walk.ui.cutPreviewLabel.text)
    node.SetCenterWorld(place[0], place[1], place[2] + up_mm)
    walk.host.pump(0.2)
    print(walk.ui.cutPreviewLabel.text)


def _export(walk: Pictures, out: Path) -> None:
    host, ui = walk.host, walk.ui
    walk.open("export")
    ui.folderEdit.setCurrentPath(str(out))
    accept_failures(host, walk.panel, "only a picture")
    walk.run(ui.exportButton)
    print(sorted((path.name, path.stat().st_size) for path in out.iterdir()))


def _scan(walk: Pictures, out: Path, file: Path) -> None:
    from PrintPrepPanel.sample import _read

    host, ui = walk.host, walk.ui
    host.choose(ui.volumeSelector, _read(host.scene, file, file.name.split(".")[0]))
    walk.open("scan")
    host.click(ui.reviewButton)
    walk.take("scan_scan", "scan")
    walk.run(ui.prepareButton)
    for name in ("segment", "surface", "repair", "export"):
        walk.open(name)
        walk.take(f"scan_{name}", name)
        print(getattr(ui, f"receipt_{name}").text, getattr(ui, f"findings_{name}").text)
    walk.open("cut")
    host.click(ui.addPlaneButton)
    host.pump(0.2)
    walk.take("scan_plane", "cut")
    walk.run(ui.apply_cut)
    walk.take("scan_parts", "cut")
    _export(walk, out)
    walk.take("scan_export_done", "export")


if __name__ == "__main__":
    raise SystemExit(main())
