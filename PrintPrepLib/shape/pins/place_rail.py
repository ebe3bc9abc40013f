"""A tongue or a dovetail along a seam: the widest and longest with room in both parts, and the proof that it fits."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ...errors import InputError
from ...mesh import FloatArray, Mesh
from ...progress import Progress, silent
from ...receipt import plain
from ...spatial import SurfaceIndex
from ..cut.assembly import Seam
from .fit import NO_VOLUME_MM3, WAY_SHARES
from .kinds import PinType
from .rail import Rail, rail_room, rail_solids
from .rail_outline import RailSearch, rail_in_outline
from .rail_seat import rail_at
from .request import SECTION_SHARE, SIZES_MM, PinRequest
from .room import Around, Rod
from .solids import ROOT_SHARE, PinSolids

if TYPE_CHECKING:
    import manifold3d

HEIGHT_SHARES = {PinType.TONGUE: 0.8, PinType.DOVETAIL: 0.5}
"""Height of a rib as a share of its width: a tongue guides, a dovetail's flanks must not end as knives."""
SHORTEST_WIDTHS = 4.0
"""A rail is at least so many widths long: a shorter one guides no better than a pin."""
SURFACE_SPACING_MM = 0.4
"""Points on a groove's surface from which walls and play are measured stand no farther apart."""
_SLACK_MM = 0.5 * SURFACE_SPACING_MM / np.sqrt(2.0)
"""What lies between two such points may be nearer by this."""
LINES_MM = 1.0
"""Parallel lines that are tried for a rail stand so far apart; the best is refined."""
LIFT_PROOF_MM = 0.1
"""A dovetail that is lifted by this much more than its play must meet its groove: else it holds nothing."""


@dataclass(frozen=True)
class RailFit:
    """What was measured of one rail; the same figures as of a pin."""

    interference_mm3: float
    gap_min_mm: float
    gap_max_mm: float
    gap_end_mm: float | None
    wall_mm: float
    wall_at_mm: tuple[float, float, float]
    way_is_free: bool
    holds: bool | None

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        out: dict[str, Any] = plain(asdict(self))
        return out


@dataclass(frozen=True)
class PlacedRail:
    """A rail, whether its rib stands on the part below, and what is to be told; None and the reason where none fits."""

    rail: Rail | None
    foot_below: bool
    notes: tuple[str, ...]


def place_rail(seam: Seam, around: Around, asked: PinRequest, progress: Progress = silent) -> PlacedRail:
    """Find the widest rail that is long enough and has its wall in both parts.

    The line is sought in the section; then walls are measured in space, from points all over the groove and round the
    foot of the rib.
    """
    outline = [np.asarray(loop) for loop in seam.outline.to_polygons()]
    across = 2.0 * float(np.sqrt(seam.area_mm2 / np.pi))
    least = max(asked.least_mm, SIZES_MM[-1])
    widths = (
        (asked.diameter_mm,)
        if asked.diameter_mm is not None
        else tuple(size for size in SIZES_MM if least <= size <= max(SECTION_SHARE * across, least)) or (least,)
    )
    reason, widest = "", np.inf
    for width in widths:
        half = _half_width(seam, asked, width)
        if half > widest and width != widths[-1]:
            continue
        found = rail_in_outline(
            outline, half, kind=asked.kind, shortest_mm=SHORTEST_WIDTHS * width, spacing_mm=LINES_MM, progress=progress
        )
        widest = found.widest_mm
        if found.place is None:
            reason = found.reason
            continue
        for foot_below in (True, False):
            rail = _rail(seam, found, asked, width, foot_below=foot_below)
            missing, where = _missing_wall(rail, around, asked.wall_mm, foot_below=foot_below)
            if missing <= 0.0:
                return PlacedRail(rail, foot_below, ())
            x, y, z = where.tolist()
            reason = (
                f"A rail {width:g} mm wide and {found.place.length_mm:.0f} mm long lacks {missing:.2f} mm of wall at "
                f"({x:.1f}, {y:.1f}, {z:.1f})."
            )
    return PlacedRail(None, True, (f"No {asked.kind.value} fits on this seam. {reason}",))


def measure_rail(
    rail: Rail, solids: PinSolids, other: manifold3d.Manifold, around: Around, wall_mm: float, *, foot_below: bool
) -> RailFit:
    """Measure a rail in the finished part with the groove."""
    rib, groove = solids.add, solids.cut_other
    assert rib is not None
    assert groove is not None
    back = -np.array(rail.slide_direction)
    way = rail.height_mm + rail.kerf_mm
    if rail.kind is PinType.DOVETAIL:
        way = rail.length_mm + rail.run_out_mm
    free = all((rib.translate(tuple((share * way * back).tolist())) ^ other).volume() <= NO_VOLUME_MM3
               for share in WAY_SHARES)  # fmt: skip
    holds = None
    if rail.kind is PinType.DOVETAIL:
        lift = -(rail.lift_mm + LIFT_PROOF_MM) * np.array(rail.axis)
        holds = bool((rib.translate(tuple(lift.tolist())) ^ other).volume() > NO_VOLUME_MM3)
    play, end = _play(rail, rib, other)
    points = _groove_points(rail, groove, wall_mm)
    distance = around.side(1.0 if foot_below else -1.0).distance(points, 4.0 * rail.width_mm)
    row = int(distance.argmin())
    x, y, z = points[row].tolist()
    return RailFit(
        interference_mm3=float((rib ^ other).volume()),
        gap_min_mm=float(play.min()),
        gap_max_mm=float(play.max()),
        gap_end_mm=end,
        wall_mm=float(distance[row]),
        wall_at_mm=(x, y, z),
        way_is_free=free,
        holds=holds,
    )


def rods_of(rail: Rail) -> tuple[Rod, ...]:
    """Return the rail as rods that other pins keep away from."""
    axis = np.array(rail.axis)
    depth = rail.height_mm + rail.clearance.along_mm
    half = 0.5 * rail.top_width_mm + rail.clearance.across_mm
    middle = 0.5 * (rail.kerf_mm + depth)
    out = []
    start, end = (np.array(point) + middle * axis for point in (rail.start_mm, rail.end_mm))
    radius = float(np.hypot(max(half, 0.5 * rail.width_mm), middle))
    out.append(Rod(tuple(start.tolist()), tuple(end.tolist()), radius))
    return tuple(out)


def _half_width(seam: Seam, asked: PinRequest, width: float) -> float:
    """Distance that a rail's middle line must keep from every edge, read off one that is put anywhere."""
    height = asked.length_mm if asked.length_mm is not None else HEIGHT_SHARES[asked.kind] * width
    trial = Rail(
        kind=asked.kind, start_mm=(0.0, 0.0, 0.0), end_mm=(SHORTEST_WIDTHS * width, 0.0, 0.0), axis=(0.0, 0.0, 1.0),
        width_mm=width, height_mm=height, clearance=asked.clearance, kerf_mm=seam.kerf_mm,
        run_out_mm=height if asked.kind is PinType.DOVETAIL else 0.0,
    )  # fmt: skip
    return float(rail_room(trial, asked.wall_mm).half_width_mm + _SLACK_MM)


def _rail(seam: Seam, found: RailSearch, asked: PinRequest, width: float, *, foot_below: bool) -> Rail:
    assert found.place is not None
    height = asked.length_mm if asked.length_mm is not None else HEIGHT_SHARES[asked.kind] * width
    return rail_at(
        seam, found.place, kind=asked.kind, width_mm=width, height_mm=height, clearance=asked.clearance,
        foot_below=foot_below, taper_deg=asked.taper_deg,
    )  # fmt: skip


def _missing_wall(rail: Rail, around: Around, wall_mm: float, *, foot_below: bool) -> tuple[float, FloatArray]:
    """How much wall is missing at the worst place, and where; what lies between the points is taken off."""
    groove = rail_solids(rail).cut_other
    assert groove is not None
    sides = (
        (1.0 if foot_below else -1.0, _groove_points(rail, groove, wall_mm)),
        (-1.0 if foot_below else 1.0, _foot_points(rail, wall_mm)),
    )
    worst, where = -np.inf, np.zeros(3)
    for sign, points in sides:
        distance = around.side(sign).distance(points, rail.width_mm + 2.0 * wall_mm)
        row = int(distance.argmin())
        missing = wall_mm + _SLACK_MM - float(distance[row])
        if missing > worst:
            worst, where = missing, points[row]
    return worst, where


def _closed_mm(rail: Rail, wall_mm: float) -> float:
    """Length over which there must be walls: a dovetail is open at its end, and there is none about the opening."""
    open_mm = wall_mm + 2.0 * _SLACK_MM if rail.kind is PinType.DOVETAIL else 0.0
    return rail.length_mm - open_mm


def _groove_points(rail: Rail, groove: manifold3d.Manifold, wall_mm: float) -> FloatArray:
    """Points on the groove inside the other part, as far as there must be walls."""
    points = Mesh.from_manifold(groove.refine_to_length(SURFACE_SPACING_MM)).vertices
    matrix = rail.matrix
    local = (points - matrix[:, 3]) @ matrix[:, :3]
    inside = local[:, 2] > rail.kerf_mm + 1e-6
    if rail.kind is PinType.DOVETAIL:
        inside &= local[:, 0] <= _closed_mm(rail, wall_mm)
    return np.asarray(points[inside])


def _foot_points(rail: Rail, wall_mm: float) -> FloatArray:
    """Points round the rib's root."""
    matrix, half = rail.matrix, 0.5 * rail.width_mm
    length = _closed_mm(rail, wall_mm)
    along = np.linspace(0.0, length, max(2, int(np.ceil(length / SURFACE_SPACING_MM)) + 1))
    local = np.concatenate(
        [
            np.stack([along, np.full(len(along), side), np.full(len(along), -depth)], axis=1)
            for side in (-half, 0.0, half)
            for depth in (0.0, ROOT_SHARE * rail.width_mm)
        ]
    )
    return np.asarray(local @ matrix[:, :3].T + matrix[:, 3])


def _play(rail: Rail, rib: manifold3d.Manifold, other: manifold3d.Manifold) -> tuple[FloatArray, float | None]:
    """Play at the rib's flanks, and above its top, measured to the finished part."""
    matrix = rail.matrix
    fine = Mesh.from_manifold(rib.refine_to_length(SURFACE_SPACING_MM))
    local = (fine.vertices - matrix[:, 3]) @ matrix[:, :3]
    low, high = rail.kerf_mm + 0.3 * rail.height_mm, rail.kerf_mm + 0.75 * rail.height_mm
    # Away from the lead-ins at the mouth, the top and both ends, where the flanks guide.
    margin = min(2.0 * rail.width_mm, 0.25 * rail.length_mm)
    flank = (local[:, 2] > low) & (local[:, 2] < high) & (np.abs(local[:, 1]) > 0.25 * rail.width_mm)
    flank &= (local[:, 0] > margin) & (local[:, 0] < rail.length_mm - margin)
    if not flank.any():
        raise InputError("The rail is too low to measure its play. Make it higher.")
    surface = SurfaceIndex(Mesh.from_manifold(other))
    top = local[:, 2] > rail.kerf_mm + rail.height_mm - 1e-6
    top &= np.abs(local[:, 1]) < 0.25 * rail.width_mm
    end = float(surface.closest(fine.vertices[top]).distance_mm.min()) if top.any() else None
    return surface.closest(fine.vertices[flank]).distance_mm, end
