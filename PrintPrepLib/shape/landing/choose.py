"""Which lengths get landing blocks, and on which of their ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...analysis.jaws import Landing, landing_of
from ...analysis.lengths import CaliperKind, CaliperPair, Length, landmark, lengths_of
from ...errors import InputError
from ...mesh import FloatArray, Mesh
from .measured import rest_level

PAIR_NUMBERS = 3
"""Coordinates of one end."""
HOLLOW_MM = 1.0
"""A jaw that comes to rest so far above a place does not measure it: the place lies in a hollow. Ours."""


@dataclass(frozen=True, eq=False)
class Wanted:
    """A length, whether each of its ends needs a block, and how far above the other ends a jaw comes to rest, mm.

    ``asked``: a person named it.
    """

    length: Length
    needs: tuple[bool, bool]
    rest_mm: tuple[float, float]
    asked: bool

    def end(self, number: int) -> tuple[FloatArray, FloatArray]:
        """Place of an end and the direction outward from it."""
        length = self.length
        return (length.from_mm, -length.along) if number == 0 else (length.to_mm, length.along)


def pairs_of(from_mm: Sequence[float] | None, to_mm: Sequence[float] | None) -> tuple[CaliperPair, ...]:
    """Put numbers one after the other into pairs of places.

    Raises
    ------
    InputError
        They are not three for each end, or there are more ends of one kind.
    """
    ends = [np.array(given or (), np.float64) for given in (from_mm, to_mm)]
    if any(len(end) % PAIR_NUMBERS for end in ends) or len(ends[0]) != len(ends[1]):
        raise InputError(
            "A length needs two places of three numbers each, --from X,Y,Z --to X,Y,Z; got "
            f"{len(ends[0])} and {len(ends[1])} numbers."
        )
    rows = np.hstack([end.reshape(-1, PAIR_NUMBERS) for end in ends]).tolist()
    return tuple(
        CaliperPair(f"Length {number}", (row[0], row[1], row[2]), (row[3], row[4], row[5]))
        for number, row in enumerate(rows, 1)
    )


def wanted_of(mesh: Mesh, pairs: Sequence[CaliperPair], automatic: bool) -> list[Wanted]:
    """Lengths that people name first, then those that the caliper table chooses by itself.

    Raises
    ------
    InputError
        A place of a pair lies off the model.
    """
    asked = [landmark(mesh, pair) for pair in pairs]
    chosen = lengths_of(mesh) if automatic else []
    out = []
    for number, length in enumerate([*asked, *chosen]):
        ends = ((length.from_mm, -length.along), (length.to_mm, length.along))
        needs, rests = [], []
        for (at, outward), area in zip(ends, length.jaw_mm2, strict=True):
            rests.append(0.0 if area is None else rest_level(mesh, at, outward))
            needs.append(area is not None and (landing_of(area) is not Landing.BROAD or rests[-1] > HOLLOW_MM))
        out.append(Wanted(length, (needs[0], needs[1]), (rests[0], rests[1]), number < len(asked)))
    return out


def is_flat(length: Length) -> bool:
    """Whether the first jaw lies flat on three points, so that its place is the middle of them and in the air."""
    return length.kind is CaliperKind.LEAST_WIDTH
