"""Pins set at the seams of a cut, and the proof that the parts fit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ...mesh import FloatArray, Mesh
from ...progress import Progress, part, silent
from ..pins.assign import assigned
from ..pins.choose import Placement, place_pins
from ..pins.fit import NO_VOLUME_MM3, PinFit, measure_fits, near_holes, seat_interference
from ..pins.kinds import Pin, PinType
from ..pins.near_plane import NearPlane
from ..pins.oneway import wrong_seats
from ..pins.place_rail import RailFit, measure_rail, place_rail, rods_of
from ..pins.rail import Rail, groove_volume_mm3, rail_solids, rail_volume_mm3
from ..pins.request import PinRequest, needs_of
from ..pins.room import Around, Rod, Surroundings
from ..pins.solids import PinSolids, foot_hole_volume_mm3, hole_volume_mm3, pin_solids, pin_volume_mm3
from .assembly import Seam
from .section import centroid_2d, faces_in_plane

if TYPE_CHECKING:
    import manifold3d


RAILS = (PinType.TONGUE, PinType.DOVETAIL)
"""Holders that run along a seam instead of standing on it."""


@dataclass(frozen=True, eq=False)
class Joint:
    """The pins of one seam, what was made of them, and what was measured afterwards."""

    seam: Seam
    placement: Placement
    solids: tuple[PinSolids, ...]
    around: Around
    rail: Rail | None = None
    fits: tuple[PinFit | RailFit, ...] = ()

    @property
    def foot(self) -> int:
        """Number of the part that carries the feet."""
        return self.seam.below if self.placement.foot_below else self.seam.above

    @property
    def other(self) -> int:
        """Number of the other part."""
        return self.seam.above if self.placement.foot_below else self.seam.below

    @property
    def holders(self) -> tuple[Pin | Rail, ...]:
        """What holds the parts: pins, or one rail."""
        return self.placement.pins if self.rail is None else (self.rail,)

    def to_dicts(self, names: Sequence[str]) -> list[dict[str, Any]]:
        """Return each pin with its measures as plain JSON values."""
        return [
            pin.to_dict() | {"foot_in": names[self.foot], "hole_in": names[self.other]} | fit.to_dict()
            for pin, fit in zip(self.holders, self.fits, strict=True)
        ]


def set_pins(
    seams: Sequence[Seam], meshes: Sequence[Mesh], asked: PinRequest, progress: Progress = silent
) -> list[Joint]:
    """Choose the pins of every seam; pins of one seam keep away from those of the others.

    Parameters
    ----------
    seams : sequence of Seam
    meshes : sequence of Mesh
        Surface of every part that the seams name, as the planes left it.
    asked : PinRequest
        For each seam.
    """
    joints: list[Joint] = []
    rods: dict[int, list[Rod]] = {}
    by_hand = assigned(seams, asked.places_mm)
    # The largest first: it has the most to choose from, and the others keep clear of its pins.
    for done, number in enumerate(sorted(range(len(seams)), key=lambda k: -seams[k].area_mm2)):
        seam = seams[number]
        wanted = replace(asked, places_mm=by_hand[number]) if asked.places_mm else asked
        if asked.places_mm and not wanted.places_mm:
            wanted = replace(wanted, count=0)
        share = part(progress, done / len(seams), (done + 1) / len(seams))
        around = Around(
            _surroundings(meshes[seam.below], seam, rods.get(seam.below, []), above=False),
            _surroundings(meshes[seam.above], seam, rods.get(seam.above, []), above=True),
        )
        if asked.kind in RAILS:
            joint = _railed(seam, around, asked, share)
        else:
            placement = place_pins(seam, around, wanted, share)
            joint = Joint(seam, placement, tuple(pin_solids(pin) for pin in placement.pins), around)
        joints.append(joint)
        taken = [rod for holder in joint.holders for rod in _rods(holder, asked.wall_mm)]
        for side in (seam.below, seam.above):
            rods.setdefault(side, []).extend(taken)
    return joints


def _railed(seam: Seam, around: Around, asked: PinRequest, progress: Progress) -> Joint:
    placed = place_rail(seam, around, asked, progress)
    placement = Placement((), placed.foot_below, (), placed.notes)
    if placed.rail is None:
        return Joint(seam, placement, (), around)
    return Joint(seam, placement, (rail_solids(placed.rail),), around, placed.rail)


def _surroundings(mesh: Mesh, seam: Seam, rods: Sequence[Rod], *, above: bool) -> Surroundings:
    """Return the surface of a part without the face of the seam."""
    face = seam.plane.moved((0.5 if above else -0.5) * seam.kerf_mm)
    own = faces_in_plane(mesh, face, looking_up=not above)
    return Surroundings((NearPlane(mesh, own, seam.plane),), tuple(rods))


def _rods(pin: Pin | Rail, wall_mm: float) -> tuple[Rod, ...]:
    if isinstance(pin, Rail):
        return rods_of(pin)
    need = needs_of(pin, wall_mm)
    at, axis = np.array(pin.at_mm), np.array(pin.axis)
    start = at - need.below.depth_mm * axis
    stop = at + (pin.kerf_mm + need.above.depth_mm) * axis
    return (Rod(tuple(start.tolist()), tuple(stop.tolist()), pin.hole_radius_mm),)


def finished(pieces: Sequence[manifold3d.Manifold], joints: Sequence[Joint]) -> list[manifold3d.Manifold]:
    """Join the pins with their parts and cut the holes."""
    import manifold3d

    add: list[list[manifold3d.Manifold]] = [[] for _ in pieces]
    cut: list[list[manifold3d.Manifold]] = [[] for _ in pieces]
    for joint in joints:
        for solids in joint.solids:
            for where, solid, number in (
                (add, solids.add, joint.foot),
                (cut, solids.cut_foot, joint.foot),
                (cut, solids.cut_other, joint.other),
            ):
                if solid is not None:
                    where[number].append(solid)
    out = []
    for piece, more, less in zip(pieces, add, cut, strict=True):
        body = piece
        if more:
            body = manifold3d.Manifold.batch_boolean([body, *more], manifold3d.OpType.Add)
        if less:
            body = manifold3d.Manifold.batch_boolean([body, *less], manifold3d.OpType.Subtract)
        out.append(body)
    return out


def proven(
    joints: Sequence[Joint], parts: Sequence[manifold3d.Manifold], wall_mm: float, progress: Progress = silent
) -> tuple[list[Joint], dict[str, Any]]:
    """Measure every pin in the finished parts; return the joints with their measures, and the sums."""
    out = []
    seats: list[dict[str, Any]] = []
    for number, joint in enumerate(joints):
        progress(number / len(joints), "Measuring the fit of the pins")
        foot, other = parts[joint.foot], parts[joint.other]
        around = joint.around if joint.placement.foot_below else Around(joint.around.above, joint.around.below)
        rods = [solids.add or solids.loose for solids in joint.solids]
        printed = [rod for rod in rods if rod is not None]
        center = joint.seam.plane.to_world(centroid_2d(joint.seam.outline)[None])[0]
        holes = [solids.cut_other for solids in joint.solids if solids.cut_other is not None]
        near = near_holes(other, holes, printed, joint.seam.plane, center)
        sockets = [solids.cut_foot for solids in joint.solids if solids.cut_foot is not None]
        foot = near_holes(foot, sockets)
        pins = joint.placement.pins
        fits: tuple[PinFit | RailFit, ...] = measure_fits(pins, joint.solids[: len(pins)], foot, near, around)
        if joint.rail is not None:
            below = joint.placement.foot_below
            fits = (measure_rail(joint.rail, joint.solids[0], other, joint.around, wall_mm, foot_below=below),)
        out.append(replace(joint, fits=fits))
        if printed:
            common = seat_interference(printed, near, joint.seam.plane, center)
            also = [seat.words() for seat in wrong_seats(joint.placement.pins, joint.seam.plane.axes)]
            if joint.rail is not None:
                also = [name for name, volume in common.items() if volume <= NO_VOLUME_MM3]
            seats.append(
                {
                    "below": joint.seam.below,
                    "above": joint.seam.above,
                    "interference_mm3": common,
                    "also_fits": also,
                }
            )
    every = [fit for joint in out for fit in joint.fits]
    proof: dict[str, Any] = {
        "interference_mm3": float(sum(fit.interference_mm3 for fit in every)),
        "gap_min_mm": min((fit.gap_min_mm for fit in every if fit.gap_min_mm is not None), default=None),
        "gap_max_mm": max((fit.gap_max_mm for fit in every if fit.gap_max_mm is not None), default=None),
        "gap_end_min_mm": min((fit.gap_end_mm for fit in every if fit.gap_end_mm is not None), default=None),
        "wall_min_mm": min((fit.wall_mm for fit in every), default=None),
        "way_is_free": all(fit.way_is_free for fit in every),
        "wrong_seats": seats,
    }
    return out, proof


def volumes_of(joints: Sequence[Joint], pieces: Sequence[manifold3d.Manifold]) -> tuple[float, float, float]:
    """Exact volumes of the pins joined to parts, of the holes cut, and of loose dowels, mm3."""
    pins = holes = loose = 0.0
    for joint in joints:
        if joint.rail is not None:
            pins += rail_volume_mm3(joint.rail)
            groove = joint.solids[0].cut_other
            assert groove is not None
            # A dovetail's groove runs out of the part: what it takes is measured, a tongue's is known.
            tongue = joint.rail.kind is PinType.TONGUE
            holes += groove_volume_mm3(joint.rail) if tongue else float((pieces[joint.other] ^ groove).volume())
            continue
        for pin, solids in zip(joint.placement.pins, joint.solids, strict=True):
            if solids.add is not None:
                pins += pin_volume_mm3(pin)
            if solids.loose is not None:
                loose += pin_volume_mm3(pin)
            holes += hole_volume_mm3(pin) + foot_hole_volume_mm3(pin)
    return pins, holes, loose


def pin_centers(joints: Sequence[Joint]) -> FloatArray:
    """Places of all pins, (k, 3)."""
    return np.array([pin.at_mm for joint in joints for pin in joint.placement.pins]).reshape(-1, 3)
