"""What is said about small features, in the receipt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...receipt import MeshMeasures
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
    before: MeshMeasures,
    after: MeshMeasures,
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
    failed = [one for one in edits if one.way is not Way.LIST and not _came_about(one)]
    if failed:
        one = failed[0]
        x, y, z = one.feature.at_mm
        warnings.append(
            f"{len(failed)} of them did not become what was asked, such as the {one.feature.kind.value} at "
            f"({x:.1f}, {y:.1f}, {z:.1f}): {_why(one)}."
        )
    if after.parts > before.parts:
        warnings.append(f"The model came apart: {before.parts} pieces before, {after.parts} now.")
    if details["new_crossing_triangles"]:
        warnings.append(f"{details['new_crossing_triangles']} triangles cross others. Repair the model before printing.")
    return tuple(notes), tuple(warnings)


def _came_about(one: Edited) -> bool:
    if not one.done:
        return False
    if one.way in (Way.REMOVE, Way.CLOSE):
        return (one.gone_share or 0.0) >= GONE_SHARE
    return (one.size_after_mm or 0.0) >= NEARLY_SHARE * one.feature.limit_mm


def _why(one: Edited) -> str:
    if not one.done:
        return one.reason or "nothing of it lies beyond what the printer makes"
    if one.way in (Way.REMOVE, Way.CLOSE):
        return f"{1.0 - (one.gone_share or 0.0):.0%} of it are left"
    return f"it measures {one.size_after_mm:.2f} mm"
