"""Does the surface follow edges of the scan? What the box of the scan cannot tell: swapped axes, or another case."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import map_coordinates

from ..dicom import read_series
from ..errors import InputError, MissingPackageError
from ..finding import Finding, Severity
from ..mesh import FloatArray, Mesh
from ..progress import Progress, silent
from ..spatial.sampling import area_samples_and_faces
from ..volume import Volume
from .placement import MARGIN_MM
from .source import SourceSeries

SAMPLES = 5000
"""Points on the surface: the mean step of the gray values is known to a few percent of their spread."""

AGREES = 0.5
"""Least agreement of a surface in its place. Bone at a threshold agrees to 0.99 and more in its own scan (phantom,
human head, plastic skull); turned, swapped or in another scan to 0.36 at most."""

MUCH_BETTER = 2.0
"""Swapped axes are named where they agree that much better: a body that is nearly symmetric fits both ways alike."""

_RAS_LPS = np.array([-1.0, -1.0, 1.0])


def edges_finding(mesh: Mesh, source: SourceSeries, progress: Progress = silent) -> Finding:
    """Measure how far the gray values agree on one step across the surface.

    The step is the value one voxel outside less the value one voxel inside. Across the border of a structure it has one
    sign almost everywhere; elsewhere the signs cancel. Agreement is the size of its mean over the mean of its size: 1
    where all signs are alike, near 0 in a wrong place. The same is asked with left and right, front and back swapped.

    Returns
    -------
    Finding
        ``on-edges``: pass; warn where they do not agree (another case, a thick wall round a lumen, a base); fail where
        they agree much better with axes swapped; not run where the voxels cannot be read.
    """
    try:
        volume = read_series(source.series, progress)
    except (InputError, MissingPackageError) as error:
        return Finding("on-edges", Severity.NOT_RUN, f"the voxels cannot be read ({error}).", advice="Look at both.")
    points, faces = area_samples_and_faces(mesh, SAMPLES)
    normals = mesh.face_normals()[faces]
    as_is = _agreement(volume, points, normals)
    swapped = 0.0
    if float(source.outside_mm(points * _RAS_LPS).max(initial=0.0)) <= MARGIN_MM:
        swapped = _agreement(volume, points * _RAS_LPS, normals * _RAS_LPS)
    measured, limit = round(as_is, 3), AGREES
    if swapped > max(AGREES, MUCH_BETTER * as_is):
        return Finding(
            "on-edges",
            Severity.FAIL,
            f"The surface follows the edges of the scan with left and right, front and back swapped (agreement "
            f"{swapped:.2f}), not as it is ({as_is:.2f}): its axes are RAS, not LPS.",
            measured,
            limit,
            advice="Export the model again in LPS, or state its axes in its header (SPACE=RAS).",
        )
    if as_is < AGREES:
        return Finding(
            "on-edges",
            Severity.WARN,
            f"The surface does not follow the edges of the scan (agreement {as_is:.2f} of at most 1).",
            measured,
            limit,
            advice="Is it the right scan? A wall added round a lumen or a mirrored model looks like this, too. "
            "Look at the model over the scan.",
        )
    message = f"The surface follows edges of the scan (agreement {as_is:.2f} of at most 1)."
    return Finding("on-edges", Severity.PASS, message, measured, limit)


def _agreement(volume: Volume, points: FloatArray, normals: FloatArray) -> float:
    reach = float(np.mean(volume.spacing_mm))
    values = []
    for side in (reach, -reach):
        indices = volume.to_ijk(points + side * normals).T[::-1]
        values.append(map_coordinates(volume.array, indices, output=np.float64, order=1, mode="nearest"))
    step = values[0] - values[1]
    size = float(np.abs(step).mean())
    return abs(float(step.mean())) / size if size > 0 else 0.0
