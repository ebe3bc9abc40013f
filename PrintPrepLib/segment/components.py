"""The pieces of a segmentation: label, measure, describe."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import ndimage
from scipy.spatial import cKDTree

from ..progress import Progress
from .segmentation import STRUCTURE_CONNECTIVITY, Mask, Segmentation

LISTED = 100
"""Pieces described one by one, largest first; of the rest only number and volume are told."""

SAMPLES = 200
"""Voxels of a piece, evenly thinned, from which the nearest region of the main body is sought."""

COARSE = 50_000
"""Voxels of the main body, evenly thinned, among which it is sought."""

REACH = 8
"""Voxels round the pair found so far in which a nearer pair is sought; more than the gaps the thinning leaves."""

WALK = 20
"""Rounds of that search at most; it ends as soon as nothing nearer is found."""


@dataclass(frozen=True, eq=False)
class Pieces:
    """All separate pieces of a mask, numbered 1..n from the largest.

    Attributes
    ----------
    labels : (k, j, i) int32
        0 background, else the number of the piece.
    flat : (v,) int64
        Flat index of every voxel of the mask.
    number : (v,) int32
        The piece each of these belongs to.
    voxels : (n,) int64
        Size of each piece.
    centers_mm : (n, 3)
        Center of each in LPS.
    """

    labels: npt.NDArray[np.int32]
    flat: npt.NDArray[np.int64]
    number: npt.NDArray[np.int32]
    voxels: npt.NDArray[np.int64]
    centers_mm: npt.NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.voxels)


def find_pieces(seg: Segmentation, mask: Mask, connectivity: Mask = STRUCTURE_CONNECTIVITY) -> Pieces:
    """Label the separate pieces of a mask on the grid of a segmentation, largest first."""
    labels = np.empty(mask.shape, np.int32)
    count = int(ndimage.label(mask, connectivity, output=labels))
    flat = np.flatnonzero(mask)
    label = labels.ravel()[flat]
    voxels = np.bincount(label, minlength=count + 1)[1:]
    centers = np.empty((count, 3))
    for axis, index in enumerate(np.unravel_index(flat, mask.shape)):
        centers[:, 2 - axis] = np.bincount(label, weights=index, minlength=count + 1)[1:] / np.maximum(voxels, 1)
    order = np.argsort(-voxels, kind="stable")
    rank = np.zeros(count + 1, np.int32)
    rank[order + 1] = np.arange(1, count + 1)
    number = rank[label]
    labels.ravel()[flat] = number
    return Pieces(labels, flat, number, voxels[order].astype(np.int64), seg.labels.to_lps(centers[order]))


def describe_pieces(seg: Segmentation, pieces: Pieces, progress: Progress | None = None) -> dict[str, Any]:
    """Return the list of pieces for a receipt: number, volumes, centers, and a voxel of each (``at_mm``).

    A center may lie outside its piece; ``at_mm`` is the center of that voxel of the piece which lies nearest to it.
    With a progress receiver the distance of each piece from the main body is measured as well, between the centers
    of the nearest voxels, right to about a voxel.
    """
    each_mm3 = seg.labels.voxel_volume_mm3
    listed = min(len(pieces), LISTED)
    rows: list[dict[str, Any]] = [
        {
            "volume_mm3": float(pieces.voxels[number]) * each_mm3,
            "center_mm": [round(x, 3) for x in pieces.centers_mm[number].tolist()],
            "at_mm": place,
        }
        for number, place in enumerate(_inside_places(seg, pieces, listed))
    ]
    if progress is not None:
        for row, distance in zip(rows, _distances(seg, pieces, listed, progress), strict=True):
            row["distance_to_main_mm"] = distance
    return {
        "count": len(pieces),
        "total_ml": float(pieces.voxels.sum()) * each_mm3 / 1000.0,
        "listed": rows,
        "not_listed_count": len(pieces) - listed,
        "not_listed_ml": float(pieces.voxels[listed:].sum()) * each_mm3 / 1000.0,
    }


def _inside_places(seg: Segmentation, pieces: Pieces, listed: int) -> list[list[float]]:
    """Return the center of the voxel of each piece that lies nearest to the piece's center, LPS."""
    if listed == 0:
        return []
    wanted = np.flatnonzero(pieces.number <= listed)
    number = pieces.number[wanted] - 1
    index = np.stack(np.unravel_index(pieces.flat[wanted], pieces.labels.shape), axis=1)
    center = seg.labels.to_ijk(pieces.centers_mm[:listed])[:, ::-1]
    squared = (((index - center[number]) * np.array(seg.spacing_kji)) ** 2).sum(axis=1)
    order = np.lexsort((squared, number))
    first = order[np.searchsorted(number[order], np.arange(listed))]
    return [[round(x, 3) for x in place] for place in seg.labels.to_lps(index[first][:, ::-1]).tolist()]


def _distances(seg: Segmentation, pieces: Pieces, listed: int, progress: Progress) -> list[float]:
    """Distance between voxel centers of each piece and the main body, 0 for the main body itself.

    A coarse search over thinned voxels finds the nearest region, a fine one there the nearest voxels.
    """
    result = [0.0] * listed
    if listed < 2:
        return result
    spacing = np.array(seg.spacing_kji)
    shape = pieces.labels.shape
    body = pieces.flat[pieces.number == 1]
    main = np.stack(np.unravel_index(body[:: max(1, len(body) // COARSE)], shape), axis=1)
    tree = cKDTree(main * spacing)
    chosen = np.flatnonzero((pieces.number > 1) & (pieces.number <= listed))
    chosen = chosen[np.argsort(pieces.number[chosen], kind="stable")]
    ends = np.cumsum(np.bincount(pieces.number[chosen], minlength=listed + 1)[2:])
    for number, flat in enumerate(np.split(pieces.flat[chosen], ends[:-1]), start=1):
        progress(number / listed, f"measuring piece {number + 1} of {listed}")
        tried = np.stack(np.unravel_index(flat[:: max(1, len(flat) // SAMPLES)], shape), axis=1)
        found = tree.query(tried * spacing)
        at = int(np.argmin(np.asarray(found[0])))
        result[number] = _refine(pieces, number + 1, tried[at], main[int(np.asarray(found[1])[at])], spacing)
    return result


def _refine(
    pieces: Pieces, number: int, own: npt.NDArray[Any], other: npt.NDArray[Any], spacing: npt.NDArray[np.float64]
) -> float:
    """Walk a pair of voxels, one on the piece and one on the main body, to the nearest pair around."""
    best = float(np.linalg.norm((own - other) * spacing))
    for _ in range(WALK):
        other = _nearest_around(pieces.labels, 1, other, own, spacing)
        own = _nearest_around(pieces.labels, number, own, other, spacing)
        found = float(np.linalg.norm((own - other) * spacing))
        if found >= best:
            break
        best = found
    return best


def _nearest_around(
    labels: npt.NDArray[np.int32],
    number: int,
    around: npt.NDArray[Any],
    target: npt.NDArray[Any],
    spacing: npt.NDArray[np.float64],
) -> npt.NDArray[Any]:
    low = np.maximum(around - REACH, 0)
    box = labels[tuple(slice(int(a), int(b) + REACH + 1) for a, b in zip(low, around, strict=True))]
    where = np.argwhere(box == number) + low
    return np.asarray(where[int(np.argmin((((where - target) * spacing) ** 2).sum(axis=1)))])
