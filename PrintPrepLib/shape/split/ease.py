"""Inner cuts shifted a little, with the later cuts left where they are, so that no part fits only just."""

from __future__ import annotations

from dataclasses import replace

from ..cut.plane import CutPlane
from .descent import Branch, Descent, scored
from .piece import Piece

SHIFTS = (-0.06, -0.03, -0.012, 0.012, 0.03, 0.06)
"""Shifts tried along a cut's normal, as shares of the longest usable side: 1 to 15 mm on common printers."""


def eased(search: Descent, branch: Branch) -> Branch:
    """Shift each cut that others follow to where it and the parts cost least; the first cut before the later ones."""
    if branch.plane is None or all(child.plane is None for child in (*branch.below, *branch.above)):
        return branch
    best = branch
    for share in SHIFTS:
        search.progress(0.93, "Refining the first cuts")
        plane = branch.plane.moved(share * float(branch.piece.setting.usable_mm.max()))
        other = _again(search, branch, branch.piece, plane)
        if other is not None and other.cost < best.cost:
            best = other
    below, above = (tuple(eased(search, child) for child in side) for side in (best.below, best.above))
    return replace(best, below=below, above=above)


def _again(search: Descent, branch: Branch, piece: Piece, plane: CutPlane | None) -> Branch | None:
    """Carry out the cuts of a branch on another piece; None where a part no longer fits."""
    if branch.plane is None or plane is None:
        return Branch(piece) if piece.fits else None
    sides = search.halves(piece, plane)
    if any(len(pieces) != len(old) for pieces, old in zip(sides, (branch.below, branch.above), strict=True)):
        return None
    made: list[tuple[Branch, ...]] = []
    for pieces, old in zip(sides, (branch.below, branch.above), strict=True):
        children = [_again(search, child, one, child.plane) for child, one in zip(old, pieces, strict=True)]
        kept = tuple(child for child in children if child is not None)
        if len(kept) < len(children):
            return None
        made.append(kept)
    volumes = [sum(one.volume_mm3 for one in pieces) for pieces in sides]
    score = scored(piece, plane, volumes, sum(one.bodies for pieces in sides for one in pieces))
    if score.protected_mm is not None and score.protected_mm < piece.setting.keep_mm:
        return None
    return Branch(piece, plane, score, made[0], made[1])
