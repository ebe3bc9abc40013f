"""What is said about small features, in the receipt."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from .edit import Edited, Way
from .find import Kind

SAID = 12
"""So many features are told in words; the receipt's details list more."""
GONE_SHARE = 0.98
"""A feature is gone where so much of its middle is."""
NEARLY_SHARE = 0.97
"""A feature has the limit where it measures this share of it: what chords and corners take away."""
_PLURAL = {Kind.SPIKE: "spikes or whiskers", Kind.SLIT: "slits", Kind.HOLE: "holes"}
_DONE = {Way.REMOVE: "cut off", Way.THICKEN: "thickened", Way.CLOSE: "closed", Way.WIDEN: "widened"}


def words_of(
    details: Mapping[str, Any],
    edits: Sequence[Edited],
    limits: Mapping[Kind, float],
    bodies: tuple[int, int],
    cavities: tuple[int, int],
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Notes and warnings of the receipt."""
    notes, warnings = [], []
    for kind in Kind:
        if limits[kind] > 0.0:
            count = details["counts"][kind.value]
            notes.append(
                f"{count or 'No'} {_PLURAL[kind]} below {limits[kind]:g} mm "
                f"({details['limits_from'][kind.value]}); {details['changed'][kind.value]} changed."
            )
    for one in edits[:SAID]:
        feature = one.feature
        x, y, z = feature.at_mm
        text = (
            f"{feature.kind.value.capitalize()}: {feature.size_mm:.2f} mm, {feature.length_mm:.1f} mm long, "
            f"{feature.location} at ({x:.1f}, {y:.1f}, {z:.1f})"
        )
        if one.done:
            text += f"; {_DONE[one.way]}"
            text += f", now {one.size_after_mm:.2f} mm" if one.size_after_mm is not None else ""
        notes.append(text + (f"; left: {one.reason}" if one.reason else "") + ".")
    if len(edits) > SAID:
        notes.append(f"and {len(edits) - SAID} smaller ones: see the receipt's details.")
    asked = [one for one in edits if one.way is not Way.LIST]
    left = Counter(one.reason or "a ball of the least size reaches all of it" for one in asked if not one.done)
    if left:
        said = "; ".join(f"{count}: {reason}" for reason, count in left.most_common())
        warnings.append(f"{sum(left.values())} features were left as they are. {said}.")
    failed = [one for one in asked if one.done and not _came_about(one)]
    if failed:
        one = failed[0]
        x, y, z = one.feature.at_mm
        warnings.append(
            f"{len(failed)} of them did not wholly become what was asked, such as the {one.feature.kind.value} at "
            f"({x:.1f}, {y:.1f}, {z:.1f}): {_why(one)}. Features side by side can stand in each other's way; "
            "list what is left with details once more."
        )
    if details["crumbs"]:
        notes.append(
            f"{details['crumbs']} crumbs and specks of air beside what was changed, below the least size, went as well."
        )
    if bodies[1] > bodies[0]:
        warnings.append(f"The model came apart: {bodies[0]} bodies before, {bodies[1]} now.")
    if cavities[1] > cavities[0]:
        warnings.append(
            f"{cavities[1] - cavities[0]} closed cavities came about where slits or holes were closed: resin or powder "
            "stays in them. Make the model solid, or leave them open."
        )
    return tuple(notes), tuple(warnings)


def _came_about(one: Edited) -> bool:
    if one.way in (Way.REMOVE, Way.CLOSE):
        return (one.gone_share or 0.0) + one.filled_share >= GONE_SHARE
    return (one.size_after_mm or 0.0) >= NEARLY_SHARE * one.feature.limit_mm


def _why(one: Edited) -> str:
    if one.way in (Way.REMOVE, Way.CLOSE):
        return f"{1.0 - (one.gone_share or 0.0):.0%} of it are left"
    return f"it measures {one.size_after_mm:.2f} mm"
