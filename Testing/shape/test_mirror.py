"""Mirror images: exact, outward, back again bit for bit; and the plane of symmetry."""

from __future__ import annotations

import numpy as np
import pytest

from PrintPrepLib.errors import GeometryError, InputError
from PrintPrepLib.export.model_part import MIRRORED
from PrintPrepLib.mesh import Mesh, concatenate
from PrintPrepLib.receipt import measure_mesh
from PrintPrepLib.shape.mirror.fit import fit_symmetry
from PrintPrepLib.shape.mirror.reflect import CELL_MM, FARTHEST_MM, Plane, reflect
from PrintPrepLib.shape.mirror.step import MirrorSide, carried, mirror
from PrintPrepLib.shape.scale import carried as carried_by_scale
from PrintPrepLib.shape.scale import scale
from PrintPrepLib.spatial import SurfaceIndex
from Testing.support import shapes

PLANES = [
    (0.0, 0.0, 0.0, 1.0, 0.0, 0.0),
    (12.5, 0.0, 0.0, -3.0, 0.0, 0.0),
    (10.3, -20.1, 5.7, 1.0, 2.0, 3.0),
    (-7.1, 80.2, -300.9, 0.98, -0.15, 0.11),
    (3.3, 4.4, 5.5, -1.0, 1.0, -1.0),
]


def _head() -> Mesh:
    """Something symmetric like a head: an ellipsoid with two ears and a nose, turned and moved a little."""
    skull = shapes.sphere(60.0, subdivisions=3)
    points = skull.vertices * [1.0, 1.3, 1.1]
    for center, size in (((60.0, 5.0, 0.0), 9.0), ((-60.0, 5.0, 0.0), 9.0), ((0.0, -80.0, -10.0), 12.0)):
        away = points - center
        near = np.exp(-((np.linalg.norm(away, axis=1) / 15.0) ** 2))
        points = points + size * near[:, None] * np.sign(center) * (np.abs(center) == np.abs(center).max())
    return shapes.moved(shapes.rotated(skull.with_vertices(points), 9.0, (0.2, 0.4, 1.0)), (14.0, -33.0, 210.0))


@pytest.mark.parametrize("plane", PLANES)
def test_twice_gives_the_same_bits_and_once_is_the_reflection(plane: tuple[float, ...]) -> None:
    rng = np.random.default_rng(1)
    points = rng.normal(0.0, 150.0, (20_000, 3)).astype(np.float32).astype(np.float64)
    chosen = Plane.of(plane)
    image = reflect(points, chosen)
    assert np.array_equal(reflect(image, chosen), points)
    matrix = chosen.matrix
    assert np.abs(points @ matrix[:3, :3].T + matrix[:3, 3] - image).max() < 1e-11
    assert np.linalg.det(matrix) == pytest.approx(-1.0)
    fine = rng.normal(0.0, 150.0, (1000, 3))  # finer than the grid: rounded to it once, and then the same for ever
    once = reflect(reflect(fine, chosen), chosen)
    assert np.abs(once - fine).max() <= 0.5 * CELL_MM
    assert np.array_equal(reflect(reflect(once, chosen), chosen), once)


def test_step_turns_faces_outward_and_undoes_itself() -> None:
    mesh = shapes.moved(shapes.wedge(), (30.0, -5.0, 12.0))
    mesh = mesh.with_vertices(mesh.vertices.astype(np.float32).astype(np.float64))
    image, receipt = mirror(mesh, plane=PLANES[2])
    assert image.volume_mm3 == pytest.approx(mesh.volume_mm3, rel=1e-12)
    assert measure_mesh(image).misoriented_edges == 0
    assert MIRRORED in image.name
    assert any("MIRROR IMAGE" in warning for warning in receipt.warnings)
    back, _ = mirror(image, plane=PLANES[2])
    assert back.name == mesh.name
    assert np.array_equal(back.vertices, mesh.vertices)
    assert np.array_equal(back.faces, mesh.faces)
    assert np.array_equal(carried(mesh, receipt).vertices, image.vertices)


def test_too_far_and_missing_words_are_refused() -> None:
    far = shapes.moved(shapes.sphere(), (FARTHEST_MM, 0.0, 0.0))
    with pytest.raises(GeometryError, match="units"):
        mirror(far, plane=PLANES[0])
    for words in ({}, {"plane": PLANES[0], "fit": True}):
        with pytest.raises(InputError, match="--fit"):
            mirror(shapes.sphere(), **words)
    with pytest.raises(InputError, match="no length"):
        mirror(shapes.sphere(), plane=(0.0, 0.0, 0.0, 0.0, 0.0, 0.0))
    with pytest.raises(InputError, match="--side"):
        mirror(shapes.sphere(), plane=PLANES[0], both=True)
    with pytest.raises(GeometryError, match="nothing of the model left"):
        mirror(shapes.sphere(), plane=(50.0, 0.0, 0.0, 1.0, 0.0, 0.0), side=MirrorSide.LEFT)
    with pytest.raises(InputError, match="left from right"):
        mirror(shapes.sphere(), plane=(0.0, 0.0, 0.0, 0.0, 0.0, 1.0), side=MirrorSide.LEFT)


def test_plane_of_symmetry_is_found_with_its_residual() -> None:
    head = _head()
    found = fit_symmetry(head)
    turned = shapes.rotated(shapes.box(), 9.0, (0.2, 0.4, 1.0))
    rotation = np.linalg.lstsq(shapes.box().vertices, turned.vertices, rcond=None)[0]
    axis = rotation[0] / np.linalg.norm(rotation[0])
    assert abs(float(np.dot(axis, found.plane.normal))) > np.cos(np.radians(0.3))
    assert abs(found.plane.offset_mm - np.dot([14.0, -33.0, 210.0], found.plane.normal)) < 0.2
    assert found.fits_percent > 99.0
    assert found.tilt_deg == pytest.approx(np.degrees(np.arccos(abs(axis[0]))), abs=0.3)


def test_an_injured_side_hardly_moves_the_plane_and_no_symmetry_is_refused() -> None:
    head = _head()
    whole = fit_symmetry(head)
    middle = head.triangles.mean(axis=1) - head.bounds.mean(axis=0)
    hurt = head.submesh(~((middle[:, 0] > 20.0) & (middle[:, 2] > 10.0)))
    found = fit_symmetry(hurt)
    assert abs(float(np.dot(whole.plane.normal, found.plane.normal))) > np.cos(np.radians(1.0))
    assert found.fits_percent < whole.fits_percent - 5.0
    with pytest.raises(GeometryError, match="not symmetric enough"):
        mirror(shapes.random_triangles(2000, size=100.0), fit=True)


def test_sound_side_onto_the_injured_side() -> None:
    plane = (0.0, 0.0, 0.0, 1.0, 0.0, 0.0)
    body = shapes.box((40.0, 10.0, 10.0), subdivisions=1)
    bump = shapes.sphere(3.0, (15.0, 0.0, 5.0), 3)
    model = Mesh.from_manifold(body.to_manifold() + bump.to_manifold())
    image, receipt = mirror(model, plane=plane, side=MirrorSide.LEFT)
    assert image.bounds[1][0] == pytest.approx(0.0, abs=1e-9)
    assert image.bounds[0].tolist() == pytest.approx([-20.0, -5.0, -5.0])
    assert image.bounds[1][2] == pytest.approx(8.0)  # the bump is on the other side now
    assert np.linalg.det(receipt.details["matrix"]) < 0.0
    whole, receipt = mirror(model, plane=plane, side=MirrorSide.LEFT, both=True)
    assert measure_mesh(whole).parts == 1
    half = model.to_manifold().trim_by_plane([1.0, 0.0, 0.0], 0.0).volume()
    assert whole.volume_mm3 == pytest.approx(2.0 * half, rel=1e-4)
    found = SurfaceIndex(whole).closest(bump.vertices[bump.vertices[:, 2] > 5.5] * [-1.0, 1.0, 1.0])
    assert found.distance_mm.max() < 1e-6
    assert np.array_equal(receipt.details["matrix"], np.eye(4))
    other, _ = mirror(model, plane=plane, side=MirrorSide.RIGHT, both=True)
    assert other.bounds[1][2] == pytest.approx(5.0)  # the bump was on the other side


def test_a_name_that_says_a_side_is_told() -> None:
    _, receipt = mirror(shapes.sphere().with_name("left femur"), plane=PLANES[0])
    assert any("says left" in warning for warning in receipt.warnings)


def test_scale_is_exact_carried_and_told() -> None:
    mesh = shapes.moved(shapes.sphere(), (100.0, -40.0, 7.0))
    out, receipt = scale(mesh, factor=0.5)
    assert out.volume_mm3 == pytest.approx(mesh.volume_mm3 / 8.0, rel=1e-12)
    np.testing.assert_allclose(out.bounds.mean(axis=0), mesh.bounds.mean(axis=0), atol=1e-12)
    assert "SCALED by 0.5" in receipt.warnings[0]
    back = np.linalg.inv(receipt.details["matrix"])
    assert np.abs(out.vertices @ back[:3, :3].T + back[:3, 3] - mesh.vertices).max() < 1e-6
    assert np.array_equal(carried_by_scale(mesh, receipt).vertices, out.vertices)
    fixed, _ = scale(mesh, factor=2.0, about_mm=(0.0, 0.0, 0.0))
    np.testing.assert_allclose(fixed.bounds, 2.0 * mesh.bounds)
    with pytest.raises(InputError, match="changes nothing"):
        scale(mesh, factor=1.0)


def test_a_small_piece_of_the_models_own_stays_and_shavings_are_listed() -> None:
    small = shapes.box((0.3, 0.3, 0.3), (15.0, 0.0, 0.0))
    shaving = shapes.box((0.4, 0.4, 0.4), (0.15, 20.0, 0.0))  # the plane leaves 0.35 x 0.4 x 0.4 mm, then 0.01 mm more
    sliver = shapes.box((0.4, 0.4, 0.4), (-0.1, 30.0, 0.0))  # 0.1 mm of it is on the left: 0.016 mm3
    model = concatenate([shapes.box((20.0, 20.0, 20.0)), small, shaving, sliver])
    out, receipt = mirror(model, plane=(0.0, 0.0, 0.0, 1.0, 0.0, 0.0), side=MirrorSide.LEFT, both=True)
    assert [round(row["at_mm"][1]) for row in receipt.details["left_out"]] == [30]
    assert receipt.details["left_out"][0]["volume_mm3"] == pytest.approx(0.11 * 0.16, rel=1e-6)
    assert "1 shavings" in " ".join(receipt.notes)
    assert receipt.after is not None
    assert receipt.after.parts == 4  # the box, the small piece twice, and the one that the plane parts
    assert out.volume_mm3 == pytest.approx(8000.0 + 2 * 0.027 + 2 * 0.35 * 0.16, rel=1e-6)
