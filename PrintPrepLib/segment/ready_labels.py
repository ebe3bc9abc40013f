"""A segmentation from a ready label map."""

from __future__ import annotations

from typing import Annotated

import numpy as np

from ..errors import GeometryError, InputError
from ..parameters import Param
from ..progress import Progress, silent
from ..receipt import Receipt, Stopwatch, measure_labels
from ..volume import LabelMap, Volume
from .segmentation import Segmentation, from_mask

NAMES_LISTED = 20
"""Labels named in an error message."""


def from_label_map(
    labels: LabelMap,
    *,
    label: Annotated[str | None, Param("Name or number of the label; all labels together when left out.")] = None,
    grey: Volume | None = None,
    progress: Progress = silent,
) -> tuple[Segmentation, Receipt]:
    """Take one label, or all together, of a label map that was made elsewhere.

    The surface follows the label, not the image: where the two differ, somebody decided so. The image, if it lies on
    the same grid, is carried along for the review of contrast; on another grid it is left out and the receipt says so.

    Raises
    ------
    InputError
        No such label.
    GeometryError
        The label, or the whole map, is empty.
    """
    watch = Stopwatch()
    progress(0.0, "reading the label map")
    notes: list[str] = []
    number = None if label is None else _number_of(labels, label)
    mask = labels.mask(number)
    name = "structure" if number is None else labels.names.get(number, f"label {number}")
    if not mask.any():
        raise GeometryError(f"'{name}' holds no voxel. {_labels_there(labels)}")
    result = from_mask(mask, labels, name=name, keep_grey=False)
    if grey is not None and grey.same_grid(labels):
        with_grey = from_mask(mask, grey, name=name)
        result = Segmentation(result.labels, with_grey.grey, at_border=result.at_border)
    elif grey is not None:
        notes.append(
            "The label map lies on another grid than the scan: its own grid is used, the scan's grey values are not."
        )
    notes.append("The surface follows the label map, voxel by voxel; no grey values place it between the voxels.")
    warnings = tuple(
        f"The label map ends inside the structure at {face.name} ({face.area_mm2 / 100:.1f} cm2): it is cut there."
        for face in result.clipped
    )
    progress(1.0, "label map read")
    return result, Receipt(
        operation="from label map",
        parameters={"label": label},
        seconds=watch.seconds,
        before=None,
        after=measure_labels(result.labels),
        notes=tuple(notes),
        warnings=warnings,
        details={
            "label": number,
            "name": name,
            "volume_ml": result.volume_ml,
            "grey_used_for_surface": False,
            "clipped": [face.to_dict() for face in result.clipped],
        },
    )


def _number_of(labels: LabelMap, label: str | int) -> int:
    if isinstance(label, int):
        number: int | None = label
    else:
        wanted = label.strip().lower()
        number = next((n for n, name in labels.names.items() if name.lower() == wanted), None)
        if number is None and wanted.lstrip("+-").isdigit():
            number = int(wanted)
    if number is None or number == 0:
        raise InputError(f"The label map has no label '{label}'. {_labels_there(labels)}")
    return number


def _labels_there(labels: LabelMap) -> str:
    there = [int(n) for n in np.unique(labels.array) if n != 0]
    if not there:
        return "The label map is empty altogether: was it saved before the segmentation was applied?"
    words = [f"{n} ({labels.names[n]})" if n in labels.names else str(n) for n in there[:NAMES_LISTED]]
    more = f" and {len(there) - NAMES_LISTED} more" if len(there) > NAMES_LISTED else ""
    return f"It holds the labels {', '.join(words)}{more}."
