"""Part numbers and seam letters engraved into the faces of a cut."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ...mesh import Mesh
from ...progress import Progress, part, silent
from ..marks.engrave import FaceMark, engrave
from ..marks.seams import MissingMark, pin_discs, seam_marks
from ..marks.sizes import MarkSize
from ..pins.rail import rail_room
from .assembly import COLORS, Assembly, Part, Seam
from .pinned import Joint

if TYPE_CHECKING:
    import manifold3d


@dataclass(frozen=True, eq=False)
class Marked:
    """Parts with their marks, and the marks for which there was no room."""

    solids: tuple[manifold3d.Manifold, ...]
    marks: tuple[FaceMark, ...]
    missing: tuple[MissingMark, ...]
    removed_mm3: float

    def to_dicts(self) -> list[dict[str, Any]]:
        """Return every mark, set or missing, as plain JSON values."""
        return [mark.to_dict() for mark in self.marks] + [missing.to_dict() for missing in self.missing]


def mark_parts(
    solids: Sequence[manifold3d.Manifold],
    names: Sequence[str],
    seams: Sequence[Seam],
    joints: Sequence[Joint],
    size: MarkSize,
    progress: Progress = silent,
) -> Marked:
    """Engrave marks beside the pins, where they leave the wall beneath them."""
    draft = Assembly(
        tuple(
            Part(name, Mesh.from_manifold(solid, name), COLORS[0]) for name, solid in zip(names, solids, strict=True)
        ),
        tuple(seams),
    )
    keep_out = {
        number: _taken(joint, size.wall_mm)
        for joint in joints
        for number, seam in enumerate(seams)
        if joint.seam is seam and joint.holders
    }
    found = seam_marks(draft, size=size, keep_out=keep_out, progress=part(progress, 0.0, 0.6))
    out, removed = [], 0.0
    for number, solid in enumerate(solids):
        done = engrave(solid, found.of_part(number), part(progress, 0.6, 1.0))
        out.append(done.solid)
        removed += sum(done.removed_mm3)
    return Marked(tuple(out), found.marks, found.missing, removed)


def _taken(joint: Joint, wall_mm: float) -> manifold3d.CrossSection:
    """Where pins or a rail are on a seam, with the wall round them, in the plane's coordinates."""
    import manifold3d

    if joint.rail is None:
        return pin_discs(joint.seam.plane, joint.placement.pins, wall_mm)
    rail = joint.rail
    half = rail_room(rail, wall_mm).half_width_mm
    ends = joint.seam.plane.to_local(np.array([rail.start_mm, rail.end_mm]))[:, :2]
    along = (ends[1] - ends[0]) / np.linalg.norm(ends[1] - ends[0])
    across = np.array([-along[1], along[0]]) * half
    start, stop = ends[0] - half * along, ends[1] + (half + rail.run_out_mm) * along
    corners = np.array([start - across, stop - across, stop + across, start + across])
    return manifold3d.CrossSection([corners])
