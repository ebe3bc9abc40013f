"""Fill the voids inside a structure."""

from __future__ import annotations

from typing import Annotated

import numpy as np

from ..parameters import Param
from ..progress import Progress, silent
from ..receipt import Receipt, Stopwatch, measure_labels
from .components import describe_pieces, find_pieces
from .segmentation import BACKGROUND_CONNECTIVITY, Segmentation


def fill_cavities(
    seg: Segmentation,
    *,
    max_volume_mm3: Annotated[float | None, Param("Larger voids stay open.", unit="mm3", low=0)] = None,
    progress: Progress = silent,
) -> tuple[Segmentation, Receipt]:
    """Fill voids that no path through the background joins with the outside. Openings, however small, stay open.

    Background voxels are joined by faces and edges, as the surface extractor joins them. A void that the border of the
    scan cuts open counts as outside.

    Returns
    -------
    Segmentation, Receipt
        ``details["cavities"]`` lists all voids, filled or not, with volume and place.
    """
    watch = Stopwatch()
    mask = seg.mask
    progress(0.0, "looking for voids")
    pieces = find_pieces(seg, np.pad(~mask, 1, constant_values=True), BACKGROUND_CONNECTIVITY)
    outside = pieces.labels[0, 0, 0]
    progress(0.6, "filling voids")
    inner = pieces.labels[1:-1, 1:-1, 1:-1]
    voids = find_pieces(seg, (inner != outside) & ~mask, BACKGROUND_CONNECTIVITY)
    fills = np.ones(len(voids), bool)
    if max_volume_mm3 is not None:
        fills = voids.voxels * seg.labels.voxel_volume_mm3 <= max_volume_mm3
    listing = describe_pieces(seg, voids)
    for number, row in enumerate(listing["listed"]):
        row["filled"] = bool(fills[number])
    filled = mask.copy()
    filled.ravel()[voids.flat[fills[voids.number - 1]]] = True
    result = seg.with_mask(filled) if fills.any() else seg
    filled_ml = float(voids.voxels[fills].sum()) * seg.labels.voxel_volume_mm3 / 1000.0
    progress(1.0, "voids filled")
    return result, Receipt(
        operation="fill cavities",
        parameters={"max_volume_mm3": max_volume_mm3},
        seconds=watch.seconds,
        before=measure_labels(seg.labels),
        after=measure_labels(result.labels),
        notes=(f"{int(fills.sum())} of {len(voids)} voids filled, {filled_ml:.3f} ml.",),
        details={"cavities": listing, "filled_count": int(fills.sum()), "filled_ml": filled_ml},
    )
