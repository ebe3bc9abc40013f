"""A small source series whose every field is known, and models that lie in it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from pydicom.uid import generate_uid

from PrintPrepLib.encapsulate import EncapsulateRequest
from PrintPrepLib.export import write_mesh
from PrintPrepLib.mesh import Mesh
from Testing.support.dicom_writer import Vector, stack, write_slices
from Testing.support.shapes import box

LOW, HIGH = np.array([99.75, -30.4, 39.0]), np.array([124.75, 1.6, 63.0])
"""The box that the voxels fill: 50 x 40 pixels of 0.5 x 0.8 mm from (100, -30), 12 slices of 2 mm from z = 40."""

STUDY: dict[str, Any] = {
    "SpecificCharacterSet": "ISO_IR 100",
    "PatientName": "Müller^Jürgen",
    "PatientSex": "M",
    "StudyTime": "101500",
    "StudyID": "S-1",
    "AccessionNumber": "ACC-77",
    "ReferringPhysicianName": "Weiß^Anna",
    "StudyDescription": "CT Schädel",
    "SeriesNumber": 3,
    "AcquisitionDate": "20240229",
    "AcquisitionTime": "102030",
    "PositionReferenceIndicator": "",
}


@dataclass(frozen=True)
class Case:
    """A source folder and a model in the middle of its scan."""

    source: Path
    mesh: Path
    folder: Path

    @property
    def images(self) -> list[Path]:
        """Files of the series."""
        return sorted(self.source.iterdir())

    def request(self, **changes: Any) -> EncapsulateRequest:
        """Ask for ``archive/model.dcm`` with nothing left unsaid."""
        asked: dict[str, Any] = {
            "mesh": self.mesh,
            "source": self.source,
            "output": self.folder / "archive" / "model.dcm",
            "title": "Left femur, model",
            "face": False,
        }
        return EncapsulateRequest(**{**asked, **changes})


def make_case(folder: Path, mesh_name: str = "model.stl", **changes: Any) -> Case:
    """Write the series (``changes`` go into every image's header, None removes) and a box of 10 mm in its middle."""
    write_series(folder / "scan", **changes)
    write_mesh(inside(), folder / mesh_name)
    return Case(folder / "scan", folder / mesh_name, folder)


def block(points: Vector) -> Vector:
    """A bright block where :func:`inside` is, in dark surroundings."""
    distance = np.abs(points - (LOW + HIGH) / 2).max(axis=-1)
    return np.where(distance < 5.0, 1000.0, 0.0)


def write_series(folder: Path, **changes: Any) -> None:
    """Write twelve slices with the block in the middle."""
    extra = {**STUDY, "StudyInstanceUID": generate_uid(prefix=None), **changes}
    write_slices(
        folder,
        stack(
            [2.0 * number for number in range(12)],
            origin=(100.0, -30.0, 40.0),
            rows=40,
            columns=50,
            spacing_xy=(0.5, 0.8),
            series_uid=generate_uid(prefix=None),
            extra=extra,
            values=block,
        ),
    )


def inside() -> Mesh:
    """A box of 10 mm in the middle of the scan."""
    return box((10.0, 10.0, 10.0), tuple((LOW + HIGH) / 2))


def textured_obj(folder: Path) -> Path:
    """Write an OBJ of odd length with a material library and two textures, one named twice."""
    from vtkmodules.util.numpy_support import numpy_to_vtk
    from vtkmodules.vtkCommonDataModel import vtkImageData
    from vtkmodules.vtkIOImage import vtkJPEGWriter, vtkPNGWriter

    picture = vtkImageData()
    picture.SetDimensions(5, 3, 1)
    picture.GetPointData().SetScalars(numpy_to_vtk(PIXELS[::-1].reshape(15, 3).copy(), deep=True))
    for writer, name in ((vtkPNGWriter(), "skin.png"), (vtkJPEGWriter(), "bone.jpg")):
        writer.SetInputData(picture)
        writer.SetFileName(str(folder / name))
        writer.Write()
    plain = folder / "plain.obj"
    write_mesh(inside(), plain)
    text = plain.read_text()
    plain.unlink()
    out = folder / "model.obj"
    text = text.replace("\nf ", "\nmtllib model.mtl\nusemtl skin\nf ", 1)
    out.write_text(text + "#" * (1 - len(text) % 2))
    (folder / "model.mtl").write_text(
        "newmtl skin\nKd 1 1 1\nmap_Kd -s 1 1 1 skin.png\nnewmtl bone\nmap_Kd bone.jpg\nmap_Ka skin.png\n"
    )
    return out


PIXELS = (np.arange(45, dtype=np.uint8) * 5).reshape(3, 5, 3)
"""The texture: rows from the top, columns, red green blue."""
