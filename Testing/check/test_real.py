"""The collection of broken meshes: nothing raises, and the counts agree with outside judges."""

from __future__ import annotations

import csv
import struct
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from PrintPrepLib.check import CheckResult, check_mesh
from PrintPrepLib.finding import Severity
from PrintPrepLib.mesh import Mesh
from PrintPrepLib.segment.segmentation import from_mask
from PrintPrepLib.surface.from_segmentation import make_surface
from Testing.support.data import data_path
from Testing.support.judges import meshlab_facts
from Testing.support.volumes import cranium

NAMES = (
    "block_fill-holes-bad.stl", "block_normal-directions-bad.stl", "hourglass_remove-unconnected-bad.stl",
    "conveyor_nearby-bad.stl", "cycloidal.ply", "chair_model.obj", "soup.stl", "not_convex.obj", "idler_riser.STL",
    "featuretype.STL", "wallhole.obj", "StanfordBunny.ply", "demo_object.stl", "footbones.ply", "trumpet.obj",
    "Wuson.stl", "sphereWithHole.stl", "3DSMaxExport.STL", "Spider_ascii.stl", "self_intersectA.obj", "Offset1.obj",
    "cube-shuffled.off", "ChineseDragon-10kv.off", "lion-head.off", "manifold_472042.stl",
)  # fmt: skip
CLEAN = "manifold_472042.stl"


@cache
def checked(name: str) -> tuple[Mesh, CheckResult]:
    import trimesh

    loaded = trimesh.load(
        str(data_path(f"meshes/{name}")), process=False, force="mesh", maintain_order=True, skip_materials=True
    )
    mesh = Mesh.from_trimesh(loaded)
    return mesh, check_mesh(mesh, voxel_mm=(0.5, 0.5, 0.5))


def truth(name: str) -> dict[str, str]:
    with data_path("meshes/PROVENANCE.csv").open(encoding="utf-8") as table:
        return next(row for row in csv.DictReader(table) if row["file"] == name)


def write_stl(path: Path, mesh: Mesh) -> Path:
    record = np.zeros(len(mesh.faces), np.dtype([("n", "<f4", 3), ("t", "<f4", (3, 3)), ("a", "<u2")]))
    record["t"] = mesh.triangles
    path.write_bytes(b"checked".ljust(80) + struct.pack("<I", len(mesh.faces)) + record.tobytes())
    return path


@pytest.mark.parametrize("name", NAMES)
def test_counts_of_the_collection(name: str) -> None:
    _, result = checked(name)
    row = truth(name)
    assert result.measures["open_edges"] == int(row["boundary_edges"])
    assert result.measures["non_manifold_edges"] == int(row["nonmanifold_edges"])
    assert result.measures["self_intersections"] == int(row["self_intersecting_faces"])
    assert result.measures["parts"] == int(row["components"])
    defects = sum(int(row[key]) for key in ("boundary_edges", "nonmanifold_edges", "self_intersecting_faces"))
    if defects:
        assert not result.ready
    if name == CLEAN:
        wrong = [f for f in result.findings if f.severity is Severity.FAIL]
        assert not wrong


@pytest.mark.parametrize("name", NAMES)
def test_self_intersections_agree_with_meshlab(name: str, tmp_path: Path) -> None:
    mesh, _ = checked(name)
    single = Mesh(mesh.vertices.astype(np.float32).astype(np.float64), mesh.faces)
    judged = meshlab_facts(write_stl(tmp_path / "model.stl", single))
    assert check_mesh(single).measures["self_intersections"] == judged.self_intersecting_faces


def test_broken_meshes_against_a_segmentation_and_each_other_never_raise() -> None:
    from Testing.check.support import body, segmentation_of

    segmentation = segmentation_of(body, (1.0, 1.0, 1.0))
    for name in ("soup.stl", "wallhole.obj", "cube-shuffled.off", "Spider_ascii.stl", "footbones.ply", CLEAN):
        mesh, _ = checked(name)
        other, _ = checked("idler_riser.STL")
        check_mesh(mesh, segmentation=segmentation, accuracy_mm=1.0)
        check_mesh(mesh, against=other, layer_mm=0.2, accuracy_mm=1.0)


def test_the_surface_of_a_head_scan_is_complete_and_its_mirror_image_is_found() -> None:
    volume = cranium()
    segmentation = from_mask(volume.array >= 226, volume, lower=226)
    model, _ = make_surface(segmentation)
    result = check_mesh(model, segmentation=segmentation)
    assert all(f.severity in (Severity.PASS, Severity.INFO) for f in result.of("completeness-missing"))
    assert all(f.severity in (Severity.PASS, Severity.INFO) for f in result.of("completeness-extra"))
    assert result.of("mirrored")[0].severity is Severity.PASS
    assert result.of("clipped-anatomy")[0].severity is Severity.WARN
    mirrored = Mesh(model.vertices * [-1.0, 1.0, 1.0], model.faces[:, ::-1])
    assert check_mesh(mirrored, segmentation=segmentation).of("mirrored")[0].severity is Severity.FAIL
