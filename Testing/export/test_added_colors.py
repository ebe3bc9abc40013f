"""What is not anatomy: told by measure, and shown in another color in every format that has colors."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pytest

from PrintPrepLib.analysis.added import added_triangles
from PrintPrepLib.export import ModelPart, OutputFolder, read_mesh, read_parts, write_parts_file
from PrintPrepLib.export.model_part import ADDED_COLOR, About
from PrintPrepLib.mesh import Mesh
from PrintPrepLib.shape.cut.assembly import LOOSE_COLOR
from PrintPrepLib.shape.strut.step import strut
from PrintPrepLib.workflow.model_files import write_model
from Testing.support import shapes
from Testing.support.judges import gltf_issues, lib3mf_warnings

KINDS = ("3mf", "glb", "obj", "ply")


def joined() -> tuple[Mesh, Mesh]:
    """Two balls, and the same with a strut."""
    mesh = shapes.two_spheres(5.0, 20.0)
    return mesh, strut(mesh)[0]


def test_what_was_added_is_the_strut_and_nothing_else() -> None:
    mesh, out = joined()
    added = added_triangles(out, mesh)
    middle = out.triangles.mean(axis=1)
    between = (np.abs(middle[:, 0]) < 6.05) & (np.hypot(middle[:, 1], middle[:, 2]) < 3.1)
    assert not added[~between].any()
    assert added[np.abs(middle[:, 0]) < 4.4].all()
    assert not added_triangles(mesh, mesh).any()
    assert ADDED_COLOR == LOOSE_COLOR


def test_a_flat_cut_has_all_its_corners_on_the_anatomy_and_is_told_all_the_same() -> None:
    ball = shapes.sphere(20.0, subdivisions=4)
    cut = Mesh.from_manifold(ball.to_manifold().trim_by_plane((0.0, 0.0, 1.0), -10.0))
    flat = np.abs(cut.triangles[:, :, 2] + 10.0).max(axis=1) < 1e-9
    inside = np.linalg.norm(cut.triangles[flat].mean(axis=1)[:, :2], axis=1) < 16.5
    assert added_triangles(cut, ball)[flat][inside].all()
    assert not added_triangles(cut, ball)[~flat].any()


def test_a_shifted_copy_is_all_added_and_a_rounded_one_is_not() -> None:
    ball = shapes.sphere(20.0, (0.0, 0.0, 300.0))
    assert added_triangles(shapes.moved(ball, (0.0, 0.0, 0.1)), ball).mean() > 0.5
    stored = Mesh(ball.vertices.astype(np.float32).astype(float), ball.faces)
    assert not added_triangles(stored, ball).any()


@pytest.mark.parametrize("kind", KINDS)
def test_colors_of_triangles_come_back(kind: str, tmp_path: Path) -> None:
    mesh, out = joined()
    added = added_triangles(out, mesh)
    parts = [ModelPart(out, "bone", added=added), ModelPart(shapes.box((3, 3, 3), (0, 20, 0)), "plain", (1, 2, 3), "2")]
    file = tmp_path / f"m.{kind}"
    write_parts_file(parts, file)
    back = read_parts(file).parts
    assert [(one.name, one.color, one.added_count) for one in back] == [
        ("bone", (222, 203, 173), int(added.sum())), ("plain", (1, 2, 3), 0),
    ]  # fmt: skip
    gray = back[0].mesh.submesh(np.asarray(back[0].added))
    assert gray.area_mm2 == pytest.approx(float(out.face_areas_mm2()[added].sum()), rel=1e-5)
    assert read_mesh(file).volume_mm3 == pytest.approx(out.volume_mm3 + 27.0, rel=1e-5)


def test_outside_programs_accept_the_files(tmp_path: Path) -> None:
    mesh, out = joined()
    part = ModelPart(out, "bone", added=added_triangles(out, mesh))
    write_parts_file([part], tmp_path / "m.3mf")
    write_parts_file([part], tmp_path / "m.glb")
    assert lib3mf_warnings(tmp_path / "m.3mf") == []
    assert gltf_issues(tmp_path / "m.glb") == []
    with zipfile.ZipFile(tmp_path / "m.3mf") as package:
        text = package.read("3D/3dmodel.model").decode()
    (tmp_path / "bad.3mf").write_bytes((tmp_path / "m.3mf").read_bytes())
    with zipfile.ZipFile(tmp_path / "m.3mf") as good, zipfile.ZipFile(tmp_path / "bad.3mf", "w") as bad:
        for name in good.namelist():
            data = good.read(name)
            bad.writestr(name, text.replace('p1="1"', 'p1="7"').encode() if name.endswith(".model") else data)
    with pytest.raises(AssertionError, match="refuses"):  # the judge knows a material that is not there
        lib3mf_warnings(tmp_path / "bad.3mf")


def test_files_of_a_run_color_what_is_not_on_the_proven_surface(tmp_path: Path) -> None:
    mesh, out = joined()
    with OutputFolder(tmp_path / "run") as folder:
        write_model(out, None, folder, name="bone", formats=("stl", "3mf"), about=About(), proven=mesh, pictures=False)
    (one,) = read_parts(tmp_path / "run" / "model.3mf").parts
    assert one.added_count == int(added_triangles(out, mesh).sum())


def test_wrong_masks_are_refused() -> None:
    ball = shapes.sphere()
    with pytest.raises(ValueError, match="booleans"):
        ModelPart(ball, "ball", added=np.ones(3, bool))
    assert ModelPart(ball, "ball", added=np.zeros(len(ball.faces), bool)).added is None
