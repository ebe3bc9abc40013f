"""Walls, pins and gaps against what a process can print."""

from __future__ import annotations

import numpy as np
import pytest

from PrintPrepLib.check import check_mesh
from PrintPrepLib.finding import Severity
from PrintPrepLib.mesh import Mesh, concatenate
from PrintPrepLib.profiles import printer
from PrintPrepLib.profiles.processes import process_of
from Testing.check.support import one, severity
from Testing.support import shapes

manifold3d = pytest.importorskip("manifold3d")
Solid = manifold3d.Manifold
SLA, FDM = process_of("sla"), process_of("fdm")


def fine(solid: object) -> Mesh:
    return Mesh.from_manifold(solid.refine_to_length(0.8))  # type: ignore[attr-defined]


def test_thick_body_passes_all_three() -> None:
    result = check_mesh(shapes.box((20, 20, 20), subdivisions=3), process=FDM)
    for code in ("wall-thickness", "feature-size", "gap"):
        assert severity(result, code) is Severity.PASS


@pytest.mark.parametrize(("wall_mm", "expected"), [(0.3, Severity.FAIL), (0.8, Severity.WARN), (1.2, Severity.PASS)])
def test_wall_against_the_limits_of_resin(wall_mm: float, expected: Severity) -> None:
    mesh = fine(Solid.cube((20, 20, 10)) + Solid.cube((wall_mm, 15, 8)).translate((10, 2, 10)))
    found = one(check_mesh(mesh, process=SLA), "wall-thickness")
    assert found.severity is expected
    if expected is not Severity.PASS:
        assert found.measured == pytest.approx(wall_mm, rel=1e-3)
        assert found.where is not None
        assert found.where[0] == pytest.approx(10 + wall_mm / 2, abs=wall_mm)
        assert SLA.wall.source in found.advice


def test_pin_is_a_feature_and_no_wall() -> None:
    mesh = fine(Solid.cube((20, 20, 10)) + Solid.cylinder(8, 0.6, 0.6, 32).translate((10, 10, 10)))
    result = check_mesh(mesh, process=FDM)
    assert severity(result, "wall-thickness") is Severity.PASS
    found = one(result, "feature-size")
    assert found.severity is Severity.WARN
    assert found.measured == pytest.approx(1.2, rel=0.02)


def test_narrow_gap_is_told() -> None:
    block = shapes.box((10, 10, 10), subdivisions=3)
    near = concatenate([block, shapes.moved(block, (10.2, 0, 0))])
    found = one(check_mesh(near, process=FDM), "gap")
    assert (found.severity, found.measured) == (Severity.WARN, pytest.approx(0.2, rel=1e-3))
    apart = concatenate([block, shapes.moved(block, (12.0, 0, 0))])
    assert severity(check_mesh(apart, process=FDM), "gap") is Severity.PASS


def test_process_comes_from_the_printer_and_without_one_nothing_is_claimed() -> None:
    block = shapes.box((20, 20, 20), subdivisions=2)
    assert severity(check_mesh(block, printer=printer("prusa-mk4")), "wall-thickness") is Severity.PASS
    assert severity(check_mesh(block), "wall-thickness") is Severity.NOT_RUN
    opened = Mesh(block.vertices, block.faces[np.arange(len(block.faces)) > 0])
    assert severity(check_mesh(opened, process=FDM), "wall-thickness") is Severity.NOT_RUN
