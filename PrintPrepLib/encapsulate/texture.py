"""A texture of an OBJ as a DICOM image (VL Photographic Image, PS3.3 A.32.4): its pixels, uncompressed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import InputError

LONGEST_SIDE = 65535
"""Rows and Columns are unsigned 16-bit numbers."""


def read_picture(path: Path) -> npt.NDArray[np.uint8]:
    """Read a PNG or JPEG as (rows, columns, 3) of 8-bit sRGB, first row at the top; transparency is left out.

    Raises
    ------
    InputError
        Unreadable, or too large for DICOM.
    """
    from vtkmodules.util.numpy_support import vtk_to_numpy
    from vtkmodules.vtkIOImage import vtkJPEGReader, vtkPNGReader

    reader: Any = vtkPNGReader() if path.suffix.lower() == ".png" else vtkJPEGReader()
    head = path.read_bytes()[:8]
    expected = b"\x89PNG" if path.suffix.lower() == ".png" else b"\xff\xd8"
    if not head.startswith(expected):
        raise InputError(f"The texture '{path.name}' is not what its name says. Save it again as PNG.")
    reader.SetFileName(str(path))
    reader.Update()
    image = reader.GetOutput()
    columns, rows, _ = image.GetDimensions()
    scalars = image.GetPointData().GetScalars()
    if scalars is None or columns < 1 or rows < 1 or reader.GetErrorCode():
        raise InputError(f"The texture '{path.name}' cannot be read. Save it again as PNG.")
    if max(columns, rows) > LONGEST_SIDE:
        raise InputError(f"The texture '{path.name}' has more than {LONGEST_SIDE} pixels on a side. Make it smaller.")
    values = vtk_to_numpy(scalars).reshape(rows, columns, -1)[::-1]
    if values.dtype != np.uint8:
        raise InputError(f"The texture '{path.name}' has more than 8 bits a color. Save it with 8 bits.")
    color = values[..., :3] if values.shape[2] >= 3 else np.repeat(values[..., :1], 3, axis=2)
    return np.ascontiguousarray(color)


def add_picture(out: Any, pixels: npt.NDArray[np.uint8], *, lossy_before: bool) -> None:
    """Fill General Image, Image Pixel, Acquisition Context and VL Image with an RGB picture."""
    out.InstanceNumber = 1
    out.PatientOrientation = ""
    out.ImageType = ["DERIVED", "SECONDARY"]
    out.AcquisitionContextSequence = []
    out.SamplesPerPixel = 3
    out.PhotometricInterpretation = "RGB"
    out.PlanarConfiguration = 0
    out.Rows, out.Columns = pixels.shape[:2]
    out.BitsAllocated, out.BitsStored, out.HighBit, out.PixelRepresentation = 8, 8, 7, 0
    out.LossyImageCompression = "01" if lossy_before else "00"
    if lossy_before:
        out.LossyImageCompressionMethod = "ISO_10918_1"
    data = pixels.tobytes()
    out.add_new(0x7FE00010, "OB", data + b"\0" * (len(data) % 2))
