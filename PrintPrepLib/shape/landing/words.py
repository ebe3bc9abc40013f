"""What a receipt says about landing blocks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...analysis.jaws import BROAD_MM2


def words_of(details: Mapping[str, Any], lengths: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Notes and warnings. ``lengths`` is how many were looked at."""
    blocks, refused = details["blocks"], details["refused"]
    if not blocks:
        return (f"All {lengths} lengths end on surface that a caliper can rest on: nothing was added.",), ()
    added = sum(row["added_ml"] for row in blocks)
    notes = [
        f"{len(blocks)} landing blocks were added ({added:.3f} ml). They are not anatomy: they are there for the jaws "
        "of a caliper, and whoever gets the model must be told."
    ]
    for row in blocks:
        x, y, z = row["at_mm"]
        notes.append(
            f"Block {row['number']} at ({x:.1f}, {y:.1f}, {z:.1f}) mm: face {row['side_mm']:.1f} x "
            f"{row['side_mm']:.1f} mm, {row['height_mm']:.1f} mm above the place, {row['sunk_mm']:.1f} mm deep, hides "
            f"{row['covered_mm2']:.0f} mm2 of surface, {row['added_ml']:.3f} ml."
        )
    for row in details["lengths"]:
        on = " and ".join(str(number) for number in row["blocks"] if number is not None)
        notes.append(
            f"'{row['name']}': {row['planned_mm']:.2f} mm planned over block {on}, {row['measured_mm']:.3f} mm "
            f"measured on the result; {row['anatomy_mm']:.2f} mm without."
        )
    warnings = [str(row["words"]) for row in refused]
    warnings += [
        f"A jaw rests on {row['landing_mm2']:.1f} mm2 of block {row['number']} only."
        for row in blocks
        if row["landing_mm2"] < BROAD_MM2
    ]
    return tuple(notes), tuple(warnings)
