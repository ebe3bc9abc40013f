"""Sums over triangles, closedness and welding: numba gives what numpy gives, on meshes large enough for numba."""

from __future__ import annotations

import numpy as np
import pytest

from PrintPrepLib import topology, triangle_sums
from PrintPrepLib.mesh import Mesh, concatenate
from PrintPrepLib.spatial import Engine, exact_weld
from Testing.support import shapes
from Testing.support.engines import ENGINES

LARGE = shapes.bumpy_sphere(6)
pytestmark = pytest.mark.skipif(len(ENGINES) < 2, reason="numba is not installed")


def with_slivers() -> Mesh:
    """Some triangles have lost their area, and one vertex is used by none."""
    vertices = np.concatenate([LARGE.vertices, [[0.0, 0.0, 0.0]]])
    vertices[LARGE.faces[::999, 1]] = vertices[LARGE.faces[::999, 0]]
    return Mesh(vertices, LARGE.faces)


@pytest.mark.parametrize("mesh", [LARGE, with_slivers()], ids=["bumpy sphere", "slivers"])
@pytest.mark.parametrize("name", ["face_areas_mm2", "face_normals", "vertex_normals", "six_fold_volumes"])
def test_numba_and_numpy_give_the_same_sums(monkeypatch, name, mesh):
    assert len(mesh.faces) >= triangle_sums.WORTH_COMPILING
    compiled = getattr(triangle_sums, name)(mesh.vertices, mesh.faces)
    monkeypatch.setattr(triangle_sums, "is_compiled", lambda: False)
    np.testing.assert_array_equal(compiled, getattr(triangle_sums, name)(mesh.vertices, mesh.faces))


def spoiled(kind: str) -> Mesh:
    faces = LARGE.faces.copy()
    if kind == "open":
        faces = faces[:-2]
    elif kind == "turned":
        faces[5] = faces[5, ::-1]
    elif kind == "doubled":
        faces = np.concatenate([faces, faces[:2]])
    elif kind == "fin":
        faces = np.concatenate([faces, [[faces[0, 0], faces[0, 1], faces[99, 0]]] * 2])
    elif kind == "collapsed":
        faces[7, 1] = faces[7, 0]
    elif kind == "many at one vertex":
        apex = shapes.cylinder(sections=6000)
        return concatenate([apex, LARGE])
    return Mesh(LARGE.vertices, faces)


@pytest.mark.parametrize("kind", ["whole", "open", "turned", "doubled", "fin", "collapsed", "many at one vertex"])
def test_numba_and_numpy_count_the_same_edges(monkeypatch, kind):
    mesh = spoiled(kind)
    counts = topology.edge_counts(mesh)
    monkeypatch.setattr(topology, "is_compiled", lambda: False)
    assert counts == topology.edge_counts(Mesh(mesh.vertices, mesh.faces))
    table = topology.edge_table(mesh)
    assert (counts.edges, counts.open_edges) == (len(table.face_count), table.open_edges)
    assert (counts.open_edges + counts.non_manifold_edges + counts.misoriented_edges == 0) == (
        kind in ("whole", "many at one vertex")
    )


def test_numba_and_numpy_find_the_same_parts(monkeypatch):
    random = np.random.default_rng(1)
    mesh = concatenate([LARGE, shapes.box(), LARGE, shapes.two_spheres(subdivisions=5), shapes.torus()])
    place = random.permutation(len(mesh.vertices) + 3)  # three that no triangle uses
    vertices = np.zeros((len(place), 3))
    vertices[place[:-3]] = mesh.vertices
    mesh = Mesh(vertices, place[random.permutation(mesh.faces)])
    count, label = topology.face_parts(mesh)
    monkeypatch.setattr(topology, "is_compiled", lambda: False)
    plain_count, plain_label = topology.face_parts(Mesh(mesh.vertices, mesh.faces))
    assert count == plain_count == 6
    np.testing.assert_array_equal(label, plain_label)


def test_numba_and_numpy_weld_alike_and_keep_the_order():
    mesh = shapes.soup(LARGE)
    negative = mesh.vertices.copy()
    negative[::2][negative[::2] == 0.0] = -0.0
    mesh = Mesh(negative, mesh.faces)
    compiled, plain = (exact_weld(mesh, engine) for engine in (Engine.NUMBA, Engine.NUMPY))
    np.testing.assert_array_equal(compiled.vertices, plain.vertices)
    np.testing.assert_array_equal(compiled.faces, plain.faces)
    np.testing.assert_array_equal(compiled.triangles, mesh.triangles)
    assert len(compiled.vertices) == len(LARGE.vertices)
    first = np.unique(compiled.faces.ravel(), return_index=True)[1]
    assert (np.diff(first) > 0).all()
    assert exact_weld(LARGE, Engine.NUMBA) is LARGE
