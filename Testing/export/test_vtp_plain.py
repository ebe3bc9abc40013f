"""VTP written plain: read by VTK and by us, the same to the bit; nothing else may be written so."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from vtkmodules.vtkIOXML import vtkXMLPolyDataReader

from PrintPrepLib.errors import InputError
from PrintPrepLib.export import read_mesh, write_mesh
from PrintPrepLib.mesh import Mesh
from Testing.support import shapes


def test_read_back_by_vtk_and_by_us(tmp_path: Path) -> None:
    mesh = shapes.bumpy_sphere(3).with_scalar('thick "a" <b>', np.linspace(-1.0, 1e300, 642))
    path = tmp_path / "surface.vtp"
    written = write_mesh(mesh, path, plain=True)
    assert written.triangles == len(mesh.faces)
    reader = vtkXMLPolyDataReader()
    reader.SetFileName(str(path))
    reader.Update()
    assert reader.GetErrorCode() == 0
    assert reader.GetOutput().GetFieldData().GetAbstractArray("SPACE").GetValue(0) == "LPS"
    for back in (Mesh.from_vtk(reader.GetOutput()), read_mesh(path)):
        assert np.array_equal(back.vertices, mesh.vertices)
        assert np.array_equal(back.faces, mesh.faces)
        assert {key: values.tolist() for key, values in back.scalars.items()} == {
            key: values.tolist() for key, values in mesh.scalars.items()
        }


def test_a_cut_off_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "surface.vtp"
    write_mesh(shapes.box(), path, plain=True)
    body = path.read_bytes()
    end = body.rindex(b"\n</AppendedData>")
    path.write_bytes(body[: end - 40] + body[end:])
    with pytest.raises(InputError, match="damaged"):
        read_mesh(path)


def test_only_vtp_without_colors(tmp_path: Path) -> None:
    box = shapes.box()
    for name, colors in (("a.stl", None), ("a.vtp", np.zeros((len(box.vertices), 3), np.uint8))):
        with pytest.raises(InputError, match="plain"):
            write_mesh(box, tmp_path / name, colors=colors, plain=True)
    assert list(tmp_path.iterdir()) == []
