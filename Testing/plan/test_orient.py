"""Orientations: hand-computed overhangs and supports, protected surfaces, the choice, and the matrix."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from PrintPrepLib.errors import InputError, RecipeError
from PrintPrepLib.mesh import Mesh
from PrintPrepLib.plan.orient.directions import flat_faces
from PrintPrepLib.plan.orient.find import Orientations, find_orientations, laid
from PrintPrepLib.plan.orient.measure import Measures, columns, measure
from PrintPrepLib.plan.orient.step import axes_words, orient
from PrintPrepLib.plan.orient.surface import Protected, protected_of, surface_of
from PrintPrepLib.profiles import process_of
from PrintPrepLib.record.lying import render_orientations, telling
from PrintPrepLib.workflow.chain import completed
from PrintPrepLib.workflow.recipe import Recipe, make_call
from PrintPrepLib.workflow.steps import STEPS
from Testing.plan.printed import bone, bracket, cup, table
from Testing.support import shapes

UP = np.array([0.0, 0.0, 1.0])
FDM = process_of("fdm")


def _measured(
    mesh: Mesh, up: np.ndarray = UP, overhang: float | None = 45.0, protected: Protected | None = None
) -> Measures:
    return measure(surface_of(mesh, protected or Protected()), up, overhang)


# ---- hand-computed ---------------------------------------------------------------------------------------------------
def test_a_table_as_it_lies() -> None:
    found = _measured(table())
    assert found.overhang_mm2 == pytest.approx(40 * 40 - 8 * 8, rel=0.02)
    assert found.support_mm3 == pytest.approx((40 * 40 - 8 * 8) * 20.0, rel=0.02)
    assert found.bed_mm2 == pytest.approx(64.0, rel=0.05)
    assert found.touched_mm2 == pytest.approx(found.overhang_mm2)  # its supports stand on the bed
    assert found.size_mm == pytest.approx((40.0, 40.0, 24.0))
    middle = (64 * 20 * 10 + 1600 * 4 * 22) / (64 * 20 + 1600 * 4)
    assert found.tip_deg == pytest.approx(np.degrees(np.arctan2(20.0, middle)), abs=1.0)
    assert found.built_mm3 >= found.support_mm3


def test_a_table_on_its_top_needs_nothing() -> None:
    found = _measured(table(), -UP)
    assert found.overhang_mm2 == 0.0
    assert found.support_mm3 == 0.0
    assert found.bed_mm2 == pytest.approx(1600.0, rel=0.02)


def test_supports_rest_on_the_model_where_it_is_below() -> None:
    found = _measured(bracket())  # the arm hangs 28 mm above the foot, over 24 x 15 mm
    assert found.support_mm3 == pytest.approx(24 * 15 * 28.0, rel=0.03)
    assert found.touched_mm2 == pytest.approx(2 * 24 * 15.0, rel=0.04)


def test_the_ceiling_of_an_upturned_cup_is_supported_from_the_bed() -> None:
    inner = np.pi * 13.0**2
    found = _measured(cup(), -UP)
    assert found.support_mm3 == pytest.approx(inner * 33.0, rel=0.03)
    assert _measured(cup()).support_mm3 == 0.0


def test_a_ball_and_the_angle() -> None:
    radius = 10.0
    for angle in (30.0, 45.0, 60.0):
        found = _measured(shapes.sphere(radius), UP, angle)
        rim = radius * np.sin(np.radians(angle))
        below = np.pi * rim**2 * radius - 2.0 / 3.0 * np.pi * (radius**3 - (radius**2 - rim**2) ** 1.5)
        assert found.support_mm3 == pytest.approx(below, rel=0.05)
    assert _measured(shapes.sphere(radius), UP, None).support_mm3 == 0.0


def test_every_turn_about_the_vertical_measures_the_same() -> None:
    tilt = np.array([0.3, -0.2, 0.9]) / np.linalg.norm([0.3, -0.2, 0.9])
    one, other = _measured(bone(), tilt), _measured(shapes.rotated(bone(), 70.0, tilt), tilt)
    assert other.support_mm3 == pytest.approx(one.support_mm3, rel=0.05)
    assert other.size_mm[2] == pytest.approx(one.size_mm[2], abs=1e-6)


def test_columns_hold_the_support() -> None:
    surface = surface_of(table())
    found = measure(surface, UP, 45.0)
    posts = columns(surface, found, 45.0)
    assert float(((posts.high - posts.low) * posts.width_mm**2).sum()) == pytest.approx(found.support_mm3, rel=0.15)
    assert len(columns(surface, found, None).low) == 0


def test_flat_faces_look_outward_and_are_the_largest_first() -> None:
    faces = flat_faces(surface_of(shapes.box((30.0, 20.0, 10.0), (100.0, 50.0, -70.0))))
    assert [area for _, area in faces] == pytest.approx([600, 600, 300, 300, 200, 200])
    assert sorted(tuple(np.round(normal, 6)) for normal, _ in faces[:2]) == [(0.0, 0.0, -1.0), (0.0, 0.0, 1.0)]


# ---- the choice ------------------------------------------------------------------------------------------------------
def _quick(mesh: Mesh, process: str = "fdm", **given: object) -> Orientations:
    return find_orientations(mesh, process_of(process), even=24, samples=8_000, **given)  # type: ignore[arg-type]


def test_a_table_is_put_on_its_top() -> None:
    found = _quick(table())
    assert found.chosen.direction.up @ -UP == pytest.approx(1.0)
    assert found.chosen.direction.origin.startswith("on flat face")
    assert found.as_it_lies.measures.support_mm3 > 0.0
    assert "Against the way it lies" in " ".join(found.words)
    assert [one.number for one in found.candidates] == list(range(1, len(found.candidates) + 1))


def test_what_lies_well_is_left() -> None:
    found = _quick(shapes.box((30.0, 30.0, 10.0)))
    assert found.chosen is found.as_it_lies


def test_powder_lies_low_and_counts_no_supports() -> None:
    found = _quick(bracket(), "sls")
    assert found.chosen.measures.size_mm[2] == pytest.approx(15.0, abs=1.0)
    assert found.support_ml(found.chosen) == 0.0


def test_a_protected_surface_turns_the_choice() -> None:
    free = _quick(table())
    top = Protected(boxes=((-20.0, -20.0, 23.9, 20.0, 20.0, 24.1),))
    kept = _quick(table(), protected=top)
    assert not next(c for c in kept.candidates if c.direction.up @ free.chosen.direction.up > 0.9999).free
    assert kept.chosen.free
    assert kept.chosen.measures.protected_mm2 == 0.0
    assert "touch protected surface" in " ".join(kept.words)
    assert not kept.warnings


def test_where_nothing_is_free_the_least_is_taken_and_said() -> None:
    found = _quick(shapes.sphere(10.0), protected=Protected(places=((0.0, 0.0, 0.0, 20.0),)))
    assert not found.chosen.free
    assert "No orientation tried leaves the protected surface wholly free" in found.warnings[0]


def test_powder_touches_nothing() -> None:
    found = _quick(shapes.sphere(10.0), "mjf", protected=Protected(places=((0.0, 0.0, 0.0, 20.0),)))
    assert found.chosen.free
    assert not found.warnings


def test_a_protected_mesh_counts_by_distance() -> None:
    top = shapes.box((50.0, 50.0, 2.0), (0.0, 0.0, 25.2))
    surface = surface_of(table(), Protected(mesh=top, distance_mm=0.5))
    assert surface.protected_mm2 == pytest.approx(1600.0, rel=0.1)


def test_a_bed_that_is_too_small_is_said_and_diagonals_are_found() -> None:
    long = shapes.box((100.0, 10.0, 10.0))
    found = _quick(long, build_volume_mm=(84.0, 84.0, 30.0))
    assert found.chosen.measures.fits
    assert found.chosen.measures.size_mm[0] < 80.0
    tight = _quick(long, build_volume_mm=(60.0, 60.0, 60.0))
    assert tight.chosen.measures.fits is False
    assert "does it fit" in " ".join(tight.warnings)


@pytest.mark.parametrize(
    ("places", "boxes", "message"),
    [
        ((1.0, 2.0, 3.0), None, "4 numbers"),
        (None, (1.0,) * 5, "6 numbers"),
        ((1.0, 2.0, 3.0, -1.0), None, "above zero"),
    ],
)
def test_bad_places_are_refused(places: tuple[float, ...], boxes: tuple[float, ...], message: str) -> None:
    with pytest.raises(InputError, match=message):
        protected_of(places, boxes, None, 0.5)


def test_places_without_model_are_refused() -> None:
    with pytest.raises(InputError, match="Nothing of the model"):
        surface_of(table(), Protected(places=((500.0, 0.0, 0.0, 5.0),)))


# ---- the step --------------------------------------------------------------------------------------------------------
def test_the_step_lays_the_model_and_keeps_the_way_back() -> None:
    mesh = shapes.moved(table(), (120.0, -80.0, 900.0))
    result, receipt = orient(mesh, printer="prusa-mk4", directions=12)
    matrix = np.asarray(receipt.details["matrix"])
    points = np.column_stack([mesh.vertices, np.ones(len(mesh.vertices))])
    assert np.allclose((points @ matrix.T)[:, :3], result.vertices, atol=1e-9)
    back = (
        np.column_stack([result.vertices, np.ones(len(result.vertices))]) @ np.asarray(receipt.details["matrix_back"]).T
    )
    assert np.allclose(back[:, :3], mesh.vertices, atol=1e-9)
    assert np.linalg.det(matrix[:3, :3]) == pytest.approx(1.0)  # not mirrored, not scaled
    assert result.bounds[0, 2] == pytest.approx(0.0, abs=1e-9)
    assert result.volume_mm3 == pytest.approx(mesh.volume_mm3)
    assert np.array_equal(result.faces, mesh.faces)
    axes = receipt.details["patient_axes"]
    assert np.allclose(axes["superior"], matrix[:3, 2], atol=1e-6)
    assert "feet (inferior)" in " ".join(receipt.notes)
    assert receipt.to_dict()["details"]["orientations"]["candidates"]


def test_a_given_direction_is_taken_and_judged() -> None:
    result, receipt = orient(bracket(), up=(0.0, 2.0, 0.0), directions=0)
    assert result.size_mm[2] == pytest.approx(15.0)
    assert receipt.details["chosen"]["name"] == "as asked for"
    with pytest.raises(InputError, match="no length"):
        orient(bracket(), up=(0.0, 0.0, 0.0), directions=0)


def test_words_for_a_turned_patient() -> None:
    assert axes_words(np.eye(3)) == "Up on the printer is the patient's head (superior)."
    _, matrix = laid(table(), np.diag([1.0, -1.0, -1.0]))
    assert "feet (inferior)" in axes_words(matrix[:3, :3])


def test_orient_is_the_last_step_of_a_recipe() -> None:
    def recipe(*names: str) -> Recipe:
        given = {"threshold": {"lower": 300.0}, "cut": {"plane": (0.0, 0.0, 0.0, 0.0, 0.0, 1.0)}}
        return Recipe(tuple(make_call(STEPS[name], given.get(name, {}), name) for name in names))

    order = [call.step.name for call in completed(recipe("threshold", "orient"), has_segmentation=False).steps]
    assert order == ["threshold", "surface", "orient"]
    with pytest.raises(RecipeError, match="must be the last step"):
        completed(recipe("threshold", "orient", "smooth"), has_segmentation=False)
    with pytest.raises(RecipeError, match="Lay them beside one another"):
        completed(recipe("threshold", "cut", "orient"), has_segmentation=False)


# ---- pictures --------------------------------------------------------------------------------------------------------
def test_the_picture_shows_overhangs_in_color(tmp_path: Path) -> None:
    import SimpleITK as sitk

    found = _quick(table())
    assert telling(found)[0] is found.chosen
    render_orientations(table(), found, tmp_path / "a.png", size=(900, 640), shown=[found.as_it_lies])
    render_orientations(table(), found, tmp_path / "b.png", size=(900, 640), shown=[found.chosen])
    orange = []
    for name in ("a.png", "b.png"):
        pixels = sitk.GetArrayFromImage(sitk.ReadImage(str(tmp_path / name))).astype(int)[:560]
        orange.append(int(((pixels[..., 0] - pixels[..., 2] > 70) & (pixels[..., 0] > 120)).sum()))
    assert orange[0] > 2_000
    assert orange[1] == 0
