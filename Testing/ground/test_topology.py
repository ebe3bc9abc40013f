"""Edges, parts, fans and loops, counted by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from PrintPrepLib.mesh import Mesh, concatenate
from PrintPrepLib.spatial.pseudonormals import pseudonormals
from PrintPrepLib.surface.winding import shells
from PrintPrepLib.topology import (
    boundary_loops,
    edge_counts,
    edge_table,
    face_parts,
    is_closed_manifold,
    non_manifold_vertices,
)
from PrintPrepLib.triangle_sums import WORTH_COMPILING
from Testing.support import shapes


def _book(pages: int) -> Mesh:
    """Triangles that share one edge."""
    angle = np.linspace(0.0, np.pi, pages)
    tips = np.stack([np.cos(angle), np.sin(angle), np.full(pages, 0.5)], axis=1)
    points = np.vstack([[[0, 0, 0], [0, 0, 1]], tips])
    return Mesh(points, np.array([[0, 1, 2 + page] for page in range(pages)]))


def _touching_boxes() -> Mesh:
    """Two boxes that share one vertex, and nothing else."""
    a, b = shapes.box((2, 2, 2), (-1, -1, -1)), shapes.box((2, 2, 2), (1, 1, 1))
    both = concatenate([a, b])
    here = np.flatnonzero(np.abs(both.vertices).max(axis=1) == 0.0)
    assert len(here) == 2
    faces = both.faces.copy()
    faces[faces == here[1]] = here[0]
    return Mesh(both.vertices, faces)


def test_box_has_eighteen_regular_edges() -> None:
    counts = edge_counts(shapes.box())
    assert (counts.edges, counts.open_edges, counts.non_manifold_edges, counts.misoriented_edges) == (18, 0, 0, 0)
    assert is_closed_manifold(shapes.box())


def test_open_box_has_four_open_edges_in_one_loop() -> None:
    mesh = shapes.open_box()
    assert edge_counts(mesh).open_edges == 4
    assert not is_closed_manifold(mesh)
    (loop,) = boundary_loops(mesh)
    assert len(loop) == 4
    assert len(set(loop.tolist())) == 4


def test_loop_runs_so_that_a_patch_agrees_with_its_surroundings() -> None:
    mesh = shapes.open_box()
    (loop,) = boundary_loops(mesh)
    patch = [[loop[0], loop[1], loop[2]], [loop[0], loop[2], loop[3]]]
    closed = Mesh(mesh.vertices, np.vstack([mesh.faces, patch]))
    assert is_closed_manifold(closed)
    assert closed.volume_mm3 == pytest.approx(1000.0)


def test_holes_that_meet_in_a_vertex_are_two_loops() -> None:
    mesh = shapes.grid_sheet(10.0, 4)
    inner = [i for i in range(25) if 0 < i % 5 < 4 and 0 < i // 5 < 4]
    center = 12
    assert center in inner
    middle = mesh.triangles.mean(axis=1)
    low = (middle[:, 0] < 0) & (middle[:, 1] < 0) & (np.abs(middle) < 2.5).all(axis=1)
    high = (middle[:, 0] > 0) & (middle[:, 1] > 0) & (np.abs(middle) < 2.5).all(axis=1)
    holed = mesh.submesh(~(low | high))
    lengths = sorted(len(loop) for loop in boundary_loops(holed))
    assert lengths == [4, 4, 16]


def test_book_of_three_pages_has_a_non_manifold_edge() -> None:
    counts = edge_counts(_book(3))
    assert (counts.edges, counts.open_edges, counts.non_manifold_edges) == (7, 6, 1)


def test_one_turned_triangle_disagrees_with_three_neighbors() -> None:
    mesh = shapes.sphere(5.0, subdivisions=2)
    faces = mesh.faces.copy()
    faces[7] = faces[7][::-1]
    turned = Mesh(mesh.vertices, faces)
    assert edge_counts(turned).misoriented_edges == 3
    assert edge_table(turned).misoriented_edges == 3
    assert not is_closed_manifold(turned)


def test_boxes_that_touch_in_a_point_are_no_manifold() -> None:
    mesh = _touching_boxes()
    assert edge_counts(mesh).non_manifold_edges == 0
    assert len(non_manifold_vertices(mesh)) == 1
    np.testing.assert_allclose(mesh.vertices[non_manifold_vertices(mesh)[0]], 0.0)
    assert not is_closed_manifold(mesh)


def test_touching_point_is_found_in_an_open_mesh_too() -> None:
    mesh = _touching_boxes()
    opened = Mesh(mesh.vertices, mesh.faces[1:])
    assert edge_counts(opened).open_edges > 0
    touching = int(non_manifold_vertices(mesh)[0])
    assert touching in non_manifold_vertices(opened)


def test_parts() -> None:
    count, label = face_parts(shapes.two_spheres(5.0, 20.0, 2))
    assert count == 2
    assert np.bincount(label).tolist() == [320, 320]
    assert face_parts(Mesh(np.empty((0, 3)), np.empty((0, 3))))[0] == 0


def test_empty_mesh_is_no_manifold() -> None:
    empty = Mesh(np.empty((0, 3)), np.empty((0, 3)))
    assert not is_closed_manifold(empty)
    assert len(non_manifold_vertices(empty)) == 0
    assert boundary_loops(empty) == []
    assert edge_counts(empty).edges == 0


@given(st.integers(0, 2**32 - 1), st.integers(1, 40), st.integers(3, 12))
def test_counts_agree_with_counting_by_dictionary(seed: int, triangles: int, points: int) -> None:
    random = np.random.default_rng(seed)
    faces = np.array([random.choice(points, 3, replace=False) for _ in range(triangles)])
    mesh = Mesh(random.normal(size=(points, 3)), faces)
    uses: dict[tuple[int, int], list[int]] = {}
    for face in faces.tolist():
        for a, b in zip(face, face[1:] + face[:1], strict=True):
            uses.setdefault((min(a, b), max(a, b)), []).append(1 if a < b else -1)
    counts = edge_counts(mesh)
    assert counts.edges == len(uses)
    assert counts.open_edges == sum(len(use) == 1 for use in uses.values())
    assert counts.non_manifold_edges == sum(len(use) > 2 for use in uses.values())
    assert counts.misoriented_edges == sum(len(use) == 2 and sum(use) != 0 for use in uses.values())
    table = edge_table(mesh)
    assert {tuple(edge) for edge in table.vertices.tolist()} == set(uses)
    assert table.winding.tolist() == [sum(uses[tuple(edge)]) for edge in table.vertices.tolist()]


def test_numba_and_numpy_list_the_same_edges_shells_and_normals(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("numba")
    body = shapes.shell(subdivisions=5)
    turned = np.array(body.faces)
    turned[:50] = turned[:50, ::-1]
    faces = np.concatenate([turned[3:], turned[100:103], [[0, 1, len(body.vertices) - 1]]])  # open and doubled
    mesh = Mesh(body.vertices, faces)
    assert len(mesh.faces) >= WORTH_COMPILING
    compiled = edge_table(mesh), shells(mesh, edge_table(mesh)), pseudonormals(mesh)
    for room in ("topology", "surface.winding", "spatial.pseudonormals"):
        monkeypatch.setattr(f"PrintPrepLib.{room}.is_compiled", lambda: False)
    mesh = Mesh(body.vertices, faces)
    plain = edge_table(mesh), shells(mesh, edge_table(mesh)), pseudonormals(mesh)
    for name in ("vertices", "face_count", "winding", "of_face"):
        np.testing.assert_array_equal(getattr(compiled[0], name), getattr(plain[0], name))
    assert set(compiled[0].face_count) == {1, 2, 3}
    assert compiled[1][0] == plain[1][0] > 2
    np.testing.assert_array_equal(compiled[1][1], plain[1][1])
    for name in ("of_face", "of_edge", "of_vertex"):
        np.testing.assert_allclose(getattr(compiled[2], name), getattr(plain[2], name), atol=1e-13)
