"""Receipts: measures by hand, and nothing in them that JSON cannot hold."""

from __future__ import annotations

import json
from enum import Enum

import numpy as np
import pytest

from PrintPrepLib.finding import Finding, Severity, worst
from PrintPrepLib.mesh import Mesh
from PrintPrepLib.receipt import Change, Receipt, Stopwatch, measure_labels, measure_mesh, plain
from PrintPrepLib.volume import LabelMap
from Testing.support import shapes
from Testing.support.volumes import volume_of


class Word(Enum):
    """One word."""

    A = "a"


@pytest.mark.parametrize(
    ("mesh", "genus", "parts"),
    [
        (shapes.box(), 0, 1),
        (shapes.torus(), 1, 1),
        (shapes.tube(), 1, 1),
        (shapes.two_spheres(), 0, 2),
        (shapes.shell(), 0, 2),
    ],
    ids=["box", "torus", "tube", "two spheres", "shell"],
)
def test_tunnels_and_parts(mesh: Mesh, genus: int, parts: int) -> None:
    measures = measure_mesh(mesh)
    assert (measures.genus, measures.parts) == (genus, parts)


def test_box_is_measured() -> None:
    measures = measure_mesh(shapes.box((2.0, 3.0, 4.0)))
    assert measures.volume_mm3 == pytest.approx(24.0)
    assert measures.area_mm2 == pytest.approx(52.0)
    assert (measures.triangles, measures.vertices, measures.open_edges) == (12, 8, 0)
    assert measures.bounds_mm == ((-1.0, -1.5, -2.0), (1.0, 1.5, 2.0))


def test_open_surface_has_no_number_of_tunnels() -> None:
    measures = measure_mesh(shapes.open_box())
    assert measures.genus is None
    assert measures.open_edges == 4


def test_unused_vertices_do_not_count() -> None:
    torus = shapes.torus()
    mesh = Mesh(np.vstack([torus.vertices, [[99.0, 0, 0]]]), torus.faces)
    assert measure_mesh(mesh).genus == 1
    assert measure_mesh(mesh).vertices == len(torus.vertices)


def test_empty_mesh() -> None:
    measures = measure_mesh(Mesh(np.empty((0, 3)), np.empty((0, 3))))
    assert (measures.triangles, measures.parts, measures.genus, measures.bounds_mm) == (0, 0, None, None)


def test_labels_are_measured() -> None:
    array = np.zeros((5, 6, 7), np.uint8)
    array[1:3, 2:5, 3] = 1
    labels = LabelMap(volume_of(array, (0.5, 1.0, 2.0), (10.0, 0.0, 0.0)).image)
    measures = measure_labels(labels, parts=1)
    assert (measures.voxels, measures.volume_mm3, measures.parts) == (6, 6.0, 1)
    assert measures.bounds_mm == ((11.5, 2.0, 2.0), (11.5, 4.0, 4.0))
    empty = measure_labels(LabelMap(volume_of(np.zeros((2, 2, 2), np.uint8)).image))
    assert (empty.voxels, empty.bounds_mm) == (0, None)


def test_receipt_is_plain_json() -> None:
    mesh = shapes.box()
    receipt = Receipt(
        operation="test",
        parameters={"word": Word.A, "point": (1.0, 2.0), "none": None},
        seconds=0.12345,
        before=measure_mesh(mesh),
        after=measure_mesh(mesh),
        change=Change(0.0, 0.1, 0.2, np.inf, (1.0, 2.0, 3.0), None, 5),
        notes=("a note",),
        details={"array": np.arange(3), "number": np.float32(0.5), "nan": float("nan"), "deep": {"x": [Word.A]}},
    )
    data = json.loads(json.dumps(receipt.to_dict(), allow_nan=False))
    assert set(data) == {
        "operation", "parameters", "seconds", "before", "after", "change", "notes", "warnings", "details",
    }  # fmt: skip
    assert data["parameters"] == {"word": "a", "point": [1.0, 2.0], "none": None}
    assert data["seconds"] == 0.123
    assert data["change"]["max_mm"] is None
    assert data["details"] == {"array": [0, 1, 2], "number": 0.5, "nan": None, "deep": {"x": ["a"]}}
    assert set(data["before"]) >= {
        "volume_mm3", "area_mm2", "triangles", "parts", "open_edges", "non_manifold_edges", "genus", "bounds_mm",
    }  # fmt: skip


@pytest.mark.parametrize("value", [np.float64("nan"), float("-inf"), np.array([np.nan, 1.0])])
def test_plain_never_gives_what_json_cannot_hold(value: object) -> None:
    json.dumps(plain(value), allow_nan=False)


def test_stopwatch_runs_forward() -> None:
    watch = Stopwatch()
    assert 0.0 <= watch.seconds <= watch.seconds


def test_worst_finding_and_not_run_is_never_a_pass() -> None:
    def of(*severities: Severity) -> Severity:
        return worst(Finding("a", severity, "") for severity in severities)

    assert of() is Severity.PASS
    assert of(Severity.PASS, Severity.NOT_RUN) is Severity.NOT_RUN
    assert of(Severity.NOT_RUN, Severity.WARN, Severity.INFO) is Severity.WARN
    assert of(Severity.WARN, Severity.FAIL) is Severity.FAIL


def test_finding_is_plain_json() -> None:
    finding = Finding("a", Severity.NOT_RUN, "text", 1.0, None, "mm", (1.0, 2.0, 3.0), "do this")
    assert finding.to_dict() == {
        "code": "a", "severity": "not run", "message": "text", "measured": 1.0, "limit": None, "unit": "mm",
        "where": [1.0, 2.0, 3.0], "advice": "do this",
    }  # fmt: skip
