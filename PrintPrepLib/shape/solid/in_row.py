"""Holes that follow one another along a line, as the pieces of a fracture or suture with bridges across it do."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.spatial import cKDTree

from ...mesh import FloatArray
from .openings import Opening

LEAST = 3
"""Two holes always lie in one line."""
LONG = 1.3
"""Only a hole so many times as long as wide has a direction: round ones, as foramina are, tell nothing."""
REACH = 2.5
"""From middle to middle, in lengths of the longer of two holes: bridges are shorter than the pieces between them."""
ALONG_DEG = 25.0
"""Both holes point along the line between them, within this: fractures bend, and bridges end where they like."""


def in_rows(openings: Sequence[Opening]) -> list[list[int]]:
    """Numbers of holes that follow one another along a line, at least three in each row, the longest row first."""
    long = [k for k, one in enumerate(openings) if one.length_mm >= LONG * one.width_mm]
    if len(long) < LEAST:
        return []
    centers = np.array([openings[k].center_mm for k in long])
    lengths = np.array([openings[k].length_mm for k in long])
    along = np.array([_long_way(openings[k]) for k in long])
    pairs = cKDTree(centers).query_pairs(REACH * float(lengths.max()), output_type="ndarray")
    one, other = pairs.T
    between = centers[other] - centers[one]
    apart = np.linalg.norm(between, axis=1)
    between /= np.maximum(apart, np.finfo(float).tiny)[:, None]
    straight = np.cos(np.radians(ALONG_DEG))
    linked = apart <= REACH * np.maximum(lengths[one], lengths[other])
    for end in (one, other):
        linked &= np.abs(np.einsum("ij,ij->i", along[end], between)) >= straight
    group = np.arange(len(long))
    for a, b in pairs[linked]:
        group[group == group[b]] = group[a]
    rows = [[long[k] for k in np.flatnonzero(group == number)] for number in np.unique(group)]
    rows = [_from_end_to_end(openings, row) for row in rows if len(row) >= LEAST]
    return sorted(rows, key=len, reverse=True)


def _from_end_to_end(openings: Sequence[Opening], row: list[int]) -> list[int]:
    places = np.array([openings[k].center_mm for k in row])
    places -= places.mean(axis=0)
    return [row[k] for k in np.argsort(places @ np.linalg.svd(places)[2][0])]


def _long_way(opening: Opening) -> FloatArray:
    """Direction in which an opening is longest: the main one of the second moments of its area."""
    ways = opening.directions()
    moments = np.einsum("k,ki,kj->ij", opening.radii_mm**4, ways, ways)
    return np.asarray(np.linalg.eigh(moments)[1][:, -1])
