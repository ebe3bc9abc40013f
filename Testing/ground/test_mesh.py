"""The mesh: frozen, checked at the door, measured by hand-computed shapes, loss-free to VTK, trimesh, manifold3d."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from typing import Any

import numpy as np
import pytest

from PrintPrepLib.errors import GeometryError
from PrintPrepLib.mesh import Mesh, concatenate
from Testing.support import shapes


def test_arrays_cannot_be_written_to() -> None:
    points = np.zeros((3, 3))
    mesh = Mesh(points, np.array([[0, 1, 2]]))
    with pytest.raises(ValueError, match="read-only"):
        mesh.vertices[0, 0] = 1.0
    with pytest.raises(ValueError, match="read-only"):
        mesh.faces[0, 0] = 1
    with pytest.raises(FrozenInstanceError):
        mesh.name = "other"  # type: ignore[misc]
    with pytest.raises(TypeError):
        mesh.scalars["a"] = np.zeros(3)  # type: ignore[index]
    points[0, 0] = 2.0  # the caller's own array stays the caller's


@pytest.mark.parametrize(
    ("vertices", "faces", "kind", "words"),
    [
        (np.zeros((3, 2)), [[0, 1, 2]], ValueError, r"shape \(n, 3\)"),
        (np.zeros((3, 3)), [[0, 1, 2, 2]], ValueError, r"shape \(n, 3\)"),
        (np.zeros((3, 3)), [[0, 1, 3]], ValueError, r"outside 0\.\.2"),
        (np.zeros((3, 3)), [[0, 1, -1]], ValueError, "outside"),
        (np.zeros((3, 3)), [[0.0, 1.0, 2.0]], TypeError, "integers"),
        (np.full((3, 3), np.nan), [[0, 1, 2]], ValueError, "finite"),
        (np.full((3, 3), np.inf), [[0, 1, 2]], ValueError, "finite"),
    ],
)
def test_bad_arrays_are_refused(vertices: Any, faces: Any, kind: type[Exception], words: str) -> None:
    with pytest.raises(kind, match=words):
        Mesh(vertices, np.array(faces))


def test_scalars_have_one_value_per_vertex() -> None:
    mesh = shapes.box()
    with pytest.raises(ValueError, match="one value per vertex"):
        mesh.with_scalar("thickness_mm", np.zeros(3))
    assert mesh.with_scalar("thickness_mm", np.arange(8.0)).scalars["thickness_mm"][7] == 7.0


def test_box_is_measured_by_hand() -> None:
    mesh = shapes.box((2.0, 3.0, 4.0), (100.0, -50.0, 7.0))
    assert mesh.volume_mm3 == pytest.approx(24.0, rel=1e-12)
    assert mesh.area_mm2 == pytest.approx(52.0, rel=1e-12)
    np.testing.assert_allclose(mesh.size_mm, [2, 3, 4])
    np.testing.assert_allclose(mesh.bounds.mean(axis=0), [100, -50, 7])
    outward = np.einsum("ij,ij->i", mesh.face_normals(), mesh.triangles.mean(axis=1) - [100, -50, 7])
    assert (outward > 0).all()


def test_volume_does_not_suffer_from_a_far_origin() -> None:
    near, far = shapes.sphere(5.0), shapes.sphere(5.0, (1e5, 1e5, 1e5))
    assert far.volume_mm3 == pytest.approx(near.volume_mm3, rel=1e-9)


def test_flipped_is_inside_out() -> None:
    mesh = shapes.torus()
    assert mesh.flipped().volume_mm3 == pytest.approx(-mesh.volume_mm3)
    np.testing.assert_allclose(mesh.flipped().face_normals(), -mesh.face_normals())


def test_normals_of_a_sphere_point_outward_and_have_length_one() -> None:
    mesh = shapes.sphere(10.0)
    normals = mesh.vertex_normals()
    np.testing.assert_allclose(np.linalg.norm(normals, axis=1), 1.0)
    assert np.einsum("ij,ij->i", normals, mesh.vertices / 10.0).min() > 0.999


def test_triangle_without_area_has_no_normal() -> None:
    mesh = Mesh(np.array([[0.0, 0, 0], [1, 0, 0], [2, 0, 0]]), np.array([[0, 1, 2]]))
    assert (mesh.face_normals() == 0).all()
    assert (mesh.vertex_normals() == 0).all()


def test_empty_mesh_has_no_bounds_and_says_so() -> None:
    empty = Mesh(np.empty((0, 3)), np.empty((0, 3)))
    assert empty.is_empty
    assert empty.volume_mm3 == 0.0
    with pytest.raises(GeometryError, match="no triangles"):
        _ = empty.bounds


def test_bounds_do_not_count_unused_vertices() -> None:
    box = shapes.box()
    mesh = Mesh(np.vstack([box.vertices, [[999.0, 0, 0]]]), box.faces, scalars={"a": np.arange(9.0)})
    np.testing.assert_allclose(mesh.bounds, box.bounds)
    cleaned = mesh.without_unused_vertices()
    assert len(cleaned.vertices) == 8
    assert cleaned.scalars["a"].tolist() == list(range(8))


def test_submesh_keeps_chosen_triangles_and_their_scalars() -> None:
    both = shapes.two_spheres(5.0, 20.0, 2)
    values = both.with_scalar("x", both.vertices[:, 0])
    left = values.submesh(values.triangles[:, :, 0].max(axis=1) < 0)
    assert left.volume_mm3 == pytest.approx(both.volume_mm3 / 2.0)
    np.testing.assert_array_equal(left.scalars["x"], left.vertices[:, 0])
    with pytest.raises(ValueError, match="booleans"):
        both.submesh(np.array([0, 1, 2]))  # type: ignore[arg-type]


def test_moved_vertices_drop_values_of_the_old_shape() -> None:
    mesh = shapes.box().with_scalar("a", np.zeros(8))
    assert not mesh.with_vertices(mesh.vertices + 1.0).scalars
    assert mesh.with_name("b").scalars.keys() == {"a"}
    with pytest.raises(ValueError, match="keep the shape"):
        mesh.with_vertices(mesh.vertices[:-1])


def test_derived_figures_are_computed_once() -> None:
    calls = []
    mesh = shapes.box()
    for _ in range(3):
        assert mesh.derived("answer", lambda m: calls.append(m) or 42) == 42
    assert len(calls) == 1


def test_concatenate_adds_up() -> None:
    a, b = shapes.sphere(3.0), shapes.moved(shapes.box(), (50, 0, 0))
    both = concatenate([a, b])
    assert both.volume_mm3 == pytest.approx(a.volume_mm3 + b.volume_mm3)
    assert len(both.faces) == len(a.faces) + len(b.faces)
    with pytest.raises(ValueError, match="at least one"):
        concatenate([])


def test_vtk_and_back_is_loss_free() -> None:
    mesh = shapes.torus().with_scalar("thickness_mm", np.linspace(0, 1, len(shapes.torus().vertices)))
    back = Mesh.from_vtk(mesh.to_vtk(), mesh.name)
    np.testing.assert_array_equal(back.vertices, mesh.vertices)
    np.testing.assert_array_equal(back.faces, mesh.faces)
    np.testing.assert_array_equal(back.scalars["thickness_mm"], mesh.scalars["thickness_mm"])


def test_vtk_polygons_and_strips_become_triangles() -> None:
    from vtkmodules.vtkFiltersSources import vtkCubeSource

    cube = vtkCubeSource()
    cube.SetXLength(2.0)
    cube.Update()
    mesh = Mesh.from_vtk(cube.GetOutput())
    assert len(mesh.faces) == 12
    assert mesh.volume_mm3 == pytest.approx(2.0)


def test_vtk_without_points_is_an_empty_mesh() -> None:
    from vtkmodules.vtkCommonDataModel import vtkPolyData

    assert Mesh.from_vtk(vtkPolyData()).is_empty


def test_trimesh_and_manifold_keep_the_solid() -> None:
    mesh = shapes.torus()
    np.testing.assert_array_equal(Mesh.from_trimesh(mesh.to_trimesh()).faces, mesh.faces)
    solid = mesh.to_manifold()
    assert solid.volume() == pytest.approx(mesh.volume_mm3, rel=1e-12)
    assert Mesh.from_manifold(solid).volume_mm3 == pytest.approx(mesh.volume_mm3, rel=1e-12)


def test_open_mesh_is_no_solid() -> None:
    with pytest.raises(GeometryError, match="not a closed"):
        shapes.open_box().to_manifold()
