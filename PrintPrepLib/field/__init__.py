"""Shapes as signed distances: functions of space, and the closed surface where such a function is zero.

A function takes points (k, 3), LPS mm, and gives values (k,) in mm: positive inside, negative outside, and between two
points it changes by no more than their distance (it is 1-Lipschitz). Distances are; so are the smaller and the larger
of two such functions (what both enclose, and what one of them does), a sum with a constant (grown or shrunk), and the
negative (the complement).
"""

from __future__ import annotations

from .functions import Function, InsideDistance, distance_inside, grown, intersection, outside, union
from .surface import MOST_TRIANGLES, surface_of_grid, zero_surface

__all__ = [
    "MOST_TRIANGLES",
    "Function",
    "InsideDistance",
    "distance_inside",
    "grown",
    "intersection",
    "outside",
    "surface_of_grid",
    "union",
    "zero_surface",
]
