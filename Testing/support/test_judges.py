"""What each outside judge sees, and what it does not: known before it is trusted."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest

from PrintPrepLib.mesh import Mesh, concatenate
from Testing.support.judges import admesh_facts, meshlab_facts, prusa_info, prusa_slice
from Testing.support.shapes import box

CUBE = box((20.0, 20.0, 20.0))
OPEN = Mesh(CUBE.vertices, CUBE.faces[:-2])
OVERLAPPING = concatenate([CUBE, box((20.0, 20.0, 20.0), (10.0, 3.0, 4.0))])


def stl(folder: Path, mesh: Mesh) -> Path:
    """Binary STL by hand, so that these tests stand on nothing but the format."""
    path = folder / "judged.stl"
    record = np.zeros(len(mesh.faces), np.dtype([("n", "<f4", 3), ("t", "<f4", (3, 3)), ("a", "<u2")]))
    record["n"], record["t"] = mesh.face_normals(), mesh.triangles
    path.write_bytes(b"judged".ljust(80) + struct.pack("<I", len(mesh.faces)) + record.tobytes())
    return path


def test_prusa_info_on_a_cube(tmp_path: Path) -> None:
    info = prusa_info(stl(tmp_path, CUBE))
    assert info.size_mm == (20.0, 20.0, 20.0)
    assert info.low_mm == (-10.0, -10.0, -10.0)
    assert (info.manifold, info.open_edges, info.facets_reversed, info.parts) == (True, 0, 0, 1)
    assert info.volume_mm3 == pytest.approx(8000.0, rel=1e-6)
    assert info.facets == 12


def test_prusa_info_sees_open_and_reversed_but_no_overlap(tmp_path: Path) -> None:
    opened = prusa_info(stl(tmp_path, OPEN))
    assert (opened.manifold, opened.open_edges) == (False, 4)
    inverted = prusa_info(stl(tmp_path, CUBE.flipped()))
    assert (inverted.manifold, inverted.facets_reversed) == (True, 12)
    overlapping = prusa_info(stl(tmp_path, OVERLAPPING))
    assert (overlapping.manifold, overlapping.parts) == (True, 2)
    assert overlapping.volume_mm3 == pytest.approx(16000.0)


def test_prusa_slices_a_cube_to_its_top(tmp_path: Path) -> None:
    path = stl(tmp_path, CUBE)
    cut = prusa_slice(path, 0.2)
    assert (cut.returncode, cut.layers, cut.warnings) == (0, 100, ())
    assert cut.top_z_mm == pytest.approx(20.0)
    assert cut.filament_cm3 > 1.0
    assert list(tmp_path.iterdir()) == [path]


def test_prusa_slices_what_is_larger_than_a_usual_bed(tmp_path: Path) -> None:
    cut = prusa_slice(stl(tmp_path, box((400.0, 10.0, 2.0))), 0.2)
    assert (cut.returncode, cut.layers) == (0, 10)


def test_prusa_drops_a_thin_fin_without_a_word(tmp_path: Path) -> None:
    # The trap that makes comparing the top with the mesh necessary.
    fin = concatenate([box((20.0, 20.0, 5.0), (0.0, 0.0, 2.5)), box((20.0, 0.08, 10.0), (0.0, 0.0, 9.5))])
    cut = prusa_slice(stl(tmp_path, fin), 0.2)
    assert cut.returncode == 0
    assert cut.top_z_mm < 6.0


def test_prusa_finds_no_layers_in_what_is_far_too_small(tmp_path: Path) -> None:
    cut = prusa_slice(stl(tmp_path, box((0.02, 0.02, 0.02))), 0.2)
    assert cut.returncode != 0
    assert cut.layers == 0
    assert any("layers" in line or "small" in line.lower() for line in cut.warnings)


def test_admesh(tmp_path: Path) -> None:
    cube = admesh_facts(stl(tmp_path, CUBE))
    assert (cube.facets, cube.disconnected, cube.parts, cube.degenerate) == (12, 0, 1, 0)
    assert cube.volume_mm3 == pytest.approx(8000.0, rel=1e-6)
    opened = admesh_facts(stl(tmp_path, OPEN))
    assert (opened.facets, opened.disconnected, opened.added) == (10, 4, 2)
    assert admesh_facts(stl(tmp_path, CUBE.flipped())).reversed_facets == 12
    assert admesh_facts(stl(tmp_path, OVERLAPPING)).disconnected == 0  # blind to it


def test_meshlab(tmp_path: Path) -> None:
    cube = meshlab_facts(stl(tmp_path, CUBE))
    assert (cube.facets, cube.self_intersecting_faces, cube.boundary_edges) == (12, 0, 0)
    assert (cube.two_manifold, cube.components) == (True, 1)
    assert cube.volume_mm3 == pytest.approx(8000.0, rel=1e-6)
    opened = meshlab_facts(stl(tmp_path, OPEN))
    assert (opened.boundary_edges, opened.volume_mm3) == (4, None)
    assert meshlab_facts(stl(tmp_path, CUBE.flipped())).volume_mm3 == pytest.approx(-8000.0, rel=1e-6)
    overlapping = meshlab_facts(stl(tmp_path, OVERLAPPING))
    assert overlapping.self_intersecting_faces > 0
    assert (overlapping.two_manifold, overlapping.components) == (True, 2)


def test_meshlab_failure_is_a_failure_and_not_a_pass(tmp_path: Path) -> None:
    meshlab_facts(stl(tmp_path, CUBE))  # skips where pymeshlab is absent
    broken = tmp_path / "broken.stl"
    broken.write_bytes(b"nothing")
    with pytest.raises(AssertionError, match="pymeshlab failed"):
        meshlab_facts(broken)
