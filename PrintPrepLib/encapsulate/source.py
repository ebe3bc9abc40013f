"""The series that a model was made from: who it is, its frame of reference, its images, and the box that they fill."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ..dicom import ScanResult, Series, Verdict, find_series, scan_folder
from ..dicom.frame import Frame, axes_of
from ..dicom.quiet import quiet
from ..errors import InputError
from ..mesh import FloatArray
from ..progress import Progress, part, silent

_SAME: dict[str, str] = {
    "PatientID": "patient numbers",
    "PatientName": "patient names",
    "PatientBirthDate": "birth dates",
    "StudyInstanceUID": "studies",
    "SeriesInstanceUID": "series",
    "FrameOfReferenceUID": "frames of reference",
}
"""What must be one and the same in all images of the series, and how a person calls several of them."""

_NEEDED: dict[str, str] = {
    "StudyInstanceUID": "study",
    "SeriesInstanceUID": "series",
    "FrameOfReferenceUID": "frame of reference",
}


@dataclass(frozen=True, eq=False)
class SourceSeries:
    """The series a model belongs to. Holds identity: nothing of it may go into messages, JSON or records.

    Attributes
    ----------
    header : pydicom.Dataset
        Header of the first image, without pixels.
    instances : tuple of (SOP class UID, SOP instance UID)
        Every file of the stack once, in its order.
    axes : (3, 3) float64
        Directions of rows, of columns, and the true normal, one a row.
    low_mm, high_mm : (3,) float64
        The box that the voxels fill, along those axes, LPS mm; for a tilted stack the box round it.
    series : Series
        As the scan room judged it.
    """

    header: Any
    instances: tuple[tuple[str, str], ...]
    axes: FloatArray
    low_mm: FloatArray
    high_mm: FloatArray
    series: Series

    @property
    def frame_of_reference(self) -> str:
        """UID of the frame of reference."""
        return str(self.header.FrameOfReferenceUID)

    @property
    def study_uid(self) -> str:
        """UID of the study."""
        return str(self.header.StudyInstanceUID)

    @property
    def series_uid(self) -> str:
        """UID of the series."""
        return str(self.header.SeriesInstanceUID)

    def outside_mm(self, points_mm: FloatArray) -> npt.NDArray[np.float64]:
        """Return how far each point (n, 3) lies outside the box of the scan, mm; 0 within."""
        along = points_mm @ self.axes.T
        beyond = np.maximum(np.maximum(self.low_mm - along, along - self.high_mm), 0.0)
        return np.asarray(np.linalg.norm(beyond, axis=1))


def read_source(folder: Path, series_id: str | None = None, progress: Progress = silent) -> SourceSeries:
    """Find the series and read what a derived object must share with it.

    Parameters
    ----------
    folder : Path
        Searched to any depth.
    series_id : str, optional
        Needed where the folder holds more than one series.
    progress : Progress
        Receiver.

    Raises
    ------
    InputError
        No series; several and none named; not a volume; images of several patients, studies or frames of reference
        under one series; no frame of reference.
    """
    result = scan_folder(folder, progress=part(progress, 0.0, 0.6))
    series = find_series(result, series_id) if series_id else _only(result)
    if series.verdict is Verdict.NOT_A_VOLUME or series.stack is None:
        raise InputError(
            f"Series {series.id} is not a volume; no model can have been made from it. Name the folder of the series "
            "that the model was made from."
        )
    headers = _headers(series.stack.frames, part(progress, 0.6, 1.0))
    _refuse_mixed(headers, series.id)
    instances = tuple(dict.fromkeys((str(h.SOPClassUID), str(h.SOPInstanceUID)) for h in headers))
    if len({uid for _, uid in instances}) != len(headers):
        raise InputError(
            f"Several images of series {series.id} carry one and the same instance UID, so nothing can refer to them. "
            "Export the series again from the archive."
        )
    axes, low, high = _box(series.stack.frames)
    return SourceSeries(headers[0], instances, axes, low, high, series)


def _only(result: ScanResult) -> Series:
    if len(result.series) == 1:
        return result.series[0]
    names = ", ".join(f"{one.id} ({one.modality or '?'}, {one.slices} slices)" for one in result.series[:8])
    raise InputError(
        f"The source folder holds {len(result.series)} series, and a model belongs to one: {names}. Name the one that "
        "the model was made from with --series."
    )


def _headers(frames: Sequence[Frame], progress: Progress) -> list[Any]:
    """Read each file once. The first header is whole, of the others only what is compared is kept."""
    import pydicom

    paths = list(dict.fromkeys(frame.path for frame in frames))
    wanted = [*_SAME, "SOPClassUID", "SOPInstanceUID", "SpecificCharacterSet"]
    out = []
    with quiet():
        for number, path in enumerate(paths):
            progress(number / len(paths), f"Read the identity of {number} of {len(paths)} images")
            try:
                header = pydicom.dcmread(
                    path, stop_before_pixels=True, force=True, specific_tags=None if number == 0 else wanted
                )
            except (OSError, ValueError, NotImplementedError, EOFError) as error:
                raise InputError(
                    "An image of the source series cannot be read to its end. Copy the series again."
                ) from error
            if not header.get("SOPInstanceUID") or not header.get("SOPClassUID"):
                raise InputError(
                    "An image of the source series has no instance UID, so nothing can refer to it. Export the series "
                    "again from the archive."
                )
            out.append(header)
    return out


def _refuse_mixed(headers: Sequence[Any], series_id: str) -> None:
    for keyword, several in _SAME.items():
        values = {str(header.get(keyword, "") or "").strip() for header in headers}
        if len(values) > 1:
            raise InputError(
                f"The images of series {series_id} carry {len(values)} different {several}; a model can belong to one "
                "only. Sort the files, or export the series again from the archive."
            )
        if keyword in _NEEDED and "" in values:
            raise InputError(
                f"The source series carries no {_NEEDED[keyword]} UID, so a model cannot be tied to it. Use the series "
                "as the archive holds it; some anonymizers remove these UIDs."
            )


def _box(frames: Sequence[Frame]) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Measure the box of all voxels, edges included, from the place of every slice."""
    first = frames[0]
    assert first.orientation is not None
    axes = np.array(axes_of(first.orientation))
    corners = []
    for frame in frames:
        assert frame.position is not None
        assert frame.spacing is not None
        spans = product((-0.5, frame.columns - 0.5), (-0.5, frame.rows - 0.5))
        corners += [
            np.array(frame.position) + column * frame.spacing[0] * axes[0] + row * frame.spacing[1] * axes[1]
            for column, row in spans
        ]
    along = np.array(corners) @ axes.T
    low, high = along.min(axis=0), along.max(axis=0)
    half = 0.5 * (high[2] - low[2]) / max(len(frames) - 1, 1)
    low[2] -= half
    high[2] += half
    return axes, low, high
