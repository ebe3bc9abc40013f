"""Shape-based interpolation along the thick axis, so that thick slices leave no steps.

Raya and Udupa 1990, "Shape-based interpolation of multidimensional objects", IEEE Trans. Med. Imaging 9:32; with cubic
interpolation between the distances: Herman, Zheng, Bucholtz 1992, "Shape-based interpolation", IEEE Comput. Graph.
Appl. 12:69. Here the distances are taken to the sub-pixel contour of the grey image: in-plane detail is kept.
"""

from __future__ import annotations

from dataclasses import replace
from enum import Enum
from typing import Annotated

import numpy as np
import SimpleITK as sitk

from ..errors import InputError
from ..parameters import Param
from ..progress import Progress, silent
from ..receipt import Receipt, Stopwatch, measure_labels
from ..volume import LabelMap, Volume
from .segmentation import Segmentation
from .slices import Floats, between, cap_distance, contour_distance

THICK_RATIO = 3.0
"""Slices thicker than this many in-plane pixels leave visible steps. Up to there a surface placed between the voxels
from the gray values shows none (a skull at 0.45 x 0.45 x 1 mm looks the same either way)."""

THICK_MM = 1.5
"""So do slices thicker than this: 3D bone protocols use 0.5 to 1.5 mm."""

MAX_VOXELS = 400_000_000
"""Upper limit of the finer grid: 1.6 GB of 32-bit distances."""


class When(Enum):
    """When slices are inserted."""

    THICK = "thick"
    ALWAYS = "always"


def needs_interpolation(volume: Volume) -> bool:
    """True when slices are thick enough to leave steps, and thicker than the pixels."""
    spacing = sorted(volume.spacing_mm)
    return spacing[2] > THICK_RATIO * spacing[0] or (spacing[2] > THICK_MM and spacing[2] > 1.2 * spacing[0])


def shape_interpolation(
    seg: Segmentation,
    *,
    when: Annotated[When, Param("Only where slices are thick enough to leave steps, or always.")] = When.THICK,
    spacing_mm: Annotated[
        float | None, Param("Step wanted along the thick axis; the pixel when left out.", "mm", 0.01)
    ] = None,
    progress: Progress = silent,
) -> tuple[Segmentation, Receipt]:
    """Insert slices along the thickest axis by interpolating distances to the contours.

    The original slices stay in the finer grid and keep their contours. Nothing is known between them: the new slices
    are the smoothest guess, not a measurement.

    Returns
    -------
    Segmentation, Receipt
        The segmentation on the finer grid; its image is a distance field in mm with the surface at 0.

    Raises
    ------
    InputError
        Fewer than two slices, or the finer grid would be too large.
    """
    watch = Stopwatch()
    spacing = seg.labels.spacing_mm
    axis_ijk = int(np.argmax(spacing))
    thick = spacing[axis_ijk]
    pixel = tuple(spacing[a] for a in range(3) if a != axis_ijk)
    target = float(np.mean(pixel)) if spacing_mm is None else spacing_mm
    count = max(1, round(thick / target))
    parameters = {"when": when, "spacing_mm": spacing_mm}
    if when is When.THICK and not needs_interpolation(seg.labels):
        note = f"Slices of {thick:.3g} mm on pixels of {min(pixel):.3g} mm leave no steps: nothing was done."
        measured = measure_labels(seg.labels)
        return seg, Receipt("shape interpolation", parameters, watch.seconds, measured, measured, notes=(note,))
    if count == 1:
        note = f"Slices of {thick:.3g} mm are no thicker than the {target:.3g} mm wanted: nothing was done."
        measured = measure_labels(seg.labels)
        return seg, Receipt("shape interpolation", parameters, watch.seconds, measured, measured, notes=(note,))
    axis = 2 - axis_ijk
    field = np.moveaxis(seg.field().array, axis, 0)
    if len(field) < 2:
        raise InputError("The structure lies in a single slice: nothing can be interpolated.")
    if field.size * count > MAX_VOXELS:
        raise InputError(
            f"At {target:.3g} mm the grid would hold {field.size * count / 1e6:.0f} million voxels. Ask for a larger "
            "step, or keep fewer pieces first."
        )
    fine = _interpolated(field, (pixel[1], pixel[0]), count, thick, progress)
    result = _rebuilt(seg, np.moveaxis(fine, 0, axis), axis_ijk, count)
    before, after = measure_labels(seg.labels), measure_labels(result.labels)
    progress(1.0, "slices interpolated")
    return result, Receipt(
        operation="shape interpolation",
        parameters=parameters,
        seconds=watch.seconds,
        before=before,
        after=after,
        notes=(
            f"{count - 1} slices were inserted between each two: {thick:.3g} mm became {thick / count:.3g} mm.",
            "True detail between the slices of the scan is unknown: the inserted slices are the smoothest guess.",
        ),
        details={
            "axis": "ijk"[axis_ijk],
            "slice_step_before_mm": thick,
            "slice_step_after_mm": thick / count,
            "volume_change_percent": 100.0 * (after.volume_mm3 / before.volume_mm3 - 1.0),
        },
    )


def _interpolated(field: Floats, pixel: tuple[float, float], count: int, step_mm: float, progress: Progress) -> Floats:
    """Distance field with ``count`` slices for each step; the first and last slices stay where they are."""
    distance = np.empty(field.shape, np.float32)
    for number, values in enumerate(field):
        progress(0.5 * number / len(field), f"measuring contours, slice {number + 1} of {len(field)}")
        distance[number] = contour_distance(np.ascontiguousarray(values), pixel)
    last = len(field) - 1
    result = np.empty((last * count + 1, *field.shape[1:]), np.float32)
    result[-1] = distance[-1]
    for k in range(last):
        progress(0.5 + 0.4 * k / last, f"interpolating, slice {k + 1} of {last}")
        low, high = distance[k], distance[k + 1]
        before, after = distance[max(k - 1, 0)], distance[min(k + 2, last)]
        upward, ends_up = cap_distance(low, before, field[k], field[k + 1])
        downward, ends_down = cap_distance(high, after, field[k + 1], field[k])
        result[k * count] = low
        for n in range(1, count):
            share = n / count
            value = between(before, low, high, after, share, step_mm)
            if ends_up.any():
                value = np.where(ends_up, (1 - share) * low + share * upward, value)
            if ends_down.any():
                value = np.where(
                    ends_down, np.maximum(share * high + (1 - share) * downward, _off(value, ends_up)), value
                )
            result[k * count + n] = value
    np.copyto(result, np.float32(1e-4), where=result == 0)
    return result


def _off(value: Floats, where: np.ndarray) -> Floats:
    """The value where another part ends too, else far outside."""
    return np.where(where, value, np.float32(-np.inf))


def _rebuilt(seg: Segmentation, fine: Floats, axis_ijk: int, count: int) -> Segmentation:
    spacing = list(seg.labels.spacing_mm)
    spacing[axis_ijk] /= count

    def placed(array: np.ndarray) -> sitk.Image:
        image = sitk.GetImageFromArray(array)
        image.SetSpacing(spacing)
        image.SetDirection(seg.labels.image.GetDirection())
        image.SetOrigin(seg.labels.image.GetOrigin())
        return image

    mask = fine > 0
    whole = replace(
        seg,
        labels=LabelMap(placed(mask.astype(np.uint8)), seg.labels.source, seg.labels.names),
        grey=Volume(placed(np.ascontiguousarray(fine)), seg.labels.source),
        lower=0.0,
        upper=None,
        unit="mm",
    )
    return whole.with_mask(mask)
