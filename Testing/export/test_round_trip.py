"""Every format gives back what was written."""

from __future__ import annotations

import re
import shutil
import struct
import subprocess
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from PrintPrepLib.export import MeshKind, read_mesh, write_assembly, write_mesh
from PrintPrepLib.export.stl import HEADER
from PrintPrepLib.export.units import Units
from PrintPrepLib.mesh import Mesh
from PrintPrepLib.topology import edge_table, is_closed_manifold
from Testing.support import shapes

KINDS = [kind.value for kind in MeshKind]
WITH_SCALARS = [".ply", ".vtp", ".vtk"]
SHAPES = [shapes.sphere(12.3, (100.0, -250.0, 33.3)), shapes.torus(), shapes.box((7.0, 8.0, 9.0)), shapes.shell()]


@pytest.mark.parametrize("suffix", KINDS)
@pytest.mark.parametrize("mesh", SHAPES, ids=lambda m: m.name)
def test_round_trip(mesh: Mesh, suffix: str, tmp_path: Path) -> None:
    written = write_mesh(mesh, tmp_path / f"part{suffix}")
    back = read_mesh(tmp_path / f"part{suffix}")
    assert len(back.faces) == len(mesh.faces) == written.triangles
    assert np.allclose(back.bounds, mesh.bounds, atol=2e-5)
    assert back.volume_mm3 == pytest.approx(mesh.volume_mm3, rel=1e-5)
    assert np.allclose(back.triangles, mesh.triangles, atol=2e-5)
    assert is_closed_manifold(back)
    assert written.bytes == (tmp_path / f"part{suffix}").stat().st_size
    assert written.warnings == ()
    assert [p.name for p in tmp_path.iterdir()] == [f"part{suffix}"]


@pytest.mark.parametrize("suffix", WITH_SCALARS)
def test_scalars_survive(suffix: str, tmp_path: Path) -> None:
    mesh = shapes.sphere(10.0, subdivisions=2)
    mesh = mesh.with_scalar("thickness_mm", mesh.vertices[:, 0] + 0.1).with_scalar("other", mesh.vertices[:, 1])
    write_mesh(mesh, tmp_path / f"a{suffix}")
    back = read_mesh(tmp_path / f"a{suffix}")
    assert np.array_equal(back.scalars["thickness_mm"], mesh.scalars["thickness_mm"])
    assert np.array_equal(back.scalars["other"], mesh.scalars["other"])
    assert np.array_equal(back.vertices, mesh.vertices)


@pytest.mark.parametrize("suffix", KINDS)
def test_same_mesh_same_bytes(suffix: str, tmp_path: Path) -> None:
    mesh = shapes.sphere(10.0, subdivisions=1)
    first = write_mesh(mesh, tmp_path / f"a{suffix}")
    second = write_mesh(mesh, tmp_path / f"b{suffix}")
    assert first.sha256 == second.sha256


def test_stl_header_is_slicers_convention(tmp_path: Path) -> None:
    write_mesh(shapes.box(), tmp_path / "a.stl")
    body = (tmp_path / "a.stl").read_bytes()
    assert len(body) == 84 + 12 * 50
    assert b"SPACE=LPS" in body[:80]
    assert not body.lower().startswith(b"solid")
    assert HEADER.isascii()
    normal = struct.unpack("<3f", body[84:96])
    assert np.allclose(normal, shapes.box().face_normals()[0], atol=1e-6)


def test_colors_are_read_by_others(tmp_path: Path) -> None:
    trimesh = pytest.importorskip("trimesh")
    mesh = shapes.box()
    colors = np.arange(24, dtype=np.uint8).reshape(8, 3) * 10
    write_mesh(mesh, tmp_path / "a.ply", colors=colors)
    write_mesh(mesh, tmp_path / "a.vtp", colors=colors)
    write_mesh(mesh, tmp_path / "a.obj", colors=colors)
    other = trimesh.load(tmp_path / "a.ply", process=False)
    assert np.array_equal(other.visual.vertex_colors[:, :3], colors)
    line = (tmp_path / "a.obj").read_text().splitlines()[2].split()
    assert [float(v) for v in line[4:]] == pytest.approx(colors[1] / 255.0, abs=1e-4)
    assert np.allclose(read_mesh(tmp_path / "a.obj").vertices, mesh.vertices)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_any_open_soup_round_trips(data: st.DataObject, tmp_path: Path) -> None:
    coordinate = st.floats(-500.0, 500.0, width=32).map(lambda v: round(v, 3))
    count = data.draw(st.integers(3, 12))
    points = np.array(data.draw(st.lists(st.tuples(*[coordinate] * 3), min_size=count, max_size=count)))
    index = st.integers(0, count - 1)
    triple = st.tuples(index, index, index).filter(lambda t: len({tuple(points[i].astype("f4")) for i in t}) == 3)
    assume(len(np.unique(points.astype("f4"), axis=0)) >= 3)
    faces = np.array(data.draw(st.lists(triple, min_size=1, max_size=9, unique=True)))
    mesh = Mesh(points, faces)
    assume(edge_table(mesh).open_edges > 0)
    suffix = data.draw(st.sampled_from(KINDS))
    write_mesh(mesh, tmp_path / f"x{suffix}")
    back = read_mesh(tmp_path / f"x{suffix}", units=Units.MM)
    assert np.allclose(back.triangles, mesh.triangles, atol=1e-4)


def test_touching_parts_are_reported_in_stl_and_kept_in_3mf(tmp_path: Path) -> None:
    left, right = shapes.box((10, 10, 10), (0, 0, 0)), shapes.box((10, 10, 10), (10, 10, 10))  # share one corner
    both = Mesh(np.vstack([left.vertices, right.vertices]), np.vstack([left.faces, right.faces + 8]))
    written = write_mesh(both, tmp_path / "a.stl")
    assert len(written.warnings) == 1
    assert "1 points where the surface is not simple" in written.warnings[0]
    assert write_mesh(both, tmp_path / "a.3mf").warnings == ()
    assert len(read_mesh(tmp_path / "a.3mf").vertices) == 16


def test_triangles_below_single_precision_are_said(tmp_path: Path) -> None:
    far = shapes.sphere(5.0, (100_000.0, 0.0, 0.0), subdivisions=5)  # float32 steps of 0.0078 mm there
    tiny = Mesh(np.vstack([far.vertices]), far.faces)
    points = tiny.vertices.copy()
    a, b = tiny.faces[0, :2]
    points[b] = points[a] + [1e-4, 0.0, 0.0]
    written = write_mesh(tiny.with_vertices(points), tmp_path / "a.stl")
    assert "2 triangles were smaller" in written.warnings[0]
    assert written.triangles == len(far.faces) - 2
    assert edge_table(read_mesh(tmp_path / "a.stl")).open_edges == 0


def test_assembly_keeps_names_places_and_colors(tmp_path: Path) -> None:
    parts = [shapes.box().with_name('bone "A" & <B>'), shapes.sphere(5.0, (30.0, 0.0, 0.0)).with_name("tumör")]
    written = write_assembly(parts, tmp_path / "a.3mf", colors=[(255, 255, 240), (200, 30, 30)])
    assert written.triangles == sum(len(p.faces) for p in parts)
    model = zipfile.ZipFile(tmp_path / "a.3mf").read("3D/3dmodel.model").decode()
    assert 'unit="millimeter"' in model
    assert "tumör" in model
    assert "#C81E1E" in model
    back = read_mesh(tmp_path / "a.3mf")
    assert back.volume_mm3 == pytest.approx(sum(p.volume_mm3 for p in parts), rel=1e-6)


def _prusa_info(path: Path) -> dict[str, float]:
    out = subprocess.run(["prusa-slicer", "--info", str(path)], capture_output=True, text=True, timeout=60, check=True)
    return {k: float(v) for k, v in re.findall(r"(size_[xyz]|volume|number_of_facets) = (-?[\d.]+)", out.stdout)}


@pytest.mark.skipif(shutil.which("prusa-slicer") is None, reason="prusa-slicer is not installed")
@pytest.mark.parametrize("suffix", [".stl", ".3mf", ".obj"])
def test_prusa_slicer_agrees(suffix: str, tmp_path: Path) -> None:
    mesh = shapes.sphere(20.0, (5.0, -60.0, 70.0), subdivisions=3)
    write_mesh(mesh, tmp_path / f"a{suffix}")
    info = _prusa_info(tmp_path / f"a{suffix}")
    assert [info[f"size_{axis}"] for axis in "xyz"] == pytest.approx(mesh.size_mm.tolist(), abs=1e-3)
    assert info["volume"] == pytest.approx(mesh.volume_mm3, rel=1e-4)
    assert info["number_of_facets"] == len(mesh.faces)


@pytest.mark.skipif(shutil.which("admesh") is None, reason="admesh is not installed")
def test_admesh_finds_no_fault(tmp_path: Path) -> None:
    write_mesh(shapes.torus(), tmp_path / "a.stl")
    out = subprocess.run(["admesh", str(tmp_path / "a.stl")], capture_output=True, text=True, timeout=60, check=True)
    assert re.search(r"Total disconnected facets\s*:\s*0\s+0", out.stdout)
    assert re.search(r"Degenerate facets\s*:\s*0", out.stdout)
