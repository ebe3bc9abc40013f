"""Iterative deepening with a beam: the fewest cuts after which every piece fits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from ...mesh import FloatArray
from ...progress import Progress
from ..cut.plane import CutPlane
from .candidates import Candidate, Table, is_tilted
from .piece import Piece, divided
from .plan import Rejected
from .protect import distances_mm
from .score import CutScore, cost_terms, tightness
from .section import Surface, inscribed_radius, outline, sections, shrunk, span_mm

if TYPE_CHECKING:
    import manifold3d

BEAM = (8, 4, 2)
"""Planes carried out on a piece at the first, second and every further level of the search."""
PER_NUMBER = 40
"""Planes carried out for one number of cuts; beyond that the first way found is taken, and nothing more is guessed."""
GUESSES = (5, 2, 1)
"""Of these, planes that the bank does not vouch for: most of them fail, and only after a long search below."""
ENOUGH = 4
"""Solutions compared at a level before the best is taken."""
POLISHED = 6
"""Planes carried out near the best one found."""
MOST_REJECTED = 40
"""Cuts given up that are kept for the account."""


@dataclass(frozen=True, eq=False)
class Branch:
    """A piece and the cut that divides it; ``cut`` is None where the piece is a finished part."""

    piece: Piece
    plane: CutPlane | None = None
    score: CutScore | None = None
    below: tuple[Branch, ...] = ()
    above: tuple[Branch, ...] = ()

    @property
    def cost(self) -> float:
        """Of this cut and all that follow; a finished part costs by how tightly it fits."""
        if self.score is None:
            return tightness(self.piece.slack_mm, self.piece.setting.spare_mm)
        return self.score.cost + sum(child.cost for child in (*self.below, *self.above))

    @property
    def cuts(self) -> int:
        """Number of cuts."""
        return (self.plane is not None) + sum(child.cuts for child in (*self.below, *self.above))


@dataclass
class Account:
    """What the search did and what stood in its way."""

    carried_out: int = 0
    rejected: list[Rejected] = field(default_factory=list)
    in_the_way: dict[int, int] = field(default_factory=dict)
    limited: bool = False

    def limit_words(self) -> str:
        """Say that the search stopped at its limit of work, where it did."""
        return (
            f" The search stopped at its limit of {PER_NUMBER} planes for each number of cuts." if self.limited else ""
        )

    def reject(self, plane: CutPlane, reason: str) -> None:
        """Note a cut given up."""
        if len(self.rejected) < MOST_REJECTED:
            self.rejected.append(Rejected(plane, reason))

    def block(self, place: int) -> None:
        """Note that a protected place stood in the way."""
        self.in_the_way[place] = self.in_the_way.get(place, 0) + 1


class Descent:
    """The search over one model."""

    def __init__(self, progress: Progress) -> None:
        self.account = Account()
        self.progress = progress
        self.stop_at = PER_NUMBER
        self.numbers, self.cuts = -1, 0
        self._tables: dict[int, tuple[Piece, Table]] = {}
        self._cut: dict[tuple[int, CutPlane], tuple[Piece, tuple[Piece, ...], tuple[Piece, ...]]] = {}
        self._solved: dict[tuple[int, int], Branch | None] = {}

    def more(self, cuts: int) -> None:
        """Allow as many planes again: the next number of cuts is tried."""
        self.numbers += 1
        self.cuts = cuts
        self.stop_at = self.account.carried_out + PER_NUMBER

    @property
    def planes_seen(self) -> int:
        """Planes looked at."""
        return sum(table.planes_seen for _, table in self._tables.values())

    def table(self, piece: Piece) -> Table:
        """Planes of a piece, looked at once."""
        key = id(piece)
        if key not in self._tables:
            self._tables[key] = (piece, Table(piece))  # the piece is held, so that its id stays its own
        return self._tables[key][1]

    def solve(self, piece: Piece, cuts: int, level: int = 0) -> Branch | None:
        """Divide a piece with at most so many cuts, or None where none was found."""
        if piece.fits:
            return Branch(piece)
        if cuts < max(1, piece.least_cuts):
            return None
        key = (id(piece), cuts)
        if key not in self._solved:
            self._solved[key] = self._solve(piece, cuts, level)
        return self._solved[key]

    def fewest(self, pieces: tuple[Piece, ...], budget: int, level: int) -> tuple[Branch, ...] | None:
        """Divide each piece with as few cuts as it takes, together not more than the budget."""
        out = []
        for number, piece in enumerate(pieces):
            rest = sum(other.least_cuts for other in pieces[number + 1 :])
            branch = None
            for cuts in range(piece.least_cuts, budget - rest + 1):
                branch = self.solve(piece, cuts, level)
                if branch is not None:
                    break
            if branch is None:
                return None
            out.append(branch)
            budget -= branch.cuts
        return tuple(out)

    def _say(self) -> None:
        """Report how far the search is: half of what is left for each number of cuts."""
        used = 1.0 - (self.stop_at - self.account.carried_out) / PER_NUMBER
        text = f"Looking for the best {self.cuts} cuts" if self.cuts > 1 else "Looking for the best cut"
        self.progress(0.9 * (1.0 - 0.5 ** (max(self.numbers, 0) + min(max(used, 0.0), 1.0))), text)

    def polish(self, branch: Branch) -> Branch:
        """Turn and shift the last cuts a little where that makes them better."""
        if branch.plane is None:
            return branch
        below, above = (tuple(self.polish(child) for child in side) for side in (branch.below, branch.above))
        branch = replace(branch, below=below, above=above)
        if branch.plane is None or any(child.plane is not None for child in (*below, *above)):
            return branch
        near = self.table(branch.piece).candidates(1, np.array(branch.plane.normal))
        for candidate in [one for one in near if one.place < 0][:POLISHED]:
            self.progress(0.97, "Refining the last cuts")
            other = self._carry_out(branch.piece, candidate, 1, 0)
            if other is not None and other.cost < branch.cost:
                branch = other
        return branch

    def _solve(self, piece: Piece, cuts: int, level: int) -> Branch | None:
        best, found, done, guesses = None, 0, 0, 0
        for candidate in self.table(piece).candidates(cuts):
            if candidate.place >= 0:
                self.account.block(candidate.place)
                continue
            if done == BEAM[min(level, len(BEAM) - 1)] or found == ENOUGH:
                break
            spent = self.account.carried_out >= self.stop_at
            if spent and (best is not None or not candidate.sure):
                self.account.limited = True
                break
            if not candidate.sure:
                guesses += 1
                if guesses > GUESSES[min(level, len(GUESSES) - 1)]:
                    continue
            self._say()
            done += 1
            branch = self._carry_out(piece, candidate, cuts, level)
            if branch is None:
                continue
            found += 1
            if best is None or (branch.cuts, branch.cost) < (best.cuts, best.cost):
                best = branch
        return best

    def halves(self, piece: Piece, plane: CutPlane) -> tuple[tuple[Piece, ...], tuple[Piece, ...]]:
        """Pieces below and above a plane, cut once."""
        key = (id(piece), plane)
        if key not in self._cut:
            self._cut[key] = (piece, *divided(piece, plane))  # the piece is held, so that its id stays its own
            self.account.carried_out += 1
        return self._cut[key][1:]

    def _carry_out(self, piece: Piece, candidate: Candidate, cuts: int, level: int) -> Branch | None:
        plane = candidate.plane
        below, above = self.halves(piece, plane)
        if not below or not above:
            self.account.reject(plane, "it only grazes the piece")
            return None
        unfit = [one for one in (*below, *above) if not one.fits]
        needed = sum(one.least_cuts for one in unfit)
        if needed > cuts - 1:
            worst = max(one.excess_mm for one in unfit)
            self.account.reject(plane, f"a piece would still be {worst:.1f} mm too long")
            return None
        volumes = [sum(one.volume_mm3 for one in side) for side in (below, above)]
        score = scored(piece, plane, volumes, sum(one.bodies for one in (*below, *above)))
        if score.protected_mm is not None and score.protected_mm < piece.setting.keep_mm:
            self.account.reject(plane, f"{-score.protected_mm:.1f} mm too near to a protected place")
            self.account.block(_nearest_place(piece, plane))
            return None
        lower, upper = self.fewest(below, cuts - 1, level + 1), None
        if lower is not None:
            upper = self.fewest(above, cuts - 1 - sum(one.cuts for one in lower), level + 1)
        if lower is None or upper is None:
            self.account.reject(plane, f"what it leaves was not solved with {cuts - 1} more")
            return None
        return Branch(piece, plane, score, lower, upper)


def scored(piece: Piece, plane: CutPlane, volumes: Sequence[float], bodies: int) -> CutScore:
    """Measure a cut that was carried out: volumes of both sides, and bodies on both together."""
    setting = piece.setting
    shape = outline(piece.solid, plane)
    area, perimeter = float(shape.area()), _perimeter(shape)
    loops = shape.decompose()
    thickness = 2.0 * area / perimeter if perimeter > 0.0 else 0.0
    radius = inscribed_radius(shape)
    room = shrunk(shape, setting.pin_room_mm)
    loose = max(0, bodies - piece.bodies - 1)
    grazing = _grazing(piece, plane)
    terms = cost_terms(
        area_mm2=area,
        thickness_mm=thickness,
        inscribed_mm=radius,
        outlines=len(loops),
        grazing=grazing,
        smaller_share=min(volumes) / setting.model_mm3,
        loose=loose,
        tilted=float(is_tilted(np.array(plane.normal))),
        pin_room_mm=setting.pin_room_mm,
        model_mm3=setting.model_mm3,
    )
    protected = None
    if setting.protect is not None:
        protected = float(distances_mm(setting.protect, plane, shape).min(initial=np.inf))
    return CutScore(
        area, perimeter, len(loops), thickness, radius, setting.pin_room_mm, span_mm(room), grazing,
        min(volumes) / setting.model_mm3, loose, protected,
        tuple((name, float(value)) for name, value in terms.items()),
    )  # fmt: skip


def _nearest_place(piece: Piece, plane: CutPlane) -> int:
    if piece.setting.protect is None:
        return -1
    return int(distances_mm(piece.setting.protect, plane, outline(piece.solid, plane)).argmin())


def _grazing(piece: Piece, plane: CutPlane) -> float:
    normal = np.array(plane.normal)
    at = float(normal @ np.array(plane.point_mm))
    faces = piece.surface.faces
    above = (piece.surface.vertices @ normal >= at)[faces]
    met = faces[above.any(axis=1) & ~above.all(axis=1)]  # the rest of the surface has no say
    return float(sections(Surface(piece.surface.vertices, met), normal, np.array([at])).grazing[0]) if len(met) else 0.0


def _perimeter(shape: manifold3d.CrossSection) -> float:
    total = 0.0
    for loop in shape.to_polygons():
        points: FloatArray = np.asarray(loop)
        total += float(np.linalg.norm(np.roll(points, -1, axis=0) - points, axis=1).sum())
    return total
