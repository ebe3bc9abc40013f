"""Laying flat on a face, the way back, and several parts beside one another."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from PrintPrepLib.errors import GeometryError, InputError, RecipeError
from PrintPrepLib.export import write_mesh
from PrintPrepLib.export.read import read_parts
from PrintPrepLib.mesh import Mesh
from PrintPrepLib.plan.place.flat import flat_at, flat_faces, flat_on
from PrintPrepLib.plan.place.pack import packed
from PrintPrepLib.plan.place.step import place
from PrintPrepLib.record.schema import problems
from PrintPrepLib.workflow.chain import completed
from PrintPrepLib.workflow.recipe import parse_recipe
from PrintPrepLib.workflow.run import RunRequest, run
from Testing.support import shapes
from Testing.support.demo import demo_scan
from Testing.support.recipes import BONE, HEAD, PRINTER

Answer = Callable[..., tuple[int, dict[str, Any]]]


def _dome(radius: float = 20.0) -> Mesh:
    """Half a ball: one flat face of pi r^2."""
    ball = shapes.sphere(radius, subdivisions=5).to_manifold()
    return Mesh.from_manifold(ball.trim_by_plane([0.0, 0.0, 1.0], 0.0))


def _turned(mesh: Mesh) -> Mesh:
    return shapes.moved(shapes.rotated(mesh, 67.0, (1.0, -2.0, 0.7)), (120.0, -80.0, 300.0))


def test_largest_flat_face_goes_down_and_the_way_back_is_exact() -> None:
    dome = _turned(_dome())
    out, receipt = place(dome)
    assert out.bounds[0][2] == 0.0
    np.testing.assert_allclose(out.bounds.mean(axis=0)[:2], 0.0, atol=1e-9)
    assert out.size_mm[2] == pytest.approx(20.0, abs=0.05)
    assert receipt.details["face"]["area_mm2"] == pytest.approx(np.pi * 400.0, rel=0.01)
    on_bed = out.triangles[:, :, 2].max(axis=1) < 0.01
    assert out.face_areas_mm2()[on_bed].sum() == pytest.approx(np.pi * 400.0, rel=0.01)
    matrix, back = receipt.details["matrix"], receipt.details["matrix_back"]
    np.testing.assert_allclose(matrix[:3, :3] @ matrix[:3, :3].T, np.eye(3), atol=1e-12)
    assert np.linalg.det(matrix) == pytest.approx(1.0)
    assert np.abs(out.vertices @ back[:3, :3].T + back[:3, 3] - dome.vertices).max() < 1e-6
    assert receipt.details["back_error_mm"] < 1e-6


def test_lies_along_the_width_or_turned_as_asked() -> None:
    bar = _turned(shapes.box((80.0, 20.0, 10.0)))
    out, _ = place(bar)
    np.testing.assert_allclose(out.size_mm, [80.0, 20.0, 10.0], atol=1e-9)
    first, _ = place(bar, turn_deg=0.0)
    quarter, _ = place(bar, turn_deg=90.0)
    np.testing.assert_allclose(first.size_mm[[1, 0, 2]], quarter.size_mm, atol=1e-9)


def test_a_picked_face_a_plane_and_what_cannot_be() -> None:
    bar = shapes.box((80.0, 20.0, 10.0))
    out, _ = place(bar, on_mm=(40.0, 0.0, 0.0))
    assert out.size_mm[2] == pytest.approx(80.0)
    assert flat_on(bar, (0.0, 10.2, 0.0, 0.0, 3.0, 0.0)).area_mm2 == pytest.approx(800.0)
    assert flat_at(bar, (0.0, 0.0, 5.0)).normal == pytest.approx((0.0, 0.0, 1.0))
    with pytest.raises(InputError, match="No face"):
        flat_on(bar, (0.0, 0.0, 0.0, 1.0, 1.0, 0.0))
    step = Mesh.from_manifold(bar.to_manifold() + shapes.box((10.0, 10.0, 10.0), (35.0, 0.0, 7.0)).to_manifold())
    assert flat_at(step, (-20.0, 0.0, 5.0)).below_mm == pytest.approx(7.0)
    with pytest.raises(GeometryError, match=r"7\.0 mm beyond"):
        place(step, on_mm=(-20.0, 0.0, 5.0))
    with pytest.raises(InputError, match="not both"):
        place(bar, on_mm=(0.0, 0.0, 0.0), on_plane=(0.0, 0.0, 0.0, 1.0, 0.0, 0.0))


def test_nothing_flat_is_said() -> None:
    ball = shapes.sphere(20.0, subdivisions=5)
    (face,) = flat_faces(ball)
    assert face.area_mm2 < 100.0
    out, receipt = place(shapes.bumpy_sphere())
    assert out.bounds[0][2] == 0.0
    assert receipt.details["back_error_mm"] < 1e-6


def test_three_feet_in_one_plane_are_one_face() -> None:
    body = shapes.sphere(20.0, (0.0, 0.0, 30.0), 4).to_manifold()
    for angle in (0.0, 2.1, 4.2):
        body += shapes.cylinder(3.0, 30.0, (12 * np.cos(angle), 12 * np.sin(angle), 15.0)).to_manifold()
    mesh = Mesh.from_manifold(body)
    face = flat_faces(mesh)[0]
    assert face.area_mm2 == pytest.approx(3 * np.pi * 9.0, rel=0.02)
    assert face.normal == pytest.approx((0.0, 0.0, -1.0), abs=1e-6)


def test_rectangles_never_overlap_and_stay_on_the_bed() -> None:
    rng = np.random.default_rng(3)
    sizes = [(float(w), float(d)) for w, d in rng.uniform(10.0, 90.0, (25, 2))]
    spots = packed(sizes, 4.0, (220.0, 200.0))
    boxes = []
    for size, spot in zip(sizes, spots, strict=True):
        w, d = size[::-1] if spot.turned else size
        boxes.append((spot.bed, spot.x_mm - w / 2, spot.x_mm + w / 2, spot.y_mm - d / 2, spot.y_mm + d / 2))
        assert abs(spot.x_mm) + w / 2 <= 110.0 + 1e-6
        assert abs(spot.y_mm) + d / 2 <= 100.0 + 1e-6
    for a, b in combinations(boxes, 2):
        apart = max(a[1] - b[2], b[1] - a[2], a[3] - b[4], b[3] - a[4])
        assert a[0] != b[0] or apart >= 4.0 - 1e-6
    area = sum(w * d for w, d in sizes)
    assert 1 + max(spot.bed for spot in spots) <= np.ceil(2.0 * area / (220.0 * 200.0))
    with pytest.raises(InputError, match="larger printer"):
        packed([(300.0, 10.0), (250.0, 250.0)], 4.0, (220.0, 200.0))


def test_command_lays_several_parts_into_one_file(answer: Answer, tmp_path: Path) -> None:
    for number, mesh in enumerate((_turned(_dome()), shapes.box((30.0, 20.0, 10.0)))):
        write_mesh(mesh, tmp_path / f"{number}.ply")
    parts = [tmp_path / "0.ply", tmp_path / "1.ply"]
    code, data = answer("place", *parts, "-o", tmp_path / "bed.3mf", "--printer", "prusa-mk4", "--gap", "6")
    assert code == 0
    assert data["receipt"]["details"]["beds"] == 1
    laid = [one.mesh for one in read_parts(tmp_path / "bed.3mf").parts]
    assert [float(mesh.bounds[0][2]) for mesh in laid] == pytest.approx([0.0, 0.0], abs=1e-6)
    apart = max((laid[0].bounds[0] - laid[1].bounds[1])[:2].max(), (laid[1].bounds[0] - laid[0].bounds[1])[:2].max())
    assert apart == pytest.approx(6.0, abs=1e-3)
    code, data = answer("place", parts[0], "-o", tmp_path / "one.stl")
    assert code == 0
    assert (tmp_path / "one.stl").exists()


CUT = f"""{HEAD}{PRINTER}{BONE}[[step]]
do = "cut"
plane = [81, 10, -426, 1, 0.1, 0]
pins = "none"
[[step]]
do = "place"
"""


def test_recipe_lays_the_parts_of_a_cut(tmp_path: Path) -> None:
    scan, _truth = demo_scan()
    recipe = parse_recipe(CUT)
    with pytest.raises(RecipeError, match="after place"):
        completed(parse_recipe(CUT + '[[step]]\ndo = "orient"\n'), has_segmentation=False)
    result = run(RunRequest(scan, tmp_path / "out", recipe, pictures=False))
    assert result.assembly is not None
    laid = read_parts(tmp_path / "out" / "model_print.3mf").parts
    assert len(laid) == len(result.assembly.parts)
    for one, part in zip(laid, result.assembly.parts, strict=True):
        assert one.mesh.volume_mm3 == pytest.approx(part.mesh.volume_mm3, rel=1e-4)
        assert abs(one.mesh.bounds[0][2]) < 1e-4
    record = json.loads((tmp_path / "out" / "record.json").read_text())
    assert problems(record) == []
    (step,) = [one for one in record["steps"] if one["operation"] == "place"]
    assert len(step["details"]["parts"]) == len(laid)
