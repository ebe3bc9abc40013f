"""Union: one closed body out of several that touch or overlap, and plain words where that would be a lie."""

from __future__ import annotations

import numpy as np
import pytest

from PrintPrepLib.errors import GeometryError, InputError
from PrintPrepLib.mesh import Mesh
from PrintPrepLib.shape.join.union import unite
from PrintPrepLib.surface.defects import find_defects
from Testing.support.shapes import box, cylinder, open_box, rotated, shell, sphere, tube

CUBE = box((10.0, 10.0, 10.0))
POSES = (0.0, 37.0, 211.0)


def lens_mm3(radius: float, distance: float) -> float:
    """Volume that two equal balls share: two caps of the height ``radius - distance / 2``."""
    height = radius - distance / 2.0
    return 2.0 * np.pi * height**2 * (3.0 * radius - height) / 3.0


def one_clean_body(mesh: Mesh) -> bool:
    defects = find_defects(mesh)
    return defects.clean and defects.parts == 1


@pytest.mark.parametrize("degrees", POSES)
def test_overlapping_balls_hold_both_less_the_lens(degrees: float) -> None:
    balls = [rotated(sphere(10.0, (x, 0.0, 0.0), 5), degrees) for x in (0.0, 12.0)]
    out, receipt = unite(balls)
    expected = 2.0 * 4.0 / 3.0 * np.pi * 1000.0 - lens_mm3(10.0, 12.0)
    assert out.volume_mm3 == pytest.approx(expected, rel=2e-3)  # inscribed polyhedra
    assert one_clean_body(out)
    (pair,) = receipt.details["pairs"]
    assert pair["overlap_mm3"] == pytest.approx(lens_mm3(10.0, 12.0), rel=0.02)
    assert pair["overlap_depth_mm"] == pytest.approx(8.0, abs=0.1)


@pytest.mark.parametrize("degrees", POSES)
@pytest.mark.parametrize("gap_mm", [0.0, 1e-9, 1e-7, 1e-6, 1e-5, 9e-5, -1e-9, -1e-6, -1e-4])
def test_boxes_with_a_common_face_become_one(degrees: float, gap_mm: float) -> None:
    other = box((10.0, 10.0, 10.0), (10.0 + gap_mm, 0.0, 0.0))
    out, receipt = unite([rotated(CUBE, degrees), rotated(other, degrees)])
    assert one_clean_body(out)
    assert out.volume_mm3 == pytest.approx(2000.0, abs=0.02)
    assert receipt.details["bodies"] == 1
    assert receipt.details["pairs"][0]["touching_mm2"] == pytest.approx(100.0, rel=0.02)


@pytest.mark.parametrize("degrees", POSES)
def test_boxes_that_share_part_of_a_face_have_no_slit_inside(degrees: float) -> None:
    out, _ = unite([rotated(CUBE, degrees), rotated(box((10.0, 10.0, 10.0), (10.0, 3.0, 2.0)), degrees)])
    assert one_clean_body(out)
    assert out.area_mm2 == pytest.approx(1200.0 - 2.0 * 7.0 * 8.0, abs=0.2)


def test_bodies_apart_are_refused_with_the_distance_and_the_place() -> None:
    other = box((10.0, 10.0, 10.0), (10.35, 0.0, 0.0)).with_name("lid")
    with pytest.raises(GeometryError, match=r"'box'.*'lid'.* 0\.35 mm apart at \(5\.\d, .*pins"):
        unite([CUBE, other])
    out, receipt = unite([CUBE, other], allow_separate=True)
    assert receipt.details["bodies"] == 2
    assert any("0.35 mm apart" in warning for warning in receipt.warnings)
    assert find_defects(out).parts == 2


@pytest.mark.parametrize("degrees", POSES)
@pytest.mark.parametrize("center", [(10.0, 10.0, 0.0), (10.0, 10.0, 10.0)])
def test_an_edge_or_a_point_does_not_join(degrees: float, center: tuple[float, float, float]) -> None:
    with pytest.raises(GeometryError, match="only in a point or along an edge"):
        unite([rotated(CUBE, degrees), rotated(box((10.0, 10.0, 10.0), center), degrees)])


def test_a_body_inside_another_is_swallowed() -> None:
    out, _ = unite([CUBE, box((4.0, 4.0, 4.0), (1.0, 0.0, 0.0))])
    assert out.volume_mm3 == pytest.approx(1000.0)
    assert one_clean_body(out)


def test_a_cavity_that_the_union_closes_is_told_and_stays() -> None:
    caps = [cylinder(6.0, 2.0, (0.0, 0.0, z)) for z in (10.5, -10.5)]
    out, receipt = unite([tube(4.0, 6.0, 20.0), *caps])
    (cavity,) = receipt.details["cavities"]
    polygon = 64 / 2.0 * np.sin(2.0 * np.pi / 64)  # area of the unit 64-gon
    assert cavity["volume_mm3"] == pytest.approx(polygon * 16.0 * 19.0, rel=1e-3)
    assert cavity["at_mm"] == pytest.approx([0.0, 0.0, 0.0], abs=1e-3)
    assert any("cavities" in warning for warning in receipt.warnings)
    assert out.volume_mm3 == pytest.approx(polygon * (36.0 * 23.0 - 16.0 * 19.0), rel=1e-3)


def test_a_cavity_that_was_there_stays() -> None:
    _, receipt = unite([shell(8.0, 10.0, 3), sphere(1.5, (10.0, 0.0, 0.0), 3)])
    assert receipt.details["cavities_total"] == 1


def test_many_bodies_at_once() -> None:
    row = [box((10.0, 10.0, 10.0), (9.0 * k, 0.3 * k, 0.0)) for k in range(8)]
    out, receipt = unite(row)
    assert out.volume_mm3 == pytest.approx(8000.0 - 7 * 1.0 * 9.7 * 10.0)
    assert len(receipt.details["pairs"]) == 7
    assert one_clean_body(out)


def test_an_open_body_is_repaired_first_and_told() -> None:
    out, receipt = unite([open_box(), box((10.0, 10.0, 10.0), (9.0, 0.0, 0.0))])
    assert out.volume_mm3 == pytest.approx(1900.0)
    (repaired,) = receipt.details["repairs"]
    assert repaired["body"] == 1
    assert repaired["receipt"]["operation"] == "repair"
    assert any("repaired first" in warning for warning in receipt.warnings)


def test_what_cannot_be_united() -> None:
    with pytest.raises(InputError, match="two meshes"):
        unite([CUBE])
    with pytest.raises(GeometryError, match="Body 2"):
        unite([CUBE, CUBE.submesh(CUBE.face_normals()[:, 2] > 0.5)])


def test_a_thin_neck_is_told() -> None:
    out, receipt = unite([CUBE, box((10.0, 10.0, 10.0), (10.0, 9.5, 9.5))])
    assert one_clean_body(out)
    assert any("neck will break" in warning for warning in receipt.warnings)
