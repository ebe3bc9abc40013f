"""Planes worth trying on a piece, the best first."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ...mesh import FloatArray
from ..cut.plane import CutPlane
from .bank import BEST_FRAMES, Bank, Side
from .frames import face_normals_of, half_sphere, principal_frame, turned
from .piece import Piece
from .score import cost_terms
from .section import sections

DIRECTIONS = 24
"""Even directions over the half sphere, some 29 degrees apart; the best one found is refined afterwards."""
HULL_DIRECTIONS = 6
"""Normals of the hull's largest faces that are tried."""
SAME_DIRECTION_COS = np.cos(np.radians(0.5))
"""Directions nearer to each other count as one."""
PROMISING = 10
"""Directions whose sections are measured."""
EXACT_LIMITS = 6
"""Directions whose limits are found on the whole surface."""
STRAIGHT = 2
"""Planes along the patient's axes that are tried before all others: the guess of their cost may wrong them."""
PER_DIRECTION = 2
"""Planes kept of each direction."""
INSIDE_SHARE = 1e-4
"""A plane at a limit is moved inward by this share of the usable length, so that rounding does not undo it."""
MAYBE_SHARE = 0.02
"""A side that misses in the bank by less than this share of the usable length may fit once it is turned freely."""
INSCRIBED_GUESS = 0.75
"""Inscribed radius as a share of the thickness 2 A / P, until it is measured: 0.5 for a slab and 1 for a disc."""
DOUBT_COST = 0.5
"""A plane that the bank does not vouch for is tried after those it vouches for, unless it is better by this much."""
LOAD_COST = 0.3
"""The more volumes the sides would fill beyond one each, the later a plane is tried."""


@dataclass(frozen=True)
class Candidate:
    """A plane, its guessed cost, the protected place that it would cut (-1: none); the bank vouches for it if sure."""

    plane: CutPlane
    rank: float
    place: int
    sure: bool


class Table:
    """What the planes of many directions make of a piece."""

    def __init__(self, piece: Piece) -> None:
        self.piece = piece
        self.bank = Bank(piece)
        self.grid_cuts, frame = self.bank.whole()
        self.directions = _directions(piece, frame)
        self.planes_seen = 0

    @cached_property
    def rows(self) -> list[tuple[FloatArray, FloatArray, Side, Side]]:
        """Direction, offsets, and both sides of each plane."""
        return self._rows(self.directions)

    def candidates(self, cuts: int, around: FloatArray | None = None) -> list[Candidate]:
        """Planes after which ``cuts - 1`` more may do, the best first; ``around`` a direction, or in all of them."""
        rows = self.rows if around is None else self._rows(_around(around))
        promising = []
        for row, (_, _, below, above) in enumerate(rows):
            doubt = _rest(below, self._maybe) + _rest(above, self._maybe) + 1 > cuts
            if self._hopeful(below, above, cuts).any():
                load = below.load + above.load
                promising.append((bool(doubt.all()), float(load[self._hopeful(below, above, cuts)].min()), row))
        promising.sort()
        out: list[Candidate] = []
        for place, (_, _, row) in enumerate(promising[:PROMISING]):
            out += self._along(rows[row], cuts, exact=place < EXACT_LIMITS)
        out.sort(key=lambda candidate: candidate.rank)
        straight = [one for one in out if one.place < 0 and not is_tilted(np.array(one.plane.normal))][:STRAIGHT]
        return straight + [one for one in out if one not in straight]

    def _rows(self, directions: FloatArray) -> list[tuple[FloatArray, FloatArray, Side, Side]]:
        out = []
        for direction in directions:
            offsets = self.bank.offsets(direction)
            below, above = self.bank.sides(direction, offsets)
            out.append((direction, offsets, below, above))
            self.planes_seen += len(offsets)
        return out

    @property
    def _maybe(self) -> float:
        return MAYBE_SHARE * float(self.piece.setting.usable_mm.max())

    def _hopeful(self, below: Side, above: Side, cuts: int) -> np.ndarray:
        """Planes that leave little enough, by the load rather than by a grid: what a free orientation may reach."""
        least = np.zeros(len(below.load))
        for side in (below, above):
            least += np.where(side.excess_mm <= self._maybe, 0.0, np.maximum(np.ceil(side.load - 0.05) - 1.0, 1.0))
        out = least + 1 <= cuts
        if cuts == 1 and not out.any():  # a window narrower than the planes' distance
            gap = np.maximum(below.excess_mm, above.excess_mm)
            out[gap.argmin()] = gap.min() < 2.0 * float(self.bank.usable.max()) / 10.0
        return out

    def _along(self, row: tuple[FloatArray, FloatArray, Side, Side], cuts: int, *, exact: bool) -> list[Candidate]:
        direction, offsets, below, above = row
        tried = offsets[self._hopeful(below, above, cuts)]
        step = float(offsets[1] - offsets[0])
        if exact:
            last, first = self._limits(row)
            extra = [last, first, 0.5 * (first + last)] if cuts == 1 else [last, first, *self._even(offsets, cuts)]
            if cuts == 1 and first > last + step:
                extra = []
            inside = [at for at in extra if offsets[0] - 0.5 * step < at < offsets[-1] + 0.5 * step]
            tried = np.unique(np.concatenate([tried, inside]))
            fits_below, fits_above = tried <= last, tried >= first
        else:
            fits_below = np.interp(tried, offsets, below.excess_mm) <= 0.0
            fits_above = np.interp(tried, offsets, above.excess_mm) <= 0.0
        if not len(tried):
            return []
        at = np.searchsorted(offsets, tried - 0.5 * step).clip(0, len(offsets) - 1)
        rest = np.where(fits_below, 0.0, np.maximum(below.needs[at], 1.0))
        rest += np.where(fits_above, 0.0, np.maximum(above.needs[at], 1.0))
        load = np.where(fits_below, 0.0, below.load[at] - 1.0) + np.where(fits_above, 0.0, above.load[at] - 1.0)
        sure = rest + 1.0 <= cuts
        if cuts == 1 and sure.any():
            tried, load, sure = tried[sure], load[sure], sure[sure]
        place = self.piece.zone.blocked(direction, tried)
        rank = self._costs(direction, offsets, tried) + DOUBT_COST * ~sure + LOAD_COST * load
        out = []
        for free in (True, False):
            chosen = np.flatnonzero((place < 0) == free)
            chosen = chosen[np.argsort(rank[chosen], kind="stable")]
            out += [
                Candidate(_plane(direction, float(tried[i])), float(rank[i]), int(place[i]), bool(sure[i]))
                for i in _apart(chosen, tried, step)
            ]
        return out

    def _costs(self, direction: FloatArray, offsets: FloatArray, tried: FloatArray) -> FloatArray:
        """Guessed cost of each plane, (k,)."""
        setting = self.piece.setting
        both = np.concatenate([tried, offsets])
        order = np.argsort(both, kind="stable")
        back = np.empty(len(order), np.int64)
        back[order] = np.arange(len(order))
        measured = sections(self.piece.surface, direction, both[order])
        mine, grid = back[: len(tried)], back[len(tried) :]
        areas = measured.area_mm2[grid]
        volume = np.interp(tried, offsets, (np.cumsum(areas) - 0.5 * areas) * (offsets[1] - offsets[0]))
        smaller = np.minimum(volume, self.piece.volume_mm3 - volume) / setting.model_mm3
        terms = cost_terms(
            area_mm2=measured.area_mm2[mine],
            thickness_mm=measured.thickness_mm[mine],
            inscribed_mm=INSCRIBED_GUESS * measured.thickness_mm[mine],
            outlines=np.asarray(measured.outlines[mine], np.float64),
            grazing=measured.grazing[mine],
            smaller_share=np.maximum(smaller, 0.0),
            loose=0,
            tilted=float(is_tilted(direction)),
            pin_room_mm=setting.pin_room_mm,
            model_mm3=setting.model_mm3,
        )
        return sum(terms.values(), np.zeros(len(tried)))

    def _limits(self, row: tuple[FloatArray, FloatArray, Side, Side]) -> tuple[float, float]:
        """Highest offset at which the side below fits, and lowest at which the side above does, on all points."""
        direction, offsets, below, above = row
        step = float(offsets[1] - offsets[0])
        ends = []
        for side, sign in ((below, 1.0), (above, -1.0)):
            along = offsets if sign > 0.0 else offsets[::-1]
            over = side.excess_mm if sign > 0.0 else side.excess_mm[::-1]
            frame = side.frame if sign > 0.0 else side.frame[::-1]
            first = int(np.argmax(over > 0.0)) if (over > 0.0).any() else len(along) - 1
            numbers = np.unique(frame[max(0, first - BEST_FRAMES // 2) : first + BEST_FRAMES // 2])
            start = float(along[max(0, first - 3)]) - sign * step
            stop = float(along[min(len(along) - 1, first + 2)]) + sign * step
            limit = self.bank.limit(direction, self.bank.frames[numbers], below=sign > 0.0, start=start, stop=stop)
            ends.append(limit - sign * INSIDE_SHARE * float(self.bank.usable.max()))
        return ends[0], ends[1]

    @staticmethod
    def _even(offsets: FloatArray, cuts: int) -> list[float]:
        """Offsets that divide the piece into slices of equal width, one more than there are cuts."""
        step = float(offsets[1] - offsets[0])
        low, high = float(offsets[0]) - 0.5 * step, float(offsets[-1]) + 0.5 * step
        return [low + (high - low) * number / (cuts + 1) for number in range(1, cuts + 1)]


def is_tilted(direction: FloatArray) -> bool:
    """Whether a direction is none of the patient's axes."""
    return bool(np.abs(direction).max() < 1.0 - 1e-9)


def _rest(side: Side, grace_mm: float) -> FloatArray:
    return np.where(side.excess_mm <= grace_mm, 0.0, np.maximum(side.needs, 1.0))


def _plane(direction: FloatArray, offset: float) -> CutPlane:
    x, y, z = (float(value) for value in direction)
    px, py, pz = (float(value) for value in direction * offset)
    return CutPlane((px, py, pz), (x, y, z))


def _apart(rows: np.ndarray, offsets: FloatArray, step: float) -> list[int]:
    kept: list[int] = []
    for row in rows.tolist():
        if all(abs(offsets[row] - offsets[other]) > step for other in kept):
            kept.append(row)
        if len(kept) == PER_DIRECTION:
            break
    return kept


def _directions(piece: Piece, grid: FloatArray) -> FloatArray:
    corners, triangles = piece.hull
    sets = [np.eye(3), grid, principal_frame(corners)]
    if len(triangles):
        sets.append(face_normals_of(corners, triangles)[:HULL_DIRECTIONS])
    sets.append(half_sphere(DIRECTIONS))
    kept: list[FloatArray] = []
    for direction in np.concatenate(sets):
        unit = direction / np.linalg.norm(direction)
        unit = unit * (1.0 if unit[np.abs(unit).argmax()] > 0.0 else -1.0)
        if not kept or np.abs(np.array(kept) @ unit).max() < SAME_DIRECTION_COS:
            kept.append(unit)
    return np.array(kept)


def _around(direction: FloatArray) -> FloatArray:
    """Directions round one: a ring of six at 10 degrees, and one of six at 4."""
    first = np.cross(direction, np.eye(3)[int(np.abs(direction).argmin())])
    first /= np.linalg.norm(first)
    second = np.cross(direction, first)
    angle = np.arange(6) * (np.pi / 3.0)
    axes = np.cos(angle)[:, None] * first + np.sin(angle)[:, None] * second
    rings = [turned(np.radians(tilt) * axes) @ direction for tilt in (10.0, 4.0)]
    return np.concatenate([direction[None], *rings])
