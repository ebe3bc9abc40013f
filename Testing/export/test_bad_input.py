"""Damaged, misnamed and ambiguous files are refused in one clear sentence that names the file without its folder."""

from __future__ import annotations

import csv
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from PrintPrepLib.errors import InputError
from PrintPrepLib.export import MeshKind, Units, read_mesh, write_mesh
from PrintPrepLib.topology import edge_table, is_closed_manifold
from Testing.support import shapes
from Testing.support.data import data_path

KINDS = [kind.value for kind in MeshKind]


def refused(path: Path, *words: str) -> None:
    with pytest.raises(InputError) as caught:
        read_mesh(path)
    message = str(caught.value)
    assert path.name in message
    assert str(path.parent) not in message
    assert "\n" not in message
    for word in words:
        assert word in message, message


def make(tmp_path: Path, suffix: str) -> Path:
    write_mesh(shapes.sphere(10.0, subdivisions=2), tmp_path / f"good{suffix}")
    return tmp_path / f"good{suffix}"


@pytest.mark.parametrize("suffix", KINDS)
def test_missing_empty_folder_text_html(suffix: str, tmp_path: Path) -> None:
    refused(tmp_path / f"none{suffix}", "does not exist")
    (tmp_path / f"empty{suffix}").touch()
    refused(tmp_path / f"empty{suffix}", "empty")
    (tmp_path / f"dir{suffix}").mkdir()
    refused(tmp_path / f"dir{suffix}", "folder")
    text = tmp_path / f"text{suffix}"
    text.write_text("Dear all, here are the minutes of our meeting of Monday.\n" * 5)
    refused(text)
    text.write_text("<!DOCTYPE html><html><body>404 not found, please log in to the portal</body></html>\n" * 3)
    refused(text)
    text.write_bytes(bytes(range(256)) * 4)
    refused(text)


def test_text_named_stl_is_called_what_it_is(tmp_path: Path) -> None:
    file = tmp_path / "a.stl"
    file.write_text("hello\n")
    refused(file, "text file")
    file.write_text("<html><head><title>Sign in</title></head>" + " " * 100)
    refused(file, "web page")


@pytest.mark.parametrize("suffix", KINDS)
@pytest.mark.parametrize("keep", [0.02, 0.3, 0.5, 0.9, 0.999])
def test_truncated(suffix: str, keep: float, tmp_path: Path) -> None:
    path = make(tmp_path, suffix)
    body = path.read_bytes()
    path.write_bytes(body[: int(len(body) * keep)])
    if suffix == ".obj" and keep > 0.5:
        return  # OBJ states no counts: a cut between two lines cannot be told
    refused(path)


def test_counts_that_disagree(tmp_path: Path) -> None:
    path = make(tmp_path, ".stl")
    body = path.read_bytes()
    path.write_bytes(body + b"surplus")
    refused(path, "announces 320 triangles")
    path.write_bytes(body[:80] + (10**9).to_bytes(4, "little") + body[84:])
    refused(path, "announces 1000000000 triangles", "320")
    off = tmp_path / "a.off"
    off.write_text("OFF\n3 2 0\n0 0 0\n9 0 0\n0 9 0\n3 0 1 2\n")
    refused(off, "cut short")
    ply = tmp_path / "a.ply"
    ply.write_text(
        "ply\nformat ascii 1.0\nelement vertex 9000000000000\nproperty float x\nproperty float y\nproperty float z\n"
        "element face 1\nproperty list uchar int vertex_indices\nend_header\n0 0 0\n"
    )
    refused(ply, "cut short")


def test_not_finite(tmp_path: Path) -> None:
    path = make(tmp_path, ".stl")
    body = bytearray(path.read_bytes())
    body[96:100] = np.float32(np.nan).tobytes()
    path.write_bytes(body)
    refused(path, "not finite")
    obj = tmp_path / "a.obj"
    obj.write_text("v 0 0 0\nv inf 0 0\nv 0 9 0\nf 1 2 3\n")
    refused(obj, "not finite")


def test_no_triangles(tmp_path: Path) -> None:
    path = tmp_path / "a.stl"
    path.write_bytes(b"x".ljust(84, b"\0"))
    refused(path, "no triangles")
    off = tmp_path / "a.off"
    off.write_text("OFF\n3 0 0\n0 0 0\n9 0 0\n0 9 0\n")
    refused(off, "no triangles")


def test_unknown_ending(tmp_path: Path) -> None:
    (tmp_path / "a.step").touch()
    refused(tmp_path / "a.step", ".stl")


def test_zip_that_is_no_3mf_and_doctype(tmp_path: Path) -> None:
    path = tmp_path / "a.3mf"
    with zipfile.ZipFile(path, "w") as package:
        package.writestr("readme.txt", "nothing")
    refused(path, "without a 3D model")
    with zipfile.ZipFile(path, "w") as package:
        package.writestr("3D/3dmodel.model", '<!DOCTYPE x [<!ENTITY a "b">]><model unit="millimeter"/>')
    refused(path, "document type")


def test_3mf_component_circle_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.3mf"
    model = (
        '<model unit="millimeter"><resources><object id="1"><components><component objectid="1"/></components>'
        '</object></resources><build><item objectid="1"/></build></model>'
    )
    with zipfile.ZipFile(path, "w") as package:
        package.writestr("3D/3dmodel.model", model)
    refused(path, "object '1'")


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_flipped_bytes_never_escape(data: st.DataObject, tmp_path: Path) -> None:
    suffix = data.draw(st.sampled_from(KINDS))
    path = tmp_path / f"good{suffix}"
    if not path.exists():
        write_mesh(shapes.box(), path)
    body = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 8))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    bad = tmp_path / f"bad{suffix}"
    bad.write_bytes(body)
    try:
        mesh = read_mesh(bad, units=Units.MM)
    except InputError:
        return  # the one permitted way to fail
    assert np.isfinite(mesh.vertices).all()


def test_meter_cube_is_refused_and_read_with_units(tmp_path: Path) -> None:
    path = tmp_path / "cube.stl"
    write_mesh(shapes.box((0.2, 0.2, 0.2)), path)
    refused(path, "--units", "0.2 mm", "m: 200 mm", "in: 5.08 mm")
    assert read_mesh(path, units=Units.M).size_mm == pytest.approx([200.0] * 3, rel=1e-6)
    assert read_mesh(path, units=Units.IN).size_mm == pytest.approx([5.08] * 3, rel=1e-6)
    assert read_mesh(path, units=Units.CM).size_mm == pytest.approx([2.0] * 3, rel=1e-6)
    assert read_mesh(path, units=Units.MM).size_mm == pytest.approx([0.2] * 3, rel=1e-6)


def test_3mf_states_its_own_units(tmp_path: Path) -> None:
    path = tmp_path / "a.3mf"
    write_mesh(shapes.box((4.0, 4.0, 4.0)), path)
    assert read_mesh(path).size_mm == pytest.approx([4.0] * 3)  # stated, so not doubted
    inches = tmp_path / "inch.3mf"
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(inches, "w") as target:
        for name in source.namelist():
            target.writestr(name, source.read(name).replace(b'unit="millimeter"', b'unit="inch"'))
    assert read_mesh(inches).size_mm == pytest.approx([101.6] * 3)


def test_3mf_transforms_compose(tmp_path: Path) -> None:
    path = tmp_path / "a.3mf"
    write_mesh(shapes.box((4.0, 6.0, 8.0)), path)
    mirrored = tmp_path / "b.3mf"
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(mirrored, "w") as target:
        for name in source.namelist():
            body = source.read(name).replace(
                b'<item objectid="1"/>', b'<item objectid="1" transform="-1 0 0 0 1 0 0 0 2 100 0 0"/>'
            )
            target.writestr(name, body)
    mesh = read_mesh(mirrored)
    assert mesh.bounds.tolist() == [[98.0, -3.0, -8.0], [102.0, 3.0, 8.0]]
    assert mesh.volume_mm3 == pytest.approx(4 * 6 * 16)


def test_ras_headers_become_lps(tmp_path: Path) -> None:
    mesh = shapes.box((4.0, 6.0, 8.0), (10.0, 20.0, 30.0))
    for suffix in (".stl", ".ply", ".obj", ".off", ".vtk", ".3mf"):
        path = tmp_path / f"a{suffix}"
        write_mesh(mesh, path)
        if suffix == ".3mf":
            with zipfile.ZipFile(path) as source:
                parts = {name: source.read(name).replace(b"SPACE=LPS", b"SPACE=RAS") for name in source.namelist()}
            with zipfile.ZipFile(path, "w") as target:
                for name, body in parts.items():
                    target.writestr(name, body)
        else:
            path.write_bytes(path.read_bytes().replace(b"SPACE=LPS", b"SPACE=RAS"))
        back = read_mesh(path)
        assert np.allclose(back.bounds, [[-12, -23, 26], [-8, -17, 34]]), suffix
        assert back.volume_mm3 == pytest.approx(192.0)


def test_ras_field_of_vtp(tmp_path: Path) -> None:
    from vtkmodules.vtkCommonCore import vtkStringArray
    from vtkmodules.vtkIOXML import vtkXMLPolyDataWriter

    polydata = shapes.box((4.0, 6.0, 8.0), (10.0, 20.0, 30.0)).to_vtk()
    space = vtkStringArray()
    space.SetName("SPACE")
    space.InsertNextValue("RAS")
    polydata.GetFieldData().AddArray(space)
    writer = vtkXMLPolyDataWriter()
    writer.SetFileName(str(tmp_path / "a.vtp"))
    writer.SetInputData(polydata)
    writer.Write()
    assert np.allclose(read_mesh(tmp_path / "a.vtp").bounds, [[-12, -23, 26], [-8, -17, 34]])


def test_ascii_stl_with_odd_spacing(tmp_path: Path) -> None:
    lines = ["SOLID three 4 five"]
    for triangle in shapes.box().triangles:
        lines += ["FACET NORMAL 0 0 0", "\tOUTER LOOP"]
        lines += ["\t\tVERTEX  " + "  ".join(f"{v:.6E}" for v in corner) for corner in triangle]
        lines += ["\tENDLOOP", "ENDFACET"]
    (tmp_path / "a.stl").write_text("\r\n".join([*lines, "ENDSOLID three 4 five"]))
    assert is_closed_manifold(read_mesh(tmp_path / "a.stl"))


def test_obj_negative_numbers_slashes_and_polygons(tmp_path: Path) -> None:
    (tmp_path / "a.obj").write_text(
        "# SPACE=LPS\nv 0 0 0\nv 9 0 0 1 0 0\nv 9 9 0\nv 0 9 0\nvn 0 0 1\nf 1/1/1 2//1 3/3 \\\n 4\n"
        "v 5 5 9\nf -1 -5 -4\n"
    )
    assert read_mesh(tmp_path / "a.obj").faces.tolist() == [[0, 1, 2], [0, 2, 3], [4, 0, 1]]


def test_concave_polygons_are_cut_inside(tmp_path: Path) -> None:
    (tmp_path / "quad.off").write_text("OFF\n4 1 0\n0 0 0\n9 1 0\n1 1 0\n1 9 0\n4 0 1 2 3\n")
    (tmp_path / "six.off").write_text("OFF\n6 1 0\n9 0 0\n9 9 0\n4 4 0\n0 9 0\n0 0 0\n4 1 0\n6 0 1 2 3 4 5\n")
    for name, area in (("quad.off", 8.0), ("six.off", 54.0)):
        mesh = read_mesh(tmp_path / name)
        assert mesh.area_mm2 == pytest.approx(area)
        assert (mesh.face_normals()[:, 2] > 0).all()


@pytest.mark.parametrize("order", ["<", ">"])
def test_ply_mixed_polygons_both_byte_orders(order: str, tmp_path: Path) -> None:
    word = "little" if order == "<" else "big"
    header = (
        f"ply\nformat binary_{word}_endian 1.0\nelement vertex 5\nproperty float x\nproperty float y\n"
        "property float z\nproperty uchar red\nelement face 2\nproperty list uchar uint vertex_index\n"
        "property uchar flags\nend_header\n"
    )
    vertices = np.zeros(5, [("p", f"{order}f4", 3), ("red", "u1")])
    vertices["p"] = [[0, 0, 0], [9, 0, 0], [9, 9, 0], [0, 9, 0], [0, 0, 9]]
    faces = b"\x04" + np.array([0, 1, 2, 3], f"{order}u4").tobytes() + b"\x07"
    faces += b"\x03" + np.array([0, 3, 4], f"{order}u4").tobytes() + b"\x07"
    (tmp_path / "a.ply").write_bytes(header.encode() + vertices.tobytes() + faces)
    mesh = read_mesh(tmp_path / "a.ply")
    assert mesh.faces.tolist() == [[0, 1, 2], [0, 2, 3], [0, 3, 4]]
    assert mesh.area_mm2 == pytest.approx(81 + 40.5)


def test_soup_and_seams_are_closed_but_touching_surfaces_stay_apart(tmp_path: Path) -> None:
    write_mesh(shapes.soup(shapes.sphere(10.0, subdivisions=2)), tmp_path / "soup.ply")
    assert is_closed_manifold(read_mesh(tmp_path / "soup.ply"))
    box = shapes.box()
    split = np.vstack([box.vertices, box.vertices])
    faces = box.faces.copy()
    faces[:6] += 8
    write_mesh(type(box)(split, faces), tmp_path / "seam.obj")
    assert is_closed_manifold(read_mesh(tmp_path / "seam.obj"))


def test_mesh_collection() -> None:
    folder = data_path("meshes")
    with (folder / "PROVENANCE.csv").open() as table:
        rows = list(csv.DictReader(table))
    for row in rows:
        if not row["faces"]:
            refused(folder / row["file"])
            continue
        mesh = read_mesh(folder / row["file"], units=Units.MM)
        assert len(mesh.faces) == int(row["faces"]), row["file"]
        assert edge_table(mesh).open_edges == int(row["boundary_edges"]), row["file"]
