"""Several parts in one file: names, numbers, colors, places and facts come back, and outside programs agree."""

from __future__ import annotations

import json
import re
import zipfile
from pathlib import Path

import numpy as np
import pytest

from PrintPrepLib.errors import ExportError, InputError
from PrintPrepLib.export import About, ModelPart, numbered, read_mesh, read_parts, write_mesh, write_parts_file
from PrintPrepLib.export.gltf import linear, srgb
from PrintPrepLib.export.materials import material_name
from Testing.support import shapes
from Testing.support.judges import gltf_issues, lib3mf_warnings, prusa_assembly, prusa_info

KINDS = ("3mf", "glb", "obj", "ply")
COLORS = [(222, 203, 173), (1, 128, 255)]
ABOUT = About("5f0c-17", 1.0, mirrored=True)
LOW, HIGH = (-40.0, 20.0, -300.0), (-31.0, 60.0, -270.0)


def example() -> tuple[ModelPart, ...]:
    """Two parts of one patient, far from the origin and above each other."""
    parts = [
        shapes.box((10, 12, 14), LOW).with_name('bone "A" & <B>'),
        shapes.sphere(5.0, HIGH).with_name("tumör left"),
    ]
    return numbered(parts, COLORS)


@pytest.mark.parametrize("kind", KINDS)
def test_everything_comes_back(kind: str, tmp_path: Path) -> None:
    parts = example()
    written = write_parts_file(parts, tmp_path / f"m.{kind}", about=ABOUT)
    assert [file.name for file in written] == ([f"m.{kind}", "m.mtl"] if kind == "obj" else [f"m.{kind}"])
    back = read_parts(tmp_path / f"m.{kind}")
    assert [(one.name, one.number, one.color) for one in back.parts] == [
        ('bone "A" & <B>', "1", COLORS[0]),
        ("tumör left", "2", COLORS[1]),
    ]
    assert ABOUT.facts().items() <= back.facts.items()
    for meant, found in zip(parts, back.parts, strict=True):
        assert np.allclose(found.mesh.triangles, meant.mesh.triangles, atol=5e-5)
    assert read_mesh(tmp_path / f"m.{kind}").volume_mm3 == pytest.approx(
        sum(p.mesh.volume_mm3 for p in parts), rel=1e-5
    )


@pytest.mark.parametrize("kind", KINDS)
def test_a_part_without_a_color_has_none(kind: str, tmp_path: Path) -> None:
    part = ModelPart(shapes.box(), "plain", None)
    assert [file.name for file in write_parts_file([part], tmp_path / f"m.{kind}")] == [f"m.{kind}"]
    back = read_parts(tmp_path / f"m.{kind}")
    assert [(one.name, one.number, one.color) for one in back.parts] == [("plain", "", None)]


def test_same_parts_same_bytes_and_no_time(tmp_path: Path) -> None:
    for kind in KINDS:
        first = write_parts_file(example(), tmp_path / f"a.{kind}", about=ABOUT)
        again = write_parts_file(example(), tmp_path / f"a.{kind}", about=ABOUT)
        assert [file.sha256 for file in first] == [file.sha256 for file in again]


def test_colors_are_exact_srgb() -> None:
    every = np.arange(256)
    assert np.array_equal(srgb(linear(every)), every)
    assert linear([0, 255]).tolist() == [0.0, 1.0]
    assert linear([188])[0] == pytest.approx(0.5029, abs=1e-4)  # half of the light is 188, not 128


def test_mtl_holds_srgb_and_not_a_third_of_it(tmp_path: Path) -> None:
    write_parts_file(example(), tmp_path / "m.obj")
    kd = re.findall(r"^Kd (.*)$", (tmp_path / "m.mtl").read_text(), re.MULTILINE)
    assert [[round(255 * float(v)) for v in line.split()] for line in kd] == [list(color) for color in COLORS]
    text = (tmp_path / "m.obj").read_text("utf-8")
    assert "\nmtllib m.mtl\n" in text
    assert f'\no bone_"A"_&_<B>\nusemtl {material_name(0)}\n' in text


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_that_reads_back_wrong_is_not_left(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from PrintPrepLib.export import verify

    true = verify.read_parts

    def other(path: Path, **more: object) -> object:
        model = true(path, **more)  # type: ignore[arg-type]
        wrong = ModelPart(model.parts[0].mesh, "somebody", model.parts[0].color, model.parts[0].number)
        return type(model)((wrong, *model.parts[1:]), model.facts)

    monkeypatch.setattr(verify, "read_parts", other)
    with pytest.raises(ExportError, match="gives part 1 the name 'somebody'"):
        write_parts_file(example(), tmp_path / f"m.{kind}")
    assert list(tmp_path.iterdir()) == []


def test_refused_in_plain_words(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot hold several parts"):
        write_parts_file(example(), tmp_path / "m.stl")
    with pytest.raises(InputError, match="no part"):
        write_parts_file([], tmp_path / "m.3mf")
    with pytest.raises(ExportError, match="inside out"):
        write_parts_file([ModelPart(shapes.box().flipped(), "x")], tmp_path / "m.glb")


# ---- 3MF judged by others --------------------------------------------------------------------------------------------
def _changed(path: Path, old: str, new: str) -> Path:
    out = path.with_name("changed.3mf")
    with zipfile.ZipFile(path) as package, zipfile.ZipFile(out, "w") as other:
        for name in package.namelist():
            text = package.read(name).decode()
            other.writestr(name, text.replace(old, new) if name.endswith(".model") else text)
    return out


def test_lib3mf_takes_it_in_strict_mode_and_refuses_a_broken_one(tmp_path: Path) -> None:
    path = tmp_path / "m.3mf"
    write_parts_file(example(), path, about=ABOUT)
    assert lib3mf_warnings(path) == []
    write_mesh(shapes.box(), tmp_path / "single.3mf")
    assert lib3mf_warnings(tmp_path / "single.3mf") == []
    for old, new in (('v1="0"', 'v1="999"'), ("pp:Scale", "qq:Scale"), ('pindex="1"', 'pindex="7"')):
        with pytest.raises(AssertionError):
            assert lib3mf_warnings(_changed(path, old, new)) == []


def test_lib3mf_reads_the_same_names_numbers_colors_and_facts(tmp_path: Path) -> None:
    lib3mf = pytest.importorskip("lib3mf")
    write_parts_file(example(), tmp_path / "m.3mf", about=ABOUT)
    model = lib3mf.get_wrapper().CreateModel()
    model.QueryReader("3mf").ReadFromFile(str(tmp_path / "m.3mf"))
    assert model.GetUnit() == lib3mf.ModelUnit.MilliMeter
    items, meshes = model.GetMeshObjects(), []
    while items.MoveNext():
        meshes.append(items.GetCurrentMeshObject())
    assert [mesh.GetName() for mesh in meshes] == ['bone "A" & <B>', "tumör left"]
    assert [mesh.GetPartNumber() for mesh in meshes] == ["1", "2"]
    for mesh, color in zip(meshes, COLORS, strict=True):
        group, index, _ = mesh.GetObjectLevelProperty()
        shown = model.GetBaseMaterialGroupByID(group).GetDisplayColor(index)
        assert (shown.Red, shown.Green, shown.Blue) == color
    data = model.GetMetaDataGroup()
    facts = {data.GetMetaData(k).GetName(): data.GetMetaData(k).GetValue() for k in range(data.GetMetaDataCount())}
    assert {"RecordId": "5f0c-17", "Space": "LPS", "Scale": "1", "Mirrored": "yes"}.items() <= facts.items()


def test_prusa_slicer_keeps_the_parts_where_they_are(tmp_path: Path) -> None:
    parts, path = example(), tmp_path / "m.3mf"
    write_parts_file(parts, path, about=ABOUT)
    low = np.min([part.mesh.bounds[0] for part in parts], axis=0)
    size = np.max([part.mesh.bounds[1] for part in parts], axis=0) - low
    seen = prusa_assembly(path)
    assert seen.low_mm == pytest.approx(low.tolist(), abs=1e-3)
    assert seen.size_mm == pytest.approx(size.tolist(), abs=1e-3)
    assert (seen.parts, seen.manifold, seen.open_edges) == (2, True, 0)
    assert prusa_info(path).volume_mm3 > 0
    moved = _changed(path, '<component objectid="3"/>', '<component objectid="3" transform="1 0 0 0 1 0 0 0 1 0 0 9"/>')
    assert prusa_assembly(moved).size_mm != pytest.approx(size.tolist(), abs=1e-3)


def test_transforms_and_groups_of_other_programs_are_read(tmp_path: Path) -> None:
    path = tmp_path / "m.3mf"
    write_parts_file(example(), path, about=ABOUT)
    moved = _changed(path, '<item objectid="4"/>', '<item objectid="4" transform="0 1 0 -1 0 0 0 0 1 10 20 30"/>')
    for meant, found in zip(example(), read_parts(moved).parts, strict=True):
        x, y, z = meant.mesh.vertices.T
        assert np.allclose(found.mesh.vertices, np.stack([10 - y, 20 + x, 30 + z], axis=1), atol=1e-6)
        assert (found.name, found.color) == (meant.name, meant.color)


# ---- GLB judged by others --------------------------------------------------------------------------------------------
def test_glb_is_in_meters_with_y_up_and_the_front_toward_z(tmp_path: Path) -> None:
    trimesh = pytest.importorskip("trimesh")
    parts, path = example(), tmp_path / "m.glb"
    write_parts_file(parts, path, about=ABOUT)
    scene = trimesh.load(path)
    assert set(scene.graph.nodes_geometry) == {part.name for part in parts}
    for part in parts:
        matrix, name = scene.graph[part.name]
        found = scene.geometry[name]
        points = trimesh.transform_points(found.vertices, matrix)
        left, posterior, superior = part.mesh.vertices.T / 1000.0
        assert np.allclose(points, np.stack([left, superior, -posterior], axis=1), atol=5e-8)
        assert found.volume * 1e9 == pytest.approx(part.mesh.volume_mm3, rel=1e-4)  # not inside out
        assert (
            np.einsum("ij,ij->i", found.vertex_normals, part.mesh.vertex_normals()[:, [0, 2, 1]] * [1, 1, -1]).min()
            > 0.99
        )


def test_vtk_reads_the_same_glb(tmp_path: Path) -> None:
    from vtkmodules.vtkIOGeometry import vtkGLTFReader

    write_parts_file(example(), tmp_path / "m.glb", about=ABOUT)
    reader = vtkGLTFReader()
    reader.SetFileName(str(tmp_path / "m.glb"))
    reader.Update()
    blocks = reader.GetOutput()
    assert blocks.GetNumberOfPoints() == sum(len(part.mesh.vertices) for part in example())


def test_the_validator_of_khronos_finds_nothing_and_finds_a_broken_one(tmp_path: Path) -> None:
    path = tmp_path / "m.glb"
    write_parts_file(example(), path, about=ABOUT)
    assert gltf_issues(path) == []
    colors = np.full((8, 3), 200, np.uint8)
    write_mesh(shapes.box(), tmp_path / "painted.glb", colors=colors)
    assert gltf_issues(tmp_path / "painted.glb") == []
    data = path.read_bytes()
    path.write_bytes(data.replace(b'"mode":4', b'"mode":9', 1))
    assert gltf_issues(path) != []


def test_glb_by_others_is_read_and_a_damaged_one_refused(tmp_path: Path) -> None:
    trimesh = pytest.importorskip("trimesh")
    box = trimesh.creation.box((0.01, 0.02, 0.03))
    scene = trimesh.Scene()
    scene.add_geometry(box, node_name="b", transform=trimesh.transformations.translation_matrix((0.0, 0.1, 0.0)))
    (tmp_path / "o.glb").write_bytes(scene.export(file_type="glb"))
    low, high = read_mesh(tmp_path / "o.glb").bounds
    assert np.allclose(low, [-5, -15, 90], atol=1e-4)
    assert np.allclose(high, [5, 15, 110], atol=1e-4)
    data = (tmp_path / "o.glb").read_bytes()
    for number, broken in enumerate(
        (data[:-5], b"glTF" + data[12:], data[:40], data.replace(b"POSITION", b"POSITIOX"))
    ):
        (tmp_path / f"{number}.glb").write_bytes(broken)
        with pytest.raises(InputError):
            read_mesh(tmp_path / f"{number}.glb")


def test_names_never_break_a_format(tmp_path: Path) -> None:
    odd = ["a\nb\x00\x1fc", "  ", "ü" * 300, '{"x": 1}', "]]>", "part 1"]
    for kind in KINDS:
        for name in odd:
            part = ModelPart(shapes.box(), name)
            write_parts_file([part], tmp_path / f"m.{kind}")
            assert read_parts(tmp_path / f"m.{kind}").parts[0].name == part.name
    assert json.dumps(ModelPart(shapes.box(), "a\nb").name) == '"a b"'
