"""Does the surface show skin? A face is a likeness: who knows the person knows the model, without any name."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import map_coordinates

from ..finding import Finding, Severity
from ..mesh import FloatArray, Mesh
from ..volume import Volume

CODE = "face-or-skin"
AIR_HU, TISSUE_HU = -500.0, -300.0
"""Outside the skin is air (-1000), inside is fat (-120 to -70) or water-like tissue; between -500 and -300 lies the
middle of that edge, blurred by the voxels."""
DENSEST_HU = 250.0
"""Under skin lie fat and muscle; what is denser one step in (bone, contrast) is no skin, or so thin that it does not
matter."""
INSIDE_MM = 3.0
OUTSIDE_MM = (3.0, 10.0, 20.0)
"""Air in all of these distances: nose, sinuses and windpipe are narrower, the room round a person is not."""
SKIN_CM2 = 50.0
"""Area from which on skin is warned of. Ours, and on the careful side: a square of 7 cm, far less than a face."""
SAMPLES = 20_000
"""Triangles that are asked, drawn by their area: an area of 50 of 2000 cm2 is then known within 5 %."""
_LIMITS = (
    "The test looks for soft tissue under open air. It does not tell a face from other skin, sees nothing where the "
    "scan ends at the surface, and a skull can be given a face, too."
)
_HEAD = ("HEAD", "SKULL", "FACE", "NECK", "JAW", "ORBIT", "BRAIN", "SINUS", "EAR", "MAXILLA", "MANDIBLE")


def skin_finding(volume: Volume, mesh: Mesh, *, hounsfield: bool) -> Finding:
    """Measure how much of a surface has soft tissue inside and open air outside.

    Parameters
    ----------
    volume : Volume
        The scan.
    mesh : Mesh
        The model, faces outward, in the same space.
    hounsfield : bool
        Whether the scan's values are Hounsfield units; without them the test is not run.

    Returns
    -------
    Finding
        ``face-or-skin``: a warning with the area from :data:`SKIN_CM2` on, with a place on it.
    """
    if not hounsfield:
        return Finding(
            CODE, Severity.NOT_RUN,
            "Whether the model shows a face or other skin was not measured: the scan is not in Hounsfield units. Look "
            "at the pictures; a face is a likeness even without a name.",
        )  # fmt: skip
    if mesh.is_empty:
        return Finding(CODE, Severity.NOT_RUN, "There is no surface to be looked at for skin.")
    areas = mesh.face_areas_mm2()
    chosen = np.random.default_rng(0).choice(len(areas), SAMPLES, p=areas / areas.sum())
    centers = mesh.triangles[chosen].mean(axis=1)
    outward = mesh.face_normals()[chosen]
    inside = _values(volume, centers - INSIDE_MM * outward)
    skin = (inside > TISSUE_HU) & (inside < DENSEST_HU)
    for number, distance in enumerate(OUTSIDE_MM):
        value = _values(volume, centers + distance * outward)
        skin &= (value < AIR_HU) | (np.isnan(value) & (number > 0))  # nan: beyond the scan, where nothing is in the way
    area_cm2 = float(areas.sum()) * float(skin.mean()) / 100.0
    share = f"{area_cm2:.0f} cm2 of the surface are skin ({skin.mean():.0%})"
    if area_cm2 < SKIN_CM2:
        message = f"No face: {share if area_cm2 >= 1 else 'no part of the surface is skin'}. {_LIMITS}"
        return Finding(CODE, Severity.PASS, message, round(area_cm2, 1), SKIN_CM2, "cm2")
    part = str(volume.source.facts.get("body_part", "")).upper()
    head = " The scan is of the head." if any(word in part for word in _HEAD) else ""
    place = centers[skin][len(centers[skin]) // 2]
    return Finding(
        CODE, Severity.WARN,
        f"{share}: the model may show a face, or other skin by which a person is known.{head} {_LIMITS}",
        round(area_cm2, 1), SKIN_CM2, "cm2", (float(place[0]), float(place[1]), float(place[2])),
        "Treat model, pictures and prints like a photograph of the patient, or cut the face off.",
    )  # fmt: skip


def _values(volume: Volume, points: FloatArray) -> FloatArray:
    """Values of the scan at LPS points, linear between voxels; nan outside."""
    ijk = volume.to_ijk(points)
    values = map_coordinates(
        volume.array, ijk[:, ::-1].T, output=np.float64, order=1, mode="constant", cval=np.nan, prefilter=False
    )
    return np.asarray(values)
