"""A mount for the wall: the model's flat back with a plate that has a keyhole, or plain holes for screws."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ...errors import GeometryError
from ...mesh import FloatArray, Mesh
from ...receipt import plain
from ...spatial import index_of
from ..strut.keepout import Keepout
from .base import Base, base_of
from .frame import Frame, frame_of
from .keyhole import keyhole_for, keyhole_place, keyhole_tool, pill, place_above, upward_in
from .make import Made, Request, narrow, untouched
from .screws import COUNTERSINK_DEG, DRIVER_MM, Screw, screw_for, screw_places, screw_tool, tab
from .united import NUDGE_MM, sound

if TYPE_CHECKING:
    import manifold3d

RAYS = 16
"""Rays round the head and through the hole by which the way of a screw is measured."""
FREE_MM = 0.05
"""Rays round the head begin so far in front of the plate."""


def make_wall_mount(mesh: Mesh, asked: Request, center: FloatArray, keepout: Keepout) -> Made:
    """A flat back with a plate that has a keyhole above the center of mass, or holes for screws round the model."""
    back = np.asarray(asked.back, np.float64)
    frame = frame_of((-back).tolist(), "back")
    upward = upward_in(frame, np.asarray(asked.up))
    local = frame.to_local(center[None, :])[0]
    if asked.screws:
        return _screwed(mesh, asked, frame, local, upward, keepout)
    return _hung(mesh, asked, frame, local, upward, keepout)


def _hung(mesh: Mesh, asked: Request, frame: Frame, local: FloatArray, upward: FloatArray, keepout: Keepout) -> Made:
    """With a keyhole."""
    hole = keyhole_for(asked.screw_mm, asked.wall_mm)
    thick = max(hole.plate_mm, asked.plinth_mm)
    based = _Based(mesh, frame, local, asked, thick)
    made: list[Any] = []

    def make(number: int) -> Any:
        base = based.at(number)
        at = keyhole_place(base.outline, hole, local, upward, asked.wall_mm)
        if at is None:  # the plate is made wider for it
            at = place_above(hole, local, upward)
            base = based.at(number, pill(hole, at, upward, hole.opening_mm + 2.0 * asked.wall_mm))
        made.append((base, at))
        return base.solid - frame.placed(keyhole_tool(hole, at, upward, base.at - thick - number * NUDGE_MM))

    out = sound(make, mesh)
    base, at = made[-1]
    above = float((at - local[:2]) @ upward)
    note = (
        f"Plate of {thick:.1f} mm with a keyhole for a screw of {hole.screw_mm:g} mm with a pan head, {above:.1f} mm "
        "above the center of mass. It is not anatomy."
    )
    details = {
        "screw_mm": hole.screw_mm,
        "opening_mm": hole.opening_mm,
        "slot_mm": hole.slot_mm,
        "lip_mm": hole.lip_mm,
        "hangs_at_mm": frame.to_world(np.array([[*at, base.at - thick]]))[0],
        "hangs_above_center_mm": above,
    }
    return based.told(out, base, keepout, note, details)


def _screwed(mesh: Mesh, asked: Request, frame: Frame, local: FloatArray, upward: FloatArray, keepout: Keepout) -> Made:
    """With plain holes beside the model, each in a place that a driver reaches from the front."""
    import manifold3d

    screw = screw_for(asked.screw_mm, asked.wall_mm, asked.countersunk)
    thick = max(screw.plate_mm, asked.plinth_mm)
    based = _Based(mesh, frame, local, asked, thick)
    places = screw_places(frame.local(based.model).project(), screw, local, upward, asked.screws)
    tabs = manifold3d.CrossSection.batch_boolean([tab(screw, at) for at in places], manifold3d.OpType.Add)
    made: list[Base] = []

    def make(number: int) -> Any:
        base = based.at(number, tabs)
        made.append(base)
        tools = [screw_tool(screw, at, base.at - thick - number * NUDGE_MM, base.at) for at in places]
        return base.solid - frame.placed(manifold3d.Manifold.batch_boolean(tools, manifold3d.OpType.Add))

    out = sound(make, mesh)
    base = made[-1]
    rows = [_measured(out, frame, screw, at, base.at, thick) for at in places]
    head = (
        f"countersunk ({COUNTERSINK_DEG:g} degrees, {screw.sink_mm:.1f} mm deep)" if asked.countersunk else "pan heads"
    )
    note = (
        f"Plate of {thick:.1f} mm with {len(rows)} holes of {screw.hole_mm:.1f} mm for screws of {screw.screw_mm:g} "
        f"mm, {head}; from the front each is free of the model over {2.0 * screw.room_mm:.1f} mm. It is not anatomy."
    )
    details = {
        "screw_mm": screw.screw_mm,
        "hole_mm": screw.hole_mm,
        "head_mm": screw.head_mm,
        "sink_mm": screw.sink_mm,
        "countersunk": asked.countersunk,
        "screws": rows,
    }
    return based.told(out, base, keepout, note, details)


class _Based:
    """The model with its back cut flat, on a plate of a thickness."""

    def __init__(self, mesh: Mesh, frame: Frame, local: FloatArray, asked: Request, thick: float) -> None:
        self.model = mesh.to_manifold()
        self._mesh, self._frame, self._asked, self._thick = mesh, frame, asked, thick
        self._low = np.array([*local[:2], -np.inf])

    def at(self, number: int, also: manifold3d.CrossSection | None = None) -> Base:
        """The same, a little otherwise from try to try; ``also`` is what the plate has to cover besides."""
        cut = self._asked.cut_mm
        nudged = None if cut is None else cut + number * NUDGE_MM
        return base_of(
            self.model, self._mesh, self._frame, self._low, nudged, self._thick + number * NUDGE_MM,
            self._asked.margin_mm, steady=False, also=also,
        )  # fmt: skip

    def told(self, out: Mesh, base: Base, keepout: Keepout, note: str, details: dict[str, Any]) -> Made:
        """What was made, in words and figures; refused where protected surface went into the plate."""
        untouched(keepout, self._mesh, self._frame, base.at, "behind the plane of the back")
        lost_ml = float(self.model.trim_by_plane(tuple(-self._frame.up), -base.at).volume()) / 1000.0
        first = (
            f"The back was cut flat {base.cut_mm:.2f} mm from its rearmost point: {lost_ml:.3g} ml of anatomy went "
            "into the plate and cannot be seen."
        )
        common = {"cut_mm": base.cut_mm, "cut_away_ml": lost_ml, "plate_mm": self._thick}
        whole: dict[str, Any] = plain(common | details)
        return Made(out, self._frame, None, (first, note), whole, narrow(base, self._thick))


def _measured(out: Mesh, frame: Frame, screw: Screw, at: FloatArray, front: float, thick: float) -> dict[str, Any]:
    """Where a hole is, and by rays on the result that shaft and head have their way free.

    Raises
    ------
    GeometryError
        Something of the model stands in the way.
    """
    turn = np.arange(RAYS) * (2.0 * np.pi / RAYS)
    ring = np.column_stack([np.cos(turn), np.sin(turn), np.zeros(RAYS)])
    middle = np.array([*at, front])
    around = middle + (0.5 * screw.head_mm + 0.5 * DRIVER_MM) * ring + (0.0, 0.0, FREE_MM)
    through = middle + np.vstack([np.zeros(3), 0.45 * screw.hole_mm * ring]) - (0.0, 0.0, thick + 1.0)
    starts = frame.to_world(np.concatenate([around, through]))
    hit, _ = index_of(out).first_hit(starts, np.tile(frame.up, (len(starts), 1)))
    if np.isfinite(hit).any():
        raise GeometryError(
            "A hole for a screw is not free from the front of the model. Ask for a keyhole (screws 0), or another back."
        )
    return {"at_mm": frame.to_world(middle[None, :])[0], "way_free": True, "rays": len(starts)}
