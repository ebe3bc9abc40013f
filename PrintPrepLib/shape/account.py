"""What thickening did, measured: for the receipt."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from scipy.spatial import cKDTree

from ..mesh import FloatArray, Mesh
from ..receipt import measure_mesh
from .identical import is_among
from .walls import LOOK_BEYOND, Walls

LISTED = 2000
"""Places that a receipt lists; all are counted."""


@dataclass(frozen=True)
class Left:
    """A place that is still below the limit."""

    at_mm: tuple[float, float, float]
    thickness_mm: float
    area_mm2: float
    reason: str


@dataclass(frozen=True)
class Account:
    """Thin places before and after.

    Percentages are of the whole surface. Sharp edges, where two faces meet at less than 80 degrees, are thin at the
    edge itself; where the wall beside one is thick enough it is counted apart. Thicknesses beyond what was looked for
    (1.25 times the limit) count as that.
    """

    thin_area_before_cm2: float
    thin_area_after_cm2: float
    thin_percent_before: float
    thin_percent_after: float
    thinnest_before_mm: float
    thinnest_after_mm: float
    sharp_edges_before_cm2: float
    sharp_edges_after_cm2: float
    thin_places_before: int
    thin_places_after: int
    achieved_min_mm: float | None
    achieved_p5_mm: float | None
    achieved_median_mm: float | None
    volume_added_mm3: float
    unmoved_share: float
    left_below: tuple[Left, ...]
    left_total: int

    def to_dict(self) -> dict[str, Any]:
        """Return the account as plain values."""
        return asdict(self)


def account_of(
    mesh: Mesh,
    out: Mesh,
    before: Walls,
    after: Walls | None,
    achieved_by_round: list[FloatArray],
    left: tuple[Left, ...],
) -> Account:
    """Compare the walls before and after.

    Parameters
    ----------
    mesh, out : Mesh
        The model and the result.
    before, after : Walls
        Their walls; ``after`` may cover the places only that were thin before. None where nothing was done.
    achieved_by_round : list of (k,) arrays
        Thickness measured where growth was, after every round.
    left : tuple of Left
        All places that are still thin.
    """
    now = before if after is None else after
    # What was thin after a round was measured again after the next.
    rounds = [values[values >= before.limit_mm] for values in achieved_by_round[:-1]] + achieved_by_round[-1:]
    achieved = np.concatenate(rounds) if rounds else np.empty(0)
    return Account(
        thin_area_before_cm2=before.thin_area_mm2 / 100.0,
        thin_area_after_cm2=now.thin_area_mm2 / 100.0,
        thin_percent_before=100.0 * before.thin_area_mm2 / mesh.area_mm2,
        thin_percent_after=100.0 * now.thin_area_mm2 / out.area_mm2,
        thinnest_before_mm=before.thinnest_mm,
        thinnest_after_mm=now.thinnest_mm,
        sharp_edges_before_cm2=before.sharp_area_mm2 / 100.0,
        sharp_edges_after_cm2=now.sharp_area_mm2 / 100.0,
        thin_places_before=int(before.places.max(initial=-1)) + 1,
        thin_places_after=int(now.places.max(initial=-1)) + 1,
        achieved_min_mm=float(achieved.min()) if len(achieved) else None,
        achieved_p5_mm=float(np.percentile(achieved, 5)) if len(achieved) else None,
        achieved_median_mm=float(np.median(achieved)) if len(achieved) else None,
        volume_added_mm3=measure_mesh(out).volume_mm3 - measure_mesh(mesh).volume_mm3,
        unmoved_share=float(is_among(mesh, out).mean()),
        left_below=left[:LISTED],
        left_total=len(left),
    )


def left_places(walls: Walls, held: list[FloatArray], left_out: list[FloatArray], limit_mm: float) -> tuple[Left, ...]:
    """List the places that are still thin, the largest first, each with the reason."""
    label = walls.places
    members = np.flatnonzero(label >= 0)
    if not len(members):
        return ()
    near_held = _near(walls.mesh.vertices[members], held, limit_mm)
    near_left = _near(walls.mesh.vertices[members], left_out, limit_mm)
    out = []
    for number in range(int(label.max()) + 1):
        rows = np.flatnonzero(label[members] == number)
        own = members[rows]
        worst = own[walls.thickness_mm[own].argmin()]
        x, y, z = walls.mesh.vertices[worst].tolist()
        if near_left[rows].any():
            reason = "the thickened surface would have touched or crossed itself"
        elif near_held[rows].any():
            reason = "a neighboring surface is too near"
        else:
            reason = "a bend or a tiny detail that growth across the wall did not reach"
        area = float(walls.vertex_areas_mm2[own].sum())
        out.append(Left((x, y, z), float(walls.thickness_mm[worst]), area, reason))
    return tuple(sorted(out, key=lambda place: -place.area_mm2))


def _near(points: FloatArray, places: list[FloatArray], limit: float) -> np.ndarray:
    every = np.concatenate(places) if places else np.empty((0, 3))
    if not len(every):
        return np.zeros(len(points), bool)
    distance, _ = cKDTree(every).query(points, distance_upper_bound=1.5 * limit)
    return np.asarray(np.isfinite(distance))


def thickness_near(walls: Walls, places: FloatArray, limit_mm: float) -> FloatArray:
    """Thickness (k,) at the vertices next to places; what is thicker than was looked for counts as that."""
    reach = 0.75 * limit_mm
    distance, _ = cKDTree(places).query(walls.mesh.vertices, distance_upper_bound=reach, workers=-1)
    return np.asarray(np.minimum(walls.thickness_mm[np.isfinite(distance)], LOOK_BEYOND * limit_mm))
