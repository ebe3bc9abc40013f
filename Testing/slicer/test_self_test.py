"""The tests that run inside Slicer, run on the host: their code is real, the application is not."""

from __future__ import annotations

import importlib.util
import unittest
from pathlib import Path
from typing import Any

import pytest

from Testing.slicer.panel_walk import MODULE

pytest_plugins = ("Testing.slicer.host.plugin",)

SELF_TEST = Path(__file__).resolve().parents[1] / "Python" / "PrintPrepSelfTest.py"


def passed(case: type[unittest.TestCase], name: str) -> unittest.TestResult:
    result = unittest.TestResult()
    case(name).run(result)
    told = [text for _case, text in (*result.errors, *result.failures)]
    assert told == [], told[0]
    assert result.testsRun == 1
    return result


def self_test() -> type[unittest.TestCase]:
    spec = importlib.util.spec_from_file_location("PrintPrepSelfTest", SELF_TEST)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found: type[unittest.TestCase] = module.PrintPrepSelfTest
    return found


def test_self_test_walks(host: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host.app, "_h_testing", True)
    host.load(MODULE)
    host.app.moduleManager().module("PrintPrep").widgetRepresentation().resize(480, 900)
    result = passed(self_test(), "test_walk")
    assert result.skipped == []
    assert host.visited_modules == ["PrintPrep"]


def test_self_test_says_which_packages_are_missing(host: Any) -> None:
    host.load(MODULE)
    host.packages.missing.add("trimesh")
    result = passed(self_test(), "test_walk")
    assert "trimesh" in result.skipped[0][1]


def test_own_test_of_the_module(host: Any) -> None:
    """The one behind 'Reload and Test' in Slicer's developer mode."""
    import sys

    host.load(MODULE)
    case = sys.modules["PrintPrep"].PrintPrepTest()
    case.messageDelay = 0
    case.runTest()
    assert host.scene.GetNumberOfNodesByClass("vtkMRMLModelNode") > 0
