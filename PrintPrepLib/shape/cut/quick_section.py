"""The section of a mesh by a plane within some milliseconds: its loops and regions, for a preview.

No boolean is made: loops are chained from the triangles that the plane crosses. A corner that lies in the plane counts
as below it, so every triangle is crossed at two edges or not at all and loops close wherever the mesh does.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np
import numpy.typing as npt

from ...mesh import FloatArray, IntArray, Mesh
from .plane import CutPlane, Disc, Rectangle

TILE_TRIANGLES = 200
"""About so many triangles share a tile: few enough to leave most of the surface out, many enough to be quick."""
ROUNDING = 1e-9
"""Tiles are taken as larger by this share and this many mm."""
FEWEST_CORNERS = 3
"""A loop with fewer corners surrounds nothing."""


class Fate(Enum):
    """What the cut would do to one region of the section."""

    CUT = "cut"
    WHOLE = "whole"
    """It lies outside the plane's bound."""
    REFUSED = "refused"
    """The bound ends inside it."""


@dataclass(frozen=True, eq=False)
class Region:
    """One connected piece of the section.

    Attributes
    ----------
    loops : tuple of (k, 2) float64
        In the plane's local coordinates, not closed: the outer one counter-clockwise, then its holes clockwise.
    area_mm2 : float
    fate : Fate
    """

    loops: tuple[FloatArray, ...]
    area_mm2: float
    fate: Fate = Fate.CUT


@dataclass(frozen=True, eq=False)
class QuickSection:
    """Regions of a section; ``open_ends`` counts the places where the surface is open and a loop broke off."""

    plane: CutPlane
    regions: tuple[Region, ...]
    open_ends: int = 0

    def loops(self, fate: Fate) -> list[FloatArray]:
        """All loops of the regions with a fate."""
        return [loop for region in self.regions if region.fate is fate for loop in region.loops]

    def area_mm2(self, fate: Fate = Fate.CUT) -> float:
        """Area of the regions with a fate."""
        return float(sum(region.area_mm2 for region in self.regions if region.fate is fate))


class Slicer3D:
    """A closed surface made ready, once, for many sections: triangles in tiles, so that a plane asks few of them.

    Parameters
    ----------
    mesh : Mesh
    """

    def __init__(self, mesh: Mesh) -> None:
        self.mesh = mesh
        corners = mesh.vertices[mesh.faces]
        low, high = corners.min(axis=1), corners.max(axis=1)
        tile = _tiles(0.5 * (low + high))
        order = np.argsort(tile, kind="stable")
        tile = tile[order]
        self._faces = mesh.faces[order].astype(np.int64)
        self._start = np.flatnonzero(np.concatenate([[True], tile[1:] != tile[:-1]])) if len(tile) else np.empty(0, int)
        self._stop = np.append(self._start[1:], len(order))
        self._middle, self._half = np.empty((0, 3)), np.empty((0, 3))
        if len(order):
            low = np.minimum.reduceat(low[order], self._start)
            high = np.maximum.reduceat(high[order], self._start)
            self._middle, self._half = 0.5 * (low + high), 0.5 * (high - low)

    def loops(self, plane: CutPlane) -> tuple[list[FloatArray], int]:
        """Loops (k, 2) where an endless plane meets the surface, local coordinates, and how many broke off."""
        return _loops(self.mesh.vertices, self._near(plane), plane)

    def sides(self, plane: CutPlane) -> tuple[FloatArray, FloatArray]:
        """Begin and end (k, 2) of all sides of the section by an endless plane, in no order: quicker than loops."""
        sides = _sides(self.mesh.vertices, self._near(plane), plane)
        if sides is None:
            return np.empty((0, 2)), np.empty((0, 2))
        return sides.corners(sides.begin, plane), sides.corners(sides.end, plane)

    def section(self, plane: CutPlane) -> QuickSection:
        """Cut by a plane and say of every region what a cut would do to it."""
        loops, open_ends = self.loops(plane)
        regions = _regions(loops)
        if plane.bound is not None:
            regions = [Region(one.loops, one.area_mm2, _fate(one, plane.bound)) for one in regions]
        return QuickSection(plane, tuple(regions), open_ends)

    def _near(self, plane: CutPlane) -> IntArray:
        """Triangles (k, 3) of the tiles that the plane passes through."""
        reach = self._half @ np.abs(plane.normal) * (1.0 + ROUNDING) + ROUNDING
        hit = np.flatnonzero(np.abs(plane.distance(self._middle)) <= reach)
        if not len(hit):
            return np.empty((0, 3), np.int64)
        return np.concatenate([self._faces[self._start[k] : self._stop[k]] for k in hit.tolist()])


def _tiles(middles: FloatArray) -> IntArray:
    """Number of the cubic tile (k,) of every triangle."""
    if not len(middles):
        return np.empty(0, np.int64)
    low = middles.min(axis=0)
    size = np.maximum(middles.max(axis=0) - low, 0.0)
    # A surface fills about the square of the cells along a side.
    cells = max(1, round((len(middles) / TILE_TRIANGLES) ** 0.5))
    side = float(size.max()) / cells or 1.0
    at = np.minimum(((middles - low) / side).astype(np.int64), cells - 1)
    return np.asarray((at[:, 0] * cells + at[:, 1]) * cells + at[:, 2])


def signed_area(loop: FloatArray) -> float:
    """Area within a loop (k, 2), mm2: positive when it runs counter-clockwise."""
    x, y = loop[:, 0] - loop[0, 0], loop[:, 1] - loop[0, 1]
    return 0.5 * float(x[:-1] @ y[1:] - x[1:] @ y[:-1])


def segments_of(loops: list[FloatArray]) -> tuple[FloatArray, FloatArray]:
    """Begin and end (k, 2) of every side of some loops."""
    if not loops:
        return np.empty((0, 2)), np.empty((0, 2))
    return np.concatenate(loops), np.concatenate([np.concatenate([loop[1:], loop[:1]]) for loop in loops])


@dataclass(frozen=True, eq=False)
class _Sides:
    """Sides of a section, one in each crossed triangle: the edges at which they begin and end, as keys."""

    begin: IntArray
    end: IntArray
    vertices: FloatArray

    def corners(self, keys: IntArray, plane: CutPlane) -> FloatArray:
        """Where the plane crosses some edges, local coordinates (k, 2): the same to the bit in both its triangles."""
        low, high = keys // len(self.vertices), keys % len(self.vertices)
        start, stop = self.vertices[low], self.vertices[high]
        below, above = plane.distance(start), plane.distance(stop)
        return plane.to_local(start + (below / (below - above))[:, None] * (stop - start))[:, :2]


def _sides(vertices: FloatArray, near: IntArray, plane: CutPlane) -> _Sides | None:
    above = plane.distance(vertices[near.ravel()]).reshape(-1, 3) > 0.0
    first, second, third = above.T
    crossed = (first != second) | (second != third)
    if not crossed.any():
        return None
    faces, here = near[crossed], above[crossed]
    there = here[:, (1, 2, 0)]
    rows = np.arange(len(faces))
    down, up = (here & ~there).argmax(axis=1), (~here & there).argmax(axis=1)
    size = len(vertices)
    begin = _edge_keys(faces[rows, down], faces[rows, (down + 1) % 3], size)
    end = _edge_keys(faces[rows, up], faces[rows, (up + 1) % 3], size)
    return _Sides(begin, end, vertices)


def _loops(vertices: FloatArray, near: IntArray, plane: CutPlane) -> tuple[list[FloatArray], int]:
    sides = _sides(vertices, near, plane)
    if sides is None:
        return [], 0
    chains, open_ends = _chains(sides.begin, sides.end)
    at = sides.corners(sides.begin, plane)
    return [loop for chain in chains if len(loop := _distinct(at[chain])) >= FEWEST_CORNERS], open_ends


def _edge_keys(a: IntArray, b: IntArray, size: int) -> IntArray:
    return np.minimum(a, b) * size + np.maximum(a, b)


def _chains(begin: IntArray, end: IntArray) -> tuple[list[IntArray], int]:
    """Chain sides by the edges at which they begin and end; tell how many chains broke off."""
    order = np.argsort(begin, kind="stable")
    keys = begin[order]
    place = np.searchsorted(keys, end)
    place[place == len(keys)] = 0
    following = np.where(keys[place] == end, order[place], -1)
    if len(keys) > 1 and (keys[1:] == keys[:-1]).any():
        following = _following_at_shared_edges(begin, end)
    successors = following.tolist()
    taken = [False] * len(successors)
    entered = np.zeros(len(successors), bool)
    entered[following[following >= 0]] = True
    broken = np.flatnonzero(~entered).tolist()
    for first in broken:  # from its first side on, so that a broken chain is taken once and whole
        row = first
        while row >= 0 and not taken[row]:
            taken[row] = True
            row = successors[row]
    chains = []
    for start in range(len(successors)):
        if taken[start]:
            continue
        chain, row = [], start
        while row >= 0 and not taken[row]:
            taken[row] = True
            chain.append(row)
            row = successors[row]
        chains.append(np.array(chain))
    return chains, len(broken)


def _following_at_shared_edges(begin: IntArray, end: IntArray) -> IntArray:
    """Where more than two triangles meet at an edge, every side still has one that follows it."""
    waiting: dict[int, list[int]] = {}
    for row, key in enumerate(begin.tolist()):
        waiting.setdefault(key, []).append(row)
    return np.array([rows.pop() if (rows := waiting.get(key)) else -1 for key in end.tolist()], np.int64)


def _distinct(loop: FloatArray) -> FloatArray:
    """Drop corners that repeat the one before: where the plane passes through a corner of the mesh."""
    x, y = loop.T
    kept = np.empty(len(loop), bool)
    kept[1:] = (x[1:] != x[:-1]) | (y[1:] != y[:-1])
    kept[0] = x[0] != x[-1] or y[0] != y[-1]
    return loop if kept.all() else np.asarray(loop[kept])


def _regions(loops: list[FloatArray]) -> list[Region]:
    """Give every hole to the smallest outer loop round it."""
    areas = [signed_area(loop) for loop in loops]
    outer = sorted((k for k, area in enumerate(areas) if area > 0.0), key=lambda k: areas[k])
    boxes = [(loop.min(axis=0), loop.max(axis=0)) for loop in loops]
    holes: dict[int, list[int]] = {k: [] for k in outer}
    for k, area in enumerate(areas):
        if area < 0.0:
            owner = next(
                (
                    o
                    for o in outer
                    if areas[o] >= -area
                    and (boxes[o][0] <= boxes[k][0]).all()
                    and (boxes[o][1] >= boxes[k][1]).all()
                    and inside_loops([loops[o]], loops[k][:1])[0]
                ),
                None,
            )
            if owner is not None:
                holes[owner].append(k)
    return [
        Region((loops[o], *(loops[k] for k in holes[o])), areas[o] + sum(areas[k] for k in holes[o]))
        for o in sorted(outer, key=lambda k: -areas[k])
    ]


def inside_loops(loops: list[FloatArray], points: FloatArray) -> npt.NDArray[np.bool_]:
    """Which of a few points (k, 2) lie inside loops, holes left out, (k,)."""
    a, b = segments_of(loops)
    x, y = points[:, :1], points[:, 1:]
    spans = (a[:, 1] > y) != (b[:, 1] > y)
    height = np.where(a[:, 1] == b[:, 1], 1.0, b[:, 1] - a[:, 1])
    crossing = a[:, 0] + (y - a[:, 1]) / height * (b[:, 0] - a[:, 0])
    return np.asarray((spans & (x < crossing)).sum(axis=1) % 2 == 1)


def _fate(region: Region, bound: Disc | Rectangle) -> Fate:
    outer = region.loops[0]
    within: npt.NDArray[np.bool_]
    if isinstance(bound, Disc):
        within = np.asarray(np.hypot(outer[:, 0], outer[:, 1]) <= bound.radius_mm)
    else:
        within = np.asarray((np.abs(outer) <= (bound.width_mm / 2.0, bound.height_mm / 2.0)).all(axis=1))
    if within.all():  # the bound is convex
        return Fate.CUT
    a, b = segments_of(list(region.loops))
    if within.any() or _sides_meet(a, b, bound) or inside_loops(list(region.loops), np.zeros((1, 2)))[0]:
        return Fate.REFUSED
    return Fate.WHOLE


def _sides_meet(a: FloatArray, b: FloatArray, bound: Disc | Rectangle) -> bool:
    """Tell whether a side passes through the bound, even where both its ends lie outside."""
    way = b - a
    if isinstance(bound, Disc):
        length = np.maximum((way * way).sum(axis=1), np.finfo(np.float64).tiny)
        share = np.clip(-(a * way).sum(axis=1) / length, 0.0, 1.0)
        nearest = a + share[:, None] * way
        return bool((np.hypot(nearest[:, 0], nearest[:, 1]) < bound.radius_mm).any())
    half = np.array([bound.width_mm / 2.0, bound.height_mm / 2.0])
    with np.errstate(divide="ignore", invalid="ignore"):
        one, other = (-half - a) / way, (half - a) / way
    still = way == 0.0
    enter = np.where(still, np.where(np.abs(a) < half, -np.inf, np.inf), np.minimum(one, other)).max(axis=1)
    leave = np.where(still, np.where(np.abs(a) < half, np.inf, -np.inf), np.maximum(one, other)).min(axis=1)
    return bool((np.maximum(enter, 0.0) < np.minimum(leave, 1.0)).any())
