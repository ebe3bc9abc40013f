"""The wall as it came out: measured from the lumen to the outer surface, and the lumen held against the input."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from ...analysis.thickness import vertex_areas
from ...mesh import FloatArray, Mesh
from ...progress import Progress, part, silent
from ...spatial import index_of
from ...spatial.sampling import area_samples
from ..identical import is_among

WITHIN_MM = 0.1
"""What counts as the wall that was asked for: the figure of the field's own acceptance tests for vessel walls."""
SAMPLES = 100_000
LISTED = 200
"""Places that a receipt lists; all are counted."""
HOLDS_SHARE = 0.3
"""Share of a place for which a reason must hold: the thicker wall reaches beyond the cause of it."""
GROOVE = "thicker over a groove of the lumen that the outside does not follow"
LEAST_MM2 = 0.05
"""Smaller places, a few triangles, are counted but not listed."""

AtPoints = Callable[[FloatArray], FloatArray]
BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class WallMeasures:
    """Distance from points of the lumen to the outer surface, over equal areas; ``within_share`` of the wanted."""

    min_mm: float
    p01_mm: float
    median_mm: float
    p99_mm: float
    max_mm: float
    within_mm: float
    within_share: float
    outer_min_mm: float
    outer_max_mm: float

    def to_dict(self) -> dict[str, float]:
        """Return the figures as plain values."""
        return {key: round(float(value), 4) for key, value in asdict(self).items()}


@dataclass(frozen=True)
class OtherPlace:
    """A place where the wall is not what was asked for."""

    at_mm: tuple[float, float, float]
    area_mm2: float
    least_mm: float
    most_mm: float
    wanted_mm: float
    reason: str


@dataclass(frozen=True)
class LumenProof:
    """The inner surface of the wall against the input.

    Attributes
    ----------
    same_share : float
        Share of its vertices that stand in exactly the place of a vertex of the input, bit for bit.
    changed_at_ends, changed_elsewhere : int
        The others: on the edge of an opened end, or not.
    deviation_max_mm : float
        Largest distance of a vertex or an area point of it from the input's surface.
    """

    same_share: float
    changed_at_ends: int
    changed_elsewhere: int
    deviation_max_mm: float


def measure_wall(
    inner: Mesh,
    outer: Mesh,
    wanted_at: AtPoints,
    left_out: Callable[[FloatArray], BoolArray],
    progress: Progress = silent,
) -> tuple[WallMeasures, FloatArray]:
    """Measure from the lumen to the outside.

    Parameters
    ----------
    inner, outer : Mesh
        Surfaces of the wall without the rings at the ends.
    wanted_at : callable
        Wanted wall (k,) at points (k, 3) of the lumen.
    left_out : callable
        Which points (k, 3) do not count: flanges are thicker on purpose.

    Returns
    -------
    WallMeasures
    reached : (n,) float64
        Wall at each inner vertex.
    """
    index = index_of(outer)
    points = area_samples(inner, SAMPLES)
    counting = points[~left_out(points)]
    points = counting if len(counting) else points
    by_area = index.closest(points, progress=part(progress, 0.0, 0.4)).distance_mm
    reached = index.closest(inner.vertices, progress=part(progress, 0.4, 0.8)).distance_mm
    back = index_of(inner).closest(area_samples(outer, SAMPLES // 4), progress=part(progress, 0.8, 1.0)).distance_mm
    used = inner.used_vertices
    used = used[~left_out(inner.vertices[used])] if len(counting) else used
    p01, median, p99 = np.percentile(by_area, (1, 50, 99))
    return WallMeasures(
        min_mm=min(float(by_area.min()), float(reached[used].min())),
        p01_mm=float(p01),
        median_mm=float(median),
        p99_mm=float(p99),
        max_mm=max(float(by_area.max()), float(reached[used].max())),
        within_mm=WITHIN_MM,
        within_share=float((np.abs(by_area - wanted_at(points)) <= WITHIN_MM).mean()),
        outer_min_mm=float(back.min()),
        outer_max_mm=float(back.max()),
    ), reached


def other_places(
    inner: Mesh, reached: FloatArray, wanted: FloatArray, reasons: list[tuple[str, BoolArray]], thinner: str
) -> tuple[list[OtherPlace], int]:
    """List where the wall is off by more than :data:`WITHIN_MM`, the largest first, and count all such places.

    ``reasons`` are words with the vertices that they hold for, the first that holds for much of a thicker place is
    told; ``thinner`` is told of thinner ones.
    """
    off = np.abs(reached - wanted) > WITHIN_MM
    sides = np.concatenate([inner.faces[:, (0, 1)], inner.faces[:, (1, 2)], inner.faces[:, (2, 0)]])
    sides = sides[off[sides].all(axis=1)]
    n = len(off)
    _, label = connected_components(coo_array((np.ones(len(sides), bool), (sides[:, 0], sides[:, 1])), shape=(n, n)))
    area = vertex_areas(inner)
    out = []
    members = np.flatnonzero(off)
    order = members[np.argsort(label[members], kind="stable")]
    for own in np.split(order, np.flatnonzero(np.diff(label[order])) + 1):
        if not len(own):
            continue
        size = float(area[own].sum())
        if size < LEAST_MM2:
            continue
        worst = own[np.abs(reached[own] - wanted[own]).argmax()]
        reason = next((word for word, mask in reasons if mask[own].mean() > HOLDS_SHARE), GROOVE)
        if np.median(reached[own] - wanted[own]) < 0.0:
            reason = thinner
        x, y, z = np.round(inner.vertices[worst], 2).tolist()
        out.append(
            OtherPlace(
                (x, y, z),
                round(size, 2),
                round(float(reached[own].min()), 3),
                round(float(reached[own].max()), 3),
                round(float(np.median(wanted[own])), 3),
                reason,
            )
        )
    out.sort(key=lambda place: -place.area_mm2)
    return out[:LISTED], len(out)


def prove_lumen(inner: Mesh, lumen: Mesh, at_ends: BoolArray, progress: Progress = silent) -> LumenProof:
    """Hold the inner surface against the input."""
    used = inner.used_vertices
    same = is_among(inner, lumen)[used]
    points = np.concatenate([inner.vertices[used], area_samples(inner, SAMPLES // 4)])
    found = index_of(lumen).closest(points, progress=progress)
    return LumenProof(
        same_share=float(same.mean()),
        changed_at_ends=int((~same & at_ends[used]).sum()),
        changed_elsewhere=int((~same & ~at_ends[used]).sum()),
        deviation_max_mm=float(found.distance_mm.max()),
    )
