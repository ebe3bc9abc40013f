"""Planted defects: every check is seen to fail, and to pass without the defect."""

from __future__ import annotations

import numpy as np
import pytest

from PrintPrepLib.check import CheckResult, check_mesh
from PrintPrepLib.finding import Severity
from PrintPrepLib.mesh import Mesh, concatenate
from Testing.check.support import one, severity
from Testing.support.shapes import box, moved, open_box, shell, soup, sphere, two_spheres

FAIL, PASS, WARN, INFO = Severity.FAIL, Severity.PASS, Severity.WARN, Severity.INFO
CUBE = box((30.0, 30.0, 30.0))
TOPOLOGY = (
    "empty", "scale", "open-edges", "non-manifold-edges", "non-manifold-vertices", "winding", "degenerate-faces",
    "duplicate-faces", "inside-out", "self-intersections", "parts", "cavities",
)  # fmt: skip


def extra_face(mesh: Mesh, face: tuple[int, int, int]) -> Mesh:
    return Mesh(mesh.vertices, np.vstack([mesh.faces, np.array([face], np.int32)]))


def test_a_clean_cube_passes_all_of_it() -> None:
    result = check_mesh(CUBE)
    assert {code: severity(result, code) for code in TOPOLOGY} == dict.fromkeys(TOPOLOGY, PASS)
    assert result.ready
    assert result.measures["volume_ml"] == pytest.approx(27.0)
    assert result.measures["area_cm2"] == pytest.approx(54.0)
    assert result.measures["size_mm"] == pytest.approx([30.0, 30.0, 30.0])
    wanted = {"triangles": 12, "parts": 1, "open_edges": 0, "non_manifold_edges": 0, "self_intersections": 0}
    assert {key: result.measures[key] for key in wanted} == wanted


def test_every_code_is_there_once_for_an_empty_mesh_and_nothing_passes() -> None:
    result = check_mesh(Mesh(np.zeros((0, 3)), np.zeros((0, 3), np.int32)))
    assert not result.ready
    assert severity(result, "empty") is FAIL
    others = [finding for finding in result.findings if finding.code != "empty"]
    assert {finding.severity for finding in others} == {Severity.NOT_RUN}
    assert {finding.code for finding in others} == {f.code for f in check_mesh(CUBE).findings} - {"empty"}
    assert result.measures["size_mm"] == [0.0, 0.0, 0.0]


def test_triangles_without_area_alone_are_empty() -> None:
    assert severity(check_mesh(Mesh(np.zeros((3, 3)), np.array([[0, 1, 2]]))), "empty") is FAIL


@pytest.mark.parametrize(
    ("longest", "expected"), [(0.2, FAIL), (1.9, FAIL), (8.0, WARN), (25.0, PASS), (1200.0, WARN), (6350.0, FAIL)]
)
def test_scale(longest: float, expected: Severity) -> None:
    assert severity(check_mesh(box((longest, longest / 2, longest / 3))), "scale") is expected


def test_scale_names_inches_from_the_reference() -> None:
    inches = box((30.0 / 25.4, 30.0 / 25.4, 30.0 / 25.4))
    assert "inches" in one(check_mesh(inches, against=CUBE), "scale").message
    assert severity(check_mesh(CUBE, against=CUBE), "scale") is PASS


def test_open_edges_and_where() -> None:
    found = one(check_mesh(open_box((30.0, 30.0, 30.0))), "open-edges")
    assert (found.severity, found.measured) == (FAIL, 4)
    assert found.where == pytest.approx((0.0, 0.0, 15.0))
    assert "1 hole" in found.message
    assert "120.0 mm" in found.message


def test_an_open_mesh_has_no_inside_and_says_so() -> None:
    assert severity(check_mesh(open_box()), "inside-out") is Severity.NOT_RUN


def test_non_manifold_edge() -> None:
    two = concatenate([box(), box(center=(10.0, 10.0, 0.0))])  # they share the edge x = y = 5
    result = check_mesh(two)
    found = one(result, "non-manifold-edges")
    assert (found.severity, found.measured) == (FAIL, 1)
    assert found.where == pytest.approx((5.0, 5.0, 0.0))
    assert result.measures["parts"] == 1


def test_non_manifold_vertex_is_told_and_does_not_fail() -> None:
    result = check_mesh(concatenate([CUBE, moved(CUBE, (30.0, 30.0, 30.0))]))
    found = one(result, "non-manifold-vertices")
    assert (found.severity, found.measured, found.where) == (WARN, 1, (15.0, 15.0, 15.0))
    assert severity(result, "non-manifold-edges") is PASS
    assert result.ready


def test_a_turned_triangle_is_found() -> None:
    faces = CUBE.faces.copy()
    faces[3] = faces[3, ::-1]
    found = one(check_mesh(Mesh(CUBE.vertices, faces)), "winding")
    assert (found.severity, found.measured) == (FAIL, 3)


def test_degenerate_faces() -> None:
    corner = tuple(int(v) for v in CUBE.faces[0])
    found = one(check_mesh(extra_face(CUBE, (corner[0], corner[1], corner[1]))), "degenerate-faces")
    assert (found.severity, found.measured) == (WARN, 1)
    # A sliver with three corners on a line.
    line = Mesh(np.array([[0, 0, 0], [10, 0, 0], [20, 0, 0], [0, 30, 0]], float), np.array([[0, 1, 2], [0, 2, 3]]))
    assert one(check_mesh(line), "degenerate-faces").measured == 1


def test_a_collapsed_triangle_is_no_open_edge() -> None:
    corner = tuple(int(v) for v in CUBE.faces[0])
    assert check_mesh(extra_face(CUBE, (corner[0], corner[1], corner[1]))).measures["open_edges"] == 0


def test_duplicate_faces() -> None:
    found = one(check_mesh(extra_face(CUBE, tuple(int(v) for v in CUBE.faces[5]))), "duplicate-faces")
    assert (found.severity, found.measured) == (FAIL, 1)
    pillow = Mesh(np.array([[0, 0, 0], [30, 0, 0], [0, 30, 0]], float), np.array([[0, 1, 2], [0, 2, 1]]))
    assert one(check_mesh(pillow), "duplicate-faces").measured == 1


def test_self_intersections() -> None:
    crossing = check_mesh(two_spheres(12.0, 20.0))
    found = one(crossing, "self-intersections")
    assert found.severity is FAIL
    assert found.measured == crossing.measures["self_intersections"] > 0
    assert found.where is not None
    assert abs(found.where[0]) < 3.0
    assert severity(check_mesh(two_spheres(12.0, 30.0)), "self-intersections") is PASS


def test_a_reader_merges_what_is_exactly_equal_and_nothing_else() -> None:
    loose = soup(CUBE)
    assert check_mesh(loose).measures["open_edges"] == 0
    assert check_mesh(Mesh(loose.vertices + 1e-9 * np.arange(36)[:, None], loose.faces)).measures["open_edges"] == 36


def test_inside_out() -> None:
    found = one(check_mesh(CUBE.flipped()), "inside-out")
    assert (found.severity, found.measured) == (FAIL, pytest.approx(-27.0))


def test_one_piece_inside_out_beside_a_right_one() -> None:
    found = one(check_mesh(concatenate([CUBE, box(center=(60.0, 0.0, 0.0)).flipped()])), "inside-out")
    assert (found.severity, found.measured, found.where) == (FAIL, 1, (60.0, 0.0, 0.0))


def test_a_cavity_is_no_fault_and_is_counted() -> None:
    result = check_mesh(shell(8.0, 12.0))
    assert severity(result, "inside-out") is PASS
    assert severity(result, "parts") is PASS
    found = one(result, "cavities")
    assert (found.severity, found.measured) == (INFO, 1)
    assert (result.measures["parts"], result.measures["pieces"], result.measures["cavities"]) == (2, 1, 1)
    assert result.ready


def test_a_piece_in_a_cavity_and_an_inverted_one_there() -> None:
    hollow = shell(8.0, 12.0)
    right = check_mesh(concatenate([hollow, sphere(3.0)]))
    assert severity(right, "inside-out") is PASS
    assert right.measures["pieces"] == 2
    wrong = check_mesh(concatenate([hollow, sphere(3.0).flipped()]))
    assert one(wrong, "inside-out").measured == 1


def test_parts() -> None:
    result = check_mesh(concatenate([CUBE, moved(sphere(3.0), (40.0, 0.0, 0.0))]))
    found = one(result, "parts")
    assert (found.severity, found.measured) == (WARN, 2)
    assert found.where == pytest.approx((40.0, 0.0, 0.0), abs=0.01)


def test_not_run_is_never_a_pass_and_pending_checks_are_named() -> None:
    result = check_mesh(CUBE)
    for code in ("wall-thickness", "feature-size", "gap", "mirrored", "placement", "accuracy", "clipped-anatomy",
                 "completeness-missing", "completeness-extra", "printer-size", "triangle-size"):  # fmt: skip
        found = one(result, code)
        assert found.severity is Severity.NOT_RUN
        assert found.severity is not PASS
        assert found.message.startswith("Not checked")


def test_result_as_json() -> None:
    import json

    out = json.loads(json.dumps(check_mesh(open_box()).to_dict()))
    assert out["ready"] is False
    assert set(out) == {"ready", "findings", "measures"}
    assert {"code", "severity", "message", "measured", "limit", "unit", "where", "advice"} == set(out["findings"][0])


def test_arguments_and_cancel() -> None:
    with pytest.raises(TypeError, match="mesh must be a Mesh"):
        check_mesh("model.stl")  # type: ignore[arg-type]
    for wrong in ({"layer_mm": 0.0}, {"accuracy_mm": float("nan")}, {"voxel_mm": (1.0, -1.0, 1.0)}):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            check_mesh(CUBE, **wrong)

    def stop(fraction: float, text: str) -> None:
        if fraction > 0.3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        check_mesh(CUBE, progress=stop)
    assert isinstance(check_mesh(CUBE), CheckResult)
