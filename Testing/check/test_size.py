"""Printer, triangles and clipped anatomy."""

from __future__ import annotations

import pytest

from PrintPrepLib.check import check_mesh
from PrintPrepLib.finding import Severity
from PrintPrepLib.profiles import Printer, printer
from PrintPrepLib.segment.segmentation import ClippedFace
from Testing.check.support import body, one, segmentation_of, severity, surface
from Testing.support.shapes import box, bumpy_sphere, sphere

SMALL = Printer("small", "Small", "fdm", (100.0, 50.0, 20.0), "made up for this test")


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((100.0, 50.0, 20.0), Severity.PASS),
        ((20.0, 100.0, 50.0), Severity.INFO),
        ((50.0, 20.0, 100.0), Severity.INFO),
        ((100.5, 10.0, 10.0), Severity.FAIL),
        ((60.0, 60.0, 10.0), Severity.FAIL),
    ],
)
def test_printer_size(size: tuple[float, float, float], expected: Severity) -> None:
    assert severity(check_mesh(box(size), printer=SMALL), "printer-size") is expected


def test_printer_size_says_how_much_too_long() -> None:
    found = one(check_mesh(box((300.0, 50.0, 50.0)), printer=printer("prusa-mk4")), "printer-size")
    assert "50.0 mm too long" in found.message


def test_facets_of_a_coarse_ball_show_and_those_of_a_fine_one_do_not() -> None:
    voxel = (0.5, 0.5, 0.5)
    assert severity(check_mesh(sphere(20.0, subdivisions=2), voxel_mm=voxel), "triangle-size") is Severity.WARN
    assert severity(check_mesh(sphere(20.0, subdivisions=5), voxel_mm=voxel), "triangle-size") is Severity.PASS
    assert severity(check_mesh(sphere(20.0, subdivisions=2), layer_mm=0.2), "triangle-size") is Severity.WARN


def test_large_flat_triangles_are_no_facets() -> None:
    assert severity(check_mesh(box((60.0, 60.0, 60.0)), voxel_mm=(0.5, 0.5, 0.5)), "triangle-size") is Severity.PASS


def test_far_too_fine_triangles(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("PrintPrepLib.check.triangle_size.FINE_TRIANGLES", 10_000)
    mesh = bumpy_sphere(5, 30.0)  # sides of about 0.9 mm
    assert severity(check_mesh(mesh, voxel_mm=(5.0, 5.0, 5.0)), "triangle-size") is Severity.WARN
    assert severity(check_mesh(mesh, voxel_mm=(1.0, 1.0, 1.0)), "triangle-size") is Severity.PASS


def test_clipped_anatomy() -> None:
    cut = segmentation_of(body, half_mm=9.0)
    result = check_mesh(surface(cut), segmentation=cut)
    found = result.of("clipped-anatomy")
    assert len(found) == 4  # both ends of x and z; y is free beyond 8 mm
    assert {finding.severity for finding in found} == {Severity.WARN}
    whole = segmentation_of(body)
    assert severity(check_mesh(surface(whole), segmentation=whole), "clipped-anatomy") is Severity.PASS
    face = ClippedFace("the top (superior) end", 120.0, (1.0, 2.0, 3.0))
    given = one(check_mesh(box(), clipped=[face]), "clipped-anatomy")
    assert (given.severity, given.measured, given.where) == (Severity.WARN, 120.0, (1.0, 2.0, 3.0))
    assert severity(check_mesh(box(), clipped=[]), "clipped-anatomy") is Severity.PASS
