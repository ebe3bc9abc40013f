"""The marks of an assembly: one letter on both faces of a seam, and the number of each part on a hidden face."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ...mesh import FloatArray, Mesh
from ...progress import Progress, part, silent
from ...spatial.cached import index_of
from ..cut.assembly import Assembly, PartKind, Seam
from ..cut.plane import CutPlane
from ..pins.kinds import Pin
from .engrave import FaceMark, on_face
from .place import DepthAvailable, NoSpot, Spot, boxes, place_text
from .sizes import MarkSize

if TYPE_CHECKING:
    import manifold3d

SEAM_LETTERS = "ABCDEFGHJKLMNPRTUVWXY"
"""Letters of seams. Left out are those that pass for digits at this size: I, O, Q, S, Z."""
RAY_START_MM = 1e-3
"""Rays that measure the material start so deep beneath the face. Ours: far above rounding, far below any wall."""
DISC_CORNERS = 48
"""Corners of a kept-out disc, drawn round it: 0.2 % larger than the disc."""

DepthOf = Callable[[int, bool], DepthAvailable]
"""Material beneath the face of seam ``number``, of the part above it (True) or below it (False)."""


@dataclass(frozen=True)
class MissingMark:
    """A mark that could not be placed.

    ``part`` is None for the letter of a seam, ``seam`` is None where a part has no seam.
    """

    meaning: str
    part: int | None
    seam: int | None
    why: NoSpot

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {
            "meaning": self.meaning,
            "text": self.why.text,
            "part": self.part,
            "seam": self.seam,
            "reason": self.why.reason,
            "largest_height_mm": self.why.largest_height_mm,
            "least_height_mm": self.why.least_height_mm,
        }


@dataclass(frozen=True)
class SeamMarks:
    """Marks of all parts, and those for which there was no room."""

    marks: tuple[FaceMark, ...]
    missing: tuple[MissingMark, ...]

    def of_part(self, number: int) -> tuple[FaceMark, ...]:
        """Marks that part ``number`` carries."""
        return tuple(mark for mark in self.marks if mark.part == number)


def seam_letter(number: int) -> str:
    """Letter of a seam: A, B, ... Y, then AA, AB, ..."""
    letters = len(SEAM_LETTERS)
    text = ""
    number += 1
    while number > 0:
        number, rest = divmod(number - 1, letters)
        text = SEAM_LETTERS[rest] + text
    return text


def part_number(number: int) -> str:
    """Number of a part as people count: the first is 1."""
    return str(number + 1)


def seam_marks(
    assembly: Assembly,
    *,
    size: MarkSize,
    keep_out: Mapping[int, manifold3d.CrossSection] | None = None,
    depth_of: DepthOf | None = None,
    progress: Progress = silent,
) -> SeamMarks:
    """Choose marks and their places, all to be engraved: raised ones would hold the faces apart.

    Both faces of a seam carry its letter at the same place, so that the letters meet. Each part carries its number on
    the largest of its seams where it fits. Parts are named by their place in ``assembly.parts``.

    Parameters
    ----------
    assembly : Assembly
        Parts as they are before engraving.
    size : MarkSize
        Limits of every mark.
    keep_out : mapping of seam number to CrossSection, optional
        Pins and holes of either face with the wall round them, in the plane's coordinates; see :func:`pin_discs`.
    depth_of : function, optional
        Material beneath each face; by default measured with rays into the part's mesh.
    progress : Progress
        Receiver.
    """
    keep = dict(keep_out or {})
    depth = depth_of or _measured_depth(assembly)
    marks: list[FaceMark] = []
    missing: list[MissingMark] = []
    steps = max(len(assembly.seams) + len(assembly.parts), 1)
    for number, seam in enumerate(assembly.seams):
        bar = part(progress, number / steps, (number + 1) / steps)
        both = _lesser(depth(number, False), depth(number, True))
        spot = place_text(seam_letter(number), seam.outline, size=size, keep_out=keep.get(number),
                          depth_available_mm=both, progress=bar)  # fmt: skip
        if isinstance(spot, NoSpot):
            missing.append(MissingMark("seam", None, number, spot))
            continue
        marks.extend(_mark(spot, seam, number, above, "seam") for above in (False, True))
        taken = boxes([spot], size.margin_mm)
        keep[number] = keep[number] + taken if number in keep else taken
    for number, piece in enumerate(assembly.parts):
        if piece.kind is not PartKind.BODY:
            continue
        at = (len(assembly.seams) + number) / steps
        found = _number_mark(assembly, number, size, keep, depth, part(progress, at, at + 1.0 / steps))
        if isinstance(found, FaceMark):
            marks.append(found)
        else:
            missing.append(found)
    return SeamMarks(tuple(marks), tuple(missing))


def pin_discs(plane: CutPlane, pins: Sequence[Pin], wall_mm: float) -> manifold3d.CrossSection:
    """Discs round pins and their holes with the wall round them, in the plane's coordinates."""
    import manifold3d

    discs = []
    for pin in pins:
        x, y, _ = plane.to_local(np.array([pin.at_mm]))[0]
        radius = (pin.hole_radius_mm + wall_mm) / np.cos(np.pi / DISC_CORNERS)
        discs.append(manifold3d.CrossSection.circle(radius, DISC_CORNERS).translate((x, y)))
    return manifold3d.CrossSection.batch_boolean(discs, manifold3d.OpType.Add)


def depth_beneath(mesh: Mesh, face: CutPlane, *, above: bool) -> Callable[[FloatArray], FloatArray]:
    """Measure the material beneath a flat face of a closed part, straight down.

    Returns a function of places (k, 2) in the plane's coordinates; 0 where the part is not.
    """
    index = index_of(mesh)
    inward = np.array(face.normal) * (1.0 if above else -1.0)

    def measure(points: FloatArray) -> FloatArray:
        start = face.to_world(np.asarray(points, np.float64)) + RAY_START_MM * inward
        distance, _ = index.first_hit(start, np.broadcast_to(inward, start.shape))
        return np.asarray(np.where(np.isfinite(distance), distance + RAY_START_MM, 0.0))

    return measure


def face_plane(seam: Seam, *, above: bool) -> CutPlane:
    """Plane of the face of the part above or below a seam."""
    return seam.plane.moved((0.5 if above else -0.5) * seam.kerf_mm)


def _number_mark(
    assembly: Assembly,
    number: int,
    size: MarkSize,
    keep: Mapping[int, manifold3d.CrossSection],
    depth: DepthOf,
    progress: Progress,
) -> FaceMark | MissingMark:
    """Number of a part on the largest of its seams where it is as high as wanted, else where it is highest."""
    text = part_number(number)
    own = [k for k, seam in enumerate(assembly.seams) if number in (seam.below, seam.above)]
    best: tuple[Spot, int] | None = None
    nearest: tuple[NoSpot, int] | None = None
    for seam_number in sorted(own, key=lambda k: -assembly.seams[k].area_mm2):
        seam = assembly.seams[seam_number]
        found = place_text(text, seam.outline, size=size, keep_out=keep.get(seam_number),
                           depth_available_mm=depth(seam_number, number == seam.above), progress=progress)  # fmt: skip
        if isinstance(found, NoSpot):
            if nearest is None or found.largest_height_mm > nearest[0].largest_height_mm:
                nearest = found, seam_number
        elif best is None or found.height_mm > best[0].height_mm:
            best = found, seam_number
            if found.height_mm >= size.height_mm:
                break
    if best is not None:
        seam = assembly.seams[best[1]]
        return _mark(best[0], seam, best[1], number == seam.above, "part")
    if nearest is not None:
        return MissingMark("part", number, nearest[1], nearest[0])
    why = NoSpot(text, f"Part {text} has no hidden face that could carry its number.", 0.0, size.least_height_mm, None)
    return MissingMark("part", number, None, why)


def _mark(spot: Spot, seam: Seam, number: int, above: bool, meaning: str) -> FaceMark:
    face = face_plane(seam, above=above)
    return on_face(spot, face, above=above, part=seam.above if above else seam.below, seam=number, meaning=meaning)


def _measured_depth(assembly: Assembly) -> DepthOf:
    known: dict[tuple[int, bool], DepthAvailable] = {}

    def depth(number: int, above: bool) -> DepthAvailable:
        if (number, above) not in known:
            seam = assembly.seams[number]
            mesh = assembly.parts[seam.above if above else seam.below].mesh
            known[number, above] = depth_beneath(mesh, face_plane(seam, above=above), above=above)
        return known[number, above]

    return depth


def _lesser(one: DepthAvailable, other: DepthAvailable) -> DepthAvailable:
    def measure(points: FloatArray) -> FloatArray:
        both = [side(points) if callable(side) else np.full(len(points), float(side)) for side in (one, other)]
        return np.asarray(np.minimum(*both))

    return measure
