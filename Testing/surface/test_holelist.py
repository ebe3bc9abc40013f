"""The list of holes: place, size, piece, and what became of each."""

from __future__ import annotations

import numpy as np
import pytest

from PrintPrepLib.mesh import Mesh, concatenate
from PrintPrepLib.surface.holelist import holes_of_receipts, open_holes
from PrintPrepLib.surface.holes import fill_holes, holes
from PrintPrepLib.surface.repair import repair


def grid_box(size: float, at: tuple[float, float, float], missing: int = 0, cells: int = 4) -> Mesh:
    """A closed box of squares in two triangles each; ``missing`` squares in a row are taken out of its top."""
    step, points, faces = size / cells, {}, []

    def number(i: int, j: int, k: int) -> int:
        return points.setdefault((i, j, k), len(points))

    for axis in range(3):
        for high in (0, cells):
            for a in range(cells):
                for b in range(cells):
                    if axis == 2 and high and a == 1 and 1 <= b < 1 + missing:
                        continue
                    corners = []
                    for da, db in ((0, 0), (1, 0), (1, 1), (0, 1)):
                        place = [0, 0, 0]
                        place[axis], place[(axis + 1) % 3], place[(axis + 2) % 3] = high, a + da, b + db
                        corners.append(number(*place))
                    p, q, r, s = corners if high else corners[::-1]
                    faces += [(p, q, r), (p, r, s)]
    vertices = np.array(list(points), float) * step + at
    return Mesh(vertices, np.array(faces))


def two_boxes() -> Mesh:
    """A large box with a hole of 1 x 2 squares of 5 mm, a small one with a hole of one square of 2.5 mm."""
    return concatenate([grid_box(20.0, (0.0, 0.0, 0.0), 2), grid_box(10.0, (50.0, 0.0, 0.0), 1)])


def test_size_area_edges_and_piece_of_each_hole() -> None:
    first, second = (hole.to_dict() for hole in holes(two_boxes()))
    assert first["center_mm"] == pytest.approx((7.5, 10.0, 20.0))
    assert first["diameter_mm"] == pytest.approx(np.hypot(5.0, 10.0))
    assert (first["area_mm2"], first["vertices"], first["piece"]) == (pytest.approx(50.0), 6, 1)
    assert (second["area_mm2"], second["vertices"], second["piece"]) == (pytest.approx(6.25), 4, 2)


def test_open_holes_say_what_repair_would_do() -> None:
    sheet = Mesh(np.array([[90.0, 0, 0], [94.0, 0, 0], [90.0, 3.0, 0]]), np.array([[0, 1, 2]]))
    rows = open_holes(concatenate([two_boxes(), sheet]))
    told = {row["piece"]: row["state"] for row in rows}
    assert told == {1: "would close", 2: "would close", 3: "would refuse"}
    closed, _receipt = fill_holes(two_boxes())
    assert open_holes(closed) == []
    assert closed.volume_mm3 == pytest.approx(9000.0)


def test_receipts_in_one_list_with_what_is_open_first() -> None:
    mesh = two_boxes()
    half, first = fill_holes(mesh, max_diameter_mm=5.0)
    rows, total = holes_of_receipts([first.to_dict()])
    assert total == 2
    assert [(row["state"], row["number"], row["step"]) for row in rows] == [
        ("left open", 1, "holes"),
        ("closed", 2, "holes"),
    ]
    whole, second = repair(half)
    rows, total = holes_of_receipts([first.to_dict(), second.to_dict()], open_holes(whole))
    assert total == 2
    assert [(row["state"], row["step"]) for row in rows] == [("closed", "repair"), ("closed", "holes")]
    rows, _total = holes_of_receipts([first.to_dict()], open_holes(half))
    assert [row["state"] for row in rows] == ["would close", "closed"]
    assert rows[0]["diameter_mm"] == pytest.approx(np.hypot(5.0, 10.0))


def test_a_clean_model_has_no_rows() -> None:
    _mesh, receipt = repair(grid_box(20.0, (0.0, 0.0, 0.0)))
    assert holes_of_receipts([receipt.to_dict()], []) == ([], 0)
