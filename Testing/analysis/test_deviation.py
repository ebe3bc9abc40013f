"""Deviation of two surfaces with known distance."""

from __future__ import annotations

import json

import numpy as np
import pytest

from PrintPrepLib.analysis.deviation import compare
from PrintPrepLib.errors import GeometryError
from PrintPrepLib.mesh import Mesh, concatenate
from PrintPrepLib.spatial import SurfaceIndex
from PrintPrepLib.spatial.change import change_between
from PrintPrepLib.spatial.sampling import area_samples
from Testing.support import shapes

EMPTY = Mesh(np.zeros((0, 3)), np.zeros((0, 3), int))
KEYS = {"mean_mm", "rms_mm", "p95_mm", "max_mm", "max_at_mm", "signed_mean_mm", "volume_change_percent", "hausdorff_mm"}


def test_same_surface_is_zero():
    box = shapes.box()
    result = compare(box, shapes.box(subdivisions=3), samples=2000)
    assert result.hausdorff_mm < 1e-12
    assert result.volume_change_percent == pytest.approx(0.0, abs=1e-9)
    assert not result.notes


@pytest.mark.parametrize(("outer", "sign"), [(10.5, 1.0), (9.5, -1.0)])
def test_concentric_spheres(outer, sign):
    # Both are icospheres of one pattern, so the distance is 0.5 mm at the corners and 0.5 mm * cos at the middles.
    result = compare(shapes.sphere(outer, subdivisions=5), shapes.sphere(10.0, subdivisions=5), samples=20_000)
    assert result.forward.signed_mean_mm == pytest.approx(sign * 0.5, abs=1e-3)
    assert result.forward.mean_mm == pytest.approx(0.5, abs=1e-3)
    assert result.forward.rms_mm == pytest.approx(0.5, abs=1e-3)
    assert result.forward.max_mm == pytest.approx(0.5, abs=1e-3)
    assert result.backward.signed_mean_mm == pytest.approx(sign * 0.5, abs=1e-3)
    np.testing.assert_allclose(result.at_vertices_mm, sign * 0.5, atol=1e-3)
    assert result.volume_change_percent == pytest.approx(100.0 * ((outer / 10.0) ** 3 - 1.0))


def test_grown_box_by_hand():
    # A box of 12 against one of 10: 1 mm over the faces, sqrt(3) at the corners, seen from inside exactly 1.
    big, small = shapes.box((12.0, 12.0, 12.0), subdivisions=3), shapes.box()
    result = compare(big, small)
    assert result.forward.max_mm == pytest.approx(np.sqrt(3.0))
    assert np.abs(result.forward.max_at_mm) == pytest.approx([6.0, 6.0, 6.0])
    assert result.backward.mean_mm == pytest.approx(1.0)
    assert result.backward.max_mm == pytest.approx(1.0)
    # Mean over a face of side 12: 1 over the middle square of 10 x 10, sqrt(1 + x^2) along its rims, and the corners.
    x = (np.arange(1000) + 0.5) / 1000
    rim, corner = np.sqrt(1 + x**2).mean(), np.sqrt(1 + x[:, None] ** 2 + x[None, :] ** 2).mean()
    assert result.forward.mean_mm == pytest.approx((100.0 + 40.0 * rim + 4.0 * corner) / 144.0, abs=2e-4)


def test_translated_sheets_and_their_note():
    up, down = shapes.grid_sheet(height=0.75), shapes.grid_sheet()
    result = compare(up, down, samples=5000)
    assert result.forward.signed_mean_mm == pytest.approx(0.75)
    assert result.forward.p95_mm == pytest.approx(0.75)
    assert result.backward.signed_mean_mm == pytest.approx(0.75)
    assert compare(down, up, samples=500).forward.signed_mean_mm == pytest.approx(-0.75)
    assert result.volume_change_percent is None
    assert any("not closed" in note for note in result.notes)


def test_statistics_are_by_area_not_by_vertex():
    # One end of a bar is meshed finely and lies off by 1 mm; the rest is coarse and lies right.
    end = shapes.moved(shapes.grid_sheet(1.0, 60), (20.0, 0.0, 1.0))
    a = concatenate([shapes.grid_sheet(10.0, 2), end])
    b = concatenate([shapes.grid_sheet(10.0, 2), shapes.moved(end, (0.0, 0.0, -1.0))])
    result = compare(a, b, samples=10_100)
    assert result.forward.mean_mm == pytest.approx(1.0 / 101.0, rel=0.02)
    assert result.forward.max_mm == pytest.approx(1.0)


def test_a_lost_part_shows_backward():
    both, one = shapes.two_spheres(5.0, 30.0), shapes.sphere(5.0, (-15.0, 0.0, 0.0), 3)
    result = compare(one, both, samples=5000)
    assert result.forward.max_mm < 1e-9
    assert result.backward.max_mm == pytest.approx(30.0, abs=0.1)
    assert result.backward.signed_mean_mm < 0.0
    assert result.hausdorff_mm == result.backward.max_mm
    assert result.volume_change_percent == pytest.approx(-50.0)


def test_dictionary_has_the_contract_and_is_json():
    out = compare(shapes.sphere(), shapes.box(), samples=1000).to_dict()
    assert set(out) >= KEYS
    assert json.loads(json.dumps(out, allow_nan=False)) == out
    assert len(out["max_at_mm"]) == 3
    assert len(out["histogram"]["edges_mm"]) == len(out["histogram"]["area_percent"]) + 1
    assert sum(out["histogram"]["area_percent"]) == pytest.approx(100.0)


def test_colored_file_carries_the_deviation():
    a = shapes.sphere(10.0, subdivisions=2)
    result = compare(a, shapes.sphere(9.0, subdivisions=4), samples=1000)
    values = result.colored(a).scalars["deviation_mm"]
    assert values.shape == (len(a.vertices),)
    assert values.min() > 0.9


def test_nothing_to_compare_is_refused():
    flat = Mesh(np.zeros((3, 3)), np.array([[0, 1, 2]]))
    for mesh in (EMPTY, flat):
        with pytest.raises(GeometryError, match="no surface"):
            compare(mesh, shapes.box())
        with pytest.raises(GeometryError, match="no surface"):
            compare(shapes.box(), mesh)
    with pytest.raises(ValueError, match="samples"):
        compare(shapes.box(), shapes.box(), samples=0)


def test_change_says_which_way_and_how_far():
    before, after = shapes.sphere(10.0, subdivisions=5), shapes.sphere(10.2, subdivisions=5)
    grown, shrunk = change_between(before, after), change_between(after, before)
    assert grown.signed_mean_mm == pytest.approx(0.2, abs=1e-3)
    assert shrunk.signed_mean_mm == pytest.approx(-0.2, abs=1e-3)
    assert grown.mean_mm == pytest.approx(0.2, abs=1e-3)
    assert grown.max_mm == pytest.approx(0.2, abs=1e-3)
    assert grown.volume_percent == pytest.approx(100.0 * (1.02**3 - 1.0))
    again = change_between(
        before, after, before_index=SurfaceIndex(before), after_index=SurfaceIndex(after), max_samples=4000
    )
    assert again.samples <= 4000
    assert again.signed_mean_mm == pytest.approx(0.2, abs=1e-3)


def test_change_sees_lost_and_new_parts():
    both, one = shapes.two_spheres(5.0, 30.0), shapes.sphere(5.0, (-15.0, 0.0, 0.0), 3)
    for before, after in ((both, one), (one, both)):
        change = change_between(before, after)
        assert change.max_mm == pytest.approx(30.0, abs=0.1)
        assert change.max_at_mm is not None
        assert change.max_at_mm[0] > 15.0
    assert change_between(both, one).signed_mean_mm < 0.0
    assert change_between(one, both).signed_mean_mm > 0.0


def test_change_of_empty_meshes():
    lost = change_between(shapes.box(), EMPTY)
    assert (lost.samples, lost.max_mm, lost.max_at_mm) == (0, 0.0, None)
    assert lost.volume_percent == pytest.approx(-100.0)
    assert change_between(EMPTY, shapes.box()).volume_percent is None
    assert change_between(EMPTY, EMPTY).samples == 0


def test_area_samples_are_even_and_always_the_same():
    mesh = concatenate([shapes.grid_sheet(10.0, 1), shapes.moved(shapes.grid_sheet(10.0, 30), (50.0, 0.0, 0.0))])
    points = area_samples(mesh, 4000)
    np.testing.assert_array_equal(points, area_samples(mesh, 4000))
    assert np.count_nonzero(points[:, 0] < 25.0) == pytest.approx(2000, abs=2)
    counts, _, _ = np.histogram2d(points[:2000, 0], points[:2000, 1], bins=5, range=[[-5, 5], [-5, 5]])
    assert counts.min() > 60
    assert SurfaceIndex(mesh).closest(points).distance_mm.max() < 1e-12
    assert len(area_samples(EMPTY, 10)) == 0
