"""Looking for a place: calm, seen from outside, away from edges, openings, protected places and other labels."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from ...errors import InputError
from ...mesh import FloatArray, Mesh
from ...spatial import index_of
from ...spatial.sampling import area_samples_and_faces

SIDES: dict[str, tuple[float, float, float]] = {
    "R": (-1.0, 0.0, 0.0), "L": (1.0, 0.0, 0.0), "A": (0.0, -1.0, 0.0), "P": (0.0, 1.0, 0.0),
    "S": (0.0, 0.0, 1.0), "I": (0.0, 0.0, -1.0),
}  # fmt: skip
"""Letter to direction in LPS: x grows to the patient's left, y to the back, z to the head (DICOM, C.7.6.2.1.1)."""
STEEP_FACE = 0.85
"""On a face that looks so far up or down (cosine), the tops of the letters point to the front."""
SAMPLE_MM = 1.5
_SAMPLES = (4_000, 60_000)
_CANDIDATES = 600
_RAYS = 14
LOOKED_AT = 120
"""So many calm places are looked at for being open to the outside."""
TRIED = 30
"""So many places are tried in full."""
LEAST_COVER = 0.85
"""Share of the label's box that must have surface in it. Ours: less is an edge or an opening."""
LEAST_OPEN = 0.75
"""Share of the directions outward in which nothing stands: less is a groove, an orbit, or the inside of a skull."""
SIDE_FACING = (0.75, 0.5)
SIDE_DEPTH = (0.3, 0.5)
"""A mark's surface looks to its side (cosine), and lies in this outer part of the model; first the strict, then the
lenient figures."""
FACING = 0.3
CURVED_COUNTS = 0.1
"""How much a millimeter of bulge counts against one of roughness."""
OPEN_COUNTS = 1.0


@dataclass(frozen=True, eq=False)
class Away:
    """What a label keeps away from: balls (x, y, z, radius), and surface near a mesh."""

    balls: tuple[tuple[float, ...], ...] = ()
    mesh: Mesh | None = None
    distance_mm: float = 0.5
    _trees: list[cKDTree] = field(default_factory=list, init=False, repr=False)

    @classmethod
    def of(cls, numbers: Sequence[float] | None, mesh: Mesh | None = None) -> Away:
        """Read places from numbers in a row.

        Raises
        ------
        InputError
            Not four numbers a place, or a radius that is not above zero.
        """
        values = () if numbers is None else tuple(numbers)
        if len(values) % 4:
            raise InputError(f"Protected places need four numbers each (x,y,z,radius), got {len(values)} in all.")
        balls = tuple(tuple(values[start : start + 4]) for start in range(0, len(values), 4))
        if any(not ball[3] > 0.0 for ball in balls):
            raise InputError("The radius of a protected place must be above zero.")
        return cls(balls, mesh)

    def with_ball(self, at: FloatArray, radius: float) -> Away:
        """One more place to keep away from."""
        return Away((*self.balls, (*(float(value) for value in at), radius)), self.mesh, self.distance_mm)

    def holds(self, points: FloatArray) -> npt.NDArray[np.bool_]:
        """Which points (k, 3) are to be kept free."""
        out = np.zeros(len(points), bool)
        for x, y, z, radius in self.balls:
            out |= np.linalg.norm(points - (x, y, z), axis=1) <= radius
        if self.mesh is not None and not self.mesh.is_empty:
            out |= np.isfinite(index_of(self.mesh).closest(points, max(self.distance_mm, 1e-9)).distance_mm)
        return out


@dataclass(frozen=True, eq=False)
class Surroundings:
    """A model as points by area, made once for all its labels."""

    mesh: Mesh
    points: FloatArray
    normals: FloatArray
    tree: cKDTree
    share_mm2: float

    @classmethod
    def of(cls, mesh: Mesh) -> Surroundings:
        """Spread points over a model."""
        area = mesh.area_mm2
        count = int(np.clip(area / SAMPLE_MM**2, *_SAMPLES))
        points, faces = area_samples_and_faces(mesh, count)
        return cls(mesh, points, mesh.face_normals()[faces], cKDTree(points), area / max(len(points), 1))


def up_of(outward: FloatArray, up: Sequence[float] | None, turn_deg: float) -> FloatArray:
    """Where the tops of the letters point: towards the head, on top and below to the front, or as given; then turned
    counter-clockwise as one looks at the label.
    """
    if up is not None:
        tall = np.asarray(up, float)
    else:
        tall = np.array(SIDES["A"] if abs(outward[2]) > STEEP_FACE else SIDES["S"])
    tall = tall - (tall @ outward) * outward
    size = float(np.linalg.norm(tall))
    if size < 1e-3:
        raise InputError("The upward direction of the label points straight out of the surface. Give another one.")
    tall = tall / size
    angle = np.radians(turn_deg)
    return np.asarray(np.cos(angle) * tall + np.sin(angle) * _cross(outward, tall))


def calm_places(
    around: Surroundings, size: tuple[float, float], away: Away, *, up: Sequence[float] | None = None,
    turn_deg: float = 0.0, side: str = "",
) -> Iterator[tuple[FloatArray, FloatArray]]:  # fmt: skip
    """Give places and outward directions for a box of a size, the calmest first.

    Parameters
    ----------
    around : Surroundings
    size : (width, height)
        Of the label, margins included.
    away : Away
    up, turn_deg
        As for :func:`up_of`.
    side : str
        One of :data:`SIDES` where the place must be on that side of the patient.
    """
    chosen = np.unique(np.linspace(0, len(around.points) - 1, _CANDIDATES).astype(int))
    for level in range(len(SIDE_FACING) if side else 1):
        mine = chosen
        if side:
            direction = np.array(SIDES[side])
            along = around.points @ direction
            floor = along.max() - SIDE_DEPTH[level] * (along.max() - along.min())
            on_side = np.flatnonzero((around.normals @ direction > SIDE_FACING[level]) & (along >= floor))
            mine = (
                on_side[np.unique(np.linspace(0, len(on_side) - 1, _CANDIDATES).astype(int))]
                if len(on_side)
                else on_side
            )
        rated = []
        for row in mine:
            found = _rate(around, int(row), size, away, up, turn_deg)
            if found is not None:
                rated.append((found[0], int(row), found[1]))
        rated.sort(key=lambda item: item[:2])
        yield from _open_ones(around, rated[:LOOKED_AT])


def _rate(
    around: Surroundings, row: int, size: tuple[float, float], away: Away, up: Sequence[float] | None, turn_deg: float
) -> tuple[float, FloatArray] | None:
    """How uneven the surface round a point is; None where it ends or is to be kept free."""
    at = around.points[row]
    width, height = size
    near = np.array(around.tree.query_ball_point(at, 0.5 * float(np.hypot(width, height))))
    close = near[np.linalg.norm(around.points[near] - at, axis=1) <= max(0.5 * height, 2.0 * SAMPLE_MM)]
    close = close[around.normals[close] @ around.normals[row] > FACING]
    normal = around.normals[close].sum(axis=0)
    size_of = float(np.linalg.norm(normal))
    if size_of < 0.5 * len(close):
        return None
    normal = normal / size_of
    tall = up_of(normal, up, turn_deg) if up is None or abs(np.dot(normal, up)) < 0.999 * np.linalg.norm(up) else None
    if tall is None:
        return None
    near = near[around.normals[near] @ normal > FACING]
    offset = around.points[near] - at
    x, y, z = offset @ _cross(tall, normal), offset @ tall, offset @ normal
    box = (np.abs(x) <= 0.5 * width) & (np.abs(y) <= 0.5 * height) & (np.abs(z) <= 0.5 * max(width, height))
    near, x, y, z = near[box], x[box], y[box], z[box]
    if len(near) < 8:
        return None
    # What slopes away covers less of the box than its own area says.
    cover = around.share_mm2 * float((around.normals[near] @ normal).sum()) / (width * height)
    ends = [
        int(np.count_nonzero((sx * x > 0.25 * width) & (sy * y > 0.25 * height))) for sx in (-1, 1) for sy in (-1, 1)
    ]
    if cover < LEAST_COVER or min(ends) * around.share_mm2 < 0.3 * width * height / 16.0 or away.holds(
        around.points[near]
    ).any():  # fmt: skip
        return None
    terms = np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=1)
    fit, *_ = np.linalg.lstsq(terms, z, rcond=None)
    rough = float(np.sqrt(np.mean((terms @ fit - z) ** 2)))
    bulge = abs(fit[3]) * (0.5 * width) ** 2 + abs(fit[5]) * (0.5 * height) ** 2
    return rough + CURVED_COUNTS * float(bulge), normal


def _open_ones(
    around: Surroundings, rated: list[tuple[float, int, FloatArray]]
) -> Iterator[tuple[FloatArray, FloatArray]]:
    """The calmest places from which one looks outward freely."""
    if not rated:
        return
    index = index_of(around.mesh)
    rows = np.array([row for _, row, _ in rated])
    normals = np.array([normal for _, _, normal in rated])
    sky = _sky()
    start = np.repeat(around.points[rows] + 0.5 * normals, len(sky), axis=0)
    first = np.cross(normals, np.eye(3)[np.abs(normals).argmin(axis=1)])
    first /= np.linalg.norm(first, axis=1, keepdims=True)
    second = np.cross(normals, first)
    ways = (
        sky[None, :, 0:1] * first[:, None] + sky[None, :, 1:2] * second[:, None] + sky[None, :, 2:3] * normals[:, None]
    )
    hit, _ = index.first_hit(start, ways.reshape(-1, 3))
    free = (~np.isfinite(hit)).reshape(len(rows), len(sky)).mean(axis=1)
    order = np.argsort(
        [rating + OPEN_COUNTS * (1.0 - share) for (rating, _, _), share in zip(rated, free, strict=True)], kind="stable"
    )
    given = 0
    for number in order:
        if free[number] >= LEAST_OPEN and given < TRIED:
            given += 1
            yield around.points[rows[number]], normals[number]


def _cross(first: FloatArray, second: FloatArray) -> FloatArray:
    """Cross product of two single vectors, ten times as fast as numpy's."""
    (a, b, c), (x, y, z) = first, second
    return np.array([b * z - c * y, c * x - a * z, a * y - b * x])


def _sky() -> FloatArray:
    """Directions spread evenly over the half space above, none flatter than 15 degrees (Fibonacci lattice)."""
    number = np.arange(_RAYS) + 0.5
    z = 1.0 - number / _RAYS * (1.0 - np.sin(np.radians(15.0)))
    angle = number * np.pi * (3.0 - np.sqrt(5.0))
    flat = np.sqrt(1.0 - z * z)
    return np.stack([flat * np.cos(angle), flat * np.sin(angle), z], axis=1)
