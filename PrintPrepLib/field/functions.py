"""Signed functions of space: how far inside a mesh a point lies, and how two shapes are combined."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce

import numpy as np

from ..mesh import FloatArray, Mesh
from ..spatial import index_of
from ..spatial.index import SurfaceIndex

Function = Callable[[FloatArray], FloatArray]
"""Points (k, 3), LPS mm, to values (k,), mm: positive inside, 1-Lipschitz."""


class InsideDistance:
    """Exact distance of points from the surface of a closed mesh, mm: positive inside, negative outside."""

    def __init__(self, index: SurfaceIndex) -> None:
        index.prepare_sides()
        self.index = index

    def __call__(self, points: FloatArray) -> FloatArray:
        """Return the value (k,) at each point (k, 3); fastest where points that follow each other are near."""
        return -self.index.signed_distance(points, in_order=True)


def distance_inside(mesh: Mesh) -> InsideDistance:
    """Make the function of a closed, outward mesh whose surface does not cross itself.

    Raises
    ------
    GeometryError
        The mesh has no triangles.
    """
    return InsideDistance(index_of(mesh))


def grown(function: Function, amount_mm: float) -> Function:
    """The shape grown on all sides by a length, mm; a negative one shrinks it.

    Exact for true distances. For the smaller or larger of several the corners between them are rounded less or more
    than a rolling ball would, as everywhere with such functions.
    """
    return lambda points: function(points) + amount_mm


def outside(function: Function) -> Function:
    """Everything that the shape is not."""
    return lambda points: -function(points)


def union(*functions: Function) -> Function:
    """What lies inside at least one of the shapes."""
    return lambda points: reduce(np.maximum, (one(points) for one in functions))


def intersection(*functions: Function) -> Function:
    """What lies inside all of the shapes."""
    return lambda points: reduce(np.minimum, (one(points) for one in functions))
