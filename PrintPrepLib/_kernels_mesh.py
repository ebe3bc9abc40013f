"""The numba form of sums over triangles: the same arithmetic as the numpy form, without copies of the corners."""

# mypy: disable-error-code="misc, untyped-decorator, no-untyped-def, no-untyped-call, assignment"
from __future__ import annotations

from numba import njit


@njit(cache=True, nogil=True)
def cross_by_axis(vertices, faces, x, y, z):
    """Double area vector of each triangle, one array an axis."""
    for i in range(len(faces)):
        a, b, c = faces[i, 0], faces[i, 1], faces[i, 2]
        ax, ay, az = vertices[a, 0], vertices[a, 1], vertices[a, 2]
        ux, uy, uz = vertices[b, 0] - ax, vertices[b, 1] - ay, vertices[b, 2] - az
        vx, vy, vz = vertices[c, 0] - ax, vertices[c, 1] - ay, vertices[c, 2] - az
        x[i] = uy * vz - uz * vy
        y[i] = uz * vx - ux * vz
        z[i] = ux * vy - uy * vx
