"""The step ``mirror``: a mirror image, which everything that leaves the program calls by that name."""

from __future__ import annotations

import re
from enum import Enum
from typing import Annotated, Any

import numpy as np

from ...errors import GeometryError, InputError
from ...export.model_part import MIRRORED
from ...mesh import FloatArray, Mesh, six_fold_volumes
from ...parameters import Param
from ...progress import Progress, part, silent
from ...receipt import Receipt, Stopwatch, measure_mesh
from ...topology import face_parts
from ..cut.solid import solid_of
from .fit import GOOD_PERCENT, Symmetry, fit_symmetry
from .reflect import Plane, reflected

OVERLAP_MM = 0.01
"""A half and its mirror image are cut so far beyond the plane, so that they have volume in common and become one."""
DUST_MM3 = 0.05
"""Pieces of a halved model below this that touch the plane are its shavings, a third of a millimeter wide."""
AT_PLANE_MM = 1e-3
"""A piece that comes this near to the plane was cut off by it; others are the model's own and stay, however small."""
Shavings = list[dict[str, Any]]
"""Pieces that were left out: volume, mm3 (of a hollow below zero), and place, LPS mm."""
_SIDE = re.compile(r"\b(left|right|sinister|dexter|links|rechts)\b", re.IGNORECASE)


class MirrorSide(Enum):
    """What of the model is mirrored; left and right are the patient's."""

    WHOLE = "whole"
    LEFT = "left"
    RIGHT = "right"


def mirror(
    mesh: Mesh,
    *,
    plane: Annotated[
        tuple[float, ...] | None, Param("Plane to mirror about: a point and its normal, LPS.", unit="mm", length=6)
    ] = None,
    fit: Annotated[bool, Param("Find the plane that the model is symmetric to, and mirror about that.")] = False,
    side: Annotated[
        MirrorSide,
        Param("Mirror the whole model, or only the sound side of it, left or right of the patient, onto the other."),
    ] = MirrorSide.WHOLE,
    both: Annotated[bool, Param("Join the sound side with its mirror image; needs a side.")] = False,
    progress: Progress = silent,
) -> tuple[Mesh, Receipt]:
    """Make a mirror image: of the whole model, or of its sound side, to plan what the injured side should be.

    The faces are turned so that they look outward again, and MIRRORED is forced into the names of model and files, the
    header of an STL, the facts of a 3MF, the record and the report. The same again about the same plane gives the
    model back bit for bit (see :mod:`~PrintPrepLib.shape.mirror.reflect`).

    Parameters
    ----------
    mesh : Mesh
        LPS mm; closed where only a side is mirrored.

    Returns
    -------
    mesh : Mesh
        The mirror image, where the plane puts it.
    receipt : Receipt
        ``details["matrix"]`` (4, 4) from the coordinates before to those after, ``details["plane"]``,
        ``details["symmetry"]`` with the residual where the plane was found.

    Raises
    ------
    InputError
        Neither or both of plane and fit, ``both`` without a side, or a normal without length.
    GeometryError
        The model is empty, not symmetric enough for ``fit``, or has nothing on that side of the plane.
    """
    watch = Stopwatch()
    asked: dict[str, Any] = {"plane": plane, "fit": fit, "side": side, "both": both}
    if mesh.is_empty:
        raise GeometryError(f"The model '{mesh.name}' is empty: there is nothing to mirror.")
    if (plane is None) == (not fit):
        raise InputError(
            "Say about which plane: give --plane PX,PY,PZ,NX,NY,NZ (a point and a direction, LPS mm), or --fit for the "
            "plane of symmetry; one of them."
        )
    if both and side is MirrorSide.WHOLE:
        raise InputError("To join the sound side with its mirror image, say which side is sound: --side left or right.")
    symmetry = fit_symmetry(mesh, progress=part(progress, 0.0, 0.5)) if plane is None else None
    chosen = Plane.of(plane) if plane is not None else _of(symmetry)
    progress(0.5, "Mirroring")
    out, shavings = _made(mesh, chosen, side, both, part(progress, 0.5, 0.9))
    out = out.with_name(mirrored_name(mesh.name) if side is MirrorSide.WHOLE else _marked(mesh.name))
    notes, warnings = _words(mesh, chosen, symmetry, side, both)
    if shavings:
        notes += (
            f"{len(shavings)} shavings that the plane cut off, of {DUST_MM3:g} mm3 at most, were left out; they are "
            "listed.",
        )
    details = {
        "matrix": np.eye(4) if both else chosen.matrix,
        "matrix_words": "from the coordinates before to those after (LPS mm); a reflection",
        "plane": [*chosen.point, *chosen.normal],
        "symmetry": None if symmetry is None else symmetry.to_dict(),
        "mirrors": "both" if both else side.value,
        "left_out": shavings,
    }
    progress(1.0, "Mirrored")
    return out, Receipt(
        "mirror", asked, watch.seconds, measure_mesh(mesh), measure_mesh(out), None, notes, warnings, details
    )


def carried(mesh: Mesh, receipt: Receipt) -> Mesh:
    """Carry another surface to where the mirror image lies; it stays where a side was joined with its image."""
    if receipt.details["mirrors"] == "both":
        return mesh
    values = tuple(receipt.details["plane"])
    point, normal = values[:3], values[3:]
    return reflected(mesh, Plane((point[0], point[1], point[2]), (normal[0], normal[1], normal[2])))


def mirrored_name(name: str) -> str:
    """Return a name with MIRRORED in it, or without where it was: twice mirrored is not mirrored."""
    words = name.split()
    if MIRRORED in words:
        return " ".join(word for word in words if word != MIRRORED) or "model"
    return _marked(name)


def _marked(name: str) -> str:
    return name if MIRRORED in name.split() else f"{name} {MIRRORED}"


def _of(symmetry: Symmetry | None) -> Plane:
    assert symmetry is not None
    return symmetry.plane


def _made(mesh: Mesh, plane: Plane, side: MirrorSide, both: bool, progress: Progress) -> tuple[Mesh, Shavings]:
    if side is MirrorSide.WHOLE:
        return reflected(mesh, plane), []
    toward_left = plane.normal[0] > 0.0  # +x is the patient's left
    sign = 1.0 if toward_left == (side is MirrorSide.LEFT) else -1.0
    if abs(plane.normal[0]) < np.sqrt(0.5):
        raise InputError(
            "The plane does not part left from right: its normal must point more to a side than to front or top. "
            "Mirror the whole model, or give another plane."
        )
    normal = sign * np.asarray(plane.normal)
    offset = sign * plane.offset_mm - (OVERLAP_MM if both else 0.0)
    solid = solid_of(mesh, part(progress, 0.0, 0.6)).manifold
    half = Mesh.from_manifold(solid.trim_by_plane(normal.tolist(), offset), mesh.name)
    if half.is_empty:
        raise GeometryError(f"There is nothing of the model {side.value} of the plane. Look at the plane and the side.")
    half, shavings = _without_dust(half, normal, offset)
    image = reflected(half, plane)
    if not both:
        return image, shavings
    return Mesh.from_manifold(half.to_manifold() + image.to_manifold(), mesh.name), shavings


def _without_dust(half: Mesh, normal: FloatArray, offset: float) -> tuple[Mesh, Shavings]:
    """Leave out what the plane shaved off: pieces so small that no printer makes them, and hollows as small."""
    parts, of_face = face_parts(half)
    volume = np.bincount(of_face, weights=six_fold_volumes(half.vertices, half.faces), minlength=parts) / 6.0
    height = np.full(parts, np.inf)
    np.minimum.at(height, of_face, np.abs(half.triangles @ normal - offset).min(axis=1))
    dust = (np.abs(volume) < DUST_MM3) & (height <= AT_PLANE_MM)
    if not dust.any() or dust.all():
        return half, []
    middle = half.triangles.mean(axis=1)
    rows: Shavings = [
        {"volume_mm3": float(volume[one]), "at_mm": middle[of_face == one].mean(axis=0).tolist()}
        for one in np.flatnonzero(dust).tolist()
    ]
    return half.submesh(~dust[of_face]), rows


def _words(
    mesh: Mesh, plane: Plane, symmetry: Symmetry | None, side: MirrorSide, both: bool
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    place = ", ".join(f"{value:.2f}" for value in plane.point)
    normal = ", ".join(f"{value:.4f}" for value in plane.normal)
    notes = [f"Mirrored about the plane through ({place}) with the normal ({normal})."]
    told = f" of the patient's {side.value} side" if side is not MirrorSide.WHOLE else ""
    where = ""
    if both:
        where = ", joined with that side: the other side is not what the scan shows"
    elif told:
        where = ", lying on the other side: it is not what the scan shows there"
    warnings = [f"This is a MIRROR IMAGE{told}{where}."]
    if symmetry is not None:
        worst = ", ".join(f"{value:.1f}" for value in symmetry.worst_at_mm)
        notes.append(
            f"The plane of symmetry lies {symmetry.tilt_deg:.1f} degrees from the patient's sagittal plane. "
            f"{symmetry.fits_percent:.0f} % of the surface lie within {symmetry.near_mm:.1f} mm of its mirror image, "
            f"half of it within {symmetry.median_mm:.2f} mm, 90 % within {symmetry.p90_mm:.2f} mm; farthest, "
            f"{symmetry.max_mm:.1f} mm, at ({worst})."
        )
        if symmetry.fits_percent < GOOD_PERCENT:
            warnings.append(
                f"Only {symmetry.fits_percent:.0f} % of the surface fit the mirror image: the plane is not sure. Look "
                "at it, or give one."
            )
    said = _SIDE.search(mesh.name)
    if said and side is MirrorSide.WHOLE:
        warnings.append(
            f"The name '{mesh.name}' says {said[0].lower()}: the mirror image has the shape of the opposite side."
        )
    return tuple(notes), tuple(warnings)
