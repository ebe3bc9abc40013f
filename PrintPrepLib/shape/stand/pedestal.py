"""A pedestal: a post from a broad foot to a seat under the model, as near below its center of mass as it finds one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ...errors import GeometryError
from ...mesh import FloatArray, Mesh
from ...spatial import index_of
from ..strut.column import Column, Point
from ..strut.keepout import Keepout
from ..strut.safe import COVER_SHARE, STEP_SHARE
from ..strut.seat import SLOPE, seat_of
from .envelope import Heights, disc, underside
from .fillet import edge_of, round_edge
from .frame import Frame
from .stability import STEADY_DEG

if TYPE_CHECKING:
    import manifold3d

STEP_SHARE_OF_POST = 0.2
"""Step of the grid in which seats are looked for, in radii of the post."""
MOST_SEATS = 150
"""Seats that are looked at closely, the nearest to the center of mass first."""
LIFT_SHARE = 0.5
"""A seat that is higher by a millimeter counts as one that is farther from the center of mass by this share of it: a
post that goes up through an opening of the model hides its inside."""
HEAD_SHARES = (0.5, 0.25, 0.0)
"""Fillets of the post's head that are tried, in its radii: a broad head where the model has room for it."""
FOOT_SHARE = 1.0
"""Fillet at the foot, in radii of the post: there is always room."""
SURE = 1.3
"""The foot reaches so much farther than a steady stand needs."""
CHAMFER_MM = 0.8
"""Bevel of the foot's upper edge."""
INTO_FOOT = 0.5
"""The post goes on into the foot by this share of its thickness."""


@dataclass(frozen=True, eq=False)
class Pedestal:
    """``column`` from the foot's top to the model; ``foot`` is what it stands on; ``off_mm`` the seat's distance from
    below the center of mass.
    """

    column: Column
    foot: manifold3d.Manifold
    foot_radius_mm: float
    off_mm: float
    bite_mm: float

    def solid(self, roll: float = 0.0) -> manifold3d.Manifold:
        """Post and foot as one body, LPS."""
        return self.column.solid(roll) + self.foot


def pedestal_of(
    mesh: Mesh,
    frame: Frame,
    center: FloatArray,
    *,
    post_mm: float,
    height_mm: float,
    plate_mm: float,
    gap_mm: float,
    keepout: Keepout,
    fillet_mm: float | None = None,
) -> Pedestal:
    """Find a seat and make the post and its foot.

    ``fillet_mm`` is what the post widens by at the foot, whose upper edge is round then, too; None: half the post's
    diameter, and a small bevel.

    Raises
    ------
    GeometryError
        No seat was found: what was in the way, and what to do.
    """
    radius = 0.5 * post_mm
    widening = FOOT_SHARE * radius if fillet_mm is None else fillet_mm
    edge = min(CHAMFER_MM, 0.4 * plate_mm) if fillet_mm is None else edge_of(fillet_mm, plate_mm)
    heights = underside(mesh, frame, STEP_SHARE_OF_POST * radius, 2.0 * post_mm)
    low = float(heights.values[np.isfinite(heights.values)].min())
    seats = _seats(heights, center, radius, gap_mm)
    base = low - height_mm
    refused = {"protected": 0, "seat": 0}
    for u, v, top in seats:
        at = frame.to_world(np.array([[u, v, top]]))[0]
        start = frame.to_world(np.array([[u, v, base]]))[0]
        for share in HEAD_SHARES:
            head = share * radius
            seat = seat_of(index_of(mesh), at, frame.up, radius + head, min(radius + head, 0.5 * (top - base)))
            if seat is None:
                continue
            sunk = (INTO_FOOT * plate_mm, seat.sunk_mm)
            column = Column(_point(start), _point(at), post_mm, (min(widening, 0.3 * (top - base)), head), sunk)
            points, _ = column.points(0.0, column.length_mm + seat.sunk_mm, STEP_SHARE * radius)
            if not keepout.is_empty and (keepout.room_mm(points) < COVER_SHARE * (radius + head)).any():
                refused["protected"] += 1
                break
            off = float(np.hypot(u - center[0], v - center[1]))
            wide = max(float(np.tan(np.radians(STEADY_DEG)) * SURE * (center[2] - base + plate_mm)), 2.0 * post_mm)
            wide = max(wide, off + column.feet_mm[0] + edge)
            foot = frame.placed(_foot(center, base, wide, plate_mm, edge, fillet_mm is not None))
            return Pedestal(column, foot, wide, off, seat.bite_mm)
        else:
            refused["seat"] += 1
    raise GeometryError(
        f"No seat for a post of {post_mm:.3g} mm was found under the model: of {len(seats)} places {refused['seat']} "
        f"have no room for it in the material (too thin, too steep, or at an edge), "
        f"{refused['protected']} are protected. "
        "Ask for a thinner post (post_mm), turn the model (up), or use a cradle."
    )


def _seats(heights: Heights, center: FloatArray, radius: float, gap: float) -> list[tuple[float, float, float]]:
    """Places (u, v, height) under which a post has nothing lower beside it, low ones near the center first."""
    from scipy.ndimage import grey_erosion

    near = disc(radius + gap, heights.step_mm)
    top = 1e9
    whole = np.where(np.isfinite(heights.values), heights.values, top)
    lowest = grey_erosion(whole, footprint=near, mode="constant", cval=top)
    covered = grey_erosion(np.isfinite(heights.values).astype(float), footprint=disc(radius, heights.step_mm)) > 0.5
    good = covered & (lowest >= heights.values - SLOPE * radius)
    points = heights.points[good]
    values = heights.values[good]
    lift = LIFT_SHARE * (values - float(values.min())) if len(values) else values
    order = np.argsort(np.hypot(*(points - center[:2]).T) + lift, kind="stable")
    if len(order) > MOST_SEATS:  # near ones all, then ever sparser ones
        order = order[np.unique((np.linspace(0.0, 1.0, MOST_SEATS) ** 2 * (len(order) - 1)).astype(int))]
    return [(float(points[k, 0]), float(points[k, 1]), float(values[k])) for k in order]


def _foot(
    center: FloatArray, base: float, radius: float, thick: float, edge: float, rounded: bool
) -> manifold3d.Manifold:
    """A round foot with a beveled or rounded upper edge, in the frame's coordinates; its top is at ``base``."""
    import manifold3d

    bevelled = [(0.0, -thick), (radius, -thick), (radius, -edge), (radius - edge, 0.0), (0.0, 0.0)]
    outline = round_edge(radius, thick, edge) if rounded and edge > 0.0 else bevelled
    solid = manifold3d.CrossSection([outline]).revolve(96)
    return solid.translate((float(center[0]), float(center[1]), float(base)))


def _point(at: FloatArray) -> Point:
    x, y, z = (float(value) for value in at)
    return x, y, z
