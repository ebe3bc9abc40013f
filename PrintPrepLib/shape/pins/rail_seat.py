"""A rail found in a seam's outline, put in its place in the patient."""

from __future__ import annotations

import numpy as np

from ..cut.assembly import Seam
from .kinds import Clearance, PinType
from .rail import FLARE_DEG, Rail
from .rail_outline import RailPlace

WIDENING_SHARE = 1.0
"""A dovetail's groove runs out this share of its depth beyond the edge of the face: enough where the part widens above
its face by 45 degrees or less."""


def rail_at(
    seam: Seam,
    place: RailPlace,
    *,
    kind: PinType,
    width_mm: float,
    height_mm: float,
    clearance: Clearance,
    foot_below: bool = True,
    taper_deg: float = 0.0,
    flare_deg: float = FLARE_DEG,
) -> Rail:
    """Build the rail of a place in the local coordinates of the seam's plane.

    ``foot_below`` puts the rib on the part below the seam, its groove into the one above.

    Raises
    ------
    InputError
        The rail cannot be made; the message says why.
    """
    sign = 1.0 if foot_below else -1.0
    ends = np.array([[*place.start_mm, -sign * seam.kerf_mm / 2.0], [*place.end_mm, -sign * seam.kerf_mm / 2.0]])
    start, end = seam.plane.to_world(ends).tolist()
    x, y, z = (sign * np.array(seam.plane.normal)).tolist()
    slides = kind is PinType.DOVETAIL
    depth = height_mm + clearance.along_mm
    return Rail(
        kind=kind,
        start_mm=(start[0], start[1], start[2]),
        end_mm=(end[0], end[1], end[2]),
        axis=(x, y, z),
        width_mm=width_mm,
        height_mm=height_mm,
        clearance=clearance,
        kerf_mm=seam.kerf_mm,
        taper_deg=0.0 if slides else taper_deg,
        flare_deg=flare_deg,
        run_out_mm=place.run_out_mm + WIDENING_SHARE * depth if slides else 0.0,
    )
