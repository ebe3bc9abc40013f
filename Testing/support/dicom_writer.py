"""Writes small DICOM series with known truth: values are a linear ramp in LPS millimetres."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence as DicomSequence
from pydicom.uid import CTImageStorage, EnhancedCTImageStorage, ExplicitVRLittleEndian, generate_uid

Vector = npt.NDArray[np.float64]
Values = Callable[[Vector], Vector]

AXIAL = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
SAGITTAL = (0.0, 1.0, 0.0, 0.0, 0.0, -1.0)
CORONAL = (1.0, 0.0, 0.0, 0.0, 0.0, -1.0)

PATIENT_NAME = "Mustermann^Erika"
PATIENT_ID = "ID-4711-SECRET"
BIRTH_DATE = "19640812"


def ramp(points: Vector) -> Vector:
    """A plane in LPS space: every place has its own value, so any wrong placement shows."""
    return np.asarray(200.0 + 3.0 * points[..., 0] - 2.0 * points[..., 1] + 4.0 * points[..., 2])


@dataclass
class SliceSpec:
    """One slice to write."""

    position: Vector
    orientation: Sequence[float] = AXIAL
    rows: int = 12
    columns: int = 10
    spacing_xy: tuple[float, float] = (0.8, 0.5)
    series_uid: str = ""
    frame_of_reference: str = ""
    extra: dict[str, Any] = field(default_factory=dict)
    slope: float | None = 1.0
    intercept: float | None = -1024.0
    values: Values = ramp
    sop_uid: str = ""

    def grid(self) -> Vector:
        """LPS place of every pixel, (rows, columns, 3)."""
        x, y = np.array(self.orientation[:3]), np.array(self.orientation[3:])
        c, r = np.meshgrid(np.arange(self.columns), np.arange(self.rows))
        return np.asarray(self.position + c[..., None] * self.spacing_xy[0] * x + r[..., None] * self.spacing_xy[1] * y)

    def stored(self) -> npt.NDArray[np.int16]:
        """Pixels as they are stored."""
        slope = 1.0 if self.slope is None else self.slope
        intercept = 0.0 if self.intercept is None else self.intercept
        return np.rint((self.values(self.grid()) - intercept) / slope).astype(np.int16)


def stack(
    depths: Sequence[float],
    *,
    orientation: Sequence[float] = AXIAL,
    origin: Sequence[float] = (-20.0, -30.0, 40.0),
    direction: Sequence[float] | None = None,
    **keywords: Any,
) -> list[SliceSpec]:
    """Slices of one series at distances along ``direction`` (the normal unless given, which makes a tilt)."""
    x, y = np.array(orientation[:3]), np.array(orientation[3:])
    along = np.cross(x, y) if direction is None else np.array(direction, np.float64)
    keywords.setdefault("series_uid", generate_uid())
    keywords.setdefault("frame_of_reference", generate_uid())
    return [SliceSpec(np.array(origin) + depth * along, orientation, **keywords) for depth in depths]


def write_slices(folder: Path, slices: Sequence[SliceSpec], names: Sequence[str] | None = None) -> list[Path]:
    """Write one file a slice; names say nothing about the order unless given."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for number, spec in enumerate(slices):
        path = folder / (names[number] if names else f"{(number * 7919) % 10007:05d}_{number}")
        dataset(spec, number + 1).save_as(path, enforce_file_format=True)
        paths.append(path)
    return paths


def dataset(spec: SliceSpec, number: int = 1) -> Dataset:
    """Return one slice as a data set, with a patient whose name must never come out again."""
    out = _common(spec, CTImageStorage)
    out.InstanceNumber = number
    out.ImagePositionPatient = [float(v) for v in spec.position]
    out.ImageOrientationPatient = [float(v) for v in spec.orientation]
    out.PixelSpacing = [spec.spacing_xy[1], spec.spacing_xy[0]]
    out.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
    if spec.slope is not None:
        out.RescaleSlope = spec.slope
    if spec.intercept is not None:
        out.RescaleIntercept = spec.intercept
    out.PixelData = spec.stored().tobytes()
    for keyword, value in spec.extra.items():
        if value is None:
            delattr(out, keyword)
        else:
            setattr(out, keyword, value)
    return out


def enhanced(slices: Sequence[SliceSpec], shared_orientation: bool = True) -> Dataset:
    """Return the slices as one enhanced multi-frame object, each frame with its own rescale."""
    first = slices[0]
    out = _common(first, EnhancedCTImageStorage)
    out.NumberOfFrames = len(slices)
    out.ImageType = ["ORIGINAL", "PRIMARY", "VOLUME", "NONE"]
    measures = Dataset()
    measures.PixelSpacing = [first.spacing_xy[1], first.spacing_xy[0]]
    measures.SliceThickness = 5.0
    shared = Dataset()
    shared.PixelMeasuresSequence = DicomSequence([measures])
    if shared_orientation:
        shared.PlaneOrientationSequence = _orientation(first)
    out.SharedFunctionalGroupsSequence = DicomSequence([shared])
    frames = []
    for spec in slices:
        group, plane, values = Dataset(), Dataset(), Dataset()
        plane.ImagePositionPatient = [float(v) for v in spec.position]
        values.RescaleSlope, values.RescaleIntercept, values.RescaleType = spec.slope, spec.intercept, "HU"
        group.PlanePositionSequence = DicomSequence([plane])
        group.PixelValueTransformationSequence = DicomSequence([values])
        if not shared_orientation:
            group.PlaneOrientationSequence = _orientation(spec)
        frames.append(group)
    out.PerFrameFunctionalGroupsSequence = DicomSequence(frames)
    out.PixelData = b"".join(spec.stored().tobytes() for spec in slices)
    return out


def _orientation(spec: SliceSpec) -> DicomSequence:
    item = Dataset()
    item.ImageOrientationPatient = [float(v) for v in spec.orientation]
    return DicomSequence([item])


def _common(spec: SliceSpec, sop_class: str) -> Dataset:
    out = Dataset()
    out.file_meta = FileMetaDataset()
    out.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    out.file_meta.MediaStorageSOPClassUID = sop_class
    out.SOPClassUID = sop_class
    out.SOPInstanceUID = spec.sop_uid or generate_uid()
    out.file_meta.MediaStorageSOPInstanceUID = out.SOPInstanceUID
    out.PatientName, out.PatientID, out.PatientBirthDate = PATIENT_NAME, PATIENT_ID, BIRTH_DATE
    out.StudyInstanceUID = spec.series_uid[:50] + ".1"
    out.SeriesInstanceUID = spec.series_uid
    out.FrameOfReferenceUID = spec.frame_of_reference
    out.StudyDate, out.SeriesDescription = "20240229", f"HEAD {PATIENT_NAME}"
    out.Modality = "CT"
    out.Rows, out.Columns = spec.rows, spec.columns
    out.SamplesPerPixel, out.PhotometricInterpretation = 1, "MONOCHROME2"
    out.BitsAllocated, out.BitsStored, out.HighBit, out.PixelRepresentation = 16, 16, 15, 1
    return out
