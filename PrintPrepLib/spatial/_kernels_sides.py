"""The numba form of telling the side of a surface where the closest point lies inside a triangle."""

# mypy: disable-error-code="misc, untyped-decorator, no-untyped-def, no-untyped-call, assignment"
from __future__ import annotations

import math

from numba import njit


@njit(cache=True, nogil=True, error_model="numpy")
def sides_of_insides(points, where, distance, closest_faces, features, vertices, faces, doubt, begin, end, side, sure):
    """Side (+1 outside, -1 inside) of some points, and whether it is sure; closest points on rims are left alone."""
    for i in range(begin, end):
        if features[i] != 6:
            continue
        face = closest_faces[i]
        a, b, c = faces[face, 0], faces[face, 1], faces[face, 2]
        ax, ay, az = vertices[a, 0], vertices[a, 1], vertices[a, 2]
        ux, uy, uz = vertices[b, 0] - ax, vertices[b, 1] - ay, vertices[b, 2] - az
        vx, vy, vz = vertices[c, 0] - ax, vertices[c, 1] - ay, vertices[c, 2] - az
        x, y, z = uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx
        dx, dy, dz = points[i, 0] - where[i, 0], points[i, 1] - where[i, 1], points[i, 2] - where[i, 2]
        lean = dx * x + dy * y + dz * z
        size = distance[i] * math.sqrt(x * x + y * y + z * z)
        side[i] = -1.0 if lean < 0.0 else 1.0
        sure[i] = abs(lean) > doubt * size or distance[i] == 0.0
