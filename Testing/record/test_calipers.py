"""The caliper table on shapes with known lengths: what is planned, where the jaws land, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest

from PrintPrepLib.analysis.jaws import Landing, landing_mm2
from PrintPrepLib.errors import InputError
from PrintPrepLib.mesh import Mesh
from PrintPrepLib.profiles.accuracy import GENERAL_MM, Accuracy, accuracy_of, parse_accuracies
from PrintPrepLib.profiles.processes import process_names
from PrintPrepLib.record.calipers import APART_DEG, Caliper, CaliperKind, CaliperPair, caliper_table, on_model
from Testing.support import shapes

EXACT = Accuracy(0.3, 0.3, "a guide")


def of_kind(rows: tuple[Caliper, ...], kind: CaliperKind) -> list[Caliper]:
    return [row for row in rows if row.kind is kind]


def brick(x: float, y: float, z: float) -> Mesh:
    mesh = shapes.box()
    low, high = mesh.bounds
    return mesh.with_vertices((mesh.vertices - low) / (high - low) * (x, y, z) + (7.0, -3.0, 11.0))


def test_lengths_of_a_brick() -> None:
    rows = caliper_table(brick(10.0, 20.0, 50.0), EXACT)
    assert [row.id for row in rows] == [f"M{number}" for number in range(1, len(rows) + 1)]
    assert [row.planned_mm for row in of_kind(rows, CaliperKind.EXTENT)] == pytest.approx([10.0, 20.0, 50.0])
    assert of_kind(rows, CaliperKind.DIAMETER)[0].planned_mm == pytest.approx(np.sqrt(3000.0), abs=1e-3)
    assert of_kind(rows, CaliperKind.DIAMETER)[0].landing is Landing.POINT  # corner to corner
    (least,) = of_kind(rows, CaliperKind.LEAST_WIDTH)
    assert least.planned_mm == pytest.approx(10.0)
    assert least.landing is Landing.BROAD
    assert of_kind(rows, CaliperKind.EXTENT)[2].tolerance_mm == pytest.approx(0.3)
    long = caliper_table(brick(10.0, 20.0, 500.0), EXACT)
    assert of_kind(long, CaliperKind.EXTENT)[2].tolerance_mm == pytest.approx(1.5)  # 0.3 % of 500 mm


def test_jaws_square_to_a_diameter_touch_only_its_ends() -> None:
    rng = np.random.default_rng(4)
    ball = shapes.sphere()
    mesh = ball.with_vertices(ball.vertices * (1.0, 1.7, 2.6) + rng.normal(0.0, 0.05, ball.vertices.shape))
    rows = of_kind(caliper_table(mesh, EXACT), CaliperKind.DIAMETER)
    distances = np.linalg.norm(mesh.vertices[:, None] - mesh.vertices[None], axis=2)
    assert rows[0].planned_mm == pytest.approx(distances.max(), rel=0.03)
    directions = []
    for row in rows:
        a, b = np.array(row.from_mm), np.array(row.to_mm)
        unit = (b - a) / np.linalg.norm(b - a)
        reach = mesh.vertices @ unit
        assert np.ptp(reach) == pytest.approx(row.planned_mm, abs=0.01)
        assert np.linalg.norm(b - a) == pytest.approx(row.planned_mm, abs=0.005)
        directions.append(unit)
    for first in range(len(directions)):
        for second in range(first):
            assert abs(directions[first] @ directions[second]) < np.cos(np.radians(APART_DEG)) + 1e-6


def test_landmarks_come_first_and_lie_on_the_surface() -> None:
    mesh = brick(10.0, 20.0, 50.0)
    pair = CaliperPair("heights", (12.0, 7.0, 10.7), (12.0, 7.0, 61.0))
    row = caliper_table(mesh, EXACT, [pair])[0]
    assert row.kind is CaliperKind.LANDMARK
    assert row.planned_mm == pytest.approx(50.0)
    assert row.from_mm == pytest.approx((12.0, 7.0, 11.0))
    assert "0.30 mm" in row.note
    assert row.landing is Landing.BROAD


def test_places_off_the_model_are_refused_and_named() -> None:
    mesh = brick(10.0, 20.0, 50.0)
    off = CaliperPair("far", (12.0, 7.0, 11.0), (12.0, 7.0, 90.0))
    with pytest.raises(InputError, match=r"'far'.*29\.0 mm off the model"):
        caliper_table(mesh, EXACT, [off])
    with pytest.raises(InputError, match="one place"):
        caliper_table(mesh, EXACT, [CaliperPair("x", (7.0, 0.0, 20.0), (7.0, 0.0, 20.0))])
    good, findings = on_model(mesh, [off, CaliperPair("near", (12.0, 7.0, 11.0), (12.0, 7.0, 61.0))])
    assert [pair.name for pair in good] == ["near"]
    assert [finding.code for finding in findings] == ["caliper-off-model"]


def test_landing_is_the_surface_under_the_jaw() -> None:
    mesh = brick(10.0, 20.0, 50.0)
    middle, corner = np.array([12.0, 7.0, 61.0]), np.array([7.0, -3.0, 61.0])
    up = np.array([0.0, 0.0, 1.0])
    assert landing_mm2(mesh, middle, up) == pytest.approx(np.pi * 9.0, rel=0.02)
    assert landing_mm2(mesh, corner, up) == pytest.approx(np.pi * 9.0 / 4.0, rel=0.1)
    assert landing_mm2(mesh, np.array([100.0, 0.0, 0.0]), up) == 0.0


def test_nothing_is_measured_for_people() -> None:
    for row in caliper_table(shapes.sphere(), EXACT):
        data = row.to_dict()
        assert data["measured_mm"] is data["difference_mm"] is data["within"] is None


def test_every_accuracy_has_a_source_and_a_known_process() -> None:
    for name in ("fdm", "sla", "sls", "mjf", "polyjet"):
        assert name in process_names()
        assert accuracy_of(name).least_mm > 0.0
        assert accuracy_of(name).source
    assert accuracy_of(None).tolerance_mm(500.0) == GENERAL_MM
    with pytest.raises(InputError, match="source"):
        parse_accuracies('[fdm]\npercent = 1\nleast_mm = 1\nsource = " "')
    with pytest.raises(InputError, match="nothing else"):
        parse_accuracies("[fdm]\npercent = 1")
