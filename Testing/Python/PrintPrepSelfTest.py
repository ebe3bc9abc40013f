"""Runs inside Slicer: load the sample, click through the panel, and check what comes out."""

from __future__ import annotations

import json
import tempfile
import time
import unittest
from pathlib import Path

import slicer

LONGEST_RUN_S = 900.0


class PrintPrepSelfTest(unittest.TestCase):
    """The whole walk in the real application."""

    def setUp(self):
        """Start from an empty scene."""
        slicer.mrmlScene.Clear()

    def test_walk(self):
        """Phantom, Prepare, results, export, and a scene that closes without an error."""
        import SampleData

        node = SampleData.downloadSample("PrintPrepPhantom")
        slicer.util.selectModule("PrintPrep")
        widget = slicer.modules.PrintPrepWidget
        ui, panel = widget.ui, widget.panel
        ui.volumeSelector.setCurrentNode(node)
        panel.running.prepare()  # not by its button: a message in the panel is no failure of a test
        end = time.monotonic() + LONGEST_RUN_S
        while panel.runner.running and time.monotonic() < end:
            slicer.app.processEvents()
            time.sleep(0.02)
        self.assertFalse(panel.runner.running)
        self.assertEqual(panel.results.roles()[-1], "model", ui.statusLabel.text)
        self.assertEqual(panel.results.outdated, "")
        with tempfile.TemporaryDirectory() as folder:
            ui.folderEdit.currentPath = folder
            if panel.results.failed:
                ui.anywayCheckBox.checked = True
                ui.reasonEdit.text = "only the self-test"
            self.assertTrue(ui.exportButton.enabled, ui.exportButton.toolTip)
            ui.exportButton.click()
            self.assertTrue((Path(folder) / "model.stl").is_file(), ui.statusLabel.text)
            record = json.loads((Path(folder) / "record.json").read_text("utf-8"))
            self.assertTrue(any(one["code"] == "open-edges" for one in record["findings"]))
        slicer.mrmlScene.Clear()
        self.assertEqual(panel.results.roles(), [])
