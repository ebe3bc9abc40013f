"""Pieces that the cuts part from all else and that no pin holds: found, measured, told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ...mesh import Mesh, six_fold_volumes
from ...topology import face_parts
from ..cut.made import Made
from ..cut.pieces import Pieces
from ..cut.pinned import Joint
from ..cut.plane import CutPlane, Point
from ..cut.section import contains_2d, faces_in_plane, outline_of
from ..pins.kinds import Pin
from ..pins.rail import Rail

MOST_TOLD = 6
"""Loose pieces that are named one by one, the largest first; the others are counted."""


@dataclass(frozen=True)
class LoosePiece:
    """A body of a part that only cuts have parted from the rest; ``center_mm`` is the middle of its box, LPS."""

    part: str
    volume_mm3: float
    center_mm: Point

    def words(self) -> str:
        """Say it to a person."""
        x, y, z = self.center_mm
        size = f"{self.volume_mm3 / 1000.0:.2f} ml" if self.volume_mm3 >= 100.0 else f"{self.volume_mm3:.2g} mm3"
        return f"{size} at ({x:.1f}, {y:.1f}, {z:.1f}) mm in '{self.part}'"

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {"part": self.part, "volume_mm3": self.volume_mm3, "center_mm": list(self.center_mm)}


def loose_pieces(pieces: Pieces, planes: Sequence[CutPlane], kerf_mm: float, made: Made) -> tuple[LoosePiece, ...]:
    """Bodies that touch a cut, are not the largest of their part, and have neither pin nor hole; the largest first.

    Bodies that no cut touches were apart in the model already and are none of these.
    """
    out: list[LoosePiece] = []
    for number, mesh in enumerate(pieces.meshes):
        count, body_of = face_parts(mesh)
        if count == 1:
            continue
        volumes = np.bincount(body_of, six_fold_volumes(mesh.vertices, mesh.faces), count) / 6.0
        held = _held(number, mesh, body_of, pieces, planes, kerf_mm, made.joints)
        for body in sorted(held, key=lambda one: -volumes[one]):
            if held[body] or body == int(volumes.argmax()) or not volumes[body] > 0.0:
                continue
            corners = mesh.vertices[np.unique(mesh.faces[body_of == body])]
            x, y, z = (0.5 * (corners.min(axis=0) + corners.max(axis=0))).tolist()
            out.append(LoosePiece(made.assembly.parts[number].name, float(volumes[body]), (x, y, z)))
    return tuple(sorted(out, key=lambda piece: -piece.volume_mm3))


def loose_words(found: Sequence[LoosePiece]) -> str:
    """Tell of all of them, with what to do."""
    named = "; ".join(piece.words() for piece in found[:MOST_TOLD])
    rest = f"; and {len(found) - MOST_TOLD} smaller" if len(found) > MOST_TOLD else ""
    if len(found) == 1:
        return (
            f"The cuts part a piece from all else, and no pin holds it: {named}. Glue it to the neighboring part, "
            "protect its place from cuts, or leave it out."
        )
    return (
        f"The cuts part {len(found)} pieces from all else, and no pin holds them: {named}{rest}. Glue them to the "
        "neighboring parts, protect their places from cuts, or leave out what is not needed."
    )


def _held(
    number: int,
    mesh: Mesh,
    body_of: npt.NDArray[np.int64],
    pieces: Pieces,
    planes: Sequence[CutPlane],
    kerf_mm: float,
    joints: Sequence[Joint],
) -> dict[int, bool]:
    """For each body that touches a cut, whether a pin or a hole is in it."""
    out: dict[int, bool] = {}
    for cut, sign in pieces.pieces[number].sides.items():
        face = planes[cut].moved(0.5 * sign * kerf_mm)
        own = faces_in_plane(mesh, face, looking_up=sign < 0)
        places = [
            _place(holder)
            for joint in joints
            if joint.seam.plane is planes[cut] and number in (joint.seam.below, joint.seam.above)
            for holder in joint.holders
        ]
        flat = planes[cut].to_local(np.array(places).reshape(-1, 3))[:, :2]
        for body in np.unique(body_of[own]).tolist():
            outline = outline_of(mesh, own & (body_of == body), planes[cut])
            holds = len(flat) > 0 and bool(contains_2d(outline, flat).any())
            out[body] = out.get(body, False) or holds
    return out


def _place(holder: Pin | Rail) -> npt.NDArray[np.float64]:
    if isinstance(holder, Rail):
        return np.asarray(0.5 * (np.array(holder.start_mm) + np.array(holder.end_mm)))
    return np.asarray(holder.at_mm)
