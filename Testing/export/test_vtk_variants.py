"""Every encoding in which VTK writes polydata is read."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from vtkmodules.vtkFiltersCore import vtkPolyDataNormals, vtkStripper
from vtkmodules.vtkIOLegacy import vtkPolyDataWriter
from vtkmodules.vtkIOXML import vtkXMLPolyDataWriter

from PrintPrepLib.errors import InputError
from PrintPrepLib.export import read_mesh
from PrintPrepLib.mesh import Mesh
from Testing.support import shapes

MESH = shapes.bumpy_sphere(4)
MESH = MESH.with_scalar("a", MESH.vertices[:, 0])


def same(path: Path) -> None:
    back = read_mesh(path)
    assert np.allclose(back.vertices, MESH.vertices, atol=1e-4)
    assert back.volume_mm3 == pytest.approx(MESH.volume_mm3, rel=1e-5)
    assert np.allclose(back.scalars["a"], MESH.scalars["a"], atol=1e-4)


def stripped(mesh: Mesh) -> Any:
    stripper = vtkStripper()
    stripper.SetInputData(mesh.to_vtk())
    stripper.Update()
    return stripper.GetOutput()


def with_normals(mesh: Mesh) -> Any:
    maker = vtkPolyDataNormals()
    maker.SetInputData(mesh.to_vtk())
    maker.SplittingOff()
    maker.ConsistencyOff()
    maker.ComputeCellNormalsOn()
    maker.Update()
    return maker.GetOutput()


@pytest.mark.parametrize("mode", ["Ascii", "Binary", "Appended"])
def test_vtp(mode: str, tmp_path: Path) -> None:
    for encoded, packing, header, big in product((0, 1), ("NONE", "ZLIB", "LZMA"), ("UInt32", "UInt64"), (0, 1)):
        writer = vtkXMLPolyDataWriter()
        writer.SetInputData(with_normals(MESH))
        writer.SetFileName(str(tmp_path / "a.vtp"))
        getattr(writer, f"SetDataModeTo{mode}")()
        writer.SetEncodeAppendedData(encoded)
        getattr(writer, f"SetCompressorTypeTo{ {'NONE': 'None', 'ZLIB': 'ZLib', 'LZMA': 'LZMA'}[packing] }")()
        getattr(writer, f"SetHeaderTypeTo{header}")()
        (writer.SetByteOrderToBigEndian if big else writer.SetByteOrderToLittleEndian)()
        writer.Write()
        same(tmp_path / "a.vtp")


def test_vtp_strips_and_lz4(tmp_path: Path) -> None:
    writer = vtkXMLPolyDataWriter()
    writer.SetInputData(stripped(MESH))
    writer.SetFileName(str(tmp_path / "a.vtp"))
    writer.Write()
    same(tmp_path / "a.vtp")
    writer.SetCompressorTypeToLZ4()
    writer.Write()
    with pytest.raises(InputError, match="zlib"):
        read_mesh(tmp_path / "a.vtp")


@pytest.mark.parametrize("version", [42, 51])
@pytest.mark.parametrize("ascii_file", [False, True])
@pytest.mark.parametrize("make", [Mesh.to_vtk, stripped, with_normals])
def test_legacy(make: Any, ascii_file: bool, version: int, tmp_path: Path) -> None:
    writer = vtkPolyDataWriter()
    writer.SetInputData(make(MESH))
    writer.SetFileName(str(tmp_path / "a.vtk"))
    (writer.SetFileTypeToASCII if ascii_file else writer.SetFileTypeToBinary)()
    writer.SetFileVersion(version)
    writer.Write()
    same(tmp_path / "a.vtk")


def test_block_size_zero_is_refused_not_fatal(tmp_path: Path) -> None:
    """VTK's own reader divides by this number and takes the process down."""
    import base64

    writer = vtkXMLPolyDataWriter()
    writer.SetInputData(MESH.to_vtk())
    writer.SetFileName(str(tmp_path / "a.vtp"))
    writer.SetHeaderTypeToUInt32()
    writer.Write()
    body = (tmp_path / "a.vtp").read_bytes()
    start = body.index(b"_", body.index(b"<AppendedData")) + 1
    head = np.frombuffer(base64.b64decode(body[start : start + 16]), "<u4").copy()
    head[1] = 0
    (tmp_path / "a.vtp").write_bytes(body[:start] + base64.b64encode(head.tobytes()) + body[start + 16 :])
    with pytest.raises(InputError, match="damaged"):
        read_mesh(tmp_path / "a.vtp")
