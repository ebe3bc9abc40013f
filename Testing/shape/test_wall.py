"""Wall round a lumen: thickness against the analytic shape, the lumen bit for bit, ends flat, square and open."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from PrintPrepLib.cli import main
from PrintPrepLib.errors import GeometryError, InputError
from PrintPrepLib.export import stl
from PrintPrepLib.field import union, zero_surface
from PrintPrepLib.mesh import Mesh, concatenate
from PrintPrepLib.receipt import Receipt
from PrintPrepLib.shape.wall.ends import OpenEnds
from PrintPrepLib.shape.wall.step import wall
from PrintPrepLib.spatial import Rule, self_crossings
from Testing.support import shapes, vessels

AUTO = OpenEnds.AUTO
Made = tuple[Mesh, Mesh, Receipt]


@pytest.fixture(scope="module")
def bent() -> Made:
    lumen = vessels.bent_tube(rings=80, around=48)
    return lumen, *wall(lumen, thickness_mm=1.0, open_ends=AUTO)


def sound(out: Mesh, receipt: Receipt) -> None:
    after = receipt.after
    assert (after.open_edges, after.non_manifold_edges, after.misoriented_edges) == (0, 0, 0)
    assert out.volume_mm3 > 0.0
    assert not len(self_crossings(out, rule=Rule.CROSSING).faces)


def triangles_of(mesh: Mesh) -> set[tuple[float, ...]]:
    """Every triangle as its nine coordinates, from its lowest corner on: the same for the same triangle to the bit."""
    out = set()
    for row in mesh.triangles.tolist():
        first = row.index(min(row))
        out.add(tuple(value for k in range(3) for value in row[(first + k) % 3]))
    return out


def off_middle(points: np.ndarray, wide: float = 12.0, narrow: float = 6.0) -> np.ndarray:
    """How far points lie outside the ideal bent tube's lumen."""
    turn = np.arctan2(points[:, 2], points[:, 0])
    middle = vessels.BEND_MM * np.stack([np.cos(turn), np.zeros(len(turn)), np.sin(turn)], axis=1)
    radius = (wide + (narrow - wide) * turn / (np.pi / 2.0)) / 2.0
    return np.linalg.norm(points - middle, axis=1) - radius


def test_bent_tube_is_sound_with_two_open_ends(bent: Made) -> None:
    _, out, receipt = bent
    sound(out, receipt)
    assert (receipt.after.parts, receipt.after.genus) == (1, 1)
    assert len(receipt.details["ends"]) == 2


def test_outer_surface_lies_at_the_wall_from_the_ideal_tube(bent: Made) -> None:
    """By hand, without any measure of ours: every corner of the wall is on the lumen or one wall outside it."""
    lumen, out, _ = bent
    away = off_middle(out.vertices)
    outside = away > 0.5
    # The lumen is made of 48 flat sides (0.013 mm within the circle) and tapers by 2.7 degrees (0.001 mm).
    assert away[outside].min() > 1.0 - 0.03
    assert away[outside].max() < 1.0 + 0.02
    assert np.abs(away[~outside]).max() < 0.02
    assert outside.sum() > len(lumen.vertices)


def test_measured_wall_and_its_share(bent: Made) -> None:
    measured = bent[2].details["wall"]
    assert measured["within_share"] >= 0.99
    assert measured["min_mm"] == pytest.approx(1.0, abs=0.05)
    assert measured["median_mm"] == pytest.approx(1.0, abs=0.01)
    assert measured["outer_max_mm"] == pytest.approx(1.0, abs=0.05)


def test_lumen_is_the_input_bit_for_bit(bent: Made) -> None:
    lumen, out, receipt = bent
    inner = out.submesh((off_middle(out.vertices) < 0.5)[out.faces].all(axis=1)).flipped()
    turn = np.arctan2(lumen.triangles[..., 2], lumen.triangles[..., 0])
    away = ((turn > 0.02) & (turn < np.pi / 2.0 - 0.02)).all(axis=1)
    assert triangles_of(lumen.submesh(away)) <= triangles_of(inner)
    proof = receipt.details["lumen"]
    assert proof["changed_elsewhere"] == 0
    assert proof["changed_at_ends"] > 0
    assert proof["deviation_max_mm"] < 0.006


@pytest.mark.parametrize(("place", "direction", "radius"), [((40.0, 0.0, 0.0), (0.0, 0.0, -1.0), 6.0),
                                                            ((0.0, 0.0, 40.0), (-1.0, 0.0, 0.0), 3.0)])  # fmt: skip
def test_ends_are_flat_square_and_rings(
    bent: Made, place: tuple[float, ...], direction: tuple[float, ...], radius: float
) -> None:
    _, out, receipt = bent
    end = min(receipt.details["ends"], key=lambda one: np.linalg.norm(np.subtract(one["at_mm"], place)))
    normal = np.array(end["direction"]) / np.linalg.norm(end["direction"])
    assert np.degrees(np.arccos(min(1.0, float(normal @ direction)))) < 1.0
    assert np.linalg.norm(np.subtract(end["at_mm"], place)) < 0.5
    flat = np.abs((out.vertices - end["at_mm"]) @ normal)
    near = np.linalg.norm(out.vertices - end["at_mm"], axis=1) < radius + 1.5
    ring = (out.face_normals() @ normal > 0.999999) & (near & (flat < 0.01))[out.faces].all(axis=1)
    corners = np.unique(out.faces[ring])
    assert flat[corners].max() < 0.01
    away = np.linalg.norm(out.vertices[corners] - end["at_mm"], axis=1)
    assert away.min() == pytest.approx(radius, abs=0.06)
    assert away.max() == pytest.approx(radius + 1.0, abs=0.06)
    area = out.face_areas_mm2()[ring].sum()
    assert area == pytest.approx(np.pi * ((radius + 1.0) ** 2 - radius**2), rel=0.02)
    assert end["ring_area_mm2"] == pytest.approx(area, abs=1e-3)
    assert end["off_square_deg"] < 1.0
    # Nothing of the wall stands out beyond the end.
    assert ((out.vertices[near] - end["at_mm"]) @ normal).max() < 0.01


def test_closed_wall_round_a_ball_has_the_volume_of_a_shell() -> None:
    ball = shapes.sphere(5.0, subdivisions=3)
    out, receipt = wall(ball, thickness_mm=1.0)
    sound(out, receipt)
    assert (receipt.after.parts, receipt.details["ends"]) == (2, [])
    assert out.volume_mm3 == pytest.approx(4.0 / 3.0 * np.pi * (6.0**3 - 5.0**3), rel=0.02)
    assert any("closed" in words for words in receipt.warnings)
    with pytest.raises(GeometryError, match="No end of a vessel"):
        wall(ball, thickness_mm=1.0, open_ends=AUTO)


def test_fork_opens_three_ends_and_stays_clean() -> None:
    out, receipt = wall(vessels.fork(arm=14.0, cell=0.6), thickness_mm=1.0, open_ends=AUTO)
    sound(out, receipt)
    assert (receipt.after.parts, receipt.after.genus) == (1, 2)
    found = sorted(tuple(end["direction"]) for end in receipt.details["ends"])
    lean = np.radians(35.0)
    ideal = sorted([(0.0, 0.0, -1.0), (np.sin(lean), 0.0, np.cos(lean)), (-np.sin(lean), 0.0, np.cos(lean))])
    np.testing.assert_allclose(found, ideal, atol=0.02)
    assert receipt.details["wall"]["within_share"] >= 0.99
    assert (receipt.details["fused"], len(receipt.details["forks"])) == ([], 1)
    assert receipt.details["elsewhere"][0]["reason"].startswith("fork")


def two_tubes(gap: float = 1.5) -> Mesh:
    near = vessels.straight_tube(3.0, 12.0, rings=16, around=32)
    return concatenate([near, shapes.moved(near, (6.0 + gap, 0.0, 0.0))], "two tubes")


def test_parallel_tubes_that_fuse_are_reported() -> None:
    out, receipt = wall(two_tubes(), thickness_mm=1.0, open_ends=AUTO)
    sound(out, receipt)
    (place,) = receipt.details["fused"]
    assert place["walls_are_one"]
    assert place["gap_mm"] == pytest.approx(1.5, abs=0.03)
    assert place["at_mm"][0] == pytest.approx(3.75, abs=0.05)
    assert (receipt.after.parts, len(receipt.details["ends"])) == (1, 4)
    assert any("walls are one there" in words for words in receipt.warnings)


def test_parallel_tubes_are_kept_apart_on_request() -> None:
    out, receipt = wall(two_tubes(), thickness_mm=1.0, open_ends=AUTO, keep_apart_mm=0.4, process="sla")
    sound(out, receipt)
    (place,) = receipt.details["fused"]
    assert not place["walls_are_one"]
    assert (receipt.after.parts, len(receipt.details["ends"])) == (2, 4)
    left = out.vertices[out.vertices[:, 0] < 3.75]
    right = out.vertices[out.vertices[:, 0] >= 3.75]
    assert right[:, 0].min() - left[:, 0].max() == pytest.approx(0.4, abs=0.02)
    assert receipt.details["wall"]["min_mm"] == pytest.approx(0.55, abs=0.02)


def test_hairpin_is_two_stretches_and_a_fold() -> None:
    """Arms 1.5 mm apart that meet in a turn: a fold at the turn, far along the vessel above it."""
    arms = [vessels.capsule((x, 0.0, 0.0), (x, 0.0, 18.0), 3.0) for x in (0.0, 7.5)]
    turn = vessels.capsule((0.0, 0.0, 0.0), (7.5, 0.0, 0.0), 3.0)
    lumen = zero_surface(union(*arms, turn), np.array([-4.0, -4.0, -4.0]), np.array([11.5, 4.0, 22.0]), 0.6)
    _, receipt = wall(lumen, thickness_mm=1.0)
    (place,) = receipt.details["fused"]
    assert place["gap_mm"] == pytest.approx(1.5, abs=0.1)
    assert place["at_mm"][2] > 4.0
    assert receipt.details["forks"]


def test_picked_ends_only() -> None:
    lumen = vessels.straight_tube(3.0, 14.0, rings=20, around=32)
    out, receipt = wall(lumen, thickness_mm=1.0, open_end_mm=(1.0, 0.0, 16.0))
    sound(out, receipt)
    (end,) = receipt.details["ends"]
    assert end["at_mm"][2] > 13.0
    assert receipt.after.genus == 0
    assert out.vertices[:, 2].min() == pytest.approx(-1.0, abs=0.05)
    with pytest.raises(InputError, match=r"No end of a vessel lies near .*away"):
        wall(lumen, thickness_mm=1.0, open_end_mm=(60.0, 0.0, 7.0))
    with pytest.raises(InputError, match="same end"):
        wall(lumen, thickness_mm=1.0, open_end_mm=(0.0, 0.0, 14.0, 1.0, 0.0, 13.0))
    with pytest.raises(InputError, match="not both"):
        wall(lumen, thickness_mm=1.0, open_end_mm=(0.0, 0.0, 14.0), open_ends=AUTO)


_JUDGE = """
import sys, json, numpy as np, pymeshlab
lumen = np.load(sys.argv[1])
for name in sys.argv[2:]:
    outer, judge = np.load(name), pymeshlab.MeshSet()
    for part in (lumen, outer):
        judge.add_mesh(pymeshlab.Mesh(part["v"], part["f"]))
    judge.compute_scalar_by_distance_from_another_mesh_per_vertex(measuremesh=1, refmesh=0, signeddist=False)
    print(json.dumps(judge.mesh(1).vertex_scalar_array().tolist()))
"""


def judged_walls(lumen: Mesh, outers: list[Mesh], folder: Path) -> list[np.ndarray]:
    """Distance of every corner of outer surfaces from the lumen, by MeshLab."""
    files = [folder / f"{number}.npz" for number in range(1 + len(outers))]
    for path, mesh in zip(files, [lumen, *outers], strict=True):
        np.savez(path, v=mesh.vertices, f=mesh.faces)
    words = [sys.executable, "-c", _JUDGE, *map(str, files)]
    result = subprocess.run(words, capture_output=True, text=True, timeout=300, check=False)
    if result.returncode != 0:
        pytest.skip(f"pymeshlab does not run here: {(result.stderr.strip().splitlines() or ['crashed'])[-1]}")
    lines = result.stdout.strip().splitlines()[-len(outers) :]
    return [np.abs(np.array(json.loads(line))) for line in lines]


def test_meshlab_and_trimesh_judge_the_wall(bent: Made, tmp_path: Path) -> None:
    lumen, out, _ = bent
    outer = out.submesh((off_middle(out.vertices) > 0.5)[out.faces].all(axis=1))
    away, moved = judged_walls(lumen, [outer, shapes.moved(outer, (0.0, 0.25, 0.0))], tmp_path)
    assert (np.abs(away - 1.0) <= 0.1).mean() >= 0.99
    assert away.min() > 0.95
    # The judge rejects a wall that is wrong: the outer surface a quarter of a millimeter to the side.
    assert (np.abs(moved - 1.0) <= 0.1).mean() < 0.9
    read = out.to_trimesh()
    assert read.is_watertight
    assert read.is_winding_consistent
    assert read.volume == pytest.approx(out.volume_mm3, rel=1e-9)


def test_command_line_opens_named_ends(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "lumen.stl"
    with path.open("wb") as file:
        stl.write(vessels.straight_tube(3.0, 14.0, rings=20, around=32), file)
    words = ["wall", str(path), "--thickness", "1.0", "--open-end", "0,0,0", "--open-end", "0,0,14",
             "-o", str(tmp_path / "wall.stl"), "--json"]  # fmt: skip
    assert main(words) == 0
    data = json.loads(capsys.readouterr().out)
    assert len(data["receipt"]["details"]["ends"]) == 2
    assert (tmp_path / "wall.stl").exists()
    assert main(["wall", str(path), "--thickness", "0.3", "-o", str(tmp_path / "thin.stl")]) == 2
    assert "thinner than fdm can print" in capsys.readouterr().err
    assert not (tmp_path / "thin.stl").exists()
