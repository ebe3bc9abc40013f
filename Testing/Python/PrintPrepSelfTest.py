"""Runs inside Slicer: load the sample, click through the panel, and check what comes out."""

from __future__ import annotations

import json
import tempfile
import time
import unittest
from pathlib import Path

import slicer

LONGEST_RUN_S = 900.0
LEAST_STL_BYTES = 50_000
"""About 1000 triangles."""


class PrintPrepSelfTest(unittest.TestCase):
    """The whole walk in the real application."""

    def setUp(self):
        """Start from an empty scene."""
        slicer.mrmlScene.Clear()

    def load_sample(self):
        """Load the phantom as the button in Sample Data does: it is made, so Slicer's own download does not know it."""
        import SampleData

        from PrintPrep import registerSampleData

        registerSampleData()  # the application may not have completed its start yet; twice does no harm
        source = SampleData.SampleDataLogic().sourceForSampleName("PrintPrepPhantom")
        self.assertIsNotNone(source)
        return source.customDownloader(source)

    def skip_without_packages(self):
        """A Slicer under test installs no packages: say which are missing."""
        import slicer.packaging

        file = Path(slicer.util.modulePath("PrintPrep")).parent / "Resources" / "requirements.txt"
        wanted = slicer.packaging.load_requirements(str(file))
        missing = [str(one) for one in wanted if not slicer.packaging.pip_check(one)]
        if missing:
            self.skipTest(f"packages are missing: {', '.join(missing)}")

    def wait_for(self, runner):
        """Let the job that runs finish, as a user who waits does."""
        end = time.monotonic() + LONGEST_RUN_S
        while runner.running and time.monotonic() < end:
            slicer.app.processEvents()
            time.sleep(0.02)
        self.assertFalse(runner.running)

    def test_walk(self):
        """Phantom, Prepare, results, export, and a scene that closes without an error."""
        self.skip_without_packages()
        slicer.util.selectModule("PrintPrep")  # it makes the panel, and the library can be found from now on
        widget = slicer.modules.PrintPrepWidget
        node = self.load_sample()
        ui, panel = widget.ui, widget.panel
        ui.volumeSelector.setCurrentNode(node)
        panel.running.prepare()  # not by its button: a message in the panel is no failure of a test
        self.wait_for(panel.runner)
        self.assertEqual(panel.results.roles()[-1], "model", ui.statusLabel.text)
        self.assertEqual(panel.results.outdated, "")
        with tempfile.TemporaryDirectory() as folder:
            ui.folderEdit.currentPath = folder
            if panel.results.failed:
                ui.anywayCheckBox.checked = True
                for row in range(ui.acceptTable.rowCount):
                    ui.acceptTable.item(row, 1).setText("only the self-test")
            self.assertTrue(ui.exportButton.enabled, ui.exportButton.toolTip)
            ui.exportButton.click()
            self.wait_for(panel.runner)
            self.assertGreater((Path(folder) / "model.stl").stat().st_size, LEAST_STL_BYTES, ui.statusLabel.text)
            record = json.loads((Path(folder) / "record.json").read_text("utf-8"))
            self.assertTrue(any(one["code"] == "open-edges" for one in record["findings"]))
        slicer.mrmlScene.Clear()
        self.assertEqual(panel.results.roles(), [])
