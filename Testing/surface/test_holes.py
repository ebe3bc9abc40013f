"""Holes: listed truly and closed well."""

from __future__ import annotations

import numpy as np
import pytest

from PrintPrepLib.errors import GeometryError
from PrintPrepLib.mesh import Mesh
from PrintPrepLib.spatial import self_crossings
from PrintPrepLib.surface.holes import fill_holes, holes
from PrintPrepLib.surface.patch import triangulate_loop
from PrintPrepLib.topology import is_closed_manifold
from Testing.support import shapes


def sphere_without_cap(angle_deg: float, subdivisions: int = 4) -> Mesh:
    ball = shapes.sphere(10.0, subdivisions=subdivisions)
    height = ball.triangles.mean(axis=1)[:, 2]
    return ball.submesh(height < 10.0 * np.cos(np.radians(angle_deg)))


def test_hole_of_a_box_is_listed_with_its_size() -> None:
    (hole,) = holes(shapes.open_box())
    assert hole.vertices == 4
    assert hole.diameter_mm == pytest.approx(np.sqrt(200.0))
    assert hole.perimeter_mm == pytest.approx(40.0)
    assert hole.center_mm == pytest.approx((0.0, 0.0, 5.0))


def test_closed_mesh_has_no_holes() -> None:
    assert holes(shapes.sphere()) == []
    out, receipt = fill_holes(shapes.sphere())
    assert receipt.details["closed_total"] == 0
    assert is_closed_manifold(out)


@pytest.mark.parametrize("angle", [10.0, 25.0, 50.0])
def test_cap_of_a_sphere_is_faired_back(angle: float) -> None:
    broken = sphere_without_cap(angle)
    out, receipt = fill_holes(broken)
    assert is_closed_manifold(out)
    assert len(self_crossings(out).faces) == 0
    assert receipt.details["closed_total"] == 1
    radius = np.linalg.norm(out.vertices, axis=1)
    # A flat lid would lie 10 (1 - cos a) too low; the faired one follows the sphere.
    assert np.abs(radius - 10.0).max() < max(0.35 * 10.0 * (1 - np.cos(np.radians(angle))), 0.05)
    kept = {row.tobytes() for row in out.vertices}
    assert all(row.tobytes() in kept for row in broken.vertices)


def test_only_holes_up_to_the_size_are_closed() -> None:
    ball = sphere_without_cap(40.0)
    low = ball.triangles.mean(axis=1)[:, 2]
    both = ball.submesh(np.arange(len(ball.faces)) != int(np.argmin(low)))
    out, receipt = fill_holes(both, max_diameter_mm=3.0)
    assert receipt.details["closed_total"] == 1
    assert receipt.details["left_open_total"] == 1
    assert receipt.warnings
    assert len(holes(out)) == 1


def test_open_sheet_is_refused() -> None:
    with pytest.raises(GeometryError, match="sheet"):
        fill_holes(shapes.grid_sheet())


def test_concave_loop_is_triangulated_inside() -> None:
    # A flat C: the fan from its center would cover what is outside.
    loop = np.array(
        [[0, 0], [4, 0], [4, 1], [1, 1], [1, 3], [4, 3], [4, 4], [0, 4]],
        float,
    )
    points = np.column_stack([loop, np.zeros(len(loop))])
    faces = triangulate_loop(points)
    assert len(faces) == 6
    corners = points[faces]
    area = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])[:, 2] / 2
    assert (area > 0).all()
    assert area.sum() == pytest.approx(10.0)


def test_long_loop_takes_arcs_and_keeps_its_area() -> None:
    angle = np.linspace(0, 2 * np.pi, 1000, endpoint=False)
    points = np.stack([np.cos(angle), np.sin(angle), np.zeros(1000)], axis=1)
    faces = triangulate_loop(points)
    assert len(faces) == 998
    assert Mesh(points, faces.astype(np.int32)).area_mm2 == pytest.approx(500 * np.sin(2 * np.pi / 1000), rel=1e-6)
