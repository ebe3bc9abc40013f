"""Inner cuts shifted a little, with the later cuts left where they are, so that no part fits only just."""

from __future__ import annotations

from dataclasses import replace

from ..cut.plane import CutPlane
from .descent import Branch, Descent, scored
from .piece import Piece

SHIFTS = (-0.05, -0.015, 0.015, 0.05)
"""Shifts tried along a cut's normal, as shares of the longest usable side: 2 to 12 mm on common printers."""


def eased(search: Descent, branch: Branch) -> Branch:
    """Shift each cut that others follow to where it and the parts cost least; the first cut before the later ones."""
    if branch.plane is None or all(child.plane is None for child in (*branch.below, *branch.above)):
        return branch
    best = branch
    for share in SHIFTS:
        search.progress(0.93, "Refining the first cuts")
        plane = branch.plane.moved(share * float(branch.piece.setting.usable_mm.max()))
        other = _again(search, branch, branch.piece, plane, best.cost)
        if other is not None and other.cost < best.cost:
            best = other
    below, above = (tuple(eased(search, child) for child in side) for side in (best.below, best.above))
    return replace(best, below=below, above=above)


def _again(search: Descent, branch: Branch, piece: Piece, plane: CutPlane | None, most: float) -> Branch | None:
    """Carry out the cuts of a branch on another piece; None where a part no longer fits, or it costs ``most``."""
    if branch.plane is None or plane is None:
        return Branch(piece) if piece.fits else None
    sides, old = search.halves(piece, plane), (branch.below, branch.above)
    if any(len(pieces) != len(before) for pieces, before in zip(sides, old, strict=True)):
        return None
    volumes = [sum(one.volume_mm3 for one in pieces) for pieces in sides]
    score = scored(piece, plane, volumes, sum(one.bodies for pieces in sides for one in pieces))
    if score.protected_mm is not None and score.protected_mm < piece.setting.keep_mm:
        return None
    cost, made = score.cost, []
    for pieces, before in zip(sides, old, strict=True):
        children: list[Branch] = []
        for child, one in zip(before, pieces, strict=True):
            again = _again(search, child, one, child.plane, most - cost) if cost < most else None
            if again is None:
                return None
            cost += again.cost
            children.append(again)
        made.append(tuple(children))
    return Branch(piece, plane, score, made[0], made[1])
