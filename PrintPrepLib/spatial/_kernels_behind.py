"""The numba form of asking whether something lies close behind triangles: one descent for all rays of a triangle."""

# mypy: disable-error-code="misc, untyped-decorator, no-untyped-def, no-untyped-call, assignment"
from __future__ import annotations

import math

import numpy as np
from numba import njit

from ._kernels import _ray_triangle
from .constants import STACK


@njit(cache=True, nogil=True)
def behind(vertices, faces, chosen, cuts, turn, reach, skin, corners, starts, boxes, out):
    """Mark the chosen triangles behind which a row is met within the reach from one of ``cuts (cuts + 1) / 2`` places.

    ``turn`` is -1 to look against the normal, 1 to look along it. Rays start ``skin`` away from the triangle.
    """
    leaves = len(starts) - 1
    stack = np.empty(STACK, np.int64)
    low, high = np.empty(3), np.empty(3)
    for i in chosen:
        a, b, c = vertices[faces[i, 0]], vertices[faces[i, 1]], vertices[faces[i, 2]]
        ux, uy, uz = b[0] - a[0], b[1] - a[1], b[2] - a[2]
        vx, vy, vz = c[0] - a[0], c[1] - a[1], c[2] - a[2]
        nx, ny, nz = uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx
        length = math.sqrt(nx * nx + ny * ny + nz * nz)
        if not length > 0.0:
            continue
        nx, ny, nz = turn * nx / length, turn * ny / length, turn * nz / length
        far = skin + reach
        for axis in range(3):
            shift = far * (nx if axis == 0 else (ny if axis == 1 else nz))
            low[axis] = min(a[axis], b[axis], c[axis]) + min(shift, 0.0)
            high[axis] = max(a[axis], b[axis], c[axis]) + max(shift, 0.0)
        stack[0] = 1
        depth = 1
        number = cuts[i]
        found = False
        while depth > 0 and not found:
            depth -= 1
            node = stack[depth]
            box = boxes[node]
            if (
                box[0] > high[0] or box[1] > high[1] or box[2] > high[2]
                or box[3] < low[0] or box[4] < low[1] or box[5] < low[2]
            ):  # fmt: skip
                continue
            if node < leaves:
                stack[depth], stack[depth + 1] = 2 * node + 1, 2 * node
                depth += 2
                continue
            for row in range(starts[node - leaves], starts[node - leaves + 1]):
                # Behind a wall lies what looks away from it: most rows near by are its own neighbors, which do not.
                k = corners[row]
                ex, ey, ez = k[3] - k[0], k[4] - k[1], k[5] - k[2]
                gx, gy, gz = k[6] - k[0], k[7] - k[1], k[8] - k[2]
                facing = nx * (ey * gz - ez * gy) + ny * (ez * gx - ex * gz) + nz * (ex * gy - ey * gx)
                if turn * facing >= 0.0:
                    continue
                for p in range(number):
                    for q in range(number - p):
                        s, t = (p + 1.0 / 3.0) / number, (q + 1.0 / 3.0) / number
                        r = 1.0 - s - t
                        x = s * a[0] + t * b[0] + r * c[0] + skin * nx
                        y = s * a[1] + t * b[1] + r * c[1] + skin * ny
                        z = s * a[2] + t * b[2] + r * c[2] + skin * nz
                        along, sign, _ = _ray_triangle(x, y, z, nx, ny, nz, corners[row])
                        if sign != 0 and 0.0 <= along < reach:
                            found = True
        out[i] = found
