"""Writing of VTK polydata files (.vtp, legacy .vtk) with point arrays."""

from __future__ import annotations

from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt
from vtkmodules.util.numpy_support import numpy_to_vtk
from vtkmodules.vtkCommonCore import vtkStringArray
from vtkmodules.vtkIOXML import vtkXMLPolyDataWriter

from ..mesh import Mesh
from ..progress import Progress, silent

COLOR_ARRAY = "RGB"
_SPACE_FIELD = "SPACE"
"""Field array by which Slicer states the axes."""
_HEADER = "PrintPrep output. SPACE=LPS"


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
    writer.SetCompressionLevel(1)  # three times faster than the default, the file hardly larger
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
