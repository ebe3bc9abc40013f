"""The shortest safe struts that make one body of all parts: a minimum spanning tree whose edges are tried as they come.

Kruskal 1956 (doi:10.1090/S0002-9939-1956-0078686-7), lazily: every pair of parts waits with a length that it cannot
undercut, first the distance of the boxes, then its shortest way, then the next one each time a way was not safe. The
shortest of all is always taken next, so that what is accepted is the shortest safe strut between two groups of parts.
"""

from __future__ import annotations

import heapq
from collections import Counter
from dataclasses import dataclass, field

import numpy as np

from ...mesh import FloatArray
from ...progress import Progress, silent
from .safe import Obstacle, Site, Strut, judge
from .ways import Way, ways_between

MORE_LENGTH_SHARE = 2.5
"""A further strut between two parts may be this much longer than the first one, and a diameter more."""
MORE_APART = 2.0
"""Struts between the same two parts stand at least so many diameters apart, middle to middle."""


@dataclass
class Refused:
    """Ways between two parts that were not safe, by reason."""

    first: int
    second: int
    reasons: Counter[Obstacle] = field(default_factory=Counter)


@dataclass
class Groups:
    """Which parts hang together already (union-find)."""

    parent: list[int]

    def of(self, k: int) -> int:
        """Group of a part."""
        while self.parent[k] != k:
            self.parent[k] = self.parent[self.parent[k]]
            k = self.parent[k]
        return k

    def join(self, a: int, b: int) -> bool:
        """Make one group of two; False where they are one already."""
        a, b = self.of(a), self.of(b)
        self.parent[max(a, b)] = min(a, b)
        return a != b

    @property
    def count(self) -> int:
        """How many groups there are."""
        return sum(self.of(k) == k for k in range(len(self.parent)))


def spanning_struts(
    site: Site, groups: Groups, diameter_mm: float, fillet_mm: float, progress: Progress = silent
) -> tuple[list[Strut], list[Refused]]:
    """Join groups of parts, in place, by the shortest safe struts; and tell what was in the way of those left loose."""
    pieces = site.pieces
    heap: list[tuple[float, int, int, int]] = [
        (_boxes_apart(site, a, b), a, b, -1)
        for a in range(len(pieces))
        for b in range(a + 1, len(pieces))
        if groups.of(a) != groups.of(b)
    ]
    heapq.heapify(heap)
    ways: dict[tuple[int, int], tuple[Way, ...]] = {}
    refused: dict[tuple[int, int], Refused] = {}
    struts: list[Strut] = []
    at_first = left = max(groups.count - 1, 1)
    while heap and groups.count > 1:
        _, a, b, number = heapq.heappop(heap)
        if groups.of(a) == groups.of(b):
            continue
        progress(1.0 - left / at_first, "Looking for safe ways between the parts")
        if number < 0:
            ways[a, b] = ways_between(pieces[a], pieces[b], diameter_mm)
            heapq.heappush(heap, (ways[a, b][0].length_mm, a, b, 0))
            continue
        way = ways[a, b][number]
        found = judge(site, a, b, way.start, way.end, diameter_mm, fillet_mm)
        if isinstance(found, Strut):
            struts.append(found)
            groups.join(a, b)
            left -= 1
            continue
        refused.setdefault((a, b), Refused(a, b)).reasons[found] += 1
        if number + 1 < len(ways[a, b]):
            heapq.heappush(heap, (ways[a, b][number + 1].length_mm, a, b, number + 1))
    return struts, [one for one in refused.values() if groups.of(one.first) != groups.of(one.second)]


def further_struts(
    site: Site, struts: list[Strut], each: int, fillet_mm: float, progress: Progress = silent
) -> list[Strut]:
    """Set more struts beside those that are there, so that every joint has ``each``, as far apart as they can be."""
    out: list[Strut] = []
    for number, first in enumerate(struts):
        progress(number / len(struts), "Adding struts beside the first ones")
        column = first.column
        ways = ways_between(site.pieces[first.first], site.pieces[first.second], column.diameter_mm)
        longest = MORE_LENGTH_SHARE * column.length_mm + column.diameter_mm
        left = [way for way in ways if way.length_mm <= longest]
        taken = [_middle(first)]
        while len(taken) < each and left:
            apart = [min(float(np.linalg.norm(0.5 * (w.start + w.end) - m)) for m in taken) for w in left]
            best = int(np.argmax(apart))
            if apart[best] < MORE_APART * column.diameter_mm:
                break
            way = left.pop(best)
            found = judge(site, first.first, first.second, way.start, way.end, column.diameter_mm, fillet_mm)
            if isinstance(found, Strut):
                out.append(found)
                taken.append(_middle(found))
    return out


def _middle(strut: Strut) -> FloatArray:
    return 0.5 * np.add(strut.column.start_mm, strut.column.end_mm)


def _boxes_apart(site: Site, a: int, b: int) -> float:
    (low, high), (low2, high2) = site.pieces[a].mesh.bounds, site.pieces[b].mesh.bounds
    return float(np.linalg.norm(np.maximum(np.maximum(low - high2, low2 - high), 0.0)))
