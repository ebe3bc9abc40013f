"""The step from a segmentation to a surface."""

from __future__ import annotations

from typing import Annotated

from ..mesh import Mesh
from ..parameters import Param
from ..progress import Progress, silent
from ..receipt import Receipt, Stopwatch, measure_labels, measure_mesh
from ..segment.segmentation import Segmentation
from .extract import closed_surface

LABEL_VOLUME_WARNING_PERCENT = 5.0
"""A sub-voxel surface that holds this much more or less than its voxels deserves a look: walls near one voxel."""


def make_surface(
    segmentation: Segmentation,
    *,
    subvoxel: Annotated[
        bool, Param("Place the surface between the voxels from the gray values of the scan, where they are at hand.")
    ] = True,
    progress: Progress = silent,
) -> tuple[Mesh, Receipt]:
    """Make the closed surface of a segmentation.

    Returns
    -------
    Mesh, Receipt
        The surface in LPS millimetres, and the receipt with the volume of the voxels it was made from, and the faces
        of the field of view where it had to be closed with a flat cap.

    Raises
    ------
    GeometryError
        The segmentation is empty.
    """
    watch = Stopwatch()
    from_grey = subvoxel and segmentation.has_iso
    mesh = closed_surface(segmentation.field(), subvoxel=from_grey, name=segmentation.name, progress=progress)
    before = measure_labels(segmentation.labels)
    after = measure_mesh(mesh)
    volume_percent = 100.0 * (after.volume_mm3 - before.volume_mm3) / before.volume_mm3
    clipped = segmentation.clipped
    notes = [
        "Surface placed between the voxels from the gray values of the scan."
        if from_grey
        else "Surface taken half way between voxels of the label map: no gray values were used."
    ]
    warnings = [
        f"The structure is cut off at {face.name} of the scan ({face.area_mm2:.0f} mm2) and was closed there with a "
        "flat cap. The cap is not anatomy."
        for face in clipped
    ]
    if abs(volume_percent) > LABEL_VOLUME_WARNING_PERCENT:
        warnings.append(
            f"The surface holds {volume_percent:+.1f} % compared with counting voxels: many walls are about one voxel "
            "thick. Check thin places against the scan."
        )
    return mesh, Receipt(
        operation="surface",
        parameters={"subvoxel": subvoxel},
        seconds=watch.seconds,
        before=before,
        after=after,
        notes=tuple(notes),
        warnings=tuple(warnings),
        details={
            "extractor": "Flying Edges",
            "from_gray_values": from_grey,
            "volume_percent_of_voxel_count": volume_percent,
            "clipped": [face.to_dict() for face in clipped],
        },
    )
