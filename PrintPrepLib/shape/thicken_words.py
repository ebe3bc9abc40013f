"""What thickening says in words, in its receipt."""

from __future__ import annotations

import numpy as np

from ..mesh import FloatArray
from .account import Account, Left
from .growth import Direction
from .rounds import State
from .walls import Walls

RELIABLE_VOXELS = 2.0
"""A scan does not show the thickness of walls below so many voxels."""


def words_of(
    account: Account,
    state: State,
    left: tuple[Left, ...],
    limit: float,
    direction: Direction,
    voxel_mm: float | None,
    before: Walls,
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Notes and warnings of the receipt."""
    notes = [
        f"{account.thin_area_before_cm2:.3g} cm2 ({account.thin_percent_before:.3g} % of the surface) were thinner "
        f"than {limit:g} mm; now {account.thin_area_after_cm2:.3g} cm2 ({account.thin_percent_after:.2g} %) are. Sharp "
        f"edges beside which the wall is thick enough are counted apart: {account.sharp_edges_after_cm2:.3g} cm2.",
        f"{account.unmoved_share:.1%} of the vertices did not move.",
    ]
    warnings = []
    if direction is not Direction.BOTH and state.equal:
        notes.append(
            f"At {state.equal / state.grown:.0%} of the thin places both sides are equally open, so neither is the "
            "outer one: both were moved there."
        )
    if left:
        thinnest = min(left, key=lambda place: place.thickness_mm)
        x, y, z = thinnest.at_mm
        warnings.append(
            f"{account.left_total} places stay below {limit:g} mm, the thinnest {thinnest.thickness_mm:.2f} mm at "
            f"({x:.1f}, {y:.1f}, {z:.1f}): {thinnest.reason}."
        )
    if state.crossings:
        warnings.append(f"{state.crossings} triangles cross others. Repair the model before printing.")
    elif state.contacts:
        warnings.append(f"{state.contacts} triangles touch others without crossing them: see the command check.")
    if voxel_mm is not None:
        shown = RELIABLE_VOXELS * voxel_mm
        if before.thinnest_mm < shown:
            notes.append(
                f"Walls below {shown:.2g} mm (two voxels) are not measured reliably by the scan: their true thickness "
                "may be less or more than the model's."
            )
        if limit < shown:
            notes.append(f"The limit of {limit:g} mm itself is below two voxels ({shown:.2g} mm).")
    return tuple(notes), tuple(warnings)


def spread_out(places: list[FloatArray], limit: float) -> FloatArray:
    """One place for each cube of four limits, at most as many as a receipt lists."""
    every = np.concatenate(places) if places else np.empty((0, 3))
    if not len(every):
        return every
    _, first = np.unique(np.floor(every / (4.0 * limit)).astype(np.int64), axis=0, return_index=True)
    return every[np.sort(first)[:200]]
