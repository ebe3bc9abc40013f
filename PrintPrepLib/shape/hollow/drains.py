"""Where drains go: low, hidden, off protected places, through the thinnest wall, with a free way in and out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ...field import Function
from ...mesh import FloatArray
from ...spatial.index import SurfaceIndex
from ...spatial.sampling import area_samples
from .cavity import Cavity
from .drill import SIDES, Bore

PLACES, LEAST_PLACES = 3000, 60
"""Places looked at in all, shared by the cavities' surfaces, and at least in each cavity."""
SKY = 32
"""Directions in which the sky is looked for from a place."""
LOOKED_FROM = 0.01
"""Nobody looks from below the level (sine of the angle): the face that a model stands on is hidden."""
HIDDEN_WEIGHT = 0.6
"""How much being hidden counts beside being low: a place in full view must be 0.6 of the height lower."""
DEPTHS = (0.25, 0.5, 1.0, 2.0, 3.0)
"""Depths under the inner side of the wall, in radii, at which the hollow must be as wide as the drain."""
SLOPE = 1.0
"""Within a drain the outer surface may rise and fall by so many radii: 45 degrees."""
BEYOND_SHARE = 0.25
"""A drain is cut this share of its radius beyond the highest point of its rim."""
CLEAR_DIAMETERS, CLEAR_LEAST_MM = 1.0, 3.0
"""Free way in front of a drain: its diameter, and never less than what a finger of a brush or a nozzle needs."""
STEPS = 9
"""Points along each line through the wall at which it is looked whether the hollow ends once."""
WALL_SLACK = 1.1
"""A place farther from the outer surface than so many walls lies on a rib or bar, not on the wall."""
APART_SHARE, APART_DIAMETERS = 0.35, 3.0
"""A further drain is this share of the cavity's extent from the others; where there is no room, three diameters."""
TRIED = 240
"""Places, a radius apart, at which drilling is looked at in a cavity before it counts as not drainable."""
AT_ONCE = 12

Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Place:
    """A place for a drain: its bore, where its axis leaves the outer surface, and how it was judged."""

    bore: Bore
    at_mm: FloatArray
    wall_mm: float
    height_mm: float
    open_share: float
    score: float


@dataclass(frozen=True, eq=False)
class Survey:
    """Places of a cavity, the best first: from the hollow (k, 3) to the outer surface, direction, length, judgment."""

    start: FloatArray
    out: FloatArray
    axis: FloatArray
    wall_mm: FloatArray
    score: FloatArray
    height_mm: FloatArray
    open_share: FloatArray
    extent_mm: float

    def place(self, row: int, bore: Bore) -> Place:
        """Return one of them with its bore."""
        return Place(
            bore,
            self.out[row],
            float(self.wall_mm[row]),
            float(self.height_mm[row]),
            float(self.open_share[row]),
            float(self.score[row]),
        )


@dataclass(frozen=True, eq=False)
class Chooser:
    """What decides about places.

    Attributes
    ----------
    hollow : callable
        Positive in the hollows.
    index : SurfaceIndex
        Of the outer surface.
    up : (3,)
        Unit direction that points up when the model stands or is printed.
    protected : callable
        Tells which points of the outer surface are protected, (k, 3) to (k,) bool.
    """

    hollow: Function
    index: SurfaceIndex
    wall_mm: float
    up: FloatArray
    radius_mm: float
    protected: Callable[[FloatArray], Bools]

    def survey(self, cavity: Cavity, share: float) -> Survey:
        """Look at places all over a cavity, the best first; ``share`` is its share of all cavities' surface."""
        start, out, axis, wall = self._through(area_samples(cavity.surface, max(LEAST_PLACES, int(PLACES * share))))
        score, height, sky = self._judge(out, axis)
        order = np.argsort(score, kind="stable")
        return Survey(
            start[order], out[order], axis[order], wall[order], score[order], height[order], sky[order],
            cavity.extent_mm,
        )  # fmt: skip

    def places(self, survey: Survey, apart_from: list[FloatArray]) -> Iterator[Place]:
        """Usable places of a cavity, the best first, far from others."""
        for apart in (max(APART_SHARE * survey.extent_mm, self._least_apart), self._least_apart):
            left = _thinned(survey.out, np.flatnonzero(_far(survey.out, apart_from, apart)), self.radius_mm)
            for first in range(0, len(left), AT_ONCE):
                rows = left[first : first + AT_ONCE]
                for row, bore in zip(rows, self.bores(survey.start[rows], survey.axis[rows]), strict=True):
                    if bore is not None:
                        yield survey.place(row, bore)
            if not apart_from:
                return

    def by_hand(self, point: FloatArray, cavity: Cavity) -> Place | None:
        """Return the place nearest to a point that was given; None where no drain can go there."""
        from ...spatial import index_of

        found = index_of(cavity.surface).closest(point[None])
        start, out, axis, wall = self._through(found.points, strict=False)
        bore = self.bores(start, axis)[0] if len(start) else None
        if bore is None:
            return None
        return Survey(start, out, axis, wall, *self._judge(out, axis), 0.0).place(0, bore)

    @property
    def _least_apart(self) -> float:
        return APART_DIAMETERS * 2.0 * self.radius_mm

    def _through(
        self, points: FloatArray, strict: bool = True
    ) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
        """From the inner side of the wall to the nearest point of the outer one: start, end, direction, length."""
        found = self.index.closest(points)
        keep = found.distance_mm <= WALL_SLACK * self.wall_mm
        start, out, length = points[keep], found.points[keep], found.distance_mm[keep]
        axis = (out - start) / length[:, None]
        if not strict or not len(start):
            return start, out, axis, length
        free = ~self._touches_protected(out, axis)
        return start[free], out[free], axis[free], length[free]

    def _touches_protected(self, out: FloatArray, axis: FloatArray) -> Bools:
        """Whether the middle of a drain or its rim lies in a protected place, (k,)."""
        disc = _disc(self.radius_mm)
        first, second = _across_many(axis)
        rim = out[:, None] + disc[None, :, 0, None] * first[:, None] + disc[None, :, 1, None] * second[:, None]
        return np.asarray(self.protected(rim.reshape(-1, 3)).reshape(len(out), len(disc)).any(axis=1))

    def _judge(self, out: FloatArray, axis: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Score (low is good), height over the model's lowest point, share of the sky seen."""
        mesh = self.index.mesh
        level = mesh.vertices @ self.up
        low, high = float(level.min()), float(level.max())
        height = out @ self.up - low
        rays = _sphere(SKY)
        toward = np.where((axis @ rays.T)[..., None] >= 0.0, rays, -rays)
        begin = np.repeat(out + 1e-3 * self.wall_mm * axis, SKY, axis=0)
        hit, _ = self.index.first_hit(begin, toward.reshape(-1, 3), high - low + 1.0)
        seen = np.isinf(hit).reshape(-1, SKY) & (toward @ self.up > LOOKED_FROM)
        sky = seen.mean(axis=1)
        turned_up = 0.5 * (1.0 + axis @ self.up)
        score = height / max(high - low, 1e-9) + HIDDEN_WEIGHT * 0.5 * (sky + turned_up)
        return score, height, sky

    def bores(self, start: FloatArray, axis: FloatArray) -> list[Bore | None]:
        """Drills for places (k, 3) on the inner side of the wall; None where one would not come out clean."""
        radius = self.radius_mm / np.cos(np.pi / SIDES)
        disc = _disc(radius)
        count, many = len(start), len(disc)
        first, second = _across_many(axis)
        ring = disc[None, :, 0, None] * first[:, None] + disc[None, :, 1, None] * second[:, None]
        depth = np.full(count, np.nan)
        for share in DEPTHS:
            open_yet = np.flatnonzero(np.isnan(depth))
            at = start[open_yet, None] - share * self.radius_mm * axis[open_yet, None] + ring[open_yet]
            free = self.hollow(at.reshape(-1, 3)).reshape(len(open_yet), many).min(axis=1) > 0.0
            depth[open_yet[free]] = share * self.radius_mm
        known = np.flatnonzero(~np.isnan(depth))
        out: list[Bore | None] = [None] * count
        if not len(known):
            return out
        begin = (start[known] - depth[known, None] * axis[known])[:, None] + ring[known]
        along = np.repeat(axis[known][:, None], many, axis=1)
        hit, _ = self.index.first_hit(begin.reshape(-1, 3), along.reshape(-1, 3))
        hit = hit.reshape(-1, many)
        most = depth[known] + self.wall_mm + SLOPE * self.radius_mm
        good = (hit <= most[:, None]).all(axis=1)
        known, begin, along, hit = known[good], begin[good], along[good], hit[good]
        good = self._ends_once(begin, along, hit) & self._way_out(begin, along, hit)
        for row, length in zip(known[good], hit[good].max(axis=1), strict=True):
            out[row] = Bore(
                start[row] - depth[row] * axis[row],
                axis[row],
                self.radius_mm,
                float(length) + BEYOND_SHARE * self.radius_mm,
            )
        return out

    def _ends_once(self, begin: FloatArray, along: FloatArray, hit: FloatArray) -> Bools:
        if not len(begin):
            return np.zeros(0, bool)
        share = np.linspace(0.0, 1.0, STEPS + 1)[:-1]
        at = begin[:, :, None] + (hit[:, :, None] * share)[..., None] * along[:, :, None]
        inside = (self.hollow(at.reshape(-1, 3)) > 0.0).reshape(*hit.shape, STEPS)
        return np.asarray(((inside[..., 1:] <= inside[..., :-1]).all(axis=2) & ~inside[..., -1]).all(axis=1))

    def _way_out(self, begin: FloatArray, along: FloatArray, hit: FloatArray) -> Bools:
        if not len(begin):
            return np.zeros(0, bool)
        clear = max(CLEAR_DIAMETERS * 2.0 * self.radius_mm, CLEAR_LEAST_MM)
        skip = 1e-4 * self.wall_mm
        at = begin + (hit + skip)[..., None] * along
        further, _ = self.index.first_hit(at.reshape(-1, 3), along.reshape(-1, 3))
        need = clear + hit.max(axis=1, keepdims=True) - hit
        return np.asarray((further.reshape(hit.shape) >= need).all(axis=1))


def _thinned(points: FloatArray, rows: npt.NDArray[np.int64], apart: float) -> npt.NDArray[np.int64]:
    """Keep the first rows whose points lie apart: where a drain does not fit, none fits right beside."""
    kept: list[int] = []
    left = np.ones(len(rows), bool)
    while left.any() and len(kept) < TRIED:
        row = int(rows[int(left.argmax())])
        kept.append(row)
        left &= np.linalg.norm(points[rows] - points[row], axis=1) >= apart
    return np.array(kept, np.int64)


def _far(points: FloatArray, others: list[FloatArray], apart: float) -> Bools:
    out = np.ones(len(points), bool)
    for other in others:
        out &= np.linalg.norm(points - other, axis=1) >= apart
    return out


def _disc(radius: float) -> FloatArray:
    """Middle, half-way ring and rim of a disc, (k, 2)."""
    rings = [np.zeros((1, 2))]
    for part, count in ((0.5, 8), (1.0, 24)):
        angle = 2.0 * np.pi * np.arange(count) / count
        rings.append(part * radius * np.stack([np.cos(angle), np.sin(angle)], axis=1))
    return np.concatenate(rings)


def _sphere(count: int) -> FloatArray:
    """Evenly spread directions (Fibonacci), (k, 3)."""
    number = np.arange(count) + 0.5
    z = 1.0 - 2.0 * number / count
    turn = np.pi * (1.0 + 5.0**0.5) * number
    return np.stack([np.sqrt(1.0 - z * z) * np.cos(turn), np.sqrt(1.0 - z * z) * np.sin(turn), z], axis=1)


def _across_many(axis: FloatArray) -> tuple[FloatArray, FloatArray]:
    side = np.zeros_like(axis)
    side[np.arange(len(axis)), np.abs(axis).argmin(axis=1)] = 1.0
    first = np.cross(side, axis)
    first /= np.linalg.norm(first, axis=1, keepdims=True)
    return first, np.cross(axis, first)
