"""What the step says in its receipt: lists as plain values, and the same in words."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np

from .build import Built, Request
from .ends import facts_of
from .measured import WITHIN_MM

UNMOVED_MM = 0.01
"""The lumen counts as unmoved up to this deviation: ten times less than printers resolve."""
LEAN_DEG = 5.0
"""An end that leans by more against the vessel's own wall is warned of: it may be visibly oblique."""
NOTABLE_SHARE = 0.99
"""Share of the wall that must be as asked for, else it is warned of."""


def details_of(built: Built, request: Request, process: str, least_mm: float) -> dict[str, Any]:
    """Lists and figures of the receipt."""
    separate = [meeting for meeting in built.meetings if meeting.separate]
    forks = [meeting for meeting in built.meetings if not meeting.separate]
    points = np.concatenate([built.outer.vertices, built.inner.vertices])
    out: dict[str, Any] = {
        "not_anatomy": "the wall: its inner surface is the lumen that was given, its outer surface is made",
        "wall": built.measures.to_dict(),
        "wanted_mm": [round(built.thickness.low, 4), round(built.thickness.high, 4)],
        "elsewhere": [asdict(place) for place in built.places],
        "elsewhere_total": built.places_total,
        "lumen": asdict(built.proof),
        "ends": [fact for end, ring in zip(built.ends, built.rings, strict=True)
                 for fact in facts_of(end, points, ring, built.inner)],
        "ends_left_closed": [asdict(end) for end in built.left_closed],
        "fused": [meeting.to_dict() | {"walls_are_one": one}
                  for meeting, one in zip(separate, built.bridged, strict=True)],
        "forks": [meeting.to_dict() for meeting in forks],
        "voids_left_out": [{"at_mm": list(place), "volume_mm3": round(volume, 2)} for place, volume in built.voids_mm3],
        "cell_mm": request.cell_mm,
        "process": process,
        "process_least_wall_mm": least_mm,
    }  # fmt: skip
    if request.flange is not None:
        out["flange"] = asdict(request.flange)
    if built.diameters is not None:
        found = built.diameters.diameter_mm
        out["lumen_diameter_mm"] = {
            "min": round(float(found.min()), 3),
            "median": round(float(np.median(found)), 3),
            "max": round(float(found.max()), 3),
        }
        out["thickness_slope"] = round(built.thickness.slope, 4)
    return out


def words_of(
    built: Built, request: Request, details: dict[str, Any], asked_ends: int | None
) -> tuple[list[str], list[str]]:
    """Notes and warnings of the receipt that has these details."""
    wall, proof = built.measures, built.proof
    low, high = built.thickness.low, built.thickness.high
    wanted = f"{low:g} mm" if high - low < 1e-9 else f"{low:.2f} to {high:.2f} mm by the local diameter"
    notes = [
        f"Wall asked for: {wanted}. Measured from the lumen outward: {wall.min_mm:.3f} mm at the thinnest place, 1 % "
        f"{wall.p01_mm:.3f}, middle {wall.median_mm:.3f}, 99 % {wall.p99_mm:.3f}; {wall.within_share:.2%} of it lie "
        f"within {WITHIN_MM:g} mm of what was asked for.",
        f"The lumen did not move: {proof.same_share:.2%} of its points stand where they stood bit for bit, the others "
        f"({proof.changed_at_ends}) are the edges of opened ends; largest deviation {proof.deviation_max_mm:.4f} mm.",
        "The wall is not anatomy: its thickness was chosen, not measured in the scan.",
    ]
    warnings = []
    if proof.changed_elsewhere or proof.deviation_max_mm > UNMOVED_MM:
        notes.pop(1)
        warnings.append(
            f"The lumen changed: {proof.changed_elsewhere} points away from open ends, by up to "
            f"{proof.deviation_max_mm:.4f} mm."
        )
    _end_words(built, asked_ends, notes, warnings)
    for end in details["ends"]:
        if end["off_square_deg"] is None:
            notes.append(f"Whether the end at {_at(end['at_mm'])} is square to its wall could not be measured.")
        elif end["off_square_deg"] > LEAN_DEG:
            warnings.append(
                f"The end at {_at(end['at_mm'])} was cut square to the vessel's middle line, but its wall there leans "
                f"by {end['off_square_deg']:.0f} degrees against the cut: the vessel widens on one side, or is rough. "
                "Look at this end."
            )
    _meeting_words(built, request, notes, warnings)
    if wall.within_share < NOTABLE_SHARE and built.places:
        worst = built.places[0]
        warnings.append(
            f"At {1.0 - wall.within_share:.1%} of the lumen the wall differs from what was asked for by more than "
            f"{WITHIN_MM:g} mm, in {built.places_total} places; the largest ({worst.area_mm2:.3g} mm2, "
            f"{worst.least_mm:.2f} to {worst.most_mm:.2f} mm) at {_at(worst.at_mm)}: {worst.reason}."
        )
    if built.voids_mm3:
        place, volume = built.voids_mm3[0]
        warnings.append(
            f"{len(built.voids_mm3)} closed voids within the lumen were left out, since they would be loose lumps in "
            f"it (the first at {_at(place)}, {volume:.3g} mm3). Fill them in the segmentation if they are no anatomy."
        )
    return notes, warnings


def _end_words(built: Built, asked: int | None, notes: list[str], warnings: list[str]) -> None:
    for end in built.ends:
        notes.extend(
            f"Opened at {_at(axis.point_mm)}: lumen {2.0 * axis.radius_mm:.2f} mm wide, cut flat and square to the "
            f"middle line, {axis.depth_mm:.2f} mm inside its tip."
            for axis in end.axes
        )
        if len(end.axes) > 1:
            notes.append(f"{len(end.axes)} of these ends lie side by side in one wall and were cut in one plane.")
    warnings.extend(
        f"The end at {_at(left.at_mm)}, about {2.0 * left.radius_mm:.1f} mm wide, was left closed: {left.reason}."
        for left in built.left_closed
    )
    made = sum(len(end.axes) for end in built.ends)
    if asked is not None and asked != made:
        warnings.append(f"{asked} open ends were asked for, {made} were made.")
    if not built.ends:
        warnings.append("All ends are closed: name those to open (open_end_mm), or let all be opened (open_ends).")


def _meeting_words(built: Built, request: Request, notes: list[str], warnings: list[str]) -> None:
    separate = [meeting for meeting in built.meetings if meeting.separate]
    forks = [meeting for meeting in built.meetings if not meeting.separate]
    for meeting, one in zip(separate, built.bridged, strict=True):
        where = (
            f"Two stretches of the lumen that are far apart along the vessel come within {meeting.gap_mm:.2f} mm of "
            f"each other at {_at(meeting.place_mm)}"
        )
        if one and request.keep_apart_mm > 0.0:
            warnings.append(f"{where}: too near for two walls and the gap; their walls are one there.")
        elif one:
            warnings.append(
                f"{where}: their walls are one there although the lumens are apart. A thinner wall, or "
                "keep_apart_mm, keeps them apart."
            )
        else:
            notes.append(f"{where}: their walls were kept apart and are thinner there.")
    if forks:
        notes.append(
            f"At {len(forks)} forks or folds the wall fills the corner, where the two sides are nearer than two walls."
        )


def _at(place: Any) -> str:
    return "(" + ", ".join(f"{value:.1f}" for value in place) + ")"
