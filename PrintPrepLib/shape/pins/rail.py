"""Rails along long flat sections: a tongue that goes straight in, a dovetail that slides in along its length."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from ...errors import InputError
from ...mesh import FloatArray
from .kinds import Clearance, PinType, Point
from .sections import LEAD_IN_OF_LENGTH, LEAD_IN_SHARE, SMALLEST_END, STRONGEST_TAPER_DEG
from .solids import REACH_MM, ROOT_SHARE, PinSolids
from .stack import rings_solid

if TYPE_CHECKING:
    import manifold3d

FLARE_DEG = 60.0
"""Angle between a dovetail's flank and the face, as print slicers make it (PrusaSlicer's flap angle)."""
FLATTEST_FLARE_DEG, STEEPEST_FLARE_DEG = 30.0, 85.0
"""Flatter, the groove's lips are knife edges; steeper, nothing holds."""
SHORTEST_SHARE = 1.0
"""A rail is at least this many widths long; else it is a pin."""
OFF_FACE = 1e-6
"""Start and end may differ in height over the face by this share of the length."""


@dataclass(frozen=True)
class Rail:
    """A rib on one part and its groove in the other.

    Attributes
    ----------
    kind : PinType
        ``TONGUE`` goes in along ``axis``. ``DOVETAIL`` is wider away from its foot's face and slides in along its
        length: its groove is stopped at ``start_mm`` and open beyond ``end_mm``, so that it goes in one way only.
    start_mm, end_mm : (3,)
        Middle of the rib's ends on the face of the part that carries it, LPS.
    axis : (3,)
        Unit vector from the part with the rib to the one with the groove, at right angles to the rail.
    width_mm : float
        At the foot's face.
    height_mm : float
        How far the rib stands into the other part.
    clearance : Clearance
        ``across`` at every side; ``along`` over the rib, and at the stop of a dovetail.
    kerf_mm : float
        Distance between both faces.
    taper_deg : float
        Of a tongue: slope by which all four sides lean in.
    flare_deg : float
        Of a dovetail: angle between flank and face.
    run_out_mm : float
        Of a dovetail: how far the groove goes on beyond ``end_mm``; it must leave the part there.

    Raises
    ------
    InputError
        The rail cannot be made; the message says why.
    """

    kind: PinType
    start_mm: Point
    end_mm: Point
    axis: Point
    width_mm: float
    height_mm: float
    clearance: Clearance
    kerf_mm: float = 0.0
    taper_deg: float = 0.0
    flare_deg: float = FLARE_DEG
    run_out_mm: float = 0.0

    def __post_init__(self) -> None:
        axis = np.asarray(self.axis, np.float64)
        axis = axis / np.linalg.norm(axis)
        object.__setattr__(self, "axis", tuple(axis.tolist()))
        along = np.subtract(self.end_mm, self.start_mm)
        if not abs(float(along @ axis)) <= OFF_FACE * max(float(np.linalg.norm(along)), 1e-300):
            raise InputError("Both ends of a rail must lie on the same face: the line between them leans out of it.")
        _check(self)

    @property
    def length_mm(self) -> float:
        """From start to end."""
        return float(np.linalg.norm(np.subtract(self.end_mm, self.start_mm)))

    @property
    def matrix(self) -> FloatArray:
        """Local (x from start to end, z along ``axis``, origin at the start) to LPS, (3, 4)."""
        axis = np.array(self.axis)
        along = np.subtract(self.end_mm, self.start_mm)
        along = along - axis * float(along @ axis)
        along = along / np.linalg.norm(along)
        return np.stack([along, np.cross(axis, along), axis, np.array(self.start_mm)], axis=1)

    @property
    def slide_direction(self) -> Point:
        """Unit vector along which the part with the rib moves into its seat."""
        if self.kind is PinType.TONGUE:
            return self.axis
        x, y, z = (-self.matrix[:, 0]).tolist()
        return x, y, z

    @property
    def lead_in_mm(self) -> float:
        """Chamfer: round the top of a tongue and its groove's mouth; of a dovetail at the end that goes in first."""
        return min(LEAD_IN_SHARE * self.width_mm, LEAD_IN_OF_LENGTH * self.height_mm)

    @property
    def top_width_mm(self) -> float:
        """Width of the rib at its top, the chamfer left out."""
        height = self.kerf_mm + self.height_mm
        if self.kind is PinType.DOVETAIL:
            return self.width_mm + 2.0 * height / math.tan(math.radians(self.flare_deg))
        return self.width_mm - 2.0 * height * math.tan(math.radians(self.taper_deg))

    @property
    def lift_mm(self) -> float:
        """How far the parts can still move apart along ``axis`` once seated; infinite for a tongue."""
        if self.kind is PinType.TONGUE:
            return math.inf
        return self.clearance.across_mm / math.cos(math.radians(self.flare_deg))

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        own = {"flare_deg": self.flare_deg, "run_out_mm": self.run_out_mm, "lift_mm": self.lift_mm}
        return {
            "type": self.kind.value,
            "start_mm": list(self.start_mm),
            "end_mm": list(self.end_mm),
            "axis": list(self.axis),
            "slide_direction": list(self.slide_direction),
            "width_mm": self.width_mm,
            "height_mm": self.height_mm,
            "length_mm": self.length_mm,
            "kerf_mm": self.kerf_mm,
            "clearance": asdict(self.clearance),
            **(own if self.kind is PinType.DOVETAIL else {"taper_deg": self.taper_deg}),
        }


@dataclass(frozen=True)
class RailRoom:
    """What must be full of material: so far from the rail's middle line, and so deep from each part's face, mm."""

    half_width_mm: float
    foot_depth_mm: float
    other_depth_mm: float


def rail_room(rail: Rail, wall_mm: float) -> RailRoom:
    """Room that the rail needs so that ``wall_mm`` is left beside its groove and below its bottom."""
    half = max(float(np.abs(ring[:, 1]).max()) for ring in _groove_rings(rail, 0.0))
    depth = rail.height_mm + rail.clearance.along_mm
    return RailRoom(half + wall_mm, ROOT_SHARE * rail.width_mm, depth + wall_mm)


def rail_solids(rail: Rail) -> PinSolids:
    """Rib and groove of a rail in its place; the groove's tool reaches a little out of the face."""
    rib, groove = rings_solid(_rib_rings(rail, ROOT_SHARE * rail.width_mm)), rings_solid(_groove_rings(rail, REACH_MM))
    return PinSolids(_placed(rib, rail), None, _placed(groove, rail), None)


def rail_volume_mm3(rail: Rail) -> float:
    """Exact volume of the rib above its foot's face."""
    return _volume(_rib_rings(rail, 0.0))


def groove_volume_mm3(rail: Rail) -> float:
    """Exact volume of the groove from the other part's face on; of a dovetail with all of its way out."""
    return _volume(_groove_rings(rail, 0.0))


def _check(rail: Rail) -> None:
    if rail.kind not in {PinType.TONGUE, PinType.DOVETAIL}:
        raise InputError(f"A {rail.kind.value} is not a rail. Choose a tongue or a dovetail.")
    sizes = (rail.width_mm, rail.height_mm, rail.length_mm)
    if not all(0.0 < size < math.inf for size in sizes):
        raise InputError("A rail needs a width, a height and a length above zero, got "
                         f"{rail.width_mm:g}, {rail.height_mm:g} and {rail.length_mm:g} mm.")  # fmt: skip
    if not (0.0 <= rail.kerf_mm < math.inf and 0.0 <= rail.run_out_mm < math.inf):
        raise InputError(f"Width of the cut and run-out of a rail must not be negative, got {rail.kerf_mm:g} and "
                         f"{rail.run_out_mm:g} mm.")  # fmt: skip
    if rail.length_mm < SHORTEST_SHARE * rail.width_mm:
        raise InputError(f"A rail of {rail.width_mm:g} mm width must be at least as long, got {rail.length_mm:.2f} mm. "
                         "Use a pin here.")  # fmt: skip
    (_check_tongue if rail.kind is PinType.TONGUE else _check_dovetail)(rail)


def _check_tongue(rail: Rail) -> None:
    if not 0.0 <= rail.taper_deg <= STRONGEST_TAPER_DEG:
        raise InputError(f"The taper of a tongue must lie between 0 and {STRONGEST_TAPER_DEG:g} degrees, got "
                         f"{rail.taper_deg:g}.")  # fmt: skip
    top, needed = rail.top_width_mm - 2.0 * rail.lead_in_mm, SMALLEST_END * rail.width_mm
    if top < needed:
        raise InputError(f"A taper of {rail.taper_deg:g} degrees over {rail.height_mm:g} mm would leave "
                         f"{max(0.0, top):.2f} mm at the top of a tongue of {rail.width_mm:g} mm; it needs "
                         f"{needed:.2f} mm. Taper it less, or make it lower or wider.")  # fmt: skip


def _check_dovetail(rail: Rail) -> None:
    if rail.taper_deg:
        raise InputError("A dovetail does not taper: it slides in along its length.")
    if not FLATTEST_FLARE_DEG <= rail.flare_deg <= STEEPEST_FLARE_DEG:
        raise InputError(f"The flank of a dovetail must stand between {FLATTEST_FLARE_DEG:g} and "
                         f"{STEEPEST_FLARE_DEG:g} degrees to the face, got {rail.flare_deg:g}.")  # fmt: skip
    angle = math.radians(rail.flare_deg)
    undercut, play = rail.height_mm / math.tan(angle), rail.clearance.across_mm / math.sin(angle)
    if undercut <= 2.0 * play:  # pushed against one flank, the other has twice the play
        raise InputError(f"A dovetail of {rail.height_mm:g} mm height would lift out of its groove: its flanks reach "
                         f"{undercut:.2f} mm under the lips, and the play takes {2.0 * play:.2f} mm of it. Make it "
                         f"higher than {2.0 * play * math.tan(angle):.2f} mm.")  # fmt: skip
    neck = 0.5 * rail.width_mm - ROOT_SHARE * rail.width_mm / math.tan(angle) - rail.lead_in_mm / math.sin(angle)
    if neck <= 0.0 or rail.length_mm <= rail.lead_in_mm:
        raise InputError(f"A dovetail of {rail.width_mm:g} mm width with flanks at {rail.flare_deg:g} degrees has no "
                         "neck left behind its chamfer. Make it wider or its flanks steeper.")  # fmt: skip


def _rib_rings(rail: Rail, root_mm: float) -> FloatArray:
    """Rings of the rib, from so far below its foot's face up, (m, 4, 3) in the rail's frame."""
    top = rail.kerf_mm + rail.height_mm
    lead = rail.lead_in_mm
    if rail.kind is PinType.DOVETAIL:
        whole = (0.0, -root_mm, top)
        ends = [_trapezoid(rail, 0.0, -lead, -root_mm, top - lead), _trapezoid(rail, lead, 0.0, *whole[1:])]
        return np.array([*ends, _trapezoid(rail, rail.length_mm, 0.0, *whole[1:])])
    slope = math.tan(math.radians(rail.taper_deg))
    levels = [(0.0, 0.0), (top - lead, -slope * (top - lead)), (top, -slope * (top - lead) - lead)]
    return np.array([_rectangle(rail, z, grown) for z, grown in ([(-root_mm, 0.0)] if root_mm else []) + levels])


def _groove_rings(rail: Rail, reach_mm: float) -> FloatArray:
    """Rings of the groove, from so far before the other part's face on, (m, 4, 3) in the rail's frame."""
    kerf, lead, play = rail.kerf_mm, rail.lead_in_mm, rail.clearance
    bottom = kerf + rail.height_mm + play.along_mm
    if rail.kind is PinType.DOVETAIL:
        ends = (-play.along_mm, rail.length_mm + rail.run_out_mm)
        return np.array([_trapezoid(rail, x, play.across_mm, kerf - reach_mm, bottom) for x in ends])
    slope = math.tan(math.radians(rail.taper_deg))
    wider = play.across_mm / math.cos(math.radians(rail.taper_deg))
    inner = wider - slope * (kerf + lead)
    levels = [(kerf - reach_mm, inner + lead + reach_mm), (kerf + lead, inner), (bottom, wider - slope * bottom)]
    return np.array([_rectangle(rail, z, grown) for z, grown in levels])


def _rectangle(rail: Rail, height_mm: float, grown_mm: float) -> FloatArray:
    """Section of a tongue across its axis, every side moved outward."""
    half = 0.5 * rail.width_mm + grown_mm
    low, high = -grown_mm, rail.length_mm + grown_mm
    return np.array(
        [[low, -half, height_mm], [high, -half, height_mm], [high, half, height_mm], [low, half, height_mm]]
    )


def _trapezoid(rail: Rail, x_mm: float, grown_mm: float, low_mm: float, high_mm: float) -> FloatArray:
    """Section of a dovetail across its length, between two heights, flanks moved outward at right angles to them."""
    angle = math.radians(rail.flare_deg)
    foot = 0.5 * rail.width_mm + grown_mm / math.sin(angle)
    below, above = foot + low_mm / math.tan(angle), foot + high_mm / math.tan(angle)
    return np.array([[x_mm, -below, low_mm], [x_mm, below, low_mm], [x_mm, above, high_mm], [x_mm, -above, high_mm]])


def _volume(rings: FloatArray) -> float:
    """Exact volume between rings in parallel planes: the area is of second degree between two of them (Simpson)."""
    along = 2 if np.ptp(rings[0][:, 2]) == 0.0 else 0
    across = [axis for axis in range(3) if axis != along]

    def area(ring: FloatArray) -> float:
        u, v = ring[:, across[0]], ring[:, across[1]]
        return 0.5 * abs(float((u * np.roll(v, -1) - np.roll(u, -1) * v).sum()))

    total = 0.0
    for low, high in pairwise(rings):
        total += (area(low) + 4.0 * area(0.5 * (low + high)) + area(high)) / 6.0 * float(high[0, along] - low[0, along])
    return total


def _placed(solid: manifold3d.Manifold, rail: Rail) -> manifold3d.Manifold:
    return solid.transform(np.ascontiguousarray(rail.matrix))
