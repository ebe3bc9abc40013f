"""Close gaps and open bridges, in millimetres, by distance."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import numpy as np

from ..errors import GeometryError, InputError
from ..parameters import Param
from ..progress import Progress, part, silent
from ..receipt import Receipt, Stopwatch, measure_labels
from .components import describe_pieces, find_pieces
from .distance import within
from .segmentation import Mask, Segmentation

GREATEST_MM = 50.0
"""No gap or bridge in a body part is wider; beyond, the structure is drowned or gone."""


def close_gaps(
    seg: Segmentation,
    *,
    gap_mm: Annotated[float, Param("Gaps and holes up to this width are filled.", unit="mm", low=0, high=GREATEST_MM)],
    progress: Progress = silent,
) -> tuple[Segmentation, Receipt]:
    """Fill gaps, slits and holes up to a width. What is more than a voxel wider than that stays as it is.

    Morphological closing with a ball of half the width, on exact distances, so that the width means the same along
    thick and thin axes. The image does not show what is added: the surface is taken from the label there.

    Returns
    -------
    Segmentation, Receipt
        ``details["added"]`` lists what was added, with volume and place.
    """
    watch = Stopwatch()
    mask = seg.mask
    _check_width(seg, gap_mm, "gap_mm")
    pad = _pad_of(seg, gap_mm)
    closed = _closed(np.pad(mask, pad, mode="edge"), gap_mm / 2.0, seg.spacing_kji, progress)
    added = closed[_unpad(pad)] & ~mask
    result = seg.with_mask(mask | added) if added.any() else seg
    return result, _receipt(
        "close gaps", {"gap_mm": gap_mm}, watch, seg, after=result, word="added", changed=added, progress=progress
    )


def open_bridges(
    seg: Segmentation,
    *,
    width_mm: Annotated[float, Param("Bridges up to this width are cut.", unit="mm", low=0, high=GREATEST_MM)],
    progress: Progress = silent,
) -> tuple[Segmentation, Receipt]:
    """Cut bridges, threads and spikes up to a width. Thin plates of the anatomy itself go as well: read the receipt.

    Morphological opening with a ball of half the width. Run ``islands`` afterwards to drop what came loose.

    Returns
    -------
    Segmentation, Receipt
        ``details["removed"]`` lists what was removed, with volume and place.

    Raises
    ------
    GeometryError
        Nothing of the structure is wider.
    """
    watch = Stopwatch()
    mask = seg.mask
    _check_width(seg, width_mm, "width_mm")
    pad = _pad_of(seg, width_mm)
    closed = _closed(np.pad(~mask, pad, mode="edge"), width_mm / 2.0, seg.spacing_kji, progress)
    removed = closed[_unpad(pad)] & mask
    if removed.sum() == mask.sum():
        raise GeometryError(f"Nothing of the structure is wider than {width_mm:g} mm: choose a smaller width.")
    result = seg.with_mask(mask & ~removed) if removed.any() else seg
    return result, _receipt(
        "open bridges",
        {"width_mm": width_mm},
        watch,
        seg,
        after=result,
        word="removed",
        changed=removed,
        progress=progress,
    )


def _closed(mask: Mask, radius: float, spacing: tuple[float, float, float], progress: Progress) -> Mask:
    grown = within(mask, radius, spacing, part(progress, 0.0, 0.4))
    return ~within(~grown, radius, spacing, part(progress, 0.4, 0.8)) | mask


def _check_width(seg: Segmentation, width_mm: float, name: str) -> None:
    if not 0.0 <= width_mm <= GREATEST_MM:
        raise InputError(f"{name} must lie between 0 and {GREATEST_MM:g} mm; got {width_mm:g}.")
    finest = min(seg.labels.spacing_mm)
    if 0.0 < width_mm < finest:
        raise InputError(
            f"{name} is {width_mm:g} mm, but the finest voxel is {finest:.3g} mm: nothing so narrow can be told apart."
        )


def _pad_of(seg: Segmentation, width_mm: float) -> list[tuple[int, int]]:
    """Room to grow into. At the border of the scan the structure is taken to go on as it is."""
    return [(int(np.ceil(width_mm / 2.0 / h)) + 1,) * 2 for h in seg.spacing_kji]


def _unpad(pad: list[tuple[int, int]]) -> tuple[slice, ...]:
    return tuple(slice(a, -b) for a, b in pad)


def _receipt(
    operation: str,
    parameters: Mapping[str, Any],
    watch: Stopwatch,
    before: Segmentation,
    *,
    after: Segmentation,
    word: str,
    changed: Mask,
    progress: Progress,
) -> Receipt:
    progress(0.85, "listing what changed")
    pieces = find_pieces(before, changed)
    volume_ml = float(changed.sum()) * before.labels.voxel_volume_mm3 / 1000.0
    progress(1.0, operation)
    return Receipt(
        operation=operation,
        parameters=parameters,
        seconds=watch.seconds,
        before=measure_labels(before.labels),
        after=measure_labels(after.labels),
        notes=(f"{volume_ml:.3f} ml {word} in {len(pieces)} places.",),
        details={f"{word}_ml": volume_ml, word: describe_pieces(before, pieces)},
    )
