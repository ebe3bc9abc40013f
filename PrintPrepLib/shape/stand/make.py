"""The kinds of stands, each made from the same request."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from ...errors import GeometryError
from ...mesh import FloatArray, Mesh
from ...progress import Progress, part, silent
from ...receipt import plain
from ...spatial.sampling import area_samples
from ..strut.column import SIDES
from ..strut.keepout import Keepout
from .base import Base, base_of
from .cradle import CradleSize, cradle_of, joined_block
from .frame import Frame, frame_of
from .lean import Lean
from .pedestal import pedestal_of
from .united import NUDGE_MM, kept, sound

SAMPLES = 50_000
"""Places by area at which it is asked whether protected surface would be lost, besides all corners."""
GOLDEN = 0.6180339887498949
"""Share of a side by which a post is turned further from try to try."""


@dataclass(frozen=True)
class Request:
    """Sizes in mm, all filled in; ``cut_mm`` None for the lowest plane that makes a base steady, ``cell_mm`` and
    ``fillet_mm`` None for what goes with the other sizes.
    """

    up: tuple[float, ...]
    back: tuple[float, ...]
    cut_mm: float | None
    plinth_mm: float
    margin_mm: float
    post_mm: float
    height_mm: float
    plate_mm: float
    gap_mm: float
    taper_deg: float
    depth_mm: float
    wall_mm: float
    screw_mm: float
    lean: bool = False
    cell_mm: float | None = None
    fillet_mm: float | None = None
    screws: int = 0
    countersunk: bool = False


@dataclass(frozen=True, eq=False)
class Made:
    """A model with its stand; ``separate`` where the stand is a body of its own, and ``mesh`` is then the model."""

    mesh: Mesh
    frame: Frame
    separate: Mesh | None = None
    notes: tuple[str, ...] = ()
    details: dict[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


def make_base(mesh: Mesh, asked: Request, center: FloatArray, keepout: Keepout) -> Made:
    """Cut flat, with a plinth where its thickness is above zero."""
    frame = frame_of(asked.up)
    model, local = mesh.to_manifold(), frame.to_local(center[None, :])[0]
    fillet = (asked.fillet_mm or 0.0) if asked.plinth_mm > 0.0 else 0.0

    def make(number: int) -> Any:
        nudged = None if asked.cut_mm is None else asked.cut_mm + number * NUDGE_MM
        done = base_of(
            model, mesh, frame, local, nudged, asked.plinth_mm + number * NUDGE_MM, asked.margin_mm, fillet_mm=fillet
        )
        made.append(done)
        return done.solid

    made: list[Any] = []
    out = sound(make, mesh)
    base = made[-1]
    untouched(keepout, mesh, frame, base.at + fillet, "below the plane of the base, or in its fillet")
    lost = model.trim_by_plane(tuple(-frame.up), -base.at)
    lost_ml = float(lost.volume()) / 1000.0
    share, _ = kept(mesh, out)
    notes = [
        f"The model was cut flat {base.cut_mm:.2f} mm above its lowest point: {lost_ml:.3g} ml of anatomy below it "
        + ("went into the plinth and cannot be seen." if asked.plinth_mm > 0.0 else "are gone.")
    ]
    if asked.plinth_mm > 0.0:
        notes.append(f"Plinth: {asked.plinth_mm:g} mm thick, {base.outline.area() / 100.0:.1f} cm2; it is not anatomy.")
    if fillet > 0.0:
        notes.append(f"A fillet of {fillet:g} mm covers the model's surface just above the plinth; it is not anatomy.")
    details = {
        "cut_mm": base.cut_mm,
        "cut_away_ml": lost_ml,
        "fillet_mm": fillet,
        "cut_face_cm2": base.section_mm2 / 100.0,
        "plinth_mm": asked.plinth_mm,
        "vertices_kept_share": share,
    }
    return Made(out, frame, None, tuple(notes), details, narrow(base, asked.plinth_mm))


def make_pedestal(mesh: Mesh, asked: Request, center: FloatArray, keepout: Keepout) -> Made:
    """A post with a broad foot."""
    frame = frame_of(asked.up)
    model, local = mesh.to_manifold(), frame.to_local(center[None, :])[0]
    pedestal = pedestal_of(
        mesh, frame, local, post_mm=asked.post_mm, height_mm=asked.height_mm, plate_mm=asked.plate_mm,
        gap_mm=asked.gap_mm, keepout=keepout, fillet_mm=asked.fillet_mm,
    )  # fmt: skip
    out = sound(lambda number: model + pedestal.solid(number * GOLDEN * 2.0 * np.pi / SIDES), mesh)
    share, moved = kept(mesh, out, Mesh.from_manifold(pedestal.solid(), "pedestal"))
    column = pedestal.column
    notes = (
        "Pedestal: post of {:g} mm, {:.1f} mm long, seat at ({:.1f}, {:.1f}, {:.1f}), ".format(
            column.diameter_mm, column.length_mm, *column.end_mm
        )
        + f"{pedestal.off_mm:.1f} mm beside the center of mass as seen from above; foot of "
        f"{2.0 * pedestal.foot_radius_mm:.1f} mm. It is not anatomy.",
        "Outside of the post's head every point of the surface stands where it stood, bit for bit."
        if not moved
        else f"{moved} points of the surface near the post's head were taken up by it.",
    )
    details: dict[str, Any] = plain(
        {
            "post_mm": column.diameter_mm,
            "post_length_mm": column.length_mm,
            "seat_mm": column.end_mm,
            "head_mm": 2.0 * column.feet_mm[1],
            "sunk_mm": column.sunk_mm[1],
            "bite_mm": pedestal.bite_mm,
            "fillet_mm": column.fillets_mm[0],
            "foot_mm": 2.0 * pedestal.foot_radius_mm,
            "seat_off_center_mm": pedestal.off_mm,
            "vertices_kept_share": share,
        }
    )
    return Made(out, frame, None, notes, details)


def make_cradle(
    mesh: Mesh, asked: Request, center: FloatArray, keepout: Keepout, joined: bool, progress: Progress = silent
) -> Made:
    """A block that follows the underside, with a gap, or joined with the model."""
    frame = frame_of(asked.up)
    local = frame.to_local(center[None, :])[0]
    size = CradleSize(
        asked.gap_mm, asked.taper_deg, asked.depth_mm, asked.plate_mm, asked.wall_mm, asked.lean, asked.cell_mm
    )
    if joined:
        untouched(keepout, mesh, frame, _lowest(mesh, frame) + asked.depth_mm, "in the cradle")
        model, (block, lean) = mesh.to_manifold(), joined_block(mesh, frame, local, size)
        solid = block.to_manifold()
        shift = frame.up * NUDGE_MM
        out = sound(lambda number: model + solid.translate(tuple((-number * shift).tolist())), mesh)
        share, _ = kept(mesh, out)
        notes: tuple[str, ...] = (
            f"Cradle, joined: the lowest {asked.depth_mm:.1f} mm of the model are held, and their underside is in the "
            "block and cannot be seen. It is not anatomy.",
        )
        details: dict[str, Any] = {
            "joined": True,
            "depth_mm": asked.depth_mm,
            "cradle_ml": block.volume_mm3 / 1000.0,
            "vertices_kept_share": share,
        }
        return Made(out, frame, None, (*notes, *_lean_words(lean, block)), details | _lean_details(lean))
    cradle = cradle_of(mesh, frame, local, size, part(progress, 0.0, 1.0))
    notes = (
        f"Cradle: the lowest {cradle.depth_mm:.1f} mm of the model sit in it; gap asked {asked.gap_mm:g} mm, measured "
        f"at least {cradle.gap_mm:.2f} mm, median {cradle.gap_median_mm:.2f} mm; walls lean "
        f"{asked.taper_deg:g} degrees.",
        f"The model can be lifted straight out: on the way the bodies keep at least {min(cradle.way_mm, 2.0):.2f} mm.",
        "The model itself was not changed.",
    )
    details = {
        "joined": False,
        "gap_asked_mm": asked.gap_mm,
        "gap_min_mm": cradle.gap_mm,
        "gap_median_mm": cradle.gap_median_mm,
        "way_min_mm": cradle.way_mm,
        "taper_deg": asked.taper_deg,
        "depth_mm": cradle.depth_mm,
        "floor_mm": cradle.floor_mm,
        "cradle_ml": cradle.mesh.volume_mm3 / 1000.0,
    }
    notes += _lean_words(cradle.lean, cradle.mesh)
    return Made(mesh, frame, cradle.mesh, notes, details | _lean_details(cradle.lean))


def _lean_words(lean: Lean | None, block: Mesh) -> tuple[str, ...]:
    if lean is None:
        return (f"The cradle is a solid block of {block.volume_mm3 / 1000.0:.1f} ml; 'lean' makes it of ribs.",)
    share = 100.0 * (1.0 - lean.lean_ml / lean.solid_ml)
    return (
        f"Lean: {lean.cells} cells of {lean.cell_mm:g} mm, open from top to bottom, between ribs of "
        f"{lean.rib_asked_mm:g} mm (thinnest measured near the ground {lean.rib_mm:.2f} mm): {lean.solid_ml:.1f} -> "
        f"{lean.lean_ml:.1f} ml, {share:.0f} % less.",
    )


def _lean_details(lean: Lean | None) -> dict[str, Any]:
    return {"lean": None if lean is None else asdict(lean)}


def narrow(base: Base, plate_mm: float) -> tuple[str, ...]:
    """A warning where a model hangs on its plate by little."""
    if not base.narrow or not plate_mm > 0.0:
        return ()
    return (
        f"The model is held over a small part of its width only (a cut face of {base.section_mm2:.0f} mm2): it may "
        "break off there. Ask for a larger cut.",
    )


def _lowest(mesh: Mesh, frame: Frame) -> float:
    return float(frame.to_local(mesh.vertices[mesh.used_vertices])[:, 2].min())


def untouched(keepout: Keepout, mesh: Mesh, frame: Frame, level: float, where: str) -> None:
    """Refuse where protected surface of the model lies below a level."""
    if keepout.is_empty:
        return
    surface = np.concatenate([mesh.vertices[mesh.used_vertices], area_samples(mesh, SAMPLES)])
    below = surface[frame.to_local(surface)[:, 2] < level]
    lost = int(np.count_nonzero(keepout.room_mm(below) <= 0.0)) if len(below) else 0
    if lost:
        raise GeometryError(
            f"Protected surface lies {where}: {lost} points of it. Cut less, turn the model (up), or protect less."
        )
