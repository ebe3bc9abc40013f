"""A plan made real: cut, pinned, marked, and every finished part tried in the build volume."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import zip_longest

from ...errors import GeometryError
from ...mesh import FloatArray
from ...progress import Progress, part
from ..cut.assembly import Part
from ..cut.cut import assembled
from ..cut.made import Made
from ..cut.pieces import Pieces
from ..cut.solid import Solid
from ..marks.sizes import MarkSize
from ..pins.request import SECTION_SHARE, SIZES_MM, PinRequest
from .bed import Fit, fit, in_pose
from .feet import footed, plug_length_mm
from .loose import LoosePiece, loose_pieces
from .pieces import pieces_of
from .plan import SplitPlan
from .protect import Protect
from .score import PIN_ROOM_MM
from .search import SLACK_MM, plan_split

Volume = tuple[float, float, float]

ATTEMPTS = 3
"""Plugs stand on the side that has room for them, and are made shorter where none has; where even that does not do, it
is planned anew for a smaller build volume, so often."""
SPARE_MM = 0.1
"""Added to what was missing when it is tried anew."""


@dataclass(frozen=True, eq=False)
class Realized:
    """A plan, its pieces, the finished parts with the pose in which each fits, and what the user should know."""

    plan: SplitPlan
    pieces: Pieces
    made: Made
    fits: tuple[Fit, ...]
    loose: tuple[LoosePiece, ...]
    notes: tuple[str, ...]


def realized(
    solid: Solid,
    name: str,
    volume_mm: Volume,
    margin_mm: float,
    keep: Protect,
    kerf_mm: float,
    pins: PinRequest | None,
    marks: MarkSize | None,
    progress: Progress,
) -> Realized:
    """Plan, cut, pin, mark and try every finished part.

    Raises
    ------
    GeometryError
        There is no plan, or a part stays too long with its pins.
    """
    less, start, fewest, missing = 0.0, 0.0, 0, 0.0
    for attempt in range(ATTEMPTS):
        stop = 0.8 + 0.2 * attempt / ATTEMPTS
        share, start = part(progress, start, stop), stop
        plan = plan_split(
            solid.mesh, tuple(side - less for side in volume_mm), margin_mm=margin_mm, protect=keep,
            pin_room_mm=_pin_room(pins), kerf_mm=kerf_mm, spare_mm=max(plug_length_mm(pins), SLACK_MM),
            solid=solid.manifold, progress=part(share, 0.0, 0.6),
        )  # fmt: skip
        fewest = fewest or len(plan.cuts)
        plan = _within(plan, volume_mm, less)
        plan, pieces = footed(plan, pieces_of(solid, plan, kerf_mm, name), kerf_mm, pins)
        made, fits = _finished(plan, pieces, kerf_mm, pins, marks, part(share, 0.6, 0.9))
        notes = []
        missing = _missing(fits)
        shorter = _shorter(pins, plan, made, missing) if missing > 0.0 else None
        if shorter is not None:
            again, poses = _finished(plan, pieces, kerf_mm, shorter, marks, part(share, 0.9, 1.0))
            if _held(again) >= _held(made):  # no seam is left without pins
                made, fits, missing = again, poses, _missing(poses)
                notes.append(
                    f"Plugs are {shorter.length_mm:.1f} mm long and {shorter.diameter_mm:g} mm wide, so that the parts "
                    "that carry them fit the build volume."
                )
        if missing <= 0.0:
            if len(plan.cuts) > fewest:
                notes.append(
                    f"It is cut {len(plan.cuts)} times because plugs stick out of their parts: with dowels, which do "
                    f"not, {fewest} would do."
                )
            loose = loose_pieces(pieces, plan.planes, kerf_mm, made)
            progress(1.0, "Split")
            return Realized(plan, pieces, made, tuple(fits), loose, tuple(notes))
        less += missing + SPARE_MM
    raise GeometryError(
        f"With its pins one part of '{name}' stays {missing:.1f} mm too long for the build volume. Ask for shorter "
        "pins, for dowels, which stick out of no part, or for no pins."
    )


def _finished(
    plan: SplitPlan, pieces: Pieces, kerf_mm: float, pins: PinRequest | None, marks: MarkSize | None, progress: Progress
) -> tuple[Made, list[Fit]]:
    made = assembled([pieces], plan.planes, kerf_mm, pins, marks, progress)
    poses = [planned.fit.rotation for planned in plan.parts]
    return made, [_fit(item, pose, plan) for item, pose in zip_longest(made.assembly.parts, poses)]


def _held(made: Made) -> int:
    """Seams that have pins."""
    return sum(bool(joint.holders) for joint in made.joints)


def _shorter(pins: PinRequest | None, plan: SplitPlan, made: Made, missing_mm: float) -> PinRequest | None:
    """Plugs that are as much shorter as is missing, and no wider than long; None where the user chose, or none can."""
    if pins is None or not plug_length_mm(pins) > 0.0 or pins.length_mm is not None or pins.diameter_mm is not None:
        return None
    longest = max((pin["length_mm"] for pin in made.assembly.pins), default=0.0)
    length = float(longest) - missing_mm - SPARE_MM
    widest = min(2.0 * SECTION_SHARE * cut.score.inscribed_radius_mm for cut in plan.cuts)
    least = max(pins.least_mm, SIZES_MM[-1])
    diameters = [size for size in SIZES_MM if least <= size <= min(length, widest)]
    return replace(pins, diameter_mm=diameters[0], length_mm=length) if diameters else None


def _within(plan: SplitPlan, volume_mm: Volume, less: float) -> SplitPlan:
    """Tell a plan for a smaller volume as one for the real volume."""
    if not less > 0.0:
        return plan
    parts = []
    for planned in plan.parts:
        width, depth, height = (slack + less for slack in planned.fit.slack_mm)
        there = replace(planned.fit, volume_mm=volume_mm, slack_mm=(width, depth, height))
        parts.append(replace(planned, fit=there))
    return replace(plan, volume_mm=volume_mm, parts=tuple(parts))


def _fit(item: Part, pose: FloatArray | None, plan: SplitPlan) -> Fit:
    """Try a finished part in its planned pose first."""
    if pose is not None:
        planned = in_pose(item.mesh.vertices, pose, plan.volume_mm, plan.margin_mm)
        if planned.fits:
            return planned
    return fit(item.mesh, plan.volume_mm, plan.margin_mm)


def _missing(fits: list[Fit]) -> float:
    return max(0.0 if item.fits else item.excess_mm for item in fits)


def _pin_room(pins: PinRequest | None) -> float:
    if pins is None:
        return PIN_ROOM_MM
    return 0.5 * max(pins.least_mm, pins.diameter_mm or 0.0) + pins.clearance.across_mm + pins.wall_mm
