"""Where in a section a rail can lie: the longest straight line that keeps its distance from every edge."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ...errors import InputError
from ...mesh import FloatArray
from ...progress import Progress, silent
from .kinds import PinType
from .rail_lines import clipped, distances, edges, long_axis, spans, widest_place

if TYPE_CHECKING:
    import manifold3d

Point2 = tuple[float, float]

TURN_DEG = 3.0
"""Step between the directions that are tried; beside the outline's own long axis. The best is then refined."""
LINES_ACROSS = 3
"""Fewest lines that are tried in one direction, however narrow the room."""
REFINED = 4
"""Times the step is made smaller about the best line, by four each: down to 0.01 degrees and a hundredth of spacing."""
ARC_SEGMENTS = 256
"""Sides of a full circle where the inset outline goes round a corner: it cuts the corner by 0.008 % of the distance,
and the inset is wider by that."""
OBLIQUE_SHARE = 1.0
"""A dovetail's groove may leave the outline at a slant: over its width, the edge may run this share of it along the
rail (45 degrees); beyond, one lip ends in a thin wedge."""
FARTHEST_SHARE = 1e-9
"""Rounding allowed when the distance is measured again, as a share of it."""
_STEPS = np.arange(-4.0, 5.0)
WIDEST_MM = 1e-3
"""Last steps when the widest place is sought, a tenth of the last figure that the message shows."""
SIMPLER_MM = 2e-3
"""Lines are sought in an outline with fewer corners, which leaves the true one by less than this: a hundredth of the
smallest play. What is found is measured on the true one."""


@dataclass(frozen=True)
class RailPlace:
    """A rail's middle line, in the plane's coordinates, mm.

    ``room_mm`` is its measured distance from the nearest edge (of a dovetail: up to where its groove leaves the
    outline). A dovetail is open beyond ``end_mm``, which lies where the outline first leaves the groove's width;
    ``run_out_mm`` further it has left it all.
    """

    start_mm: Point2
    end_mm: Point2
    room_mm: float
    run_out_mm: float = 0.0

    @property
    def length_mm(self) -> float:
        """From start to end."""
        return math.dist(self.start_mm, self.end_mm)


@dataclass(frozen=True)
class RailSearch:
    """A place, or the reason in words why there is none; and the largest distance from every edge that was found."""

    place: RailPlace | None
    reason: str
    widest_mm: float
    widest_at_mm: Point2


def rail_in_outline(
    outline: Sequence[FloatArray],
    half_width_mm: float,
    *,
    kind: PinType = PinType.TONGUE,
    shortest_mm: float = 0.0,
    spacing_mm: float = 1.0,
    progress: Progress = silent,
) -> RailSearch:
    """Find the longest straight rail in a flat section.

    Parameters
    ----------
    outline : sequence of (k, 2) float64
        Closed polygons in the plane's coordinates, holes among them, wound in either sense.
    half_width_mm : float
        Distance that the rail's middle line must keep from every edge: half the rib, the clearance and the wall
        (``rail_room(rail, wall).half_width_mm``).
    kind : PinType
        ``TONGUE``: both ends keep that distance as well. ``DOVETAIL``: the rail runs out of the section beyond its
        end, through one edge, and on its way meets no other.
    shortest_mm : float
        Shorter rails are of no use.
    spacing_mm : float
        Distance between the parallel lines that are tried; the best is then refined.
    progress : Progress
        May cancel.

    Raises
    ------
    InputError
        The kind is not a rail's, a figure is not above zero, or the outline is empty.
    """
    if kind not in {PinType.TONGUE, PinType.DOVETAIL}:
        raise InputError(f"A {kind.value} is not a rail. Choose a tongue or a dovetail.")
    if not (half_width_mm > 0.0 and spacing_mm > 0.0):
        raise InputError(f"Width and spacing must be above zero, got {half_width_mm:g} and {spacing_mm:g} mm.")
    section = _section(outline)
    if section.is_empty():
        raise InputError("The section is empty: there is no face for a rail.")
    rings = [np.asarray(ring, np.float64) for ring in section.to_polygons()]
    widest, widest_at = widest_place(rings, WIDEST_MM)
    room = _inset(section, half_width_mm)
    if room.is_empty():
        return RailSearch(
            None,
            f"No rail fits: it needs {half_width_mm:.2f} mm to every edge of the face, and the widest place has "
            f"{widest:.2f} mm. Make the rail narrower or allow a thinner wall.",
            widest,
            widest_at,
        )
    rough = [np.asarray(ring) for ring in section.simplify(SIMPLER_MM).to_polygons()]
    inner = _inset(section, half_width_mm + SIMPLER_MM).simplify(SIMPLER_MM)
    inner = [np.asarray(ring) for ring in (room if inner.is_empty() else inner).to_polygons()]
    search = _Search(rings, rough, inner, half_width_mm, kind, section)
    place = search.best(spacing_mm, progress)
    if place is None or place.length_mm < shortest_mm:
        return RailSearch(None, _too_short(place, kind, half_width_mm, shortest_mm), widest, widest_at)
    return RailSearch(place, "", widest, widest_at)


@dataclass(frozen=True, eq=False)
class _Line:
    """A candidate: direction, distance of its line from the origin, and where it starts and ends along it."""

    angle: float
    across: float
    start: float
    end: float
    out: float

    @property
    def length(self) -> float:
        return self.end - self.start


@dataclass(frozen=True, eq=False)
class _Search:
    rings: list[FloatArray]
    rough: list[FloatArray]
    room: list[FloatArray]
    half_width: float
    kind: PinType
    section: manifold3d.CrossSection

    def best(self, spacing: float, progress: Progress) -> RailPlace | None:
        """Longest line: all directions in coarse steps, then ever finer about the longest ones."""
        full = 2.0 * math.pi if self.kind is PinType.DOVETAIL else math.pi
        axis = long_axis(np.concatenate(self.rings))
        angles = axis + np.arange(0.0, full, math.radians(TURN_DEG))
        best: _Line | None = None
        for number, angle in enumerate(angles.tolist()):
            progress(0.8 * number / len(angles), "Looking for the longest rail")
            longest = best.length if best else 0.0
            tries = sorted(self._along(angle, spacing, longer_than=longest), key=lambda line: -line.length)
            best = next((line for line in tries if line.length > longest and self._sound(line)), best)
        return self._placed(self._refined(best, spacing, progress)) if best else None

    def _refined(self, best: _Line, spacing: float, progress: Progress) -> _Line:
        turn, step = math.radians(TURN_DEG), spacing
        for round_ in range(REFINED):
            progress(0.8 + 0.2 * round_ / REFINED, "Looking for the longest rail")
            turn, step = turn / 4.0, step / 4.0
            middle = self._middle(best)
            tries = []
            for angle in (best.angle + turn * _STEPS).tolist():
                across = -math.sin(angle) * middle[0] + math.cos(angle) * middle[1]
                tries += self._along(angle, step, across + step * _STEPS, longer_than=best.length)
            tries = sorted((line for line in tries if line.length > best.length), key=lambda line: -line.length)
            best = next((line for line in tries if self._sound(line)), best)
        return best

    def _along(
        self, angle: float, spacing: float, lines: FloatArray | None = None, *, longer_than: float
    ) -> list[_Line]:
        """Candidates on parallel lines in one direction; those that cannot be longer are left out."""
        c, s = math.cos(angle), math.sin(angle)
        turned = np.array([[c, -s], [s, c]])
        room = [ring @ turned for ring in self.room]
        if lines is None:
            heights = np.concatenate(room)[:, 1]
            low, high = float(heights.min()), float(heights.max())
            count = max(LINES_ACROSS, math.ceil((high - low) / spacing))
            lines = low + (high - low) * (np.arange(count) + 0.5) / count
        found = spans(room, lines)
        if self.kind is PinType.TONGUE:
            return [_Line(angle, float(lines[row]), a, b, 0.0) for row, a, b in found]
        begins, ends = edges([ring @ turned for ring in self.rough])
        last = float(begins[:, 0].max())
        out = []
        for row, a, _ in found:
            if last - a <= longer_than:
                continue
            left, right = clipped(begins, ends, float(lines[row]), self.half_width)
            ahead = left > a
            if ahead.any():
                near, far = float(left[ahead].min()), float(right[ahead].max())
                if far - near <= OBLIQUE_SHARE * 2.0 * self.half_width:
                    out.append(_Line(angle, float(lines[row]), a, near, far - near))
        return out

    def _sound(self, line: _Line) -> bool:
        """Measure the line again, on the outline itself."""
        if not line.length > 0.0:
            return False
        if self._room_of(line) < self.half_width * (1.0 - FARTHEST_SHARE):
            return False
        return self.kind is PinType.TONGUE or self._leaves_cleanly(line)

    def _leaves_cleanly(self, line: _Line) -> bool:
        """Whether the groove's strip, from the start on, holds one piece of the section and no hole."""
        import manifold3d

        far = float(np.abs(np.concatenate(self.rings)).max()) * 4.0 + abs(line.start) + line.length
        low, high = line.across - self.half_width, line.across + self.half_width
        strip = manifold3d.CrossSection(
            [np.array([[line.start, low], [far, low], [far, high], [line.start, high]])]
        ).rotate(math.degrees(line.angle))
        return len((self.section ^ strip).to_polygons()) == 1

    def _room_of(self, line: _Line) -> float:
        """Distance of the middle line from the nearest edge; of a dovetail only from edges beside it."""
        c, s = math.cos(line.angle), math.sin(line.angle)
        begins, ends = edges([ring @ np.array([[c, -s], [s, c]]) for ring in self.rings])
        offset = np.array([0.0, line.across])
        begins, ends = begins - offset, ends - offset
        stop = line.end if self.kind is PinType.TONGUE else line.end - self.half_width
        return float(distances(begins, ends, line.start, max(stop, line.start)).min())

    def _middle(self, line: _Line) -> Point2:
        along = 0.5 * (line.start + line.end)
        c, s = math.cos(line.angle), math.sin(line.angle)
        return c * along - s * line.across, s * along + c * line.across

    def _placed(self, line: _Line) -> RailPlace:
        c, s = math.cos(line.angle), math.sin(line.angle)
        start, end = ((c * along - s * line.across, s * along + c * line.across) for along in (line.start, line.end))
        return RailPlace(start, end, self._room_of(line), line.out)


def _too_short(place: RailPlace | None, kind: PinType, half_width_mm: float, shortest_mm: float) -> str:
    if place is not None:
        had = f"the longest has {place.length_mm:.2f} mm"
    elif kind is PinType.DOVETAIL:
        had = "none leaves the face through a single edge"
    else:
        had = "there is room for a point only"
    return (
        f"No rail fits: it must be {shortest_mm:.2f} mm long or more with {half_width_mm:.2f} mm to every edge, and "
        f"{had}. Use single pins, or make the rail narrower."
    )


def _section(outline: Sequence[FloatArray]) -> manifold3d.CrossSection:
    import manifold3d

    rings = [np.asarray(ring, np.float64) for ring in outline]
    if any(ring.ndim != 2 or ring.shape[1] != 2 or not np.isfinite(ring).all() for ring in rings):
        raise InputError("The outline of a section must be polygons of two finite numbers for each corner.")
    return manifold3d.CrossSection(rings, manifold3d.FillRule.EvenOdd)


def _inset(section: manifold3d.CrossSection, by_mm: float) -> manifold3d.CrossSection:
    import manifold3d

    wider = by_mm / math.cos(math.pi / ARC_SEGMENTS)
    return section.offset(-wider, manifold3d.JoinType.Round, circular_segments=ARC_SEGMENTS)
