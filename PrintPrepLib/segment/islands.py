"""Keep or drop separate pieces of a segmentation."""

from __future__ import annotations

from enum import Enum
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt

from ..errors import GeometryError, InputError
from ..parameters import Param
from ..progress import Progress, part, silent
from ..receipt import Receipt, Stopwatch, measure_labels
from .components import Pieces, describe_pieces, find_pieces
from .segmentation import Mask, Segmentation

SEED_REACH_MM = 5.0
"""A seed point may miss the structure by this much; further off it was meant for something else."""


class Keep(Enum):
    """Which pieces stay."""

    LARGEST = "largest"
    ALL = "all"


def islands(
    seg: Segmentation,
    *,
    keep: Annotated[Keep | None, Param("Which pieces stay; the largest when no other rule is given.")] = None,
    keep_count: Annotated[int | None, Param("Keep this many of the largest pieces.", low=1)] = None,
    min_volume_mm3: Annotated[float | None, Param("Drop pieces smaller than this.", unit="mm3", low=0)] = None,
    seed_mm: Annotated[
        tuple[float, float, float] | None, Param("Keep the piece at this point (LPS).", unit="mm", length=3)
    ] = None,
    seeds_mm: Annotated[
        tuple[float, ...] | None,
        Param("Keep the pieces at these points: x,y,z (LPS) for each. All others are dropped.", unit="mm"),
    ] = None,
    progress: Progress = silent,
) -> tuple[Segmentation, Receipt]:
    """List the separate pieces, then drop those that no rule keeps. A piece must pass every rule that is given.

    Two voxels are one piece when they share a face: so the isosurface extractor joins them. With ``seeds_mm`` single
    pieces are chosen: ``at_mm`` of a listed piece is a point that means it and no other.

    Returns
    -------
    Segmentation, Receipt
        ``details["pieces"]`` lists all pieces as they were before anything was dropped.

    Raises
    ------
    InputError
        ``keep`` "largest" together with a number of pieces other than 1, or ``seeds_mm`` that are not three numbers
        for each point.
    GeometryError
        A seed lies off the structure, or no piece passes.
    """
    watch = Stopwatch()
    if keep is Keep.LARGEST and keep_count not in (None, 1):
        raise InputError(f"keep 'largest' keeps one piece, keep_count {keep_count} keeps more: give one of the two.")
    if seeds_mm is not None and (not seeds_mm or len(seeds_mm) % 3):
        raise InputError(f"seeds_mm needs three numbers x, y, z for each piece that shall stay; got {len(seeds_mm)}.")
    if all(rule is None for rule in (keep, keep_count, min_volume_mm3, seed_mm, seeds_mm)):
        keep = Keep.LARGEST
    progress(0.0, "finding separate pieces")
    mask = seg.mask
    pieces = find_pieces(seg, mask)
    listing = describe_pieces(seg, pieces, part(progress, 0.4, 0.9))
    stays = np.ones(len(pieces), bool)
    if seed_mm is not None:
        stays &= np.arange(len(pieces)) == _piece_at(seg, pieces, seed_mm)
    if seeds_mm is not None:
        wanted = [_piece_at(seg, pieces, seeds_mm[k : k + 3]) for k in range(0, len(seeds_mm), 3)]
        stays &= np.isin(np.arange(len(pieces)), wanted)
    if min_volume_mm3 is not None:
        stays &= pieces.voxels * seg.labels.voxel_volume_mm3 >= min_volume_mm3
    if keep is Keep.LARGEST or keep_count is not None:
        stays &= np.cumsum(stays) <= (keep_count or 1)
    if not stays.any():
        largest = float(pieces.voxels[0]) * seg.labels.voxel_volume_mm3
        raise GeometryError(
            f"No piece would be left: the largest of {len(pieces)} has {largest:.4g} mm3. Ask for a smaller volume."
        )
    for number, row in enumerate(listing["listed"]):
        row["kept"] = bool(stays[number])
    progress(0.95, "dropping pieces")
    result = seg if stays.all() else seg.with_mask(_mask_of(pieces, stays))
    dropped_ml = float(pieces.voxels[~stays].sum()) * seg.labels.voxel_volume_mm3 / 1000.0
    details: dict[str, Any] = {
        "pieces": listing,
        "kept_count": int(stays.sum()),
        "dropped_count": int((~stays).sum()),
        "dropped_ml": dropped_ml,
        "clipped": [face.to_dict() for face in result.clipped],
    }
    progress(1.0, "pieces chosen")
    return result, Receipt(
        operation="islands",
        parameters={
            "keep": keep,
            "keep_count": keep_count,
            "min_volume_mm3": min_volume_mm3,
            "seed_mm": seed_mm,
            "seeds_mm": seeds_mm,
        },
        seconds=watch.seconds,
        before=measure_labels(seg.labels, len(pieces)),
        after=measure_labels(result.labels, int(stays.sum())),
        notes=(f"{int((~stays).sum())} of {len(pieces)} pieces dropped, {dropped_ml:.2f} ml.",),
        details=details,
    )


def _mask_of(pieces: Pieces, stays: npt.NDArray[np.bool_]) -> Mask:
    mask = np.zeros(pieces.labels.shape, bool)
    mask.ravel()[pieces.flat[stays[pieces.number - 1]]] = True
    return mask


def _piece_at(seg: Segmentation, pieces: Pieces, seed_mm: tuple[float, ...]) -> int:
    """Number of the piece at a point, or the nearest within reach."""
    spacing = np.array(seg.spacing_kji)
    at = seg.labels.to_ijk(np.array([seed_mm]))[0, ::-1]
    reach = np.ceil(SEED_REACH_MM / spacing).astype(int) + 1
    low = np.maximum(np.floor(at).astype(int) - reach, 0)
    high = np.minimum(np.ceil(at).astype(int) + reach + 1, pieces.labels.shape)
    best, number = np.inf, -1
    if (high > low).all():
        box = pieces.labels[tuple(slice(int(a), int(b)) for a, b in zip(low, high, strict=True))]
        where = np.argwhere(box)
        if len(where):
            distance = np.linalg.norm((where + low - at) * spacing, axis=1)
            best, number = float(distance.min()), int(box[tuple(where[int(np.argmin(distance))])]) - 1
    if best > SEED_REACH_MM:
        place = ", ".join(f"{x:.1f}" for x in seed_mm)
        raise GeometryError(
            f"The seed point ({place}) mm lies more than {SEED_REACH_MM:g} mm off the structure. Place it inside the "
            "piece that shall stay; points are LPS, as in DICOM."
        )
    return number
