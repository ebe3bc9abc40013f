"""Reads a series into a volume of true values on a regular upright grid."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk

from ..errors import InputError
from ..finding import Finding, Severity
from ..progress import Progress, part, silent
from ..receipt import plain
from ..volume import Source, Volume
from .frame import Frame
from .geometry import MAX_BRIDGED, StackGeometry, measure_stack
from .pixels import Pixels, SliceUnreadable, decode_frames
from .quiet import quiet
from .regrid import grid_for, regrid
from .series import Series, Verdict

AIR_HU = -1000.0
"""What surrounds a patient; used outside the scanned field of CT."""

LOWEST_HU = -1024
"""Below this a CT value is not a measurement: scanners mark pixels outside the round field so."""

_WORKERS = 2
"""Decoders release the interpreter; two keep two cores busy and few slices in memory."""

_BATCH = 8
"""Files decoded between two progress reports."""

_PIECES = 4
"""Jobs that a large multi-frame file is cut into."""

_INT16 = np.iinfo(np.int16)

ROUNDING_RANGE = 500
"""Interpolated values are rounded to whole ones where the scan's range is at least this, so that rounding stays
within a thousandth of it."""


def read_series(series: Series, progress: Progress = silent) -> Volume:
    """Read the volume of a series.

    Values are those of the modality (stored value times slope plus intercept, each slice with its own). Slices with
    uneven steps or gantry tilt are resampled from their true positions onto a grid whose axes are the rows, the
    columns and the true normal of the slices; the first and last plane lie on the first and last slice.

    Parameters
    ----------
    series : Series
        From :func:`~PrintPrepLib.dicom.scan_folder`.
    progress : Progress
        Called for every few slices.

    Returns
    -------
    Volume
        LPS mm, right-handed; int16 where values are whole and fit, else float32. ``source`` carries findings and
        facts, no identity.

    Raises
    ------
    InputError
        Not a volume; more slices missing or unreadable than can be bridged.
    MissingPackageError
        The compression needs a package that is not installed.
    """
    if series.verdict is Verdict.NOT_A_VOLUME or series.stack is None or series.geometry is None:
        why = next((finding.message for finding in series.findings if finding.severity is Severity.FAIL), "")
        raise InputError(f"Series {series.id} is not a volume and cannot be read as one. {why}".strip())
    _refuse_gaps(series, series.geometry)
    frames = series.stack.frames
    with quiet():
        slices, broken, notes = _load(frames, series.modality, part(progress, 0.0, 0.8))
    kept = [index for index in range(len(frames)) if index not in broken]
    findings = list(series.findings)
    geometry = series.geometry
    late = sum(frames[index].complete for index in broken)
    if late:
        findings.append(_decode_finding(broken, len(frames), late))
        if len(kept) < 2:
            raise InputError(f"Series {series.id} cannot be read: {findings[-1].message}")
    if broken:
        geometry = measure_stack([frames[index] for index in kept], measure_stack(frames).step)
        _refuse_gaps(series, geometry)
        slices = slices[kept]
    spacing = frames[0].spacing
    assert spacing is not None
    image, facts = _image(slices, geometry, spacing, series.modality, part(progress, 0.8, 1.0))
    source = Source(
        kind="dicom",
        modality=series.modality,
        series_id=series.id,
        facts=MappingProxyType(plain({**series.facts, **facts, **notes, "slices_read": len(kept)})),
        findings=tuple(findings),
    )
    progress(1.0, f"Read {len(kept)} slices")
    return Volume(image, source)


def _refuse_gaps(series: Series, geometry: StackGeometry) -> None:
    if geometry.missing > MAX_BRIDGED:
        raise InputError(
            f"Series {series.id} cannot be read truthfully: {geometry.missing} slices inside the stack are missing or "
            "unreadable, and at most one can be bridged. Copy or export the complete series again."
        )


def _decode_finding(broken: Collection[int], total: int, count: int) -> Finding:
    numbers = ", ".join(str(index + 1) for index in sorted(broken)[:5])
    return Finding(
        "undecodable-slices",
        Severity.WARN if count <= MAX_BRIDGED else Severity.FAIL,
        f"{count} of {total} slices could not be decoded (number {numbers} along the stack); an interior one is "
        "bridged by interpolating its neighbors.",
        measured=count,
        limit=0,
        unit="slices",
        advice="Copy the series again from the disc or archive.",
    )


def _load(
    frames: Sequence[Frame], modality: str, progress: Progress
) -> tuple[npt.NDArray[np.number], set[int], dict[str, Any]]:
    """Fill an array with true values, slice by slice, in int16 as long as all values are whole and fit."""
    whole = all(_is_whole(frame.slope, 1.0) and _is_whole(frame.intercept, 0.0) for frame in frames)
    shape = (len(frames), frames[0].rows, frames[0].columns)
    slices: npt.NDArray[np.number] = np.empty(shape, np.int16 if whole else np.float32)
    broken: set[int] = set()
    padded = 0
    for done, (index, pixels) in enumerate(_decoded(frames), start=1):
        if isinstance(pixels, SliceUnreadable):
            broken.add(index)
            slices[index] = 0
        else:
            values, count = _true_values(pixels, frames[index], modality)
            padded += count
            if slices.dtype == np.int16 and not _fits_int16(values):
                slices = slices.astype(np.float32)
            slices[index] = values
        progress(done / len(frames), f"Read {done} of {len(frames)} slices")
    return slices, broken, {"padding_voxels_set_to_air": padded}


def _decoded(frames: Sequence[Frame]) -> Iterator[tuple[int, Pixels | SliceUnreadable]]:
    """Decode in the background, a few files ahead."""
    order = sorted(range(len(frames)), key=lambda index: str(frames[index].path))
    files = [list(group) for _, group in groupby(order, key=lambda index: frames[index].path)]
    # A compressed multi-frame file is read once by each job, so it is cut into few.
    pieces = [(job, max(_BATCH, -(-len(job) // _PIECES))) for job in files]
    jobs = [job[start : start + size] for job, size in pieces for start in range(0, len(job), size)]
    with ThreadPoolExecutor(_WORKERS) as pool:
        for start in range(0, len(jobs), _BATCH):
            batch = jobs[start : start + _BATCH]
            answers = pool.map(lambda job: decode_frames([frames[index] for index in job]), batch)
            for job, answer in zip(batch, answers, strict=True):
                yield from zip(job, answer, strict=True)


def _true_values(pixels: Pixels, frame: Frame, modality: str) -> tuple[Pixels, int]:
    """Apply the slice's own rescale, and turn CT pixels that mark the outside of the field into air."""
    slope = 1.0 if frame.slope is None else frame.slope
    intercept = 0.0 if frame.intercept is None else frame.intercept
    values: Pixels
    if float(slope).is_integer() and float(intercept).is_integer() and pixels.dtype.kind != "f":
        wide = pixels.astype(np.int32 if pixels.dtype.itemsize < 4 else np.int64)
        values = wide * int(slope) + int(intercept)
    else:
        values = pixels.astype(np.float64) * slope + intercept
    if modality != "CT" or frame.padding is None or frame.intercept is None:
        return values, 0
    outside = np.less(values, LOWEST_HU)
    count = int(np.count_nonzero(outside))
    if count:
        values[outside] = LOWEST_HU
    return values, count


def _image(
    slices: npt.NDArray[np.number],
    geometry: StackGeometry,
    spacing: tuple[float, float],
    modality: str,
    progress: Progress,
) -> tuple[sitk.Image, dict[str, Any]]:
    origin = geometry.origin
    step = geometry.step
    facts: dict[str, Any] = {"resampled": not geometry.regular}
    if not geometry.regular:
        grid = grid_for(geometry, slices.shape[1], slices.shape[2], spacing)
        low, high = float(slices.min()), float(slices.max())
        outside = max(low, min(AIR_HU, high)) if modality == "CT" else low
        keep_whole = slices.dtype == np.int16 and high - low >= ROUNDING_RANGE
        slices, uncovered = regrid(
            slices, geometry, grid, spacing, outside=outside, whole=keep_whole, progress=progress
        )
        step = grid.step
        origin = origin - geometry.x * grid.column_offset * spacing[0] - geometry.y * grid.row_offset * spacing[1]
        facts |= {
            "outside_field_voxels": uncovered,
            "outside_field_value": outside,
            "interpolated_values_rounded": keep_whole,
        }
    image = sitk.GetImageFromArray(slices)
    image.SetSpacing((spacing[0], spacing[1], step))
    image.SetOrigin([float(value) for value in origin])
    image.SetDirection(np.stack([geometry.x, geometry.y, geometry.normal], axis=1).ravel().tolist())
    return image, facts


def _is_whole(value: float | None, default: float) -> bool:
    return float(default if value is None else value).is_integer()


def _fits_int16(values: Pixels) -> bool:
    return values.dtype.kind in "iu" and int(values.min()) >= _INT16.min and int(values.max()) <= _INT16.max
