"""VTK polydata files (.vtp and legacy .vtk) with point arrays, read by VTK itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt
from vtkmodules.util.numpy_support import numpy_to_vtk, vtk_to_numpy
from vtkmodules.vtkCommonCore import vtkObject, vtkStringArray
from vtkmodules.vtkIOLegacy import vtkPolyDataReader
from vtkmodules.vtkIOXML import vtkXMLPolyDataReader, vtkXMLPolyDataWriter

from ..mesh import Mesh
from ..progress import Progress, silent
from .parsed import Parsed, UnreadableError, check_indices, stated_space

COLOR_ARRAY = "RGB"
_SPACE_FIELD = "SPACE"
"""Field array by which Slicer states the axes."""
_HEADER = "PrintPrep output. SPACE=LPS"


def read_vtp(path: Path) -> Parsed:
    """Read an XML polydata file.

    Raises
    ------
    UnreadableError
        Not VTK polydata, damaged or cut short.
    """
    with path.open("rb") as file:
        start = file.read(4096)
        file.seek(max(0, path.stat().st_size - 256))
        end = file.read()
    if b"<VTKFile" not in start or b'type="PolyData"' not in start:
        raise UnreadableError("is not a VTK surface (.vtp). Choose another file, or export the model again as VTP.")
    if b"</VTKFile>" not in end:
        raise UnreadableError("is cut short: its end is missing. Export the model again as VTP.")
    return _read(vtkXMLPolyDataReader(), path, None)


def read_vtk(path: Path) -> Parsed:
    """Read a legacy polydata file, ASCII or binary.

    Raises
    ------
    UnreadableError
        Not VTK polydata, damaged or cut short.
    """
    with path.open("rb") as file:
        start = file.read(1024)
    if not start.startswith(b"# vtk DataFile"):
        raise UnreadableError("is not a VTK file. Choose another file, or export the model again as VTK.")
    if b"DATASET POLYDATA" not in start.upper():
        raise UnreadableError("holds VTK data that is not a surface. Export the model as a surface (PolyData).")
    return _read(vtkPolyDataReader(), path, start.splitlines()[1])


def write_vtp(
    mesh: Mesh, file: BinaryIO, colors: npt.NDArray[np.uint8] | None = None, progress: Progress = silent
) -> None:
    """Write XML polydata: compressed, double coordinates, every scalar a point array, colors as ``RGB``."""
    progress(0.0, "Writing VTP")
    writer = vtkXMLPolyDataWriter()
    writer.SetInputData(_polydata(mesh, colors))
    writer.SetWriteToOutputString(True)
    writer.SetDataModeToAppended()
    writer.EncodeAppendedDataOn()
    writer.SetHeaderTypeToUInt64()
    if not writer.Write():
        raise OSError("VTK could not write the surface")
    file.write(writer.GetOutputString().encode("latin-1"))


def write_vtk(mesh: Mesh, file: BinaryIO, progress: Progress = silent) -> None:
    """Write legacy binary polydata, version 3.0, which programs of any age read; every scalar is a point array."""
    for key in mesh.scalars:
        if not key.isascii() or not key or any(c.isspace() for c in key):
            raise ValueError(f"a VTK file cannot hold a scalar named {key!r}")
    points, triangles = len(mesh.vertices), len(mesh.faces)
    file.write(f"# vtk DataFile Version 3.0\n{_HEADER}\nBINARY\nDATASET POLYDATA\n".encode("ascii"))
    file.write(f"POINTS {points} double\n".encode("ascii"))
    progress(0.0, "Writing VTK")
    file.write(mesh.vertices.astype(">f8").data)
    cells = np.empty((triangles, 4), ">i4")
    cells[:, 0], cells[:, 1:] = 3, mesh.faces
    file.write(f"\nPOLYGONS {triangles} {4 * triangles}\n".encode("ascii"))
    progress(0.4, "Writing VTK")
    file.write(cells.data)
    if mesh.scalars:
        file.write(f"\nPOINT_DATA {points}\nFIELD FieldData {len(mesh.scalars)}\n".encode("ascii"))
    for key, values in mesh.scalars.items():
        file.write(f"{key} 1 {points} double\n".encode("ascii"))
        file.write(values.astype(">f8").data)
        file.write(b"\n")
    file.write(b"\n")


def _polydata(mesh: Mesh, colors: npt.NDArray[np.uint8] | None) -> Any:
    polydata = mesh.to_vtk()
    space = vtkStringArray()
    space.SetName(_SPACE_FIELD)
    space.InsertNextValue("LPS")
    polydata.GetFieldData().AddArray(space)
    if colors is not None:
        array = numpy_to_vtk(np.ascontiguousarray(colors, np.uint8), deep=True)
        array.SetName(COLOR_ARRAY)
        polydata.GetPointData().AddArray(array)
    return polydata


def _read(reader: Any, path: Path, header: bytes | None) -> Parsed:
    errors: list[str] = []
    reader.AddObserver("ErrorEvent", lambda *_: errors.append("error"))
    reader.SetFileName(str(path))
    shown = vtkObject.GetGlobalWarningDisplay()
    vtkObject.SetGlobalWarningDisplay(0)  # VTK would print the damage of the file on standard error
    try:
        reader.Update()
    finally:
        vtkObject.SetGlobalWarningDisplay(shown)
    polydata = reader.GetOutput()
    if errors or reader.GetErrorCode() or polydata is None:
        raise UnreadableError("is damaged or cut short; VTK cannot read it. Export the model again.")
    points = polydata.GetNumberOfPoints()
    for cells in (polydata.GetPolys(), polydata.GetStrips()):
        if cells.GetNumberOfCells():
            check_indices(vtk_to_numpy(cells.GetConnectivityArray()), points)
    space = stated_space(header) if header is not None else _space_field(polydata)
    try:
        mesh = Mesh.from_vtk(polydata)
    except ValueError as error:
        raise UnreadableError(f"is damaged: its {error}. Export the model again.") from error
    return Parsed(mesh.vertices, mesh.faces.astype(np.int64), space, None, mesh.scalars)


def _space_field(polydata: Any) -> str:
    field = polydata.GetFieldData().GetAbstractArray(_SPACE_FIELD)
    if field is None or field.GetNumberOfValues() == 0:
        return "LPS"
    return "RAS" if str(field.GetVariantValue(0).ToString()).upper() == "RAS" else "LPS"
