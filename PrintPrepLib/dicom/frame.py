"""What the header of a DICOM file says about each of its images, and why some files hold none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

Vector = npt.NDArray[np.float64]

UNIT_TOLERANCE = 0.01
"""Rows and columns of ImageOrientationPatient must be unit vectors at right angles within this; headers round to 3+
digits."""


class Reason(Enum):
    """Why a file was left aside."""

    NOT_DICOM = "not DICOM"
    ARCHIVE = "zip archive"
    DICOMDIR = "DICOMDIR"
    NOT_AN_IMAGE = "not an image"
    DERIVED_OBJECT = "derived object"
    UNREADABLE = "unreadable"


@dataclass(frozen=True)
class Frame:
    """One image: a file of one image, or one frame of a multi-frame file.

    Attributes
    ----------
    path : Path
        The file; private to the reader, it never enters a finding or a record.
    index, count : int
        Number of the frame in its file (from 0) and how many the file holds.
    sop_uid : str
        SOPInstanceUID; private to the reader.
    position, orientation : tuple of float or None
        ImagePositionPatient (3) and ImageOrientationPatient (6), LPS mm.
    spacing : tuple of float or None
        Distance between columns (x) and between rows (y), mm.
    thickness : float or None
        SliceThickness, mm; reported, never used as spacing.
    slope, intercept : float or None
        Modality rescale of this frame.
    labels : mapping
        What may tell blocks of one series apart (time point, echo, acquisition, ...).
    complete : bool
        All bytes of the frame's pixels are in the file.
    offset, length : int
        Where the pixels of the whole file begin and how many bytes they take; -1 where only a full parse can tell.
    """

    path: Path
    index: int
    count: int
    sop_uid: str
    instance: int
    rows: int
    columns: int
    samples: int
    photometric: str
    bits_allocated: int
    bits_stored: int
    signed: bool
    transfer_syntax: str
    big_endian: bool
    overlay_bits: bool
    position: tuple[float, ...] | None
    orientation: tuple[float, ...] | None
    spacing: tuple[float, float] | None
    thickness: float | None
    slope: float | None
    intercept: float | None
    padding: int | None
    image_type: tuple[str, ...]
    complete: bool
    offset: int
    length: int
    enhanced: bool = False
    frame_of_reference: str = ""
    labels: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def has_geometry(self) -> bool:
        """True when position, orientation and pixel size are there and make sense."""
        return self.position is not None and self.orientation is not None and self.spacing is not None

    @property
    def is_gray(self) -> bool:
        """True for one value per pixel that is a brightness."""
        return self.samples == 1 and self.photometric.startswith("MONOCHROME")

    @property
    def is_mosaic(self) -> bool:
        """True for the tiled images that older Siemens MR scanners write: many slices in one picture."""
        return "MOSAIC" in self.image_type

    @property
    def is_localizer(self) -> bool:
        """True for a scout."""
        return any("LOCALIZER" in word or "SURVIEW" in word or "SCOUT" in word for word in self.image_type)


@dataclass(frozen=True)
class FileHeader:
    """The images of one file and the technical facts that they share; ``key`` is the series, private."""

    key: str
    modality: str
    frames: tuple[Frame, ...]
    facts: Mapping[str, object]


def axes_of(orientation: tuple[float, ...]) -> tuple[Vector, Vector, Vector]:
    """Return the directions of rows (x), columns (y), and the true normal x cross y, each of length one."""
    x = np.array(orientation[:3], np.float64)
    y = np.array(orientation[3:], np.float64)
    x /= np.linalg.norm(x)
    y = y - x * float(x @ y)
    y /= np.linalg.norm(y)
    return x, y, np.cross(x, y)


def sane_orientation(values: tuple[float, ...] | None) -> tuple[float, ...] | None:
    """Return the six numbers, or None unless they are two unit vectors at right angles."""
    if values is None or len(values) != 6 or not np.all(np.isfinite(values)):
        return None
    x, y = np.array(values[:3]), np.array(values[3:])
    lengths_right = abs(np.linalg.norm(x) - 1) <= UNIT_TOLERANCE and abs(np.linalg.norm(y) - 1) <= UNIT_TOLERANCE
    return values if lengths_right and abs(float(x @ y)) <= UNIT_TOLERANCE else None
