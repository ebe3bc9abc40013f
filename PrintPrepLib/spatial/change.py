"""How far a step moved a surface: the figure in every receipt."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np

from ..mesh import FloatArray, Mesh
from ..progress import Progress, silent
from ..receipt import Change, measure_mesh
from .cached import index_of
from .index import SurfaceIndex
from .sampling import area_samples, some_vertices

CHANGE_SAMPLES = 100_000  # for receipts, all points together: keeps a step's own measuring under a second


def change_between(
    before: Mesh,
    after: Mesh,
    progress: Progress = silent,
    *,
    max_samples: int = CHANGE_SAMPLES,
    before_index: SurfaceIndex | None = None,
    after_index: SurfaceIndex | None = None,
) -> Change:
    """Measure for a receipt how far a step moved a surface, quickly: at a quarter of ``max_samples`` each of vertices
    and area points of both surfaces.

    Both directions count, with one sign (positive: the new surface lies outside the old), so that a part that was
    dropped shows in the maximum as well as one that was added. The mean and the 95 % figure are over the area points
    of both surfaces.

    Where one of the surfaces is empty there is no distance: ``samples`` is 0, the distances are 0 and
    ``max_at_mm`` is None; ``volume_percent`` still says what was lost.

    Parameters
    ----------
    before, after : Mesh
        The old and the new surface; may be empty.
    max_samples : int
        Most points to measure at, all together; at least 4.
    before_index, after_index : SurfaceIndex, optional
        Indices of them that are already at hand.
    """
    if max_samples < 4:
        raise ValueError(f"max_samples must be at least 4, got {max_samples}")
    volume_percent = volume_percent_of(before, after)
    if before.is_empty or after.is_empty:
        return Change(0.0, 0.0, 0.0, 0.0, None, volume_percent, 0)
    quarter = max_samples // 4
    progress(0.0, "Measuring the change")

    def measure(mesh: Mesh, other: Mesh, index: SurfaceIndex | None) -> tuple[FloatArray, FloatArray, int]:
        area_points = area_samples(mesh, quarter)
        points = np.concatenate([area_points, some_vertices(mesh, quarter)])
        return points, signed_distances(index or index_of(other), points, False, silent), len(area_points)

    with ThreadPoolExecutor(2) as pool:  # each direction is mostly numpy on large arrays, which leaves the lock free
        backward = pool.submit(measure, before, after, after_index)
        forward = pool.submit(measure, after, before, before_index).result()
        points, measured, count = backward.result()
    pools = [forward, (points, -measured, count)]
    progress(1.0, "Measuring the change")
    by_area = np.concatenate([measured[:count] for _, measured, count in pools])
    points = np.concatenate([points for points, _, _ in pools])
    size = np.abs(np.concatenate([measured for _, measured, _ in pools]))
    if not len(by_area):
        by_area = size
    worst = int(np.argmax(size))
    return Change(
        signed_mean_mm=float(by_area.mean()),
        mean_mm=float(np.abs(by_area).mean()),
        p95_mm=float(np.percentile(np.abs(by_area), 95)),
        max_mm=float(size[worst]),
        max_at_mm=_place(points[worst]),
        volume_percent=volume_percent,
        samples=len(points),
    )


def signed_distances(index: SurfaceIndex, points: FloatArray, closed: bool, progress: Progress) -> FloatArray:
    """Distances (k,) of points from a surface, positive outside; ``closed`` allows the costlier sign where in doubt."""
    found = index.closest(points, progress=progress)
    if closed:
        return index.with_sign(points, found)
    side, _ = index.sides(points, found)
    return side * found.distance_mm


def volume_percent_of(before: Mesh, after: Mesh) -> float | None:
    """Change of the enclosed volume in percent; None where there was none."""
    old, new = measure_mesh(before).volume_mm3, measure_mesh(after).volume_mm3
    return None if old == 0.0 else 100.0 * (new - old) / abs(old)


def _place(point: FloatArray) -> tuple[float, float, float]:
    x, y, z = point.tolist()
    return x, y, z
