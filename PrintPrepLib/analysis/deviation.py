"""How far one surface lies from another, measured at all its vertices and at points spread over its area."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from ..errors import GeometryError
from ..mesh import FloatArray, Mesh
from ..progress import Progress, part, silent
from ..receipt import measure_mesh, plain
from ..spatial import index_of
from ..spatial.change import signed_distances, volume_percent_of
from ..spatial.sampling import area_samples, some_vertices
from .measured import MeasuredPoints

DEFAULT_SAMPLES = 200_000  # points by area in each direction: a share is 0.5 mm2 on a 1000 cm2 skull
HISTOGRAM_BINS = 40  # even, so that zero is an edge between inside and outside
HISTOGRAM_SHARE = 99.5  # percentile that sets the histogram's width; what lies beyond is in the end bins


@dataclass(frozen=True)
class Distances:
    """One direction: distances of one surface's points from the other surface, in mm.

    ``mean_mm``, ``rms_mm``, ``p95_mm`` and ``signed_mean_mm`` are weighted by area; ``max_mm`` is over vertices and
    area points; ``max_at_mm`` is the place on the measured surface.
    """

    mean_mm: float
    rms_mm: float
    p95_mm: float
    max_mm: float
    max_at_mm: tuple[float, float, float]
    signed_mean_mm: float
    outermost_mm: float
    innermost_mm: float
    points: int


@dataclass(frozen=True)
class Histogram:
    """Share of area by signed deviation; one edge more than shares, and the end bins hold what is beyond."""

    edges_mm: tuple[float, ...]
    area_percent: tuple[float, ...]


@dataclass(frozen=True, eq=False)
class Deviation:
    """How far surface A lies from surface B. Positive is where A lies outside B.

    Attributes
    ----------
    forward : Distances
        At points of A, from B: the figures of the contract.
    backward : Distances
        At points of B, from A, with the same sign rule: shows what B has and A has lost.
    hausdorff_mm : float
        The larger of both maxima.
    volume_change_percent : float or None
        Volume of A against that of B; None unless both are closed.
    histogram : Histogram
        Of the forward direction.
    at_vertices_mm : (n,) float64
        Signed deviation at every vertex of A.
    points_of_a, points_of_b : MeasuredPoints
        Where and what was measured, for those who look for places.
    notes : tuple of str
        What limits the meaning of the figures.
    """

    forward: Distances
    backward: Distances
    hausdorff_mm: float
    volume_change_percent: float | None
    histogram: Histogram
    at_vertices_mm: FloatArray
    points_of_a: MeasuredPoints
    points_of_b: MeasuredPoints
    notes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values: the forward figures at the top, the backward ones under ``backward``."""
        out: dict[str, Any] = plain(asdict(self.forward))
        out["volume_change_percent"] = plain(self.volume_change_percent)
        out["hausdorff_mm"] = self.hausdorff_mm
        out["backward"] = plain(asdict(self.backward))
        out["histogram"] = plain(asdict(self.histogram))
        out["notes"] = list(self.notes)
        return out

    def colored(self, a: Mesh) -> Mesh:
        """Return surface A with the vertex scalar ``deviation_mm``."""
        return a.with_scalar("deviation_mm", self.at_vertices_mm)


def compare(
    a: Mesh,
    b: Mesh,
    *,
    samples: int = DEFAULT_SAMPLES,
    most_vertices_of_b: int | None = None,
    progress: Progress = silent,
) -> Deviation:
    """Measure how far A lies from B, both ways.

    Parameters
    ----------
    a : Mesh
        The surface that is judged.
    b : Mesh
        The surface it is held against; closed and outward for a meaningful sign.
    samples : int
        Points by area on each surface, besides the vertices: all of A, and
    most_vertices_of_b : int, optional
        so many of B, evenly over it; all of them without a limit.

    Raises
    ------
    GeometryError
        One of them has no triangles with area.
    """
    if samples < 1:
        raise ValueError(f"samples must be at least 1, got {samples}")
    progress(0.0, "Preparing to compare")
    with ThreadPoolExecutor(2) as pool:  # each surface on a core: most of this is work on one core
        list(pool.map(_prepare, {id(mesh): mesh for mesh in (a, b) if not mesh.is_empty}.values()))
    for mesh in (a, b):
        if mesh.is_empty or not measure_mesh(mesh).area_mm2 > 0.0:
            raise GeometryError(f"The mesh '{mesh.name}' has no surface, so there is nothing to compare.")
    closed_a, closed_b = _is_closed(a), _is_closed(b)
    notes = tuple(
        f"'{mesh.name}' is not closed: it has no inside, so the sign only says on which side of its nearest triangle "
        "a point lies."
        for mesh, closed in ((a, closed_a), (b, closed_b))
        if not closed
    )
    vertices_a = a.vertices
    vertices_b = some_vertices(b, len(b.faces) if most_vertices_of_b is None else most_vertices_of_b)
    used = a.used_vertices
    samples_a, samples_b = area_samples(a, samples), area_samples(b, samples)
    signed = signed_distances(index_of(b), np.concatenate([samples_a, vertices_a]), closed_b, part(progress, 0.1, 0.55))
    back = -signed_distances(index_of(a), np.concatenate([samples_b, vertices_b]), closed_a, part(progress, 0.55, 1.0))
    at_samples, at_vertices = signed[: len(samples_a)], signed[len(samples_a) :]
    points_of_a = MeasuredPoints(
        np.concatenate([samples_a, vertices_a[used]]),
        np.concatenate([at_samples, at_vertices[used]]),
        len(samples_a),
        a.area_mm2 / len(samples_a),
    )
    points_of_b = MeasuredPoints(
        np.concatenate([samples_b, vertices_b]), back, len(samples_b), b.area_mm2 / len(samples_b)
    )
    forward, backward = _distances(points_of_a), _distances(points_of_b)
    return Deviation(
        forward=forward,
        backward=backward,
        hausdorff_mm=max(forward.max_mm, backward.max_mm),
        volume_change_percent=volume_percent_of(b, a) if closed_a and closed_b else None,
        histogram=_histogram(at_samples),
        at_vertices_mm=at_vertices,
        points_of_a=points_of_a,
        points_of_b=points_of_b,
        notes=notes,
    )


def _prepare(mesh: Mesh) -> None:
    """Let a mesh compute what both directions ask it for."""
    measure_mesh(mesh)
    index_of(mesh)


def _distances(measured: MeasuredPoints) -> Distances:
    by_area = measured.signed_mm[: measured.by_area]
    size = np.abs(by_area)
    worst = int(np.argmax(np.abs(measured.signed_mm)))
    return Distances(
        mean_mm=float(size.mean()),
        rms_mm=float(np.sqrt(np.mean(size * size))),
        p95_mm=float(np.percentile(size, 95)),
        max_mm=float(abs(measured.signed_mm[worst])),
        max_at_mm=_place(measured.points[worst]),
        signed_mean_mm=float(by_area.mean()),
        outermost_mm=float(measured.signed_mm.max()),
        innermost_mm=float(measured.signed_mm.min()),
        points=len(measured.points),
    )


def _histogram(by_area: FloatArray) -> Histogram:
    reach = float(np.percentile(np.abs(by_area), HISTOGRAM_SHARE)) or 1e-6
    edges = np.linspace(-reach, reach, HISTOGRAM_BINS + 1)
    counts, _ = np.histogram(np.clip(by_area, -reach, reach), edges)
    return Histogram(tuple(edges.tolist()), tuple((100.0 * counts / len(by_area)).tolist()))


def _is_closed(mesh: Mesh) -> bool:
    return measure_mesh(mesh).open_edges == 0


def _place(point: FloatArray) -> tuple[float, float, float]:
    x, y, z = point.tolist()
    return x, y, z
