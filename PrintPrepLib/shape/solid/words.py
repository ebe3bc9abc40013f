"""What making solid says in words, in its receipt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...receipt import MeshMeasures

SAID = 12
"""So many holes are told in words; the receipt's details list all."""
NARROWED_MM = 0.005
"""Less is told as no change: it is below the digits of the width."""
STANDS_OUT_MM = 0.1
"""A plug that stands out less is level with the surface: that is about the finest layer of a print."""


def words_of(
    details: Mapping[str, Any], intent: str, widest: float, before: MeshMeasures, after: MeshMeasures
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Notes and warnings of the receipt."""
    closed = [plug for plug in details["closed"] if plug["closed"]]
    notes, warnings = [], []
    if details["closed_total"]:
        notes.append(
            f"{details['closed_total']} round openings up to {widest:g} mm were closed with "
            f"{details['added_by_plugs_ml']:.3g} ml; no plug reaches farther than "
            f"{details['farthest_from_source_mm']:.2f} mm from the source surface."
        )
        notes += [
            f"Closed: {plug['diameter_mm']:.2f} mm, {plug['area_mm2']:.2f} mm2 at {_at(plug)}, "
            f"{plug['added_ml']:.2g} ml, {plug['farthest_from_source_mm']:.2f} mm from the source."
            for plug in closed[:SAID]
        ]
        if details["closed_total"] > SAID:
            notes.append(f"and {details['closed_total'] - SAID} smaller ones: see the receipt's details.")
    else:
        notes.append(f"No round opening up to {widest:g} mm was closed.")
    if details["smallest_seen_mm"]:
        notes.append(f"Openings narrower than about {details['smallest_seen_mm']:.2g} mm were not looked for.")
    notes += _kept(details)
    notes += _filled(details, intent)
    if before.genus is not None and after.genus is not None:
        notes.append(f"Tunnels of the surface, counted by its own triangles: {before.genus} before, {after.genus} now.")
    notes.append(f"{details['unmoved_share']:.1%} of the vertices are exactly where they were.")
    if details["not_closed_total"]:
        first = next(plug for plug in details["closed"] if not plug["closed"])
        warnings.append(
            f"{details['not_closed_total']} openings could not be closed whole, the widest of "
            f"{first['diameter_mm']:.2f} mm at {_at(first)}. Look at them, and close them otherwise where they matter."
        )
    warnings += [
        f"The opening at {_at(one)} was marked to stay open, but lies inside of what was filled: no ball of "
        f"{widest:g} mm comes there from outside. Leave the way to it open, too, or only close holes."
        for one in details["marked_but_filled"][:SAID]
    ]
    warnings += [
        f"{len(row)} of the closed holes follow one another along a line, from {_place(row[0])} to {_place(row[-1])}: "
        "they may be one fracture or suture with bridges across it. If so, keep them open: mark them with keep_at_mm."
        for row in details["in_rows"][:SAID]
    ]
    standing = [plug for plug in closed if plug["stands_out_mm"] > STANDS_OUT_MM]
    if standing:
        worst = max(standing, key=lambda plug: plug["stands_out_mm"])
        warnings.append(
            f"{len(standing)} plugs stand out of the surface that goes on from their rims by more than "
            f"{STANDS_OUT_MM:g} mm, most by {worst['stands_out_mm']:.2f} mm at {_at(worst)}. Look at them; leave_at_mm "
            "leaves openings as they were."
        )
    new = details["cavities_left_total"] - details["cavities_before"]
    if new > 0:
        cavity = details["cavities_left"][0]
        warnings.append(
            f"{new} closed cavities came about where holes were closed; the largest of all holds "
            f"{cavity['volume_ml']:.3g} ml at {_at(cavity)}. Resin or powder stays in them: fill the inside, or leave "
            "a hole open."
        )
    narrowed = [gap for gap in details["gaps"] if gap["most_narrowed_mm"] > NARROWED_MM]
    if narrowed:
        worst = max(narrowed, key=lambda gap: gap["most_narrowed_mm"])
        warnings.append(
            f"{len(narrowed)} openings that stay open became narrower somewhere, most by "
            f"{worst['most_narrowed_mm']:.2f} mm at {_at(worst)}."
        )
    return tuple(notes), tuple(warnings)


def _kept(details: Mapping[str, Any]) -> list[str]:
    if not details["kept_open_total"]:
        return []
    reasons: dict[str, int] = {}
    for one in details["kept_open"]:
        reasons[one["reason"]] = reasons.get(one["reason"], 0) + 1
    said = "; ".join(f"{count} {reason}" for reason, count in reasons.items())
    out = [f"{details['kept_open_total']} openings were not closed: {said}."]
    longest = sorted(details["gaps"], key=lambda gap: -gap["length_mm"])
    out += [
        f"Open: {gap['width_before_mm']:.2f} mm wide, {gap['length_mm']:.1f} mm long at {_at(gap)}; now "
        f"{gap['width_after_mm']:.2f} mm wide, open over {gap['open_share']:.0%}."
        for gap in longest[:SAID]
    ]
    return out


def _filled(details: Mapping[str, Any], intent: str) -> list[str]:
    if intent == "close-holes":
        return []
    out = []
    if details["filled_total"]:
        largest = details["filled"][0]
        out.append(
            f"{details['filled_ml']:.4g} ml of air that a ball outside does not reach were filled, in "
            f"{details['filled_total']} places; the largest, {largest['volume_ml']:.4g} ml, round {_at(largest)}."
        )
    if details["cavities_total"]:
        largest = details["cavities"][0]
        out.append(
            f"{details['cavities_total']} closed cavities with {details['cavities_ml']:.4g} ml were filled; the "
            f"largest, {largest['volume_ml']:.4g} ml, round {_at(largest)}."
        )
    return out or ["Inside there was nothing to fill: no closed cavity, and no air that the ball does not reach."]


def _place(point: Sequence[float]) -> str:
    return "(" + ", ".join(f"{value:.1f}" for value in point) + ")"


def _at(item: Mapping[str, Any]) -> str:
    return _place(item["at_mm"])
