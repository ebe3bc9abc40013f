"""What was lost and what was added, against the segmentation and against a mesh: found, in ml, in its place."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from PrintPrepLib.check import check_mesh
from PrintPrepLib.check.raster import inside_voxels
from PrintPrepLib.engine import Engine
from PrintPrepLib.finding import Severity
from PrintPrepLib.mesh import Mesh, concatenate
from PrintPrepLib.surface import smooth
from Testing.check.support import LEFT_HANDED, OBLIQUE, UPRIGHT, body, one, segmentation_of, severity, surface
from Testing.support.shapes import box, moved, open_box, rotated, shell, sphere, two_spheres

FAIL, PASS, WARN, INFO, NOT_RUN = (
    Severity.FAIL, Severity.PASS, Severity.WARN, Severity.INFO, Severity.NOT_RUN,
)  # fmt: skip
GRIDS = [UPRIGHT, LEFT_HANDED, OBLIQUE]
MISSING, EXTRA = "completeness-missing", "completeness-extra"


def plate(x: np.ndarray, y: np.ndarray, z: np.ndarray) -> np.ndarray:
    """A plate one voxel thick, 12 x 10 mm, on top of the body in the plane y = 0."""
    return (abs(x) <= 6) & (abs(y) < 0.3) & (z > 10) & (z <= 20)


def hole(x: np.ndarray, y: np.ndarray, z: np.ndarray) -> np.ndarray:
    """A bore of 4 mm along z."""
    return (x + 6) ** 2 + y**2 <= 4.0


def far_piece(x: np.ndarray, y: np.ndarray, z: np.ndarray) -> np.ndarray:
    return (x + 18) ** 2 + (y + 14) ** 2 + (z + 14) ** 2 <= 9.0


@pytest.mark.parametrize("direction", GRIDS)
@pytest.mark.parametrize("spacing", [(0.5, 0.5, 0.5), (0.4, 0.5, 1.0)])
def test_the_right_model_is_complete(direction: tuple[float, ...], spacing: tuple[float, float, float]) -> None:
    segmentation = segmentation_of(lambda *p: (body(*p) | plate(*p)) & ~hole(*p), spacing, direction)
    model, _ = smooth.smooth(surface(segmentation))
    result = check_mesh(model, segmentation=segmentation)
    for code in (MISSING, EXTRA, "mirrored", "placement"):
        assert severity(result, code) is PASS, one(result, code).message


@pytest.mark.parametrize("direction", GRIDS)
def test_a_lost_plate_is_found_in_ml_and_place(direction: tuple[float, ...]) -> None:
    whole = segmentation_of(lambda *p: body(*p) | plate(*p), direction=direction)
    result = check_mesh(surface(segmentation_of(body, direction=direction)), segmentation=whole)
    found = one(result, MISSING)
    assert found.severity is FAIL
    assert found.measured == pytest.approx(12.5 * 0.5 * 10.0 / 1000, rel=0.1)
    center = np.array(direction).reshape(3, 3) @ [0.0, 0.0, 15.0]
    assert np.linalg.norm(np.array(found.where) - center) < 1.0
    assert severity(result, EXTRA) is PASS
    assert not result.ready


def test_a_lost_piece_is_a_warning_that_lists_it() -> None:
    whole = segmentation_of(lambda *p: body(*p) | far_piece(*p))
    result = check_mesh(surface(segmentation_of(body)), segmentation=whole)
    dropped, rest = result.of(MISSING)
    assert dropped.severity is WARN
    assert dropped.measured == pytest.approx(4 / 3 * np.pi * 27 / 1000, rel=0.05)
    assert dropped.where == pytest.approx((-18.0, -14.0, -14.0), abs=0.5)
    assert rest.severity is PASS


def test_the_wrong_piece_kept_fails() -> None:
    whole = segmentation_of(lambda *p: body(*p) | far_piece(*p))
    result = check_mesh(surface(segmentation_of(far_piece)), segmentation=whole)
    assert result.of(MISSING)[0].severity is FAIL
    assert not result.ready


def test_a_filled_hole_is_found() -> None:
    scanned = segmentation_of(lambda *p: body(*p) & ~hole(*p))
    found = one(check_mesh(surface(segmentation_of(body)), segmentation=scanned), EXTRA)
    assert found.severity is FAIL
    assert found.measured == pytest.approx(np.pi * 4 * 20.5 / 1000, rel=0.15)
    assert found.where == pytest.approx((-6.0, 0.0, 0.0), abs=1.0)


def test_a_filled_cavity_is_found() -> None:
    scanned = segmentation_of(lambda *p: body(*p) & ~(p[0] ** 2 + p[1] ** 2 + p[2] ** 2 <= 16.0))
    found = one(check_mesh(surface(segmentation_of(body)), segmentation=scanned), EXTRA)
    assert found.severity is FAIL
    assert found.measured == pytest.approx(4 / 3 * np.pi * 64 / 1000, rel=0.05)


def test_a_web_thinner_than_a_voxel_across_a_gap_is_found() -> None:
    two = segmentation_of(lambda x, y, z: (abs(x) >= 3) & (abs(x) <= 12) & (abs(y) <= 8) & (abs(z) <= 10))
    model = surface(two)
    assert severity(check_mesh(model, segmentation=two), EXTRA) is PASS
    web = box((6.2, 10.0, 0.1), (0.0, 0.0, 0.26))  # between two planes of voxel centers
    found = one(check_mesh(concatenate([model, web]), segmentation=two), EXTRA)
    assert found.severity is FAIL
    assert "sheet" in found.message
    assert found.where == pytest.approx((0.0, 0.0, 0.25), abs=0.8)


def test_what_lies_beyond_the_box_is_extra() -> None:
    segmentation = segmentation_of(body)
    model = concatenate([surface(segmentation), moved(sphere(5.0), (60.0, 0.0, 0.0))])
    beyond, rest = check_mesh(model, segmentation=segmentation).of(EXTRA)
    assert beyond.severity is FAIL
    assert beyond.measured == pytest.approx(0.52, rel=0.2)
    assert beyond.where == pytest.approx((65.0, 0.0, 0.0), abs=1.0)
    assert rest.severity is PASS


def test_a_thorn_is_told_and_fails_nothing() -> None:
    scanned = segmentation_of(lambda x, y, z: body(x, y, z) | ((abs(x) < 0.3) & (abs(y) < 0.3) & (z > 0) & (z < 14)))
    result = check_mesh(surface(segmentation_of(body)), segmentation=scanned)
    assert severity(result, MISSING) is INFO
    assert result.ready


def test_an_open_model_is_not_judged() -> None:
    segmentation = segmentation_of(body)
    result = check_mesh(open_box((20.0, 20.0, 20.0)), segmentation=segmentation)
    assert severity(result, MISSING) is NOT_RUN
    assert severity(result, EXTRA) is NOT_RUN


def test_against_a_mesh() -> None:
    whole, plain = surface(segmentation_of(lambda *p: body(*p) | plate(*p))), surface(segmentation_of(body))
    same = check_mesh(plain, against=plain)
    assert (severity(same, MISSING), severity(same, EXTRA)) == (PASS, PASS)
    lost = check_mesh(plain, against=whole)
    found = one(lost, MISSING)
    assert found.severity is FAIL
    assert found.measured == pytest.approx(10.25, abs=0.3)
    assert found.where[2] > 18.0
    assert severity(lost, EXTRA) is PASS
    added = check_mesh(whole, against=plain)
    assert (severity(added, MISSING), severity(added, EXTRA)) == (PASS, FAIL)


def test_against_a_mesh_a_filled_hole_and_a_lost_piece() -> None:
    bored, plain = surface(segmentation_of(lambda *p: body(*p) & ~hole(*p))), surface(segmentation_of(body))
    filled = check_mesh(plain, against=bored)
    assert (severity(filled, MISSING), severity(filled, EXTRA)) == (PASS, FAIL)
    both = concatenate([plain, moved(sphere(3.0), (40.0, 0.0, 0.0))])
    assert "1 of the reference's 2 separate surfaces" in one(check_mesh(plain, against=both), MISSING).message


@pytest.mark.parametrize("flip", [(-1, 1, 1), (1, -1, 1), (1, 1, -1), (-1, -1, -1)])
@pytest.mark.parametrize("reference", ["label", "mesh"])
def test_a_mirrored_model_is_found(flip: tuple[int, ...], reference: str) -> None:
    segmentation = segmentation_of(body)
    model = surface(segmentation)
    mirrored = Mesh(model.vertices * np.array(flip), model.faces[:, ::-1])
    against = {"segmentation": segmentation} if reference == "label" else {"against": model}
    found = one(check_mesh(mirrored, **against), "mirrored")
    assert found.severity is FAIL, found.message
    assert severity(check_mesh(model, **against), "mirrored") is PASS


def test_right_anterior_superior_read_as_left_posterior_superior() -> None:
    segmentation = segmentation_of(body)
    model = surface(segmentation)
    result = check_mesh(Mesh(model.vertices * [-1.0, -1.0, 1.0], model.faces), segmentation=segmentation)
    found = one(result, "placement")
    assert found.severity is FAIL
    assert "Right, anterior, superior" in found.message
    assert severity(result, "mirrored") is PASS


def test_something_else_altogether_is_not_called_mirrored() -> None:
    result = check_mesh(rotated(sphere(9.0), 20.0), segmentation=segmentation_of(body))
    assert severity(result, "mirrored") is NOT_RUN
    assert severity(result, "placement") is WARN


def test_accuracy() -> None:
    ball = sphere(20.0, subdivisions=5)
    assert severity(check_mesh(ball, against=ball, accuracy_mm=0.1), "accuracy") is PASS
    bigger = sphere(20.3, subdivisions=5)
    found = one(check_mesh(bigger, against=ball, accuracy_mm=0.2), "accuracy")
    assert found.severity is FAIL
    assert found.measured == pytest.approx(0.3, abs=0.02)
    assert severity(check_mesh(bigger, against=ball), "accuracy") is INFO
    thorn = ball.vertices.copy()
    thorn[0] *= 1.1
    assert severity(check_mesh(Mesh(thorn, ball.faces), against=ball, accuracy_mm=0.5), "accuracy") is WARN


def test_accuracy_against_the_surface_of_the_segmentation() -> None:
    segmentation = segmentation_of(lambda x, y, z: x * x + y * y + z * z <= 225.0)
    model = surface(segmentation)
    assert severity(check_mesh(model, segmentation=segmentation, accuracy_mm=0.1), "accuracy") is PASS
    grown = Mesh(model.vertices * 1.05, model.faces)
    assert severity(check_mesh(grown, segmentation=segmentation, accuracy_mm=0.5), "accuracy") is FAIL
    assert severity(check_mesh(model, segmentation=segmentation), "accuracy") is NOT_RUN


@settings(max_examples=25, deadline=None)
@given(
    shift=st.tuples(*[st.sampled_from([0.0, 0.5, 0.25, 1.0]) | st.floats(-2.0, 2.0)] * 3),
    degrees=st.sampled_from([0.0, 45.0, 90.0]) | st.floats(0.0, 360.0),
)
def test_raster_agrees_with_the_ball_wherever_it_lies(shift: tuple[float, float, float], degrees: float) -> None:
    ball = moved(rotated(shell(4.0, 9.0, 4), degrees), np.array(shift) + 12.0)
    got = inside_voxels(ball.vertices, ball, (25, 25, 25))
    k, j, i = np.meshgrid(*[np.arange(25.0)] * 3, indexing="ij")
    radius = np.sqrt((i - 12 - shift[0]) ** 2 + (j - 12 - shift[1]) ** 2 + (k - 12 - shift[2]) ** 2)
    sure = (abs(radius - 9.0) > 0.05) & (abs(radius - 4.0) > 0.05)  # an inscribed ball ends a little earlier
    assert np.array_equal(got[sure], ((radius < 9.0) & (radius > 4.0))[sure])


def test_raster_on_the_grid_itself_does_not_leak() -> None:
    cube = box((8.0, 6.0, 4.0), (10.0, 10.0, 10.0), subdivisions=1)  # every corner on a voxel center
    got = inside_voxels(cube.vertices, cube, (20, 20, 20))
    assert got.sum() == 8 * 6 * 4
    assert not got[:, :, -1].any()


def test_raster_beyond_the_grid_and_overlapping() -> None:
    huge = box((100.0, 100.0, 100.0))
    assert inside_voxels(huge.vertices, huge, (5, 6, 7)).all()
    far = box(center=(-50.0, 3.0, 3.0))
    assert not inside_voxels(far.vertices, far, (5, 6, 7)).any()
    pair = moved(two_spheres(5.0, 4.0), (10.0, 10.0, 10.0))
    single = moved(sphere(5.0, (-2.0, 0.0, 0.0), 3), (10.0, 10.0, 10.0))
    inside = inside_voxels(pair.vertices, pair, (20, 20, 20))
    assert inside[inside_voxels(single.vertices, single, (20, 20, 20))].all()


def test_numba_and_numpy_find_the_same_voxels():
    mesh = moved(rotated(shell(5.0, 9.0), 33.0), (11.0, 10.0, 12.5))
    one, two = (inside_voxels(mesh.vertices, mesh, (24, 18, 20), engine) for engine in (Engine.NUMBA, Engine.NUMPY))
    assert one.any()
    np.testing.assert_array_equal(one, two)
