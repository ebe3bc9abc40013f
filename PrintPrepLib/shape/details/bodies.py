"""The local body of each small feature: what no ball of the least size reaches, or balls along it. Many at once.

A ball of the limit fits where the distance from the surface is its radius or more; all that such balls fill is what
lies within a radius of those places (the opening, and in the air the closing, of mathematical morphology). The rest of
the solid, or of the air, at a feature is its body. Distances are exact; only where they are asked is a grid.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from ...field import Function
from ...mesh import FloatArray, Mesh, concatenate
from ...progress import Progress, silent
from ...spatial import index_of
from ...spatial.threads import in_turn
from .find import Feature, Kind
from .lattice import BLOCK, Lattice, lattice_near, parted

CELLS_ACROSS = 6.0
"""Cells across what the printer can make."""
ROOM_SHARE = 0.6
"""A body reaches this share of the limit from the feature."""
HAIR_SHARE = 0.03
"""Where a spike is cut off or a slit is filled, this share of the limit is left above or below the surface beside."""
FIRMER = 1.02
"""What is thickened or widened is made so much wider than asked: chords of the made surface take a little away."""
NEAR_LIMITS = 1.35
"""Places where a ball of the limit fits are sought this far from a feature: farther ones do not matter to its body,
which reaches ``ROOM_SHARE`` and ends half a limit and a hair from them."""
REACH = 2.0
"""Cells beyond that in which distances are asked of a block's middle: more than from it to its points, and one."""
SURELY_MM_SHARE = 0.02
"""What lies so many limits beyond all balls is surely part of the body, whatever chords take away."""
AT_ONCE = 1_000_000
"""Grid points that are asked at once."""

Bools = npt.NDArray[np.bool_]

_EMPTY = Mesh(np.empty((0, 3)), np.empty((0, 3), np.int32), "")


@dataclass(eq=False)
class Rest:
    """What balls of the limit do not reach at a feature.

    Attributes
    ----------
    bodies : list of Mesh
        It, cut off a little beyond the feature; several that overlap where the feature is long.
    held : bool
        Whether a ball of the limit fits anywhere near.
    middles : (k, 3) float64
        Those middles of the feature that no ball reaches.
    """

    bodies: list[Mesh] = field(default_factory=list)
    held: bool = False
    middles: FloatArray = field(default_factory=lambda: np.empty((0, 3)))


def balls_along(feature: Feature) -> list[Mesh]:
    """Balls of the limit where the measuring balls of a feature rest."""
    radius, cell = 0.5 * FIRMER * feature.limit_mm, feature.limit_mm / CELLS_ACROSS
    out = []
    for places in parted(feature.middles, radius, cell):
        tree = cKDTree(places)
        lattice = lattice_near(tree, radius + cell, cell)
        distance = np.asarray(tree.query(lattice.points(), distance_upper_bound=2.0 * radius)[0])
        out.append(lattice.surface(radius - distance))
    return [one for one in out if not one.is_empty]


def rests(inside: Function, features: Sequence[Feature], progress: Progress = silent) -> list[Rest]:
    """Find what no ball of the limit reaches, at features of one side (spikes, or slits and holes) and one limit.

    Parameters
    ----------
    inside : callable
        Distance inside the model, mm, positive in the solid.
    """
    limit = features[0].limit_mm
    sign = 1.0 if features[0].kind is Kind.SPIKE else -1.0
    radius, hair, cell, room = 0.5 * limit, HAIR_SHARE * limit, limit / CELLS_ACROSS, ROOM_SHARE * limit

    def near_one(asked: tuple[int, FloatArray]) -> tuple[int, cKDTree, Lattice]:
        tree = cKDTree(asked[1])
        return asked[0], tree, lattice_near(tree, NEAR_LIMITS * limit, cell)

    found = list(
        in_turn(
            near_one,
            [
                (number, places)
                for number, one in enumerate(features)
                for places in parted(np.concatenate([one.middles, one.surface]), NEAR_LIMITS * limit, cell)
            ],
        )
    )
    parts = [(number, tree) for number, tree, _ in found]
    lattices = [lattice for _, _, lattice in found]

    def room_of_balls(points: list[FloatArray], _: slice) -> list[FloatArray]:
        return _split(sign * inside(np.concatenate(points)) - radius, points)

    fits: list[Bools] = []
    pieces: list[Mesh] = []
    for some in _batches(lattices):
        progress(0.6 * len(fits) / len(parts), "Looking for what balls do not reach")
        at_middle = room_of_balls([one.middles for one in lattices[some]], some)
        for lattice, values in zip(
            lattices[some], _values(lattices[some], some, at_middle, room_of_balls), strict=True
        ):
            fits.append((values > 0.0).reshape(-1, BLOCK**3))
            if fits[-1].any():
                pieces.append(lattice.surface(values))
    fitting = concatenate(pieces or [_EMPTY])

    close = [
        (lattice.from_places_mm < room + lattice.half_mm + cell) & ~fit.all(axis=1)
        for lattice, fit in zip(lattices, fits, strict=True)
    ]
    near = [lattice.only(np.asarray(chosen)) for lattice, chosen in zip(lattices, close, strict=True)]
    held = [fit[chosen] for fit, chosen in zip(fits, close, strict=True)]

    def rest(points: FloatArray, to_end: FloatArray, far: float) -> FloatArray:
        asked = np.flatnonzero(to_end > -far)
        value = np.maximum(to_end, -far)
        value[asked] = np.minimum(value[asked], _beyond(fitting, points[asked], radius + hair, far))
        return value

    def rest_of_room(points: list[FloatArray], which: slice) -> list[FloatArray]:
        def to_end(asked: tuple[cKDTree, FloatArray]) -> FloatArray:
            return np.asarray(room - asked[0].query(asked[1], distance_upper_bound=room + cell)[0])

        ends = in_turn(to_end, zip([tree for _, tree in parts[which]], points, strict=True))
        return _split(rest(np.concatenate(points), np.concatenate(list(ends)), cell), points)

    out = [Rest() for _ in features]
    done = 0
    for some in _batches(near):
        progress(0.6 + 0.4 * done / len(parts), "Looking for what balls do not reach")
        to_end = room - np.concatenate([one.from_places_mm for one in near[some]])
        blocks = [one.middles for one in near[some]]
        at_middle = _split(rest(np.concatenate(blocks), to_end, REACH * cell), blocks)
        for lattice, values in zip(
            near[some], _values(near[some], some, at_middle, rest_of_room, held[some]), strict=True
        ):
            number, fit = parts[done][0], held[done]
            values[fit.ravel()] = -cell
            body = lattice.surface(values)
            if not body.is_empty:
                out[number].bodies.append(body)
            out[number].held |= bool(fits[done].any())
            done += 1
    middles = np.concatenate([one.middles for one in features])
    size = sign * inside(middles)
    left = (
        (size > 0.0)
        & (size < radius)
        & (_beyond(fitting, middles, radius + hair, 2.0 * SURELY_MM_SHARE * limit) > SURELY_MM_SHARE * limit)
    )
    begin = 0
    for feature, one in zip(features, out, strict=True):
        end = begin + len(feature.middles)
        one.middles = middles[begin:end][left[begin:end]]
        begin = end
    return out


def _values(
    lattices: Sequence[Lattice],
    which: slice,
    at_middle: Sequence[FloatArray],
    ask: Callable[[list[FloatArray], slice], list[FloatArray]],
    known: Sequence[Bools] | None = None,
) -> list[FloatArray]:
    """Values (8 b,) at the points of each lattice: true where they may be near zero, of the right sign elsewhere.

    Parameters
    ----------
    at_middle : sequence of (b,) float64
        At the middle of each block, true where it is nearer to zero than ``REACH`` cells.
    ask : callable
        Gives values of points; they matter where they are nearer to zero than a cell.
    known : sequence of (b, 8) bool, optional
        Points whose value does not matter.
    """
    cell, half = lattices[0].cell, lattices[0].half_mm
    near = [np.abs(value) <= half + cell for value in at_middle]
    wanted = [np.repeat(chosen[:, None], BLOCK**3, axis=1) for chosen in near]
    if known is not None:
        wanted = [some & ~skip for some, skip in zip(wanted, known, strict=True)]
    points = [
        one.only(chosen).points()[some[chosen].ravel()]
        for one, chosen, some in zip(lattices, near, wanted, strict=True)
    ]
    out = []
    for middle, some, value in zip(at_middle, wanted, ask(points, which), strict=True):
        values = np.repeat(np.where(middle > 0.0, cell, -cell)[:, None], BLOCK**3, axis=1)
        values[some] = value
        out.append(values.ravel())
    return out


def _split(values: FloatArray, points: Sequence[FloatArray]) -> list[FloatArray]:
    return np.split(values, np.cumsum([len(one) for one in points])[:-1])


def _beyond(fitting: Mesh, points: FloatArray, reach: float, more: float) -> FloatArray:
    """How much farther than a reach points are from where balls fit; at most ``more`` is told."""
    if fitting.is_empty or not len(points):
        return np.full(len(points), more)
    found = index_of(fitting).closest(points, max_distance_mm=reach + more)
    return np.asarray(np.minimum(found.distance_mm, reach + more) - reach)


def _batches(lattices: Sequence[Lattice]) -> Iterator[slice]:
    begin = total = 0
    for number, one in enumerate(lattices):
        if total and (total + len(one.blocks)) * BLOCK**3 > AT_ONCE:
            yield slice(begin, number)
            begin, total = number, 0
        total += len(one.blocks)
    yield slice(begin, len(lattices))
