"""Offset and boolean steps against what can be computed by hand, and undercuts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from PrintPrepLib.analysis.undercut import undercut, words_of
from PrintPrepLib.errors import GeometryError, InputError
from PrintPrepLib.export import read_mesh, write_mesh
from PrintPrepLib.mesh import Mesh
from PrintPrepLib.shape.boolean.bodies import CHORD_MM, Shape
from PrintPrepLib.shape.boolean.step import Operation, boolean
from PrintPrepLib.shape.grow import offset
from PrintPrepLib.spatial import self_crossings
from PrintPrepLib.topology import is_closed_manifold
from Testing.support import shapes

Answer = Callable[..., tuple[int, dict[str, Any]]]


def _volume(mesh: Mesh, **words: Any) -> float:
    return boolean(mesh, **words)[0].volume_mm3


# ---- offset ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("by", [3.0, -3.0])
def test_offset_of_a_ball_is_a_ball(by: float) -> None:
    out, receipt = offset(shapes.sphere(20.0), by_mm=by, cell_mm=1.0)
    assert out.volume_mm3 == pytest.approx(4.0 / 3.0 * np.pi * (20.0 + by) ** 3, rel=0.01)
    measured = receipt.details["measured_mm"]
    assert measured["min"] == pytest.approx(by, abs=0.08)
    assert measured["max"] == pytest.approx(by, abs=0.08)
    assert receipt.details["as_asked_percent"] == 100.0
    assert is_closed_manifold(out)
    assert len(self_crossings(out).faces) == 0


def test_offset_keeps_flat_faces_rounds_edges_and_tells_what_it_closed() -> None:
    out, _ = offset(shapes.box((20.0, 16.0, 12.0)), by_mm=2.0)
    np.testing.assert_allclose(out.size_mm, [24.0, 20.0, 16.0], atol=0.01)
    # Steiner: V + A r + pi r^2 (a + b + c) + 4/3 pi r^3
    area, edges = 2.0 * (20 * 16 + 16 * 12 + 20 * 12), 20.0 + 16.0 + 12.0
    wanted = 20 * 16 * 12 + 2.0 * area + np.pi * 4.0 * edges + 4.0 / 3.0 * np.pi * 8.0
    assert out.volume_mm3 == pytest.approx(wanted, rel=0.003)
    _, receipt = offset(shapes.two_spheres(5.0, 11.0), by_mm=1.0)
    assert receipt.after is not None
    assert receipt.after.parts == 1
    assert any("2 before, 1 after" in warning for warning in receipt.warnings)


def test_offset_refuses_nothing_and_nothing_left() -> None:
    with pytest.raises(InputError, match="changes nothing"):
        offset(shapes.sphere(), by_mm=0.0)
    with pytest.raises(GeometryError, match="Shrink it by less"):
        offset(shapes.box(), by_mm=-6.0)


# ---- boolean ---------------------------------------------------------------------------------------------------------
def test_operations_by_hand() -> None:
    box = shapes.box((10.0, 10.0, 10.0))
    words: dict[str, Any] = {"at_mm": (5.0, 0.0, 0.0), "size_mm": (10.0, 4.0, 4.0)}
    assert _volume(box, operation=Operation.UNION, **words) == pytest.approx(1080.0)
    assert _volume(box, operation=Operation.DIFFERENCE, **words) == pytest.approx(920.0)
    assert _volume(box, operation=Operation.INTERSECTION, **words) == pytest.approx(80.0)
    assert _volume(box, operation=Operation.NEGATIVE, **words) == pytest.approx(80.0)
    half: dict[str, Any] = {"shape": Shape.HALF_SPACE, "at_mm": (0.0, 0.0, 3.0), "along": (0.0, 0.0, -2.0)}
    assert _volume(box, operation=Operation.INTERSECTION, **half) == pytest.approx(800.0)


def test_round_bodies_are_round_to_the_chord() -> None:
    block = shapes.box((40.0, 40.0, 40.0))
    _, receipt = boolean(
        block, operation=Operation.DIFFERENCE, shape=Shape.CYLINDER, at_mm=(0.0, 0.0, 0.0), size_mm=(12.0, 50.0),
        along=(1.0, 0.0, 0.0),
    )  # fmt: skip
    assert receipt.after is not None
    removed = 64000.0 - receipt.after.volume_mm3
    assert removed == pytest.approx(np.pi * 36.0 * 20.0, rel=2.0 * CHORD_MM / 6.0)
    ball = _volume(block, operation=Operation.INTERSECTION, shape=Shape.BALL, at_mm=(0.0, 0.0, 0.0), size_mm=(20.0,))
    assert ball == pytest.approx(4.0 / 3.0 * np.pi * 1000.0, rel=3.0 * CHORD_MM / 10.0)


def test_negative_names_its_cavity_until_it_is_open() -> None:
    ball = shapes.sphere(10.0)
    block, receipt = boolean(ball, operation=Operation.NEGATIVE, margin_mm=5.0)
    assert block.size_mm == pytest.approx([30.0, 30.0, 30.0], abs=0.05)
    assert receipt.details["cavities"][0]["volume_mm3"] == pytest.approx(ball.volume_mm3, rel=1e-6)
    _, receipt = boolean(
        block, operation=Operation.DIFFERENCE, shape=Shape.CYLINDER, at_mm=(0.0, 0.0, 5.0, 5.0, 0.0, 5.0),
        size_mm=(6.0, 20.0, 2.0, 20.0),
    )  # fmt: skip
    assert receipt.details["cavities"] == []
    assert len(receipt.details["body"]) == 2


def test_kept_faces_stay_to_the_bit_and_anatomy_is_the_other_body() -> None:
    ball = shapes.sphere(10.0, subdivisions=3)
    grown, _ = offset(ball, by_mm=2.0, cell_mm=1.0)
    shell, _ = boolean(grown, operation=Operation.DIFFERENCE, shape=Shape.ANATOMY, proven=ball)
    assert shell.volume_mm3 == pytest.approx(grown.volume_mm3 - ball.volume_mm3, rel=1e-9)
    kept = {tuple(row) for row in shell.vertices.tolist()}
    assert all(tuple(row) in kept for row in ball.vertices.tolist())


def test_words_that_do_not_fit_are_refused() -> None:
    box = shapes.box()
    wrong: tuple[tuple[dict[str, Any], str], ...] = (
        ({}, "Say where"),
        ({"at_mm": (0.0, 0.0)}, "Say where"),
        ({"at_mm": (0.0, 0.0), "size_mm": (1.0, 1.0, 1.0)}, "three numbers"),
        ({"at_mm": (0.0, 0.0, 0.0), "size_mm": (1.0, 1.0)}, "width,depth,height"),
        ({"at_mm": (0.0, 0.0, 0.0), "size_mm": (1.0, 1.0, 0.0)}, "above 0"),
        ({"margin_mm": 3.0, "at_mm": (0.0, 0.0, 0.0)}, "margin"),
        ({"shape": Shape.ANATOMY}, "--with"),
    )
    for words, told in wrong:
        with pytest.raises(InputError, match=told):
            boolean(box, operation=Operation.UNION, **words)
    far: dict[str, Any] = {"at_mm": (50.0, 0.0, 0.0), "size_mm": (2.0, 2.0, 2.0)}
    with pytest.raises(GeometryError, match="does not meet"):
        boolean(box, operation=Operation.DIFFERENCE, **far)
    with pytest.raises(GeometryError, match="Nothing is left"):
        boolean(box, operation=Operation.INTERSECTION, **far)
    _, receipt = boolean(box, operation=Operation.UNION, **far)
    assert any("2 separate pieces" in warning for warning in receipt.warnings)


# ---- undercut --------------------------------------------------------------------------------------------------------
def _halves(part: Mesh, at: float) -> tuple[Mesh, Mesh]:
    block, _ = boolean(part, operation=Operation.NEGATIVE, margin_mm=5.0)
    up: dict[str, Any] = {"shape": Shape.HALF_SPACE, "at_mm": (0.0, 0.0, at), "operation": Operation.INTERSECTION}
    return boolean(block, along=(0.0, 0.0, -1.0), **up)[0], boolean(block, along=(0.0, 0.0, 1.0), **up)[0]


def test_a_ball_leaves_halves_at_its_equator_and_no_others() -> None:
    ball = shapes.sphere(10.0, subdivisions=3)
    lower, upper = _halves(ball, 0.0)
    for half, way in ((lower, (0.0, 0.0, 1.0)), (upper, (0.0, 0.0, -1.0))):
        assert undercut(half, ball, way).free
    deep, shallow = _halves(ball, 4.0)
    found = undercut(deep, ball, (0.0, 0.0, 1.0))
    assert not found.free
    zone = 2.0 * np.pi * 10.0 * 4.0  # from the equator to 4 mm above it, but for the hair that rays begin inside
    assert found.blocked_mm2 == pytest.approx(zone, rel=0.2)
    assert found.places[0][2] == pytest.approx(2.0, abs=2.5)
    assert "cannot leave" in words_of(found, "it")
    assert undercut(shallow, ball, (0.0, 0.0, -1.0)).free
    with pytest.raises(InputError, match="does not lie in this mould"):
        undercut(deep, shapes.moved(ball, (100.0, 0.0, 0.0)), (0.0, 0.0, 1.0))


def test_straight_walls_leave_but_are_told() -> None:
    bar = shapes.box((10.0, 10.0, 10.0))
    lower, _ = _halves(bar, 0.0)
    found = undercut(lower, bar, (0.0, 0.0, 1.0))
    assert found.free
    assert found.steep_mm2 == pytest.approx(4 * 10.0 * 5.0, rel=0.15)


def test_commands(answer: Answer, tmp_path: Path) -> None:
    ball = tmp_path / "ball.stl"
    write_mesh(shapes.sphere(10.0, (50.0, -20.0, 5.0), 3), ball)
    _, grown = answer("offset", ball, "--by", "2", "--cell", "1", "-o", tmp_path / "grown.stl")
    assert grown["receipt"]["details"]["measured_mm"]["median"] == pytest.approx(2.0, abs=0.05)
    _, data = answer(
        "boolean", tmp_path / "grown.stl", "--operation", "difference", "--with", ball, "-o", tmp_path / "shell.stl"
    )
    assert data["receipt"]["parameters"]["shape"] == "mesh"
    shell = read_mesh(tmp_path / "shell.stl")
    assert shell.volume_mm3 == pytest.approx(4.0 / 3.0 * np.pi * (12.0**3 - 1000.0), rel=0.03)
    _, data = answer("boolean", ball, "--operation", "negative", "--margin", "4", "-o", tmp_path / "block.stl")
    code, told = answer("undercut", tmp_path / "block.stl", "--part", ball, "--pull", "0,0,1")
    assert code == 1
    assert told["free"] is False
