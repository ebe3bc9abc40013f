"""Build the wall: the outer surface, the ends, and everything that is measured on the result."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ...errors import GeometryError
from ...field import zero_surface
from ...mesh import FloatArray, IntArray, Mesh
from ...progress import Progress, part, silent
from ...topology import face_parts
from ...triangle_sums import six_fold_volumes
from .axis import EndAxis
from .ends import LeftClosed, OpenedEnd, OpenEnds, chosen_ends, opened, rings_of
from .fusion import Meeting, meetings_of
from .measured import LumenProof, OtherPlace, WallMeasures, measure_wall, other_places, prove_lumen
from .outer import Flange, gap_function, wall_function
from .thickness import Diameters, Table, Thickness, by_diameter, constant
from .tips import SurfaceGraph

NEAR_END_WALLS = 1.5
"""Within so many walls of an open end a thicker wall is put down to the rim of the end."""

BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Request:
    """What was asked for, checked."""

    thickness_mm: float
    table: Table = ()
    picks: tuple[FloatArray, ...] = ()
    which: OpenEnds = OpenEnds.NONE
    flange: Flange | None = None
    keep_apart_mm: float = 0.0
    least_mm: float = 0.0
    cell_mm: float = 0.25

    @property
    def thickest_mm(self) -> float:
        """Thickest wall that can come out."""
        return max((wall for _, wall in self.table), default=self.thickness_mm)


@dataclass(frozen=True, eq=False)
class Built:
    """The wall and what was measured on it.

    Attributes
    ----------
    mesh : Mesh
        Closed: outer surface, lumen turned over, rings at the open ends.
    outer, inner : Mesh
        Its two surfaces without the rings; the inner one looks outward as the lumen does.
    bridged : tuple of bool
        For each meeting of separate vessels, whether their walls are one there.
    """

    mesh: Mesh
    outer: Mesh
    inner: Mesh
    ends: tuple[OpenedEnd, ...]
    rings: tuple[IntArray, ...]
    meetings: tuple[Meeting, ...]
    bridged: tuple[bool, ...]
    measures: WallMeasures
    proof: LumenProof
    places: tuple[OtherPlace, ...]
    places_total: int
    thickness: Thickness
    diameters: Diameters | None = None
    voids_mm3: tuple[tuple[tuple[float, ...], float], ...] = ()
    left_closed: tuple[LeftClosed, ...] = ()


def build_wall(lumen: Mesh, request: Request, progress: Progress = silent) -> Built:
    """Make the wall of a welded, closed, outward lumen."""
    lumen, voids = without_voids(lumen)
    graph = SurfaceGraph(lumen)
    axes, left = chosen_ends(graph, request.picks, request.which, request.thickest_mm)
    progress(0.05, "Measuring the lumen")
    reach = request.thickest_mm + (request.flange.width_mm if request.flange and axes else 0.0)
    diameters: Diameters | None = None
    thickness = constant(request.thickness_mm)
    if request.table:
        thickness, diameters = by_diameter(lumen, request.table, reach, part(progress, 0.05, 0.15))
    wanted = thickness(np.asarray(lumen.vertices))
    meetings = meetings_of(graph, wanted, part(progress, 0.15, 0.25))
    separate = [meeting for meeting in meetings if meeting.separate]
    keep = request.keep_apart_mm
    found = [gap_function(graph, meeting, thickness.high, keep) for meeting in separate] if keep > 0.0 else []
    gaps = [gap for gap in found if gap is not None]
    function = wall_function(
        lumen, thickness, axes=axes, flange=request.flange, gaps=gaps, least_mm=min(request.least_mm, thickness.low)
    )
    margin = reach + 2.0 * request.cell_mm
    outer = zero_surface(
        function,
        lumen.bounds[0] - margin,
        lumen.bounds[1] + margin,
        request.cell_mm,
        name=lumen.name,
        progress=part(progress, 0.25, 0.7),
    )
    bridged = tuple(bool((function(meeting.middles) > 0.0).any()) for meeting in separate)
    around, within, ends, more = opened(outer, lumen, axes, reach, named=bool(request.picks))
    rings = rings_of(around, within, ends)
    shift = np.int32(len(around[0]))
    mesh = Mesh(
        np.concatenate([around[0], within[0]]),
        np.concatenate([around[1], within[1][:, ::-1] + shift, *rings]),
        lumen.name,
    )
    outer, inner = Mesh(*around, lumen.name), Mesh(*within, lumen.name)
    wanted = thickness(np.asarray(inner.vertices))

    def flanged(points: FloatArray) -> BoolArray:
        return _near_ends(points, axes, request) if request.flange else np.zeros(len(points), bool)

    measures, reached = measure_wall(inner, outer, thickness, flanged, part(progress, 0.7, 0.9))
    at_ends = np.zeros(len(inner.vertices), bool)
    for end in ends:
        for loop in end.lumen_loops:
            at_ends[loop] = True
    thinner = "thinner, kept apart from another stretch of the lumen" if gaps else "thinner than wanted"
    places, total = other_places(inner, reached, wanted, _reasons(inner, axes, meetings, request), thinner)
    proof = prove_lumen(inner, lumen, at_ends, part(progress, 0.9, 1.0))
    return Built(
        mesh.without_unused_vertices(), outer, inner, tuple(ends), tuple(rings), tuple(meetings), bridged, measures,
        proof, tuple(places), total, thickness, diameters, voids, (*left, *more),
    )  # fmt: skip


def without_voids(lumen: Mesh) -> tuple[Mesh, tuple[tuple[tuple[float, ...], float], ...]]:
    """Leave out surfaces that look inward: voids in the blood, which would be loose lumps within the wall.

    Returns
    -------
    lumen : Mesh
        The same object where there is none.
    voids : tuple
        Middle and volume in mm3 of each.

    Raises
    ------
    GeometryError
        Nothing is left.
    """
    count, piece = face_parts(lumen)
    volume = np.bincount(piece, weights=six_fold_volumes(lumen.vertices, lumen.faces), minlength=count) / 6.0
    hollow = volume < 0.0
    if not hollow.any():
        return lumen, ()
    if hollow.all():
        raise GeometryError("The surface is inside out. Repair it first.")
    voids = []
    for number in np.flatnonzero(hollow).tolist():
        corners = lumen.vertices[np.unique(lumen.faces[piece == number])]
        middle = tuple(np.round(corners.mean(axis=0), 2).tolist())
        voids.append((middle, float(-volume[number])))
    return lumen.submesh(~hollow[piece]), tuple(voids)


def _reasons(
    inner: Mesh, axes: list[EndAxis], meetings: list[Meeting], request: Request
) -> list[tuple[str, BoolArray]]:
    """Why the wall may be thicker than asked for, with the inner vertices that each reason holds for.

    Vertices keep their numbers through the opening of ends; new ones stand behind.
    """
    n = len(inner.vertices)
    fork, bridge = np.zeros(n, bool), np.zeros(n, bool)
    for meeting in meetings:
        for side in meeting.sides:
            (bridge if meeting.separate else fork)[side] = True
    return [
        ("grown into the wall of another stretch of the lumen", bridge),
        ("fork or fold, filled where the two sides meet", fork),
        ("flange of an open end" if request.flange else "rim of an open end",
         _near_ends(np.asarray(inner.vertices), axes, request)),
    ]  # fmt: skip


def _near_ends(points: FloatArray, axes: list[EndAxis], request: Request) -> BoolArray:
    """Which points (k, 3) of the lumen lie so near an open end that its rim is nearer than the wall's outer side."""
    out = np.zeros(len(points), bool)
    rim = NEAR_END_WALLS * request.thickest_mm
    if request.flange is not None:
        rim += request.flange.thickness_mm + request.flange.width_mm
    for axis in axes:
        off = points - axis.point_mm
        along = np.abs(off @ axis.direction)
        out |= (along <= rim) & (np.linalg.norm(off, axis=1) <= 2.0 * axis.radius_mm + rim)
    return out
