"""Contacts of two bodies: shared, overlapping or with a gap, measured against what was asked for."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk

from PrintPrepLib.errors import GeometryError, InputError
from PrintPrepLib.mesh import Mesh
from PrintPrepLib.segment.ready_labels import from_label_map
from PrintPrepLib.shape.join.contact import ContactMode, fit_contact
from PrintPrepLib.shape.join.near import contact_report
from PrintPrepLib.surface.defects import find_defects
from PrintPrepLib.surface.from_segmentation import make_surface
from PrintPrepLib.surface.smooth import smooth
from PrintPrepLib.volume import LabelMap, Source
from Testing.support.data import data_path
from Testing.support.shapes import box, rotated, sphere

SHARED, OVERLAP, GAP = ContactMode.SHARED, ContactMode.OVERLAP, ContactMode.GAP
CUBE = box((10.0, 10.0, 10.0))
NEXT = box((10.0, 10.0, 10.0), (10.0, 0.0, 0.0))
POSES = (0.0, 37.0, 211.0)


def both(first: Mesh, second: Mesh, degrees: float) -> tuple[Mesh, Mesh]:
    return rotated(first, degrees), rotated(second, degrees)


def same(a: Mesh, b: Mesh) -> bool:
    return np.array_equal(a.vertices, b.vertices) and np.array_equal(a.faces, b.faces)


def socket() -> Mesh:
    return Mesh.from_manifold(box((24.0, 24.0, 14.0), (0.0, 0.0, -7.0)).to_manifold() - sphere(8.0).to_manifold())


@pytest.mark.parametrize("degrees", POSES)
def test_gap_between_boxes(degrees: float) -> None:
    first, second = both(CUBE, NEXT, degrees)
    (one, two), receipt = fit_contact(first, second, mode=GAP, amount_mm=0.2)
    assert same(one, first)
    assert two.volume_mm3 == pytest.approx(980.0, abs=1e-3)
    between = receipt.details["between"]
    assert between["min_mm"] == pytest.approx(0.2, rel=0.01)
    assert between["max_mm"] == pytest.approx(0.2, rel=0.01)
    assert between["area_mm2"] == pytest.approx(100.0, rel=1e-3)
    assert receipt.details["after"]["gap_mm"] == pytest.approx(0.2, rel=0.01)
    assert find_defects(two).clean


@pytest.mark.parametrize("degrees", POSES)
def test_overlap_of_boxes(degrees: float) -> None:
    first, second = both(CUBE, NEXT, degrees)
    (one, two), receipt = fit_contact(first, second, mode=OVERLAP, amount_mm=0.2)
    assert same(two, second)
    assert one.volume_mm3 == pytest.approx(1020.0, abs=1e-2)
    assert receipt.details["after"]["overlap_mm3"] == pytest.approx(20.0, abs=1e-2)
    assert receipt.details["between"]["within_share"] == pytest.approx(1.0)
    assert find_defects(one).clean


@pytest.mark.parametrize("degrees", POSES)
def test_overlap_stays_within_the_smaller_face(degrees: float) -> None:
    plate = box((20.0, 20.0, 5.0), (0.0, 0.0, 7.5))
    for first, second, grown in ((CUBE, plate, 1020.0), (plate, CUBE, 2020.0)):
        (one, _), _ = fit_contact(*both(first, second, degrees), mode=OVERLAP, amount_mm=0.2)
        assert one.volume_mm3 == pytest.approx(grown, abs=0.05)


def test_shared_boxes_are_untouched() -> None:
    (one, two), receipt = fit_contact(CUBE, NEXT, mode=SHARED)
    assert same(one, CUBE)
    assert same(two, NEXT)
    assert receipt.change is not None
    assert receipt.change.max_mm < 1e-12


def test_where_bodies_overlap_the_first_keeps_its_shape() -> None:
    first, second = sphere(10.0), sphere(10.0, (16.0, 0.0, 0.0))
    height = 2.0
    lens = 2.0 * np.pi * height**2 * (30.0 - height) / 3.0
    (one, two), receipt = fit_contact(first, second, mode=SHARED)
    assert same(one, first)
    assert 1000.0 * receipt.details["overlap_before_ml"] == pytest.approx(lens, rel=0.02)
    assert second.volume_mm3 - two.volume_mm3 == pytest.approx(lens, rel=0.02)
    assert receipt.details["after"]["overlap_mm3"] < 1e-6
    assert receipt.details["unchanged_vertices"][1] > 0.8


@pytest.mark.parametrize("mode", [GAP, OVERLAP])
def test_ball_in_its_socket(mode: ContactMode) -> None:
    ball, cup = both(sphere(8.0), socket(), 37.0)
    (one, two), receipt = fit_contact(ball, cup, mode=mode, amount_mm=0.3)
    between = receipt.details["between"]
    assert between["median_mm"] == pytest.approx(0.3, rel=0.01)
    assert between["within_share"] > 0.99
    wanted = 2.0 / 3.0 * np.pi * (8.3**3 - 8.0**3)  # half a shell: the cup ends at the ball's middle
    changed = cup.volume_mm3 - two.volume_mm3 if mode is GAP else one.volume_mm3 - ball.volume_mm3
    assert changed == pytest.approx(wanted, rel=0.02)
    assert find_defects(one).clean
    assert find_defects(two).clean


def test_far_vertices_stay_bit_for_bit() -> None:
    fine = box((10.0, 10.0, 10.0), (10.0, 0.0, 0.0), 3)
    (_, two), _ = fit_contact(CUBE, fine, mode=GAP, amount_mm=0.2)
    kept = {tuple(row) for row in two.vertices.tolist()}
    far = fine.vertices[fine.vertices[:, 0] > 5.3]
    assert all(tuple(row) in kept for row in far.tolist())


def test_a_small_gap_is_bridged_by_an_overlap() -> None:
    (one, _), receipt = fit_contact(CUBE, box((10.0, 10.0, 10.0), (10.03, 0.0, 0.0)), mode=OVERLAP, amount_mm=0.1)
    assert receipt.details["after"]["overlap_mm3"] == pytest.approx(10.0, rel=0.01)
    assert one.volume_mm3 == pytest.approx(1013.0, rel=1e-4)


def test_a_thin_part_is_refused_or_told() -> None:
    thin = box((10.0, 10.0, 0.25), (0.0, 0.0, 5.125)).with_name("skin")
    with pytest.raises(GeometryError, match=r"nothing of 'skin'.* 0\.25 mm thick"):
        fit_contact(CUBE, thin, mode=GAP, amount_mm=0.3)
    (_, two), receipt = fit_contact(CUBE, thin, mode=GAP, amount_mm=0.2)
    assert two.volume_mm3 == pytest.approx(5.0)
    assert receipt.details["thinnest_across"]["thickness_mm"] == pytest.approx(0.25, abs=1e-4)
    dented = Mesh.from_manifold(
        box((20.0, 20.0, 5.0), (0.0, 0.0, 7.5)).to_manifold() - box((2.0, 2.0, 5.0), (0.0, 0.0, 7.7)).to_manifold()
    ).with_name("dented")
    with pytest.raises(GeometryError, match=r"'dented' get a hole.* 0\.2 mm thick"):
        fit_contact(CUBE, dented, mode=GAP, amount_mm=0.3)


def test_what_is_not_a_contact() -> None:
    with pytest.raises(GeometryError, match=r"do not touch.* 2 mm apart"):
        fit_contact(CUBE, box((10.0, 10.0, 10.0), (12.0, 0.0, 0.0)), mode=GAP, amount_mm=0.2)
    with pytest.raises(InputError, match="no width"):
        fit_contact(CUBE, NEXT, mode=SHARED, amount_mm=0.2)
    with pytest.raises(InputError, match="gap"):
        fit_contact(CUBE, NEXT, mode=GAP)


def test_report_lists_pairs_that_are_near() -> None:
    beside = box((10.0, 10.0, 10.0), (-10.4, 0.0, 0.0))
    parts = [CUBE, NEXT, beside, sphere(3.0, (15.0, 0.0, 0.0)), sphere(5.0, (99.0, 0.0, 0.0))]
    pairs = {(pair.first, pair.second): pair for pair in contact_report(parts)}
    assert set(pairs) == {(0, 1), (0, 2), (1, 3)}
    assert pairs[0, 1].touching_mm2 == pytest.approx(100.0, rel=0.01)
    assert (pairs[0, 1].gap_mm, pairs[0, 1].overlap_mm3) == (0.0, 0.0)
    assert pairs[0, 2].gap_mm == pytest.approx(0.4)
    assert pairs[0, 2].touching_mm2 == 0.0
    half = 2.0 / 3.0 * np.pi * 27.0  # the ball's middle lies on the face
    assert pairs[1, 3].overlap_mm3 == pytest.approx(half, rel=0.02)
    assert pairs[1, 3].overlap_depth_mm == pytest.approx(3.0, abs=0.05)


def test_brain_labels_smoothed_alone_get_a_gap() -> None:
    path = data_path("ct/mr_brain_colin27_1mm_aal_labels.nii.gz")
    labels = LabelMap(sitk.ReadImage(str(path)), Source(kind="file"))
    surfaces = []
    for label in ("41", "37"):  # left amygdala and hippocampus
        surface = make_surface(from_label_map(labels, label=label)[0], subvoxel=False)[0]
        surfaces.append(smooth(surface)[0])
    (one, two), receipt = fit_contact(*surfaces, mode=GAP, amount_mm=0.3)
    assert same(one, surfaces[0])
    assert receipt.details["overlap_before_ml"] > 0.0
    assert receipt.details["between"]["median_mm"] == pytest.approx(0.3, rel=0.05)
    assert receipt.details["between"]["within_share"] > 0.9
    assert receipt.details["after"]["overlap_mm3"] == 0.0
    assert find_defects(two).clean
